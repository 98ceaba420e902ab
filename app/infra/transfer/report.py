"""What is told of an import afterwards: the rows that stayed out, as a file to be corrected and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

from app.infra.transfer import matching, runs
from app.infra.transfer.cells import guard
from app.infra.transfer.matching import LINE, REASON
from app.infra.transfer.runs import ImportRefusal, ImportRun
from app.infra.transfer.totals import UNREAD
from app.infra.transfer.verdicts import REFUSED
from app.kernel.actor import Context
from app.kernel.counting import counted
from app.kernel.resource import registry

_BATCH = 500


def refused_rows(context: Context, run: ImportRun) -> Iterator[bytes]:
    """Give every refused line as CSV with its number and the reasons; the other columns are those of the file."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([LINE, REASON, *(guard(heading) for heading in run.headings)])
    after = (0, 0)
    while True:
        found = runs.refusals(context, run, after, _BATCH)
        for refusal in found:
            writer.writerow([refusal.line, guard(reasons(refusal)), *(guard(cell) for cell in refusal.cells)])
        yield (b"\xef\xbb\xbf" if after == (0, 0) else b"") + buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
        if len(found) < _BATCH:
            return
        after = (found[-1].line, found[-1].id)


def reasons(refusal: ImportRefusal) -> str:
    """Tell everything that stands against a line."""
    return " ".join(problem["message"] for problem in refusal.problems)


def sums(run: ImportRun) -> list[str]:
    """Tell what each amount of the file adds up to, and how much of it stayed out."""
    known = matching.targets(registry[run.resource])
    will = run.state != "done"
    told = []
    for name, parts in run.sums.items():
        amounts = {part: Decimal(value) for part, value in parts.items() if part != UNREAD}
        stays_out, unread = amounts.pop(REFUSED, Decimal(0)), Decimal(parts.get(UNREAD, 0))
        whole = sum(amounts.values(), Decimal(0))
        words = f"{known[name].label}: {_figure(whole + stays_out)} in the file = {_figure(whole)}"
        words += f" {'to come in' if will else 'in'} + {_figure(stays_out)} refused"
        told.append(
            words + (f"; {counted(unread, 'cell is no amount', 'cells are no amounts')}" if unread else "") + "."
        )
    return told


def _figure(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", "\u00a0")


def summary(run: ImportRun) -> str:
    """Tell in one line what became of a file, or would."""
    will = run.state != "done"
    words = {
        "created": "to be entered" if will else "entered",
        "changed": "to be changed" if will else "changed",
        "same": "the same",
        "refused": "refused",
        "blank": "blank",
    }
    told = [f"{getattr(run, name)} {word}" for name, word in words.items() if getattr(run, name)]
    return f"{counted(run.total or 0, 'row')}: {', '.join(told) or 'nothing to do'}"
