"""What a webhook hears, how it is signed, and how often it is tried."""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook as Signer

STREAM = "webhooks"
TESTED = "webhook.tested"
OWN = ("webhook", "webhook_delivery")
#: How long to wait after the first, the second … try that failed: thirty-one hours in all.
PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
#: How often the next is tried after one was given up, before nothing more is sent: a quarter of an hour.
TRIES_AFTER_ONE_GIVEN_UP = 5
LONGEST_EXCERPT = 300
#: How many events that there are not are named at once, and how much of each.
MOST_NAMED = 5
LONGEST_NAME = 80
_SECRET = "whsec_"  # noqa: S105 - how secrets of Standard Webhooks begin


def pause_after(tries: int) -> timedelta | None:
    """Tell how long to wait after so many tries; None when it is given up."""
    return PAUSES[tries - 1] if tries <= len(PAUSES) else None


def patterns_of(text: str | None) -> tuple[str, ...]:
    """Read which events are meant: one name, or all of a kind of document, to a line."""
    return tuple(sorted({each for each in re.split(r"[\s,;]+", text or "") if each}))


def unknown_patterns(text: str | None, names: Collection[str]) -> list[tuple[str, str]]:
    """List what is meant and never happens, each with the nearest that does, if one is near: a name, or all of a kind."""
    known = {*names, *(f"{name.partition('.')[0]}.*" for name in names)}
    unknown = [each for each in patterns_of(text) if each not in known]
    return [(each, _nearest(each[:LONGEST_NAME], known)) for each in unknown[:MOST_NAMED]]


def _nearest(name: str, known: Collection[str]) -> str:
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)), "")


def is_heard(name: str, text: str | None) -> bool:
    """Say whether an event is among those that are meant; all are where none is named."""
    patterns = patterns_of(text)
    return not patterns or name in patterns or f"{name.partition('.')[0]}.*" in patterns


def secret_of(key: bytes) -> str:
    """Write a key as receivers enter it."""
    return _SECRET + base64.b64encode(key).decode()


def signatures(secrets: Iterable[str], identity: str, timestamp: int, body: bytes) -> str:
    """Sign a message with each secret that holds, as Standard Webhooks says."""
    at, text = datetime.fromtimestamp(timestamp, UTC), body.decode()
    return " ".join(Signer(secret).sign(identity, at, text) for secret in secrets)


def excerpt(text: str) -> str:
    """Give the beginning of an answer, on one line and without what steers a terminal."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:LONGEST_EXCERPT]
