"""The office with suppliers who send invoices: Eva takes them in, Rita receives, Marta watches the money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.infra.db import db
from tests.acting import Someone, system
from tests.scenarios.buying import Buying

IBAN = "AT611904300234573201"
TAX_ID = "ATU12345675"
_C = 'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
_B = 'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'


class Billing(Buying):
    """The company, with a clerk for invoices, a receiver, and Vega known by tax id and account."""

    def __init__(self) -> None:
        super().__init__()
        self.eva = self.person("eva.horak", "AP clerk", cost_centre="HAL-0")
        self.ben = self.person("ben.adler", "AP clerk", cost_centre="HAL-0")
        self.rita = self.person("rita.kral", "Receiver", cost_centre="HAL-0")
        self.edit(
            system(), "supplier", "VEGA", tax_ids=[{"kind": "vat", "country": "AT", "value": TAX_ID}], payment_days=30
        )
        account = {"supplier": "VEGA", "holder": "Vega Optics", "iban": IBAN, "currency": "EUR"}
        key = self.enter("bank_account", **account)
        self.do(system(id=6), "bank_account", key, "confirm")

    def receive(self, order: str, quantity: str, line: int = 1) -> str:
        """Let Rita record what arrived of a line; give the receipt's number."""
        form = {"order": order, "lines": [{"line": str(line), "quantity": quantity}]}
        key = self.enter("receipt", self.rita.context(), **form)
        self.do(self.rita.context(), "receipt", key, "post")
        return key

    def capture(self, data: bytes, by: Someone | None = None, name: str = "invoice.xml") -> list[Any]:
        """Let Eva take a file in."""
        from app.infra.taking import Sent
        from app.modules.invoices import service

        db.session.rollback()
        return service.capture((by or self.eva).context(), Sent(data, name))

    def captured(self, number: str, *lines: Any, **changes: Any) -> str:
        """Let Eva take in an e-invoice of Vega; give its reference."""
        [found] = self.capture(ubl(number, *lines, **changes))
        assert not found.problems, found.problems
        assert found.key is not None
        return str(found.key)

    def invoice_policy(self) -> str:
        """Put a policy for invoices without order in force: the head of the laboratory decides."""
        step = {"code": "HEAD", "label": "Head", "effect": "require", "resolver": "person", "person": "sofia.rossi"}
        form = {"name": "Invoices", "document": "invoice", "entity": "HAL", "fallback_role": "Controller"}
        key = self.enter("approval_policy", **form, rules=[step], conditions=[])
        self.do(system(id=8), "approval_policy", key, "publish")
        return key

    def invoice_lines(self, key: str) -> list[dict[str, Any]]:
        """Give the lines of an invoice by their ids, as a form sends them that changes nothing else."""
        return list(self.look(key, lambda row: [{"id": str(line.id)} for line in row.lines], "invoice"))

    def posted(self, key: str) -> str:
        """Let a matched invoice through to the books."""
        self.invoice(self.eva, key, "submit")
        self.invoice(self.eva, key, "post")
        return key

    def invoice(self, someone: Someone, key: str, command: str, **arguments: Any) -> Any:
        """Let somebody run a command on an invoice or an exception."""
        resource = "invoice_exception" if key.startswith("EX-") else "invoice"
        return self.do(someone.context(), resource, key, command, **arguments)

    def stands(self, key: str) -> str:
        """Tell the state of an invoice."""
        return str(self.look(key, lambda row: row.state, "invoice"))

    def exceptions(self, key: str, state: str = "open") -> dict[str, str]:
        """Tell the exceptions of an invoice in a state: kind and number."""
        db.session.rollback()
        statement = text(
            "SELECT e.kind, e.number FROM invoice_exception e JOIN invoice i ON i.id = e.invoice_id"
            " WHERE i.reference = :key AND e.state = :state ORDER BY e.id"
        )
        return {row.kind: row.number for row in db.session.execute(statement, {"key": key, "state": state})}

    def spent(self, cost_centre: str) -> tuple[str, str]:
        """Tell what is committed and what was spent of the budgets of a cost centre."""
        db.session.rollback()
        statement = text(
            "SELECT coalesce(sum(b.committed), 0), coalesce(sum(b.actual), 0) FROM budget_cell c"
            " JOIN budget_balance b ON b.cell_id = c.id JOIN cost_centre k ON k.id = c.cost_centre_id WHERE k.code = :code"
        )
        committed, actual = db.session.execute(statement, {"code": cost_centre}).one()
        return f"{committed.normalize():f}", f"{actual.normalize():f}"


