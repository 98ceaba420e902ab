"""The operations of the OpenAPI document: those of every resource, read off its declaration, and the few others."""

from __future__ import annotations

from collections.abc import Iterable

from app.api import representation, schemas
from app.api.answers import JSON
from app.api.components import TEXT, Part, array, part, record, ref
from app.api.resources import LARGEST_BULK
from app.infra import listing, taking
from app.infra.fields import Field
from app.kernel.command import Command
from app.kernel.resource import Resource

ALWAYS = (401, 403, 429, 503)
CHANGES: list[Part] = [{"token": []}, {"session": [], "csrf": []}]


def pascal(name: str) -> str:
    """Name the schema of a resource: `cost_centre` becomes `CostCentre`."""
    return "".join(part.capitalize() for part in name.split("_"))


def resource_schemas(resource: Resource) -> Part:
    """Describe a resource as it is read, entered and edited."""
    name = pascal(resource.name)
    found = {name: schemas.row(resource)}
    if resource.form:
        found |= {f"New{name}": schemas.new(resource), f"{name}Changes": schemas.patch(resource)}
    return found


def resource_paths(resource: Resource) -> Part:
    """Describe everything that can be asked about a resource."""
    base, one = f"/{resource.plural}", f"/{resource.plural}/{{key}}"
    paths: Part = {
        base: {"get": _list(resource)},
        one: {"get": _get(resource)},
        f"{one}/commands": {"get": _commands(resource)},
        f"{one}/history": {"get": _history(resource)},
        f"{one}/comments": {"get": _comments(resource), "post": _comment(resource)},
        f"{one}/attachments": {"get": _attachments(resource), "post": _attach(resource)},
        f"{one}/attachments/{{attachment}}": {"get": _attachment(resource), "delete": _detach(resource)},
        f"{one}/attachments/{{attachment}}/content": {"get": _content(resource)},
    }
    if resource.form:
        paths[base]["post"] = _create(resource)
        paths[one]["patch"] = _edit(resource)
    if taking.of(resource):
        paths[f"{base}/capture"] = {"post": _capture(resource)}
    for command in resource.commands:
        paths[f"{one}/{command.name}"] = {"post": _run(resource, command)}
        paths[f"{base}/{command.name}"] = {"post": _run_each(resource, command)}
    return paths


def own_paths() -> Part:
    """Describe what belongs to the caller, and the search over everything."""
    token = part("Token")
    tag, one = "You", "/me/tokens/{token}"
    list_of = _list_answer
    return {
        "/": {"get": operation("index", "What there is", tag, answers={200: list_of(part("Entry"))})},
        "/me": {"get": operation("me", "Who is calling", tag, answers={200: content(part("Me"))})},
        "/me/held": {
            "get": operation("me.held", "Everything held about you", tag, answers={200: content({"type": "object"})})
        },
        "/me/tokens": {
            "get": operation("me.tokens", "List your API tokens", tag, answers={200: list_of(token)}),
            "post": operation(
                "me.issue_token",
                "Make an API token",
                tag,
                help="The secret is in this answer, and never again. A token does not make tokens.",
                takes=("Idempotency-Key",),
                body=part("NewToken"),
                answers={201: content(token, "Location", "Idempotency-Replayed")},
                problems=(400, 409, 413, 415, 422),
            ),
        },
        one: {
            "get": operation(
                "me.token",
                "Show one of your API tokens",
                tag,
                takes=("token",),
                answers={200: content(token)},
                problems=(404,),
            ),
            "delete": operation(
                "me.revoke_token",
                "Revoke one of your API tokens",
                tag,
                takes=("token",),
                answers={204: {"description": "Revoked"}},
                problems=(404, 409),
                changes=True,
            ),
        },
        "/search": {"get": _search()},
        "/reports": {
            "get": operation("reports", "What is reported", "Reports", answers={200: content({"type": "object"})})
        },
        "/reports/{name}": {"get": _report()},
    }


def _report() -> Part:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    by = {"name": "by", "in": "query", "schema": {"type": "string"}, "description": "What figures are told apart by."}
    return operation(
        "reports.one",
        "Add up the rows of a report",
        "Reports",
        help="Filters are those of the list it is about; each figure has the address of the rows that make it.",
        takes=(name, by),
        answers={200: content({"type": "object"})},
        problems=(403, 404, 422),
    )


