"""What valid paying accounts, runs and payments look like, and how runs come to their states: proposed, approved, released."""

from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.infra import activity, files, unit
from app.infra.db import db
from app.kernel.actor import Actor, Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import context_of, system
from tests.factories.invoices import ROUTES as INVOICE_ROUTES
from tests.factories.invoices import _supplier
from tests.factories.suppliers import company_name, iban

#: Long enough ago that an account confirmed then may be paid to.
BEFORE = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
_REASON = {"reason": "As agreed"}


def _long_ago(id: int) -> Context:
    return context_of(Actor(id=id, name=f"Outlay {id}", is_system=True), now=BEFORE)


def paying_account(maker: Any, number: int) -> dict[str, Any]:
    """Make a form of an account of ours."""
    empty = (
        "also_pays_in",
        "account_number",
        "routing",
        "destination",
        "destination_name",
        "origin",
        "company_id",
        "bic",
    )
    return {
        **dict.fromkeys(empty),
        "code": f"ACC-{number}",
        "name": f"Account {number}",
        "entity": maker.key("entity"),
        "currency": maker.key("currency"),
        "format": "pain001",
        "holder": "Works AG",
        "bic": "COBADEFFXXX",
        "town": "Berlin",
        "country": "DE",
        "iban": iban(7_000_000 + number),
    }


def payment_run(maker: Any, number: int) -> dict[str, Any]:
    """Make a form of a run from a confirmed account; something is due, so that it pays something."""
    _payable(maker)
    return {
        "paying_account": _account(maker),
        "currency": maker.key("currency"),
        "execute_on": "2026-12-15",
        "due_until": "2026-12-31",
        "take_discounts": True,
        "note": f"Run {number}",
    }


def _account(maker: Any) -> str:
    """Give an account that may pay."""
    name = f"confirmed_account of {maker.key('entity')}"
    if name not in maker.made:
        key = maker.create(registry["paying_account"])
        unit.execute(system(id=993), registry["paying_account"], key, "confirm", {})
        maker.made[name] = key
    return str(maker.made[name])


def _payable(maker: Any) -> str:
    """Book an invoice of a supplier whose account was confirmed long ago; give its reference."""
    supplier, number = _supplier(maker), maker.next()
    if maker.made.get("paid_to") != supplier:
        form = {"supplier": supplier, "holder": "Alba AB", "iban": iban(8_000_000 + number), "bic": "COBADEFFXXX"}
        key = unit.create(_long_ago(0), registry["bank_account"], {**form, "currency": maker.key("currency")}).key
        unit.execute(_long_ago(994), registry["bank_account"], key, "confirm", {})
        unit.save(system(), registry["supplier"], supplier, {"town": "Berlin"})
        maker.made["paid_to"] = supplier
    form = maker.form(registry["invoice"])
    price, net, tax = 10 + number, Decimal("32.5") + 2 * number, Decimal("6.5") + Decimal("0.4") * number
    first, second = form["lines"]
    # Numbers, days and amounts unlike each other, so that none is taken for a copy of another.
    form |= {
        "supplier_number": f"{company_name(number)}{number}",
        "issued_on": f"2026-10-{number % 28 + 1:02}",
        "lines": [{**first, "price": str(price), "amount": str(2 * price)}, second],
        "taxes": [{"category": "S", "rate": "20", "basis": str(net), "amount": str(tax)}],
        **dict.fromkeys(("lines_total", "net_total"), str(net)),
        "tax_total": str(tax),
        **dict.fromkeys(("total", "payable"), str(net + tax)),
    }
    invoice = unit.create(system(), registry["invoice"], form).key
    INVOICE_ROUTES["invoice", "posted"](maker, invoice)
    return str(invoice)


def _fill(maker: Any, key: str) -> None:
    """See that a draft pays something."""
    if not _paid(key):
        _payable(maker)
        unit.execute(system(id=990), registry["payment_run"], key, "propose", {})


def _paid(key: str) -> list[str]:
    """List the invoices in a run."""
    statement = text(
        "SELECT i.reference FROM payment_item p JOIN invoice i ON i.id = p.invoice_id JOIN payment_run r ON r.id = p.run_id"
        " WHERE r.number = :key ORDER BY p.position"
    )
    with db.engine.connect() as connection:
        return list(connection.execute(statement, {"key": key}).scalars())


