"""The pages of invoices: files taken in, an invoice beside its order, what does not match settled from a list."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.console.browsing import form, inside, post, text
from tests.einvoice.test_pdf import made
from tests.scenarios.billing import Billing, ubl

LAMPS = [{"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT", "tax_code": "AT20"}]


@pytest.fixture
def billing(opened):
    return opened(Billing)


@pytest.fixture
def within(app, billing):
    return inside(app, billing)


@pytest.fixture
def order(within) -> str:
    return within(lambda house: house.issued(lines=LAMPS))


def sent(client: Any, *files: tuple[bytes, str], **fields: str) -> Any:
    """Send files to the page, as its form does without a script."""
    drawn = form(client.get("/invoices/capture"), "/invoices/capture")
    given = {**drawn, **fields, "file": [(io.BytesIO(data), name) for data, name in files]}
    return client.post("/invoices/capture", data=given, content_type="multipart/form-data")


def test_of_each_file_the_page_tells_what_became_of_it(client, billing, order):
    eva = client(billing.eva)
    files = [
        (ubl("R-1", ("Lamp", "10", "90"), order=order), "one.xml"),
        (b"GIF89a", "two.gif"),
        (made(text="Bill"), "three.pdf"),
    ]
    page = sent(eva, *files)
    told = text(page)
    assert page.status_code == 200
    assert "Vega Optics R-1" in told
    assert "It keeps every rule of EN 16931. Its sums add up." in told
    assert "two.gif Refused." in told
    assert "A plain PDF: it is entered by hand." in told
    assert page.text.count(">Open<") == page.text.count(">Enter it<") == 1


def test_a_part_of_the_page_answers_with_the_lines_alone(client, billing):
    eva = client(billing.eva)
    drawn = form(eva.get("/invoices/capture"), "/invoices/capture")
    data = {**drawn, "file": (io.BytesIO(ubl("R-1", ("Lamp", "1", "90"))), "one.xml")}
    answer = eva.post(
        "/invoices/capture", data=data, content_type="multipart/form-data", headers={"HX-Request": "true"}
    )
    assert answer.text.strip().startswith("<li")
    assert "<html" not in answer.text


def test_the_page_of_an_invoice_says_what_does_not_match_and_who_settles_it(client, billing, within, order):
    key = within(lambda house: house.receive(order, "10") and house.captured("R-1", ("Lamp", "10", "95"), order=order))
    page = client(billing.nadia).get(f"/invoices/{key}")
    told = text(page)
    assert "1 difference has to be settled before it can go on. It waits for the buyer." in told
    assert "For the buyer, due" in told
    assert f"{order} line 1" in told
    assert "90.00" in told
    assert "+5.00" in told
    assert "What matches" in told
    assert f'href="/orders/{order}"' in page.text
    number = within(lambda house: house.exceptions(key)["price"])
    assert f"/exceptions/{number}/accept?next=" in page.text
    assert "Everything it says" in told
    assert "VAT identifier ATU12345675" in told
    assert "AT61 •••• 3201" in told
    assert "AT611904300234573201" not in page.text


def test_what_waits_for_a_buyer_is_accepted_from_the_list(client, billing, within, order):
    key = within(lambda house: house.receive(order, "10") and house.captured("R-1", ("Lamp", "10", "95"), order=order))
    number = within(lambda house: house.exceptions(key)["price"])
    nadia = client(billing.nadia)
    page = nadia.get("/exceptions/waiting")
    assert "Vega Optics R-1" in text(page)
    assert "What was compared" in text(page)
    assert "Nothing waits for you" in text(client(billing.eva).get("/exceptions/waiting"))
    assert f'href="/exceptions/waiting/{number}?tab=mine"' in nadia.get("/").text
    assert "Vega Optics R-1" not in text(client(billing.eva).get("/"))
    url = f"/exceptions/{number}/accept?next=%2Fexceptions%2Fwaiting"
    dialog = nadia.get(url)
    answer = post(nadia, url, {**form(dialog), "reason": "The list price rose"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/exceptions/waiting")
    assert within(lambda house: house.stands(key)) == "matched"
    assert "Nothing waits for you" in text(nadia.get("/exceptions/waiting"))
    told = text(nadia.get(f"/invoices/{key}"))
    assert "The list price rose" in told
    assert "It matches." in told


def test_several_are_accepted_at_once_and_each_refusal_is_named(client, billing, within, order):
    def both(house):
        house.receive(order, "10")
        return (
            house.captured("R-1", ("Lamp", "1", "95"), order=order),
            house.captured("R-2", ("Lamp", "2", "99"), order=order, iban="AT483200000012345864"),
        )

    first, second = within(both)
    good = within(lambda house: house.exceptions(first)["price"])
    bad = within(lambda house: house.exceptions(second)["bank_account"])
    nadia = client(billing.nadia)
    data = {"keys": [good, bad], "confirmed": "1", "reason": "Agreed on the telephone"}
    token = form(nadia.get("/exceptions/waiting?tab=all"), "/exceptions/bulk/accept")["csrf_token"]
    page = nadia.post("/exceptions/bulk/accept", data={**data, "csrf_token": token})
    told = text(page)
    assert "Done for 1 exception." in told
    assert f"{bad} Accept with a reason does not settle this." in told
    assert within(lambda house: house.exceptions(second, "accepted")) == {}


def test_a_plain_pdf_is_entered_beside_the_picture_of_its_page(client, billing, within):
    [found] = within(lambda house: house.capture(made(text="Bill 17"), name="scan.pdf"))
    eva = client(billing.eva)
    page = eva.get(f"/invoices/{found.key}/edit")
    assert f'src="/invoices/{found.key}/pages/1"' in page.text
    picture = eva.get(f"/invoices/{found.key}/pages/1")
    assert (picture.status_code, picture.mimetype, picture.data[:8]) == (200, "image/png", b"\x89PNG\r\n\x1a\n")
    again = eva.get(f"/invoices/{found.key}/pages/1", headers={"If-None-Match": picture.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert eva.get(f"/invoices/{found.key}/pages/2").status_code == 404
    assert client(billing.lena).get(f"/invoices/{found.key}/pages/1").status_code in (403, 404)
    assert "Enter what stands on the page, then match it." in text(eva.get(f"/invoices/{found.key}"))


def test_every_stage_leads_to_the_invoice(client, billing, within, order):
    receipt = within(lambda house: house.receive(order, "10"))
    key = within(lambda house: house.captured("R-1", ("Lamp", "10", "90"), order=order))
    eva = client(billing.eva)
    for url in (f"/orders/{order}", f"/receipts/{receipt}"):
        assert f'href="/invoices/{key}"' in eva.get(url).text, url
    page = eva.get(f"/invoices/{key}").text
    assert f'href="/orders/{order}"' in page
    assert f'href="/receipts/{receipt}"' in page
    assert f'href="/invoices/new?order={order}' in eva.get(f"/orders/{order}").text
