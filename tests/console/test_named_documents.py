"""Rows that name a document by kind and number lead to it, where the reader may open it."""

from __future__ import annotations

import pytest

from app.infra import identity
from app.infra.db import db
from tests.acting import Someone, open_session, signed_in
from tests.scenarios.office import Office


@pytest.fixture
def asked(app):
    """Open the office, let Lena ask for something within a budget, and tell how people get in."""
    with app.app_context():
        office = Office()
        office.budget("LAB", "20000")
        key = office.submitted("6000")
        auditor = office.person("nora.reads", "Auditor")
    return office, key, auditor


def browser(app, someone):
    with app.app_context():
        user = identity.find_user(db.session(), someone.code)
        secret = open_session(user)
    return signed_in(app, Someone(user, someone.code, secret))


def test_a_budget_move_leads_to_the_request_that_caused_it(app, asked):
    office, key, _ = asked
    marta = browser(app, office.marta)
    assert f'<a href="/requests/{key}">{key}</a>' in marta.get("/budget-moves").text


def test_an_entry_of_the_audit_leads_to_what_it_is_about(app, asked):
    _, key, auditor = asked
    page = browser(app, auditor).get(f"/audit-log?row_key={key}")
    assert f'<a href="/requests/{key}">{key}</a>' in page.text


def test_a_round_of_approval_leads_to_its_document_only_for_who_may_open_it(app, asked):
    office, key, _ = asked
    assert f'<a href="/requests/{key}">{key}</a>' in browser(app, office.marta).get("/approvals").text
    jana = browser(app, office.jana).get("/approvals")
    assert jana.status_code == 200
    assert f'href="/requests/{key}"' not in jana.text
