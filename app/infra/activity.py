"""What gathers around every document: comments, files, and the story of its changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, Text, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra import audit, outbox, personal, scope, unit
from app.infra.audit import AuditEntry
from app.infra.db import Base, Row
from app.infra.intake import see_row
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource

MAX_COMMENT = 5000
_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9][A-Za-z0-9._-]{1,60})")


class Comment(Base):
    """What somebody said about a document."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_row", "resource", "row_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resource: Mapped[str] = mapped_column(Text)
    row_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int] = mapped_column(Integer)
    actor_name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    mentions: Mapped[Any] = mapped_column(JSONB)


class Attachment(Base):
    """A file that belongs to a document; its content is kept once, under its own fingerprint."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_row", "resource", "row_id"), Index("ix_attachment_digest", "digest"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resource: Mapped[str] = mapped_column(Text)
    row_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int] = mapped_column(Integer)
    actor_name: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(Text)
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Step:
    """One entry in the story of a document: a change from the audit, or a comment."""

    at: datetime
    actor: str
    actor_id: int
    action: str
    command: str = ""
    channel: str = ""
    part: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    text: str = ""
    mentions: Sequence[str] = ()


def has_story(resource: Resource) -> bool:
    """Say whether people talk about rows of a resource: about documents and master data, not about records of acts."""
    return issubclass(resource.model, Row)


def story(context: Context, resource: Resource, row: Any, most: int = 100) -> list[Step]:
    """Tell what happened to a row that the caller may see, the newest first."""
    if not isinstance(row.id, int):
        return []  # an entry of the audit is told about nowhere else
    entries = scope.everything(AuditEntry, why="the story of a row the caller may see").where(
        AuditEntry.resource == resource.name, AuditEntry.row_id == row.id
    )
    ordered = entries.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(most)
    steps = [_told(entry) for entry in context.session.scalars(ordered)]
    said = select(Comment).where(Comment.resource == resource.name, Comment.row_id == row.id)
    steps += [_said(each) for each in context.session.scalars(said.order_by(Comment.id.desc()).limit(most))]
    steps.sort(key=lambda step: step.at, reverse=True)
    return steps[:most]


def comment(context: Context, resource: Resource, key: str, text: str) -> int:
    """Say something about a document; `@name` tells a person about it. Gives the comment's id."""
    with unit.transaction(context, resource.permission("comment")) as bound:
        return int(comment_within(bound, resource, key, text).id)


def comment_within(bound: Context, resource: Resource, key: str, text: str) -> Comment:
    """Say something about a document inside an open transaction."""
    said = text.strip().replace("\r\n", "\n")
    if not said:
        raise Refused(Kind.INVALID, Problem("required", "The comment is empty. Write something.", "text"))
    if len(said) > MAX_COMMENT:
        raise Refused(Kind.INVALID, Problem("too_long", f"Comment: use at most {MAX_COMMENT} characters.", "text"))
    row = _open(bound, resource, key, "comment")
    mentioned = _mentioned(bound.session, said)
    entry = Comment(
        resource=resource.name,
        row_id=row.id,
        at=bound.now,
        actor_id=bound.actor.id,
        actor_name=bound.actor.name,
        text=said,
        mentions=[user.username for user in mentioned],
    )
    bound.session.add(entry)
    bound.session.flush()
    said_now = outbox.Commented(entry.id, tuple(user.id for user in mentioned))
    _put_on_record(bound, resource, row, "commented", {"comment": entry.id})
    outbox.emit(bound, resource, row, said_now)
    return entry


def attach(context: Context, resource: Resource, key: str, stored: Any, name: str) -> int:
    """Attach a stored file (`files.Stored`) to a document. Gives the attachment's id."""
    with unit.transaction(context, resource.permission("attach")) as bound:
        return int(attach_within(bound, resource, key, stored, name).id)


def attach_within(bound: Context, resource: Resource, key: str, stored: Any, name: str) -> Attachment:
    """Attach a stored file to a document inside an open transaction."""
    row = _open(bound, resource, key, "attach")
    entry = Attachment(
        resource=resource.name,
        row_id=row.id,
        at=bound.now,
        actor_id=bound.actor.id,
        actor_name=bound.actor.name,
        name=name,
        digest=stored.digest,
        size=stored.size,
        media_type=stored.media_type,
    )
    bound.session.add(entry)
    bound.session.flush()
    _put_on_record(bound, resource, row, "attached", {"file": name, "sha256": stored.digest})
    outbox.emit(bound, resource, row, outbox.Attached(entry.id, name))
    return entry


_lasting: dict[str, Callable[[Context, Any, Attachment], bool]] = {}


def let_last(resource: str, is_lasting: Callable[[Context, Any, Attachment], bool]) -> None:
    """Let a slice say which files of its rows nobody takes off."""
    _lasting[resource] = is_lasting


def detach(context: Context, resource: Resource, key: str, attachment_id: int) -> None:
    """Take a file off a document; its content stays in the store, because the audit names it."""
    with unit.transaction(context, resource.permission("attach")) as bound:
        row = _open(bound, resource, key, "attach")
        entry = attachment(bound, resource, row, attachment_id)
        if entry is None:
            raise Refused(Kind.MISSING, Problem("not_found", "This file is not attached here any more."))
        if resource.name in _lasting and _lasting[resource.name](bound, row, entry):
            words = f"{entry.name} is what this {resource.title[0].lower()} was read from. It stays."
            raise Refused(Kind.CONFLICT, Problem("original", words))
        entry.removed_at = bound.now
        _put_on_record(bound, resource, row, "detached", {"file": entry.name, "sha256": entry.digest})
        outbox.emit(bound, resource, row, outbox.Detached(entry.id, entry.name))


