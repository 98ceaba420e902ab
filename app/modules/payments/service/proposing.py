"""What a run pays: proposed from what is due, changed by people while it is a draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import inspect

from app.infra import scope, settings
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.kernel.days import written
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.modules.directory.models import Entity
from app.modules.invoices.models import Invoice, InvoiceException, OpenItem
from app.modules.payments import queries
from app.modules.payments.domain import proposing
from app.modules.payments.domain.proposing import Due, LeftOut, Pay, Terms
from app.modules.payments.models import PaymentItem, PaymentLeftOut, PaymentRun
from app.modules.payments.service import accounts, sending
from app.modules.suppliers.models import BankAccount, Supplier

_ZERO = Decimal(0)
_DAYS = timedelta(days=7)
LEAST_YIELD = settings.declare(
    Declared(
        "payments.discount_yield_percent",
        10,
        "Yearly yield of early payment",
        "What is not due yet is paid early for a discount that brings at least so many percent a year.",
        0,
        1000,
    )
)


def keep(context: Context, run: PaymentRun) -> None:
    """Derive what nobody types; a new run, or one with another account or other days, is proposed anew."""
    account = run.paying_account
    run.state, run.entity = run.state or "draft", account.entity
    run.currency = run.currency or account.currency
    run.execute_on = run.execute_on or context.today
    run.due_until = run.due_until or run.execute_on + _DAYS
    run.take_discounts = True if run.take_discounts is None else run.take_discounts
    run.file_of_day = run.file_of_day or 1
    take_hand(context, run)
    if _is_to_propose(run):
        propose(context, run)
    count(run)


def _is_to_propose(run: PaymentRun) -> bool:
    """Say whether a run is new, or pays from elsewhere or on another day than it was proposed for."""
    state = inspect(run)
    names = ("paying_account", "currency", "execute_on", "due_until", "take_discounts")
    return not state.persistent or any(state.attrs[name].history.has_changes() for name in names)


def take_hand(context: Context, run: PaymentRun) -> None:
    """Remember who made the run."""
    if not context.actor.is_system or context.actor.id:
        run.makers = sorted({*(run.makers or ()), *context.actor.hands})


def why_not_run(context: Context, run: PaymentRun) -> list[Problem]:
    """Say what is wrong with a run as it stands."""
    problems = []
    known = accounts.currencies_of(run.paying_account)
    if run.currency.code not in known:
        words = f"Currency: {run.paying_account.code} pays in {', '.join(known)}."
        problems.append(Problem("currency_not_allowed", words, "currency"))
    if run.state == "draft" and run.execute_on < context.today:
        problems.append(Problem("in_the_past", "Pay on: choose today or a later day.", "execute_on"))
    return problems


def propose(context: Context, run: PaymentRun) -> None:
    """Fill a run with what is due and may be paid, and note of the rest why not."""
    take_hand(context, run)
    in_turn(context, run.entity)
    found = queries.list_open(context, run.entity.id, run.currency.id, run.due_until)
    seen = look(context, run, found)
    proposal = proposing.propose(seen.dues, terms_of(context, run))
    run.items, run.left_out = [], []
    context.session.flush()
    run.items = [_item(seen, pay) for pay in proposal.items]
    run.left_out = [_left_out(each) for each in proposal.left_out]
    _leave_out_unwritable(context, run)
    _number(run)
    count(run)


def _leave_out_unwritable(context: Context, run: PaymentRun) -> None:
    """Leave out what the bank would not take, such as a payment abroad without an address, and say what is missing."""
    against = sending.why_not_each(context.now, run)
    for item in [item for item in run.items if sending.key_of(item) in against]:
        run.items.remove(item)
        reason = " ".join(problem.message for problem in against[sending.key_of(item)])
        run.left_out.append(_note(item, "not_writable", reason))


def in_turn(context: Context, entity: Entity) -> None:
    """Let a company choose what it pays one after another, so that nobody takes what another is taking just now."""
    scope.alone(context, f"payment_run {entity.code}")


def terms_of(context: Context, run: PaymentRun) -> Terms:
    """Say by which rules a run chooses."""
    least = Decimal(settings.get(context.session, LEAST_YIELD.name))
    return Terms(run.execute_on, run.due_until, run.currency.code, run.take_discounts, least)


@dataclass(frozen=True, slots=True)
class Look:
    """Open items as a run sees them, with the rows they are about."""

    dues: list[Due]
    items: dict[int, OpenItem]
    suppliers: dict[int, Supplier]
    accounts: dict[int, BankAccount]


def look(context: Context, run: PaymentRun, found: Sequence[OpenItem]) -> Look:
    """Look at open items with everything that stands against paying each today."""
    invoices = {item.invoice_id for item in found}
    exceptions = queries.list_standing_exceptions(context, invoices)
    payees = [accounts.payee_of(item.invoice.supplier) for item in found if item.invoice.supplier]
    suppliers = {supplier.id: supplier for supplier in payees}
    known = queries.list_accounts(context, suppliers)
    taken = queries.list_taken(context, (item.id for item in found), run.id)
    dues = [_due(context, run, item, exceptions.get(item.invoice_id, []), known, taken.get(item.id)) for item in found]
    every = {account.id: account for each in known.values() for account in each}
    return Look(dues, {item.id: item for item in found}, suppliers, every)


def _due(
    context: Context,
    run: PaymentRun,
    item: OpenItem,
    exceptions: Sequence[InvoiceException],
    known: dict[int, list[BankAccount]],
    taken: str | None,
) -> Due:
    invoice = item.invoice
    assert invoice.supplier is not None
    payee = accounts.payee_of(invoice.supplier)
    problems = [*accounts.why_not_paid(payee), *why_not_payable(run.execute_on, invoice, exceptions)]
    if taken:
        problems.append(Problem("in_other_run", f"It is in {taken}. Take it out there first."))
    account: BankAccount | None = None
    if item.left > 0:
        account, wrong = accounts.choose(invoice, known.get(payee.id, []), context.today)
        problems += wrong
    return Due(
        item=item.id,
        invoice=invoice.id,
        reference=invoice.reference,
        supplier=payee.id,
        supplier_name=payee.name,
        due_on=item.due_on,
        left=item.left,
        account=account.id if account else None,
        discount_until=item.discount_until if not item.settled else None,
        discount=(item.discount or _ZERO) if not item.settled else _ZERO,
        obstacles=tuple(problems),
    )


def why_not_payable(on: date, invoice: Invoice, exceptions: Iterable[InvoiceException]) -> list[Problem]:
    """Say what blocks an invoice on a day: an exception that is open or waits for a credit note, or a hold."""
    problems = [Problem("exception_open", f"{each.number} is {each.state}: {each.text}") for each in exceptions]
    if invoice.held_because and (invoice.held_until is None or on <= invoice.held_until):
        until = f" until {written(invoice.held_until)}" if invoice.held_until else ""
        problems.append(Problem("on_hold", f"On hold{until}: {invoice.held_because}"))
    return problems


def _item(seen: Look, pay: Pay) -> PaymentItem:
    due, open_item = pay.due, seen.items[pay.due.item]
    return PaymentItem(
        invoice=open_item.invoice,
        invoice_id=due.invoice,
        open_item=open_item,
        open_item_id=due.item,
        supplier=seen.suppliers[due.supplier],
        supplier_id=due.supplier,
        bank_account=seen.accounts[due.account or 0],
        bank_account_id=due.account,
        due_on=due.due_on,
        open_amount=due.left,
        amount=pay.amount,
        discount=pay.discount,
        discount_tax=tax_in(open_item.invoice, pay.discount),
        because=pay.because[:200],
        live=True,
    )


def tax_in(invoice: Invoice, discount: Decimal) -> Decimal:
    """Split the tax out of a discount, as it is in the invoice."""
    net = sum((tax.basis or _ZERO for tax in invoice.taxes), _ZERO)
    tax = sum((tax.amount or _ZERO for tax in invoice.taxes), _ZERO)
    if not discount or net <= 0 or tax <= 0:
        return _ZERO
    return Money(discount, invoice.currency.code).rounded().split([net, tax])[1].amount


def _left_out(each: LeftOut) -> PaymentLeftOut:
    return PaymentLeftOut(
        invoice_id=each.due.invoice,
        supplier_id=each.due.supplier,
        due_on=each.due.due_on,
        amount=each.due.left,
        code=each.code,
        reason=each.reason[:500],
    )


def _note(item: PaymentItem, code: str, reason: str) -> PaymentLeftOut:
    """Note of an item that it is not paid after all."""
    return PaymentLeftOut(
        invoice_id=item.invoice_id,
        supplier_id=item.supplier_id,
        due_on=item.due_on,
        amount=item.open_amount,
        code=code,
        reason=reason[:500],
    )


def count(run: PaymentRun) -> None:
    """Add up what a run pays."""
    run.items_count = len(run.items)
    run.total = sum((item.amount for item in run.items), _ZERO)
    run.discounts = sum((item.discount for item in run.items), _ZERO)


def take_out(context: Context, run: PaymentRun, invoices: Iterable[Invoice], reason: str) -> None:
    """Pay some invoices not with this run."""
    take_hand(context, run)
    wanted = {invoice.id for invoice in invoices}
    gone = [item for item in run.items if item.invoice_id in wanted]
    missing = wanted - {item.invoice_id for item in gone}
    if missing:
        names = ", ".join(sorted(invoice.reference for invoice in invoices if invoice.id in missing))
        raise Refused(Kind.INVALID, Problem("not_in_run", f"{names} is not in the run.", "invoices"))
    because = f"Taken out by {context.actor.name}{f': {reason}' if reason else ''}."
    notes = [_note(item, "taken_out", because) for item in gone]
    run.items = [item for item in run.items if item not in gone]
    run.left_out = [*run.left_out, *notes]
    _settle(run)


def put_in(
    context: Context, run: PaymentRun, invoices: Sequence[Invoice], account: BankAccount | None, amount: Decimal | None
) -> None:
    """Pay some invoices with this run although they were not proposed, or only a part of one; what is blocked stays out."""
    take_hand(context, run)
    in_turn(context, run.entity)
    wanted = {invoice.id for invoice in invoices}
    present = {item.open_item_id for item in run.items}
    found = queries.list_open(context, run.entity.id, run.currency.id, invoice_ids=wanted)
    fresh = [item for item in found if item.id not in present]
    refuse_if(_why_not_there(run, invoices, {item.invoice_id for item in fresh}))
    seen = look(context, run, fresh)
    if account is not None:
        seen.accounts[account.id] = account
    dues = [_with_account(context, due, account) for due in seen.dues]
    problems = [
        replace(problem, message=f"{due.reference}: {problem.message}", field="invoices")
        for due in dues
        for problem in due.obstacles
    ]
    refuse_if(problems, Kind.CONFLICT)
    chosen = _pay(dues, terms_of(context, run), amount)
    credits_, waiting = proposing.set_off_credits(_as_paid(run, chosen), [due for due in dues if due.left < 0])
    refuse_if([Problem(each.code, each.reason, "invoices") for each in waiting], Kind.CONFLICT)
    seen.accounts.update({item.bank_account_id: item.bank_account for item in run.items})
    run.items = [*run.items, *(_item(seen, pay) for pay in (*chosen, *credits_))]
    run.left_out = [each for each in run.left_out if each.invoice_id not in wanted]
    _settle(run)


def _why_not_there(run: PaymentRun, invoices: Iterable[Invoice], open_: set[int]) -> list[Problem]:
    return [
        Problem("nothing_open", f"{each.reference} has nothing open that {run.number} could pay.", "invoices")
        for each in invoices
        if each.id not in open_
    ]


def _with_account(context: Context, due: Due, account: BankAccount | None) -> Due:
    """Pay to an account that somebody chose, if it is the supplier's and may be paid to."""
    if account is None or due.left < 0:
        return due
    others = tuple(each for each in due.obstacles if each.code not in ("several_accounts", "no_account"))
    if account.supplier_id != due.supplier:
        words = f"{account.masked} is no account of {due.supplier_name}."
        return replace(due, obstacles=(*others, Problem("other_supplier", words, "account")))
    if due.account is not None and due.account != account.id:
        words = f"The invoice wants another account than {account.masked}. It is paid there or not at all."
        return replace(due, obstacles=(*others, Problem("other_account", words, "account")))
    wrong = accounts.why_not_usable(account, context.today)
    return replace(due, account=account.id, obstacles=(*others, *wrong))


