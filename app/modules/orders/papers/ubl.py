"""An order as machines read it: UBL 2.1, as Peppol BIS Ordering 3 asks for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from app.kernel.counting import counted
from app.kernel.money import minor_units
from app.modules.orders.domain.kinds import ChargeKind
from app.modules.orders.papers.pdf import deposit_words

_ORDER = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"
_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order:3"
PROFILE = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
_TYPES = {"standard": "220", "blanket": "221"}
#: What is charged beside the lines, in codes of UNTDID 7161; what has none is told in words.
_CHARGES = {ChargeKind.FREIGHT: "FC", ChargeKind.PACKING: "PC", ChargeKind.INSURANCE: "IN"}


def xml_of(content: Mapping[str, Any]) -> bytes:
    """Write the order a revision holds."""
    root = etree.Element(f"{{{_ORDER}}}Order", nsmap={None: _ORDER, "cac": _CAC, "cbc": _CBC})
    _head(root, content)
    _buyer(root, content)
    _seller(root, content["supplier"])
    _delivery(root, content)
    _payment(root, content)
    for charge in content.get("extra_charges", ()):
        _charge(root, charge, content["currency"])
    _sums(root, content)
    for line in content["lines"]:
        _line(root, line, content)
    if not content["lines"]:
        _as_called_off(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _head(root: Any, content: Mapping[str, Any]) -> None:
    _text(root, "CustomizationID", CUSTOMIZATION)
    _text(root, "ProfileID", PROFILE)
    _text(root, "ID", content["number"])
    _text(root, "IssueDate", content["issued_on"])
    _text(root, "OrderTypeCode", _TYPES[content["kind"]])
    if content["revision"] > 1:
        _text(root, "Note", f"Revision {content['revision']}. It replaces what was sent before under this number.")
    _text(root, "Note", content["note"])
    _text(root, "DocumentCurrencyCode", content["currency"])
    if content["valid_until"]:
        _text(_part(root, "ValidityPeriod"), "EndDate", content["valid_until"])
    if content["requests"]:
        _text(_part(root, "OriginatorDocumentReference"), "ID", ", ".join(content["requests"]))
    if content["blanket"]:
        contract = _part(root, "Contract")
        _text(contract, "ID", content["blanket"])


def _buyer(root: Any, content: Mapping[str, Any]) -> None:
    buyer, contact = content["buyer"], content["contact"]
    party = _part(_part(root, "BuyerCustomerParty"), "Party")
    _text(_part(party, "PartyIdentification"), "ID", buyer["code"])
    _text(_part(party, "PartyName"), "Name", buyer["name"])
    _country(_part(party, "PostalAddress"), buyer["country"])
    _tax_scheme(party, buyer["tax_id"])
    _text(_part(party, "PartyLegalEntity"), "RegistrationName", buyer["legal_name"])
    if contact:
        told = _part(party, "Contact")
        _text(told, "Name", contact["name"])
        _text(told, "ElectronicMail", contact["email"])


def _seller(root: Any, supplier: Mapping[str, Any]) -> None:
    party = _part(_part(root, "SellerSupplierParty"), "Party")
    if supplier["endpoint_id"]:
        _text(party, "EndpointID", supplier["endpoint_id"], schemeID=supplier["endpoint_scheme"])
    _text(_part(party, "PartyIdentification"), "ID", supplier["code"])
    _text(_part(party, "PartyName"), "Name", supplier["name"])
    _country(_part(party, "PostalAddress"), supplier["country"])
    _tax_scheme(party, next((each["value"] for each in supplier["tax_ids"] if each["kind"] == "vat"), None))
    _text(_part(party, "PartyLegalEntity"), "RegistrationName", supplier["legal_name"])


def _tax_scheme(party: Any, number: str | None) -> None:
    if number:
        scheme = _part(party, "PartyTaxScheme")
        _text(scheme, "CompanyID", number)
        _text(_part(scheme, "TaxScheme"), "ID", "VAT")


def _delivery(root: Any, content: Mapping[str, Any]) -> None:
    place, day = content["deliver_to"], content["promised_for"]
    if place is None and day is None:
        return
    delivery = _part(root, "Delivery")
    if place is not None:
        location = _part(delivery, "DeliveryLocation")
        _text(location, "ID", place["code"])
        _text(location, "Name", place["name"])
        address = _part(location, "Address")
        _text(address, "StreetName", place["street"])
        _text(address, "AdditionalStreetName", place["street_2"])
        _text(address, "CityName", place["city"])
        _text(address, "PostalZone", place["postcode"])
        _country(address, place["country"])
    if day is not None:
        _text(_part(delivery, "RequestedDeliveryPeriod"), "EndDate", day)


def _payment(root: Any, content: Mapping[str, Any]) -> None:
    payment = content["payment"]
    words = [f"Net within {counted(payment['days'], 'day')}"] if payment["days"] is not None else []
    if payment["discount_percent"]:
        words.append(f"{payment['discount_percent']} % discount within {counted(payment['discount_days'], 'day')}")
    if payment["instalments"]:
        words.append(f"Instalments: {payment['instalments']}")
    if deposit := deposit_words(content):
        words.append(deposit)
    if words:
        _text(_part(root, "PaymentTerms"), "Note", "; ".join(words))


def _charge(root: Any, charge: Mapping[str, Any], currency: str) -> None:
    kind = ChargeKind[charge["kind"].upper()]
    told = _part(root, "AllowanceCharge")
    _text(told, "ChargeIndicator", "true")
    _text(told, "AllowanceChargeReasonCode", _CHARGES.get(kind))
    _text(told, "AllowanceChargeReason", charge["text"] or kind.label)
    _money(told, "Amount", charge["amount"], currency)
    if charge["tax_category"]:
        _tax_category(_part(told, "TaxCategory"), charge)


def _tax_category(category: Any, taxed: Mapping[str, Any]) -> None:
    _text(category, "ID", taxed["tax_category"])
    _text(category, "Percent", taxed["tax_percent"])
    _text(_part(category, "TaxScheme"), "ID", "VAT")


def _sums(root: Any, content: Mapping[str, Any]) -> None:
    currency, net = content["currency"], Decimal(content["net"])
    beside = sum((Decimal(charge["amount"]) for charge in content.get("extra_charges", ())), Decimal(0))
    _money(_part(root, "TaxTotal"), "TaxAmount", content["tax"], currency)
    whole = _part(root, "AnticipatedMonetaryTotal")
    _money(whole, "LineExtensionAmount", net - beside, currency)
    _money(whole, "TaxExclusiveAmount", net, currency)
    _money(whole, "TaxInclusiveAmount", content["total"], currency)
    if beside:
        _money(whole, "ChargeTotalAmount", beside, currency)
    _money(whole, "PayableAmount", content["total"], currency)


def _line(root: Any, line: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    currency = content["currency"]
    item = _part(_part(root, "OrderLine"), "LineItem")
    _text(item, "ID", str(line["number"]))
    _text(item, "Quantity", line["quantity"], unitCode=line["unit"] or "C62")
    _money(item, "LineExtensionAmount", line["amount"], currency)
    _text(item, "AccountingCost", line["account"])
    if line["promised_for"]:
        _text(_part(_part(item, "Delivery"), "RequestedDeliveryPeriod"), "EndDate", line["promised_for"])
    price = _part(item, "Price")
    _text(price, "PriceAmount", line["net_price"], currencyID=currency)
    _text(price, "BaseQuantity", "1", unitCode=line["unit"] or "C62")
    if Decimal(line["net_price"]) != Decimal(line["unit_price"] or 0):
        allowance = _part(price, "AllowanceCharge")
        _text(allowance, "ChargeIndicator", "false")
        off = Decimal(line["unit_price"]) - Decimal(line["net_price"])
        _text(allowance, "Amount", f"{off.normalize():f}", currencyID=currency)
        _text(allowance, "BaseAmount", line["unit_price"], currencyID=currency)
    goods = _part(item, "Item")
    _text(goods, "Name", line["text"])
    for name, number in (("Buyers", line["item"]), ("Sellers", line["supplier_item"])):
        if number:
            _text(_part(goods, f"{name}ItemIdentification"), "ID", number)
    if line["tax_category"]:
        _tax_category(_part(goods, "ClassifiedTaxCategory"), line)


def _as_called_off(root: Any) -> None:
    """Write the one line that the format asks for, where a blanket order names nothing yet."""
    item = _part(_part(root, "OrderLine"), "LineItem")
    _text(item, "ID", "1")
    _text(_part(item, "Item"), "Name", "As called off")


def _country(address: Any, code: str) -> None:
    _text(_part(address, "Country"), "IdentificationCode", code)


def _part(parent: Any, name: str) -> Any:
    return etree.SubElement(parent, f"{{{_CAC}}}{name}")


def _text(parent: Any, name: str, value: str | None, **attributes: str) -> None:
    if value:
        etree.SubElement(parent, f"{{{_CBC}}}{name}", attributes).text = value


def _money(parent: Any, name: str, value: str | Decimal, currency: str) -> None:
    written = f"{Decimal(value):.{minor_units(currency)}f}"
    etree.SubElement(parent, f"{{{_CBC}}}{name}", {"currencyID": currency}).text = written
