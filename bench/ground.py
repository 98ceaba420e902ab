"""Servers and an installation of their own for a measurement, gone when it ends."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask


@contextmanager
def installation(make: Callable[[dict[str, Any]], Flask], *steps: str) -> Iterator[Flask]:
    """Start PostgreSQL and Valkey, make the application with `make`, and run `flask outlay STEP` for each step."""
    import config
    from app.embedded import postgres, valkey

    with tempfile.TemporaryDirectory(prefix="outlay-bench-", dir="/tmp") as home:
        Path(home).chmod(0o755)
        database, cache = postgres(Path(home) / "pg", settings={"fsync": "off"}), valkey(Path(home) / "vk")
        try:
            environment = {
                "DATABASE_URL": database.url,
                "REDIS_URL": cache.url,
                "OUTLAY_HOME": home,
                "LOG_LEVEL": "ERROR",
            }
            application = make(config.load(environment))
            runner = application.test_cli_runner()
            for step in steps:
                assert runner.invoke(args=["outlay", step]).exit_code == 0, step
            yield application
        finally:
            cache.stop()
            database.stop()
