from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.infra import clock
from tests.acting import person
from tests.api.calling import Caller, with_session, with_token
from tests.api.test_gate import token_for

Make = Callable[..., str]


def soon(days: int = 30) -> str:
    return (clock.system.now().date() + timedelta(days=days)).isoformat()


def test_the_caller_is_told_who_they_are_and_how_far_their_roles_reach(app: Flask, make: Make) -> None:
    entity = make("entity")
    with app.app_context():
        someone = person("jana.novak", "Buyer", entity=entity)
        caller = with_token(app, token_for(someone))
    me = caller.get("/me").json

    assert me["account"] == {"key": "jana.novak", "label": "Jana Novak", "email": "jana.novak@example.com"}
    assert (me["by"], me["limited_to"]) == ("token", None)
    assert [(role["role"], role["entity"]["key"], role["cost_centre"]) for role in me["roles"]] == [
        ("Buyer", entity, None)
    ]
    assert "supplier.edit" in me["permissions"]
    assert "setting.change" not in me["permissions"]


def test_a_token_is_made_used_listed_and_revoked(app: Flask) -> None:
    with app.app_context():
        page = with_session(app, person("jana.novak", "Buyer"))
    made = page.post("/me/tokens", json={"name": "Nightly export", "limits": ["supplier.read"], "expires_on": soon()})
    assert made.status_code == 201, made.json
    assert made.json["secret"].startswith(made.json["begins_with"])
    caller = with_token(app, made.json["secret"])

    assert caller.get("/suppliers").status_code == 200
    assert caller.get("/items").status_code == 403
    listed = caller.get("/me/tokens").json["data"]
    assert [(each["name"], each["limits"], "secret" in each) for each in listed] == [
        ("Nightly export", ["supplier.read"], False)
    ]
    assert made.headers["Location"] == listed[0]["href"]
    assert caller.get(listed[0]["href"]).json["id"] == listed[0]["id"]
    assert caller.delete(listed[0]["href"]).status_code == 204
    assert caller.get("/suppliers").status_code == 401


def test_a_token_does_not_make_tokens(caller: Caller) -> None:
    response = caller.post("/me/tokens", json={"name": "x", "expires_on": soon()})

    assert response.json["problems"][0]["code"] == "forbidden"
    assert len(caller.get("/me/tokens").json["data"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"expires_on": "2099-01-01"}, "name"),
        ({"name": "x"}, "expires_on"),
        ({"name": "x", "expires_on": "soon"}, "expires_on"),
        ({"name": "x", "expires_on": 20990101}, "expires_on"),
        ({"name": "x", "expires_on": "2099-01-01", "limits": "supplier.read"}, "limits"),
        ({"name": "x", "expires_on": "2099-01-01", "limits": [1]}, "limits"),
        ({"name": "x", "expires_on": "2099-01-01", "user": 1}, "user"),
    ],
)
def test_a_token_asked_for_wrongly_is_told_where(caller: Caller, body: dict[str, Any], field: str) -> None:
    response = caller.post("/me/tokens", json=body)

    assert response.status_code == 422
    assert field in {problem["field"] for problem in response.json["problems"]}


def test_search_finds_rows_of_every_resource(caller: Caller, make: Make) -> None:
    make("supplier", code="S-ACME", name="Zebra paper")
    make("category", code="ZEBRA", name="Striped things")
    found = caller.get("/search?q=zebra").json["data"]

    assert {(group["resource"], row["key"]) for group in found for row in group["rows"]} == {
        ("supplier", "S-ACME"),
        ("category", "ZEBRA"),
    }
    assert found[0]["rows"][0]["href"].startswith("/api/v1/")
    assert caller.get("/search?q=ZEB+stri").json["data"][0]["rows"][0]["key"] == "ZEBRA"


def test_what_is_called_so_comes_before_what_only_mentions_it(caller: Caller, make: Make) -> None:
    make("category", code="AB-10", name="AB AB AB")
    make("category", code="AB", name="Other")
    found = caller.get("/search?q=ab").json["data"]

    assert [row["key"] for row in found[0]["rows"]] == ["AB", "AB-10"]


@pytest.mark.parametrize("query", ["", "q=", "q=a", "q=%20a%20", "q=abc&x=1", "q=%00%00"])
def test_a_search_needs_words(caller: Caller, query: str) -> None:
    assert caller.get(f"/search?{query}").status_code == 422


@pytest.mark.parametrize(
    "text", ["%27%22%5C", "zq%26qz%7C%21", "::*", "%F0%9F%92%A9%F0%9F%92%A9", "x" * 3000, "%FF%FE"]
)
def test_a_search_for_odd_signs_finds_nothing_and_is_no_error(caller: Caller, text: str) -> None:
    assert caller.get(f"/search?q={text}").json["data"] == []
