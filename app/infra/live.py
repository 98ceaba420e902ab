"""Hints to open pages that something changed: never content, and nothing depends on their arrival."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import redis
from flask import current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.infra.db import HouseSession


def channel_of(valkey: redis.Redis[Any]) -> str:
    """Name the channel of this installation: Valkey keeps keys apart by the number of a database, but not what is told."""
    return f"outlay:live:{valkey.connection_pool.connection_kwargs.get('db') or 0}"


def account_topic(account: int) -> str:
    """Name what one account hears: its own jobs, notices to itself."""
    return f"account:{account}"


def resource_topic(resource: str) -> str:
    """Name what everyone hears who may read a resource."""
    return f"resource:{resource}"


def publish(valkey: redis.Redis[Any], hints: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Send hints, each under its topic, to every process that serves live updates."""
    with valkey.pipeline(transaction=False) as pipeline:
        for topic, data in hints:
            pipeline.publish(channel_of(valkey), json.dumps({"topic": topic, "data": data}, separators=(",", ":")))
        pipeline.execute()


def hint(topic: str, data: dict[str, Any]) -> None:
    """Send a hint from the running application, if Valkey is there: a page that hears nothing asks again by itself."""
    _send([(topic, data)])


@event.listens_for(HouseSession, "after_commit")
def _tell_open_pages(session: Session) -> None:
    """Hint at each document about which a change that is kept now announced something; its parts are told with it."""
    events = session.info.get("events")
    if events and not session.in_nested_transaction():
        _send([(resource_topic(each["resource"]), _named(each)) for each in events])


def _named(announced: Mapping[str, Any]) -> dict[str, Any]:
    return {"resource": announced["resource"], "key": announced["row_key"], "event": announced["name"]}


def _send(hints: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    if not has_app_context():
        return
    with contextlib.suppress(redis.RedisError):
        publish(current_app.extensions["valkey"], hints)
