"""The page of a run: each payment with what it is for, what is not paid and why, the file, and what the bank said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from app.console import addresses, cells, shows, words
from app.console.gate import Visit
from app.console.shell import Flash
from app.console.shows import Document
from app.infra.reachable import Reachable
from app.kernel.resource import registry
from app.modules.payments import queries
from app.modules.payments.models import Payment, PaymentItem, PaymentRun

_ZERO = Decimal(0)
_NAME = "payment_run"
_SHOWN = ("Run", "Course")
HIDDEN = "Out of your reach"


@dataclass(frozen=True, slots=True)
class Line:
    """One document a payment pays, or one that is left out."""

    label: str
    url: str
    sub: str
    due: str
    overdue: bool
    open: str
    discount: str
    pays: str
    why: str
    act_url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What one supplier gets, to which account."""

    supplier: str
    url: str
    account: str
    amount: str
    lines: tuple[Line, ...]
    payment: str = ""
    payment_url: str = ""
    state: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A run as its page shows it."""

    row: PaymentRun
    document: Document
    currency: str
    groups: tuple[Group, ...]
    left_out: tuple[Line, ...]
    total: str
    discounts: str
    answer_url: str = ""


def build(visit: Visit, key: str) -> Paper:
    """Describe the page of a run."""
    resource = registry[_NAME]
    row = shows.load(visit, resource, key)
    document = shows.build(visit, resource, row)
    items, left_out = queries.list_paid(visit.context, row.id), queries.list_left_out(visit.context, row.id)
    shown: list[Any] = list[Any](items) + list[Any](left_out)
    payments = {(each.supplier_id, each.bank_account_id): each for each in queries.list_payments(visit.context, row.id)}
    seen = Reachable(visit.context, [each for item in shown for each in (item.invoice, item.supplier)])
    answers = tuple(each for each in document.children if each.rows and each.title == "Answers")
    actor, url = visit.actor, addresses.of_row(row)
    is_out = row.state in ("released", "settled", "failed")
    return Paper(
        row=row,
        document=replace(
            document,
            notes=_notes(row),
            sections=tuple(each for each in document.sections if each.title in _SHOWN),
            children=answers,
            related=(),
        ),
        currency=row.currency.code,
        groups=tuple(_groups(visit, row, items, payments, seen)),
        left_out=tuple(_left_out(visit, row, each, seen) for each in left_out),
        total=words.amount(row.total, row.currency.code),
        discounts=words.amount(row.discounts, row.currency.code) if row.discounts else "",
        answer_url=f"{url}/answer" if is_out and actor.may("payment_run.read_answer") else "",
    )


def _notes(row: PaymentRun) -> tuple[Flash, ...]:
    if row.state == "draft" and row.state_reason:
        return (Flash(f"Came back: {row.state_reason}", "warn"),)
    if row.state == "cancelled" and row.state_reason:
        return (Flash(f"Cancelled: {row.state_reason}", "info"),)
    return ()


def _groups(
    visit: Visit,
    row: PaymentRun,
    items: Iterable[PaymentItem],
    payments: dict[tuple[int, int | None], Payment],
    seen: Reachable,
) -> Iterable[Group]:
    found: dict[tuple[int, int], list[PaymentItem]] = {}
    for item in items:
        found.setdefault((item.supplier_id, item.bank_account_id), []).append(item)
    may_change = row.state == "draft" and visit.actor.may("payment_run.take_out")
    for key, paid in found.items():
        first, payment = paid[0], payments.get(key)
        is_known = first.supplier in seen
        total = sum((item.amount for item in paid), _ZERO)
        yield Group(
            supplier=first.supplier.name if is_known else HIDDEN,
            url=addresses.of_row(first.supplier) if is_known else "",
            account=first.bank_account.masked,
            amount=words.amount(total, row.currency.code) if total else "Set off",
            lines=tuple(_line(visit, row, item, seen, may_change=may_change) for item in paid),
            payment=payment.number if payment else "",
            payment_url=addresses.of_row(payment) if payment and visit.actor.may("payment.read") else "",
            state=cells.state_of(payment, "").key if payment else "",
            says=(payment.state_reason or payment.bank_says or "") if payment else "",
        )


def _line(visit: Visit, row: PaymentRun, item: PaymentItem, seen: Reachable, *, may_change: bool) -> Line:
    currency, key = row.currency.code, item.invoice.reference
    act = addresses.of_key(registry[_NAME], row.number, "take_out", args={"invoices": [key]}) if may_change else ""
    return Line(
        **_about(visit, item, seen),
        overdue=item.due_on < row.execute_on and item.amount > 0,
        open=words.amount(item.open_amount, currency),
        discount=words.amount(item.discount, currency) if item.discount else "",
        pays=words.amount(item.amount, currency),
        why=item.because,
        act_url=act,
    )


def _left_out(visit: Visit, row: PaymentRun, item: Any, seen: Reachable) -> Line:
    may = row.state == "draft" and visit.actor.may("payment_run.put_in")
    key = item.invoice.reference
    return Line(
        **_about(visit, item, seen),
        overdue=item.due_on < row.execute_on and item.amount > 0,
        open=words.amount(item.amount, row.currency.code),
        discount="",
        pays="",
        why=item.reason,
        act_url=addresses.of_key(registry[_NAME], row.number, "put_in", args={"invoices": [key]}) if may else "",
    )


def _about(visit: Visit, item: Any, seen: Reachable) -> dict[str, Any]:
    """Name a document as far as the reader may know it."""
    is_open, is_known = item.invoice in seen, item.supplier in seen
    number = item.invoice.supplier_number if is_open else ""
    return {
        "label": str(item.invoice) if is_open else item.invoice.reference,
        "url": addresses.of_row(item.invoice) if is_open else "",
        "sub": ", ".join(filter(None, (item.supplier.name if is_known else HIDDEN, number))),
        "due": words.day(item.due_on, visit.context.today),
    }
