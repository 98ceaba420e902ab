"""The pages of orders that are drawn in their own way, and what they add to the pages of requests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Response, request

from app.console import addresses, forms, gate, loading, related, resource_view, shell, stages, tables, taking, words
from app.console.actions import Action
from app.console.cells import state_of
from app.console.decode import Raw
from app.console.filters import Option
from app.console.gate import Visit
from app.console.host import page
from app.console.inputs import Input, prefilled
from app.console.resource_view import ResourceView
from app.console.shell import Crumb, Page
from app.console.stages import Stage
from app.console.tables import Matching
from app.console.taking import Came
from app.infra.fields import humanise
from app.infra.taking import Sent, Taken
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry
from app.modules.directory import queries as directory
from app.modules.orders import papers, queries, service
from app.modules.orders.console import page as order_page
from app.modules.orders.domain import sourcing
from app.modules.orders.domain.kinds import OrderKind

CAPTURE, MOST_FILES, MOST_TOLD = "/orders/capture", 20, 100
TEMPLATES = str(Path(__file__).parents[1] / "templates")
_TYPES = {"pdf": (papers.pdf_of, "application/pdf"), "xml": (papers.xml_of, "application/xml")}
LABELS = {
    **service.NEEDED,
    "quantity": "Quantity",
    "unit_price": "Price",
    "amount": "Amount, instead of quantity and price",
    "supplier_item": "Supplier's item",
    "charge": "Kind of charge",
    "cancelled": "Cancelled, yes or no",
}
_TAKEN = ("supplier", "cost_centre", "project", "currency", "deliver_to", "terms")


class OrderView(ResourceView):
    """Orders: made out of requests or called off, and read on one page with their progress."""

    template_folder = TEMPLATES
    more_verbs = {"paper": "read", "capture": service.VERB, "take_in": service.VERB, "match_columns": service.VERB}

    def _listed(self, visit: Visit) -> Any:
        """Lead files to the page that takes in what was ordered elsewhere."""
        listing, problems = super()._listed(visit)
        return replace(listing, import_url=CAPTURE if listing.import_url else ""), problems

    @page("/capture")
    def capture(self) -> Any:
        """Show where files are dropped."""
        return self._taking(gate.visit(), [])

    @page("/capture", "POST")
    def take_in(self) -> Any:
        """Take in the files that were sent, and tell of each order what became of it."""
        visit = gate.visit()
        files = taking.sent(service.NAME, MOST_FILES, request.form.get("entity") or None)
        found = [each for sent in files for each in _sent(visit, self._asking(), sent)]
        return taking.answer("Take in orders", found) or self._taking(visit, found)

    @page("/capture/<token>", "GET", "POST")
    def match_columns(self, token: str) -> Any:
        """Ask what the columns of a table mean, check it, and take it in."""
        return tables.page(gate.visit(), self._asking(), token)

    def _asking(self) -> Matching:
        return Matching(
            self.resource,
            "Take in orders",
            CAPTURE,
            {name: LABELS.get(name, humanise(name)) for name in service.FIELDS},
            lambda sent: service.look(sent.data, sent.about.options),
            _came,
            tuple(Input(name, LABELS.get(name, humanise(name)), "text") for name in service.SAID_FOR_ALL),
            tuple(service.NEEDED),
            lasting=frozenset({"currency"}),
        )

    def _taking(self, visit: Visit, came: Any) -> Any:
        known = directory.list_open_entities(visit.context)
        mine = {entity for entity, _ in visit.actor.reach("order.import").regions}
        entities = [Option(each.code, f"{each.code} {each.name}") for each in known if mine & {None, each.id}]
        about = Page("Take in orders", shell.crumbs(self.resource, Crumb("Take in")), self._url())
        return shell.render("order_capture.html", about, came=came, entities=entities, most=MOST_FILES)

    @page("/new")
    def add(self) -> Any:
        """Show the form of a new order: for `requests`, called off a `blanket` order, or empty."""
        visit = gate.visit()
        if request.args.get("like"):
            return super().add()
        raw = _first_values(visit, self.resource)
        return self._form(forms.to_enter(visit, self.resource, raw))

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show an order: what is bought, how far it has come, and what its supplier was told."""
        visit = gate.visit()
        paper = order_page.build(visit, key)
        about = Page(
            paper.document.title,
            shell.crumbs(self.resource, Crumb(paper.row.number)),
            self._url(),
            phone_title=paper.row.number,
        )
        return shell.render("order.html", about, document=paper.document, paper=paper)

    @page("/<path:key>/papers/<int:number>/<kind>")
    def paper(self, key: str, number: int, kind: str) -> Any:
        """Give the paper of a revision."""
        visit = gate.visit()
        row = loading.one(visit.context, self.resource, key, ("revisions",))
        found = next((each for each in row.revisions if each.number == number), None)
        if found is None or kind not in _TYPES:
            raise Refused(Kind.MISSING, Problem("not_found", f"{key} has no such paper."))
        draw, media_type = _TYPES[kind]
        name = papers.name_of(row.number, number, kind)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return Response(draw(found.content), mimetype=media_type, headers=headers)


def _sent(visit: Visit, asking: Matching, sent: Sent) -> tuple[Came, ...]:
    """Take in a file that was dropped; a table whose columns are to be matched, or have to be, leads to that page."""
    if service.is_document(sent.data):
        return _came(visit, replace(sent, is_trial=tables.is_trial()))
    if tables.is_to_match(visit, asking, sent):
        return (tables.asked_first(visit, asking, sent),)
    try:
        found = _taken(visit, replace(sent, is_trial=tables.is_trial()))
    except Refused as refusal:
        return (tables.refused(visit, asking, sent, refusal),)
    if all(each.reference for each in found):
        return found
    return (*found[:-1], replace(found[-1], next_url=tables.kept(visit, asking, sent), next_label="Match columns"))