def operation(
    id: str,
    summary: str,
    tag: str,
    *,
    answers: dict[int, Part],
    help: str = "",
    takes: Iterable[str | Part] = (),
    body: Part | None = None,
    optional_body: bool = False,
    media_type: str = JSON,
    problems: Iterable[int] = (),
    changes: bool = False,
) -> Part:
    """Describe one operation."""
    responses = {str(status): answer for status, answer in answers.items()}
    responses |= {str(status): ref("responses", f"Problem{status}") for status in sorted({*ALWAYS, *problems})}
    described: Part = {"operationId": id, "summary": summary, "tags": [tag], "responses": responses}
    if help:
        described["description"] = help
    parameters = [ref("parameters", each) if isinstance(each, str) else each for each in takes]
    if parameters:
        described["parameters"] = parameters
    if body is not None:
        described["requestBody"] = {"required": not optional_body, "content": {media_type: {"schema": body}}}
    if body is not None or changes:
        described["security"] = CHANGES
    return described


def content(schema: Part, *headers: str, description: str = "Done", media_type: str = JSON) -> Part:
    """Describe an answer with content."""
    names = ("X-Request-Id", "RateLimit", "RateLimit-Policy", *headers)
    return {
        "description": description,
        "headers": {name: ref("headers", name) for name in names},
        "content": {media_type: {"schema": schema}},
    }


def _list_answer(item: Part, *headers: str) -> Part:
    return content(record({"data": array(item)}), *headers, description="The list")


def _of(resource: Resource, verb: str) -> tuple[str, str]:
    """Give the id of an operation and its tag."""
    return f"{resource.name}.{verb}", resource.title[1]


def _list(resource: Resource) -> Part:
    page = record(
        {
            "data": array(ref("schemas", pascal(resource.name))),
            "page": part("Page"),
            "total": part("Total"),
        },
        optional=("total",),
    )
    paging: list[str | Part] = ["size", "after", "before", "count"]
    takes = ["q", *_filters(resource), _sort(resource), *paging, *_selected(resource)]
    id, tag = _of(resource, "list")
    return operation(
        id,
        f"List {tag.lower()}",
        tag,
        help=resource.help,
        takes=takes,
        answers={200: content(page, "Link")},
        problems=(422,),
    )


def _get(resource: Resource) -> Part:
    id, tag = _of(resource, "get")
    answers = {
        200: content(ref("schemas", pascal(resource.name)), "ETag"),
        304: {"description": "What you have is up to date", "headers": {"ETag": ref("headers", "ETag")}},
    }
    takes: list[str | Part] = ["key", *_selected(resource), "If-None-Match"]
    return operation(id, f"Show {_noun(resource)}", tag, takes=takes, answers=answers, problems=(404, 422))


def _create(resource: Resource) -> Part:
    id, tag = _of(resource, "create")
    outcome = content(part("Outcome"), "Location", "ETag", "Idempotency-Replayed")
    return operation(
        id,
        f"Enter {_noun(resource)}",
        tag,
        takes=("Idempotency-Key",),
        body=ref("schemas", f"New{pascal(resource.name)}"),
        answers={201: outcome},
        problems=(400, 409, 413, 415, 422),
    )


def _edit(resource: Resource) -> Part:
    id, tag = _of(resource, "edit")
    versioned = hasattr(resource.model, "version")
    return operation(
        id,
        f"Edit {_noun(resource)}",
        tag,
        help="What is sent is set, null empties, the rest stays. Child rows are sent as a whole list, old ones with their id.",
        takes=("key", *(("If-Match",) if versioned else ())),
        body=ref("schemas", f"{pascal(resource.name)}Changes"),
        answers={200: content(part("Outcome"), "ETag")},
        problems=(400, 404, 409, 412, 413, 415, 422, 428),
    )


def _run(resource: Resource, command: Command) -> Part:
    id, tag = _of(resource, command.name)
    schema = schemas.parameters(command)
    return operation(
        id,
        f"{command.label}: {_noun(resource)}",
        tag,
        help=command.help,
        takes=("key", "If-Match", "Idempotency-Key"),
        body=schema,
        optional_body="required" not in schema,
        answers={200: content(part("Outcome"), "ETag", "Idempotency-Replayed")},
        problems=(400, 404, 409, 412, 413, 415, 422),
    )


