"""Days as a business counts them: fiscal years and their periods, months, working days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = 12
_SATURDAY = 5


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Name one month of a fiscal year; the year bears the number of the calendar year in which it begins."""

    year: int
    number: int
    start_month: int = 1

    def __post_init__(self) -> None:
        """Refuse periods and months that no year has."""
        for what, value in (("period", self.number), ("start month", self.start_month)):
            if not 1 <= value <= MONTHS:
                raise ValueError(f"{value} is not a {what}. Use 1 to {MONTHS}.")

    def __str__(self) -> str:
        """Give the label, which sorts as time does: 2026 P03, or 2026/27 P03 when the year spans two."""
        return f"{fiscal_year_label(self.year, self.start_month)} P{self.number:02d}"

    @property
    def first_day(self) -> date:
        """Give the day on which the period begins."""
        return add_months(date(self.year, self.start_month, 1), self.number - 1)

    @property
    def last_day(self) -> date:
        """Give the day on which the period ends."""
        return end_of_month(self.first_day)


def period_of(day: date, start_month: int = 1) -> Period:
    """Find the fiscal period a day falls into, for fiscal years beginning in a month."""
    begun = day.month >= start_month
    return Period(day.year if begun else day.year - 1, (day.month - start_month) % MONTHS + 1, start_month)


def fiscal_year_days(year: int, start_month: int = 1) -> tuple[date, date]:
    """Give the first and the last day of a fiscal year."""
    return Period(year, 1, start_month).first_day, Period(year, MONTHS, start_month).last_day


def fiscal_year_label(year: int, start_month: int = 1) -> str:
    """Give the label of a fiscal year: 2026, or 2026/27 when it spans two calendar years."""
    return str(year) if start_month == 1 else f"{year}/{(year + 1) % 100:02d}"


def add_months(day: date, months: int) -> date:
    """Move by whole months; a day the month does not have becomes its last.

    Count from the first due day, not from the one before: a rent due on the 31st would slip to the 28th for ever.
    """
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_month(day: date) -> date:
    """Give the last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def is_working_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Tell whether people work: Monday to Friday, except holidays."""
    return day.weekday() < _SATURDAY and day not in holidays


def add_working_days(day: date, count: int, holidays: Collection[date] = ()) -> date:
    """Count working days forwards, or backwards when below zero; zero gives the day itself, or the next working day."""
    step = timedelta(days=-1 if count < 0 else 1)
    left = abs(count)
    while left or not is_working_day(day, holidays):
        day += step
        left -= left > 0 and is_working_day(day, holidays)
    return day