def _came(visit: Visit, sent: Sent) -> tuple[Came, ...]:
    try:
        return _taken(visit, sent)
    except Refused as refusal:
        return (Came(sent.name, text=" ".join(problem.message for problem in refusal.problems)),)


def _taken(visit: Visit, sent: Sent) -> tuple[Came, ...]:
    """Take a file in; a large table goes to a worker, and of many orders the refused ones are told first."""
    if len(sent.data) > service.LARGE and not service.is_document(sent.data):
        job = service.take_in_later(visit.context, sent)
        told = "It is large, so a worker reads it. Its job tells what became of it."
        return (Came(sent.name, f"/jobs/{job}", f"Job {job}", sent.name, text=told),)
    taken = sorted(service.take_in(visit.context, sent), key=lambda each: each.is_in)
    shown = tuple(_told(visit, each) for each in taken[:MOST_TOLD])
    done, rows = sum(each.is_in for each in taken), sum(each.rows for each in taken)
    would = "would come in" if sent.is_trial else "came in"
    rest = f"{words.count(rows, 'row', 'rows')}: {words.count(done, 'order', 'orders')} {would}, {len(taken) - done} refused."
    if sent.is_trial:
        rest += " Nothing was changed."
        return (*shown, Came(sent.name, "", words.count(done, "order", "orders"), sent.name, text=rest))
    url = addresses.of_list(registry[service.NAME], args={"source_file": [sent.name]})
    return (
        (*shown, Came(sent.name, url, words.count(done, "order", "orders"), sent.name, text=rest))
        if len(taken) > 1
        else shown
    )


def _told(visit: Visit, taken: Taken) -> Came:
    """Tell of an order what it is here, and what comes next."""
    if taken.is_in and taken.key is None:
        kept = "It would begin as a draft." if taken.state == "draft" else f"It would be on record as {taken.state}."
        return Came(taken.name, reference="In order", title=taken.name, text=kept)
    if taken.key is None:
        return Came(taken.name, text=" ".join(problem.message for problem in taken.problems))
    row = queries.find_seen(visit.context, taken.key)
    if row is None:
        return taking.out_of_reach(taken.name, taken.key)
    is_open = row.state == "draft"
    said = "Complete and submit it: it counts once it is agreed to." if is_open else "On record as it ended elsewhere."
    return Came(
        name=taken.name,
        url=addresses.of_row(row),
        reference=row.number,
        title=str(row.supplier),
        amount=taking.amount(row.net_total, row.currency.code),
        state=state_of(row, row.state.capitalize()),
        text="It was taken in already." if taken.repeated else said,
        next_url=f"{addresses.of_row(row)}/edit" if is_open and visit.actor.may("order.edit") else "",
        next_label="Complete",
    )


def _first_values(visit: Visit, resource: Resource) -> Raw:
    raw: Raw = {}
    keys = [key for each in request.args.getlist("requests") for key in each.split(",") if key]
    found = queries.list_seen_requests(visit.context, keys) if keys else []
    given = {name: value for name, value in request.args.items() if name not in ("requests", "blanket")}
    if found:
        raw = service.form_for(visit.context, resource, found)
    elif request.args.get("blanket"):
        row = loading.one(visit.context, resource, request.args["blanket"], resource.form)
        raw = {name: value for name, value in service.raw_of(row, resource).items() if name in (*_TAKEN, "lines")}
        raw["blanket"] = row.number
    return raw | prefilled(given, forms.fields_to_enter(resource))


def _rows(visit: Visit, resource: Resource, row: Any) -> list[Any]:
    """List the orders that belong to a row: those of a request, or that of what came after."""
    if resource.name == "request":
        sources = queries.list_of_requests(visit.context, [row.id])
        return list({source.order.id: source.order for source in sources if source.order.state != "cancelled"}.values())
    order = getattr(row, "order", None)
    return [order] if order is not None else []


def _requests(visit: Visit, resource: Resource, row: Any) -> list[Any]:
    order = row if resource.name == "order" else getattr(row, "order", None)
    found = {source.request.number for source in order.sources} if order is not None else set()
    return queries.list_seen_requests(visit.context, found)


def _actions(visit: Visit, resource: Resource, row: Any) -> list[Action]:
    """Offer to order what is approved, and to call off what was agreed."""
    if not visit.actor.may("order.create"):
        return []
    orders = registry[service.NAME]
    if resource.name == "request" and row.state == "approved" and any(map(sourcing.left_of, row.lines)):
        url = addresses.of_list(orders, "new", args={"requests": [row.number]})
        return [Action("Order", "link", url, icon="shopping-cart", tone="primary")]
    if resource.name == "order" and row.kind is OrderKind.BLANKET and row.state == "issued":
        url = addresses.of_list(orders, "new", args={"blanket": [row.number]})
        return [Action("Call off", "link", url, icon="shopping-cart", tone="primary")]
    return []


stages.declare(Stage(10, "request", "Request", "file-text", _requests, lambda row: row.state in ("approved", "closed")))
stages.declare(Stage(20, "order", "Order", "shopping-cart", _rows, lambda row: row.revision > 0))
stages.offer(_actions)
resource_view.extend(registry[service.NAME], OrderView)
related.show_only(service.NAME, "blanket", lambda order: order.kind is OrderKind.BLANKET)
