"""Rules of requests: amounts, shares that lose no cent, what is missing, and who may change what was asked for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.actor import SYSTEM, Actor, Context, Grant
from app.kernel.money import Money
from app.kernel.problem import Problem
from app.modules.requests import domain

TODAY = date(2026, 11, 22)


class Thing(SimpleNamespace):
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __str__(self) -> str:
        return str(getattr(self, "name", "it"))


BRNO = Thing(name="Brno", id=1)
WIEN = Thing(name="Wien", id=2)
IT, LAB = (Thing(name=name, entity=BRNO, state="open", path=f"/{name}/") for name in ("IT", "LAB"))
EUR, JPY = (Thing(name=code, code=code) for code in ("EUR", "JPY"))
PIECE = Thing(name="Piece", code="C62", decimals=0)
HOUR = Thing(name="Hour", code="HUR", decimals=2)
HARDWARE = Thing(name="Hardware", state="open", ledger_account="6410", parent=None)
LENA = Thing(name="Lena", code="lena", user_id=5, state="active")
HALL = Thing(name="Hall A", state="open")


def line(**values: Any) -> Any:
    usual: dict[str, Any] = {
        "item": None, "text": "Filter set", "quantity": Decimal(2), "unit": PIECE, "unit_price": Decimal("11.80"),
        "category": HARDWARE, "cost_centre": None, "project": None, "supplier": None, "needed_by": None,
        "quantity_ordered": Decimal(0), "quantity_issued": Decimal(0),
    }  # fmt: skip
    made = Thing(**{**usual, **values})
    made.amount = values.get("amount", domain.amount_of(made, "EUR").amount)
    return made


def split(of: int = 1, percent: str | None = None, amount: str | None = None, centre: Any = LAB) -> Any:
    percents, amounts = (None if each is None else Decimal(each) for each in (percent, amount))
    return Thing(line=of, percent=percents, amount=amounts, cost_centre=centre, project=None)


def request(*lines: Any, splits: tuple[Any, ...] = (), **values: Any) -> Any:
    usual: dict[str, Any] = {
        "entity": BRNO, "cost_centre": IT, "project": None, "supplier": None, "currency": EUR, "needed_by": None,
        "deliver_to": HALL, "requester": LENA, "wanted_for": None, "makers": [5], "created_by": 5, "state": "draft",
        "total": sum((each.amount for each in lines), Decimal(0)),
    }  # fmt: skip
    return Thing(lines=list(lines), splits=list(splits), **{**usual, **values})


def codes(problems: list[Problem]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in problems]


def shares(asked: Any) -> list[tuple[str, str]]:
    return [(str(part.cost_centre), str(part.amount.amount)) for part in domain.portions(asked, TODAY)]


def test_a_line_comes_to_its_quantity_times_its_price_in_whole_coins() -> None:
    half = line(quantity=Decimal("0.5"), unit_price=Decimal("0.01"))
    assert domain.amount_of(half, "EUR") == Money(Decimal("0.01"), "EUR")
    assert domain.amount_of(half, "JPY") == Money.zero("JPY")
    assert domain.amount_of(line(unit_price=None), "EUR") == Money.zero("EUR")


def test_a_line_is_charged_to_its_own_cost_centre_and_else_to_that_of_the_request() -> None:
    assert shares(request(line(), line(cost_centre=LAB))) == [("IT", "23.60"), ("LAB", "23.60")]


def test_a_line_shared_out_by_percent_loses_no_cent() -> None:
    thirds = request(line(amount=Decimal(100)), splits=tuple(split(percent=each) for each in ("33", "33", "34")))
    even = request(line(amount=Decimal("0.05")), splits=(split(percent="50"), split(percent="50", centre=IT)))
    assert [amount for _, amount in shares(thirds)] == ["33.00", "33.00", "34.00"]
    assert sum(Decimal(amount) for _, amount in shares(even)) == Decimal("0.05")


def test_a_line_shared_out_by_amount_is_charged_as_it_says() -> None:
    asked = request(line(amount=Decimal(100)), splits=(split(amount="30"), split(amount="70", centre=IT)))
    assert shares(asked) == [("LAB", "30.00"), ("IT", "70.00")]
    assert domain.why_not_complete(asked) == []


def test_the_day_of_a_part_is_that_of_its_line_then_of_the_request_then_today() -> None:
    asked = request(line(needed_by=date(2027, 1, 5)), line(), needed_by=date(2026, 12, 1))
    assert [part.on for part in domain.portions(asked, TODAY)] == [date(2027, 1, 5), date(2026, 12, 1)]
    assert [part.on for part in domain.portions(request(line()), TODAY)] == [TODAY]


cents = st.decimals(min_value=0, max_value=10**9, places=2)
weights = st.lists(st.decimals(min_value=0, max_value=100, places=2), min_size=1, max_size=8)


@given(amount=cents, percents=weights)
def test_parts_by_percent_add_up_to_the_line(amount: Decimal, percents: list[Decimal]) -> None:
    asked = request(line(amount=amount), splits=tuple(split(percent=str(each)) for each in percents))
    assert sum((part.amount.amount for part in domain.portions(asked, TODAY)), Decimal(0)) == amount


@given(amounts=st.lists(cents, max_size=12), rate=st.decimals(min_value="0.0001", max_value=10**4, places=6))
def test_parts_in_the_base_currency_add_up_to_the_converted_total(amounts: list[Decimal], rate: Decimal) -> None:
    parts = [Money(amount, "EUR") for amount in amounts]
    base = sum(parts, Money.zero("EUR")).at(rate, "CZK")
    converted = domain.in_base(parts, base)
    assert sum(converted, Money.zero("CZK")) == (base if converted else Money.zero("CZK"))
    assert len(converted) == (len(parts) if any(amounts) else 0)


@pytest.mark.parametrize(
    ("amounts", "total", "expected"),
    [
        (["-30"], "-36", ["-36"]),
        (["-10", "-20"], "-0.01", ["0", "-0.01"]),
        (["100", "-10"], "45", ["50", "-5"]),
        (["100", "-100"], "0", ["100", "-100"]),
    ],
)
def test_what_is_given_back_is_shared_out_below_zero(amounts: list[str], total: str, expected: list[str]) -> None:
    found = domain.in_base([Money(Decimal(each), "USD") for each in amounts], Money(Decimal(total), "EUR"))
    assert [part.amount for part in found] == list(map(Decimal, expected))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(), [("no_lines", "lines")]),
        (request(line(text="")), [("required", "lines.0.text")]),
        (request(line(quantity=None)), [("required", "lines.0.quantity")]),
        (request(line(quantity=Decimal(0))), [("not_positive", "lines.0.quantity")]),
        (request(line(unit=None)), [("required", "lines.0.unit")]),
        (request(line(unit_price=None)), [("required", "lines.0.unit_price")]),
        (request(line(category=None)), [("required", "lines.0.category")]),
        (request(line(), deliver_to=None), [("required", "deliver_to")]),
        (request(line(unit=HOUR), deliver_to=None), []),
        (request(line(unit_price=Decimal(0))), []),
        (request(line(item=Thing(name="Old", state="retired"))), [("item_retired", "lines.0.item")]),
        (request(line(), supplier=Thing(name="V", state="blocked", entity=None)), [("supplier_blocked", "supplier")]),
        (request(line(), supplier=Thing(name="V", state="approved", entity=WIEN)), [("other_entity", "supplier")]),
        (
            request(line(supplier=Thing(name="V", state="merged", entity=None, merged_into=BRNO))),
            [("merged_already", "lines.0.supplier")],
        ),
        (request(line(), cost_centre=Thing(name="C", entity=BRNO, state="closed")), [("closed", "cost_centre")]),
        (request(line(category=Thing(name="C", state="closed"))), [("closed", "lines.0.category")]),
        (request(line(), splits=(split(percent="60"),)), [("not_whole", "splits.0.percent")]),
        (request(line(), splits=(split(percent="60"), split(percent="40"))), []),
        (request(line(), splits=(split(amount="23.59"),)), [("not_whole", "splits.0.amount")]),
        (request(line(), splits=(split(percent="50"), split(amount="1"))), [("mixed_split", "splits.1.percent")]),
        (request(line(), splits=(split(),)), [("mixed_split", "splits.0.percent")]),
        (
            request(line(), splits=(split(percent="100", centre=Thing(name="C", entity=BRNO, state="closed")),)),
            [("closed", "splits.0.cost_centre")],
        ),
    ],
)
def test_what_is_missing_is_told_at_its_field(asked: Any, expected: list[tuple[str, str | None]]) -> None:
    assert codes(domain.why_not_complete(asked)) == expected


FAR = Thing(name="Wien IT", entity=WIEN, state="open")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(), []),
        (request(line(text=None, quantity=None, unit_price=None)), []),
        (request(line(quantity=Decimal(-1))), [("negative", "lines.0.quantity")]),
        (request(line(unit_price=Decimal(-1))), [("negative", "lines.0.unit_price")]),
        (request(line(quantity=Decimal("0.5"))), [("too_many_decimals", "lines.0.quantity")]),
        (request(line(quantity=Decimal("0.5"), unit=HOUR)), []),
        (request(line(unit_price=Decimal("1.12345")), currency=JPY), [("too_many_decimals", "lines.0.unit_price")]),
        (request(line(cost_centre=FAR)), [("other_entity", "lines.0.cost_centre")]),
        (request(line(), project=FAR), [("other_entity", "project")]),
        (request(line(), splits=(split(of=2, percent="1"),)), [("unknown_line", "splits.0.line")]),
        (request(line(), splits=(split(percent="1", amount="1"),)), [("percent_or_amount", "splits.0.amount")]),
        (request(line(), splits=(split(percent="101"),)), [("out_of_range", "splits.0.percent")]),
        (request(line(), splits=(split(amount="-1"),)), [("negative", "splits.0.amount")]),
        (request(line(), splits=(split(amount="0.001"),)), [("too_many_decimals", "splits.0.amount")]),
        (request(line(), splits=(split(percent="1", centre=FAR),)), [("other_entity", "splits.0.cost_centre")]),
        (request(line(), total=domain.LARGEST_TOTAL), [("too_large", "lines")]),
    ],
)
def test_a_draft_takes_nearly_everything(asked: Any, expected: list[tuple[str, str | None]]) -> None:
    assert codes(domain.why_not_written(asked)) == expected


def test_a_day_that_has_passed_is_told_at_its_field() -> None:
    asked = request(line(), line(needed_by=date(2026, 11, 21)), needed_by=TODAY)
    assert codes(domain.why_not_in_time(asked, TODAY)) == [("in_the_past", "lines.1.needed_by")]


def test_nothing_is_asked_for_somebody_who_has_left() -> None:
    assert codes(domain.why_not_for(request(wanted_for=Thing(name="Gone", state="left")))) == [("left", "wanted_for")]


def test_the_account_of_a_category_is_its_own_or_the_next_above() -> None:
    below = Thing(name="Notebooks", ledger_account=None, parent=HARDWARE)
    assert domain.ledger_account(below) == "6410"
    assert domain.ledger_account(Thing(ledger_account=None, parent=None)) is None
    assert domain.ledger_account(None) is None


def acting(account: int, *regions: tuple[int | None, str | None]) -> Context:
    grants = tuple(Grant("Role", entity, centre) for entity, centre in regions)  # type: ignore[arg-type]
    actor = Actor(account, "Somebody", grants, {"Role": frozenset({"request.oversee"})})
    return Context(actor, None, TODAY, "test")  # type: ignore[arg-type]


def test_what_is_asked_for_is_changed_by_those_who_ask() -> None:
    asked = request(wanted_for=Thing(name="Ana", user_id=6, state="active"), makers=[5, 7], created_by=8)
    assert [domain.why_not_asker(acting(account), asked) for account in (5, 6, 7, 8)] == [[], [], [], []]
    assert codes(domain.why_not_asker(acting(9), asked)) == [("not_yours", None)]
    assert domain.why_not_asker(Context(SYSTEM, None, TODAY, "test"), asked) == []  # type: ignore[arg-type]


def test_whoever_oversees_the_cost_centre_ends_requests_of_others() -> None:
    asked = request()
    assert domain.why_not_overseen(acting(9, (None, None)), asked) == []
    assert domain.why_not_overseen(acting(9, (1, "IT")), asked) == []
    for reach in ((2, None), (None, "LAB")):
        assert codes(domain.why_not_overseen(acting(9, reach), asked)) == [("not_yours", None)]


def test_what_is_ordered_is_told_in_three_words_and_a_line_cannot_shrink_below_it() -> None:
    some, all_of = line(quantity_issued=Decimal(1)), line(quantity_issued=Decimal(2))
    assert [domain.share_ordered(each).value for each in ([line()], [some], [all_of, line()], [all_of])] == [
        "none",
        "part",
        "part",
        "all",
    ]
    assert [domain.left_to_issue(each) for each in (line(), some, all_of)] == [1, Decimal("0.5"), 0]
    assert domain.left_to_issue(some, Decimal(1)) == 0
    asked = request(line(quantity_ordered=Decimal(3)))
    assert [(each.code, each.field) for each in domain.why_not_written(asked)] == [
        ("ordered_already", "lines.0.quantity")
    ]
