from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.api import codes, routes
from app.kernel.resource import registry


@pytest.fixture(scope="module")
def document(application: Flask) -> dict[str, Any]:
    return application.test_client().get("/api/v1/openapi.json").json


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_resource_and_command_is_in_the_document(document: dict[str, Any]) -> None:
    paths = document["paths"]
    for resource in registry:
        base = f"/{resource.plural}"
        assert "get" in paths[base]
        assert "get" in paths[f"{base}/{{key}}"]
        assert ("post" in paths[base]) == bool(resource.form)
        assert ("patch" in paths[f"{base}/{{key}}"]) == bool(resource.form)
        for command in resource.commands:
            parameters = paths[f"{base}/{{key}}/{command.name}"]["post"]["requestBody"]["content"]["application/json"]
            assert set(parameters["schema"]["properties"]) == {param.name for param in command.params}
            assert "post" in paths[f"{base}/{command.name}"]


def test_every_address_of_the_application_is_in_the_document(application: Flask, document: dict[str, Any]) -> None:
    known = {path.rstrip("/") for path in document["paths"]}
    for rule in application.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            path = rule.rule.removeprefix("/api/v1").rstrip("/")
            for name in rule.arguments:
                path = path.replace(f"<string:{name}>", f"{{{name}}}")
            path = path.replace("{plural}", "categories").replace("{command}", "close")
            assert path in known, rule


def test_every_operation_has_its_own_name_and_says_who_may(document: dict[str, Any]) -> None:
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]

    assert len(names) == len(set(names))
    assert all({"401", "403", "429", "503"} <= set(each["responses"]) for each in operations)
    changes = [each for each in operations if "requestBody" in each]
    assert all(each["security"] == [{"token": []}, {"session": [], "csrf": []}] for each in changes)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> Any:
        if isinstance(part, dict):
            yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                yield from references(each)

    for reference in set(references(document)):
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]
        assert at, reference


def test_the_pages_are_drawn_without_script_and_need_no_sign_in(application: Flask, document: dict[str, Any]) -> None:
    client = application.test_client()
    page = client.get("/api/v1/docs")

    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    for forbidden in ("<script", "style=", "onclick"):
        assert forbidden not in page.text
    for path in document["paths"].values():
        for operation in path.values():
            assert f'id="{operation["operationId"]}"' in page.text
    assert client.get("/api/v1/docs/static/docs.css", buffered=True).mimetype == "text/css"


def test_every_code_that_is_raised_is_explained(application: Flask) -> None:
    page = application.test_client().get("/api/v1/problems")

    known = codes.all_codes()
    for code in (
        "wrong_state",
        "required",
        "taken",
        "unknown_filter",
        "not_json",
        "file_empty",
        "out_of_reach",
        "not_text",
    ):
        assert known[code]
        assert f'<tr id="{code}">' in page.text
    assert not {"file", "neutral", "release"} & set(known)


@pytest.mark.parametrize("plural", ["me", "search", "docs"])
def test_a_resource_at_an_address_of_the_api_itself_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, plural: str
) -> None:
    from dataclasses import replace

    taken = replace(registry["category"], title=("X", plural.title()))
    monkeypatch.setattr(routes, "registry", [taken])
    with pytest.raises(ValueError, match="is taken by the API itself"):
        routes._check_names()
