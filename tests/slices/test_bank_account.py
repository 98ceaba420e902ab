"""Bank accounts: encrypted, masked, entered by one person and confirmed by another, unpaid until cooled off."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from app.infra import unit, violations
from app.infra.db import db
from app.kernel.actor import Context
from app.kernel.resource import registry
from tests.acting import acting, system
from tests.factories.suppliers import iban
from tests.making import Maker
from tests.slices.doing import audited, do, edit, enter, events, reading, refused, sees, why_not

ANNA, BORIS, CARLA = 901, 902, 903
NUMBER = iban(4711)


def clerk(id: int = ANNA) -> Context:
    return acting("AP clerk", id=id)


def treasurer(id: int = BORIS) -> Context:
    return acting("Treasurer", id=id)


def both(id: int) -> Context:
    """Act as somebody who may do all, which no real person should."""
    return acting("AP clerk", "Treasurer", id=id)


def make(maker: Maker, context: Context | None = None, **values: Any) -> str:
    return maker.create(registry["bank_account"], context or clerk(), **values)


def stored(column: str, key: str) -> str | None:
    db.session.rollback()
    statement = text(f"SELECT {column} FROM bank_account WHERE number = :k")
    return db.session.execute(statement, {"k": key}).scalar_one()


# --- what is kept --------------------------------------------------------------------------------------------------


def test_an_account_is_encrypted_masked_and_found_by_its_fingerprint(maker: Maker) -> None:
    key = make(maker, iban=f" {NUMBER[:4].lower()} {NUMBER[4:12]} {NUMBER[12:]}", country=None)
    assert NUMBER not in (stored("iban", key) or NUMBER)
    with reading("bank_account", key) as account:
        assert (account.iban, account.country, account.masked) == (NUMBER, "DE", f"{NUMBER[:4]} •••• {NUMBER[-4:]}")
        assert NUMBER not in str(account)


def test_no_account_number_is_told_by_audit_event_or_search(maker: Maker) -> None:
    make(maker, iban=NUMBER)
    db.session.rollback()
    for table in ("audit_entry", "outbox_event", "bank_account", "idempotency_key"):
        content = db.session.execute(text(f"SELECT string_agg(t::text, ' ') FROM {table} t")).scalar() or ""
        assert NUMBER not in content
        assert NUMBER[4:20] not in content


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"iban": "DE00370400440532013000"}, ("bad_iban", "iban")),
        ({"iban": None}, ("iban_or_number", "iban")),
        ({"account_number": "1"}, ("iban_or_number", "iban")),
        ({"country": "AT"}, ("other_country", "country")),
        ({"bic": "XX"}, ("bad_bic", "bic")),
        ({"iban": None, "account_number": "12345678", "country": None}, ("required", "country")),
    ],
)
def test_what_is_wrong_with_an_account_is_said_at_its_field(
    maker: Maker, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    form = maker.form(registry["bank_account"])
    with refused(expected):
        enter(clerk(), "bank_account", **{**form, **values})


def test_a_supplier_has_an_account_once(maker: Maker) -> None:
    make(maker, iban=NUMBER)
    form = {**maker.form(registry["bank_account"]), "iban": NUMBER}
    with refused(("taken", "iban")):
        enter(clerk(), "bank_account", **form)
    make(maker, iban=NUMBER, supplier=maker.create(registry["supplier"]))


def test_an_account_is_seen_with_its_supplier(maker: Maker) -> None:
    entity = maker.key("entity")
    key = make(maker, supplier=maker.create(registry["supplier"], entity=entity))
    with reading("entity", entity) as row:
        here = row.id
    assert sees(acting("AP clerk", entity=here), "bank_account", key)
    assert not sees(acting("AP clerk", entity=here + 1000), "bank_account", key)


@pytest.mark.parametrize("role", ["Requester", "Approver", "Receiver", "Controller", "Administrator"])
def test_who_has_nothing_to_do_with_payments_sees_no_account(maker: Maker, role: str) -> None:
    assert not sees(acting(role), "bank_account", make(maker))


# --- confirming ----------------------------------------------------------------------------------------------------


def test_a_second_person_confirms_an_account_and_it_cools_off(maker: Maker) -> None:
    key = make(maker)
    assert do(treasurer(), "bank_account", key, "confirm").state == "confirmed"
    with reading("bank_account", key) as account:
        assert (account.confirmed_by, account.usable_from) == (BORIS, date(2026, 11, 25))
        supplier = account.supplier.code
    assert events("bank_account.confirmed") == [{"number": key, "supplier": supplier, "usable_from": "2026-11-25"}]


def test_whoever_entered_an_account_does_not_confirm_it(maker: Maker) -> None:
    key = make(maker, both(ANNA))
    assert why_not(both(ANNA), "bank_account", key, "confirm") == ["own_change"]
    with refused(("own_change", None)):
        do(both(ANNA), "bank_account", key, "confirm")


def test_whoever_ever_changed_an_account_does_not_confirm_it(maker: Maker) -> None:
    key = make(maker, both(ANNA))
    edit(both(BORIS), "bank_account", key, holder="Alba Aktiebolag")
    edit(both(ANNA), "bank_account", key, holder="Alba AB")
    for hand in (ANNA, BORIS):
        with refused(("own_change", None)):
            do(both(hand), "bank_account", key, "confirm")
    do(both(CARLA), "bank_account", key, "confirm")


def test_the_database_itself_knows_that_makers_do_not_confirm(maker: Maker) -> None:
    key = make(maker, both(ANNA))
    with refused(("own_change", None)), unit.transaction(system(), "test.side_door") as bound:
        from app.infra.intake import find_row

        account = find_row(bound, registry["bank_account"], key)
        account.state, account.confirmed_by, account.usable_from = "confirmed", ANNA, date(2026, 1, 1)
        try:
            bound.session.flush()
        except Exception as error:
            raise violations.translated(error) from error


def test_the_cooling_off_is_a_setting(maker: Maker) -> None:
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE setting SET value = '10' WHERE name = 'suppliers.cooling_off_days'"))
    db.session.info.pop("settings", None)
    key = make(maker)
    do(treasurer(), "bank_account", key, "confirm")
    with reading("bank_account", key) as account:
        assert account.usable_from == date(2026, 12, 2)


def test_a_confirmed_account_is_not_edited(maker: Maker) -> None:
    key = maker.in_state(registry["bank_account"], "confirmed")
    with refused(("wrong_state", None)):
        edit(clerk(), "bank_account", key, holder="Mallory")


def test_a_change_is_a_new_account_that_replaces_the_old_one_when_confirmed(maker: Maker) -> None:
    old = make(maker, iban=NUMBER)
    do(treasurer(), "bank_account", old, "confirm")
    new = make(maker, iban=NUMBER, holder="Alba Holding AB", replaces=old)
    with reading("bank_account", old) as account:
        assert account.state == "confirmed"
    do(treasurer(), "bank_account", new, "confirm")
    with reading("bank_account", old) as account:
        assert (account.state, account.state_reason) == ("retired", f"Replaced by {new}")
    assert ("bank_account.confirm", "changed") in audited("bank_account", old)


def test_an_account_replaces_only_a_confirmed_one_of_its_supplier(maker: Maker) -> None:
    proposed = make(maker)
    foreign = make(maker, supplier=maker.create(registry["supplier"]))
    do(treasurer(), "bank_account", foreign, "confirm")
    form = maker.form(registry["bank_account"])
    with refused(("not_confirmed", "replaces")):
        enter(clerk(), "bank_account", **form, replaces=proposed)
    with refused(("other_supplier", "replaces")):
        enter(clerk(), "bank_account", **form, replaces=foreign)


def test_two_changes_of_one_account_are_not_both_confirmed(maker: Maker) -> None:
    old = make(maker)
    do(treasurer(), "bank_account", old, "confirm")
    first, second = make(maker, replaces=old), make(maker, replaces=old)
    do(treasurer(), "bank_account", first, "confirm")
    with refused(("not_confirmed", "replaces")):
        do(treasurer(), "bank_account", second, "confirm")


# --- rejecting and retiring ----------------------------------------------------------------------------------------


def test_a_rejected_account_is_never_confirmed(maker: Maker) -> None:
    key = make(maker)
    do(treasurer(), "bank_account", key, "reject", reason="The phone number was wrong")
    with refused(("wrong_state", None)):
        do(treasurer(CARLA), "bank_account", key, "confirm")
    assert events("bank_account.rejected")[0]["reason"] == "The phone number was wrong"


def test_a_retired_account_may_be_proposed_again(maker: Maker) -> None:
    key = make(maker, iban=NUMBER)
    do(treasurer(), "bank_account", key, "confirm")
    assert do(treasurer(), "bank_account", key, "retire", reason="Closed").state == "retired"
    assert do(treasurer(), "bank_account", make(maker, iban=NUMBER), "confirm").state == "confirmed"


@pytest.mark.parametrize(("state", "command"), [("proposed", "reject"), ("confirmed", "retire")])
def test_turning_an_account_down_needs_a_reason(maker: Maker, state: str, command: str) -> None:
    key = maker.in_state(registry["bank_account"], state)
    with refused(("required", "reason")):
        do(treasurer(), "bank_account", key, command)


def test_an_accounts_clerk_confirms_nothing(maker: Maker) -> None:
    key = make(maker)
    for command, arguments in (("confirm", {}), ("reject", {"reason": "x"})):
        with refused(("forbidden", None)):
            do(clerk(BORIS), "bank_account", key, command, **arguments)
