"""UBL 2.1 invoices and credit notes, element by element."""

from __future__ import annotations

from typing import Any

from app.infra.xml.tree import Tree
from app.modules.invoices.domain.document import (
    Address,
    Adjustment,
    Contact,
    EarlyPayment,
    Enclosure,
    Identifier,
    Line,
    Parsed,
    Party,
    PaymentMeans,
    Period,
    Reference,
    References,
    TaxPart,
    Totals,
    is_self_billed,
    kind_of,
)
from app.modules.invoices.einvoice.enclosures import enclosure
from app.modules.invoices.einvoice.limits import Limits
from app.modules.invoices.einvoice.terms import early_payments

INVOICE = "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice"
CREDIT_NOTE = "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"
_NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
# UNTDID 1001 on a further document: what the invoice is about, and (on credit notes) the project.
_OBJECT, _PROJECT = "130", "50"


def read(root: Any, limits: Limits) -> Parsed:
    """Read one document."""
    tree = Tree(root, _NAMES)
    credit_note = root.tag == CREDIT_NOTE
    code = tree.text(root, "cbc:CreditNoteTypeCode" if credit_note else "cbc:InvoiceTypeCode")
    seller = tree.one(root, "cac:AccountingSupplierParty/cac:Party")
    terms = "\n".join(tree.texts(root, "cac:PaymentTerms/cbc:Note"))
    return Parsed(
        number=tree.text(root, "cbc:ID"),
        kind=kind_of(code, credit_note=credit_note),
        type_code=code,
        self_billed=is_self_billed(code),
        profile=tree.text(root, "cbc:CustomizationID"),
        process=tree.text(root, "cbc:ProfileID"),
        issued_on=tree.day(root, "cbc:IssueDate"),
        due_on=tree.day(root, "cbc:DueDate") or tree.day(root, "cac:PaymentMeans/cbc:PaymentDueDate"),
        tax_point_on=tree.day(root, "cbc:TaxPointDate"),
        tax_point_code=tree.text(root, "cac:InvoicePeriod/cbc:DescriptionCode"),
        delivered_on=tree.day(root, "cac:Delivery/cbc:ActualDeliveryDate"),
        period=_period(tree, tree.one(root, "cac:InvoicePeriod")),
        currency=tree.text(root, "cbc:DocumentCurrencyCode"),
        accounting_currency=tree.text(root, "cbc:TaxCurrencyCode"),
        seller=_party(tree, seller),
        buyer=_party(tree, tree.one(root, "cac:AccountingCustomerParty/cac:Party")),
        payee=_perhaps(tree, "cac:PayeeParty"),
        tax_representative=_perhaps(tree, "cac:TaxRepresentativeParty"),
        deliver_to=_deliver_to(tree),
        payment_means=tuple(_means(tree, node) for node in tree.all(root, "cac:PaymentMeans")),
        creditor=_creditor(tree),
        terms=terms,
        early_payments=early_payments(terms) + _settlement_discounts(tree),
        references=_references(tree),
        notes=tree.texts(root, "cbc:Note"),
        lines=_lines(tree, root, "cac:CreditNoteLine" if credit_note else "cac:InvoiceLine"),
        adjustments=tuple(_adjustment(tree, node) for node in tree.all(root, "cac:AllowanceCharge")),
        taxes=_taxes(tree),
        totals=_totals(tree),
        enclosures=_enclosures(tree, limits),
        unread=tuple(tree.unread),
    )


def _identifier(tree: Tree, node: Any, path: str) -> Identifier | None:
    value = tree.text(node, path)
    return Identifier(value, tree.attribute(node, path, "schemeID")) if value else None


def _perhaps(tree: Tree, path: str) -> Party | None:
    node = tree.one(tree.root, path)
    return None if node is None else _party(tree, node)


