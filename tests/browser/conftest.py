"""A browser on the demo company: signed-in pages that notice every error of script, policy or server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import redis
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import servers
from tests.browser import company as halden
from tests.browser.company import Company
from tests.browser.places import CONTROLLER, HEAD, OTHER_BUYER, PLACES
from tests.browser.window import CHROMIUM, TIMEOUT, Windows
from tests.restore import Restorer
from tests.servers import Addresses

VALKEY_DATABASE = 8  # the first of those that no worker's other tests use


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives the browser, and say why it is left out where there is none."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists() and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="Chromium is missing. Install it: apt install chromium"))


@pytest.fixture(scope="session")
def company_database(addresses: Addresses, worker: int) -> Iterator[str]:
    """Make this worker's copy of the company."""
    name = f"outlay_company_{worker}"
    yield servers.create_database(addresses, name, halden.ensure_template(addresses))
    servers.drop_database(addresses, name)


@pytest.fixture(scope="session")
def company(
    request: pytest.FixtureRequest, addresses: Addresses, worker: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    """Serve the company; OUTLAY_BROWSE names one that is served already, such as by `make run`."""
    directory = tmp_path_factory.mktemp("company")
    if os.environ.get("OUTLAY_BROWSE"):
        yield Company(os.environ["OUTLAY_BROWSE"].rstrip("/"), directory)
        return
    valkey = f"{addresses.valkey.partition('?')[0]}?db={VALKEY_DATABASE + worker}"
    served = halden.serve(addresses, request.getfixturevalue("company_database"), valkey, directory)
    yield served
    served.stop()
    with redis.Redis.from_url(valkey) as client:
        client.flushdb()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
        expect.set_options(timeout=TIMEOUT)
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=options, timeout=60_000)
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, company: Company) -> Windows:
    """Know the cookies of everyone who looks at pages here."""
    everyone = Windows(browser, company.address)
    for who in {OTHER_BUYER, HEAD, CONTROLLER, *(place.who for place in PLACES.values() if place.who)}:
        everyone.sign_in(who)
    return everyone


@pytest.fixture(scope="session")
def company_restorer(
    company: Company, signed_in: Windows, addresses: Addresses, worker: int
) -> Iterator[Restorer | None]:
    """Remember the company as it was seeded, with the sessions of these tests."""
    if not company.variables:
        yield None
        return
    restorer = Restorer(servers.named(addresses.postgres_admin, f"outlay_company_{worker}"))
    yield restorer
    restorer.close()


@pytest.fixture
def changing(company_restorer: Restorer | None) -> Iterator[None]:
    """Let a test change the company, and bring it back afterwards."""
    yield
    if company_restorer:
        company_restorer.restore()


@pytest.fixture
def windows(signed_in: Windows) -> Iterator[Windows]:
    """Open windows for one test; each must be free of errors at its end."""
    opened = Windows(signed_in.browser, signed_in.address, signed_in.cookies)
    yield opened
    opened.close_all()


@pytest.fixture
def page_of(windows: Windows) -> Callable[..., Page]:
    """Open an address as somebody."""
    return lambda who, path, **options: windows.open(who, path, **options).page
