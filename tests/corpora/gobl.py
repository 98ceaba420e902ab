"""What GOBL, another reader of UBL, makes of a document, put beside what Outlay makes of it, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from app.modules.invoices.domain.document import Line, Parsed, Party

Pair = tuple[str, Any, Any]


def pairs(document: dict[str, Any], parsed: Parsed) -> Iterator[Pair]:
    """Yield the name of each field, GOBL's value and ours; only what GOBL states is compared."""
    for name, expected, ours in (*_head(document, parsed), *_payment(document, parsed), *_totals(document, parsed)):
        if expected not in (None, "", []):
            yield name, _plain(expected), _plain(ours)
    for side, party in (("supplier", parsed.seller), ("customer", parsed.buyer)):
        for name, expected, ours in _party(document.get(side, {}), party):
            if expected not in (None, "", []):
                yield f"{side}.{name}", _plain(expected), _plain(ours)
    yield "lines", len(document.get("lines", [])), len(parsed.lines)
    for at, (line, read) in enumerate(zip(document.get("lines", []), parsed.lines, strict=False), 1):
        for name, expected, ours in _line(line, read):
            if expected not in (None, "", []):
                yield f"lines[{at}].{name}", _plain(expected), _plain(ours)


def _plain(value: Any) -> Any:
    """Forget how a number or a text is spaced."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, str):
        text = " ".join(value.split())
        number = text.removesuffix("%")
        return Decimal(number).normalize() + 0 if number.replace(".", "", 1).lstrip("-").isdecimal() else text
    return value.isoformat() if hasattr(value, "isoformat") else value


def _codes(found: list[dict[str, Any]] | None) -> list[str]:
    return [each["code"] for each in found or []]


def _head(document: dict[str, Any], parsed: Parsed) -> Iterator[Pair]:
    ordering, known = document.get("ordering", {}), parsed.references
    preceding = document.get("preceding", [])
    yield "code", document["code"], parsed.number
    yield "issue_date", document["issue_date"], parsed.issued_on
    yield "currency", document["currency"], parsed.currency
    yield "document type", document.get("tax", {}).get("ext", {}).get("untdid-document-type"), parsed.type_code
    yield "credit note", document["type"] == "credit-note", parsed.kind == "credit_note"
    yield "buyer reference", ordering.get("code"), known.buyer
    yield "order", next(iter(_codes(ordering.get("purchases"))), ""), known.order
    yield "sales order", next(iter(_codes(ordering.get("sales"))), ""), known.sales_order
    yield "contract", next(iter(_codes(ordering.get("contracts"))), ""), known.contract
    yield "project", next(iter(_codes(ordering.get("projects"))), ""), known.project
    yield "despatch", _codes(ordering.get("despatch")), list(known.despatch)
    yield "receipt", _codes(ordering.get("receiving")), list(known.receipt)
    yield "tender", next(iter(_codes(ordering.get("tender"))), ""), known.tender
    yield "cost", ordering.get("cost"), known.accounting
    yield "preceding", _codes(preceding), [each.number for each in known.preceding]
    yield (
        "preceding dates",
        [each.get("issue_date", "") for each in preceding],
        [each.on or "" for each in known.preceding],
    )
    yield "delivery", document.get("delivery", {}).get("date"), parsed.delivered_on
    receiver = parsed.deliver_to.name if parsed.deliver_to else ""
    yield "delivered to", document.get("delivery", {}).get("receiver", {}).get("name"), receiver
    yield "notes", " ".join(each["text"] for each in document.get("notes", [])), " ".join(parsed.notes)


def _payment(document: dict[str, Any], parsed: Parsed) -> Iterator[Pair]:
    payment = document.get("payment", {})
    instructions, means = payment.get("instructions", {}), parsed.payment_means
    transfers = instructions.get("credit_transfer", [])
    accounts = [each for each in means if each.account]
    first = means[0] if means else None
    yield "means", instructions.get("ext", {}).get("untdid-payment-means"), first.code if first else ""
    yield "iban", [each.get("iban") or each.get("number") for each in transfers], [each.account for each in accounts]
    yield "bic", [each["bic"] for each in transfers if "bic" in each], [each.bic for each in accounts if each.bic]
    yield (
        "holder",
        [each["name"] for each in transfers if "name" in each],
        [each.account_name for each in accounts if each.account_name],
    )
    yield "reference", instructions.get("ref"), first.reference if first else ""
    yield "detail", instructions.get("detail"), first.text if first else ""
    yield "mandate", instructions.get("direct_debit", {}).get("ref"), first.mandate if first else ""
    yield "debited", instructions.get("direct_debit", {}).get("account"), first.debited_account if first else ""
    yield "terms", payment.get("terms", {}).get("notes"), parsed.terms
    yield "due", next((each["date"] for each in payment.get("terms", {}).get("due_dates", [])), None), parsed.due_on
    yield "payee", payment.get("payee", {}).get("name"), parsed.payee.name if parsed.payee else ""


def _totals(document: dict[str, Any], parsed: Parsed) -> Iterator[Pair]:
    totals, stated = document["totals"], parsed.totals
    yield "totals.sum", totals["sum"], stated.lines
    yield "totals.discount", totals.get("discount"), stated.allowances
    yield "totals.charge", totals.get("charge"), stated.charges
    yield "totals.total", totals["total"], stated.net
    yield "totals.tax", totals["tax"], stated.tax
    yield "totals.gross", totals["total_with_tax"], stated.gross
    yield "totals.advance", totals.get("advance"), stated.prepaid
    yield "totals.payable", totals.get("due", totals["payable"]), stated.payable
    for kind, charge in (("discounts", False), ("charges", True)):
        ours = [each for each in parsed.adjustments if each.charge is charge]
        yield kind, [each["amount"] for each in document.get(kind, [])], [each.amount for each in ours]
        yield f"{kind} reasons", [each["reason"] for each in document.get(kind, [])], [each.reason for each in ours]
    rates = [rate for category in totals.get("taxes", {}).get("categories", []) for rate in category["rates"]]
    yield "tax bases", sorted(Decimal(rate["base"]) for rate in rates), sorted(part.basis or 0 for part in parsed.taxes)
    yield (
        "tax amounts",
        sorted(Decimal(rate["amount"]) for rate in rates),
        sorted(part.amount or 0 for part in parsed.taxes),
    )


def _party(expected: dict[str, Any], party: Party) -> Iterator[Pair]:
    tax_id, address = expected.get("tax_id", {}), next(iter(expected.get("addresses", [])), {})
    legal = next((each["code"] for each in expected.get("identities", []) if each.get("scope") == "legal"), "")
    inbox = next((each for each in expected.get("inboxes", []) if "code" in each), {})
    yield "name", expected.get("name"), party.name
    yield "alias", expected.get("alias"), party.trading_name
    if tax_id.get("code"):
        numbers = [*party.tax_ids, *party.tax_numbers]
        yield "tax id", tax_id["code"], next((n.removeprefix(tax_id["country"]) for n in numbers), "")
    yield "legal id", legal, party.legal_id.value if party.legal_id else ""
    yield "endpoint", inbox.get("code"), party.endpoint.value if party.endpoint else ""
    yield "endpoint scheme", inbox.get("scheme"), party.endpoint.scheme if party.endpoint else ""
    street = " ".join(filter(None, (address.get("street"), address.get("num"))))
    yield "street", street, party.address.lines[0] if party.address.lines else ""
    yield "street extra", address.get("street_extra"), party.address.lines[1] if len(party.address.lines) > 1 else ""
    yield "town", address.get("locality"), party.address.city
    yield "postcode", address.get("code"), party.address.postcode
    yield "region", address.get("region"), party.address.region
    yield "country", address.get("country"), party.address.country
    yield "email", next((each["addr"] for each in expected.get("emails", [])), ""), party.contact.email
    yield "phone", next((each["num"] for each in expected.get("telephones", [])), ""), party.contact.phone
    yield "person", next((each["name"]["given"] for each in expected.get("people", [])), ""), party.contact.name


def _line(expected: dict[str, Any], line: Line) -> Iterator[Pair]:
    item, tax = expected["item"], next(iter(expected.get("taxes", [])), {})
    price = (line.price or Decimal(0)) / (line.base_quantity or 1)
    yield "name", item["name"], line.name
    yield "description", item.get("description"), line.description
    yield "quantity", expected["quantity"], line.quantity
    yield "price", item["price"], round(price, abs(Decimal(item["price"]).as_tuple().exponent))
    yield "total", expected["total"], line.net
    yield "item", item.get("ref"), line.seller_item
    yield "origin", item.get("origin"), line.origin
    yield "order line", expected.get("order"), line.order_line
    yield "cost", expected.get("cost"), line.accounting
    yield "percent", tax.get("percent"), line.tax_rate
    yield "category", tax.get("ext", {}).get("untdid-tax-category"), line.tax_category
    yield "period", expected.get("period", {}).get("start"), line.period.start if line.period else ""
    yield "note", " ".join(each["text"] for each in expected.get("notes", [])), line.note
    for kind, charge in (("discounts", False), ("charges", True)):
        ours = [each.amount for each in line.adjustments if each.charge is charge]
        yield kind, [each["amount"] for each in expected.get(kind, [])], ours
