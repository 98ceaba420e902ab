"""The pages of one resource, made from its declaration: a view of the host for every resource, none written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, flash, jsonify, make_response, redirect, request
from flask_appbuilder.baseviews import BaseView

from app.console import (
    activity,
    addresses,
    bulk,
    commenting,
    decode,
    dialogs,
    exports,
    forms,
    gate,
    lists,
    loading,
    lookups,
    shell,
    shows,
    stepping_up,
    views,
    words,
)
from app.console import columns as column_choice
from app.console.gate import Visit
from app.console.host import page
from app.console.inputs import prefilled
from app.console.shell import Crumb, Flash, Page
from app.infra import unit
from app.infra.fields import humanise, param_fields
from app.kernel.command import Command
from app.kernel.problem import Kind, Refused
from app.kernel.resource import Resource

#: The verb that each page asks for; a command's page asks for the command.
VERBS = {
    "list": "read",
    "show": "read",
    "activity": "read",
    "file": "read",
    "lookup": "read",
    "csv": "export",
    "xlsx": "export",
    "columns": "read",
    "standard_columns": "read",
    "save_view": "read",
    "update_view": "read",
    "rename_view": "read",
    "first_view": "read",
    "remove_view": "read",
    "add": "create",
    "enter": "create",
    "edit": "edit",
    "save": "edit",
    "comment": "comment",
    "upload": "attach",
    "ask_removal": "attach",
    "remove_file": "attach",
}
_TOLD = {"activity", "comment", "upload", "file", "ask_removal", "remove_file"}
#: What stands behind the key of a row in addresses already.
RESERVED = frozenset({"edit", "activity", "comments", "files"})


class ResourceView(BaseView):  # type: ignore[misc]
    """Shows, lists and changes the rows of one resource, through the doors of `infra` alone."""

    resource: Resource
    default_view = "list"
    template_folder: str | None = None
    #: The verbs that pages added by a slice ask for.
    more_verbs: dict[str, str] = {}

    @page("")
    def list(self) -> Any:
        """Show the rows that the address asks for."""
        visit = gate.visit()
        if not request.query_string and (first := views.first(visit, self.resource)):
            return redirect(first)
        listing, problems = self._listed(visit)
        notes = [Flash(problem.message, "warn") for problem in problems]
        about = Page(self.resource.title[1], shell.crumbs(self.resource), width="full")
        return shell.render("list.html", about, notes=notes, listing=listing)

    def _listed(self, visit: gate.Visit) -> tuple[lists.Listing, Any]:
        """Describe the rows that the address asks for."""
        return lists.build(visit, self.resource)

    @page("/new")
    def add(self) -> Any:
        """Show the form of a new row; `like` takes the values of another one."""
        visit = gate.visit()
        raw: decode.Raw = {}
        if request.args.get("like"):
            raw = forms.copied(visit, self.resource, self._load(visit, request.args["like"]))
        raw |= prefilled(request.args, forms.fields_to_enter(self.resource))
        raw |= decode.first_rows(request.args, self.resource, visit.zone)
        return self._form(forms.to_enter(visit, self.resource, raw))

    @page("/new", "POST")
    def enter(self) -> Any:
        """Enter a new row, or show the form again with what was typed and what is wrong."""
        visit = gate.visit()
        raw = decode.row(request.form, self.resource, forms.fields_to_enter(self.resource), visit.zone)
        repeat = decode.repeat(request.form, self.resource.name, "create")
        try:
            outcome = unit.create(visit.context, self.resource, raw, repeat=repeat)
        except Refused as refusal:
            return self._form(forms.to_enter(visit, self.resource, raw, refusal), refusal)
        flash(f"{self.resource.title[0]} {outcome.key} saved", "ok")
        again = addresses.of_list(self.resource, "new") if request.form.get("again") else ""
        return redirect(again or addresses.of_key(self.resource, outcome.key), 303)

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show one row."""
        visit = gate.visit()
        row = shows.load(visit, self.resource, key)
        document = shows.build(visit, self.resource, row)
        key = self.resource.key_of(row)
        above = self.resource.title[0] if key.isdecimal() or str(row) == key else key  # the title stands right below
        about = Page(str(row), shell.crumbs(self.resource, Crumb(key)), self._url(), phone_title=above)
        return shell.render("show.html", about, document=document)

    @page("/<path:key>/edit")
    def edit(self, key: str) -> Any:
        """Show the form of a row."""
        visit = gate.visit()
        row = self._load(visit, key)
        against = unit.why_not_editable(self.resource, row)
        if against:
            raise Refused(Kind.CONFLICT, against)
        return self._form(forms.to_edit(visit, self.resource, row), row=row)

    @page("/<path:key>/edit", "POST")
    def save(self, key: str) -> Any:
        """Save what was changed, or show the form again with what was typed and what is wrong."""
        visit = gate.visit()
        raw = decode.row(request.form, self.resource, forms.fields_to_edit(self.resource), visit.zone)
        version, repeat = decode.version(request.form), decode.repeat(request.form, self.resource.name, "edit", key)
        try:
            outcome = unit.save(visit.context, self.resource, key, raw, version=version, repeat=repeat)
        except Refused as refusal:
            if refusal.kind is Kind.MISSING:
                raise
            row = self._load(visit, key)
            return self._form(forms.to_edit(visit, self.resource, row, raw, refusal), refusal, row)
        flash(f"{self.resource.title[0]} {outcome.key} saved", "ok")
        return redirect(addresses.of_key(self.resource, outcome.key), 303)

    @page("/<path:key>/activity")
    def activity(self, key: str) -> Any:
        """Tell the story of a row, as a part of its page."""
        return commenting.fragment(gate.visit(), self.resource, key)

    @page("/<path:key>/comments", "POST")
    def comment(self, key: str) -> Any:
        """Say something about a row."""
        return commenting.comment(gate.visit(), self.resource, key)

    @page("/<path:key>/files", "POST")
    def upload(self, key: str) -> Any:
        """Attach files to a row."""
        return commenting.upload(gate.visit(), self.resource, key)

    @page("/<path:key>/files/<int:number>")
    def file(self, key: str, number: int) -> Any:
        """Give a file of a row to somebody who may see the row."""
        return commenting.download(gate.visit(), self.resource, key, number)

    @page("/<path:key>/files/<int:number>/remove")
    def ask_removal(self, key: str, number: int) -> Any:
        """Ask before a file is taken off a row."""
        return commenting.ask_removal(gate.visit(), self.resource, key, number)

    @page("/<path:key>/files/<int:number>/remove", "POST")
    def remove_file(self, key: str, number: int) -> Any:
        """Take a file off a row."""
        return commenting.remove(gate.visit(), self.resource, key, number)

    @page("/csv")
    def csv(self) -> Any:
        """Give the rows and columns of a view as a file, piece by piece."""
        return exports.file(gate.visit(), self.resource, "csv")

    @page("/xlsx")
    def xlsx(self) -> Any:
        """Give the rows and columns of a view as a workbook."""
        return exports.file(gate.visit(), self.resource, "xlsx")

    @page("/lookup/<path:field>")
    def lookup(self, field: str) -> Any:
        """Find what a field may refer to, as somebody types."""
        found = lookups.find(gate.visit().context, self.resource, field, request.args.get("q", ""))
        return jsonify(results=found)

    @page("/columns", "POST")
    def columns(self) -> Any:
        """Keep the columns a person chose."""
        column_choice.choose(gate.visit(), self.resource, request.form.getlist("column"))
        return redirect(views.without(request.form.get("next", self._url()), "columns"), 303)

    @page("/columns/standard", "POST")
    def standard_columns(self) -> Any:
        """Go back to the declared columns."""
        column_choice.choose(gate.visit(), self.resource, [])
        return redirect(views.without(request.form.get("next", self._url()), "columns"), 303)

    @page("/views", "POST")
    def save_view(self) -> Any:
        """Keep this list's address under a name."""
        return redirect(views.save(gate.visit(), self.resource), 303)

    @page("/views/<int:view>", "POST")
    def update_view(self, view: int) -> Any:
        """Keep the address as it is now in a view of one's own."""
        return redirect(views.update(gate.visit(), self.resource, view), 303)

    @page("/views/<int:view>/rename", "POST")
    def rename_view(self, view: int) -> Any:
        """Rename a view of one's own, or share it with others."""
        return redirect(views.rename(gate.visit(), self.resource, view), 303)

    @page("/views/<int:view>/first", "POST")
    def first_view(self, view: int) -> Any:
        """Let the list open with a view, or no longer."""
        return redirect(views.open_first(gate.visit(), self.resource, view) or self._url(), 303)

    @page("/views/<int:view>/remove", "POST")
    def remove_view(self, view: int) -> Any:
        """Remove a view of one's own."""
        return redirect(views.remove(gate.visit(), self.resource, view), 303)

    def ask(self, command: Command, key: str) -> Any:
        """Show the dialog of a command."""
        visit = gate.visit()
        row = self._load(visit, key)
        return self._dialog(dialogs.of_row(visit, self.resource, command, row), row=row)

    def run(self, command: Command, key: str) -> Any:
        """Run a command, or show its dialog again with what was typed and what is wrong."""
        visit = gate.visit()
        raw = decode.values(request.form, param_fields(command.params), visit.zone)
        repeat = decode.repeat(request.form, self.resource.name, command.name, key)
        version = decode.version(request.form) or decode.version(request.args)
        try:
            visit = stepping_up.prove(visit, command)
            outcome = unit.execute(visit.context, self.resource, key, command.name, raw, version=version, repeat=repeat)
        except Refused as refusal:
            if refusal.kind is Kind.MISSING:
                raise
            row = self._load(visit, key)
            return self._dialog(dialogs.of_row(visit, self.resource, command, row, raw, refusal), refusal, row)
        for name, text in outcome.told.items():
            whole = current_app.config["OUTLAY_BASE_URL"] + text if str(text).startswith("/") else text
            flash(f"{humanise(name)}, shown this once: {whole}", "warn")
        if outcome.told:
            return self._dialog_told(dialogs.told(visit, self.resource, command, outcome))
        flash(words.happened(self.resource.title[0], outcome.key, [each["name"] for each in outcome.events]), "ok")
        back = gate.safe_address(request.args["next"]) if "next" in request.args else ""
        return leave_to(back or addresses.of_key(self.resource, outcome.key))

    def bulk(self, command: Command) -> Any:
        """Ask about a command for several rows, then run it on each and tell what came of it."""
        return bulk.answer(gate.visit(), self.resource, command, self._dialog)

    def _load(self, visit: Visit, key: str) -> Any:
        return loading.one(visit.context, self.resource, key, self.resource.form)

    def _url(self) -> str:
        return addresses.of_list(self.resource)

    def _form(self, form: forms.Form, refusal: Refused | None = None, row: Any = None) -> Any:
        steps = [Crumb(self.resource.key_of(row), addresses.of_row(row)), Crumb("Edit")] if row else [Crumb("New")]
        about = Page(form.title, shell.crumbs(self.resource, *steps), form.cancel_url)
        return shell.render("form.html", about, form=form, status=refusal.kind.value if refusal else 200)

    def _dialog_told(self, told: dialogs.Told) -> Any:
        about = Page(told.title, shell.crumbs(self.resource, Crumb(told.title)), told.back_url, "narrow")
        return shell.render("told.html", about, told=told)

    def _dialog(self, dialog: dialogs.Dialog, refusal: Refused | None = None, row: Any = None) -> Any:
        steps = [Crumb(self.resource.key_of(row), addresses.of_row(row))] if row is not None else []
        about = Page(
            dialog.title, shell.crumbs(self.resource, *steps, Crumb(dialog.submit)), dialog.cancel_url, "narrow"
        )
        return shell.render("command.html", about, command=dialog, status=refusal.kind.value if refusal else 200)


