"""What a request asks: its body, the version it is about, its Idempotency-Key, and the resource in its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import orjson
from flask import request

from app.api.problems import Unfit
from app.api.representation import Selection
from app.infra import idempotency, intake, loading, unit
from app.infra.idempotency import Repeat
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry

LARGEST_BODY = 2 * 1024 * 1024
JSON_TYPES = ("application/json", "application/merge-patch+json")
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_TAG = re.compile(r'(?:W/)?"?v(\d{1,9})(?:-[0-9a-f]+)?"?')
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def resource_at(context: Context, plural: str, verb: str = "read") -> Resource:
    """Find the resource an address names, if the caller may do `verb` with it at all."""
    resource = registry.by_plural(plural)
    if resource is None:
        message = f"There are no {plural[:60]} here. GET /api/v1 lists what there is."
        raise Refused(Kind.MISSING, Problem("unknown_path", message))
    if not context.actor.may(resource.permission(verb)):
        message = f"Your roles do not allow this: {verb} ({resource.title[1].lower()}). Ask an administrator."
        values = {"permission": resource.permission(verb)}
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", message, None, values))
    return resource


def row_at(context: Context, resource: Resource, key: str, what: Selection | None = None) -> Any:
    """Find the row an address names, among those the caller may see, with what of it is to be written."""
    row = None if _unprintable(key) else _found(context, resource, key, what)
    if row is None:
        raise Refused(Kind.MISSING, Problem("not_found", f"{resource.title[0]} {printable(key)} was not found."))
    return row


def _found(context: Context, resource: Resource, key: str, what: Selection | None) -> Any:
    if what is None:
        return intake.find_row(context, resource, key)
    return intake.find_whole(context, resource, key, loading.loads(resource.model, what.fields), what.children)


def printable(text: str) -> str:
    """Shorten what somebody sent so that it can stand in a message."""
    return "".join(sign if sign.isprintable() else "·" for sign in text[:80])


def key_in(path_part: str) -> str:
    """Take a key from an address; one that nothing can be called leads nowhere."""
    if _unprintable(path_part):
        raise Refused(Kind.MISSING, Problem("not_found", f"{printable(path_part)} was not found."))
    return path_part


def number_in(path_part: str) -> int:
    """Take the id of a file or token from an address."""
    if not path_part.isdecimal() or len(path_part) > 18:  # noqa: PLR2004 - as many digits as an id has
        raise Refused(Kind.MISSING, Problem("not_found", f"{printable(path_part)} was not found."))
    return int(path_part)


def body(*, optional: bool = False) -> dict[str, Any]:
    """Read the body as a JSON object with exact numbers; `optional` takes no body for an empty object."""
    request.max_content_length = LARGEST_BODY
    raw = request.get_data(cache=True)
    if optional and not raw:
        return {}
    if request.mimetype not in JSON_TYPES:
        raise Unfit(415, "not_json", "Send JSON with Content-Type: application/json.")
    try:
        content = _decoder.decode(raw)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Unfit(400, "malformed_json", f"The body is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise Unfit(400, "not_an_object", 'The body is a JSON object, such as {"name": "Paper"}.')
    if _has_nul(content):
        raise Unfit(400, "invalid_character", "The body holds a NUL character (\\u0000); remove it.")
    return content


def version(*, required: bool) -> int | None:
    """Read from If-Match which version of the row the caller has seen; None for any."""
    sent = request.headers.get("If-Match", "").strip()
    if not sent and required:
        message = "Send If-Match with the ETag of the version you have seen, so that no one's change is overwritten."
        raise Refused(Kind.UNGUARDED, Problem("version_missing", message))
    if sent in ("", "*"):
        return None
    found = _TAG.fullmatch(sent)
    if found is None:
        raise Unfit(400, "bad_if_match", 'If-Match holds one ETag of this API, such as "v3", or *.')
    return int(found[1])


def repeat(*content: Any) -> Repeat | None:
    """Read the Idempotency-Key, bound to what is asked under it."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Unfit(400, "bad_idempotency_key", "Idempotency-Key: send 1 to 200 printable characters without spaces.")
    return idempotency.repeat(key, request.method, request.path, *content)


def once(
    context: Context, command: str, asked: Repeat | None, act: Callable[[Context], Mapping[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Do something under its Idempotency-Key; tell the answer, and whether it had been given before."""

    def body(bound: Context) -> tuple[dict[str, Any], bool]:
        known = idempotency.claim(bound, asked) if asked else None
        if known is not None:
            return steady(known), True
        answer = dict(act(bound))
        if asked:
            idempotency.keep(bound, asked, answer)
        return steady(answer), False

    return unit.change(context, command, body)


def steady(content: Any) -> Any:
    """Put names in one order: what is kept in the database comes back in another, and an answer is repeated exactly."""
    return orjson.loads(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


def _unprintable(text: str) -> bool:
    return any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF for sign in text)  # noqa: PLR2004


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(name) or _has_nul(part) for name, part in value.items())
    return isinstance(value, list) and any(_has_nul(part) for part in value)
