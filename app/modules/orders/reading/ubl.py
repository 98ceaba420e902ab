"""UBL 2.x orders, element by element, as anybody's system writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from app.infra.xml.parsing import Unreadable
from app.infra.xml.tree import Tree
from app.modules.orders.domain.elsewhere import Placed, PlacedLine, Standing, charge_kind, standing_of

ORDER = "{urn:oasis:names:specification:ubl:schema:xsd:Order-2}Order"
_NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_LONGEST = 300


def read(root: Any) -> Placed:
    """Read one order; any other document is named and refused."""
    if root.tag != ORDER:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", etree.QName(root).localname[:60]).lower()
        words = f"The file is no UBL order, its root is “{name}”. Outlay takes in UBL orders and tables of order lines."
        raise Unreadable("other_document", words)
    tree = Tree(root, _NAMES)
    seller = tree.one(root, "cac:SellerSupplierParty/cac:Party")
    buyer = tree.one(root, "cac:BuyerCustomerParty/cac:Party")
    lines = tuple(line for node in tree.all(root, "cac:OrderLine/cac:LineItem") for line in _lines(tree, node))
    return Placed(
        number=tree.text(root, "cbc:ID"),
        rows=len(tree.all(root, "cac:OrderLine")),
        ordered_on=tree.day(root, "cbc:IssueDate"),
        supplier=_name(tree, seller),
        supplier_country=tree.text(seller, "cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
        buyer=_name(tree, buyer),
        buyer_tax_ids=tree.texts(buyer, "cac:PartyTaxScheme/cbc:CompanyID"),
        currency=tree.text(root, "cbc:DocumentCurrencyCode") or _currency_of_amounts(root),
        cost_centre=tree.text(root, "cbc:AccountingCostCode") or tree.text(root, "cbc:AccountingCost"),
        note="\n".join(tree.texts(root, "cbc:Note")),
        stated_net=_stated_net(tree, root),
        lines=(*lines, *_charges(tree, root, "of the order", _common(lines))),
    )


def _name(tree: Tree, party: Any) -> str:
    return (
        tree.text(party, "cac:PartyName/cbc:Name")
        or tree.text(party, "cac:PartyLegalEntity/cbc:RegistrationName")
        or tree.text(party, "cac:PartyTaxScheme/cbc:RegistrationName")
    )


def _currency_of_amounts(root: Any) -> str:
    return next((each.get("currencyID", "") for each in root.iter() if each.get("currencyID")), "")


def _stated_net(tree: Tree, root: Any) -> Decimal | None:
    """Take what the document says it comes to without tax: the lines, and what is charged and allowed beside them."""
    totals = tree.one(root, "cac:AnticipatedMonetaryTotal")
    lines = tree.number(totals, "cbc:LineExtensionAmount")
    if lines is None:
        return tree.number(totals, "cbc:TaxExclusiveAmount")
    return lines + sum((each.amount or Decimal(0) for each in _charges(tree, root, "", Standing.OPEN)), Decimal(0))


def _common(lines: tuple[PlacedLine, ...]) -> Standing:
    """Tell where an order as a whole has come to: what is charged for it goes when all of it is cancelled."""
    is_cancelled = bool(lines) and all(line.standing is Standing.CANCELLED for line in lines)
    return Standing.CANCELLED if is_cancelled else Standing.OPEN


def _lines(tree: Tree, node: Any) -> Iterator[PlacedLine]:
    """Read a line; what is charged or allowed on it stands beside it."""
    item = tree.one(node, "cac:Item")
    name = tree.text(item, "cbc:Name") or tree.text(item, "cbc:Description")
    price = tree.number(node, "cac:Price/cbc:PriceAmount")
    base = tree.number(node, "cac:Price/cbc:BaseQuantity") or Decimal(1)
    cancelled = tree.text(node, "cbc:LineStatusCode")
    standing = standing_of("", cancelled if cancelled.casefold().startswith("cancel") else "") or Standing.OPEN
    named = " ".join(name.split())[:_LONGEST]
    charges = tuple(_charges(tree, node, f"for {named}" if named else "of a line", standing))
    whole = tree.number(node, "cbc:LineExtensionAmount")
    beside = sum((each.amount or Decimal(0) for each in charges), Decimal(0))
    yield PlacedLine(
        text=named,
        quantity=tree.number(node, "cbc:Quantity"),
        unit=tree.attribute(node, "cbc:Quantity", "unitCode"),
        unit_price=price / base if price is not None else None,
        amount=whole - beside if whole is not None else None,
        item=tree.text(item, "cac:BuyersItemIdentification/cbc:ID"),
        supplier_item=tree.text(item, "cac:SellersItemIdentification/cbc:ID"),
        tax_percent=tree.number(item, "cac:ClassifiedTaxCategory/cbc:Percent"),
        promised_for=tree.day(node, "cac:Delivery/cac:RequestedDeliveryPeriod/cbc:EndDate"),
        standing=standing,
    )
    yield from charges


def _charges(tree: Tree, node: Any, where: str, standing: Standing) -> Iterator[PlacedLine]:
    """Read what is charged and allowed on an order or on one of its lines."""
    for each in tree.all(node, "cac:AllowanceCharge"):
        is_charge = tree.text(each, "cbc:ChargeIndicator") == "true"
        amount = tree.number(each, "cbc:Amount")
        reason = tree.text(each, "cbc:AllowanceChargeReason")
        kind = charge_kind(tree.text(each, "cbc:AllowanceChargeReasonCode"), reason)
        if amount:
            yield PlacedLine(
                text=(reason or f"{'Charge' if is_charge else 'Allowance'} {where}")[:_LONGEST],
                quantity=Decimal(1) if is_charge else Decimal(-1),
                unit_price=amount,
                amount=amount if is_charge else -amount,
                tax_percent=tree.number(each, "cac:TaxCategory/cbc:Percent"),
                standing=standing,
                charge=kind,
            )
