"""A search for several words: an index gives the rows of the rare ones, the common ones are looked for in those."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import listing, search, unit
from app.infra.db import db
from app.infra.listing import Query
from app.kernel.resource import registry
from tests.acting import system
from tests.making import Maker


@pytest.fixture
def counted(app: Flask) -> None:
    """Enter 120 categories called alike and one that stands out, and let PostgreSQL count their words."""
    with app.app_context():
        maker = Maker()
        for number in range(120):
            maker.create(registry["category"], code=f"W{number:03}", name="Garden tools")
        maker.create(registry["category"], code="ODD", name="Garden zeppelin tools")
        with db.engine.begin() as own:
            own.execute(text("ANALYZE category (search)"))
        search._counted.at = float("-inf")


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [("garden zep", ["ODD"]), ("zeppelin", ["ODD"]), ("tool zep gard", ["ODD"]), ("garden zeal", []), ("zep fish", [])],
)
def test_rows_have_all_words_whichever_are_common(app: Flask, wanted: str, found: list[str]) -> None:
    with app.app_context(), unit.reading(system()) as bound:
        rows = listing.page(bound, registry["category"], Query(text=wanted, sort="code")).rows
        best = search.best(bound, [registry["category"]], wanted, 5).get("category", [])
        assert [row.code for row in rows] == found == [row.code for row in best]


@pytest.mark.usefixtures("counted")
def test_common_words_are_no_matter_for_the_index(app: Flask) -> None:
    with app.app_context(), unit.reading(system()) as bound:
        said = {
            wanted: str(search.matches(bound.session, registry["category"], wanted))
            for wanted in ("garden zep", "garden tools", "zep fish", "garden")
        }
        assert {wanted: "ts_match_vq" in condition for wanted, condition in said.items()} == {
            "garden zep": True,
            "garden tools": False,
            "zep fish": False,
            "garden": False,
        }
        assert (
            len(listing.page(bound, registry["category"], Query(text="garden tools", sort="code", size=200)).rows)
            == 121
        )
