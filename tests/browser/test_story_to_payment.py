"""The whole way in the browser: eight people take a wish to a payment that is found on the bank's statement."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from playwright.sync_api import Locator, Page, expect
from stdnum import iban

from app.demo.payments import ACCOUNTS
from tests.browser.company import PASSWORD, Company
from tests.browser.places import AUDITOR as ERIK
from tests.browser.places import BUYER as OMAR
from tests.browser.places import CLERK as PRIYA
from tests.browser.places import CONTROLLER as MARTA
from tests.browser.places import HEAD as SOFIA
from tests.browser.places import OTHER_BUYER as NADIA
from tests.browser.places import RECEIVER as JONAS
from tests.browser.places import REQUESTER as LENA
from tests.browser.places import TREASURER as VIKTOR
from tests.browser.test_story import ask, decide, pick, stands_still
from tests.browser.window import DESKTOP, PHONE, Windows
from tests.scenarios.banking import camt053, entry
from tests.servers import ROOT

pytestmark = pytest.mark.usefixtures("changing")
#: The account that pays in euros.
OURS = next(account for account in ACCOUNTS if account[0] == "CZ-EUR")


def press(page: Page, label: str) -> None:
    """Press what a document offers, also behind More actions."""
    head = page.locator(".o-head-actions")
    shown = head.locator("a:visible, button:visible").filter(has_text=re.compile(f"^{label}$"))
    if not shown.count():
        head.get_by_role("button", name="More actions").click()
        shown = page.locator(".o-menu:popover-open").locator("a, button").filter(has_text=re.compile(f"^{label}$"))
    shown.first.click()


def answer(page: Page, **fields: str) -> None:
    """Fill in the dialog of a command, and go on."""
    dialog = page.locator("#dialog[open]")
    for name, value in fields.items():
        dialog.locator(f"[name={name}]").fill(value)
    dialog.locator(".o-dialog-actions .btn-primary, .o-dialog-actions .o-btn-bad").click()
    expect(dialog).to_have_count(0)


def stands(page: Page, state: str) -> None:
    """Wait until a document is in a state, and see that nothing of it lies outside the window."""
    expect(page.locator(".o-head .o-status").first).to_have_text(state)
    stands_still(page)


def keep(page: Page, name: str) -> None:
    """Keep a picture of a page where OUTLAY_PICTURES says."""
    if place := os.environ.get("OUTLAY_PICTURES"):
        size = page.viewport_size or {}
        page.screenshot(path=Path(place) / f"story-{name}-{size['width']}.png", full_page=True)


def row_of(page: Page, text: str) -> Locator:
    """Find the row of a list that says something."""
    return page.locator("tbody tr, [data-o-rows] > li").filter(has_text=text)


def wish(windows: Windows) -> str:
    """Lena asks on her computer; the head of the laboratory, purchasing and the CFO agree, one of them on a phone."""
    key = ask(windows, DESKTOP).rpartition("/")[2]
    for who, size in ((SOFIA, PHONE), (OMAR, DESKTOP), (MARTA, DESKTOP)):
        page = decide(windows, who, size, key, "Approve")
        expect(page.locator(".o-toast")).to_contain_text("approved")
    return key


def paid_before(windows: Windows) -> str:
    """Name a supplier whom this account has paid before."""
    page = windows.open(PRIYA, f"/payments?paying_account={OURS[0]}&state=settled").page
    return page.locator('tbody a[href^="/suppliers/"]').first.inner_text()


def order(windows: Windows, request: str, supplier: str) -> str:
    """Nadia makes an order of what was agreed, and prints it for its supplier."""
    page = windows.open(NADIA, f"/requests/{request}").page
    press(page, "Order")
    page.wait_for_url("**/orders/new*")
    pick(page, "f-supplier", supplier)
    keep(page, "order-form")
    page.locator(".o-submit .btn-primary").click()
    page.wait_for_url(re.compile(r"/orders/PO-2026-\d+$"))
    press(page, "Submit")
    stands(page, "Approved")
    press(page, "Issue")
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=channel]").select_option("print")
    keep(page, "issue")
    answer(page)
    stands(page, "Issued")
    keep(page, "order")
    return page.url.rpartition("/")[2]


def receive(windows: Windows, order: str) -> None:
    """Jonas counts on his phone: from the order two presses, as all that is open stands in the form."""
    page = windows.open(JONAS, f"/orders/{order}", PHONE).page
    keep(page, "order")
    press(page, "Receive")
    page.wait_for_url("**/receipts/new*")
    stands_still(page)
    keep(page, "receive")
    page.get_by_role("button", name="Post", exact=True).click()
    page.wait_for_url(re.compile(r"/receipts/RCV-2026-\d+$"))
    stands(page, "Posted")
    keep(page, "receipt")


def bill(windows: Windows, company: Company, order: str, folder: Path) -> None:
    """The supplier bills five percent more; Priya takes it in, Nadia who agreed the price accepts that, Priya books it."""
    file = folder / "bill.xml"
    words = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "wsgi",
        "outlay",
        "sample-invoice",
        order,
        str(file),
        "--dearer",
        "5",
    ]
    subprocess.run(words, cwd=ROOT, env=company.variables, check=True, capture_output=True)
    page = windows.open(PRIYA, "/invoices/capture").page
    page.locator("input[type=file]").set_input_files(file)
    came = page.locator("[data-o-came] li").first
    expect(came).to_have_attribute("data-tone", "ok")
    keep(page, "taken-in")
    came.locator("b a").click()
    page.wait_for_url(re.compile(r"/invoices/IN-2026-\d+$"))
    stands(page, "Match exception")
    keep(page, "exception")
    settle(windows, numbered(order))
    page.reload()
    stands(page, "Matched")
    press(page, "Submit")
    stands(page, "Approved")
    press(page, "Post")
    answer(page)
    stands(page, "To pay")
    keep(page, "invoice")


def numbered(order: str) -> str:
    """Give the number under which the supplier bills an order."""
    return f"T-{order[-5:]}"


def settle(windows: Windows, bill: str) -> None:
    """Nadia finds the difference in what waits for her, and accepts it with a reason."""
    page = windows.open(NADIA, "/exceptions/waiting").page
    page.locator(".o-queue-link").filter(has_text=bill).click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text(bill)
    keep(page, "to-settle")
    preview.locator("a, button").filter(has_text=re.compile("^Accept")).first.click()
    answer(page, reason="The list price rose in November.")


def pay(windows: Windows, company: Company, bill: str) -> tuple[str, str, str]:
    """Priya proposes a run, Viktor approves it, enters his password once more and releases it."""
    page = windows.open(PRIYA, "/payment-runs/new").page
    _, _, currency, bank, *_ = OURS
    pick(page, "f-paying_account", f"{bank} {currency}")
    page.locator("#f-due_until").fill("2027-06-30")
    keep(page, "run-form")
    page.locator(".o-submit .btn-primary").click()
    page.wait_for_url(re.compile(r"/payment-runs/RUN-2026-\d+$"))
    run = page.url.rpartition("/")[2]
    press(page, "Submit")
    stands(page, "Submitted")
    page = windows.open(VIKTOR, "/").page
    expect(page.locator("main")).to_contain_text(f"{run} to approve")
    page.goto(f"/payment-runs/{run}")
    keep(page, "run")
    press(page, "Approve")
    answer(page)
    stands(page, "Approved")
    grow_stale(company)
    press(page, "Release")
    keep(page, "release")
    answer(page, own_password=PASSWORD)
    stands(page, "Released")
    keep(page, "run-released")
    group = page.locator("tbody").filter(has_text=bill)
    payment, amount = group.locator("a.o-mono").first.inner_text(), group.locator("th.o-num").inner_text()
    return run, payment, re.sub(r"[^\d.]", "", amount)


def grow_stale(company: Company) -> None:
    """Let an hour pass since everybody entered their password."""
    with closing(psycopg2.connect(company.variables["DATABASE_URL"])) as connection, connection:
        connection.cursor().execute("UPDATE login_session SET fresh_at = fresh_at - interval '1 hour'")


def reconcile(windows: Windows, run: str, payment: str, amount: str, folder: Path) -> None:
    """Viktor brings the file to the bank; its statement shows the payment and a fee, and he says what the fee is."""
    page = windows.open(VIKTOR, f"/payment-runs/{run}").page
    with page.expect_download() as fetched:
        press(page, "Fetch file")
    assert payment.encode() in Path(fetched.value.path()).read_bytes()
    *_, country, number, _ = OURS
    ours = f"{country}{iban.calc_check_digits(f'{country}00{number}')}{number}"
    file = folder / "statement.xml"
    booked = entry(f"-{amount}", id=payment), entry("-4.50", text="Account fee")
    file.write_bytes(camt053(*booked, number="77", iban=ours))
    page.goto("/bank-statements/capture")
    page.locator("input[type=file]").set_input_files(file)
    came = page.locator("[data-o-came] li").first
    expect(came).to_contain_text("2 lines, 1 matched by themselves")
    keep(page, "statement-taken-in")
    came.get_by_role("link", name=re.compile("^Reconcile")).click()
    page.get_by_label("Select line 2, ", exact=False).check()
    keep(page, "desk")
    page.get_by_role("button", name=re.compile("^Explain")).click()
    dialog = page.locator("#dialog[open]")
    dialog.locator("[name=kind]").select_option("fee")
    answer(page, reason="Monthly fee")
    expect(page.locator(".o-desk-head .o-status")).to_have_text("Reconciled")
    page.goto(f"/payments/{payment}")
    stands(page, "Settled")
    keep(page, "payment")


def test_from_a_wish_to_a_payment_that_the_bank_has_booked(windows: Windows, company: Company, tmp_path: Path) -> None:
    if not company.variables:
        pytest.skip("needs a company of its own")
    request = wish(windows)
    made = order(windows, request, paid_before(windows))
    receive(windows, made)
    bill(windows, company, made, tmp_path)
    run, payment, amount = pay(windows, company, numbered(made))
    reconcile(windows, run, payment, amount, tmp_path)
    page = windows.open(LENA, f"/requests/{request}").page
    expect(page.locator("main")).to_contain_text(made)
    page = windows.open(ERIK, f"/payments/{payment}").page
    with page.expect_download() as pack:
        press(page, "Evidence pack")
    assert pack.value.suggested_filename == f"{payment}.zip"
