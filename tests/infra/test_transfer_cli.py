"""Files in and out of a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import text

from app.infra.db import db
from app.infra.transfer import work
from app.transfer_cli import register_cli


@pytest.fixture
def run(app: Flask, tmp_path: Path) -> Any:
    group = click.Group("outlay")
    register_cli(group)

    def invoke(*arguments: str) -> Result:
        with app.app_context():
            return app.test_cli_runner().invoke(group, arguments, obj=ScriptInfo(create_app=lambda: app))

    return invoke


def codes(app: Flask) -> list[str]:
    with app.app_context():
        db.session.rollback()
        return [code for (code,) in db.session.execute(text("SELECT code FROM unit ORDER BY code"))]


def test_a_file_is_checked_and_imported(app: Flask, run: Any, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("Kennung;Name;Farbe\nAAA;a;red\nBBB;b;blue\n")
    result = run("import", "units", str(file), "--map", "Kennung=code")
    assert (result.exit_code, codes(app)) == (1, [])
    assert "Farbe: choose the field it fills, or leave it out." in result.output
    result = run("import", "units", str(file), "--map", "Kennung=code", "--map", "Farbe=", "--dry-run")
    assert (result.exit_code, result.output, codes(app)) == (0, "2 rows: 2 to be entered\n", [])
    result = run("import", "unit", str(file), "--map", "Kennung=code", "--map", "Farbe=")
    assert (result.exit_code, result.output, codes(app)) == (0, "2 rows: 2 entered\n", ["AAA", "BBB"])


def test_refused_rows_are_named_and_end_with_another_exit_code(app: Flask, run: Any, tmp_path: Path) -> None:
    file, refused = tmp_path / "units.csv", tmp_path / "refused.csv"
    file.write_text("code,name,decimals\nAAA,a,0\nBBB,b,many\n")
    result = run("import", "units", str(file), "--refused", str(refused))
    assert (result.exit_code, codes(app)) == (1, ["AAA"])
    assert "line 3: Decimals: enter a whole number, such as 30" in result.output
    assert result.output.endswith("2 rows: 1 entered, 1 refused\n")
    assert refused.read_text("utf-8-sig").splitlines()[1].startswith("3,")
    result = run("import", "units", str(file), "--all-or-nothing", "--mode", "update")
    assert (result.exit_code, codes(app)) == (1, ["AAA"])
    assert "1 row is refused, so none would go in." in result.output


def test_rows_go_out_by_the_name_of_the_file_and_the_filter(app: Flask, run: Any, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("code,name,active\nAAA,a,yes\nBBB,b,no\n")
    run("import", "units", str(file))
    out = tmp_path / "out.csv"
    assert run("export", "units", str(out), "--filter", "active=no").exit_code == 0
    assert out.read_text() == "code,name,decimals,active\nBBB,b,0,no\n"
    assert (
        run("export", "units", "-", "--shown", "--filter", "active=no").output.splitlines()[0]
        == "Code,Name,Decimals,Active"
    )
    assert run("export", "units", str(tmp_path / "out.xlsx")).exit_code == 0
    assert (tmp_path / "out.xlsx").read_bytes()[:2] == b"PK"
    wrong = run("export", "units", "-", "--filter", "colour=red")
    assert (wrong.exit_code, "There is no filter colour." in wrong.output) == (1, True)


def test_what_does_not_exist_is_said(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("code\nA\n")
    assert "There is no resource colours. There are:" in run("import", "colours", str(file)).output
    assert "There is no active account nobody." in run("import", "units", str(file), "--as", "nobody").output
    assert "Write code=FIELD" in run("import", "units", str(file), "--map", "code").output


def test_an_import_that_was_broken_off_goes_on_where_it_ended(
    app: Flask, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "units.csv"
    file.write_text("code,name\n" + "".join(f"U{n:02d},Unit {n}\n" for n in range(25)))
    monkeypatch.setattr(work, "LINES_AT_ONCE", 10)
    real, calls = work._apply_group, []

    def broken_off(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(work, "_apply_group", broken_off)
    run("import", "units", str(file))
    assert len(codes(app)) == 20
    monkeypatch.setattr(work, "_apply_group", real)
    result = run("import", "units", str(file))
    assert result.output.startswith("An import of this file was broken off after 20 rows. It goes on from there.\n")
    assert result.output.endswith("25 rows: 25 entered\n")
    assert len(codes(app)) == 25
