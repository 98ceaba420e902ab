"""How long a decision usually takes, told to whoever is about to ask for one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import load_slices
from app.infra import unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.resource import registry
from app.modules.requests import service as requests
from tests.acting import system
from tests.scenarios.office import Office


def told(office: Office) -> Any:
    """Give what stands beside the form of one more request."""
    key = office.ask("900")
    db.session.rollback()
    with unit.reading(system()) as bound:
        seen = requests.preview(bound, find_row(bound, registry["request"], key)).approval
    db.session.rollback()
    return seen


def decided_after(*hours: float) -> None:
    """Let the rounds there are have taken so long, as if time had passed."""
    with db.engine.begin() as connection:
        rows = connection.execute(text("SELECT id FROM approval WHERE state = 'approved' ORDER BY id")).scalars().all()
        for row_id, each in zip(rows, hours, strict=True):
            connection.execute(
                text("UPDATE approval SET closed_at = opened_at + :took WHERE id = :id"),
                {"took": timedelta(hours=each), "id": row_id},
            )


@pytest.mark.parametrize(
    ("hours", "days"),
    [((1, 2, 3, 4), None), ((1, 2, 23, 90, 900), 1), ((1, 2, 25, 90, 900), 2), ((48, 48, 48, 48, 48, 49), 2)],
)
def test_it_is_the_middle_of_what_was_decided_and_nothing_is_said_of_a_few(
    office: Office, hours: tuple[float, ...], days: int | None
) -> None:
    for _ in hours:
        office.approved("900")
    decided_after(*hours)
    assert told(office).usual_days == days


def test_what_was_approved_at_once_and_what_still_waits_do_not_count(office: Office) -> None:
    for _ in range(6):
        office.submitted("90", lines=[{"item": "LAMP", "quantity": "1"}])
        office.submitted("900")
    assert told(office).usual_days is None


@pytest.mark.parametrize(
    ("days", "words"), [(None, ""), (1, "Usually decided within 1\u00a0day"), (3, "Usually decided within 3\u00a0days")]
)
def test_it_is_told_in_days(days: int | None, words: str) -> None:
    load_slices()
    from app.modules.requests.console import rail

    assert rail._usually(days) == words
