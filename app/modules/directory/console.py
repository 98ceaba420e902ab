"""What the dialogs of people offer: the roles that can be given, and those a person holds."""

from __future__ import annotations

from app.console import offers
from app.kernel.actor import Context
from app.modules.directory import queries
from app.modules.directory.models import Person


def _roles(context: Context, person: Person | None) -> list[str]:
    return queries.list_role_names(context)


def _held_roles(context: Context, person: Person | None) -> list[str]:
    if person is None:
        return queries.list_role_names(context)
    return list(dict.fromkeys(held.role for held in queries.list_held(context, person.user_id)))


offers.add("person.grant.role", _roles)
offers.add("person.revoke.role", _held_roles)
