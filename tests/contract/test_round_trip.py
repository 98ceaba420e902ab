"""Every resource goes out as a file and comes in again, and nothing is changed by it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra.db import db
from app.kernel.resource import registry
from tests.importing import counts, exported, imported, traces
from tests.making import Maker

KINDS = ("csv", "xlsx", "jsonl")


def written(app: Flask) -> list[str]:
    return [resource.name for resource in registry if resource.form]


@pytest.mark.parametrize("kind", KINDS)
def test_export_and_import_of_every_resource_changes_nothing(app: Flask, kind: str) -> None:
    with app.app_context():
        maker = Maker()
        for name in written(app):
            maker.create(registry[name])
            maker.create(registry[name])
        wrong = {}
        for name in written(app):
            resource = registry[name]
            content = exported(resource, kind)
            before = versions(resource.model.__tablename__), audited()
            run = imported(name, content, name=f"{name}.{kind}")
            after = versions(resource.model.__tablename__), audited() - 1  # the import itself is on record
            result = counts(run)
            if before != after or set(result) != {"same"} or run.total != run.same:
                wrong[name] = (result, run.error, before == after)
        assert wrong == {}


def versions(table: str) -> list[tuple[int, int]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(text(f"SELECT id, version FROM {table} ORDER BY id"))]


def audited() -> int:
    return traces()["audit_entry"]