def ubl(
    number: str,
    *lines: tuple[str, str, str],
    order: str = "",
    kind: str = "380",
    on: str = "2026-11-20",
    due: str = "",
    iban: str = IBAN,
    tax_id: str = TAX_ID,
    preceding: str = "",
    percent: str = "20",
    extra: Decimal = Decimal(0),
    freight: str = "0",
    prepaid: str = "0",
    buyer: str = "Halden",
) -> bytes:
    """Write an e-invoice of Vega: lines of text, quantity and price; `extra` is added to the total as stated.

    Lines below zero name no line of the order; `freight` is charged on the whole document, `prepaid` was paid before.
    """
    amounts = [(Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01")) for _, quantity, price in lines]
    goods = sum(amounts, Decimal(0))
    net = goods + Decimal(freight)
    tax = (net * Decimal(percent) / 100).quantize(Decimal("0.01"))
    gross = net + tax + extra
    is_credit = kind == "381"
    root, line_tag, quantity_tag = (
        ("CreditNote", "CreditNoteLine", "CreditedQuantity")
        if is_credit
        else ("Invoice", "InvoiceLine", "InvoicedQuantity")
    )
    category = (
        f"<cbc:ID>S</cbc:ID><cbc:Percent>{percent}</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    )
    rows = "".join(
        f'<cac:{line_tag}><cbc:ID>{at}</cbc:ID><cbc:{quantity_tag} unitCode="C62">{quantity}</cbc:{quantity_tag}>'
        f'<cbc:LineExtensionAmount currencyID="EUR">{amount}</cbc:LineExtensionAmount>'
        + (
            f"<cac:OrderLineReference><cbc:LineID>{at}</cbc:LineID></cac:OrderLineReference>"
            if order and amount > 0
            else ""
        )
        + f"<cac:Item><cbc:Name>{text_}</cbc:Name><cac:ClassifiedTaxCategory>{category}</cac:ClassifiedTaxCategory></cac:Item>"
        f'<cac:Price><cbc:PriceAmount currencyID="EUR">{price}</cbc:PriceAmount></cac:Price></cac:{line_tag}>'
        for at, ((text_, quantity, price), amount) in enumerate(zip(lines, amounts, strict=True), 1)
    )
    charge = (
        "<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:AllowanceChargeReasonCode>FC"
        f'</cbc:AllowanceChargeReasonCode><cbc:Amount currencyID="EUR">{freight}</cbc:Amount>'
        f"<cac:TaxCategory>{category}</cac:TaxCategory></cac:AllowanceCharge>"
    )
    beside = f'<cbc:ChargeTotalAmount currencyID="EUR">{freight}</cbc:ChargeTotalAmount>' if Decimal(freight) else ""
    if Decimal(prepaid):
        beside += f'<cbc:PrepaidAmount currencyID="EUR">{prepaid}</cbc:PrepaidAmount>'
    type_tag = "CreditNoteTypeCode" if is_credit else "InvoiceTypeCode"
    dated = f"<cbc:DueDate>{due}</cbc:DueDate>" if due and not is_credit else ""
    refers = f"<cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>" if order else ""
    if preceding:
        refers += (
            "<cac:BillingReference><cac:InvoiceDocumentReference>"
            f"<cbc:ID>{preceding}</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>"
        )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2" {_C} {_B}>
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
<cbc:ID>{number}</cbc:ID><cbc:IssueDate>{on}</cbc:IssueDate>{dated}
<cbc:{type_tag}>{kind}</cbc:{type_tag}><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>{refers}
<cac:AccountingSupplierParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>AT</cbc:IdentificationCode>
</cac:Country></cac:PostalAddress><cac:PartyTaxScheme><cbc:CompanyID>{tax_id}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID>
</cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity><cbc:RegistrationName>Vega Optics</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>AT</cbc:IdentificationCode>
</cac:Country></cac:PostalAddress><cac:PartyLegalEntity>{f"<cbc:RegistrationName>{buyer}</cbc:RegistrationName>" if buyer else ""}</cac:PartyLegalEntity>
</cac:Party></cac:AccountingCustomerParty>
<cac:PaymentMeans><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode><cac:PayeeFinancialAccount><cbc:ID>{iban}</cbc:ID>
</cac:PayeeFinancialAccount></cac:PaymentMeans>{charge if Decimal(freight) else ""}
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount><cac:TaxSubtotal>
<cbc:TaxableAmount currencyID="EUR">{net}</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount>
<cac:TaxCategory>{category}</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">{goods}</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount>
{beside}<cbc:PayableAmount currencyID="EUR">{gross - Decimal(prepaid)}</cbc:PayableAmount></cac:LegalMonetaryTotal>
{rows}</{root}>""".encode()
