"""Fiscal periods, months and working days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.calendar import (
    Period,
    add_months,
    add_working_days,
    end_of_month,
    fiscal_year_days,
    fiscal_year_label,
    is_working_day,
    period_of,
)

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
months = st.integers(1, 12)


@pytest.mark.parametrize(
    ("day", "start_month", "label"),
    [
        (date(2026, 3, 31), 1, "2026 P03"),
        (date(2026, 3, 31), 4, "2025/26 P12"),
        (date(2026, 4, 1), 4, "2026/27 P01"),
        (date(2025, 12, 31), 7, "2025/26 P06"),
        (date(1999, 12, 1), 12, "1999/00 P01"),
        (date(2024, 2, 29), 2, "2024/25 P01"),
    ],
)
def test_a_day_falls_into_its_fiscal_period(day, start_month, label):
    assert str(period_of(day, start_month)) == label


@given(days, months)
def test_a_period_holds_its_days_and_borders_on_the_next(day, start_month):
    period = period_of(day, start_month)
    assert period.first_day <= day <= period.last_day
    following = period_of(period.last_day + timedelta(days=1), start_month)
    assert following.first_day == period.last_day + timedelta(days=1)
    assert period < following and str(period) < str(following)
    first, last = fiscal_year_days(period.year, start_month)
    assert first <= day <= last
    assert first.month == start_month and last + timedelta(days=1) == add_months(first, 12)


def test_a_fiscal_year_that_spans_two_names_both():
    assert fiscal_year_label(2026) == "2026"
    assert fiscal_year_label(2026, 4) == "2026/27"
    assert fiscal_year_label(2099, 10) == "2099/00"


@pytest.mark.parametrize(("number", "start_month"), [(0, 1), (13, 1), (1, 0), (1, 13)])
def test_periods_no_year_has_are_refused(number, start_month):
    with pytest.raises(ValueError, match="Use 1 to 12"):
        Period(2026, number, start_month)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 11, 15), 14, date(2028, 1, 15)),
        (date(2026, 1, 1), -13, date(2024, 12, 1)),
    ],
)
def test_months_are_added_and_short_ones_end_early(day, count, expected):
    assert add_months(day, count) == expected


def test_a_month_ends_on_its_last_day():
    assert end_of_month(date(2024, 2, 3)) == date(2024, 2, 29)
    assert end_of_month(date(2026, 12, 31)) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 20), 5, date(2026, 11, 27)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (date(2026, 11, 23), -1, date(2026, 11, 20)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
    ],
)
def test_working_days_skip_weekends_and_holidays(day, count, expected):
    assert add_working_days(day, count, holidays={date(2026, 12, 25)}) == expected


@given(days, st.integers(-30, 30), st.sets(days, max_size=5))
def test_counting_working_days_ends_on_one(day, count, holidays):
    end = add_working_days(day, count, holidays)
    assert is_working_day(end, holidays)
    if count > 0:
        between = [day + timedelta(days=offset) for offset in range(1, (end - day).days + 1)]
        assert sum(is_working_day(each, holidays) for each in between) == count
