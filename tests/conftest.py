"""Real servers, a database for each worker that every test finds as it was made, and guards: no network, no one's own environment."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import redis
from flask import Flask

from tests import servers
from tests.restore import Restorer
from tests.scenes import Scenes
from tests.servers import Addresses, Running

TEST_VARIABLES = ("OUTLAY_TEST_PG_BIN", "OUTLAY_CORPUS", "OUTLAY_BROWSE", "OUTLAY_PICTURES", "OUTLAY_STORM")
RUNNING = pytest.StashKey[Running]()


class NetworkRefused(RuntimeError):
    """A test tried to talk to another machine."""


def pytest_configure(config: pytest.Config) -> None:
    """Close the guards; the parent of parallel workers starts the servers for all of them."""
    for profile, examples in (("brief", 10), ("outlay", 40)):  # `make check` is brief, `make test` is not
        hypothesis.settings.register_profile(profile, max_examples=examples, deadline=None, database=None)
    hypothesis.settings.load_profile(config.getoption("hypothesis_profile") or "outlay")
    for name in [name for name in os.environ if name.startswith("OUTLAY_") and name not in TEST_VARIABLES]:
        del os.environ[name]
    for name in ("DATABASE_URL", "REDIS_URL", "LOG_LEVEL", "LOG_STYLE"):
        os.environ.pop(name, None)
    os.environ["TZ"] = "UTC"
    time.tzset()
    socket.socket.connect = _loopback_only(socket.socket.connect)
    socket.socket.connect_ex = _loopback_only(socket.socket.connect_ex)
    if getattr(config.option, "numprocesses", None) and not config.option.collectonly and not _is_worker(config):
        config.stash[RUNNING] = servers.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, whatever happened to the tests."""
    if RUNNING in config.stash:
        config.stash[RUNNING].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a parallel worker where the servers are."""
    node.workerinput["addresses"] = vars(node.config.stash[RUNNING].addresses)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name cases of bytes by number: a zip file holds the time of day, and all workers must find the same names."""
    return argname if isinstance(val, bytes) else None


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _loopback_only(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise NetworkRefused(f"Tests talk to this machine only, not to {address[0]}:{address[1]}")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def addresses(request: pytest.FixtureRequest) -> Addresses:
    """Answer where the servers of this run are; a run without parallel workers starts them when first asked."""
    config = request.config
    if _is_worker(config):
        return Addresses(**config.workerinput["addresses"])  # type: ignore[attr-defined]
    if RUNNING not in config.stash:
        config.stash[RUNNING] = servers.start()
    return config.stash[RUNNING].addresses


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> int:
    """Number the parallel workers from 0."""
    return int(getattr(request.config, "workerinput", {}).get("workerid", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def postgres_url(addresses: Addresses, worker: int) -> Iterator[str]:
    """Make this worker's database: migrated, with its permissions, and otherwise empty."""
    name = f"outlay_{worker}"
    yield servers.create_database(addresses, name, servers.ensure_template(addresses))
    servers.drop_database(addresses, name)


@pytest.fixture(scope="session")
def postgres_admin_url(addresses: Addresses, postgres_url: str, worker: int) -> str:
    """Address this worker's database as superuser, for what the application itself may not do."""
    return servers.named(addresses.postgres_admin, f"outlay_{worker}")


@pytest.fixture
def empty_database_url(addresses: Addresses, worker: int) -> Iterator[str]:
    """Make a database without any table for one test, as a new installation finds it."""
    name = f"outlay_empty_{worker}"
    yield servers.create_database(addresses, name)
    servers.drop_database(addresses, name)


@pytest.fixture(scope="session")
def valkey_url(addresses: Addresses, worker: int) -> str:
    """Address this worker's part of Valkey."""
    return f"{addresses.valkey.partition('?')[0]}?db={worker}"


@pytest.fixture(scope="session")
def restorer(postgres_admin_url: str) -> Iterator[Restorer]:
    """Remember the fresh database; `restore()` brings it back, for fixtures that live longer than a test."""
    restorer = Restorer(postgres_admin_url)
    yield restorer
    restorer.close()


@pytest.fixture(scope="session")
def scenes(restorer: Restorer) -> Scenes:
    """Keep what tests begin with, so that it is built once."""
    return Scenes(restorer)


@pytest.fixture(scope="session")
def application(
    addresses: Addresses, postgres_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    """Build the application once for a worker, on its database; tests take `app`, which also tidies up."""
    from app import create_app
    from app.console import kept
    from config import load

    kept.LONG = float("inf")  # a slow moment of the machine is not kept for the next test
    environment = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": valkey_url,
        "OUTLAY_HOME": f"{addresses.directory}/home",  # with the keys the template database was made with
        "OUTLAY_FILES": str(tmp_path_factory.mktemp("files")),
    }
    return create_app({**load({**environment, "OUTLAY_PREPARED_STATEMENTS": "yes"}), "TESTING": True})


@pytest.fixture
def database(postgres_url: str, valkey_url: str, restorer: Restorer) -> Iterator[str]:
    """Lend this worker's database and Valkey for one test, and give them back as they were; answer the address."""
    yield postgres_url
    restorer.restore()
    with redis.Redis.from_url(valkey_url) as client:
        client.flushdb()


@pytest.fixture
def app(application: Flask, database: str) -> Flask:
    """Lend the application for one test, whichever others were built before; what the test writes is gone after it."""
    from app import use

    use(application)
    return application


@pytest.fixture
def office(app: Flask, scenes: Scenes) -> Iterator[Any]:
    """Open a small company in which people ask and decide."""
    from tests.scenarios.office import Office

    with app.app_context():
        yield scenes.open(Office)


@pytest.fixture
def buying(app: Flask, scenes: Scenes) -> Iterator[Any]:
    """Open the same company with somebody who buys."""
    from tests.scenarios.buying import Buying

    with app.app_context():
        yield scenes.open(Buying)


@pytest.fixture
def billing(app: Flask, scenes: Scenes) -> Iterator[Any]:
    """Open it with suppliers who send invoices."""
    from tests.scenarios.billing import Billing

    with app.app_context():
        yield scenes.open(Billing)


@pytest.fixture
def paying(app: Flask, scenes: Scenes) -> Iterator[Any]:
    """Open it with an account that pays, and people who release."""
    from tests.scenarios.paying import Paying

    with app.app_context():
        yield scenes.open(Paying)


@pytest.fixture
def owing(app: Flask, scenes: Scenes) -> Iterator[Any]:
    """Open it when an invoice is to be paid."""
    from tests.scenarios.paying import Owing

    with app.app_context():
        yield scenes.open(Owing)


@pytest.fixture
def banking(app: Flask, scenes: Scenes) -> Iterator[Any]:
    """Open it with a bank that sends statements."""
    from tests.scenarios.banking import Banking

    with app.app_context():
        yield scenes.open(Banking)


@pytest.fixture
def paid(app: Flask, scenes: Scenes) -> Iterator[Any]:
    """Open it when a payment is on its way."""
    from tests.scenarios.banking import Paid

    with app.app_context():
        yield scenes.open(Paid)


@pytest.fixture
def client(app: Flask) -> Callable[[Any], Any]:
    """Give a browser in which somebody of a scene is signed in."""
    from tests.acting import Someone, open_session, signed_in

    def of(someone: Someone) -> Any:
        with app.app_context():
            secret = open_session(someone.user)
        return signed_in(app, Someone(someone.user, someone.code, secret))

    return of
