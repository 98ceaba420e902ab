"""The page of a row: its facts, lines, what refers to it, its story, its files."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import text as sql

from app.infra.db import db
from tests.console.browsing import post, statements, text, token

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def supplier(make):
    return make("supplier")


def test_the_page_shows_facts_state_lines_and_what_is_possible(app, buyer, supplier):
    page = text(buyer.get(f"/suppliers/{supplier}"))
    for words in ("Prospect", "Legal name", "Maja Berg", "VAT number", "Approve", "Edit", "Duplicate", "Created by"):
        assert words in page, words


def test_what_refers_to_a_row_is_listed_with_the_way_to_all_of_it(app, administrator, make):
    entity = make("entity")
    centres = [make("cost_centre", entity=entity) for _ in range(7)]
    page = administrator.get(f"/entities/{entity}").text
    shown = set(re.findall(r'href="/cost-centres/([^"?/]+)"', page))
    assert len(shown & set(centres)) == 5
    assert f'href="/cost-centres?entity={entity}"' in page
    assert f'href="/cost-centres/new?entity={entity}"' in page
    everything = administrator.get(f"/cost-centres?entity={entity}&size=100").text
    assert set(re.findall(r'<tr data-url="/cost-centres/([^"]+)"', everything)) == set(centres)


def test_rows_out_of_reach_are_in_no_related_list(app, client_of, make):
    here, there = make("entity"), make("entity")
    mine, hidden = make("supplier", entity=here), make("supplier", entity=there)
    item = make("currency")
    local = client_of("local.buyer", "Buyer", entity=here)
    with app.app_context():
        code = (
            db.session.execute(sql("SELECT c.code FROM currency c JOIN supplier s ON s.currency_id = c.id"))
            .scalars()
            .first()
        )
    page = local.get(f"/currencies/{code}").text
    assert item
    assert f"/suppliers/{mine}" in page
    assert hidden not in page


def test_a_reference_that_leads_nowhere_for_the_reader_is_no_link(app, client_of, make, somebody):
    here, there = make("entity"), make("entity")
    owner = somebody("far.away", "Requester", entity=there)
    supplier = make("supplier", entity=here, owner=owner.code)
    local = client_of("local.buyer", "Buyer", entity=here)
    page = local.get(f"/suppliers/{supplier}").text
    assert "Far Away" in page
    assert "/people/far.away" not in page


def test_a_comment_is_seen_with_its_mentions(app, buyer, somebody, supplier):
    somebody("jana.novak", "Buyer")
    found = buyer.get("/mentions?q=jan").json["results"]
    assert found == [{"id": "jana.novak", "text": "Jana Novak", "hint": "jana.novak"}]
    answer = post(
        buyer,
        f"/suppliers/{supplier}/comments",
        {"text": "Look, @[Jana Novak](jana.novak) <b>please</b>"},
        headers=HTMX,
    )
    assert answer.status_code == 200
    assert '<b class="o-mention">@jana.novak</b>' in answer.text
    assert "&lt;b&gt;please&lt;/b&gt;" in answer.text
    with app.app_context():
        row = db.session.execute(sql("SELECT text, mentions FROM comment")).one()
    assert (row.text, row.mentions) == ("Look, @jana.novak <b>please</b>", ["jana.novak"])


def test_a_mention_waits_on_the_first_page_of_who_was_asked_and_may_see_it(app, buyer, client_of, supplier):
    jana, lena = client_of("jana.novak", "Buyer"), client_of("lena.nobody")
    post(buyer, f"/suppliers/{supplier}/comments", {"text": "@jana.novak and @lena.nobody, is this ours?"})
    assert "is this ours?" in text(jana.get("/"))
    assert "is this ours?" not in text(lena.get("/"))
    assert "Nothing waits for you" in text(lena.get("/"))


def test_an_empty_comment_is_refused_where_it_was_written(app, buyer, supplier):
    answer = post(buyer, f"/suppliers/{supplier}/comments", {"text": "  "}, headers=HTMX)
    assert answer.status_code == 422
    assert "The comment is empty." in text(answer)
    whole = post(buyer, f"/suppliers/{supplier}/comments", {"text": "x" * 6000})
    assert whole.status_code == 422
    assert "x" * 6000 in whole.text


def upload(client, supplier, content, name, **options):
    data = {"csrf_token": token(client), "file": (io.BytesIO(content), name)}
    return client.post(f"/suppliers/{supplier}/files", data=data, content_type="multipart/form-data", **options)


def attached(app):
    with app.app_context():
        return db.session.execute(sql("SELECT id FROM attachment WHERE removed_at IS NULL")).scalars().all()


def test_a_file_is_sent_shown_fetched_and_taken_off(app, buyer, supplier):
    answer = upload(buyer, supplier, PDF, "Quote ../../Nordlicht.pdf", headers=HTMX)
    assert answer.status_code == 200
    assert "<o-files" in answer.text
    assert "Nordlicht.pdf" in answer.text
    (number,) = attached(app)
    url = f"/suppliers/{supplier}/files/{number}"
    with buyer.get(url) as file:
        assert file.data == PDF
        assert file.headers["Content-Type"] == "application/pdf"
        assert file.headers["Content-Disposition"].startswith("inline")
        assert "default-src 'none'" in file.headers["Content-Security-Policy"]
    assert "Nordlicht.pdf is taken off" in text(buyer.get(f"{url}/remove"))
    assert post(buyer, f"{url}/remove").status_code == 303
    assert attached(app) == []
    assert buyer.get(url).status_code == 404
    assert "removed Nordlicht.pdf" in text(buyer.get(f"/suppliers/{supplier}"))


def test_a_file_that_could_run_is_a_download_in_a_sandbox(app, buyer, supplier):
    upload(buyer, supplier, b"<?xml version='1.0'?><invoice/>", "invoice.xml")
    (number,) = attached(app)
    with buyer.get(f"/suppliers/{supplier}/files/{number}") as file:
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in file.headers["Content-Security-Policy"]
        assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_is_not_taken_is_refused_with_the_reason(app, buyer, supplier):
    answer = upload(buyer, supplier, b"<html><script>alert(1)</script></html>", "page.html", headers=HTMX)
    assert answer.status_code == 422
    assert "Web pages and SVG drawings are not taken in." in text(answer)
    assert attached(app) == []


def test_a_file_is_for_those_who_see_its_row(app, buyer, client_of, make):
    here, there = make("entity"), make("entity")
    supplier, other = make("supplier", entity=there), make("supplier", entity=here)
    upload(buyer, supplier, PDF, "secret.pdf")
    (number,) = attached(app)
    local = client_of("local.buyer", "Buyer", entity=here)
    assert local.get(f"/suppliers/{supplier}/files/{number}").status_code == 404
    assert local.get(f"/suppliers/{other}/files/{number}").status_code == 404
    assert post(local, f"/suppliers/{supplier}/files/{number}/remove").status_code == 404
    assert upload(local, supplier, PDF, "mine.pdf").status_code == 404
    assert attached(app) == [number]


def test_the_story_is_told_whole_or_in_parts(app, buyer, supplier):
    post(buyer, f"/suppliers/{supplier}/comments", {"text": "First word"})
    post(buyer, f"/suppliers/{supplier}/block", {"reason": "x"})
    whole = text(buyer.get(f"/suppliers/{supplier}/activity"))
    comments = text(buyer.get(f"/suppliers/{supplier}/activity?activity=comments"))
    changes = text(buyer.get(f"/suppliers/{supplier}/activity?activity=changes"))
    assert ("First word" in whole, "blocked" in whole) == (True, True)
    assert ("First word" in comments, "blocked" in comments) == (True, False)
    assert ("First word" in changes, "blocked" in changes) == (False, True)


@pytest.mark.parametrize(
    ("name", "path", "most"),
    # What its documents add up to stands on the page of a supplier, each figure a query of its own.
    [("supplier", "suppliers", 40), ("item", "items", 23), ("cost_centre", "cost-centres", 23)],
)
def test_a_page_takes_the_same_number_of_queries_however_much_there_is(app, client_of, make, name, path, most):
    auditor = client_of("a.auditor", "Auditor")
    key = make(name)
    auditor.get(f"/{path}/{key}")
    with statements(app) as before:
        auditor.get(f"/{path}/{key}")
    buyer = client_of("omar.haddad", "Buyer", "Requester")
    for _ in range(3):
        post(buyer, f"/{path}/{key}/comments", {"text": "one more"})
    with statements(app) as after:
        auditor.get(f"/{path}/{key}")
    assert len(before) == len(after) <= most


def test_every_page_of_every_resource_opens_for_whoever_its_menu_leads_there(app, client_of, make):
    from app.kernel.resource import registry

    made = {resource.name: make(resource.name) for resource in registry if resource.form}
    for code, role in (
        ("ada.admin", "Administrator"),
        ("bu.yer", "Buyer"),
        ("au.ditor", "Auditor"),
        ("re.quester", "Requester"),
    ):
        client = client_of(code, role)
        links = set(re.findall(r'<a href="(/[^"]*)"', client.get("/").text.split('id="me-menu"')[0]))
        assert links
        for link in links:
            page = client.get(link, follow_redirects=True)
            assert page.status_code == 200, (role, link)
            resource = registry.by_plural(link.strip("/"))
            hers_only = resource and (resource.scope.owner or resource.scope.parties)
            if resource and resource.name in made and not hers_only:
                assert client.get(f"{link}/{made[resource.name]}").status_code == 200, (role, link)
