"""What reports say on other pages: the card of a supplier, and the figures that lead everybody's first page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from app.console import additions, addresses, kept, words
from app.console.additions import NOTHING, Addition, Column, Columns, Figures, Ranked, Ranking, Tile
from app.console.gate import Visit
from app.infra import figures, listing
from app.infra.figures import Report, Whole
from app.kernel.counting import plural
from app.kernel.resource import Resource, registry

Asked = Mapping[str, str]
MOST_TILES, MONTHS, MOST_RANKED = 4, 12, 6


def _of_supplier(visit: Visit, resource: Resource, row: Any) -> Addition:
    """Say of a supplier what is ordered, delivered, billed and owed, as far as the reader sees the documents."""
    if resource.name != "supplier":
        return NOTHING
    key = resource.key_of(row)
    mine = {"supplier": key}
    late = _amount(visit, "", "open-items", {**mine, "open_items.due_on.to": _yesterday(visit)})
    owed = _amount(visit, "To be paid", "open-items", mine)
    ordered = _amount(visit, "Ordered, not invoiced", "commitments", mine)
    orders = _words(_count(visit, "", "order", mine), "order in all", "orders in all")
    exceptions = _count(visit, "Open exceptions", "invoice_exception", {"invoice.supplier": key, "state": "open"})
    invoices = _words(_count(visit, "", "invoice", mine), "invoice in all", "invoices in all")
    said = (
        _amount(
            visit, "Invoiced this year", "invoiced", {**mine, "posted_on.from": f"{visit.context.today.year}-01-01"}
        ),
        _with_hint(owed, f"{late.text} {late.unit} of it late", "bad") if late and late.unit else owed,
        _with_hint(ordered, orders),
        _share(visit, "Delivered on time", "on-time", {"order.supplier": key}),
        _with_hint(exceptions, invoices),
    )
    chart = _by_month(visit, "Invoiced by month", mine)
    return Addition(tiles=tuple(tile for tile in said if tile), rail=(chart,) if chart else ())


def _first_page(visit: Visit) -> Figures:
    """Lead the first page with the few figures that matter most to what the reader does."""
    oversees = visit.actor.may("invoice.oversee")
    chart = _by_month(visit, "Invoiced by month", {}) if oversees else None
    ranking = _largest_suppliers(visit) if oversees else None
    tiles = tuple(islice(_by_duty(visit), MOST_TILES))
    return Figures(tiles, (chart,) if chart else (), (ranking,) if ranking else ())


def _by_duty(visit: Visit) -> Iterator[Tile]:
    """Give the tiles of all that the reader does, each once; each asks the database only when it is taken."""
    given: set[str] = set()
    for permission, tiles in _BY_DUTY:
        for tile in tiles(visit) if visit.actor.may(permission) else ():
            if tile.label not in given:
                given.add(tile.label)
                yield tile


def _clerks(visit: Visit) -> Iterator[Tile]:
    yesterday = _yesterday(visit)
    yield from _said(_count(visit, "Invoices to check", "invoice", {"state": "captured,exception"}))
    late = _count(visit, "", "invoice_exception", {"state": "open", "due_on.to": yesterday})
    exceptions = _count(visit, "Open exceptions", "invoice_exception", {"state": "open"})
    yield from _said(_with_hint(exceptions, f"{late.text} past their day" if late and late.text != "0" else "", "bad"))
    yield from _owed(visit)


def _owed(visit: Visit) -> Iterator[Tile]:
    yield from _said(_amount(visit, "To be paid", "open-items", {}))
    yield from _late(visit, "Of it late")


def _late(visit: Visit, label: str) -> Iterator[Tile]:
    late = _amount(visit, label, "open-items", {"open_items.due_on.to": _yesterday(visit)})
    yield from _said(_with_hint(late, "due before today" if late and late.unit else "", "bad"))


def _treasurers(visit: Visit) -> Iterator[Tile]:
    yield from _said(_count(visit, "Runs to decide or release", "payment_run", {"state": "submitted,approved"}))
    yield from _said(_count(visit, "Statements to reconcile", "bank_statement", {"state": "open"}))
    yield from _owed(visit)


def _buyers(visit: Visit) -> Iterator[Tile]:
    yield from _said(_count(visit, "Requests to order", "request", {"state": "approved", "ordered": "none,part"}))
    yield from _expected(visit)
    yield from _said(_amount(visit, "Ordered, not invoiced", "commitments", {}))
    yield from _said(_share(visit, "Delivered on time", "on-time", {}))


def _expected(visit: Visit) -> Iterator[Tile]:
    expected = {"state": "issued", "received": "none,part"}
    yield from _said(_count(visit, "Orders to come", "order", expected))
    late = _count(visit, "Deliveries late", "order", {**expected, "promised_for.to": _yesterday(visit)})
    yield from _said(_with_hint(late, "promised before today" if late and late.text != "0" else "", "bad"))


def _controllers(visit: Visit) -> Iterator[Tile]:
    year = f"{visit.context.today.year}-01-01"
    yield from _said(_amount(visit, "Invoiced this year", "invoiced", {"posted_on.from": year}))
    yield from _said(_amount(visit, "Ordered, not invoiced", "commitments", {}))
    yield from _late(visit, "Late to be paid")
    yield from _said(_days(visit, "Time to decide", "approval-times", {}))


def _askers(visit: Visit) -> Iterator[Tile]:
    yield from _said(_count(visit, "Requests in approval", "request", {"state": "submitted"}))
    yield from _said(_count(visit, "Requests to be ordered", "request", {"state": "approved", "ordered": "none,part"}))
    yield from _expected(visit)


_BY_DUTY: tuple[tuple[str, Callable[[Visit], Iterator[Tile]]], ...] = (
    ("invoice.match", _clerks),
    ("payment_run.release", _treasurers),
    ("order.issue", _buyers),
    ("budget_plan.read", _controllers),
    ("receipt.oversee", _expected),
    ("request.create", _askers),
)


def _yesterday(visit: Visit) -> str:
    return (visit.context.today - timedelta(days=1)).isoformat()


def _said(tile: Tile | None) -> tuple[Tile, ...]:
    return (tile,) if tile else ()


def _with_hint(tile: Tile | None, hint: str, tone: str = "") -> Tile | None:
    if tile is None or not hint:
        return tile
    return replace(tile, hint=" · ".join(filter(None, (hint, tile.hint))), tone=tone)


def _words(tile: Tile | None, one: str, many: str) -> str:
    return f"{tile.text} {one if tile.text == '1' else many}" if tile else ""


def _count(visit: Visit, label: str, name: str, asked: Asked) -> Tile | None:
    """Count the rows of a list; nothing for whoever may not see it."""
    resource = registry[name]
    if not visit.actor.may(resource.permission("read")):
        return None
    args = {each: [value] for each, value in asked.items()}
    query, problems = listing.parse(visit.context, resource, args)
    assert not problems, problems
    found = listing.totals(visit.context, resource, query)
    return Tile(
        label, f"{words.number(found.count)}{'' if found.exact else '+'}", addresses.of_list(resource, args=args)
    )


def _report(visit: Visit, name: str) -> Report | None:
    """Find a report; nothing for whoever may not see its rows."""
    report = next(each for each in figures.reports() if each.name == name)
    return report if figures.may_read(visit.context, report) else None


def _total(visit: Visit, name: str, asked: Asked) -> tuple[list[Whole], str]:
    """Add up a report, with the address of all its rows; without an address for whoever may not see them."""
    report = _report(visit, name)
    if report is None:
        return [], ""
    args = {each: [value] for each, value in asked.items()}
    what = ("total", name, *sorted(asked.items()))
    wholes, listed = kept.found(visit.context, what, lambda: figures.total(visit.context, report, args))
    return wholes, addresses.of_list(registry[report.resource], args=listed)


def _found(visit: Visit, name: str, asked: Asked, most: int | None = None) -> figures.Figures | None:
    """Compute a report; nothing where there is nothing to show."""
    report = _report(visit, name)
    if report is None:
        return None
    args = {each: [value] for each, value in asked.items()}
    what = (name, *sorted(asked.items()), most)
    found = kept.found(visit.context, what, lambda: figures.compute(visit.context, report, args, most))
    return found if found.rows else None


def _amount(visit: Visit, label: str, name: str, asked: Asked) -> Tile | None:
    """Give what a report comes to in the currency most rows are in, and say how many more there are."""
    wholes, url = _total(visit, name, asked)
    if not url:
        return None
    if not wholes:
        return Tile(label, "0", url)
    others = len(wholes) - 1
    hint = f"and {words.count(others, 'other currency', 'other currencies')}" if others else ""
    return Tile(label, words.number(wholes[0].amounts[0].to_integral_value()), url, wholes[0].currency, hint)


def _main_currency(found: figures.Figures) -> str:
    """Name the currency that most rows are in."""
    return max(sorted(found.counts), key=lambda code: found.counts[code])


def _share(visit: Visit, label: str, name: str, asked: Asked) -> Tile | None:
    wholes, url = _total(visit, name, asked)
    if not wholes:
        return None
    hint = f"of {words.count(wholes[0].count, 'delivery', 'deliveries')}"
    return Tile(label, words.number(wholes[0].amounts[0].to_integral_value()), url, "%", hint)


def _days(visit: Visit, label: str, name: str, asked: Asked) -> Tile | None:
    wholes, _ = _total(visit, name, asked)
    if not wholes:
        return None
    average, longest = wholes[0].amounts
    longest, average = round(longest, 1), round(average, 1)
    hint = f"longest {words.count(longest, 'day', 'days')}"
    return Tile(label, words.number(average), f"/reports/{name}", plural(average, "day"), hint)


def _by_month(visit: Visit, title: str, asked: Asked) -> Columns | None:
    """Draw what was invoiced in the last twelve months, in the currency most of it is in."""
    first = _months_back(visit.context.today, MONTHS - 1)
    args = {**asked, "posted_on.from": first.isoformat()}
    found = _found(visit, "invoiced", {**args, "by": "posted_on"})
    if found is None:
        return None
    code = _main_currency(found)
    rows = {row.key: row for row in found.rows if row.currency == code}
    columns = []
    for back in range(MONTHS - 1, -1, -1):
        month = _months_back(visit.context.today, back)
        row = rows.get(f"{month:%Y-%m}")
        amount = row.amounts[0] if row else Decimal(0)
        url = addresses.of_list(registry["invoice"], args=row.args) if row and row.args else ""
        columns.append(Column(f"{month:%b}", f"{month:%B %Y}", amount, words.money(amount, code), url))
    table = addresses.with_args(
        "/reports/invoiced", {"by": ["posted_on"], **{name: [value] for name, value in args.items()}}
    )
    return Columns(title, tuple(columns), f"In {code}", table, "Table")


def _largest_suppliers(visit: Visit) -> Ranking | None:
    """List who billed most this year, in the currency most of it is in."""
    args = {"posted_on.from": f"{visit.context.today.year}-01-01"}
    found = _found(visit, "invoiced", args, MOST_RANKED)
    if found is None:
        return None
    code = _main_currency(found)
    total = found.totals[code][0]
    entries = tuple(
        Ranked(
            row.label,
            words.number(row.amounts[0].to_integral_value()),
            f"{words.number((row.amounts[0] / total * 100).to_integral_value())}{words.SPACE}%" if total else "",
            addresses.of_list(registry["invoice"], args=row.args) if row.args is not None else "",
        )
        for row in found.rows
        if row.currency == code
    )
    table = addresses.with_args("/reports/invoiced", {name: [value] for name, value in args.items()})
    return Ranking("Largest suppliers", entries[:MOST_RANKED], f"This year, in {code}", table, "All")


def _months_back(today: date, months: int) -> date:
    at = today.year * 12 + today.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)


listing.filter_by_part(registry["invoice_exception"], "invoice.supplier")
additions.to_row(_of_supplier)
additions.lead_home(_first_page)
