"""What people keep for themselves: saved views of lists, the columns they chose, how the console looks to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, Text, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra import audit, personal, unit
from app.infra.db import Base
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource


class SavedView(Base):
    """A list's address with a name; one's own, or shared with everyone who holds a role."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_resource", "resource", "user_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resource: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    role: Mapped[str | None] = mapped_column(Text)


class Preference(Base):
    """One thing a person chose about how the console looks to them."""

    __tablename__ = "preference"

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)


def views(context: Context, resource: Resource) -> list[SavedView]:
    """List the saved views of a resource that the actor sees: their own and those shared with a role of theirs."""
    roles = {grant.role for grant in context.actor.grants}
    statement = select(SavedView).where(
        SavedView.resource == resource.name,
        or_(SavedView.user_id == context.actor.id, SavedView.role.in_(roles)),
    )
    return list(context.session.scalars(statement.order_by(SavedView.id)))


def save_view(context: Context, resource: Resource, name: str, query: str, role: str | None = None) -> int:
    """Keep a list's address under a name; sharing it with a role needs that role."""
    name = _view_name(context, name, role)
    with unit.transaction(context, "view.save") as bound:
        view = SavedView(
            resource=resource.name, name=name, query=query[:2000], user_id=bound.actor.id, role=role or None
        )
        bound.session.add(view)
        bound.session.flush()
        return int(view.id)


def rename_view(context: Context, view_id: int, name: str, role: str | None = None) -> None:
    """Give a view of one's own another name, and say again who sees it."""
    name = _view_name(context, name, role)
    with unit.transaction(context, "view.save") as bound:
        view = _own_view(bound, view_id)
        view.name, view.role = name, role or None


def update_view(context: Context, view_id: int, query: str) -> None:
    """Store a changed query in a view of one's own."""
    with unit.transaction(context, "view.save") as bound:
        _own_view(bound, view_id).query = query[:2000]


def remove_view(context: Context, view_id: int) -> None:
    """Remove a view of one's own."""
    with unit.transaction(context, "view.remove") as bound:
        bound.session.delete(_own_view(bound, view_id))


def get(session: Session, user_id: int, name: str, default: Any = None) -> Any:
    """Read a preference."""
    found = session.get(Preference, (user_id, name))
    return default if found is None else found.value


def all_of(session: Session, user_id: int) -> dict[str, Any]:
    """Read everything a person chose, by name."""
    statement = select(Preference.name, Preference.value).where(Preference.user_id == user_id)
    return {row.name: row.value for row in session.execute(statement)}


def keep(context: Context, name: str, value: Any) -> None:
    """Keep a preference; None goes back to the standard."""
    with unit.transaction(context, "preference.keep") as bound:
        found = bound.session.get(Preference, (bound.actor.id, name))
        if value is None:
            if found:
                bound.session.delete(found)
        elif found:
            found.value = value
        else:
            bound.session.add(Preference(user_id=bound.actor.id, name=name, value=audit.plain(value)))


def _view_name(context: Context, name: str, role: str | None) -> str:
    name = name.strip()
    if not name or len(name) > 60:  # noqa: PLR2004
        raise Refused(Kind.INVALID, Problem("required", "Name: enter 1 to 60 characters.", "name"))
    if role and role not in {grant.role for grant in context.actor.grants}:
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", "Share a view with a role that you hold.", "role"))
    return name


def _own_view(context: Context, view_id: int) -> SavedView:
    view = context.session.get(SavedView, view_id)
    if view is None or view.user_id != context.actor.id:
        raise Refused(Kind.MISSING, Problem("not_found", "This view is not one of yours."))
    return view


def _tell(context: Context, account: int) -> dict[str, Any]:
    own = select(SavedView).where(SavedView.user_id == account).order_by(SavedView.id)
    views = [{"resource": each.resource, "name": each.name} for each in context.session.scalars(own)]
    return {"chosen": all_of(context.session, account), "views": views}


def _forget(context: Context, account: int, was: str, alias: str) -> None:
    """Delete what only its owner used; a view shared with a role is of use to others."""
    for model in (Preference, SavedView):
        for each in context.session.scalars(select(model).where(model.user_id == account)):
            if not getattr(each, "role", None):
                context.session.delete(each)


personal.keeps("preferences", _tell, _forget)