def _run_each(resource: Resource, command: Command) -> Part:
    id, tag = _of(resource, f"{command.name}.each")
    body = record(
        {
            "keys": array(TEXT, minItems=1, maxItems=LARGEST_BULK),
            "arguments": {"type": "object", "description": f"As for {resource.name}.{command.name}."},
        },
        optional=("arguments",),
    )
    return operation(
        id,
        f"{command.label}: several {resource.title[1].lower()}",
        tag,
        help=f"{command.help}\n\nEach row for itself: the answer names every refusal.".strip(),
        takes=("Idempotency-Key",),
        body=body,
        answers={200: content(part("BulkResult"), "Idempotency-Replayed")},
        problems=(400, 409, 413, 415, 422),
    )


def _commands(resource: Resource) -> Part:
    id, tag = _of(resource, "commands")
    answers = {200: _list_answer(part("Offer"))}
    summary = f"List what can be done with the {_noun(resource)} now, and why not the rest"
    return operation(id, summary, tag, takes=("key",), answers=answers, problems=(404,))


def _history(resource: Resource) -> Part:
    id, tag = _of(resource, "history")
    answers = {200: _list_answer(part("Step"))}
    return operation(
        id,
        f"Tell what happened to the {_noun(resource)}",
        tag,
        takes=("key", "most"),
        answers=answers,
        problems=(404, 422),
    )


def _comments(resource: Resource) -> Part:
    id, tag = _of(resource, "comments")
    answers = {200: _list_answer(part("Comment"))}
    return operation(
        id,
        f"List the comments on the {_noun(resource)}",
        tag,
        takes=("key", "most"),
        answers=answers,
        problems=(404, 422),
    )


def _comment(resource: Resource) -> Part:
    id, tag = _of(resource, "comment")
    return operation(
        id,
        f"Comment on the {_noun(resource)}",
        tag,
        help="@name tells a person about it.",
        takes=("key", "Idempotency-Key"),
        body=record({"text": {"type": "string", "minLength": 1, "maxLength": 5000}}),
        answers={201: content(part("Comment"), "Idempotency-Replayed")},
        problems=(400, 404, 409, 413, 415, 422),
    )


def _attachments(resource: Resource) -> Part:
    id, tag = _of(resource, "attachments")
    answers = {200: _list_answer(part("Attachment"))}
    return operation(
        id, f"List the files of the {_noun(resource)}", tag, takes=("key",), answers=answers, problems=(404,)
    )


def _attach(resource: Resource) -> Part:
    id, tag = _of(resource, "attach")
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    return operation(
        id,
        f"Attach a file to the {_noun(resource)}",
        tag,
        help="Its type is known by its content; at most 25 MB.",
        takes=("key", "Idempotency-Key"),
        body={"type": "object", "properties": {"file": file}, "required": ["file"]},
        media_type="multipart/form-data",
        answers={201: content(part("Attachment"), "Location", "Idempotency-Replayed")},
        problems=(400, 404, 409, 413, 415, 422),
    )


def _capture(resource: Resource) -> Part:
    id, tag = _of(resource, "capture")
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    entity = {**TEXT, "description": "Whose it is, where the document does not say."}
    fields = {"file": file, "entity": entity, **(_said_of_tables() if taking.reads_tables(resource) else {})}
    tried = {200: content(part("CaptureResult"))} if taking.reads_tables(resource) else {}
    return operation(
        id,
        f"Take in a file of {resource.title[1].lower()}",
        tag,
        help="Each document in the file by itself, whole or not at all; at most 25 MB.",
        takes=("Idempotency-Key",),
        body={"type": "object", "properties": fields, "required": ["file"]},
        media_type="multipart/form-data",
        answers={**tried, 201: content(part("CaptureResult"), "Location", "Idempotency-Replayed")},
        problems=(400, 409, 413, 415, 422),
    )


def _said_of_tables() -> Part:
    """Describe what may be said of a table that is sent."""
    told = {
        "map": "`COLUMN=FIELD`, what a column means, as often as need be; `COLUMN=` leaves it out.",
        "set": "`FIELD=VALUE`, what all rows have in common, as often as need be.",
        "dry_run": "`true`: say what would become of each document, and change nothing.",
        "dates": "`day` or `month`: what days begin with, where no value tells.",
        "heading": "The line with the names of the columns, where it is found wrong.",
        "sheet": "The sheet of a workbook, where it is not the first.",
        "encoding": "How the text is encoded, where it is guessed wrong.",
        "delimiter": "What stands between cells, where it is guessed wrong.",
    }
    return {name: {**TEXT, "description": words} for name, words in told.items()}


