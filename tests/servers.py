"""The servers of a test run: started once, shared by all workers, gone at the end whatever happens."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from app.embedded import Server, postgres, valkey

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "outlay-test-"
TEMPLATE = "outlay_template"

# Nothing in these databases has to survive a crash, and no background work disturbs what a test counts.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "200",
}


@dataclass(frozen=True)
class Addresses:
    """Where the servers of this run are; plain text, so that it travels to the workers."""

    directory: str
    postgres: str
    postgres_admin: str
    valkey: str


@dataclass
class Running:
    """The servers of this run, held by the one process that started them."""

    addresses: Addresses
    servers: list[Server]
    lock: IO[str]

    def stop(self) -> None:
        """Stop the servers and leave nothing behind."""
        for server in reversed(self.servers):
            server.stop()
        shutil.rmtree(self.addresses.directory, ignore_errors=True)
        self.lock.close()


def start() -> Running:
    """Start both servers in a short directory that everyone may enter, as PostgreSQL may run as another user."""
    _remove_leftovers()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
    directory.chmod(0o755)
    lock = (directory / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    binaries = os.environ.get("OUTLAY_TEST_PG_BIN")
    database = postgres(directory / "postgres", settings=SETTINGS, binaries=Path(binaries) if binaries else None)
    cache = valkey(directory / "valkey")
    addresses = Addresses(str(directory), database.url, database.admin_url, cache.url)
    return Running(addresses, [database, cache], lock)


def _remove_leftovers() -> None:
    """Remove what a killed run left; a run that lives holds its lock."""
    for directory in Path("/tmp").glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (directory / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)


def named(url: str, database: str) -> str:
    """Address another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def create_database(addresses: Addresses, name: str, template: str = "template0") -> str:
    """Make a database that the application owns, as a copy of another; answer its address."""
    words = "CREATE DATABASE {} OWNER outlay TEMPLATE {} STRATEGY FILE_COPY"
    with _administration(addresses) as cursor:
        cursor.execute(sql.SQL(words).format(sql.Identifier(name), sql.Identifier(template)))
    return named(addresses.postgres, name)


def drop_database(addresses: Addresses, name: str) -> None:
    """Remove a database, and whoever is still connected to it."""
    with _administration(addresses) as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def _administration(addresses: Addresses) -> Iterator[psycopg2.extensions.cursor]:
    with contextlib.closing(psycopg2.connect(addresses.postgres_admin)) as connection:
        connection.autocommit = True
        yield connection.cursor()


def ensure_template(addresses: Addresses) -> str:
    """Migrate and sync permissions once for a run, in the first worker that asks; the others wait for it."""
    directory = Path(addresses.directory)
    outcome = directory / "template"
    with (directory / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not outcome.exists():
            outcome.write_text(_release(addresses, create_database(addresses, TEMPLATE)))
    problem = outcome.read_text()
    if problem:
        raise RuntimeError(f"The template database could not be made:\n{problem}")
    return TEMPLATE


def _release(addresses: Addresses, url: str) -> str:
    """Run the release steps as on a server, in a process of their own; answer what went wrong, or nothing."""
    outcome = subprocess.run(
        [sys.executable, "-m", "app.embedded.release", "migrate", "permissions"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": addresses.valkey,
            "OUTLAY_HOME": f"{addresses.directory}/home",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode:
        return f"exit status {outcome.returncode}\n{outcome.stdout}{outcome.stderr}"
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        # The rows a house begins with were heard of long ago.
        cursor.execute("DELETE FROM job; DELETE FROM outbox_event")
    return ""
