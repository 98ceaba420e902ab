"""The servers and the supervisor of `make run`, with real processes and real signals."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psycopg2
import pytest
import redis

from app.embedded import ServerError, postgres, valkey
from app.embedded.account import Account, for_data, reachable, runnable
from app.embedded.start import claim, demand_port
from tests.servers import ROOT, SETTINGS
from tests.waiting import wait_for

DEBIAN = Path("/usr/lib/postgresql/15/bin")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes users")


@pytest.fixture
def directory():
    """A short directory that another user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="outlay-embedded-", dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def initialized():
    """A data directory made once, since making one takes most of a second."""
    with tempfile.TemporaryDirectory(prefix="outlay-embedded-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        with postgres(Path(name) / "pg", settings=SETTINGS) as server:
            pass
        yield server.data


@pytest.fixture
def made(directory, initialized):
    """A directory with PostgreSQL's data already made in it."""
    copy_data(initialized, directory / "pg")
    return directory


def copy_data(source, target):
    subprocess.run(["cp", "-a", source, target], check=True)


def ask(url, words):
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(words)
        return cursor.fetchall() if cursor.description else None


@pytest.mark.parametrize(
    "binaries",
    [
        pytest.param(None, id="wheel"),
        pytest.param(DEBIAN, id="debian-15", marks=pytest.mark.skipif(not DEBIAN.exists(), reason="not installed")),
    ],
)
def test_postgres_keeps_its_data_between_starts_and_sorts_by_code_point(directory, binaries):
    with postgres(directory / "pg", settings=SETTINGS, binaries=binaries) as server:
        ask(server.url, "CREATE TABLE word AS SELECT unnest(ARRAY['b', 'Z', 'é', 'a']) AS text")
    with postgres(directory / "pg", settings=SETTINGS, binaries=binaries) as server:
        assert ask(server.url, "SELECT text FROM word ORDER BY text") == [("Z",), ("a",), ("b",), ("é",)]


def test_postgres_gives_the_application_no_superuser_and_the_network_nothing(made):
    with postgres(made / "pg", settings=SETTINGS) as server:
        facts = "SELECT current_user, current_setting('is_superuser'), current_setting('listen_addresses')"
        assert ask(server.url, facts) == [("outlay", "off", "")]
        assert ask(server.admin_url, facts) == [("postgres", "on", "")]
        assert stat.S_IMODE((server.sockets / ".s.PGSQL.5432").stat().st_mode) == stat.S_IRWXU
        assert stat.S_IMODE(server.data.stat().st_mode) == stat.S_IRWXU


def test_postgres_starts_again_at_once_after_it_was_killed_under_a_busy_connection(made):
    server = postgres(made / "pg", settings={"fsync": "off"})
    ask(server.url, "CREATE TABLE kept AS SELECT 1 AS one")
    busy = threading.Thread(target=_work_until_disconnected, args=(server.url,))
    busy.start()
    working = "SELECT 1 FROM pg_stat_activity WHERE usename = 'outlay' AND state = 'active'"
    wait_for(lambda: ask(server.admin_url, working), "the query is at work")
    server.process.kill()
    server.process.wait()
    with postgres(made / "pg", settings={"fsync": "off"}) as server:
        assert ask(server.url, "SELECT one FROM kept") == [(1,)]
    busy.join()


def _work_until_disconnected(url):
    with contextlib.suppress(psycopg2.Error):
        ask(url, "SELECT count(*) FROM generate_series(1, 1000000000) AS number")


def test_postgres_is_not_fooled_by_a_process_that_was_given_its_predecessors_number(made):
    with postgres(made / "pg", settings=SETTINGS) as server:
        data = server.data
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")
        with postgres(made / "pg", settings=SETTINGS) as server:
            assert ask(server.url, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_postgres_makes_its_data_anew_when_the_first_start_was_interrupted(directory):
    (directory / "pg.new").mkdir()
    (directory / "pg.new" / "PG_VERSION").write_text("18\n")
    with postgres(directory / "pg", settings=SETTINGS) as server:
        assert ask(server.url, "SELECT 1") == [(1,)]
    assert not (directory / "pg.new").exists()


def test_a_server_that_cannot_start_says_why(made):
    with pytest.raises(ServerError, match="unrecognized configuration parameter"):
        postgres(made / "pg", settings={**SETTINGS, "no_such_setting": "on"})


def test_a_path_too_long_for_a_socket_gets_a_short_private_directory(directory, initialized):
    deep = directory / ("d" * 100)
    deep.mkdir()
    copy_data(initialized, deep / "pg")
    with postgres(deep / "pg", settings=SETTINGS) as database, valkey(deep / "valkey") as cache:
        assert ask(database.url, "SELECT 1") == [(1,)]
        assert redis.Redis.from_url(cache.url).ping()
        places = (database.sockets, cache.sockets)
        assert [stat.S_IMODE(place.stat().st_mode) for place in places] == [stat.S_IRWXU, stat.S_IRWXU]
    assert not any(place.exists() for place in places)


def test_a_stranger_who_took_the_short_directory_first_is_refused(directory):
    deep = directory / ("d" * 100)
    with valkey(deep / "valkey") as cache:
        place = cache.sockets
    place.mkdir(mode=0o777)
    try:
        place.chmod(0o777)
        with pytest.raises(ServerError, match=f"{place} is not ours"):
            valkey(deep / "valkey")
    finally:
        place.rmdir()


@as_root
def test_root_keeps_data_below_var_lib_when_the_servers_user_may_not_enter_their_place(directory):
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    with postgres(closed / "pg", settings=SETTINGS) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 1 AS one")
        assert server.data.is_relative_to("/var/lib")
    with postgres(closed / "pg", settings=SETTINGS) as server:
        assert ask(server.url, "SELECT one FROM kept") == [(1,)]
    assert stat.S_IMODE(closed.stat().st_mode) == stat.S_IRWXU
    subprocess.run(["rm", "-r", server.data.parent], check=True)


@as_root
def test_root_copies_programs_that_the_servers_user_may_not_run(directory):
    account = for_data(directory / "pg")
    assert isinstance(account, Account)
    programs = directory / "closed" / "site-packages" / "wheel" / "installation" / "bin"
    programs.mkdir(parents=True)
    libraries = programs.parents[2] / "wheel.libs"
    libraries.mkdir()
    (programs / "postgres").write_text("#!/bin/sh\n")
    (programs / "postgres").chmod(0o755)
    assert runnable(programs, account) == programs
    (directory / "closed").chmod(0o700)
    copy = runnable(programs, account)
    try:
        assert copy.is_relative_to("/var/lib")
        assert account.can_enter(copy / "postgres")
        assert (copy / "../../../wheel.libs").resolve().is_dir()
        assert runnable(programs, account) == copy
    finally:
        subprocess.run(["rm", "-r", copy.parents[2]], check=True)


@as_root
def test_root_works_on_as_the_user_who_made_the_data(directory):
    (directory / "pg").mkdir()
    os.chown(directory / "pg", 65534, 65534)
    account = for_data(directory / "pg")
    assert account is not None
    assert account.uid == 65534
    assert reachable(directory / "pg", account) == directory / "pg"


def test_valkey_keeps_every_write_when_it_is_killed(directory):
    server = valkey(directory / "valkey")
    with redis.Redis.from_url(server.url) as client:
        for number in range(500):
            client.set(f"key:{number}", number)
    server.process.kill()
    server.process.wait()
    with valkey(directory / "valkey") as server, redis.Redis.from_url(server.url) as client:
        assert client.dbsize() == 500
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_second_start_on_the_same_home_is_told_who_runs(directory):
    held = claim(directory, "http://127.0.0.1:8000")
    with pytest.raises(ServerError, match=rf"^Outlay already runs at http://127.0.0.1:8000 \(pid {os.getpid()}\)\.$"):
        claim(directory, "http://127.0.0.1:9000")
    held.release()
    again = claim(directory, "http://127.0.0.1:9000")
    assert not again.after_crash
    again.file.close()
    third = claim(directory, "http://127.0.0.1:9000")
    assert third.after_crash
    third.release()


def test_a_port_in_use_is_named_with_one_that_is_free():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=rf"^Port {port} is in use .* OUTLAY_PORT=\d+ make run$"):
            demand_port("127.0.0.1", port, "OUTLAY_PORT", patient=False)


STAND_IN = """
import sys, time
from functools import partial
from pathlib import Path
from app.embedded import postgres, valkey
from app.embedded.supervisor import Stopping, Supervisor

home = Path(sys.argv[1])
child = [sys.executable, "-u", "-c", "import os, time; print('up', os.getpid()); time.sleep(600)"]
stubborn = [sys.executable, "-u", "-c",
            "import os, signal, time; signal.signal(15, lambda *_: print('busy')); print('up', os.getpid())\\n"
            "while True: time.sleep(1)"]
supervisor = Supervisor({}, Path.cwd())
try:
    supervisor.serve("postgres", partial(postgres, home / "pg", settings={"fsync": "off"}))
    supervisor.serve("valkey", partial(valkey, home / "valkey"))
    release = supervisor.begin("release", [sys.executable, "-c", "print('a'); print('b'); import sys; sys.exit(3)"])
    supervisor.say("", str(supervisor.finish(release)))
    supervisor.start("web", child)
    supervisor.start("worker", stubborn if "stubborn" in sys.argv else child)
    supervisor.watch(until=lambda: False)
except Stopping:
    pass
finally:
    supervisor.stop()
supervisor.say("", "stopped")
"""


class Run:
    """A supervisor in a process of its own, whose lines are read as they come."""

    def __init__(self, home, *words):
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", STAND_IN, str(home), *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=lambda: self.lines.extend(self._read()), daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
        return []

    def pids(self, name):
        return [int(line.split()[-1]) for line in self.lines if line.startswith(f"{name:<8} | up ")]

    def wait_for(self, text):
        wait_for(lambda: text in self.lines, text)

    def end(self):
        code = self.process.wait(60)
        self._reader.join()
        self.process.stdout.close()
        return code


@pytest.fixture
def run(made):
    runs = []

    def start(*words):
        runs.append(Run(made, *words))
        wait_for(lambda: runs[-1].pids("web") and runs[-1].pids("worker"), "both are started")
        return runs[-1]

    yield start
    for one in runs:
        one.process.kill()
        one.end()
    wait_for(lambda: not at_work_in(made), "the servers are gone")


def at_work_in(directory):
    """Processes whose working directory is below this one: the servers."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(directory):
                found.append(entry.name)
    return found


def is_alive(pid):
    with contextlib.suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def test_ctrl_c_stops_processes_then_servers_and_leaves_nothing(run, directory):
    supervisor = run()
    pids = supervisor.pids("web") + supervisor.pids("worker")
    supervisor.process.send_signal(signal.SIGINT)
    assert supervisor.end() == 0
    assert "(3, ['a', 'b'])" in supervisor.lines
    assert supervisor.lines[-1] == "stopped"
    assert not any(is_alive(pid) for pid in pids)
    assert not at_work_in(directory)
    assert "database system is shut down" in (directory / "pg.log").read_text().splitlines()[-1]


def test_a_second_ctrl_c_ends_a_process_that_does_not_want_to(run, directory):
    supervisor = run("stubborn")
    supervisor.process.send_signal(signal.SIGTERM)
    supervisor.wait_for("worker   | busy")
    supervisor.process.send_signal(signal.SIGINT)
    assert supervisor.end() == 0
    assert not is_alive(supervisor.pids("worker")[0])
    assert not at_work_in(directory)


def test_a_process_that_ends_is_started_again_and_so_is_a_server(run, directory):
    supervisor = run()
    os.kill(supervisor.pids("web")[0], signal.SIGKILL)
    wait_for(lambda: len(supervisor.pids("web")) == 2, "it is started again")
    assert "web      | ended by SIGKILL; starting it again in 1 s" in supervisor.lines
    number = int((directory / "pg" / "postmaster.pid").read_text().split()[0])
    os.kill(number, signal.SIGKILL)
    supervisor.wait_for("postgres | ended by SIGKILL; starting it again")
    supervisor.process.send_signal(signal.SIGINT)
    assert supervisor.end() == 0
    assert not at_work_in(directory)


def test_nothing_outlives_a_supervisor_that_is_killed_and_the_next_start_finds_its_data(run, directory):
    supervisor = run()
    pids = supervisor.pids("web") + supervisor.pids("worker")
    supervisor.process.kill()
    supervisor.end()
    wait_for(lambda: not any(is_alive(pid) for pid in pids) and not at_work_in(directory), "all are gone")
    assert "database system is shut down" in (directory / "pg.log").read_text().splitlines()[-1]
    assert run().pids("web")
