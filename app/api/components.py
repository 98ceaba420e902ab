"""The parts of the OpenAPI document that are the same for every resource."""

from __future__ import annotations

from typing import Any

from app.api import schemas
from app.api.problems import MEDIA_TYPE, TITLES
from app.infra.listing import MAX_SIZE, SIZES

Part = dict[str, Any]
TEXT: Part = {"type": "string"}
TEXT_OR_NULL: Part = {"type": ["string", "null"]}
WHOLE: Part = {"type": "integer"}
MOMENT: Part = {"type": "string", "format": "date-time"}
OWN = "api."
ADDRESS: Part = {"type": "string", "format": "uri-reference"}


def ref(kind: str, name: str) -> Part:
    """Point to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def part(name: str) -> Part:
    """Point to a schema of the API itself; its prefix keeps it apart from resources, which may be called anything."""
    return ref("schemas", f"{OWN}{name}")


def record(properties: Part, *, optional: tuple[str, ...] = (), **more: Any) -> Part:
    """Describe an object with exactly these properties."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False, **more}


def array(items: Part, **more: Any) -> Part:
    """Describe a list."""
    return {"type": "array", "items": items, **more}


def common_schemas() -> Part:
    """Describe what answers are made of."""
    found = {
        "Reference": schemas.reference(),
        "Problem": _problem(),
        "ProblemDocument": _problem_document(),
        "Outcome": _outcome(),
        "Page": record(
            {
                "next": {**ADDRESS, "type": ["string", "null"]},
                "previous": {**ADDRESS, "type": ["string", "null"]},
                "size": WHOLE,
            }
        ),
        "Total": record(
            {
                "count": {**WHOLE, "description": "Exact up to 10 000; `exact` says whether there are more."},
                "exact": {"type": "boolean"},
                "sums": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": TEXT}},
            }
        ),
        "BulkResult": _bulk_result(),
        "CaptureResult": _capture_result(),
        "Offer": _offer(),
        "Step": _step(),
        "Comment": record({"id": WHOLE, "at": MOMENT, "actor": TEXT, "text": TEXT, "mentions": array(TEXT)}),
        "Attachment": _attachment(),
        "Token": _token(),
        "NewToken": _new_token(),
        "Me": _me(),
        "Group": record({"resource": TEXT, "title": TEXT, "rows": array(part("Reference"))}),
        "Entry": record({"resource": TEXT, "title": TEXT, "help": TEXT, "href": ADDRESS}),
    }
    return {f"{OWN}{name}": schema for name, schema in found.items()}


def common_parameters() -> Part:
    """Describe the parameters and headers that many requests take."""
    return {
        "key": _parameter("key", "path", TEXT, "The number or code of the row.", required=True),
        "attachment": _parameter("attachment", "path", TEXT, "The id of the file.", required=True),
        "token": _parameter("token", "path", TEXT, "The id of the token.", required=True),
        "size": _parameter(
            "size",
            "query",
            {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": SIZES[0]},
            "Rows per page.",
        ),
        "most": _parameter(
            "size", "query", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 100}, "At most so many."
        ),
        "q": _parameter("q", "query", TEXT, "Words that all must occur; each is taken as a beginning."),
        "after": _parameter("after", "query", TEXT, "Follow `page.next` instead of making this up."),
        "before": _parameter("before", "query", TEXT, "Follow `page.previous` instead of making this up."),
        "count": _parameter("count", "query", {"type": "boolean"}, "Count the rows and sum their amounts, as `total`."),
        "If-Match": _parameter("If-Match", "header", TEXT, "The ETag of the version you have seen, or `*`."),
        "If-None-Match": _parameter("If-None-Match", "header", TEXT, "The ETag you have; 304 if nothing changed."),
        "Idempotency-Key": _parameter(
            "Idempotency-Key",
            "header",
            {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
            "A key of your choice; the same request under the same key has one effect and one answer.",
        ),
    }


def common_headers() -> Part:
    """Describe the headers of answers."""
    return {
        "X-Request-Id": {"schema": TEXT, "description": "Names this request in logs and in the audit."},
        "ETag": {"schema": TEXT, "description": "The version of the row, for If-Match and If-None-Match."},
        "Location": {"schema": ADDRESS, "description": "Where the new row is."},
        "Link": {"schema": TEXT, "description": "The neighbouring pages, rel=next and rel=prev."},
        "Idempotency-Replayed": {"schema": {"const": "true"}, "description": "The request had been answered before."},
        "RateLimit": {"schema": TEXT, "description": "What is left: r requests, and t seconds until it is full again."},
        "RateLimit-Policy": {"schema": TEXT, "description": "What is allowed: q requests in w seconds."},
        "Retry-After": {"schema": WHOLE, "description": "Seconds to wait."},
        "WWW-Authenticate": {"schema": TEXT, "description": "How to sign in."},
    }


def common_responses() -> Part:
    """Describe one problem answer for each status that can occur."""
    extra = {401: ("WWW-Authenticate",), 429: ("Retry-After", "RateLimit", "RateLimit-Policy"), 503: ("Retry-After",)}
    return {
        f"Problem{status}": {
            "description": title,
            "headers": {name: ref("headers", name) for name in ("X-Request-Id", *extra.get(status, ()))},
            "content": {MEDIA_TYPE: {"schema": part("ProblemDocument")}},
        }
        for status, title in TITLES.items()
        if status not in (405, 500)
    }


def security_schemes(cookie: str) -> Part:
    """Describe the two ways to sign in."""
    return {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token, outlay_…, made under /me/tokens."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "A session of the console."},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "With a session, on changes."},
    }


def _parameter(name: str, where: str, schema: Part, words: str, *, required: bool = False) -> Part:
    return {"name": name, "in": where, "required": required, "schema": schema, "description": words}


def _problem() -> Part:
    return record(
        {
            "code": {**TEXT, "description": "Stable, for scripts."},
            "message": {**TEXT, "description": "For people: what is wrong and what to do."},
            "field": {**TEXT_OR_NULL, "description": "A path such as lines.2.unit_price, rows counted from 0."},
            "values": {"type": "object"},
        }
    )


def _problem_document() -> Part:
    return record(
        {
            "type": ADDRESS,
            "title": TEXT,
            "status": WHOLE,
            "detail": TEXT,
            "instance": TEXT,
            "request_id": TEXT,
            "problems": array(part("Problem"), minItems=1),
        },
        description="RFC 9457: why the request was refused, every problem at once. Nothing was changed.",
    )


def _outcome() -> Part:
    return record(
        {
            "resource": TEXT,
            "key": TEXT,
            "version": {"type": ["integer", "null"]},
            "state": TEXT_OR_NULL,
            "events": array({"type": "object", "properties": {"name": TEXT}, "required": ["name"]}),
            "href": ADDRESS,
            "told_once": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "What only this answer tells and no repetition of it, such as the link of an invitation.",
            },
        },
        optional=("told_once",),
        description="What a change led to. A repeated request is answered with the same outcome.",
    )


