"""Rules for spending that others recorded: what may be told of a payment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from app.kernel.problem import Problem

STATED = ("entity_id", "paid_on", "amount", "tax", "gross", "currency_id", "stated_supplier", "reference")


def why_not_record(record: Any, today: date, changed: Collection[str]) -> list[Problem]:
    """Say what is wrong with a record, or with changing what a file states."""
    problems = []
    if record.paid_on and record.paid_on > today:
        problems.append(Problem("in_future", "Paid on: choose today or a day before.", "paid_on"))
    if record.source_hash and record.id is not None:
        for name in (name for name in STATED if name in changed):
            words = (
                f"This stands so on line {record.source_line} of {record.source_file}. Set the record aside instead."
            )
            problems.append(Problem("as_stated", words, name.removesuffix("_id")))
    return problems
