"""How a file of a bank comes in: kept untouched, read whole, each statement filed under its account, and reconciled."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from app.infra import activity, files, filetypes, idempotency, jobs, numbers, scope, unit
from app.infra.files import Stored
from app.infra.taking import About, Looked, Sent, Taken, first_values
from app.infra.transfer.sheets import Options
from app.kernel.actor import Context
from app.kernel.counting import counted
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.kernel.resource import registry
from app.modules.payments import service as payments
from app.modules.payments.domain import reasons
from app.modules.payments.domain.bank import BankFile, Entry, Finding, Movement, Statement
from app.modules.payments.domain.reconciliation import Line
from app.modules.payments.models import PayingAccount
from app.modules.statements import queries
from app.modules.statements.domain import filing, sameness
from app.modules.statements.domain.events import TakenIn
from app.modules.statements.domain.filing import Known
from app.modules.statements.domain.sameness import Mark
from app.modules.statements.models import BankStatement, StatementLine
from app.modules.statements.service import proposing

NAME, VERB = "bank_statement", "match"
MOST_PROBLEMS = 20
#: What may be said of all rows of a table, besides what its columns mean.
SAID_FOR_ALL = ("account", "currency", "sign")
#: A file of so many bytes is read by a worker, and by nobody who waits for a page.
LARGE, TAKE_IN = 2 * 1024 * 1024, "take_in_statements"
_TEXT_TYPES = {"CSV": "text/csv", "camt": "application/xml"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read: what is in it, what it is called, and where it is kept."""

    content: BankFile
    name: str
    stored: Stored


@dataclass(frozen=True, slots=True)
class _Filed:
    """A statement in a file, the account of ours it is of, and which of its entries are new."""

    place: int
    statement: Statement
    account: Known
    marks: list[Mark | None]
    is_known: list[bool]
    known_from: tuple[str, ...]

    @property
    def new_marks(self) -> list[Mark]:
        """List the marks of the entries that were not here before."""
        return [mark for mark, known in zip(self.marks, self.is_known, strict=True) if mark and not known]

    @property
    def is_new(self) -> bool:
        """Say whether anything in it was not here before."""
        return not all(self.is_known) if self.is_known else not self.known_from


def take_in(context: Context, sent: Sent, account: str | None = None) -> list[Taken]:
    """Take a file of statements in as a whole, or refuse it in words; what was here before is never taken twice."""
    _permit(context)
    account = sent.about.fixed.get("account", "").strip() or account
    content = payments.read_statements(sent.data, sent.name, told_of(sent.about))
    refuse_if(filing.why_not_final(content))
    kind = next((type_ for start, type_ in _TEXT_TYPES.items() if content.format.startswith(start)), "text/plain")
    file = _File(content, filetypes.clean_name(sent.name), files.store().put(io.BytesIO(sent.data), kind))

    if sent.is_trial:
        return _tried(context, file, account, sent.entity)

    def body(bound: Context) -> list[Taken]:
        answered = idempotency.claim(bound, sent.repeat) if sent.repeat else None
        if answered is not None:
            return [Taken(sent.name, each["key"], each["state"], repeated=True) for each in answered["taken"]]
        found = [Taken(sent.name, each.number, each.state) for each in _enter(bound, file, account, sent.entity)]
        if sent.repeat:
            idempotency.keep(bound, sent.repeat, {"taken": [{"key": each.key, "state": each.state} for each in found]})
        return found

    return unit.change(context, f"{NAME}.{VERB}", body)


def _tried(context: Context, file: _File, account: str | None, entity: str | None) -> list[Taken]:
    """Say what would become of a file; nothing of it stays."""
    found = []
    with unit.rehearsal(context, f"{NAME}.{VERB}") as bound:
        for row in _enter(bound, file, account, entity):
            moved = sum((line.amount for line in row.lines), Decimal(0))
            told = Taken(file.name, None, row.state, rows=len(row.lines), amount=moved, currency=row.currency.code)
            found.append(told)
    return found


