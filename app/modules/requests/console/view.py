"""The pages of requests that are drawn in their own way: the form with what will happen, the draft, and the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import flash, jsonify, redirect, render_template, request

from app.console import activity, addresses, decode, gate, resource_view, shell, views
from app.console.gate import Visit
from app.console.host import page
from app.console.resource_view import ResourceView
from app.console.shell import Crumb, Page
from app.infra import unit
from app.kernel.problem import Kind, Refused
from app.modules.requests import service
from app.modules.requests.console import drafts, papers, places, sheet
from app.modules.requests.console import rail as telling
from app.modules.requests.console.sheet import Sheet

TEMPLATES = str(Path(__file__).parents[1] / "templates")


class RequestView(ResourceView):
    """Requests: asked for in a form that tells what will happen, and read on one page."""

    template_folder = TEMPLATES
    more_verbs = {"mine": "read", "preview": "create", "start_draft": "create", "keep_draft": "edit"}

    @page("")
    def list(self) -> Any:
        """Show the rows that the address asks for; whoever only asks begins with their own."""
        visit = gate.visit()
        chosen = views.first(visit, self.resource)
        if not request.query_string and not chosen and places.asks_only(visit):
            return redirect(places.mine(visit))
        return super().list()

    @page("/mine")
    def mine(self) -> Any:
        """Lead to one's own requests."""
        return redirect(places.mine(gate.visit()))

    @page("/new")
    def add(self) -> Any:
        """Show the form of a new request; `like` asks for the same as another one, `item` for one of the catalogue."""
        visit = gate.visit()
        return self._sheet(
            visit, sheet.of_new(visit, drafts.first_values(visit, request.args.get("like", ""), request.args))
        )

    @page("/new", "POST")
    def enter(self) -> Any:
        """Keep the draft, and submit it in one go if that was asked."""
        visit = gate.visit()
        raw = drafts.sent(request.form, visit.zone).raw
        try:
            outcome = unit.create(visit.context, self.resource, raw, repeat=drafts.same_draft(request.form))
        except Refused as refusal:
            told = drafts.everything_wrong(visit, raw, None, refusal) if drafts.wanted() else refusal
            return self._sheet(visit, sheet.of_new(visit, raw, told), refusal)
        return self._go_on(visit, outcome.key)

    @page("/<path:key>/edit")
    def edit(self, key: str) -> Any:
        """Show the form of a request."""
        visit = gate.visit()
        row = self._load(visit, key)
        against = unit.why_not_editable(self.resource, row)
        if against:
            raise Refused(Kind.CONFLICT, against)
        return self._sheet(visit, sheet.of_row(visit, row), row=row)

    @page("/<path:key>/edit", "POST")
    def save(self, key: str) -> Any:
        """Save what was changed, and submit it in one go if that was asked; what is refused is shown with all of it."""
        visit = gate.visit()
        raw = drafts.sent(request.form, visit.zone).raw
        version, repeat = decode.version(request.form), decode.repeat(request.form, self.resource.name, "edit", key)
        try:
            unit.save(visit.context, self.resource, key, raw, version=version, repeat=repeat)
        except Refused as refusal:
            if refusal.kind is Kind.MISSING:
                raise
            row = self._load(visit, key)
            told = drafts.everything_wrong(visit, raw, row, refusal) if drafts.wanted() == "submit" else refusal
            return self._sheet(visit, sheet.of_row(visit, row, raw, told), refusal, row)
        return self._go_on(visit, key)

    @page("/preview", "POST")
    def preview(self) -> Any:
        """Tell what would happen if the form were submitted as it stands."""
        visit = gate.visit()
        values = drafts.sent(request.form, visit.zone)
        key = request.args.get("key", "")
        row = self._load(visit, key) if key else None
        found = service.preview(visit.context, values.raw, row)
        told = telling.tell(visit, found, str(values.raw.get("currency", "")), values.lines)
        return render_template("_request_rail.html", told=told)

    @page("/draft", "POST")
    def start_draft(self) -> Any:
        """Make the draft while somebody types."""
        visit = gate.visit()
        try:
            answer = drafts.start(visit, request.form)
        except Refused as refusal:
            return jsonify(drafts.refused(refusal)), refusal.kind.value
        row = self._load(visit, answer["key"])
        files = render_template("_files.html", files_of_row=self._files(visit, row))
        address = addresses.of_row(row)
        return jsonify(answer | {"files": files, "edit": f"{address}/edit", "keep": f"{address}/draft"})

    @page("/<path:key>/draft", "POST")
    def keep_draft(self, key: str) -> Any:
        """Save the draft while somebody types; a request on its way is not changed by the way."""
        visit = gate.visit()
        row = self._load(visit, key)
        try:
            if row.state != "draft":
                raise Refused(Kind.CONFLICT, unit.why_not_editable(self.resource, row) or papers.no_draft(row))
            return jsonify(drafts.keep(visit, key, request.form))
        except Refused as refusal:
            return jsonify(drafts.refused(refusal)), refusal.kind.value

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show a request: what is bought, what it does to the budget, who decides, and what happened."""
        visit = gate.visit()
        paper = papers.build(visit, key)
        about = Page(
            paper.document.title,
            shell.crumbs(self.resource, Crumb(paper.row.number)),
            self._url(),
            phone_title=paper.row.number,
        )
        return shell.render("request.html", about, document=paper.document, paper=paper)

    def _go_on(self, visit: Visit, key: str) -> Any:
        """Submit what was just saved if that was asked; when it is refused, it stays a draft and says what is missing."""
        if drafts.wanted() == "submit":
            try:
                repeat = drafts.same_submit(request.form, key)
                outcome = unit.execute(visit.context, self.resource, key, "submit", {}, repeat=repeat)
            except Refused as refusal:
                row = self._load(visit, key)
                return self._sheet(visit, sheet.of_row(visit, row, sheet.stored(visit, row), refusal), refusal, row)
            flash(f"{key} approved at once" if outcome.state == "approved" else f"{key} submitted", "ok")
        else:
            flash(f"Request {key} saved", "ok")
        return redirect(addresses.of_key(self.resource, key), 303)

    def _sheet(self, visit: Visit, drawn: Sheet, refusal: Refused | None = None, row: Any = None) -> Any:
        if row is not None and activity.has_story(self.resource):
            drawn = replace(drawn, files=self._files(visit, row))
        steps = [Crumb(row.number, addresses.of_row(row)), Crumb("Edit")] if row is not None else [Crumb("New request")]
        about = Page(
            drawn.title,
            shell.crumbs(self.resource, *steps),
            drawn.form.cancel_url,
            phone_title=row.number if row is not None else "New request",
        )
        status = refusal.kind.value if refusal else 200
        return shell.render("request_form.html", about, sheet=drawn, form=drawn.form, status=status)

    def _files(self, visit: Visit, row: Any) -> Any:
        return activity.build(visit, self.resource, row).files


resource_view.extend(drafts.resource(), RequestView)
