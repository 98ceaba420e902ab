"""Reads of notices and deliveries that have a name in the business."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from app.infra import scope
from app.infra.preferences import Preference
from app.kernel.actor import Context
from app.modules.directory.models import Person
from app.modules.notifications.models import Delivery, Notice


def count_unread(context: Context) -> int:
    """Count what the actor has not read yet."""
    counted = scope.columns(func.count(), why="one's own notices").select_from(Notice)
    mine = counted.where(Notice.account_id == context.actor.id, Notice.state == "unread")
    return int(context.session.execute(mine).scalar_one())


def list_unread(context: Context, most: int) -> list[Notice]:
    """List what the actor has not read yet, the newest first."""
    mine = scope.everything(Notice, why="one's own notices").where(
        Notice.account_id == context.actor.id, Notice.state == "unread"
    )
    return list(context.session.scalars(mine.order_by(Notice.id.desc()).limit(most)))


def list_notices_of(context: Context, account: int) -> list[Notice]:
    """List everything somebody was told, the oldest first."""
    told = scope.everything(Notice, why="what is held about a person").where(Notice.account_id == account)
    return list(context.session.scalars(told.order_by(Notice.id)))


def list_accounts(context: Context, ids: Iterable[int]) -> list[tuple[Any, str | None]]:
    """List accounts in the order of their ids, each with the state of the person behind it, if there is one."""
    people = scope.columns(User, Person.state, why="whoever is told something, wherever they stand")
    statement = people.outerjoin(Person, Person.user_id == User.id).where(User.id.in_(set(ids)))
    return [(user, state) for user, state in context.session.execute(statement.order_by(User.id))]


def list_told(context: Context, event: uuid.UUID) -> set[int]:
    """List the accounts that were told of an event."""
    statement = scope.columns(Notice.account_id, why="nobody is told of an event twice").where(Notice.event == event)
    return set(context.session.scalars(statement))


def find_delivery(context: Context, delivery_id: int) -> Delivery | None:
    """Find a delivery as it stands now, whoever it is for."""
    statement = scope.everything(Delivery, why="the delivery of a job").where(Delivery.id == delivery_id)
    found: Delivery | None = context.session.scalars(statement.execution_options(populate_existing=True)).first()
    return found


def find_account(context: Context, user_id: int) -> tuple[Any, str | None]:
    """Find an account with the state of its person."""
    return list_accounts(context, [user_id])[0]


def list_wanting_no_email(context: Context, name: str, user_ids: Iterable[int]) -> dict[int, list[str]]:
    """List the kinds that each of some people chose not to get by e-mail."""
    statement = select(Preference.user_id, Preference.value).where(
        Preference.name == name, Preference.user_id.in_(set(user_ids))
    )
    return {row.user_id: list(row.value or ()) for row in context.session.execute(statement)}