def comments(context: Context, resource: Resource, row: Any, most: int = 200) -> list[Comment]:
    """List what was said about a row that the caller may see, the newest first."""
    if not has_story(resource):
        return []
    statement = select(Comment).where(Comment.resource == resource.name, Comment.row_id == row.id)
    return list(context.session.scalars(statement.order_by(Comment.id.desc()).limit(most)))


def attachments(context: Context, resource: Resource, row: Any) -> list[Attachment]:
    """List the files of a row that the caller may see."""
    if not has_story(resource):
        return []
    statement = select(Attachment).where(
        Attachment.resource == resource.name, Attachment.row_id == row.id, Attachment.removed_at.is_(None)
    )
    return list(context.session.scalars(statement.order_by(Attachment.id)))


def count_files(context: Context, name: str, row_id: int | None) -> int:
    """Count the files that hang on a row of a resource, which tells nobody what is in them."""
    if row_id is None:
        return 0
    statement = select(func.count()).where(
        Attachment.resource == name, Attachment.row_id == row_id, Attachment.removed_at.is_(None)
    )
    return int(context.session.execute(statement.select_from(Attachment)).scalar_one())


def attachment(context: Context, resource: Resource, row: Any, attachment_id: int) -> Attachment | None:
    """Find one file of a row that the caller may see."""
    return next((each for each in attachments(context, resource, row) if each.id == attachment_id), None)


def people_matching(session: Session, text: str, most: int = 8) -> list[Any]:
    """Find the accounts to offer while somebody types a mention."""
    wanted = text.strip().lower()
    condition = func.lower(User.username).startswith(wanted, autoescape=True) | func.lower(User.last_name).startswith(
        wanted, autoescape=True
    )
    statement = select(User).where(User.active.is_(True), condition).order_by(User.username).limit(most)
    return list(session.scalars(statement))


def _mentioned(session: Session, text: str) -> list[Any]:
    names = {name.rstrip(".").lower() for name in _MENTION.findall(text)}
    if not names:
        return []
    return list(session.scalars(select(User).where(func.lower(User.username).in_(names)).order_by(User.username)))


def _open(context: Context, resource: Resource, key: str, verb: str) -> Any:
    found = see_row(context, resource, key, verb)
    if found is None:
        raise Refused(Kind.MISSING, Problem("not_found", f"{resource.title[0]} {key[:80]} was not found."))
    row, is_held = found
    if not is_held:
        message = f"Your roles do not allow this here: {verb} ({resource.title[1].lower()})."
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", message, None, {"permission": resource.permission(verb)}))
    if not has_story(resource):
        message = f"{resource.title[1]} tell what was done; nothing is said about them or attached to them."
        raise Refused(Kind.CONFLICT, Problem("no_story", message))
    return row


def _put_on_record(context: Context, resource: Resource, row: Any, action: str, after: dict[str, Any]) -> None:
    audit.note(
        context,
        action=action,
        resource=resource.name,
        row_id=row.id,
        row_key=audit.key_on_record(resource, row),
        after=after,
    )


def _said(each: Comment) -> Step:
    mentions = tuple(each.mentions or ())
    return Step(each.at, each.actor_name, each.actor_id, "commented", text=each.text, mentions=mentions)


def _told(entry: AuditEntry) -> Step:
    return Step(
        at=entry.at,
        actor=entry.actor_name,
        actor_id=entry.actor_id,
        action=entry.action,
        command=entry.command,
        channel=entry.channel,
        part=entry.part,
        before=entry.before,
        after=entry.after,
    )


def _tell_comments(context: Context, account: int) -> list[dict[str, Any]]:
    said = select(Comment).where(Comment.actor_id == account).order_by(Comment.id)
    return [
        {"at": each.at.isoformat(), "about": each.resource, "text": each.text} for each in context.session.scalars(said)
    ]


def _tell_files(context: Context, account: int) -> list[dict[str, Any]]:
    sent = select(Attachment).where(Attachment.actor_id == account).order_by(Attachment.id)
    return [
        {"at": each.at.isoformat(), "about": each.resource, "name": each.name} for each in context.session.scalars(sent)
    ]


def _forget_author(context: Context, account: int, was: str, alias: str) -> None:
    """Let what somebody said stand under their alias, and call them so where others mention them."""
    session = context.session
    for model in (Comment, Attachment):
        for each in session.scalars(select(model).where(model.actor_id == account)):
            each.actor_name = alias
    mention = re.compile(rf"(?<![\w@])@{re.escape(was)}(?![\w-])", re.IGNORECASE)
    for each in session.scalars(select(Comment).where(Comment.mentions.contains([was]))):
        each.text = mention.sub(f"@{alias}", each.text)
        each.mentions = [alias if name == was else name for name in each.mentions]


personal.keeps("comments", _tell_comments, _forget_author)
personal.keeps("files", _tell_files)
