"""Choices of orders, with the words people read."""

from __future__ import annotations

from app.kernel.choice import Labelled
from app.modules.requests.domain import Share

__all__ = ["BINDING", "CHARGE_CODES", "LIVE", "Answer", "Channel", "ChargeKind", "OrderKind", "ReceivedBy", "Share"]


class OrderKind(Labelled):
    """Whether it buys something now, or agrees on what may be called off later."""

    STANDARD = "standard", "Order"
    BLANKET = "blanket", "Blanket order"


class ReceivedBy(Labelled):
    """How what arrives is counted: in pieces, in money for services, or not at all."""

    QUANTITY = "quantity", "By quantity"
    AMOUNT = "amount", "By amount"
    NOTHING = "nothing", "Not received"


class ChargeKind(Labelled):
    """What is charged beside the goods; invoices name the same kinds by code or by words."""

    FREIGHT = "freight", "Freight"
    PACKING = "packing", "Packing"
    INSURANCE = "insurance", "Insurance"
    MINIMUM_ORDER = "minimum_order", "Small order"
    OTHER = "other", "Other"


#: What documents call them by the codes of UNTDID 7161.
CHARGE_CODES = {
    "FC": ChargeKind.FREIGHT,
    "DL": ChargeKind.FREIGHT,
    "SAA": ChargeKind.FREIGHT,
    "PC": ChargeKind.PACKING,
    "PAE": ChargeKind.PACKING,
    "IN": ChargeKind.INSURANCE,
    "AEP": ChargeKind.MINIMUM_ORDER,
}


class Channel(Labelled):
    """How an order reaches its supplier."""

    EMAIL = "email", "E-mail with PDF and XML"
    PRINT = "print", "Printed or sent by someone"
    NONE = "none", "Known to the supplier already"


class Answer(Labelled):
    """What the supplier answered."""

    ACCEPTED = "accepted", "Accepted"
    CHANGED = "changed", "Accepted with changes"
    REFUSED = "refused", "Refused"


#: What binds both sides, whether its next revision is being written or not.
BINDING = ("issued", "amending", "submitted", "approved")
#: What takes up quantities of requests.
LIVE = ("draft", "submitted", "approved", "issued", "amending", "closed")
