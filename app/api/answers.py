"""Answers: JSON written once, with the headers every answer has, compressed where that pays."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from flask import Flask, Response, g, request

from app.infra.audit import plain
from app.infra.db import uuid7

DOOR = "/api/"
PREFIX = f"{DOOR}v1"
JSON = "application/json"
SMALLEST_COMPRESSED = 1024
LEVEL = 5
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,99}")


def register(app: Flask) -> None:
    """Finish every answer given under the address of the API."""
    app.after_request(_finish)


def answer(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, media_type: str = JSON
) -> Response:
    """Write an answer."""
    body = orjson.dumps(content, default=_plain)
    return Response(body, status, dict(headers or {}), mimetype=media_type)


def nothing() -> Response:
    """Answer that it is done, and that there is nothing more to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def request_id() -> str:
    """Name the request under way: as the caller did, if that can stand in a log line, or anew."""
    if "outlay_request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.outlay_request_id = given if _SANE_ID.fullmatch(given) else uuid7().hex
    return str(g.outlay_request_id)


def _plain(value: Any) -> Any:
    """Write what JSON has no word for; amounts become text, so that no reader rounds them."""
    if isinstance(value, Decimal):
        return format(value, "f")
    simple = plain(value)
    return simple if isinstance(simple, str | int | bool | dict | list) or simple is None else str(simple)


def _finish(response: Response) -> Response:
    if not request.path.startswith(DOOR):
        return response
    response.headers["X-Request-Id"] = request_id()
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.update(("Authorization", "Cookie", "Accept-Encoding"))
    return _compressed(response)


def _compressed(response: Response) -> Response:
    """Compress what is text and larger than a packet, for who can read it."""
    if response.is_streamed or response.direct_passthrough or response.status_code in (204, 304):
        return response
    accepted = request.accept_encodings
    large = (response.content_length or 0) >= SMALLEST_COMPRESSED
    if not large or "json" not in (response.mimetype or "") or not accepted["gzip"] or response.content_encoding:
        return response
    response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
    response.content_encoding = "gzip"
    return response
