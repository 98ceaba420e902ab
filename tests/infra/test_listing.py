from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from app.infra import intake, listing, scope, unit
from app.infra.db import db
from app.infra.listing import Query
from app.kernel.resource import registry
from tests.acting import acting, system
from tests.making import Maker
from tests.scenes import Scenes


@pytest.fixture(autouse=True)
def within_app(app: Flask) -> Any:
    with app.app_context():
        yield app


@pytest.fixture
def categories(within_app: Flask, scenes: Scenes) -> list[str]:
    return scenes.open(thirty)


def thirty() -> list[str]:
    """Make thirty categories, a third of them without a ledger account and several with the same one."""
    maker = Maker()
    codes = []
    for number in range(30):
        account = None if number % 3 == 0 else f"5{number % 4}00"
        codes.append(maker.create(registry["category"], code=f"C{number:02}", ledger_account=account))
    return codes


def keys(context: Any, args: dict[str, list[str]]) -> list[str]:
    """Walk over all pages forwards, then back again, and give what was seen; both ways must agree."""
    resource = registry["category"]
    with unit.reading(context) as bound:
        query, problems = listing.parse(bound, resource, args)
        assert problems == []
        seen, cursors = [], []
        after = ""
        while True:
            query, _ = listing.parse(bound, resource, {**args, "after": [after]})
            page = listing.page(bound, resource, query)
            seen += [row.code for row in page.rows]
            if not page.next:
                break
            cursors.append(page.next)
            after = page.next
        back = [row.code for row in page.rows]
        while page.previous:
            query, _ = listing.parse(bound, resource, {**args, "before": [page.previous]})
            page = listing.page(bound, resource, query)
            back = [row.code for row in page.rows] + back
        assert back == seen
        return seen


@pytest.mark.parametrize(
    "sort", ["code", "-code", "ledger_account", "-ledger_account", "changed_at", "-changed_at", "state"]
)
@pytest.mark.parametrize("size", ["1", "7", "30", "200"])
def test_every_row_is_on_exactly_one_page_in_both_directions(categories: list[str], sort: str, size: str) -> None:
    seen = keys(system(), {"sort": [sort], "size": [size]})

    assert sorted(seen) == categories
    if sort.endswith("code"):
        assert seen == sorted(categories, reverse=sort.startswith("-"))


def test_rows_without_a_value_come_last(categories: list[str]) -> None:
    seen = keys(system(), {"sort": ["ledger_account"], "size": ["7"]})

    assert seen[-10:] == [code for code in categories if int(code[1:]) % 3 == 0]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"ledger_account": ["5100"]}, lambda n: n % 3 and n % 4 == 1),
        ({"ledger_account.empty": ["yes"]}, lambda n: n % 3 == 0),
        ({"ledger_account.has": ["51"]}, lambda n: n % 3 and n % 4 == 1),
        ({"state": ["open"], "ledger_account": ["5200"]}, lambda n: n % 3 and n % 4 == 2),
        ({"state": ["closed"]}, lambda n: False),
        ({"state.not": ["closed"]}, lambda n: True),
        ({"changed_at.from": ["2026-11-22"]}, lambda n: True),
        ({"changed_at.to": ["2026-11-21T00:00:00Z"]}, lambda n: False),
    ],
)
def test_filters_give_exactly_the_rows_they_name(categories: list[str], args: Any, expected: Any) -> None:
    assert keys(system(), args) == [code for code in categories if expected(int(code[1:]))]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"colour": ["red"]}, "unknown_filter"),
        ({"state.from": ["open"]}, "unknown_filter"),
        ({"state": ["nonsense"]}, "unknown_choice"),
        ({"changed_at.from": ["yesterday"]}, "not_an_instant"),
        ({"parent": ["NOWHERE"]}, "unknown_reference"),
        ({"sort": ["search"]}, "unknown_sort"),
        ({"size": ["0"]}, "out_of_range"),
        ({"size": ["1000000"]}, "out_of_range"),
        ({"size": ["many"]}, "out_of_range"),
        ({"after": ["%%%"]}, "bad_cursor"),
        ({"after": ["WyJuYW1lIiwieCIsIjEiXQ"]}, "bad_cursor"),
    ],
)
def test_what_is_not_understood_is_told(args: dict[str, list[str]], code: str) -> None:
    with unit.reading(system()) as bound:
        _, problems = listing.parse(bound, registry["category"], args)

    assert [problem.code for problem in problems] == [code]


