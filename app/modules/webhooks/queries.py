"""Reads of webhooks and deliveries that have a name in the business."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, func, literal, literal_column, or_
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import joinedload

from app.infra import scope
from app.infra.identity import select_holders
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.webhooks.domain import OWN, TESTED
from app.modules.webhooks.models import Webhook, WebhookDelivery

LISTENING = ("active", "paused")
#: How many deliveries are lined up again in one change.
AT_ONCE = 1000
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def has_listener() -> ColumnElement[bool]:
    """Say, as a condition on an event that is being written, whether any webhook hears it."""
    name: ColumnElement[str] = literal_column("outbox_event.name")
    named = array([name, func.split_part(name, ".", 1).concat(".*")])
    heard = func.string_to_array(Webhook.events, func.chr(10)).op("&&")(named)
    listening = scope.columns(literal(1), why="whoever announces something").where(
        Webhook.state.in_(LISTENING), or_(Webhook.events.is_(None), heard)
    )
    foreign = literal_column("outbox_event.resource").not_in(OWN)
    return or_(name == TESTED, and_(foreign, listening.exists()))


def list_listening(context: Context) -> list[Webhook]:
    """List every webhook that hears events, those that are paused as well."""
    found = scope.everything(Webhook, why="events go to all who hear them").where(Webhook.state.in_(LISTENING))
    return list(context.session.scalars(found.order_by(Webhook.id)))


def find_webhook(context: Context, webhook_id: int) -> Webhook | None:
    """Find a webhook, whoever asks."""
    return scope.find(context, Webhook, webhook_id, why="work that was lined up for it")


def lock_webhook(context: Context, webhook_id: int) -> Webhook:
    """Take a webhook as it is now."""
    [found] = scope.locked(context, Webhook, [webhook_id], why="what it answered changes it")
    webhook: Webhook = found
    return webhook


def find_delivery(context: Context, delivery_id: int) -> WebhookDelivery | None:
    """Find a delivery as it stands now, with its event and where it goes."""
    statement = scope.everything(WebhookDelivery, why="the delivery of a job").where(WebhookDelivery.id == delivery_id)
    loaded = statement.options(joinedload(WebhookDelivery.webhook), joinedload(WebhookDelivery.event))
    found: WebhookDelivery | None = context.session.scalars(loaded.execution_options(populate_existing=True)).first()
    return found


def is_of_entity(context: Context, event: OutboxEvent, entity_id: int) -> bool:
    """Say whether the document of an event is one of an entity; what no entity has is not."""
    resource = registry[event.resource]
    if resource.scope.entity is None:
        return False
    row = scope.columns(resource.model.id, why="whom its events are for").where(resource.model.id == event.row_id)
    return context.session.execute(row.where(scope.of_entity(resource, entity_id))).first() is not None


def last_ended(context: Context, webhook_id: int) -> str | None:
    """Tell how the delivery before ended since the webhook was last resumed: whether nothing gets through."""
    resumed = scope.columns(func.max(OutboxEvent.at), why="what was before is over").where(
        OutboxEvent.resource == "webhook", OutboxEvent.row_id == webhook_id, OutboxEvent.name == "webhook.resumed"
    )
    ended = scope.columns(WebhookDelivery.state, why="whether it is news").where(
        WebhookDelivery.webhook_id == webhook_id,
        WebhookDelivery.state.in_(("delivered", "dead")),
        WebhookDelivery.name != TESTED,
        WebhookDelivery.ended_at > func.coalesce(resumed.scalar_subquery(), BEGINNING),
    )
    found: str | None = context.session.scalars(ended.order_by(WebhookDelivery.ended_at.desc()).limit(1)).first()
    return found


def list_given_up(context: Context, webhook_id: int, since: datetime) -> list[WebhookDelivery]:
    """List deliveries of events since a time that were given up or skipped, in the order of their events."""
    return _some(
        context, webhook_id, WebhookDelivery.state.in_(("dead", "skipped")), WebhookDelivery.created_at >= since
    )


def list_missed(context: Context, webhook_id: int, paused_at: datetime) -> list[WebhookDelivery]:
    """List deliveries that were skipped since a pause began, whatever waited then included, in the order of their events."""
    return _some(context, webhook_id, WebhookDelivery.state == "skipped", WebhookDelivery.ended_at >= paused_at)


def _some(context: Context, webhook_id: int, *conditions: ColumnElement[bool]) -> list[WebhookDelivery]:
    found = scope.everything(WebhookDelivery, why="they are sent again").where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.name != TESTED, *conditions
    )
    return list(context.session.scalars(found.order_by(WebhookDelivery.id).limit(AT_ONCE)))


def list_in_charge(context: Context) -> list[int]:
    """List the accounts that may do something about a webhook."""
    return sorted(set(context.session.scalars(select_holders("webhook", "resume"))))
