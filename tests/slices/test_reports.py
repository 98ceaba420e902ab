"""Every figure of a report is the sum of the rows its link opens, whoever reads it, and names nothing out of reach."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.infra import figures, listing, unit
from app.infra.db import db
from app.infra.figures import Figure, Figures
from app.infra.intake import find_row
from app.infra.transfer import export
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import acting, person, signed_in, system
from tests.factories.orders import ROUTES as ORDER_ROUTES
from tests.making import Maker

#: Reports over rows; those over parts of documents are added up in test_reports_by_hand.
REPORTS = ("spending", "invoiced", "commitments", "received-not-invoiced", "budgets")
OF_PARTS = ("invoiced-by-category", "open-items", "approval-times")


@pytest.fixture
def maker(app: Flask) -> Iterator[Maker]:
    with app.app_context():
        yield Maker()


@pytest.fixture
def company(maker: Maker) -> list[int]:
    """Fill two entities with records of random suppliers, days and amounts; and one with an order and a budget."""
    chance = random.Random(17)
    entities = [maker.create(registry["entity"]) for _ in range(2)]
    suppliers = [maker.create(registry["supplier"], entity=chance.choice([None, *entities])) for _ in range(4)]
    centres = [maker.create(registry["cost_centre"], entity=entity) for entity in entities]
    for number in range(40):
        at = chance.randrange(2)
        maker.create(
            registry["spend_record"],
            entity=entities[at],
            cost_centre=chance.choice([None, centres[at]]),
            our_supplier=chance.choice([None, *suppliers]),
            stated_supplier=None,
            category=None,
            department=chance.choice(["Parks", "parks", "Roads, bridges", None]),
            amount=f"{chance.randrange(-900, 9000)}.{chance.randrange(100):02d}",
            paid_on=f"2026-{chance.randrange(1, 11):02d}-{chance.randrange(1, 29):02d}",
            reference=str(number),
        )
    ORDER_ROUTES["order", "issued"](maker, maker.create(registry["order"]))
    with unit.reading(system()) as bound:
        return [find_row(bound, registry["entity"], key).id for key in entities]


def readers(entities: list[int]) -> list[Context]:
    return [
        system(),
        acting("Controller", id=901),
        acting("Controller", id=902, entity=entities[0]),
        acting("AP clerk", id=903, entity=entities[1]),
        acting("Auditor", id=904, entity=entities[1]),
    ]


def rows_behind(bound: Context, found: Figures, row: Figure) -> tuple[int, tuple[Decimal, ...]]:
    """Follow a figure's link to its list, and add up the rows there one by one."""
    resource = registry[found.report.resource]
    assert row.args is not None
    query, problems = listing.parse(bound, resource, row.args)
    assert problems == []
    ids = [each.id for each in listing.every_row(bound, resource, query)]
    measures = [measure.column() for measure in found.report.measures]
    sums = [Decimal(0)] * len(measures)
    for each in ids:
        statement = select(*measures).select_from(resource.model).where(resource.model.id == each)
        one = bound.session.execute(statement.execution_options(scoped=True)).one()
        sums = [total + Decimal(value or 0) for total, value in zip(sums, one, strict=True)]
    return len(ids), tuple(sums)


@pytest.mark.parametrize("name", REPORTS)
def test_a_figure_is_the_sum_of_the_rows_its_link_opens_for_every_reader(company: list[int], name: str) -> None:
    chance = random.Random(name)
    opened = 0
    for context in readers(company):
        with unit.reading(context) as bound:
            if not figures.may_read(bound, figures.report_at(system(), name)):
                continue
            report = figures.report_at(bound, name)
            for grouping in report.groupings:
                args: dict[str, Any] = {"by": [grouping.key]}
                if "paid_on" in report.filters and chance.random() < 0.5:
                    args |= {"paid_on.from": ["2026-03-15"], "paid_on.to": ["2026-08-10"]}
                found = figures.compute(bound, report, args)
                for row in found.rows:
                    if row.args is not None:
                        assert rows_behind(bound, found, row) == (row.count, row.amounts), (
                            name,
                            grouping.name,
                            row.label,
                        )
                        opened += 1
        db.session.rollback()
    assert opened > 0 or name in ("invoiced", "received-not-invoiced", "budgets")


def test_all_groups_together_are_all_the_rows_the_reader_may_see(company: list[int]) -> None:
    resource = registry["spend_record"]
    for context in readers(company):
        with unit.reading(context) as bound:
            report = figures.report_at(bound, "spending")
            query, _ = listing.parse(bound, resource, {"state": ["counted"]})
            rows = list(listing.every_row(bound, resource, query))
            for grouping in report.groupings:
                found = figures.compute(bound, report, {"by": [grouping.key]})
                assert sum(row.count for row in found.rows) == len(rows) > 0
                assert sum(total[0] for total in found.totals.values()) == sum(row.base_amount for row in rows)
        db.session.rollback()


