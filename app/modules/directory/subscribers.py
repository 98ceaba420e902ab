"""What the directory does when something happens elsewhere."""

from __future__ import annotations

from typing import Any

from app.infra import identity, unit
from app.kernel.actor import Context
from app.modules.directory import commands, queries


def activate_invited(context: Context, user: Any) -> None:
    """Let an invited person in as soon as they have set their first password."""
    person = queries.find_by_account(context, user.id)
    if person is not None and person.state == "invited":
        person.state, user.active = "active", True
        unit.announce(context, person, commands.Activated(person.code))


identity.when_password_set(activate_invited)
