"""What approvals do when something happens elsewhere."""

from __future__ import annotations

from app.infra import outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.modules.approvals import queries
from app.modules.approvals.service import chasing


def hand_over(context: Context, event: OutboxEvent) -> None:
    """Ask others wherever somebody is asked who left or was suspended."""
    person = queries.find_person(context, event.payload["code"])
    name = event.payload.get("successor")
    successor = queries.find_person(context, name) if name else None
    if person is not None and person.state in ("left", "suspended"):
        why = "has left" if person.state == "left" else "is suspended"
        chasing.hand_over(context, person, successor, why)


def settle(context: Context, event: OutboxEvent) -> None:
    """Let a deputy see at once what waits, or no longer."""
    chasing.settle_delegations(context)


outbox.subscribe(
    "approvals.hand_over",
    "Hand over the approvals of someone who left or is suspended",
    ("person.left", "person.suspended"),
    hand_over,
)
outbox.subscribe(
    "approvals.settle", "Ask deputies what waits for them", ("delegation.created", "delegation.changed"), settle
)
