"""What gathers around a row, over REST: its history, comments and files."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request, send_file
from flask_restx import Resource as View

from app.api import asked, gate
from app.api import representation as written
from app.api.answers import answer, nothing
from app.api.problems import Unfit
from app.api.resources import query_args
from app.infra import activity, filetypes
from app.infra.activity import Attachment, Comment, Step
from app.infra.files import Store
from app.infra.listing import MAX_SIZE
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource

REPLAYED = {"Idempotency-Replayed": "true"}
SANDBOX = "default-src 'none'; sandbox"


class History(View):  # type: ignore[misc]
    """The story of a row."""

    def get(self, plural: str, key: str) -> Response:
        """Tell what happened to a row, the newest first."""
        context, resource, row = _row(plural, key)
        return answer({"data": [_step(each) for each in activity.story(context, resource, row, _most())]})


class Comments(View):  # type: ignore[misc]
    """What was said about a row."""

    def get(self, plural: str, key: str) -> Response:
        """List the comments, the newest first."""
        context, resource, row = _row(plural, key)
        return answer({"data": [_comment(each) for each in activity.comments(context, resource, row, _most())]})

    def post(self, plural: str, key: str) -> Response:
        """Say something about a row; @name tells a person about it."""
        context, resource = _open(plural, "comment")
        content = asked.body()
        text = content.get("text")
        if not isinstance(text, str) or set(content) != {"text"}:
            raise Refused(
                Kind.INVALID, Problem("required", 'Send the comment as {"text": "…"}, and nothing else.', "text")
            )

        def act(bound: Context) -> dict[str, Any]:
            return _comment(activity.comment_within(bound, resource, asked.key_in(key), text))

        repeat = asked.repeat(request.get_data())
        said, replayed = asked.once(context, resource.permission("comment"), repeat, act)
        return answer(said, 201, REPLAYED if replayed else None)


class Attachments(View):  # type: ignore[misc]
    """The files of a row."""

    def get(self, plural: str, key: str) -> Response:
        """List the files."""
        context, resource, row = _row(plural, key)
        files = activity.attachments(context, resource, row)
        return answer({"data": [_attachment(written.href(resource, row), each) for each in files]})

    def post(self, plural: str, key: str) -> Response:
        """Attach a file, sent as `file` in a form."""
        context, resource = _open(plural, "attach")
        row = asked.row_at(context, resource, key)
        address, row_key = written.href(resource, row), resource.key_of(row)
        if request.mimetype != "multipart/form-data":
            raise Unfit(415, "not_a_form", "Send the file as `file` with Content-Type: multipart/form-data.")
        sent = request.files.get("file")
        if sent is None:
            raise Refused(Kind.INVALID, Problem("required", "Send the file in the form field `file`.", "file"))
        stored = _store().put(sent.stream)
        name = filetypes.safe_name(sent.filename or "file", stored.media_type)
        repeat = asked.repeat(stored.digest, name)

        def act(bound: Context) -> dict[str, Any]:
            return _attachment(address, activity.attach_within(bound, resource, row_key, stored, name))

        attached, replayed = asked.once(context, resource.permission("attach"), repeat, act)
        return answer(attached, 201, {"Location": attached["href"], **(REPLAYED if replayed else {})})


class OneAttachment(View):  # type: ignore[misc]
    """One file of a row."""

    def get(self, plural: str, key: str, attachment: str) -> Response:
        """Tell about a file."""
        context, resource, row = _row(plural, key)
        return answer(
            _attachment(written.href(resource, row), _file(context, resource, row, asked.number_in(attachment)))
        )

    def delete(self, plural: str, key: str, attachment: str) -> Response:
        """Take a file off the row; the history still names it."""
        context, resource = _open(plural, "attach")
        activity.detach(context, resource, asked.key_in(key), asked.number_in(attachment))
        return nothing()


class Content(View):  # type: ignore[misc]
    """What a file holds."""

    def get(self, plural: str, key: str, attachment: str) -> Response:
        """Download a file."""
        context, resource, row = _row(plural, key)
        entry = _file(context, resource, row, asked.number_in(attachment))
        if request.if_none_match.contains(entry.digest):
            response = Response(status=304)
            response.set_etag(entry.digest)
            return response
        response = send_file(
            _store().open(entry.digest),
            mimetype=entry.media_type,
            as_attachment=True,
            download_name=entry.name,
            etag=entry.digest,
            conditional=False,
        )
        response.content_length = entry.size
        response.make_conditional(request, accept_ranges=True, complete_length=entry.size)
        response.headers["Content-Security-Policy"] = SANDBOX
        response.headers["Cache-Control"] = "private, no-cache"
        return response


def _row(plural: str, key: str) -> tuple[Context, Resource, Any]:
    context = gate.context()
    resource = asked.resource_at(context, plural)
    return context, resource, asked.row_at(context, resource, key)


def _open(plural: str, verb: str) -> tuple[Context, Resource]:
    context = gate.context()
    asked.resource_at(context, plural)
    return context, asked.resource_at(context, plural, verb)


def _most() -> int:
    args = query_args()
    size = args.pop("size", ["100"])[-1]
    if args:
        name = asked.printable(next(iter(args)))
        raise Refused(Kind.INVALID, Problem("unknown_field", f"There is no parameter {name} here. Use size.", name))
    if not size.isdecimal() or len(size) > 4 or not 1 <= int(size) <= MAX_SIZE:  # noqa: PLR2004
        raise Refused(Kind.INVALID, Problem("out_of_range", f"size: use a number from 1 to {MAX_SIZE}.", "size"))
    return int(size)


def _store() -> Store:
    store: Store = current_app.extensions["files"]
    return store


def _file(context: Context, resource: Resource, row: Any, attachment: int) -> Attachment:
    found = activity.attachment(context, resource, row, attachment)
    if found is None:
        raise Refused(Kind.MISSING, Problem("not_found", "This file is not attached here."))
    return found


def _step(each: Step) -> dict[str, Any]:
    return {
        "at": written.instant(each.at),
        "actor": each.actor,
        "action": each.action,
        "command": each.command or None,
        "channel": each.channel or None,
        "part": each.part or None,
        "before": each.before,
        "after": each.after,
        "text": each.text or None,
        "mentions": list(each.mentions),
    }


def _comment(each: Comment) -> dict[str, Any]:
    return {
        "id": each.id,
        "at": written.instant(each.at),
        "actor": each.actor_name,
        "text": each.text,
        "mentions": list(each.mentions or ()),
    }


def _attachment(address: str, each: Attachment) -> dict[str, Any]:
    own = f"{address}/attachments/{each.id}"
    return {
        "id": each.id,
        "at": written.instant(each.at),
        "actor": each.actor_name,
        "name": each.name,
        "size": each.size,
        "media_type": each.media_type,
        "sha256": each.digest,
        "href": own,
        "content": f"{own}/content",
    }
