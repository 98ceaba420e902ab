"""Runs of payments to write, shared by the tests of bank files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.modules.payments.domain.transfers import (
    Address,
    Clearing,
    CreditTransfers,
    Document,
    Originator,
    PayingAccount,
    Transfer,
)

HOME = Address("Wien", "AT", "Ring", "1", "1010")
PAYER = PayingAccount(
    "Stadtwerke Österreich & Töchter", HOME, "EUR", iban="AT611904300234573201", bic="BKAUATWW",
    pays_in=frozenset({"EUR", "USD", "JPY"}),
)  # fmt: skip
US_PAYER = PayingAccount(
    "Outlay Inc.", Address("Boston", "US"), "USD", number="4455667788", clearing=Clearing("USABA", "121042882"),
    originator=Originator("231380104", "CITADEL", "1210428822", "OUTLAY", "OUTLAY INC", "1210428822"),
)  # fmt: skip
DAY = date(2026, 12, 1)


def transfer(id: str = "PAY-2026-00001", **values: Any) -> Transfer:
    usual: dict[str, Any] = {
        "execute_on": DAY, "amount": Decimal("100.00"), "currency": "EUR", "payer": PAYER, "name": "Jansen Bouw BV",
        "iban": "NL91ABNA0417164300", "documents": (Document("2026/114", Decimal("100.00")),),
    }  # fmt: skip
    if "amount" in values and "documents" not in values:
        values["documents"] = (Document("2026/114", values["amount"]),)
    return Transfer(id, **{**usual, **values})


def several_invoices(count: int = 40) -> Transfer:
    documents = tuple(Document(f"RE-2026-{number:05}", Decimal("10.10")) for number in range(count))
    return transfer(amount=Decimal("10.10") * count, documents=documents)


def with_reference() -> Transfer:
    return transfer(reference="RF18 5390 0754 7034")


def abroad(**values: Any) -> Transfer:
    usual: dict[str, Any] = {
        "currency": "USD", "iban": None, "number": "000123456789", "clearing": Clearing("USABA", "231380104"),
        "name": "Łódź Import-Export", "address": Address("Boston", "US", "Main St", "5", "02101", "MA"),
    }  # fmt: skip
    return transfer(**{**usual, **values})


def american(id: str = "PAY-2026-00001", **values: Any) -> Transfer:
    return abroad(**{"id": id, "payer": US_PAYER, **values})


def run(*transfers: Transfer, **values: Any) -> CreditTransfers:
    usual: dict[str, Any] = {
        "created_at": datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC),
        "initiator": "Stadtwerke Österreich",
    }
    return CreditTransfers("RUN-2026-00001", transfers=transfers or (transfer(),), **{**usual, **values})
