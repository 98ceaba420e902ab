"""What every story starts from: a small company in an empty house."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.scenarios.office import Office


@pytest.fixture
def office(app: Flask) -> Iterator[Office]:
    """Open the office, with its people, policy and catalogue."""
    with app.app_context():
        yield Office()
