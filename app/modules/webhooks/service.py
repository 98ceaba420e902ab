"""Telling webhooks: which of them hear an event, one try of a delivery, and sending again what did not get through."""

from __future__ import annotations

import json
import random
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import inspect

from app.infra import jobs, outbox, outside, unit
from app.infra.breaker import Unavailable
from app.infra.jobs import Again
from app.infra.outbox import OutboxEvent
from app.infra.outside import NotReached
from app.kernel.actor import Context
from app.kernel.event import Event
from app.kernel.problem import Problem
from app.kernel.resource import registry
from app.modules.webhooks import domain, queries
from app.modules.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery

DELIVER = "webhook.deliver"
REPLAY = "webhook.replay"
#: A worker that is killed in the middle counts as a try of the job, not of the delivery, which decides when to give up.
_AS_LONG_AS_IT_TAKES = 1_000_000
_GONE = 410
_FIRST_REDIRECT, _FIRST_REFUSAL, _OK = 300, 400, 200
_KEY_BYTES = 32


@dataclass(frozen=True)
class InTrouble(Event):
    """Events do not get through to a webhook, and somebody has to see to it."""

    reason: str
    accounts: tuple[int, ...]


def new_secret() -> str:
    """Make a secret by which receivers know that a message comes from here."""
    return domain.secret_of(secrets.token_bytes(_KEY_BYTES))


def prepare(context: Context, webhook: Webhook) -> None:
    """Write the events one to a line, as they are looked up."""
    webhook.events = "\n".join(domain.patterns_of(webhook.events)) or None


def check(context: Context, webhook: Webhook) -> list[Problem]:
    """Say what is wrong with where a webhook is, and with what it is to hear.

    What was entered earlier is not judged again: a webhook can be paused whatever is allowed or announced today.
    """
    entered, problems = inspect(webhook).attrs, []
    wrong = outside.why_not_address(webhook.url) if entered.url.history.has_changes() else ""
    if wrong:
        problems.append(Problem("bad_address", f"Address: {wrong}", "url"))
    if entered.events.history.has_changes():
        problems += [_unknown(*each) for each in domain.unknown_patterns(webhook.events, told_to_webhooks())]
    if webhook.entity is None and not context.actor.reach("webhook.edit").everywhere:
        words = "Entity: choose one of yours. Only who administers all entities lets a webhook hear all."
        problems.append(Problem("entity_needed", words, "entity"))
    return problems


def told_to_webhooks() -> frozenset[str]:
    """List every event that a webhook can hear."""
    named = (name for each in registry if each.name not in domain.OWN for name in outbox.names_of(each))
    return frozenset({*named, domain.TESTED})


def _unknown(name: str, nearest: str) -> Problem:
    """Say that an event a webhook is to hear never happens."""
    more = (
        f"Did you mean {nearest}?"
        if nearest
        else "Write one like order.issued to a line, or order.* for all of orders."
    )
    return Problem("unknown_event", f"Events: there is no event {name[: domain.LONGEST_NAME]}. {more}", "events")


def fan_out(context: Context, event: OutboxEvent) -> None:
    """Put down for each webhook that hears an event that it is to be told, and line that up."""
    if event.name == domain.TESTED:
        _line_up(context, _entered(context, event.row_id, event), stream=None)
        return
    for webhook in queries.list_listening(context):
        if not domain.is_heard(event.name, webhook.events):
            continue
        if webhook.entity_id is not None and not queries.is_of_entity(context, event, webhook.entity_id):
            continue
        delivery = _entered(context, webhook.id, event)
        if webhook.state == "active":
            _line_up(context, delivery, stream=stream_of(webhook.id))
        else:
            _skip(context, delivery, "The webhook was paused.")


def stream_of(webhook_id: int) -> str:
    """Name the stream that keeps the order of what one webhook is told."""
    return f"webhook:{webhook_id}"