def _pay(dues: Sequence[Due], terms: Terms, amount: Decimal | None) -> list[Pay]:
    wanted = [due for due in dues if due.left > 0]
    if amount is None:
        return [_whole(due, terms) for due in wanted]
    if len(wanted) != 1 or not _ZERO < amount <= wanted[0].left:
        most = f"{wanted[0].left:f}" if len(wanted) == 1 else "what is open of one invoice"
        words = f"Amount: enter more than zero and at most {most}, for one invoice with one due day."
        raise Refused(Kind.INVALID, Problem("out_of_range", words, "amount"))
    [due] = wanted
    return [Pay(due, amount, _ZERO, f"Put in: {amount:f} of {due.left:f}")]


def _whole(due: Due, terms: Terms) -> Pay:
    discount = proposing.discount_of(due, terms)
    return Pay(due, due.left - discount, discount, f"Put in, due {written(due.due_on)}")


def _as_paid(run: PaymentRun, chosen: Sequence[Pay]) -> list[Pay]:
    """Give everything the run pays, for credit notes to be set off against."""
    present = [
        Pay(
            Due(0, item.invoice_id, "", item.supplier_id, "", item.due_on, item.open_amount, item.bank_account_id),
            item.amount,
            _ZERO,
            "",
        )
        for item in run.items
    ]
    return [*present, *chosen]


def _number(run: PaymentRun) -> None:
    rows: list[PaymentItem] | list[PaymentLeftOut]
    for rows in (run.items, run.left_out):
        for at, row in enumerate(rows):
            row.position = at


def _settle(run: PaymentRun) -> None:
    """Number the rows anew, and see that credit notes take no supplier below zero."""
    _number(run)
    refuse_if(why_not_below_zero(run), Kind.CONFLICT)
    count(run)


def why_not_below_zero(run: PaymentRun) -> list[Problem]:
    """Say which suppliers would be paid less than nothing."""
    sums: dict[tuple[int, int], Decimal] = {}
    for item in run.items:
        key = item.supplier_id, item.bank_account_id
        sums[key] = sums.get(key, _ZERO) + item.amount
    if all(total >= 0 for total in sums.values()):
        return []
    words = "Credit notes would come to more than the invoices of their supplier. Take the credit note out as well."
    return [Problem("below_zero", words, "invoices")]
