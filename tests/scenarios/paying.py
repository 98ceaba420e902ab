"""The office that pays: Hanna enters runs, Tomas approves and releases them, four days after the account was confirmed."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.infra import activity, files, identity, unit
from app.infra.db import db
from app.kernel.actor import Context
from app.kernel.resource import registry
from tests.acting import NOW, Someone, context_of, system
from tests.scenarios.billing import Billing, ubl

OURS = "AT483200000012345864"
#: When accounts confirmed on the first day may be paid to.
THEN = NOW + timedelta(days=4)


class Paying(Billing):
    """The company with an account that pays, a budget to spend, somebody who proposes, and two who release."""

    def __init__(self) -> None:
        super().__init__()
        self.hanna = self.person("hanna.weiss", "AP clerk", cost_centre="HAL-0")
        self.tomas = self.person("tomas.dvorak", "Treasurer", cost_centre="HAL-0")
        self.jana = self.person("jana.mala", "Treasurer", cost_centre="HAL-0")
        self.now: datetime = THEN
        self.account()
        self.budget("LAB", "90000")

    def account(self, code: str = "MAIN", **changes: Any) -> str:
        """Enter an account of ours, and let a second person confirm it."""
        form = {
            "code": code, "name": "Main account", "entity": "HAL", "currency": "EUR", "holder": "Halden Instruments",
            "iban": OURS, "bic": "RLNWATWWXXX", "town": "Wien", "country": "AT", "format": "pain001",
        }  # fmt: skip
        key = self.enter("paying_account", **{**form, **changes})
        self.do(system(id=6), "paying_account", key, "confirm")
        return key

    def at(self, someone: Someone) -> Context:
        """Let somebody act now."""
        return context_of(identity.actor_of(db.session(), someone.user), now=self.now)

    def owed(self, number: str, price: str = "100", due: str = "", on: str = "2026-11-20", quantity: str = "1") -> str:
        """Let Vega deliver and bill something; give the booked invoice, 20 percent tax on top of the price."""
        line = {"text": "Lamp", "quantity": quantity, "unit": "C62", "unit_price": price, "category": "OPT"}
        order = self.issued(lines=[line])
        self.receive(order, quantity)
        return self.posted(self.captured(number, ("Lamp", quantity, price), order=order, on=on, due=due))

    def credited(self, number: str, of: str, price: str) -> str:
        """Let Vega credit a part of an invoice; give the booked credit note."""
        number_of = self.look(of, lambda row: row.supplier_number, "invoice")
        order = self.look(of, lambda row: row.order.number, "invoice")
        data = ubl(number, ("Lamp", "1", price), kind="381", preceding=str(number_of), order=str(order))
        [found] = self.capture(data)
        key = str(found.key)
        lines = [{**line, "amount_only": "yes"} for line in self.invoice_lines(key)]
        self.edit(self.eva.context(), "invoice", key, lines=lines)
        if self.stands(key) != "matched":
            self.invoice(self.eva, key, "match")
        return self.posted(key)

    def run(self, by: Someone | None = None, **changes: Any) -> str:
        """Let Hanna propose a run."""
        form = {"paying_account": "MAIN", "due_until": "2026-12-31", **changes}
        return unit.create(self.at(by or self.hanna), registry["payment_run"], form).key

    def pay(self, someone: Someone, key: str, command: str, **arguments: Any) -> Any:
        """Let somebody run a command on a run."""
        return unit.execute(self.at(someone), registry["payment_run"], key, command, arguments)

    def approved_run(self, **changes: Any) -> str:
        """Propose a run, and let Tomas approve it."""
        key = self.run(**changes)
        self.pay(self.hanna, key, "submit")
        self.pay(self.tomas, key, "approve")
        return key

    def released_run(self, **changes: Any) -> str:
        """Propose a run, and let Tomas approve and release it."""
        key = self.approved_run(**changes)
        self.pay(self.tomas, key, "release")
        return key

    def in_run(self, key: str) -> dict[str, Decimal]:
        """Tell what a run pays, by invoice."""
        return dict(self.look(key, lambda row: {i.invoice.reference: i.amount for i in row.items}, "payment_run"))

    def out_of_run(self, key: str) -> dict[str, str]:
        """Tell what a run leaves out, by invoice, with the codes of the reasons."""
        return dict(self.look(key, lambda row: {i.invoice.reference: i.code for i in row.left_out}, "payment_run"))

    def run_state(self, key: str) -> str:
        """Tell the state of a run."""
        return str(self.look(key, lambda row: row.state, "payment_run"))

    def payments(self, run: str) -> list[dict[str, Any]]:
        """Tell the payments of a run."""
        db.session.rollback()
        statement = text(
            "SELECT p.number, p.state, p.amount, p.discount, p.state_reason, p.bank_says FROM payment p"
            " JOIN payment_run r ON r.id = p.run_id WHERE r.number = :run ORDER BY p.number"
        )
        return [dict(row._mapping) for row in db.session.execute(statement, {"run": run})]

    def left(self, invoice: str) -> Decimal:
        """Tell what is open of an invoice."""
        return Decimal(self.look(invoice, lambda row: row.open_amount, "invoice"))

    def file(self, run: str) -> bytes:
        """Give the file of a run as it is kept."""
        digest = str(self.look(run, lambda row: row.file_hash, "payment_run"))
        with files.store().open(digest) as content:
            return content.read()

    def answer(self, run: str, data: bytes, name: str = "answer.xml", by: Someone | None = None) -> Any:
        """Attach a file of the bank to a run, and let Tomas have it read."""
        stored = files.store().put(io.BytesIO(data))
        activity.attach(self.at(by or self.tomas), registry["payment_run"], run, stored, name)
        return self.pay(by or self.tomas, run, "read_answer", file=name)


class Owing(Paying):
    """The same when Vega has billed a lamp for 100 EUR and tax, and nothing has been paid."""

    def __init__(self) -> None:
        super().__init__()
        self.first = self.owed("R-1")


def pain002(original: str, *statuses: tuple[str, str, str], whole: str = "") -> bytes:
    """Write what a bank answers: id, status and reason of each payment."""
    rows = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        + (f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else "")
        + "</TxInfAndSts>"
        for id, status, reason in statuses
    )
    batch = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{original}-1</OrgnlPmtInfId>{rows}</OrgnlPmtInfAndSts>" if rows else ""
    group = f"<GrpSts>{whole}</GrpSts>" if whole else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>ANS-{original}-{len(rows)}</MsgId><CreDtTm>2026-11-27T08:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{original}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>
{batch}</CstmrPmtStsRpt></Document>""".encode()
