"""Payments of the demo company: a run every four weeks, mostly paid by the bank; the last ones wait for somebody."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.infra import activity, files, unit
from app.infra.db import db
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry

CLERK, CONTROLLER, TREASURER = "priya.nair", "marta.keller", "viktor.hruska"
#: Codes of the accounts that pay, whose they are, currency, bank, BIC, country, the bank's own number, town.
ACCOUNTS = (
    ("CZ-EUR", "HCZ", "EUR", "Raiffeisenbank", "RZBCCZPP", "CZ", "55000000001011038930", "Brno"),
    ("AT-EUR", "HAT", "EUR", "Erste Bank", "GIBAATWWXXX", "AT", "2011182345678901", "Wien"),
    ("DE-EUR", "HDE", "EUR", "Commerzbank", "COBADEFFXXX", "DE", "370400440532013000", "Dresden"),
    ("CZ-CZK", "HCZ", "CZK", "Raiffeisenbank", "RZBCCZPP", "CZ", "55000000002021038937", "Brno"),
)
#: From where nothing was paid for a while, so that runs wait: at the bank, to be released, to be approved, a draft.
_WAITS, _WAITED, _STEPS_DONE = "CZ-CZK", 100, (3, 2, 1, 0)
_EVERY, _FIRST, _FAILED, _AHEAD = 28, 285, 89, timedelta(days=28)
ActAs = Callable[[str, datetime], Context]


def seed(act_as: ActAs, now: datetime) -> None:
    """Enter the accounts that pay, and pay what was due over the year."""
    for code, entity, currency, bank, bic, country, number, town in ACCOUNTS:
        form = {
            "code": code, "name": f"{bank} {currency}", "entity": entity, "currency": currency, "bank_name": bank,
            "holder": _holder(entity), "iban": _iban(country, number), "bic": bic, "town": town, "country": country,
            "format": "pain001",
        }  # fmt: skip
        unit.create(act_as(CONTROLLER, now - timedelta(days=300)), registry["paying_account"], form)
        unit.execute(act_as(TREASURER, now - timedelta(days=299)), registry["paying_account"], code, "confirm", {})
    for ago in range(_FIRST, 0, -_EVERY):
        for code, entity, currency, *_ in ACCOUNTS:
            is_left = code == _WAITS and ago < _WAITED
            if not is_left and _is_due(entity, currency, _ago(now, ago) + _AHEAD):
                _pay(act_as, now, code, ago)
    for at, done in enumerate(_STEPS_DONE):
        key = _propose(act_as, now, _WAITS, 0, timedelta(days=40)) or ""
        _share(act_as(CLERK, now), key, len(_STEPS_DONE) - at)
        for who, act in ((CLERK, "submit"), (TREASURER, "approve"), (TREASURER, "release"))[:done]:
            _do(act_as(who, now), key, act)


def _share(context: Context, key: str, runs: int) -> None:
    """Leave to later runs what this one need not pay."""
    statement = (
        "SELECT DISTINCT i.reference FROM payment_item p JOIN invoice i ON i.id = p.invoice_id JOIN payment_run r"
        " ON r.id = p.run_id WHERE r.number = :key ORDER BY 1"
    )
    found = [reference for (reference,) in _rows(statement, key=key)]
    later = found[-(-len(found) // runs) :]
    if later:
        _do(context, key, "take_out", invoices=later, reason="Paid with the next run")


def _holder(entity: str) -> str:
    return str(_rows("SELECT coalesce(legal_name, name) FROM entity WHERE code = :code", code=entity)[0][0])


def _is_due(entity: str, currency: str, until: datetime) -> bool:
    statement = (
        "SELECT 1 FROM open_item o JOIN invoice i ON i.id = o.invoice_id JOIN entity e ON e.id = i.entity_id JOIN currency c"
        " ON c.id = i.currency_id WHERE e.code = :entity AND c.code = :currency AND o.due_on <= :until AND o.settled <> o.amount"
    )
    return bool(_rows(statement, entity=entity, currency=currency, until=until.date()))


def _rows(statement: str, **given: Any) -> list[Any]:
    found = [tuple(row) for row in db.session.execute(text(statement), given)]
    db.session.remove()
    return found


def _pay(act_as: ActAs, now: datetime, account: str, ago: int) -> None:
    """Propose, approve and release the run of a month; the bank has paid what is older than some days."""
    key = _propose(act_as, now, account, ago, _AHEAD)
    if key is None:
        return
    _do(act_as(CLERK, _ago(now, ago)), key, "submit")
    _do(act_as(TREASURER, _ago(now, ago, 2)), key, "approve")
    _do(act_as(TREASURER, _ago(now, ago, 3)), key, "release")
    if ago > _EVERY:
        _answer(act_as(TREASURER, _ago(now, ago - 1)), key, fails=ago == _FAILED)


def _propose(act_as: ActAs, now: datetime, account: str, ago: int, ahead: timedelta) -> str | None:
    """Enter a run; one that would pay nothing is given up."""
    at = _ago(now, ago)
    form = {"paying_account": account, "due_until": (at.date() + ahead).isoformat()}
    key = unit.create(act_as(CLERK, at), registry["payment_run"], form).key
    paid = db.session.execute(
        text("SELECT items_count FROM payment_run WHERE number = :key"), {"key": key}
    ).scalar_one()
    db.session.remove()
    if paid or not ago:
        return key
    _do(act_as(CLERK, at), key, "cancel", reason="Nothing is due")
    return None


def _answer(context: Context, key: str, *, fails: bool) -> None:
    """Let the bank answer; once it does not know the account of somebody any more."""
    statement = "SELECT p.number FROM payment p JOIN payment_run r ON r.id = p.run_id WHERE r.number = :key ORDER BY 1"
    numbers = [number for (number,) in _rows(statement, key=key)]
    if not numbers:
        return
    rows = "".join(_status(number, fails=fails and number == numbers[0]) for number in numbers)
    data = f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>STATUS-{key}</MsgId><CreDtTm>{context.now:%Y-%m-%dT%H:%M:%S}</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{key}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{key}-1</OrgnlPmtInfId>{rows}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""
    name = f"status-{key}.xml"
    activity.attach(context, registry["payment_run"], key, files.store().put(io.BytesIO(data.encode())), name)
    _do(context, key, "read_answer", file=name)


def _status(number: str, *, fails: bool) -> str:
    reason = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>" if fails else ""
    status = "RJCT" if fails else "ACSC"
    return f"<TxInfAndSts><OrgnlEndToEndId>{number}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}</TxInfAndSts>"


def _do(context: Context, key: str, command: str, **arguments: Any) -> None:
    """Run a command as people would: what is refused stays as it is."""
    try:
        unit.execute(context, registry["payment_run"], key, command, arguments)
    except Refused:
        return


def _ago(now: datetime, days: int, hours: int = 0) -> datetime:
    day = now - timedelta(days=days)
    while day.weekday() > 4 and days:  # noqa: PLR2004
        day -= timedelta(days=1)
    return min(day + timedelta(hours=hours), now)


def _iban(country: str, number: str) -> str:
    """Put the check digits before an account number."""
    digits = "".join(str(int(char, 36)) for char in f"{number}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{number}"
