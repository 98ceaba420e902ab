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
from app.infra.taking import Sent, Taken
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry

_FIELDS = ("file", "entity")


class Capture(View):  # type: ignore[misc]
    """The door for documents that come as files."""

    def post(self, plural: str) -> Response:
        """Take a file in, sent as `file` in a form; each document in it becomes a row, or is refused in words."""
        context = gate.context()
        known = registry.by_plural(plural)
        assert known is not None
        resource = asked.resource_at(context, plural, taking.verb_of(known))
        sent = _sent()
        take = taking.of(resource)
        assert take is not None
        found = take(context, sent)
        done = [each for each in found if each.key is not None]
        if not done:
            raise Refused(Kind.INVALID, [problem for each in found for problem in each.problems])
        repeated = {"Idempotency-Replayed": "true"} if all(each.repeated for each in done) else {}
        entries = [_entry(resource, each) for each in found]
        content = {"data": entries, "done": len(done), "refused": len(found) - len(done)}
        return answer(content, 201, {"Location": str(_address(resource, done[0])), **repeated})


def _sent() -> Sent:
    if request.mimetype != "multipart/form-data":
        raise Unfit(415, "not_a_form", "Send the file as `file` with Content-Type: multipart/form-data.")
    unknown = next((name for name in (*request.form, *request.files) if name not in _FIELDS), None)
    if unknown is not None:
        words = f"There is no field {asked.printable(unknown)} here. Send file and, if need be, entity."
        raise Refused(Kind.INVALID, Problem("unknown_field", words, asked.printable(unknown)))
    file, entity = request.files.get("file"), request.form.get("entity") or None
    if file is None:
        raise Refused(Kind.INVALID, Problem("required", "Send the file in the form field `file`.", "file"))
    if entity and "\0" in entity:
        raise Unfit(400, "invalid_character", "The form holds a NUL character; remove it.")
    data = file.stream.read()
    name = asked.printable(file.filename or "file")
    return Sent(data, name, entity, asked.repeat(hashlib.sha256(data).hexdigest(), name, entity))


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
