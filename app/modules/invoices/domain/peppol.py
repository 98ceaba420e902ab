"""The rules of Peppol BIS Billing 3 that come on top of EN 16931 and that suppliers break most.

No kept package carries all of them, countries' rules included. So what is found here is broken for certain, and where
nothing is found, nothing is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from app.modules.invoices.domain.document import Adjustment, Identifier, Line, Parsed, Party
from app.modules.invoices.domain.verdict import Finding

PROFILE = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROCESS = re.compile(r"urn:fdc:peppol\.eu:2017:poacc:billing:\d{2}:1\.0")
_SLACK = Decimal("0.02")
_WHOLE = Decimal(100)
_CREDIT_NOTES = frozenset({"381", "396", "81", "83", "532"})
_INVOICES = frozenset(
    {"71", "80", "82", "84", "102", "218", "219", "326", "331", "380", "382", "383", "384", "386", "388", "393", "395",
     "553", "575", "623", "780", "817", "870", "875", "876", "877"}
)  # fmt: skip
_GERMAN_ONLY = frozenset({"326", "384"})
_DIRECT_DEBITS = frozenset({"49", "59"})
_GERMANY = "DE"


def broken(parsed: Parsed) -> tuple[Finding, ...]:
    """Find the rules the document breaks; one of another profile breaks none."""
    if not parsed.profile.startswith(PROFILE):
        return ()
    found = (*_head(parsed), *_type(parsed), *_identifiers(parsed), *_amounts(parsed), *_germany(parsed))
    return tuple(dict.fromkeys(found))


def _finding(number: str, text: str, where: str = "", *terms: str) -> Finding:
    rule = number if number.startswith(("DE-R", "PEPPOL-COMMON")) else f"PEPPOL-EN16931-{number}"
    return Finding(rule, "error", text, where, terms)


def _head(parsed: Parsed) -> Iterator[Finding]:
    if not parsed.process:
        yield _finding("R001", "The business process is missing.", "", "BT-23")
    elif not _PROCESS.fullmatch(parsed.process):
        yield _finding("R007", "The business process is not one of Peppol's.", "", "BT-23")
    if len(parsed.notes) > 1 and not _is_german(parsed):
        yield _finding("R002", "The document has more than one note.", "", "BT-22")
    if not parsed.references.buyer and not parsed.references.order:
        yield _finding("R003", "Neither the buyer's reference nor an order is stated.", "", "BT-10", "BT-13")
    if parsed.accounting_currency and parsed.accounting_currency == parsed.currency:
        yield _finding("R005", "The accounting currency is that of the document.", "", "BT-6")
    if parsed.buyer.endpoint is None:
        yield _finding("R010", "The buyer's electronic address is missing.", "buyer", "BT-49")
    if parsed.seller.endpoint is None:
        yield _finding("R020", "The seller's electronic address is missing.", "seller", "BT-34")
    if any(means.code in _DIRECT_DEBITS and not means.mandate for means in parsed.payment_means):
        yield _finding("R061", "The mandate of the direct debit is missing.", "payment", "BT-89")


def _type(parsed: Parsed) -> Iterator[Finding]:
    if parsed.kind == "credit_note" and parsed.type_code not in _CREDIT_NOTES:
        yield _finding("P0101", "The type of the credit note is not one Peppol allows.", "", "BT-3")
    if parsed.kind != "credit_note" and parsed.type_code not in _INVOICES:
        yield _finding("P0100", "The type of the invoice is not one Peppol allows.", "", "BT-3")
    if parsed.type_code in _GERMAN_ONLY and not _is_german(parsed):
        yield _finding("P0112", "Partial and corrected invoices are for two parties in Germany only.", "", "BT-3")


def _identifiers(parsed: Parsed) -> Iterator[Finding]:
    for side, party in (("seller", parsed.seller), ("buyer", parsed.buyer), ("payee", parsed.payee)):
        for each in _named(party):
            rule, name, holds = _CHECKS.get(each.scheme, ("", "", None))
            if holds and not holds(each.value):
                yield _finding(f"PEPPOL-COMMON-{rule}", f"{each.value} is not a valid {name}.", side)


def _named(party: Party | None) -> tuple[Identifier, ...]:
    if party is None:
        return ()
    return tuple(each for each in (party.endpoint, party.legal_id, *party.ids) if each is not None)


def _amounts(parsed: Parsed) -> Iterator[Finding]:
    for each in parsed.adjustments:
        yield from _adjustment(each, "allowance or charge")
    for line in parsed.lines:
        where = f"line {line.id}"
        for each in line.adjustments:
            yield from _adjustment(each, where)
        if line.base_quantity is not None and line.base_quantity <= 0:
            yield _finding("R121", "The quantity the price is for is not above zero.", where, "BT-149")
        elif _misses(line):
            yield _finding(
                "R120", "The line is not quantity times price with its allowances and charges.", where, "BT-131"
            )
        if line.gross_price is not None and line.price != line.gross_price - (line.price_discount or 0):
            yield _finding("R046", "The net price is not the gross price less its discount.", where, "BT-146")


def _adjustment(each: Adjustment, where: str) -> Iterator[Finding]:
    if each.percent is None and each.base is not None:
        yield _finding("R042", "An amount is stated without the percentage that is taken of it.", where)
    if each.percent is None or each.amount is None:
        return
    if each.base is None:
        yield _finding("R041", "A percentage is stated without the amount it is taken of.", where)
    elif abs(each.base * each.percent / _WHOLE - each.amount) > _SLACK:
        yield _finding("R040", "The amount is not the percentage of what it is taken of.", where)


def _misses(line: Line) -> bool:
    if line.net is None or line.price is None or line.quantity is None:
        return False
    sums = sum((each.amount or 0) * (1 if each.charge else -1) for each in line.adjustments)
    return abs(line.quantity * line.price / (line.base_quantity or 1) + sums - line.net) > _SLACK


def _is_german(parsed: Parsed) -> bool:
    return parsed.seller.address.country == parsed.buyer.address.country == _GERMANY


def _germany(parsed: Parsed) -> Iterator[Finding]:
    """Find what German law asks for between two in Germany."""
    seller = parsed.seller
    if not _is_german(parsed):
        return
    if not parsed.payment_means:
        yield _finding("DE-R-001", "How to pay is missing.", "payment", "BG-16")
    if not (seller.contact.name or seller.contact.phone or seller.contact.email):
        yield _finding("DE-R-002", "The seller's contact is missing.", "seller", "BG-6")
    if not parsed.references.buyer:
        yield _finding("DE-R-015", "The buyer's reference is missing.", "", "BT-10")
    if any(means.code in _DIRECT_DEBITS for means in parsed.payment_means) and not parsed.creditor:
        yield _finding("DE-R-030", "The creditor's number for the direct debit is missing.", "payment", "BT-90")


def _is_gln(value: str) -> bool:
    """Check the last digit of a Global Location Number; Peppol asks for no length."""
    if not re.fullmatch(r"[0-9]+", value):
        return False
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(value))) % 10 == 0


def _is_swedish(value: str) -> bool:
    """Check the last digit of a Swedish organisation number (Luhn)."""
    if not re.fullmatch(r"[0-9]{10}", value):
        return False
    doubled = (int(digit) * (1 if at % 2 else 2) for at, digit in enumerate(value))
    return sum(sum(divmod(each, 10)) for each in doubled) % 10 == 0


def _is_belgian(value: str) -> bool:
    """Check the last two digits of a Belgian enterprise number."""
    return bool(re.fullmatch(r"[01][0-9]{9}", value)) and 97 - int(value[:8]) % 97 == int(value[8:])


def _is_norwegian(value: str) -> bool:
    """Check the last digit of a Norwegian organisation number (modulus 11)."""
    if not re.fullmatch(r"[0-9]{9}", value):
        return False
    return sum(int(digit) * weight for digit, weight in zip(value, (3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0


_CHECKS = {
    "0088": ("R040", "Global Location Number", _is_gln),
    "0192": ("R041", "Norwegian organisation number", _is_norwegian),
    "0208": ("R043", "Belgian enterprise number", _is_belgian),
    "0007": ("R049", "Swedish organisation number", _is_swedish),
}
