"""The pages of statements: files taken in, and the desk on which lines and payments are brought together."""

from __future__ import annotations

import io
from contextvars import Context as Empty
from typing import Any

from flask import Flask

from tests.acting import Someone, open_session, signed_in
from tests.console.browsing import post
from tests.scenarios.banking import Banking, Paid, camt053, entry
from tests.scenarios.billing import IBAN


class Window:
    """A browser in which somebody is signed in."""

    def __init__(self, app: Flask, someone: Any) -> None:
        self.client = signed_in(app, Someone(someone.user, someone.code, open_session(someone.user)))

    def get(self, path: str) -> str:
        answer = Empty().run(self.client.get, path, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def post(self, path: str, *, status: int = 204, **values: Any) -> Any:
        """Send a form as htmx does."""
        answer = Empty().run(post, self.client, path, values, headers={"HX-Request": "true"})
        assert answer.status_code == status, answer.text
        return answer


def test_files_are_taken_in_one_by_one_each_with_what_became_of_it(app: Flask, banking: Banking) -> None:
    window = Window(app, banking.tomas)
    data = camt053(entry("-4.50", text="Fee"))
    told = window.post("/bank-statements/capture", status=200, file=(io.BytesIO(data), "day.xml"), account="").text
    assert "STM-2026-00001" in told
    assert "1 line, 0 matched by themselves." in told.replace("\u00a0", " ")
    again = window.post("/bank-statements/capture", status=200, file=(io.BytesIO(data), "day.xml"), account="").text
    assert "it was taken in before, as STM-2026-00001" in again
    assert "Take in statements" in window.get("/bank-statements")


def test_the_desk_shows_lines_payments_and_proposals(app: Flask, paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(
        entry("-120.00", party="Vega Optics", iban=IBAN), entry("-4.50", text="Account fee"), opening="99.00"
    )
    window = Window(app, paid.tomas)
    page = window.get(f"/bank-statements/{key}/reconcile")
    for words in ("The account and the amount are the same.", "88 %", payment, "Account fee", "R-100"):
        assert words in page
    assert f'action="/bank-statements/{key}/reconcile/match"' in window.get("/bank-statements/next")
    window.post(f"/bank-statements/{key}/reconcile/accept", lines="1")
    assert paid.lines(key) == {"1": "matched", "2": "open"}
    done = window.get(f"/bank-statements/{key}/reconcile?show=done")
    assert "Proposal accepted" in done
    assert "Account fee" not in done


def test_a_difference_is_asked_about_in_a_dialog_that_keeps_what_was_ticked(app: Flask, paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-123.50", text="x"))
    window, desk = Window(app, paid.tomas), f"/bank-statements/{key}/reconcile"
    asked = window.post(f"{desk}/match", status=422, lines="1", payments=payment)
    assert "-3.50 EUR of the lines is no payment" in asked.text
    assert f'action="{desk}/match"' in asked.text
    assert f'value="{payment}" selected' in asked.text
    window.post(f"{desk}/match", lines="1", payments=payment, kind="fee", reason="Urgent")
    assert paid.lines(key) == {"1": "matched"}


def test_several_ticked_lines_are_explained_and_opened_again(app: Flask, banking: Banking) -> None:
    key = banking.taken(entry("-4.50", text="a"), entry("-5.50", text="b"))
    window, desk = Window(app, banking.tomas), f"/bank-statements/{key}/reconcile"
    asked = window.get(f"{desk}/explain?lines=1&lines=2&payments=PAY-1")
    assert 'value="1, 2"' in asked
    window.post(f"{desk}/explain", lines="1, 2", kind="fee", reason="Fees of November")
    assert banking.lines(key) == {"1": "explained", "2": "explained"}
    window.post(f"{desk}/undo", lines="2", reason="Not a fee")
    assert banking.lines(key) == {"1": "explained", "2": "open"}


def test_the_auditor_sees_the_desk_and_finds_nothing_to_press(app: Flask, banking: Banking) -> None:
    key = banking.taken(entry("-4.50", text="a"))
    window, desk = Window(app, banking.vera), f"/bank-statements/{key}/reconcile"
    page = window.get(desk)
    assert "data-desk-bar" not in page
    assert 'name="lines"' not in page
    window.post(f"{desk}/explain", status=403, lines="1", kind="fee", reason="x")
    assert banking.lines(key) == {"1": "open"}


def test_a_line_that_no_run_paid_is_booked_as_the_payment_of_open_invoices(app: Flask, banking: Banking) -> None:
    other, invoice = banking.owed("R-1", "50"), banking.owed("R-2")
    banking.invoice(banking.eva, other, "hold", reason="Broken")
    key = banking.taken(entry("-120.00", text="SEPA direct debit"))
    window, desk = Window(app, banking.tomas), f"/bank-statements/{key}/reconcile"
    page = window.get(f"{desk}?side=invoices")
    assert page.index(invoice) < page.index(other)
    for words in ("Invoices", "Book as payment", "Blocked", 'name="invoices"'):
        assert words in page
    asked = window.get(f"{desk}/book?side=invoices&lines=1&invoices={invoice}")
    for words in ("Book as payment: line 1", "How it was paid", f'value="{invoice}" selected', "Paid all the same"):
        assert words in asked
    window.post(f"{desk}/book?side=invoices", lines="1", invoices=invoice, how="direct_debit", reason="Energy contract")
    assert banking.lines(key) == {"1": "matched"}
    done = window.get(f"{desk}?show=done")
    assert "Direct debit: Energy contract" in done
    assert "PAY-HAL-2026-00001" in done
