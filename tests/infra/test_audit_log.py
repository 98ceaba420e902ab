from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.infra import audit, unit
from app.infra.chain import parse_key
from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import system

SCRIPT = Path(__file__).parents[2] / "deploy" / "verify_audit.py"


@pytest.fixture(autouse=True)
def within_app(app: Any) -> Any:
    with app.app_context():
        yield app


def verify(app: Any) -> list[str]:
    with unit.reading(system()) as bound:
        _, findings = audit.verify(bound.session, parse_key(app.config["OUTLAY_AUDIT_KEY"]))
        bound.session.rollback()
    return [finding.message for finding in findings]


def enter(count: int, prefix: str = "C") -> None:
    for number in range(count):
        unit.create(system(), registry["category"], {"code": f"{prefix}{number}", "name": f"Category {number}"})


def test_an_entry_says_who_what_when_by_which_command_and_request(app: Any) -> None:
    context = system()
    unit.create(context, registry["category"], {"code": "IT", "name": "Computers"})
    unit.save(context, registry["category"], "IT", {"name": "Computing"})

    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM audit_entry ORDER BY id")).mappings().all()
    entry = rows[-1]
    assert (entry["actor_name"], entry["command"], entry["action"]) == ("Outlay", "category.edit", "changed")
    assert (entry["resource"], entry["row_key"], entry["channel"]) == ("category", "IT", "test")
    assert entry["request_id"] == context.request_id
    assert (entry["before"], entry["after"]) == ({"name": "Computers"}, {"name": "Computing"})


def test_the_chain_holds_after_many_writers_at_once(app: Any) -> None:
    def write(number: int) -> None:
        with app.app_context():
            enter(15, f"W{number}-")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    [writer.start() for writer in writers]
    [writer.join() for writer in writers]

    with db.engine.connect() as connection:
        counted = text("SELECT count(*), count(DISTINCT lane) FROM audit_entry WHERE resource = 'category'")
        entries, lanes = connection.execute(counted).one()
    assert entries == 90
    assert lanes > 3
    assert verify(app) == []


def test_a_long_change_keeps_nobody_waiting(app: Any) -> None:
    with unit.transaction(system(), "test.long") as bound:
        unit.create_within(bound, registry["category"], {"code": "SLOW", "name": "Slow"}, _reader(bound))
        done: list[str] = []

        def other() -> None:
            with app.app_context():
                enter(3, "Q")
                done.append("done")

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(20)
        assert done == ["done"]

    assert verify(app) == []


def test_the_database_refuses_to_change_the_audit(app: Any) -> None:
    enter(1)
    for statement in (
        "UPDATE audit_entry SET actor_name = 'Nobody'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DELETE FROM audit_lane",
    ):
        with pytest.raises(DBAPIError, match="only ever added to"), db.engine.begin() as connection:
            connection.execute(text(statement))


TAMPERINGS = {
    "a name": "UPDATE audit_entry SET actor_name = actor_name || '!' WHERE {where}",
    "the time": "UPDATE audit_entry SET at = at + interval '1 second' WHERE {where}",
    "what is after": 'UPDATE audit_entry SET after = after || \'{{"name": "Other"}}\' WHERE {where}',
    "which row": "UPDATE audit_entry SET row_id = row_id + 1 WHERE {where}",
    "a deletion": "DELETE FROM audit_entry WHERE {where}",
    "a truncation": (
        "DELETE FROM audit_entry a WHERE lane = {lane} AND position = (SELECT max(position) FROM audit_entry WHERE lane = {lane})"
    ),
    "a cut with its head": (
        "WITH cut AS (DELETE FROM audit_entry WHERE lane = {lane} RETURNING 1) "
        "UPDATE audit_lane SET entries = 0, mac = decode(repeat('00', 32), 'hex') WHERE lane = {lane}"
    ),
    "an insertion": (
        "INSERT INTO audit_entry SELECT lane, position + 1000000, gen_random_uuid(), at, actor_id, actor_name, acting_for, "
        "command, channel, request_id, action, resource, row_id, row_key, part, before, after, witness, mac "
        "FROM audit_entry WHERE {where}"
    ),
    "a swap": (
        "UPDATE audit_entry a SET row_key = b.row_key, row_id = b.row_id, after = b.after "
        "FROM audit_entry b WHERE a.lane = {lane} AND b.lane = a.lane AND a.position IN (1, 2) AND b.position = 3 - a.position"
    ),
    "a head": "UPDATE audit_lane SET entries = entries + 1 WHERE lane = {lane}",
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_in_the_database_is_found(app: Any, postgres_admin_url: str, what: str) -> None:
    enter(40)
    assert verify(app) == []
    with db.engine.connect() as connection:
        lanes = "SELECT lane FROM audit_entry GROUP BY lane HAVING count(*) > 1"
        lane = random.Random(7).choice(sorted(connection.execute(text(lanes)).scalars()))
        last = connection.execute(text(f"SELECT max(position) FROM audit_entry WHERE lane = {lane}")).scalar_one()

    where = f"lane = {lane} AND position = {random.Random(7).randint(1, last)}"
    with psycopg2.connect(postgres_admin_url) as admin, admin.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # as somebody with every right would
        cursor.execute(TAMPERINGS[what].format(lane=lane, where=where))
        assert cursor.rowcount
    admin.close()

    assert verify(app) != []


def _reader(bound: Any) -> Any:
    from app.infra.intake import Reader

    return Reader(bound)


def test_the_script_verifies_what_the_terminal_exported(app: Any, tmp_path: Path) -> None:
    enter(20)
    export, key_file = tmp_path / "audit.jsonl", tmp_path / "key"
    key_file.write_text(app.config["OUTLAY_AUDIT_KEY"])
    assert app.test_cli_runner().invoke(args=["outlay", "audit", "export", str(export)]).exit_code == 0

    def script() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(SCRIPT), str(export), "--key-file", str(key_file)]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)

    assert script().returncode == 0, script().stderr
    export.write_text(export.read_text().replace("Category 7", "Category 8"))
    refused = script()
    assert refused.returncode == 1
    assert "altered" in refused.stdout + refused.stderr or "seal" in refused.stdout + refused.stderr
