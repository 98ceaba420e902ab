"""Which permissions control each other, and how the browser of a session is called."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.modules.directory.domain import DUTIES

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_HANDHELD = ("iPhone", "iPad", "Android")


def conflicts(permissions: Mapping[str, frozenset[str]]) -> list[str]:
    """Say which roles let one person do alone what takes two (segregation of duties)."""
    return [
        f"{role}: one person could {words}. Take {first} or {second} from the role."
        for role, held in permissions.items()
        for first, second, words in DUTIES
        if first in held and second in held
    ]


def device(agent: str) -> str:
    """Call a browser by what people know it as: `Firefox on Linux`."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    known = " on ".join(filter(None, (browser, system)))
    return known or re.split(r"[/\s]", agent.strip(), maxsplit=1)[0][:40] or "Unknown browser"


def is_handheld(agent: str) -> bool:
    """Say whether a browser runs on a phone or tablet."""
    return any(mark in agent for mark in _HANDHELD)
