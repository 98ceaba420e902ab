"""Lists: the address is the state, everyone sees their own rows and filters, and pages cost the same at any length."""

from __future__ import annotations

import gc
import io
import re
import threading

import openpyxl
import pytest
from sqlalchemy import text as sql

from app.infra.db import db
from tests.acting import signed_in
from tests.console.browsing import post, statements, text


def keys(page):
    return re.findall(r'<tr data-url="/suppliers/([^"]+)"', page.text)


def chips(page):
    return re.findall(r'class="o-filter">.*?<span>([^<]*)</span> ([^<]*)</', page.text)


def test_what_the_address_says_is_what_is_shown(app, buyer, make):
    first, second = make("supplier"), make("supplier")
    post(buyer, f"/suppliers/{second}/block", {"reason": "x"})
    page = buyer.get("/suppliers?state=prospect&sort=-code&size=50")
    assert keys(page) == [first]
    assert chips(page) == [("State", "Prospect")]
    assert 'aria-sort="descending"' in page.text
    assert "1 supplier " in text(page)


def test_several_values_of_one_filter_are_an_or(app, buyer, make):
    made = [make("supplier") for _ in range(2)]
    post(buyer, f"/suppliers/{made[1]}/block", {"reason": "x"})
    page = buyer.get("/suppliers?state=prospect&state=blocked&sort=code")
    assert keys(page) == made
    assert chips(page) == [("State", "Prospect or Blocked")]


def test_changing_one_part_of_the_address_drops_no_other(app, buyer, make):
    [make("supplier") for _ in range(3)]
    page = buyer.get("/suppliers?state=prospect&q=s&sort=name&columns=code,country")
    sort = re.search(r'class="o-sort" href="([^"]+)"', page.text)[1]
    for part in ("state=prospect", "q=s", "columns=code%2Ccountry"):
        assert part in sort, part
    assert re.findall(r'<th scope="col"[^>]*><a class="o-sort"[^>]*>(\w+)', page.text) == ["Code", "Country"]


def test_a_word_that_no_list_knows_is_told_and_not_ignored(app, buyer, make):
    make("supplier")
    page = buyer.get("/suppliers?colour=red&sort=shoe&size=100000&after=nonsense")
    assert page.status_code == 200
    for words in ("There is no filter colour.", "The list is not sorted by shoe.", "Size: use a number from 1 to"):
        assert words in text(page), words


