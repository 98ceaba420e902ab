"""The worklist: what does not match and waits for its reader, with invoice and figures beside it, decided from the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import request

from app.console import addresses, dialogs, gate, home, loading, shell, words
from app.console.cells import Cell, Sight
from app.console.gate import Visit
from app.console.host import page
from app.console.lists import Empty, View
from app.console.resource_view import ResourceView
from app.console.shell import Crumb, Page
from app.console.shows import Fact
from app.infra.reachable import Reachable
from app.kernel.problem import Refused
from app.modules.invoices import queries, service
from app.modules.invoices.console import page as invoice_page
from app.modules.invoices.console import settling
from app.modules.invoices.console.page import Checked, Line
from app.modules.invoices.console.settling import Difference
from app.modules.invoices.models import Invoice, InvoiceException

TEMPLATES = str(Path(__file__).parents[1] / "templates")
URL = "/exceptions/waiting"
MOST = 100
_TABS = {"mine": "For me", "all": "All open", "waiting": "Credit note awaited"}
_EMPTY = {
    "mine": Empty(
        "done", "Nothing waits for you", "When an invoice does not match and it is yours to settle, it stands here."
    ),
    "all": Empty("done", "Every invoice matches", "What does not match stands here, whoever settles it."),
    "waiting": Empty(
        "done",
        "No credit note is awaited",
        "What was asked of suppliers stands here until their credit note is booked.",
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    number: str
    title: str
    sub: str
    url: str
    document_url: str
    at_url: str
    amount: Cell | None
    due: str
    tone: str
    kind: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """The exception of the line one stands on, with what it is about."""

    difference: Difference
    title: str
    invoice: str
    invoice_url: str
    facts: tuple[Fact, ...]
    checks: tuple[Checked, ...]
    lines: tuple[Line, ...]
    currency: str
    url: str
    full_url: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """The worklist as its page shows it."""

    tabs: tuple[View, ...]
    entries: tuple[Entry, ...]
    selectable: bool
    here: str
    mark: str
    empty: Empty
    aside: Aside | None
    more: str = ""


class ExceptionView(ResourceView):
    """Exceptions: the list of all, and what waits for its reader with everything needed to settle it."""

    template_folder = TEMPLATES
    more_verbs = {"waiting": "read", "waiting_count": "read", "waiting_one": "read"}

    @page("/waiting")
    def waiting(self) -> Any:
        """Show what waits to be settled."""
        visit = gate.visit()
        shown = build(visit, _tab(), request.args.get("at", "")[:40])
        about = Page("To settle", (Crumb("To settle", URL), Crumb(_TABS[_tab()])), width="full")
        return shell.render("settle.html", about, worklist=shown)

    @page("/waiting/count")
    def waiting_count(self) -> Any:
        """Tell how much waits, for the menu."""
        return shell.render("_settle_count.html", Page("To settle"), count=count(gate.visit()))

    @page("/waiting/<path:key>")
    def waiting_one(self, key: str) -> Any:
        """Show one exception: beside the list, or to settle on a page of its own."""
        visit = gate.visit()
        row = loading.one(visit.context, self.resource, key, ("invoice.supplier", "invoice.order", "invoice.entity"))
        shown = _aside(visit, row, _queue(visit, _tab()))
        if request.headers.get("HX-Request") == "true":
            return shell.render("_settle_aside.html", Page(shown.title), aside=shown)
        about = Page(shown.title, (Crumb("To settle", URL), Crumb(row.number)), _url(_tab()), "narrow", row.number)
        return shell.render("settle_one.html", about, aside=shown)

    def _dialog(self, dialog: dialogs.Dialog, refusal: Refused | None = None, row: Any = None) -> Any:
        """Come back, after a decision, to where it was made."""
        back = gate.safe_address(request.args["next"]) if "next" in request.args else ""
        action = addresses.with_args(dialog.action, {"next": [back]}) if back else dialog.action
        return super()._dialog(replace(dialog, action=action, cancel_url=back or dialog.cancel_url), refusal, row)


def count(visit: Visit) -> int:
    """Count what waits for the reader."""
    owners = settling.owners_of(visit.actor)
    return queries.count_standing(visit.context, owners) if owners else 0


def waiting_entries(visit: Visit, most: int) -> Iterator[home.Entry]:
    """Write for the first page what is the reader's to settle, the most urgent first."""
    owners = settling.owners_of(visit.actor) if visit.actor.may(f"{settling.NAME}.read") else []
    found = queries.list_standing(visit.context, owners, ("open",), most) if owners else []
    seen = Reachable(visit.context, [row.invoice for row in found])
    for row in found:
        entry = _entry(visit, seen, row, "mine")
        yield home.Entry(entry.title, entry.sub, entry.url, "alert-triangle", None, entry.due, entry.tone, entry.amount)


