"""Pages on which files are dropped that become rows: what was sent, and what is told of each document in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import request

from app.console import decode, shell, words
from app.console.cells import Cell
from app.console.shell import Page
from app.infra import filetypes
from app.infra.idempotency import Repeat
from app.infra.taking import Sent
from app.kernel.problem import Kind, Problem, Refused


@dataclass(frozen=True, slots=True)
class Came:
    """What became of one document in a file; one without a reference was refused."""

    name: str
    url: str = ""
    reference: str = ""
    title: str = ""
    amount: Cell | None = None
    state: Cell | None = None
    text: str = ""
    next_url: str = ""
    next_label: str = ""


def sent(resource: str, most: int, entity: str | None = None) -> Iterator[Sent]:
    """Read the files of the form one by one, each under a mark of its own, so that a form sent twice takes each in once."""
    chosen = [each for each in request.files.getlist("file") if each.filename]
    if not chosen:
        raise Refused(Kind.INVALID, Problem("required", "No file was chosen. Choose one or more.", "file"))
    if len(chosen) > most:
        raise Refused(Kind.TOO_LARGE, Problem("too_many", f"Send at most {most} files at once.", "file"))
    for at, each in enumerate(chosen):
        name = filetypes.clean_name(each.filename or "file")
        repeat = decode.repeat(request.form, resource, "capture", at, name)
        yield Sent(each.stream.read(), name, entity, repeat and Repeat(f"{repeat.key}:{at}", repeat.fingerprint))


def out_of_reach(name: str, reference: str) -> Came:
    """Tell that a document was taken in for others."""
    return Came(name, reference=reference, text="Taken in for others; you may not open it.")


def amount(value: Decimal | None, currency: str) -> Cell | None:
    """Write the amount of a document, where it states one."""
    return Cell("money", words.amount(value, currency), currency=currency) if value is not None else None


def answer(title: str, came: list[Came]) -> Any | None:
    """Give what became of one file to the script that sent it; nothing to a browser, which wants the whole page."""
    if request.headers.get("HX-Request") != "true":
        return None
    return shell.render("_came.html", Page(title), came=came)