def send_again(context: Context, delivery: WebhookDelivery) -> None:
    """Let a delivery wait once more, behind what waits already."""
    delivery.state, delivery.tries = "waiting", 0
    delivery.error = delivery.due_at = delivery.ended_at = None
    _line_up(context, delivery, stream=stream_of(delivery.webhook_id))


def replay(context: Context, webhook_id: int, since: datetime, *, missed: bool) -> Again | dict[str, Any]:
    """Send again what was missed in a pause, or all that did not get through since a time: some, then the next of them."""
    webhook = queries.find_webhook(context, webhook_id)
    if webhook is None or webhook.state != "active":
        return {"state": "nothing to do"}
    listed = queries.list_missed if missed else queries.list_given_up
    found = listed(context, webhook_id, since)
    for delivery in found:
        send_again(context, delivery)
    return Again(timedelta(0)) if len(found) == queries.AT_ONCE else {"state": "lined up"}


def deliver(context: Context, delivery_id: int) -> Again | dict[str, Any]:
    """Try a delivery that waits; one that failed stays at the head of its stream until it is tried again."""
    delivery = queries.find_delivery(context, delivery_id)
    if delivery is None or delivery.state not in ("waiting", "retrying"):
        return {"state": "nothing to do"}
    webhook, is_test = delivery.webhook, delivery.name == domain.TESTED
    if webhook.state != "active" and not is_test:
        _skip(context, delivery, f"The webhook is {webhook.state}.")
        return {"state": delivery.state}
    try:
        status, told = _try(context, delivery)
    except Unavailable as unavailable:
        return Again(unavailable.retry_after)
    if status is not None and _OK <= status < _FIRST_REDIRECT:
        _ended(context, delivery, "delivered", None)
    elif is_test:
        _ended(context, delivery, "dead", told)
    elif status == _GONE:
        _skip(context, delivery, told)
        _stop(context, webhook, "The receiver answered 410: it is gone.")
    else:
        return _failed(context, delivery, told)
    return {"state": delivery.state, "status": status}


def _try(context: Context, delivery: WebhookDelivery) -> tuple[int | None, str]:
    """Post once and keep what came of it; gives the status, if there is one, and what stands against it in words."""
    began = time.monotonic()
    status, told = None, ""
    try:
        body = body_of(delivery.event)
        headers = _headers(context, delivery, body)
        answer = outside.post(delivery.webhook.url, body, headers, f"webhook {delivery.webhook_id}")
        status, told = answer.status, domain.excerpt(answer.beginning)
    except NotReached as error:
        told = str(error)
    taken = int((time.monotonic() - began) * 1000)
    delivery.tries += 1
    delivery.status = status
    attempt = WebhookAttempt(
        delivery_id=delivery.id, at=context.now, status=status, milliseconds=taken, told=told or None
    )
    context.session.add(attempt)
    return status, told if status is None else _refusal(status, told)


def _refusal(status: int, told: str) -> str:
    """Say in words what an answer means that is no acceptance."""
    if _FIRST_REDIRECT <= status < _FIRST_REFUSAL:
        return f"The receiver answered {status}, and redirects are not followed."
    return f"The receiver answered {status}{f': {told}' if told else '.'}"