def _party(tree: Tree, node: Any) -> Party:
    """Read a party; its legal name comes before the name it trades under."""
    legal = tree.text(node, "cac:PartyLegalEntity/cbc:RegistrationName")
    trading = tree.text(node, "cac:PartyName/cbc:Name")
    taxes = tree.all(node, "cac:PartyTaxScheme")
    numbers = [(tree.text(tax, "cac:TaxScheme/cbc:ID").upper(), tree.text(tax, "cbc:CompanyID")) for tax in taxes]
    ids = [
        Identifier(tree.text(found), found.get("schemeID", ""))
        for found in tree.all(node, "cac:PartyIdentification/cbc:ID")
        if found.get("schemeID") != "SEPA"
    ]
    return Party(
        name=legal or trading,
        trading_name=trading if legal else "",
        tax_ids=tuple(number for scheme, number in numbers if number and scheme == "VAT"),
        tax_numbers=tuple(number for scheme, number in numbers if number and scheme != "VAT"),
        legal_id=_identifier(tree, node, "cac:PartyLegalEntity/cbc:CompanyID"),
        ids=tuple(identifier for identifier in ids if identifier.value),
        endpoint=_identifier(tree, node, "cbc:EndpointID"),
        legal_form=tree.text(node, "cac:PartyLegalEntity/cbc:CompanyLegalForm"),
        address=_address(tree, tree.one(node, "cac:PostalAddress")),
        contact=Contact(
            name=tree.text(node, "cac:Contact/cbc:Name"),
            phone=tree.text(node, "cac:Contact/cbc:Telephone"),
            email=tree.text(node, "cac:Contact/cbc:ElectronicMail"),
        ),
    )


def _address(tree: Tree, node: Any) -> Address:
    street = tree.text(node, "cbc:StreetName")
    number = tree.text(node, "cbc:BuildingNumber")
    quarter = tree.text(node, "cbc:CitySubdivisionName")
    rest = (tree.text(node, "cbc:AdditionalStreetName"), quarter, *tree.texts(node, "cac:AddressLine/cbc:Line"))
    return Address(
        lines=tuple(line for line in (f"{street} {number}".strip(), *rest) if line),
        postcode=tree.text(node, "cbc:PostalZone"),
        city=tree.text(node, "cbc:CityName"),
        region=tree.text(node, "cbc:CountrySubentity"),
        country=tree.text(node, "cac:Country/cbc:IdentificationCode"),
    )


def _deliver_to(tree: Tree) -> Party | None:
    node = tree.one(tree.root, "cac:Delivery")
    place = _identifier(tree, node, "cac:DeliveryLocation/cbc:ID")
    party = Party(
        name=tree.text(node, "cac:DeliveryParty/cac:PartyName/cbc:Name"),
        ids=(place,) if place else (),
        address=_address(tree, tree.one(node, "cac:DeliveryLocation/cac:Address")),
    )
    return None if party == Party() else party


def _creditor(tree: Tree) -> str:
    """Find the supplier's number as a collector of direct debits."""
    for path in ("cac:AccountingSupplierParty/cac:Party", "cac:PayeeParty"):
        for found in tree.all(tree.root, f"{path}/cac:PartyIdentification/cbc:ID"):
            if found.get("schemeID") == "SEPA":
                return tree.text(found)
    return ""


def _means(tree: Tree, node: Any) -> PaymentMeans:
    account = tree.one(node, "cac:PayeeFinancialAccount")
    branch = "cac:FinancialInstitutionBranch"
    return PaymentMeans(
        code=tree.text(node, "cbc:PaymentMeansCode"),
        text=tree.attribute(node, "cbc:PaymentMeansCode", "name"),
        account=tree.text(account, "cbc:ID"),
        account_name=tree.text(account, "cbc:Name"),
        bic=tree.text(account, f"{branch}/cbc:ID") or tree.text(account, f"{branch}/cac:FinancialInstitution/cbc:ID"),
        reference=tree.text(node, "cbc:PaymentID"),
        mandate=tree.text(node, "cac:PaymentMandate/cbc:ID"),
        debited_account=tree.text(node, "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"),
        card=tree.text(node, "cac:CardAccount/cbc:PrimaryAccountNumberID"),
    )


def _settlement_discounts(tree: Tree) -> tuple[EarlyPayment, ...]:
    found = []
    for node in tree.all(tree.root, "cac:PaymentTerms"):
        percent = tree.number(node, "cbc:SettlementDiscountPercent")
        if percent:
            days = tree.count(node, "cac:SettlementPeriod/cbc:DurationMeasure")
            until = tree.day(node, "cac:SettlementPeriod/cbc:EndDate")
            found.append(EarlyPayment(percent=percent, days=days, until=until))
    return tuple(found)


