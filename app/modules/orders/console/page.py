"""The page of an order: its lines with their progress, the way it stands on, what changed between revisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask import request as asked

from app.console import addresses, shows, stages, words
from app.console.gate import Visit
from app.console.related import Table
from app.console.shell import Flash
from app.console.shows import Document
from app.kernel.resource import registry
from app.modules.directory.domain import units
from app.modules.orders import service
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import OrderKind, ReceivedBy
from app.modules.orders.domain.revisions import Difference, compare
from app.modules.orders.models import Order, OrderLine, OrderRevision

_SHOWN = ("Order", "Charged to", "Amount", "Terms", "Course")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as people read it, and how far it has come."""

    number: int
    text: str
    code: str
    url: str
    notes: tuple[str, ...]
    requests: tuple[tuple[str, str], ...]
    quantity: str
    unit_price: str
    total: str
    received: str
    invoiced: str
    tone: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A figure below the lines, and how much of it was invoiced where that is told."""

    label: str
    amount: str
    invoiced: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed from one revision to another."""

    title: str
    reason: str
    differences: tuple[Difference, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """An order as its page shows it."""

    row: Order
    document: Document
    lines: tuple[Line, ...]
    sums: tuple[Sum, ...]
    currency: str
    steps: tuple[stages.Step, ...]
    changes: tuple[Change, ...]
    revisions: tuple[OrderRevision, ...]
    papers: tuple[tuple[str, str, str], ...]


def build(visit: Visit, key: str) -> Paper:
    """Describe the page of an order."""
    resource = registry[service.NAME]
    row = shows.load(visit, resource, key)
    document = shows.build(visit, resource, row)
    is_also = {"Blanket order": row.kind is OrderKind.BLANKET, "Placed elsewhere": row.placed_as is not None}
    also = [title for title, holds in is_also.items() if holds]
    revisions = tuple(row.revisions)
    tables = tuple(_told(each) for each in document.children if each.rows and each.title in ("Revisions", "Sendings"))
    changed = replace(
        document,
        actions=(*stages.actions_of(visit, resource, row), *document.actions),
        notes=_notes(row),
        sections=tuple(each for each in document.sections if each.title in (*_SHOWN, *also)),
        children=tables,
        related=document.related,
    )
    return Paper(
        row=row,
        document=changed,
        lines=tuple(_line(visit, row, number, line) for number, line in enumerate(row.lines, 1)),
        sums=_sums(row),
        currency=row.currency.code,
        steps=stages.steps(visit, resource, row),
        changes=_changes(revisions),
        revisions=revisions,
        papers=_papers(row),
    )


def _told(table: Table) -> Table:
    """Leave out of the table of revisions what the page tells apart, field by field."""
    kept = [at for at, column in enumerate(table.columns) if column.key != "changes"]
    rows = tuple(replace(row, cells=tuple(row.cells[at] for at in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[at] for at in kept), rows=rows)


def _notes(row: Order) -> tuple[Flash, ...]:
    if row.state == "amending":
        words_ = f"Revision {row.revision + 1} is being written. The supplier has revision {row.revision}."
        return (Flash(f"{words_} {row.returned_reason or row.amend_reason or ''}".strip(), "warn"),)
    if row.placed_as and not row.revision:
        placed = f"Placed elsewhere as {row.placed_as}."
        if row.state == "draft":
            return (
                Flash(
                    f"{placed} It holds no budget, and nothing is received or paid on it, until it is agreed to.",
                    "info",
                ),
            )
        return (Flash(f"{placed} It is on record as it ended there; nothing follows from it here.", "info"),)
    if row.state == "draft" and row.returned_reason:
        return (Flash(f"Came back: {row.returned_reason}", "warn"),)
    failed = [sending for sending in row.sendings if sending.state in ("failed", "skipped")]
    if failed and failed[-1] is row.sendings[-1]:
        return (Flash(f"The letter to {failed[-1].address} did not go out. {failed[-1].error}", "bad"),)
    return ()


def _line(visit: Visit, row: Order, number: int, line: OrderLine) -> Line:
    currency = row.currency.code
    price = words.amount(line.unit_price, currency) if line.unit_price is not None else words.NOTHING
    return Line(
        number=number,
        text=line.text or words.NOTHING,
        code=line.item.code if line.item else "",
        url=addresses.of_row(line.item) if line.item and visit.actor.may("item.read") else "",
        notes=_line_notes(visit, row, number, line),
        requests=tuple(_request(visit, source) for source in row.sources if source.line == number),
        quantity=words.measured(line.quantity, units.said(line.unit, line.quantity)),
        unit_price=f"{price} less {line.discounts}{words.SPACE}%" if line.discounts else price,
        total=words.amount(line.amount, currency),
        received=_received(row, line),
        invoiced=_of(line.amount_invoiced, service.amount_expected(line), currency) if row.revision else words.NOTHING,
        tone=_tone(line),
    )


def _request(visit: Visit, source: Any) -> tuple[str, str]:
    label = f"{source.request.number}, {_number(source.quantity - source.returned)}"
    return label, addresses.of_row(source.request) if visit.actor.may("request.read") else ""


def _line_notes(visit: Visit, row: Order, number: int, line: OrderLine) -> tuple[str, ...]:
    """Say of a line what differs from the order: the supplier's number, who pays, until when, what does not come."""
    named = (("Supplier's number", line.supplier_item), ("Cost centre", line.cost_centre), ("Project", line.project))
    notes = [f"{label}: {value}" for label, value in named if value]
    if line.promised_for and line.promised_for != row.promised_for:
        notes.append(f"Promised for {words.day(line.promised_for, visit.context.today)}")
    if line.stated:
        notes += _as_stated(line.stated)
    if line.short_closed_quantity:
        notes.append(f"{_number(line.short_closed_quantity)} will not come any more: {line.short_closed_reason}")
    for split in row.splits:
        if split.line == number:
            share = f"{_number(split.percent)}{words.SPACE}%" if split.percent is not None else ""
            notes.append(f"{share or words.money(split.amount or 0, row.currency.code)} for {split.cost_centre}")
    return tuple(notes)


def _as_stated(stated: dict[str, str]) -> list[str]:
    """Say what the file says of a line that has no place in this house."""
    standing = {"closed": "Closed where it was placed", "cancelled": "Cancelled where it was placed"}
    named = [
        f"{name.capitalize()} as stated: {stated[name]}" for name in ("unit", "item", "category") if name in stated
    ]
    ended = standing.get(stated["standing"])
    return [*named, ended] if ended else named


def _received(row: Order, line: OrderLine) -> str:
    if not row.revision or line.received_by is ReceivedBy.NOTHING:
        return words.NOTHING
    if line.received_by is ReceivedBy.AMOUNT:
        return _of(line.amount_received, service.amount_expected(line), row.currency.code)
    expected = line.issued_quantity - line.short_closed_quantity
    return f"{_number(line.quantity_received)} of {_number(expected)}"


def _of(done: Decimal, whole: Decimal, currency: str) -> str:
    return f"{words.amount(done, currency)} of {words.amount(whole, currency)}"


def _tone(line: OrderLine) -> str:
    share = amounts.share_of([(line.quantity_received, line.issued_quantity - line.short_closed_quantity)]).value
    return {"all": "ok", "part": "warn"}.get(share, "")


def _sums(row: Order) -> tuple[Sum, ...]:
    currency = row.currency.code
    found = amounts.totals([*row.lines, *row.extra_charges], currency)
    rates = [
        Sum(f"Tax {_number(rate.percent)}{words.SPACE}%", words.amount(rate.tax.amount, currency))
        for rate in found.rates
        if rate.percent
    ]
    return (
        *_charges(row, currency),
        Sum("Net", words.amount(found.net.amount, currency)),
        *rates,
        Sum("Total", words.amount(found.gross.amount, currency)),
        *_deposit(row, currency),
    )


def _charges(row: Order, currency: str) -> list[Sum]:
    """List what is charged beside the lines; what was invoiced of it is known in all."""
    if not row.extra_charges:
        return []
    beside = [Sum(str(charge), words.amount(charge.amount, currency)) for charge in row.extra_charges]
    told = _of(row.charges_invoiced, row.charges_total, currency) if row.revision else ""
    if len(beside) == 1:
        return [replace(beside[0], invoiced=told)]
    return [*beside, Sum("Extra charges", words.amount(row.charges_total, currency), told)]


def _deposit(row: Order, currency: str) -> list[Sum]:
    """Say what is paid before delivery, net; it is a part of the total."""
    if not row.deposit:
        return []
    share = f" {_number(row.deposit_percent)}{words.SPACE}%" if row.deposit_percent else ""
    told = _of(row.deposit_invoiced, row.deposit, currency) if row.revision else ""
    return [Sum(f"Deposit{share}, net", words.amount(row.deposit, currency), told)]


def _changes(revisions: tuple[OrderRevision, ...]) -> tuple[Change, ...]:
    """Hold each revision against the one before it, and two that the address names against each other."""
    by_number = {each.number: each for each in revisions}
    pairs = list(pairwise(revisions))
    found = [_change(one, other) for one, other in reversed(pairs)]
    chosen = [by_number.get(_whole(asked.args.get(name, ""))) for name in ("from", "to")]
    if chosen[0] is not None and chosen[1] is not None:
        found.insert(0, replace(_change(chosen[0], chosen[1]), is_open=True))
    return tuple(found)


def _change(one: OrderRevision, other: OrderRevision) -> Change:
    title = f"Revision {one.number} to {other.number}"
    return Change(title, other.reason or "", tuple(compare(one.content, other.content)))


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 0  # noqa: PLR2004 - no order has that many


def _papers(row: Order) -> tuple[tuple[str, str, str], ...]:
    """Name the papers of the present revision, with their addresses."""
    if not row.revision:
        return ()
    url = addresses.of_row(row)
    return tuple(
        (label, f"{url}/papers/{row.revision}/{kind}", kind) for label, kind in (("PDF", "pdf"), ("UBL XML", "xml"))
    )


def _number(value: Decimal | None) -> str:
    return words.number(value.normalize()) if value is not None else words.NOTHING
