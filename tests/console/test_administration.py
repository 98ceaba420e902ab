"""Roles, settings, sessions, tokens, the audit and one's own preferences, from pages."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text as sql

from app.infra.db import db
from tests.acting import open_session, signed_in
from tests.console.browsing import form, post, text


def matrix(client):
    """Give the roles page's form as it is: ticks by role and permission, and the version."""
    page = client.get("/roles").text
    ticks = re.findall(r'name="grant" value="([^"]+)" checked', page)
    roles = dict(re.findall(r'<th scope="col" data-role="(\d+)"[^>]*><span>([^<]+)</span>', page))
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    return {"version": version, "roles": list(roles), "grant": ticks}, {name: number for number, name in roles.items()}


def test_the_matrix_shows_every_permission_and_what_each_role_holds(app, administrator):
    sent, roles = matrix(administrator)
    assert set(roles) >= {"Buyer", "Treasurer", "Administrator", "Auditor"}
    assert f"{roles['Buyer']}:supplier.approve" in sent["grant"]
    assert f"{roles['Buyer']}:bank_account.confirm" not in sent["grant"]
    for name in ("role.edit", "setting.change", "supplier.merge", "audit_entry.read"):
        assert f':{name}"' in administrator.get("/roles").text, name


def test_a_tick_holds_from_the_next_request_on_and_is_on_record(app, administrator, client_of, make):
    supplier, requester = make("supplier"), client_of("lena.fischer", "Requester")
    assert requester.get(f"/suppliers/{supplier}/edit").status_code == 403
    sent, roles = matrix(administrator)
    sent["grant"].append(f"{roles['Requester']}:supplier.edit")
    response = post(administrator, "/roles", sent)
    assert (response.status_code, response.location) == (303, "/roles")
    assert "Saved: Requester" in text(administrator.get("/roles"))
    assert requester.get(f"/suppliers/{supplier}/edit").status_code == 200
    with app.app_context():
        entry = db.session.execute(sql("SELECT row_key, before, after FROM audit_entry WHERE resource = 'role'")).one()
    assert tuple(entry) == ("Requester", None, {"permits": ["supplier.edit"]})


def test_a_tick_taken_away_is_gone_everywhere_at_once(app, administrator, buyer):
    sent, roles = matrix(administrator)
    sent["grant"] = [tick for tick in sent["grant"] if not tick.startswith(f"{roles['Buyer']}:supplier.")]
    assert buyer.get("/suppliers").status_code == 200
    post(administrator, "/roles", sent)
    assert buyer.get("/suppliers").status_code == 403
    assert "/suppliers" not in buyer.get("/").text


def test_two_changes_of_roles_do_not_overwrite_each_other(app, administrator):
    first, roles = matrix(administrator)
    first["grant"].append(f"{roles['Requester']}:supplier.edit")
    assert post(administrator, "/roles", first).status_code == 303
    late = {**first, "grant": [*first["grant"], f"{roles['Requester']}:supplier.create"]}
    refused = post(administrator, "/roles", late)
    assert refused.status_code == 412
    assert "Someone changed the roles in the meantime." in text(refused)
    assert f'value="{roles["Requester"]}:supplier.create" checked' in refused.text
    assert f"{roles['Requester']}:supplier.create" not in matrix(administrator)[0]["grant"]


def test_nobody_can_leave_the_roles_to_nobody(app, administrator):
    sent, _ = matrix(administrator)
    sent["grant"] = [tick for tick in sent["grant"] if not tick.endswith(":role.edit")]
    refused = post(administrator, "/roles", sent)
    assert refused.status_code == 409
    assert "Nobody could change roles any more." in text(refused)


def test_a_role_that_holds_what_should_be_apart_is_pointed_out(app, administrator):
    sent, roles = matrix(administrator)
    sent["grant"].append(f"{roles['Treasurer']}:bank_account.create")
    post(administrator, "/roles", sent)
    assert "Treasurer: one person could enter a bank account and confirm it." in text(administrator.get("/roles"))


def test_roles_are_changed_by_those_who_may(app, client_of):
    auditor = client_of("a.auditor", "Auditor")
    page = auditor.get("/roles")
    assert page.status_code == 200
    assert 'name="grant"' not in page.text
    assert post(auditor, "/roles", {"roles": ["1"], "grant": []}).status_code == 403
    assert client_of("lena.fischer", "Requester").get("/roles").status_code == 403


