"""What the demo company's bank tells: one statement that is nearly done, and one with lines that wait for somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.taking import Sent
from app.kernel.actor import SYSTEM, Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.payments.models import PayingAccount, PaymentRun
from app.modules.statements import service
from app.modules.statements.models import BankStatement

TREASURER = "viktor.hruska"
LEAST = Decimal("184320.55")
ActAs = Callable[[str, datetime], Context]
_SENT = text(
    "SELECT p.number, p.amount, p.execute_on, s.name FROM payment p JOIN supplier s ON s.id = p.supplier_id"
    " JOIN currency c ON c.id = p.currency_id WHERE p.paying_account_id = :account AND p.amount > 0 AND c.code = :code"
    " AND p.state IN ('sent', 'settled') AND p.execute_on <= :until ORDER BY p.execute_on, p.id"
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line as the bank writes it."""

    on: date
    amount: Decimal
    words: str
    name: str = ""
    id: str = ""


def seed(act_as: ActAs, now: datetime) -> None:
    """Take in two statements of the account that pays most: what it paid, what the bank took, and what nobody knows yet."""
    account = _account(now)
    if account is None:
        return
    row_id, iban, currency = account
    today = now.date()
    with db.engine.connect() as connection:
        known = {"account": row_id, "code": currency, "until": today}
        sent = [tuple(row) for row in connection.execute(_SENT, known)]
    paid = [_Entry(on, -amount, "Payment", name, number) for number, amount, on, name in sent]
    border = today - timedelta(days=10)
    early = [each for each in paid if each.on <= border]
    late = [_unsaid(at, each) for at, each in enumerate(each for each in paid if each.on > border)]
    fee = _Entry(border, Decimal("-12.90"), "Account fee, payments and card")
    strange = [
        _Entry(today - timedelta(days=2), Decimal("-86.40"), "CARD 4711 PARKING AIRPORT"),
        _Entry(today - timedelta(days=1), Decimal("0.74"), "Credit interest"),
        _Entry(today - timedelta(days=1), Decimal("-25000.00"), "Transfer to savings", "Halden Instruments"),
    ]
    treasurer = act_as(TREASURER, now - timedelta(days=9))
    opening = LEAST + sum((-each.amount for each in paid), Decimal(0))  # what is paid was there before
    first, balance = _written("10", iban, currency, opening, [*early, fee], border)
    key = _taken(treasurer, first, f"statement-{border}.xml")
    if key is not None:
        number = str(len(early) + 1)
        said = {"lines": [number], "kind": "fee", "reason": "Monthly fee, as agreed with the bank"}
        unit.execute(treasurer, registry[service.NAME], key, "explain", said)
    second, _ = _written("11", iban, currency, balance, [*late, *strange], today - timedelta(days=1))
    _taken(act_as(TREASURER, now - timedelta(hours=5)), second, f"statement-{today - timedelta(days=1)}.xml")


def sample(number: str, now: datetime) -> bytes:
    """Write the statement with which the bank of a released run might answer: what was paid, and a fee nobody told of."""
    with unit.reading(Context(SYSTEM, now, now.date(), "demo-sample", "demo")) as bound:
        run = bound.session.query(PaymentRun).execution_options(scoped=True).filter_by(number=number).one_or_none()
        paid = [payment for payment in run.payments if payment.amount] if run is not None else []
        if run is None or not paid or not run.paying_account.iban:
            raise LookupError(f"There is no released run {number} with an IBAN that pays from it.")
        lines = [_Entry(now.date(), -each.amount, "Payment", each.supplier.name, each.number or "") for each in paid]
        iban, currency = run.paying_account.iban, run.paying_account.currency.code
        known = (
            bound.session.query(BankStatement)
            .execution_options(scoped=True)
            .filter_by(account_id=run.paying_account.id)
        )
        last = known.order_by(BankStatement.to_on.desc(), BankStatement.id.desc()).first()
        opening = (last.closing if last else None) or LEAST + sum((each.amount for each in paid), Decimal(0))
    fee = _Entry(now.date(), Decimal("-4.50"), "Account fee")
    return _written(f"9{number[-4:]}", iban, currency, opening, [*lines, fee], now.date())[0]


def _unsaid(at: int, each: _Entry) -> _Entry:
    """Let the bank leave our number out of every second payment: what it is has to be recognised."""
    return _Entry(each.on, each.amount, each.words, each.name) if at % 2 else each


def _account(now: datetime) -> tuple[int, str, str] | None:
    """Find the account that pays most often: its row, number and currency."""
    counted = text("SELECT paying_account_id FROM payment GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
    with db.engine.connect() as connection:
        row_id = connection.execute(counted).scalar_one_or_none()
    if row_id is None:
        return None
    with unit.reading(Context(SYSTEM, now, now.date(), "demo", "demo")) as bound:
        row = bound.session.get(PayingAccount, row_id, execution_options={"scoped": True})
        found = (row.id, row.iban, row.currency.code) if row is not None and row.iban else None
    unit.abandon()
    return found


def _taken(treasurer: Context, data: bytes, name: str) -> str | None:
    try:
        return service.take_in(treasurer, Sent(data, name))[0].key
    except Refused:
        return None


def _written(
    number: str, iban: str, currency: str, opening: Decimal, entries: Sequence[_Entry], to: date
) -> tuple[bytes, Decimal]:
    """Write a statement (camt.053), and tell what it ends with."""
    closing = opening + sum((each.amount for each in entries), Decimal(0))
    first = min((each.on for each in entries), default=to)
    balances = "".join(_balance(*each, currency) for each in (("OPBD", opening, first), ("CLBD", closing, to)))
    lines = "".join(_entry(each, currency, f"{number}{at:04}") for at, each in enumerate(entries, start=1))
    return (
        f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>BANK-{number}</MsgId><CreDtTm>{to}T22:00:00</CreDtTm></GrpHdr>
<Stmt><Id>2026-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{to}T22:00:00</CreDtTm>
<FrToDt><FrDtTm>{first}T00:00:00</FrDtTm><ToDtTm>{to}T22:00:00</ToDtTm></FrToDt>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>{balances}{lines}</Stmt></BkToCstmrStmt></Document>""".encode(),
        closing,
    )


def _balance(kind: str, amount: Decimal, on: date, currency: str) -> str:
    sign = "DBIT" if amount < 0 else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{abs(amount):.2f}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def _entry(each: _Entry, currency: str, reference: str) -> str:
    sign, side = ("DBIT", "Cdtr") if each.amount < 0 else ("CRDT", "Dbtr")
    amount = f'<Amt Ccy="{currency}">{abs(each.amount):.2f}</Amt>'
    return "".join(_parts(each, sign, side, amount, reference))


def _parts(each: _Entry, sign: str, side: str, amount: str, reference: str) -> Iterable[str]:
    yield f"<Ntry>{amount}<CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
    yield f"<BookgDt><Dt>{each.on}</Dt></BookgDt><ValDt><Dt>{each.on}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
    yield f"<NtryDtls><TxDtls><Refs>{f'<EndToEndId>{each.id}</EndToEndId>' if each.id else ''}</Refs>{amount}"
    if each.name:
        yield f"<RltdPties><{side}><Pty><Nm>{escape(each.name)}</Nm></Pty></{side}></RltdPties>"
    yield f"<RmtInf><Ustrd>{escape(each.words)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
