"""Deciding about several documents of the inbox at once, with one reason for all, each checked and told for itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, request

from app.console import decode, dialogs, shell, words
from app.console.dialogs import Bulk, Dialog, Named, Refusal
from app.console.forms import Hidden
from app.console.gate import Visit
from app.console.resource_view import leave_to
from app.infra import unit
from app.infra.fields import param_fields
from app.infra.intake import Reader
from app.infra.unit import Outcome
from app.kernel.command import Command
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry
from app.modules.approvals.console import items, waits
from app.modules.approvals.console.deciding import ACTS, DONE, INBOX, draw, page_of
from app.modules.approvals.console.waits import Asked

Results = list[tuple[Asked, Outcome | Refused]]


def decide(visit: Visit, act: str) -> Any:
    """Ask about several documents at once, then decide each, and name every one that was refused with its reason."""
    if act not in ACTS:
        raise Refused(
            Kind.MISSING, Problem("unknown_command", "Several documents are approved, sent back or rejected.")
        )
    numbers = list(dict.fromkeys(request.form.getlist("keys")))
    if not numbers:
        raise Refused(Kind.INVALID, Problem("required", "No document is chosen. Tick at least one.", "keys"))
    chosen = [each for each in waits.asked(visit) if each.approval.number in numbers]
    if not request.form.get("confirmed"):
        return draw(_dialog(visit, act, chosen, numbers))
    raw = _entered(visit, act, chosen)
    problems = _missing(visit, act, chosen, raw)
    if problems:
        refusal = Refused(Kind.INVALID, problems)
        return draw(_dialog(visit, act, chosen, numbers, raw, refusal), refusal)
    return _told(act, numbers, chosen, _each(visit, act, chosen, raw))


def _told(act: str, numbers: Sequence[str], chosen: Sequence[Asked], results: Results) -> Any:
    """Tell what came of it: back to the inbox where all went well, else a page with every refusal."""
    gone = len(numbers) - len(chosen)
    refusals = tuple(_refusal(each, refused) for each, refused in results if isinstance(refused, Refused))
    done = [each for each, outcome in results if not isinstance(outcome, Refused)]
    told = f"{_count(len(done))} {DONE[act]}, {_sum(done)}" if done else f"Nothing was {DONE[act]}."
    if not refusals and not gone:
        flash(told, "ok")
        return leave_to(INBOX)
    stayed = f"{_count(len(refusals))} stay in your inbox." if refusals else ""
    others = f"{_count(gone)} did not wait for you any more." if gone else ""
    outcome = Bulk(
        title=f"{_label(act)}: {_count(len(numbers))}",
        done=told,
        refused=" ".join(filter(None, (stayed, others))),
        refusals=refusals,
        back_url=INBOX,
        back_label="Back to inbox",
    )
    return shell.render("bulk.html", page_of(outcome.title), bulk=outcome)


def _each(visit: Visit, act: str, chosen: Sequence[Asked], raw: Mapping[str, Any]) -> Results:
    """Decide kind by kind, each document for itself."""
    results: Results = []
    for kind in _kinds(chosen):
        own = {each.approval.document_key: each for each in chosen if each.paper.resource is kind}
        repeat = decode.repeat(request.form, kind.name, act)
        results += [
            (own[key], outcome) for key, outcome in unit.execute_each(visit.context, kind, own, act, raw, repeat=repeat)
        ]
    return results


def _kinds(chosen: Sequence[Asked]) -> list[Resource]:
    return [registry[name] for name in dict.fromkeys(each.paper.resource.name for each in chosen)]


def _command(act: str, chosen: Sequence[Asked]) -> Command | None:
    """Give the command of the first kind: all kinds ask for the same when they are decided."""
    return next((command for kind in _kinds(chosen) if (command := kind.command(act))), None)


def _is_asked(command: Command | None) -> bool:
    """Say whether something has to be said: an approval of several goes without a word."""
    return command is not None and any(param.required for param in command.params)


def _entered(visit: Visit, act: str, chosen: Sequence[Asked]) -> dict[str, Any]:
    command = _command(act, chosen)
    if command is None or not _is_asked(command):
        return {}
    fields = param_fields(command.params)
    sent = decode.values(request.form, fields, visit.zone)
    return {name: value for name, value in sent.items() if name in fields}


def _missing(visit: Visit, act: str, chosen: Sequence[Asked], raw: Mapping[str, Any]) -> list[Problem]:
    """Say what is wrong with the reason, once for all documents and before any is decided."""
    command = _command(act, chosen)
    if command is None or not _is_asked(command):
        return []
    return Reader(visit.context).read_fields(param_fields(command.params), raw)[1]


def _refusal(each: Asked, refused: Refused) -> Refusal:
    label = f"{each.approval.document_key} {each.approval.title}"
    return Refusal(label, items.url_of(each.paper), tuple(problem.message for problem in refused.problems))


def _dialog(
    visit: Visit,
    act: str,
    chosen: Sequence[Asked],
    numbers: Sequence[str],
    raw: Any = None,
    refusal: Refused | None = None,
) -> Dialog:
    counted, more, total = _count(len(numbers)), len(chosen) - dialogs.MOST_NAMED, _sum(chosen)
    command = _command(act, chosen)
    asked = (
        dialogs.of_rows(visit, _kinds(chosen)[0], command, (), raw, refusal) if command and _is_asked(command) else None
    )
    title = f"{_label(act)}: {counted}" if act == "request_changes" else f"{_label(act)} {counted}"
    return Dialog(
        title=f"{title}, {total}" if total else title,
        text=f"Each is checked again when you confirm. Any that cannot be {DONE[act]} stay in your inbox with the reason.",
        action=f"{INBOX}/bulk/{act}",
        submit=title.replace(":", " of") if act == "request_changes" else title,
        cancel_url=INBOX,
        tone=ACTS[act][1] or "primary",
        fields=asked.fields if asked else (),
        problems=asked.problems if asked else (),
        hidden=(
            *(Hidden("keys", number) for number in numbers),
            Hidden("confirmed", "1"),
            Hidden("repeat", secrets.token_urlsafe(16)),
        ),
        rows=tuple(_named(each) for each in chosen[: dialogs.MOST_NAMED]),
        more=f"and {more} more" if more > 0 else "",
    )


def _named(each: Asked) -> Named:
    amount = words.money(each.approval.amount, each.approval.currency.code)
    return Named(f"{each.approval.document_key} {each.approval.title}", amount)


def _label(act: str) -> str:
    return act.replace("_", " ").capitalize()


def _sum(chosen: Sequence[Asked]) -> str:
    return items.sum_of((each.approval.amount, each.approval.currency.code) for each in chosen)


def _count(number: int) -> str:
    return words.count(number, "document", "documents")
