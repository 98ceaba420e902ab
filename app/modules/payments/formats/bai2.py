"""BAI2: the balance reports of American and many British banks.

Real files break lines, leave the slash out, drop empty fields and put commas into the text, so this reader takes what
is unambiguous: a line begins with its code, 88 goes on with the line before, and the text of an entry comes last.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.kernel.money import CURRENCIES, minor_units
from app.modules.payments.domain.bank import (
    Account,
    Balance,
    BankFile,
    Entry,
    Finding,
    Party,
    References,
    Remittance,
    Statement,
)
from app.modules.payments.formats import text as texts
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.text import Text

_CODES = {"01", "02", "03", "16", "49", "88", "98", "99"}
_BALANCES = {"010": "OPBD", "015": "CLBD", "040": "OPAV", "045": "CLAV", "030": "ITBD", "060": "ITAV"}
_CREDITS = (range(100, 400), range(900, 920))
_DEBITS = (range(400, 700), range(920, 960))
_FULL_LINE = 78  # a line this long was cut by the bank, in the middle of a word
_LABELS = re.compile(r"^(EREF|CREF|REMI|DBNM|CRNM|DACT|CACT|DBIC|CBIC|DABA|CABA|IDNM|CHKN): ?(.*)$", re.MULTILINE)
_DEFAULT_CURRENCY = "USD"  # what the specification says where none is stated


@dataclass(slots=True)
class _Record:
    """One logical record: its code, its fields, the lines of free text that follow, and where it begins."""

    code: str
    fields: list[str]
    line: int
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """What holds for all accounts of a group."""

    as_of: date | None = None
    currency: str = _DEFAULT_CURRENCY


def looks_like(text: str) -> bool:
    """Tell whether a text begins with the header of a BAI2 file."""
    return re.match(r"\s*01,[^\n]*,[^\n]*,\d{6},", text) is not None


def read(source: Text, name: str) -> BankFile:
    """Read a file of accounts with their entries; totals that do not add up are findings, a missing end is not."""
    records = list(_records(source.value))
    if not any(record.code == "99" for record in records):
        raise refused("truncated", "The file has no record 99 at its end, so part of it is missing. Fetch it again.")
    group, statements, findings = _Group(), list[Statement](), list[Finding]()
    for position, record in enumerate(records):
        if record.code == "02":
            group = _group(record)
            findings += _group_findings(record)
        elif record.code == "03":
            inside = _inside(records, position)
            statements.append(_statement(record, inside, group))
    if not statements:
        raise refused("no_statement", "The file holds no account (record 03).")
    header = records[0]
    number = header.fields[4] if len(header.fields) > 4 else None  # noqa: PLR2004
    return BankFile(
        "BAI2", name, tuple(statements), id=number or None, encoding=source.encoding,
        findings=(*source.findings, *findings),
    )  # fmt: skip


def _records(text: str) -> Iterator[_Record]:
    current: _Record | None = None
    was_full = False
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        line = raw.rstrip()
        if not line:
            continue
        code, _, rest = line.partition(",")
        code = code.strip().removesuffix("/")
        if code not in _CODES:
            words = f"{shown(line)} does not begin with a record code (01, 02, 03, 16, 49, 88, 98 or 99)."
            raise refused("bad_record", words, line=number)
        is_ended = rest.endswith("/")
        content = rest.removesuffix("/")
        if code != "88":
            if current is not None:
                yield current
            current = _Record(code, content.split(","), number)
        elif current is None:
            raise refused("bad_record", "Record 88 goes on with a record, but there is none before it.", line=number)
        elif current.code == "16":
            if current.text and was_full:
                current.text[-1] += content
            else:
                current.text.append(content)
        else:
            current.fields += content.split(",")
        was_full = not is_ended and len(line) >= _FULL_LINE
    if current is not None:
        yield current


def _inside(records: list[_Record], position: int) -> list[_Record]:
    """List what belongs to an account: everything up to the next account or group."""
    inside = []
    for record in records[position + 1 :]:
        if record.code in {"01", "02", "03", "98", "99"}:
            break
        inside.append(record)
    return inside


def _group(record: _Record) -> _Group:
    fields = [*record.fields, *[""] * 6]
    currency = fields[5].strip().upper()
    return _Group(_day(fields[3], record.line, "As-of date"), _currency(currency, record) or _DEFAULT_CURRENCY)


def _group_findings(record: _Record) -> Iterator[Finding]:
    status = record.fields[2].strip() if len(record.fields) > 2 else ""  # noqa: PLR2004
    meaning = {"2": "a deletion of", "3": "a correction of", "4": "a test of"}.get(status)
    if meaning:
        words = f"The bank marks this group as {meaning} what it sent before. Compare it with the earlier file."
        yield Finding("not_an_update", words, f"line {record.line}")


def _currency(written: str, record: _Record) -> str | None:
    if written and written not in CURRENCIES:
        raise refused(
            "bad_currency", f"{shown(written)} is not a currency code such as USD.", line=record.line, field="currency"
        )
    return written or None


def _day(written: str, line: int, name: str) -> date | None:
    bare = written.strip()
    if not bare:
        return None
    if not re.fullmatch(r"\d{6}", bare, re.ASCII):
        raise refused("bad_date", f"{name} is {shown(written)}. It must be YYMMDD.", line=line, field=name)
    return texts.day(f"20{bare[:2]}", bare[2:4], bare[4:], line=line, field=name)


def _amount(written: str, currency: str, line: int, name: str) -> Decimal:
    """Read an amount in the smallest coins of its currency."""
    bare = written.strip()
    if not re.fullmatch(r"[+-]?\d{1,18}", bare, re.ASCII):
        raise refused(
            "bad_amount", f"{name} is {shown(written)}. It must be a whole number of cents.", line=line, field=name
        )
    return Decimal(bare).scaleb(-minor_units(currency))


def _statement(record: _Record, inside: list[_Record], group: _Group) -> Statement:
    number = record.fields[0].strip()
    if not number:
        raise refused("no_account", "Record 03 has no account number.", line=record.line, field="account")
    stated = record.fields[1].strip().upper() if len(record.fields) > 1 else ""
    currency = _currency(stated, record) or group.currency
    figures = list(_figures(record, currency))
    entries = tuple(_entry(each, currency, group.as_of) for each in inside if each.code == "16")
    balances = tuple(
        Balance(_BALANCES[kind], amount, currency, group.as_of)
        for kind, amount in figures
        if kind in _BALANCES and amount is not None
    )
    controls = [each for each in inside if each.code == "49"]
    findings = [
        finding
        for control in controls
        for finding in _control(control, figures, [each for each in inside if each.code == "16"], currency)
    ]
    if not controls:
        findings.append(Finding("no_control", "The account has no control total (record 49).", f"line {record.line}"))
    return Statement(
        id=None, number=None, account=Account(number=number, currency=currency), entries=entries, balances=balances,
        from_on=group.as_of, to_on=group.as_of, findings=tuple(findings),
    )  # fmt: skip


def _figures(record: _Record, currency: str) -> Iterator[tuple[str, Decimal | None]]:
    """Read balances and sums of an account: type, amount, count, and how soon the money is there."""
    rest = deque(value.strip() for value in record.fields[2:])
    while rest:
        kind = rest.popleft()
        if not kind:
            continue
        amount = _next(rest)
        if not re.fullmatch(r"\d{3}", kind, re.ASCII):
            raise refused(
                "bad_code", f"{shown(kind)} is not a type code of three digits.", line=record.line, field="type"
            )
        yield kind, _amount(amount, currency, record.line, f"Amount of type {kind}") if amount else None
        _next(rest)
        _funds(rest, record.line)


def _next(rest: deque[str]) -> str:
    """Take the next field of a record; nothing where it ends."""
    return rest.popleft() if rest else ""


def _funds(rest: deque[str], line: int) -> date | None:
    """Take the funds type and what it brings along off a list of fields; give the value date where it states one."""
    kind = _next(rest).strip().upper()
    if kind == "V":
        value_on = _day(_next(rest), line, "Value date")
        _next(rest)
        return value_on
    further = 3 if kind == "S" else 0
    if kind == "D":
        count = _next(rest).strip() or "0"
        if not re.fullmatch(r"\d{1,2}", count, re.ASCII):
            raise refused("bad_funds", f"{shown(count)} is not a number of days.", line=line, field="funds type")
        further = 2 * int(count)
    elif kind not in {"", "0", "1", "2", "S", "Z"}:
        words = f"{shown(kind)} is not a funds type (0, 1, 2, S, V, D or Z)."
        raise refused("bad_funds", words, line=line, field="funds type")
    for _ in range(further):
        _next(rest)
    return None


def _direction(code: str, line: int) -> int:
    number = int(code)
    if any(number in codes for codes in _CREDITS):
        return 1
    if any(number in codes for codes in _DEBITS):
        return -1
    words = f"Type code {code} says neither credit (100 to 399, 900 to 919) nor debit (400 to 699, 920 to 959)."
    raise refused("bad_code", words, line=line, field="type")


def _entry(record: _Record, currency: str, as_of: date | None) -> Entry:
    rest = deque(record.fields)
    code, written = _next(rest).strip(), _next(rest)
    if not re.fullmatch(r"\d{3}", code, re.ASCII):
        raise refused("bad_code", f"{shown(code)} is not a type code of three digits.", line=record.line, field="type")
    amount = _amount(written, currency, record.line, "Amount") * _direction(code, record.line)
    value_on = _funds(rest, record.line)
    bank, customer = _next(rest).strip(), _next(rest).strip()
    words = "\n".join(part for part in (",".join(rest), *record.text) if part)
    labels = dict(_LABELS.findall(words))
    side = "CR" if amount < 0 else "DB"
    return Entry(
        amount=amount,
        currency=currency,
        party=Party(
            name=_label(labels, f"{side}NM"), number=_label(labels, f"{side[0]}ACT"), bic=_label(labels, f"{side[0]}BIC")
        ),
        remittance=Remittance(" ".join((labels.get("REMI") or words).split())),
        references=References(
            end_to_end=_label(labels, "EREF"), bank=bank or None, instruction=customer or None,
            cheque=_label(labels, "CHKN"),
        ),
        codes=(code,),
        booked_on=as_of,
        value_on=value_on or as_of,
        description=" ".join(",".join(rest).split()),
        line=record.line,
    )  # fmt: skip


def _label(labels: dict[str, str], name: str) -> str | None:
    return (labels.get(name) or "").strip() or None


def _control(
    control: _Record, figures: list[tuple[str, Decimal | None]], entries: list[_Record], currency: str
) -> Iterator[Finding]:
    """Compare the control total of an account: the sum of all its figures and entries."""
    stated = control.fields[0].strip()
    if not stated:
        return
    total = sum((amount for _, amount in figures if amount is not None), Decimal(0))
    total += sum((_amount(each.fields[1], currency, each.line, "Amount") for each in entries), Decimal(0))
    expected = _amount(stated, currency, control.line, "Control total")
    if total != expected:
        words = f"The control total is {expected:f}, but the figures and entries come to {total:f}."
        yield Finding("control_differs", words, f"line {control.line}")
