"""The file of a run: a function of the approved run, valid for the bank, in the form its account asks for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

from app.modules.payments import service
from app.modules.payments.formats import nacha_reading
from tests.acting import system
from tests.scenarios.paying import Owing, Paying
from tests.slices.doing import do, reading
from tests.slices.test_payment_proposal import sql

CORPUS = os.environ.get("OUTLAY_CORPUS")


def rendered_again(run: str) -> bytes:
    """Make the file of a run once more, from what is kept of it."""
    with reading("payment_run", run) as row:
        numbers = {f"{each.supplier.code}/{each.bank_account.number}": each.number for each in row.payments}
        return bytes(service.render(row, numbers))


def test_the_same_run_gives_the_same_bytes_whatever_changed_since(owing: Owing) -> None:
    run = owing.released_run()
    first = owing.file(run)
    sql("UPDATE bank_account SET holder = 'Somebody Else', state = 'retired'")
    sql("UPDATE supplier SET name = 'Vega New'")
    sql("UPDATE paying_account SET holder = 'Another'")
    owing.now = owing.now.replace(month=12)
    assert rendered_again(run) == first


@pytest.mark.skipif(CORPUS is None, reason="OUTLAY_CORPUS is not set")
def test_a_released_file_is_valid_pain001(owing: Owing) -> None:
    owing.owed("R-2", "33.33")
    schema = etree.XMLSchema(etree.parse(str(next(Path(CORPUS or "").rglob("pain.001.001.09.xsd")))))
    document = etree.fromstring(owing.file(owing.released_run()))
    schema.assertValid(document)
    names = {"p": document.nsmap[None]}
    assert document.xpath("string(//p:CtrlSum)", namespaces=names) == "160.00"
    assert document.xpath("string(//p:Ustrd)", namespaces=names) == "R-1, R-2"


def test_a_creditor_reference_of_an_invoice_paid_alone_stands_in_its_own_place(owing: Owing) -> None:
    sql("UPDATE invoice SET payment_reference = 'RF18 5390 0754 7034'")
    assert b"<Ref>RF18539007547034</Ref>" in owing.file(owing.released_run())


def american(paying: Paying) -> None:
    """Let Vega be paid in dollars in America, from an account of ours there."""
    account = {
        "holder": "Halden Inc", "iban": None, "account_number": "12345678", "routing": "021000021", "bic": None, "country": "US",
        "town": "New York", "format": "nacha", "company_id": "1234567890", "destination": "021000021",
        "destination_name": "Chase", "origin": "123456789", "currency": "USD",
    }  # fmt: skip
    paying.account("NY", **account)
    theirs = {"supplier": "VEGA", "holder": "Vega Optics", "account_number": "7654321", "routing": "011401533"}
    key = paying.enter("bank_account", **theirs, country="US", currency="USD")
    do(system(id=6), "bank_account", key, "confirm")
    sql("UPDATE invoice SET account = NULL, account_fingerprint = NULL")
    sql("UPDATE invoice SET currency_id = (SELECT id FROM currency WHERE code = 'USD'), rate = 1")


def test_an_american_account_makes_a_nacha_file_and_files_of_a_day_are_told_apart(owing: Owing) -> None:
    american(owing)
    run = owing.released_run(paying_account="NY")
    data = owing.file(run)
    assert nacha_reading.looks_like(data)
    assert data[:94].decode()[33:34] == "A"
    assert b"R-1" in data
    assert rendered_again(run) == data
    with reading("payment", owing.payments(run)[0]["number"]) as payment:
        assert payment.bank_ids[-1] == "021000020000001"
    owing.owed("R-2")
    sql("UPDATE invoice SET account = NULL, account_fingerprint = NULL")
    sql("UPDATE invoice SET currency_id = (SELECT id FROM currency WHERE code = 'USD'), rate = 1")
    second = owing.file(owing.released_run(paying_account="NY"))
    assert second[:94].decode()[33:34] == "B"
