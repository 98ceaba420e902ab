"""A house with people in it: rows made once and used until something happens to them, and traces of what happened."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from contextvars import Context as Empty
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from flask import Flask, session
from flask_appbuilder import Model as FabModel
from flask_wtf.csrf import generate_csrf
from sqlalchemy import text

from app import load_slices
from app.infra import clock, identity, unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry
from app.roles import ROLES
from tests.acting import PASSWORD, Someone, context_of, person, signed_in, system
from tests.making import Maker

# What is noted whenever somebody comes in is no trace of what they did.
UNTOLD = ("seen_at", "used_at")
TRACES = ("audit_entry", "outbox_event", "job", "idempotency_key", "role_grant")
EVERYTHING = "Everything"

load_slices()
RESOURCES = tuple(registry)


@dataclass
class Visitor:
    """Somebody with an account, as each door meets them: a signed-in browser, a token, a login name."""

    app: Flask
    someone: Someone
    limits: tuple[str, ...] = ()

    @cached_property
    def id(self) -> int:
        return int(self.someone.id)

    @property
    def code(self) -> str:
        return self.someone.code

    @cached_property
    def actor(self) -> Any:
        return identity.actor_of(
            db.session(), self.someone.user, limits=frozenset(self.limits) if self.limits else None
        )

    def context(self) -> Context:
        return context_of(self.actor)

    @cached_property
    def browser(self) -> Any:
        """A signed-in browser, with the mark that its forms carry."""
        return self.second_browser()

    def second_browser(self) -> Any:
        """Open another window of the same sign-in; each thread needs one of its own."""

        def make() -> Any:
            client = signed_in(self.app, self.someone)
            with client.session_transaction() as cookie:
                cookie["csrf_token"] = self._csrf[0]
            return client

        return alone(make)

    @property
    def csrf(self) -> str:
        return self._csrf[1]

    @cached_property
    def _csrf(self) -> tuple[str, str]:
        def make() -> tuple[str, str]:
            with self.app.test_request_context():
                token = generate_csrf()
                return session["csrf_token"], token

        return alone(make)

    @cached_property
    def bearer(self) -> dict[str, str]:
        """The header of a script, with a token of their own."""
        real = context_of(identity.actor_of(db.session(), self.someone.user), now=clock.system.now())
        with unit.transaction(real, "test.token") as bound:
            _, secret = identity.issue_token(bound, "Contract", list(self.limits), bound.today + timedelta(days=30))
        return {"Authorization": f"Bearer {secret}"}

    @cached_property
    def _script(self) -> Any:
        return self.app.test_client()

    def get(self, path: str, **options: Any) -> Any:
        """Open a page."""
        return alone(self.browser.get, path, buffered=True, **options)

    def post(self, path: str, values: Any = None, **options: Any) -> Any:
        """Send a form, as pages do."""
        return alone(
            self.browser.post, path, data={**(values or {}), "csrf_token": self.csrf}, buffered=True, **options
        )

    def rest(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:
        """Ask the API: with a token, or for what no token can do from a page, where the password was just entered."""
        if method == "POST" and needs_step_up(path):
            sent = {"X-CSRFToken": self.csrf, **(headers or {})}
            return alone(self.browser.open, f"/api/v1{path}", method=method, headers=sent, buffered=True, **options)
        return self.script(method, path, headers=headers, **options)

    def script(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:
        """Ask the API with a token."""
        sent = {**self.bearer, **(headers or {})}
        return alone(self._script.open, f"/api/v1{path}", method=method, headers=sent, buffered=True, **options)

    def terminal(self, *words: str) -> Any:
        """Type a command of Outlay into a terminal, and one's password where it is asked for."""
        return alone(self.app.test_cli_runner().invoke, args=["outlay", *words], input=f"{PASSWORD}\n")