def _route(*names: str) -> Any:
    def go(maker: Any, key: str) -> None:
        _fill(maker, key)
        for at, name in enumerate(names):
            arguments = _REASON if name in ("cancel", "send_back") else {}
            unit.execute(system(id=980 + at), registry["payment_run"], key, name, arguments)

    return go


def _reject(maker: Any, key: str) -> None:
    _route("submit", "approve", "release")(maker, key)
    _answer(key, "RJCT")
    unit.execute(system(id=990), registry["payment_run"], key, "read_answer", {"file": "RJCT.xml"})


def _settle(maker: Any, key: str) -> None:
    _route("submit", "approve", "release")(maker, key)
    _answer(key, "ACSC")
    unit.execute(system(id=990), registry["payment_run"], key, "read_answer", {"file": "ACSC.xml"})


def _answer(key: str, status: str) -> None:
    """Attach what a bank says of a whole file."""
    data = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>{status}-{key}</MsgId><CreDtTm>2026-11-27T08:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>
<OrgnlMsgId>{key}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>{status}</GrpSts></OrgnlGrpInfAndSts>
</CstmrPmtStsRpt></Document>"""
    stored = files.store().put(io.BytesIO(data.encode()))
    activity.attach(system(), registry["payment_run"], key, stored, f"{status}.xml")


def payment(maker: Any) -> str:
    """Send a payment; give its number."""
    key = maker.in_state(registry["payment_run"], "released")
    statement = text("SELECT p.number FROM payment p JOIN payment_run r ON r.id = p.run_id WHERE r.number = :key")
    with db.engine.connect() as connection:
        return str(connection.execute(statement, {"key": key}).scalars().first())


def _run_of(number: str) -> str:
    statement = text("SELECT r.number FROM payment_run r JOIN payment p ON r.id = p.run_id WHERE p.number = :number")
    with db.engine.connect() as connection:
        return str(connection.execute(statement, {"number": number}).scalar_one())


def _paid_back(status: str, *after: str) -> Any:
    def go(maker: Any, number: str) -> None:
        run = _run_of(number)
        for each in (status, *after):
            _answer(run, each)
            unit.execute(system(id=990), registry["payment_run"], run, "read_answer", {"file": f"{each}.xml"})

    return go


FORMS = {"paying_account": paying_account, "payment_run": payment_run}
ROWS = {"payment": payment}
ROUTES = {
    ("payment_run", "submitted"): _route("submit"),
    ("payment_run", "approved"): _route("submit", "approve"),
    ("payment_run", "released"): _route("submit", "approve", "release"),
    ("payment_run", "settled"): _settle,
    ("payment_run", "failed"): _reject,
    ("payment_run", "cancelled"): _route("submit", "approve", "cancel"),
    ("payment", "settled"): _paid_back("ACSC"),
    ("payment", "failed"): _paid_back("RJCT"),
    ("payment", "returned"): _paid_back("ACSC", "RJCT"),
}


def _taken(maker: Any, key: str) -> dict[str, Any]:
    return {"invoices": _paid(key)[:1], "reason": "Not yet"}


def _added(maker: Any, key: str) -> dict[str, Any]:
    return {"invoices": [_payable(maker)]}


def _read(maker: Any, key: str) -> dict[str, Any]:
    _answer(key, "ACCP")
    return {"file": "ACCP.xml"}


def _stop(maker: Any, key: str) -> None:
    """Block the supplier that an approved run pays, or empty a draft."""
    with db.engine.connect() as connection:
        statement = text("SELECT state FROM payment_run WHERE number = :key")
        state = connection.execute(statement, {"key": key}).scalar_one()
    if state == "draft":
        for invoice in _paid(key):
            unit.execute(system(id=990), registry["payment_run"], key, "take_out", {"invoices": [invoice]})
        return
    with contextlib.suppress(Refused):
        for invoice in _paid(key):
            unit.execute(system(), registry["invoice"], invoice, "hold", _REASON)


ARGUMENTS = {"payment_run.take_out": _taken, "payment_run.put_in": _added, "payment_run.read_answer": _read}
OBSTRUCTED = {"payment_run.submit": _stop, "payment_run.release": _stop}
