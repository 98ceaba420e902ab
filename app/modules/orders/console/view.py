"""The pages of orders that are drawn in their own way, and what they add to the pages of requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, request

from app.console import addresses, forms, gate, loading, resource_view, shell, stages
from app.console.actions import Action
from app.console.decode import Raw
from app.console.gate import Visit
from app.console.host import page
from app.console.inputs import prefilled
from app.console.resource_view import ResourceView
from app.console.shell import Crumb, Page
from app.console.stages import Stage
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry
from app.modules.orders import papers, queries, service
from app.modules.orders.console import page as order_page
from app.modules.orders.domain import sourcing
from app.modules.orders.domain.kinds import OrderKind

TEMPLATES = str(Path(__file__).parents[1] / "templates")
_TYPES = {"pdf": (papers.pdf_of, "application/pdf"), "xml": (papers.xml_of, "application/xml")}
_TAKEN = ("supplier", "cost_centre", "project", "currency", "deliver_to", "terms")


class OrderView(ResourceView):
    """Orders: made out of requests or called off, and read on one page with their progress."""

    template_folder = TEMPLATES
    more_verbs = {"paper": "read"}

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