def _references(tree: Tree) -> References:
    root = tree.root
    further = tree.all(root, "cac:AdditionalDocumentReference")
    of_type = {tree.text(node, "cbc:DocumentTypeCode"): node for node in further}
    return References(
        order=tree.text(root, "cac:OrderReference/cbc:ID"),
        sales_order=tree.text(root, "cac:OrderReference/cbc:SalesOrderID"),
        contract=tree.text(root, "cac:ContractDocumentReference/cbc:ID"),
        project=tree.text(root, "cac:ProjectReference/cbc:ID") or tree.text(of_type.get(_PROJECT), "cbc:ID"),
        despatch=tree.texts(root, "cac:DespatchDocumentReference/cbc:ID"),
        receipt=tree.texts(root, "cac:ReceiptDocumentReference/cbc:ID"),
        tender=tree.text(root, "cac:OriginatorDocumentReference/cbc:ID"),
        buyer=tree.text(root, "cbc:BuyerReference"),
        accounting=tree.text(root, "cbc:AccountingCost"),
        object=_identifier(tree, of_type.get(_OBJECT), "cbc:ID"),
        preceding=tuple(
            Reference(tree.text(node, "cbc:ID"), tree.day(node, "cbc:IssueDate"))
            for node in tree.all(root, "cac:BillingReference/cac:InvoiceDocumentReference")
        ),
    )


def _period(tree: Tree, node: Any) -> Period | None:
    period = Period(tree.day(node, "cbc:StartDate"), tree.day(node, "cbc:EndDate"))
    return None if period == Period() else period


def _adjustment(tree: Tree, node: Any) -> Adjustment:
    return Adjustment(
        charge=tree.text(node, "cbc:ChargeIndicator").lower() in ("true", "1"),
        amount=tree.number(node, "cbc:Amount"),
        base=tree.number(node, "cbc:BaseAmount"),
        percent=tree.number(node, "cbc:MultiplierFactorNumeric"),
        reason=tree.text(node, "cbc:AllowanceChargeReason"),
        code=tree.text(node, "cbc:AllowanceChargeReasonCode"),
        tax_category=tree.text(node, "cac:TaxCategory/cbc:ID"),
        tax_rate=tree.number(node, "cac:TaxCategory/cbc:Percent"),
    )


def _lines(tree: Tree, node: Any, path: str, inside: str = "") -> tuple[Line, ...]:
    """Read the lines, and under each its parts, which count in no total."""
    lines: list[Line] = []
    for found in tree.all(node, path):
        line = _line(tree, found, inside)
        lines += (
            line,
            *_lines(tree, found, "cac:SubInvoiceLine", line.id),
            *_lines(tree, found, "cac:SubCreditNoteLine", line.id),
        )
    return tuple(lines)


def _line(tree: Tree, node: Any, inside: str) -> Line:
    item, price = tree.one(node, "cac:Item"), tree.one(node, "cac:Price")
    counted = "cbc:InvoicedQuantity" if tree.one(node, "cbc:InvoicedQuantity") is not None else "cbc:CreditedQuantity"
    return Line(
        id=tree.text(node, "cbc:ID"),
        name=tree.text(item, "cbc:Name"),
        description="\n".join(tree.texts(item, "cbc:Description")),
        note="\n".join(tree.texts(node, "cbc:Note")),
        quantity=tree.number(node, counted),
        unit=tree.attribute(node, counted, "unitCode"),
        price=tree.number(price, "cbc:PriceAmount"),
        gross_price=tree.number(price, "cac:AllowanceCharge/cbc:BaseAmount"),
        price_discount=tree.number(price, "cac:AllowanceCharge/cbc:Amount"),
        base_quantity=tree.number(price, "cbc:BaseQuantity"),
        net=tree.number(node, "cbc:LineExtensionAmount"),
        tax_category=tree.text(item, "cac:ClassifiedTaxCategory/cbc:ID"),
        tax_rate=tree.number(item, "cac:ClassifiedTaxCategory/cbc:Percent"),
        adjustments=tuple(_adjustment(tree, found) for found in tree.all(node, "cac:AllowanceCharge")),
        order=tree.text(node, "cac:OrderLineReference/cac:OrderReference/cbc:ID"),
        order_line=tree.text(node, "cac:OrderLineReference/cbc:LineID"),
        despatch=_line_reference(tree, tree.one(node, "cac:DespatchLineReference")),
        receipt=_line_reference(tree, tree.one(node, "cac:ReceiptLineReference")),
        seller_item=tree.text(item, "cac:SellersItemIdentification/cbc:ID"),
        buyer_item=tree.text(item, "cac:BuyersItemIdentification/cbc:ID"),
        standard_item=_identifier(tree, item, "cac:StandardItemIdentification/cbc:ID"),
        classifications=tuple(
            Identifier(tree.text(found), found.get("listID", ""))
            for found in tree.all(item, "cac:CommodityClassification/cbc:ItemClassificationCode")
        ),
        attributes=tuple(
            (tree.text(found, "cbc:Name"), tree.text(found, "cbc:Value"))
            for found in tree.all(item, "cac:AdditionalItemProperty")
        ),
        origin=tree.text(item, "cac:OriginCountry/cbc:IdentificationCode"),
        accounting=tree.text(node, "cbc:AccountingCost"),
        object=_identifier(tree, node, "cac:DocumentReference/cbc:ID"),
        period=_period(tree, tree.one(node, "cac:InvoicePeriod")),
        inside=inside,
        counts=not inside,
    )


