from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from app.kernel.actor import SYSTEM
from app.kernel.resource import registry
from tests.acting import context_of
from tests.api.calling import Caller, holding
from tests.making import Maker

Make = Callable[..., str]


def keys(response: Any) -> list[str]:
    assert response.status_code == 200, response.json
    return [row["code"] for row in response.json["data"]]


@pytest.fixture
def categories(make: Make) -> list[str]:
    """Make ten categories, the odd ones below the first."""
    for number in range(10):
        below = {"parent": "C0"} if number % 2 else {}
        make("category", code=f"C{number}", name=f"Kind {number}", **below)
    return [f"C{number}" for number in range(10)]


def test_pages_follow_each_other_forwards_and_backwards(caller: Caller, categories: list[str]) -> None:
    first = caller.get("/categories?size=4&sort=code")
    second = caller.get(first.json["page"]["next"])
    third = caller.get(second.json["page"]["next"])

    assert keys(first) + keys(second) + keys(third) == categories
    assert (first.json["page"]["previous"], third.json["page"]["next"]) == (None, None)
    assert keys(caller.get(third.json["page"]["previous"])) == keys(second)
    assert first.headers["Link"] == f'<{first.json["page"]["next"]}>; rel="next"'
    assert second.headers["Link"] == (
        f'<{second.json["page"]["next"]}>; rel="next", <{second.json["page"]["previous"]}>; rel="prev"'
    )


def test_pages_keep_filter_order_and_selection(caller: Caller, categories: list[str]) -> None:
    page = caller.get("/categories?size=2&sort=-code&parent=C0&fields=name")
    following = caller.get(page.json["page"]["next"])

    assert [row["code"] for row in following.json["data"]] == ["C5", "C3"]
    assert set(following.json["data"][0]) == {"code", "name", "href"}


def test_filters_narrow_and_search_finds(caller: Caller, categories: list[str]) -> None:
    assert keys(caller.get("/categories?parent=C0&sort=code")) == ["C1", "C3", "C5", "C7", "C9"]
    assert keys(caller.get("/categories?parent.empty=yes&sort=code")) == ["C0", "C2", "C4", "C6", "C8"]
    assert keys(caller.get("/categories?q=kind+7")) == ["C7"]
    assert keys(caller.get("/categories?state=closed")) == []
    assert keys(caller.get("/categories?state=open,closed&size=3&sort=code")) == ["C0", "C1", "C2"]


def test_a_day_of_moments_is_meant_as_a_whole_where_the_organisation_is(app: Flask, caller: Caller) -> None:
    """Prague is an hour ahead of UTC in March: its 5th lasts from 23:00 on the 4th to 23:00 on the 5th."""
    moments = {"early": (4, 22, 59), "first": (4, 23, 0), "last": (5, 22, 59), "late": (5, 23, 0)}
    with app.app_context():
        maker = Maker()
        for number, (code, (day, hour, minute)) in enumerate(moments.items()):
            at = datetime(2026, 3, day, hour, minute, 59 if minute else 0, tzinfo=UTC)
            maker.create(registry["category"], context_of(SYSTEM, now=at), code=code.upper(), name=f"Kind {number}")

    asked = "/categories?created_at.from={0}&created_at.to={0}&sort=created_at".format
    assert keys(caller.get(asked("2026-03-05"))) == ["FIRST", "LAST"]
    assert keys(caller.get(asked("2026-03-04"))) == ["EARLY"]
    assert keys(caller.get("/categories?created_at.to=2026-03-04T23:00:00Z&sort=created_at")) == ["EARLY", "FIRST"]


def test_what_is_not_understood_is_told_and_never_ignored(caller: Caller) -> None:
    address = "/categories?colour=red&sort=colour&size=0&state=odd&fields=nope&expand=nope"
    response = caller.get(address)
    assert response.status_code == 422
    assert {problem["field"] for problem in response.json["problems"]} == {"fields", "expand"}

    response = caller.get("/categories?colour=red&sort=colour&size=0&state=odd&after=zzz&count=maybe")
    assert {problem["field"] for problem in response.json["problems"]} == {"count"}

    response = caller.get("/categories?colour=red&sort=colour&size=0&state=odd&after=zzz")
    assert {problem["field"] for problem in response.json["problems"]} == {"colour", "sort", "size", "state", "after"}


