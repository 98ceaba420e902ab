"""The pages of runs that are drawn in their own way: the run, its file to be kept, and answers of the bank to be sent in."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Response, current_app, flash, redirect, request

from app.console import addresses, decode, dialogs, gate, resource_view, shell
from app.console.host import page
from app.console.resource_view import ResourceView, leave_to
from app.console.shell import Crumb, Page
from app.infra import activity, files, unit
from app.infra.fields import param_fields
from app.infra.files import SignedFile
from app.infra.filetypes import safe_name
from app.kernel.command import Command
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import registry
from app.modules.payments.console import page as run_page

TEMPLATES = str(Path(__file__).parents[1] / "templates")
#: How long the link to a file holds that was just fetched.
_HOLDS = timedelta(minutes=5)


def _sealing_key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()


class FetchingView(ResourceView):
    """Pages with a command that hands out a file: it is led to by a link that holds for minutes, and shown nowhere."""

    fetched_by = ""
    at = ""

    def run(self, command: Command, key: str) -> Any:
        """Run a command, and lead to what it hands out."""
        if command.name != self.fetched_by:
            return super().run(command, key)
        visit = gate.visit()
        raw = decode.values(request.form, param_fields(command.params), visit.zone)
        repeat = decode.repeat(request.form, self.resource.name, command.name, key)
        version = decode.version(request.form) or decode.version(request.args)
        try:
            outcome = unit.execute(visit.context, self.resource, key, command.name, raw, version=version, repeat=repeat)
        except Refused:
            return super().run(command, key)
        [told] = outcome.events
        signed = SignedFile(told["sha256"], told["file"], visit.context.now + _HOLDS)
        token = "" if outcome.repeated else files.sign(_sealing_key(), signed)
        return leave_to(addresses.of_key(self.resource, key, *filter(None, (token and self.at, token))))


class PaymentRunView(FetchingView):
    """Payment runs: what each supplier gets and for what, what is left out, the file and what the bank says."""

    template_folder = TEMPLATES
    more_verbs = {"answer": "read_answer", "bank_file": "fetch_file"}
    fetched_by = "fetch_file"
    at = "bank-file"

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show a run."""
        return self._shown(key)

    @page("/<path:key>/answer", "POST")
    def answer(self, key: str) -> Any:
        """Attach a file of the bank, and take in what it says."""
        visit = gate.visit()
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Refused(Kind.INVALID, Problem("required", "No file was chosen. Choose one.", "file"))
            stored = files.store().put(io.BytesIO(sent.stream.read()))
            name = safe_name(sent.filename, stored.media_type)
            activity.attach(visit.context, self.resource, key, stored, name)
            outcome = unit.execute(visit.context, self.resource, key, "read_answer", {"file": name})
        except Refused as refusal:
            if refusal.kind is Kind.MISSING:
                raise
            return self._shown(key, refusal)
        flash(f"{sent.filename}: {outcome.events[0]['summary']}", "ok")
        return redirect(addresses.of_key(self.resource, key), 303)

    def ask(self, command: Command, key: str) -> Any:
        """Show the dialog of a command, with what the address says filled in already."""
        named = request.args.getlist("invoices")
        if not named or "invoices" not in param_fields(command.params):
            return super().ask(command, key)
        visit = gate.visit()
        row = self._load(visit, key)
        return self._dialog(dialogs.of_row(visit, self.resource, command, row, {"invoices": named}), row=row)

    @page("/<path:key>/bank-file/<token>")
    def bank_file(self, key: str, token: str) -> Any:
        """Give the file to whoever has just fetched it."""
        return _kept(token)

    def _shown(self, key: str, refusal: Refused | None = None) -> Any:
        paper = run_page.build(gate.visit(), key)
        about = Page(
            paper.document.title, shell.crumbs(self.resource, Crumb(paper.row.number)), self._url(),
            phone_title=paper.row.number,
        )  # fmt: skip
        problems = [problem.message for problem in refusal.problems] if refusal else []
        status = refusal.kind.value if refusal else 200
        return shell.render(
            "payment_run.html", about, document=paper.document, paper=paper, problems=problems, status=status
        )


class PaymentView(FetchingView):
    """Payments: each with the pack that explains it, to be kept."""

    more_verbs = {"fetched": "evidence"}
    fetched_by = "evidence"
    at = "evidence-pack"

    @page("/<path:key>/evidence-pack/<token>")
    def fetched(self, key: str, token: str) -> Any:
        """Give the pack to whoever has just asked for it."""
        return _kept(token)


def _kept(token: str) -> Response:
    """Give a file to be kept, which no browser opens."""
    found = files.verify(_sealing_key(), token, gate.visit().context.now)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "X-Content-Type-Options": "nosniff"}
    with files.store().open(found.digest) as content:
        return Response(content.read(), mimetype="application/octet-stream", headers=headers)


resource_view.extend(registry["payment_run"], PaymentRunView)
resource_view.extend(registry["payment"], PaymentView)
