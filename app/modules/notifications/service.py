"""Telling people: who hears of an event, in which words, on which channels; and what they have not read yet."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from app.infra import identity, jobs, mail, personal, preferences, settings
from app.infra.db import uuid7
from app.infra.intake import find_row
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.kernel.resource import Resource
from app.modules.notifications import queries
from app.modules.notifications.domain import sending
from app.modules.notifications.domain.kinds import WORDS, Channel, Kind, written
from app.modules.notifications.models import Delivery, Notice

DELIVER = "notice.deliver"
NO_EMAIL = "notices.no_email"
MOST_LISTED = 20

for _kind in Kind:
    settings.declare(
        Declared(_kind.setting, True, f"Notices: {_kind.label[0].lower()}{_kind.label[1:]}", "People are told of it.")
    )


@dataclass(frozen=True, slots=True)
class Occasion:
    """What people are told of: an event by its public id, what it did to which document, and the words' values."""

    event: uuid.UUID
    kind: Kind
    resource: Resource
    key: str
    actor_id: int
    values: Mapping[str, Any]


def unread(context: Context) -> int:
    """Count what the actor has not read yet."""
    return queries.count_unread(context)


def list_unread(context: Context, most: int = MOST_LISTED) -> list[Notice]:
    """List what the actor has not read yet, the newest first."""
    return queries.list_unread(context, most)


def tell(context: Context, occasion: Occasion, accounts: Iterable[int]) -> list[Notice]:
    """Tell people of an event, each once; whoever has left, did it themselves or may not see the document is not told."""
    if not settings.get(context.session, occasion.kind.setting):
        return []
    told = queries.list_told(context, occasion.event)
    own = () if WORDS[occasion.kind].hears_own else (occasion.actor_id,)
    users = [
        user
        for user, state in queries.list_accounts(context, accounts)
        if user.id not in told and user.id not in own and sending.is_told(state, is_active=user.active)
    ]
    declined = queries.list_wanting_no_email(context, NO_EMAIL, [user.id for user in users])
    return [
        _enter(context, occasion, user, declined.get(user.id, []))
        for user in users
        if _sees(context, user, occasion.resource, occasion.key)
    ]


def send(context: Context, delivery: Delivery, *, after: timedelta = timedelta(0)) -> None:
    """Line up a try of a delivery that waits; there is one job for each try."""
    key = f"delivery:{delivery.id}:{delivery.attempts}"
    jobs.enqueue(context, DELIVER, {"delivery": delivery.id}, unique_key=key, after=after)


def kinds_without_email(context: Context) -> list[str]:
    """List the kinds that the actor chose not to get by e-mail."""
    return list(preferences.get(context.session, context.actor.id, NO_EMAIL) or ())


def choose_email(context: Context, wanted: Iterable[Kind]) -> None:
    """Keep which kinds the actor gets by e-mail."""
    chosen = set(wanted)
    declined = [kind.value for kind in Kind if kind not in chosen]
    preferences.keep(context, NO_EMAIL, declined or None)


def _enter(context: Context, occasion: Occasion, user: Any, declined: list[str]) -> Notice:
    title, text = written(occasion.kind, occasion.values)
    notice = Notice(
        event=occasion.event,
        account_id=user.id,
        kind=occasion.kind,
        title=title,
        text=text,
        resource=occasion.resource.name,
        row_key=occasion.key,
        amount=occasion.values.get("amount") or None,
        path=f"/{occasion.resource.plural}/{quote(occasion.key, safe='')}",
        created_at=context.now,
    )
    context.session.add(notice)
    context.session.flush()
    for channel in WORDS[occasion.kind].channels:
        _line_up(context, notice, channel, user, is_declined=occasion.kind.value in declined)
    return notice


def _line_up(context: Context, notice: Notice, channel: Channel, user: Any, *, is_declined: bool) -> None:
    delivery = Delivery(
        notice_id=notice.id,
        account_id=user.id,
        channel=channel,
        created_at=context.now,
        attempts=0,
        state="waiting",
    )
    if channel is Channel.EMAIL:
        address_letter(delivery, user)
        reason = "They chose not to get this by e-mail." if is_declined else why_no_mail(delivery)
        if reason:
            delivery.state, delivery.error = "skipped", reason
    context.session.add(delivery)
    context.session.flush()
    if delivery.state == "waiting":
        send(context, delivery)


def address_letter(delivery: Delivery, user: Any) -> None:
    """Write on an e-mail whom it goes to, and by which id mail servers know it, now and however often it is tried."""
    server = mail.server()
    delivery.address = user.email or None
    delivery.message_id = f"<{uuid7()}@{server.domain}>" if server else None


def why_no_mail(delivery: Delivery) -> str:
    """Say why nothing can be sent, whatever the server would answer; empty when nothing stands against it."""
    if mail.server() is None:
        return "No mail server is configured."
    return "" if delivery.address else "The account has no e-mail address."


def _sees(context: Context, user: Any, resource: Resource, key: str) -> bool:
    """Say whether somebody may read the document: a notice tells nobody more than its page would."""
    theirs = replace(context, actor=identity.actor_of(context.session, user))
    return find_row(theirs, resource, key) is not None


def _tell(context: Context, account: int) -> list[dict[str, Any]]:
    told = queries.list_notices_of(context, account)
    return [{"at": each.created_at.isoformat(), "title": each.title, "text": each.text} for each in told]


def _forget(context: Context, account: int, was: str, alias: str) -> None:
    """Delete what somebody was told, with the addresses it went to."""
    for notice in queries.list_notices_of(context, account):
        context.session.delete(notice)


personal.keeps("notices", _tell, _forget)
