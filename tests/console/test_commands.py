"""Commands from pages: asked about, run once, refused with the reason."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text as sql

from app.infra.db import db
from tests.console.browsing import form, post, text


def state(app, key):
    with app.app_context():
        return db.session.execute(sql("SELECT state FROM supplier WHERE code = :key"), {"key": key}).scalar()


def traces(app):
    with app.app_context():
        audited = db.session.execute(sql("SELECT count(*) FROM audit_entry")).scalar()
        return audited, db.session.execute(sql("SELECT count(*) FROM outbox_event")).scalar()


@pytest.fixture
def supplier(make):
    return make("supplier")


def test_a_command_that_needs_words_asks_for_them_and_runs(app, buyer, supplier):
    dialog = buyer.get(f"/suppliers/{supplier}/block")
    assert "Stop orders and payments" in text(dialog)
    sent = form(dialog, f"/suppliers/{supplier}/block")
    response = buyer.post(f"/suppliers/{supplier}/block", data={**sent, "reason": "Under investigation"})
    assert (response.status_code, response.location) == (303, f"/suppliers/{supplier}")
    assert state(app, supplier) == "blocked"
    page = text(buyer.get(f"/suppliers/{supplier}"))
    assert "Omar Haddad blocked the supplier" in page
    assert "State was Prospect now Blocked" in page


def test_a_part_of_a_page_gets_the_dialog_alone_and_an_address_to_go_to(app, buyer, supplier):
    headers = {"HX-Request": "true"}
    dialog = buyer.get(f"/suppliers/{supplier}/block", headers=headers)
    assert "<html" not in dialog.text
    sent = form(dialog, f"/suppliers/{supplier}/block")
    refused = buyer.post(f"/suppliers/{supplier}/block", data={**sent, "reason": ""}, headers=headers)
    assert refused.status_code == 422
    assert "<html" not in refused.text
    assert "Reason is missing" in text(refused)
    done = buyer.post(f"/suppliers/{supplier}/block", data={**sent, "reason": "x"}, headers=headers)
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, f"/suppliers/{supplier}")


def test_a_command_that_is_not_possible_now_is_greyed_and_refused_without_a_trace(app, buyer, supplier):
    page = buyer.get(f"/suppliers/{supplier}").text
    assert "Unblock is for suppliers that are blocked; this one is prospect." in page
    before = traces(app)
    response = post(buyer, f"/suppliers/{supplier}/unblock", {})
    assert response.status_code == 409
    assert "this one is prospect" in text(response)
    assert traces(app) == before


def test_a_command_that_is_not_held_is_neither_shown_nor_run(app, client_of, supplier):
    clerk = client_of("ap.clerk", "AP clerk")
    assert "/block" not in clerk.get(f"/suppliers/{supplier}").text
    before = traces(app)
    assert clerk.get(f"/suppliers/{supplier}/block").status_code == 403
    assert post(clerk, f"/suppliers/{supplier}/block", {"reason": "x"}).status_code == 403
    assert (traces(app), state(app, supplier)) == (before, "prospect")


def test_a_command_on_an_old_view_of_the_row_is_refused(app, buyer, supplier):
    dialog = form(buyer.get(f"/suppliers/{supplier}/block"), f"/suppliers/{supplier}/block")
    edit = form(buyer.get(f"/suppliers/{supplier}/edit"), ident="form")
    buyer.post(f"/suppliers/{supplier}/edit", data={**edit, "notes": "changed"})
    response = buyer.post(f"/suppliers/{supplier}/block", data={**dialog, "reason": "x"})
    assert response.status_code == 412
    assert state(app, supplier) == "prospect"


def test_the_same_dialog_sent_twice_has_one_effect(app, buyer, supplier):
    sent = {**form(buyer.get(f"/suppliers/{supplier}/block"), f"/suppliers/{supplier}/block"), "reason": "x"}
    answers = [buyer.post(f"/suppliers/{supplier}/block", data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    with app.app_context():
        events = db.session.execute(sql("SELECT count(*) FROM outbox_event WHERE name = 'supplier.blocked'")).scalar()
    assert events == 1


def test_a_bulk_command_asks_runs_and_names_every_refusal(app, buyer, make):
    keys = [make("supplier") for _ in range(3)]
    post(buyer, f"/suppliers/{keys[0]}/block", {"reason": "before"})
    asked = post(buyer, "/suppliers/bulk/block", {"keys": keys})
    assert asked.status_code == 200
    sent = form(asked, "/suppliers/bulk/block")
    assert sent["keys"] == keys
    answer = buyer.post("/suppliers/bulk/block", data={**sent, "reason": "All of them"})
    words = text(answer)
    assert "Done for 2 suppliers." in words
    assert f"{keys[0]} Block is for suppliers that are prospect or approved; this one is blocked." in words
    assert [state(app, key) for key in keys] == ["blocked"] * 3


def test_a_bulk_command_with_missing_words_changes_nothing(app, buyer, make):
    keys = [make("supplier") for _ in range(2)]
    answer = post(buyer, "/suppliers/bulk/block", {"keys": keys, "confirmed": "1", "reason": ""})
    assert answer.status_code == 422
    assert form(answer, "/suppliers/bulk/block")["keys"] == keys
    assert [state(app, key) for key in keys] == ["prospect"] * 2


def test_a_bulk_command_takes_all_rows_of_the_view_and_no_others(app, buyer, make):
    keys = [make("supplier") for _ in range(3)]
    post(buyer, f"/suppliers/{keys[1]}/block", {"reason": "x"})
    asked = post(buyer, "/suppliers/bulk/block", {"all": "1", "query": "state=prospect&sort=code"})
    assert form(asked, "/suppliers/bulk/block")["keys"] == [keys[0], keys[2]]


def test_a_bulk_command_does_not_reach_hidden_rows(app, client_of, make):
    here, there = make("entity"), make("entity")
    mine, hidden = make("supplier", entity=here), make("supplier", entity=there)
    local = client_of("local.buyer", "Buyer", entity=here)
    answer = post(local, "/suppliers/bulk/block", {"keys": [mine, hidden], "confirmed": "1", "reason": "x"})
    assert "Done for 1 supplier." in text(answer)
    assert f"Supplier {hidden} was not found." in text(answer)
    assert (state(app, mine), state(app, hidden)) == ("blocked", "prospect")


def test_nothing_chosen_is_told(app, buyer):
    answer = post(buyer, "/suppliers/bulk/block", {})
    assert answer.status_code == 422
    assert "Tick at least one." in text(answer)


def test_what_is_told_once_is_shown_once(app, administrator, make):
    person = make("person")
    sent = form(administrator.get(f"/people/{person}/invite"), f"/people/{person}/invite")
    told = administrator.post(f"/people/{person}/invite", data=sent)
    link = re.search(r'<code class="o-secret"[^>]*>([^<]+)</code>', told.text)[1]
    assert link.startswith(app.config["OUTLAY_BASE_URL"] + "/invitation/")
    assert app.test_client().get(link.removeprefix(app.config["OUTLAY_BASE_URL"])).status_code == 200
    assert administrator.post(f"/people/{person}/invite", data=sent).location == f"/people/{person}"
    assert "/invitation/" not in administrator.get(f"/people/{person}").text


def test_what_is_told_once_of_several_rows_is_told_for_each(app, administrator, make):
    people = [make("person") for _ in range(2)]
    told = post(administrator, "/people/bulk/invite", {"keys": people, "confirmed": "1"})
    links = re.findall(r'<code class="o-secret"[^>]*>([^<]+)</code>', told.text)
    assert len(set(links)) == 2
    assert all(key in told.text for key in people)
