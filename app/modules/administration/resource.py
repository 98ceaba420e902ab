"""How settings, sessions, API tokens and the audit are shown and scoped."""

from __future__ import annotations

from app.infra import scope
from app.infra.audit import AuditEntry
from app.infra.identity import ApiToken, LoginSession
from app.infra.settings import Setting
from app.kernel.resource import Resource, own, registry
from app.modules.administration import commands as do

MENU = "Administration"

settings = registry.add(
    Resource(
        name="setting",
        model=Setting,
        title=("Setting", "Settings"),
        menu=MENU,
        key="name",
        icon="settings",
        list=("label", "set_to", "standard", "explanation", "changed_at"),
        show=(("Setting", ("label", "set_to", "standard", "explanation", "name")),),
        search={"name": "A", "label": "A", "explanation": "B"},
        commands=(do.change,),
        help="What an administrator may set for everyone.",
    )
)

sessions = registry.add(
    Resource(
        name="session",
        model=LoginSession,
        title=("Session", "Sessions"),
        menu=MENU,
        key="id",
        icon="device-mobile",
        order="-seen_at",
        list=("id", "user_id", "agent", "address", "seen_at", "created_at", "expires_at", "revoked_at"),
        show=(
            ("Session", ("user_id", "agent", "address")),
            ("Time", ("created_at", "seen_at", "fresh_at", "expires_at", "revoked_at")),
        ),
        filters=("user_id", "revoked_at", "seen_at"),
        scope=own("user_id"),
        commands=(do.revoke,),
        help="The browsers in which you are signed in.",
    )
)

tokens = registry.add(
    Resource(
        name="token",
        model=ApiToken,
        title=("Token", "Tokens"),
        menu=MENU,
        key="id",
        icon="lock",
        order="-created_at",
        list=("id", "name", "user_id", "prefix", "limits", "expires_on", "revoked_at"),
        show=(("Token", ("name", "user_id", "prefix", "limits")), ("Time", ("created_at", "expires_on", "revoked_at"))),
        filters=("user_id", "expires_on", "revoked_at"),
        search={"name": "A", "prefix": "B"},
        scope=own("user_id"),
        commands=(do.revoke,),
        help="API tokens: secrets with which scripts act for you, within the permissions you choose.",
    )
)

entries = registry.add(
    Resource(
        name="audit_entry",
        model=AuditEntry,
        title=("Audit entry", "Audit log"),
        menu="Control",
        key="id",
        icon="history",
        order="-at",
        list=("at", "actor_name", "action", "resource", "row_key", "command", "channel"),
        show=(
            ("Entry", ("at", "actor_name", "acting_for", "action", "command", "channel", "request_id")),
            ("Document", ("resource", "row_key", "part")),
            ("Change", ("before", "after")),
            ("Chain", ("lane", "position", "id")),
        ),
        filters=("at", "actor_id", "action", "resource", "row_key", "command", "channel", "request_id"),
        help="Every change, decision and sign-in, sealed in the order it happened.",
    )
)
scope.records(entries)