def test_a_setting_is_changed_within_its_bounds_and_on_record(app, administrator):
    url = "/settings/identity.session_hours/change"
    assert "whole number from 1 to 720" in text(post(administrator, url, {"value": "0"}))
    assert post(administrator, url, {"value": "8"}).status_code == 303
    assert "8" in text(administrator.get("/settings/identity.session_hours"))
    with app.app_context():
        entry = db.session.execute(sql("SELECT before, after FROM audit_entry WHERE resource = 'setting'")).one()
    assert tuple(entry) == ({"value": 12}, {"value": 8})


def test_a_time_zone_that_does_not_exist_is_refused(app, administrator):
    refused = post(administrator, "/settings/organisation.time_zone/change", {"value": "Mars/Olympus"})
    assert refused.status_code == 422
    assert "such as Europe/Prague" in text(refused)
    assert administrator.get("/").status_code == 200


@pytest.fixture
def omar(somebody):
    return somebody("omar.haddad", "Buyer")


def test_one_sees_and_ends_ones_own_sessions(app, omar):
    here = signed_in(app, omar)
    with app.app_context():
        secrets = [open_session(omar.user) for _ in range(2)]
    elsewhere = [signed_in(app, type(omar)(omar.user, omar.code, secret)) for secret in secrets]
    page = here.get("/me/sessions")
    assert text(page).count("This one") == 1
    action = re.search(r'action="(/me/sessions/\d+/end)"', page.text)[1]
    assert post(here, action).location == "/me/sessions"
    assert sorted(client.get("/").status_code for client in elsewhere) == [200, 303]
    assert post(here, "/me/sessions/others").status_code == 303
    assert [client.get("/").status_code for client in elsewhere] == [303, 303]
    assert here.get("/").status_code == 200


def test_sessions_of_others_are_for_those_who_oversee(app, omar, client_of):
    other = client_of("lena.fischer", "Requester")
    with app.app_context():
        number = (
            db.session.execute(sql("SELECT id FROM login_session WHERE user_id = :id"), {"id": omar.id})
            .scalars()
            .first()
        )
    assert other.get(f"/sessions/{number}").status_code == 404
    assert post(other, f"/sessions/{number}/revoke").status_code == 404
    administrator = client_of("ada.admin", "Administrator")
    assert "Omar Haddad" in text(administrator.get("/sessions"))
    assert post(administrator, f"/sessions/{number}/revoke").status_code == 303
    assert signed_in(app, omar).get("/").status_code == 303


def test_a_token_is_made_shown_once_used_and_revoked(app, omar, make):
    supplier, client = make("supplier"), signed_in(app, omar)
    expires = client.get("/me/tokens").text.split('name="expires_on"')[0].rsplit('value="', 1)[1].split('"')[0]
    assert [each["id"] for each in client.get("/me/tokens/permissions?q=supplier read").json["results"]] == [
        "supplier.read"
    ]
    page = post(client, "/me/tokens", {"name": "Nightly", "expires_on": expires, "limits": ["supplier.read"]})
    secret = re.search(r'id="fresh-secret"[^>]*>([^<]+)<', page.text)[1]
    assert secret.startswith("outlay_")
    assert secret not in client.get("/me/tokens").text
    script, header = app.test_client(), {"Authorization": f"Bearer {secret}"}
    assert script.get(f"/api/v1/suppliers/{supplier}", headers=header).status_code == 200
    assert script.get("/suppliers", headers=header).status_code == 303
    action = re.search(r'action="(/me/tokens/\d+/revoke)"', client.get("/me/tokens").text)[1]
    assert post(client, action).location == "/me/tokens"
    assert script.get(f"/api/v1/suppliers/{supplier}", headers=header).status_code == 401


def test_a_token_that_is_refused_keeps_what_was_typed(app, omar):
    page = post(
        signed_in(app, omar), "/me/tokens", {"name": "", "expires_on": "2099-01-01", "limits": ["supplier.read"]}
    )
    assert page.status_code == 422
    assert "Name is missing." in text(page)
    assert "Expires: choose a day up to" in text(page)
    sent = form(page, "/me/tokens")
    assert (sent["expires_on"], sent["limits"]) == ("2099-01-01", "supplier.read")


def test_the_audit_is_filtered_by_person_and_opens(app, administrator, omar, make):
    supplier = make("supplier")
    post(signed_in(app, omar), f"/suppliers/{supplier}/block", {"reason": "x"})
    page = administrator.get("/audit-log?actor_id=omar.haddad&resource.has=supplier")
    links = re.findall(r'<tr data-url="(/audit-log/[^"]+)"', page.text)
    assert len(links) == 1
    entry = text(administrator.get(links[0]))
    assert "Block supplier" in entry
    assert '"state": "blocked"' in entry
    assert administrator.get("/audit-log/no-such-entry").status_code == 404


