"""Copies of whole orders with everything that hangs on them, made by the database out of a few true ones.

A copy differs from its template in what tells orders apart: ids, numbers, days, supplier, cost centre, people.
Each row of a template stands in a temporary table with its `slot` (which template) and `rank` (which of its rows);
the id of a copy is then reckoned, not asked for, so that rows can point to each other before they are there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

WHOSE = {"order": "purchase_order", "receipt": "receipt", "invoice": "invoice", "approval": "approval"}


@dataclass(frozen=True)
class Part:
    """A table whose rows are copied: how to find a template's rows (`o` is the order), what points where, what changes."""

    table: str
    of: str
    points: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)


#: Columns that say of what kind the row is that another column points to.
KINDS = ("resource", "source_resource")
_INVOICES = "invoice_id IN (SELECT id FROM invoice WHERE order_id = o.id)"
_APPROVALS = "approval_id IN (SELECT id FROM approval WHERE resource = 'order' AND row_id = o.id)"
_CENTRE = {"cost_centre_id": "f.centre"}

PARTS = (
    Part(
        "purchase_order",
        "id = o.id",
        changes={
            "number": "f.order_number",
            "supplier_id": "f.supplier",
            "buyer_id": "f.buyer",
            "created_by": "f.buyer_account",
            "makers": "ARRAY[f.buyer_account]",
            **_CENTRE,
        },
    ),
    Part("order_line", "order_id = o.id", {"order_id": "purchase_order"}),
    Part("order_revision", "order_id = o.id", {"order_id": "purchase_order"}, {"issued_by": "f.buyer_account"}),
    Part("receipt", "order_id = o.id", {"order_id": "purchase_order"}, {"number": "f.receipt_number", **_CENTRE}),
    Part(
        "receipt_line",
        "receipt_id IN (SELECT id FROM receipt WHERE order_id = o.id)",
        {"receipt_id": "receipt", "order_line_id": "order_line"},
    ),
    Part(
        "invoice",
        "order_id = o.id",
        {"order_id": "purchase_order"},
        {
            "reference": "f.invoice_reference",
            "number": "CASE WHEN t.number IS NOT NULL THEN f.invoice_number END",
            "supplier_number": "'R-' || f.order_number",
            "stated_supplier": "f.supplier_name",
            "stated_order": "f.order_number",
            "document_id": "f.supplier_code || '/380/R-' || f.order_number",
            "file_hash": "encode(sha256(convert_to(f.order_number, 'UTF8')), 'hex')",
            "number_keys": "f.number_keys",
            "account": "NULL",
            "account_fingerprint": "NULL",
            "supplier_id": "f.supplier",
            **_CENTRE,
        },
    ),
    Part(
        "invoice_line",
        _INVOICES,
        {"invoice_id": "invoice", "order_id": "purchase_order", "ordered_id": "order_line"},
    ),
    Part("invoice_tax", _INVOICES, {"invoice_id": "invoice"}),
    Part("invoice_check", _INVOICES, {"invoice_id": "invoice"}),
    Part(
        "invoice_exception",
        _INVOICES,
        {"invoice_id": "invoice"},
        {"number": "'EX-' || f.year || '-' || pg_temp.five(f.exceptions + t.rank)"},
    ),
    Part("open_item", _INVOICES, {"invoice_id": "invoice"}),
    Part(
        "approval",
        "resource = 'order' AND row_id = o.id",
        {"row_id": "purchase_order"},
        {
            "number": "f.approval_number",
            "document_key": "f.order_number",
            "title": "f.supplier_name || substr(t.title, strpos(t.title, ':'))",
            "requester_id": "f.buyer",
            "created_by": "f.buyer_account",
            "excluded": "jsonb_build_array(f.buyer_account)",
            "cost_centres": "jsonb_build_array(t.cost_centres -> 0, f.centre)",
            **_CENTRE,
        },
    ),
    Part("approval_step", _APPROVALS, {"approval_id": "approval"}),
    Part(
        "approval_seat",
        _APPROVALS,
        {"approval_id": "approval", "step_id": "approval_step"},
        {"person_id": "f.decider"},
    ),
    Part(
        "approval_decision",
        _APPROVALS,
        {"approval_id": "approval", "step_id": "approval_step"},
        {"person_id": "f.decider"},
    ),
    Part(
        "party",
        "(resource = 'order' AND row_id = o.id) OR (resource = 'approval' AND row_id IN"
        " (SELECT id FROM approval WHERE resource = 'order' AND row_id = o.id))",
        {"row_id": "resource"},
        {"account_id": "CASE t.part WHEN 'requester' THEN f.buyer_account ELSE f.decider_account END"},
    ),
    Part(
        "budget_move",
        "(source_resource = 'order' AND source_id = o.id) OR (source_resource = 'invoice' AND source_id IN"
        " (SELECT id FROM invoice WHERE order_id = o.id))",
        {"source_id": "source_resource"},
        {
            "cell_id": "f.cell",
            "source_key": "CASE t.source_resource WHEN 'order' THEN f.order_number ELSE f.invoice_reference END",
            "actor_id": "f.buyer_account",
        },
    ),
)


