"""How orders that were placed elsewhere come in (decision 28): ended ones as history, open ones as drafts like any other."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from app.infra import activity, files, filetypes, idempotency, jobs, unit
from app.infra.files import Stored
from app.infra.idempotency import Repeat
from app.infra.intake import Reader
from app.infra.taking import Sent, Taken
from app.infra.unit import Outcome
from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.kernel.resource import registry
from app.modules.directory import queries as directory
from app.modules.directory.models import Entity
from app.modules.orders import queries, reading
from app.modules.orders.domain import elsewhere
from app.modules.orders.domain.elsewhere import Placed, PlacedLine, Standing
from app.modules.orders.domain.kinds import ReceivedBy
from app.modules.orders.models import Order, OrderLine
from app.modules.orders.queries import Codes
from app.modules.orders.reading import is_document
from app.modules.orders.service.deriving import add_up
from app.modules.orders.service.weighing import NAME
from app.modules.suppliers import service as suppliers
from app.modules.suppliers.service import Named

VERB, TAKE_IN = "import", "take_in_orders"
#: A table of so many bytes is read by a worker, and by nobody who waits for a page.
LARGE = 64 * 1024


@dataclass(frozen=True, slots=True)
class _File:
    """What holds for every order in a file; only a file that is one order is kept with it."""

    name: str
    digest: str
    entity: str | None
    stored: Stored | None


def take_in(context: Context, sent: Sent) -> list[Taken]:
    """Take in the orders in a file: each whole or not at all, and each once; what is refused can be sent again."""
    _permit(context)
    found = [elsewhere.completed(placed) for placed in reading.read(sent.data, sent.about)]
    name, digest = filetypes.clean_name(sent.name), hashlib.sha256(sent.data).hexdigest()
    if sent.is_trial:
        return _tried(context, _File(name, digest, sent.entity, None), found)
    stored = files.store().put(io.BytesIO(sent.data), "application/xml") if is_document(sent.data) else None
    file = _File(name, digest, sent.entity, stored)
    repeat = sent.repeat
    return [
        _take(context, file, placed, repeat and Repeat(f"{repeat.key}:{at}", repeat.fingerprint))
        for at, placed in enumerate(found)
    ]


def _tried(context: Context, file: _File, found: Iterable[Placed]) -> list[Taken]:
    """Say of each order what would become of it, one after the other as in earnest; nothing of it stays."""
    taken = []
    with unit.rehearsal(context, f"{NAME}.{VERB}") as bound:
        for placed in found:
            outcome = unit.attempt(bound, partial(_entered, file, placed))
            told = _told(file, placed)
            if isinstance(outcome, Refused):
                taken.append(replace(told, problems=tuple(outcome.problems)))
            else:
                taken.append(replace(told, state=outcome.state))
    return taken


def _entered(file: _File, placed: Placed, bound: Context) -> Outcome:
    order = _enter(bound, file, placed)
    return Outcome(NAME, order.number, None, order.state)


def take_in_later(context: Context, sent: Sent) -> int:
    """Let a worker take in a table that is too large to wait for; give the number of the job."""
    _permit(context)
    stored = files.store().put(io.BytesIO(sent.data), "application/octet-stream")

    def body(bound: Context) -> int:
        arguments = {
            "digest": stored.digest,
            "name": sent.name,
            "entity": sent.entity,
            "about": asdict(sent.about),
            "is_trial": sent.is_trial,
        }
        unique = f"{TAKE_IN} {stored.digest}{' trial' if sent.is_trial else ''}"
        job = jobs.enqueue(bound, TAKE_IN, arguments, unique_key=unique, max_attempts=3)
        bound.session.flush()
        return job.id

    return unit.change(context, f"{NAME}.{VERB}", body)


def _permit(context: Context) -> None:
    permission = registry[NAME].permission(VERB)
    if not context.actor.may(permission):
        words = "Your roles do not let you take in orders. Ask an administrator."
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", words, None, {"permission": permission}))


def _take(context: Context, file: _File, placed: Placed, repeat: Repeat | None) -> Taken:
    told = _told(file, placed)

    def body(bound: Context) -> Taken:
        known = idempotency.claim(bound, repeat) if repeat else None
        if known is not None:
            return replace(told, key=known["key"], state=known["state"], repeated=True)
        order = _enter(bound, file, placed)
        if repeat:
            idempotency.keep(bound, repeat, {"key": order.number, "state": order.state})
        return replace(told, key=order.number, state=order.state)

    try:
        return unit.change(context, f"{NAME}.{VERB}", body)
    except Refused as refused:
        if refused.problems[0].code == "idempotency_key_reused":
            raise
        return replace(told, problems=tuple(refused.problems))


def _told(file: _File, placed: Placed) -> Taken:
    label = f"{file.name}, order {placed.number}" if placed.number else f"{file.name}, row {placed.row}"
    return Taken(label, None, None, rows=placed.rows, amount=placed.net, currency=placed.currency)


def _enter(bound: Context, file: _File, placed: Placed) -> Order:
    refuse_if(elsewhere.why_not_placed(placed, bound.today))
    entity = suppliers.our_entity(bound, file.entity, (placed.buyer,), placed.buyer_tax_ids)
    _refuse_twice(bound, entity, placed.number)
    named = Named(placed.supplier, entity, placed.supplier_country or entity.country, f"Entered from {file.name}.")
    [met] = suppliers.meet(bound, [named], "Supplier", "supplier")
    refuse_if(met.problems)
    if met.supplier is None:
        words = "Supplier: the file does not name a firm. Name it, or enter the order by hand."
        raise Refused(Kind.INVALID, Problem("required", words, "supplier"))
    resource = registry[NAME]
    codes = queries.list_codes(bound, entity, placed)
    raw = _form(placed, met.supplier.code, _cost_centre(bound, entity, placed), codes)
    order: Order = unit.enter_within(bound, resource, raw, Reader(bound))
    order.placed_as, order.ordered_on = placed.number, placed.ordered_on
    order.source_file, order.source_hash, order.source_line = file.name[:200], file.digest, placed.row
    _settle(bound, order, placed)
    bound.session.flush()
    if not unit.holds(bound, resource, order, VERB):
        words = "Your roles do not let you take in orders of this cost centre. Nothing was taken in."
        raise Refused(Kind.FORBIDDEN, Problem("out_of_reach", words, "cost_centre"))
    if file.stored is not None:
        activity.attach_within(bound, resource, order.number, file.stored, file.name)
    return order


def _refuse_twice(bound: Context, entity: Entity, number: str) -> None:
    earlier = queries.find_placed(bound, entity.id, number[:60])
    if earlier is not None:
        seen = queries.find_seen(bound, earlier.number)
        words = f"Order {number[:60]} of {entity} came in before{f', as {seen.number}' if seen else ''}. It was left as it is."
        raise Refused(Kind.CONFLICT, Problem("imported_before", words, "number"))


def _cost_centre(bound: Context, entity: Entity, placed: Placed) -> str:
    """Find who pays: as stated, else where whoever takes it in belongs, else the top of the entity."""
    stated = queries.find_cost_centre(bound, entity.id, placed.cost_centre) if placed.cost_centre else None
    person = directory.find_by_account(bound, bound.actor.id)
    own = person.cost_centre if person is not None else None
    chosen = stated or (own if own is not None and own.entity_id == entity.id else None)
    tops = [] if chosen is not None else queries.list_top_cost_centres(bound, entity.id)
    if chosen is None and len(tops) != 1:
        words = (
            f"Cost centre: the order names none of {entity}. Name one in a column Cost centre, or as AccountingCost."
        )
        raise Refused(Kind.INVALID, Problem("required", words, "cost_centre"))
    return str((chosen or tops[0]).code)


def _form(placed: Placed, supplier: str, cost_centre: str, codes: Codes) -> dict[str, Any]:
    """Write an order as its form; what this house has no word for stays empty, and is kept as stated."""
    lines, charges = elsewhere.parted(placed)
    return {
        "supplier": supplier,
        "cost_centre": cost_centre,
        "currency": placed.currency,
        "kind": "standard",
        "note": placed.note or None,
        "lines": [_line(line, codes) for line in lines],
        "extra_charges": [_charge(line, codes) for line in charges],
    }


def _line(line: PlacedLine, codes: Codes) -> dict[str, Any]:
    assert line.quantity is not None
    is_open = line.standing is Standing.OPEN
    quantity = line.quantity if is_open else line.quantity.quantize(elsewhere.MOST_DECIMALS)
    return {
        "text": line.text,
        "item": codes.items.get(line.item.casefold()),
        "supplier_item": line.supplier_item[:60] or None,
        "quantity": quantity,
        "unit": codes.unit(elsewhere.unit_code(line.unit), quantity),
        "unit_price": line.unit_price,
        "category": codes.categories.get(line.category.casefold()),
        "tax_code": codes.tax(line.tax_percent),
        "promised_for": line.promised_for,
        "received_by": ReceivedBy.NOTHING.value if line.charge is not None else None,
    }


def _charge(line: PlacedLine, codes: Codes) -> dict[str, Any]:
    """Write what is charged beside the lines; what it comes to is all that counts of it."""
    assert line.charge is not None
    text = line.text[:200] if line.text != line.charge.label else None
    return {
        "kind": line.charge.value,
        "text": text,
        "amount": line.amount,
        "tax_code": codes.tax(line.tax_percent),
    }


def _settle(bound: Context, order: Order, placed: Placed) -> None:
    """Bring an order to where it has come elsewhere, with amounts and words as stated."""
    state = elsewhere.state_of(placed)
    lines, _ = elsewhere.parted(placed)
    for line, stated in zip(order.lines, lines, strict=True):
        line.stated = _stated(stated, line)
        line.amount = stated.amount if stated.amount is not None else line.amount
        if state == "draft" and stated.standing is not Standing.OPEN:
            line.short_closed_quantity, line.short_closed_reason = line.quantity or Decimal(0), _why(stated.standing)
    add_up(order)
    if state == "draft":
        return
    order.state = state
    order.state_reason = elsewhere.CANCELLED if state == "cancelled" else elsewhere.CLOSED
    assert placed.ordered_on is not None
    base = order.entity.base_currency
    rate = directory.find_rate(bound, order.currency.id, base.id, placed.ordered_on)
    if rate is not None:
        order.rate, order.rate_on, order.rate_source = rate.rate, rate.valid_on, rate.source or None
        order.base_total = Money(order.net_total, order.currency.code).rounded().at(rate.rate, base.code).amount


def _why(standing: Standing) -> str:
    return elsewhere.CANCELLED if standing is Standing.CANCELLED else elsewhere.CLOSED


def _stated(stated: PlacedLine, line: OrderLine) -> dict[str, str]:
    """Keep what the file says of a line and this house has no place for."""
    unread: Iterable[tuple[str, str, Any]] = (
        ("unit", stated.unit, line.unit),
        ("item", stated.item, line.item),
        ("category", stated.category, line.category),
    )
    kept = {name: value for name, value, ours in unread if value and ours is None}
    return {"standing": stated.standing.value, **kept}
