"""Erasing somebody who has left: nothing tells who they were, the books stay, and the audit still holds."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import activity, audit, identity, jobs, personal, unit
from app.infra.audit import AuditEntry
from app.infra.chain import parse_key
from app.infra.db import Base, db
from app.infra.jobs import Job
from app.kernel.resource import registry
from app.modules.directory.jobs import forget
from tests.acting import PASSWORD, Someone, person, signed_in, system
from tests.making import Maker
from tests.slices.doing import do, edit, reading, refused, why_not

SCRIPT = Path(__file__).parents[2] / "deploy" / "verify_audit.py"
NAMES = ("jana", "novakova", "jana.novakova", "10.1.2.3")


@pytest.fixture
def jana(maker: Maker) -> Someone:
    """Somebody who signed in, renamed themself, wrote a comment, owned a cost centre, and left."""
    someone = person("jana.novakova", "Buyer")
    with unit.transaction(system(), "test.sign_in") as bound:
        identity.sign_in(bound, "jana.novakova", PASSWORD, address="10.1.2.3", agent="Firefox")
    edit(system(), "person", "jana.novakova", job_title="Head of Jana things")
    centre = maker.create(registry["cost_centre"], owner="jana.novakova")
    activity.comment(someone.context(), registry["cost_centre"], centre, "I keep an eye on this")
    activity.comment(system(), registry["cost_centre"], centre, "Thank you @jana.novakova, well kept")
    do(system(), "person", "jana.novakova", "leave", successor=person("otto.kern", "Buyer").code)
    return someone


def erase(someone: Someone) -> str:
    """Erase somebody and do what follows; give the code under which they go on."""
    outcome = do(system(), "person", someone.code, "erase")
    db.session.rollback()
    with db.engine.begin() as own:  # everybody has heard what happened so far
        own.execute(text("UPDATE job SET state = 'done', finished_at = now() WHERE event_id IS NOT NULL"))
    assert outcome.events[0]["name"] == "person.erased"
    with unit.transaction(system(), "test.job") as bound:
        arguments = bound.session.execute(text("SELECT arguments FROM job WHERE kind = 'person.forget'")).scalar_one()
        done = forget(bound, Job(kind="person.forget", arguments=arguments))
    return str(done["person"])


def content_of(tables: list[str]) -> dict[str, str]:
    """Give whole tables as text, in small letters."""
    db.session.rollback()
    found = {}
    for table in tables:
        rows = db.session.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t")).scalars()
        found[table] = "\n".join(rows).lower()
    db.session.rollback()
    return found


def findings(app: Flask) -> list[str]:
    with unit.reading(system()) as bound:
        _, found = audit.verify(bound.session, parse_key(app.config["OUTLAY_AUDIT_KEY"]))
        bound.session.rollback()
    return [finding.message for finding in found]


def entries_of(someone: Someone) -> list[AuditEntry]:
    db.session.rollback()
    db.session.expire_all()
    with unit.reading(system()) as bound:
        statement = text("SELECT id FROM audit_entry WHERE actor_id = :id").bindparams(id=someone.id)
        ids = list(bound.session.execute(statement).scalars())
        return [bound.session.get_one(AuditEntry, _place(each), execution_options={"scoped": True}) for each in ids]


def _place(entry: Any) -> Any:
    statement = text("SELECT lane, position FROM audit_entry WHERE id = :id").bindparams(id=entry)
    return tuple(db.session.execute(statement).one())


def test_no_table_names_an_erased_person_and_the_code_is_a_number(app: Flask, jana: Someone) -> None:
    tables = [table.name for table in Base.metadata.sorted_tables]
    named = {table for table, rows in content_of(tables).items() if any(name in rows for name in NAMES)}
    assert {"person", "ab_user", "comment", "outbox_event", "login_session"} <= named
    assert "audit_entry" not in named, "what is personal in the audit is sealed from the beginning"

    alias = erase(jana)

    left = {table: [name for name in NAMES if name in rows] for table, rows in content_of(tables).items()}
    assert {table: names for table, names in left.items() if names} == {}
    with reading("person", alias) as row:
        assert (str(row), row.state, row.erased_at is not None) == (f"Erased person {row.id}", "left", True)


def test_the_books_stay(app: Flask, jana: Someone) -> None:
    before = content_of(["cost_centre", "role_grant", "category"])
    erase(jana)
    assert content_of(["cost_centre", "role_grant", "category"]) == before
    said = list(db.session.execute(text("SELECT actor_name, text FROM comment ORDER BY id")))
    alias = said[0].actor_name
    assert alias.startswith("erased-")
    assert [row.text for row in said] == ["I keep an eye on this", f"Thank you @{alias}, well kept"]


def test_the_audit_reads_as_before_until_then_and_holds_afterwards(app: Flask, jana: Someone, tmp_path: Path) -> None:
    assert {entry.actor_name for entry in entries_of(jana)} == {"Jana Novakova"}
    assert any(change.after == {"job_title": "Head of Jana things"} for change in _about(jana))
    erase(jana)
    assert {entry.actor_name for entry in entries_of(jana)} == {personal.ERASED}
    assert all(entry.row_key == personal.ERASED for entry in _about(jana))
    assert findings(app) == []

    runner = app.test_cli_runner()
    assert "0 findings" in runner.invoke(args=["outlay", "audit", "verify"]).output
    file, key = tmp_path / "audit.jsonl", tmp_path / "key"
    assert runner.invoke(args=["outlay", "audit", "export", str(file)]).exit_code == 0
    key.write_text(app.config["OUTLAY_AUDIT_KEY"])
    checked = subprocess.run(
        [sys.executable, str(SCRIPT), str(file), "--key-file", str(key)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, "Nothing is wrong" in checked.stdout) == (0, True), checked.stdout
    assert not any(name in file.read_text().lower() for name in NAMES)


def _about(someone: Someone) -> list[AuditEntry]:
    db.session.rollback()
    db.session.expire_all()
    statement = text("SELECT lane, position FROM audit_entry WHERE resource = 'person' AND row_id = "
                     "(SELECT id FROM person WHERE user_id = :id) ORDER BY id")  # fmt: skip
    with unit.reading(system()) as bound:
        places = list(bound.session.execute(statement.bindparams(id=someone.id)))
        return [bound.session.get_one(AuditEntry, tuple(each), execution_options={"scoped": True}) for each in places]


def test_only_who_has_left_is_erased_and_only_once(app: Flask, jana: Someone) -> None:
    person("omar.haddad", "Buyer")
    with refused(("wrong_state", None)):
        do(system(), "person", "omar.haddad", "erase")
    alias = erase(jana)
    assert why_not(system(), "person", alias, "erase") == ["erased"]
    with refused(("erased", None)):
        do(system(), "person", alias, "erase")


def test_erasing_asks_for_the_password_of_who_may(app: Flask, jana: Someone) -> None:
    administrator = person("ada.admin", "Administrator")
    with refused(("step_up_required", None)):
        do(replace(administrator.context(), fresh_at=None), "person", jana.code, "erase")
    buyer = person("omar.haddad", "Buyer").context()
    with refused(("forbidden", None)):
        do(buyer, "person", jana.code, "erase")
    assert do(administrator.context(), "person", jana.code, "erase").state == "left"


def test_what_follows_is_done_again_without_harm(app: Flask, jana: Someone) -> None:
    alias = erase(jana)
    before = content_of(["person", "comment", "outbox_event"])["comment"]
    with unit.transaction(system(), "test.job") as bound:
        number = int(alias.removeprefix("erased-"))
        assert forget(bound, Job(kind="person.forget", arguments={"person": number})) == {"person": alias}
    assert content_of(["comment"])["comment"] == before
    assert jobs.kind_of("person.forget").as_system


def test_everything_held_about_a_person_is_told_as_json(app: Flask, jana: Someone, tmp_path: Path) -> None:
    file = tmp_path / "jana.json"
    assert app.test_cli_runner().invoke(args=["outlay", "held", "jana.novakova", str(file)]).exit_code == 0
    told = json.loads(file.read_text())
    assert told["person"]["email"] == "jana.novakova@example.com"
    assert [each["text"] for each in told["comments"]] == ["I keep an eye on this"]
    assert "10.1.2.3" in [each["address"] for each in told["sign_ins"]]
    assert any(each["after"] == {"job_title": "Head of Jana things"} for each in told["records"])
    assert {"notices", "preferences", "imports", "files", "tokens", "documents"} <= set(told)


def test_everyone_gets_what_is_held_about_them_and_of_others_who_may_erase(app: Flask, jana: Someone) -> None:
    omar, ada = person("omar.haddad", "Buyer"), person("ada.admin", "Administrator")
    mine = signed_in(app, omar).get("/me/held")
    assert mine.json["person"]["code"] == "omar.haddad"
    assert mine.headers["Content-Disposition"] == 'attachment; filename="omar.haddad.json"'
    assert signed_in(app, omar).get("/people/jana.novakova/held").status_code == 403
    assert signed_in(app, ada).get("/people/jana.novakova/held").json["person"]["code"] == "jana.novakova"
