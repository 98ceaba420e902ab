"""The checks of single lines: what they are linked to, how much they bill, at which price, and whether they add up."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from app.modules.directory.domain.units import unit_words
from app.modules.invoices.domain import billing
from app.modules.invoices.domain.billing import Billable, money
from app.modules.invoices.domain.case import BillLine, Case, Method, Order, OrderLine
from app.modules.invoices.domain.checks import (
    Check,
    CheckName,
    Weighing,
    capped,
    failed,
    named,
    ok,
    rounded,
    skipped,
    weighed,
)
from app.modules.invoices.domain.tolerances import Measure, Tolerance, figure, plain

_NO_ORDER = "There is no order to compare with; the approval policy decides."
_A_DEPOSIT = "A deposit bills no quantity."
Tolerated = list[tuple[Check, Tolerance]]


def links(case: Case) -> Iterator[Check]:
    """Say of each line which order line it bills."""
    name, bill = CheckName.LINE_LINK, case.bill
    is_linked = any(line.order_line is not None for line in bill.lines)
    if bill.kind == "credit_note" and case.credited is None and not is_linked:
        words = "The credit note says neither which invoice nor which order it is for. Link it by hand."
        yield failed(name, "credit_not_tied", words)
    elif bill.kind == "deposit" or (case.credited is not None and not is_linked):
        yield _whole_link(case)
    elif case.method is Method.CONTRACT:
        yield skipped(name, _NO_ORDER)
    else:
        for line in bill.lines:
            yield _link(case, line)
        if not bill.lines:
            yield skipped(name, "The invoice has no lines.")


def _whole_link(case: Case) -> Check:
    """Tie a deposit to its order, or a credit note of money alone to its invoice."""
    name = CheckName.LINE_LINK
    if case.bill.kind != "deposit" and case.credited is not None:
        return ok(
            name, f"It credits {case.credited.number}.", expected=case.credited.number, actual=case.credited.number
        )
    if not case.orders:
        return failed(name, "not_linked", "A deposit is billed for an order. Link it by hand.")
    numbers = ", ".join(order.number for order in case.orders)
    closed = next((order.number for order in case.orders if not order.is_open), None)
    if closed is not None:
        return failed(name, "order_closed", f"It is a deposit for {closed}, which is not open.", actual=closed)
    return ok(name, f"It is a deposit for {numbers}.", expected=numbers, actual=numbers)


def _link(case: Case, line: BillLine) -> Check:
    name, lines = CheckName.LINE_LINK, (line.number,)
    if line.deposit:
        return _link_of_deposit(case, line)
    if line.charge and line.order_line is None:
        return skipped(name, f"Line {line.number} is a charge ({line.charge}).", lines=lines)
    found = case.linked(line)
    if found is None:
        words = f"Line {line.number} is on no order line: {line.text or 'without text'}. Link it by hand."
        return failed(name, "not_linked", words, lines=lines, actual=line.text)
    order, ordered = found
    where = f"{order.number} line {ordered.position}"
    if not order.is_open:
        words = f"Line {line.number} bills {where}, and {order.number} is not open."
        return failed(name, "order_closed", words, lines=lines, expected=where, actual=where)
    return ok(name, f"Line {line.number} bills {where}.", lines=lines, expected=where, actual=where)


def _link_of_deposit(case: Case, line: BillLine) -> Check:
    name, lines = CheckName.LINE_LINK, (line.number,)
    deposit = billing.takes_off(line, case.deposits)
    if deposit is None:
        words = f"Line {line.number} takes off deposit {line.deposit}, of which nothing is left or known."
        return failed(name, "deposit_unknown", words, lines=lines, actual=line.deposit)
    taken = -billing.sum_of([each for each in case.bill.lines if each.deposit == line.deposit])
    if taken > deposit.net:
        left, much = figure(deposit.net, case.bill.currency), figure(taken, case.bill.currency)
        words = f"{much} of deposit {deposit.number} are taken off, and {left} are left of it."
        return failed(name, "deposit_exceeded", words, lines=lines, expected=deposit.net, actual=taken)
    return ok(name, f"Line {line.number} takes off deposit {deposit.number}.", lines=lines, actual=deposit.number)


def quantities(case: Case) -> Iterator[Check]:
    """Compare what is billed of each order line, earlier invoices counted, with what was ordered or came."""
    name = CheckName.QUANTITY
    groups = _by_order_line(case)
    if not groups:
        words = _A_DEPOSIT if case.bill.kind == "deposit" else _NO_ORDER
        yield skipped(name, words)
    tolerated: Tolerated = []
    for order, ordered, lines in groups:
        tolerance = case.tolerances.of(Measure.QUANTITY, ordered.categories)
        check = _quantity(case, order, ordered, lines, tolerance)
        tolerated.append((check, tolerance))
        yield check
    yield from capped(name, tolerated, money(case.bill.net, case.bill.currency))


def _by_order_line(case: Case) -> list[tuple[Order, OrderLine, list[BillLine]]]:
    groups: dict[int, tuple[Order, OrderLine, list[BillLine]]] = {}
    for line in case.bill.lines if case.bill.kind != "deposit" else ():
        found = case.linked(line)
        if found is not None:
            groups.setdefault(found[1].id, (*found, []))[2].append(line)
    return list(groups.values())


def _quantity(case: Case, order: Order, ordered: OrderLine, lines: list[BillLine], tolerance: Tolerance) -> Check:
    name, numbers = CheckName.QUANTITY, tuple(line.number for line in lines)
    rate = order.rate or 1
    if ordered.by_amount:
        if not _is_comparable(case, order):
            return skipped(name, _no_rate(order, numbers), lines=numbers)
        now = sum((Fraction(line.net) for line in lines), Fraction(0)) / Fraction(rate)
    elif all(line.amount_only for line in lines):
        return skipped(name, f"{_start(numbers)} corrects an amount and no quantity.", lines=numbers)
    else:
        counted = [billing.billed_quantity(line, ordered, case) for line in lines]
        known = [quantity for quantity in counted if quantity is not None]
        if len(known) < len(counted):
            return _not_counted(ordered, lines[counted.index(None)])
        now = sum(known, Fraction(0))
    sign = -1 if ordered.ordered < 0 else 1
    limit, before = Fraction(billing.limit_of(ordered, case.method)), Fraction(ordered.was_billed)
    stays = limit * sign if _is_held_against_receipts(case, ordered) and not ordered.by_amount else Fraction(0)
    billable = Billable(limit * sign, before * sign, now * sign, stays)
    surplus = billable.surplus * sign
    price = Fraction(rate) if ordered.by_amount else billing.agreed_price(ordered, order.rate)
    weighing = Weighing(
        expected=now - surplus,
        actual=now,
        effect=money(surplus * price, case.bill.currency),
        base=limit or before,
        unit=order.currency if ordered.by_amount else ordered.unit,
        lines=numbers,
    )
    return weighed(
        name,
        _quantity_code(case, ordered, billable),
        _quantity_words(case, order, ordered, weighing, billable),
        weighing,
        tolerance,
    )


def _quantity_code(case: Case, ordered: OrderLine, billable: Billable) -> str:
    if billable.now <= 0:
        return "over_credited" if billable.after < 0 else "not_returned"
    waits = _is_held_against_receipts(case, ordered) and billable.after <= abs(Fraction(ordered.ordered))
    return "not_received" if waits else "over_ordered"


def _is_held_against_receipts(case: Case, ordered: OrderLine) -> bool:
    return case.method is Method.THREE_WAY and ordered.needs_receipt


def _quantity_words(case: Case, order: Order, ordered: OrderLine, weighing: Weighing, billable: Billable) -> str:
    """Tell the three figures, with the documents they come from."""
    if billable.now < 0 and billable.after >= 0 and billable.surplus:
        credited, back = plain(-billable.now), plain(billable.went_back)
        most = "nothing went back of what was billed" if back == "0" else f"only {back} went back of what was billed"
        unit = order.currency if ordered.by_amount else unit_words(ordered.unit, billable.now)
        return f"{_start(weighing.lines)}: {credited} {unit} credited, and {most}."
    base, documents = ("ordered", "")
    if _is_held_against_receipts(case, ordered):
        base, documents = "received", _documents([done.document for done in ordered.received])
    limit = billing.limit_of(ordered, case.method)
    before = f", {plain(ordered.was_billed)} billed before{_documents([done.document for done in ordered.billed])}"
    unit = order.currency if ordered.by_amount else unit_words(ordered.unit, Fraction(weighing.actual))
    words = (
        f"{_start(weighing.lines)}: {plain(weighing.actual)} {unit} billed, {plain(limit)} {base}{documents}{before}"
    )
    surplus = Fraction(weighing.actual) - Fraction(weighing.expected)
    if not surplus:
        return f"{words}."
    return f"{words}: {plain(abs(surplus))} {'too many' if surplus > 0 else 'more credited than was billed'}."


def _documents(names: list[str]) -> str:
    return f" ({', '.join(dict.fromkeys(names))})" if names else ""


def _not_counted(ordered: OrderLine, line: BillLine) -> Check:
    name, lines = CheckName.QUANTITY, (line.number,)
    if line.quantity is None:
        return failed(name, "no_quantity", f"Line {line.number} states no quantity.", lines=lines)
    billed, agreed = unit_words(line.unit), unit_words(ordered.unit)
    words = f"Line {line.number} is in {billed}, ordered in {agreed}, and no conversion is known."
    return failed(name, "other_unit", words, lines=lines, expected=ordered.unit, actual=line.unit)


def _is_comparable(case: Case, order: Order) -> bool:
    return order.currency == case.bill.currency or order.rate is not None


def _no_rate(order: Order, numbers: tuple[int, ...]) -> str:
    return f"{_start(numbers)}: {order.number} is in {order.currency}, and no exchange rate is known."


def _start(lines: tuple[int, ...]) -> str:
    return named(lines).capitalize()


def prices(case: Case) -> Iterator[Check]:
    """Compare the price of each line with the agreed one, in the order's unit."""
    name, tolerated = CheckName.UNIT_PRICE, Tolerated()
    if case.bill.kind == "deposit":
        yield _deposit(case)
        return
    pairs = [(line, found) for line in case.bill.lines if (found := case.linked(line)) is not None]
    if not pairs:
        yield skipped(name, _NO_ORDER)
    for line, (order, ordered) in pairs:
        tolerance = case.tolerances.of(Measure.UNIT_PRICE, ordered.categories)
        check = _price(case, order, ordered, line, tolerance)
        tolerated.append((check, tolerance))
        yield check
    yield from capped(name, tolerated, money(case.bill.net, case.bill.currency))


