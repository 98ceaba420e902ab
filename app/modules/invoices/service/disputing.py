"""Exceptions as they live: raised, told to whoever settles them, settled, reminded of; and where their invoice then stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.infra import numbers, unit
from app.kernel.actor import Context
from app.kernel.calendar import add_working_days
from app.kernel.resource import Series
from app.modules.approvals import queries as approvals
from app.modules.invoices import queries
from app.modules.invoices.domain import exceptions as rules
from app.modules.invoices.domain.events import Overdue, Raised, Task
from app.modules.invoices.domain.exceptions import Action, Mismatch
from app.modules.invoices.models import Invoice, InvoiceException

EXCEPTIONS = Series("EX")
_MONDAY = 0


def settle(context: Context, invoice: Invoice, raised: Sequence[Mismatch]) -> list[InvoiceException]:
    """Raise what is new, close what no longer holds, and bring the invoice to where it stands now; gives what stands."""
    known = queries.list_exceptions(context, invoice.id) if invoice.id else []
    accepted = {each.mark: each.seen for each in known if each.state == "accepted"}
    standing = {each.mark: each for each in known if each.state in ("open", "waiting")}
    needed = [mismatch for mismatch in raised if not rules.still_accepted(mismatch, accepted)]
    fresh: list[InvoiceException] = []
    rows = [_raise(context, invoice, mismatch, standing.pop(mismatch.key, None), fresh) for mismatch in needed]
    for gone in standing.values():
        solve(context, gone, "It no longer holds.")
    _stand(invoice, rows)
    for row in fresh:
        unit.announce(context, row, task(context, invoice, row, Raised))
    return rows


def stand(context: Context, invoice: Invoice) -> None:
    """Say anew where an invoice stands, after one of its exceptions was settled."""
    context.session.flush()
    known = queries.list_exceptions(context, invoice.id)
    _stand(invoice, [each for each in known if each.state in ("open", "waiting")])


def _stand(invoice: Invoice, standing: Sequence[InvoiceException]) -> None:
    """An open exception stops it; one that waits for a credit note lets it be booked, and not be paid."""
    if invoice.state in ("captured", "exception", "matched"):
        invoice.state = "exception" if any(each.state == "open" for each in standing) else "matched"
    invoice.blocked = bool(standing) or invoice.held_because is not None


def solve(context: Context, exception: InvoiceException, reason: str) -> None:
    """Close an exception that somebody or something else has settled."""
    exception.state, exception.settled_at, exception.reason = "solved", context.now, exception.reason or reason


def _raise(
    context: Context,
    invoice: Invoice,
    mismatch: Mismatch,
    present: InvoiceException | None,
    fresh: list[InvoiceException],
) -> InvoiceException:
    row = present
    if row is None:
        row = InvoiceException(
            number=numbers.take(context, EXCEPTIONS), invoice_id=invoice.id, mark=mismatch.key[:200], state="open"
        )
        row.due_on, row.kind, row.owner = mismatch.due_on, mismatch.kind, mismatch.owner
        context.session.add(row)
        fresh.append(row)
    elif row.state == "waiting" and row.seen != mismatch.seen:
        row.state, row.settled, row.settled_at = "open", None, None
    row.text, row.code, row.seen = mismatch.text[:1000], mismatch.code, mismatch.seen
    row.lines = ", ".join(map(str, mismatch.lines)) or None
    row.actions = [action.value for action in mismatch.actions]
    return row


def list_open(context: Context, invoice: Invoice) -> list[InvoiceException]:
    """List what keeps an invoice from being paid."""
    context.session.flush()
    return [each for each in queries.list_exceptions(context, invoice.id) if each.state in ("open", "waiting")]


def settle_exception(
    context: Context, exception: InvoiceException, state: str, action: Action | None, reason: str
) -> None:
    """Write down how an exception was settled, by whom and why, and say anew where its invoice stands."""
    [invoice] = queries.lock_invoices(context, [exception.invoice_id])
    exception.state, exception.settled = state, action
    exception.settled_at = context.now if action is not None else None
    exception.settled_by, exception.reason = context.actor.id if action is not None else None, reason
    stand(context, invoice)


def drop_exceptions(context: Context, invoice: Invoice, reason: str) -> None:
    """Ask nobody any more about an invoice that is turned away."""
    for each in list_open(context, invoice):
        each.state, each.settled, each.settled_at = "dropped", Action.REJECT, context.now
        each.settled_by, each.reason = context.actor.id, reason
    invoice.blocked = False


def task(context: Context, invoice: Invoice, row: InvoiceException, kind: type[Task]) -> Task:
    """Say whose task an exception is: everybody who holds the role where the invoice is charged."""
    entity, centre = invoice.entity, invoice.cost_centre
    people = approvals.list_holders(context, row.owner.label, entity.id, [centre.id] if centre else [])
    return kind(
        accounts=tuple(person.user_id for person in people),
        owner=row.owner.label,
        kind=row.kind.label,
        invoice=invoice.reference,
        title=invoice.summary,
        text=row.text,
        due_on=row.due_on,
    )


def remind_owners(context: Context) -> int:
    """Remind of what is overdue: on the working day after it was due, and every Monday; tell of how many."""
    late = [row for row in queries.list_overdue(context, context.today) if _is_told(row.due_on, context.today)]
    for row in late:
        unit.announce(context, row, task(context, row.invoice, row, Overdue))
    return len(late)


def _is_told(due_on: date, today: date) -> bool:
    return today.weekday() == _MONDAY or today == add_working_days(due_on, 1, ())
