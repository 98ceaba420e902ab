"""What is said when a page cannot be shown."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from app.console import home
from app.kernel.problem import Kind, Problem, Refused
from tests.console.browsing import post, text, token


def raising(error):
    def build(visit):
        raise error

    return build


@pytest.mark.parametrize("kind", list(Kind))
def test_every_refusal_has_a_page_in_its_own_words_inside_the_menu(app, buyer, monkeypatch, kind):
    monkeypatch.setattr(home, "build", raising(Refused(kind, Problem("because", "Because it is Tuesday."))))
    page = buyer.get("/")
    assert page.status_code == kind.value
    assert "Because it is Tuesday." in text(page)
    assert "Suppliers" in text(page)
    assert page.headers["X-Request-ID"] in page.text


def test_an_unexpected_failure_tells_nothing_of_its_inside(app, buyer, monkeypatch, caplog):
    monkeypatch.setattr(home, "build", raising(RuntimeError("the secret inside")))
    page = buyer.get("/")
    assert page.status_code == 500
    assert "Something broke here" in text(page)
    assert "the secret inside" not in page.text
    assert "the secret inside" in caplog.text


def test_without_a_database_the_page_says_so_and_needs_none(app, buyer, monkeypatch):
    monkeypatch.setattr(home, "build", raising(OperationalError("SELECT 1", {}, Exception("server closed"))))
    page = buyer.get("/")
    assert page.status_code == 503
    assert "Outlay cannot reach its database" in text(page)


def test_what_takes_the_database_too_long_is_stopped_and_told(app, buyer, monkeypatch):
    def slow(visit, *_, **__):
        visit.context.session.execute(sql("SET LOCAL statement_timeout = '20ms'"))
        visit.context.session.execute(sql("SELECT pg_sleep(5)"))

    monkeypatch.setattr(home, "build", slow)
    page = buyer.get("/")
    assert page.status_code == 503
    assert "This took too long and was stopped" in text(page)
    assert "cannot reach its database" not in text(page)


def test_an_address_that_leads_nowhere_says_so(app, buyer):
    page = buyer.get("/nothing/here")
    assert page.status_code == 404
    assert "Nothing is here" in text(page)
    assert buyer.get("/suppliers/S-99999").status_code == 404
    assert "Supplier S-99999 was not found." in text(buyer.get("/suppliers/S-99999"))


def test_a_script_gets_the_same_words_as_json(app, buyer):
    answer = buyer.get("/suppliers/lookup/nothing", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json["detail"] == "Supplier has no picker nothing."


def test_a_part_of_a_form_without_a_name_is_refused(app, buyer):
    head = b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token(buyer).encode()
    nameless = head + b"\r\n--x\r\nContent-Disposition: form-data\r\n\r\nred\r\n--x--\r\n"
    assert (
        buyer.post("/suppliers/new", data=nameless, content_type="multipart/form-data; boundary=x").status_code == 400
    )


def test_a_form_too_large_is_refused_with_the_limit(app, buyer):
    page = post(buyer, "/suppliers/new", {"name": "x" * (6 * 1024 * 1024)})
    assert page.status_code == 413
    assert "This is too large" in text(page)


@pytest.mark.parametrize("path", ["/suppliers?after=%00", "/suppliers?q=%00%ff", "/suppliers/%00", "/suppliers/%ff%fe", "/suppliers?size=-1",
                                  "/suppliers?state=%00", "/suppliers/lookup/entity?q=%00", "/find?q=%00%27%22", "/sessions/999999999999999999999",
                                  "/suppliers?payment_days.from=9" + "9" * 400, "/suppliers?columns=" + "x," * 500, "/suppliers?view=x"])  # fmt: skip
def test_odd_addresses_never_end_in_a_crash(app, buyer, make, path):
    make("supplier")
    assert buyer.get(path).status_code in (200, 400, 404, 422)
