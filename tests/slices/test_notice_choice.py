"""The page on which people choose which notices come by e-mail."""

from __future__ import annotations

import re

from app.infra import unit
from app.modules.notifications import service
from app.modules.notifications.domain.kinds import Kind
from tests.acting import person, signed_in
from tests.slices.doing import traces


def main_of(page):
    return page[page.index("<main") : page.index("</main>")]


def test_people_choose_for_each_kind_whether_it_comes_by_e_mail(app, maker):
    nora = person("nora.novak", "Approver")
    browser = signed_in(app, nora)
    page = browser.get("/me/notices").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert main_of(page).count('type="checkbox"') == main_of(page).count(" checked") == len(Kind)

    kept = [kind.value for kind in Kind if kind is not Kind.MENTIONED]
    answer = browser.post("/me/notices", data={"csrf_token": token[1], "kinds": kept})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/notices")
    with unit.reading(nora.context()) as bound:
        assert service.kinds_without_email(bound) == ["mentioned"]
    page = browser.get("/me/notices").text
    assert main_of(page).count(" checked") == len(Kind) - 1
    assert "Choice saved" in page

    before = traces()
    answer = browser.post("/me/notices", data={"csrf_token": token[1], "kinds": ["gossip"]})
    assert answer.status_code == 422
    assert traces() == before
    with unit.reading(nora.context()) as bound:
        assert service.kinds_without_email(bound) == ["mentioned"]


def test_the_way_to_ones_notices_stands_in_ones_own_menu(app, maker):
    browser = signed_in(app, person("nora.novak", "Approver"))
    page = browser.get("/").text
    assert 'href="/notices"' in page
    assert 'href="/me/notices"' in page
