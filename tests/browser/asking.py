"""A small company in which requests wait for Jana: `python -m tests.browser.asking 900 1200`; `more` adds to it."""

from __future__ import annotations

import sys

from app import create_core
from app.infra import identity, unit
from app.infra.db import db
from config import load
from tests.acting import Someone, system
from tests.browser.company import PASSWORD
from tests.scenarios.office import Office


def main(*prices: str) -> None:
    """Make the company unless it is there, and let Lena ask."""
    if prices[-1] == "more":
        ask(_again(), *prices[:-1])
        return
    office = Office()
    for someone in (office.jana, office.lena):
        with unit.transaction(system(), "test.set_password") as bound:
            user = identity.find_user(bound.session, someone.code)
            assert user is not None
            identity.set_password(bound, user, PASSWORD)
    ask(office, *prices)


def ask(office: Office, *prices: str) -> None:
    """Submit a request for each price, to be decided by Jana."""
    for price in prices:
        office.submitted(price, title=f"Order for {price}", cost_centre="IT")


def _again() -> Office:
    """Enter the company that is there already."""
    office = object.__new__(Office)
    user = identity.find_user(db.session(), "lena.fischer")
    office.lena = Someone(user, "lena.fischer", "")
    return office


if __name__ == "__main__":
    with create_core(load()).app_context():
        main(*sys.argv[1:])
