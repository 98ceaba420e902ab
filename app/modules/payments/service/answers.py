"""What the bank answers to a run: each payment it names is settled, failed or noted, and the same file counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.infra import files
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.modules.payments import queries
from app.modules.payments.domain.bank import Outcome, PaymentStatus, StatusReport
from app.modules.payments.formats import reading
from app.modules.payments.formats.characters import identifier
from app.modules.payments.models import BankAnswer, Payment, PaymentRun
from app.modules.payments.service import settling

_BAD = (Outcome.REJECTED, Outcome.RETURNED)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: how many payments it settled and failed, and what else a person should know."""

    settled: int
    failed: int
    notes: tuple[str, ...]

    @property
    def summary(self) -> str:
        """Tell it in a sentence or two."""
        counts = [f"{self.settled} settled" if self.settled else "", f"{self.failed} failed" if self.failed else ""]
        first = ", ".join(filter(None, counts)) or "nothing changed"
        return " ".join((f"{first[0].upper()}{first[1:]}.", *self.notes))[:1000]


def read(context: Context, run: PaymentRun, name: str) -> Answered:
    """Take in a file that is attached to a run."""
    attached = queries.find_attachment(context, run.id, name)
    if attached is None:
        words = f"File: {run.number} has no file called {name[:80]}. Attach it first."
        raise Refused(Kind.INVALID, Problem("not_attached", words, "file"))
    if any(each.digest == attached.digest for each in run.answers):
        words = "This file was taken in before. Nothing was changed."
        raise Refused(Kind.CONFLICT, Problem("taken_in_already", words, "file"))
    with files.store().open(attached.digest) as content:
        report = reading.read_status(content.read())
    payments = queries.list_payments(context, run.id)
    settling.locked(context, payments)
    said = _said(run, report, payments)
    answered = _apply(context, payments, said, report)
    run.answers.append(
        BankAnswer(
            position=len(run.answers),
            name=name,
            digest=attached.digest,
            format=report.format[:60],
            message=(report.id or "")[:100] or None,
            taken_at=context.now,
            taken_by=context.actor.id,
            settled=answered.settled,
            failed=answered.failed,
            summary=answered.summary,
        )
    )
    return answered


def _said(run: PaymentRun, report: StatusReport, payments: Sequence[Payment]) -> dict[str, list[PaymentStatus]]:
    """Tell by payment what the file says of it: the most exact word counts."""
    if report.original is not None and report.original != identifier(run.number):
        words = f"File: it answers {report.original[:60]}, not {run.number}. Open that run."
        raise Refused(Kind.CONFLICT, Problem("other_run", words, "file"))
    by_id = {id: payment.number for payment in payments for id in (payment.number, *payment.bank_ids)}
    found: dict[str, list[PaymentStatus]] = {}
    for status in report.statuses:
        if status.end_to_end is None and status.instruction is None:
            meant = [each.number for each in payments if each.amount and status.batch in (None, each.batch)]
            found.update({number: [status] for number in meant if _is_whole(status, report)})
    for status in report.statuses:
        number = by_id.get(status.end_to_end or "") or by_id.get(status.instruction or "")
        if number is not None:
            known = found.get(number, [])
            found[number] = [*(each for each in known if each.end_to_end or each.instruction), status]
    if not found:
        words = f"File: it names no payment of {run.number}. Open the run it is about."
        raise Refused(Kind.CONFLICT, Problem("no_payment_named", words, "file"))
    return found


def _is_whole(status: PaymentStatus, report: StatusReport) -> bool:
    """Say whether a status without a payment is about a whole file or batch of ours."""
    return status.batch is not None or report.original is not None


def _apply(
    context: Context, payments: Iterable[Payment], said: dict[str, list[PaymentStatus]], report: StatusReport
) -> Answered:
    settled = failed = 0
    notes: list[str] = []
    for payment in payments:
        statuses = said.get(payment.number)
        if not statuses:
            continue
        payment.bank_says = _words(statuses)[:200]
        before = payment.state
        note = _one(context, payment, statuses)
        notes += [f"{payment.number}: {note}"] if note else []
        settled += before != payment.state == "settled"
        failed += before != payment.state and payment.state in ("failed", "returned")
    return Answered(settled, failed, (*notes, *(each.message for each in report.findings)))


def _one(context: Context, payment: Payment, statuses: Sequence[PaymentStatus]) -> str:
    """Let a payment be what the bank says of it; what is not clear is only noted."""
    outcomes = {status.outcome for status in statuses}
    parts = max(1, len([id for id in payment.bank_ids if id.startswith(payment.number)]))
    is_part = bool(statuses[0].end_to_end or statuses[0].instruction) and len(statuses) < parts
    if outcomes <= set(_BAD):
        if is_part:
            return f"only a part failed ({_words(statuses)}). Look at the statement."
        settling.returned(context, payment, _words(statuses))
        return _words(statuses)
    if outcomes == {Outcome.SETTLED}:
        total = sum(status.amount for status in statuses if status.amount is not None)
        if is_part or (all(status.amount is not None for status in statuses) and total != payment.amount):
            return f"the bank speaks of {total:f} {payment.currency.code}, {payment.amount:f} were sent."
        settling.settled_by_bank(context, payment, statuses[-1].on or context.today)
        return ""
    return _words(statuses) if outcomes & {*_BAD, Outcome.CHANGED, Outcome.PARTLY} else ""


def _words(statuses: Sequence[PaymentStatus]) -> str:
    """Tell a status in words, with its causes and the bank's own text."""
    told = []
    for status in statuses:
        causes = "; ".join(" ".join(filter(None, (each.words, each.text))) for each in status.causes)
        corrected = f"Use {status.correction}" if status.correction else ""
        told.append(": ".join(filter(None, (status.outcome.value.capitalize(), causes, corrected))))
    return ", ".join(dict.fromkeys(told))
