"""What is done with paying accounts and payment runs."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from app.infra import files
from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.days import written
from app.kernel.event import Event, told_once
from app.kernel.problem import Kind, Problem, Refused
from app.modules.invoices.models import Invoice
from app.modules.payments import service
from app.modules.payments.evidence import packing
from app.modules.payments.models import PayingAccount, Payment, PaymentRun
from app.modules.suppliers.models import BankAccount

Why = Annotated[str, Ask("Reason", long=True)]
WhyPerhaps = Annotated[str | None, Ask("Reason", long=True)]


@dataclass(frozen=True)
class Confirmed(Event):
    """A second person looked at an account; it may pay."""

    code: str
    entity: str


@dataclass(frozen=True)
class Retired(Event):
    """Nothing is paid from an account any more."""

    code: str
    entity: str
    reason: str


@dataclass(frozen=True)
class Told(Event):
    """What everybody who hears of a run needs to know; `makers` and `asked`, who may act on it next, are accounts."""

    number: str
    title: str
    entity: str
    total: Decimal
    currency: str
    items: int
    makers: tuple[int, ...]
    reason: str = ""
    asked: tuple[int, ...] = ()


@dataclass(frozen=True)
class Proposed(Told):
    """What it pays was chosen anew."""


@dataclass(frozen=True)
class Trimmed(Told):
    """Something was taken out."""


@dataclass(frozen=True)
class Filled(Told):
    """Something was put in."""


@dataclass(frozen=True)
class Submitted(Told):
    """It waits for the approval of somebody else."""


@dataclass(frozen=True)
class Withdrawn(Told):
    """It was taken back to be changed."""


@dataclass(frozen=True)
class Approved(Told):
    """It may be released as it is, and only so."""


@dataclass(frozen=True)
class SentBack(Told):
    """It is a draft again, and approved no longer."""


@dataclass(frozen=True)
class Cancelled(Told):
    """It pays nothing; what was in it may be paid by another run."""


@dataclass(frozen=True)
class Released(Told):
    """The file for the bank was made, and what is in it counts as paid."""


@dataclass(frozen=True)
class FileFetched(Event):
    """Somebody took the file to bring it to the bank."""

    number: str
    file: str
    sha256: str
    content: str = told_once()


@dataclass(frozen=True)
class EvidencePacked(Event):
    """Somebody took all that explains a payment out of the house; `content` is the ZIP as base64."""

    number: str
    file: str
    sha256: str
    content: str = told_once()


@dataclass(frozen=True)
class Answered(Event):
    """The bank said what became of it."""

    number: str
    settled: int
    failed: int
    summary: str


def _tell(kind: type[Told], run: PaymentRun, reason: str = "", asked: tuple[int, ...] = ()) -> Any:
    return kind(
        asked=asked,
        number=run.number,
        title=f"{run.paying_account.name}, {written(run.execute_on)}",
        entity=run.entity.code,
        total=run.total,
        currency=run.currency.code,
        items=run.items_count,
        makers=tuple(run.makers),
        reason=reason,
    )


# --- paying accounts -------------------------------------------------------------------------------------------------


@command("Confirm", moves=["proposed -> confirmed"], guard=service.why_not_confirmable, step_up=True)
def confirm(context: Context, account: PayingAccount) -> Confirmed:
    """Confirm that the account is ours and pays as it stands here. Whoever entered or changed it cannot confirm it."""
    account.confirmed_at, account.confirmed_by = context.now, context.actor.id
    return Confirmed(account.code, account.entity.code)


@command("Retire", moves=["proposed | confirmed -> retired"])
def retire(context: Context, account: PayingAccount, *, reason: Why) -> Retired:
    """Stop paying from the account. Runs that wait are not released from it."""
    account.state_reason = reason[:500]
    return Retired(account.code, account.entity.code, reason)


# --- payment runs ----------------------------------------------------------------------------------------------------


@command("Propose anew", moves=["draft -> draft"])
def propose(context: Context, run: PaymentRun) -> Proposed:
    """Choose again what is due and may be paid. What was put in or taken out by hand is forgotten."""
    service.propose(context, run)
    return _tell(Proposed, run)


@command("Take out", moves=["draft -> draft"])
def take_out(
    context: Context,
    run: PaymentRun,
    *,
    invoices: Annotated[list[Invoice], Ask("Invoices", "What the run does not pay")],
    reason: WhyPerhaps = None,
) -> Trimmed:
    """Pay some invoices not with this run; another run may."""
    service.take_out(context, run, invoices, reason or "")
    return _tell(Trimmed, run, reason or "")


@command("Put in", moves=["draft -> draft"])
def put_in(
    context: Context,
    run: PaymentRun,
    *,
    invoices: Annotated[list[Invoice], Ask("Invoices", "Also such as are not due yet; what is blocked stays out")],
    account: Annotated[BankAccount | None, Ask("To account", "Where the supplier has several")] = None,
    amount: Annotated[Decimal | None, Ask("Amount", "To pay a part of one invoice. Empty: all that is open")] = None,
) -> Filled:
    """Pay some invoices with this run that were not proposed."""
    service.put_in(context, run, invoices, account, amount)
    return _tell(Filled, run)


@command("Submit", moves=["draft -> submitted"], guard=service.why_not_submittable)
def submit(context: Context, run: PaymentRun) -> Submitted:
    """Ask somebody else to approve exactly this."""
    service.submit(context, run)
    return _tell(Submitted, run, asked=service.who_may(context, run, "approve"))


@command("Withdraw", moves=["submitted -> draft"])
def withdraw(context: Context, run: PaymentRun, *, reason: WhyPerhaps = None) -> Withdrawn:
    """Take the run back to change it."""
    service.reopen(context, run, reason or "")
    return _tell(Withdrawn, run, reason or "")


@command(
    "Approve",
    moves=["submitted -> approved"],
    guard=service.why_not_approvable,
    confirm="Approve {number}: {total} in {items_count} items?",
)
def approve(context: Context, run: PaymentRun) -> Approved:
    """Agree to pay exactly what stands here. Any change afterwards takes the approval away."""
    service.approve(context, run)
    return _tell(Approved, run, asked=service.who_may(context, run, "release"))


@command("Send back", moves=["submitted | approved -> draft"])
def send_back(context: Context, run: PaymentRun, *, reason: Why) -> SentBack:
    """Give the run back to be changed; an approval ends with that."""
    service.reopen(context, run, reason)
    return _tell(SentBack, run, reason)


@command("Cancel", moves=["draft | submitted | approved -> cancelled"], danger=True)
def cancel(context: Context, run: PaymentRun, *, reason: Why) -> Cancelled:
    """Give the run up: it pays nothing, and what was in it can be proposed again."""
    service.cancel(context, run, reason)
    return _tell(Cancelled, run, reason)


@command(
    "Release",
    moves=["approved -> released | settled"],
    guard=service.why_not_releasable,
    confirm="Release {number}? The file for the bank is made, and {total} count as paid.",
    step_up=True,
)
def release(context: Context, run: PaymentRun) -> Released:
    """Make the file for the bank. Every account, hold and amount is looked at once more.

    Whoever took in one of its invoices cannot release it.
    """
    service.release(context, run)
    return _tell(Released, run)


@command("Fetch file", moves=["released -> released", "settled -> settled", "failed -> failed"])
def fetch_file(context: Context, run: PaymentRun) -> FileFetched:
    """Get the file for the bank, always the same one. It is on record who fetched it."""
    if run.file_hash is None:
        raise Refused(Kind.CONFLICT, Problem("no_file", "Nothing was sent with this run: everything was set off."))
    return FileFetched(run.number, run.file_name or "", run.file_hash, service.file_of(run))


@command(
    "Read answer",
    moves=["released | settled | failed -> released | settled | failed"],
)
def read_answer(
    context: Context,
    run: PaymentRun,
    *,
    file: Annotated[str, Ask("File", "Name of an attached file: pain.002, camt.054 or NACHA returns")],
) -> Answered:
    """Take in what the bank says of the run: payments are settled, or have failed and are open again."""
    found = service.read_answer(context, run, file)
    return Answered(run.number, found.settled, found.failed, found.summary)


@command("Evidence pack")
def evidence(context: Context, payment: Payment) -> EvidencePacked:
    """Get all that explains the payment in one sealed file: requests, decisions, orders, receipts, invoices, their match.

    It holds what you may open, and can be checked without Outlay. It is on record who took it.
    """
    pack = packing.pack(context, payment)
    digest = files.store().put(io.BytesIO(pack)).digest
    return EvidencePacked(payment.number, f"{payment.number}.zip", digest, base64.b64encode(pack).decode())
