from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra.db import db
from tests.api.calling import Caller, holding

Make = Callable[..., str]


def codes(response: Any) -> list[tuple[str, str | None]]:
    return [(problem["code"], problem["field"]) for problem in response.json["problems"]]


def item(make: Make, **changes: Any) -> dict[str, Any]:
    price = {
        "supplier": make("supplier", name="Acme Office Supply"),
        "currency": make("currency"),
        "unit_price": "12.5",
        "minimum_quantity": "1",
        "valid_from": "2026-01-01",
    }
    return {
        "code": "PAPER-A4",
        "name": "Copy paper A4",
        "category": make("category", code="OFFICE"),
        "unit": make("unit"),
        "tax_code": make("tax_code"),
        "prices": [price],
        **changes,
    }


def item_of(caller: Caller) -> dict[str, Any]:
    """Write the item that is there as another one could be sent."""
    row = caller.get("/items/PAPER-A4").json
    sent = {name: row[name] for name in ("name", "category", "unit", "tax_code")}
    return {**sent, "prices": [{name: each for name, each in row["prices"][0].items() if name != "id"}]}


def test_a_row_is_entered_and_read_as_it_was_sent(caller: Caller, make: Make) -> None:
    sent = item(make)
    created = caller.post("/items", json=sent)

    assert created.status_code == 201
    assert created.headers["Location"] == "/api/v1/items/PAPER-A4"
    assert created.headers["ETag"] == '"v1"'
    assert created.json == {
        "resource": "item",
        "key": "PAPER-A4",
        "version": 1,
        "state": "active",
        "events": [],
        "href": "/api/v1/items/PAPER-A4",
    }
    row = caller.get("/items/PAPER-A4").json
    assert (row["code"], row["name"], row["state"], row["version"]) == ("PAPER-A4", "Copy paper A4", "active", 1)
    assert row["category"] == {"key": "OFFICE", "label": row["category"]["label"], "href": "/api/v1/categories/OFFICE"}
    assert row["created_by"] == {"key": "almighty", "label": "Almighty Tester"}
    assert row["created_at"].endswith("Z")
    price = row["prices"][0]
    assert price["unit_price"] == "12.50"
    assert price["minimum_quantity"] == "1"
    assert price["valid_from"] == "2026-01-01"
    assert price["supplier"]["key"] == sent["prices"][0]["supplier"]
    assert "id" not in row
    assert isinstance(price["id"], int)


def test_amounts_come_and_go_without_losing_a_digit(caller: Caller, make: Make) -> None:
    sent = item(make)
    for unit_price, told in (("0.1234", "0.1234"), ("99999999999999.9999", "99999999999999.9999"), ("5", "5.00")):
        sent["prices"][0]["unit_price"] = unit_price
        sent["code"] = f"P{unit_price.replace('.', '-')}"
        caller.post("/items", json=sent)
        assert caller.get(f"/items/{sent['code']}").json["prices"][0]["unit_price"] == told


def test_a_number_in_json_is_taken_exactly(caller: Caller, make: Make) -> None:
    body = item(make)
    body["prices"][0]["unit_price"] = "PRICE"
    import json

    raw = json.dumps(body).replace('"PRICE"', "0.3000")
    assert caller.post("/items", data=raw, content_type="application/json").status_code == 201
    assert caller.get("/items/PAPER-A4").json["prices"][0]["unit_price"] == "0.30"


def test_every_problem_is_told_at_once_at_its_field(caller: Caller, make: Make) -> None:
    sent = item(make, name="", colour="red", unit="NOPE")
    sent["prices"][0] |= {"unit_price": "much", "valid_from": "tomorrow"}
    response = caller.post("/items", json=sent)

    assert response.status_code == 422
    assert set(codes(response)) == {
        ("unknown_field", "colour"),
        ("required", "name"),
        ("unknown_reference", "unit"),
        ("not_a_number", "prices.0.unit_price"),
        ("not_a_date", "prices.0.valid_from"),
    }
    assert response.json["title"] == "Check what was sent"
    assert response.json["type"] == f"/api/v1/problems#{codes(response)[0][0]}"
    assert caller.get("/items/PAPER-A4").status_code == 404


