"""The words of rules, written for programmers, turned into a sentence for whoever has to pay or complain."""

from __future__ import annotations

import re
from typing import Any

_LABEL = re.compile(r"^\s*\[[^\]]+\]\s*[-:]?\s*")
_TERM = re.compile(r"\b(B[TG]-\d+(?:-\d+)?)\b")
_BRACKETS = re.compile(r"\s?\(([^()]*)\)")
_TERMS_ONLY = re.compile(r"[-BTG0-9,;/\sandor]*B[TG]-[-BTG0-9,;/\sandor]*")
_CLARK = re.compile(r"\{[^}]*\}")
_LONGEST = 240
_LONGEST_VALUE = 80
_LONGEST_MESSAGE = 2000
_STEP = re.compile(r"(?:\*:|\w+:)?([A-Za-z]+)(?:\[namespace-uri\(\)='([^']*)'\])?(?:\[(\d+)\])?")
_ROOT_STEP = re.compile(r"^/[^/]+")
_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")

_TAXES = {
    "S": "standard rate", "Z": "zero rate", "E": "exempt", "AE": "reverse charge", "IC": "intra-community supply",
    "G": "export", "O": "outside the scope of VAT", "AF": "IGIC", "AG": "IPSI",
}  # fmt: skip
# By the last number of BR-S-08, BR-AE-08 and so on; {tax} is the category.
_TAX_RULES = {
    "01": "The document uses VAT category “{tax}” on a line, allowance or charge, but its tax breakdown does not fit: one entry for it is expected.",
    "05": "A line of VAT category “{tax}” has a rate that does not go with it.",
    "06": "An allowance of VAT category “{tax}” has a rate that does not go with it.",
    "07": "A charge of VAT category “{tax}” has a rate that does not go with it.",
    "08": "The taxable amount stated for VAT category “{tax}” is not the sum of its lines, charges and allowances.",
    "09": "The VAT stated for category “{tax}” is not what the taxable amount and the rate give.",
    "10": "The reason for VAT category “{tax}” is missing where one is due, or stated where none may be.",
}
_PARTIES = "A line, allowance or charge of VAT category “{tax}” needs the seller's VAT identifier, and for some categories the buyer's."
_NO_PARTIES = (
    "A line, allowance or charge of VAT category “{tax}” must come without VAT identifiers of seller and buyer."
)
_KNOWN = {
    "BR-CO-03": "Tax date and tax date code are both stated; only one may be.",
    "BR-CO-04": "A line has no VAT category.",
    "BR-CO-09": "A VAT identifier does not begin with the code of its country.",
    "BR-CO-10": "The total of the lines is not the sum of the lines.",
    "BR-CO-11": "The total of allowances is not the sum of the allowances.",
    "BR-CO-12": "The total of charges is not the sum of the charges.",
    "BR-CO-13": "The total without VAT is not lines less allowances plus charges.",
    "BR-CO-14": "The total VAT is not the sum of the VAT per rate.",
    "BR-CO-15": "The total with VAT is not the total without VAT plus the VAT.",
    "BR-CO-16": "The amount due is not the total with VAT less what was paid, plus rounding.",
    "BR-CO-17": "The VAT of a rate is not its taxable amount times the rate, rounded to two decimals.",
    "BR-CO-18": "The tax breakdown is missing.",
    "BR-CO-25": "An amount is due, but neither a due date nor terms of payment are stated.",
    "BR-CO-26": "The supplier cannot be told by a number: VAT identifier, legal registration or seller identifier is missing.",
    "BR-CL-01": "The document type code is not one that is allowed.",
    "BR-CL-03": "A currency code is not in ISO 4217.",
    "BR-CL-04": "The document's currency code is not in ISO 4217.",
    "BR-CL-05": "The accounting currency code is not in ISO 4217.",
    "BR-CL-10": "The scheme of a party's identifier is not in the list of ISO 6523.",
    "BR-CL-11": "The scheme of a legal registration number is not in the list of ISO 6523.",
    "BR-CL-14": "A country code is not in ISO 3166.",
    "BR-CL-16": "The code of the means of payment is not in UNTDID 4461.",
    "BR-CL-17": "A VAT category code is not in UNTDID 5305.",
    "BR-CL-18": "A VAT category code is not in UNTDID 5305.",
    "BR-CL-19": "The reason code of an allowance is not in UNTDID 5189.",
    "BR-CL-20": "The reason code of a charge is not in UNTDID 7161.",
    "BR-CL-21": "The scheme of an item's standard identifier is not in the list of ISO 6523.",
    "BR-CL-22": "The code of the reason for exemption is not in the list of VATEX.",
    "BR-CL-23": "A unit of measure is not in UN/ECE Recommendation 20 or 21.",
    "BR-CL-24": "An attached file is of a type that is not allowed; PDF, PNG, JPEG, CSV, XLSX and ODS are.",
    "BR-CL-25": "The scheme of an electronic address is not in the list of EAS.",
    "CII-DT-031": "A currency stands on an amount that must not name one.",
}  # fmt: skip
_ABSENT = re.compile(r"^(\w+) (?:should|shall|must) not be (?:present|used)\.?$", re.IGNORECASE)

