"""OFX: statements as banks offer them for download, in SGML (version 1) or XML (version 2).

Elements are often left open, so this reader follows the tags and never builds a tree; nothing is expanded or fetched.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import unescape

from app.kernel.money import CURRENCIES
from app.kernel.problem import Refused
from app.modules.payments.domain.bank import (
    Account,
    Balance,
    BankFile,
    Entry,
    Exchange,
    Finding,
    Party,
    References,
    Remittance,
    Statement,
)
from app.modules.payments.formats import text as texts
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.text import Text

_STATEMENT = re.compile(
    r"<(STMTRS|CCSTMTRS|INVSTMTRS)>(.*?)(?:</\1>|(?=<(?:STMTRS|CCSTMTRS|INVSTMTRS)>)|\Z)", re.DOTALL
)
_TRANSACTION = re.compile(r"<STMTTRN>(.*?)(?:</STMTTRN>|(?=<STMTTRN>)|</BANKTRANLIST>|\Z)", re.DOTALL)
_LEAF = re.compile(r"<([A-Z0-9.]+)>([^<\r\n]*)")
# Bounded, so that a file of nothing but opening tags is read in time as well.
_STATUS = re.compile(r"<STATUS>(.{0,500}?)</STATUS>", re.DOTALL)
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{2,6}(?:\.\d+)?)?(?:\[[^\]]*\])?", re.ASCII)
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_OTHER = re.compile(r"<(PAYEE|CURRENCY|ORIGCURRENCY|BANKACCTTO|CCACCTTO|IMAGEDATA)>.{0,500}?</\1>", re.DOTALL)


def looks_like(text: str) -> bool:
    """Tell whether a text is an OFX file."""
    return "OFXHEADER" in text[:1000] or re.search(r"<OFX>", text[:4000]) is not None


def read(source: Text, name: str) -> BankFile:
    """Read the statements of bank accounts, cards, and the cash of investment accounts."""
    statements = tuple(_statements(source.value))
    if not statements:
        _refuse_empty(source.value)
    return BankFile("OFX", name, statements, encoding=source.encoding, findings=source.findings)


def _statements(text: str) -> Iterator[Statement]:
    line, counted = 1, 0
    for match in _STATEMENT.finditer(text):
        line, counted = line + text.count("\n", counted, match.start(2)), match.start(2)
        yield _statement(match.group(1), match.group(2), line)


def _refuse_empty(text: str) -> None:
    """Say what the bank says where it sent an error in place of a statement."""
    for match in _STATUS.finditer(text):
        leaves = _leaves(match.group(1))
        if leaves.get("SEVERITY") == "ERROR":
            words = leaves.get("MESSAGE") or "no reason given"
            code = leaves.get("CODE", "")
            raise refused(
                "bank_error",
                f"The bank sent an error in place of a statement: {shown(words, 160)} ({code}).",
                bank_code=code,
            )
    words = "The OFX file holds no statement (STMTRS). Export the transactions of an account, not single transfers."
    raise refused("no_statement", words)


def _leaves(body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag, value in _LEAF.findall(body):
        if value.strip():
            found.setdefault(tag, unescape(value.strip()))
    return found


def _block(body: str, tag: str) -> str:
    match = re.search(rf"<{tag}>(.*?)(?:</{tag}>|\Z)", body, re.DOTALL)
    return match.group(1) if match else ""


def _statement(kind: str, body: str, line: int) -> Statement:
    leaves = _leaves(body)
    currency = leaves.get("CURDEF", "").upper() or None
    if currency is not None and currency not in CURRENCIES:
        raise refused(
            "bad_currency", f"CURDEF is {shown(currency)}, which is not a currency code.", line=line, field="CURDEF"
        )
    origin = next(
        (leaf for tag in ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM") if (leaf := _leaves(_block(body, tag)))), {}
    )
    if not origin.get("ACCTID"):
        raise refused("no_account", "The statement names no account (ACCTID).", line=line, field="ACCTID")
    entries = tuple(_entries(body, currency, line))
    return Statement(
        id=None,
        number=None,
        account=Account(number=origin["ACCTID"], currency=currency),
        entries=entries,
        balances=tuple(_balances(body, currency, line)),
        from_on=_day_if_any(leaves.get("DTSTART")),
        to_on=_day_if_any(leaves.get("DTEND")),
        findings=tuple(_bad_days(leaves)),
    )


def _balances(body: str, currency: str | None, line: int) -> Iterator[Balance]:
    for tag, kind in (("LEDGERBAL", "CLBD"), ("AVAILBAL", "CLAV")):
        leaves = _leaves(_block(body, tag))
        if leaves.get("BALAMT"):
            amount = _amount(leaves["BALAMT"], line, "BALAMT")
            yield Balance(kind, amount, currency, _day_if_any(leaves.get("DTASOF")))


def _entries(body: str, currency: str | None, line: int) -> Iterator[Entry]:
    ends = [match.start() for match in re.finditer("\n", body)]
    for match in _TRANSACTION.finditer(body):
        yield _entry(match.group(1), currency, line + bisect_left(ends, match.start()))


def _entry(body: str, currency: str | None, line: int) -> Entry:
    leaves = _leaves(_OTHER.sub("", body))
    if not leaves.get("TRNAMT"):
        raise refused("missing_element", "The transaction has no amount (TRNAMT).", line=line, field="TRNAMT")
    if not leaves.get("DTPOSTED"):
        raise refused("missing_element", "The transaction has no date (DTPOSTED).", line=line, field="DTPOSTED")
    booked = _day(leaves["DTPOSTED"], line, "DTPOSTED")
    payee, other = _leaves(_block(body, "PAYEE")), _leaves(_block(body, "BANKACCTTO"))
    own, original = _leaves(_block(body, "CURRENCY")), _leaves(_block(body, "ORIGCURRENCY"))
    rate = own.get("CURRATE") or original.get("CURRATE")
    return Entry(
        amount=_amount(leaves["TRNAMT"], line, "TRNAMT"),
        currency=own.get("CURSYM", "").upper() or currency,
        party=Party(name=leaves.get("NAME") or payee.get("NAME"), number=other.get("ACCTID")),
        remittance=Remittance(leaves.get("MEMO", "")),
        references=References(
            bank=leaves.get("FITID"), instruction=leaves.get("REFNUM"), cheque=leaves.get("CHECKNUM")
        ),
        codes=tuple(code for code in (leaves.get("TRNTYPE"), leaves.get("SIC")) if code),
        exchange=Exchange(None, original.get("CURSYM") or own.get("CURSYM"), _amount(rate, line, "CURRATE")) if rate else None,
        booked_on=booked,
        value_on=_day(leaves.get("DTAVAIL"), line, "DTAVAIL") or booked,
        is_reversal="CORRECTFITID" in leaves,
        line=line,
    )  # fmt: skip


def _amount(written: str, line: int, name: str) -> Decimal:
    """Read an amount with a point or a comma, and thousands by spaces; with both marks, nobody says which is which."""
    bare = _THOUSANDS.sub("", written)
    return texts.amount(bare.replace(",", ".") if "." not in bare else bare, line=line, field=name)


def _day_if_any(written: str | None) -> date | None:
    """Read a day that only describes a statement or a balance; what is no date there moves no money."""
    try:
        return _day(written, 0, "")
    except Refused:
        return None


def _bad_days(leaves: dict[str, str]) -> Iterator[Finding]:
    for name in ("DTSTART", "DTEND", "DTASOF"):
        if leaves.get(name) and _day_if_any(leaves[name]) is None:
            yield Finding("bad_date", f"{name} is {shown(leaves[name])}, which is not a date, and is not used.")


def _day(written: str | None, line: int, name: str) -> date | None:
    if not written:
        return None
    match = _DATE.fullmatch(written.strip())
    if match is None:
        raise refused("bad_date", f"{name} is {shown(written)}. It must begin with YYYYMMDD.", line=line, field=name)
    return texts.day(match.group(1), match.group(2), match.group(3), line=line, field=name)
