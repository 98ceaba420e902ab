"""Choices of payments, with the words people read."""

from __future__ import annotations

from app.kernel.choice import Labelled


class FileFormat(Labelled):
    """What the bank of a paying account takes."""

    PAIN001 = "pain001", "ISO 20022 (pain.001)"
    NACHA = "nacha", "NACHA"


class Method(Labelled):
    """How a payment leaves."""

    TRANSFER = "transfer", "Bank transfer"
    SET_OFF = "set_off", "Set off, nothing is sent"
    DIRECT_DEBIT = "direct_debit", "Direct debit"
    CARD = "card", "Card"
    CASH = "cash", "Cash"
    AT_BANK = "at_bank", "By hand at the bank"
    OTHER = "other", "Paid outside a run"
    REFUND = "refund", "Paid back by the supplier"


class Outside(Labelled):
    """How money left that no run sent."""

    DIRECT_DEBIT = "direct_debit", "The supplier collected it by direct debit"
    CARD = "card", "By card"
    CASH = "cash", "In cash"
    AT_BANK = "at_bank", "By hand at the bank"
    OTHER = "other", "Another way"


#: Runs whose items nobody else may pay.
LIVE = ("draft", "submitted", "approved", "released")
