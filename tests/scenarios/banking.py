"""The office that hears from its bank: Tomas takes statements in and reconciles them, Vera from audit looks on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.infra.db import db
from app.infra.taking import Sent, Taken
from tests.acting import Someone
from tests.scenarios.paying import OURS, Paying


class Banking(Paying):
    """The company with statements, and an auditor."""

    def __init__(self) -> None:
        super().__init__()
        self.vera = self.person("vera.linde", "Auditor")

    def paid(self, price: str = "100", number: str = "") -> str:
        """Let Vega bill something, and pay it with a run of its own; give the number of the payment."""
        self.owed(number or f"R-{price}", price)
        [payment] = self.payments(self.released_run())
        return str(payment["number"])

    def take(self, data: bytes, by: Someone | None = None, name: str = "statement.xml", **more: Any) -> list[Taken]:
        """Let Tomas take a file in."""
        from app.modules.statements import service

        db.session.rollback()
        account, repeat = more.get("account"), more.get("repeat")
        sent = Sent(data, name, more.get("entity"), repeat)
        return service.take_in(self.at(by or self.tomas), sent, account)

    def taken(self, *entries: str, **changes: Any) -> str:
        """Let Tomas take in a statement; give its number."""
        [found] = self.take(camt053(*entries, **changes))
        assert found.key is not None
        return found.key

    def say(self, key: str, command: str, by: Someone | None = None, **arguments: Any) -> Any:
        """Let Tomas do something with a statement."""
        return self.do(self.at(by or self.tomas), "bank_statement", key, command, **arguments)

    def lines(self, key: str) -> dict[str, str]:
        """Tell the states of the lines of a statement."""
        return dict(self.look(key, lambda row: {line.number: line.state for line in row.lines}, "bank_statement"))

    def matches(self, key: str, state: str = "matched") -> list[tuple[str, str, Decimal]]:
        """Tell the matches of a statement in a state: line, payment and amount."""
        return list(
            self.look(
                key,
                lambda row: [
                    (match.line.number, match.payment.number, match.amount)
                    for match in row.matches
                    if match.state == state
                ],
                "bank_statement",
            )
        )

    def payment(self, number: str) -> tuple[str, Decimal]:
        """Tell the state of a payment, and how much of it is not found on statements yet."""
        return tuple(self.look(number, lambda row: (row.state, row.left), "payment"))


class Paid(Banking):
    """The same when one payment of 120 EUR has gone to the bank, and the bank has said nothing yet."""

    def __init__(self) -> None:
        super().__init__()
        self.first_payment = self.paid()


def entry(
    amount: str,
    *,
    id: str = "",
    ref: str = "",
    text: str = "",
    on: str = "2026-11-27",
    party: str = "",
    iban: str = "",
    code: str = "",
    reversal: bool = False,
    status: str = "BOOK",
    batch: str = "",
    members: tuple[str, ...] = (),
) -> str:
    """Write an entry of a statement: minus left our account."""
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    details = members or (member(amount, id=id, text=text, party=party, iban=iban),)
    grouped = f"<Btch><PmtInfId>{batch}</PmtInfId></Btch>" if batch else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount.lstrip("-")}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        + ("<RvslInd>true</RvslInd>" if reversal else "")
        + f"<Sts>{status}</Sts><BookgDt><Dt>{on}</Dt></BookgDt><ValDt><Dt>{on}</Dt></ValDt>"
        + (f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else "")
        + (f"<BkTxCd><Prtry><Cd>{code}</Cd></Prtry></BkTxCd>" if code else "")
        + f"<NtryDtls>{grouped}{''.join(details)}</NtryDtls></Ntry>"
    )


def member(amount: str, *, id: str = "", text: str = "", party: str = "", iban: str = "", reason: str = "") -> str:
    """Write one payment in an entry."""
    side = "Cdtr" if amount.startswith("-") else "Dbtr"
    account = f"<{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct>" if iban else ""
    who = f"<RltdPties><{side}><Nm>{party}</Nm></{side}>{account}</RltdPties>" if party or iban else ""
    return (
        "<TxDtls><Refs>"
        + (f"<EndToEndId>{id}</EndToEndId>" if id else "")
        + f'</Refs><AmtDtls><TxAmt><Amt Ccy="EUR">{amount.lstrip("-")}</Amt></TxAmt></AmtDtls>'
        + who
        + (f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>" if text else "")
        + (f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else "")
        + "</TxDtls>"
    )


def camt053(
    *entries: str, number: str = "1", opening: str = "10000.00", closing: str = "", on: str = "2026-11-27",
    iban: str = OURS, message: str = "BkToCstmrStmt", version: str = "camt.053.001.08", others: str = "",
) -> bytes:  # fmt: skip
    """Write a statement of our account over one day; the closing balance follows from the entries."""
    tag = {"BkToCstmrStmt": "Stmt", "BkToCstmrAcctRpt": "Rpt", "BkToCstmrDbtCdtNtfctn": "Ntfctn"}[message]
    closing = closing or str(Decimal(opening) + moved(entries))
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount.lstrip('-')}</Amt>"
        f"<CdtDbtInd>{'DBIT' if amount.startswith('-') else 'CRDT'}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
        for kind, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><{message}>
<GrpHdr><MsgId>MSG-{number}</MsgId><CreDtTm>{on}T20:00:00</CreDtTm></GrpHdr>
<{tag}><Id>STMT-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{on}T20:00:00</CreDtTm>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{"".join(entries)}</{tag}>{others}</{message}></Document>""".encode()


def statement_of(data: bytes) -> str:
    """Cut the statement out of a file, to put it into another."""
    text = data.decode()
    return text[text.index("<Stmt>") : text.index("</Stmt>") + len("</Stmt>")]


def moved(entries: tuple[str, ...]) -> Decimal:
    """Add up what entries move that are booked."""
    total = Decimal(0)
    for each in entries:
        if "<Sts>BOOK" in each:
            amount = Decimal(each.partition('Ccy="EUR">')[2].partition("<")[0])
            total += -amount if "<CdtDbtInd>DBIT" in each else amount
    return total
