"""The doorstep of every address there is: nothing without a sign-in, nothing changed by a page of somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from werkzeug.routing import Rule

from tests.contract.house import House, alone, everything

#: What answers somebody who has not signed in, with the reason.
PUBLIC = {
    "console.static": "styles and scripts of the sign-in page",
    "SignInView.enter": "the sign-in page",
    "SignInView.invited": "the page on which an invited person sets a password; the secret is in the address",
    "api_description.described": "the API describes itself without telling any row",
    "api_pages.docs": "the documentation of the API",
    "api_pages.static": "styles of the documentation",
    "api_pages.problem_types": "the list of problem codes",
    "health.alive": "asked by whoever watches the servers",
    "health.ready": "asked by whoever watches the servers",
}
#: What may be sent by somebody who has not signed in; it still carries the mark of a form of ours.
PUBLIC_FORMS = {"SignInView.check", "SignInView.accept"}
SAFE = {"GET", "HEAD", "OPTIONS"}
SAMPLES = {"int": "1", "float": "1.0", "path": "something", "uuid": "00000000-0000-0000-0000-000000000000"}


def addresses(house: House, *, unsafe: bool) -> Iterator[tuple[Rule, str, str]]:
    """List each rule with a method and an address that leads to it."""
    for rule in house.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - SAFE if unsafe else {"GET"} & (rule.methods or set())):
            yield rule, method, re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", _sample, rule.rule)


def _sample(found: re.Match[str]) -> str:
    return SAMPLES.get(found[1] or "string", "something")


def ask(client: Any, method: str, path: str, **options: Any) -> Any:
    return alone(client.open, path, method=method, **options)


def test_no_page_opens_without_a_sign_in(house: House) -> None:
    client = house.app.test_client()
    open_to_all = set()
    for rule, method, path in addresses(house, unsafe=False):
        response = ask(client, method, path)
        told = (rule.endpoint, path, response.status_code)
        if response.status_code in (301, 302, 303, 308):
            to_sign_in = response.headers["Location"].startswith("/sign-in?next=")
            assert to_sign_in or rule.endpoint in PUBLIC, (*told, response.headers["Location"])
        elif response.status_code != 401:
            assert rule.endpoint in PUBLIC, told
            open_to_all.add(rule.endpoint)
    assert open_to_all == set(PUBLIC), "what is listed as public is public, and nothing else"


def test_a_script_that_is_not_signed_in_is_told_so(house: House) -> None:
    client = house.app.test_client()
    for rule, method, path in addresses(house, unsafe=True):
        response = ask(client, method, path, headers={"HX-Request": "true"})
        told = (rule.endpoint, method, path, response.status_code)
        assert response.status_code == (400 if rule.endpoint in PUBLIC_FORMS else 401), told


def test_no_change_comes_in_without_the_mark_of_our_own_forms(house: House) -> None:
    visitor = house.almighty()
    browser, before = visitor.browser, everything()
    tried = 0
    for rule, method, path in addresses(house, unsafe=True):
        for mark in ({}, {"csrf_token": "of-another-page"}):
            response = ask(browser, method, path, data=mark, headers={"X-CSRFToken": mark.get("csrf_token", "")})
            told = (rule.endpoint, method, path, response.status_code, response.text[-600:])
            assert response.status_code == (403 if path.startswith("/api/") else 400), told
            tried += 1
    assert tried > 200
    assert everything() == before


def test_a_mark_of_another_session_does_not_count(house: House) -> None:
    other, visitor = house.of_role("Buyer"), house.almighty()
    for path in (rule.rule for rule in house.app.url_map.iter_rules() if rule.endpoint.endswith(".enter")):
        response = ask(visitor.browser, "POST", path, data={"csrf_token": other.csrf})
        assert response.status_code == 400, path


def test_a_session_that_ended_opens_nothing(house: House) -> None:
    from app.infra import identity, unit
    from tests.acting import system

    visitor = house.visitor("somebody.left", "Administrator")
    browser = visitor.browser
    assert ask(browser, "GET", "/people").status_code == 200
    with unit.transaction(system(), "test.end") as bound:
        identity.revoke_all(bound, visitor.id)
    for rule, method, path in addresses(house, unsafe=False):
        if rule.endpoint not in PUBLIC:
            assert ask(browser, method, path).status_code in (303, 401), path