@pytest.mark.parametrize(
    "query",
    [
        *("size=²", "size=99999999999999999999", "size=-1"),
        *("q=%00", "q=%FF%FE", "name%00=x", "sort=%00", "state=%00", "parent=%00", f"q={'x' * 5000}"),
        *("after=%00", "after=W10", f"after={'x' * 5000}", "after=WyJjb2RlIiwiXHUwMDAwIiwiMSJd"),
    ],
)
def test_odd_parameters_are_no_error(caller: Caller, query: str) -> None:
    assert caller.get(f"/categories?{query}").status_code in (200, 422)


def test_odd_parameters_of_lists_without_search_are_no_error(caller: Caller) -> None:
    for query in ("q=5", "q=%C2%B2", "q=x", "q=99999999999", "q=00000000-0000-7000-8000-000000000000"):
        assert caller.get(f"/audit-log?{query}").json["data"] == []
        assert caller.get(f"/sessions?{query}").json["data"] == []


def test_a_cursor_of_another_list_is_refused(caller: Caller, categories: list[str]) -> None:
    by_code = caller.get("/categories?size=4&sort=code").json["page"]["next"]
    response = caller.get(by_code.replace("sort=code", "sort=name"))

    assert response.json["problems"][0]["code"] == "bad_cursor"


def test_the_total_counts_and_sums_by_currency(caller: Caller, categories: list[str]) -> None:
    total = caller.get("/categories?count=true&size=1&parent=C0").json["total"]

    assert total == {"count": 5, "exact": True, "sums": {}}
    assert "total" not in caller.get("/categories?count=false").json


def test_references_are_written_out_when_asked_for(caller: Caller, categories: list[str]) -> None:
    plain = caller.get("/categories/C1").json["parent"]
    full = caller.get("/categories/C1?expand=parent").json["parent"]

    assert plain == {"key": "C0", "label": plain["label"], "href": "/api/v1/categories/C0"}
    assert (full["key"], full["label"], full["name"], full["state"]) == ("C0", plain["label"], "Kind 0", "open")
    assert caller.get("/categories?expand=parent&sort=code").json["data"][1]["parent"]["name"] == "Kind 0"


def test_a_reference_out_of_reach_is_not_written_out(app: Flask, make: Make) -> None:
    supplier = make("supplier", entity=make("entity"))
    few = holding(app, "few", "supplier.read")

    assert set(few.get(f"/suppliers/{supplier}?expand=entity").json["entity"]) == {"key", "label", "href"}


def test_child_rows_are_added_to_a_list_when_asked_for(caller: Caller, make: Make) -> None:
    code = make("supplier", contacts=[{"name": "Eva", "email": "eva@example.com"}])

    assert "contacts" not in caller.get("/suppliers").json["data"][0]
    assert caller.get("/suppliers?expand=contacts").json["data"][0]["contacts"][0]["name"] == "Eva"
    assert caller.get(f"/suppliers/{code}").json["contacts"][0]["email"] == "eva@example.com"
    assert set(caller.get(f"/suppliers/{code}?fields=name").json) == {"code", "name", "href"}
    assert set(caller.get(f"/suppliers/{code}?fields=contacts").json) == {"code", "contacts", "href"}


def test_a_key_with_odd_signs_stays_addressable(caller: Caller, make: Make) -> None:
    make("category", code="A.B_C-1")
    href = caller.get("/categories").json["data"][0]["href"]

    assert href == f"/api/v1/categories/{quote('A.B_C-1')}"
    assert caller.get(href).json["code"] == "A.B_C-1"


def test_an_unknown_resource_is_not_there(caller: Caller) -> None:
    for method, path in (
        ("GET", "/nothings"),
        ("POST", "/nothings"),
        ("GET", "/nothings/1"),
        ("POST", "/nothings/1/do"),
    ):
        response = caller.call(method, path, json={})
        assert (response.status_code, response.json["problems"][0]["code"]) == (404, "unknown_path")
