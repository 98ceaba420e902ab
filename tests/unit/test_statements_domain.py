"""Rules of statements: which entries were here before, whose account it is, and how chosen money is shared out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.payments.domain.bank import (
    Account,
    Balance,
    BankFile,
    Entry,
    Movement,
    Party,
    References,
    Remittance,
    Statement,
)
from app.modules.statements.domain import filing
from app.modules.statements.domain.filing import Known
from app.modules.statements.domain.pairing import Share, pair, why_not_paired
from app.modules.statements.domain.sameness import marks, repeated

DAY = date(2026, 11, 2)
IBAN = "DE89370400440532013000"


def entry(amount: str, *, on: date = DAY, bank: str | None = None, text: str = "", **values: Any) -> Entry:
    return Entry(
        Decimal(amount), "EUR", remittance=Remittance(text), references=References(bank=bank), booked_on=on, **values
    )


def statement(*entries: Entry, opening: str | None = "100", **account: Any) -> Statement:
    balances = (Balance("OPBD", Decimal(opening), "EUR", DAY),) if opening is not None else ()
    return Statement("S", "1", Account(**(account or {"iban": IBAN})), entries, balances)


def known_of(new: Statement, *earlier: Statement) -> list[bool]:
    return repeated(marks(new), [mark for each in earlier for mark in marks(each) if mark])


FEE, RENT = entry("-10", text="Fee"), entry("-50", bank="B-77", text="Rent")


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (statement(FEE, RENT), [True, True]),
        (statement(FEE, RENT, opening=None), [True, True]),
        (statement(RENT, FEE), [True, False]),  # its id and its words tell; the fee stands at another balance
        (statement(FEE, RENT, opening="40"), [False, True]),  # another fee of the same day
        (statement(entry("-10", text="Fee", on=DAY + timedelta(1))), [False]),
        (statement(entry("-10.01", text="Fee")), [False]),
        (statement(FEE, entry("-50", bank="B-78", text="Rent")), [True, False]),  # another id at the same place
        (statement(entry("-10", text="Charges")), [True]),  # other words in another format, the same balance
        (statement(entry("-10", text="Charges"), opening=None), [False]),
        (statement(FEE, FEE, opening=None), [True, False]),  # one fee of before stands for one only
    ],
)
def test_an_entry_that_stood_in_an_earlier_statement_is_known_again(new: Statement, expected: list[bool]) -> None:
    assert known_of(new, statement(FEE, RENT)) == expected


def test_an_id_that_a_file_uses_twice_tells_nothing() -> None:
    twice = statement(entry("-10", bank="NR", text="a"), entry("-10", bank="NR", text="b"), opening=None)
    assert [mark.bank_id for mark in marks(twice) if mark] == [None, None]
    assert known_of(twice, statement(entry("-10", bank="NR", text="a"), opening=None)) == [True, False]


_entries = st.lists(
    st.builds(
        entry,
        st.sampled_from(["-10", "-20", "30"]),
        on=st.sampled_from([DAY, DAY + timedelta(1)]),
        bank=st.sampled_from([None, "NONREF", "B-1", "B-2"]),
        text=st.sampled_from(["", "Fee", "Rent"]),
    ),
    max_size=6,
)


@given(_entries, st.booleans())
def test_the_same_statement_again_brings_nothing_new(entries: list[Entry], balanced: bool) -> None:
    one = statement(*entries, opening="100" if balanced else None)
    assert all(known_of(one, one))


@given(_entries, _entries)
def test_no_entry_of_before_stands_for_two(before: list[Entry], new: list[Entry]) -> None:
    earlier, later = statement(*before), statement(*new, opening="500")
    assert sum(known_of(later, earlier)) <= len(before)


def test_entries_that_are_not_booked_have_no_mark() -> None:
    assert len(marks(statement(FEE, entry("-5", is_booked=False)))) == 1


KNOWN = [
    Known(1, "HAL", "EUR", IBAN, None, None, "MAIN"),
    Known(2, "HAL", "USD", IBAN, None, None),
    Known(3, "INC", "USD", None, "0004455667788", "121042882"),
]


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"iban": IBAN}, 1),
        ({"iban": IBAN, "currency": "USD"}, 2),
        ({"iban": IBAN, "currency": "GBP"}, None),
        ({"number": "370400440532013000"}, 1),
        ({"number": "37040044/0532013000"}, 1),
        ({"number": "0532013000"}, 1),
        ({"number": "4455667788", "currency": "USD"}, 3),
        ({"number": "121042882 4455667788", "currency": "USD"}, 3),
        ({"number": "4455667789", "currency": "USD"}, None),
        ({"number": "3000"}, None),
    ],
)
def test_a_statement_is_of_the_account_with_its_number_and_currency(account: Any, expected: int | None) -> None:
    found = filing.find_account(statement(FEE, **account) if "currency" not in account else statement(opening=None, **account),
                                KNOWN, None, None)  # fmt: skip
    assert (found and found.id) == expected


def test_without_a_number_somebody_says_of_which_account_it_is() -> None:
    nameless = Statement(None, None, Account(), (FEE,))
    assert filing.find_account(nameless, KNOWN, None, None) is None
    assert filing.find_account(nameless, KNOWN, KNOWN[0], None) == KNOWN[0]
    assert filing.find_account(nameless, KNOWN, KNOWN[1], None) is None  # kept in another currency
    assert filing.find_account(nameless, KNOWN, None, "HAL") == KNOWN[0]
    assert filing.why_unknown(nameless, None).code == "no_account"
    assert filing.why_unknown(nameless, None, KNOWN[1]).code == "other_currency"
    assert filing.why_unknown(nameless, "INC", KNOWN[0]).message.startswith(
        "Account: MAIN is an account of HAL, not of INC"
    )
    assert "DE89370400440532013000 in EUR is no paying account" in filing.why_unknown(statement(FEE), None).message


def test_an_account_is_said_by_its_code_or_any_of_its_numbers() -> None:
    assert filing.find_said(KNOWN, " main ") == KNOWN[0]
    assert filing.find_said(KNOWN, "121042882 4455667788") == KNOWN[2]
    assert filing.find_said(KNOWN, IBAN) is None  # of two accounts in different currencies
    assert filing.find_said(KNOWN, "PETTY") is None


def test_what_somebody_said_counts_where_the_file_gives_a_name_and_no_number() -> None:
    named = Statement(None, None, Account(number="Giro 12"), (FEE,))
    assert filing.find_account(named, KNOWN, None, None) is None
    assert filing.find_account(named, KNOWN, KNOWN[0], None) == KNOWN[0]
    other = Statement(None, None, Account(number="1234567890"), (FEE,))
    assert filing.find_account(other, KNOWN, KNOWN[0], None) is None


@pytest.mark.parametrize(("format", "refused"), [("camt.053.001.02", False), ("camt.052.001.08", True), ("camt.054", True),
                                                 ("MT942", True), ("MT940", False), ("BAI2", False), ("CSV", False)])  # fmt: skip
def test_what_is_not_final_is_no_statement(format: str, refused: bool) -> None:
    assert [problem.code for problem in filing.why_not_final(BankFile(format, "x", ()))] == ["not_final"] * refused


def test_entries_that_cannot_be_kept_are_named() -> None:
    odd = [
        Entry(Decimal(1), "USD", booked_on=DAY, line=7),
        Entry(Decimal("1e15"), "EUR", booked_on=DAY),
        Entry(Decimal("1.23456"), "EUR", booked_on=DAY),
        Entry(Decimal(1), "EUR"),
    ]
    problems = filing.why_not_entries(statement(*odd, opening="1e15"), "EUR")
    assert [problem.code for problem in problems] == [
        "other_currency",
        *["too_many_digits"] * 2,
        "no_day",
        "too_many_digits",
    ]
    assert problems[0].message == "Line 7, entry 1 is in USD, but the account is kept in EUR."


def test_an_entry_is_taken_apart_into_its_payments_unless_they_do_not_add_up() -> None:
    members = (Movement(Decimal(-4), "EUR", Party("A")), Movement(Decimal(-6), "EUR", Party("B")))
    assert [line.id for line in filing.payments_in(entry("-10", members=members), 3, "EUR")] == ["3.1", "3.2"]
    assert [line.id for line in filing.payments_in(entry("-11", members=members), 3, "EUR")] == ["3"]
    foreign = (Movement(Decimal(-4), "USD"), Movement(Decimal(-6), "USD"))
    assert [line.amount for line in filing.payments_in(entry("-10", members=foreign), 3, "EUR")] == [Decimal(-10)]


def shares(*amounts: str, currency: str = "EUR", prefix: str = "") -> list[Share]:
    return [Share(f"{prefix}{number}", Decimal(amount), currency) for number, amount in enumerate(amounts, start=1)]


def test_equal_amounts_are_paired_first_and_the_rest_in_order() -> None:
    paired = pair(shares("-30", "-20"), shares("-20", "-10", "-20"))
    assert [(each.line, each.payment, each.amount) for each in paired.pairs] == [
        ("2", "1", Decimal(-20)), ("1", "2", Decimal(-10)), ("1", "3", Decimal(-20)),
    ]  # fmt: skip
    assert paired.difference == 0


@pytest.mark.parametrize(
    ("lines", "payments", "difference"),
    [(("-1010",), ("-1000",), "-10"), (("-20",), ("-50",), "30"), (("500",), ("500",), "0")],
)
def test_a_difference_is_told_to_the_cent(lines: Any, payments: Any, difference: str) -> None:
    assert pair(shares(*lines), shares(*payments)).difference == Decimal(difference)


def test_a_payment_in_another_currency_is_matched_whole_with_one_line() -> None:
    paired = pair(shares("-92.10"), shares("-100", currency="USD"))
    assert (paired.pairs[0].amount, paired.difference) == (Decimal(-100), 0)
    dollars = shares("-100", "-5", currency="USD")
    assert [problem.code for problem in why_not_paired(shares("-92.10"), dollars)] == ["other_currency"]
    assert [problem.code for problem in why_not_paired(shares("-1"), shares("1"))] == ["two_ways"]
    assert why_not_paired(shares("-1"), shares("-1")) == []


_amounts = st.lists(st.integers(1, 5000).map(lambda cents: Decimal(-cents) / 100), min_size=1, max_size=6)


@given(_amounts, _amounts)
def test_nothing_is_used_beyond_what_it_has_and_all_that_both_sides_have_is_used(lines: Any, payments: Any) -> None:
    ours = [Share(f"L{at}", amount, "EUR") for at, amount in enumerate(lines)]
    theirs = [Share(f"P{at}", amount, "EUR") for at, amount in enumerate(payments)]
    paired = pair(ours, theirs)
    for share in ours:
        used = sum((each.amount for each in paired.pairs if each.line == share.id), Decimal(0))
        assert share.amount <= used <= 0
        assert share.amount - used == paired.lines_left.get(share.id, 0)
    for share in theirs:
        assert share.amount <= sum((each.amount for each in paired.pairs if each.payment == share.id), Decimal(0)) <= 0
    total = sum((each.amount for each in paired.pairs), Decimal(0))
    assert total == max(sum(lines), sum(payments))
    assert paired.difference == sum(lines) - sum(payments)
    assert len({(each.line, each.payment) for each in paired.pairs}) == len(paired.pairs)
