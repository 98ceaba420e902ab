"""Document numbers: rising with gaps and no lock held, or gapless with a lock held as the last act of a transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import BigInteger, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra.db import Base
from app.kernel.actor import Context
from app.kernel.resource import Series


class NumberSeries(Base):
    """The last number given in a series, which is named by prefix, entity and year."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


_TAKE = text(
    "INSERT INTO number_series (name, last) VALUES (:name, :count) "
    "ON CONFLICT (name) DO UPDATE SET last = number_series.last + :count RETURNING last"
)


def take(context: Context, series: Series, *, owner: str = "") -> str:
    """Give the next number of a series that may have gaps; `owner` separates entities (their code).

    The number is taken in a transaction of its own, so nobody waits for the caller to finish; if the caller
    fails, its number stays unused.
    """
    return take_several(context, series, 1, owner=owner)[0]


def take_several(context: Context, series: Series, count: int, *, owner: str = "") -> list[str]:
    """Give the next numbers of a series that may have gaps, as `take` gives one."""
    if not count:
        return []
    name = _series_name(context, series, owner)
    session: Session = context.session
    if "rehearsed" in session.info:
        return [_provisional(session.info["rehearsed"], series, name) for _ in range(count)]
    with session.get_bind().engine.begin() as own:
        last = own.execute(_TAKE, {"name": name, "count": count}).scalar_one()
    return [_written(series, name, number) for number in range(last - count + 1, last + 1)]


def take_last(context: Context, series: Series, give: Callable[[str], None], *, owner: str = "") -> None:
    """Hand the next gapless number to `give` as the very last act before commit.

    Writers of the same series wait for each other only during that act; a transaction that fails gives the
    number back, because it was never committed.
    """
    name = _series_name(context, series, owner)

    def act() -> None:
        give(_written(series, name, context.session.execute(_TAKE, {"name": name, "count": 1}).scalar_one()))

    context.at_end(act)


def _provisional(given: dict[str, int], series: Series, name: str) -> str:
    """Give a number that nobody takes for good: beyond every real one, and apart from other rehearsals."""
    given[name] = given.get(name, secrets.randbelow(10**9) + 10**9) + 1
    return _written(series, name, given[name])


def _series_name(context: Context, series: Series, owner: str) -> str:
    parts = [series.prefix, owner, str(context.today.year) if series.yearly else ""]
    return "-".join(part for part in parts if part)


def _written(series: Series, name: str, number: int) -> str:
    return f"{name}-{number:0{series.digits}d}"
