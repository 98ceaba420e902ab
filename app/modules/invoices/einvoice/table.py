"""Invoices as a table: a heading Outlay knows, a row per line, the rows of one number together one invoice."""

from __future__ import annotations

import codecs
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from app.infra.transfer.delimited import open_delimited
from app.infra.transfer.sheets import Options, Sheet
from app.kernel.problem import Refused
from app.modules.invoices.domain.document import Line, Parsed, Party, PaymentMeans, References, Totals, kind_of
from app.modules.invoices.einvoice.limits import Limits, Unreadable
from app.modules.invoices.einvoice.notation import Dates, Numbers

_COLUMNS = {
    "number": "number|invoice number|invoice no|invoice|invoice id|document number|rechnungsnummer|rechnung|belegnummer|numéro|facture",
    "type": "type|type code|document type|kind|belegart",
    "issued_on": "date|invoice date|issue date|issued|document date|rechnungsdatum|belegdatum|datum",
    "due_on": "due|due date|payment due|pay by|fällig|fälligkeit|fälligkeitsdatum|échéance",
    "currency": "currency|ccy|währung|devise",
    "supplier": "supplier|supplier name|vendor|vendor name|seller|from|creditor|lieferant|fournisseur",
    "tax_id": "vat|vat id|vat number|vat no|supplier vat|tax id|ust-id|ustid|ust-idnr|numéro tva",
    "iban": "iban|account|bank account|supplier iban|konto",
    "bic": "bic|swift",
    "reference": "payment reference|remittance|reference|verwendungszweck",
    "order": "order|order number|order no|po|po number|purchase order|bestellung|bestellnummer",
    "order_line": "order line|po line|bestellposition",
    "line": "line|line number|line no|position|pos",
    "item": "item|item number|article|article number|sku|artikel|artikelnummer",
    "text": "description|text|item name|details|narrative|bezeichnung|beschreibung|désignation",
    "quantity": "quantity|qty|menge|quantité",
    "unit": "unit|unit code|uom|einheit|unité",
    "price": "price|unit price|net price|preis|einzelpreis|prix unitaire",
    "net": "net|net amount|line net|line amount|line total|amount|netto|nettobetrag|betrag|montant ht",
    "rate": "vat rate|tax rate|vat %|tax %|rate|ust %|mwst %|steuersatz|taux tva",
    "tax": "vat amount|tax|tax amount|mwst|ust|steuer|steuerbetrag|montant tva",
    "gross": "gross|gross amount|total with vat|brutto|bruttobetrag|montant ttc",
    "payable": "total|invoice total|total amount|payable|amount due|to pay|gesamtbetrag|zahlbetrag|net à payer",
}
_MEANINGS = {word: name for name, words in _COLUMNS.items() for word in words.split("|")}
_AMOUNTS = ("net", "gross", "payable")
_NUMBERS = ("quantity", "price", "net", "rate", "tax", "gross", "payable")
_ZERO = Decimal(0)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Row = Mapping[str, str]


def looks_like_table(data: bytes) -> bool:
    """Tell text in columns from anything else."""
    head = data[:4096]
    if not head.startswith(_WIDE) and re.search(rb"[\x00-\x08\x0e-\x1f]", head):
        return False
    try:
        return len(_opened(data).columns) > 1 and not head.lstrip().startswith((b"{", b"["))
    except Unreadable:
        return False


def read(data: bytes, limits: Limits) -> tuple[Parsed, ...]:
    """Read every invoice in a table; a row that cannot be read refuses the file, so that nothing is read in part."""
    sheet = _opened(data)
    meanings = [
        _MEANINGS.get(" ".join(column.lower().replace("_", " ").replace(".", "").split())) for column in sheet.columns
    ]
    if "number" not in meanings or not set(meanings) & set(_AMOUNTS):
        words = "a column “Number” and one of “Net”, “Gross” or “Total”"
        raise Unreadable("unknown_columns", f"The table is not one of invoices: its heading needs {words}.")
    rows = _rows(sheet, meanings, limits)
    numbers = Numbers.of(row.get(name, "") for row in rows for name in _NUMBERS)
    dates = Dates.of(row.get(name, "") for row in rows for name in ("issued_on", "due_on"))
    groups: defaultdict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["number"], row.get("supplier", ""), row.get("tax_id", "")].append(row)
    return tuple(_invoice(group, numbers, dates) for group in groups.values())