def leave_to(url: str) -> Response:
    """Send the browser to another page, after a form or after a part of a page."""
    if request.headers.get("HX-Request") == "true":
        return make_response("", 204, {"HX-Redirect": url})
    return redirect(url, 303)  # type: ignore[return-value]


_extended: dict[str, type[ResourceView]] = {}


def extend(resource: Resource, base: type[ResourceView]) -> None:
    """Let a slice add to the pages of its resource, or draw one of them in its own way."""
    _extended[resource.name] = base


def view_of(resource: Resource) -> type[ResourceView]:
    """Make the host's view of a resource: `SupplierView`, with one page for each of its commands."""
    base = _extended.get(resource.name, ResourceView)
    members: dict[str, Any] = {
        "resource": resource,
        "route_base": f"/{resource.plural}",
        "class_permission_name": resource.name,
        "method_permission_name": {**VERBS, **base.more_verbs},
        "__doc__": f"The pages of {resource.title[1].lower()}.",
    }
    for command in resource.commands:
        if command.name in RESERVED:
            raise ValueError(f"command {resource.name}.{command.name}: the name is taken by a page of the console")
        for name, answer in _command_pages(command).items():
            members[name] = answer
            members["method_permission_name"][name] = command.name
    without_form = set() if resource.form else {"add", "enter", "edit", "save"}
    members["exclude_route_methods"] = without_form | (set() if activity.has_story(resource) else _TOLD)
    name = "".join(part.title() for part in resource.name.split("_")) + "View"
    return type(name, (base,), members)


def _command_pages(command: Command) -> dict[str, Callable[..., Any]]:
    def ask(self: ResourceView, key: str) -> Any:
        return self.ask(command, key)

    def run(self: ResourceView, key: str) -> Any:
        return self.run(command, key)

    def several(self: ResourceView) -> Any:
        return self.bulk(command)

    pages: dict[str, tuple[Callable[..., Any], str, tuple[str, ...]]] = {
        f"ask_{command.name}": (ask, f"/<path:key>/{command.name}", ("GET",)),
        f"run_{command.name}": (run, f"/<path:key>/{command.name}", ("POST",)),
        f"bulk_{command.name}": (several, f"/bulk/{command.name}", ("POST",)),
    }
    return {name: page(url, *methods)(_named(answer, name)) for name, (answer, url, methods) in pages.items()}


def _named(answer: Callable[..., Any], name: str) -> Callable[..., Any]:
    answer.__name__ = name
    return answer