def _attachment(resource: Resource) -> Part:
    id, tag = _of(resource, "attachment")
    answers = {200: content(part("Attachment"))}
    return operation(
        id,
        f"Tell about a file of the {_noun(resource)}",
        tag,
        takes=("key", "attachment"),
        answers=answers,
        problems=(404,),
    )


def _detach(resource: Resource) -> Part:
    id, tag = _of(resource, "detach")
    return operation(
        id,
        f"Take a file off the {_noun(resource)}",
        tag,
        takes=("key", "attachment"),
        answers={204: {"description": "Taken off"}},
        problems=(404, 409),
        changes=True,
    )


def _content(resource: Resource) -> Part:
    id, tag = _of(resource, "download")
    binary: Part = {"description": "The file", "content": {"*/*": {"schema": {}}}}
    answers: dict[int, Part] = {
        200: binary,
        206: {**binary, "description": "A part of the file"},
        304: {"description": "You have it"},
    }
    return operation(
        id,
        f"Download a file of the {_noun(resource)}",
        tag,
        takes=("key", "attachment"),
        answers=answers,
        problems=(404,),
    )


def _search() -> Part:
    q = {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "minLength": 2}}
    answers = {200: _list_answer(part("Group"))}
    return operation(
        "search", "Find rows of every resource you may see", "You", takes=(q,), answers=answers, problems=(422,)
    )


def _noun(resource: Resource) -> str:
    return resource.title[0].lower()


def _selected(resource: Resource) -> list[Part]:
    fields = [*representation.all_fields(resource), *(children.name for children in resource.children)]
    found = [_several("fields", fields, "What is written of a row; the key always is.")]
    expand = representation.expandable(resource)
    if expand:
        found.append(_several("expand", expand, "References to write out in full, and child rows to add."))
    return found


def _several(name: str, words: list[str], help: str) -> Part:
    schema = array({"type": "string", "enum": words})
    return {"name": name, "in": "query", "style": "form", "explode": False, "schema": schema, "description": help}


def _sort(resource: Resource) -> Part:
    names = listing.sortable(resource)
    schema = {"type": "string", "enum": [*names, *(f"-{name}" for name in names)]}
    return {"name": "sort", "in": "query", "schema": schema, "description": "With - for the highest or newest first."}


def _filters(resource: Resource) -> Iterable[Part]:
    for name, each in listing.filter_fields(resource).items():
        schema = _filter_schema(each)
        several = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
        yield {"name": name, "in": "query", "schema": schema, "description": f"{each.label} is this.", **several}
        for operator in listing.OPERATORS:
            found = _operator(each, operator)
            if found:
                yield {"name": f"{name}.{operator}", "in": "query", **found}


def _operator(each: Field, operator: str) -> Part | None:
    one = _filter_schema(each)
    words = {
        "from": f"{each.label} is this or more.",
        "to": f"{each.label} is this or less.",
        "has": f"{each.label} contains this.",
        "not": f"{each.label} is not this.",
        "empty": f"{each.label} is empty, or is not.",
    }
    if operator in ("from", "to") and each.kind not in ("integer", "decimal", "money", "date", "instant"):
        return None
    if operator == "has" and each.kind not in ("text", "longtext"):
        return None
    if operator in ("from", "to") and each.kind == "instant":
        one = {"anyOf": [one, {"type": "string", "format": "date"}]}
        words = {name: f"{word} A day is meant as a whole, where the organisation is." for name, word in words.items()}
    schema = {"enum": ["yes", "no"]} if operator == "empty" else one
    several: Part = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"schema": schema, "description": words[operator], **several}


def _filter_schema(each: Field) -> Part:
    if each.choices:
        return array({"type": "string", "enum": [value for value, _ in each.choices]})
    if each.kind == "reference":
        return array(TEXT)
    kinds: dict[str, Part] = {
        "integer": {"type": "integer"},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "instant": {"type": "string", "format": "date-time"},
        "decimal": {"type": "string", "pattern": schemas.DECIMAL},
        "money": {"type": "string", "pattern": schemas.DECIMAL},
    }
    return kinds.get(each.kind, TEXT)
