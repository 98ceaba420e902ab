"""An order as people print it: laid out by Typst, which brings its own fonts and needs nothing of the system."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import typst

from app.kernel.counting import counted
from app.kernel.money import minor_units
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import ChargeKind

_TEMPLATE = (Path(__file__).parent / "order.typ").read_bytes()
_SPACE, _NOTHING = "\N{NO-BREAK SPACE}", "\N{EN DASH}"
_KINDS = {"standard": "Purchase order", "blanket": "Blanket order"}


def pdf_of(content: Mapping[str, Any]) -> bytes:
    """Draw the order a revision holds."""
    return _compiled(content, "pdf")


def picture_of(content: Mapping[str, Any]) -> bytes:
    """Draw its first page as a picture."""
    return _compiled(content, "png")


def _compiled(content: Mapping[str, Any], kind: Literal["pdf", "png"]) -> bytes:
    day = datetime.fromisoformat(content["issued_on"]).replace(tzinfo=UTC)
    drawn = typst.compile(
        _TEMPLATE,
        format=kind,
        sys_inputs={"content": json.dumps(view_of(content))},
        ignore_system_fonts=True,
        timestamp=int(day.timestamp()),
    )
    pages = drawn if isinstance(drawn, list) else [drawn]
    return bytes(pages[0])


def view_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Put the content of a revision into the words of its page."""
    number, currency = content["number"], content["currency"]
    kind = _KINDS[content["kind"]]
    day = datetime.fromisoformat(content["issued_on"])
    return {
        "title": f"{kind} {number}",
        "kind": kind,
        "number": number,
        "revision": f"Revision {content['revision']}" if content["revision"] > 1 else "",
        "day": [day.year, day.month, day.day],
        "page": "Page",
        "buyer": {"name": content["buyer"]["legal_name"], "rows": _rows(_labelled("VAT", content["buyer"]["tax_id"]))},
        "words": {"supplier": "Supplier", "deliver": "Deliver to", "about": "Order", "terms": "Terms"},
        "supplier": _supplier(content["supplier"]),
        "deliver": _place(content["deliver_to"]),
        "about": _about(content),
        "note": content["note"] or "",
        "heads": ["", "Item", "Quantity", "Unit price", f"Amount {currency}"],
        "lines": [_line(line, currency) for line in content["lines"]],
        "sums": _sums(content),
        "whole": [f"Total {currency}", amount(content["total"], currency)],
        "terms": _terms(content),
    }


def _supplier(supplier: Mapping[str, Any]) -> list[str]:
    numbers = [_labelled(each["kind"].upper(), each["value"]) for each in supplier["tax_ids"][:2]]
    return _rows(supplier["legal_name"], supplier["country"], *numbers, supplier["email"])


def _place(place: Mapping[str, Any] | None) -> list[str]:
    if place is None:
        return [_NOTHING]
    town = " ".join(filter(None, (place["postcode"], place["city"])))
    return _rows(place["name"], place["street"], place["street_2"], town, place["country"])


def _about(content: Mapping[str, Any]) -> list[str]:
    contact = content["contact"]
    return _rows(
        _labelled("Date", content["issued_on"]),
        _labelled("Deliver by", content["promised_for"]),
        _labelled("Call-off from", content["blanket"]),
        _labelled("Valid until", content["valid_until"]),
        _labelled("Our contact", contact.get("name")),
        contact.get("email"),
    )


def _line(line: Mapping[str, Any], currency: str) -> dict[str, Any]:
    numbers = [_labelled("Your number", line["supplier_item"]), _labelled("Our number", line["item"])]
    return {
        "number": str(line["number"]),
        "text": line["text"] or "",
        "under": _rows(", ".join(filter(None, numbers)), _labelled("Deliver by", line["promised_for"])),
        "quantity": f"{number(line['quantity'])}{_SPACE}{(line['unit_name'] or '').lower()}",
        "price": amount(line["unit_price"], currency, most=4),
        "discounts": f"less {line['discounts']}{_SPACE}%" if line["discounts"] else "",
        "amount": amount(line["amount"], currency),
    }


def _sums(content: Mapping[str, Any]) -> list[list[str]]:
    currency, charges = content["currency"], content.get("extra_charges", ())
    beside = [[_charge(each), amount(each["amount"], currency)] for each in charges]
    lines = sum((Decimal(line["amount"]) for line in content["lines"]), Decimal(0))
    goods = [["Lines", amount(str(lines), currency)]] if beside else []
    rates = [
        [f"Tax {number(each['percent'])}{_SPACE}% on {amount(each['base'], currency)}", amount(each["tax"], currency)]
        for each in content["rates"]
        if Decimal(each["percent"])
    ]
    ceiling = [["Ceiling of all call-offs", amount(content["ceiling"], currency)]] if content["ceiling"] else []
    return [*ceiling, *goods, *beside, ["Net", amount(content["net"], currency)], *rates]


def _charge(charge: Mapping[str, Any]) -> str:
    label = ChargeKind[charge["kind"].upper()].label
    return f"{label}: {charge['text']}" if charge["text"] else label


def _terms(content: Mapping[str, Any]) -> list[str]:
    payment = content["payment"]
    days = f"Payment within {counted(payment['days'], 'day')} of the invoice" if payment["days"] is not None else None
    if payment["discount_percent"]:
        until = counted(payment["discount_days"], "day")
        days = f"{days or 'Payment'}; {number(payment['discount_percent'])}{_SPACE}% discount within {until}"
    return _rows(
        days,
        _labelled("In instalments (percent and days after the order)", payment["instalments"]),
        deposit_words(content),
        f"Name {content['number']} on delivery notes and invoices.",
        *(content["terms"] or "").splitlines(),
    )


def deposit_words(content: Mapping[str, Any]) -> str:
    """Say what is paid before delivery, and how it is asked for and taken off; empty where nothing is."""
    percent, stated = content["payment"].get("deposit_percent"), content["payment"].get("deposit_amount")
    if not percent and not stated:
        return ""
    currency = content["currency"]
    whole = amounts.deposit_of(
        percent and Decimal(percent), stated and Decimal(stated), Decimal(content["net"]), currency
    )
    share = f"{number(percent)}{_SPACE}%, " if percent else ""
    figures = f"{share}{amount(str(whole), currency)}{_SPACE}{currency} net"
    return f"Deposit: {figures}, paid against a deposit invoice and taken off the final one."


def number(value: str | None) -> str:
    """Write a number as people read it."""
    return _NOTHING if value is None else f"{Decimal(value).normalize():,f}".replace(",", _SPACE)


def amount(value: str | None, currency: str, most: int = 0) -> str:
    """Write an amount with the coins of its currency, or with as many decimals as it has up to `most`."""
    if value is None:
        return _NOTHING
    digits = minor_units(currency)
    exponent = Decimal(value).normalize().as_tuple().exponent
    own = max(0, -exponent) if isinstance(exponent, int) else 0
    return f"{Decimal(value):,.{max(digits, min(own, most))}f}".replace(",", _SPACE)


def _labelled(label: str, value: Any) -> str:
    return f"{label} {value}" if value else ""


def _rows(*values: str | None) -> list[str]:
    return [value for value in values if value]
