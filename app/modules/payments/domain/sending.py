"""What an approved run says, in one form only, and the bank's file as a function of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from stdnum import iso11649

from app.modules.approvals.domain.content import canonical, digest
from app.modules.payments.domain.transfers import (
    Address,
    Clearing,
    CreditTransfers,
    Document,
    Originator,
    PayingAccount,
    Transfer,
)

#: Systems by which banks of a country are numbered, as ISO 20022 names them.
CLEARING = {
    "US": "USABA", "GB": "GBDSC", "AU": "AUBSB", "CA": "CACPA", "NZ": "NZNCC", "ZA": "ZANCC", "IN": "INFSC", "CH": "CHBCC",
    "HK": "HKNCC", "SG": "SGIBG", "PL": "PLKNR",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """The content of a run as it is kept, and the hash an approval is bound to."""

    text: str
    hash: str


def written(content: Mapping[str, Any]) -> Written:
    """Write content in one way only, and hash it."""
    text = json.dumps(canonical(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Written(text, digest(content))


def transfers_of(
    content: Mapping[str, Any], numbers: Mapping[str, str], created_at: datetime, file_of_day: int
) -> CreditTransfers:
    """Give what the bank is told to pay: approved content, and the payments' numbers by their keys in it.

    What is set off as a whole is no transfer.
    """
    payer = _payer(content["payer"])
    paid = [each for each in content["payments"] if Decimal(each["amount"])]
    return CreditTransfers(
        id=content["number"],
        created_at=created_at,
        initiator=content["initiator"],
        initiator_id=content["payer"]["company_id"],
        transfers=tuple(_transfer(content, payer, each, numbers[each["key"]]) for each in paid),
        file_of_day=file_of_day,
    )


def _payer(stated: Mapping[str, Any]) -> PayingAccount:
    originator = None
    if stated["destination"]:
        originator = Originator(
            destination=stated["destination"],
            destination_name=stated["destination_name"] or "",
            origin=stated["origin"] or stated["company_id"] or "",
            origin_name=stated["holder"],
            company=stated["holder"],
            company_id=stated["company_id"] or "",
        )
    return PayingAccount(
        holder=stated["holder"],
        address=_address(stated),
        currency=stated["currency"],
        iban=stated["iban"],
        number=stated["number"],
        bic=stated["bic"],
        clearing=clearing(stated["country"], stated["routing"]),
        pays_in=frozenset(stated["pays_in"]),
        originator=originator,
    )


def _address(stated: Mapping[str, Any]) -> Address | None:
    if not stated["town"] or not stated["country"]:
        return None
    return Address(stated["town"], stated["country"], street=stated["street"], postcode=stated["postcode"])


def clearing(country: str | None, routing: str | None) -> Clearing | None:
    """Name a bank by its number in the system of its country."""
    return Clearing(CLEARING.get(country or "", country or ""), routing) if routing else None


def _transfer(content: Mapping[str, Any], payer: PayingAccount, paid: Mapping[str, Any], number: str) -> Transfer:
    documents = tuple(Document(each["number"], Decimal(each["amount"])) for each in paid["documents"])
    return Transfer(
        id=number,
        execute_on=date.fromisoformat(content["execute_on"]),
        amount=Decimal(paid["amount"]),
        currency=content["currency"],
        payer=payer,
        name=paid["name"],
        address=_address(paid),
        iban=paid["iban"],
        number=paid["account"],
        bic=paid["bic"],
        clearing=clearing(paid["bank_country"], paid["routing"]),
        documents=documents,
        reference=_reference(paid["documents"]),
    )


def _reference(documents: Sequence[Mapping[str, Any]]) -> str | None:
    """Give the creditor reference of a document that is paid alone; beside others its number is told."""
    stated = documents[0]["reference"] if len(documents) == 1 else None
    return iso11649.compact(stated) if stated and iso11649.is_valid(stated) else None
