"""What a slice offers for a parameter of its commands that is text to the machinery: a choice instead of a free field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from app.kernel.actor import Context

#: Lists values for a parameter; the row is None where the command is asked for several rows.
Offer = Callable[[Context, Any], Sequence[str]]
_offers: dict[str, Offer] = {}


def add(parameter: str, offer: Offer) -> None:
    """Offer a choice for `person.grant.role`."""
    _offers[parameter] = offer


def of(parameter: str) -> Offer | None:
    """Find what is offered for a parameter."""
    return _offers.get(parameter)