def _bulk_result() -> Part:
    one = record(
        {
            "key": TEXT,
            "status": WHOLE,
            "outcome": {"anyOf": [part("Outcome"), {"type": "null"}]},
            "problems": array(part("Problem")),
        }
    )
    return record({"data": array(one), "done": WHOLE, "refused": WHOLE})


def _capture_result() -> Part:
    one = {"name": TEXT, "key": TEXT_OR_NULL, "state": TEXT_OR_NULL, "problems": array(part("Problem"))}
    rows = {**WHOLE, "description": "How many rows of a table it takes; 0 for other documents."}
    found = record({**one, "rows": rows, "href": {**ADDRESS, "type": ["string", "null"]}})
    return record({"data": array(found), "done": WHOLE, "refused": WHOLE})


def _offer() -> Part:
    return record(
        {
            "name": TEXT,
            "label": TEXT,
            "help": TEXT,
            "possible": {"type": "boolean"},
            "problems": array(part("Problem"), description="What stands against it now."),
            "confirm": TEXT_OR_NULL,
            "danger": {"type": "boolean"},
            "step_up": {"type": "boolean"},
            "parameters": {"type": "object", "description": "JSON Schema of the body."},
            "href": ADDRESS,
        }
    )


def _step() -> Part:
    changed = {"type": ["object", "null"]}
    return record(
        {
            "at": MOMENT,
            "actor": TEXT,
            "action": TEXT,
            "command": TEXT_OR_NULL,
            "channel": TEXT_OR_NULL,
            "part": TEXT_OR_NULL,
            "before": changed,
            "after": changed,
            "text": TEXT_OR_NULL,
            "mentions": array(TEXT),
        }
    )


def _attachment() -> Part:
    properties = {"id": WHOLE, "at": MOMENT, "actor": TEXT, "name": TEXT, "size": WHOLE, "media_type": TEXT}
    return record({**properties, "sha256": TEXT, "href": ADDRESS, "content": ADDRESS})


def _token() -> Part:
    return record(
        {
            "id": WHOLE,
            "name": TEXT,
            "begins_with": TEXT,
            "limits": array(TEXT),
            "expires_on": {"type": ["string", "null"], "format": "date"},
            "created_at": MOMENT,
            "used_at": {"type": ["string", "null"], "format": "date-time"},
            "href": ADDRESS,
            "secret": {
                **TEXT_OR_NULL,
                "description": "Given once, when it is made; null when the request is repeated.",
            },
        },
        optional=("secret",),
    )


def _new_token() -> Part:
    return record(
        {
            "name": {"type": "string", "minLength": 1, "maxLength": 100, "description": "What will use it."},
            "limits": array(
                {"type": "string", "pattern": r"^[^.]+\.[^.]+$"}, description="Permissions; none: all of yours."
            ),
            "expires_on": {"type": "string", "format": "date"},
        },
        optional=("limits",),
    )


def _me() -> Part:
    place = {"anyOf": [part("Reference"), {"type": "null"}]}
    return record(
        {
            "account": record({"key": TEXT, "label": TEXT, "email": TEXT_OR_NULL}),
            "by": {"enum": ["token", "session"]},
            "limited_to": {"type": ["array", "null"], "items": TEXT},
            "roles": array(record({"role": TEXT, "entity": place, "cost_centre": place})),
            "permissions": array(TEXT),
        }
    )
