"""Every declared resource over REST: list, get, create, edit, and its commands on one row or on several."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request
from flask_restx import Resource as View

from app.api import asked, gate, schemas
from app.api import representation as written
from app.api.answers import PREFIX, answer
from app.api.problems import told
from app.infra import listing, unit
from app.infra.fields import field
from app.infra.reachable import Reachable, is_withheld
from app.infra.unit import Offer, Outcome
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.kernel.resource import Resource, registry

LARGEST_BULK = 500


class Index(View):  # type: ignore[misc]
    """What there is."""

    def get(self) -> Response:
        """List the resources the caller may read."""
        actor = gate.context().actor
        readable = [each for each in registry if actor.may(each.permission("read"))]
        entries = [
            {"resource": each.name, "title": each.title[1], "help": each.help, "href": f"{PREFIX}/{each.plural}"}
            for each in readable
        ]
        return answer({"data": entries})


class Rows(View):  # type: ignore[misc]
    """The rows of a resource."""

    def get(self, plural: str) -> Response:
        """List a page of rows."""
        context = gate.context()
        resource = asked.resource_at(context, plural)
        args = query_args()
        counted = _flag(args.pop("count", []))
        what = written.selection(resource, *_selected(args), whole=False)
        query, problems = listing.parse(context, resource, args)
        refuse_if(problems)
        page = listing.page(context, resource, query, list(what.fields))
        turns = {
            "next": _turn(resource, args, after=page.next) if page.next else None,
            "previous": _turn(resource, args, before=page.previous) if page.previous else None,
        }
        content: dict[str, Any] = {
            "data": written.write(context, resource, page.rows, what),
            "page": {**turns, "size": query.size},
        }
        if counted:
            content["total"] = _total(context, resource, query, list(what.fields))
        link = ", ".join(f'<{address}>; rel="{name[:4]}"' for name, address in turns.items() if address)
        return answer(content, headers={"Link": link} if link else None)

    def post(self, plural: str) -> Response:
        """Enter a row."""
        context = gate.context()
        resource = _writable(context, plural, "create")
        raw = asked.body()
        outcome = unit.create(context, resource, raw, repeat=asked.repeat(request.get_data()))
        return outcome_of(outcome, 201)


class Row(View):  # type: ignore[misc]
    """One row."""

    def get(self, plural: str, key: str) -> Response:
        """Show a row."""
        context = gate.context()
        resource = asked.resource_at(context, plural)
        what = written.selection(resource, *_selected(query_args()), whole=True)
        row = asked.row_at(context, resource, key, what)
        content = written.write_loaded(context, resource, [row], what)[0]
        tag = _tag_of(row, content)
        if tag and request.if_none_match.contains(tag):
            response = Response(status=304)
        else:
            response = answer(content)
        if tag:
            response.set_etag(tag)
        return response

    def patch(self, plural: str, key: str) -> Response:
        """Edit a row: what is sent is set, the rest stays."""
        context = gate.context()
        resource = _writable(context, plural, "edit")
        versioned = hasattr(resource.model, "version")
        version = asked.version(required=versioned)
        outcome = unit.save(context, resource, asked.key_in(key), asked.body(), version=version)
        return outcome_of(outcome)

    def post(self, plural: str, key: str) -> Response:
        """Run a command, named where the key would stand, on several rows: each for itself."""
        context = gate.context()
        resource = asked.resource_at(context, plural, "read")
        command = _command(resource, key)
        content = asked.body()
        keys, arguments = _bulk(content)
        if not context.actor.may(resource.permission(command)):
            asked.resource_at(context, plural, command)
        repeat, replayed = asked.repeat(request.get_data()), False
        if repeat:
            _, replayed = asked.once(context, resource.permission(command), repeat, lambda bound: {"begun": True})
        results = unit.execute_each(context, resource, keys, command, arguments, repeat=repeat)
        entries = [_result(resource, each, outcome) for each, outcome in results]
        done = sum(entry["status"] == 200 for entry in entries)  # noqa: PLR2004
        content = {"data": entries, "done": done, "refused": len(entries) - done}
        return answer(content, headers=_replayed(repeated=replayed))


class Commands(View):  # type: ignore[misc]
    """What can be done with a row."""

    def get(self, plural: str, key: str) -> Response:
        """List the commands the caller holds here, with what stands against each now."""
        context = gate.context()
        resource = asked.resource_at(context, plural)
        row = asked.row_at(context, resource, key)
        offers = unit.offers(context, resource, row)
        return answer({"data": [_offer(context, resource, row, each) for each in offers]})


class RunCommand(View):  # type: ignore[misc]
    """One command of one row."""

    def post(self, plural: str, key: str, command: str) -> Response:
        """Run a command; the body holds its parameters."""
        context = gate.context()
        resource = asked.resource_at(context, plural)
        name = _command(resource, command)
        version = asked.version(required=False)
        raw = asked.body(optional=True)
        repeat = asked.repeat(request.get_data(), version)
        outcome = unit.execute(context, resource, asked.key_in(key), name, raw, version=version, repeat=repeat)
        return outcome_of(outcome)


def outcome_of(outcome: Outcome, status: int = 200) -> Response:
    """Write what a change led to; the same for the first request and for its repetition."""
    content = _told_outcome(outcome)
    headers = {**_replayed(repeated=outcome.repeated), "Location": content["href"]}
    response = answer(content, status, headers if status == 201 else _replayed(repeated=outcome.repeated))  # noqa: PLR2004
    if outcome.version is not None:
        response.set_etag(f"v{outcome.version}")
    return response


def query_args() -> dict[str, list[str]]:
    """Read the parameters of the address."""
    args = {name: request.args.getlist(name) for name in request.args}
    bad = [name for name, values in args.items() if any("\x00" in text for text in (name, *values))]
    refuse_if(
        Problem("invalid_character", f"{asked.printable(name)}: remove the NUL character.", asked.printable(name))
        for name in bad
    )
    return args


def _selected(args: dict[str, list[str]]) -> tuple[str, str]:
    return ",".join(args.get("fields", [])), ",".join(args.get("expand", []))


def _flag(values: Sequence[str]) -> bool:
    if not values or values[-1] in ("false", ""):
        return False
    if values[-1] == "true":
        return True
    raise Refused(Kind.INVALID, Problem("not_yes_or_no", "count: use true or false.", "count"))


def _turn(resource: Resource, args: Mapping[str, Sequence[str]], **cursor: str) -> str:
    kept = {name: values for name, values in args.items() if name not in ("after", "before")}
    return f"{PREFIX}/{resource.plural}?{urlencode({**kept, **cursor}, doseq=True)}"


def _total(context: Context, resource: Resource, query: listing.Query, names: Sequence[str]) -> dict[str, Any]:
    totals = listing.totals(context, resource, query, names)
    sums = {
        name: {code: written.amount(total, code) for code, total in by_currency.items()}
        for name, by_currency in totals.sums.items()
    }
    return {"count": totals.count, "exact": totals.exact, "sums": sums}


def _writable(context: Context, plural: str, verb: str) -> Resource:
    resource = asked.resource_at(context, plural)
    if not resource.form:
        message = f"{resource.title[1]} are not entered or edited here; use their commands."
        raise Refused(Kind.CONFLICT, Problem("not_editable", message))
    return asked.resource_at(context, plural, verb)


def _command(resource: Resource, name: str) -> str:
    if resource.command(name) is None:
        known = ", ".join(each.name for each in resource.commands) or "none"
        message = f"{resource.title[0]} has no command {asked.printable(name)}. Its commands are: {known}."
        raise Refused(Kind.MISSING, Problem("unknown_command", message))
    return name


def _bulk(content: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    keys, arguments = content.get("keys"), content.get("arguments", {})
    problems = [
        Problem("unknown_field", f"There is no {name[:60]} here. Send keys and arguments.", name[:60])
        for name in content
        if name not in ("keys", "arguments")
    ]
    if not isinstance(keys, list) or not keys or not all(isinstance(each, str) for each in keys):
        problems.append(Problem("required", "keys: send a list of at least one key, as text.", "keys"))
    elif len(keys) > LARGEST_BULK:
        problems.append(Problem("too_many_rows", f"keys: send at most {LARGEST_BULK} at once.", "keys"))
    if not isinstance(arguments, dict):
        problems.append(Problem("not_a_row", "arguments: send an object with the command's parameters.", "arguments"))
    refuse_if(problems)
    return list(keys or ()), dict(arguments)


def _result(resource: Resource, key: str, outcome: Outcome | Refused) -> dict[str, Any]:
    if isinstance(outcome, Refused):
        problems = [told(problem) for problem in outcome.problems]
        return {"key": key, "status": outcome.kind.value, "outcome": None, "problems": problems}
    return {"key": key, "status": 200, "outcome": _told_outcome(outcome), "problems": []}


def _told_outcome(outcome: Outcome) -> dict[str, Any]:
    resource = registry[outcome.resource]
    told = {"told_once": asked.steady(dict(outcome.told))} if outcome.told else {}
    return {
        **told,
        "resource": outcome.resource,
        "key": outcome.key,
        "version": outcome.version,
        "state": outcome.state,
        "events": asked.steady(list(outcome.events)),
        "href": f"{PREFIX}/{resource.plural}/{quote(outcome.key, safe='')}",
    }


def _replayed(*, repeated: bool) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if repeated else {}


def _tag_of(row: Any, content: Mapping[str, Any]) -> str:
    """Name this version and exactly this content: what is derived from other rows changes without a new version."""
    version = getattr(row, "version", None)
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()[:12]
    return "" if version is None else f"v{version}-{digest}"


def _offer(context: Context, resource: Resource, row: Any, offer: Offer) -> dict[str, Any]:
    command = offer.command
    return {
        "name": command.name,
        "label": command.label,
        "help": command.help,
        "possible": offer.possible,
        "problems": [told(problem) for problem in offer.problems],
        "confirm": _filled(context, resource, row, command.confirm) or None,
        "danger": command.danger,
        "step_up": command.step_up,
        "parameters": schemas.parameters(command),
        "href": f"{written.href(resource, row)}/{command.name}",
    }


def _filled(context: Context, resource: Resource, row: Any, text: str) -> str:
    """Fill a question with the row's values; what the reader may not open is called by its key."""

    def word(found: re.Match[str]) -> str:
        value = field(resource.model, found[1]).of(row)
        if is_withheld(value) and value not in Reachable(context, [value]):
            return str(registry.of(type(value)).key_of(value))  # type: ignore[union-attr]
        return str(value or "")

    return re.sub(r"\{([\w.]+)\}", word, text)
