"""Whether this process lives, and whether it can serve: for supervisors, load balancers and people at night."""

from __future__ import annotations

import functools
import logging

import redis
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.api.answers import answer
from app.infra import schema
from app.infra.db import db

log = logging.getLogger(__name__)
health = Blueprint("health", __name__)


def register(app: Flask) -> None:
    """Answer at /healthz and /readyz, without sign-in."""
    app.register_blueprint(health)


@health.get("/healthz")
def alive() -> Response:
    """Say that the process answers; nothing outside it is asked."""
    return answer({"status": "ok"}, headers={"Cache-Control": "no-store"})


@health.get("/readyz")
def ready() -> Response:
    """Say whether the database, its tables and Valkey are there."""
    checks = {"database": _database(), "migrations": _migrations(), "valkey": _valkey()}
    fine = all(each == "ok" for each in checks.values())
    content = {"status": "ok" if fine else "not ready", "checks": checks}
    return answer(content, 200 if fine else 503, {"Cache-Control": "no-store"})


def _database() -> str:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.warning("not ready, the database does not answer: %s", error)
        return "does not answer"
    return "ok"


def _migrations() -> str:
    """Say whether the tables are at least as new as this release.

    A revision that this release does not know is one of a newer release that is being rolled out beside it.
    """
    try:
        at = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        return "cannot be seen"
    head, known = _revisions()
    return "ok" if at == head or (at is not None and at not in known) else "behind: run flask outlay migrate"


@functools.cache
def _revisions() -> tuple[str | None, frozenset[str]]:
    script = ScriptDirectory(str(schema.MIGRATIONS))
    return script.get_current_head(), frozenset(each.revision for each in script.walk_revisions())


def _valkey() -> str:
    try:
        current_app.extensions["valkey"].ping()
    except redis.RedisError as error:
        log.warning("not ready, Valkey does not answer: %s", error)
        return "does not answer"
    return "ok"
