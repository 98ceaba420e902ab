"""How a document comes in: kept untouched, read, judged, its supplier and order recognised, and entered as it states."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.infra import activity, files, filetypes, idempotency, unit
from app.infra.idempotency import Repeat
from app.infra.intake import Reader
from app.infra.taking import Sent, Taken
from app.kernel.actor import Context
from app.kernel.money import CURRENCIES
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import registry
from app.modules.directory.models import Entity
from app.modules.invoices import queries
from app.modules.invoices.domain.document import Line, Parsed
from app.modules.invoices.domain.kinds import Channel, Format, Judged
from app.modules.invoices.domain.recognition import Recognition
from app.modules.invoices.domain.verdict import Finding, Verdict
from app.modules.invoices.einvoice import reading
from app.modules.invoices.einvoice.reading import Reading
from app.modules.invoices.models import Invoice
from app.modules.invoices.service import linking, matching, recognising, stating
from app.modules.suppliers import service as suppliers

_ZERO, _WHOLE = Decimal(0), Decimal(100)
_FORMATS = {
    "ubl_invoice": Format.UBL_INVOICE,
    "ubl_credit_note": Format.UBL_CREDIT_NOTE,
    "cii": Format.CII,
    "zugferd1": Format.ZUGFERD1,
    "csv": Format.CSV,
    "pdf": Format.PDF,
}
_LEAVES_OPEN = Verdict("unchecked")


def capture(context: Context, sent: Sent, channel: Channel = Channel.UPLOAD) -> list[Taken]:
    """Take a file in: each invoice in it is entered by itself, whole or not at all; a copy of the same file once only."""
    found = reading.read(sent.data, sent.name)
    if found.refused:
        assert found.refusal is not None
        return [Taken(sent.name, None, None, (Problem(found.refusal.code, found.refusal.text, "file"),))]
    stored = files.store().put(io.BytesIO(sent.data), _media_type(found))
    documents: list[tuple[Parsed | None, Verdict]] = [(each.parsed, each.verdict) for each in found.documents]
    documents = documents or [(None, _LEAVES_OPEN)]
    digest = hashlib.sha256(sent.data).hexdigest() if len(documents) == 1 else None
    arrived = _Arrived(found, channel, sent.entity, digest, stored, filetypes.clean_name(sent.name))
    return [
        _take(
            context,
            arrived,
            parsed,
            verdict,
            sent.repeat and Repeat(f"{sent.repeat.key}:{at}", sent.repeat.fingerprint),
        )
        for at, (parsed, verdict) in enumerate(documents)
    ]


@dataclass(frozen=True, slots=True)
class _Arrived:
    """What holds for every document in a file."""

    found: Reading
    channel: Channel
    entity: str | None
    digest: str | None
    stored: Any
    name: str


def _take(context: Context, arrived: _Arrived, parsed: Parsed | None, verdict: Verdict, repeat: Repeat | None) -> Taken:
    """Enter one document under its sender's key; what is refused leaves nothing behind and may be sent again."""

    def body(bound: Context) -> Taken:
        known = idempotency.claim(bound, repeat) if repeat else None
        if known is not None:
            return Taken(arrived.name, known["key"], known["state"], repeated=True)
        invoice = _enter(bound, arrived, parsed, verdict)
        if repeat:
            idempotency.keep(bound, repeat, {"key": invoice.reference, "state": invoice.state})
        return Taken(arrived.name, invoice.reference, invoice.state)

    try:
        return unit.change(context, "invoice.create", body)
    except Refused as refused:
        if refused.kind is Kind.FORBIDDEN or refused.problems[0].code == "idempotency_key_reused":
            raise
        return Taken(arrived.name, None, None, tuple(refused.problems))


def _media_type(found: Reading) -> str:
    return {"xml": "application/xml", "pdf": "application/pdf", "csv": "text/csv"}.get(found.container, "")


def _enter(bound: Context, arrived: _Arrived, parsed: Parsed | None, verdict: Verdict) -> Invoice:
    found = arrived.found
    whose = _entity_of(bound, parsed, arrived.entity)
    told = recognising.sender(bound, parsed) if parsed else Recognition((), None, ())
    supplier = told.chosen.supplier if told.chosen else None
    raw = raw_of(parsed, whose.code, supplier.code if supplier else None) if parsed else _empty(whose)
    resource = registry["invoice"]
    invoice: Invoice = unit.enter_within(bound, resource, raw, Reader(bound))
    invoice.channel, invoice.format = arrived.channel, _FORMATS.get(str(found.kind), Format.PDF)
    invoice.judged, invoice.profile, invoice.rules = (
        Judged[verdict.status.upper()],
        verdict.profile or None,
        verdict.rules or None,
    )
    invoice.findings = [
        *(_told(each, "rules") for each in verdict.findings),
        *(_told(each, "sums") for each in verdict.arithmetic),
        *(_told(each, "profile") for each in verdict.own_findings),
    ]
    invoice.adds_up = verdict.adds_up if parsed else None
    invoice.file_hash = arrived.digest
    invoice.recognition = recognising.kept(told)
    if parsed is not None:
        invoice.parsed = stating.kept(parsed)
        invoice.document_id = _document_id(parsed)
        linking.propose(bound, invoice, parsed)
    activity.attach_within(bound, resource, invoice.reference, arrived.stored, arrived.name)
    if parsed is not None:
        matching.match(bound, invoice)
    return invoice


