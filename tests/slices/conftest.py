"""What every test of a slice starts from: an empty house with its doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.making import Maker
from tests.scenarios.buying import Buying
from tests.scenarios.office import Office


@pytest.fixture
def maker(app: Flask) -> Iterator[Maker]:
    """Make valid rows, inside the application."""
    with app.app_context():
        yield Maker()


@pytest.fixture
def office(app: Flask) -> Iterator[Office]:
    """Open a small company in which people ask and decide."""
    with app.app_context():
        yield Office()


@pytest.fixture
def buying(app: Flask) -> Iterator[Buying]:
    """Open the same company with somebody who buys."""
    with app.app_context():
        yield Buying()