def _price(case: Case, order: Order, ordered: OrderLine, line: BillLine, tolerance: Tolerance) -> Check:
    name, lines = CheckName.UNIT_PRICE, (line.number,)
    if ordered.by_amount or line.amount_only:
        return skipped(name, f"Line {line.number} is billed by amount.", lines=lines)
    if not _is_comparable(case, order):
        return skipped(name, _no_rate(order, lines), lines=lines)
    stated = billing.stated_price(line, ordered, case)
    quantity = billing.billed_quantity(line, ordered, case)
    if stated is None or quantity is None:
        return skipped(name, f"Line {line.number}: its price cannot be told without quantity and unit.", lines=lines)
    agreed = billing.agreed_price(ordered, order.rate)
    effect = money((stated - agreed) * quantity, case.bill.currency)
    currency = case.bill.currency
    words = f"Line {line.number}: {figure(rounded(stated), currency)}"
    if stated == agreed:
        words += " each, as ordered."
    else:
        more = figure(abs(effect.rounded().amount), currency)
        way = "more" if effect.amount > 0 else "less"
        words += f" instead of {figure(rounded(agreed), currency)} each: {more} {way} in all."
    weighing = Weighing(agreed, stated, effect, agreed, currency, lines)
    return weighed(name, "price_above" if stated > agreed else "price_below", words, weighing, tolerance)


