"""How a run becomes a file: what it pays to whom as one content, and the bytes as a function of that content."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.infra import files
from app.kernel.problem import Kind, Problem, Refused
from app.modules.payments.domain import sending
from app.modules.payments.domain.kinds import FileFormat
from app.modules.payments.domain.sending import Written
from app.modules.payments.domain.transfers import CreditTransfers
from app.modules.payments.formats import nacha, pain001, remittance
from app.modules.payments.models import PaymentItem, PaymentRun
from app.modules.payments.service import accounts

_ZERO = Decimal(0)
_SUFFIX = {FileFormat.PAIN001: ("xml", "application/xml"), FileFormat.NACHA: ("ach", "text/plain")}


@dataclass(frozen=True, slots=True)
class Group:
    """What one supplier is paid to one account: one payment."""

    key: str
    items: tuple[PaymentItem, ...]

    @property
    def amount(self) -> Decimal:
        """What is sent."""
        return sum((item.amount for item in self.items), _ZERO)

    @property
    def discount(self) -> Decimal:
        """What is taken off for paying early."""
        return sum((item.discount for item in self.items), _ZERO)


def groups(run: PaymentRun) -> tuple[Group, ...]:
    """Put together what goes to the same account of the same supplier, in an order that depends on nothing else."""
    found: dict[str, list[PaymentItem]] = {}
    for item in run.items:
        found.setdefault(key_of(item), []).append(item)
    return tuple(
        Group(key, tuple(sorted(found[key], key=lambda item: (item.invoice.reference, item.due_on))))
        for key in sorted(found)
    )


def key_of(item: PaymentItem) -> str:
    """Name the payment an item belongs to, within its run."""
    return f"{item.supplier.code}/{item.bank_account.number}"


def content_of(run: PaymentRun) -> dict[str, Any]:
    """State everything an approval is bound to: from where, on which day, to whom, how much, for what."""
    entity = run.entity
    return {
        "number": run.number,
        "entity": entity.code,
        "initiator": entity.legal_name or entity.name,
        "execute_on": run.execute_on,
        "currency": run.currency.code,
        "payer": accounts.payer_of(run.paying_account),
        "payments": [_paid(group) for group in groups(run)],
    }


def _paid(group: Group) -> dict[str, Any]:
    first = group.items[0]
    supplier, account = first.supplier, first.bank_account
    return {
        "key": group.key,
        "supplier": supplier.code,
        "name": account.holder,
        "street": supplier.street,
        "postcode": supplier.postcode,
        "town": supplier.town,
        "country": supplier.country,
        "iban": account.iban,
        "account": account.account_number,
        "bic": account.bic,
        "routing": account.routing,
        "bank_country": account.country,
        "amount": group.amount,
        "discount": group.discount,
        "documents": [_document(item) for item in group.items],
    }


def _document(item: PaymentItem) -> dict[str, Any]:
    invoice = item.invoice
    return {
        "invoice": invoice.reference,
        "number": invoice.supplier_number or invoice.reference,
        "reference": invoice.payment_reference,
        "due_on": item.due_on,
        "amount": item.amount,
        "discount": item.discount,
    }


def written(run: PaymentRun) -> Written:
    """Write the content of a run as it is now."""
    return sending.written(content_of(run))


def told(run: PaymentRun, numbers: Mapping[str, str]) -> CreditTransfers:
    """Give what the bank is told of an approved run, once its payments have numbers."""
    assert run.content is not None
    assert run.approved_at is not None
    return sending.transfers_of(json.loads(run.content), numbers, run.approved_at, run.file_of_day)


def render(run: PaymentRun, numbers: Mapping[str, str]) -> bytes:
    """Make the file of an approved run: the same run and numbers give the same bytes."""
    transfers = told(run, numbers)
    is_nacha = run.paying_account.format is FileFormat.NACHA
    return nacha.write_nacha(transfers) if is_nacha else pain001.write_pain001(transfers)


def store(run: PaymentRun, data: bytes) -> None:
    """Keep the file under its content, and note on the run which it is."""
    suffix, media_type = _SUFFIX[run.paying_account.format]
    kept = files.store().put(io.BytesIO(data), media_type)
    run.file_name, run.file_hash, run.file_size = f"{run.number}.{suffix}", kept.digest, kept.size


def file_of(run: PaymentRun) -> str:
    """Give the file of a run as it was made."""
    assert run.file_hash is not None
    with files.store().open(run.file_hash) as content:
        return content.read().decode("ascii")


def why_not_written(now: datetime, run: PaymentRun) -> list[Problem]:
    """Say what keeps the file of a run from being made, each reason with the payment it is about."""
    return [problem for problems in why_not_each(now, run).values() for problem in problems]


def why_not_each(now: datetime, run: PaymentRun) -> dict[str, list[Problem]]:
    """Say by payment (its key) what the bank would not take; under an empty key what is wrong with all of it."""
    content = json.loads(written(run).text)
    numbers = {each["key"]: f"{each['supplier']}-{at}" for at, each in enumerate(content["payments"], 1)}
    keys = {number: key for key, number in numbers.items()}
    transfers = sending.transfers_of(content, numbers, now, 1)
    check = nacha.why_not if run.paying_account.format is FileFormat.NACHA else pain001.why_not
    found: dict[str, list[Problem]] = {}
    for each in check(transfers) if transfers.transfers else ():
        key = keys.get(str(each.values.get("payment", "")), "")
        found.setdefault(key, []).append(Problem(each.code, each.message, "items"))
    return found


def bank_ids(run: PaymentRun, numbers: Mapping[str, str]) -> dict[str, list[str]]:
    """Tell by payment every id under which the bank may speak of it."""
    transfers = told(run, numbers)
    found: dict[str, list[str]] = {number: [] for number in numbers.values()}
    maps: Sequence[Mapping[str, str]] = (
        (nacha.payments_by_id(transfers), nacha.payments_by_trace(transfers))
        if run.paying_account.format is FileFormat.NACHA
        else (remittance.payments_by_id(transfers),)
    )
    for known in maps:
        for id, number in known.items():
            found[number].append(id)
    return found


def batches(run: PaymentRun, numbers: Mapping[str, str]) -> dict[str, str]:
    """Tell by payment the batch in which the bank books it."""
    if run.paying_account.format is FileFormat.NACHA:
        return dict.fromkeys(numbers.values(), run.number)
    return {part.transfer.id: batch.id for batch in pain001.batches(told(run, numbers)) for part in batch.parts}


def changed() -> Refused:
    """Make the refusal of a run that is not what was approved."""
    words = (
        "The run is not what was approved: an account, a name or an amount has changed since. Send it back to draft."
    )
    return Refused(Kind.CONFLICT, Problem("content_changed", words))
