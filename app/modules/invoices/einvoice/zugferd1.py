"""ZUGFeRD 1.0, the draft of 2014: the same content as CII under older names, so it is renamed and read as CII."""

from __future__ import annotations

import copy
from typing import Any

from lxml import etree

from app.modules.invoices.domain.document import Parsed
from app.modules.invoices.einvoice import cii
from app.modules.invoices.einvoice.limits import Limits

ZUGFERD1 = "{urn:ferd:CrossIndustryDocument:invoice:1p0}CrossIndustryDocument"
_NAMESPACES = {
    "urn:ferd:CrossIndustryDocument:invoice:1p0": cii.NAMES["rsm"],
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12": cii.NAMES["ram"],
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:12": cii.NAMES["qdt"],
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15": cii.NAMES["udt"],
}
_NAMES = {
    "CrossIndustryDocument": "CrossIndustryInvoice",
    "SpecifiedExchangedDocumentContext": "ExchangedDocumentContext",
    "HeaderExchangedDocument": "ExchangedDocument",
    "SpecifiedSupplyChainTradeTransaction": "SupplyChainTradeTransaction",
    "ApplicableSupplyChainTradeAgreement": "ApplicableHeaderTradeAgreement",
    "ApplicableSupplyChainTradeDelivery": "ApplicableHeaderTradeDelivery",
    "ApplicableSupplyChainTradeSettlement": "ApplicableHeaderTradeSettlement",
    "SpecifiedSupplyChainTradeAgreement": "SpecifiedLineTradeAgreement",
    "SpecifiedSupplyChainTradeDelivery": "SpecifiedLineTradeDelivery",
    "SpecifiedSupplyChainTradeSettlement": "SpecifiedLineTradeSettlement",
    "ApplicablePercent": "RateApplicablePercent",
}
_SUMMATION = "SpecifiedTradeSettlementMonetarySummation"


def read(root: Any, limits: Limits) -> Parsed:
    """Read one document."""
    renamed = copy.deepcopy(root)
    for element in list(renamed.iter(etree.Element)):
        name = etree.QName(element)
        element.tag = f"{{{_NAMESPACES.get(name.namespace, name.namespace)}}}{_renamed(element, name.localname)}"
    return cii.read(renamed, limits)


def _renamed(element: Any, name: str) -> str:
    parent = element.getparent()
    above = "" if parent is None else etree.QName(parent).localname
    if name == _SUMMATION:
        # Parents come first in document order, so the one above bears its new name already.
        part = "Line" if above == "SpecifiedLineTradeSettlement" else "Header"
        return name.replace("MonetarySummation", f"{part}MonetarySummation")
    if name == "ID" and above.endswith("ReferencedDocument"):
        return "IssuerAssignedID"
    if name == "IssueDateTime" and above.endswith("ReferencedDocument"):
        return "FormattedIssueDateTime"
    return _NAMES.get(name, name)
