from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.calling import Caller, almighty
from tests.making import Maker


@pytest.fixture
def caller(app: Flask) -> Caller:
    """Make an account that may do everything, with a token."""
    return almighty(app)


@pytest.fixture
def make(app: Flask) -> Callable[..., Any]:
    """Make rows through the door: `make("supplier", name="Acme")` gives the key."""
    from app.kernel.resource import registry

    maker = Maker()

    def made(resource: str, **changes: Any) -> str:
        with app.app_context():
            return maker.create(registry[resource], **changes)

    return made