def test_a_key_that_is_taken_is_a_conflict(caller: Caller) -> None:
    sent = {"code": "IT", "name": "Computers"}
    assert caller.post("/categories", json=sent).status_code == 201
    response = caller.post("/categories", json=sent)

    assert (response.status_code, codes(response)) == (409, [("taken", "code")])


def test_a_row_can_be_addressed_in_any_case_and_with_odd_signs(caller: Caller, make: Make) -> None:
    make("category", code="IT.1-x_y")

    assert caller.get("/categories/it.1-X_Y").json["href"] == "/api/v1/categories/IT.1-x_y"
    for key in ("%00", "%0A", "%FF", "%2F", "..", "x" * 3000, "%F0%9F%92%A9", "'; DROP TABLE category; --"):
        assert caller.get(f"/categories/{key}").status_code == 404, key
    for key in ("zzz", "²", "99999999999999999999", "-1", "00000000-0000-7000-8000-000000000000"):
        assert caller.get(f"/audit-log/{key}").status_code == 404
        assert caller.get(f"/tokens/{key}").status_code == 404


def test_an_edit_needs_the_version_it_is_about(caller: Caller, make: Make) -> None:
    make("category", code="IT", name="Computers")

    assert codes(caller.patch("/categories/IT", json={"name": "x"})) == [("version_missing", None)]
    assert caller.patch("/categories/IT", json={"name": "x"}).status_code == 428
    edited = caller.patch("/categories/IT", json={"name": "Computing"}, headers={"If-Match": '"v1"'})
    assert (edited.status_code, edited.headers["ETag"], edited.json["version"]) == (200, '"v2"', 2)
    stale = caller.patch("/categories/IT", json={"name": "Machines"}, headers={"If-Match": '"v1"'})
    assert (stale.status_code, codes(stale)) == (412, [("changed_meanwhile", None)])
    assert caller.get("/categories/IT").json["name"] == "Computing"


@pytest.mark.parametrize("tag", ['"v1"', 'W/"v1"', "v1", "*", "seen"])
def test_the_tag_of_a_row_that_was_read_serves_for_editing_it(caller: Caller, make: Make, tag: str) -> None:
    make("category", code="IT")
    tag = caller.get("/categories/IT").headers["ETag"] if tag == "seen" else tag

    assert caller.patch("/categories/IT", json={"name": "x"}, headers={"If-Match": tag}).status_code == 200


@pytest.mark.parametrize("tag", ['"x"', '"v1", "v2"', "v", '"v1', "\xff"])
def test_a_tag_that_is_none_of_ours_is_told(caller: Caller, make: Make, tag: str) -> None:
    make("category", code="IT", name="Computers")
    response = caller.patch("/categories/IT", json={"name": "x"}, headers={"If-Match": tag})

    expected = (200, None) if tag == '"v1' else (400, "bad_if_match")
    assert (response.status_code, response.json.get("problems", [{"code": None}])[0]["code"]) == expected


def test_null_empties_and_what_is_not_sent_stays(caller: Caller, make: Make) -> None:
    make("category", code="IT", name="Computers", ledger_account="5010", cpv_code="30200000-1")
    caller.patch("/categories/IT", json={"ledger_account": None}, headers={"If-Match": "*"})

    row = caller.get("/categories/IT").json
    assert (row["ledger_account"], row["cpv_code"], row["name"]) == (None, "30200000-1", "Computers")


def test_child_rows_are_kept_by_their_id_added_without_and_removed_when_left_out(caller: Caller, make: Make) -> None:
    sent = item(make)
    first = sent["prices"][0]
    sent["prices"] = [first, {**first, "minimum_quantity": "10", "unit_price": "11"}]
    caller.post("/items", json=sent)
    seen = caller.get("/items/PAPER-A4").json["prices"]
    kept = {**seen[1], "unit_price": "10.75"}
    added = {**first, "minimum_quantity": "100", "unit_price": "9"}

    edited = caller.patch("/items/PAPER-A4", json={"prices": [kept, added]}, headers={"If-Match": "*"})
    assert edited.status_code == 200, edited.json
    now = caller.get("/items/PAPER-A4").json["prices"]
    assert [(row["minimum_quantity"], row["unit_price"]) for row in now] == [("10", "10.75"), ("100", "9.00")]
    assert now[0]["id"] == seen[1]["id"]
    assert now[1]["id"] not in {row["id"] for row in seen}


