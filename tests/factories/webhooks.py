"""What valid webhooks look like, and how their deliveries come about: nobody enters those in a form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.modules.webhooks import queries
from app.modules.webhooks.models import WebhookAttempt, WebhookDelivery
from tests.acting import NOW, system


def webhook(maker: Any, number: int) -> dict[str, Any]:
    """Let it hear what is never announced, lest every other test has work to do."""
    return {
        "code": f"hook-{number}",
        "name": f"Hook {number}",
        "url": f"https://hooks.example.com/{number}",
        "events": "currency.detached",
        "entity": None,
    }


def delivery(maker: Any) -> str:
    """Let an event wait for a webhook of the entity in which rows are made just now."""
    maker.create(maker.resource("unit"))
    hooks = maker.resource("webhook")
    key = maker.create(hooks, entity=maker.made.get("entity"))
    unit.execute(system(id=990), hooks, key, "start", {})
    with unit.transaction(system(), "test.line_up") as bound:
        found = text("SELECT w.id, e.id, e.name FROM webhook w, outbox_event e WHERE w.code = :key ORDER BY e.id DESC")
        webhook_id, event_id, name = bound.session.execute(found, {"key": key}).first()
        made = WebhookDelivery(webhook_id=webhook_id, event_id=event_id, name=name, tries=0, created_at=bound.now)
        bound.session.add(made)
        bound.session.flush()
        return str(made.id)


def _end(key: str, state: str, status: int | None = None, error: str | None = None) -> None:
    """Put down what came of a try."""
    with unit.transaction(system(), "test.try") as bound:
        found: Any = queries.find_delivery(bound, int(key))
        found.state, found.tries, found.status, found.error = state, 1, status, error
        if state == "retrying":
            found.due_at = bound.now + timedelta(seconds=5)
        else:
            found.ended_at = bound.now
        bound.session.add(
            WebhookAttempt(
                delivery_id=found.id, at=bound.now, status=status, milliseconds=12, told=error or "thank you"
            )
        )


FORMS = {"webhook": webhook}
ROWS = {"webhook_delivery": delivery}
ROUTES = {
    ("webhook_delivery", "delivered"): lambda maker, key: _end(key, "delivered", 200),
    ("webhook_delivery", "retrying"): lambda maker, key: _end(key, "retrying", None, "No answer in time"),
    ("webhook_delivery", "dead"): lambda maker, key: _end(key, "dead", 500, "The receiver answered 500."),
    ("webhook_delivery", "skipped"): lambda maker, key: _end(key, "skipped", None, "The webhook was paused."),
}
ARGUMENTS = {
    "webhook.rotate_secret": lambda maker, key: {"hours": 24},
    "webhook.replay": lambda maker, key: {"since": NOW.isoformat()},
}


def _retire(maker: Any, key: str) -> None:
    """End the webhook of a delivery."""
    with unit.transaction(system(), "test.look") as bound:
        name = queries.find_delivery(bound, int(key)).webhook.code  # type: ignore[union-attr]
    unit.execute(system(id=990), maker.resource("webhook"), name, "retire", {})


OBSTRUCTED = {"webhook_delivery.resend": _retire}
