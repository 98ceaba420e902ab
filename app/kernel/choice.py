"""Choices with the words people read, declared once: `VAT = "vat", "VAT number"`."""

from __future__ import annotations

import enum
from typing import Self


class Labelled(enum.Enum):
    """A choice whose value is its code and whose `label` is what people read."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Keep the code as the value, and the words beside it."""
        member = object.__new__(cls)
        member._value_ = value
        member.label = label
        return member