def _deposit(case: Case) -> Check:
    """Compare a deposit with what was agreed of the orders."""
    currency = case.bill.currency
    missing = next((order for order in case.orders if not _is_comparable(case, order)), None)
    if missing is not None:
        return skipped(
            CheckName.UNIT_PRICE, f"{missing.number} is in {missing.currency}, and no exchange rate is known."
        )
    left = billing.agreed_in(case, lambda order: order.deposit_left)
    whole = billing.agreed_in(case, lambda order: order.deposit)
    before = billing.before(whole, left, (done for order in case.orders for done in order.deposits))
    asked = money(case.bill.net, currency)
    words = (
        f"A deposit of {figure(asked.amount, currency)} is asked, {figure(whole.amount, currency)} is agreed{before}."
    )
    if asked <= left:
        return ok(CheckName.UNIT_PRICE, words, expected=left.amount, actual=asked.amount)
    weighing = Weighing(left.amount, asked.amount, asked - left, left.amount, currency)
    code = "deposit_above" if whole else "deposit_not_agreed"
    return weighed(CheckName.UNIT_PRICE, code, words, weighing, case.tolerances.of(Measure.UNIT_PRICE))


def line_totals(case: Case) -> Iterator[Check]:
    """Compute each line from its own quantity, price and allowances, and compare with what it states."""
    name, currency = CheckName.LINE_TOTAL, case.bill.currency
    tolerated: Tolerated = []
    for line in case.bill.lines:
        computed = billing.net_of(line, currency)
        if computed is None:
            words = f"Line {line.number} states no quantity or no price to compute it from."
            yield skipped(name, words, lines=(line.number,))
            continue
        found = case.linked(line)
        tolerance = case.tolerances.of(Measure.LINE_TOTAL, found[1].categories if found else ())
        words = (
            f"Line {line.number}: {figure(line.net, currency)} stated, {figure(computed.amount, currency)} computed."
        )
        weighing = Weighing(
            computed.amount, line.net, money(line.net, currency) - computed, computed.amount, currency, (line.number,)
        )
        check = weighed(name, "line_differs", words, weighing, tolerance)
        tolerated.append((check, tolerance))
        yield check
    if not case.bill.lines:
        yield skipped(name, "The invoice has no lines.")
    yield from capped(name, tolerated, money(case.bill.net, currency))
