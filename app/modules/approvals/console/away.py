"""While one is away: who decides in one's place, and for whom one decides oneself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_appbuilder.baseviews import BaseView
from sqlalchemy.orm import joinedload

from app.console import addresses, gate, pages, shell, words
from app.console.actions import Action
from app.console.gate import Visit
from app.console.host import open_page
from app.console.shell import Crumb, Page
from app.infra import identity, scope
from app.kernel.resource import registry
from app.modules.approvals.console.inbox import TEMPLATES
from app.modules.approvals.models import Delegation
from app.modules.directory import queries as directory

TITLE, URL = "While you are away", "/me/away"


@dataclass(frozen=True, slots=True)
class Line:
    """A delegation in words."""

    who: str
    when: str
    limits: str
    reason: str
    url: str = ""
    now: bool = False
    end: Action | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """The page of one's deputies."""

    given: tuple[Line, ...]
    taken: tuple[Line, ...]
    new_url: str


class AwayView(BaseView):  # type: ignore[misc]
    """Who decides in one's place."""

    route_base = URL
    default_view = "mine"
    template_folder = TEMPLATES

    @open_page("")
    def mine(self) -> Any:
        """Show one's deputies, and for whom one stands in."""
        visit = gate.visit()
        return shell.render("away.html", Page(TITLE, (Crumb(TITLE),), "/"), away=build(visit))


def build(visit: Visit) -> Away:
    """Describe who decides for whom, as far as the reader takes part in it, from today on."""
    person = directory.find_by_account(visit.context, visit.actor.id)
    may_create = visit.actor.may("delegation.create")
    if person is None:
        return Away((), (), "")
    statement = (
        scope.everything(Delegation, why="one's own deputies, and those whose deputy one is")
        .where((Delegation.person_id == person.id) | (Delegation.deputy_id == person.id))
        .where(Delegation.state == "active", Delegation.to_on >= visit.context.today)
        .order_by(Delegation.from_on, Delegation.id)
        .options(joinedload(Delegation.person), joinedload(Delegation.deputy), joinedload(Delegation.entity))
    )
    found = list(visit.context.session.scalars(statement))
    given = tuple(_line(visit, each, own=True) for each in found if each.person_id == person.id)
    taken = tuple(_line(visit, each, own=False) for each in found if each.deputy_id == person.id)
    return Away(given, taken, addresses.of_list(registry["delegation"], "new") if may_create else "")


def may_open() -> bool:
    """Say whether somebody may have a deputy."""
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may("delegation.read")


def _line(visit: Visit, each: Delegation, *, own: bool) -> Line:
    today, url = visit.context.today, addresses.of_row(each)
    end = Action("End", "post", f"{url}/end?version={each.version}&next={URL}", tone="bad")
    return Line(
        who=str(each.deputy if own else each.person),
        when=f"{words.day(each.from_on, today)} to {words.day(each.to_on, today)}",
        limits=_limits(each),
        reason=each.reason or "",
        url=url if own else "",
        now=each.from_on <= today,
        end=end if own and visit.actor.may("delegation.end") else None,
    )


def _limits(each: Delegation) -> str:
    """Say for which documents it holds: `requests, HAL, up to 5 000.00`."""
    kind = registry[each.document].title[1].lower() if each.document else "everything"
    currency = each.person.entity.base_currency.code if each.person and each.person.entity else ""
    most = f"up to {words.money(each.most_amount, currency)}" if each.most_amount is not None else ""
    return ", ".join(filter(None, (kind, str(each.entity) if each.entity else "", most)))


pages.add(AwayView)
pages.add_own(TITLE, "user-share", URL, may_open)