def told_of(about: About) -> payments.Told:
    """Read what was said of a table; what no table of a bank heeds is refused, and not passed over."""
    unknown = sorted(set(about.fixed) - set(SAID_FOR_ALL))
    if unknown:
        words = f"There is no field {unknown[0][:60]} to set for all rows. Use one of {', '.join(SAID_FOR_ALL)}."
        raise Refused(Kind.INVALID, Problem("unknown_field", words, "fixed"))
    if about.options != Options(dates=about.options.dates):
        words = "Heading, sheet, encoding and delimiter of a bank's table are found out. Leave them away."
        raise Refused(Kind.INVALID, Problem("unknown_field", words, "file"))
    currency, sign = (about.fixed.get(name, "").strip() for name in ("currency", "sign"))
    return payments.Told(about.columns, about.options.dates, currency.upper(), sign.lower())


def look(sent: Sent) -> Looked:
    """Show a table of a bank before anything is said of it."""
    heads, guessed, rows = payments.look_at_table(sent.data, sent.name)
    return Looked(heads, first_values(rows, len(heads)), guessed)


def take_in_later(context: Context, sent: Sent, account: str | None) -> int:
    """Let a worker take in a file that is too large to wait for; give the number of the job."""
    _permit(context)
    stored = files.store().put(io.BytesIO(sent.data), "application/octet-stream")

    def body(bound: Context) -> int:
        arguments = {
            "digest": stored.digest,
            "name": sent.name,
            "account": account,
            "entity": sent.entity,
            "about": asdict(sent.about),
        }
        job = jobs.enqueue(bound, TAKE_IN, arguments, unique_key=f"{TAKE_IN} {stored.digest}", max_attempts=3)
        bound.session.flush()
        return job.id

    return unit.change(context, f"{NAME}.{VERB}", body)


def is_original(context: Context, statement: BankStatement, attachment: activity.Attachment) -> bool:
    """Say whether a statement was read from a file, which then stays with it for good."""
    return attachment.digest == statement.file_hash


def _permit(context: Context) -> None:
    permission = registry[NAME].permission(VERB)
    if not context.actor.may(permission):
        words = "Your roles do not let you take in bank statements. Ask an administrator."
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", words, None, {"permission": permission}))


def _enter(bound: Context, file: _File, chosen: str | None, entity: str | None) -> list[BankStatement]:
    _refuse_twice(bound, file.stored.digest)
    accounts = {each.id: each for each in queries.list_accounts(bound)}
    filed = _file(bound, file.content, accounts, chosen, entity)
    new = [each for each in filed if each.is_new]
    if not new:
        earlier = sorted({number for each in filed for number in each.known_from})
        words = f"File: everything in it was taken in before, as {', '.join(earlier)}. Nothing was changed."
        raise Refused(Kind.CONFLICT, Problem("taken_in_already", words, "file", {"statements": earlier}))
    rows = [_row(bound, file, each, accounts[each.account.id]) for each in new]
    bound.session.flush()
    for row in rows:
        _admit(bound, row)
        activity.attach_within(bound, registry[NAME], row.number, file.stored, file.name)
    for account_id in sorted({row.account_id for row in rows}):
        follow(bound, account_id, min((row.to_on for row in rows if row.to_on), default=None))
    for row in rows:
        proposing.reconcile(bound, row)
        unit.announce(bound, row, TakenIn(row.number, row.account.code, row.open_lines))
    return rows


def _refuse_twice(bound: Context, digest: str) -> None:
    earlier = [each.number for each in queries.list_of_file(bound, digest)]
    if earlier:
        words = f"File: it was taken in before, as {', '.join(earlier)}. Nothing was changed."
        raise Refused(Kind.CONFLICT, Problem("taken_in_already", words, "file", {"statements": earlier}))


def _admit(bound: Context, row: BankStatement) -> None:
    """See that whoever takes a statement in may do so for this account, and knows no more of it than that."""
    if not unit.holds(bound, registry[NAME], row, VERB):
        words = f"Account: your roles do not let you take in statements of {row.account.code}. Nothing was taken in."
        raise Refused(Kind.FORBIDDEN, Problem("out_of_reach", words, "file"))


