"""What is told of an import afterwards: the rows that stayed out, as a file to be corrected and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from app.infra.transfer import runs
from app.infra.transfer.cells import guard
from app.infra.transfer.matching import LINE, REASON
from app.infra.transfer.runs import ImportRefusal, ImportRun
from app.kernel.actor import Context

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
    return f"{run.total or 0} rows: {', '.join(told) or 'nothing to do'}"
