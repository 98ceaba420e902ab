"""Rules for spending that others recorded: which names are one supplier's, and what may be told of a payment."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from app.kernel.problem import Problem
from app.modules.suppliers.domain import likeness

#: Ways to write one and the same legal form; other forms make another company.
_SAME_FORM = {"limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "and": "&", "the": ""}
_WITHHELD = re.compile(r"redact|withheld|personal (data|information)|not disclosed|\bn/?a\b", re.IGNORECASE)
STATED = ("entity_id", "paid_on", "amount", "tax", "gross", "currency_id", "stated_supplier", "reference")


def name_key(name: str | None) -> str:
    """Write a supplier's name so that its spellings read equal; empty where no supplier is named."""
    if not name or _WITHHELD.search(name):
        return ""
    return " ".join(filter(None, (_SAME_FORM.get(word, word) for word in likeness.words(name))))


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
