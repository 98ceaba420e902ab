"""An e-invoice told to people: ordered sections of labels and values, plain text throughout."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel.counting import counted
from app.modules.directory.domain.units import unit_words
from app.modules.invoices.domain.document import Adjustment, Line, Parsed, Party, Period

# UNTDID 4451: what a note is about, as a code before its words.
_SUBJECT = re.compile(r"^#[A-Z]{3}#\s*")
_KINDS = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "deposit": "Deposit invoice",
    "final": "Final invoice",
    "corrected": "Corrected invoice",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One label and what stands there."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """Facts that belong together, under a heading."""

    title: str
    facts: tuple[Fact, ...]


def facts(parsed: Parsed) -> tuple[Section, ...]:
    """Tell the whole document, leaving out what it does not say."""
    sections = [
        _section("Document", _document(parsed)),
        _section("Supplier", _party(parsed.seller)),
        _section("Buyer", _party(parsed.buyer)),
        _section("Payee", _party(parsed.payee)),
        _section("Tax representative", _party(parsed.tax_representative)),
        _section("Delivery", (("On", _day(parsed.delivered_on)), *_party(parsed.deliver_to))),
        _section("References", _references(parsed)),
        *(_section(_heading(line), _line(line)) for line in parsed.lines),
        _section("Allowances and charges", [_adjustment(each) for each in parsed.adjustments]),
        _section("Tax", _taxes(parsed)),
        _section("Totals", _totals(parsed)),
        _section("Payment", _payment(parsed)),
        _section("Notes", [("Note", _SUBJECT.sub("", note)) for note in parsed.notes]),
        _section(
            "Enclosures",
            [
                (each.name or each.number, each.description or each.link or each.media_type)
                for each in parsed.enclosures
            ],
        ),
    ]
    return tuple(section for section in sections if section.facts)


def _section(title: str, pairs: Iterable[tuple[str, str]]) -> Section:
    return Section(title, tuple(Fact(label, value) for label, value in pairs if value))


def _document(parsed: Parsed) -> list[tuple[str, str]]:
    return [
        ("Kind", _KINDS[parsed.kind] + (", written by the buyer" if parsed.self_billed else "")),
        ("Number", parsed.number),
        ("Date", _day(parsed.issued_on)),
        ("Due", _day(parsed.due_on)),
        ("Tax point", _day(parsed.tax_point_on)),
        ("Period", _period(parsed.period)),
        ("Currency", parsed.currency),
    ]


def _party(party: Party | None) -> list[tuple[str, str]]:
    if party is None:
        return []
    address, contact = party.address, party.contact
    town = " ".join(filter(None, (address.postcode, address.city)))
    return [
        ("Name", party.name),
        ("Trading as", party.trading_name),
        ("Address", ", ".join(filter(None, (*address.lines, town, address.region, address.country)))),
        ("VAT identifier", ", ".join(party.tax_ids)),
        ("Tax number", ", ".join(party.tax_numbers)),
        ("Registration", party.legal_id.value if party.legal_id else ""),
        ("Identifier", ", ".join(each.value for each in party.ids)),
        ("Electronic address", party.endpoint.value if party.endpoint else ""),
        ("Contact", ", ".join(filter(None, (contact.name, contact.phone, contact.email)))),
        ("Legal information", party.legal_form),
    ]


def _references(parsed: Parsed) -> list[tuple[str, str]]:
    known = parsed.references
    preceding = ", ".join(f"{each.number} of {_day(each.on)}" if each.on else each.number for each in known.preceding)
    return [
        ("Order", known.order),
        ("Supplier's order", known.sales_order),
        ("Contract", known.contract),
        ("Project", known.project),
        ("Delivery note", ", ".join(known.despatch)),
        ("Receipt", ", ".join(known.receipt)),
        ("Tender", known.tender),
        ("Your reference", known.buyer),
        ("Cost reference", known.accounting),
        ("Concerns", known.object.value if known.object else ""),
        ("Earlier invoice", preceding),
    ]


def _heading(line: Line) -> str:
    return f"Line {line.id}: {line.name}" if line.name else f"Line {line.id}"


def _line(line: Line) -> list[tuple[str, str]]:
    price = _amount(line.price)
    if line.base_quantity is not None and line.base_quantity != 1:
        price += f" for {line.base_quantity.normalize():f}"
    order = " line ".join(filter(None, (line.order, line.order_line)))
    return [
        ("Description", line.description if line.description != line.name else ""),
        ("Quantity", " ".join(filter(None, (_amount(line.quantity), unit_words(line.unit, line.quantity))))),
        ("Price", price),
        *(_adjustment(each) for each in line.adjustments),
        ("Amount", _amount(line.net)),
        ("Tax", _rate(line.tax_category, line.tax_rate)),
        ("Order line" if line.order_line and not line.order else "Order", order),
        ("Supplier's item", line.seller_item),
        ("Your item", line.buyer_item),
        ("Standard item", line.standard_item.value if line.standard_item else ""),
        ("Period", _period(line.period)),
        ("Note", line.note),
        *(pair for pair in line.attributes if pair[0]),
        ("Counts", "" if line.counts else "No, it is part of another line or a heading"),
    ]


def _adjustment(adjustment: Adjustment) -> tuple[str, str]:
    label = adjustment.reason or ("Charge" if adjustment.charge else "Allowance")
    if adjustment.amount is None:
        return label, ""
    percent = f" ({adjustment.percent.normalize():f} %)" if adjustment.percent else ""
    return label, f"{'+' if adjustment.charge else '−'} {_amount(adjustment.amount)}{percent}"  # noqa: RUF001 a minus


def _taxes(parsed: Parsed) -> list[tuple[str, str]]:
    return [
        (
            _rate(part.category, part.rate) or "Tax",
            f"{_amount(part.amount)} on {_amount(part.basis)}" + (f" ({part.reason})" if part.reason else ""),
        )
        for part in parsed.taxes
        if part.amount is not None
    ]


def _totals(parsed: Parsed) -> list[tuple[str, str]]:
    totals = parsed.totals
    return [
        ("Lines", _amount(totals.lines)),
        ("Allowances", _amount(totals.allowances)),
        ("Charges", _amount(totals.charges)),
        ("Net", _amount(totals.net)),
        ("Tax", _amount(totals.tax)),
        (f"Tax in {parsed.accounting_currency}", _amount(totals.tax_in_accounting_currency)),
        ("Total", _amount(totals.gross)),
        ("Paid already", _amount(totals.prepaid)),
        ("Rounding", _amount(totals.rounding)),
        (
            "To pay",
            " ".join(filter(None, (_amount(totals.payable), parsed.currency if totals.payable is not None else ""))),
        ),
    ]


def _payment(parsed: Parsed) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for means in parsed.payment_means:
        pairs += [
            ("By", means.text),
            ("Account", means.account),
            ("Holder", means.account_name),
            ("BIC", means.bic),
            ("Reference", means.reference),
            ("Mandate", means.mandate),
            ("Collected from", means.debited_account),
            ("Card", means.card),
        ]
    for early in parsed.early_payments:
        when = (
            f"within {counted(early.days, 'day')}"
            if early.days is not None
            else f"until {_day(early.until)}"
            if early.until
            else ""
        )
        pairs.append(("Discount", f"{early.percent.normalize():f} % {when}".strip()))
    return [*dict.fromkeys(pairs), ("Creditor", parsed.creditor), ("Terms", parsed.terms)]


def _rate(category: str, rate: Decimal | None) -> str:
    return " ".join(filter(None, (category, f"{rate.normalize():f} %" if rate is not None else "")))


def _period(period: Period | None) -> str:
    return "" if period is None else f"{_day(period.start)} to {_day(period.end)}".strip()


def _amount(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
