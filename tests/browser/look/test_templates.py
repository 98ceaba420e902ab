"""What the content security policy asks of every template, and that the built files are the ones the manifest names."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from tests.browser.look.site import CONSOLE

TEMPLATES = sorted((CONSOLE / "templates").glob("**/*.html"))
STATIC = CONSOLE / "static"
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle="),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "an inline handler": re.compile(r"\son[a-z]+="),
    "a style element": re.compile(r"<style"),
    "htmx that evaluates": re.compile(r"hx-on|hx-(vals|headers)=['\"]js:|hx-trigger=\"[^\"]*\["),
    "another host": re.compile(r"(src|href)=\"https?://"),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_nothing_that_the_policy_forbids(template: object) -> None:
    text = template.read_text()  # type: ignore[attr-defined]
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_every_static_file_is_named_with_the_hash_of_its_content() -> None:
    manifest = json.loads((STATIC / "manifest.json").read_text())
    files = {path.name: path for path in STATIC.iterdir() if path.is_file() and path.name != "manifest.json"}
    assert manifest.keys() == files.keys()
    for name, path in files.items():
        assert manifest[name] == f"{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:10]}"


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'id="([a-z0-9-]+)"', (STATIC / "icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'icon\("([a-z0-9-]+)"', path.read_text())}
    states = re.findall(r'\("[^"]+", "[a-z]+", "([a-z0-9-]+)"\)', (CONSOLE / "templates/_states.html").read_text())
    assert (named | set(states)) - drawn == set()


def test_every_package_keeps_its_licence() -> None:
    kept = {path.stem for path in (STATIC / "licences").iterdir()}
    wanted = json.loads((CONSOLE / "assets/package.json").read_text())["dependencies"]
    assert kept == {name.strip("@").replace("/", "-") for name in wanted}