def _told(finding: Finding, of: str) -> dict[str, Any]:
    return {"of": of, "rule": finding.rule, "severity": finding.severity, "text": finding.text, "where": finding.where}


def _document_id(parsed: Parsed) -> str | None:
    """Name an e-invoice by what makes it one of a kind: who sent it, and their number for it."""
    sender = parsed.seller.endpoint or parsed.seller.legal_id
    ids = (*parsed.seller.tax_ids, f"{sender.scheme}:{sender.value}" if sender else "")
    first = next((each for each in ids if each), None)
    return f"{first}/{parsed.type_code}/{parsed.number}"[:200] if first and parsed.number else None


def _entity_of(context: Context, parsed: Parsed | None, wanted: str | None) -> Entity:
    """Find whose invoice it is: as said, else as it is addressed, else, until somebody says so, a company of the actor."""
    named = recognising.addressed(context, parsed) if parsed and not wanted else None
    if named is None:
        return suppliers.our_entity(context, wanted)
    theirs = suppliers.home_entity(context) or next(iter(queries.list_entered_for(context)), None)
    return named.entity or theirs or suppliers.our_entity(context, None)


def _empty(entity: Entity) -> dict[str, Any]:
    """Give the form of a document that people read and enter beside its picture."""
    return {"entity": entity.code, "kind": "invoice", "currency": entity.base_currency.code}


def recognise_again(context: Context, invoice: Invoice) -> bool:
    """Look once more who sent an e-invoice, as they may be on file by now; say whether that is found out."""
    parsed = stating.read_again(invoice) if invoice.supplier is None else None
    told = recognising.sender(context, parsed) if parsed else None
    if parsed is None or told is None or told.chosen is None:
        return False
    invoice.supplier = queries.find_supplier(context, told.chosen.supplier.id)
    invoice.recognition = recognising.kept(told)
    linking.propose(context, invoice, parsed)
    return True


def raw_of(parsed: Parsed, entity: str, supplier: str | None) -> dict[str, Any]:
    """Write a document as the form of an invoice, amounts as stated."""
    means = next((each for each in parsed.payment_means if each.account), None)
    first = next((each for each in parsed.early_payments if each.days is not None and 0 < each.percent < _WHOLE), None)
    totals, sent = parsed.totals, parsed.issued_on
    currency = parsed.currency if parsed.currency in CURRENCIES else None
    return {
        "kind": parsed.kind,
        "supplier": supplier,
        "stated_supplier": _cut(parsed.seller.name, 200),
        "supplier_number": _cut(parsed.number, 100),
        "entity": entity,
        "currency": currency,
        "stated_order": _cut(parsed.references.order, 100),
        "stated_preceding": _cut(", ".join(each.number for each in parsed.references.preceding), 200),
        "issued_on": sent,
        "delivered_on": parsed.delivered_on,
        "stated_due_on": parsed.due_on,
        "discount_percent": first.percent if first else None,
        "discount_days": first.days if first else None,
        "terms_text": parsed.terms or None,
        "account": means.account if means else None,
        "payment_reference": _cut(means.reference, 140) if means else None,
        "lines_total": totals.lines,
        "allowances": totals.allowances,
        "charges": totals.charges,
        "net_total": totals.net,
        "tax_total": totals.tax,
        "total": totals.gross,
        "prepaid": totals.prepaid,
        "rounding": totals.rounding,
        "payable": totals.payable,
        "lines": [_line(line) for line in parsed.lines if line.counts],
        "adjustments": [
            {
                "text": _cut(each.reason, 300),
                "code": _cut(each.code, 10),
                "amount": (each.amount or _ZERO) * (1 if each.charge else -1),
                "tax_category": _cut(each.tax_category, 3),
                "tax_rate": each.tax_rate,
            }
            for each in parsed.adjustments
        ],
        "taxes": [
            {
                "category": each.category or "S",
                "rate": each.rate,
                "basis": each.basis,
                "amount": each.amount,
                "reason": _cut(each.reason, 300),
            }
            for each in parsed.taxes
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    less = sum(((each.amount or _ZERO) * (-1 if each.charge else 1) for each in line.adjustments), _ZERO)
    return {
        "text": _cut(line.name or line.description, 500),
        "item": _cut(
            line.buyer_item or line.seller_item or (line.standard_item.value if line.standard_item else ""), 100
        ),
        "quantity": line.quantity,
        "unit": _cut(line.unit, 20),
        "price": line.price,
        "price_base": line.base_quantity if line.base_quantity and line.base_quantity > 0 else Decimal(1),
        "reduction": less,
        "amount": line.net,
        "tax_category": _cut(line.tax_category, 3),
        "tax_rate": line.tax_rate,
    }


def _cut(text: str, most: int) -> str | None:
    return " ".join(text.split())[:most] or None
