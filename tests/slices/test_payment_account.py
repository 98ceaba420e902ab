"""Accounts of ours that pay: whoever enters or changes one does not confirm it, and nothing is paid meanwhile."""

from __future__ import annotations

from tests.scenarios.paying import OURS, Paying
from tests.slices.doing import do, edit, enter, events, reading, refused

FORM = {
    "code": "SECOND",
    "name": "Second",
    "entity": "HAL",
    "currency": "EUR",
    "holder": "Halden",
    "iban": "DE89370400440532013000",
}


def test_one_person_enters_an_account_and_another_confirms_it(paying: Paying) -> None:
    key = enter(paying.at(paying.tomas), "paying_account", **FORM)
    with refused(("own_change", None)):
        do(paying.at(paying.tomas), "paying_account", key, "confirm")
    assert do(paying.at(paying.jana), "paying_account", key, "confirm").state == "confirmed"
    assert [each["code"] for each in events("paying_account.confirmed")] == ["MAIN", "SECOND"]


def test_any_change_is_looked_at_again_by_somebody_else(paying: Paying) -> None:
    edit(paying.at(paying.jana), "paying_account", "MAIN", bic="GIBAATWWXXX")
    with reading("paying_account", "MAIN") as account:
        assert (account.state, account.makers, account.confirmed_by) == ("proposed", [paying.jana.id], None)
    with refused(("own_change", None)):
        do(paying.at(paying.jana), "paying_account", "MAIN", "confirm")
    do(paying.at(paying.tomas), "paying_account", "MAIN", "confirm")


def test_saving_what_is_there_already_changes_nothing(paying: Paying) -> None:
    edit(paying.at(paying.jana), "paying_account", "MAIN", iban=OURS, bic="RLNWATWWXXX")
    with reading("paying_account", "MAIN") as account:
        assert account.state == "confirmed"


def test_a_retired_account_pays_nothing_and_may_be_entered_again(paying: Paying) -> None:
    do(paying.at(paying.tomas), "paying_account", "MAIN", "retire", reason="Closed")
    with refused(("wrong_state", None)):
        edit(paying.at(paying.tomas), "paying_account", "MAIN", name="Other")
    assert enter(paying.at(paying.tomas), "paying_account", **{**FORM, "iban": OURS}) == "SECOND"


def test_numbers_and_names_of_banks_are_checked(paying: Paying) -> None:
    tomas = paying.at(paying.tomas)
    with refused(("bad_iban", "iban"), ("bad_bic", "bic"), ("bad_currency", "also_pays_in")):
        enter(
            tomas, "paying_account", **{**FORM, "iban": "DE89370400440532013001", "bic": "X", "also_pays_in": "USD QQQ"}
        )
    with refused(("iban_or_number", "iban")):
        enter(tomas, "paying_account", **{**FORM, "iban": None})
    wanted = ("account_number", "routing", "destination", "destination_name", "origin", "company_id")
    with refused(*(("required", name) for name in wanted)):
        enter(tomas, "paying_account", **FORM, format="nacha")
    with refused(("taken", "iban")):
        enter(tomas, "paying_account", **{**FORM, "iban": OURS})


def test_whoever_reads_accounts_never_reads_their_numbers(paying: Paying) -> None:
    with reading("paying_account", "MAIN") as account:
        assert (account.masked, str(account)) == ("AT48 •••• 5864", "Main account")
