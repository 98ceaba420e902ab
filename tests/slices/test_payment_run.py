"""Payment runs: proposed, changed, submitted, approved by another, released as one file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from flask import Flask

from tests.scenarios.paying import Paying
from tests.slices.doing import events, reading


@pytest.fixture
def paying(app: Flask) -> Iterator[Paying]:
    with app.app_context():
        paying = Paying()
        paying.budget("LAB", "20000")
        yield paying


def test_a_run_pays_what_is_due_and_makes_payments_without_gaps(paying: Paying) -> None:
    first, second = paying.owed("R-1"), paying.owed("R-2", "50")
    run = paying.run()
    assert paying.in_run(run) == {first: Decimal("120.00"), second: Decimal("60.00")}
    paying.pay(paying.hanna, run, "submit")
    paying.pay(paying.tomas, run, "approve")
    assert paying.pay(paying.tomas, run, "release").state == "released"
    [payment] = paying.payments(run)
    assert (payment["number"], payment["state"], payment["amount"]) == ("PAY-HAL-2026-00001", "sent", Decimal(180))
    assert (paying.left(first), paying.left(second)) == (0, 0)
    assert b"PAY-HAL-2026-00001" in paying.file(run)
    assert [each["number"] for each in events("payment.sent")] == ["PAY-HAL-2026-00001"]
    with reading("invoice", first) as invoice:
        assert (invoice.paid.value, invoice.order.paid.value) == ("all", "all")
