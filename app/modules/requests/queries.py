"""Reads of requests that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func

from app.infra import scope
from app.infra.activity import Attachment
from app.kernel.actor import Context
from app.modules.directory.models import Person


def list_people(context: Context, accounts: Iterable[int]) -> list[Person]:
    """List the people behind accounts, seen by the actor or not."""
    statement = scope.everything(Person, why="whoever had a hand in a request does not decide on it")
    return list(context.session.scalars(statement.where(Person.user_id.in_(sorted(accounts)))))


def count_files(context: Context, request_id: int | None) -> int:
    """Count the files that hang on a request."""
    if request_id is None:
        return 0
    statement = scope.columns(func.count(), why="a policy asks how many files there are, not what is in them")
    found = statement.select_from(Attachment).where(
        Attachment.resource == "request", Attachment.row_id == request_id, Attachment.removed_at.is_(None)
    )
    return int(context.session.execute(found).scalar_one())
