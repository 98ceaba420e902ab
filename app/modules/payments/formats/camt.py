"""camt.052, camt.053 and camt.054: reports, statements and notices of ISO 20022, versions 02 to 13 alike.

Versions differ in where a name, a bank code or a charge stands; the readers look at each place. Namespaces are
ignored, because banks leave them out, prefix them and put their own in.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from app.modules.payments.domain.bank import (
    Account,
    Balance,
    BankFile,
    Charge,
    Entry,
    Exchange,
    Finding,
    Movement,
    Party,
    References,
    Remittance,
    Statement,
)
from app.modules.payments.formats import text as texts
from app.modules.payments.formats import xml
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.xml import Node, child, children, every, first, text

# The element of the message, and the element of one statement in it.
MESSAGES = {
    "BkToCstmrAcctRpt": ("camt.052", "Rpt"),
    "BkToCstmrStmt": ("camt.053", "Stmt"),
    "BkToCstmrDbtCdtNtfctn": ("camt.054", "Ntfctn"),
}
_SIGNS = {"CRDT": Decimal(1), "DBIT": Decimal(-1)}
_NOT_BOOKED = {"PDNG", "INFO", "FUTR"}
_NO_ID = {"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOTPROV"}


def read(message: Node, version: str, name: str) -> BankFile:
    """Read a message of a bank into its statements."""
    kind, each = MESSAGES[xml.local(message)]
    header = child(message, "GrpHdr")
    nodes = children(message, each)
    if not nodes:
        raise refused(
            "no_statement", f"The file is a {kind} message without any {each}.", line=xml.line(message), field=each
        )
    pages = [_page_finding(node) for node in (header, *nodes)]
    return BankFile(
        format=version or kind,
        name=name,
        statements=tuple(_statement(node) for node in nodes),
        id=text(header, "MsgId"),
        created_at=moment(header, "CreDtTm"),
        findings=tuple(finding for finding in pages if finding),
    )


def _page_finding(node: Node) -> Finding | None:
    pagination = next((each for each in node if xml.local(each).endswith("Pgntn")), None) if node is not None else None
    if pagination is None or text(pagination, "LastPgInd") != "false":
        return None
    words = f"This is page {text(pagination, 'PgNb') or '?'} of several. Import the following pages too."
    return Finding("more_pages", words, text(node, "Id") or text(node, "MsgId"))


def _statement(node: Node) -> Statement:
    account = _account(xml.required(node, "Acct", xml.local(node)))
    currency = account.currency
    return Statement(
        id=text(node, "Id"),
        number=first(node, ("LglSeqNb",), ("ElctrncSeqNb",), ("StmtSeqNb",)),
        account=account,
        entries=tuple(_entry(entry, account) for entry in children(node, "Ntry")),
        balances=tuple(_balance(balance, currency) for balance in children(node, "Bal")),
        from_on=_on(child(node, "FrToDt"), "FrDtTm", "FrDt"),
        to_on=_on(child(node, "FrToDt"), "ToDtTm", "ToDt"),
        created_at=moment(node, "CreDtTm"),
    )


def _account(node: Node) -> Account:
    return Account(
        iban=_compact(text(node, "Id", "IBAN")),
        number=_number(node),
        currency=text(node, "Ccy"),
        bic=bank_code(child(node, "Svcr")),
        owner=text(node, "Ownr", "Nm"),
    )


def _number(account: Node) -> str | None:
    return first(account, ("Id", "Othr", "Id"), ("Id", "PrtryAcct", "Id"), ("Id", "BBAN"), ("Id", "UPIC"))


def _compact(value: str | None) -> str | None:
    return value.replace(" ", "").upper() if value else None


def bank_code(agent: Node) -> str | None:
    """Read the BIC of a bank."""
    institution = child(agent, "FinInstnId")
    return first(institution, ("BICFI",), ("BIC",))


def money(node: Node, name: str = "Amt") -> tuple[Decimal, str | None]:
    """Read an amount and the currency that stands on it."""
    found = xml.required(node, name, xml.local(node))
    value = texts.amount(found.text or "", line=xml.line(found), field=name)
    if value < 0:
        words = f"{name} is {value:f}. Amounts have no sign here: CdtDbtInd says which way they go."
        raise refused("bad_amount", words, line=xml.line(found), field=name)
    currency = found.get("Ccy")
    if currency is not None and not (len(currency) == 3 and currency.isalpha() and currency.isupper()):  # noqa: PLR2004
        words = f"{shown(currency)} is not a currency code such as EUR."
        raise refused("bad_currency", words, line=xml.line(found), field="Ccy")
    return value, currency


def _sign(node: Node, otherwise: Decimal | None = None) -> Decimal:
    indicator = text(node, "CdtDbtInd")
    if indicator in _SIGNS:
        return _SIGNS[indicator]
    if indicator is None and otherwise is not None:
        return otherwise
    words = f"CdtDbtInd of {xml.local(node)} is {shown(indicator or '')}. It must be CRDT or DBIT."
    raise refused("bad_direction", words, line=xml.line(node), field="CdtDbtInd")


def _balance(node: Node, currency: str | None) -> Balance:
    amount, own = money(node)
    kind = first(node, ("Tp", "CdOrPrtry", "Cd"), ("Tp", "CdOrPrtry", "Prtry"), ("Tp", "Cd")) or ""
    return Balance(kind, amount * _sign(node), own or currency, _date(child(node, "Dt")))


def moment(node: Node, name: str) -> datetime | None:
    """Read a point in time."""
    found = child(node, name)
    written = text(found)
    if written is None:
        return None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        words = f"{name} is {shown(written)}, which is not a date with a time."
        raise refused("bad_date", words, line=xml.line(found), field=name) from None


def _on(node: Node, *names: str) -> date | None:
    """Read the day of the first of several elements, some of which carry a time as well."""
    for name in names:
        found = child(node, name)
        written = text(found)
        if written:
            try:
                # The day as the bank writes it, in its own time zone: that is the day it booked.
                return date.fromisoformat(written[:10])
            except ValueError:
                words = f"{name} is {shown(written)}, which is not a date."
                raise refused("bad_date", words, line=xml.line(found), field=name) from None
    return None


def _date(choice: Node) -> date | None:
    return _on(choice, "Dt", "DtTm")


def _entry(node: Node, account: Account) -> Entry:
    amount, own = money(node)
    sign = _sign(node)
    currency = own or account.currency
    is_reversal = text(node, "RvslInd") in {"true", "1"}
    details = list(every(node, "NtryDtls", "TxDtls"))
    movements = [_movement(detail, node, sign, currency, account) for detail in details]
    alone = movements[0] if len(movements) == 1 else Movement(Decimal(0), None)
    batch = child(node, "NtryDtls", "Btch")
    size = text(batch, "NbOfTxs")
    return Entry(
        amount=amount * sign,
        currency=currency,
        party=alone.party,
        remittance=alone.remittance,
        references=_entry_references(node, batch, alone.references),
        codes=tuple(dict.fromkeys([*_codes(node), *alone.codes])),
        exchange=alone.exchange or _exchange(node, currency),
        charges=_charges(node) or alone.charges,
        return_reason=alone.return_reason,
        return_text=alone.return_text,
        booked_on=_date(child(node, "BookgDt")),
        value_on=_date(child(node, "ValDt")),
        is_reversal=is_reversal,
        is_booked=(first(node, ("Sts",), ("Sts", "Cd"), ("Sts", "Prtry")) or "BOOK") not in _NOT_BOOKED,
        description=text(node, "AddtlNtryInf") or "",
        batch_size=int(size) if size and size.isascii() and size.isdigit() and len(size) < 16 else None,  # noqa: PLR2004
        members=tuple(movements) if len(movements) > 1 else (),
        line=xml.line(node),
    )


def _entry_references(node: Node, batch: Node, alone: References) -> References:
    return References(
        end_to_end=alone.end_to_end,
        instruction=alone.instruction,
        batch=text(batch, "PmtInfId") or alone.batch,
        message=text(batch, "MsgId") or alone.message,
        transaction=alone.transaction,
        bank=text(node, "AcctSvcrRef") or alone.bank,
        mandate=alone.mandate,
        cheque=alone.cheque,
    )


def _movement(detail: Node, entry: Node, sign: Decimal, currency: str | None, account: Account) -> Movement:
    sign = _sign(detail, sign)
    amount, own = _amount_of(detail, entry, currency)
    returned = child(detail, "RtrInf")
    return Movement(
        amount=amount * sign,
        currency=own,
        party=_party(detail, sign, text(entry, "RvslInd") in {"true", "1"}, account),
        remittance=_remittance(detail),
        references=_references(detail),
        codes=_codes(detail),
        exchange=_exchange(detail, own),
        charges=_charges(detail),
        return_reason=first(returned, ("Rsn", "Cd"), ("Rsn", "Prtry"), ("RtrRsn", "Cd")),
        return_text=" ".join(info.text.strip() for info in children(returned, "AddtlInf") if info.text),
    )


def _amount_of(detail: Node, entry: Node, currency: str | None) -> tuple[Decimal, str | None]:
    """Read what one payment moved on the account: version 02 has no amount of its own, only its details."""
    if child(detail, "Amt") is not None:
        amount, own = money(detail)
        booked = child(detail, "AmtDtls", "TxAmt")
        if own != currency and booked is not None:
            converted, into = money(booked)
            if into == currency:
                return converted, into
        return amount, own or currency
    for name in ("TxAmt", "InstdAmt"):
        found = child(detail, "AmtDtls", name)
        if found is not None:
            amount, own = money(found)
            if own in {None, currency} or name == "TxAmt":
                return amount, own or currency
    whole, _ = money(entry)
    return whole, currency


def _party(detail: Node, sign: Decimal, is_reversal: bool, account: Account) -> Party:
    """Tell who stands on the other side: the creditor of what left, the debtor of what came, not ourselves."""
    sides = ("Cdtr", "Dbtr") if (sign < 0) != is_reversal else ("Dbtr", "Cdtr")
    found = [_side(detail, side) for side in sides]
    own = {account.iban, account.number} - {None}
    # Returned payments name the parties as the original did, so the first side may be us.
    if found[0] and not ({found[0].iban, found[0].number} & own):
        return found[0]
    return found[1] if found[1] and not ({found[1].iban, found[1].number} & own) else Party()


def _side(detail: Node, side: str) -> Party:
    parties, agents = child(detail, "RltdPties"), child(detail, "RltdAgts")
    account = child(parties, f"{side}Acct")
    party = child(parties, side)
    return Party(
        name=first(
            party, ("Nm",), ("Pty", "Nm"), ("Agt", "FinInstnId", "Nm"),
        ) or text(parties, f"Ultmt{side}", "Nm") or text(parties, f"Ultmt{side}", "Pty", "Nm"),
        iban=_compact(text(account, "Id", "IBAN")),
        number=_number(account),
        bic=bank_code(child(agents, f"{side}Agt")),
    )  # fmt: skip


def _remittance(detail: Node) -> Remittance:
    node = child(detail, "RmtInf")
    free = [each.text.strip() for each in children(node, "Ustrd") if each.text]
    structured = children(node, "Strd")
    notes = [info.text.strip() for each in structured for info in children(each, "AddtlRmtInf") if info.text]
    numbers = [text(document, "Nb") for each in structured for document in children(each, "RfrdDocInf")]
    references = [text(each, "CdtrRefInf", "Ref") for each in structured]
    return Remittance(
        # Swiss banks put flags such as ?REJECT?0 where other banks put words.
        text=" ".join([*free, *(note for note in notes if not note.startswith("?"))]),
        reference=next((each for each in references if each), None),
        documents=tuple(number for number in numbers if number),
    )


def _references(detail: Node) -> References:
    node = child(detail, "Refs")
    return References(
        end_to_end=_id(text(node, "EndToEndId")),
        instruction=_id(text(node, "InstrId")),
        batch=_id(text(node, "PmtInfId")),
        message=_id(text(node, "MsgId")),
        transaction=_id(text(node, "TxId")),
        bank=_id(text(node, "AcctSvcrRef")),
        mandate=_id(text(node, "MndtId")),
        cheque=_id(text(node, "ChqNb")),
    )


def _id(value: str | None) -> str | None:
    return None if value is None or value.upper() in _NO_ID else value


def _codes(node: Node) -> tuple[str, ...]:
    """Read the transaction codes: the ISO one as PMNT/RCDT/ESCT, and the bank's own."""
    codes = child(node, "BkTxCd")
    domain = child(codes, "Domn")
    family = (text(domain, "Cd"), text(domain, "Fmly", "Cd"), text(domain, "Fmly", "SubFmlyCd"))
    iso = "/".join(part for part in family if part)
    return tuple(code for code in (iso, text(codes, "Prtry", "Cd")) if code)


