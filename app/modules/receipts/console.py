"""The pages of receipts: all that is open stands in the form already, and one press posts it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import flash, redirect, request
from werkzeug.datastructures import MultiDict

from app.console import addresses, cells, decode, forms, gate, loading, resource_view, shell, shows, stages, words
from app.console.actions import Action
from app.console.forms import Form, LineRow
from app.console.gate import Visit
from app.console.host import page
from app.console.related import Table
from app.console.resource_view import ResourceView
from app.console.shell import Crumb, Flash, Page
from app.console.stages import Stage
from app.infra import unit
from app.kernel.problem import Refused
from app.kernel.resource import Resource, registry
from app.modules.directory.domain import units
from app.modules.orders import queries as order_queries
from app.modules.orders import service as orders
from app.modules.orders.domain.kinds import ReceivedBy
from app.modules.receipts import queries, service
from app.modules.receipts.models import Receipt

TEMPLATES = str(Path(__file__).parent / "templates")


@dataclass(frozen=True, slots=True)
class Expected:
    """A line of the order in the form: what it is, what is open, and what is typed of it."""

    at: int
    number: int
    text: str
    code: str
    unit: str
    ordered: str
    came: str
    open: str
    field: str
    row: LineRow | None


class ReceiptView(ResourceView):
    """Receipts: entered from an order with everything that is still to come."""

    template_folder = TEMPLATES

    @page("/new")
    def add(self) -> Any:
        """Show the form of a new receipt; for an `order` it holds all that is open."""
        visit = gate.visit()
        key = request.args.get("order", "")
        if request.args.get("back"):
            receipt = loading.one(visit.context, self.resource, request.args["back"], ("lines", "order"))
            return self._return(visit, receipt, service.return_form_for(visit.context, receipt))
        if not key:
            return super().add()
        order = loading.one(visit.context, registry["order"], key, ("lines", "deliver_to", "currency"))
        return self._receive(visit, order, service.form_for(visit.context, order))

    @page("/new", "POST")
    def enter(self) -> Any:
        """Enter what has come, and post it at once unless it is to stay a draft."""
        visit = gate.visit()
        sent: MultiDict[str, str] = MultiDict(
            pair for pair in request.form.items(multi=True) if pair[0] not in ("then", "back")
        )
        raw = decode.row(sent, self.resource, forms.fields_to_enter(self.resource), visit.zone)
        raw["lines"] = [
            line for line in raw["lines"] if any(line.get(name) for name in ("quantity", "amount", "percent"))
        ]
        raw["lines"] = [_back(line) if request.form.get("back") else line for line in raw["lines"]]
        try:
            outcome = unit.create(
                visit.context, self.resource, raw, repeat=decode.repeat(request.form, "receipt", "create")
            )
        except Refused as refusal:
            return self._again(visit, raw, refusal)
        if request.form.get("then") == "post":
            self._post(visit, outcome.key)
        else:
            flash(f"Receipt {outcome.key} saved", "ok")
        return redirect(addresses.of_key(self.resource, outcome.key), 303)

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show a receipt, and the way it stands on."""
        visit = gate.visit()
        row = shows.load(visit, self.resource, key)
        document = shows.build(visit, self.resource, row)
        offered = stages.actions_of(visit, self.resource, row)
        notes = (*document.notes, *_notes(visit, row))
        lines = tuple(_named(table, row) for table in document.children)
        document = replace(document, actions=(*offered, *document.actions), notes=notes, children=lines)
        way = stages.steps(visit, self.resource, row)
        about = Page(str(row), shell.crumbs(self.resource, Crumb(row.number)), self._url())
        return shell.render("receipt.html", about, document=document, way=way)

    def _post(self, visit: Visit, key: str) -> None:
        """Post what was just entered; what is refused stays a draft and says why."""
        try:
            unit.execute(visit.context, self.resource, key, "post", {})
        except Refused as refusal:
            for problem in refusal.problems:
                flash(f"{key} is a draft: {problem.message}", "bad")
        else:
            flash(f"{key} posted", "ok")

    def _again(self, visit: Visit, raw: decode.Raw, refusal: Refused) -> Any:
        if request.form.get("back"):
            receipt = loading.one(visit.context, self.resource, request.form["back"], ("lines", "order"))
            return self._return(visit, receipt, raw, refusal)
        key = str(raw.get("order") or "")
        found = order_queries.find_seen(visit.context, key) if key else None
        if found is None:
            return self._form(forms.to_enter(visit, self.resource, raw, refusal), refusal)
        return self._receive(visit, found, raw, refusal)

    def _receive(self, visit: Visit, order: Any, raw: decode.Raw, refusal: Refused | None = None) -> Any:
        form = forms.to_enter(visit, self.resource, raw, refusal)
        names = ("received_on", "delivery_note", "location", "note")
        given = {"order": order, **_given(form, names, expected(order, raw, form))}
        return self._enter("receipt_form.html", order, ("Receive", f"Receive {order.number}"), given, refusal)

    def _return(self, visit: Visit, receipt: Receipt, raw: decode.Raw, refusal: Refused | None = None) -> Any:
        """Show what came with a receipt and is still here, to say how much of it goes back and why."""
        form = forms.to_enter(visit, self.resource, raw, refusal)
        given = {"receipt": receipt, **_given(form, ("received_on", "note"), returnable(visit, receipt, raw, form))}
        return self._enter("receipt_return.html", receipt, ("Return", f"Return from {receipt.number}"), given, refusal)

    def _enter(
        self, template: str, source: Any, named: tuple[str, str], given: dict[str, Any], refusal: Refused | None
    ) -> Any:
        step, title = named
        crumbs = shell.crumbs(self.resource, Crumb(source.number, addresses.of_row(source)), Crumb(step))
        about = Page(title, crumbs, addresses.of_row(source), phone_title=title)
        return shell.render(template, about, **given, status=refusal.kind.value if refusal else 200)


