"""The documentation of the API as pages: drawn here from the OpenAPI document, without any script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, render_template

from app.api import codes, openapi
from app.api.answers import PREFIX
from app.api.components import OWN
from app.api.problems import TITLES

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
METHODS = ("get", "post", "patch", "delete")

blueprint = Blueprint(
    "api_pages",
    __name__,
    url_prefix=PREFIX,
    template_folder="templates",
    static_folder="static",
    static_url_path="/docs/static",
)


@blueprint.get("/docs")
def docs() -> Response:
    """Show what can be asked, by resource."""
    document = openapi.document()
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                groups[operation["tags"][0]].append(_operation(document, method, path, operation))
    return _page("api/docs.html", document=document, groups=groups)


@blueprint.get("/problems")
def problem_types() -> Response:
    """Explain the codes that problem answers bear; the `type` of an answer leads here."""
    return _page("api/problems.html", codes=codes.all_codes(), titles=TITLES)


def _page(template: str, **values: Any) -> Response:
    response = make_response(render_template(template, prefix=PREFIX, **values))
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _operation(document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    media_type, sent = next(((name, each["schema"]) for name, each in body.items()), ("", {}))
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": f"{PREFIX}{path}".rstrip("/"),
        "summary": operation["summary"],
        "help": operation.get("description", ""),
        "parameters": [_parameter(_resolved(document, each)) for each in operation.get("parameters", [])],
        "media_type": media_type,
        "body": _rows(document, sent),
        "answers": [_answer(document, status, each) for status, each in operation["responses"].items()],
    }


def _parameter(each: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": each["name"],
        "place": each["in"],
        "kind": kind_of(each["schema"]),
        "required": each.get("required", False),
        "words": each.get("description", ""),
    }


def _answer(document: Mapping[str, Any], status: str, each: Mapping[str, Any]) -> dict[str, str]:
    found = _resolved(document, each)
    schema: Mapping[str, Any] = next((each["schema"] for each in found.get("content", {}).values()), {})
    return {"status": status, "words": found["description"], "kind": kind_of(schema) if schema else ""}


def _rows(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the fields of a body; those of child rows follow their list, with its name before theirs."""
    found = _resolved(document, schema)
    required = found.get("required", [])
    rows: list[dict[str, Any]] = []
    for name, each in found.get("properties", {}).items():
        words = each.get("description") or each.get("title", "")
        rows.append({"name": name, "kind": kind_of(each), "required": name in required, "words": words})
        rows += [{**row, "name": f"{name}[].{row['name']}"} for row in _rows(document, each.get("items", {}))]
    return rows


def _resolved(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    at: Any = part
    if "$ref" in part:
        at = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            at = at[step]
    found: Mapping[str, Any] = at
    return found


def kind_of(schema: Mapping[str, Any]) -> str:
    """Say in a few words what a value is."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2].removeprefix(OWN))
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"] if each is not None)
    if schema.get("x-resource"):
        return f"{schema['x-resource']} (key)"
    if "anyOf" in schema:
        kinds = (kind_of(each) for each in schema["anyOf"] if each.get("type") != "null")
        return " or ".join(dict.fromkeys(kinds))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        kind = " or ".join(each for each in kind if each != "null")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("format", kind))
