"""JSON Schema (2020-12, as OpenAPI 3.1 uses it) of what rows and commands send and take, read off the declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api import representation
from app.infra.fields import Field, child_fields, fields_of, param_fields
from app.infra.intake import MAX_CHILDREN
from app.kernel.command import Command
from app.kernel.resource import Children, Resource

Schema = dict[str, Any]
DECIMAL = r"^-?\d{1,18}(\.\d{1,10})?$"
WHOLE = 2**31 - 1


def row(resource: Resource) -> Schema:
    """Describe a row as it is read; `fields` may leave out all but the key."""
    properties = {name: _read(each, expanded=True) for name, each in representation.all_fields(resource).items()}
    for children in resource.children:
        inner = {name: _read(each) for name, each in child_fields(children).items()}
        item = {"type": "object", "properties": {"id": {"type": "integer"}, **inner}, "required": ["id"]}
        properties[children.name] = {"type": "array", "items": {**item, "additionalProperties": False}}
    properties["href"] = {"type": "string", "format": "uri-reference"}
    return {
        "type": "object",
        "title": resource.title[0],
        "description": resource.help or f"{resource.title[0]} as it is read.",
        "properties": properties,
        "required": [resource.key, "href"],
        "additionalProperties": False,
    }


def new(resource: Resource) -> Schema:
    """Describe what is sent to enter a row."""
    names = list(resource.form)
    if resource.key not in names and resource.number is None:
        names = [resource.key, *names]
    fields = fields_of(resource, names)
    optional = {resource.key} if resource.number else set()
    required = [name for name, each in fields.items() if each.required and name not in optional]
    return _sent(resource, fields, required, f"New {resource.title[0].lower()}")


def patch(resource: Resource) -> Schema:
    """Describe what is sent to edit a row: any of its fields."""
    return _sent(resource, fields_of(resource, resource.form), [], f"Changes to {resource.title[1].lower()}")


def parameters(command: Command) -> Schema:
    """Describe the parameters of a command."""
    fields = param_fields(command.params)
    schema: Schema = {
        "type": "object",
        "title": command.label,
        "properties": {name: sent(each) for name, each in fields.items()},
        "additionalProperties": False,
    }
    required = [name for name, each in fields.items() if each.required]
    return {**schema, "required": required} if required else schema


def sent(each: Field) -> Schema:
    """Describe a field as it is sent."""
    if each.multiple:
        one = _one_sent(each)
        return _words(each, _or_null(each, {"type": "array", "items": one}))
    return _words(each, _or_null(each, _one_sent(each)))


def reference() -> Schema:
    """Describe a row that another one names."""
    return {
        "type": "object",
        "properties": {
            "key": {"type": "string"},
            "label": {"type": "string"},
            "href": {"type": ["string", "null"], "format": "uri-reference"},
        },
        "required": ["key", "label"],
    }


def _sent(resource: Resource, fields: Mapping[str, Field], required: list[str], title: str) -> Schema:
    properties = {name: sent(each) for name, each in fields.items()}
    for children in resource.children:
        if not children.fixed:
            properties[children.name] = _sent_children(children)
    schema: Schema = {"type": "object", "title": title, "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _sent_children(children: Children) -> Schema:
    fields = child_fields(children)
    identity = {
        "type": ["integer", "string", "null"],
        "description": "Names a row that is there already; without it the row is new. Rows left out are removed.",
    }
    item: Schema = {
        "type": "object",
        "properties": {"id": identity, **{name: sent(each) for name, each in fields.items()}},
        "additionalProperties": False,
    }
    required = [name for name, each in fields.items() if each.required]
    return {"type": "array", "maxItems": MAX_CHILDREN, "items": {**item, "required": required} if required else item}


def _one_sent(each: Field) -> Schema:
    if each.kind in ("reference", "account"):
        key = {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}
        found: Schema = {"anyOf": [{"type": "string", "description": "The key"}, key]}
        return {**found, "x-resource": each.target} if each.target else found
    kinds: dict[str, Schema] = {
        "integer": {"type": "integer", "minimum": -WHOLE, "maximum": WHOLE},
        "decimal": {"anyOf": [{"type": "string", "pattern": _pattern(each)}, {"type": "number"}]},
        "money": {"anyOf": [{"type": "string", "pattern": _pattern(each)}, {"type": "number"}]},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "instant": {"type": "string", "format": "date-time"},
        "json": {},
    }
    if each.choices:
        return {"type": "string", "enum": [value for value, _ in each.choices]}
    found = dict(kinds.get(each.kind, {"type": "string"}))
    if found.get("type") == "string" and each.length and "format" not in found:
        found["maxLength"] = each.length
    if found == {"type": "string"} | ({"maxLength": each.length} if each.length else {}) and each.required:
        found["minLength"] = 1
    if each.kind == "secret" or each.secret:
        found["writeOnly"] = True
    return found


def _pattern(each: Field) -> str:
    scale = each.scale if each.scale is not None else 6
    whole = (each.digits or 18) - scale
    return rf"^-?\d{{1,{whole}}}(\.\d{{1,{scale}}})?$"


def _or_null(each: Field, schema: Schema) -> Schema:
    if each.required or each.kind == "json":
        return schema
    if isinstance(schema.get("type"), str):
        schema = {**schema, "type": [schema["type"], "null"]}
        return {**schema, "enum": [*schema["enum"], None]} if "enum" in schema else schema
    return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]} if "anyOf" in schema else schema


def _words(each: Field, schema: Schema) -> Schema:
    """Add what people are told about a field."""
    said: Schema = {"title": each.label} if each.label else {}
    if each.help:
        said["description"] = each.help
    if each.currency:
        said["x-currency"] = each.currency
    return {**schema, **said}


def _read(each: Field, *, expanded: bool = False) -> Schema:
    if each.secret or each.kind == "secret":
        return _words(each, {"type": ["string", "null"], "description": "Kept secret; masked when read."})
    if each.kind in ("reference", "account"):
        target = {"$ref": "#/components/schemas/api.Reference"}
        if each.multiple:
            return _words(each, {"type": "array", "items": target})
        kept = {"x-resource": each.target} if each.target else {}
        return _words(each, {"anyOf": [target, {"type": "null"}], **kept})
    kinds: dict[str, Schema] = {
        "integer": {"type": ["integer", "null"]},
        "decimal": {"type": ["string", "null"], "pattern": DECIMAL},
        "money": {"type": ["string", "null"], "pattern": DECIMAL},
        "boolean": {"type": ["boolean", "null"]},
        "date": {"type": ["string", "null"], "format": "date"},
        "instant": {"type": ["string", "null"], "format": "date-time"},
        "json": {},
    }
    schema = kinds.get(each.kind, {"type": ["string", "null"]})
    if each.choices:
        schema = {"type": ["string", "null"], "enum": [*(value for value, _ in each.choices), None]}
    if each.multiple:
        schema = {"type": ["array", "null"], "items": schema}
    return _words(each, {**schema, "readOnly": True} if not each.stored else schema)
