"""What bank statements look like: of an account that pays, with a fee, a line as large as one invoice, and one that is neither."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.taking import Sent
from app.kernel.resource import registry
from tests.acting import system
from tests.factories.payments import _account
from tests.scenarios.banking import camt053, entry

FEE, PAID, OTHER = "1", "2", "3"


def statement(maker: Any) -> str:
    """Take a statement in; give its number."""
    from app.modules.statements import service

    account, number = _account(maker), maker.next()
    iban, currency = _known(account)
    data = camt053(
        entry("-4.50", text="Account fee", ref=f"F{number:06}"),
        entry("-45.00", text="Payment", ref=f"P{number:06}"),
        entry("17.00", text="Something else", party="Somebody", ref=f"O{number:06}"),
        number=str(number),
        iban=iban,
        opening=f"{number}000.00",
    )
    [taken] = service.take_in(system(), Sent(data.replace(b"EUR", currency.encode()), f"statement-{number}.xml"))
    assert taken.key is not None
    return taken.key


def _known(code: str) -> tuple[str, str]:
    """Tell number and currency of an account of ours."""
    db.session.rollback()
    with unit.reading(system()) as bound:
        from app.infra.intake import find_row

        row = find_row(bound, registry["paying_account"], code)
        return str(row.iban), str(row.currency.code)


def _payment(maker: Any, key: str) -> str:
    """Send a payment from the account of a statement; give its number."""
    statement = text(
        "SELECT a.code, e.code FROM bank_statement s JOIN paying_account a ON a.id = s.account_id"
        " JOIN entity e ON e.id = s.entity_id WHERE s.number = :key"
    )
    with db.engine.connect() as connection:
        account, entity = connection.execute(statement, {"key": key}).one()
    maker.made |= {"confirmed_account": account, "entity": entity}
    return str(maker.create(registry["payment"]))


def _say(key: str, name: str, **arguments: Any) -> None:
    unit.execute(system(), registry["bank_statement"], key, name, arguments)


def _explain(maker: Any, key: str) -> None:
    """Let something be said of a line, where nothing was said of any yet."""
    statement = text("SELECT state FROM bank_statement WHERE number = :key")
    with db.engine.connect() as connection:
        is_open = connection.execute(statement, {"key": key}).scalar_one() == "open"
    if is_open:
        _say(key, "explain", lines=[FEE], kind="fee", reason="Monthly fee")


def _reconcile(maker: Any, key: str) -> None:
    _say(key, "explain", lines=[FEE, PAID, OTHER], kind="other", reason="Known")


def _propose(maker: Any, key: str) -> None:
    """Let a payment be proposed for the line that is as large."""
    _payment(maker, key)
    _say(key, "propose")


ROWS = {"bank_statement": statement}
ROUTES = {("bank_statement", "reconciled"): _reconcile}
PREPARED = {"bank_statement.undo": _explain, "bank_statement.accept": _propose}
ARGUMENTS = {
    "bank_statement.accept": lambda maker, key: {"lines": [PAID]},
    "bank_statement.explain": lambda maker, key: {"lines": [FEE], "kind": "fee", "reason": "Monthly fee"},
    "bank_statement.match": lambda maker, key: {"lines": [PAID], "payments": [_payment(maker, key)]},
    "bank_statement.undo": lambda maker, key: {"lines": [FEE], "reason": "Entered by mistake"},
}