def test_a_child_row_of_another_document_is_not_taken(caller: Caller, make: Make) -> None:
    caller.post("/items", json=item(make))
    other = {**item_of(caller), "code": "PAPER-A3"}
    caller.post("/items", json=other)
    foreign = caller.get("/items/PAPER-A3").json["prices"][0]["id"]
    price = {**other["prices"][0], "id": foreign}
    response = caller.patch("/items/PAPER-A4", json={"prices": [price]}, headers={"If-Match": "*"})

    assert (response.status_code, codes(response)) == (422, [("unknown_row", "prices.0")])


def test_a_row_in_a_final_state_is_not_edited(caller: Caller, make: Make) -> None:
    caller.post("/items", json=item(make))
    with db_of(caller) as connection:
        connection.execute(text("UPDATE item SET state = 'retired'"))
    response = caller.patch("/items/PAPER-A4", json={"name": "x"}, headers={"If-Match": "*"})

    assert (response.status_code, codes(response)) == (409, [("wrong_state", None)])


def db_of(caller: Caller) -> Any:
    with caller.client.application.app_context():
        return db.engine.begin()


def test_what_is_not_edited_here_says_so(caller: Caller) -> None:
    assert codes(caller.post("/settings", json={})) == [("not_editable", None)]
    assert codes(caller.patch("/settings/organisation.name", json={}, headers={"If-Match": "*"})) == [
        ("not_editable", None)
    ]


def test_a_row_out_of_reach_is_not_there_at_all(app: Flask, caller: Caller, make: Make) -> None:
    mine, foreign = make("entity"), make("entity")
    make("supplier", code="S-MINE", entity=mine)
    make("supplier", code="S-FOREIGN", entity=foreign)
    make("supplier", code="S-ALL", entity=None)
    with app.app_context(), db.engine.connect() as connection:
        id = connection.execute(text("SELECT id FROM entity WHERE code = :code"), {"code": mine}).scalar_one()
    held = (
        "supplier.read",
        "supplier.edit",
        "supplier.block",
        "supplier.comment",
        "supplier.attach",
        "supplier.create",
    )
    near = holding(app, "near", *held, entity=id)

    assert {row["code"] for row in near.get("/suppliers").json["data"]} == {"S-MINE", "S-ALL"}
    assert near.get("/suppliers?count=true").json["total"]["count"] == 2
    assert near.get("/suppliers?q=foreign").json["data"] == []
    assert near.get("/search?q=S-FOREIGN").json["data"] == []
    before = caller.get("/suppliers/S-FOREIGN").json
    gone = {
        near.get("/suppliers/S-FOREIGN"),
        near.get("/suppliers/S-FOREIGN/commands"),
        near.get("/suppliers/S-FOREIGN/history"),
        near.get("/suppliers/S-FOREIGN/comments"),
        near.get("/suppliers/S-FOREIGN/attachments"),
        near.patch("/suppliers/S-FOREIGN", json={"name": "x"}, headers={"If-Match": "*"}),
        near.post("/suppliers/S-FOREIGN/block", json={"reason": "x"}),
        near.post("/suppliers/S-FOREIGN/comments", json={"text": "x"}),
    }
    assert {response.status_code for response in gone} == {404}
    moved = near.patch("/suppliers/S-MINE", json={"entity": foreign}, headers={"If-Match": "*"})
    assert moved.status_code == 422
    assert codes(moved) == [("unknown_reference", "entity")]
    assert caller.get("/suppliers/S-FOREIGN").json == before


def test_secrets_are_masked_and_encrypted_numbers_stay_inside(caller: Caller, make: Make) -> None:
    made = make("bank_account", iban="AT611904300234573201", country="AT")
    row = caller.get(f"/bank-accounts/{made}").json

    assert "611904300234573201" not in caller.get(f"/bank-accounts/{made}").text
    assert row["iban"] == "•••"
    assert "611904300234573201" not in caller.get(f"/bank-accounts/{made}/history").text


def test_a_related_list_holds_only_what_the_caller_may_see(app: Flask, caller: Caller, make: Make) -> None:
    supplier = make("supplier")
    account = make("bank_account", supplier=supplier)

    assert [each["key"] for each in caller.get(f"/suppliers/{supplier}").json["bank_accounts"]] == [account]
    assert holding(app, "few", "supplier.read").get(f"/suppliers/{supplier}").json["bank_accounts"] == []
