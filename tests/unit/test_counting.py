"""Words agree with their number, wherever people read one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.console import words
from app.kernel.counting import counted
from app.modules.directory.domain.units import unit_words


@pytest.mark.parametrize(
    ("number", "one", "many", "said"),
    [
        (1, "day", "", "1 day"),
        (0, "day", "", "0 days"),
        (-1, "day", "", "-1 day"),
        (2, "entry is", "entries are", "2 entries are"),
        (Decimal("1.00"), "day", "", "1 day"),
        (Decimal("1.50"), "day", "", "1.5 days"),
    ],
)
def test_what_is_counted_agrees_with_its_number(number: Any, one: str, many: str, said: str) -> None:
    assert counted(number, one, many) == said
    if number >= 0:
        assert words.count(number, one, many or f"{one}s").replace("\u00a0", " ").replace("1.00 ", "1 ") == said


@pytest.mark.parametrize(
    ("code", "quantity", "said"),
    [
        ("MON", Decimal(1), "month"),
        ("MON", Decimal(12), "months"),
        ("HUR", Decimal("0.5"), "hours"),
        ("C62", Decimal(-1), "pc"),
        ("MON", None, "months"),
        ("KGM", Decimal(1), "kg"),
        ("X9", Decimal(1), "X9"),
    ],
)
def test_a_unit_is_said_of_one_or_of_several(code: str, quantity: Decimal | None, said: str) -> None:
    assert unit_words(code, quantity) == said
