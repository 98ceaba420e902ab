"""Submitting: what has to be there, what is reserved, who is asked, and that a refusal leaves nothing half done."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.kernel.problem import Refused
from tests.acting import context_of, system
from tests.scenarios.office import Office
from tests.slices.doing import do, events, reading, refused, why_not


def test_a_complete_request_is_reserved_and_asks_the_owner_of_its_cost_centre(office: Office) -> None:
    office.budget("LAB", "10000")
    key = office.submitted("900")
    assert (office.state(key), office.waits_for(key)) == ("submitted", ["sofia.rossi"])
    assert list(office.reserved().values()) == ["900"]
    assert events("request.submitted") == [
        {
            "number": key,
            "title": "Filter set for microscope 2",
            "requester": office.lena.id,
            "wanted_for": None,
            "total": "900",
            "currency": "EUR",
            "reason": "",
        }
    ]


def test_each_stage_is_asked_after_the_one_before(office: Office) -> None:
    key = office.submitted("12000")
    for someone, state in ((office.sofia, "submitted"), (office.omar, "submitted"), (office.marta, "approved")):
        assert office.waits_for(key) == [someone.code]
        office.act(someone, key, "approve")
        assert office.state(key) == state


def test_a_small_order_of_the_catalogue_is_approved_at_once(office: Office) -> None:
    key = office.submitted(lines=[{"item": "LAMP", "quantity": "2"}])
    assert (office.state(key), office.waits_for(key)) == ("approved", [])
    assert [event["number"] for event in events("request.approved")] == [key]
    assert events("request.submitted") == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lines": []}, [("no_lines", "lines")]),
        (
            {"lines": [{"text": "Lamp"}]},
            [("required", f"lines.0.{name}") for name in ("quantity", "unit", "unit_price", "category")],
        ),
        ({"deliver_to": None}, [("required", "deliver_to")]),
        ({"needed_by": "2026-11-21"}, [("in_the_past", "needed_by")]),
        ({"splits": [{"line": 1, "cost_centre": "IT", "percent": "99"}]}, [("not_whole", "splits.0.percent")]),
    ],
)
def test_what_is_missing_is_told_all_at_once_and_nothing_is_reserved(
    office: Office, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    office.budget("LAB", "10000")
    key = office.ask(**changes)
    with refused(*expected):
        office.act(office.lena, key, "submit")
    assert why_not(office.lena.context(), "request", key, "submit") == [code for code, _ in expected]
    assert (office.state(key), office.reserved()) == ("draft", {})


def test_a_hard_budget_that_has_less_refuses_and_says_at_which_line(office: Office) -> None:
    office.budget("LAB", "1000")
    first = office.submitted("900")
    key = office.ask("100.01")
    with refused(("over_budget", "lines.0")) as messages:
        office.act(office.lena, key, "submit")
    assert "100.00" in messages[0]
    assert (office.state(first), office.state(key)) == ("submitted", "draft")
    assert list(office.reserved().values()) == ["900"]


def test_a_soft_budget_that_is_overrun_asks_its_owner_too(office: Office) -> None:
    office.budget("IT", "1000", "soft")
    key = office.submitted("1500", splits=[{"line": 1, "cost_centre": "IT", "percent": "100"}])
    assert office.waits_for(key) == ["jana.novak"]
    split = [{"line": 1, "cost_centre": "IT", "percent": "50"}, {"line": 1, "cost_centre": "LAB", "percent": "50"}]
    other = office.submitted("100", splits=split)
    assert office.waits_for(other) == ["jana.novak", "sofia.rossi"]


def test_each_cost_centre_reserves_its_part_to_the_cent(office: Office) -> None:
    office.budget("LAB", "1000")
    office.budget("IT", "1000")
    thirds = [
        {"line": 1, "cost_centre": code, "percent": part} for code, part in (("LAB", "33.333333"), ("IT", "66.666667"))
    ]
    office.submitted("100.01", splits=thirds)
    assert sorted(office.reserved().values()) == ["33.34", "66.67"]


def test_another_currency_is_converted_at_the_rate_of_the_day_which_stays_with_the_request(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.submitted(currency="CZK", lines=[office.line("1000", quantity="3"), office.line("0.01")])
    with reading("request", key) as row:
        assert (row.total, row.base_total, row.rate) == (Decimal("3000.01"), Decimal("120.00"), Decimal("0.04"))
        assert (str(row.rate_on), row.rate_source) == ("2026-11-01", "ECB")
    assert list(office.reserved().values()) == ["120"]
    office.enter("exchange_rate", currency="EUR", base="CZK", rate="20", valid_on="2026-11-22", source="ECB")
    office.edit(office.lena.context(), "request", key, lines=[office.line("1000", quantity="2"), office.line("0.01")])
    with reading("request", key) as row:
        assert (row.rate, row.base_total) == (Decimal("0.04"), Decimal("80.00"))


def test_without_a_rate_nothing_is_submitted(office: Office) -> None:
    key = office.ask(currency="USD")
    with refused(("no_rate", "currency")):
        office.act(office.lena, key, "submit")


def test_prices_are_those_of_the_day_it_is_submitted(office: Office) -> None:
    key = office.ask(lines=[{"item": "LAMP", "quantity": "5"}])
    new = {"supplier": "VEGA", "currency": "EUR", "unit_price": "99", "valid_from": "2026-01-01"}
    office.edit(system(), "item", "LAMP", prices=[new])
    office.act(office.lena, key, "submit")
    assert office.look(key, lambda row: row.total) == Decimal(495)


def test_what_policy_blocks_is_refused_with_its_reason(office: Office) -> None:
    key = office.ask(lines=[office.line(category="BOOM")])
    with refused(("blocked", None)) as messages:
        office.act(office.lena, key, "submit")
    assert "Explosives" in messages[0]
    assert office.state(key) == "draft"


def test_without_a_policy_nothing_is_submitted(office: Office) -> None:
    do(system(), "approval_policy", office.policy, "retire")
    key = office.ask()
    with refused(("no_policy", None)):
        office.act(office.lena, key, "submit")


def test_a_retired_item_or_a_blocked_supplier_stops_it(office: Office) -> None:
    key = office.ask(supplier="VEGA", lines=[{"item": "LAMP", "quantity": "5"}])
    do(system(), "item", "LAMP", "retire", reason="Replaced")
    do(system(), "supplier", "VEGA", "block", reason="Insolvent")
    with refused(("supplier_blocked", "supplier"), ("item_retired", "lines.0.item")):
        office.act(office.lena, key, "submit")


def test_the_budget_charged_is_that_of_the_year_it_is_needed_in(office: Office) -> None:
    office.budget("LAB", "100")
    key = office.submitted("900", needed_by="2027-02-01")
    assert (office.state(key), office.reserved()) == ("submitted", {})


def test_a_second_submit_at_once_is_refused(office: Office) -> None:
    key = office.submitted()
    with refused(("wrong_state", None)):
        office.act(office.lena, key, "submit")


def test_somebody_who_only_takes_part_does_not_submit_it(office: Office) -> None:
    key = office.submitted()
    office.act(office.lena, key, "withdraw")
    with refused(("not_yours", None)):
        office.act(office.sofia, key, "submit")


def test_it_is_charged_by_the_day_of_its_first_submission_when_it_names_none(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.submitted("900")
    later = context_of(office.lena.context().actor, now=datetime(2027, 1, 5, 9, tzinfo=UTC))
    office.edit(later, "request", key, title="Filter set")
    assert list(office.reserved().values()) == ["900"]


def test_a_refused_submit_raises_and_names_every_reason(office: Office) -> None:
    key = office.ask(lines=[{}, {}], deliver_to=None)
    with pytest.raises(Refused) as refusal:
        office.act(office.lena, key, "submit")
    assert len(refusal.value.problems) == 11
