from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.infra import intake, listing, unit
from app.kernel.resource import registry
from app.workers import perform
from tests.acting import system
from tests.making import Maker


@pytest.fixture(autouse=True)
def within_app(app: Flask) -> Any:
    with app.app_context():
        yield app


def found(resource: str, text: str) -> list[str]:
    with unit.reading(system()) as bound:
        query, _ = listing.parse(bound, registry[resource], {"q": [text]})
        return [
            row.code if resource != "bank_account" else row.number
            for row in listing.page(bound, registry[resource], query).rows
        ]


def test_a_renamed_supplier_is_found_by_its_new_name_in_its_accounts(app: Flask) -> None:
    maker = Maker()
    account = maker.create(registry["bank_account"])
    supplier = maker.made["supplier"]
    with unit.reading(system()) as bound:
        before = intake.find_row(bound, registry["bank_account"], account).version

    unit.save(system(), registry["supplier"], supplier, {"name": "Zyklop Werke"})
    assert found("bank_account", "zyklop") == []
    perform.drain(app)

    assert found("bank_account", "zyklop") == [account]
    with unit.reading(system()) as bound:
        assert intake.find_row(bound, registry["bank_account"], account).version == before


def test_an_edit_that_touches_no_search_text_lines_up_nothing(app: Flask) -> None:
    from sqlalchemy import text

    from app.infra.db import db

    maker = Maker()
    maker.create(registry["bank_account"])
    unit.save(system(), registry["supplier"], maker.made["supplier"], {"payment_days": 60})
    perform.drain(app)

    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM job WHERE kind = 'search.reindex'")).scalar_one() == 0
