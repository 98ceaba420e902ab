"""The committed assets are what build.py makes of the present sources; asked without npm and without a browser."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ASSETS = Path(__file__).parents[2] / "app/console/assets"
STATIC = ASSETS.parent / "static"


@pytest.fixture
def build() -> ModuleType:
    """Load the script that builds, as its own module."""
    spec = importlib.util.spec_from_file_location("build_assets", ASSETS / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_manifest_is_what_the_build_writes_about_the_committed_files(build, tmp_path, monkeypatch):
    copied = shutil.copytree(STATIC, tmp_path / "static")
    monkeypatch.setattr(build, "STATIC", copied)
    build.write_manifest()
    assert (copied / "manifest.json").read_text() == (STATIC / "manifest.json").read_text()


def test_the_committed_files_were_built_from_the_present_sources(build):
    told = "Sources changed since: run app/console/assets/build.py and commit what it makes."
    assert (ASSETS / "built-from.txt").read_text().strip() == build.sources_stamp(), told


def test_a_changed_source_is_noticed(build, tmp_path, monkeypatch):
    copied = shutil.copytree(ASSETS / "src", tmp_path / "src")
    monkeypatch.setattr(build, "SOURCES", copied)
    before = build.sources_stamp()
    (copied / "css/outlay.css").write_text((copied / "css/outlay.css").read_text() + "\n")
    assert build.sources_stamp() != before


def test_every_file_the_manifest_names_is_there_and_no_other(build):
    named = json.loads((STATIC / "manifest.json").read_text())
    assert named.keys() == {path.name for path in STATIC.iterdir() if path.is_file()} - {"manifest.json"}