def _file(
    bound: Context, content: BankFile, accounts: dict[int, PayingAccount], chosen: str | None, entity: str | None
) -> list[_Filed]:
    """Find the account of every statement; one without stops them all, as a file is taken in whole."""
    known = [_known(each) for each in accounts.values()]
    said = filing.find_said(known, chosen) if chosen else None
    refuse_if([filing.why_not_said(chosen)] if chosen and said is None else [])
    found = [filing.find_account(each, known, said, entity) for each in content.statements]
    problems = []
    for statement, account in zip(content.statements, found, strict=True):
        if account is None:
            problems.append(filing.why_unknown(statement, entity, said))
        else:
            problems += filing.why_not_entries(statement, account.currency)
    refuse_if(problems[:MOST_PROBLEMS])
    ours = [account for account in found if account is not None]
    scope.locked(bound, PayingAccount, [each.id for each in ours], why="statements of one account come in one by one")
    filed: list[_Filed] = []
    for place, (statement, account) in enumerate(zip(content.statements, ours, strict=True), start=1):
        filed.append(_compared(bound, place, statement, account, filed))
    return filed


def _known(account: PayingAccount) -> Known:
    return Known(
        account.id,
        account.entity.code,
        account.currency.code,
        account.iban,
        account.account_number,
        account.routing,
        account.code,
    )


def _compared(bound: Context, place: int, statement: Statement, account: Known, before: Iterable[_Filed]) -> _Filed:
    """Hold the entries of a statement against what is here, and against what stands before it in the same file."""
    marks = sameness.marks(statement)
    if not marks:
        twin = queries.find_empty(bound, account.id, stated_number(statement), statement.to_on, _closing(statement))
        return _Filed(place, statement, account, [], [], (twin.number,) if twin else ())
    days = [mark.booked_on for mark in marks if mark]
    kept = queries.list_marks(bound, account.id, days)
    same_file = [mark for each in before if each.account.id == account.id for mark in each.new_marks]
    is_known = sameness.repeated(marks, [*(mark for mark, _ in kept), *same_file])
    wanted = {mark for mark, known in zip(marks, is_known, strict=True) if known and mark}
    places = {of for mark, of in kept if any(sameness.is_same(mark, each) for each in wanted)} if wanted else set()
    return _Filed(place, statement, account, marks, is_known, tuple(queries.numbers_of(bound, places)))


def _closing(statement: Statement) -> Any:
    return statement.closing.amount if statement.closing else None


def stated_number(statement: Statement) -> str | None:
    """Name a statement as the bank does."""
    named = " ".join(part for part in (statement.id, statement.number) if part)
    return _clean(named, 100)


def _clean(text: str | None, most: int) -> str | None:
    """Cut what a bank writes to what can be kept and shown."""
    return _CONTROL.sub(" ", text or "").strip()[:most] or None


def _row(bound: Context, file: _File, filed: _Filed, account: PayingAccount) -> BankStatement:
    statement, opening = filed.statement, filed.statement.opening
    days = [mark.booked_on for mark in filed.marks if mark]
    series = registry[NAME].number
    assert series is not None
    row = BankStatement(
        number=numbers.take(bound, series),
        account=account,
        account_id=account.id,
        entity=account.entity,
        currency=account.currency,
        from_on=statement.from_on or min(days, default=None),
        to_on=statement.to_on or max(days, default=None),
        opening=opening.amount if opening else None,
        closing=_closing(statement),
        stated_number=stated_number(statement),
        format=file.content.format[:40],
        file_name=file.name[:200],
        file_hash=file.stored.digest,
        place=filed.place,
        repeated=sum(filed.is_known),
        findings=[
            _told(each)
            for each in (*file.content.findings, *statement.findings, *_odd(bound, filed))
            if each.code != "no_account"  # it is known by now, or nothing would be filed
        ],
        state="open",
    )
    row.lines = list(_lines(row, filed))
    row.open_lines = len(row.lines)
    bound.session.add(row)
    return row


def _told(finding: Finding) -> dict[str, Any]:
    return {name: _clean(str(value), 500) for name, value in asdict(finding).items() if value is not None}


