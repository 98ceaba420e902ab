"""Outlay: what an organisation spends, from "I need this" to "it is paid, and here is why".

This is the composition root, the only file that names every slice.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import redis
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

SLICES = (
    "directory",
    "suppliers",
    "spending",
    "catalog",
    "budgets",
    "approvals",
    "requests",
    "orders",
    "receipts",
    "invoices",
    "payments",
    "statements",
    "reports",
    "integrations",
    "administration",
    "notifications",
    "webhooks",
)


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """Build the whole application: machinery, slices, then the doors."""
    from app import api, console

    app = create_core(settings)
    _trust_proxies(app)
    with app.app_context():
        load_doors()
        console.register(app)
        api.register(app)
    return app


def _trust_proxies(app: Flask) -> None:
    """Believe as many proxies as stand before us about who is asking; without one, what a browser claims is ignored."""
    count = app.config.get("OUTLAY_PROXIES", 0)
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def create_core(settings: dict[str, Any] | None = None) -> Flask:
    """Build machinery, slices and the terminal, which is what workers and releases need."""
    import config
    from app import cli
    from app.infra import declared, files, reindexing, telemetry
    from app.infra.db import db
    from app.kernel.resource import registry

    app = Flask(__name__, static_folder=None)
    app.config.update(settings if settings is not None else config.load())
    telemetry.configure(app.config["LOG_LEVEL"], app.config.get("LOG_STYLE", "readable"))
    db.init_app(app)
    valkey = redis.Redis.from_url(
        app.config["REDIS_URL"], socket_timeout=5, socket_connect_timeout=1, health_check_interval=30
    )
    app.extensions["valkey"] = valkey
    app.extensions["files"] = files.configured(app.config)
    use(app)
    load_slices()
    declared.demand(registry)
    reindexing.follow()
    cli.register(app)
    return app


def use(app: Flask) -> None:
    """Let this process work with the files, keys, mail and Valkey of an application."""
    from app.infra import crypto, files, jobs, mail, outside, unit
    from app.infra.chain import parse_key

    files.use(app.extensions["files"])
    mail.use(mail.configured(app.config))
    outside.use(outside.configured(app.config))
    crypto.use(crypto.Keyring.parse(app.config["OUTLAY_ENCRYPTION_KEYS"]))
    audit_key = parse_key(app.config["OUTLAY_AUDIT_KEY"])
    unit.configure(lambda: audit_key, lambda: jobs.nudge(app.extensions["valkey"]))


def load_slices() -> None:
    """Import every slice, so that its resources, subscribers and jobs are known."""
    importlib.import_module("app.infra.activity")
    importlib.import_module("app.infra.preferences")
    importlib.import_module("app.infra.held")
    importlib.import_module("app.infra.transfer.work")
    importlib.import_module("app.infra.transfer.tidying")
    for name in SLICES:
        for part in ("resource", "subscribers", "jobs"):
            _import_part(f"app.modules.{name}", part)


def load_doors() -> None:
    """Import what slices add to the doors, where the generic pages and answers are not enough."""
    for name in SLICES:
        for part in ("console", "api"):
            _import_part(f"app.modules.{name}", part)


def _import_part(package: str, part: str) -> None:
    if importlib.util.find_spec(f"{package}.{part}"):
        importlib.import_module(f"{package}.{part}")
