"""Hints to open pages that something changed: never content, and nothing depends on their arrival."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import redis
from flask import current_app, has_app_context

CHANNEL = "outlay:live"


def account_topic(account: int) -> str:
    """Name what one account hears: its own jobs, notices to itself."""
    return f"account:{account}"


def resource_topic(resource: str) -> str:
    """Name what everyone hears who may read a resource."""
    return f"resource:{resource}"


def publish(valkey: redis.Redis[Any], topic: str, data: dict[str, Any]) -> None:
    """Send a hint to every process that serves live updates."""
    valkey.publish(CHANNEL, json.dumps({"topic": topic, "data": data}, separators=(",", ":")))


def hint(topic: str, data: dict[str, Any]) -> None:
    """Send a hint from the running application, if Valkey is there: a page that hears nothing asks again by itself."""
    if not has_app_context():
        return
    with contextlib.suppress(redis.RedisError):
        publish(current_app.extensions["valkey"], topic, data)
