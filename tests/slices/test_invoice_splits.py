"""Lines that several pay: as ordered, to the cent and into the right budgets; without an order, as the clerk says."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.infra.db import db
from tests.scenarios.billing import Billing, ubl
from tests.slices.doing import reading, refused

THIRDS = [
    {"line": 1, "cost_centre": "LAB", "percent": "33.333333"},
    {"line": 1, "cost_centre": "IT", "percent": "33.333333"},
    {"line": 1, "cost_centre": "HAL-0", "percent": "33.333334"},
]
LAMP = {"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "10", "category": "OPT"}


def ordered(billing: Billing, splits: list[dict[str, Any]], **line: Any) -> str:
    """Order lamps that several pay, and let them arrive."""
    for code in ("LAB", "IT", "HAL-0"):
        billing.budget(code, "90000")
    key = billing.issued(lines=[{**LAMP, **line}], splits=splits)
    billing.receive(key, "10")
    return key


def splits(key: str) -> list[tuple[int, str, str, bool]]:
    with reading("invoice", key) as row:
        return [
            (
                each.line,
                each.cost_centre.code,
                f"{each.amount or each.percent:f}".rstrip("0").rstrip("."),
                each.as_ordered,
            )
            for each in row.splits
        ]


def moved(key: str) -> dict[str, str]:
    """Tell what an invoice has cost, by cost centre."""
    db.session.rollback()
    statement = text(
        "SELECT k.code, sum(m.amount) AS amount FROM budget_move m JOIN budget_cell c ON c.id = m.cell_id"
        " JOIN cost_centre k ON k.id = c.cost_centre_id WHERE m.bucket = 'actual' AND m.source_key = :key GROUP BY k.code"
    )
    return {row.code: f"{row.amount:.2f}" for row in db.session.execute(statement, {"key": key})}


def test_an_invoice_is_split_as_its_order_and_no_cent_is_lost(billing: Billing) -> None:
    order = ordered(billing, THIRDS)
    key = billing.captured("R-1", ("Lamp", "10", "10"), order=order)
    assert splits(key) == [(1, "LAB", "33.33", True), (1, "IT", "33.33", True), (1, "HAL-0", "33.34", True)]
    billing.posted(key)
    # The budget of the head office stands above those of its departments, so all of it counts there.
    assert moved(key) == {"LAB": "33.33", "IT": "33.33", "HAL-0": "100.00"}
    assert billing.spent("IT") == ("0", "33.33")


def test_what_is_invoiced_in_part_is_taken_from_each_commitment_by_its_share(billing: Billing) -> None:
    halves = [{"line": 1, "cost_centre": code, "amount": "50"} for code in ("LAB", "IT")]
    order = ordered(billing, halves)
    assert (billing.spent("LAB"), billing.spent("IT")) == (("50", "0"), ("50", "0"))
    key = billing.posted(billing.captured("R-1", ("Lamp", "3", "10"), order=order))
    assert (billing.spent("LAB"), billing.spent("IT")) == (("35", "15"), ("35", "15"))
    billing.do(billing.eva.context(), "invoice", key, "void", reason="Entered twice")
    assert (billing.spent("LAB"), billing.spent("IT")) == (("50", "0"), ("50", "0"))


def test_a_credit_note_gives_back_by_the_same_shares(billing: Billing) -> None:
    halves = [{"line": 1, "cost_centre": code, "percent": "50"} for code in ("LAB", "IT")]
    order = ordered(billing, halves)
    billing.posted(billing.captured("R-1", ("Lamp", "10", "10"), order=order))
    back = {"order": order, "lines": [{"line": "1", "quantity": "-1", "reason": "Broken"}]}
    billing.do(billing.rita.context(), "receipt", billing.enter("receipt", billing.rita.context(), **back), "post")
    billing.posted(billing.captured("C-1", ("Lamp", "1", "10"), order=order, kind="381", preceding="R-1"))
    assert (billing.spent("LAB"), billing.spent("IT")) == (("5", "45"), ("5", "45"))


def test_the_split_of_the_order_holds_unless_another_cost_centre_pays_the_whole_line(billing: Billing) -> None:
    halves = [{"line": 1, "cost_centre": code, "percent": "50"} for code in ("LAB", "IT")]
    key = billing.captured("R-1", ("Lamp", "10", "10"), order=ordered(billing, halves))
    own = [{"line": 1, "cost_centre": "HAL-0", "percent": "100"}]
    with refused(("split_as_ordered", "splits.0.line")):
        billing.edit(billing.eva.context(), "invoice", key, splits=own)
    lines = [{**line, "cost_centre": "HAL-0"} for line in billing.invoice_lines(key)]
    billing.edit(billing.eva.context(), "invoice", key, lines=lines)
    assert splits(key) == []
    billing.posted(key)
    assert moved(key) == {"HAL-0": "100.00"}


def without_order(billing: Billing) -> str:
    for code in ("LAB", "IT"):
        billing.budget(code, "90000")
    billing.invoice_policy()
    [found] = billing.capture(ubl("P-1", ("Electricity", "1", "100.01")))
    key = str(found.key)
    lines = [{**line, "category": "OPT"} for line in billing.invoice_lines(key)]
    billing.edit(billing.eva.context(), "invoice", key, cost_centre="LAB", lines=lines)
    return key


def test_a_clerk_shares_an_invoice_without_order_out_and_all_who_pay_are_known_to_the_policy(billing: Billing) -> None:
    key = without_order(billing)
    halves = [{"line": 1, "cost_centre": code, "percent": "50"} for code in ("LAB", "IT")]
    billing.edit(billing.eva.context(), "invoice", key, splits=halves)
    assert splits(key) == [(1, "LAB", "50", False), (1, "IT", "50", False)]
    billing.invoice(billing.eva, key, "submit")
    with reading("invoice", key) as row:
        from app.infra import unit
        from app.modules.approvals import queries
        from tests.acting import system

        with unit.reading(system()) as bound:
            [round_] = queries.list_rounds(bound, "invoice", row.id)
            assert [split["cost_centre"] for split in round_.content["splits"]] == ["LAB", "IT"]
    billing.invoice(billing.sofia, key, "approve")
    billing.invoice(billing.eva, key, "post")
    assert moved(key) == {"LAB": "50.01", "IT": "50.00"}


def test_the_parts_of_a_line_make_the_whole_and_are_of_the_company(billing: Billing) -> None:
    key = without_order(billing)
    for given, problem in (
        ([{"line": 1, "cost_centre": "IT", "percent": "99"}], ("not_whole", "splits.0.percent")),
        ([{"line": 1, "cost_centre": "IT", "amount": "99"}], ("not_whole", "splits.0.amount")),
        ([{"line": 2, "cost_centre": "IT", "percent": "100"}], ("unknown_line", "splits.0.line")),
    ):
        with refused(problem):
            billing.edit(billing.eva.context(), "invoice", key, splits=given)