def test_a_supplier_out_of_reach_is_counted_and_not_named(maker: Maker) -> None:
    here, there = maker.create(registry["entity"]), maker.create(registry["entity"])
    hidden = maker.create(registry["supplier"], entity=there, name="Secret Works")
    form = {"entity": here, "our_supplier": hidden, "cost_centre": None, "stated_supplier": None, "category": None}
    maker.create(registry["spend_record"], **form)
    with unit.reading(system()) as bound:
        entity = find_row(bound, registry["entity"], here).id
    with unit.reading(acting("Controller", id=905, entity=entity)) as bound:
        found = figures.compute(bound, figures.report_at(bound, "spending"), {})
        assert [(row.label, row.key, row.count, row.args) for row in found.rows] == [("Out of your reach", "", 1, None)]
        with pytest.raises(Refused):
            figures.compute(bound, figures.report_at(bound, "spending"), {"our_supplier": [hidden]})


def test_set_aside_records_count_in_no_report(maker: Maker) -> None:
    key = maker.create(registry["spend_record"])
    unit.execute(system(), registry["spend_record"], key, "set_aside", {"reason": "Twice"})
    with unit.reading(system()) as bound:
        assert figures.compute(bound, figures.report_at(bound, "spending"), {}).rows == ()


def test_what_nobody_can_be_asked_for_is_refused_in_words(company: list[int]) -> None:
    with unit.reading(system()) as bound:
        report = figures.report_at(bound, "spending")
        for args, code in (({"by": ["colour"]}, "unknown_choice"), ({"colour": ["red"]}, "unknown_filter")):
            with pytest.raises(Refused) as caught:
                figures.compute(bound, report, args)
            assert [problem.code for problem in caught.value.problems] == [code]
        with pytest.raises(Refused) as caught:
            figures.report_at(bound, "weather")
        assert [problem.code for problem in caught.value.problems] == ["not_found"]


def test_files_of_reports_run_nothing_in_a_spreadsheet() -> None:
    (content,) = [b"".join(export.table("Spending", ["Supplier"], iter([["=cmd()"], [Decimal("-1.5")]]), "csv"))]
    assert content.decode("utf-8-sig").splitlines() == ["Supplier", "'=cmd()", "-1.5"]


def test_pages_files_and_rest_show_the_same_figures_and_keep_out_who_may_not_read(
    app: Flask, company: list[int]
) -> None:
    with app.app_context():
        reader, stranger = person("ria.report", "Controller"), person("rob.request", "Requester")
        with unit.reading(system()) as bound:
            found = figures.compute(bound, figures.report_at(bound, "spending"), {"by": ["department"]})
        client, other = signed_in(app, reader), signed_in(app, stranger)
    page = client.get("/reports/spending?by=department")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    for row in found.rows:
        assert row.label in text
    link = text.split('class="o-title" href="')[1].split('"')[0].replace("&amp;", "&")
    assert client.get(link).status_code == 200
    assert "Spending recorded elsewhere" in client.get("/reports/").get_data(as_text=True)
    told = client.get("/api/v1/reports/spending?by=department").get_json()
    assert [(row["label"], Decimal(row["amount"])) for row in told["data"]] == [
        (r.label, r.amounts[0]) for r in found.rows
    ]
    assert client.get(told["data"][0]["href"]).status_code == 200
    file = client.get("/reports/spending.csv?by=department").get_data().decode("utf-8-sig").splitlines()
    assert len(file) == len(found.rows) + 1
    assert client.get("/reports/spending.xlsx").get_data()[:2] == b"PK"
    assert [other.get(url).status_code for url in ("/reports/spending", "/api/v1/reports/spending")] == [403, 403]
    assert client.get("/reports/spending?by=colour").status_code == 422
    for name in (*REPORTS, *OF_PARTS):
        assert client.get(f"/api/v1/reports/{name}").status_code == 200, name
        assert client.get(f"/reports/{name}").status_code == 200, name


def test_amounts_of_two_currencies_are_not_sorted_together(app: Flask, maker: Maker) -> None:
    amounts = (["10", "30", "20"], ["25", "5000"])
    for several in amounts:
        currency = maker.create(registry["currency"])
        entity = maker.create(registry["entity"], base_currency=currency)
        for amount in several:
            maker.create(
                registry["spend_record"],
                entity=entity,
                cost_centre=None,
                our_supplier=None,
                stated_supplier=None,
                category=None,
                department=f"{entity} {amount}",
                amount=amount,
                currency=currency,
                paid_on="2026-03-01",
                reference=amount,
            )
    with unit.reading(system()) as bound:
        found = figures.compute(bound, figures.report_at(bound, "spending"), {"by": ["department"]})
        assert [row.amounts[0] for row in found.rows] == [30, 20, 10, 5000, 25]
        assert len({row.currency for row in found.rows[:3]}) == len({row.currency for row in found.rows[3:]}) == 1
        least = figures.compute(bound, figures.report_at(bound, "spending"), {"by": ["department"]}, 1)
        assert [row.amounts[0] for row in least.rows] == [30, 5000]
        currencies = [row.currency for row in least.rows]
    page = signed_in(app, person("ria.report", "Controller")).get("/reports/spending?by=department").text
    assert re.findall(r'<th scope="rowgroup"[^>]*>([^<]+)</th>', page) == currencies