def test_the_count_is_exact_up_to_its_bound_and_open_beyond(categories: list[str], monkeypatch: Any) -> None:
    with unit.reading(system()) as bound:
        query = Query(sort="code")
        assert listing.totals(bound, registry["category"], query).count == 30
        monkeypatch.setattr(listing, "COUNT_BOUND", 20)
        beyond = listing.totals(bound, registry["category"], query)

    assert (beyond.count, beyond.exact) == (20, False)


def test_an_address_asks_the_same_again() -> None:
    args = {"state": ["open"], "ledger_account.has": ["51"], "q": ["komp"], "sort": ["-code"], "size": ["50"]}
    with unit.reading(system()) as bound:
        query, _ = listing.parse(bound, registry["category"], args)
        again, problems = listing.parse(bound, registry["category"], listing.written(query))

    assert (problems, again) == ([], query)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("skoda", True),
        ("ŠKODA", True),
        ("škod", True),
        ("oda", False),
        ("plz skoda", False),
        ("stra", True),
        ("STRASSE", True),
    ],
)
def test_search_finds_beginnings_of_words_whatever_their_accents(text: str, found: bool) -> None:
    Maker().create(registry["category"], code="X1", name="Škoda Straße")

    assert keys(system(), {"q": [text]}) == (["X1"] if found else [])


@pytest.mark.parametrize("text", ["'", "a & b", "!", ":*", "x'); DROP TABLE category; --", "(((", "\\", "<->"])
def test_search_takes_signs_as_text(text: str) -> None:
    assert keys(system(), {"q": [text]}) == []


def test_a_reach_of_one_cost_centre_shows_it_with_all_below_and_nothing_else() -> None:
    maker = Maker()
    entity = maker.key("entity")
    resource = registry["cost_centre"]
    for code, parent in (("A", None), ("A1", "A"), ("A11", "A1"), ("A2", "A"), ("B", None)):
        unit.create(system(), resource, {"code": code, "name": code, "entity": entity, "parent": parent})
    with unit.reading(system()) as bound:
        rows = {row.code: row for row in bound.session.scalars(scope.everything(resource.model, why="test"))}
        narrow = acting("Controller", cost_centre=rows["A1"].id)
        seen = [row.code for row in bound.session.scalars(scope.select_rows(narrow, resource).order_by("code"))]

    assert seen == ["A1", "A11"]


def test_a_reach_of_one_entity_shows_its_rows_and_those_of_no_entity_in_particular() -> None:
    maker = Maker()
    first, second = maker.create(registry["entity"]), maker.create(registry["entity"])
    for code, entity in (("S-1", first), ("S-2", second), ("S-3", None)):
        maker.create(registry["supplier"], code=code, entity=entity, tax_ids=[], tax_id_waiver="A sole trader")
    with unit.reading(system()) as bound:
        entities = {
            row.code: row.id for row in bound.session.scalars(scope.everything(registry["entity"].model, why="t"))
        }
        narrow = acting("Buyer", entity=entities[first])
        rows = bound.session.scalars(scope.select_rows(narrow, registry["supplier"]).order_by("code"))
        seen = [row.code for row in rows]

    assert seen == ["S-1", "S-3"]


def test_without_the_permission_nothing_is_seen() -> None:
    Maker().create(registry["supplier"])
    with unit.reading(acting("Administrator")) as bound:
        assert list(bound.session.scalars(scope.select_rows(bound, registry["supplier"]))) == []


def test_amounts_are_summed_by_currency_in_one_reading_and_not_beyond_the_bound(monkeypatch: Any) -> None:
    maker, orders = Maker(), registry["order"]
    for price in ("10.00", "2.50"):
        lamp = {"text": "Lamp", "quantity": "2", "unit": maker.key("unit"), "unit_price": price}
        maker.create(orders, lines=[lamp], extra_charges=[])
    names, asked = ("net_total", "total"), Query(sort="number")
    with unit.reading(system()) as bound:
        rows = listing.page(bound, orders, asked).rows
        with statements() as sent:
            found = listing.totals(bound, orders, asked, names)
        assert len(sent) == 2
        code = rows[0].currency.code
        assert found.sums == {name: {code: sum(getattr(row, name) for row in rows)} for name in names}
        assert (found.count, found.exact, found.sums["net_total"][code]) == (2, True, 25)
        monkeypatch.setattr(listing, "COUNT_BOUND", 1)
        with statements() as sent:
            assert listing.totals(bound, orders, asked, names) == listing.Totals(1, exact=False)
        assert len(sent) == 1


