"""Who acts in a test: contexts of made-up actors with real roles, and real accounts with a session."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import argon2

from app.infra import identity, unit
from app.infra.db import db
from app.kernel.actor import SYSTEM, Actor, Context, Grant
from app.kernel.resource import registry

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
_counter = itertools.count(1)
# Hashing is slow on purpose, and hundreds of test people all have the same password.
identity._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def context_of(actor: Actor, *, now: datetime = NOW, channel: str = "test") -> Context:
    """Make a context outside of any transaction, of somebody who has just entered their password."""
    return Context(actor, now, now.date(), f"test-{next(_counter)}", channel, fresh_at=now)


def system(*, id: int = 0) -> Context:
    """Act as Outlay itself; another id is another pair of eyes."""
    return context_of(SYSTEM if id == 0 else Actor(id=id, name=f"Outlay {id}", is_system=True))


def acting(*roles: str, id: int = 900, entity: int | None = None, cost_centre: int | None = None) -> Context:
    """Act with roles as they are seeded, everywhere or in one place; there is no account behind it."""
    rights = identity.role_permissions(db.session())
    grants = tuple(Grant(role, entity, cost_centre) for role in roles)
    return context_of(Actor(id, f"Somebody {id}", grants, {role: rights[role] for role in roles}))


@dataclass(frozen=True)
class Someone:
    """A person with an account, and the secret of a session in which they are signed in."""

    user: Any
    code: str
    secret: str

    @property
    def id(self) -> int:
        return self.user.id

    def context(self) -> Context:
        return context_of(identity.actor_of(db.session(), self.user))


def person(code: str, *roles: str, entity: str | None = None, cost_centre: str | None = None) -> Someone:
    """Enter a person through the door, give them roles, let them set a password, and sign them in."""
    people = registry["person"]
    first, _, last = code.partition(".")
    form = {
        "code": code,
        "first_name": first.title(),
        "last_name": (last or "Someone").title(),
        "email": f"{code}@example.com",
        "entity": entity,
        "cost_centre": cost_centre,
    }
    unit.create(system(), people, form)
    for role in roles:
        place = {"role": role, "entity": entity, "cost_centre": cost_centre}
        unit.execute(system(), people, code, "grant", {name: value for name, value in place.items() if value})
    with unit.transaction(system(), "test.set_password") as bound:
        user = identity.find_user(bound.session, code)
        identity.set_password(bound, user, PASSWORD)
    return Someone(user, code, open_session(user))


def open_session(user: Any) -> str:
    """Sign an account in, as the sign-in page does, in real time."""
    from app.infra import clock

    real = context_of(SYSTEM, now=clock.system.now())
    with unit.transaction(real, "test.sign_in") as bound:
        return identity.open_session(bound, user, address="127.0.0.1", agent="test")


def signed_in(app: Any, someone: Someone) -> Any:
    """Give a test client in which this person is signed in."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = someone.secret
    return client
