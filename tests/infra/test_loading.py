"""What loading the application does not do, so that processes may be forked from one that has loaded it."""

from __future__ import annotations

import threading
from pathlib import Path

from flask import Flask

from app import create_app, create_core, use
from app.infra import files
from app.infra.db import db


def test_loading_opens_no_connection_and_starts_no_thread(app: Flask) -> None:
    before = set(threading.enumerate())
    loaded = create_app({**app.config})
    assert set(threading.enumerate()) <= before
    with loaded.app_context():
        assert db.engine.pool.checkedin() + db.engine.pool.checkedout() == 0
        db.engine.dispose()
    assert loaded.extensions["valkey"].connection_pool._available_connections == []


def test_an_application_works_with_its_own_files_after_another_was_built(app: Flask, tmp_path: Path) -> None:
    create_core({**app.config, "OUTLAY_FILES": str(tmp_path)})
    assert files.store() is not app.extensions["files"]
    use(app)
    assert files.store() is app.extensions["files"]
