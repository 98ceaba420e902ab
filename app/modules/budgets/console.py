"""Beside a budget: what it is used up by, each figure with the way to the moves that make it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.console import additions, addresses, cells, documents, names, words
from app.console.additions import NOTHING, Addition, Bar, Share
from app.console.gate import Visit
from app.kernel.resource import Resource, registry
from app.modules.budgets.domain import Bucket
from app.modules.budgets.models import BudgetCell

_USED = (
    (Bucket.ACTUAL, "Invoiced", "actual"),
    (Bucket.COMMITTED, "Ordered", "commit"),
    (Bucket.RESERVED, "Asked for", "this"),
)


def _beside(visit: Visit, resource: Resource, row: Any) -> Addition:
    return Addition(rail=(_bar(visit, row),)) if isinstance(row, BudgetCell) else NOTHING


def _bar(visit: Visit, cell: BudgetCell) -> Bar:
    figures, currency = cell.balance.figures, cell.currency.code
    shares = [
        Share(
            label,
            getattr(figures, bucket),
            words.money(getattr(figures, bucket), currency),
            tone,
            _moves(visit, cell, bucket),
        )
        for bucket, label, tone in _USED
    ]
    over = figures.available < 0
    rest = words.money(abs(figures.available), currency)
    shares.append(
        Share("Over" if over else "Left", Decimal(0) if over else figures.available, rest, "over" if over else "left")
    )
    return Bar(
        title=words.money(figures.budget, currency),
        total=max(figures.budget, figures.used),
        shares=tuple(shares),
        url=_moves(visit, cell),
        url_label="All moves",
    )


def _moves(visit: Visit, cell: BudgetCell, bucket: Bucket | None = None) -> str:
    """Lead to the moves of a budget, or of one of its figures, whoever may see them."""
    moves = registry["budget_move"]
    if not visit.actor.may(moves.permission("read")):
        return ""
    return addresses.of_list(moves, args={"cell": [cell.code], **({"bucket": [bucket.value]} if bucket else {})})


additions.to_row(_beside)
documents.name_by("budget_move", "source_resource", "source_key")
cells.say_field("budget_cell", "used_percent", lambda value: words.number(value, 1, 1))
cells.say_field("budget_move", "source_resource", names.of_resource)
