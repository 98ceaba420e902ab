"""What bank statements look like: of an account that pays, a fee that is explained, a line that names an invoice, and one that names nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.taking import Sent
from app.kernel.resource import registry
from tests.acting import system
from tests.factories.invoices import ROUTES as INVOICE_ROUTES
from tests.factories.payments import _account, _payable
from tests.scenarios.banking import camt053, entry

FEE, PAID, OTHER = "1", "2", "3"


def statement(maker: Any) -> str:
    """Take a statement in; give its number."""
    from app.modules.statements import service

    account, number = _account(maker), maker.next()
    iban, currency = _known(account)
    data = camt053(
        entry("-4.50", text="Account fee", ref=f"F{number:06}"),
        entry("-40.00", text=f"For {_document(str(number))}", ref=f"P{number:06}"),
        entry("17.00", text="Something else", party="Somebody", ref=f"O{number:06}"),
        number=str(number),
        iban=iban,
        opening=f"{number}000.00",
    )
    [taken] = service.take_in(system(), Sent(data.replace(b"EUR", currency.encode()), f"statement-{number}.xml"))
    assert taken.key is not None
    _say(taken.key, "explain", lines=[FEE], kind="fee", reason="Monthly fee")
    return taken.key


def _document(number: str) -> str:
    """Name the invoice that a line says it pays; there is none yet."""
    return f"DOC{number:0>6}"


def _known(code: str) -> tuple[str, str]:
    """Tell number and currency of an account of ours."""
    db.session.rollback()
    with unit.reading(system()) as bound:
        from app.infra.intake import find_row

        row = find_row(bound, registry["paying_account"], code)
        return str(row.iban), str(row.currency.code)


def _payment(maker: Any, key: str) -> str:
    """Send a payment from the account of a statement; give its number."""
    _at_home(maker, key)
    return str(maker.create(registry["payment"]))


def _at_home(maker: Any, key: str) -> None:
    """Let what is made next belong to the account of a statement."""
    statement = text(
        "SELECT a.code, e.code FROM bank_statement s JOIN paying_account a ON a.id = s.account_id"
        " JOIN entity e ON e.id = s.entity_id WHERE s.number = :key"
    )
    with db.engine.connect() as connection:
        account, entity = connection.execute(statement, {"key": key}).one()
    maker.made |= {"confirmed_account": account, "entity": entity}


def _say(key: str, name: str, **arguments: Any) -> None:
    unit.execute(system(), registry["bank_statement"], key, name, arguments)


def _reconcile(maker: Any, key: str) -> None:
    _say(key, "explain", lines=[PAID, OTHER], kind="other", reason="Known")


def _propose(maker: Any, key: str) -> None:
    """Pay the invoice that a line names with more than the line says, so that the two are proposed to each other."""
    with db.engine.connect() as connection:
        statement = text("SELECT stated_number FROM bank_statement WHERE number = :key")
        number = str(connection.execute(statement, {"key": key}).scalar_one()).rpartition(" ")[2]
    _at_home(maker, key)
    _payable(maker)
    invoice = maker.create(registry["invoice"], supplier_number=_document(number))
    INVOICE_ROUTES["invoice", "posted"](maker, invoice)
    maker.create(registry["payment"])
    _say(key, "propose")


def _owed(maker: Any, key: str) -> str:
    """Book an invoice that the account of a statement could have paid; give its reference."""
    _at_home(maker, key)
    return _payable(maker)


def _undone(maker: Any, _: str) -> str:
    """Book a line as a payment and take that back; give the number of the payment."""
    key = statement(maker)
    _say(key, "book", **ARGUMENTS["bank_statement.book"](maker, key))
    _say(key, "undo", lines=[PAID], reason="It was the rent")
    found = text("SELECT number FROM payment WHERE state = 'undone' ORDER BY id DESC LIMIT 1")
    with db.engine.connect() as connection:
        return str(connection.execute(found).scalar_one())


ROWS = {"bank_statement": statement}
ROUTES = {("bank_statement", "reconciled"): _reconcile, ("payment", "undone"): _undone}
PREPARED = {"bank_statement.accept": _propose}
ARGUMENTS: dict[str, Any] = {
    "bank_statement.accept": lambda maker, key: {"lines": [PAID]},
    "bank_statement.book": lambda maker, key: {
        "lines": [PAID],
        "invoices": [_owed(maker, key)],
        "how": "direct_debit",
        "kind": "fee",
        "reason": "Collected by the supplier",
    },
    "bank_statement.explain": lambda maker, key: {"lines": [OTHER], "kind": "other", "reason": "Known"},
    "bank_statement.match": lambda maker, key: {
        "lines": [PAID],
        "payments": [_payment(maker, key)],
        "reason": "Paid in two parts",
    },
    "bank_statement.undo": lambda maker, key: {"lines": [FEE], "reason": "Entered by mistake"},
}
