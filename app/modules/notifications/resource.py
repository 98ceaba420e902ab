"""How notices and deliveries are shown and scoped."""

from __future__ import annotations

from app.kernel.resource import Resource, own, registry
from app.modules.notifications import commands as do
from app.modules.notifications.models import Delivery, Notice

notices = registry.add(
    Resource(
        name="notice",
        model=Notice,
        title=("Notice", "Notices"),
        menu="Inbox",
        key="id",
        icon="bell",
        order="-id",
        list=("title", "kind", "amount", "created_at", "state"),
        show=(("Notice", ("title", "text", "kind", "amount")), ("Told", ("account_id", "created_at", "read_at"))),
        filters=("state", "kind", "resource", "row_key", "account_id", "created_at"),
        scope=own("account_id"),
        commands=(do.mark_read,),
        help="What you were told of: decisions that wait for you, and what others did with your documents.",
    )
)

deliveries = registry.add(
    Resource(
        name="delivery",
        model=Delivery,
        title=("Delivery", "Deliveries"),
        menu="Administration",
        key="id",
        icon="send",
        order="-id",
        list=("id", "account_id", "channel", "address", "state", "attempts", "error", "created_at", "sent_at"),
        show=(
            ("Delivery", ("notice", "account_id", "channel", "address", "message_id")),
            ("Progress", ("attempts", "error", "created_at", "due_at", "sent_at")),
        ),
        filters=("state", "channel", "account_id", "address", "created_at"),
        scope=own("account_id"),
        commands=(do.resend,),
        help="Who was told what, on which channel, and whether it reached them.",
    )
)
