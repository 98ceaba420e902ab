"""pain.002: what a bank says about a file of payments, versions 03 to 14 and national variants."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from app.modules.payments.domain import reasons
from app.modules.payments.domain.bank import Cause, Finding, PaymentStatus, StatusReport
from app.modules.payments.formats import xml
from app.modules.payments.formats.camt import moment, money
from app.modules.payments.formats.refusing import refused
from app.modules.payments.formats.xml import Node, child, children, first, text

MESSAGE = "CstmrPmtStsRpt"


def read(message: Node, version: str) -> StatusReport:
    """Read the status of the file, of its batches and of its payments, in the order the bank gives them."""
    header, group = child(message, "GrpHdr"), child(message, "OrgnlGrpInfAndSts")
    if group is None:
        words = "The status report does not say which file it answers (OrgnlGrpInfAndSts)."
        raise refused("missing_element", words, line=xml.line(message), field="OrgnlGrpInfAndSts")
    statuses = tuple(_statuses(message, group))
    original = text(group, "OrgnlMsgId")
    return StatusReport(
        format=version or "pain.002",
        id=text(header, "MsgId"),
        created_at=moment(header, "CreDtTm"),
        original=original,
        statuses=statuses,
        findings=() if statuses else (Finding("no_status", "The report names no status.", original),),
    )


def _statuses(message: Node, group: Node) -> Iterator[PaymentStatus]:
    whole = text(group, "GrpSts")
    if whole:
        yield PaymentStatus(whole, reasons.outcome(whole), causes=_causes(group))
    for info in children(message, "OrgnlPmtInfAndSts"):
        batch, status = text(info, "OrgnlPmtInfId"), text(info, "PmtInfSts")
        if status:
            yield PaymentStatus(status, reasons.outcome(status), batch=batch, causes=_causes(info))
        for transaction in children(info, "TxInfAndSts"):
            yield _payment(transaction, batch, status or whole)


def _payment(node: Node, batch: str | None, above: str | None) -> PaymentStatus:
    """Read one payment; where only the batch has a status, the payment shares it."""
    status = text(node, "TxSts") or above or ""
    original = child(node, "OrgnlTxRef")
    amount, currency = _amount(original)
    return PaymentStatus(
        status=status,
        outcome=reasons.outcome(status),
        end_to_end=text(node, "OrgnlEndToEndId"),
        instruction=text(node, "OrgnlInstrId"),
        batch=batch,
        amount=amount,
        currency=currency,
        causes=_causes(node),
        bank_reference=text(node, "AcctSvcrRef"),
    )


def _amount(original: Node) -> tuple[Decimal | None, str | None]:
    instructed = child(original, "Amt")
    if child(instructed, "InstdAmt") is not None:
        return money(instructed, "InstdAmt")
    return money(original, "IntrBkSttlmAmt") if child(original, "IntrBkSttlmAmt") is not None else (None, None)


def _causes(node: Node) -> tuple[Cause, ...]:
    found = []
    for info in children(node, "StsRsnInf"):
        words = " ".join(each.text.strip() for each in children(info, "AddtlInf") if each.text)
        found.append(reasons.cause(first(info, ("Rsn", "Cd"), ("Rsn", "Prtry")), words))
    return tuple(found)
