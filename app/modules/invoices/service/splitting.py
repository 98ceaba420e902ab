"""Who pays a line that several share: as its order line is split, or as a clerk says where nothing was ordered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.kernel.money import Money
from app.kernel.problem import Problem, refuse_if
from app.modules.invoices.models import Invoice, InvoiceLine, InvoiceSplit
from app.modules.orders import service as orders
from app.modules.orders.domain import rules
from app.modules.orders.domain.charging import Payer

_SAID = ("line", "cost_centre", "project", "percent", "amount")


def follow(invoice: Invoice) -> None:
    """Split lines as their order lines are split, by largest remainder; what was typed against that is refused."""
    wanted = {at: _as_ordered(line) for at, line in enumerate(invoice.lines, 1)}
    refuse_if(_why_not_typed(invoice, {at for at, payers in wanted.items() if payers}))
    kept = [split for split in invoice.splits if not split.as_ordered and not wanted.get(split.line)]
    present = {_mark(split): split for split in invoice.splits if split.as_ordered}
    for at, line in enumerate(invoice.lines, 1):
        parts = _parts(at, line, invoice.currency.code, wanted[at])
        kept += [present.pop(_mark(split), split) for split in parts]
    if kept != list(invoice.splits):
        invoice.splits = kept
    for position, split in enumerate(kept):
        if split.position != position:
            split.position = position


def _as_ordered(line: InvoiceLine) -> tuple[Payer, ...]:
    """List who pays a line by its order, unless somebody lets another cost centre pay all of it."""
    ordered = line.ordered
    if ordered is None or not ordered.order.splits or line.cost_centre not in (None, ordered.cost_centre):
        return ()
    return orders.payers_of(ordered)


def _parts(at: int, line: InvoiceLine, currency: str, payers: tuple[Payer, ...]) -> list[InvoiceSplit]:
    amount = Money(line.amount or Decimal(0), currency).rounded()
    if not payers or not amount:
        return []
    shares = amount.split([payer.weight for payer in payers])
    return [
        InvoiceSplit(
            line=at,
            cost_centre_id=payer.cost_centre_id,
            project_id=payer.project_id,
            amount=share.amount,
            as_ordered=True,
        )
        for payer, share in zip(payers, shares, strict=True)
    ]


def _mark(split: InvoiceSplit) -> tuple[object, ...]:
    return split.line, split.cost_centre_id, split.project_id, split.amount


def _why_not_typed(invoice: Invoice, ordered: set[int]) -> list[Problem]:
    """Say that the split of an order holds for what bills it."""
    problems = []
    for at, split in enumerate(invoice.splits):
        is_changed = not split.as_ordered or any(
            inspect(split).attrs[name].history.has_changes() and inspect(split).persistent for name in _SAID
        )
        if split.line in ordered and is_changed:
            words = f"Line {split.line} is split as ordered. Leave that, or let another cost centre pay the whole line."
            problems.append(Problem("split_as_ordered", words, f"splits.{at}.line"))
    return problems


def why_not_split(invoice: Invoice) -> list[Problem]:
    """Say what is wrong with the split of lines that a person shared out."""
    problems = []
    for at, split in enumerate(invoice.splits):
        if not 1 <= split.line <= len(invoice.lines):
            words = f"Line: the invoice has lines 1 to {len(invoice.lines)}."
            problems.append(Problem("unknown_line", words, f"splits.{at}.line"))
        if split.cost_centre is not None and split.cost_centre.entity is not invoice.entity:
            words = f"{split.cost_centre} is of {split.cost_centre.entity}. Choose one of {invoice.entity}."
            problems.append(Problem("other_entity", words, f"splits.{at}.cost_centre"))
    by_hand = {split.line for split in invoice.splits if not split.as_ordered}
    for index in range(len(invoice.lines)):
        problems += rules.why_not_shared_out(invoice, index) if index + 1 in by_hand else []
    return problems


def payers_of(invoice: Invoice, line: InvoiceLine) -> tuple[Payer, ...]:
    """List who pays a line, each with their share; nobody where it is not said yet."""
    at, project = invoice.lines.index(line) + 1, line.project or invoice.project
    parts = tuple(
        Payer(
            centre,
            _id(split.project, split.project_id) or _id(project),
            abs(split.percent or split.amount or Decimal(0)),
        )
        for split in invoice.splits
        if split.line == at and (centre := _id(split.cost_centre, split.cost_centre_id))
    )
    if any(part.weight for part in parts):
        return parts
    whole = _id(line.cost_centre or invoice.cost_centre)
    return (Payer(whole, _id(project), Decimal(1)),) if whole else ()


def _id(row: Any, id: int | None = None) -> int | None:
    """Give the id of a row; that of one which was only named by its id is known before it is read."""
    return id if row is None else int(row.id)
