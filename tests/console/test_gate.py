"""Who gets in, from where forms may come, and what browsers may do with pages."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text as sql

from app import _trust_proxies
from app.console import gate
from app.infra.db import db
from tests.acting import PASSWORD
from tests.console.browsing import form, token

#: What the host registers beside the pages of the console; another release of it must not bring a new door unseen.
PREFIXES = ("/api/", "/static/", "/healthz", "/readyz")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' http://localhost:8100; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def pages(app):
    """List the addresses of the console that need no key, with their methods."""
    for rule in app.url_map.iter_rules():
        if not str(rule).startswith(PREFIXES):
            yield rule


def test_every_route_belongs_to_a_view_of_ours(app):
    views = {view.__class__.__name__: view.__class__ for view in app.appbuilder.baseviews}
    ours = {*views, "imports"}
    foreign = [str(rule) for rule in pages(app) if rule.endpoint.partition(".")[0] not in ours]
    assert foreign == []
    assert [name for name, view in views.items() if view.__module__.startswith("flask_appbuilder")] == []


def test_what_flask_appbuilder_would_serve_by_itself_is_not_there(app, buyer):
    for path in (
        "/login/",
        "/logout/",
        "/lang/de",
        "/back",
        "/users/list/",
        "/roles/list/",
        "/static/appbuilder/js/ab.js",
    ):
        assert buyer.get(path).status_code == 404, path
    for path in ("/api/v1/security/login", "/api/v1/menu/", "/api/v1/_openapi", "/swagger/v1"):
        assert buyer.get(path).status_code == 404, path


def test_every_page_but_those_before_sign_in_asks_for_one(app):
    client = app.test_client()
    for rule in pages(app):
        url = re.sub(r"<[^>]*:?(\w+)>", "1", str(rule))
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            response = client.open(url, method=method)
            if rule.endpoint in gate.OPEN:
                assert response.status_code != 303, url
            else:
                assert response.status_code == 303, (method, url)
                assert response.location.startswith("/sign-in?next="), url


def test_a_part_of_a_page_is_sent_to_sign_in_and_back_to_its_page(app):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/suppliers?state=approved"}
    response = app.test_client().get("/suppliers/S-1/activity", headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/sign-in?next=/suppliers%3Fstate%3Dapproved"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\\\\evil",
        "",
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(app, buyer, target):
    assert buyer.get("/sign-in", query_string={"next": target}).location == "/"
    with app.test_request_context():
        assert gate.safe_address(target) == "/"


def test_an_address_inside_is_kept_whole(app):
    assert gate.safe_address("/suppliers?state=approved&sort=-name") == "/suppliers?state=approved&sort=-name"


def test_a_form_without_its_token_changes_nothing(app, buyer):
    response = buyer.post("/preferences", data={"name": "theme", "value": "dark"})
    assert response.status_code == 400
    assert "another session" in response.text
    assert 'data-theme="auto"' in buyer.get("/preferences").text


def test_a_token_of_somebody_else_is_not_taken(app, buyer, administrator):
    response = buyer.post("/preferences", data={"csrf_token": token(administrator), "name": "theme", "value": "dark"})
    assert response.status_code == 400


def test_every_page_carries_the_policy_and_is_kept_by_nobody(app, buyer):
    for path in ("/", "/suppliers", "/suppliers/new", "/roles", "/nowhere", "/find?q=x", "/ui-kit"):
        response = buyer.get(path)
        assert response.headers["Content-Security-Policy"] == POLICY, path
        assert response.headers["Cache-Control"] == "private, no-store", path
        assert response.headers["X-Content-Type-Options"] == "nosniff", path
        assert response.headers["Referrer-Policy"] == "same-origin", path
    assert app.test_client().get("/sign-in").headers["Content-Security-Policy"] == POLICY


def test_no_page_has_anything_inline(app, buyer, make):
    key = make("supplier")
    for path in (
        "/",
        "/suppliers",
        f"/suppliers/{key}",
        f"/suppliers/{key}/edit",
        "/preferences",
        "/ui-kit",
        "/me/tokens",
    ):
        page = buyer.get(path).text
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", page), path
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == [], path


def test_a_file_with_its_fingerprint_is_kept_for_good(app):
    client = app.test_client()
    address = client.get("/sign-in").text.split('rel="stylesheet" href="')[1].split('"')[0]
    with client.get(address) as response:
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with client.get(address.partition("?")[0]) as response:
        assert response.headers["Cache-Control"] == "no-cache, max-age=0"
    assert client.get("/static/../gate.py").status_code == 404


def test_the_request_number_of_the_caller_is_kept_if_it_is_one(app, buyer):
    assert buyer.get("/", headers={"X-Request-ID": "abc-123456"}).headers["X-Request-ID"] == "abc-123456"
    assert re.fullmatch(r"[0-9a-f]{32}", buyer.get("/", headers={"X-Request-ID": "<b>"}).headers["X-Request-ID"])


def test_starting_asks_the_database_nothing(app):
    """The application was built before any database could have been asked: its address leads nowhere."""
    from app import create_app

    nowhere = {**app.config, "SQLALCHEMY_DATABASE_URI": "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"}
    other = create_app(nowhere)
    assert other.appbuilder.menu.get_list()


def test_overridden_methods_of_the_host_are_still_called_that_way():
    import inspect

    from flask_appbuilder import AppBuilder
    from flask_appbuilder.security.sqla.manager import SecurityManager

    from app.console.host import Host, Security

    for ours, theirs in ((Host, AppBuilder), (Security, SecurityManager)):
        for name, method in vars(ours).items():
            if inspect.isfunction(method):
                expected = list(inspect.signature(getattr(theirs, name)).parameters)
                assert list(inspect.signature(method).parameters) == expected, name


@pytest.mark.parametrize(("proxies", "told"), [(0, "127.0.0.1"), (1, "192.0.2.7")])
def test_what_proxies_say_is_believed_only_where_there_are_some(app, somebody, proxies, told):
    someone = somebody("omar.haddad", "Buyer")
    inner = app.wsgi_app
    app.config["OUTLAY_PROXIES"] = proxies
    _trust_proxies(app)
    try:
        client = app.test_client()
        sent = form(client.get("/sign-in"), "/sign-in") | {"username": someone.code, "password": PASSWORD}
        client.post("/sign-in", data=sent, headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.7"})
    finally:
        app.wsgi_app = inner
        app.config["OUTLAY_PROXIES"] = 0
    with app.app_context():
        statement = sql("SELECT address FROM login_session ORDER BY id DESC LIMIT 1")
        assert db.session.execute(statement).scalar() == told
