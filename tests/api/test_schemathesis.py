"""The API does what its document says: whatever is sent, it answers as documented, and never fails."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
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


class Trial:
    """Sends requests that the document allows, and some that it does not, and judges the answers."""

    def __init__(self, app: Flask, caller: Caller, examples: int) -> None:
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
        self.headers = {**caller.headers, "Accept-Encoding": "identity"}
        self.made = keys(app)
        self.examples = examples
        self.statuses: Counter[int] = Counter()

    def failures(self, tags: set[str] | None = None) -> list[str]:
        operations = [result.ok() for result in self.schema.get_all_operations()]
        chosen = [each for each in operations if tags is None or tags & set(each.definition.raw["tags"])]
        return [problem for operation in chosen for problem in self._of(operation)]

    def _of(self, operation: Any) -> Iterator[str]:
        """Try an operation with keys that were made up, and with one of a row that is there."""
        known = self.made.get(operation.path.split("/")[1]) if "{key}" in operation.path else None
        for mode in GenerationMode:
            for parameters in ({"key": known}, None) if known else (None,):
                try:
                    self._ask(operation, mode, parameters)
                except Exception as error:  # noqa: BLE001 - every kind of failure is told
                    told = " | ".join(str(each)[:1200] for each in getattr(error, "exceptions", [error]))
                    yield f"{operation.method} {operation.path} {mode.value}: {told}"

    def _ask(self, operation: Any, mode: GenerationMode, parameters: Any) -> None:
        strategy = operation.as_strategy(generation_mode=mode, path_parameters=parameters)

        @settings(
            max_examples=self.examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def ask(case: Any) -> None:
            response = case.call(headers=self.headers)
            self.statuses[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        ask()


def test_whatever_is_sent_to_a_resource_is_answered_as_documented(app: Flask, caller: Caller) -> None:
    trial = Trial(app, caller, examples=2)

    found = trial.failures({"Items", "You"})
    assert found == [], "\n\n".join(found)
    assert {200, 404, 422} <= set(trial.statuses)


@pytest.mark.slow
def test_whatever_is_sent_anywhere_is_answered_as_documented(app: Flask, caller: Caller) -> None:
    trial = Trial(app, caller, examples=int(os.environ.get("OUTLAY_TEST_EXAMPLES", "5")))

    found = trial.failures()
    assert found == [], "\n\n".join(found)
    assert {200, 201, 400, 404, 409, 422} <= set(trial.statuses)
