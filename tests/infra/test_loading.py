"""What loading the application does not do, so that processes may be forked from one that has loaded it."""

from __future__ import annotations

import threading

from flask import Flask

from app import create_app
from app.infra.db import db


def test_loading_opens_no_connection_and_starts_no_thread(app: Flask) -> None:
    before = set(threading.enumerate())
    loaded = create_app({**app.config})
    assert set(threading.enumerate()) <= before
    with loaded.app_context():
        assert db.engine.pool.checkedin() + db.engine.pool.checkedout() == 0
        db.engine.dispose()
    assert loaded.extensions["valkey"].connection_pool._available_connections == []
