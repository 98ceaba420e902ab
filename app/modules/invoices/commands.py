"""What is done with invoices and their exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.kernel.problem import Kind, Problem, Refused
from app.modules.approvals import service as approvals
from app.modules.approvals.domain import progress
from app.modules.directory.models import Entity
from app.modules.invoices import service
from app.modules.invoices.domain import exceptions as rules
from app.modules.invoices.domain.exceptions import Action
from app.modules.invoices.models import Invoice, InvoiceException
from app.modules.invoices.service import Reached

Why = Annotated[str, Ask("Reason", long=True)]
WhyPerhaps = Annotated[str | None, Ask("Reason", long=True)]
Remark = Annotated[str | None, Ask("Comment", long=True)]


@dataclass(frozen=True)
class Told(Event):
    """What everybody who hears of an invoice needs to know."""

    reference: str
    number: str | None
    title: str
    supplier: str
    total: Decimal | None
    currency: str
    reason: str = ""


@dataclass(frozen=True)
class Matched(Told):
    """Nothing stands against it."""


@dataclass(frozen=True)
class Disputed(Told):
    """Somebody has to settle an exception before it can go on."""


@dataclass(frozen=True)
class Submitted(Told):
    """It is to be decided by others."""


@dataclass(frozen=True)
class Decided(Told):
    """One person decided, and others are still to decide."""


@dataclass(frozen=True)
class Approved(Told):
    """It may be booked."""


@dataclass(frozen=True)
class Returned(Told):
    """It goes back to whoever took it in."""


@dataclass(frozen=True)
class Withdrawn(Told):
    """It was taken back to be changed."""


@dataclass(frozen=True)
class Rejected(Told):
    """It is not paid and never will be. The accounts are those who took it in, where nobody was asked about it."""

    accounts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Posted(Told):
    """It is on the books, and to be paid."""


@dataclass(frozen=True)
class Voided(Told):
    """It is off the books again."""


@dataclass(frozen=True)
class Held(Told):
    """Nothing is paid of it for now."""


@dataclass(frozen=True)
class Released(Told):
    """It may be paid again."""


def _tell(kind: type[Told], invoice: Invoice, reason: str = "", **more: Any) -> Any:
    return kind(
        reference=invoice.reference,
        number=invoice.number,
        title=invoice.summary,
        supplier=invoice.supplier.name if invoice.supplier else invoice.stated_supplier or "",
        total=invoice.total,
        currency=invoice.currency.code,
        reason=reason,
        **more,
    )


def why_not_decidable(context: Context, invoice: Invoice) -> list[Problem]:
    """Say why it is not the actor who decides now."""
    return approvals.why_not_decidable(context, service.NAME, invoice)


def why_not_submittable(context: Context, invoice: Invoice) -> list[Problem]:
    """Say what is missing before it can go on."""
    return [
        *service.why_not_free(context, invoice),
        *service.why_not_complete(context, invoice),
        *service.why_not_charged(context, invoice),
        *service.why_not_asked(context, invoice),
    ]


def why_not_withdrawable(context: Context, invoice: Invoice) -> list[Problem]:
    """Say that nothing was asked that could be taken back."""
    if invoice.state == "matched" and not service.why_not_free(context, invoice):
        return [Problem("not_waiting", "It does not wait for a decision. Change it as it is.")]
    return []


@command("Match", moves=["captured | exception -> exception | matched"])
def match(context: Context, invoice: Invoice) -> Matched | Disputed:
    """Hold the invoice against its orders and receipts as they are now."""
    service.recognise_again(context, invoice)
    service.match(context, invoice)
    return _tell(Matched if invoice.state == "matched" else Disputed, invoice)


@command("Submit", moves=["matched -> matched | approved | exception"], guard=why_not_submittable)
def submit(context: Context, invoice: Invoice) -> Submitted | Approved | Disputed:
    """Let a matched invoice go on. Without an order, whoever has to agree is asked."""
    reached = service.approve_matched(context, invoice)
    kinds = {"approved": Approved, "matched": Submitted, "exception": Disputed}
    return _conclude(invoice, reached, kinds)


@command("Approve", moves=["matched -> matched | approved"], guard=why_not_decidable)
def approve(context: Context, invoice: Invoice, *, comment: Remark = None) -> Decided | Approved:
    """Agree that the invoice is right and may be paid."""
    reached = service.decide(context, invoice, progress.APPROVE, comment or "")
    return _conclude(invoice, reached, {"approved": Approved, "matched": Decided}, comment or "")


@command("Request changes", moves=["matched -> captured"], guard=why_not_decidable)
def request_changes(context: Context, invoice: Invoice, *, reason: Why) -> Returned:
    """Send the invoice back to whoever took it in, and say what should be different."""
    service.decide(context, invoice, progress.RETURN, reason)
    invoice.state, invoice.state_reason = "captured", reason
    return _tell(Returned, invoice, reason)


@command("Reject", moves=["matched -> matched | rejected"], guard=why_not_decidable, danger=True)
def reject(context: Context, invoice: Invoice, *, reason: Why) -> Decided | Rejected:
    """Say no for good: the invoice is not paid."""
    reached = service.decide(context, invoice, progress.REJECT, reason)
    invoice.state_reason = reason
    return _conclude(invoice, reached, {"rejected": Rejected, "matched": Decided}, reason)


def _conclude(invoice: Invoice, reached: Reached, kinds: dict[str, type[Told]], words: str = "") -> Any:
    invoice.state = reached.state
    return _tell(kinds[reached.state], invoice, words)


@command("Withdraw", moves=["matched | approved -> captured"], guard=why_not_withdrawable)
def withdraw(context: Context, invoice: Invoice, *, reason: WhyPerhaps = None) -> Withdrawn:
    """Take the invoice back to change it; nobody is asked any more."""
    approvals.withdraw(context, service.NAME, invoice.id, reason or "")
    invoice.state = "captured"
    return _tell(Withdrawn, invoice, reason or "")


@command("Turn away", moves=["captured | exception | matched -> rejected"], guard=service.why_not_free, danger=True)
def turn_away(context: Context, invoice: Invoice, *, reason: Why) -> Rejected:
    """Say that the invoice is not ours or not right. It is kept, and never paid."""
    service.drop_exceptions(context, invoice, reason)
    invoice.state, invoice.state_reason = "rejected", reason
    return _tell(Rejected, invoice, reason, accounts=tuple(invoice.makers))


@command("Post", moves=["approved -> posted"], confirm="Post {reference}? It takes the next number and is to be paid.")
def post(context: Context, invoice: Invoice) -> Posted:
    """Book the invoice. What it costs is taken from budgets, and it is to be paid when it is due."""
    service.post(context, invoice)
    return _tell(Posted, invoice)


@command("Make void", moves=["posted -> void"], guard=service.why_not_void, danger=True)
def void(context: Context, invoice: Invoice, *, reason: Why) -> Voided:
    """Take the invoice off the books. Its number stays, and its orders can be invoiced again."""
    service.void(context, invoice, reason)
    return _tell(Voided, invoice, reason)


@command("Put on hold", moves=["posted -> posted"], guard=service.why_not_held)
def hold(
    context: Context,
    invoice: Invoice,
    *,
    reason: Why,
    until: Annotated[
        date | None, Ask("Until", "The last day on which nothing is paid. Empty: until it is let go")
    ] = None,
) -> Held:
    """Pay nothing of the invoice for now."""
    if until is not None and until < context.today:
        raise Refused(Kind.INVALID, Problem("in_the_past", "Until: choose today or a later day.", "until"))
    service.hold_back(context, invoice, reason, until)
    return _tell(Held, invoice, reason)


def why_not_released(context: Context, invoice: Invoice) -> list[Problem]:
    """Say that it is not on hold."""
    return [] if invoice.held_because else [Problem("not_held", "It is not on hold.")]


@command("Let go", moves=["posted -> posted"], guard=why_not_released)
def release(context: Context, invoice: Invoice) -> Released:
    """Let the invoice be paid again when it is due."""
    service.let_go(context, invoice)
    return _tell(Released, invoice)


# --- exceptions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settled(Event):
    """What everybody who hears of an exception needs to know."""

    number: str
    kind: str
    invoice: str
    title: str
    text: str
    reason: str = ""


@dataclass(frozen=True)
class Accepted(Settled):
    """The difference is taken as it is."""


@dataclass(frozen=True)
class Assigned(Settled):
    """Somebody has said for which of our companies the invoice is."""


@dataclass(frozen=True)
class CreditNoteAwaited(Settled):
    """The supplier is to credit the difference; until then nothing is paid."""


@dataclass(frozen=True)
class Reopened(Settled):
    """It is to be settled after all."""


def _told(kind: type[Settled], exception: InvoiceException, reason: str) -> Any:
    invoice = exception.invoice
    return kind(exception.number, exception.kind.value, invoice.reference, invoice.summary, exception.text, reason)


def _why_not(action: Action, exception: InvoiceException) -> list[Problem]:
    problems = rules.why_not(action, [Action[each.upper()] for each in exception.actions], "given with the command")
    return problems + _why_not_live(exception)


def _why_not_live(exception: InvoiceException) -> list[Problem]:
    if exception.invoice.state in ("void", "rejected"):
        return [Problem("invoice_gone", f"{exception.invoice.reference} is {exception.invoice.state}.")]
    return []


def why_not_owned(context: Context, exception: InvoiceException) -> list[Problem]:
    """Say whose task it is to whoever holds another task; a role that names none of them settles what it may reach."""
    tasks = {owner.label for owner in rules.Owner} & {grant.role for grant in context.actor.grants}
    if not tasks or exception.owner.label in tasks:
        return []
    owner = exception.owner.label
    words = owner if owner[:2].isupper() else owner[:1].lower() + owner[1:]
    return [Problem("not_your_task", f"Only the {words} accepts a difference of this kind.")]


def why_not_acceptable(context: Context, exception: InvoiceException) -> list[Problem]:
    """Say why a difference of this kind cannot be taken as it is, whose task that is, and that nobody accepts their own."""
    return _why_not_passed(context, exception, Action.ACCEPT)


def _why_not_passed(context: Context, exception: InvoiceException, action: Action) -> list[Problem]:
    problems = _why_not(action, exception) or why_not_owned(context, exception)
    if context.actor.hands & set(exception.invoice.makers or ()):
        problems.append(Problem("own_invoice", "You took the invoice in. Someone else accepts the difference."))
    return problems


@command("Accept", moves=["open | waiting -> accepted"], guard=why_not_acceptable)
def accept(context: Context, exception: InvoiceException, *, reason: Why) -> Accepted:
    """Take the difference as it is, and say why. Another difference is asked about again."""
    service.settle_exception(context, exception, "accepted", Action.ACCEPT, reason)
    return _told(Accepted, exception, reason)


def why_not_assignable(context: Context, exception: InvoiceException) -> list[Problem]:
    """Say why the company is not the question, whose task it is, and that nobody answers it for what they took in."""
    return _why_not_passed(context, exception, Action.ASSIGN)


@command("Name the company", moves=["open -> accepted | solved"], guard=why_not_assignable)
def assign(
    context: Context,
    exception: InvoiceException,
    *,
    entity: Annotated[
        Entity, Ask("Entity", "The one that is to pay it. Orders and cost centres of another are let go")
    ],
    reason: Why,
) -> Assigned:
    """Say for which of our companies the invoice is, and why. It is matched anew there."""
    service.assign(context, exception, entity, reason)
    return _told(Assigned, exception, reason)


def why_not_creditable(context: Context, exception: InvoiceException) -> list[Problem]:
    """Say why a credit note does not settle it."""
    return _why_not(Action.ASK_CREDIT_NOTE, exception)


@command("Ask for a credit note", moves=["open -> waiting"], guard=why_not_creditable)
def ask_credit_note(context: Context, exception: InvoiceException, *, reason: Why) -> CreditNoteAwaited:
    """Put down that the supplier is to credit the difference. The invoice may be booked; nothing is paid until then."""
    service.settle_exception(context, exception, "waiting", Action.ASK_CREDIT_NOTE, reason)
    return _told(CreditNoteAwaited, exception, reason)


def why_not_reopenable(context: Context, exception: InvoiceException) -> list[Problem]:
    """Say that what is booked or gone is not asked about again."""
    if exception.invoice.state not in ("exception", "matched"):
        return [Problem("invoice_on_its_way", _on_its_way(exception.invoice))]
    return service.why_not_free(context, exception.invoice)


def _on_its_way(invoice: Invoice) -> str:
    """Say what is to be done about an invoice that has gone on before its exception can be asked about again."""
    instead = {
        "captured": "Match it first.",
        "approved": "Withdraw it first.",
        "posted": "It is on the books: put it on hold and ask for a credit note, or make it void while nothing is paid.",
    }.get(invoice.state, "Nothing is paid of it.")
    return f"{invoice.reference} is {invoice.state}. {instead}"


@command("Reopen", moves=["accepted | waiting -> open"], guard=why_not_reopenable)
def reopen(context: Context, exception: InvoiceException, *, reason: Why) -> Reopened:
    """Ask about the difference after all."""
    service.settle_exception(context, exception, "open", None, reason)
    return _told(Reopened, exception, reason)
