"""Deciding from the inbox: one document at once or with a reason, several at once, or letting somebody else decide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, request

from app.console import decode, dialogs, gate, loading, shell, stepping_up, words
from app.console.dialogs import Dialog
from app.console.forms import Hidden
from app.console.gate import Visit
from app.console.resource_view import leave_to
from app.console.shell import Crumb, Page
from app.infra import unit
from app.infra.fields import param_fields
from app.kernel.command import Command
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry
from app.modules.approvals.console import courses, items, waits
from app.modules.approvals.console.waits import Paper

INBOX = "/inbox"
#: The commands by which a document is decided, where its kind has them: icon, tone and key.
ACTS: dict[str, tuple[str, str, str]] = {
    "approve": ("check", "primary", "a"),
    "request_changes": ("arrow-back-up", "", "c"),
    "reject": ("x", "bad", "r"),
}
DONE = {"approve": "approved", "request_changes": "sent back", "reject": "rejected"}


def kind_of(plural: str) -> Resource:
    """Find the kind of document that lives at an address."""
    resource = registry.by_plural(plural)
    if resource is None:
        raise Refused(Kind.MISSING, Problem("not_found", "There are no documents of this kind."))
    return resource


def ask(visit: Visit, resource: Resource, key: str, act: str) -> Any:
    """Ask for the reason of a decision, or for a comment."""
    return draw(_dialog(visit, resource, _command(resource, act), loading.one(visit.context, resource, key)))


def decide(visit: Visit, resource: Resource, key: str, act: str) -> Any:
    """Decide, tell what came of it, and go on to the next; what stands against it is told where it was asked."""
    command = _command(resource, act)
    raw = _entered(visit, command)
    repeat, version = decode.repeat(request.form, resource.name, act, key), decode.version(request.values)
    try:
        visit = stepping_up.prove(visit, command)
        unit.execute(visit.context, resource, key, act, raw, version=version, repeat=repeat)
    except Refused as refusal:
        if refusal.kind is Kind.MISSING:
            raise
        if request.form.get("asked"):
            row = loading.one(visit.context, resource, key)
            return draw(_dialog(visit, resource, command, row, raw, refusal), refusal)
        flash(" ".join(problem.message for problem in refusal.problems), "warn")
        return leave_to(_address("back"))
    flash(_told(visit, resource, key, act), "ok")
    return leave_to(_address("then"))


def ask_to_hand_over(
    visit: Visit, resource: Resource, key: str, raw: Any = None, refusal: Refused | None = None
) -> Any:
    """Ask who decides instead of the reader."""
    approvals = registry["approval"]
    command = _command(approvals, "reassign")
    approval = loading.one(visit.context, approvals, _round_of(visit, resource, key))
    drawn = dialogs.of_row(visit, approvals, command, approval, raw, refusal)
    return draw(_at(drawn, _paper(visit, resource, key), "hand-over", "Hand over"), refusal)


def hand_over(visit: Visit, resource: Resource, key: str) -> Any:
    """Let somebody else decide instead of the reader."""
    approvals, number = registry["approval"], _round_of(visit, resource, key)
    raw = _entered(visit, _command(approvals, "reassign"))
    repeat = decode.repeat(request.form, "approval", "reassign", number)
    try:
        unit.execute(visit.context, approvals, number, "reassign", raw, repeat=repeat)
    except Refused as refusal:
        if refusal.kind is Kind.MISSING:
            raise
        return ask_to_hand_over(visit, resource, key, raw, refusal)
    flash(f"{key} handed over", "ok")
    return leave_to(_address("then"))


def _dialog(
    visit: Visit, resource: Resource, command: Command, row: Any, raw: Any = None, refusal: Refused | None = None
) -> Dialog:
    drawn = dialogs.of_row(visit, resource, command, row, raw, refusal)
    return _at(drawn, Paper(resource, row), command.name, drawn.submit)


def _at(drawn: Dialog, paper: Paper, act: str, submit: str) -> Dialog:
    """Let a dialog lead back to the inbox instead of to the page of its row."""
    kept = tuple(each for each in drawn.hidden if act != "hand-over" or each.name != "version")
    hidden = (*kept, Hidden("asked", "1"), Hidden("then", _address("then")))
    return replace(drawn, action=items.url_of(paper, act), submit=submit, cancel_url=items.url_of(paper), hidden=hidden)


def draw(dialog: Dialog, refusal: Refused | None = None) -> Any:
    """Show a dialog of the inbox."""
    status = refusal.kind.value if refusal else 200
    return shell.render("command.html", page_of(dialog.title, dialog.cancel_url), command=dialog, status=status)


def page_of(title: str, back: str = INBOX) -> Page:
    """Describe a page that belongs to the inbox."""
    return Page(title, (Crumb("Inbox", INBOX), Crumb(title)), back, "narrow")


def _entered(visit: Visit, command: Command) -> dict[str, Any]:
    """Read what the command asks for, and nothing of what the inbox itself adds to its forms."""
    fields = param_fields(command.params)
    sent = decode.values(request.form, fields, visit.zone)
    return {name: value for name, value in sent.items() if name in fields}


def _command(resource: Resource, act: str) -> Command:
    command = resource.command(act)
    if command is None:
        raise Refused(Kind.MISSING, Problem("unknown_command", f"{resource.title[0]} has no command {act}."))
    return command


def _paper(visit: Visit, resource: Resource, key: str) -> Paper:
    return Paper(resource, loading.one(visit.context, resource, key))


def _round_of(visit: Visit, resource: Resource, key: str) -> str:
    approval = waits.current(visit, resource, loading.one(visit.context, resource, key))
    if approval is None:
        raise Refused(Kind.MISSING, Problem("not_found", f"{key} was never to be decided."))
    return approval.number


def _address(name: str) -> str:
    """Give where to go on to, as the form or link said; anything outside Outlay becomes the inbox."""
    sent = request.form.get(name) or request.args.get(name) or INBOX
    return gate.safe_address(sent)


def _told(visit: Visit, resource: Resource, key: str, act: str) -> str:
    """Say what happened and who decides next: `REQ-2026-00042 approved. Purchasing decides next`."""
    row = loading.one(visit.context, resource, key)
    approval = waits.current(visit, resource, row)
    said = f"{key} {DONE[act]}"
    if approval is None:
        return said
    if act == "request_changes":
        return f"{said} to {approval.requester}"
    asked = courses.open_seats(approval)
    if approval.state == "open" and asked:
        labels = list(dict.fromkeys(seat.step.label for seat in asked))
        return f"{said}. {words.joined(labels)} {'decides' if len(labels) == 1 else 'decide'} next"
    return said
