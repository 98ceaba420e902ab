"""Hold an invoice against its orders and receipts: every check in its order, each with what it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from app.kernel.days import written
from app.modules.invoices.domain import line_checks, sum_checks
from app.modules.invoices.domain.case import Account, Bill, Case, Method, signed
from app.modules.invoices.domain.checks import Check, CheckName, Verdict, failed, ok, skipped
from app.modules.invoices.domain.terms import due_of
from app.modules.invoices.domain.tolerances import DAYS, Measure


@dataclass(frozen=True, slots=True)
class Match:
    """All checks of an invoice, in their order; every name stands in it at least once."""

    method: Method
    checks: tuple[Check, ...]

    @property
    def failing(self) -> tuple[Check, ...]:
        """Give the checks that block the invoice."""
        return tuple(check for check in self.checks if check.verdict is Verdict.EXCEPTION)

    @property
    def is_matched(self) -> bool:
        """Say whether nothing stands against it."""
        return not self.failing

    @property
    def asks_policy(self) -> bool:
        """Say whether somebody has to approve it by policy, because no order was approved before."""
        return self.method is Method.CONTRACT

    def of(self, name: CheckName) -> tuple[Check, ...]:
        """Give the checks of one name."""
        return tuple(check for check in self.checks if check.name is name)


def match(case: Case) -> Match:
    """Make all checks, none left out because another failed."""
    case = replace(case, bill=signed(case.bill))
    made = (
        *_supplier(case),
        _addressee(case),
        *_currency(case),
        *line_checks.links(case),
        *line_checks.quantities(case),
        *line_checks.prices(case),
        *line_checks.line_totals(case),
        *sum_checks.charges(case),
        *sum_checks.tax(case),
        *sum_checks.document_total(case),
        *sum_checks.payable(case),
        *_terms(case),
        _account(case.account, case.bill),
        _duplicate(case),
    )
    return Match(case.method, made)


def _supplier(case: Case) -> Iterator[Check]:
    bill, name = case.bill, CheckName.SUPPLIER
    if bill.supplier is None:
        yield failed(
            name,
            "supplier_unknown",
            "The supplier is not known. Enter it, or choose it by hand.",
            actual=bill.supplier_name,
        )
        return
    if not case.is_payable_supplier:
        yield failed(name, "supplier_blocked", f"{bill.supplier_name} may not be paid.", actual=bill.supplier_name)
    others = [order for order in case.orders if order.supplier != bill.supplier]
    for order in others:
        words = f"{order.number} is with {order.supplier_name}, the invoice is from {bill.supplier_name}."
        yield failed(
            name, "other_supplier", words, about=order.number, expected=order.supplier_name, actual=bill.supplier_name
        )
    credited = case.credited
    if credited is not None and credited.supplier != bill.supplier:
        words = f"{credited.number}, which this is to credit, is from another supplier."
        yield failed(name, "other_supplier", words, about=credited.number, actual=bill.supplier_name)
    if case.is_payable_supplier and not others and (credited is None or credited.supplier == bill.supplier):
        words = f"The invoice is from {bill.supplier_name}{', as ordered' if case.orders else ''}."
        yield ok(name, words, expected=bill.supplier_name, actual=bill.supplier_name)


def _addressee(case: Case) -> Check:
    """Compare whom it is addressed to with whose it is said to be; what is made out to others is nobody's to guess."""
    name, to = CheckName.ADDRESSEE, case.addressed
    if to is None:
        return skipped(name, f"It names no buyer. It is for {case.entity}, as entered.")
    if to.entity and to.entity == case.entity:
        return ok(
            name, f"It is addressed to {to.name}, which is {to.entity}: {to.why}.", expected=to.entity, actual=to.name
        )
    if to.entity:
        words = f"It is addressed to {to.name}, which is {to.entity} ({to.why}), and entered for {case.entity}."
        return failed(name, "other_addressee", words, expected=case.entity, actual=to.name)
    nearest = f"The nearest is {to.nearest} ({to.why})." if to.nearest else ""
    words = f"It is addressed to {to.name}, which is none of our companies{' for certain' if to.nearest else ''}."
    words = " ".join(filter(None, (words, nearest, to.warning, f"It stands with {case.entity} until somebody says.")))
    return failed(name, "addressee_unknown", words, expected=case.entity, actual=to.name)