def _given(form: Form, names: tuple[str, ...], lines: list[Any]) -> dict[str, Any]:
    """Gather what a form of lines shows: some of its fields by name, its lines, and the columns they share."""
    fields = {each.name: each for section in form.sections for each in section.fields}
    return {
        "form": form,
        "given": {
            "fields": [fields[name] for name in names],
            "lines": lines,
            "columns": {each.name: each for each in form.children[0].columns},
        },
    }


def expected(order: Any, raw: decode.Raw, form: Form) -> list[Expected]:
    """List every line of an order that may arrive, with what is typed of it."""
    typed = {str(line.get("line")): row for line, row in zip(raw.get("lines", []), form.children[0].rows, strict=False)}
    lines: list[Expected] = []
    for number, line in enumerate(order.lines, 1):
        if not line.issued_quantity or line.received_by is ReceivedBy.NOTHING:
            continue
        by_amount = line.received_by is ReceivedBy.AMOUNT
        whole = orders.amount_expected(line) if by_amount else line.issued_quantity - line.short_closed_quantity
        came = line.amount_received if by_amount else line.quantity_received
        unit_name = order.currency.code if by_amount else units.said(line.unit, None)
        lines.append(
            Expected(
                at=len(lines),
                number=number,
                text=str(line),
                code=line.item.code if line.item else line.supplier_item or "",
                unit=unit_name,
                ordered=words.number(whole.normalize()),
                came=words.number(came.normalize()),
                open=words.number(orders.open_of(line).normalize()),
                field="amount" if by_amount else "quantity",
                row=typed.get(str(number)),
            )
        )
    return lines


def returnable(visit: Visit, receipt: Receipt, raw: decode.Raw, form: Form) -> list[Expected]:
    """List what came with a receipt and may go back, with what is typed of it."""
    typed = {str(line.get("line")): row for line, row in zip(raw.get("lines", []), form.children[0].rows, strict=False)}
    lines: list[Expected] = []
    for number, line, stayed in service.left_of(visit.context, receipt):
        by_amount = line.received_by is ReceivedBy.AMOUNT
        lines.append(
            Expected(
                at=len(lines),
                number=number,
                text=str(line),
                code=line.item.code if line.item else line.supplier_item or "",
                unit=receipt.currency.code if by_amount else units.said(line.unit, None),
                ordered=words.number(abs(stayed.came).normalize()),
                came=words.number(abs(stayed.back).normalize()),
                open=words.number(abs(stayed.left).normalize()),
                field="amount" if by_amount else "quantity",
                row=typed.get(str(number)),
            )
        )
    return lines


def _back(line: dict[str, Any]) -> dict[str, Any]:
    """Write what goes back below zero, as it is kept; people type how much."""
    return {
        name: f"-{str(value).strip().lstrip('-')}" if name in ("quantity", "amount") and value else value
        for name, value in line.items()
    }


def _named(table: Table, row: Receipt) -> Table:
    """Say of each line what it is, and not only which number it has on the order."""
    if not table.rows:
        return table
    rows = tuple(
        replace(each, cells=(cells.text(f"{line.line} {line.text}"), *each.cells[1:]))
        for each, line in zip(table.rows, row.lines, strict=True)
    )
    return replace(table, columns=(replace(table.columns[0], align=""), *table.columns[1:]), rows=rows)


def _notes(visit: Visit, row: Receipt) -> tuple[Flash, ...]:
    """Tell on a return what is still to be credited of its order."""
    if row.state != "posted" or not any(line.counted < 0 for line in row.lines):
        return ()
    told = [
        f"{words.number(quantity.normalize())} of {line}"
        for line, quantity in service.to_credit(visit.context, row.order)
    ]
    return (Flash(f"Went back, was invoiced and is not credited yet: {words.joined(told)}.", "warn"),) if told else ()


def _rows(visit: Visit, resource: Resource, row: Any) -> list[Any]:
    """List the receipts that belong to a row: those of an order, of the orders of a request, of what bills an order."""
    if resource.name == "request":
        sources = order_queries.list_of_requests(visit.context, [row.id])
        ids = dict.fromkeys(source.order_id for source in sources)
        return [each for order_id in ids for each in queries.list_of_order(visit.context, order_id)]
    order = row if resource.name == "order" else getattr(row, "order", None)
    if order is None:
        return []
    return [each for each in queries.list_of_order(visit.context, order.id) if each.state != "reversed"]


def _actions(visit: Visit, resource: Resource, row: Any) -> list[Action]:
    """Offer to receive what is still to come of an order, and to send back what came with a receipt."""
    if resource.name == service.NAME and row.state == "posted" and visit.actor.may("receipt.create"):
        return _returns(visit, row)
    if resource.name != "order" or not visit.actor.may("receipt.create"):
        return []
    if not orders.is_binding(row) or not orders.open_lines(row) or service.why_not_receiving(visit.context, row):
        return []
    url = addresses.of_list(registry["receipt"], "new", args={"order": [row.number]})
    return [Action("Receive", "link", url, icon="truck-delivery", tone="primary")]


def _returns(visit: Visit, row: Receipt) -> list[Action]:
    if not service.left_of(visit.context, row) or service.why_not_receiving(visit.context, row.order):
        return []
    url = addresses.of_list(registry[service.NAME], "new", args={"back": [row.number]})
    return [Action("Return", "link", url, icon="arrow-back-up")]


stages.declare(Stage(30, "receipt", "Receipt", "truck-delivery", _rows, lambda row: row.state == "posted"))
stages.offer(_actions)
resource_view.extend(registry[service.NAME], ReceiptView)