def _line_reference(tree: Tree, node: Any) -> Reference | None:
    reference = Reference(tree.text(node, "cac:DocumentReference/cbc:ID"), line=tree.text(node, "cbc:LineID"))
    return reference if reference.number or reference.line else None


def _taxes(tree: Tree) -> tuple[TaxPart, ...]:
    """Read the tax per rate in the document's own currency."""
    currencies = ("", tree.text(tree.root, "cbc:DocumentCurrencyCode"))
    return tuple(
        TaxPart(
            category=tree.text(node, "cac:TaxCategory/cbc:ID"),
            rate=tree.number(node, "cac:TaxCategory/cbc:Percent"),
            basis=tree.number(node, "cbc:TaxableAmount"),
            amount=tree.number(node, "cbc:TaxAmount"),
            reason=tree.text(node, "cac:TaxCategory/cbc:TaxExemptionReason"),
            reason_code=tree.text(node, "cac:TaxCategory/cbc:TaxExemptionReasonCode"),
        )
        for node in tree.all(tree.root, "cac:TaxTotal/cac:TaxSubtotal")
        if tree.attribute(node, "cbc:TaxAmount", "currencyID") in currencies
    )


def _totals(tree: Tree) -> Totals:
    root = tree.root
    total = tree.one(root, "cac:LegalMonetaryTotal")
    currency, accounting = tree.text(root, "cbc:DocumentCurrencyCode"), tree.text(root, "cbc:TaxCurrencyCode")
    taxes = tree.all(root, "cac:TaxTotal/cbc:TaxAmount")
    stated = {node.get("currencyID", ""): tree.number(node) for node in reversed(taxes)}
    return Totals(
        lines=tree.number(total, "cbc:LineExtensionAmount"),
        allowances=tree.number(total, "cbc:AllowanceTotalAmount"),
        charges=tree.number(total, "cbc:ChargeTotalAmount"),
        net=tree.number(total, "cbc:TaxExclusiveAmount"),
        tax=stated.get(currency, stated.get("")),
        tax_in_accounting_currency=stated.get(accounting) if accounting not in ("", currency) else None,
        gross=tree.number(total, "cbc:TaxInclusiveAmount"),
        prepaid=tree.number(total, "cbc:PrepaidAmount"),
        rounding=tree.number(total, "cbc:PayableRoundingAmount"),
        payable=tree.number(total, "cbc:PayableAmount"),
    )


def _enclosures(tree: Tree, limits: Limits) -> tuple[Enclosure, ...]:
    found = []
    for node in tree.all(tree.root, "cac:AdditionalDocumentReference")[: limits.enclosures]:
        content = tree.one(node, "cac:Attachment/cbc:EmbeddedDocumentBinaryObject")
        link = tree.text(node, "cac:Attachment/cac:ExternalReference/cbc:URI")
        if content is not None or link or tree.text(node, "cbc:DocumentTypeCode") not in (_OBJECT, _PROJECT):
            description = tree.text(node, "cbc:DocumentDescription")
            found.append(enclosure(tree.text(node, "cbc:ID"), description, link, content, limits))
    return tuple(found)
