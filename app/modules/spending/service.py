"""What follows from a record of spending: whom it was paid to, and what it was worth in the entity's own currency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect

from app.kernel.actor import Context
from app.kernel.days import written
from app.kernel.money import Money
from app.kernel.problem import Problem, refuse_if
from app.modules.directory import queries as directory
from app.modules.spending import domain
from app.modules.spending.models import SpendRecord
from app.modules.suppliers import service as suppliers
from app.modules.suppliers.service import Named


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
        words = f"There is no exchange rate from {currency} to {base} for {written(record.paid_on)}. Ask a controller to enter one."
        return [Problem("no_rate", words, "currency")]
    record.rate, record.rate_on, record.rate_source = rate.rate, rate.valid_on, rate.source or None
    record.base_amount = Money(record.amount, currency.code).at(rate.rate, base.code).amount
    return []


def _link(context: Context, records: Sequence[SpendRecord]) -> list[list[Problem]]:
    """Find whom the records were paid to by name; a supplier that is not known is entered as a prospect."""
    problems: list[list[Problem]] = [[] for _ in records]
    open_ = [at for at, record in enumerate(records) if record.our_supplier is None and record.stated_supplier]
    met = suppliers.meet(context, [_named(records[at]) for at in open_], "Paid to", "stated_supplier")
    for at, each in zip(open_, met, strict=True):
        records[at].our_supplier = each.supplier
        problems[at] += each.problems
    return problems


def _named(record: SpendRecord) -> Named:
    notes = f"Entered from {record.source_file}, line {record.source_line}." if record.source_file else None
    return Named(record.stated_supplier, record.entity, record.entity.country, notes)
