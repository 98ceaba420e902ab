"""What every test of a slice starts from: an empty house with its doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.making import Maker


@pytest.fixture
def maker(app: Flask) -> Iterator[Maker]:
    """Make valid rows, inside the application."""
    with app.app_context():
        yield Maker()
