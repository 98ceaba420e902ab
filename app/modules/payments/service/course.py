"""How a run goes from hand to hand: submitted, approved over its content, released as one file; payments begin there."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from app.infra import numbers, unit
from app.kernel.actor import Context
from app.kernel.days import written
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, refuse_if
from app.kernel.resource import Series
from app.modules.directory import queries as directory
from app.modules.invoices import service as invoices
from app.modules.payments import queries
from app.modules.payments.domain import events
from app.modules.payments.domain.events import Sent
from app.modules.payments.domain.kinds import Method
from app.modules.payments.models import Payment, PaymentItem, PaymentPart, PaymentRun
from app.modules.payments.service import accounts, proposing, sending
from app.modules.payments.service.sending import Group

PAID = Series("PAY", gapless=True)
_ZERO = Decimal(0)


def why_not_submittable(context: Context, run: PaymentRun) -> list[Problem]:
    """Say what is missing, or would not be accepted at the bank."""
    problems = [*accounts.why_not_paying(run.paying_account), *proposing.why_not_run(context, run)]
    if not run.items:
        problems.append(Problem("no_items", "Nothing is in it. Put an invoice in, or propose anew.", "items"))
    return problems or [*why_not_still_payable(context, run), *sending.why_not_written(context.now, run)]


def submit(context: Context, run: PaymentRun) -> None:
    """Freeze what the run pays, so that somebody else can approve exactly that."""
    proposing.take_hand(context, run)
    now = sending.written(run)
    run.content, run.content_hash = now.text, now.hash
    run.submitted_at, run.submitted_by, run.state_reason = context.now, context.actor.id, None


def why_not_approvable(context: Context, run: PaymentRun) -> list[Problem]:
    """Say that nobody approves a run they had a hand in, nor one that is not what was submitted."""
    problems = []
    if context.actor.hands & set(run.makers):
        problems.append(Problem("own_run", "You made this run. Someone else approves it."))
    if run.execute_on < context.today:
        problems.append(_too_late(run))
    if sending.written(run).hash != run.content_hash:
        problems += sending.changed().problems
    return problems


def approve(context: Context, run: PaymentRun) -> None:
    """Bind the approval to the content, and the file to the moment of approval."""
    queries.lock_paying_account(context, run.paying_account_id)
    run.file_of_day = queries.last_file(context, run.paying_account_id, context.now.date()) + 1
    run.approved_at = context.now.replace(microsecond=0)
    run.approved_by, run.approved_hash = context.actor.id, run.content_hash


def reopen(context: Context, run: PaymentRun, reason: str) -> None:
    """Take approval and submission back; the run may be changed again."""
    run.content = run.content_hash = run.approved_at = run.approved_by = run.approved_hash = None
    run.submitted_at = run.submitted_by = None
    run.file_of_day, run.state_reason = 1, reason or None


def cancel(context: Context, run: PaymentRun, reason: str) -> None:
    """Let go of everything in it, so that another run may pay it."""
    reopen(context, run, reason)
    free(run)


def free(run: PaymentRun) -> None:
    """Let another run pay what is still open."""
    for item in run.items:
        item.live = False


def who_may(context: Context, run: PaymentRun, verb: str) -> tuple[int, ...]:
    """Name the accounts that may do something with a run; who made it does not approve it."""
    able = queries.list_able(context, run.entity_id, verb)
    return tuple(sorted(able - set(run.makers) if verb == "approve" else able))


def why_not_releasable(context: Context, run: PaymentRun) -> list[Problem]:
    """Say what stands against sending a run now: who releases it, what changed, what may not be paid any more."""
    problems = []
    if run.execute_on < context.today:
        problems.append(_too_late(run))
    problems += accounts.why_not_paying(run.paying_account)
    problems += why_not_releaser(context, run)
    if sending.written(run).hash != run.approved_hash:
        problems += sending.changed().problems
    return [*problems, *why_not_still_payable(context, run)]


def _too_late(run: PaymentRun) -> Problem:
    words = f"It was to be paid on {written(run.execute_on)}, which has passed. Send it back to draft and choose another day."
    return Problem("day_passed", words, "execute_on")


def why_not_releaser(context: Context, run: PaymentRun) -> list[Problem]:
    """Say that nobody sends money for an invoice they took in."""
    acting = context.actor.hands
    own = sorted({item.invoice.reference for item in run.items if acting & set(item.invoice.makers or ())})
    if not own:
        return []
    shown = ", ".join(own[:5]) + (f" and {len(own) - 5} more" if len(own) > 5 else "")  # noqa: PLR2004
    return [Problem("own_invoice", f"You took {shown} in. Someone else releases the run.")]


def why_not_still_payable(context: Context, run: PaymentRun) -> list[Problem]:
    """Look at every item once more: its open amount, holds and exceptions, its supplier, the account it goes to."""
    found = queries.list_open(
        context, run.entity.id, run.currency.id, invoice_ids={item.invoice_id for item in run.items}
    )
    open_ = {item.id: item for item in found}
    exceptions = queries.list_standing_exceptions(context, {item.invoice_id for item in run.items})
    problems = []
    for item in run.items:
        there = open_.get(item.open_item_id or 0)
        reasons: Iterable[Problem]
        if there is None or abs(there.left) < abs(item.amount + item.discount):
            reasons = [Problem("not_open", "less is open than the run pays. It was paid, credited or made void.")]
        else:
            reasons = _why_not_now(context, run, item, exceptions.get(item.invoice_id, []))
        problems += [Problem(each.code, f"{item.invoice.reference}: {each.message}", "items") for each in reasons]
    return problems


def _why_not_now(context: Context, run: PaymentRun, item: PaymentItem, standing: Iterable[object]) -> list[Problem]:
    problems = [
        *accounts.why_not_paid(item.supplier),
        *proposing.why_not_payable(run.execute_on, item.invoice, standing),  # type: ignore[arg-type]
        *accounts.why_not_usable(item.bank_account, context.today),
    ]
    until = item.open_item.discount_until if item.open_item else None
    if item.discount and (until is None or until < run.execute_on):
        over = f"the discount held until {written(until)}" if until else "there is no discount any more"
        problems.append(Problem("discount_over", f"{over}. Send the run back to draft."))
    return problems


def release(context: Context, run: PaymentRun) -> None:
    """Send the run: everything is looked at once more under lock, what is open counts as paid, and the file is made last.

    Numbers, hash, bytes and state are one transaction; the file itself is stored by its content just before the end.
    """
    _lock(context, run)
    refuse_if(why_not_releasable(context, run), Kind.CONFLICT)
    run.released_at, run.released_by = context.now, context.actor.id
    found = sending.groups(run)
    if any(group.amount for group in found):
        run.state = "released"
    else:  # everything was set off: the bank has nothing to do
        run.state = "settled"
        free(run)
    invoices.pay(
        context,
        {item.open_item_id or 0: item.amount + item.discount for item in run.items},
        {item.invoice_id for item in run.items},
    )
    given: dict[str, str] = {}
    for group in found:
        _number(context, run, group, given)
    context.at_end(lambda: _finish(context, run, found, given))


def _lock(context: Context, run: PaymentRun) -> None:
    """Take everything the run rests on: who is paid, where, from where, and what for."""
    queries.lock_paying_account(context, run.paying_account_id)
    queries.lock_suppliers(context, {item.supplier_id for item in run.items})
    queries.lock_accounts(context, {item.bank_account_id for item in run.items})
    invoices.locked(context, {item.invoice_id for item in run.items})


def _number(context: Context, run: PaymentRun, group: Group, given: dict[str, str]) -> None:
    numbers.take_last(context, PAID, lambda number: given.update({group.key: number}), owner=run.entity.code)


def _finish(context: Context, run: PaymentRun, found: Iterable[Group], given: dict[str, str]) -> None:
    """Enter the payments under their numbers, and make the file that tells the bank of them."""
    ids, batches = sending.bank_ids(run, given), sending.batches(run, given)
    sent = [_enter(context, run, group, given[group.key]) for group in found]
    for payment in sent:
        payment.bank_ids, payment.batch = ids[payment.number], batches.get(payment.number)
    if any(payment.amount for payment in sent):
        sending.store(run, sending.render(run, given))
    context.session.add_all(sent)
    context.session.flush()
    for payment in sent:
        unit.announce(context, payment, events.told(Sent, payment))


def _enter(context: Context, run: PaymentRun, group: Group, number: str) -> Payment:
    first, amount = group.items[0], group.amount
    payment = Payment(
        number=number,
        run=run,
        method=Method.TRANSFER if amount else Method.SET_OFF,
        entity=run.entity,
        supplier=first.supplier,
        paying_account=run.paying_account,
        bank_account=first.bank_account,
        currency=run.currency,
        amount=amount,
        discount=group.discount,
        execute_on=run.execute_on,
        state="sent" if amount else "settled",
        settled_on=None if amount else context.today,
        settled_amount=_ZERO,
        parts=[
            PaymentPart(
                position=at,
                invoice=item.invoice,
                open_item=item.open_item,
                amount=item.amount,
                discount=item.discount,
                discount_tax=item.discount_tax,
                undone=False,
            )
            for at, item in enumerate(group.items)
        ],
    )
    value(context, payment)
    return payment


def value(context: Context, payment: Payment) -> None:
    """Note what the payment costs in the base currency today, and how far that is from what was booked."""
    base, currency = payment.entity.base_currency, payment.currency
    booked = [
        Money(part.amount, currency.code).at(part.invoice.rate or Decimal(1), base.code).amount
        for part in payment.parts
    ]
    payment.booked = sum(booked, _ZERO)
    rate = directory.find_rate(context, currency.id, base.id, context.today)
    if rate is None:
        return
    payment.rate, payment.rate_on, payment.rate_source = rate.rate, rate.valid_on, rate.source or None
    payment.base_amount = Money(payment.amount, currency.code).at(rate.rate, base.code).amount
    payment.rate_difference = payment.base_amount - payment.booked
