"""Reports in the console: figures told apart by something, each with a bar and the list of the rows that make it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from flask import current_app, request
from flask_appbuilder.baseviews import BaseView

from app.console import addresses, gate, shell, words
from app.console.gate import Visit
from app.console.host import open_page
from app.console.lists import Empty, Link, View
from app.console.shell import Crumb, Page
from app.infra import figures, identity
from app.infra.fields import field
from app.infra.figures import Figure, Figures, Report
from app.infra.transfer import export
from app.kernel.resource import registry

URL = "/reports"
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of a line, with the list that makes it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """One group of a report, with its bar: the parts and the whole it is drawn against."""

    label: str
    hint: str
    url: str
    count: str
    amounts: tuple[Amount, ...]
    parts: tuple[tuple[Decimal, str], ...]
    whole: Decimal
    told: str


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when the rows of a report are, as the reader asks for it."""

    name: str
    label: str
    kind: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A report as its page shows it."""

    report: Report
    groupings: tuple[View, ...]
    span: Span | None
    kept: tuple[tuple[str, str], ...]
    url: str
    lines: tuple[tuple[str, tuple[Line, ...]], ...]  # under the currency they are in, if there are several
    totals: tuple[tuple[str, tuple[Amount, ...]], ...]
    legend: tuple[tuple[str, str], ...]
    more: str
    exports: tuple[Link, ...]
    empty: Empty


class ReportsView(BaseView):  # type: ignore[misc]
    """All reports, and each of them."""

    route_base = URL
    default_view = "index"
    template_folder = None

    @open_page("/")
    def index(self) -> Any:
        """List the reports whose rows the reader may see."""
        visit = gate.visit()
        known = [each for each in figures.reports() if figures.may_read(visit.context, each)]
        entries = [(each, f"{URL}/{each.name}") for each in known]
        return shell.render("reports.html", Page("Reports", (Crumb("Reports"),)), entries=entries)

    @open_page("/<name>")
    def show(self, name: str) -> Any:
        """Show one report."""
        visit = gate.visit()
        report = figures.report_at(visit.context, name)
        found = figures.compute(visit.context, report, _asked(), SHOWN)
        about = Page(report.title, (Crumb("Reports", URL), Crumb(report.title)), URL, "full")
        return shell.render("report.html", about, shown=describe(visit, found))

    @open_page("/<name>.<any(csv, xlsx):kind>")
    def file(self, name: str, kind: str) -> Any:
        """Give a report as a file."""
        visit = gate.visit()
        report = figures.report_at(visit.context, name)
        figures.check_export(visit.context, report)
        headings, lines = figures.as_table(figures.compute(visit.context, report, _asked()))
        content = b"".join(export.table(report.title, headings, lines, kind))
        answer = current_app.response_class(content, content_type=export.FORMATS[kind])
        answer.headers["Content-Disposition"] = f'attachment; filename="{report.name}-{visit.context.today}.{kind}"'
        return answer


def may_open() -> bool:
    """Say whether the reader may see the rows of any report."""
    signed_in = identity.current()
    return signed_in is not None and any(
        signed_in.actor.may(registry[each.resource].permission("read")) for each in figures.reports()
    )


def describe(visit: Visit, found: Figures) -> Shown:
    """Describe a report as its page shows it."""
    report, resource, args = found.report, registry[found.report.resource], dict(found.args)
    by = {"by": [found.grouping.key]}
    url = f"{URL}/{report.name}"
    highest: dict[str, Decimal] = {}  # bars are compared within a currency
    for row in found.rows:
        highest[row.currency] = max(_reach(report, row), highest.get(row.currency, Decimal(0)))
    by_currency = groupby(found.rows, key=lambda row: row.currency)
    lines = tuple((code, tuple(_line(found, row, highest[code]) for row in rows)) for code, rows in by_currency)
    more = found.groups - len(found.rows)
    may_export = visit.actor.may(resource.permission("export"))
    return Shown(
        report=report,
        groupings=tuple(
            View(each.label, addresses.with_args(url, {**args, "by": [each.key]}), each is found.grouping, None, "")
            for each in report.groupings
        ),
        span=_span(report, args),
        kept=tuple(_kept(report, {**args, **by})),
        url=url,
        lines=lines,
        totals=tuple((code, _amounts(total, code, "")) for code, total in found.totals.items()),
        legend=tuple((each.label, each.tone) for each in report.measures[: -1 if report.stacked else 1]),
        more=f"{words.count(more, 'smaller group', 'smaller groups')} more; the file has them all" if more > 0 else "",
        exports=tuple(
            Link(kind.upper(), addresses.with_args(f"{url}.{kind}", {**args, **by}))
            for kind in ("csv", "xlsx")
            if may_export
        ),
        empty=Empty("filtered", "Nothing to add up", "No row that you may see is in this report.", ()),
    )


def _asked() -> dict[str, list[str]]:
    return {name: request.args.getlist(name) for name in request.args if any(request.args.getlist(name))}


def _reach(report: Report, row: Figure) -> Decimal:
    """Tell how far the bar of a group reaches."""
    parts = row.amounts[:-1] if report.stacked else row.amounts[:1]
    return max(
        sum((max(part, Decimal(0)) for part in parts), Decimal(0)), row.amounts[-1] if report.stacked else Decimal(0)
    )


def _line(found: Figures, row: Figure, highest: Decimal) -> Line:
    report, resource = found.report, registry[found.report.resource]
    url = addresses.of_list(resource, args=row.args) if row.args is not None else ""
    measures = report.measures[:-1] if report.stacked else report.measures[:1]
    parts = tuple(
        (amount, f"o-f-{each.tone}") for amount, each in zip(row.amounts, measures, strict=False) if amount > 0
    )
    told = ", ".join(
        f"{each.label} {words.money(amount, row.currency)}"
        for each, amount in zip(report.measures, row.amounts, strict=True)
    )
    whole = _reach(report, row) if report.stacked else highest
    is_told = found.grouping.late or row.label.casefold().startswith(row.key.casefold())
    hint = "" if is_told else row.key
    amounts = _amounts(row.amounts, row.currency, url)
    return Line(
        row.label, hint, url, words.number(row.count), amounts, parts, whole or Decimal(1), f"{row.label}: {told}"
    )


def _amounts(amounts: Sequence[Decimal], currency: str, url: str) -> tuple[Amount, ...]:
    """Write amounts; the heading above them says their currency."""
    return tuple(Amount(words.amount(amount, currency), url) for amount in amounts)


def _span(report: Report, args: dict[str, Any]) -> Span | None:
    name = next(iter(report.filters), "")
    if not name:
        return None
    each = field(registry[report.resource].model, name)
    first, last = ((args.get(f"{name}.{end}") or [""])[-1] for end in ("from", "to"))
    return Span(name, each.label, "date" if each.kind in ("date", "instant") else "text", first, last)


def _kept(report: Report, args: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what the form of the span leaves as it is."""
    own = {f"{name}.{end}" for name in report.filters for end in ("from", "to")}
    return ((name, value) for name, values in args.items() if name not in own for value in values)
