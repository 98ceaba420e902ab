"""The pages of payments: what a run pays and why not, its file, the bank's answer, and what waits for a treasurer."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from tests.console.browsing import form, inside, post, text
from tests.scenarios.paying import Paying, pain002


@pytest.fixture
def paying(opened):
    return opened(Paying)


@pytest.fixture
def within(app, paying):
    return inside(app, paying)


def test_a_run_tells_what_each_supplier_gets_and_what_is_left_out(within, client, paying):
    key = within(lambda house: house.owed("R-1"))
    held = within(lambda house: house.owed("R-2"))
    within(lambda house: house.invoice(house.eva, held, "hold", reason="The lamp flickers"))
    run = within(lambda house: house.run(execute_on="2026-12-30"))
    page = client(paying.hanna).get(f"/payment-runs/{run}")
    told = text(page)
    assert "1 payment, 120.00 EUR" in told
    assert "Vega Optics AT61 •••• 3201" in told
    assert "Not proposed 1 invoice" in told
    assert "On hold: The lamp flickers" in told
    assert f'href="/payment-runs/{run}/take_out?invoices={key}"' in page.text
    dialog = client(paying.hanna).get(f"/payment-runs/{run}/take_out?invoices={key}")
    assert "INV-HAL-2026-00001" in text(dialog)


def test_a_treasurer_finds_what_waits_fetches_the_file_and_sends_the_answer_in(within, client, paying):
    within(lambda house: house.owed("R-1"))
    run = within(lambda house: house.run(execute_on="2026-12-30"))
    within(lambda house: house.pay(house.hanna, run, "submit"))
    tomas, hanna = client(paying.tomas), client(paying.hanna)
    assert f"{run} to approve" in text(tomas.get("/"))
    assert f"{run} to approve" not in text(hanna.get("/"))
    within(lambda house: house.pay(house.tomas, run, "approve"))
    assert f"{run} to release" in text(tomas.get("/"))
    within(lambda house: house.pay(house.tomas, run, "release"))
    page = tomas.get(f"/payment-runs/{run}")
    led = post(tomas, f"/payment-runs/{run}/fetch_file")
    fetched = tomas.get(led.headers["Location"])
    assert fetched.headers["Content-Disposition"] == f'attachment; filename="{run}.xml"'
    assert fetched.data == within(lambda house: house.file(run))
    assert hanna.get(led.headers["Location"]).status_code == 403
    assert tomas.get(led.headers["Location"][:-3]).status_code == 403
    number = within(lambda house: house.payments(run))[0]["number"]
    drawn = form(page, f"/payment-runs/{run}/answer")
    answer = pain002(run, (number, "RJCT", "AC04"))
    sent = {**drawn, "file": (io.BytesIO(answer), "status.xml")}
    done = tomas.post(f"/payment-runs/{run}/answer", data=sent, content_type="multipart/form-data")
    assert done.status_code == 303
    assert "1 failed" in text(tomas.get(f"/payment-runs/{run}"))
    again = {**drawn, "file": (io.BytesIO(answer), "status.xml")}
    refused = tomas.post(f"/payment-runs/{run}/answer", data=again, content_type="multipart/form-data")
    assert (refused.status_code, "This file was taken in before." in text(refused)) == (409, True)


def test_an_invoice_shows_its_payment_as_the_last_stage(within, client, paying):
    key = within(lambda house: house.owed("R-1"))
    run = within(lambda house: house.released_run())
    number = within(lambda house: house.payments(run))[0]["number"]
    assert number in text(client(paying.eva).get(f"/invoices/{key}"))
    assert "INV-HAL-2026-00001" in text(client(paying.tomas).get(f"/payments/{number}"))


def test_an_evidence_pack_is_led_to_by_a_link_for_whoever_may_take_one(within, client, paying):
    within(lambda house: house.owed("R-1"))
    run = within(lambda house: house.released_run())
    number = within(lambda house: house.payments(run))[0]["number"]
    tomas, hanna = client(paying.tomas), client(paying.hanna)
    led = post(tomas, f"/payments/{number}/evidence")
    pack = tomas.get(led.headers["Location"])
    assert pack.headers["Content-Disposition"] == f'attachment; filename="{number}.zip"'
    with zipfile.ZipFile(io.BytesIO(pack.data)) as archive:
        assert archive.testzip() is None
        assert "index.html" in archive.namelist()
    assert hanna.get(led.headers["Location"]).status_code == 403


def test_the_story_of_an_invoice_tells_whose_act_was_what_and_not_every_check_anew(within, client, paying):
    key = within(lambda house: house.owed("R-1"))
    within(lambda house: house.released_run())
    page = text(client(paying.eva).get(f"/invoices/{key}/activity"))
    assert "Eva Horak submitted the invoice" in page
    assert "Eva Horak posted the invoice" in page
    assert "Tomas Dvorak changed the invoice" in page
    assert "Tomas Dvorak released" not in page  # he released the run; to release an invoice is to let it go
    assert re.search(r"Checks now \d+ worked out", page)
    assert "Nothing like it was captured before" not in page


def test_the_way_of_an_invoice_says_what_came_before_and_is_not_for_its_reader(within, client, paying):
    key = within(lambda house: house.owed("R-1"))
    page = text(client(paying.eva).get(f"/invoices/{key}"))
    assert "Request None shown Order PO-2026-00001" in page
    assert "Payment Not yet" in page