def keep_templates(cursor: Any, numbers: Sequence[str]) -> None:
    """Put the templates' rows aside: in the order of `numbers`, each row with its rank, pointing by ranks."""
    cursor.execute("CREATE TEMP TABLE template (slot int PRIMARY KEY, id bigint, number text)")
    for slot, number in enumerate(numbers):
        cursor.execute(
            "INSERT INTO template SELECT %s, id, number FROM purchase_order WHERE number = %s", (slot, number)
        )
    for part in PARTS:
        cursor.execute(
            f"CREATE TEMP TABLE t_{part.table} AS SELECT o.slot, (row_number() OVER (PARTITION BY o.slot ORDER BY r.id) - 1)"
            f" AS rank, r.* FROM template o JOIN LATERAL (SELECT * FROM {part.table} WHERE {part.of}) r ON true"
        )
    for part in PARTS:
        for column, target in part.points.items():
            if target in KINDS:
                for name, table in WHOSE.items():
                    _point(cursor, part.table, column, table, f"AND r.{target} = '{name}'")
            else:
                _point(cursor, part.table, column, target)


def _point(cursor: Any, table: str, column: str, target: str, condition: str = "") -> None:
    """Let a column name the rank of the row it points to, in a column beside it."""
    cursor.execute(f"ALTER TABLE t_{table} ADD COLUMN IF NOT EXISTS {column}_rank bigint")
    cursor.execute(
        f"UPDATE t_{table} r SET {column}_rank = p.rank FROM t_{target} p"
        f" WHERE p.slot = r.slot AND p.id = r.{column} {condition}"
    )


@dataclass
class Press:
    """What makes the copies: for each table where its ids begin and how many a copy may take."""

    base: dict[str, int]
    stride: dict[str, int]
    statements: dict[str, str]

    def print(self, cursor: Any, first: int, last: int) -> Iterator[tuple[str, int]]:
        """Enter the copies whose facts have numbers from `first` to `last`; tells the rows of each table."""
        for table, statement in self.statements.items():
            cursor.execute(statement, {"first": first, "last": last})
            yield table, cursor.rowcount


def press(cursor: Any) -> Press:
    """Write the statements that copy, one for each table, behind the rows there are."""
    base, stride = {}, {}
    for part in PARTS:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {part.table}")
        base[part.table] = cursor.fetchone()[0]
        cursor.execute(f"SELECT coalesce(max(rank), 0) + 1 FROM t_{part.table}")
        stride[part.table] = cursor.fetchone()[0]
    made = Press(base, stride, {})
    for part in PARTS:
        kinds = _columns(cursor, part.table)
        values = [_value(made, part, column, kind) for column, kind in kinds.items()]
        made.statements[part.table] = (
            f"INSERT INTO {part.table} ({', '.join(map(_quoted, kinds))}) SELECT {', '.join(values)}"
            f" FROM fact f JOIN t_{part.table} t ON t.slot = f.slot WHERE f.n BETWEEN %(first)s AND %(last)s ORDER BY 1"
        )
    return made


@contextlib.contextmanager
def bare(cursor: Any) -> Iterator[None]:
    """Take foreign keys and plain indexes off the tables while they are filled; putting them on again checks every row."""
    tables = [part.table for part in PARTS]
    cursor.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        (tables,),
    )
    keys = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text = ANY(%s) AND NOT indisunique",
        (tables,),
    )
    indexes = cursor.fetchall()
    for table, name, _ in keys:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        cursor.execute(definition)
    for table, name, definition in keys:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def finish(cursor: Any, made: Press) -> None:
    """Set what gives ids behind the copies."""
    for table in made.base:
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def _quoted(column: str) -> str:
    return f'"{column}"'


def _columns(cursor: Any, table: str) -> dict[str, str]:
    """Name the columns of a table with their types, the id first."""
    cursor.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
        " ORDER BY column_name <> 'id', ordinal_position",
        (table,),
    )
    return dict(cursor.fetchall())


def _value(made: Press, part: Part, column: str, kind: str) -> str:
    """Say, in SQL, what a column of a copy holds."""
    if column == "id":
        return _id(made, part.table, "t.rank")
    if column in part.points:
        return _pointed(made, part.points[column], column)
    if column == "search":
        return "pg_temp.filled(t.search_form, f, t.rank)::tsvector" if part.table in SEARCHED else "NULL"
    if column in part.changes:
        return f"CASE WHEN f.old THEN {part.changes[column]} ELSE {_unmoved(part, column)} END"
    if kind == "date":
        return f't."{column}" + f.shift'
    if kind.startswith("timestamp"):
        return f"t.{column} + f.shift * interval '1 day'"
    return f't."{column}"'


#: Whose text search is told from the names in them.
SEARCHED = ("purchase_order", "receipt", "invoice", "approval", "invoice_exception")
_ALWAYS = ("number", "reference", "document_key", "source_key", "stated_order", "supplier_number", "document_id", "file_hash", "number_keys")  # fmt: skip


def _unmoved(part: Part, column: str) -> str:
    """Say what a copy in work holds: it has its own numbers, and else is as its template."""
    return part.changes[column] if column in _ALWAYS else f"t.{column}"


def _id(made: Press, table: str, rank: str) -> str:
    return f"{made.base[table]} + (f.n - 1) * {made.stride[table]} + {rank} + 1"


def _pointed(made: Press, target: str, column: str) -> str:
    if target not in KINDS:
        return f"CASE WHEN t.{column}_rank IS NOT NULL THEN {_id(made, target, f't.{column}_rank')} END"
    cases = " ".join(f"WHEN '{name}' THEN {_id(made, table, f't.{column}_rank')}" for name, table in WHOSE.items())
    return f"CASE t.{target} {cases} END"
