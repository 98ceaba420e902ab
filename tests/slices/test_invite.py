from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.idempotency import repeat
from app.kernel.resource import registry
from tests.acting import PASSWORD, acting, system
from tests.making import Maker
from tests.slices.doing import events


def test_an_invited_person_sets_a_password_and_is_in(app: Flask, maker: Maker) -> None:
    key = maker.create(registry["person"])
    link = unit.execute(acting("Administrator"), registry["person"], key, "invite", {}).told["link"]
    client = app.test_client()

    token = _token(client.get(link).text)
    answer = client.post(link, data={"csrf_token": token, "password": PASSWORD})
    assert answer.status_code == 200
    assert events("person.activated") == [{"code": key}]
    token = _token(answer.text)
    answer = client.post("/sign-in", data={"csrf_token": token, "username": key, "password": PASSWORD})

    assert answer.status_code in (302, 303)
    assert client.get("/").status_code == 200


def test_a_link_works_once_and_only_the_newest(app: Flask, maker: Maker) -> None:
    key = maker.create(registry["person"])
    first, second = (unit.execute(system(), registry["person"], key, "invite", {}).told["link"] for _ in range(2))
    client = app.test_client()
    token = _token(client.get(second).text)

    client.post(first, data={"csrf_token": token, "password": PASSWORD})
    assert events("person.activated") == []
    client.post(second, data={"csrf_token": token, "password": PASSWORD})
    client.post(second, data={"csrf_token": token, "password": PASSWORD + "!"})

    assert events("person.activated") == [{"code": key}]


def test_the_link_is_kept_nowhere(maker: Maker) -> None:
    key = maker.create(registry["person"])
    asked = repeat("invite-1", key)
    outcome = unit.execute(system(), registry["person"], key, "invite", {}, repeat=asked)
    secret = outcome.told["link"].rpartition("/")[2]

    with db.engine.connect() as connection:
        for table in ("outbox_event", "audit_entry", "idempotency_key", "account", "job"):
            rows: Any = connection.execute(text(f"SELECT t::text FROM {table} t")).scalars()
            assert not any(secret in row for row in rows), table
    again = unit.execute(system(), registry["person"], key, "invite", {}, repeat=asked)
    assert (again.repeated, dict(again.told)) == (True, {})


def _token(page: str) -> str:
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]
