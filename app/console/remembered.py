"""What a page says of columns that were matched before: when and by whom, and the way to match them afresh."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from app.console import words
from app.console.cells import Sight
from app.console.gate import Visit
from app.infra.transfer.shapes import Shape

AFRESH = "afresh"


@dataclass(frozen=True, slots=True)
class Note:
    """What is told of remembered columns, and the address of the same page without them."""

    text: str
    url: str


def is_afresh() -> bool:
    """Say whether somebody wants to begin without what is remembered."""
    return AFRESH in request.args


def note(visit: Visit, known: Shape, url: str) -> Note:
    """Tell whose matching is on the page."""
    at = words.local(known.said_at, visit.zone).date()
    by = "" if known.said_by is None else f" by {Sight(visit).account(known.said_by)}"
    return Note(f"Columns as matched on {words.day(at, visit.context.today)}{by}.", f"{url}?{AFRESH}=yes")
