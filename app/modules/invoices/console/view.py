"""The pages of invoices that are drawn in their own way: taking files in, reading one, entering one beside its picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, request

from app.console import addresses, forms, gate, shell, taking
from app.console.cells import state_of
from app.console.filters import Option
from app.console.gate import Visit
from app.console.host import page
from app.console.resource_view import ResourceView
from app.console.shell import Crumb, Page
from app.console.taking import Came
from app.infra.taking import Taken
from app.kernel.problem import Kind, Problem, Refused
from app.modules.invoices import queries, service
from app.modules.invoices.console import page as invoice_page
from app.modules.invoices.console import papers
from app.modules.invoices.models import Invoice

TEMPLATES = str(Path(__file__).parents[1] / "templates")
CAPTURE = "/invoices/capture"
MOST_FILES = 50
#: What the picture was drawn by; another drawing asks browsers to fetch it anew.
_DRAWN_BY = "1"


@dataclass(frozen=True, slots=True)
class Beside:
    """The pages of an original beside the form it is entered into."""

    name: str
    url: str
    pages: tuple[tuple[int, str], ...]
    at: int


class InvoiceView(ResourceView):
    """Invoices: taken in from files, read beside order and receipt, entered beside the picture of the page."""

    template_folder = TEMPLATES
    more_verbs = {"capture": "create", "take_in": "create", "picture": "read"}

    @page("/capture")
    def capture(self) -> Any:
        """Show where files are dropped."""
        return self._taking(gate.visit(), [])

    @page("/capture", "POST")
    def take_in(self) -> Any:
        """Take in the files that were sent, and tell of each what became of it."""
        visit = gate.visit()
        entity = request.form.get("entity") or None
        files = taking.sent(service.NAME, MOST_FILES, entity)
        found = [each for sent in files for each in _came(visit, service.capture(visit.context, sent))]
        return taking.answer("Take in invoices", found) or self._taking(visit, found)

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show an invoice: what it is held against, how that came out, and what comes next."""
        visit = gate.visit()
        paper = invoice_page.build(visit, key)
        crumbs = shell.crumbs(self.resource, Crumb(paper.row.reference))
        about = Page(paper.document.title, crumbs, self._url(), phone_title=paper.row.reference)
        return shell.render("invoice.html", about, document=paper.document, paper=paper)

    @page("/<path:key>/pages/<int:number>")
    def picture(self, key: str, number: int) -> Any:
        """Give the picture of a page of the original to somebody who may see the invoice."""
        visit = gate.visit()
        found = service.original(visit.context, self._load(visit, key))
        if found is None or not service.has_pages(found) or number < 1:
            raise Refused(Kind.MISSING, Problem("not_found", f"{key} has no such page."))
        tag = f"{found.digest}-{number}-{_DRAWN_BY}"
        if request.if_none_match.contains(tag):
            response = Response(status=304)
        else:
            response = Response(service.picture(found, number), mimetype="image/png")
        response.set_etag(tag)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
        return response

    def _taking(self, visit: Visit, came: list[Came]) -> Any:
        entities = tuple(
            Option(each.code, f"{each.code} {each.name}") for each in queries.list_entered_for(visit.context)
        )
        about = Page("Take in invoices", shell.crumbs(self.resource, Crumb("Take in")), self._url())
        return shell.render("invoice_capture.html", about, came=came, entities=entities, most=MOST_FILES)

    def _form(self, form: forms.Form, refusal: Refused | None = None, row: Any = None) -> Any:
        """Show the form; where the original has pages, beside a picture of them."""
        beside = _beside(gate.visit(), row) if row is not None else None
        if beside is None:
            return super()._form(form, refusal, row)
        crumbs = shell.crumbs(self.resource, Crumb(row.reference, addresses.of_row(row)), Crumb("Edit"))
        about = Page(form.title, crumbs, form.cancel_url, width="full", phone_title=row.reference)
        status = refusal.kind.value if refusal else 200
        return shell.render("invoice_form.html", about, form=form, beside=beside, status=status)


def _came(visit: Visit, taken: list[Taken]) -> list[Came]:
    return [
        _told(visit, each, queries.find_seen(visit.context, each.key))
        if each.key
        else Came(each.name, text=" ".join(problem.message for problem in each.problems))
        for each in taken
    ]


def _told(visit: Visit, taken: Taken, row: Invoice | None) -> Came:
    """Tell of a captured invoice its number, what its rules say, and what comes next."""
    if row is None:
        return taking.out_of_reach(taken.name, taken.key or "")
    url, by_hand = addresses.of_row(row), papers.is_to_enter(row)
    judged = papers.judgement(row)
    said = (
        "A plain PDF: it is entered by hand." if by_hand or judged is None else f"{judged.text} {judged.sums}".strip()
    )
    if taken.repeated:
        said = "It was taken in already."
    return Came(
        name=taken.name,
        url=url,
        reference=row.reference,
        title=taken.name if by_hand else papers.title(visit, row),
        amount=taking.amount(row.total, row.currency.code),
        state=state_of(row, row.state.capitalize()),
        text=said,
        next_url=f"{url}/edit" if by_hand else url,
        next_label="Enter it" if by_hand else "Open",
    )


def _beside(visit: Visit, row: Invoice) -> Beside | None:
    found = service.original(visit.context, row)
    if found is None or not service.has_pages(found):
        return None
    url, most = addresses.of_row(row), service.count_pages(found.digest)
    asked = request.args.get("page", "1")
    at = min(max(int(asked) if asked.isdecimal() and len(asked) < 5 else 1, 1), max(most, 1))  # noqa: PLR2004
    pages = tuple(
        (number, addresses.with_args(f"{url}/edit", {"page": [str(number)]})) for number in range(1, most + 1)
    )
    return Beside(found.name, f"{url}/files/{found.id}", pages, at) if most else None
