"""Payments that no run sent: money on a statement that somebody has moved already; what a supplier pays back is one below zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.infra import numbers, unit
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.modules.directory.models import Currency
from app.modules.invoices import service as invoices
from app.modules.invoices.models import Invoice, OpenItem
from app.modules.payments import queries
from app.modules.payments.domain import events, outside
from app.modules.payments.domain.events import Settled, Undone
from app.modules.payments.domain.kinds import Method, Outside
from app.modules.payments.domain.outside import Owed, Shared
from app.modules.payments.models import PayingAccount, Payment, PaymentPart
from app.modules.payments.service import accounts, proposing, settling
from app.modules.payments.service.course import PAID, value
from app.modules.suppliers.domain import banking
from app.modules.suppliers.models import BankAccount, Supplier

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Left:
    """Money that left an account of ours: when, how much (below zero it came in), to or from which account, and how and why."""

    account: PayingAccount
    on: date
    amount: Decimal
    to: str
    reference: str
    how: Outside | None
    reason: str

    @property
    def came_in(self) -> bool:
        """Say whether it is money a supplier paid back."""
        return self.amount < 0


def pay(
    context: Context, left: Left, chosen: Sequence[Invoice], keep: Callable[[Payment], None], *, although: bool
) -> Decimal:
    """Count invoices as paid by money that has moved, and tell how much of it pays none of them.

    Everything is looked at under lock as at the release of a run; `keep` is given the payment once it has its number.
    """
    proposing.in_turn(context, left.account.entity)
    payee, currency = _one_payee(left, chosen)
    queries.lock_suppliers(context, {payee.id})
    invoices.locked(context, {each.id for each in chosen})
    found = queries.list_open(context, left.account.entity.id, currency.id, invoice_ids={each.id for each in chosen})
    refuse_if(_why_not(context, chosen, found), Kind.CONFLICT)
    account = _account(context, left, payee)
    despite = _obstacles(context, left, payee, account, chosen)
    refuse_if([] if although else [_to_be_said(each) for each in despite], Kind.CONFLICT)
    shared = _shared(left, found, currency)
    by_id = {item.id: item for item in found}
    invoices.pay(
        context,
        {each.id: each.amount + each.discount for each in shared.shares},
        {each.id for each in chosen},
    )
    payment = _payment(context, left, payee, account, currency, shared, by_id)
    payment.despite = " ".join(each.message for each in despite)[:1000] or None
    numbers.take_last(context, PAID, lambda number: setattr(payment, "number", number), owner=left.account.entity.code)
    context.at_end(lambda: _enter(context, payment, keep))
    return shared.rest


def _one_payee(left: Left, chosen: Sequence[Invoice]) -> tuple[Supplier, Currency]:
    """See that the invoices are one company's, of one supplier and in one currency."""
    entity = left.account.entity
    others = [each.reference for each in chosen if each.entity is not entity]
    refuse_if([_wrong("other_entity", f"{', '.join(others)} is not an invoice of {entity.name}.")] if others else [])
    payees = {payee.id: payee for each in chosen if each.supplier and (payee := accounts.payee_of(each.supplier))}
    if len(payees) != 1:
        names = ", ".join(sorted(payee.name for payee in payees.values())) or "an unknown supplier"
        raise Refused(
            Kind.INVALID, _wrong("several_suppliers", f"they are of {names}. One payment is of one supplier.")
        )
    codes = sorted({each.currency.code for each in chosen})
    if len(codes) > 1:
        words = f"they are in {' and '.join(codes)}. Choose those of one currency."
        raise Refused(Kind.INVALID, _wrong("several_currencies", words))
    return payees.popitem()[1], chosen[0].currency


def _wrong(code: str, words: str) -> Problem:
    return Problem(code, f"Invoices: {words}", "invoices")


def _why_not(context: Context, chosen: Iterable[Invoice], found: Sequence[OpenItem]) -> list[Problem]:
    """Say what nobody can pass: who took an invoice in, what is not owed, what a run is about to pay."""
    open_ = {item.invoice_id for item in found}
    taken = queries.list_taken(context, (item.id for item in found))
    runs = {item.invoice_id: taken[item.id] for item in found if item.id in taken}
    problems = []
    for each in chosen:
        if context.actor.hands & set(each.makers or ()):
            words = f"you took {each.reference} in. Someone else books its payment."
            problems.append(_wrong("own_invoice", words))
        if each.state != "posted":
            words = f"{each.reference} is {each.state}. It is paid once it is posted."
            problems.append(_wrong("not_posted", words))
        elif each.id not in open_:
            problems.append(_wrong("nothing_open", f"{each.reference} has nothing open. It was paid or credited."))
        elif each.id in runs:
            words = f"{each.reference} is in {runs[each.id]}. Take it out there first, so that it is not paid twice."
            problems.append(_wrong("in_other_run", words))
    return problems