def _odd(bound: Context, filed: _Filed) -> list[Finding]:
    """Say what of a statement is no line here, and that a day in it has not come."""
    return [*filing.yet_to_come(filed.statement, bound.today), *_left_out(filed)]


def _left_out(filed: _Filed) -> list[Finding]:
    """Say which entries of a statement are no lines here."""
    found = []
    repeated, pending = sum(filed.is_known), sum(not entry.is_booked for entry in filed.statement.entries)
    empty = sum(entry.is_booked and not entry.amount for entry in filed.statement.entries)
    if repeated:
        earlier = f" in {', '.join(filed.known_from)}" if filed.known_from else ""
        words = f"{repeated} of its entries stood{earlier} before and were left out here."
        found.append(Finding("repeated_entries", words))
    if pending:
        found.append(
            Finding(
                "pending_entries",
                f"{counted(pending, 'entry is', 'entries are')} not booked yet, and told again once booked.",
            )
        )
    if empty:
        found.append(
            Finding("empty_entries", f"{counted(empty, 'entry moves', 'entries move')} no money and stay out.")
        )
    return found


def _lines(row: BankStatement, filed: _Filed) -> Iterable[StatementLine]:
    booked = [entry for entry in filed.statement.entries if entry.is_booked]
    position = 0
    for number, (entry, mark, known) in enumerate(zip(booked, filed.marks, filed.is_known, strict=True), start=1):
        if known or mark is None or not entry.amount:
            continue
        for payment in filing.payments_in(entry, number, row.currency.code):
            yield _line(row, entry, mark, payment, number, position)
            position += 1


def _line(row: BankStatement, entry: Entry, mark: Mark, payment: Line, number: int, position: int) -> StatementLine:
    party, references, exchange = payment.party, entry.references, payment.exchange
    part = payment.id.partition(".")[2]
    stated = {
        "ids": payment.ids,
        "groups": payment.groups,
        "documents": payment.documents,
        "charges": str(payment.charges),
        "exchange": {"amount": str(exchange.amount), "currency": exchange.currency}
        if exchange and exchange.amount is not None
        else None,
        "codes": entry.codes,
        "return_text": _because(entry.members[int(part) - 1] if part else entry),
    }
    return StatementLine(
        account_id=row.account.id,
        position=position,
        number=payment.id,
        booked_on=mark.booked_on,
        value_on=entry.value_on,
        amount=payment.amount,
        party=_clean(party.name, 200),
        party_account=_clean(party.iban or party.number, 100),
        text=_clean(payment.text, 2000),
        end_to_end=_clean(next(iter(payment.ids), None), 140),
        bank_id=_clean(references.bank or references.transaction, 140),
        is_return=payment.is_return,
        stated=_printable(stated),
        entry=number,
        entry_amount=entry.amount,
        entry_id=_clean(mark.bank_id, 140),
        balance=mark.balance,
        content=mark.content,
        state="open",
    )


def _because(movement: Movement) -> str:
    """Say why money came back."""
    if not (movement.return_reason or movement.return_text):
        return ""
    cause = reasons.cause(movement.return_reason, movement.return_text)
    return f"{cause.words}. {cause.text}".strip()


def _printable(value: Any) -> Any:
    """Take signs that no column can hold out of texts."""
    if isinstance(value, dict):
        return {name: _printable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(each) for each in value]
    return _CONTROL.sub(" ", value) if isinstance(value, str) else value


def follow(bound: Context, account_id: int, since: date | None) -> None:
    """Work out anew which statements of an account begin elsewhere than those before them ended."""
    before: list[Decimal] = []
    rows = queries.list_following(bound, account_id, since)
    for day, group in groupby(rows, key=lambda row: row.to_on):
        of_day = list(group)
        for row in of_day:
            # Several statements of one day follow on each other in an order that nobody states.
            ends = [*before, *(other.closing for other in of_day if other is not row and other.closing is not None)]
            is_first = not before or day is None or row.opening is None or row.opening in ends
            gap = None if is_first else (row.opening or Decimal(0)) - before[-1]
            if row.gap != gap:
                row.gap = gap
        before = [row.closing for row in of_day if row.closing is not None] or before
