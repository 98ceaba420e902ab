"""Reports over REST: the figures the console shows, each with the address of the rows that make it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response
from flask_restx import Resource as View

from app.api import gate
from app.api.answers import PREFIX, answer
from app.api.resources import query_args
from app.infra import figures
from app.infra.audit import plain
from app.infra.figures import Args, Figures
from app.kernel.resource import registry


class Reports(View):  # type: ignore[misc]
    """The reports there are."""

    def get(self) -> Response:
        """List the reports whose rows the caller may see."""
        context = gate.context()
        known = [each for each in figures.reports() if figures.may_read(context, each)]
        return answer(
            {
                "data": [
                    {"name": each.name, "title": each.title, "href": f"{PREFIX}/reports/{each.name}"} for each in known
                ]
            }
        )


class OneReport(View):  # type: ignore[misc]
    """One report."""

    def get(self, name: str) -> Response:
        """Add up the rows the caller may see and the address asks for."""
        context = gate.context()
        report = figures.report_at(context, name)
        return answer(_written(figures.compute(context, report, query_args())))


def _written(found: Figures) -> dict[str, Any]:
    report = found.report
    names = [each.name for each in report.measures]
    rows = [
        {
            "key": row.key or None,
            "label": row.label,
            "currency": row.currency,
            "rows": row.count,
            **dict(zip(names, (plain(amount) for amount in row.amounts), strict=True)),
            "href": _list(report.resource, row.args) if row.args is not None else None,
        }
        for row in found.rows
    ]
    totals = {
        code: dict(zip(names, (plain(each) for each in total), strict=True)) for code, total in found.totals.items()
    }
    return {"report": report.name, "by": found.grouping.key, "data": rows, "totals": totals}


def _list(resource: str, args: Args) -> str:
    pairs = [(name, value) for name, values in args.items() for value in values]
    return f"{PREFIX}/{registry[resource].plural}?{urlencode(pairs)}"