def _opened(data: bytes) -> Sheet:
    try:
        return open_delimited(io.BytesIO(data), Options())
    except Refused as refused:
        raise Unreadable("not_a_table", f"The table cannot be read: {refused}") from None


def _rows(sheet: Sheet, meanings: list[str | None], limits: Limits) -> list[Row]:
    rows: list[Row] = []
    try:
        for line in sheet.lines():
            if line.blank:
                continue
            if len(rows) >= limits.rows:
                raise Unreadable("too_large", f"The table has more than {limits.rows} rows.")
            if line.flaws:
                raise Unreadable("broken_row", f"Row {line.number}: {line.flaws[0].message}")
            row = {
                name: cell.strip() for name, cell in zip(meanings, line.cells, strict=False) if name and cell.strip()
            }
            if "number" not in row:
                raise Unreadable("broken_row", f"Row {line.number} has no invoice number.")
            rows.append(row)
    except Refused as refused:
        raise Unreadable("not_a_table", f"The table cannot be read: {refused}") from None
    if not rows:
        raise Unreadable("empty", "The table has a heading and no rows.")
    return rows


def _invoice(rows: list[Row], numbers: Numbers, dates: Dates) -> Parsed:
    type_code = _same(rows, "type")
    named = type_code.lower() in ("credit", "credit note", "gutschrift", "avoir")
    supplier, tax_id = _same(rows, "supplier"), _same(rows, "tax_id")
    account = PaymentMeans(account=_same(rows, "iban"), bic=_same(rows, "bic"), reference=_same(rows, "reference"))
    net, tax, gross = (_sum(rows, name, numbers) for name in ("net", "tax", "gross"))
    payable = numbers.read(_same(rows, "payable"))
    # What is not said follows from what is, and only from that.
    if gross is None and net is not None and tax is not None:
        gross = net + tax
    return Parsed(
        number=_same(rows, "number"),
        kind=kind_of(type_code, credit_note=named),
        type_code=type_code if type_code.isdecimal() else "",
        issued_on=dates.read(_same(rows, "issued_on")),
        due_on=dates.read(_same(rows, "due_on")),
        currency=_same(rows, "currency").upper(),
        seller=Party(name=supplier, tax_ids=(tax_id,) if tax_id else ()),
        payment_means=() if account == PaymentMeans() else (account,),
        references=References(order=_same(rows, "order", strict=False)),
        lines=tuple(_line(row, at, numbers) for at, row in enumerate(rows, 1)),
        totals=Totals(lines=net, net=net, tax=tax, gross=gross, payable=gross if payable is None else payable),
        unread=tuple(
            text for row in rows for name in ("issued_on", "due_on") if (text := dates.unread(row.get(name, "")))
        ),
    )


def _same(rows: Iterable[Row], name: str, *, strict: bool = True) -> str:
    """Take what all rows of an invoice say, where they say the same."""
    found = {row[name] for row in rows if name in row}
    if len(found) > 1 and strict:
        number = next(iter(rows))["number"]
        raise Unreadable("rows_differ", f"The rows of invoice {number} differ in “{name.replace('_', ' ')}”.")
    return found.pop() if len(found) == 1 else ""


def _sum(rows: Iterable[Row], name: str, numbers: Numbers) -> Decimal | None:
    amounts = [numbers.read(row[name]) for row in rows if name in row]
    return sum((amount for amount in amounts if amount is not None), _ZERO) if amounts else None


def _line(row: Row, at: int, numbers: Numbers) -> Line:
    return Line(
        id=row.get("line", str(at)),
        name=row.get("text", ""),
        quantity=numbers.read(row.get("quantity", "")),
        unit=row.get("unit", ""),
        price=numbers.read(row.get("price", "")),
        net=numbers.read(row.get("net", "")),
        tax_rate=numbers.read(row.get("rate", "").rstrip("% ")),
        order=row.get("order", ""),
        order_line=row.get("order_line", ""),
        seller_item=row.get("item", ""),
    )