def _currency(case: Case) -> Iterator[Check]:
    name, stated = CheckName.CURRENCY, case.bill.currency
    agreed = {order.number: order.currency for order in case.orders}
    if case.credited is not None:
        agreed[case.credited.number] = case.credited.currency
    if not agreed:
        yield skipped(name, f"No order says in which currency; the invoice is in {stated}.")
    unrated = {order.number for order in case.orders if order.rate is None}
    for number, currency in agreed.items():
        if currency != stated:
            code = "no_rate" if number in unrated else "other_currency"
            words = f"{number} is in {currency}, the invoice in {stated}"
            words += ", and no exchange rate is known to compare them." if number in unrated else "."
            yield failed(name, code, words, about=number, expected=currency, actual=stated)
    if agreed and set(agreed.values()) == {stated}:
        yield ok(name, f"In {stated}, as ordered.", expected=stated, actual=stated)


def _terms(case: Case) -> Iterator[Check]:
    name, bill = CheckName.TERMS, case.bill
    if bill.kind == "credit_note" or case.due_on is None:
        yield skipped(name, "A credit note has no due date." if case.due_on else "No payment terms are agreed.")
        return
    due = due_of(case.due_on, bill.due_on)
    limit = case.tolerances.of(Measure.TERMS).over
    is_early = due.difference < 0
    verdict, words = Verdict.OK, due.text
    if is_early:
        days = Decimal(due.difference)
        is_allowed = limit.allows(days, Decimal(0), days)
        verdict = Verdict.WITHIN if is_allowed else Verdict.EXCEPTION
        words += f" Allowed: {limit.words(DAYS)}."
    yield Check(
        name,
        verdict,
        "due_earlier" if is_early else "as_expected",
        words,
        expected=case.due_on,
        actual=bill.due_on,
        difference=Decimal(due.difference),
        unit=DAYS,
        tolerance=limit.words(DAYS) if is_early else "",
        tolerance_rows=limit.rows if is_early else (),
    )


def _account(account: Account | None, bill: Bill) -> Check:
    name = CheckName.BANK_ACCOUNT
    if account is None:
        return skipped(name, "The invoice names no bank account. It is paid to the supplier's confirmed one.")
    words = {
        "proposed": f"{account.shown} waits to be confirmed by a second person.",
        "retired": f"{account.shown} is no longer used by the supplier.",
        "unknown": f"{account.shown} is not an account of the supplier. Ask the supplier on a known number before adding it.",
        "of_other_supplier": f"{account.shown} belongs to another supplier. Ask both before anything is paid.",
    }.get(account.state)
    if words is not None:
        return failed(name, f"account_{account.state}", words, actual=account.shown)
    if account.state == "cooling_off" and account.usable_from is not None:
        words = f"{account.shown} is confirmed and new. Payments may go to it from {written(account.usable_from)}."
        return ok(name, words, expected=account.shown, actual=account.shown)
    return ok(
        name, f"{account.shown} is a confirmed account of the supplier.", expected=account.shown, actual=account.shown
    )


def _duplicate(case: Case) -> Check:
    name = CheckName.DUPLICATE
    worst = max(case.duplicates, key=lambda each: (each.score, -each.id), default=None)
    if worst is None:
        return ok(name, "Nothing like it was captured before.")
    if worst.blocks(case.duplicate_from):
        return failed(name, "duplicate", f"It may be a copy of {worst}.", actual=worst.key)
    return ok(name, f"It resembles {worst}. That is not enough to stop it.", actual=worst.key)