def _exchange(node: Node, currency: str | None) -> Exchange | None:
    """Read the instructed amount and the rate, where another currency was meant than moved."""
    details = child(node, "AmtDtls")
    for name in ("InstdAmt", "CntrValAmt", "TxAmt"):
        found = child(details, name)
        if found is None or child(found, "Amt") is None:
            continue
        amount, own = money(found)
        rate = next((r for part in ("InstdAmt", "CntrValAmt", "TxAmt") if (r := _rate(child(details, part)))), None)
        if own != currency or rate is not None:
            return Exchange(amount, own, rate)
    return None


def _rate(node: Node) -> Decimal | None:
    found = child(node, "CcyXchg", "XchgRate")
    return None if found is None else texts.amount(found.text or "", line=xml.line(found), field="XchgRate")


def _charges(node: Node) -> tuple[Charge, ...]:
    """Read the bank's charges: records of their own since version 04, the elements themselves before."""
    charges = []
    for outer in children(node, "Chrgs"):
        records = children(outer, "Rcrd") or ([outer] if child(outer, "Amt") is not None else [])
        charges += [_charge(record) for record in records]
        if not records and child(outer, "TtlChrgsAndTaxAmt") is not None:
            amount, currency = money(outer, "TtlChrgsAndTaxAmt")
            charges.append(Charge(amount, currency))
    return tuple(charge for charge in charges if charge.amount)


def _charge(record: Node) -> Charge:
    amount, currency = money(record)
    included = text(record, "ChrgInclInd")
    kind = first(record, ("Tp", "Cd"), ("Tp", "Prtry", "Id"))
    return Charge(
        amount=amount * (-1 if text(record, "CdtDbtInd") == "CRDT" else 1),
        currency=currency,
        is_included=None if included is None else included in {"true", "1"},
        kind=kind,
    )
