"""Which address leads where, and flask-restx kept to routing: errors, documentation and JSON are ours."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, request
from flask_restx import Api

from app.api import answers, around, capture, figures, gate, health, limits, openapi, own, pages, problems, resources
from app.api.answers import DOOR, PREFIX
from app.infra import taking
from app.kernel.resource import registry

RESERVED_PLURALS = ("me", "search", "reports", "docs", "problems", "openapi.json")
RESERVED_COMMANDS = ("commands", "history", "comments", "attachments", "capture")


class Routes(Api):  # type: ignore[misc]
    """Routes requests and hands every error under its address to our problem answers."""

    def handle_error(self, e: Exception) -> Response:
        """Answer an error."""
        return problems.answer_to(e)

    def _has_fr_route(self) -> bool:
        return request.path.startswith(DOOR)

    def _register_apidoc(self, app: Flask) -> None:
        """Serve no Swagger UI."""

    def _register_specs(self, app_or_blueprint: Any) -> None:
        """Serve no Swagger 2.0 document; openapi.py writes ours."""

    def _register_doc(self, app_or_blueprint: Any) -> None:
        """Serve no page of flask-restx."""


def register(app: Flask) -> None:
    """Route everything under /api/v1."""
    _check_names()
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    api = Routes(blueprint, doc=False)
    api.add_resource(resources.Index, "", "/")
    api.add_resource(own.Me, "/me")
    api.add_resource(own.Held, "/me/held")
    api.add_resource(own.Tokens, "/me/tokens")
    api.add_resource(own.OneToken, "/me/tokens/<string:token>")
    api.add_resource(own.Search, "/search")
    api.add_resource(figures.Reports, "/reports")
    api.add_resource(figures.OneReport, "/reports/<string:name>")
    api.add_resource(resources.Rows, "/<string:plural>")
    api.add_resource(resources.Row, "/<string:plural>/<string:key>")
    api.add_resource(resources.Commands, "/<string:plural>/<string:key>/commands")
    api.add_resource(around.History, "/<string:plural>/<string:key>/history")
    api.add_resource(around.Comments, "/<string:plural>/<string:key>/comments")
    api.add_resource(around.Attachments, "/<string:plural>/<string:key>/attachments")
    api.add_resource(around.OneAttachment, "/<string:plural>/<string:key>/attachments/<string:attachment>")
    api.add_resource(around.Content, "/<string:plural>/<string:key>/attachments/<string:attachment>/content")
    api.add_resource(resources.RunCommand, "/<string:plural>/<string:key>/<string:command>")
    for resource in filter(taking.of, registry):
        address, name = f"/{resource.plural}/capture", f"capture_{resource.name}"
        api.add_resource(capture.Capture, address, endpoint=name, defaults={"plural": resource.plural})
    blueprint.before_request(gate.enter)
    _leave_csrf_to_the_gate(app, blueprint)
    app.register_blueprint(blueprint)
    app.register_blueprint(openapi.blueprint)
    app.register_blueprint(pages.blueprint)
    health.register(app)
    answers.register(app)
    gate.register(app)
    app.after_request(limits.tell)


def _check_names() -> None:
    """Refuse to start with a resource or command whose address leads elsewhere."""
    for resource in registry:
        if resource.plural in RESERVED_PLURALS:
            raise ValueError(f"resource {resource.name}: the address /{resource.plural} is taken by the API itself")
        for command in resource.commands:
            if command.name in RESERVED_COMMANDS:
                raise ValueError(f"command {resource.name}.{command.name}: the name is taken by the API itself")


def _leave_csrf_to_the_gate(app: Flask, blueprint: Blueprint) -> None:
    protection = app.extensions.get("csrf")
    if protection is not None:
        protection.exempt(blueprint)
