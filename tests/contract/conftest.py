"""What the generated tests start from: one house for a whole module, with an account for every seeded role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from flask import Flask

from app.infra import identity, proof
from tests.contract.house import House
from tests.restore import Restorer


@pytest.fixture(scope="module")
def house(application: Flask, postgres_url: str, valkey_url: str, restorer: Restorer) -> Iterator[House]:
    """Lend the application for a module, inside its context; what the module writes is gone after it."""
    identity._remembered.clear()  # what roles permit is remembered by a version that the restored database takes back
    with application.app_context(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(proof, "FRESH", timedelta(days=1))  # these tests take longer than a password holds
        yield House(application)
    identity._remembered.clear()
    restorer.restore()
    with redis.Redis.from_url(valkey_url) as client:
        client.flushdb()