def build(visit: Visit, tab: str, at: str) -> Worklist:
    """Describe the worklist."""
    found = _queue(visit, tab)
    shown = found[:MOST]
    seen = Reachable(visit.context, [row.invoice for row in shown])
    here = next((row for row in shown if row.number == at), shown[0] if shown else None)
    entries = tuple(replace(_entry(visit, seen, row, tab), here=row is here) for row in shown)
    tabs = (View(label, _url(name), name == tab, count(visit) or None if name == "mine" else None, "primary" if name == "mine" else "")
            for name, label in _TABS.items())  # fmt: skip
    return Worklist(
        tabs=tuple(tabs),
        entries=entries,
        selectable=tab != "waiting" and visit.actor.may(f"{settling.NAME}.accept"),
        here=_url(tab),
        mark=" ".join(row.number for row in found),
        empty=_EMPTY[tab],
        aside=_aside(visit, here, found) if here is not None else None,
        more=f"and more; the first {MOST} are shown" if len(found) > MOST else "",
    )


def _tab() -> str:
    tab = request.args.get("tab", "mine")
    return tab if tab in _TABS else "mine"


def _url(tab: str, at: str = "") -> str:
    args = {**({"tab": [tab]} if tab != "mine" else {}), **({"at": [at]} if at else {})}
    return addresses.with_args(URL, args)


def _queue(visit: Visit, tab: str) -> Sequence[InvoiceException]:
    owners = settling.owners_of(visit.actor) if tab == "mine" else None
    states = ("waiting",) if tab == "waiting" else ("open",)
    return queries.list_standing(visit.context, owners, states, MOST + 1) if owners != [] else []


def _entry(visit: Visit, seen: Reachable, row: InvoiceException, tab: str) -> Entry:
    invoice, today = row.invoice, visit.context.today
    late = (today - row.due_on).days
    due = (
        f"{words.count(late, 'day', 'days')} late"
        if late > 0
        else "today"
        if late == 0
        else words.day(row.due_on, today)
    )
    name = invoice.summary if invoice in seen else row.kind.label
    url = f"{URL}/{row.number}"
    return Entry(
        number=row.number,
        title=name,
        sub=row.text,
        url=addresses.with_args(url, {"tab": [tab]}),
        document_url=addresses.of_row(invoice) if invoice in seen else url,
        at_url=_url(tab, row.number),
        amount=_amount(invoice) if invoice in seen else None,
        due=due,
        tone="bad" if late > 0 else "warn" if late == 0 else "",
        kind=row.kind.label,
    )


def _amount(invoice: Invoice) -> Cell | None:
    if invoice.total is None:
        return None
    return Cell("money", words.amount(invoice.total, invoice.currency.code), currency=invoice.currency.code)


def _aside(visit: Visit, row: InvoiceException, queue: Sequence[InvoiceException]) -> Aside:
    """Draw an exception with its figures; deciding it leads to the next one of the list."""
    numbers = [each.number for each in queue]
    at = numbers.index(row.number) if row.number in numbers else -1
    later = numbers[at + 1] if 0 <= at < len(numbers) - 1 else ""
    tab = _tab()
    difference = settling.describe(visit, Sight(visit), row, _url(tab, later))
    invoice = row.invoice
    seen = invoice in Reachable(visit.context, [invoice])
    checks = [each for each in invoice.checks if each.text == row.text] if seen else []
    wanted = {int(part) for part in (row.lines or "").split(", ") if part.isdecimal()}
    lines = invoice_page.lines_of(visit, invoice) if seen else ()
    return Aside(
        difference=difference,
        title=invoice.summary if seen else f"{row.kind.label} of {invoice.reference}",
        invoice=invoice.reference,
        invoice_url=addresses.of_row(invoice) if seen else "",
        facts=_facts(visit, row) if seen else (),
        checks=tuple(invoice_page.checked(each) for each in checks),
        lines=tuple(line for line in lines if line.number in wanted),
        currency=invoice.currency.code,
        url=f"{URL}/{row.number}",
        full_url=difference.url,
    )


def _facts(visit: Visit, row: InvoiceException) -> tuple[Fact, ...]:
    invoice, today = row.invoice, visit.context.today
    facts = [Fact("Total", _amount(invoice)), Fact("Settled by", Cell("text", row.owner.label))]
    if invoice.issued_on:
        facts.append(
            Fact("Dated", Cell("date", words.day(invoice.issued_on, today), iso=invoice.issued_on.isoformat()))
        )
    due = service.due_on(invoice)
    if due:
        facts.append(Fact("To be paid", Cell("date", words.day(due, today), iso=due.isoformat())))
    return tuple(facts)
