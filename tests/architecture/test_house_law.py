"""What imports cannot show, read off the syntax tree. An exception stands here with its reason, and a stale one fails."""

from __future__ import annotations

import ast
import functools
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import SLICES

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
MAX_FUNCTION, MAX_FILE, MAX_KERNEL = 60, 600, 1000

# (law, file) -> reason. The law is named by its test.
EXCEPTIONS: dict[tuple[str, str], str] = {}


def python_files(folder: Path = APP) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if not {"__pycache__", "node_modules"} & {*path.parts})


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@functools.cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(tree(path)))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes(path):
        if isinstance(node, ast.Call):
            target = node.func
            yield (target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")), node


def names(path: Path) -> Iterator[tuple[str, int]]:
    """Yield dotted names as they are written, such as `flask.g` or `session.info`."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node), node.lineno


def judge(law: str, offences: dict[str, list[str]]) -> None:
    """Fail on every offence without an exception, and on every exception without an offence."""
    allowed = {file for (name, file) in EXCEPTIONS if name == law}
    unexcused = [line for file, lines in offences.items() if file not in allowed for line in lines]
    stale = [f"exception without offence: {file}" for file in allowed if not offences.get(file)]
    assert not unexcused + stale, "\n".join(unexcused + stale)


def offending_calls(forbidden: set[str], *, except_in: tuple[str, ...] = ()) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in python_files():
        where = relative(path)
        if where.startswith(except_in):
            continue
        for name, call in calls(path):
            if name in forbidden:
                found.setdefault(where, []).append(f"{where}:{call.lineno}: {name}(")
    return found


def test_only_the_door_commits_and_rolls_back() -> None:
    judge("commit", offending_calls({"commit", "rollback"}, except_in=("app/infra/unit.py",)))


def test_rows_are_locked_by_machinery_only() -> None:
    judge("lock", offending_calls({"with_for_update"}, except_in=("app/infra/", "app/workers/")))


def test_only_the_clock_asks_what_time_it_is() -> None:
    found: dict[str, list[str]] = {}
    wall = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time"), ("time", "time_ns")}
    for path in python_files():
        where = relative(path)
        if where == "app/infra/clock.py":
            continue
        for name, line in names(path):
            if tuple(name.split(".")[-2:]) in wall:
                found.setdefault(where, []).append(f"{where}:{line}: {name}")
    judge("clock", found)


def test_request_globals_stay_at_the_doors() -> None:
    found: dict[str, list[str]] = {}
    for path in python_files():
        where = relative(path)
        own_door = where.startswith("app/modules/") and where.split("/")[3:4] in (
            ["console.py"],
            ["console"],
            ["api.py"],
            ["api"],
        )
        if (
            where.startswith(("app/console/", "app/api/", "app/workers/"))
            or own_door
            or where == "app/infra/identity.py"
        ):
            continue
        for node in nodes(path):
            if isinstance(node, ast.ImportFrom) and node.module in ("flask", "flask_login"):
                bound = {alias.name for alias in node.names} & {"g", "session", "request", "current_user"}
                if bound:
                    found.setdefault(where, []).append(f"{where}:{node.lineno}: imports {', '.join(sorted(bound))}")
    judge("globals", found)


def test_slices_never_count_money_in_floats() -> None:
    found = offending_calls({"float"})
    judge("float", {where: lines for where, lines in found.items() if where.startswith("app/modules/")})


def test_slices_change_rows_one_by_one() -> None:
    found: dict[str, list[str]] = {}
    for path in python_files(APP / "modules"):
        where = relative(path)
        for node in nodes(path):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sqlalchemy"):
                bulk = {alias.name for alias in node.names} & {"update", "delete", "insert", "text"}
                if bulk:
                    found.setdefault(where, []).append(f"{where}:{node.lineno}: imports {', '.join(sorted(bulk))}")
    judge("bulk", found)


def test_nothing_is_called_utils() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "misc.py", "util.py", "helper.py"}
    assert [
        relative(path) for path in python_files(ROOT / "app") + python_files(ROOT / "tests") if path.name in vague
    ] == []


def test_functions_and_files_stay_small() -> None:
    found: dict[str, list[str]] = {}
    for path in python_files():
        where = relative(path)
        lines = len(path.read_text().splitlines())
        if lines > MAX_FILE:
            found.setdefault(where, []).append(f"{where}: {lines} lines, at most {MAX_FILE}")
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    found.setdefault(where, []).append(f"{where}:{node.lineno}: {node.name} has {length} lines")
    judge("size", found)


def test_the_kernel_needs_the_standard_library_only() -> None:
    foreign = []
    for path in python_files(APP / "kernel"):
        for node in nodes(path):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                top = module.split(".")[0]
                if top not in sys.stdlib_module_names and not module.startswith("app.kernel"):
                    foreign.append(f"{relative(path)}:{node.lineno}: {module}")
    assert foreign == []


def test_the_kernel_stays_small() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in python_files(APP / "kernel"))
    assert lines < MAX_KERNEL


def test_slices_use_of_each_other_only_rules_tables_and_services() -> None:
    open_parts = {"domain", "models", "queries", "service"}
    found = []
    for path in python_files(APP / "modules"):
        own = path.relative_to(APP / "modules").parts[0]
        for node in nodes(path):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("app.modules."):
                continue
            parts = node.module.split(".")[2:]
            used = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
            found += [
                f"{relative(path)}:{node.lineno}: {node.module} {name}"
                for name in used
                if parts[0] != own and name not in open_parts
            ]
    assert found == []


@pytest.mark.parametrize("package", ["kernel", "infra"])
def test_no_two_modules_import_each_other(package: str) -> None:
    imports: dict[str, set[str]] = {}
    for path in python_files(APP / package):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        targets = set()
        for node in tree(path).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app."):
                targets |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
        imports[module] = targets
    graph = {
        module: {each for each in targets if each in imports and each != module} for module, targets in imports.items()
    }
    assert _cycle(graph) is None


def _cycle(graph: dict[str, set[str]]) -> list[str] | None:
    done: set[str] = set()

    def walk(module: str, trail: list[str]) -> list[str] | None:
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in done:
            return None
        for target in sorted(graph[module]):
            found = walk(target, [*trail, module])
            if found:
                return found
        done.add(module)
        return None

    return next((found for module in sorted(graph) if (found := walk(module, []))), None)


def test_every_slice_stands_within_the_walls() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["name"] == "Slices look upstream only")
    walled = {
        "the layers of 'Slices look upstream only'": {name.strip() for layer in layers for name in layer.split("|")},
        "the containers of 'Inside a slice'": set(
            next(each["containers"] for each in contracts if "containers" in each)
        ),
    }
    missing = [
        f"app.modules.{name}: name it in {where}"
        for name in SLICES
        for where in walled
        if f"app.modules.{name}" not in walled[where]
    ]
    assert not missing, "\n".join([*missing, "Both are in pyproject.toml, under tool.importlinter."])
