"""Files that become rows, over REST: `POST /api/v1/invoices/capture`."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from flask import Response, request
from flask_restx import Resource as View

from app.api import asked, gate
from app.api.answers import PREFIX, answer
from app.api.problems import Unfit, told
from app.infra import taking
from app.infra.taking import About, Sent, Taken
from app.infra.transfer.sheets import Options
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry

_FIELDS = ("file", "entity")
_SAID_OF_TABLES = ("map", "set", "dry_run", "dates", "heading", "sheet", "encoding", "delimiter")


class Capture(View):  # type: ignore[misc]
    """The door for documents that come as files."""

    def post(self, plural: str) -> Response:
        """Take a file in, sent as `file` in a form; each document in it becomes a row, or is refused in words."""
        context = gate.context()
        known = registry.by_plural(plural)
        assert known is not None
        resource = asked.resource_at(context, plural, taking.verb_of(known))
        sent = _sent(resource)
        take = taking.of(resource)
        assert take is not None
        found = take(context, sent)
        done = [each for each in found if each.is_in]
        if not done:
            raise Refused(Kind.INVALID, [problem for each in found for problem in each.problems])
        repeated = {"Idempotency-Replayed": "true"} if all(each.repeated for each in done) else {}
        entries = [_entry(resource, each) for each in found]
        content = {"data": entries, "done": len(done), "refused": len(found) - len(done)}
        if sent.is_trial:
            return answer({**content, "dry_run": True}, 200)
        return answer(content, 201, {"Location": str(_address(resource, done[0])), **repeated})


def _sent(resource: Resource) -> Sent:
    if request.mimetype != "multipart/form-data":
        raise Unfit(415, "not_a_form", "Send the file as `file` with Content-Type: multipart/form-data.")
    fields = (*_FIELDS, *_SAID_OF_TABLES) if taking.reads_tables(resource) else _FIELDS
    # A part of a form may come without a name.
    unknown = [str(name or "without a name") for name in (*request.form, *request.files) if name not in fields]
    if unknown:
        words = (
            f"There is no field {asked.printable(unknown[0])} here. Send file and, if need be, {', '.join(fields[1:])}."
        )
        raise Refused(Kind.INVALID, Problem("unknown_field", words, asked.printable(unknown[0])))
    if any("\0" in value for values in request.form.listvalues() for value in values):
        raise Unfit(400, "invalid_character", "The form holds a NUL character; remove it.")
    file, entity = request.files.get("file"), request.form.get("entity") or None
    if file is None:
        raise Refused(Kind.INVALID, Problem("required", "Send the file in the form field `file`.", "file"))
    data = file.stream.read()
    name = asked.printable(file.filename or "file")
    said = sorted((key, value) for key in request.form if key != "entity" for value in request.form.getlist(key))
    repeat = asked.repeat(hashlib.sha256(data).hexdigest(), name, entity, *(part for pair in said for part in pair))
    return Sent(data, name, entity, repeat, _about(), _is_trial())


def _is_trial() -> bool:
    """Say whether a file is only to be tried."""
    written = request.form.get("dry_run", "false")
    if written not in ("true", "false"):
        raise Refused(Kind.INVALID, Problem("not_a_choice", "dry_run: send true or false.", "dry_run"))
    return written == "true"


def _about() -> About:
    heading = request.form.get("heading", "0")
    if not (heading.isascii() and heading.isdigit() and len(heading) < 7):  # noqa: PLR2004
        raise Refused(Kind.INVALID, Problem("not_whole", "heading: send the number of a line.", "heading"))
    written = {name: request.form.get(name, "") for name in ("encoding", "delimiter", "sheet", "dates")}
    return About(_pairs("map"), _pairs("set"), Options(heading=int(heading), **written))


def _pairs(name: str) -> dict[str, str]:
    """Read what stands as `COLUMN=FIELD` or `FIELD=VALUE`, as often as it was sent."""
    pairs = {}
    for each in request.form.getlist(name):
        key, equals, value = each.rpartition("=") if name == "map" else each.partition("=")
        if not equals:
            words = (
                f"{name}: write {'COLUMN=FIELD' if name == 'map' else 'FIELD=VALUE'}, not {asked.printable(each)[:60]}."
            )
            raise Refused(Kind.INVALID, Problem("not_a_pair", words, name))
        pairs[key] = value
    return pairs


def _entry(resource: Resource, each: Taken) -> dict[str, Any]:
    return {
        "name": each.name,
        "key": each.key,
        "state": each.state,
        "rows": each.rows,
        "href": _address(resource, each),
        "problems": [told(problem) for problem in each.problems],
    }


def _address(resource: Resource, each: Taken) -> str | None:
    return f"{PREFIX}/{resource.plural}/{quote(each.key, safe='')}" if each.key else None
