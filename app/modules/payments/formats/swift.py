"""MT940 and MT942: the statements of SWIFT, read through the mt-940 library.

The library opens strings that name a file and writes what it cannot read into the log; it is given neither a path nor
a voice. It forgives a lot and skips what it does not know, so what it needs is looked for here first.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, DecimalException
from itertools import pairwise
from typing import Any

import mt940.models
import mt940.options
import mt940.tags
from stdnum import iban as iban_rules

from app.kernel.problem import Refused
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
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.text import Text

logging.getLogger("mt940").setLevel(logging.CRITICAL)

_OPTIONS = mt940.options.Options.all()
_TAG = re.compile(r"^:\n?(\d{2}[A-Z]?|NS):", re.MULTILINE)
_ENVELOPE = re.compile(r"\{[1235]:(?:[^{}]|\{[^{}]{0,100}\}){0,300}\}|\{4:|^-\}", re.MULTILINE)
_BALANCES = {
    "final_opening_balance": "OPBD", "opening_balance": "OPBD", "intermediate_opening_balance": "OPBD",
    "final_closing_balance": "CLBD", "closing_balance": "CLBD", "intermediate_closing_balance": "CLBD",
    "available_balance": "CLAV", "forward_available_balance": "FWAV",
}  # fmt: skip
_NO_TYPE = "none"
_MOST_STATEMENTS = 10_000
_NO_REFERENCE = {"NONREF", "NOREF", "NOTPROVIDED", "KREF+", "EREF", "PREF", "MARF", ""}
_PARTS_OF_86 = re.compile(r":86:(\d{3})?\s*([<>^~|@])(?=\d\d)")
_NO_CODE = "000"
_QUESTION = "\uff1f"  # what stands for a question mark of the text while the real ones divide it
_ACCOUNT_WITH_CURRENCY = re.compile(r"(.*[0-9])[ /]?([A-Z]{3})")
# The keys with which Dutch and other banks structure field 86: /EREF/…/REMI/…
_SLASHED = re.compile(
    r"/(TRTP|IBAN|BIC|NAME|EREF|REMI|MARF|CSID|ORDP|BENM|ULTD|ULTB|PURP|RTRN|TRCD|SVCL|PREF|IREF|ISDT|ADDR|ID|NRTX|OCMT"
    r"|CNTP|CREDITOR|ENDTOEND|ISSUER|ACCW|CHGS?\d?|EXCH|USTD|STRD|CUR|SWOD|SWOC|BUSP)/"
)


def looks_like(text: str) -> bool:
    """Tell whether a text is a SWIFT statement: a line that begins with one of its fields."""
    return re.search(r"^:\n?(20|25|28C?|60[FM]|61|62[FM]|86|NS|940):", text, re.MULTILINE) is not None


def read(source: Text, name: str) -> BankFile:
    """Read all statements of a file; each begins with field 20."""
    text = source.value.replace("\r\n", "\n").replace("\r", "\n")
    blocks = list(_blocks(text))
    if len(blocks) > _MOST_STATEMENTS:
        raise refused("too_many", f"The file holds {len(blocks)} statements; {_MOST_STATEMENTS} is the most.")
    statements = tuple(_statement(block, line) for block, line in blocks)
    kind = "MT942" if any(re.search(r"^:(34F|13D|90[DC]):", block, re.MULTILINE) for block, _ in blocks) else "MT940"
    if not any(each.balances or each.entries or each.account.number or each.account.iban for each in statements):
        fields = ", ".join(sorted({match.group(1) for match in _TAG.finditer(text)})) or "none"
        words = f"The file holds no account, balance or entry (fields found: {fields}). Ask the bank for a full {kind}."
        raise refused("no_statement", words)
    return BankFile(kind, name, statements, encoding=source.encoding, findings=source.findings)


def _blocks(text: str) -> Iterator[tuple[str, int]]:
    """Cut a file at each field 20, without the envelopes, and say in which line each piece begins."""
    bare = _ENVELOPE.sub(lambda match: "\n" * match.group(0).count("\n"), text)
    starts = [match.start() for match in re.finditer(r"^:\n?20:", bare, re.MULTILINE)] or [0]
    before = bare[: starts[0]]
    if _TAG.search(before):
        starts.insert(0, 0)
    line, counted = 1, 0
    for start, end in pairwise([*starts, len(bare)]):
        line, counted = line + bare.count("\n", counted, start), start
        yield bare[start:end], line


def _statement(block: str, line: int) -> Statement:
    parsed = _library(block)
    try:
        parsed.parse(_with_question_marks(block))
    except (RuntimeError, ValueError, DecimalException, ArithmeticError, TypeError, KeyError, AttributeError) as error:
        raise _unreadable(block, line, error) from error
    told = [{name: _plain(value) for name, value in each.data.items()} for each in parsed.transactions]
    entries = [_entry(each, block, line) for each in told if "amount" in each]
    _check_count(block, line, entries)
    data = parsed.data
    account = _account(data, parsed.currency)
    days = [entry.booked_on or entry.value_on for entry in entries]
    known = [day for day in days if day]
    opening, closing = (_balance(data, kind) for kind in ("OPBD", "CLBD"))
    number = "/".join(part for part in (data.get("statement_number"), data.get("sequence_number")) if part)
    return Statement(
        id=data.get("transaction_reference"),
        number=number or None,
        account=account,
        entries=tuple(entries),
        balances=tuple(_balance_of(data[key], kind) for key, kind in _BALANCES.items() if key in data),
        from_on=opening.on if opening else min(known, default=None),
        to_on=closing.on if closing else max(known, default=None),
        created_at=_moment(data.get("date")),
        findings=tuple(_sum_findings(data, entries)),
    )


def _with_question_marks(block: str) -> str:
    """Write the parts of a field 86 as German banks do (?20), where a bank marks them with another sign (<20, ~20)."""
    fields = re.split(r"^(?=:)", block, flags=re.MULTILINE)
    return "".join(_marked(field) if field.startswith(":86:") else field for field in fields)


def _marked(field: str) -> str:
    match = _PARTS_OF_86.match(field)
    if match is None:
        return field
    code, mark, rest = match[1] or _NO_CODE, re.escape(match[2]), field[match.end() :]
    parts = re.sub(rf"{mark}(?=\d\d)", "?", rest.replace("?", _QUESTION))
    return f":86:{code}?{parts}"


def _plain(value: Any) -> Any:
    return value.replace(_QUESTION, "?") if isinstance(value, str) else value


def _typed(_file: Any, _tag: Any, _fields: Any, result: dict[str, Any]) -> dict[str, Any]:
    """Name the type of an entry whose bank names none: the library would write the next one over it."""
    return {**result, "id": result.get("id") or _NO_TYPE}


def _library(block: str) -> mt940.models.Transactions:
    """Prepare the library; ASN writes an IBAN where others write a reference of 16 characters."""
    is_asn = re.search(r"^:25:.*ASNB", block, re.MULTILINE) is not None
    after = [*mt940.models.Transactions.DEFAULT_PROCESSORS["post_statement"], _typed]
    return mt940.models.Transactions(
        processors={"post_statement": after},
        tags={61: mt940.tags.StatementASNB()} if is_asn else None,
        options=_OPTIONS,
    )


def _unreadable(block: str, line: int, error: Exception) -> Refused:
    """Name the field that could not be read, by trying one after the other."""
    matches = list(_TAG.finditer(block))
    for match, end in zip(matches, [*(each.start() for each in matches[1:]), len(block)], strict=False):
        field = block[match.start() : end]
        probe = _library(block)
        try:
            probe.parse(field)
        except Exception:  # noqa: BLE001 - whatever the library says, this is the field
            tag, where = match.group(1), line + block.count("\n", 0, match.start())
            words = f"Field {tag} holds {shown(field[match.end() - match.start() :])}, which cannot be read."
            return refused("bad_field", words, line=where, field=tag)
    return refused(
        "bad_statement", f"The statement that begins here cannot be read ({type(error).__name__}).", line=line
    )


def _check_count(block: str, line: int, entries: list[Entry]) -> None:
    """Refuse rather than lose an entry: each field 61 has to have become one."""
    stated = len(re.findall(r"^:\n?61:", block, re.MULTILINE))
    if stated != len(entries):
        words = f"The statement that begins here has {stated} fields 61, but only {len(entries)} could be read."
        raise refused("lost_entry", words, line=line, field="61")


def _account(data: dict[str, Any], currency: str | None) -> Account:
    stated = (data.get("account_identification") or "").strip()
    with_currency = _ACCOUNT_WITH_CURRENCY.fullmatch(stated)
    number = with_currency.group(1) if with_currency else stated
    last = re.sub(r"\s", "", number.rpartition("/")[2] if "/" in number else number)
    if iban_rules.is_valid(last) or (re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", last) and _is_iban(last)):
        return Account(iban=last, currency=currency)
    return Account(
        number=number.strip() or None, currency=currency or (with_currency.group(2) if with_currency else None)
    )


def _is_iban(text: str) -> bool:
    """Recognise the shape of an IBAN, also where a bank has blackened digits of a sample."""
    return len(text) in range(15, 35)


def _balance(data: dict[str, Any], kind: str) -> Balance | None:
    return next((_balance_of(data[key], kind) for key, each in _BALANCES.items() if each == kind and key in data), None)


def _balance_of(balance: Any, kind: str) -> Balance:
    return Balance(kind, balance.amount.amount, balance.amount.currency, _day(balance.date))


def _day(value: Any) -> date | None:
    return None if value is None else date(value.year, value.month, value.day)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return datetime(value.year, value.month, value.day, value.hour, value.minute, tzinfo=None)  # noqa: DTZ001


def _entry(data: dict[str, Any], block: str, line: int) -> Entry:
    status = (data.get("status") or "").upper()
    details = " ".join((data.get("transaction_details") or "").split("\n")).strip()
    joined = (data.get("transaction_details") or "").replace("\n", "")
    slashed = _slashed(joined)
    return Entry(
        amount=data["amount"].amount,
        currency=data["amount"].currency,
        party=_party(data, slashed),
        remittance=_remittance(data, slashed, details),
        references=_references(data, slashed),
        codes=tuple(
            code for code in (data.get("id"), data.get("transaction_code")) if code and code not in {_NO_TYPE, _NO_CODE}
        ),
        return_reason=slashed.get("RTRN") or None,
        booked_on=_day(data.get("entry_date") if not isinstance(data.get("entry_date"), str) else None)
        or _day(data.get("date")),
        value_on=_day(data.get("date")),
        is_reversal=status.startswith("R"),
        description=(data.get("posting_text") or data.get("extra_details") or "").strip(),
    )


def _slashed(details: str) -> dict[str, str]:
    matches = list(_SLASHED.finditer(details))
    found: dict[str, str] = {}
    for match, end in zip(matches, [*(each.start() for each in matches[1:]), len(details)], strict=False):
        value = details[match.end() : end].strip(" /")
        found.setdefault(match.group(1), value)
    return found


def _party(data: dict[str, Any], slashed: dict[str, str]) -> Party:
    # ING writes the other party as account/bank/name in one field.
    account, bank, name = (*slashed.get("CNTP", "").split("/", 2), "", "", "")[:3]
    iban = (data.get("applicant_iban") or slashed.get("IBAN") or account).replace(" ", "") or None
    is_iban = iban is not None and iban_rules.is_valid(iban)
    extra = (data.get("extra_details") or "").strip()
    if iban is None and iban_rules.is_valid(extra):
        iban, is_iban = extra, True
    return Party(
        name=(data.get("applicant_name") or slashed.get("NAME") or name).strip(" /") or None,
        iban=iban if is_iban else None,
        number=None if is_iban else iban,
        bic=(data.get("applicant_bin") or slashed.get("BIC") or bank).strip() or None,
    )


def _remittance(data: dict[str, Any], slashed: dict[str, str], details: str) -> Remittance:
    told = slashed.get("USTD") or slashed.get("REMI", "").removeprefix("USTD//")
    words = data.get("purpose") or told or data.get("non_swift_text") or details
    additional = data.get("additional_purpose") or ""
    return Remittance(text=" ".join(f"{words} {additional}".split()))


def _references(data: dict[str, Any], slashed: dict[str, str]) -> References:
    end_to_end = data.get("end_to_end_reference") or slashed.get("EREF") or slashed.get("ENDTOEND")
    return References(
        end_to_end=_reference(end_to_end),
        instruction=_reference(data.get("customer_reference")),
        bank=_reference(data.get("bank_reference")),
        mandate=_reference(data.get("additional_position_reference") or slashed.get("MARF")),
    )


def _reference(value: str | None) -> str | None:
    """Give a reference; where field 61 points to field 86 (KREF+), the library puts one below the other."""
    stated = [line.strip() for line in (value or "").split("\n") if line.strip().upper() not in _NO_REFERENCE]
    return " ".join(stated[-1].split()) if stated else None


def _sum_findings(data: dict[str, Any], entries: list[Entry]) -> Iterator[Finding]:
    """Compare what MT942 states in fields 90 with the entries."""
    for key, sign in (("sum_debit_entries", -1), ("sum_credit_entries", 1)):
        stated = data.get(key)
        if stated is None:
            continue
        total = sum((entry.amount for entry in entries if entry.amount * sign > 0), Decimal(0))
        if total != stated.amount:
            side = "debits" if sign < 0 else "credits"
            words = f"The bank states {side} of {stated.amount:f}, but the entries come to {total:f}."
            yield Finding("sum_differs", words, data.get("transaction_reference"))