def test_pages_follow_each_other_without_gap_or_repetition(app, buyer, make):
    made = sorted(make("supplier") for _ in range(7))
    url, seen = "/suppliers?size=3&sort=code", []
    while url:
        page = buyer.get(url)
        seen += keys(page)
        following = re.search(r'href="([^"]+)" aria-label="Next page"', page.text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert seen == made
    back = re.search(r'href="([^"]+)" aria-label="Previous page"', page.text)[1].replace("&amp;", "&")
    assert keys(buyer.get(back)) == made[3:6]


def test_rows_out_of_reach_are_in_no_list_page_picker_file_or_search(app, client_of, make):
    here, there = make("entity"), make("entity")
    mine = make("supplier", entity=here, name="Kestrel here")
    hidden = make("supplier", entity=there, name="Kestrel there")
    local = client_of("local.buyer", "Buyer", entity=here)
    assert keys(local.get("/suppliers")) == [mine]
    assert "1 supplier " in text(local.get("/suppliers"))
    assert local.get(f"/suppliers/{hidden}").status_code == 404
    assert local.get(f"/suppliers/{hidden}/edit").status_code == 404
    assert local.get(f"/suppliers/{hidden}/block").status_code == 404
    assert local.get(f"/suppliers/{hidden}/activity").status_code == 404
    assert [each["id"] for each in local.get("/items/lookup/preferred_supplier?q=kes").json["results"]] == [mine]
    assert hidden not in local.get("/suppliers/csv").text
    assert "there" not in local.get("/find?q=kestrel").text
    assert "here" in local.get("/find?q=kestrel").text


def test_columns_are_kept_on_the_server_and_go_back_to_standard(app, buyer, make):
    make("supplier")
    response = post(
        buyer, "/suppliers/columns", {"column": ["name", "website"], "next": "/suppliers?state=prospect&columns=code"}
    )
    assert response.location == "/suppliers?state=prospect"
    head = r'<th scope="col"[^>]*>(?:<a[^>]*>)?([\w ]+?) *<'
    assert re.findall(head, buyer.get("/suppliers").text) == ["Name", "Website"]
    post(buyer, "/suppliers/columns/standard", {"next": "//evil.example"})
    assert "Country" in re.findall(head, buyer.get("/suppliers").text)
    assert post(buyer, "/suppliers/columns", {"column": ["search"]}).status_code == 422


def test_a_view_is_kept_changed_and_removed(app, buyer, make):
    make("supplier")
    saved = post(buyer, "/suppliers/views", {"name": "Prospects", "query": "state=prospect&sort=code", "shared": ""})
    page = buyer.get(saved.location)
    assert re.search(r'aria-current="page">Prospects', page.text)
    assert "Save changes to view" not in page.text
    changed = buyer.get(saved.location + "&country.has=SE")
    assert "Save changes to view" in changed.text
    number = re.search(r"/suppliers/views/(\d+)", changed.text)[1]
    updated = post(buyer, f"/suppliers/views/{number}", {"query": "state=prospect&sort=code&country.has=SE"})
    assert chips(buyer.get(updated.location)) == [("State", "Prospect"), ("Country", "has SE")]
    post(buyer, f"/suppliers/views/{number}/remove")
    assert "Prospects" not in buyer.get("/suppliers").text


def test_a_shared_view_is_seen_by_the_role_and_changed_by_its_owner_alone(app, buyer, client_of, make):
    make("supplier")
    saved = post(buyer, "/suppliers/views", {"name": "Ours", "query": "state=prospect", "shared": "Buyer"})
    other, stranger = client_of("petra.second", "Buyer"), client_of("lena.fischer", "Requester")
    page = other.get(saved.location + "&country.has=SE")
    assert "Ours" in page.text
    assert "Back to shared" in page.text
    assert "Save changes to view" not in page.text
    number = re.search(r"view=(\d+)", saved.location)[1]
    assert post(other, f"/suppliers/views/{number}", {"query": "x=y"}).status_code == 404
    assert "Ours" not in stranger.get("/suppliers").text
    assert post(stranger, "/suppliers/views", {"name": "Mine", "query": "", "shared": "Buyer"}).status_code == 403


def test_eight_people_with_different_filters_see_only_their_own(app, somebody, make):
    who = [somebody(f"person{at}.one", "Buyer") for at in range(8)]
    states = ("prospect", "blocked")
    made = {state: [make("supplier") for _ in range(3)] for state in states}
    clients = [signed_in(app, each) for each in who]
    for key in made["blocked"]:
        assert post(clients[0], f"/suppliers/{key}/block", {"reason": "x"}).status_code == 303
    together, wrong = threading.Barrier(8), []

    def look(at):
        state, days = states[at % 2], f"30{at}"
        together.wait()
        for _ in range(12):
            page = clients[at].get(f"/suppliers?state={state}&sort=code")
            if keys(page) != made[state] or chips(page) != [("State", state.capitalize())]:
                wrong.append((at, keys(page), chips(page)))
            empty = clients[at].get(f"/suppliers?payment_days.from={days}")
            if keys(empty) or chips(empty) != [("Days to pay", f"from {days}")]:
                wrong.append((at, keys(empty), chips(empty)))
            if f"Person{at} One" not in empty.text:
                wrong.append((at, "another person's page"))

    threads = [threading.Thread(target=look, args=(at,)) for at in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert wrong == []


@pytest.mark.parametrize("plural", ["suppliers", "items", "people", "cost-centres", "bank-accounts", "audit-log"])
def test_a_list_takes_the_same_number_of_queries_whatever_its_length(app, client_of, make, plural):
    from app.kernel.resource import registry

    resource = registry.by_plural(plural)
    client = client_of("a.auditor", "Auditor")
    counts = []
    for _ in range(2):
        for _ in range(3):
            make(resource.name if resource.form else "unit")
        client.get(f"/{plural}")
        with statements(app) as seen:
            assert client.get(f"/{plural}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_a_list_of_nothing_says_what_to_do(app, buyer):
    assert "No suppliers yet" in text(buyer.get("/suppliers"))
    assert 'href="/suppliers/new"' in buyer.get("/suppliers").text
    filtered = text(buyer.get("/suppliers?state=approved"))
    assert "No suppliers match" in filtered
    assert "Show all suppliers" in filtered
    assert "Change or remove a filter" in filtered
    assert "Change the search to see more." in text(buyer.get("/suppliers?q=zzzz"))


def test_a_view_goes_out_as_a_file_with_its_columns_and_filters(app, buyer, make):
    first, second = make("supplier", name="=cmd|' /C calc'!A0"), make("supplier")
    post(buyer, f"/suppliers/{second}/block", {"reason": "x"})
    answer = buyer.get("/suppliers/csv?state=prospect&columns=code,name,country")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="suppliers-')
    assert answer.text.lstrip("\ufeff").splitlines() == ["Code,Name,Country", f"{first},'=cmd|' /C calc'!A0,SE"]
    with app.app_context():
        assert db.session.execute(sql("SELECT count(*) FROM supplier")).scalar() == 2


def test_a_file_lets_its_connection_go_when_it_has_been_read(app, buyer, make):
    make("supplier")
    with app.app_context():
        pool = db.engine.pool
    gc.disable()
    try:
        taken = pool.checkedout()
        answers = [buyer.get("/suppliers/csv?columns=code", buffered=True) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert pool.checkedout() == taken
    finally:
        gc.enable()


def test_without_the_right_to_export_there_is_no_file(app, client_of, make):
    make("supplier")
    requester = client_of("lena.fischer", "Requester")
    assert requester.get("/suppliers/csv").status_code == 403
    assert "/suppliers/csv" not in requester.get("/suppliers").text


def test_a_view_is_given_as_a_workbook_that_calculates_nothing(buyer, make):
    make("supplier", name="=1+1")
    answer = buyer.get("/suppliers/xlsx?columns=code,name")
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert re.search(r'filename="suppliers-[\d-]+\.xlsx"', answer.headers["Content-Disposition"])
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    (heads, row) = sheet.iter_rows()
    assert [cell.value for cell in heads] == ["Code", "Name"]
    assert (row[1].value, row[1].data_type) == ("'=1+1", "s")


def test_a_view_is_renamed_shared_and_opens_the_list(buyer, client_of, make):
    make("supplier")
    saved = post(buyer, "/suppliers/views", {"name": "Prospects", "query": "state=prospect", "shared": ""})
    number = re.search(r"view=(\d+)", saved.location)[1]
    place, other = f"/suppliers/views/{number}", client_of("nadia.brandt", "Buyer")
    assert "New ones" not in text(other.get("/suppliers"))
    assert post(buyer, f"{place}/rename", {"name": " New ones ", "shared": "Buyer"}).status_code == 303
    assert "New ones" in text(other.get("/suppliers"))
    assert post(other, f"{place}/rename", {"name": "Theirs"}).status_code == 404
    assert post(buyer, f"{place}/rename", {"name": " "}).status_code == 422
    assert post(other, f"{place}/first").status_code == 303
    opened = other.get("/suppliers")
    assert (opened.status_code, "state=prospect" in opened.location) == (302, True)
    assert other.get("/suppliers?view=all").status_code == 200
    assert buyer.get("/suppliers").status_code == 200
    post(buyer, f"{place}/remove")
    assert other.get("/suppliers").status_code == 200


def test_removing_a_filter_keeps_columns_and_view(buyer, make):
    make("supplier")
    page = buyer.get("/suppliers?state=prospect&country.has=SE&columns=code,name")
    removed = re.search(r'href="([^"]+)" aria-label="Remove filter State"', page.text)[1]
    assert "columns=code%2Cname" in removed
    assert "country.has=SE" in removed
    assert "state=" not in removed


def test_the_name_of_a_row_out_of_reach_is_kept_back(app, client_of, make):
    mine, theirs = make("entity"), make("entity")
    hidden = make("supplier", entity=theirs, name="Secret Source")
    item = make("item", preferred_supplier=hidden)
    local = client_of("helena.brandl", "Buyer", entity=mine)
    page = local.get(f"/items/{item}")
    assert "Out of your reach" in text(page)
    assert "Secret Source" not in page.text
    assert "Secret Source" not in local.get("/items").text
    assert "Secret Source" in client_of("omar.haddad", "Buyer").get(f"/items/{item}").text


def test_sums_of_several_columns_are_called_by_their_names(app, client_of, make):
    make("invoice")
    page = text(client_of("ada.auditor", "Auditor").get("/invoices")).replace("\u00a0", " ").replace("\u202f", " ")
    assert re.search(r"1 invoice, total [\d .]+ ?EUR ?, open 0.00 ?EUR", page)
