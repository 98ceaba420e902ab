"""The API does what its document says: whatever is sent, it answers as documented, and never fails."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text

from app.infra import unit
from app.kernel.problem import Refused
from app.kernel.resource import Resource, registry
from tests.acting import system
from tests.api.calling import Caller, almighty
from tests.making import Maker

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A check that fails is told whole; the rest of the machinery would only repeat the request many times.
PHASES = (Phase.explicit, Phase.generate)


@pytest.fixture
def caller(app: Flask) -> Caller:
    """Make someone who may do everything, as often as they like, where every resource has a row."""
    caller = almighty(app)
    with app.app_context(), unit.transaction(system(), "test.limits") as bound:
        bound.session.execute(text("UPDATE setting SET value = '1000000' WHERE name LIKE 'api.requests%'"))
    return caller


def keys(app: Flask) -> dict[str, str]:
    """Make a row of every resource that can be entered, and name it by its address."""
    maker = Maker()
    with app.app_context():
        return {resource.plural: made for resource in registry if (made := _made(maker, resource))}


def _made(maker: Maker, resource: Resource) -> str:
    if not resource.form:
        return ""
    with contextlib.suppress(Refused):
        return maker.key(resource.name)
    return ""


def failures(caller: Caller, app: Flask, examples: int) -> Iterator[str]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    made = keys(app)
    for result in schema.get_all_operations():
        operation = result.ok()
        plural = operation.path.split("/")[1]
        known = {"key": made[plural]} if "{key}" in operation.path and plural in made else None
        for mode in GenerationMode:
            for parameters in (known, None) if known else (None,):
                problem = _failure(operation, mode, parameters, caller, examples)
                if problem:
                    yield problem


def _failure(operation: Any, mode: GenerationMode, parameters: Any, caller: Caller, examples: int) -> str:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=parameters))
    def ask(case: Any) -> None:
        response = case.call(headers={"Authorization": f"Bearer {caller.secret}", "Accept-Encoding": "identity"})
        case.validate_response(response, checks=CHECKS)

    try:
        ask()
    except schemathesis.errors.InvalidSchema:
        return ""
    except BaseException as error:  # noqa: BLE001 - every kind of failure is told
        told = getattr(error, "exceptions", [error])
        return f"{operation.method} {operation.path} {mode.value}: " + " | ".join(str(each)[:1200] for each in told)
    return ""


def test_whatever_is_sent_is_answered_as_documented(app: Flask, caller: Caller) -> None:
    found = list(failures(caller, app, int(os.environ.get("OUTLAY_TEST_EXAMPLES", "2"))))
    assert found == [], "\n\n".join(found)
