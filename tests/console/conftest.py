"""People who are signed in, and a few rows for them to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.kernel.resource import registry
from tests.acting import Someone, person, signed_in
from tests.making import Maker
from tests.scenes import Scenes


@pytest.fixture
def maker(app: Flask) -> Maker:
    return Maker()


@pytest.fixture
def make(app: Flask, maker: Maker) -> Callable[..., str]:
    """Make a row of a resource and answer its key."""

    def made(resource: str, /, **changes: Any) -> str:
        with app.app_context():
            return maker.create(registry[resource], **changes)

    return made


@pytest.fixture
def somebody(app: Flask) -> Callable[..., Someone]:
    """Make a person with roles, who is signed in."""

    def made(code: str, *roles: str, **place: Any) -> Someone:
        with app.app_context():
            return person(code, *roles, **place)

    return made


@pytest.fixture
def client_of(app: Flask, somebody: Callable[..., Someone]) -> Callable[..., Any]:
    """Give a browser in which a new person with these roles is signed in."""

    def made(code: str, *roles: str, **place: Any) -> Any:
        return signed_in(app, somebody(code, *roles, **place))

    return made


@pytest.fixture
def buyer(client_of: Callable[..., Any]) -> Any:
    return client_of("omar.haddad", "Buyer")


@pytest.fixture
def administrator(client_of: Callable[..., Any]) -> Any:
    return client_of("ada.admin", "Administrator")


@pytest.fixture
def opened(app: Flask, scenes: Scenes) -> Callable[[Callable[[], Any]], Any]:
    """Open a scene, and leave the context it was opened in: every page has one of its own."""

    def of(build: Callable[[], Any]) -> Any:
        with app.app_context():
            return scenes.open(build)

    return of
