"""Invoices as suppliers of the demo company send them: UBL 2.1, valid by EN 16931 and exact to the cent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

_CENT = Decimal("0.01")
_SPACES = (
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
    ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)


@dataclass(frozen=True, slots=True)
class Party:
    """A company with its number for tax and where it is."""

    name: str
    tax_id: str
    country: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line: what, how much of it, its price, and the place of the order line it is for."""

    text: str
    quantity: Decimal
    unit: str
    price: Decimal
    order_line: int | None = None

    @property
    def amount(self) -> Decimal:
        """Tell what the line comes to."""
        return (self.quantity * self.price).quantize(_CENT)


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice; `surplus` is put on the total so that it does not add up."""

    number: str
    on: date
    due: date
    currency: str
    percent: Decimal
    seller: Party
    buyer: Party
    items: tuple[Item, ...]
    iban: str = ""
    order: str = ""
    surplus: Decimal = field(default=Decimal(0))


def ubl(bill: Bill) -> bytes:
    """Write an invoice as an XML file."""
    net = sum((item.amount for item in bill.items), Decimal(0))
    tax = (net * bill.percent / 100).quantize(_CENT)
    gross = net + tax + bill.surplus
    refers = f"<cac:OrderReference><cbc:ID>{bill.order}</cbc:ID></cac:OrderReference>" if bill.order else ""
    account = (
        f"<cac:PayeeFinancialAccount><cbc:ID>{bill.iban}</cbc:ID></cac:PayeeFinancialAccount>" if bill.iban else ""
    )
    means = (
        f"<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>{account}</cac:PaymentMeans>"
        if bill.iban
        else ""
    )
    written = f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" {_SPACES}>
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>{bill.number}</cbc:ID>
<cbc:IssueDate>{bill.on}</cbc:IssueDate><cbc:DueDate>{bill.due}</cbc:DueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>{bill.currency}</cbc:DocumentCurrencyCode>{refers}
<cac:AccountingSupplierParty>{_party(bill.seller)}</cac:AccountingSupplierParty>
<cac:AccountingCustomerParty>{_party(bill.buyer)}</cac:AccountingCustomerParty>{means}
<cac:TaxTotal>{_money("TaxAmount", tax, bill)}<cac:TaxSubtotal>{_money("TaxableAmount", net, bill)}{_money("TaxAmount", tax, bill)}
<cac:TaxCategory>{_rate(bill)}</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal>{_money("LineExtensionAmount", net, bill)}{_money("TaxExclusiveAmount", net, bill)}
{_money("TaxInclusiveAmount", gross, bill)}{_money("PayableAmount", gross, bill)}</cac:LegalMonetaryTotal>
{"".join(_line(bill, at, item) for at, item in enumerate(bill.items, 1))}</Invoice>"""
    return written.encode()


def _party(party: Party) -> str:
    return (
        f"<cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>{party.country}</cbc:IdentificationCode>"
        f"</cac:Country></cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>{party.tax_id}</cbc:CompanyID>"
        "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity>"
        f"<cbc:RegistrationName>{escape(party.name)}</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party>"
    )


def _line(bill: Bill, at: int, item: Item) -> str:
    refers = (
        f"<cac:OrderLineReference><cbc:LineID>{item.order_line}</cbc:LineID></cac:OrderLineReference>"
        if item.order_line
        else ""
    )
    return (
        f'<cac:InvoiceLine><cbc:ID>{at}</cbc:ID><cbc:InvoicedQuantity unitCode="{item.unit}">{item.quantity:f}</cbc:InvoicedQuantity>'
        f"{_money('LineExtensionAmount', item.amount, bill)}{refers}<cac:Item><cbc:Name>{escape(item.text)}</cbc:Name>"
        f"<cac:ClassifiedTaxCategory>{_rate(bill)}</cac:ClassifiedTaxCategory></cac:Item>"
        f"<cac:Price>{_money('PriceAmount', item.price, bill)}</cac:Price></cac:InvoiceLine>"
    )


def _rate(bill: Bill) -> str:
    return f"<cbc:ID>S</cbc:ID><cbc:Percent>{bill.percent:f}</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"


def _money(tag: str, amount: Decimal, bill: Bill) -> str:
    return f'<cbc:{tag} currencyID="{bill.currency}">{amount:f}</cbc:{tag}>'
