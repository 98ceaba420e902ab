"""What the dialogs of people offer, and everything that is held about a person as a file."""

from __future__ import annotations

from typing import Any

from flask import jsonify
from flask_appbuilder.baseviews import BaseView

from app.console import cells, gate, loading, offers, pages
from app.console.host import open_page, page
from app.infra import personal
from app.kernel.actor import Context
from app.modules.directory import queries
from app.modules.directory.domain.units import unit_words
from app.modules.directory.models import Person
from app.modules.directory.resource import people


def _roles(context: Context, person: Person | None) -> list[str]:
    return queries.list_role_names(context)


def _held_roles(context: Context, person: Person | None) -> list[str]:
    if person is None:
        return queries.list_role_names(context)
    return list(dict.fromkeys(held.role for held in queries.list_held(context, person.user_id)))


class HeldView(BaseView):  # type: ignore[misc]
    """Everything that is held about a person: one's own, and of others for who may erase it."""

    route_base = ""
    default_view = "mine"
    template_folder = None
    class_permission_name = people.name
    method_permission_name = {"of_person": "erase"}

    @open_page("/me/held")
    def mine(self) -> Any:
        """Give everything held about oneself as a file."""
        return _file(gate.visit().context, gate.account_name(), gate.visit().actor.id)

    @page(f"/{people.plural}/<path:key>/held")
    def of_person(self, key: str) -> Any:
        """Give everything held about a person as a file."""
        context = gate.visit().context
        person = loading.one(context, people, key)
        return _file(context, person.code, person.user_id)


def _file(context: Context, code: str, account: int) -> Any:
    answer = jsonify(personal.tell(context, account))
    answer.headers["Content-Disposition"] = f'attachment; filename="{code}.json"'
    return answer


pages.add(HeldView)
pages.add_own("My data", "download", "/me/held")
offers.add("person.grant.role", _roles)
offers.add("person.revoke.role", _held_roles)
cells.say_key("unit", unit_words)
