"""Audit entries and events are read as far as the rows they are about, at every door."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text as sql

from app.infra.db import db
from tests.console.browsing import text


@pytest.fixture
def told(app, make):
    """Enter a supplier for each of two entities and one for all; answer their keys."""
    mine, theirs = make("entity"), make("entity")
    suppliers = [make("supplier", entity=each) for each in (mine, theirs, None)]
    make("unit", code="QQ")
    return mine, *suppliers


def entry_of(app, key):
    with app.app_context():
        statement = sql("SELECT id FROM audit_entry WHERE row_key = :key AND resource = 'supplier'")
        return db.session.execute(statement, {"key": key}).scalars().first()


def keys(page):
    return set(re.findall(r"S-\d{5}", text(page)))


def test_an_auditor_of_one_entity_reads_what_was_done_there(app, client_of, told):
    entity, mine, theirs, shared = told
    auditor = client_of("a.auditor", "Auditor", entity=entity)
    assert keys(auditor.get("/audit-log?resource.has=supplier&size=100")) == {mine, shared}
    assert keys(auditor.get("/events?resource.has=supplier&size=100")) == {mine, shared}
    assert keys(auditor.get("/audit-log/csv?resource.has=supplier")) == {mine, shared}
    assert auditor.get(f"/audit-log/{entry_of(app, mine)}").status_code == 200
    assert auditor.get(f"/audit-log/{entry_of(app, theirs)}").status_code == 404
    assert "QQ" in text(auditor.get("/audit-log?resource.has=unit"))


def test_sign_ins_are_for_those_who_read_everywhere(client_of, told):
    client_of("lena.fischer", "Requester")
    limited = client_of("a.auditor", "Auditor", entity=told[0])
    everywhere = client_of("b.auditor", "Auditor")
    assert "lena.fischer" not in text(limited.get("/audit-log?resource.has=account&size=100"))
    assert "lena.fischer" in text(everywhere.get("/audit-log?resource.has=account&size=100"))


def test_an_auditor_of_everything_reads_everything(client_of, told):
    auditor = client_of("a.auditor", "Auditor")
    assert keys(auditor.get("/audit-log?resource.has=supplier&size=100")) == set(told[1:])
