"""Which line belongs to which payment: by id, batch, document, party and amount; never used twice, in no order."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.modules.payments.domain.bank import Charge, Entry, Exchange, Movement, Party, References, Remittance
from app.modules.payments.domain.reconciliation import Candidate, Kind, Line, Proposal, Use, lines_of, propose

IBAN = "NL91ABNA0417164300"


def amount(value: str) -> Decimal:
    return Decimal(value)


def paid(id: str = "PAY-2026-00001", open: str = "-100.00", **values: Any) -> Candidate:
    usual = {"currency": "EUR", "ids": (id,), "party": Party("Jansen Bouw BV", IBAN), "documents": (f"RE-{id[-4:]}",)}
    return Candidate(id, amount(open), **{**usual, **values})


def line(amount_: str = "-100.00", id: str = "L1", **values: Any) -> Line:
    return Line(id, amount(amount_), **{"currency": "EUR", **values})


def only(lines: list[Line], candidates: list[Candidate]) -> Proposal:
    (proposal,) = propose(lines, candidates)
    return proposal


def test_the_id_of_a_payment_and_its_amount_are_certain() -> None:
    found = only([line(ids=("PAY-2026-00001",))], [paid(), paid("PAY-2026-00002")])
    assert found.uses == (Use("PAY-2026-00001", amount("-100.00")),)
    assert (found.kind, found.is_certain) == (Kind.WHOLE, True)
    assert found.reasons == ("It carries the id PAY-2026-00001.", "The amount is the same.")


def test_an_id_inside_the_text_is_found_although_the_bank_broke_it() -> None:
    found = only([line(text="SEPA TRANSFER EREF PAY-2026- 00001 THANKS")], [paid(), paid("PAY-2026-00002")])
    assert found.uses[0].candidate == "PAY-2026-00001"
    assert found.is_certain


def test_a_smaller_amount_with_the_id_is_a_part_and_waits_for_a_person() -> None:
    found = only([line("-40.00", ids=("PAY-2026-00001",))], [paid()])
    assert (found.kind, found.uses, found.is_certain) == (Kind.PART, (Use("PAY-2026-00001", amount("-40.00")),), False)
    assert "60.00 stays open" in found.reasons[1]


def test_a_larger_amount_uses_only_what_is_open_and_says_the_rest() -> None:
    found = only([line("-130.00", ids=("PAY-2026-00001",))], [paid()])
    assert (found.kind, found.uses[0].amount, found.rest) == (Kind.MORE, amount("-100.00"), amount("-30.00"))
    assert not found.is_certain


def test_a_charge_of_the_bank_explains_the_difference() -> None:
    found = only([line("-102.50", ids=("PAY-2026-00001",), charges=amount("2.50"))], [paid()])
    assert (found.kind, found.is_certain, found.rest) == (Kind.WHOLE, True, amount("-2.50"))


def test_a_payment_in_another_currency_is_found_by_what_was_instructed() -> None:
    abroad = paid(currency="USD", open="-120.00")
    found = only([line("-103.11", ids=("PAY-2026-00001",), exchange=Exchange(amount("120.00"), "USD"))], [abroad])
    assert found.uses == (Use("PAY-2026-00001", amount("-120.00")),)
    assert found.is_certain


def test_one_entry_that_is_the_sum_of_a_run_settles_all_its_payments() -> None:
    run = [paid(f"PAY-2026-0000{n}", f"-{n}0.00", groups=("RUN-1-1",)) for n in (1, 2, 3)]
    by_id = only([line("-60.00", groups=("RUN-1-1",))], run)
    assert (by_id.kind, len(by_id.uses), by_id.is_certain) == (Kind.BATCH, 3, True)
    by_sum = only([line("-60.00")], run)
    assert (by_sum.kind, by_sum.is_certain) == (Kind.BATCH, False)


def test_several_invoices_named_in_one_text_are_settled_together() -> None:
    items = [paid("A", "-30.00", documents=("2026-114",), ids=()), paid("B", "-70.00", documents=("2026-115",), ids=())]
    found = only([line(text="Invoices 2026-114 and 2026/115", party=Party(iban=IBAN))], items)
    assert (found.kind, [use.candidate for use in found.uses], found.is_certain) == (Kind.SEVERAL, ["A", "B"], True)


def test_a_short_number_alone_says_nothing() -> None:
    item = paid("A", "-30.00", documents=("114",), ids=(), party=Party("Somebody"))
    assert propose([line("-20.00", text="Room 114")], [item]) == ()


def test_a_number_inside_another_is_not_that_number() -> None:
    item = paid("A", "-30.00", documents=("202611",), ids=(), party=Party("Somebody"))
    assert propose([line("-20.00", text="Invoice 12026115")], [item]) == ()


def test_money_that_comes_back_is_a_return_of_what_was_settled() -> None:
    settled = paid(open="0", settled=amount("-100.00"))
    found = only([line("100.00", ids=("PAY-2026-00001",), is_return=True)], [settled])
    assert (found.kind, found.uses, found.is_certain) == (Kind.RETURN, (Use(settled.id, amount("100.00")),), True)
    again = [line("100.00", id, ids=("PAY-2026-00001",), is_return=True) for id in ("L1", "L2")]
    assert len(propose(again, [settled])) == 1


def test_the_vendor_and_the_amount_are_proposed_but_not_certain() -> None:
    others = [paid("B", "-690.00", ids=(), documents=(), party=Party("Other Ltd"))]
    item = paid("A", "-690.00", ids=(), documents=(), party=Party("Conrad Electronic GmbH"))
    found = only([line("-690.00", text="Paid to Conrad Electronic, card 12")], [*others, item])
    assert (found.uses[0].candidate, found.is_certain) == ("A", False)


def test_two_payments_that_fit_as_well_are_never_certain() -> None:
    twins = [paid("A", ids=("X1",), documents=("RE-77777",)), paid("B", ids=("X2",), documents=("RE-77777",))]
    found = only([line(text="RE-77777", party=Party(iban=IBAN))], twins)
    assert not found.is_certain
    assert any("as good" in reason for reason in found.reasons)


def test_the_same_booking_twice_settles_once_and_is_certain_neither_time() -> None:
    found = propose([line(id="L1", ids=("PAY-2026-00001",)), line(id="L2", ids=("PAY-2026-00001",))], [paid()])
    assert [(each.line, each.is_certain) for each in found] == [("L1", False)]


def test_money_in_never_settles_what_is_to_be_paid() -> None:
    assert propose([line("100.00", ids=("PAY-2026-00001",))], [paid()]) == ()


def test_a_batch_entry_is_taken_apart_only_if_its_members_add_up() -> None:
    members = tuple(Movement(amount(f"-{n}.00"), "EUR", references=References(end_to_end=f"P{n}")) for n in (1, 2))
    entry = Entry(amount("-3.00"), "EUR", members=members, booked_on=date(2026, 11, 2))
    assert [(each.id, each.ids) for each in lines_of(entry, "E")] == [("E.1", ("P1",)), ("E.2", ("P2",))]
    assert [each.id for each in lines_of(replace(entry, amount=amount("-4.00")), "E")] == ["E"]


def test_an_entry_brings_charges_documents_and_its_return_along() -> None:
    entry = Entry(
        amount("-10.00"), "EUR", booked_on=date(2026, 11, 2), return_reason="AC04",
        remittance=Remittance("text", "RF18539007547034", ("D1",)), charges=(Charge(amount("1.00"), "EUR"),),
    )  # fmt: skip
    (found,) = lines_of(entry, "E")
    assert (found.charges, found.documents, found.is_return) == (amount("1.00"), ("D1", "RF18539007547034"), True)


numbers = st.sampled_from(["RE-1001", "RE-1002", "2026-77", "991234"])
money = st.decimals(min_value=-30, max_value=30, places=0).map(Decimal)
parties = st.sampled_from([Party(), Party("Jansen Bouw", IBAN), Party("Janssen Bouw BV"), Party("Miller", None, "123")])
run_ids = st.sampled_from(["RUN-1", "RUN-2"])


@st.composite
def puzzles(draw: Any) -> tuple[list[Line], list[Candidate]]:
    candidates = [
        Candidate(
            f"C{n}", draw(money), draw(st.sampled_from(["EUR", "USD"])), tuple(draw(st.sets(st.sampled_from(["PAY-00001", "PAY-00002"])))),
            tuple(draw(st.sets(run_ids))), draw(parties), tuple(draw(st.sets(numbers, max_size=2))), None, draw(money),
        )
        for n in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    lines = [
        Line(
            f"L{n}", draw(money), draw(st.sampled_from(["EUR", "USD", None])), draw(parties),
            " ".join(draw(st.lists(numbers, max_size=3))), tuple(draw(st.sets(st.sampled_from(["PAY-00001", "PAY-00002"]), max_size=1))),
            tuple(draw(st.sets(run_ids, max_size=1))), (), draw(st.sampled_from([Decimal(0), Decimal(1)])),
            draw(st.sampled_from([None, Exchange(Decimal(5), "USD")])), draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    return lines, candidates


@given(puzzles(), st.randoms(use_true_random=False))
def test_nothing_is_used_beyond_its_amount_and_no_order_matters(
    puzzle: tuple[list[Line], list[Candidate]], chance: random.Random
) -> None:
    lines, candidates = puzzle
    found = propose(lines, candidates)
    by_line = {each.id: each for each in lines}
    by_id = {each.id: each for each in candidates}
    assert len({each.line for each in found}) == len(found)
    used: dict[tuple[str, bool], Decimal] = {}
    for proposal in found:
        assert len({use.candidate for use in proposal.uses}) == len(proposal.uses)
        is_return = proposal.kind is Kind.RETURN
        taken = by_line[proposal.line]
        for use in proposal.uses:
            assert use.amount * taken.amount > 0
            key = (use.candidate, is_return)
            used[key] = used.get(key, Decimal(0)) + use.amount
        if all(by_id[use.candidate].currency == taken.currency for use in proposal.uses):
            assert abs(sum((use.amount for use in proposal.uses), Decimal(0))) <= abs(taken.amount)
    for (id, is_return), total in used.items():
        there = -by_id[id].settled if is_return else by_id[id].open
        assert abs(total) <= abs(there)
    chance.shuffle(lines)
    chance.shuffle(candidates)
    assert propose(lines, candidates) == found


def test_a_payment_booked_twice_does_not_settle_another_of_the_same_amount() -> None:
    lines = [line(id=id, ids=("PAY-2026-00001",), party=Party(iban=IBAN)) for id in ("L1", "L2")]
    found = propose(lines, [paid(), paid("PAY-2026-00002")])
    assert [(each.line, each.uses[0].candidate) for each in found] == [("L1", "PAY-2026-00001")]


def test_where_too_many_are_alike_nothing_is_proposed() -> None:
    twins = [paid(f"P{number}", ids=(), documents=(), party=Party("Landlord", IBAN)) for number in range(60)]
    assert propose([line(party=Party(iban=IBAN))], twins) == ()
