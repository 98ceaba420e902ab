"""What follows from a record of spending: whom it was paid to, and what it was worth in the entity's own currency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect

from app.infra import unit
from app.infra.intake import Reader
from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Problem, Refused, refuse_if
from app.kernel.resource import registry
from app.modules.directory import queries as directory
from app.modules.spending import domain, queries
from app.modules.spending.models import SpendRecord
from app.modules.suppliers.domain import likeness
from app.modules.suppliers.models import Supplier

Owed = dict[tuple[int, str], list[int]]


def keep(context: Context, record: SpendRecord) -> None:
    """Complete one record that is entered or changed by hand."""
    refuse_if(ready(context, [record])[0])


def ready(context: Context, records: Sequence[SpendRecord]) -> list[list[Problem]]:
    """Link records with their suppliers, entering those not known yet, and convert their amounts; tell what is wrong."""
    problems = _link(context, records)
    rates: dict[Any, Any] = {}
    for record, wrong in zip(records, problems, strict=True):
        wrong += _convert(context, record, rates)
    return problems


def why_not_record(context: Context, record: SpendRecord) -> list[Problem]:
    """Say what is wrong with a record, or with changing it."""
    state = inspect(record)
    changed = {each.key for each in state.attrs if each.history.has_changes()} if state.persistent else set()
    changed |= {f"{name}_id" for name in ("entity", "currency") if name in changed}
    return domain.why_not_record(record, context.today, changed)


def _convert(context: Context, record: SpendRecord, rates: dict[Any, Any]) -> list[Problem]:
    """Store the amount in the base currency with the rate of the day it was paid."""
    currency, base = record.currency, record.entity.base_currency
    asked = currency.id, base.id, record.paid_on
    if asked not in rates:
        rates[asked] = directory.find_rate(context, *asked)
    rate = rates[asked]
    if rate is None:
        words = (
            f"There is no exchange rate from {currency} to {base} for {record.paid_on}. Ask a controller to enter one."
        )
        return [Problem("no_rate", words, "currency")]
    record.rate, record.rate_on, record.rate_source = rate.rate, rate.valid_on, rate.source or None
    record.base_amount = Money(record.amount, currency.code).at(rate.rate, base.code).amount
    return []


def _link(context: Context, records: Sequence[SpendRecord]) -> list[list[Problem]]:
    """Find whom the records were paid to by name; a supplier that is not known is entered as a prospect."""
    problems: list[list[Problem]] = [[] for _ in records]
    keys = [domain.name_key(each.stated_supplier) if each.our_supplier is None else "" for each in records]
    normal = {key: likeness.normal_name(records[at].stated_supplier or "") for at, key in enumerate(keys) if key}
    known = queries.list_named(context, normal.values()) if normal else {}
    new: Owed = {}
    for at, (record, key) in enumerate(zip(records, keys, strict=True)):
        if not key:
            continue
        fits = {}
        for supplier in known.get(normal[key], ()):
            if supplier.entity_id in (None, record.entity.id) and domain.name_key(supplier.name) == key:
                staying = supplier.merged_into or supplier
                fits[staying.id] = staying
        if len(fits) == 1:
            record.our_supplier = next(iter(fits.values()))
        elif fits:
            problems[at].append(_ambiguous(list(fits.values())))
        else:
            new.setdefault((record.entity.id, key), []).append(at)
    _enter(context, records, new, problems)
    return problems


def _ambiguous(fits: Sequence[Supplier]) -> Problem:
    named = " and ".join(sorted(supplier.code for supplier in fits)[:4])
    words = f"Paid to: {named} have this name. Merge them, or say which in a column with the code."
    return Problem("ambiguous_supplier", words, "stated_supplier")


def _enter(context: Context, records: Sequence[SpendRecord], new: Owed, problems: Sequence[list[Problem]]) -> None:
    """Enter suppliers that nobody knows yet, each once and for the entity that paid it."""
    if not new:
        return
    resource = registry["supplier"]
    if not context.actor.may(resource.permission("create")):
        words = "Paid to: this supplier is not known, and your roles do not allow you to enter it. Ask a buyer."
        refusal = [Problem("forbidden", words, "stated_supplier")]
    else:
        raws = [_prospect(records[places[0]]) for places in new.values()]
        made: list[Supplier] = []

        def body(bound: Context) -> unit.Outcome:
            made.extend(unit.create_several_within(bound, resource, raws, Reader(bound)))
            return unit.Outcome(resource.name, "", None, None)

        outcome = unit.attempt(context, body)
        refusal = list(outcome.problems) if isinstance(outcome, Refused) else []
        for supplier, places in zip(made, new.values(), strict=False):
            for at in () if refusal else places:
                records[at].our_supplier = supplier
    for places in new.values():
        for at in places:
            problems[at].extend(refusal)


def _prospect(record: SpendRecord) -> dict[str, Any]:
    """Write what is known of a supplier from one payment to it."""
    entity = record.entity
    return {
        "name": " ".join((record.stated_supplier or "").split()),
        "country": entity.country,
        "entity": entity.code,
        "currency": entity.base_currency.code,
        "notes": f"Entered from {record.source_file}, line {record.source_line}." if record.source_file else None,
    }
