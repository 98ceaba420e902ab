"""The lines of a Cross Industry Invoice, and allowances and charges as they stand on lines and document alike."""

from __future__ import annotations

from typing import Any

from app.infra.xml.tree import Tree
from app.modules.invoices.domain.document import Adjustment, Identifier, Line, Period, Reference

# EXTENDED: a heading over other lines, or words only. What stands under a heading may well count.
_NOT_COUNTED = frozenset({"GROUP", "INFORMATION"})


def lines(tree: Tree, trade: Any) -> tuple[Line, ...]:
    """Read every line."""
    return tuple(_line(tree, node) for node in tree.all(trade, "ram:IncludedSupplyChainTradeLineItem"))


def adjustments(tree: Tree, node: Any, path: str) -> tuple[Adjustment, ...]:
    """Read allowances and charges."""
    return tuple(_adjustment(tree, found) for found in tree.all(node, path))


def _adjustment(tree: Tree, node: Any) -> Adjustment:
    return Adjustment(
        charge=tree.text(node, "ram:ChargeIndicator/udt:Indicator").lower() in ("true", "1"),
        amount=tree.number(node, "ram:ActualAmount"),
        base=tree.number(node, "ram:BasisAmount"),
        percent=tree.number(node, "ram:CalculationPercent"),
        reason=tree.text(node, "ram:Reason"),
        code=tree.text(node, "ram:ReasonCode"),
        tax_category=tree.text(node, "ram:CategoryTradeTax/ram:CategoryCode"),
        tax_rate=tree.number(node, "ram:CategoryTradeTax/ram:RateApplicablePercent"),
    )


def _line(tree: Tree, node: Any) -> Line:
    about = tree.one(node, "ram:AssociatedDocumentLineDocument")
    item = tree.one(node, "ram:SpecifiedTradeProduct")
    agreement = tree.one(node, "ram:SpecifiedLineTradeAgreement")
    delivery = tree.one(node, "ram:SpecifiedLineTradeDelivery")
    settlement = tree.one(node, "ram:SpecifiedLineTradeSettlement")
    net, gross = (
        tree.one(agreement, "ram:NetPriceProductTradePrice"),
        tree.one(agreement, "ram:GrossPriceProductTradePrice"),
    )
    order = tree.one(agreement, "ram:BuyerOrderReferencedDocument")
    period = tree.one(settlement, "ram:BillingSpecifiedPeriod")
    dates = Period(tree.day(period, "ram:StartDateTime"), tree.day(period, "ram:EndDateTime"))
    return Line(
        id=tree.text(about, "ram:LineID"),
        name=tree.text(item, "ram:Name"),
        description=tree.text(item, "ram:Description"),
        note="\n".join(tree.texts(about, "ram:IncludedNote/ram:Content")),
        quantity=tree.number(delivery, "ram:BilledQuantity"),
        unit=tree.attribute(delivery, "ram:BilledQuantity", "unitCode"),
        price=tree.number(net, "ram:ChargeAmount"),
        gross_price=tree.number(gross, "ram:ChargeAmount"),
        price_discount=tree.number(gross, "ram:AppliedTradeAllowanceCharge/ram:ActualAmount"),
        base_quantity=tree.number(net, "ram:BasisQuantity"),
        net=tree.number(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"),
        tax_category=tree.text(settlement, "ram:ApplicableTradeTax/ram:CategoryCode"),
        tax_rate=tree.number(settlement, "ram:ApplicableTradeTax/ram:RateApplicablePercent"),
        adjustments=adjustments(tree, settlement, "ram:SpecifiedTradeAllowanceCharge"),
        order=tree.text(order, "ram:IssuerAssignedID"),
        order_line=tree.text(order, "ram:LineID"),
        despatch=_reference(tree, tree.one(delivery, "ram:DespatchAdviceReferencedDocument")),
        receipt=_reference(tree, tree.one(delivery, "ram:ReceivingAdviceReferencedDocument")),
        seller_item=tree.text(item, "ram:SellerAssignedID"),
        buyer_item=tree.text(item, "ram:BuyerAssignedID"),
        standard_item=_identifier(tree, item, "ram:GlobalID", "schemeID"),
        classifications=tuple(
            found
            for each in tree.all(item, "ram:DesignatedProductClassification")
            if (found := _identifier(tree, each, "ram:ClassCode", "listID"))
        ),
        attributes=tuple(
            (tree.text(each, "ram:Description"), tree.text(each, "ram:Value"))
            for each in tree.all(item, "ram:ApplicableProductCharacteristic")
        ),
        origin=tree.text(item, "ram:OriginTradeCountry/ram:ID"),
        accounting=tree.text(settlement, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        object=_identifier(tree, settlement, "ram:AdditionalReferencedDocument/ram:IssuerAssignedID", "schemeID"),
        period=None if dates == Period() else dates,
        inside=tree.text(about, "ram:ParentLineID"),
        counts=tree.text(about, "ram:LineStatusReasonCode") not in _NOT_COUNTED,
    )


def _identifier(tree: Tree, node: Any, path: str, scheme: str) -> Identifier | None:
    value = tree.text(node, path)
    return Identifier(value, tree.attribute(node, path, scheme)) if value else None


def _reference(tree: Tree, node: Any) -> Reference | None:
    reference = Reference(
        tree.text(node, "ram:IssuerAssignedID"),
        tree.day(node, "ram:FormattedIssueDateTime"),
        tree.text(node, "ram:LineID"),
    )
    return reference if reference.number or reference.line else None
