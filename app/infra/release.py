"""What a release brings into the database: permissions, first roles, settings, the lanes of the audit. Safe to repeat."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.infra import audit, search, settings
from app.infra.db import db
from app.infra.settings import Declared, Setting
from app.kernel.actor import Context
from app.kernel.resource import registry

_LOCK = 727_001
_first_rows: list[Callable[[Context], None]] = []
_NAMES = "INSERT INTO {table} (id, name) SELECT nextval('{table}_id_seq'), n FROM unnest(CAST(:names AS text[])) n "
_NEW = "WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE name = n)"


def sync(pairs: Iterable[tuple[str, str]], roles: Mapping[str, tuple[str, ...]], audit_key: bytes) -> int:
    """Bring permissions `(verb, resource)`, seed roles and settings up to date; give the number of permissions.

    A role gets, by its patterns (`order.*`), only permissions that did not exist before, so what administrators
    changed by hand stays as they left it.
    """
    wanted = sorted(set(pairs))
    with db.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        fresh_roles = _add_roles(connection, roles)
        fresh_pairs = _add_permissions(connection, wanted)
        _grant(connection, _matching(roles, fresh_roles, fresh_pairs, wanted))
        connection.execute(
            text("INSERT INTO access_version (id, version) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET version = "
                 "access_version.version + 1")
        )  # fmt: skip
        _add_settings(connection)
        session = Session(bind=connection)
        audit.prepare(session, audit_key)
        session.flush()
    return len(wanted)


def begin_with(enter: Callable[[Context], None]) -> None:
    """Let a slice enter the rows that every installation begins with; what is there already stays as it is."""
    _first_rows.append(enter)


def enter_first_rows(context: Context) -> None:
    """Enter what every installation begins with."""
    for enter in _first_rows:
        enter(context)


def _add_roles(connection: Connection, roles: Mapping[str, Any]) -> set[str]:
    known = {name for (name,) in connection.execute(text("SELECT name FROM ab_role"))}
    fresh = set(roles) - known
    connection.execute(text((_NAMES + _NEW).format(table="ab_role")), {"names": sorted(fresh | {"Admin", "Public"})})
    return fresh


def _add_permissions(connection: Connection, pairs: list[tuple[str, str]]) -> set[tuple[str, str]]:
    verbs, resources = sorted({verb for verb, _ in pairs}), sorted({resource for _, resource in pairs})
    connection.execute(text((_NAMES + _NEW).format(table="ab_permission")), {"names": verbs})
    connection.execute(text((_NAMES + _NEW).format(table="ab_view_menu")), {"names": resources})
    added = connection.execute(
        text(
            "INSERT INTO ab_permission_view (id, permission_id, view_menu_id) "
            "SELECT nextval('ab_permission_view_id_seq'), p.id, v.id "
            "FROM unnest(CAST(:verbs AS text[]), CAST(:resources AS text[])) AS pair(verb, resource) "
            "JOIN ab_permission p ON p.name = pair.verb JOIN ab_view_menu v ON v.name = pair.resource "
            "ON CONFLICT (permission_id, view_menu_id) DO NOTHING RETURNING permission_id, view_menu_id"
        ),
        {"verbs": [verb for verb, _ in pairs], "resources": [resource for _, resource in pairs]},
    ).all()
    names = {
        (row.permission_id, row.view_menu_id): (row.verb, row.resource)
        for row in connection.execute(
            text(
                "SELECT pv.permission_id, pv.view_menu_id, p.name AS verb, v.name AS resource "
                "FROM ab_permission_view pv JOIN ab_permission p ON p.id = pv.permission_id "
                "JOIN ab_view_menu v ON v.id = pv.view_menu_id"
            )
        )
    }
    return {names[tuple(row)] for row in added}


def _matching(
    roles: Mapping[str, tuple[str, ...]],
    fresh_roles: set[str],
    fresh_pairs: set[tuple[str, str]],
    pairs: list[tuple[str, str]],
) -> list[tuple[str, str, str]]:
    found = []
    for role, patterns in roles.items():
        candidates = pairs if role in fresh_roles else sorted(fresh_pairs)
        for verb, resource in candidates:
            if any(fnmatch.fnmatchcase(f"{resource}.{verb}", pattern) for pattern in patterns):
                found.append((role, verb, resource))
    return found


def _grant(connection: Connection, granted: list[tuple[str, str, str]]) -> None:
    connection.execute(
        text(
            "INSERT INTO ab_permission_view_role (id, permission_view_id, role_id) "
            "SELECT nextval('ab_permission_view_role_id_seq'), pv.id, r.id "
            "FROM unnest(CAST(:roles AS text[]), CAST(:verbs AS text[]), CAST(:resources AS text[])) "
            "AS given(role, verb, resource) JOIN ab_role r ON r.name = given.role "
            "JOIN ab_permission p ON p.name = given.verb JOIN ab_view_menu v ON v.name = given.resource "
            "JOIN ab_permission_view pv ON pv.permission_id = p.id AND pv.view_menu_id = v.id "
            "ON CONFLICT (permission_view_id, role_id) DO NOTHING"
        ),
        {
            "roles": [role for role, _, _ in granted],
            "verbs": [verb for _, verb, _ in granted],
            "resources": [resource for _, _, resource in granted],
        },
    )


def _add_settings(connection: Connection) -> None:
    import json

    for setting in settings.declared():
        connection.execute(
            text(
                "INSERT INTO setting (name, value, version, search) "
                "VALUES (:name, CAST(:value AS jsonb), 1, CAST(:search AS tsvector)) "
                "ON CONFLICT (name) DO UPDATE SET search = EXCLUDED.search"
            ),
            {"name": setting.name, "value": json.dumps(setting.default), "search": _words_of(setting)},
        )


def _words_of(setting: Declared) -> str:
    """Write by which words a setting is found; its label may have changed with the release."""
    resource = registry.of(Setting)
    row = Setting(name=setting.name, value=setting.default)
    return search.vector(resource, row) if resource is not None else ""
