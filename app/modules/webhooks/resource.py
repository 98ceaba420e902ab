"""How webhooks and their deliveries are shown, written and scoped."""

from __future__ import annotations

from app.kernel.resource import Children, Resource, registry, within
from app.modules.webhooks import commands as do
from app.modules.webhooks import service
from app.modules.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery

MENU = "Administration"

webhooks = registry.add(
    Resource(
        name="webhook",
        model=Webhook,
        title=("Webhook", "Webhooks"),
        menu=MENU,
        key="code",
        icon="webhook",
        list=("code", "name", "url", "events", "entity", "state"),
        show=(
            ("Webhook", ("code", "name", "url", "events", "entity")),
            ("Standing", ("paused_because", "paused_at", "old_secret_until")),
        ),
        form=("code", "name", "url", "events", "entity"),
        editable_in=("draft", "active", "paused"),
        filters=("state", "entity"),
        search={"code": "A", "name": "A", "url": "B"},
        scope=within("entity"),
        prepare=service.prepare,
        check=service.check,
        commands=(do.start, do.send_test, do.pause, do.resume, do.replay, do.rotate_secret, do.retire),
        announces=(service.InTrouble,),
        help="Servers that are told what happens here, signed and in order.",
    )
)

deliveries = registry.add(
    Resource(
        name="webhook_delivery",
        model=WebhookDelivery,
        title=("Webhook delivery", "Webhook deliveries"),
        menu=MENU,
        key="id",
        icon="send",
        order="-id",
        list=("id", "webhook", "event", "state", "tries", "status", "error", "created_at", "ended_at"),
        show=(
            ("Delivery", ("webhook", "event", "created_at")),
            ("Progress", ("tries", "status", "error", "due_at", "ended_at")),
        ),
        children=(Children("attempts", WebhookAttempt, ("at", "status", "milliseconds", "told"), fixed=True),),
        filters=("state", "webhook", "name", "status", "created_at"),
        scope=within("webhook.entity"),
        commands=(do.resend, do.hasten),
        help="Which webhook was told what, whether it arrived, and what was answered at each try.",
    )
)
