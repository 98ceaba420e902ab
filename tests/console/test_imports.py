"""Bringing rows in by page: choose a file, match, check, import, and what became of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text as sql

from app.infra.db import db
from app.infra.transfer import work
from app.workers.perform import drain
from tests.acting import person, signed_in
from tests.console.browsing import form, text, token
from tests.importing import as_csv, rows_of
from tests.making import Maker

SUPPLIERS = ["code", "name", "country", "currency", "Colour"]


@pytest.fixture
def currency(app: Flask, maker: Maker) -> str:
    with app.app_context():
        return maker.key("currency")


def upload(client: Any, content: bytes, address: str = "/suppliers/import", name: str = "new.csv", **more: str) -> Any:
    data = {"csrf_token": token(client), "file": (io.BytesIO(content), name), **more}
    return client.post(address, data=data, content_type="multipart/form-data")


def send(client: Any, page: Any, ident: str = "intake", action: str = "", **changes: Any) -> Any:
    address = re.search(rf'<form[^>]*{f"id=.{ident}." if ident else ""}[^>]*action="([^"]*{action})"', page.text)
    assert address
    return client.post(address[1], data={**form(page, action=address[1]), **changes})


def follow(client: Any, answer: Any) -> Any:
    assert answer.status_code == 303, text(answer)
    return client.get(answer.headers["Location"])


def suppliers(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        db.session.rollback()
        return [tuple(row) for row in db.session.execute(sql("SELECT code, name FROM supplier ORDER BY code"))]


def matched(client: Any, content: bytes, **columns: str) -> Any:
    """Upload, match, and stop where the check is lined up; answer the page of the import."""
    page = follow(client, upload(client, content))
    return follow(client, send(client, page, **columns))


def test_a_file_goes_in_by_four_steps(app: Flask, buyer: Any, currency: str) -> None:
    first = buyer.get("/suppliers/import")
    assert "Drop a CSV or Excel file here" in text(first)
    content = as_csv([SUPPLIERS, ["S-1", "Alba", "SE", currency, "red"], ["S-2", "Boreal", "Sweden", currency, ""]])
    page = follow(buyer, upload(buyer, content))
    assert "new.csv, UTF-8, comma between cells. Nothing is saved until you import." in text(page)
    refused = send(buyer, page)
    assert refused.status_code == 422
    assert "Colour: choose the field it fills, or leave it out." in text(refused)
    page = follow(buyer, send(buyer, page, **{"column-4": ""}))
    assert "Checking: the file is being read" in text(page)
    drain(app)
    address = re.search(r'hx-get="(/imports/[^"]+)"', page.text)
    assert address
    polled = buyer.get(address[1], headers={"HX-Request": "true"})
    assert polled.status_code == 204
    page = buyer.get(polled.headers["HX-Redirect"])
    words = text(page)
    assert "All 2 New 1 Changed 0 Same 0 With errors 1" in words
    assert "1 row will be saved, 0 the same, 1 stay out" in words
    assert page.text.count('class="is-bad"') == 1
    assert suppliers(app) == []
    page = follow(buyer, send(buyer, page))
    drain(app)
    done = buyer.get(address[1].removesuffix("/progress"))
    assert "2 rows: 1 entered, 1 refused" in text(done)
    assert suppliers(app) == [("S-1", "Alba")]
    report = buyer.get(f"{address[1].removesuffix('/progress')}/refused.csv")
    assert report.headers["Content-Disposition"].startswith("attachment; filename=")
    [head, row] = rows_of(report.data)
    assert (head[:3], row[0], row[2:]) == (
        ["Line of the file", "Why it stayed out", "code"],
        "3",
        ["S-2", "Boreal", "Sweden", currency, ""],
    )


def test_a_cell_is_corrected_on_the_page_and_checked_again(app: Flask, buyer: Any, currency: str) -> None:
    content = as_csv([SUPPLIERS[:4], ["S-2", "Boreal", "Sweden", currency]])
    matched(buyer, content)
    drain(app)
    page = buyer.get("/imports/1")
    assert "With errors 1" in text(page)
    follow(buyer, send(buyer, page, ident="", action="/correct", value="SE"))
    drain(app)
    page = buyer.get("/imports/1")
    assert "New 1 Changed 0 Same 0 With errors 0" in text(page)
    follow(buyer, send(buyer, page))
    drain(app)
    assert suppliers(app) == [("S-2", "Boreal")]


def test_all_rows_or_none_is_chosen_on_the_page_and_refused_in_words(app: Flask, buyer: Any, currency: str) -> None:
    matched(buyer, as_csv([SUPPLIERS[:4], ["S-1", "Alba", "SE", currency], ["S-2", "Boreal", "Sweden", currency]]))
    drain(app)
    refused = send(buyer, buyer.get("/imports/1"), whole="1")
    assert refused.status_code == 422
    assert "1 row is refused, so none would go in. Correct them, or let the good rows in." in text(refused)
    assert suppliers(app) == []


def test_each_tab_shows_its_rows_and_the_first_is_the_one_with_errors(app: Flask, buyer: Any, currency: str) -> None:
    matched(buyer, as_csv([SUPPLIERS[:4], ["S-1", "Alba", "SE", currency], ["S-2", "Boreal", "Sweden", currency]]))
    drain(app)
    assert "Boreal" in buyer.get("/imports/1").text
    assert "Alba" not in buyer.get("/imports/1").text
    created = buyer.get("/imports/1?show=created").text
    assert ("Alba" in created, "Boreal" in created) == (True, False)
    everything = buyer.get("/imports/1?show=all").text
    assert ("Alba" in everything, "Boreal" in everything) == (True, True)
    assert buyer.get("/imports/1?show=nonsense&after=x").status_code == 200


def test_more_errors_than_fit_on_a_page_are_on_the_next(app: Flask, buyer: Any, currency: str) -> None:
    rows = [[f"S-{n}", f"Firm {n}", "Sweden", currency] for n in range(250)]
    matched(buyer, as_csv([SUPPLIERS[:4], *rows]))
    drain(app)
    first = buyer.get("/imports/1")
    assert first.text.count('class="is-bad"') == 200
    following = re.search(r'href="([^"]+)" aria-label="Next page"', first.text)
    assert following
    second = buyer.get(following[1].replace("&amp;", "&"))
    assert second.text.count('class="is-bad"') == 50
    assert "Firm 249" in second.text


def test_columns_begin_as_somebody_matched_them_last_and_can_be_matched_afresh(
    app: Flask, buyer: Any, currency: str
) -> None:
    content = as_csv([SUPPLIERS, ["S-1", "Alba", "SE", currency, "red"]])
    page = follow(buyer, upload(buyer, content))
    assert "Columns as matched" not in text(page)
    checking = follow(buyer, send(buyer, page, **{"column-4": ""}))
    drain(app)
    page = buyer.get(re.findall(r'hx-get="(/imports/\d+)/progress', checking.text)[0])
    follow(buyer, send(buyer, page))
    again = follow(buyer, upload(buyer, as_csv([SUPPLIERS, ["S-2", "Boreal", "SE", currency, "blue"]])))
    assert re.search(r"Columns as matched on \w+ \d+ \w+ by [A-Z]\w+ \w+\. Start afresh", text(again))
    assert form(again, action=re.findall(r'action="(/imports/\d+/match)"', again.text)[0])["column-4"] == ""
    [afresh] = re.findall(r'href="(/imports/\d+/match\?afresh=yes)"', again.text)
    page = buyer.get(afresh)
    assert "Columns as matched" not in text(page)
    assert form(page, action=afresh.partition("?")[0])["column-4"] == "?"


def test_a_file_is_read_again_in_the_encoding_a_person_names(app: Flask, buyer: Any, currency: str) -> None:
    content = as_csv([SUPPLIERS[:4], ["S-1", "Škoda", "CZ", currency]]).decode().encode("windows-1250")
    page = follow(buyer, upload(buyer, content))
    assert "Windows-1252, Western European (a guess: look at the letters with accents)" in text(page)
    page = follow(buyer, send(buyer, page, ident="", action="/read", encoding="windows-1250"))
    assert "Škoda" in text(page)
    refused = send(buyer, page, ident="", action="/read", heading="99")
    assert (refused.status_code, "There is no heading." in text(refused)) == (422, True)


def test_what_is_no_table_is_refused_on_the_page_of_the_upload(app: Flask, buyer: Any) -> None:
    for content, words in ((b"%PDF-1.7", "This is a PDF. Send CSV, XLSX or JSON."), (b"", "The file is empty.")):
        refused = upload(buyer, content)
        assert (refused.status_code, words in text(refused)) == (422, True)
    nothing = buyer.post("/suppliers/import", data={"csrf_token": token(buyer)}, content_type="multipart/form-data")
    assert (nothing.status_code, "Choose a file." in text(nothing)) == (422, True)


def test_an_empty_file_with_every_column_is_offered(app: Flask, buyer: Any) -> None:
    answer = buyer.get("/units/import/template.csv")
    assert answer.status_code == 403
    [head] = rows_of(buyer.get("/suppliers/import/template.csv").data)
    assert head[:2] == ["code", "name"]
    assert "contacts.email" in head


def test_without_the_right_every_page_is_refused_and_the_menu_does_not_lead_there(
    app: Flask, client_of: Callable[..., Any], buyer: Any, currency: str
) -> None:
    matched(buyer, as_csv([SUPPLIERS[:4], ["S-1", "Alba", "SE", currency]]))
    stranger = client_of("rita.requester", "Requester")
    assert "/imports" not in stranger.get("/").text
    assert 'href="/imports"' in buyer.get("/").text
    assert stranger.get("/suppliers/import").status_code == 403
    assert upload(stranger, b"code\nA\n").status_code == 403
    assert stranger.get("/imports").status_code == 403
    for path in ("", "/match", "/progress", "/refused.csv"):
        assert stranger.get(f"/imports/1{path}").status_code == 404, path
    for path in ("match", "read", "start", "cancel", "correct"):
        data = {"csrf_token": token(stranger), "row": "2", "name": "0", "value": "x"}
        assert stranger.post(f"/imports/1/{path}", data=data).status_code == 404, path
        assert buyer.post(f"/imports/1/{path}", data={}).status_code == 400, path
    assert suppliers(app) == []


def test_imports_are_listed_for_whoever_made_them_and_who_oversees_jobs(
    app: Flask, client_of: Callable[..., Any], administrator: Any, buyer: Any, currency: str
) -> None:
    assert "No imports yet" in text(buyer.get("/imports"))
    matched(buyer, as_csv([SUPPLIERS[:4], ["S-1", "Alba", "SE", currency]]))
    another = client_of("nora.next", "Buyer")
    assert "new.csv" in text(buyer.get("/imports"))
    assert "new.csv" in text(administrator.get("/imports"))
    assert "new.csv" not in text(another.get("/imports"))


def test_an_import_is_stopped_on_its_page(app: Flask, buyer: Any, currency: str) -> None:
    page = matched(buyer, as_csv([SUPPLIERS[:4], ["S-1", "Alba", "SE", currency]]))
    stopped = follow(buyer, send(buyer, page, ident="", action="/cancel"))
    assert "The import was stopped." in text(stopped)
    drain(app)
    assert "Cancelled" in text(buyer.get("/imports/1"))
    assert suppliers(app) == []


def test_the_same_file_a_second_time_is_pointed_out(app: Flask, buyer: Any, currency: str) -> None:
    content = as_csv([SUPPLIERS[:4], ["S-1", "Alba", "SE", currency]])
    matched(buyer, content)
    drain(app)
    follow(buyer, send(buyer, buyer.get("/imports/1")))
    drain(app)
    matched(buyer, content)
    drain(app)
    page = buyer.get("/imports/2")
    assert "This very file was imported before." in text(page)
    assert "Same 1" in text(page)
    assert "Import 0" not in text(page)


def test_an_import_that_stopped_goes_on_from_its_page(
    app: Flask, buyer: Any, currency: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "LINES_AT_ONCE", 2)
    matched(buyer, as_csv([SUPPLIERS[:4], *([f"S-{n}", f"Firm {n}", "SE", currency] for n in range(5))]))
    drain(app)
    follow(buyer, send(buyer, buyer.get("/imports/1")))
    real, calls = work.write, []

    def faulty(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise ZeroDivisionError
        return real(*arguments)

    monkeypatch.setattr(work, "write", faulty)
    drain(app)
    page = buyer.get("/imports/1")
    assert "Failed" in text(page)
    assert "Go on after row 2" in text(page)
    follow(buyer, send(buyer, page, ident="", action="/start"))
    drain(app)
    assert "5 rows: 5 entered" in text(buyer.get("/imports/1"))
    assert len(suppliers(app)) == 5


def test_imports_are_found_by_the_name_of_their_file(app: Flask, buyer: Any, currency: str) -> None:
    upload(buyer, as_csv([SUPPLIERS[:4]]), name="vendors 2026.csv")
    assert "vendors 2026.csv" in text(buyer.get("/imports?q=VENDORS"))
    assert "No import of such a file" in text(buyer.get("/imports?q=100%25"))


def test_what_no_column_gives_is_said_once_for_all_rows_and_the_sums_are_told(app: Flask, maker: Maker) -> None:
    with app.app_context():
        entity, currency = maker.key("entity"), maker.key("currency")
        clerk = signed_in(app, person("cleo.clerk", "AP clerk"))
    content = as_csv([["Date of payment", "Net", "Supplier name"], ["2021-03-01", "(12.50)", "Redacted"]])
    page = follow(clerk, upload(clerk, content, "/spending/import"))
    assert "The same for all new rows" in text(page)
    wrong = send(clerk, page, **{"fixed-entity": "NOWHERE", "fixed-currency": currency})
    assert (wrong.status_code, "NOWHERE was not found" in text(wrong)) == (422, True)
    answer = follow(clerk, send(clerk, page, **{"fixed-entity": entity, "fixed-currency": currency}))
    drain(app)
    checked = clerk.get(answer.request.path)
    assert "Amount: -12.50 in the file = -12.50 to come in + 0.00 refused." in text(checked)
