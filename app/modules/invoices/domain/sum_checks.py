"""The checks of the whole document: charges, tax by rate, total, and what is to be paid after deposits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from app.kernel.money import Money, Percent
from app.modules.invoices.domain import billing
from app.modules.invoices.domain.billing import money
from app.modules.invoices.domain.case import ZERO, BillLine, Case, Method
from app.modules.invoices.domain.checks import Check, CheckName, Verdict, Weighing, capped, failed, ok, skipped, weighed
from app.modules.invoices.domain.tolerances import Measure, Tolerance, figure, plain

#: Cash rounding of any currency stays below this; more is a difference under another name.
LARGEST_ROUNDING = Decimal(1)
_Rate = tuple[str, Decimal]


def charges(case: Case) -> Iterator[Check]:
    """Compare freight and the like, less allowances, with what was agreed; what was not agreed has a limit of its own."""
    name, currency = CheckName.CHARGES, case.bill.currency
    billed = [(line.charge, line.net) for line in case.bill.lines if _is_charge(line)]
    billed += [(each.kind, each.amount) for each in case.bill.adjustments]
    if not billed:
        yield skipped(name, "The invoice has no charges.")
        return
    if case.method is Method.CONTRACT:
        yield skipped(name, "Nothing is agreed about charges; the approval policy decides.")
        return
    if any(order.rate is None and order.currency != currency for order in case.orders):
        yield skipped(name, "No exchange rate is known to compare charges with those agreed.")
        return
    agreed = billing.agreed_in(case, lambda order: order.charges_left)
    whole = billing.agreed_in(case, lambda order: order.charges)
    total = sum((amount for _, amount in billed), ZERO)
    before = billing.before(whole, agreed, (done for order in case.orders for done in order.charged))
    words = f"Charges of {figure(total, currency)} are billed, {figure(whole.amount, currency)} are agreed{before}."
    kinds = {kind or "other" for kind, amount in billed if amount > 0}
    strange = sorted(kinds - case.charges)
    if strange and total > agreed.amount:
        text = f"{words} Not agreed and not allowed by policy: {', '.join(strange)}."
        yield failed(name, "charge_not_allowed", text, expected=agreed.amount, actual=total)
        return
    # Charges may come with a later part of the order, and a credit note gives them back.
    is_part = 0 <= total <= agreed.amount or (case.bill.kind == "credit_note" and total <= 0)
    expected = total if is_part else (agreed.amount if total > 0 else ZERO)
    goods = sum((line.net for line in case.bill.lines if not _is_charge(line) and not line.deposit), ZERO)
    weighing = Weighing(expected, total, money(total - expected, currency), goods, currency)
    yield weighed(
        name, "charges_above" if total > expected else "allowance", words, weighing, case.tolerances.of(Measure.CHARGES)
    )


def _is_charge(line: BillLine) -> bool:
    return bool(line.charge) and line.order_line is None


def tax(case: Case) -> Iterator[Check]:
    """Compute the tax of each rate on the sum of its lines, half up, and compare; then the rates with those ordered."""
    tolerance, tolerated = case.tolerances.of(Measure.TAX), list[tuple[Check, Tolerance]]()
    for check in _by_rate(case, tolerance):
        tolerated.append((check, tolerance))
        yield check
    if not tolerated:
        yield skipped(CheckName.TAX, "The invoice states no tax by rate to compute it from.")
    yield from capped(CheckName.TAX, tolerated, money(case.bill.net, case.bill.currency))
    yield from _rates_as_ordered(case)


def _by_rate(case: Case, tolerance: Tolerance) -> Iterator[Check]:
    bill, currency = case.bill, case.bill.currency
    bases = tax_bases(case)
    if not bill.taxes:
        if bases and bill.tax is not None:
            computed = sum((_tax_of(rate, basis, currency).amount for (_, rate), basis in bases.items()), ZERO)
            words = f"{figure(bill.tax, currency)} of tax is stated, {figure(computed, currency)} computed."
            yield _weighed_tax("", words, computed, bill.tax, currency, tolerance)
        return
    stated: dict[_Rate, tuple[Decimal, Decimal]] = {}
    for part in bill.taxes:
        basis, amount = stated.get(_key(part.category, part.rate, bases), (ZERO, ZERO))
        stated[_key(part.category, part.rate, bases)] = (basis + part.basis, amount + part.amount)
    for key in sorted(set(stated) | set(bases)):
        stated_basis, stated_tax = stated.get(key, (ZERO, ZERO))
        basis = bases.get(key, ZERO) if bases else stated_basis
        expected = _tax_of(key[1], basis, currency).amount
        words = f"Tax at {plain(key[1])} %: {figure(stated_tax, currency)} stated, {figure(expected, currency)} computed on {figure(basis, currency)}"
        words += "." if basis == stated_basis else f", where the invoice says {figure(stated_basis, currency)}."
        yield _weighed_tax(f"{key[0]}{plain(key[1])} %", words, expected, stated_tax, currency, tolerance)


def tax_bases(case: Case) -> dict[_Rate, Decimal]:
    """Add up lines, charges and allowances by category and rate; empty where a line does not say its rate."""
    parts: list[tuple[str, Decimal | None, Decimal]] = [
        (line.tax_category, line.tax_rate, line.net) for line in case.bill.lines
    ]
    parts += [(each.tax_category, each.tax_rate, each.amount) for each in case.bill.adjustments]
    found: defaultdict[_Rate, Decimal] = defaultdict(Decimal)
    named = bool(parts) and all(category for category, _, _ in parts)
    for category, rate, amount in parts:
        if rate is None:
            return {}
        found[category if named else "", rate] += amount
    return dict(found)


def _key(category: str, rate: Decimal, bases: dict[_Rate, Decimal]) -> _Rate:
    """Name a stated rate as the lines do: with its category only where all of them have one."""
    named = not bases or all(known for known, _ in bases)
    return (category if named else "", rate)


def _tax_of(rate: Decimal, basis: Decimal, currency: str) -> Money:
    return Percent(rate).of(Money(basis, currency)).rounded()


def _weighed_tax(
    about: str, words: str, expected: Decimal, stated: Decimal, currency: str, tolerance: Tolerance
) -> Check:
    weighing = Weighing(expected, stated, money(stated - expected, currency), expected, currency, about=about)
    return weighed(CheckName.TAX, "tax_differs", words, weighing, tolerance)


def _rates_as_ordered(case: Case) -> Iterator[Check]:
    for line in case.bill.lines:
        found = case.linked(line)
        agreed = found[1].tax_rate if found else None
        if agreed is not None and line.tax_rate is not None and agreed != line.tax_rate:
            words = f"Line {line.number} is taxed at {plain(line.tax_rate)} %, ordered at {plain(agreed)} %."
            effect = Percent(line.tax_rate - agreed).of(Money(line.net, case.bill.currency)).rounded().amount
            yield Check(
                CheckName.TAX,
                Verdict.EXCEPTION,
                "other_rate",
                words,
                (line.number,),
                agreed,
                line.tax_rate,
                line.tax_rate - agreed,
                "%",
                effect,
            )


def document_total(case: Case) -> Iterator[Check]:
    """Compare the total with the sum of its parts as stated, and a credit note with what it credits."""
    name, bill, currency = CheckName.DOCUMENT_TOTAL, case.bill, case.bill.currency
    if bill.gross is None:
        yield skipped(name, "The invoice states no total.")
        return
    computed = bill.net + bill.stated_tax
    words = f"A total of {figure(bill.gross, currency)} is stated, its parts come to {figure(computed, currency)}."
    weighing = Weighing(computed, bill.gross, money(bill.gross - computed, currency), computed, currency)
    yield weighed(name, "total_differs", words, weighing, case.tolerances.of(Measure.DOCUMENT_TOTAL))
    credited = case.credited
    if bill.kind == "credit_note" and credited is not None and credited.currency == currency:
        left = -(credited.gross - credited.given_back)
        if bill.gross < left:
            words = (
                f"{figure(-bill.gross, currency)} are credited; of {credited.number} over {figure(credited.gross, currency)} "
                f"{figure(-left, currency)} are left to credit."
            )
            weighing = Weighing(left, bill.gross, money(bill.gross - left, currency), left, currency)
            yield weighed(name, "credited_twice", words, weighing, case.tolerances.of(Measure.DOCUMENT_TOTAL))


def payable(case: Case) -> Iterator[Check]:
    """Compare what is to be paid with the total less what was paid, and see that deposits are taken off."""
    name, bill, currency = CheckName.PAYABLE, case.bill, case.bill.currency
    if bill.payable is None or bill.gross is None:
        yield skipped(name, "The invoice states no amount to pay.")
    else:
        rounding = bill.rounding if abs(bill.rounding) <= LARGEST_ROUNDING else ZERO
        computed = bill.gross - bill.prepaid + rounding
        words = f"{figure(bill.payable, currency)} are to be paid, {figure(computed, currency)} follow from the total."
        weighing = Weighing(computed, bill.payable, money(bill.payable - computed, currency), computed, currency)
        yield weighed(name, "payable_differs", words, weighing, case.tolerances.of(Measure.PAYABLE))
    yield from _deposits(case)


def _deposits(case: Case) -> Iterator[Check]:
    """Ask for deposits to be taken off by the last invoice of an order at the latest, and never more than was paid."""
    name, bill, currency = CheckName.PAYABLE, case.bill, case.bill.currency
    if bill.kind in ("credit_note", "deposit"):
        return
    taken = billing.taken_off(bill, case.deposits)
    due = sum((deposit.gross for deposit in case.deposits if _is_due(case, deposit.order)), ZERO)
    left = sum((deposit.gross for deposit in case.deposits), ZERO)
    if not taken and not left:
        return
    expected = due if taken < due else min(taken, left)
    words = f"{figure(taken, currency)} of deposits are taken off, {figure(left, currency)} are left of them."
    if not left:
        said = "are said to be paid already" if taken > 0 else "of earlier invoices are added"
        words, expected = f"{figure(abs(taken), currency)} {said}, and no deposit of these orders is known.", ZERO
    if taken == expected:
        yield ok(name, words, expected=expected, actual=taken)
        return
    # Taking off too little is what costs us, so the signs turn round.
    weighing = Weighing(expected, taken, money(expected - taken, currency), expected, currency)
    code = "deposit_not_taken_off" if left and taken < expected else "prepaid_unknown"
    yield weighed(name, code, words, weighing, case.tolerances.of(Measure.PAYABLE))


def _is_due(case: Case, number: str) -> bool:
    if case.bill.kind == "final":
        return True
    return any(order.number == number and billing.completes(case, order) for order in case.orders)
