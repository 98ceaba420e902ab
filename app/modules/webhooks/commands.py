"""What is done with webhooks and their deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event, told_once
from app.kernel.problem import Problem, refuse_if
from app.modules.webhooks import service
from app.modules.webhooks.models import Webhook, WebhookDelivery

LONGEST_OVERLAP = 168


@dataclass(frozen=True)
class Started(Event):
    """It hears events from now on; whoever switched it on learns its secret."""

    webhook: str
    secret: str = told_once()


@dataclass(frozen=True)
class SecretRotated(Event):
    """It has a new secret."""

    webhook: str
    secret: str = told_once()


@dataclass(frozen=True)
class Paused(Event):
    """Nothing is sent to it for now."""

    reason: str


@dataclass(frozen=True)
class Resumed(Event):
    """It is told again what happens."""

    webhook: str


@dataclass(frozen=True)
class Tested(Event):
    """Somebody wants to see whether messages arrive."""

    webhook: str


@dataclass(frozen=True)
class Replayed(Event):
    """What did not get through is sent again."""

    webhook: str


@dataclass(frozen=True)
class Retired(Event):
    """It hears nothing any more, for good."""

    webhook: str


@dataclass(frozen=True)
class Resent(Event):
    """A delivery is sent once more."""

    event: str


@dataclass(frozen=True)
class Hastened(Event):
    """A delivery is tried without waiting longer."""

    event: str


@command("Switch on", moves=["draft -> active"], step_up=True)
def start(context: Context, webhook: Webhook) -> Started:
    """Let it hear events from now on. You are shown its secret once: the receiver needs it to check signatures."""
    webhook.secret = service.new_secret()
    return Started(webhook.code, secret=webhook.secret)


@command("New secret", moves=["active -> active", "paused -> paused"], step_up=True)
def rotate_secret(
    context: Context,
    webhook: Webhook,
    *,
    hours: Annotated[int, Ask("Hours in which both sign", help="0 to 168; 0 when the old one is known to others")] = 24,
) -> SecretRotated:
    """Make a new secret, shown to you once. For a while the old one signs as well, so that the receiver can change over."""
    wrong = not 0 <= hours <= LONGEST_OVERLAP
    refuse_if([Problem("out_of_range", f"Hours: enter 0 to {LONGEST_OVERLAP}.", "hours")] if wrong else [])
    webhook.old_secret = webhook.secret if hours else None
    webhook.old_secret_until = service.overlap(context, hours) if hours else None
    webhook.secret = service.new_secret()
    return SecretRotated(webhook.code, secret=webhook.secret)


@command("Pause", moves=["active -> paused"])
def pause(context: Context, webhook: Webhook, *, reason: Annotated[str, Ask("Reason")]) -> Paused:
    """Send nothing for now. What happens meanwhile is put down as skipped, and can be sent when you resume."""
    refuse_if([Problem("required", "Reason: say why.", "reason")] if not reason.strip() else [])
    service.pause(context, webhook, reason.strip()[:500])
    return Paused(reason.strip()[:500])


@command("Resume", moves=["paused -> active"], step_up=True)
def resume(
    context: Context,
    webhook: Webhook,
    *,
    send_skipped: Annotated[
        bool, Ask("Send what was skipped", help="In its order, before what happens from now on")
    ] = True,
) -> Resumed:
    """Send events again, and first what was skipped during the pause, unless you do not want it."""
    if send_skipped and webhook.paused_at:
        service.replay_later(context, webhook, webhook.paused_at, missed=True)
    webhook.paused_at = webhook.paused_because = None
    return Resumed(webhook.code)


@command("Send test", moves=["active -> active", "paused -> paused"])
def send_test(context: Context, webhook: Webhook) -> Tested:
    """Send the event webhook.tested at once, beside what waits; the deliveries show what was answered."""
    return Tested(webhook.code)


@command("Replay", moves=["active -> active"])
def replay(
    context: Context,
    webhook: Webhook,
    *,
    since: Annotated[datetime, Ask("Since", help="When the first of them was announced, or earlier")],
) -> Replayed:
    """Send again, in their order, the events since a time that were given up or skipped."""
    service.replay_later(context, webhook, since)
    return Replayed(webhook.code)


@command(
    "Retire",
    moves=["draft | active | paused -> retired"],
    danger=True,
    confirm="Retire {code}? It hears nothing any more.",
)
def retire(context: Context, webhook: Webhook) -> Retired:
    """End it for good. What waits is not sent; what was sent stays on record."""
    webhook.secret = webhook.old_secret = webhook.old_secret_until = None
    webhook.paused_at = webhook.paused_because = None
    service.try_now(context, webhook.id)
    return Retired(webhook.code)


def why_not_resendable(context: Context, delivery: WebhookDelivery) -> list[Problem]:
    """Say that only an active webhook is sent anything."""
    if delivery.webhook.state == "active":
        return []
    words = f"The webhook is {delivery.webhook.state}. Only to one that is active anything is sent."
    return [Problem("webhook_not_active", words)]


@command("Send again", moves=["delivered | dead | skipped -> waiting"], guard=why_not_resendable)
def resend(context: Context, delivery: WebhookDelivery) -> Resent:
    """Send it once more, behind what waits already. The receiver knows it by the same webhook-id."""
    service.send_again(context, delivery)
    return Resent(delivery.name)


@command("Try now", moves=["retrying -> retrying"])
def hasten(context: Context, delivery: WebhookDelivery) -> Hastened:
    """Try it now instead of when it is due, and then what waits behind it."""
    service.try_now(context, delivery.webhook_id)
    return Hastened(delivery.name)