@dataclass
class House:
    """One installation: its people, and rows by resource, state and owner."""

    app: Flask
    maker: Maker = field(default_factory=Maker)
    rows: dict[tuple[Any, ...], str] = field(default_factory=dict)
    given: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    people: dict[str, Visitor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with unit.transaction(system(), "test.limits") as bound:
            bound.session.execute(text("UPDATE setting SET value = '1000000' WHERE name LIKE 'api.requests%'"))

    def of_role(self, role: str) -> Visitor:
        """Find the account whose only role is this one, everywhere."""
        return self.visitor(f"{role.lower().replace(' ', '.')}.1", role)

    def visitor(self, code: str, *roles: str, limits: tuple[str, ...] = (), **place: Any) -> Visitor:
        """Find an account by its code; made, and signed in, when it is first asked for."""
        if code not in self.people:
            self.people[code] = Visitor(self.app, person(code, *roles, **place), limits)
        return self.people[code]

    def everybody(self) -> list[Visitor]:
        """List one account for each seeded role."""
        return [self.of_role(role) for role in ROLES]

    def almighty(self) -> Visitor:
        """Find the account that may do everything, which no seeded role may."""
        return self.people.get("almighty.1") or self._with(EVERYTHING, "almighty.1", "*")

    def reader(self) -> Visitor:
        """Find the account that sees everything and may do nothing about it."""
        return self.people.get("reader.1") or self._with("Reader", "reader.1", "*.read", "*.oversee")

    def _with(self, role: str, code: str, *patterns: str) -> Visitor:
        make_role(role, *patterns)
        visitor = self.visitor(code, role)
        assert visitor.bearer and visitor.browser  # made before anything is compared
        return visitor

    def row(self, resource: Resource, state: str = "", owner: int = 0, *variant: str) -> str:
        """Give a row in a state, made when it is first asked for and kept until `spend` says that it is used up."""
        name = (resource.name, state, owner, *variant)
        if name not in self.rows:
            self.rows[name] = self.made(resource, state, owner)
        return self.rows[name]

    def made(self, resource: Resource, state: str = "", owner: int = 0, by: int = 0) -> str:
        """Make a row in a state; one that belongs to somebody, for whom it may concern; entered by somebody."""
        self.maker.owner = owner or (self.visitor("someone.else").id if resource.scope.owner else 0)
        return self.maker.in_state(resource, state, by) if state else self.maker.create(resource, system(id=by))

    def spend(self, key: str) -> None:
        """Forget a row that something happened to."""
        self.rows = {name: row for name, row in self.rows.items() if row != key}


def needs_step_up(path: str) -> bool:
    """Say whether a command lives at this address that only who has just entered their password may run."""
    plural, _, name = path.strip("/").partition("/")
    resource = registry.by_plural(plural)
    command = resource.command(name.rpartition("/")[2]) if resource else None
    return command is not None and command.step_up


def alone(act: Callable[..., Any], *given: Any, **options: Any) -> Any:
    """Do something outside of the context that the test holds; a request would find in it what an earlier one left."""
    return Empty().run(act, *given, **options)


def make_role(name: str, *patterns: str) -> None:
    """Make a role that permits what the patterns name, once."""
    wanted = [
        f"{resource}.{verb}"
        for verb, resource in registry.permissions()
        if any(fnmatch.fnmatchcase(f"{resource}.{verb}", pattern) for pattern in patterns)
    ]
    with unit.transaction(system(), "test.role") as bound:
        known = bound.session.execute(text("SELECT 1 FROM ab_role WHERE name = :name"), {"name": name}).first()
        if known:
            return
        bound.session.execute(
            text("INSERT INTO ab_role (id, name) VALUES (nextval('ab_role_id_seq'), :name)"), {"name": name}
        )
        bound.session.execute(
            text(
                "INSERT INTO ab_permission_view_role (id, permission_view_id, role_id) "
                "SELECT nextval('ab_permission_view_role_id_seq'), pv.id, r.id FROM ab_permission_view pv "
                "JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id, ab_role r "
                "WHERE r.name = :name AND v.name || '.' || p.name = ANY(:wanted)"
            ),
            {"name": name, "wanted": wanted},
        )
        identity.access_changed(bound)


def holds(role: str, permission: str) -> bool:
    """Say whether a seeded role permits something, read off `app/roles.py` and nothing else."""
    return any(fnmatch.fnmatchcase(permission, pattern) for pattern in ROLES[role])


def kinds_of_roles(resource: Resource, verbs: Iterable[str] = ()) -> tuple[str, ...]:
    """Name a role for each set of rights that seeded roles have over a resource; the others of a set fare alike.

    With `verbs` only those count: what is tried with one command does not depend on the rights to others.
    """
    found: dict[frozenset[str], str] = {}
    counting = tuple(verbs) or resource.verbs
    for role in ROLES:
        found.setdefault(frozenset(verb for verb in counting if holds(role, resource.permission(verb))), role)
    return tuple(found.values())


def concerns(resource: Resource, row: Any, account: int) -> bool:
    """Say whether a row is an account's own, or one in which it takes part, as the tables have it."""
    if resource.scope.owner:
        return bool(getattr(row, resource.scope.owner) == account)
    if not resource.scope.parties:
        return True
    statement = text("SELECT count(*) FROM party WHERE resource = :r AND row_id = :i AND account_id = :a")
    with db.engine.connect() as connection:
        parts = connection.execute(statement, {"r": resource.name, "i": row.id, "a": account}).scalar_one()
    return bool(parts or row.created_by == account)


def traces(resource: Resource) -> tuple[Any, ...]:
    """Tell what stands in the tables of a resource, and how much there is of what a change leaves behind."""
    tables = [resource.model.__tablename__, *(children.model.__tablename__ for children in resource.children)]
    digests = [_digest(table) for table in dict.fromkeys(tables)]
    counts = [f"(SELECT count(*) FROM {table})" for table in TRACES]
    with db.engine.connect() as connection:
        return tuple(connection.execute(text(f"SELECT {', '.join([*digests, *counts])}")).one())


def everything() -> dict[str, str]:
    """Tell what stands in every table there is."""
    names = sorted(FabModel.metadata.tables)
    with db.engine.connect() as connection:
        found = connection.execute(text(f"SELECT {', '.join(_digest(name) for name in names)}")).one()
    return dict(zip(names, found, strict=True))


def _digest(table: str) -> str:
    plain = f"(to_jsonb(t) - '{{{','.join(UNTOLD)}}}'::text[])::text"
    return f"(SELECT md5(string_agg({plain}, '|' ORDER BY {plain})) FROM {table} t)"


def look(resource: Resource, key: str, context: Context | None = None) -> Any:
    """Look at a row as it stands in the database; None where the actor does not see it."""
    db.session.rollback()
    db.session.expire_all()
    with unit.reading(context or system()) as bound:
        return find_row(bound, resource, key)
