"""The OpenAPI 3.1 document of this installation, written from the declarations (docs/decisions/07-rest.md)."""

from __future__ import annotations

import functools
from typing import Any

from flask import Blueprint, Response, current_app

from app.api import components, operations
from app.api.answers import PREFIX, answer
from app.kernel.resource import registry

ABOUT = """Everything the console can do, for scripts. Rows are addressed by their number or code; amounts are text.

Sign in with `Authorization: Bearer outlay_…`. Send `Idempotency-Key` with every POST that must not happen twice,
and `If-Match` with the ETag you have seen when you edit. A refusal is an RFC 9457 problem answer with every problem
at once, and leaves nothing behind."""

blueprint = Blueprint("api_description", __name__, url_prefix=PREFIX)


@blueprint.get("/openapi.json")
def described() -> Response:
    """Describe the API for programs; what it can do is no secret, what is in it is."""
    return answer(document(), headers={"Cache-Control": "public, max-age=300"})


def document() -> dict[str, Any]:
    """Write the document; the same declarations give the same document, so it is written once."""
    return _document(tuple(resource.name for resource in registry), current_app.config["SESSION_COOKIE_NAME"])


@functools.lru_cache(maxsize=4)
def _document(names: tuple[str, ...], cookie: str) -> dict[str, Any]:
    schemas, paths = components.common_schemas(), operations.own_paths()
    for name in names:
        schemas |= operations.resource_schemas(registry[name])
        paths |= operations.resource_paths(registry[name])
    tags = [{"name": "You"}, {"name": "Reports"}, *({"name": registry[name].title[1]} for name in names)]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Outlay", "version": "1", "description": ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}, {"session": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": components.common_parameters(),
            "headers": components.common_headers(),
            "responses": components.common_responses(),
            "securitySchemes": components.security_schemes(cookie),
        },
    }