def _account(context: Context, left: Left, payee: Supplier) -> BankAccount | None:
    """Find the account of the supplier that the statement names."""
    wanted = banking.compact(left.to)
    known = queries.list_accounts(context, [payee.id]).get(payee.id, []) if wanted else []
    named = [each for each in known if wanted in (each.iban, each.account_number)]
    return max(named, key=lambda each: (each.state == "confirmed", each.id), default=None)


def _obstacles(
    context: Context, left: Left, payee: Supplier, account: BankAccount | None, chosen: Sequence[Invoice]
) -> list[Problem]:
    """Say what would have kept a run from paying this: the money is gone, but somebody has to say that they know.

    Nothing stands against money that comes in; what we owe and it is set off against is looked at all the same.
    """
    exceptions = queries.list_standing_exceptions(context, {each.id for each in chosen})
    problems = [] if left.came_in else accounts.why_not_paid(payee)
    for each in (each for each in chosen if each.open_amount > 0 or not left.came_in):
        for problem in proposing.why_not_payable(left.on, each, exceptions.get(each.id, [])):
            problems.append(replace(problem, message=f"{each.reference}: {problem.message}"))
    if left.how is not Outside.AT_BANK or not left.to:
        return problems  # a direct debit, a card or cash: nobody of ours chose an account
    if account is None:
        words = f"The money went to {banking.mask(left.to)}, which is no known account of {payee.name}."
        return [*problems, Problem("unknown_account", words)]
    return [*problems, *accounts.why_not_usable(account, left.on)]


def _to_be_said(problem: Problem) -> Problem:
    words = f"{problem.message} Tick Paid all the same if the money went out in spite of it."
    return Problem(problem.code, words, "although")


def _shared(left: Left, found: Iterable[OpenItem], currency: Currency) -> Shared:
    owed = [Owed(item.id, item.left, _spared(item, left.on)) for item in found]
    total = sum((each.left for each in owed), _ZERO)
    if left.came_in and total >= 0:
        words = "the supplier owes nothing on them together. Choose credit notes, or explain what the money is."
        raise Refused(Kind.CONFLICT, _wrong("money_came_in", words))
    if not left.came_in and total <= 0:
        words = "nothing is owed on them together: credit notes take up all of it. The next run sets them off."
        raise Refused(Kind.CONFLICT, _wrong("nothing_owed", words))
    # What the bank made of another currency is its rate, and neither a part nor a rest.
    shared = outside.share(owed, total if currency is not left.account.currency else left.amount)
    paid = {each.id for each in shared.shares}
    paid_of = {item.invoice.reference for item in found if item.id in paid}
    idle = {item.invoice.reference for item in found} - paid_of
    if idle:
        words = f"the money is used up before {', '.join(sorted(idle))}. Leave out what it does not pay."
        raise Refused(Kind.INVALID, _wrong("too_many_invoices", words))
    return shared


def _spared(item: OpenItem, on: date) -> Decimal:
    """Tell what could be taken off an item for paying on a day."""
    holds = item.discount_until is not None and on <= item.discount_until and not item.settled
    return (item.discount or _ZERO) if holds else _ZERO


def _payment(
    context: Context,
    left: Left,
    payee: Supplier,
    account: BankAccount | None,
    currency: Currency,
    shared: Shared,
    items: dict[int, OpenItem],
) -> Payment:
    """Write down what was paid; it is on the statement, so it is settled from its first moment."""
    payment = Payment(
        run=None,
        method=Method[left.how.name] if left.how else Method.REFUND,
        outside_because=left.reason[:500],
        entity=left.account.entity,
        supplier=payee,
        paying_account=left.account,
        bank_account=account,
        currency=currency,
        amount=shared.amount,
        discount=sum((each.discount for each in shared.shares), _ZERO),
        execute_on=left.on,
        state="settled",
        settled_on=left.on,
        settled_amount=shared.amount,
        bank_reference=left.reference[:140] or None,
        parts=[
            PaymentPart(
                position=at,
                invoice=items[each.id].invoice,
                open_item=items[each.id],
                amount=each.amount,
                discount=each.discount,
                discount_tax=proposing.tax_in(items[each.id].invoice, each.discount),
                undone=False,
            )
            for at, each in enumerate(shared.shares)
        ],
    )
    value(context, payment)
    if currency is not left.account.currency and left.account.currency is left.account.entity.base_currency:
        payment.base_amount = left.amount
        payment.rate_difference = left.amount - (payment.booked or _ZERO)
    return payment


def _enter(context: Context, payment: Payment, keep: Callable[[Payment], None]) -> None:
    context.session.add(payment)
    context.session.flush()
    keep(payment)
    unit.announce(context, payment, events.told(Settled, payment, payment.outside_because or ""))


def undo(context: Context, payment: Payment, reason: str) -> None:
    """Say that money was no payment of these invoices after all: they are open again, and the number stays."""
    settling.count(context, payment, -1)
    payment.state, payment.state_reason = "undone", reason[:500]
    payment.settled_amount, payment.settled_on = _ZERO, None
    unit.announce(context, payment, events.told(Undone, payment, reason))
