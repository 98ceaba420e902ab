"""What the columns of a kind of file mean, remembered by its headings from the last time one was imported."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Integer, Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.db import Base
from app.kernel.actor import Context

NOTHING: Mapping[str, str] = {}


class ImportShape(Base):
    """What the columns of files with these headings meant when somebody imported one last."""

    __tablename__ = "import_shape"
    __table_args__ = (UniqueConstraint("resource", "shape", name="uq_import_shape_shape"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resource: Mapped[str] = mapped_column(Text)
    shape: Mapped[str] = mapped_column(Text)
    columns: Mapped[list[str | None]] = mapped_column(JSONB)
    dates: Mapped[str] = mapped_column(Text)
    fixed: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    said_by: Mapped[int | None] = mapped_column(Integer)
    used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Shape:
    """What is remembered, by whom and when: the field of each column, and how files with these headings are written.

    `dates` says whether days or months come first where somebody had to say, `fixed` what else holds for all such files.
    """

    columns: list[str | None]
    dates: str
    fixed: Mapping[str, str]
    said_by: int | None
    said_at: datetime


def recall(context: Context, resource: str, headings: Sequence[str]) -> Shape | None:
    """Tell what columns with these headings meant last."""
    statement = select(ImportShape).where(ImportShape.resource == resource, ImportShape.shape == _shape(headings))
    found = context.session.scalars(statement.execution_options(populate_existing=True)).first()
    if found is None or len(found.columns) != len(headings):
        return None
    return Shape(list(found.columns), found.dates, found.fixed, found.said_by, found.used_at)


def remember(
    context: Context,
    resource: str,
    headings: Sequence[str],
    columns: Sequence[str | None],
    dates: str,
    fixed: Mapping[str, str] = NOTHING,
) -> None:
    """Keep what columns with these headings mean; of the rows themselves nothing is kept."""
    said = {"columns": list(columns), "dates": dates, "fixed": dict(fixed)}
    values = {**said, "said_by": context.actor.id, "used_at": context.now}
    row = {"resource": resource, "shape": _shape(headings), **values}
    statement = upsert(ImportShape.__table__).values(row)  # type: ignore[arg-type]
    context.session.execute(statement.on_conflict_do_update(constraint="uq_import_shape_shape", set_=values))


def _shape(headings: Sequence[str]) -> str:
    """Put headings together, whatever their case and spaces."""
    names = [" ".join(heading.casefold().split()) for heading in headings]
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()
