"""The pages of statements that are drawn in their own way: taking files in, and the desk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import flash, redirect, request

from app.console import addresses, decode, dialogs, gate, shell, shows, tables, taking, words
from app.console.actions import Action
from app.console.cells import state_of
from app.console.filters import Option
from app.console.gate import Visit
from app.console.host import page
from app.console.inputs import Input
from app.console.lists import Link
from app.console.resource_view import ResourceView, leave_to
from app.console.shell import Crumb, Page
from app.console.tables import Matching
from app.console.taking import Came
from app.infra import unit
from app.infra.fields import param_fields
from app.infra.taking import Sent, Taken
from app.kernel.problem import Kind, Refused
from app.modules.payments import service as payments
from app.modules.statements import queries, service
from app.modules.statements.console import desk
from app.modules.statements.console.desk import Asking

TEMPLATES = str(Path(__file__).parents[1] / "templates")
CAPTURE = "/bank-statements/capture"
MOST_FILES = 20
_DONE = {
    "match": "matched", "accept": "matched", "explain": "explained", "undo": "open again", "book": "booked as payment",
}  # fmt: skip
_ACTS = ",".join(_DONE)


class StatementView(ResourceView):
    """Bank statements: taken in from files, and reconciled line by line."""

    template_folder = TEMPLATES
    more_verbs = {
        "capture": service.VERB, "take_in": service.VERB, "match_columns": service.VERB, "next": "read", "desk": "read", "ask_at_desk": "read",
        "act_at_desk": "read",
    }  # fmt: skip

    def _listed(self, visit: Visit) -> Any:
        """Offer to take in statements in the place of entering one."""
        listing, problems = super()._listed(visit)
        add = Link("Take in statements", CAPTURE, icon="upload") if desk.may_work() else None
        return replace(listing, add=add), problems

    @page("/capture")
    def capture(self) -> Any:
        """Show where files are dropped."""
        return self._taking(gate.visit(), [])

    @page("/capture", "POST")
    def take_in(self) -> Any:
        """Take in the files that were sent, and tell of each what became of it."""
        visit = gate.visit()
        account = request.form.get("account") or None
        files = taking.sent(service.NAME, MOST_FILES)
        found = [each for sent in files for each in _sent(visit, self._asking(visit), _of(account, sent))]
        return taking.answer("Take in statements", found) or self._taking(visit, found)

    @page("/capture/<token>", "GET", "POST")
    def match_columns(self, token: str) -> Any:
        """Ask what the columns of a table mean, check it, and take it in."""
        visit = gate.visit()
        return tables.page(visit, self._asking(visit), token)

    def _asking(self, visit: Visit) -> Matching:
        currencies = tuple(sorted({each.currency.code for each in queries.list_accounts(visit.context)}))
        common = (
            Input("account", "Account", "choice", entries=_accounts(visit), help="Empty: as the table says"),
            Input("currency", "Currency", "choice", entries=tuple(Option(each, each) for each in currencies),
                  help="Empty: as the table says"),
            Input("sign", "Sign of amounts", "choice", entries=tuple(Option(*each) for each in payments.SIGNS.items() if each[0]),
                  help="Empty: minus leaves the account, or as a column says"),
        )  # fmt: skip
        several = frozenset({"text", "description"})
        fields = dict(payments.TABLE_FIELDS)
        return Matching(
            self.resource,
            "Take in statements",
            CAPTURE,
            fields,
            service.look,
            _came,
            common,
            several=several,
            lasting=frozenset({"currency", "sign"}),
        )

    @page("/next")
    def next(self) -> Any:
        """Go to the oldest statement with open lines."""
        row = queries.find_next(gate.visit().context)
        if row is None:
            flash("Every statement is reconciled", "ok")
            return redirect(self._url(), 303)
        return redirect(Asking().url(row), 303)

    @page("/<path:key>")
    def show(self, key: str) -> Any:
        """Show a statement, with the way to its desk before everything else."""
        visit = gate.visit()
        row = shows.load(visit, self.resource, key)
        document = shows.build(visit, self.resource, row)
        lead = Action("Reconcile", "link", Asking().url(row), icon="scale", tone="primary", key="e")
        document = replace(document, actions=(lead,), more=(*document.actions, *document.more))
        about = Page(str(row), shell.crumbs(self.resource, Crumb(row.number)), self._url())
        return shell.render("show.html", about, document=document)

    @page("/<path:key>/reconcile")
    def desk(self, key: str) -> Any:
        """Show lines and payments beside each other."""
        visit = gate.visit()
        row = shows.load(visit, self.resource, key)
        shown = desk.build(visit, row, Asking.of(request.args))
        crumbs = shell.crumbs(self.resource, Crumb(row.number, addresses.of_row(row)), Crumb("Reconcile"))
        about = Page(shown.title, crumbs, addresses.of_row(row), "full", phone_title=f"Reconcile {row.number}")
        return shell.render("statement_desk.html", about, desk=shown)

    @page(f"/<path:key>/reconcile/<any({_ACTS}):act>")
    def ask_at_desk(self, key: str, act: str) -> Any:
        """Ask what a command needs to know about the lines that are ticked."""
        return self._ask_about(gate.visit(), key, act, _chosen(act, request.args, self.resource, gate.visit()))

    @page(f"/<path:key>/reconcile/<any({_ACTS}):act>", "POST")
    def act_at_desk(self, key: str, act: str) -> Any:
        """Run a command on the lines that are ticked, and come back to the desk."""
        visit = gate.visit()
        raw = _chosen(act, request.form, self.resource, visit)
        repeat = decode.repeat(request.form, self.resource.name, act, key)
        try:
            unit.execute(visit.context, self.resource, key, act, raw, repeat=repeat)
        except Refused as refusal:
            if refusal.kind is Kind.MISSING:
                raise
            return self._ask_about(visit, key, act, raw, refusal)
        done = _DONE[act]
        numbers = raw.get("lines", [])
        flash(f"{'Line' if len(numbers) == 1 else 'Lines'} {words.joined(numbers)} {done}", "ok")
        row = self._load(visit, key)
        return leave_to(Asking.of(request.args).url(row))

    def _ask_about(self, visit: Visit, key: str, act: str, raw: dict[str, Any], refusal: Refused | None = None) -> Any:
        row, command = self._load(visit, key), self.resource.command(act)
        assert command is not None
        drawn = dialogs.of_row(visit, self.resource, command, row, raw, refusal)
        numbers = raw.get("lines", [])
        about = f"{'line' if len(numbers) == 1 else 'lines'} {words.joined(numbers)}" if numbers else row.number
        fields = tuple(
            replace(each, value=", ".join(numbers)) if each.name == "lines" else each for each in drawn.fields
        )
        back = Asking.of(request.args).url(row)
        action = back.replace("/reconcile", f"/reconcile/{act}", 1)
        dialog = replace(
            drawn,
            title=f"{command.label}{':' if ' ' in command.label else ''} {about}",
            submit=command.label,
            action=action,
            cancel_url=back,
            fields=fields,
        )
        return self._dialog(dialog, refusal, row)

    def _taking(self, visit: Visit, came: Any) -> Any:
        about = Page("Take in statements", shell.crumbs(self.resource, Crumb("Take in")), self._url())
        return shell.render("statement_capture.html", about, came=came, accounts=_accounts(visit), most=MOST_FILES)


def _chosen(act: str, sent: Any, resource: Any, visit: Visit) -> dict[str, Any]:
    """Read what a command on the desk is asked with; what it does not know is ticked for another one."""
    fields = param_fields(resource.command(act).params)
    raw = {name: value for name, value in decode.values(sent, fields, visit.zone).items() if name in fields}
    return {**raw, "lines": desk.numbers_in(sent.getlist("lines"))}


def _accounts(visit: Visit) -> tuple[Option, ...]:
    return tuple(Option(each.code, f"{each.name} ({each.masked})") for each in queries.list_accounts(visit.context))


def _of(account: str | None, sent: Sent) -> Sent:
    """Say of a file which account it is of, where that was chosen."""
    return replace(sent, about=replace(sent.about, fixed={"account": account})) if account else sent


def _sent(visit: Visit, asking: Matching, sent: Sent) -> list[Came]:
    """Take in a file that was dropped; a table whose columns are to be matched, or have to be, leads to that page."""
    if tables.is_to_match(visit, asking, sent):
        return [tables.asked_first(visit, asking, sent)]
    try:
        return _taken(visit, sent)
    except Refused as refusal:
        return [tables.refused(visit, asking, sent, refusal)]


def _came(visit: Visit, sent: Sent) -> list[Came]:
    try:
        return _taken(visit, sent)
    except Refused as refusal:
        return [Came(sent.name, text=" ".join(problem.message for problem in refusal.problems))]


def _taken(visit: Visit, sent: Sent) -> list[Came]:
    if len(sent.data) > service.LARGE and not sent.is_trial:
        job = service.take_in_later(visit.context, sent, None)
        words_ = "It is large, so a worker reads it. Its job tells what became of it."
        return [Came(sent.name, f"/jobs/{job}", f"Job {job}", sent.name, text=words_)]
    return [_told(visit, sent.name, one) for one in service.take_in(visit.context, sent)]


def _told(visit: Visit, name: str, taken: Taken) -> Came:
    """Tell of a statement how much of it is done already, or would be."""
    if taken.key is None:
        moved = words.money(taken.amount, taken.currency)
        lines = f"{words.count(taken.rows, 'line', 'lines')}, together {moved}. Nothing was changed."
        return Came(name, reference="In order", title=name, text=lines)
    key = taken.key
    row = queries.find_seen(visit.context, key)
    if row is None:
        return taking.out_of_reach(name, key)
    count = len(row.lines)
    done = f"{words.count(count, 'line', 'lines')}, {count - row.open_lines} matched by themselves."
    return Came(
        name=name,
        url=addresses.of_row(row),
        reference=row.number,
        title=row.account.name,
        amount=taking.amount(row.closing, row.currency.code),
        state=state_of(row, row.state.capitalize()),
        text=" ".join([done, *row.remarks]),
        next_url=Asking().url(row),
        next_label="Reconcile" if row.open_lines else "Look at it",
    )
