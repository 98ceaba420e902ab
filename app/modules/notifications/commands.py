"""What is done with notices and deliveries."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.actor import Context
from app.kernel.command import command
from app.kernel.event import Event
from app.kernel.problem import Problem
from app.modules.notifications import queries, service
from app.modules.notifications.domain import sending
from app.modules.notifications.domain.kinds import Channel
from app.modules.notifications.models import Delivery, Notice


@dataclass(frozen=True)
class MarkedRead(Event):
    """Someone has seen a notice."""

    title: str


@dataclass(frozen=True)
class Resent(Event):
    """A delivery is tried once more."""

    channel: str
    address: str | None


@command("Mark as read", moves=["unread -> read"])
def mark_read(context: Context, notice: Notice) -> MarkedRead:
    """Take the notice out of what is new; it stays in the list."""
    notice.read_at = context.now
    return MarkedRead(notice.title)


def why_not_resendable(context: Context, delivery: Delivery) -> list[Problem]:
    """Say that somebody who has left or is suspended is not told anything."""
    user, state = queries.find_account(context, delivery.account_id)
    if sending.is_told(state, is_active=user.active):
        return []
    return [Problem("not_told", f"{user.get_full_name()} has left or is suspended, and is not told anything.")]


@command("Send again", moves=["sent | failed | skipped -> waiting"], guard=why_not_resendable)
def resend(context: Context, delivery: Delivery) -> Resent:
    """Send it once more, to the address that the person has now."""
    user, _ = queries.find_account(context, delivery.account_id)
    delivery.state, delivery.attempts = "waiting", 0
    delivery.error = delivery.sent_at = delivery.due_at = None
    if delivery.channel is Channel.EMAIL:
        service.address_letter(delivery, user)
    service.send(context, delivery)
    return Resent(delivery.channel.value, delivery.address)