_PLACES = {
    "InvoiceLine": "line", "CreditNoteLine": "line", "SubInvoiceLine": "line", "IncludedSupplyChainTradeLineItem": "line",
    "AccountingSupplierParty": "seller", "SellerTradeParty": "seller", "AccountingCustomerParty": "buyer",
    "BuyerTradeParty": "buyer", "PayeeParty": "payee", "PayeeTradeParty": "payee", "TaxSubtotal": "tax breakdown",
    "TaxTotal": "tax total", "AllowanceCharge": "allowance or charge", "SpecifiedTradeAllowanceCharge": "allowance or charge",
    "LegalMonetaryTotal": "totals", "SpecifiedTradeSettlementHeaderMonetarySummation": "totals",
    "PaymentMeans": "payment", "SpecifiedTradeSettlementPaymentMeans": "payment", "PaymentTerms": "terms of payment",
    "SpecifiedTradePaymentTerms": "terms of payment", "Delivery": "delivery", "ApplicableHeaderTradeDelivery": "delivery",
    "AdditionalDocumentReference": "attached document", "AdditionalReferencedDocument": "attached document",
    "BillingReference": "earlier invoice", "InvoiceReferencedDocument": "earlier invoice", "Item": "item",
    "SpecifiedTradeProduct": "item", "Price": "price", "ApplicableTradeTax": "tax",
}  # fmt: skip
_LINES = frozenset(name for name, place in _PLACES.items() if place == "line")
# Wrappers that tell a reader nothing.
_SILENT = frozenset(
    {"Invoice", "CreditNote", "CrossIndustryInvoice", "SupplyChainTradeTransaction", "Party", "ApplicableHeaderTradeAgreement",
     "ApplicableHeaderTradeSettlement", "SpecifiedLineTradeAgreement", "SpecifiedLineTradeSettlement", "ExchangedDocument",
     "SpecifiedLineTradeDelivery", "AssociatedDocumentLineDocument"}
)  # fmt: skip


def plain(rule: str, text: str) -> tuple[str, tuple[str, ...]]:
    """Say in a sentence what a rule asks for, and name the business terms it is about."""
    terms = tuple(dict.fromkeys(_TERM.findall(text)))
    return _own_words(rule) or _shortened(text), terms


def schema_words(message: str) -> str:
    """Say in a sentence what is wrong with the structure."""
    # Part of the message is the stranger's own text.
    message = _CLARK.sub("", message[:_LONGEST_MESSAGE])
    name = (re.search(r"'(\w+)'", message) or ["", "part"])[1]
    if "This element is not expected" in message:
        return f"“{_spelled(name)}” is not allowed here, or stands in the wrong place."
    if "Missing child element" in message:
        return f"“{_spelled(name)}” lacks a part it must have."
    if match := re.search(r"'([^']*)' is not a valid value of the atomic type '(?:\w+:)?(\w+)'", message):
        return f"“{_spelled(name)}” holds “{match[1][:60]}”, which is not a valid {_spelled(match[2])}."
    return _shortened(message)


def place(location: str, root: Any) -> tuple[str, str]:
    """Say where in the document that is, and what stands there when it is a single value."""
    words: list[str] = []
    node = root
    for name, namespace, index in _STEP.findall(_ROOT_STEP.sub("", location)):
        node = _child(node, name, namespace, int(index or 1))
        if name in _LINES:
            words.append(f"line {_line_id(node) or index or 1}")
        elif name not in _SILENT:
            words.append(_PLACES.get(name) or _spelled(name).lower())
    value = "" if node is None or len(node) or node is root else (node.text or "").strip()
    # What is longer is no value to look at, but a file.
    return ", ".join(dict.fromkeys(words)), value if len(value) <= _LONGEST_VALUE else ""


def _own_words(rule: str) -> str:
    if rule in _KNOWN:
        return _KNOWN[rule]
    match = re.fullmatch(r"BR-(S|Z|E|AE|IC|G|O|AF|AG)-(\d\d)", rule)
    if not match or match[2] > "10":
        return ""
    parties = _NO_PARTIES if match[1] == "O" else _PARTIES
    sentence = parties if match[2] in ("02", "03", "04") else _TAX_RULES.get(match[2], "")
    return sentence.format(tax=_TAXES[match[1]])


def _shortened(text: str) -> str:
    """Drop label and term numbers, soften the norm's tone, stop at the first full sentence."""
    text = _BRACKETS.sub(
        lambda found: "" if _TERMS_ONLY.fullmatch(found[1]) else found[0], _LABEL.sub("", text)
    ).strip()
    if match := _ABSENT.match(text):
        return f"“{_spelled(match[1])}” is stated, but has no place in an invoice of this kind."
    text = re.sub(r"\b(?:shall|MUST|SHALL)\b", "must", text).replace("must NOT", "must not")
    text = text.replace(" = ", " must equal ").replace("Σ ", "the sum of ")
    sentence = re.split(r"(?<=[a-z\"”)])\.\s", text, maxsplit=1)[0].strip().rstrip(".")
    if len(sentence) > _LONGEST:
        sentence = sentence[:_LONGEST].rsplit(" ", 1)[0] + " …"
    return sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith("…") else ".")


def _spelled(name: str) -> str:
    words = _CAPITALS.sub(" ", name)
    return words[:1] + words[1:].lower() if " " in words else words


def _child(node: Any, name: str, namespace: str, index: int) -> Any | None:
    if node is None:
        return None
    same = list(node.iterchildren(f"{{{namespace or '*'}}}{name}"))
    return same[index - 1] if 0 < index <= len(same) else None


def _line_id(node: Any) -> str:
    if node is None:
        return ""
    found = node.find("{*}ID")
    if found is None:
        found = node.find("{*}AssociatedDocumentLineDocument/{*}LineID")
    return "" if found is None else (found.text or "").strip()[:40]
