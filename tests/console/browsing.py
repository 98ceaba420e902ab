"""What the tests of the console do with pages: read them, send their forms, count their queries."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from sqlalchemy import event

from app.infra.db import db

_INPUT = re.compile(
    r"<input\b[^>]*>|<textarea\b[^>]*>(?P<text>.*?)</textarea>|<select\b[^>]*>(?P<options>.*?)</select>", re.DOTALL
)
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


def text(page: Any) -> str:
    """Give the words of a page, without scripts, icons and markup."""
    bare = re.sub(r"(?s)<svg.*?</svg>|<template.*?</template>|<dialog.*?</dialog>", " ", page.text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bare)))


def form(page: Any, action: str = "", ident: str = "") -> dict[str, Any]:
    """Give what a form of a page would send as it is, as a browser does."""
    found = next(
        each for each in re.finditer(r"(?s)<form\b([^>]*)>(.*?)</form>", page.text) if _is(each[1], action, ident)
    )
    body = re.sub(r"(?s)<template.*?</template>", "", found[2])
    sent: dict[str, Any] = {}
    for field in _INPUT.finditer(body):
        attributes = {name: html.unescape(value or "") for name, value in _ATTRIBUTE.findall(field[0].split(">")[0])}
        name = attributes.get("name")
        if not name or "disabled" in attributes:
            continue
        if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
            continue
        value = _value(field, attributes)
        if value is not None:
            sent[name] = (
                [*sent[name], value]
                if isinstance(sent.get(name), list)
                else [sent[name], value]
                if name in sent
                else value
            )
    return sent


def _is(attributes: str, action: str, ident: str) -> bool:
    return (not action or f'action="{html.escape(action)}"' in attributes) and (
        not ident or f'id="{ident}"' in attributes
    )


def _value(field: re.Match[str], attributes: dict[str, str]) -> str | None:
    if field["text"] is not None:
        return html.unescape(field["text"])
    if field["options"] is not None:
        chosen = re.search(r'<option value="([^"]*)"[^>]*\bselected', field["options"])
        return html.unescape(chosen[1]) if chosen else ""
    return attributes.get("value", "on" if attributes.get("type") == "checkbox" else "")


def token(client: Any) -> str:
    """Give the token with which this client's forms are sent."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/preferences").text)
    assert found
    return found[1]


def post(client: Any, url: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
    """Send a form with its token."""
    return client.post(url, data={"csrf_token": token(client), **(data or {})}, **options)


@contextlib.contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    with app.app_context():
        engine = db.engine
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def inside(app: Flask, house: Any) -> Callable[[Callable[[Any], Any]], Any]:
    """Let things be done in a scene between two pages, each in a context of its own."""

    def done(act: Callable[[Any], Any]) -> Any:
        with app.app_context():
            return act(house)

    return done
