"""Every code a problem can bear, read off the sources, so that the list can be neither too short nor too long."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).resolve().parents[1]
#: Where each maker of problems takes the code; the message follows it.
_MAKERS = {"Problem": 0, "FileRefused": 0, "Unfit": 1, "_wrong": 1}
Named = list[tuple[str, int, str]]
_CODE = re.compile(r"[a-z][a-z0-9_]+")


@functools.cache
def all_codes() -> dict[str, tuple[str, ...]]:
    """List each code with the messages it comes with; `…` stands for what differs from case to case."""
    found: dict[str, set[str]] = {}
    for path in sorted(APP.rglob("*.py")):
        # Pairs there are what a page shows, such as a tone and its words, or what the demo company buys.
        is_page = {"console", "demo"} & {*path.relative_to(APP).parts}
        for code, message in _in_source(ast.parse(path.read_text(encoding="utf-8")), with_pairs=not is_page):
            found.setdefault(code, set()).add(message)
    return {code: tuple(sorted(messages - {""})) for code, messages in sorted(found.items())}


def _in_source(tree: ast.Module, *, with_pairs: bool) -> Iterator[tuple[str, str]]:
    named = _named_texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in _MAKERS:
            yield from _pair(node.args[_MAKERS[_called(node)] :], named)
        elif with_pairs and isinstance(node, ast.Return | ast.Dict):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Tuple):
                    yield from _pair(inner.elts, named, sentence=True)


def _pair(parts: list[ast.expr], named: Named, *, sentence: bool = False) -> Iterator[tuple[str, str]]:
    """Take a code and the message after it; `sentence` wants one that reads like it, as a plain pair may be anything.

    A message is a whole sentence, or the rest of one that begins with the name of a field.
    """
    code, message = (_text(each, named) for each in (*parts, *[ast.Constant("")] * 2)[:2])
    reads = " " in message and (message[0].islower() or message.endswith((".", "…")))
    if _CODE.fullmatch(code) and (reads or not sentence):
        yield code, message


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _text(node: ast.expr, named: Named) -> str:
    """Read a message as far as it is written in the source."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.Name):
        return next((text for name, line, text in reversed(named) if name == node.id and line < node.lineno), "")
    return ""


def _named_texts(tree: ast.AST) -> Named:
    """Find the messages that are given a name before they are used: the name, its line, and the text."""
    found = [
        (target.id, node.lineno, text)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (text := _text(node.value, []))
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return sorted(found, key=lambda each: each[1])
