"""Where requests are found: in the menu, as the main button, and in lists that everyone needs."""

from __future__ import annotations

from app.console import additions, addresses
from app.console.additions import OfferedView, Place
from app.console.gate import Visit
from app.infra import identity
from app.modules.directory import queries as directory
from app.modules.requests.console import drafts

NEW, MINE = "/requests/new", "/requests/mine"


def asks_only(visit: Visit) -> bool:
    """Say whether somebody asks for things, and neither decides nor looks after what others ask for."""
    may = visit.actor.may
    return may("request.create") and not (may("request.oversee") or may("request.approve"))


def mine(visit: Visit) -> str:
    """Give the address of one's own requests."""
    person = directory.find_by_account(visit.context, visit.actor.id)
    args = {"requester": [person.code]} if person else {}
    return addresses.of_list(drafts.resource(), args={**args, "view": ["mine"]})


def views(visit: Visit) -> list[OfferedView]:
    """Offer the lists that everyone needs: one's own, and what waits for a decision."""
    own = [OfferedView("mine", "My requests", mine(visit))] if visit.actor.may("request.create") else []
    waiting = addresses.of_list(drafts.resource(), args={"state": ["submitted"], "view": ["waiting"]})
    return [*own, OfferedView("waiting", "In approval", waiting)]


def _may(verb: str) -> bool:
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may(f"request.{verb}")


def _none(visit: Visit) -> int:
    return 0


additions.lead_menu(Place("new_request", "New request", "plus", NEW, "w", lambda: _may("create"), _none))
additions.lead_menu(Place("my_requests", "My requests", "list-check", MINE, "m", lambda: _may("create"), _none))
additions.offer_views("request", views)
additions.begin_with("request")
