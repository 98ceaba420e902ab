"""Every page of the console, registered with the host, and the menu that leads to them."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable

from flask import Flask

from app.console import additions, addresses, pages
from app.console.find import FindView
from app.console.home import HomeView
from app.console.host import Host, Security
from app.console.kit import KitView
from app.console.own_password import OwnPasswordView
from app.console.preferences import PreferencesView
from app.console.reports import URL, ReportsView, may_open
from app.console.resource_view import view_of
from app.console.roles import RolesView
from app.console.shell import HOME
from app.console.signin import SignInView
from app.infra import identity
from app.infra.db import db
from app.kernel.resource import GENERIC_VERBS, Resource, registry

ADMINISTRATION = "Administration"


def register(app: Flask) -> Host:
    """Start the host and hand it every view; nothing is asked of the database."""
    host = Host(security_manager_class=Security, indexview=HomeView)
    host.init_app(app, db.session)
    letters = _Letters(["h", *(place.letter for place in additions.places())])
    for place in additions.places():
        _link(host, HOME, place.name, place.label, place.url, place.icon, place.letter, place.may_open)
    _link(host, HOME, "home", "Home", "/", "home", "h", lambda: identity.current() is not None)
    for resource in registry:
        host.add_view_no_menu(view_of(resource))
        address, letter = addresses.of_list(resource), letters.take(resource.title[1])
        _link(host, resource.menu, resource.name, resource.title[1], address, resource.icon, letter, _shown(resource))
    _link(
        host, ADMINISTRATION, "role", "Roles", "/roles", "user-check", letters.take("roles"), lambda: _may("role.read")
    )
    _link(host, "Control", "reports", "Reports", URL, "chart-bar", letters.take("reports"), may_open)
    for page in (
        SignInView,
        FindView,
        PreferencesView,
        OwnPasswordView,
        RolesView,
        ReportsView,
        KitView,
        *pages.added(),
    ):
        host.add_view_no_menu(page)
    return host


def _link(
    host: Host, group: str, name: str, label: str, address: str, icon: str, letter: str, condition: Callable[[], bool]
) -> None:
    host.add_link(name, href=address, icon=icon, label=label, category=group, cond=condition)
    host.menu.find(name).letter = letter


def _shown(resource: Resource) -> Callable[[], bool]:
    """Show a resource to its readers; what is everybody's own stands in their own menu, and here for those who oversee it.

    Administration is for those who do something there: everyone reads people, and few look after them.
    """
    verb = "oversee" if resource.scope.owner else "read"
    if resource.menu != ADMINISTRATION:
        return lambda: _may(resource.permission(verb))
    acts = [resource.permission(each) for each in resource.verbs if each not in GENERIC_VERBS]
    return lambda: _may(resource.permission(verb)) and (not acts or any(_may(act) for act in acts))


def _may(permission: str) -> bool:
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may(permission)


class _Letters:
    """Gives each page a letter to go to it by, the first of its name that is free."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def take(self, label: str) -> str:
        free = (letter for letter in label.lower() if letter in string.ascii_lowercase and letter not in self._taken)
        letter = next(free, "")
        self._taken.add(letter)
        return letter
