"""How often a caller may ask: counted in Valkey by minute, per credential and per address."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

import redis
from flask import Response, current_app, g, request

from app.api.problems import Unfit
from app.infra import clock, settings
from app.infra.db import db

log = logging.getLogger(__name__)
WINDOW = 60


@dataclass(frozen=True, slots=True)
class Share:
    """What is left of one allowance in the minute under way."""

    name: str
    quota: int
    used: int
    seconds: int

    @property
    def left(self) -> int:
        """Say how many more requests fit."""
        return max(0, self.quota - self.used)


def count(credential: str) -> None:
    """Count a request against its credential and its address, before anything costly is done for it.

    The credential is counted as shown, true or not; guessing tokens is therefore bounded by the address.
    """
    session = db.session()
    subjects = {"address": (request.remote_addr or "", settings.get(session, "api.requests_per_minute_address"))}
    if credential:
        subjects["caller"] = (credential, settings.get(session, "api.requests_per_minute"))
    now = int(clock.system.now().timestamp())
    seconds = WINDOW - now % WINDOW
    try:
        used = _increment([f"outlay:rate:{name}:{_digest(who)}:{now // WINDOW}" for name, (who, _) in subjects.items()])
    except redis.RedisError as error:
        log.warning("requests are not counted, Valkey does not answer: %s", error)
        return
    shares = [
        Share(name, quota, each, seconds) for (name, (_, quota)), each in zip(subjects.items(), used, strict=True)
    ]
    g.outlay_shares = shares
    if any(share.used > share.quota for share in shares):
        message = f"Too many requests in this minute. Wait {seconds} seconds and go on."
        raise Unfit(429, "too_many_requests", message, {"Retry-After": str(seconds)})


def tell(response: Response) -> Response:
    """Write the allowances into the answer (draft-ietf-httpapi-ratelimit-headers)."""
    shares: list[Share] = g.get("outlay_shares", [])
    if shares:
        response.headers["RateLimit-Policy"] = ", ".join(f'"{each.name}";q={each.quota};w={WINDOW}' for each in shares)
        response.headers["RateLimit"] = ", ".join(f'"{each.name}";r={each.left};t={each.seconds}' for each in shares)
    return response


def _increment(keys: list[str]) -> list[int]:
    pipeline = current_app.extensions["valkey"].pipeline(transaction=False)
    for key in keys:
        pipeline.incr(key)
        pipeline.expire(key, 2 * WINDOW)
    return [int(each) for each in pipeline.execute()[::2]]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
