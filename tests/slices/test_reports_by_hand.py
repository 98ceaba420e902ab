"""Figures over parts of documents equal what plain Python adds up over the list their reader sees, and their links open those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from app.infra import figures, identity, listing, unit
from app.infra.db import db
from app.infra.figures import Figure
from app.kernel.actor import Context
from app.kernel.resource import registry
from tests.acting import NOW, acting, context_of, system
from tests.scenarios.paying import Paying

_CENT, _DAY = Decimal("0.01"), Decimal(24 * 60 * 60)
Told = tuple[Any, str, Decimal]


@pytest.fixture
def company(paying: Paying) -> Paying:
    """Let Vega bill several categories at different days, credit a part, and people decide sooner or later."""
    first = paying.owed("R-1", "100.15", quantity="1")
    for number, price, on in (
        ("R-2", "333.33", "2026-09-10"),
        ("R-3", "71.07", "2026-07-01"),
        ("R-4", "5", "2026-04-02"),
    ):
        paying.owed(number, price, quantity="2", on=on)
    paying.credited("C-1", of=first, price="10.05")
    two = [
        {"text": "Lamp", "quantity": "1", "unit": "C62", "unit_price": "40", "category": "OPT"},
        {"text": "Mouse", "quantity": "2", "unit": "C62", "unit_price": "9.99", "category": "HW"},
    ]
    order = paying.issued(lines=two)
    paying.receive(order, "1")
    paying.receive(order, "2", line=2)
    paying.posted(paying.captured("R-5", ("Lamp", "1", "40"), ("Mouse", "2", "9.99"), order=order, due="2026-12-24"))
    paying.order_policy()
    for days, cost_centre in ((Decimal("0.5"), "LAB"), (Decimal(3), "LAB"), (Decimal("6.25"), "IT")):
        key = paying.order("900", cost_centre=cost_centre)
        paying.act(paying.nadia, key, "submit")
        then = NOW + timedelta(seconds=int(days * _DAY))
        sofia = context_of(identity.actor_of(db.session(), paying.sofia.user), now=then)
        unit.execute(sofia, registry["order"], key, "approve", {})
    return paying


def readers() -> list[Context]:
    """Name people with different roles and reach; the last ones look at it weeks later."""
    with unit.reading(system()) as bound:
        rows = {row.code: row.id for row in listing.lookup(bound, registry["cost_centre"], "")}
        entity = listing.lookup(bound, registry["entity"], "HAL")[0].id
    found = [
        system(),
        acting("Controller", id=911),
        acting("Auditor", id=912, entity=entity),
        acting("AP clerk", id=913, entity=entity, cost_centre=rows["IT"]),
        acting("Controller", id=914, entity=entity, cost_centre=rows["LAB"]),
        acting("AP clerk", id=915, entity=entity + 1000),
    ]
    later = replace(found[1], now=NOW + timedelta(days=40), today=NOW.date() + timedelta(days=40))
    return [*found, later]


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def age(today: date, due: date) -> str:
    late = (today - due).days
    return next((start for start, most in (("0", 0), ("1", 30), ("31", 60), ("61", 90)) if late <= most), "91")


def open_by_age(context: Context, invoice: Any) -> Iterator[Told]:
    for item in invoice.open_items:
        left = rounded((item.amount - item.settled) * invoice.rate)
        yield age(context.today, item.due_on), invoice.entity.base_currency.code, left


def open_by_month(context: Context, invoice: Any) -> Iterator[Told]:
    for (_, currency, left), item in zip(open_by_age(context, invoice), invoice.open_items, strict=True):
        yield f"{item.due_on:%Y-%m}", currency, left


def by_category(context: Context, invoice: Any) -> Iterator[Told]:
    for line in invoice.lines:
        amount = rounded((line.amount or Decimal(0)) * invoice.rate)
        amount = -abs(amount) if invoice.kind.value == "credit_note" else amount
        yield line.category.code if line.category else "", invoice.entity.base_currency.code, amount


def days_by_step(context: Context, approval: Any) -> Iterator[Told]:
    for each in approval.decisions:
        yield each.step.label.lower(), "", Decimal((each.at - each.step.opened_at).total_seconds()) / _DAY


def days_by_place(context: Context, approval: Any) -> Iterator[Told]:
    for _, _, days in days_by_step(context, approval):
        yield approval.cost_centre.code if approval.cost_centre else "", "", days


Hand = Callable[[Context, Any], Iterator[Told]]


@dataclass(frozen=True)
class Case:
    """A report, how it is told apart, and how its figures are made by hand."""

    report: str
    by: str
    hand: Hand


CASES = (
    Case("open-items", "late", open_by_age),
    Case("open-items", "due", open_by_month),
    Case("invoiced-by-category", "lines.category", by_category),
    Case("approval-times", "step", days_by_step),
    Case("approval-times", "cost_centre", days_by_place),
)


def listed(bound: Context, resource: Any, args: Any) -> list[Any]:
    query, problems = listing.parse(bound, resource, args)
    assert problems == []
    return list(listing.every_row(bound, resource, query))


def told(report: Any, amounts: list[Decimal]) -> tuple[Decimal, ...]:
    hows = {"sum": sum, "max": max, "avg": lambda every: sum(every) / len(every)}
    return tuple(rounded(Decimal(hows[measure.how](amounts))) for measure in report.measures)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.report} by {case.by}")
def test_a_figure_is_what_plain_python_adds_up_over_the_list_of_its_reader(company: Paying, case: Case) -> None:
    seen: set[tuple[Any, ...]] = set()
    for context in readers():
        db.session.rollback()
        with unit.reading(context) as bound:
            report = figures.report_at(system(), case.report)
            if not figures.may_read(bound, report):
                continue
            resource = registry[report.resource]
            found = figures.compute(bound, report, {"by": [case.by]})
            groups: dict[tuple[Any, str], list[Decimal]] = defaultdict(list)
            documents: dict[tuple[Any, str], set[int]] = defaultdict(set)
            for row in listed(bound, resource, {name: [value] for name, value in report.always.items()}):
                for key, currency, amount in case.hand(bound, row):
                    groups[key, currency].append(amount)
                    documents[key, currency].add(row.id)
            assert figures_of(found.rows) == {each: told(report, amounts) for each, amounts in groups.items()}
            assert set(found.totals) == {currency for _, currency in groups}
            for currency, total in found.totals.items():
                every = [amount for (_, code), amounts in groups.items() if code == currency for amount in amounts]
                assert total == told(report, every)
            for row in found.rows:
                assert row.args is not None
                opened = {each.id for each in listed(bound, resource, row.args)}
                assert opened == documents[row.key, row.currency], (case, row.label)
                assert len(opened) == row.count
            seen.add(tuple(sorted(figures_of(found.rows).items())))
    assert len(seen) > 1


def figures_of(rows: tuple[Figure, ...]) -> dict[tuple[Any, str], tuple[Decimal, ...]]:
    return {(row.key, row.currency): tuple(rounded(amount) for amount in row.amounts) for row in rows}


def test_days_late_are_named_and_open_the_days_they_are(company: Paying) -> None:
    with unit.reading(system()) as bound:
        found = figures.compute(bound, figures.report_at(bound, "open-items"), {"by": ["late"]})
    labels = [row.label for row in found.rows]
    assert labels == ["Not due yet", "1 to 30 days late", "31 to 60 days late", "91 days late or more"]
    assert found.rows[2].args == {
        "state": ["posted"], "paid.not": ["all"], "open_items.due_on.from": ["2026-09-23"], "open_items.due_on.to": ["2026-10-22"],
    }  # fmt: skip
