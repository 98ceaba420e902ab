"""Cross Industry Invoices (CII D16B and later), which Factur-X and ZUGFeRD 2 carry inside their PDF."""

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
from app.modules.invoices.einvoice.cii_lines import adjustments, lines
from app.modules.invoices.einvoice.enclosures import enclosure
from app.modules.invoices.einvoice.limits import Limits
from app.modules.invoices.einvoice.terms import early_payments

CII = "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}CrossIndustryInvoice"
NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
# UNTDID 1001 on a further document.
_OBJECT, _TENDER = "130", "50"


def read(root: Any, limits: Limits) -> Parsed:
    """Read one document."""
    tree = Tree(root, NAMES)
    header, context = tree.one(root, "rsm:ExchangedDocument"), tree.one(root, "rsm:ExchangedDocumentContext")
    trade = tree.one(root, "rsm:SupplyChainTradeTransaction")
    agreement = tree.one(trade, "ram:ApplicableHeaderTradeAgreement")
    delivery = tree.one(trade, "ram:ApplicableHeaderTradeDelivery")
    settlement = tree.one(trade, "ram:ApplicableHeaderTradeSettlement")
    code = tree.text(header, "ram:TypeCode")
    terms = tree.all(settlement, "ram:SpecifiedTradePaymentTerms")
    words = "\n".join(text for node in terms if (text := tree.text(node, "ram:Description")))
    return Parsed(
        number=tree.text(header, "ram:ID"),
        kind=kind_of(code),
        type_code=code,
        self_billed=is_self_billed(code),
        profile=tree.text(context, "ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
        process=tree.text(context, "ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
        issued_on=tree.day(header, "ram:IssueDateTime"),
        due_on=next((day for node in terms if (day := tree.day(node, "ram:DueDateDateTime"))), None),
        tax_point_on=tree.day(settlement, "ram:ApplicableTradeTax/ram:TaxPointDate"),
        tax_point_code=tree.text(settlement, "ram:ApplicableTradeTax/ram:DueDateTypeCode"),
        delivered_on=tree.day(delivery, "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime"),
        period=_period(tree, tree.one(settlement, "ram:BillingSpecifiedPeriod")),
        currency=tree.text(settlement, "ram:InvoiceCurrencyCode"),
        accounting_currency=tree.text(settlement, "ram:TaxCurrencyCode"),
        seller=_party(tree, tree.one(agreement, "ram:SellerTradeParty")),
        buyer=_party(tree, tree.one(agreement, "ram:BuyerTradeParty")),
        payee=_perhaps(tree, settlement, "ram:PayeeTradeParty"),
        tax_representative=_perhaps(tree, agreement, "ram:SellerTaxRepresentativeTradeParty"),
        deliver_to=_perhaps(tree, delivery, "ram:ShipToTradeParty"),
        payment_means=_means(tree, settlement),
        creditor=tree.text(settlement, "ram:CreditorReferenceID"),
        terms=words,
        early_payments=early_payments(words) + _discounts(tree, terms),
        references=_references(tree, agreement, delivery, settlement),
        notes=tree.texts(header, "ram:IncludedNote/ram:Content"),
        lines=lines(tree, trade),
        adjustments=adjustments(tree, settlement, "ram:SpecifiedTradeAllowanceCharge") + _freight(tree, settlement),
        taxes=tuple(_tax(tree, node) for node in tree.all(settlement, "ram:ApplicableTradeTax")),
        totals=_totals(tree, settlement),
        enclosures=_enclosures(tree, agreement, limits),
        unread=tuple(tree.unread),
    )


def _perhaps(tree: Tree, node: Any, path: str) -> Party | None:
    found = tree.one(node, path)
    return None if found is None else _party(tree, found)


def _identifiers(tree: Tree, node: Any, path: str) -> tuple[Identifier, ...]:
    found = (Identifier(tree.text(each), each.get("schemeID", "")) for each in tree.all(node, path))
    return tuple(identifier for identifier in found if identifier.value)


def _party(tree: Tree, node: Any) -> Party:
    registered = _identifiers(tree, node, "ram:SpecifiedTaxRegistration/ram:ID")
    contact = tree.one(node, "ram:DefinedTradeContact")
    return Party(
        name=tree.text(node, "ram:Name"),
        trading_name=tree.text(node, "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        tax_ids=tuple(each.value for each in registered if each.scheme == "VA"),
        tax_numbers=tuple(each.value for each in registered if each.scheme != "VA"),
        legal_id=next(iter(_identifiers(tree, node, "ram:SpecifiedLegalOrganization/ram:ID")), None),
        ids=_identifiers(tree, node, "ram:ID") + _identifiers(tree, node, "ram:GlobalID"),
        endpoint=next(iter(_identifiers(tree, node, "ram:URIUniversalCommunication/ram:URIID")), None),
        legal_form=tree.text(node, "ram:Description"),
        address=_address(tree, tree.one(node, "ram:PostalTradeAddress")),
        contact=Contact(
            name=tree.text(contact, "ram:PersonName") or tree.text(contact, "ram:DepartmentName"),
            phone=tree.text(contact, "ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
            email=tree.text(contact, "ram:EmailURIUniversalCommunication/ram:URIID"),
        ),
    )


def _address(tree: Tree, node: Any) -> Address:
    street = [tree.text(node, f"ram:{name}") for name in ("LineOne", "LineTwo", "LineThree")]
    return Address(
        lines=tuple(line for line in (*street, tree.text(node, "ram:StreetName")) if line),
        postcode=tree.text(node, "ram:PostcodeCode"),
        city=tree.text(node, "ram:CityName"),
        region=tree.text(node, "ram:CountrySubDivisionName"),
        country=tree.text(node, "ram:CountryID"),
    )


def _means(tree: Tree, settlement: Any) -> tuple[PaymentMeans, ...]:
    """Read the ways to pay; reference and mandate stand once for all of them."""
    reference = tree.text(settlement, "ram:PaymentReference")
    mandate = tree.text(settlement, "ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID")
    nodes = tree.all(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    if not nodes and (reference or mandate):
        return (PaymentMeans(reference=reference, mandate=mandate),)
    return tuple(_one_means(tree, node, reference, mandate) for node in nodes)


def _one_means(tree: Tree, node: Any, reference: str, mandate: str) -> PaymentMeans:
    account = tree.one(node, "ram:PayeePartyCreditorFinancialAccount")
    return PaymentMeans(
        code=tree.text(node, "ram:TypeCode"),
        text=tree.text(node, "ram:Information"),
        account=tree.text(account, "ram:IBANID") or tree.text(account, "ram:ProprietaryID"),
        account_name=tree.text(account, "ram:AccountName"),
        bic=tree.text(node, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"),
        reference=reference,
        mandate=mandate,
        debited_account=tree.text(node, "ram:PayerPartyDebtorFinancialAccount/ram:IBANID"),
        card=tree.text(node, "ram:ApplicableTradeSettlementFinancialCard/ram:ID"),
    )


def _discounts(tree: Tree, terms: list[Any]) -> tuple[EarlyPayment, ...]:
    """Read discounts given as data (EXTENDED profile); a period in anything but days is left to the words."""
    found = []
    for node in terms:
        for discount in tree.all(node, "ram:ApplicableTradePaymentDiscountTerms"):
            percent = tree.number(discount, "ram:CalculationPercent")
            days = tree.count(discount, "ram:BasisPeriodMeasure")
            counted = tree.attribute(discount, "ram:BasisPeriodMeasure", "unitCode") in ("DAY", "")
            if percent:
                found.append(
                    EarlyPayment(
                        percent=percent,
                        days=days if counted else None,
                        until=None if days is not None else tree.day(node, "ram:DueDateDateTime"),
                        base=tree.number(discount, "ram:BasisAmount"),
                    )
                )
    return tuple(found)


def _numbers(tree: Tree, node: Any, name: str) -> tuple[str, ...]:
    return tree.texts(node, f"ram:{name}/ram:IssuerAssignedID")


def _references(tree: Tree, agreement: Any, delivery: Any, settlement: Any) -> References:
    of_type = {
        tree.text(node, "ram:TypeCode"): node for node in tree.all(agreement, "ram:AdditionalReferencedDocument")
    }
    about = tree.text(of_type.get(_OBJECT), "ram:IssuerAssignedID")
    return References(
        order=next(iter(_numbers(tree, agreement, "BuyerOrderReferencedDocument")), ""),
        sales_order=next(iter(_numbers(tree, agreement, "SellerOrderReferencedDocument")), ""),
        contract=next(iter(_numbers(tree, agreement, "ContractReferencedDocument")), ""),
        project=tree.text(agreement, "ram:SpecifiedProcuringProject/ram:ID"),
        despatch=_numbers(tree, delivery, "DespatchAdviceReferencedDocument")
        + _numbers(tree, delivery, "DeliveryNoteReferencedDocument"),
        receipt=_numbers(tree, delivery, "ReceivingAdviceReferencedDocument"),
        tender=tree.text(of_type.get(_TENDER), "ram:IssuerAssignedID"),
        buyer=tree.text(agreement, "ram:BuyerReference"),
        accounting=tree.text(settlement, "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        object=Identifier(about, tree.text(of_type.get(_OBJECT), "ram:ReferenceTypeCode")) if about else None,
        preceding=tuple(
            Reference(tree.text(node, "ram:IssuerAssignedID"), tree.day(node, "ram:FormattedIssueDateTime"))
            for node in tree.all(settlement, "ram:InvoiceReferencedDocument")
        ),
    )


def _period(tree: Tree, node: Any) -> Period | None:
    period = Period(tree.day(node, "ram:StartDateTime"), tree.day(node, "ram:EndDateTime"))
    return None if period == Period() else period


def _freight(tree: Tree, settlement: Any) -> tuple[Adjustment, ...]:
    """Read logistics charges (EXTENDED profile) as what they are: charges."""
    return tuple(
        Adjustment(
            charge=True,
            amount=tree.number(node, "ram:AppliedAmount"),
            reason=tree.text(node, "ram:Description"),
            tax_category=tree.text(node, "ram:AppliedTradeTax/ram:CategoryCode"),
            tax_rate=tree.number(node, "ram:AppliedTradeTax/ram:RateApplicablePercent"),
        )
        for node in tree.all(settlement, "ram:SpecifiedLogisticsServiceCharge")
    )


def _tax(tree: Tree, node: Any) -> TaxPart:
    return TaxPart(
        category=tree.text(node, "ram:CategoryCode"),
        rate=tree.number(node, "ram:RateApplicablePercent"),
        basis=tree.number(node, "ram:BasisAmount"),
        amount=tree.number(node, "ram:CalculatedAmount"),
        reason=tree.text(node, "ram:ExemptionReason"),
        reason_code=tree.text(node, "ram:ExemptionReasonCode"),
    )


def _totals(tree: Tree, settlement: Any) -> Totals:
    total = tree.one(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    currency, accounting = (
        tree.text(settlement, "ram:InvoiceCurrencyCode"),
        tree.text(settlement, "ram:TaxCurrencyCode"),
    )
    taxes = tree.all(total, "ram:TaxTotalAmount")
    stated = {node.get("currencyID", ""): tree.number(node) for node in reversed(taxes)}
    return Totals(
        lines=tree.number(total, "ram:LineTotalAmount"),
        allowances=tree.number(total, "ram:AllowanceTotalAmount"),
        charges=tree.number(total, "ram:ChargeTotalAmount"),
        net=tree.number(total, "ram:TaxBasisTotalAmount"),
        tax=stated.get(currency, stated.get("")),
        tax_in_accounting_currency=stated.get(accounting) if accounting not in ("", currency) else None,
        gross=tree.number(total, "ram:GrandTotalAmount"),
        prepaid=tree.number(total, "ram:TotalPrepaidAmount"),
        rounding=tree.number(total, "ram:RoundingAmount"),
        payable=tree.number(total, "ram:DuePayableAmount"),
    )


def _enclosures(tree: Tree, agreement: Any, limits: Limits) -> tuple[Enclosure, ...]:
    found = []
    for node in tree.all(agreement, "ram:AdditionalReferencedDocument")[: limits.enclosures]:
        content = tree.one(node, "ram:AttachmentBinaryObject")
        if content is not None or tree.text(node, "ram:TypeCode") not in (_OBJECT, _TENDER):
            number, link = tree.text(node, "ram:IssuerAssignedID"), tree.text(node, "ram:URIID")
            found.append(enclosure(number, tree.text(node, "ram:Name"), link, content, limits))
    return tuple(found)
