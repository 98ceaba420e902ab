"""What goes back: in parts, never more than came with the receipt it is taken from, and credited for what it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.infra import unit
from app.modules.receipts import service
from tests.acting import system
from tests.scenarios.billing import Billing
from tests.slices.doing import reading, refused

LAMPS = [{"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT"}]


def back(billing: Billing, order: str, *lines: dict[str, Any]) -> str:
    """Let Rita enter what goes back; give the number of the draft."""
    given = [{"line": "1", "reason": "Broken glass", **line} for line in lines]
    return billing.enter("receipt", billing.rita.context(), order=order, lines=given)


def gone(billing: Billing, order: str, quantity: str, **line: Any) -> str:
    key = back(billing, order, {"quantity": f"-{quantity}", **line})
    billing.do(billing.rita.context(), "receipt", key, "post")
    return key


def origins(key: str) -> list[str | None]:
    with reading("receipt", key) as row:
        return [line.came_with.number if line.came_with else None for line in row.lines]


def to_credit(order: str) -> list[str]:
    """Tell what went back, was invoiced and is not credited yet."""
    with reading("order", order) as row, unit.reading(system()) as bound:
        return [f"{quantity.normalize():f} of {line}" for line, quantity in service.to_credit(bound, row)]


def test_one_delivery_goes_back_in_several_parts_and_never_more_than_came_with_it(billing: Billing) -> None:
    order = billing.issued(lines=LAMPS)
    first, second = billing.receive(order, "4"), billing.receive(order, "6")
    gone(billing, order, "1", came_with=first)
    gone(billing, order, "2", came_with=first, condition="damaged")
    more = back(billing, order, {"quantity": "-2", "came_with": first})
    with refused(("more_than_received", "lines.0.quantity")) as told:
        billing.do(billing.rita.context(), "receipt", more, "post")
    assert told == [f"Only 1 of what came with {first} are left, so no more can go back."]
    billing.edit(billing.rita.context(), "receipt", more, lines=[
        {"line": "1", "quantity": "-1", "came_with": first, "reason": "Broken glass"},
        {"line": "1", "quantity": "-1", "came_with": second, "reason": "Broken glass"},
    ])  # fmt: skip
    billing.do(billing.rita.context(), "receipt", more, "post")
    with reading("order", order) as row:
        assert (row.lines[0].quantity_received, row.received.value) == (5, "part")


def test_two_lines_of_one_return_count_together(billing: Billing) -> None:
    order = billing.issued(lines=LAMPS)
    first = billing.receive(order, "4")
    key = back(billing, order, {"quantity": "-3", "came_with": first}, {"quantity": "-2", "came_with": first})
    with refused(("more_than_received", "lines.1.quantity")):
        billing.do(billing.rita.context(), "receipt", key, "post")


def test_where_only_one_delivery_is_left_it_is_named_by_itself(billing: Billing) -> None:
    order = billing.issued(lines=LAMPS)
    first = billing.receive(order, "4")
    assert origins(gone(billing, order, "1")) == [first]
    second = billing.receive(order, "6")
    assert origins(gone(billing, order, "1")) == [None]
    gone(billing, order, "3", came_with=first)
    assert origins(gone(billing, order, "2")) == [second]


def test_a_delivery_of_which_something_went_back_is_reversed_after_the_return(billing: Billing) -> None:
    order = billing.issued(lines=LAMPS)
    first = billing.receive(order, "4")
    billing.receive(order, "6")
    returned = gone(billing, order, "1", came_with=first)
    with refused(("returned_since", None)) as told:
        billing.do(billing.rita.context(), "receipt", first, "reverse", reason="Other order")
    assert returned in told[0]
    billing.do(billing.rita.context(), "receipt", returned, "reverse", reason="They are fine")
    billing.do(billing.rita.context(), "receipt", first, "reverse", reason="Other order")
    with reading("order", order) as row:
        assert row.lines[0].quantity_received == 6


def test_only_a_posted_delivery_of_the_same_order_is_named_and_only_for_what_goes_back(billing: Billing) -> None:
    order, other = billing.issued(lines=LAMPS), billing.issued(lines=LAMPS)
    stranger, first = billing.receive(other, "4"), billing.receive(order, "4")
    with refused(("other_receipt", "lines.0.came_with")):
        back(billing, order, {"quantity": "-1", "came_with": stranger})
    draft = back(billing, order, {"quantity": "-1"})
    with refused(("other_receipt", "lines.0.came_with")):
        back(billing, order, {"quantity": "-1", "came_with": draft})
    forth = back(billing, order, {"quantity": "1", "came_with": first})
    with refused(("not_going_back", "lines.0.came_with")):
        billing.do(billing.rita.context(), "receipt", forth, "post")


def test_a_service_is_taken_back_in_part_too(billing: Billing) -> None:
    billing.enter("unit", code="LS", name="Lump sum", decimals=0)
    order = billing.issued(lines=[{**LAMPS[0], "unit": "LS", "quantity": "1", "unit_price": "1000"}])
    key = billing.enter("receipt", billing.rita.context(), order=order, lines=[{"line": "1", "percent": "60"}])
    billing.do(billing.rita.context(), "receipt", key, "post")
    refusal = back(billing, order, {"amount": "-600.01", "came_with": key})
    with refused(("more_than_received", "lines.0.quantity")):
        billing.do(billing.rita.context(), "receipt", refusal, "post")
    part = back(billing, order, {"percent": "-10", "came_with": key})
    billing.do(billing.rita.context(), "receipt", part, "post")
    with reading("order", order) as row:
        assert (row.lines[0].amount_received, row.received.value) == (Decimal(500), "part")


def test_a_credit_note_is_held_against_what_went_back(billing: Billing) -> None:
    order = billing.issued(lines=LAMPS)
    first = billing.receive(order, "10")
    invoice = billing.posted(billing.captured("R-1", ("Lamp", "10", "90"), order=order))
    early = billing.captured("C-1", ("Lamp", "3", "90"), order=order, kind="381", preceding="R-1")
    assert list(billing.exceptions(early)) == ["quantity"]
    with reading("invoice_exception", billing.exceptions(early)["quantity"]) as row:
        assert (row.owner.value, row.code) == ("receiver", "not_returned")
        assert row.text.startswith("Line 1: 3 pcs credited, and nothing went back of what was billed.")
    gone(billing, order, "2", came_with=first)
    billing.invoice(billing.eva, early, "match")
    assert list(billing.exceptions(early)) == ["quantity"]
    gone(billing, order, "1", came_with=first)
    assert to_credit(order) == ["3 of Lamp"]
    billing.invoice(billing.eva, early, "match")
    assert (billing.stands(early), billing.exceptions(early)) == ("matched", {})
    billing.posted(early)
    assert to_credit(order) == []
    with reading("order", order) as row:
        line = row.lines[0]
        assert (line.quantity_received, line.quantity_invoiced, line.amount_invoiced) == (7, 7, 630)
        assert (row.received.value, row.invoiced.value) == ("part", "part")
    assert billing.look(invoice, lambda row: row.open_amount, "invoice") == 1080
    assert billing.look(early, lambda row: row.open_amount, "invoice") == -324