def test_documents_kept_with_a_row_are_not_read_for_a_list() -> None:
    with unit.reading(system()) as bound, statements() as sent:
        listing.page(bound, registry["invoice"], Query(sort="reference"), ("reference",))

    assert "invoice.reference" in sent[0]
    assert not {"invoice.parsed", "invoice.findings", "invoice.recognition"} & set(re.findall(r"[\w.]+", sent[0]))


@pytest.mark.parametrize("name", ["approval", "invoice", "order", "receipt", "request"])
def test_who_sees_only_what_they_take_part_in_is_answered_by_indexes(name: str) -> None:
    resource = registry[name]
    actor = replace(acting("Approver", "Receiver").actor, rights={"Approver": frozenset({f"{name}.read"})})
    statement = select(resource.model.id).where(scope.visible(actor, resource))
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(db.session.execute(text(f"EXPLAIN {compiled(statement)}")).scalars())
    db.session.rollback()

    assert re.search(r"Index Cond: .*\bcreated_by = 900\b", plan), plan
    assert "uq_party_part" in plan
    assert "OR" not in plan


def test_the_hundred_thousandth_document_of_a_year_is_newer_than_the_one_before_it() -> None:
    maker, orders = Maker(), registry["order"]
    maker.create(orders)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE number_series SET last = 99997 WHERE name LIKE 'PO-%'"))
    for _ in range(4):
        maker.create(orders)
    with unit.reading(system()) as bound:
        newest = Query(sort="number", descending=True, size=2)
        first = listing.page(bound, orders, newest)
        second = listing.page(bound, orders, replace(newest, after=first.next))
        back = listing.page(bound, orders, replace(newest, before=second.previous))

    ends = [[row.number.rpartition("-")[2] for row in page.rows] for page in (first, second, back)]
    assert ends == [["100001", "100000"], ["99999", "99998"], ["100001", "100000"]]


@pytest.mark.parametrize("descending", [True, False])
def test_who_sees_only_what_they_take_part_in_turns_the_pages_of_just_that(descending: bool) -> None:
    maker, orders = Maker(), registry["order"]
    keys_ = [maker.create(orders) for _ in range(9)]
    actor = acting("Approver", "Receiver").actor
    context = replace(acting("Approver"), actor=replace(actor, rights={"Approver": frozenset({"order.read"})}))
    with db.engine.begin() as connection:  # some twice, one they entered themselves, two of others
        part = (
            "INSERT INTO party (resource, row_id, account_id, part) SELECT 'order', id, :me, :part FROM purchase_order"
        )
        connection.execute(
            text(f"{part} WHERE number = ANY(:keys)"), {"me": actor.id, "part": "asked", "keys": keys_[:6]}
        )
        connection.execute(
            text(f"{part} WHERE number = ANY(:keys)"), {"me": actor.id, "part": "wanted_for", "keys": keys_[3:6]}
        )
        entered = "UPDATE purchase_order SET created_by = :me WHERE number = ANY(:keys)"
        connection.execute(text(entered), {"me": actor.id, "keys": [keys_[1], keys_[8]]})
    seen = []
    with unit.reading(context) as bound:
        whole = {row.number for row in bound.session.scalars(scope.select_rows(bound, orders))}
        query = Query(sort="number", descending=descending, size=2)
        counted = listing.totals(bound, orders, query)
        page = listing.page(bound, orders, query)
        seen += [row.number for row in page.rows]
        while page.next:
            page = listing.page(bound, orders, replace(query, after=page.next))
            seen += [row.number for row in page.rows]
        back = [row.number for row in page.rows]
        while page.previous:
            page = listing.page(bound, orders, replace(query, before=page.previous))
            back = [row.number for row in page.rows] + back

    assert seen == sorted(whole, reverse=descending) == back
    assert whole == {*keys_[:6], keys_[8]}
    assert (counted.count, counted.exact) == (7, True)


def compiled(statement: Any) -> str:
    return str(statement.compile(db.engine, compile_kwargs={"literal_binds": True}))


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """Take down what is sent to the database."""
    sent: list[str] = []

    def take(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", take)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", take)


def test_a_row_without_lists_is_taken_in_one_statement_and_read_in_one(categories: list[str]) -> None:
    with unit.transaction(system(), "test") as bound, statements() as sent:
        assert intake.lock_row(bound, registry["category"], categories[0], "update") is not None
    assert len(sent) == 2
