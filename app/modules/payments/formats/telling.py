"""What people say of a table of a bank where its headings do not: columns, order of days, currency and sign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.kernel.money import CURRENCIES
from app.modules.payments.formats import headings
from app.modules.payments.formats.refusing import refused, shown

SIGNS = {"": "Minus leaves the account", "reversed": "Plus leaves the account"}
DATES = ("", "day", "month")


@dataclass(frozen=True, slots=True)
class Told:
    """What was said: columns by heading or letter with what they hold (nothing leaves one out), and what holds for all rows."""

    columns: Mapping[str, str] = field(default_factory=dict)
    dates: str = ""
    currency: str = ""
    sign: str = ""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was said."""
        return self == NOTHING

    def check(self) -> None:
        """Refuse what no table could have."""
        for role in self.columns.values():
            if role.strip() and role.strip() not in headings.ROLES:
                words = f"There is no field {shown(role)} to fill. Use one of {', '.join(headings.ROLES)}."
                raise refused("unknown_field", words, field="columns")
        _one_of("dates", self.dates, DATES)
        _one_of("sign", self.sign, SIGNS)
        if self.currency and self.currency not in CURRENCIES:
            raise refused(
                "bad_currency", f"{shown(self.currency)} is not a currency code such as EUR.", field="currency"
            )


def _one_of(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        words = f"{name}: {shown(value)} is not known. Use {' or '.join(filter(None, known))}, or leave it empty."
        raise refused("unknown_choice", words, field=name)


NOTHING = Told()
