"""The ground the tests stand on: a database that each finds as it was made, and no way to another machine."""

import contextlib
import io
import os
import socket

import psycopg2
import pytest

from tests.conftest import NetworkRefused


@pytest.fixture
def superuser(postgres_admin_url):
    with contextlib.closing(psycopg2.connect(postgres_admin_url)) as connection:
        connection.autocommit = True
        yield connection.cursor()


def content(cursor):
    """Everything in every table, and where every sequence stands."""
    cursor.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    found = {}
    for (table,) in cursor.fetchall():
        rows = io.StringIO()
        cursor.copy_expert(f"COPY {table} TO STDOUT", rows)
        found[table] = sorted(rows.getvalue().splitlines())
    cursor.execute("SELECT sequencename, last_value FROM pg_sequences")
    return found, dict(cursor.fetchall())


def test_rows_written_changed_and_deleted_are_as_they_were_for_the_next_test(restorer, superuser):
    before = content(superuser)
    superuser.execute("INSERT INTO ab_role (name) VALUES ('of this test only')")
    superuser.execute("UPDATE ab_permission SET name = upper(name)")
    superuser.execute("DELETE FROM ab_permission_view_role")
    superuser.execute(
        "INSERT INTO ab_user (first_name, last_name, username, email) VALUES ('A', 'B', 'ab', 'a@b.example')"
    )
    assert content(superuser) != before
    restorer.restore()
    assert content(superuser) == before
    restorer.restore()
    assert content(superuser) == before


def test_a_transaction_left_open_does_not_hold_the_next_test_up(restorer, superuser, postgres_url):
    before = content(superuser)
    with contextlib.closing(psycopg2.connect(postgres_url)) as forgotten:
        cursor = forgotten.cursor()
        cursor.execute("INSERT INTO ab_role (name) VALUES ('never committed')")
        restorer.restore()
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute("SELECT 1")
    assert content(superuser) == before


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com", "2001:db8::1"])
def test_another_machine_cannot_be_reached(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(NetworkRefused, match=f"not to {host}:80"):
        client.connect((host, 80))


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_nothing_of_the_developers_own_servers_is_known():
    assert not {"DATABASE_URL", "REDIS_URL", "OUTLAY_HOME", "OUTLAY_AUDIT_KEY"} & set(os.environ)