def body_of(event: OutboxEvent) -> bytes:
    """Write what a receiver is told of an event; the same at each try."""
    resource = registry[event.resource]
    about = {"resource": event.resource, "key": event.row_key}
    path = f"/api/v1/{resource.plural}/{quote(event.row_key, safe='')}"
    told = {
        "type": event.name,
        "timestamp": event.at.astimezone(UTC).isoformat(),
        "data": {**about, "path": path, "details": event.payload},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(context: Context, delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    webhook, identity = delivery.webhook, str(delivery.event.public_id)
    timestamp = int(context.now.timestamp())
    both = [webhook.secret]
    if webhook.old_secret_until is not None and webhook.old_secret_until > context.now:
        both.append(webhook.old_secret)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Outlay",
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": domain.signatures([each for each in both if each], identity, timestamp, body),
    }


def _entered(context: Context, webhook_id: int, event: OutboxEvent) -> WebhookDelivery:
    delivery = WebhookDelivery(
        webhook_id=webhook_id, event_id=event.id, name=event.name, tries=0, created_at=context.now, state="waiting"
    )
    context.session.add(delivery)
    context.session.flush()
    return delivery


def _line_up(context: Context, delivery: WebhookDelivery, *, stream: str | None) -> None:
    arguments = {"delivery": delivery.id}
    jobs.enqueue(context, DELIVER, arguments, stream=stream, max_attempts=_AS_LONG_AS_IT_TAKES)


def _ended(context: Context, delivery: WebhookDelivery, state: str, error: str | None) -> None:
    delivery.state, delivery.error = state, error[:500] if error else None
    delivery.due_at, delivery.ended_at = None, context.now


def _skip(context: Context, delivery: WebhookDelivery, why: str) -> None:
    _ended(context, delivery, "skipped", why)


def _failed(context: Context, delivery: WebhookDelivery, told: str) -> Again | dict[str, Any]:
    """Put down why it did not get through; it is tried again, or given up so that those behind it get their turn.

    If the one before was given up too, nothing gets through: the webhook is paused, and this one waits for it to resume.
    """
    if delivery.tries >= domain.TRIES_AFTER_ONE_GIVEN_UP and queries.last_ended(context, delivery.webhook_id) == "dead":
        _skip(context, delivery, told)
        why = f"Nothing gets through: one event was given up, and the next failed {delivery.tries} times. {told.rstrip('.')}."
        _stop(context, delivery.webhook, why)
        return {"state": delivery.state, "tries": delivery.tries}
    pause = domain.pause_after(delivery.tries)
    if pause is not None:
        pause *= random.uniform(0.8, 1.2)  # noqa: S311
        delivery.state, delivery.error, delivery.due_at = "retrying", told[:500], context.now + pause
        return Again(pause)
    is_news = queries.last_ended(context, delivery.webhook_id) != "dead"
    _ended(context, delivery, "dead", told)
    if is_news:
        _tell(context, delivery.webhook, f"An event was given up after {delivery.tries} tries. {told}")
    return {"state": delivery.state, "tries": delivery.tries}


def _stop(context: Context, webhook: Webhook, reason: str) -> None:
    """Pause a webhook whose receiver is there no more, and say so to those who can do something about it."""
    locked = queries.lock_webhook(context, webhook.id)
    if locked.state != "active":
        return
    pause(context, locked, reason[:500])
    _tell(context, locked, f"It was paused. {locked.paused_because}")


def pause(context: Context, webhook: Webhook, reason: str) -> None:
    """Send nothing for now; what waits is put down as skipped, from where it can be sent later."""
    webhook.state, webhook.paused_because, webhook.paused_at = "paused", reason, context.now
    jobs.hurry(context, stream_of(webhook.id))


def _tell(context: Context, webhook: Webhook, reason: str) -> None:
    unit.announce(context, webhook, InTrouble(reason, tuple(queries.list_in_charge(context))))


def try_now(context: Context, webhook_id: int) -> None:
    """Do not wait longer before the next try."""
    jobs.hurry(context, stream_of(webhook_id))


def replay_later(context: Context, webhook: Webhook, since: datetime, *, missed: bool = False) -> None:
    """Line up that deliveries are sent again: before any event that is announced after this."""
    arguments = {"webhook": webhook.id, "since": since.isoformat(), "missed": missed}
    jobs.enqueue(context, REPLAY, arguments, stream=domain.STREAM)


def overlap(context: Context, hours: int) -> datetime:
    """Tell until when the old secret signs beside the new one."""
    return context.now + timedelta(hours=hours)
