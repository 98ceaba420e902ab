"""Reads of requests that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.infra import scope
from app.kernel.actor import Context
from app.modules.directory.models import Location
from app.modules.requests.domain import IN_FLIGHT
from app.modules.requests.models import Request, RequestLine


def lock_requests(context: Context, ids: Iterable[int]) -> list[Request]:
    """Take requests in the order of their ids, and read their lines anew under the lock."""
    why = "what is ordered counts whoever asked for it"
    found: list[Request] = scope.locked(context, Request, ids, why=why)
    lines = scope.everything(RequestLine, why=why).where(RequestLine.request_id.in_([each.id for each in found]))
    context.session.scalars(lines.execution_options(populate_existing=True)).all()
    for request in found:
        context.session.expire(request, ["lines"])
    return found


def list_in_flight(context: Context, entity_id: int) -> list[Request]:
    """List the requests of an entity that reserve money, with all that says where."""
    why = "what is reserved counts whoever asked for it"
    statement = scope.everything(Request, why=why).where(
        Request.entity_id == entity_id, Request.state.in_(IN_FLIGHT), Request.base_total.is_not(None)
    )
    parts = (selectinload(Request.lines), selectinload(Request.splits))
    return list(context.session.scalars(statement.options(*parts).order_by(Request.id)))


def find_usual_place(context: Context, person_id: int, entity_id: int) -> Location | None:
    """Find where goods go for somebody: where the last ones went, or the only place the entity has."""
    statement = scope.everything(Location, why="everyone has goods delivered, and says so by the name of a place")
    open_ones = statement.where(Location.entity_id == entity_id, Location.state == "open")
    last = (
        select(Request.deliver_to_id)
        .where(Request.requester_id == person_id, Request.entity_id == entity_id, Request.deliver_to_id.is_not(None))
        .order_by(Request.id.desc())
        .limit(1)
    )
    usual: Location | None = context.session.scalars(open_ones.where(Location.id == last.scalar_subquery())).first()
    if usual is not None:
        return usual
    known = context.session.scalars(open_ones.limit(2)).all()
    return known[0] if len(known) == 1 else None
