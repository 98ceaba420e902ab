"""Flask-AppBuilder as host: its views, menus and role tables, without the doors that are not ours.

docs/decisions/08-console-on-fab.md says which parts are used and why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Request
from flask_appbuilder import AppBuilder, expose, has_access
from flask_appbuilder.const import PERMISSION_PREFIX
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import LoginManager

from app.infra import identity

Answer = TypeVar("Answer", bound=Callable[..., Any])


def page(url: str, *methods: str) -> Callable[[Answer], Answer]:
    """Make a method of a view a page at an address, for whoever holds the verb that its view names for it."""

    def declare(answer: Answer) -> Answer:
        return cast(Answer, expose(url, methods or ("GET",))(has_access(answer)))

    return declare


def open_page(url: str, *methods: str) -> Callable[[Answer], Answer]:
    """Make a method a page that asks for no permission of its own."""

    def declare(answer: Answer) -> Answer:
        return cast(Answer, expose(url, methods or ("GET",))(answer))

    return declare


class Security(SecurityManager):  # type: ignore[misc]
    """Answers who may what from the actor of the request; asks the database nothing."""

    def create_login_manager(self, app: Flask) -> LoginManager:
        """Let Flask-Login know who the gate found behind the request; it keeps no session of its own."""
        manager = LoginManager(app)
        manager.session_protection = None
        manager.request_loader(_user_of)
        return manager

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Say whether the actor holds a verb on a resource."""
        signed_in = identity.current()
        verb = permission_name.removeprefix(PERMISSION_PREFIX)
        return signed_in is not None and signed_in.actor.may(f"{view_name}.{verb}")

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Hold nothing open to the public; what needs no sign-in says so at its own route."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """Let each menu item decide by its own condition, which asks the actor."""
        return set(menu_names or ())


class Host(AppBuilder):  # type: ignore[misc]
    """Flask-AppBuilder with its first page ours, and nothing served that we do not serve ourselves."""

    def _add_admin_views(self) -> None:
        """Register the first page only: no language switch by GET, no way back by history, no menu or security API."""
        self._indexview = self.add_view_no_menu(self.indexview)

    def _add_global_static(self) -> None:
        """Serve none of its scripts and styles, and offer none of its templates."""


def _user_of(_: Request) -> Any:
    signed_in = identity.current()
    return signed_in.user if signed_in else None
