"""Search by text: one search column per row, kept with the row, found by prefixes and without accents."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, func, literal, literal_column, select, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy import table as table_named
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from app.infra import scope
from app.infra.db import Row
from app.infra.fields import field
from app.infra.prepared import BY_VALUE
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry

_WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 12
MAX_TEXT = 20_000
# In which share of all rows a word stands to be common, and for how many seconds the shares are remembered.
COMMON, COUNTED_FOR = 0.01, 600.0
# What PostgreSQL keeps of a search vector.
MAX_POSITION, MAX_PLACES = 16_383, 255


@dataclass
class _Counted:
    """In what share of the rows of a table its frequent words stand, and when that was read."""

    shares: dict[str, dict[str, float]] = field_of(default_factory=dict)
    at: float = float("-inf")


_counted = _Counted()


def words(text: str) -> list[str]:
    """Split text into the words that are compared: lower case, without accents."""
    bare = text.casefold()
    if not bare.isascii():
        folded = unicodedata.normalize("NFKD", bare)
        bare = "".join(char for char in folded if not unicodedata.combining(char)).replace("ß", "ss")
    return [word[:60] for word in _WORD.findall(bare)]


def index(row: Any) -> None:
    """Set the search column of a row from what its resource says is searched, by weight."""
    resource = registry.of(type(row))
    if resource is not None and resource.search and isinstance(row, Row):
        row.search = vector(resource, row)


def vector(resource: Resource, row: Any) -> str:
    """Write what is searched of a row as a search vector; its words are taken apart here, as those asked for are."""
    places: dict[str, list[str]] = {}
    position = 0
    for path, weight in resource.search.items():
        for word in words(_text_at(row, path)[:MAX_TEXT]):
            position = min(position + 1, MAX_POSITION)
            places.setdefault(word, []).append(f"{position}{weight}")
    return " ".join(f"'{word}':{','.join(found[:MAX_PLACES])}" for word, found in places.items())


def matches(session: Session, resource: Resource, text: str) -> ColumnElement[bool] | None:
    """Say, as a condition, which rows have all the words of `text`, the words taken as beginnings."""
    found = words(text)[:MAX_WORDS]
    return _having(session, resource.model, found) if found and resource.search else None


def _having(session: Session, model: Any, found: Sequence[str]) -> ColumnElement[bool]:
    """Say which rows have all words. An index gives the rows of the rare ones, and the common ones are looked for in those.

    Asked for a common word, an index has to gather all the rows that begin with it first, a tenth of a second for a
    million of them.
    """
    common = [word for word in found if len(found) > 1 and _share(session, model.__tablename__, word) >= COMMON]
    rare = [word for word in found if word not in common]
    if not rare or not common:
        return cast(ColumnElement[bool], model.search.op("@@")(_query(found)))
    # Written as a function it is no matter for the index.
    return and_(model.search.op("@@")(_query(rare)), func.ts_match_vq(model.search, _query(common)))


def _share(session: Session, table: str, word: str) -> float:
    """Tell in about what share of a table's rows a word stands that begins so, as PostgreSQL counts now and then."""
    if time.monotonic() - _counted.at > COUNTED_FOR:
        frequent: Any = literal_column("most_common_elems::text::text[]")
        columns: Any = (literal_column("tablename"), frequent, literal_column("most_common_elem_freqs"))
        statement = select(*columns).select_from(table_named("pg_stats"))
        told = session.execute(statement.where(literal_column("attname") == "search", frequent.is_not(None)))
        _counted.shares = {name: dict(zip(words_, shares, strict=False)) for name, words_, shares in told}
        _counted.at = time.monotonic()
    return sum(share for each, share in _counted.shares.get(table, {}).items() if each.startswith(word))


def best(context: Context, resources: Sequence[Resource], text: str, most: int) -> dict[str, list[Any]]:
    """Give the best matches that the actor sees by the name of their resource; the oldest-known key wins a tie.

    All resources are asked in one statement, as most hold nothing of what somebody looks for.
    """
    wanted = words(text)[:MAX_WORDS]
    parts = [_ranked(context, resource, wanted, most) for resource in resources if wanted and resource.search]
    if not parts:
        return {}
    ids: dict[str, list[int]] = {}
    found = context.session.execute(union_all(*parts).execution_options(scoped=True, **BY_VALUE)).all()
    for name, id, _ in sorted(found, key=lambda row: (-row.rank, row.id)):
        ids.setdefault(name, []).append(id)
    return {name: _rows(context, registry[name].model, ids[name]) for name in ids}


def _ranked(context: Context, resource: Resource, wanted: Sequence[str], most: int) -> Select[Any]:
    model, query = resource.model, _query(wanted)
    rank = func.ts_rank(model.search, query).label("rank")
    some = scope.select_rows(context, resource).where(_having(context.session, model, wanted)).limit(500)
    inner = some.with_only_columns(model.id, rank).subquery()
    name = literal(resource.name).label("resource")
    return select(name, inner.c.id, inner.c.rank).order_by(inner.c.rank.desc(), inner.c.id).limit(most)


def _rows(context: Context, model: Any, ids: list[int]) -> list[Any]:
    statement = select(model).where(model.id.in_(ids)).execution_options(scoped=True)
    return sorted(context.session.scalars(statement), key=lambda row: ids.index(row.id))


def dependents(changed: Resource) -> list[tuple[Resource, str]]:
    """List the resources whose search text names a row of `changed`, with the relation they name it by."""
    found = []
    for resource in registry:
        for path in resource.search:
            head, _, rest = path.partition(".")
            if rest and field(resource.model, head).target == changed.name:
                found.append((resource, head))
    return list(dict.fromkeys(found))


def _query(found: Sequence[str]) -> Any:
    return sql_cast(" & ".join(f"{word}:*" for word in found), TSQUERY)


def _text_at(row: Any, path: str) -> str:
    values = [row]
    for name in path.split("."):
        values = [part for value in values for part in _parts(getattr(value, name, None))]
    return " ".join(str(value) for value in values)


def _parts(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
