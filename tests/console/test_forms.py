"""Entering and editing: what was typed stays, every problem stands at its field, and nothing happens twice."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import text as sql

from app.infra.db import db
from tests.acting import signed_in
from tests.console.browsing import form, post, text


def count(app, table, where="true"):
    with app.app_context():
        return db.session.execute(sql(f"SELECT count(*) FROM {table} WHERE {where}")).scalar()


@pytest.fixture
def euro(make):
    return make("currency", code="EUR")


def new_supplier(client, **changes):
    sent = form(client.get("/suppliers/new"), ident="form")
    return {**sent, "name": "Nordlicht Systems", "country": "DE", "currency": "EUR", **changes}


def test_a_new_row_leads_to_its_page(app, buyer, euro):
    response = buyer.post("/suppliers/new", data=new_supplier(buyer))
    assert response.status_code == 303
    page = buyer.get(response.location)
    assert "Nordlicht Systems" in text(page)
    assert "Supplier S-00001 saved" in text(page)


def test_save_and_add_another_leads_to_an_empty_form(app, buyer, euro):
    response = buyer.post("/suppliers/new", data=new_supplier(buyer, again="1"))
    assert (response.status_code, response.location) == (303, "/suppliers/new")


def test_a_refused_row_comes_back_with_everything_that_was_typed(app, buyer, euro):
    lines = {"contacts-count": "2", "contacts-0-id": "", "contacts-0-name": "Maja Berg", "contacts-0-email": "no address",
             "contacts-1-id": "", "contacts-1-name": "", "contacts-1-phone": "+46 8 1"}  # fmt: skip
    sent = new_supplier(buyer, name="", country="Deutschland", notes="keep\r\nme", **lines)
    response = buyer.post("/suppliers/new", data=sent)
    assert response.status_code == 422
    assert "<title>Error: New supplier" in response.text
    again = form(response, ident="form")
    for name in ("name", "country", "notes", "currency", "contacts-0-name", "contacts-0-email", "contacts-1-phone"):
        assert again[name].splitlines() == sent[name].splitlines(), name
    assert count(app, "supplier") == 0


def test_each_problem_stands_at_its_field_and_in_the_summary(app, buyer, euro):
    lines = {"contacts-count": "1", "contacts-0-id": "", "contacts-0-name": "", "contacts-0-phone": "+46 8 1"}
    response = buyer.post("/suppliers/new", data=new_supplier(buyer, name="", country="Deutschland", **lines))
    for place in ("f-name", "f-country", "contacts-0-name"):
        assert f'href="#{place}"' in response.text, place
        assert re.search(rf'id="{place}"[^>]*aria-invalid="true"', response.text), place
    assert "Contacts, line 1: Name is missing" in text(response)


def test_lines_are_changed_moved_removed_and_added_in_one_go(app, buyer, euro, make):
    key = make("supplier")
    sent = form(buyer.get(f"/suppliers/{key}/edit"), ident="form")
    first, second = sent["contacts-0-id"], sent["contacts-1-id"]
    kept = {name: value for name, value in sent.items() if not name.startswith("contacts-")}
    lines = {
        "contacts-count": "3",
        "contacts-0-id": second, "contacts-0-name": "Nils Dahl", "contacts-0-phone": "+46 8 9",
        "contacts-1-id": "", "contacts-1-name": "Eva Lind",
        "contacts-2-id": first, "contacts-2-name": "Maja Berg", "contacts-2-removed": "1",
    }  # fmt: skip
    response = buyer.post(f"/suppliers/{key}/edit", data={**kept, **lines})
    assert response.status_code == 303
    with app.app_context():
        found = db.session.execute(sql("SELECT id, name, phone FROM supplier_contact ORDER BY position")).all()
    assert [(row.name, row.phone) for row in found] == [("Nils Dahl", "+46 8 9"), ("Eva Lind", None)]
    assert found[0].id == int(second)
    page = text(buyer.get(f"/suppliers/{key}"))
    assert "Omar Haddad changed the supplier" in page
    assert "taken out" in page


def test_an_unknown_field_is_refused_by_name(app, buyer, euro):
    response = buyer.post("/suppliers/new", data=new_supplier(buyer, merged_into="S-1"))
    assert response.status_code == 422
    assert "There is no field merged_into" in text(response)
    assert count(app, "supplier") == 0


def test_a_box_that_is_not_ticked_means_no(app, administrator, make):
    key = make("currency")
    sent = form(administrator.get(f"/currencies/{key}/edit"), ident="form")
    assert sent.pop("active") == "1"
    administrator.post(f"/currencies/{key}/edit", data=sent)
    with app.app_context():
        assert db.session.execute(sql("SELECT active FROM currency")).scalar() is False


def test_the_same_form_sent_twice_has_one_effect(app, buyer, euro):
    sent = new_supplier(buyer)
    first, second = buyer.post("/suppliers/new", data=sent), buyer.post("/suppliers/new", data=sent)
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, "/suppliers/S-00001")
    assert count(app, "supplier") == 1
    assert count(app, "outbox_event", "name = 'supplier.created'") == 1


def test_two_clicks_at_the_same_moment_have_one_effect(app, somebody, euro):
    who = somebody("omar.haddad", "Buyer")
    clients = [signed_in(app, who) for _ in range(4)]
    sent = new_supplier(clients[0])
    with clients[0].session_transaction() as cookie:
        secret = cookie["csrf_token"]
    for client in clients[1:]:
        with client.session_transaction() as cookie:
            cookie["csrf_token"] = secret
    together, answers = threading.Barrier(len(clients)), []

    def click(client):
        together.wait()
        answers.append(client.post("/suppliers/new", data=sent))

    threads = [threading.Thread(target=click, args=(client,)) for client in clients]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/suppliers/S-00001")}
    assert count(app, "supplier") == 1


def test_what_somebody_saved_in_between_is_not_overwritten_unseen(app, buyer, client_of, euro, make):
    key = make("supplier")
    other = client_of("petra.second", "Buyer")
    mine = form(buyer.get(f"/suppliers/{key}/edit"), ident="form")
    theirs = form(other.get(f"/suppliers/{key}/edit"), ident="form")
    assert other.post(f"/suppliers/{key}/edit", data={**theirs, "notes": "theirs"}).status_code == 303
    refused = buyer.post(f"/suppliers/{key}/edit", data={**mine, "notes": "mine"})
    assert refused.status_code == 412
    assert "Someone saved this while you were editing" in text(refused)
    again = form(refused, ident="form")
    assert again["notes"] == "mine"
    assert buyer.post(f"/suppliers/{key}/edit", data=again).status_code == 303


def test_a_copy_has_the_values_of_the_first_but_not_its_key(app, buyer, euro, make):
    key = make("supplier")
    copy = form(buyer.get("/suppliers/new", query_string={"like": key}), ident="form")
    original = form(buyer.get(f"/suppliers/{key}/edit"), ident="form")
    assert copy["code"] == ""
    assert copy["contacts-0-id"] == ""
    for name in ("name", "country", "currency", "contacts-0-name", "contacts-1-phone", "tax_ids-0-value"):
        assert copy[name] == original[name], name


def test_a_form_takes_first_values_from_its_address(app, administrator, make):
    entity = make("entity")
    sent = form(administrator.get("/cost-centres/new", query_string={"entity": entity, "nothing": "x"}), ident="form")
    assert sent["entity"] == entity


def test_a_row_that_cannot_be_edited_now_says_why(app, administrator, make):
    key = make("person")
    with app.app_context():
        from app.infra import unit
        from app.kernel.resource import registry
        from tests.acting import system

        unit.execute(system(), registry["person"], key, "leave", {})
    response = administrator.get(f"/people/{key}/edit")
    assert response.status_code == 409
    assert "it is edited while" in text(response)


def test_without_the_right_there_is_neither_form_nor_effect(app, client_of, euro, make):
    key = make("supplier")
    requester = client_of("lena.fischer", "Requester")
    for path in ("/suppliers/new", f"/suppliers/{key}/edit"):
        assert requester.get(path).status_code == 403
        assert post(requester, path, {"name": "Mine"}).status_code == 403
    assert "New supplier" not in requester.get("/suppliers").text
    assert count(app, "supplier") == 1


def test_a_form_of_the_largest_document_fits(app, buyer, euro):
    # Sent as browsers send plain forms: Werkzeug 3.1.9 mixes up parts of a large multipart body with empty values.
    assert "multipart" not in buyer.get("/suppliers/new").text
    lines = {"contacts-count": "1000"}
    for at in range(1000):
        lines |= {
            f"contacts-{at}-id": "",
            f"contacts-{at}-name": f"Contact number {at}",
            f"contacts-{at}-email": f"contact{at}@example.com",
        }
    response = buyer.post("/suppliers/new", data=new_supplier(buyer, **lines))
    assert response.status_code == 303
    assert count(app, "supplier_contact") == 1000


def test_a_new_row_begins_with_the_child_rows_of_its_address(buyer):
    page = buyer.get(
        "/suppliers/new?name=Vega&tax_ids-0-kind=vat&tax_ids-0-country=AT&tax_ids-0-value=ATU12345675"
    ).text
    assert 'value="ATU12345675"' in page
