"""What the environment says, and what happens when it says nothing."""

import base64
import stat

import pytest

from config import ConfigurationError, load
from tests.working import rows

SERVERS = {"DATABASE_URL": "postgresql://outlay@db.example/outlay", "REDIS_URL": "redis://cache.example:6379/0"}


def read(home, **variables):
    return load({**SERVERS, "OUTLAY_HOME": str(home), **variables})


@pytest.mark.parametrize("missing", sorted(SERVERS))
def test_a_missing_server_is_named_together_with_the_command_that_starts_one(tmp_path, missing):
    others = {name: value for name, value in SERVERS.items() if name != missing}
    with pytest.raises(ConfigurationError, match=f"^{missing} is not set. .*make run"):
        load({**others, "OUTLAY_HOME": str(tmp_path)})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_the_database_is_reached_through_psycopg2_however_its_address_is_written(tmp_path, scheme):
    settings = read(tmp_path, DATABASE_URL=f"{scheme}://outlay@db.example/outlay")
    assert settings["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg2://outlay@db.example/outlay"


def test_another_database_than_postgresql_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="DATABASE_URL names sqlite; Outlay keeps its data in PostgreSQL"):
        read(tmp_path, DATABASE_URL="sqlite:///outlay.db")


def test_keys_are_made_once_for_their_owner_alone_and_found_again(tmp_path):
    first, second = read(tmp_path), read(tmp_path)
    for name in ("SECRET_KEY", "OUTLAY_AUDIT_KEY", "OUTLAY_ENCRYPTION_KEYS"):
        assert first[name] == second[name]
    assert len({first["SECRET_KEY"], first["OUTLAY_AUDIT_KEY"], first["OUTLAY_ENCRYPTION_KEYS"]}) == 3
    assert len(base64.b64decode(first["OUTLAY_ENCRYPTION_KEYS"].removeprefix("k1:"))) == 32
    files = sorted((tmp_path / "keys").iterdir())
    assert [path.name for path in files] == ["audit-key", "encryption-keys", "secret-key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_key_from_the_environment_leaves_no_file(tmp_path):
    keys = dict.fromkeys(("OUTLAY_SECRET_KEY", "OUTLAY_AUDIT_KEY", "OUTLAY_ENCRYPTION_KEYS"), "given")
    settings = read(tmp_path, **keys)
    assert {settings[name] for name in ("SECRET_KEY", "OUTLAY_AUDIT_KEY", "OUTLAY_ENCRYPTION_KEYS")} == {"given"}
    assert not (tmp_path / "keys").exists()


def test_the_cookie_is_secure_unless_the_address_is_plain_http(tmp_path):
    assert read(tmp_path, OUTLAY_BASE_URL="https://outlay.example/")["SESSION_COOKIE_SECURE"]
    assert not read(tmp_path)["SESSION_COOKIE_SECURE"]


def test_a_second_terminal_finds_the_servers_of_a_running_outlay(tmp_path):
    (tmp_path / "servers").write_text(
        "DATABASE_URL=postgresql://outlay@:5432/outlay?host=%2Fx\nREDIS_URL=unix:///x/v.sock?db=0\n"
    )
    settings = load({"OUTLAY_HOME": str(tmp_path)})
    assert settings["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg2://outlay@:5432/outlay?host=%2Fx"
    assert settings["REDIS_URL"] == "unix:///x/v.sock?db=0"
    assert settings["RATELIMIT_STORAGE_URI"] == "redis+unix:///x/v.sock?db=0"
    assert (
        load({"OUTLAY_HOME": str(tmp_path), "REDIS_URL": "redis://other.example"})["REDIS_URL"]
        == "redis://other.example"
    )


def test_no_statement_lock_or_forgotten_transaction_holds_others_up_for_long(app):
    names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
    with app.app_context():
        found = rows(
            "SELECT name, setting::int / 1000 AS seconds FROM pg_settings WHERE name = ANY(:names)", names=names
        )
    assert {row.name: row.seconds for row in found} == dict(zip(names, (30, 10, 60), strict=True))