def test_preferences_are_kept_one_by_one_or_as_a_form(app, omar):
    client = signed_in(app, omar)
    assert post(client, "/preferences", {"name": "density", "value": "compact"}).status_code == 204
    sent = form(client.get("/preferences"), "/preferences")
    assert sent["density"] == "compact"
    assert client.post("/preferences", data={**sent, "theme": "dark", "keys": "off"}).status_code == 303
    page = client.get("/").text
    assert 'data-theme="dark"' in page
    assert 'data-density="compact"' in page
    assert 'data-keys="off"' in page
    assert post(client, "/preferences", {"name": "theme", "value": "pink"}).status_code == 422


def test_ctrl_k_finds_documents_pages_and_commands(app, omar, make):
    client = signed_in(app, omar)
    supplier = make("supplier", name="Kestrel Freight")
    groups = {group["label"]: group["items"] for group in client.get("/find?q=kest").json["groups"]}
    assert groups["Suppliers"] == [
        {"text": "Kestrel Freight", "hint": supplier, "url": f"/suppliers/{supplier}", "icon": "building-store"}
    ]
    assert client.get(f"/find?q={supplier}").json["groups"][0]["items"][0]["url"] == f"/suppliers/{supplier}"
    pages = {
        group["label"]: [item["text"] for item in group["items"]] for group in client.get("/find?q=su").json["groups"]
    }
    assert pages["Pages"] == ["Suppliers"]
    assert pages["Commands"] == ["New supplier"]
    empty = {group["label"] for group in client.get("/find?q=").json["groups"]}
    assert empty == {"Pages", "Commands"}


def test_the_dialog_of_a_setting_shows_what_it_is_set_to(administrator):
    dialog = administrator.get("/settings/organisation.time_zone/change")
    assert form(dialog, "/settings/organisation.time_zone/change")["value"] == "Europe/Prague"
    hours = administrator.get("/settings/identity.session_hours/change")
    assert form(hours, "/settings/identity.session_hours/change")["value"] == "12"


def test_a_role_is_chosen_not_typed(administrator, somebody):
    somebody("lena.fischer", "Requester")
    dialog = administrator.get("/people/lena.fischer/grant")
    select = re.search(r'(?s)<select[^>]*name="role".*?</select>', dialog.text)[0]
    assert re.findall(r'<option value="([^"]+)"', select)[:3] == ["AP clerk", "Administrator", "Approver"]
    assert re.search(r'name="entity"[^>]*data-url="/people/lookup/grant.entity"', dialog.text)
    held = administrator.get("/people/lena.fischer/revoke").text
    assert re.findall(r'<option value="([^"]+)"', re.search(r'(?s)<select[^>]*name="role".*?</select>', held)[0]) == [
        "Requester"
    ]


def test_an_entry_of_the_audit_is_told_in_words(administrator, make):
    make("unit", code="KGM")
    assert "AuditEntry" not in text(administrator.get("/audit-log"))
    assert "created unit KGM" in text(administrator.get("/audit-log"))


@pytest.mark.parametrize(("role", "shown"), [("Buyer", False), ("Requester", False), ("Administrator", True)])
def test_administration_is_in_the_menu_of_those_who_administer(client_of, role, shown):
    page = client_of("some.body", role).get("/").text
    menu = re.search(r'(?s)<nav class="o-nav".*?</nav>', page)[0]
    assert ('href="/people"' in menu) is shown
    assert page.count('href="/me/sessions"') == page.count('href="/me/tokens"') == 1


def test_ones_own_pages_need_no_role(app, somebody):
    client = signed_in(app, somebody("no.role"))
    assert "This one" in text(client.get("/me/sessions"))
    assert post(client, "/me/sessions/0/end").status_code == 404
    assert post(client, "/me/tokens/0/revoke").status_code == 404
    assert client.get("/me/tokens").status_code == 200


def test_nobody_ends_the_sessions_or_tokens_of_others_as_their_own(app, omar, client_of):
    other = client_of("lena.fischer", "Requester")
    with app.app_context():
        statement = sql("SELECT id FROM login_session WHERE user_id = :id")
        number = db.session.execute(statement, {"id": omar.id}).scalars().first()
    assert post(other, f"/me/sessions/{number}/end").status_code == 404
    assert signed_in(app, omar).get("/").status_code == 200
