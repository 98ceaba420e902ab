"""The pages of approval policies that are drawn in their own way: editor, version, trial, and what publishing changes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from flask import flash, jsonify, redirect, render_template, request

from app.console import addresses, decode, forms, gate, resource_view, shell
from app.console.dialogs import Dialog
from app.console.gate import Visit
from app.console.host import page
from app.console.inputs import prefilled
from app.console.resource_view import ResourceView
from app.console.shell import Crumb, Flash, Page
from app.infra import unit
from app.kernel.problem import Kind, Refused
from app.modules.approvals.console import policy_checks, policy_form, policy_paper, policy_trial, policy_typed
from app.modules.approvals.console.policy_form import Sheet
from app.modules.approvals.console.policy_typed import Typed

TEMPLATES = str(Path(__file__).parents[1] / "templates")
_WITH_EFFECTS = ("publish", "retire")


@dataclass(frozen=True, slots=True)
class Weighed(Dialog):
    """The dialog of a command that says what it changes for documents to come."""

    effects: tuple[Flash, ...] = ()


class PolicyView(ResourceView):
    """Approval policies: written with checks beside them, read in words, tried on documents."""

    template_folder = TEMPLATES
    more_verbs = {
        "codes": "read",
        "check_new": "create",
        "check": "edit",
        "try_new": "create",
        "try_typed": "edit",
        "try_out": "try_on",
    }

    @page("/new")
    def add(self) -> Any:
        """Show the editor of a new policy; `like` takes the rules of another one."""
        visit = gate.visit()
        raw: decode.Raw = {}
        if request.args.get("like"):
            raw = forms.copied(visit, self.resource, self._load(visit, request.args["like"]))
        raw |= prefilled(request.args, forms.fields_to_enter(self.resource))
        return self._sheet(policy_form.of_new(visit, raw))

    @page("/new", "POST")
    def enter(self) -> Any:
        """Enter a policy, or show the editor again with all that was typed and what is wrong."""
        visit = gate.visit()
        sent = self._sent(visit, new=True)
        repeat = decode.repeat(request.form, self.resource.name, "create")
        try:
            outcome = unit.create(visit.context, self.resource, sent.raw, repeat=repeat)
        except Refused as refusal:
            return self._sheet(policy_form.of_new(visit, sent.raw, sent, refusal), refusal)
        return self._saved(outcome.key)

    @page("/<path:key>/edit")
    def edit(self, key: str) -> Any:
        """Show the editor of a draft."""
        visit = gate.visit()
        row = self._load(visit, key)
        against = unit.why_not_editable(self.resource, row)
        if against:
            raise Refused(Kind.CONFLICT, against)
        return self._sheet(policy_form.of_row(visit, row), row=row)

    @page("/<path:key>/edit", "POST")
    def save(self, key: str) -> Any:
        """Save a draft, or show the editor again with all that was typed and what is wrong."""
        visit = gate.visit()
        sent = self._sent(visit)
        version, repeat = decode.version(request.form), decode.repeat(request.form, self.resource.name, "edit", key)
        try:
            unit.save(visit.context, self.resource, key, sent.raw, version=version, repeat=repeat)
        except Refused as refusal:
            if refusal.kind is Kind.MISSING:
                raise
            row = self._load(visit, key)
            return self._sheet(policy_form.of_row(visit, row, sent, refusal), refusal, row)
        return self._saved(key)

    @page("/check", "POST")
    def check_new(self) -> Any:
        """Tell what stands against a new policy as it is typed."""
        visit = gate.visit()
        return self._told(visit, "", self._sent(visit, new=True))

    @page("/<path:key>/check", "POST")
    def check(self, key: str) -> Any:
        """Tell what stands against a draft as it is typed."""
        visit = gate.visit()
        return self._told(visit, self.resource.key_of(self._load(visit, key)), self._sent(visit))

    @page("/try", "POST")
    def try_new(self) -> Any:
        """Try a new policy on a document, as it is typed."""
        visit = gate.visit()
        return self._tried(policy_trial.of_typed(visit, "", self._sent(visit, new=True), self._document()))

    @page("/<path:key>/try", "POST")
    def try_typed(self, key: str) -> Any:
        """Try a draft on a document, as it is typed."""
        visit = gate.visit()
        known = self.resource.key_of(self._load(visit, key))
        return self._tried(policy_trial.of_typed(visit, known, self._sent(visit), self._document()))

    @page("/codes/<target>")
    def codes(self, target: str) -> Any:
        """Find what a condition may name, as somebody types."""
        return jsonify(results=policy_form.codes(gate.visit(), target, request.args.get("q", "")))

    @page("/<path:key>/trial")
    def try_out(self, key: str) -> Any:
        """Try a version on a document: who would be asked, and how every rule answers."""
        visit = gate.visit()
        row = self._load(visit, key)
        document = request.args.get("document", "").strip()[:80]
        steps = shell.crumbs(self.resource, Crumb(row.number, addresses.of_row(row)), Crumb("Try on a document"))
        return shell.render(
            "policy_trial.html",
            Page("Try on a document", steps, addresses.of_row(row)),
            row=row,
            url=f"{addresses.of_row(row)}/trial",
            documents=policy_form.documents_of(visit, row.document),
            trial=policy_trial.of_row(visit, row, document) if document else None,
            asked_for=document,
        )

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show a version: its rules in words, what it changes, and where it is in use."""
        drawn = policy_paper.build(gate.visit(), key)
        crumbs = shell.crumbs(self.resource, Crumb(key))
        about = Page(drawn.document.title, crumbs, self._url(), phone_title=key)
        return shell.render("policy.html", about, document=drawn.document, paper=drawn)

    def _dialog(self, dialog: Dialog, refusal: Refused | None = None, row: Any = None) -> Any:
        act = dialog.action.rpartition("/")[2]
        if row is not None and act in _WITH_EFFECTS and not dialog.disabled:
            known = {each.name: getattr(dialog, each.name) for each in fields(Dialog)}
            dialog = Weighed(**known, effects=policy_paper.effects(gate.visit(), row, act))
        return super()._dialog(dialog, refusal, row)

    def _sent(self, visit: Visit, *, new: bool = False) -> Typed:
        return policy_typed.read(visit.context, request.form, visit.zone, new=new)

    def _document(self) -> str:
        return request.form.get(policy_typed.TRIED, "")[:80]

    def _told(self, visit: Visit, key: str, sent: Typed) -> Any:
        documents = policy_form.documents_of(visit, str(sent.raw.get("document") or ""))
        return render_template(
            "_policy_checks.html", told=policy_checks.of_typed(visit, key, sent), documents=documents
        )

    def _tried(self, found: policy_trial.Trial) -> Any:
        return render_template("_policy_trial.html", trial=found)

    def _saved(self, key: str) -> Any:
        flash(f"{self.resource.title[0]} {key} saved", "ok")
        return redirect(addresses.of_key(self.resource, key), 303)

    def _sheet(self, drawn: Sheet, refusal: Refused | None = None, row: Any = None) -> Any:
        steps = [Crumb(row.number, addresses.of_row(row)), Crumb("Edit")] if row is not None else [Crumb("New")]
        about = Page(
            drawn.title,
            shell.crumbs(self.resource, *steps),
            drawn.form.cancel_url,
            phone_title=row.number if row is not None else "New policy",
        )
        status = refusal.kind.value if refusal else 200
        return shell.render("policy_form.html", about, sheet=drawn, form=drawn.form, status=status)


resource_view.extend(policy_typed.resource(), PolicyView)
