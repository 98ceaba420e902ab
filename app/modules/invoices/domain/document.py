"""What an invoice says, whatever format it came in: amounts exactly as stated, nothing computed, nothing mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Kind = Literal["invoice", "credit_note", "deposit", "final", "corrected"]

# UNTDID 1001, the codes EN 16931 allows, as far as they are not a plain invoice.
_CREDIT_NOTES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
_KINDS: dict[str, Kind] = {"386": "deposit", "384": "corrected", "877": "final"}
_SELF_BILLED = frozenset({"261", "389", "527"})


def kind_of(type_code: str, *, credit_note: bool = False) -> Kind:
    """Tell invoice, credit note, deposit, final and corrected invoice apart by the type code."""
    if credit_note or type_code in _CREDIT_NOTES:
        return "credit_note"
    return _KINDS.get(type_code, "invoice")


def is_self_billed(type_code: str) -> bool:
    """Tell whether the buyer wrote the document in the supplier's name."""
    return type_code in _SELF_BILLED


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number or code with the scheme it belongs to."""

    value: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody is."""

    lines: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask about the document."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """One side of the trade; `tax_ids` are VAT identifiers, `tax_numbers` those of the local tax office."""

    name: str = ""
    trading_name: str = ""
    tax_ids: tuple[str, ...] = ()
    tax_numbers: tuple[str, ...] = ()
    legal_id: Identifier | None = None
    ids: tuple[Identifier, ...] = ()
    endpoint: Identifier | None = None
    legal_form: str = ""
    address: Address = field(default_factory=Address)
    contact: Contact = field(default_factory=Contact)


@dataclass(frozen=True, slots=True)
class PaymentMeans:
    """How and where the supplier wants the money."""

    code: str = ""
    text: str = ""
    account: str = ""
    account_name: str = ""
    bic: str = ""
    reference: str = ""
    mandate: str = ""
    debited_account: str = ""
    card: str = ""


@dataclass(frozen=True, slots=True)
class EarlyPayment:
    """A discount for paying early: its percent, and within how many days or until when."""

    percent: Decimal
    days: int | None = None
    until: date | None = None
    base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A document of somebody, named by its number."""

    number: str = ""
    on: date | None = None
    line: str = ""


@dataclass(frozen=True, slots=True)
class References:
    """The documents this one follows from. Where only the seller's order is known, Peppol has "NA" as the buyer's."""

    order: str = ""
    sales_order: str = ""
    contract: str = ""
    project: str = ""
    despatch: tuple[str, ...] = ()
    receipt: tuple[str, ...] = ()
    tender: str = ""
    buyer: str = ""
    accounting: str = ""
    object: Identifier | None = None
    preceding: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An allowance or a charge, on the document or on a line; the amount has no sign, `charge` is the sign."""

    charge: bool
    amount: Decimal | None = None
    base: Decimal | None = None
    percent: Decimal | None = None
    reason: str = ""
    code: str = ""
    tax_category: str = ""
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when."""

    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the supplier wrote it."""

    id: str = ""
    name: str = ""
    description: str = ""
    note: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    gross_price: Decimal | None = None
    price_discount: Decimal | None = None
    base_quantity: Decimal | None = None
    net: Decimal | None = None
    tax_category: str = ""
    tax_rate: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    order: str = ""
    order_line: str = ""
    despatch: Reference | None = None
    receipt: Reference | None = None
    seller_item: str = ""
    buyer_item: str = ""
    standard_item: Identifier | None = None
    classifications: tuple[Identifier, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    origin: str = ""
    accounting: str = ""
    object: Identifier | None = None
    period: Period | None = None
    # A part of another line, or a heading over others: it counts in no total.
    inside: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class TaxPart:
    """The tax of one category and rate, as stated."""

    category: str = ""
    rate: Decimal | None = None
    basis: Decimal | None = None
    amount: Decimal | None = None
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals as stated; nothing stated is None, never zero."""

    lines: Decimal | None = None
    allowances: Decimal | None = None
    charges: Decimal | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    tax_in_accounting_currency: Decimal | None = None
    gross: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    payable: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file or a link that came inside the document."""

    name: str
    media_type: str = ""
    content: bytes | None = field(default=None, repr=False)
    description: str = ""
    number: str = ""
    link: str = ""
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """One invoice or credit note, read."""

    number: str = ""
    kind: Kind = "invoice"
    type_code: str = ""
    self_billed: bool = False
    profile: str = ""
    process: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    tax_point_on: date | None = None
    tax_point_code: str = ""
    delivered_on: date | None = None
    period: Period | None = None
    currency: str = ""
    accounting_currency: str = ""
    seller: Party = field(default_factory=Party)
    buyer: Party = field(default_factory=Party)
    payee: Party | None = None
    tax_representative: Party | None = None
    deliver_to: Party | None = None
    payment_means: tuple[PaymentMeans, ...] = ()
    creditor: str = ""
    terms: str = ""
    early_payments: tuple[EarlyPayment, ...] = ()
    references: References = field(default_factory=References)
    notes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[TaxPart, ...] = ()
    totals: Totals = field(default_factory=Totals)
    enclosures: tuple[Enclosure, ...] = ()
    # Amounts and dates whose text is neither; they are None above.
    unread: tuple[str, ...] = ()
