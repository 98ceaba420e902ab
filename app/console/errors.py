"""What is shown when a page cannot be: what went wrong, in words, and where to go from there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import redis
from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.console import gate, shell
from app.console.lists import Link
from app.console.shell import Crumb, Page, Shell
from app.infra import files, unit, violations
from app.kernel.problem import Kind, Refused

log = logging.getLogger(__name__)

_WORDS = {
    400: ("This was not understood", "Go back, look at what you entered, and send it again."),
    401: ("Your session has ended", "Sign in again."),
    403: ("Your roles do not allow this", "Ask an administrator for a role that does."),
    404: ("Nothing is here", "It does not exist, or your roles do not reach it. Check the address or search for it."),
    405: ("This address is not used that way", "Go back and use the buttons of the page."),
    409: ("This is not possible now", "Somebody may have changed it. Look at it as it is now."),
    413: ("This is too large", "Send at most 25 MB at once."),
    422: ("Something is not right", "Go back and correct it."),
    429: ("Too many requests", "Wait a minute, then go on."),
    500: (
        "Something broke here",
        "It is noted. Try again, and if it stays, give the request number to an administrator.",
    ),
    503: (
        "Something that is needed does not answer",
        "Outlay cannot reach its database. Nothing is lost. Try again in a minute.",
    ),
}


def register(app: Flask) -> None:
    """Answer every kind of failure of the console with a page; other doors answer in their own way."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(files.StoreDown, _without_files)
    app.register_error_handler(redis.RedisError, _unreachable)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _unreachable)
    app.register_error_handler(Exception, _broken)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as its page tells it."""

    code: int
    title: str
    text: str
    request_id: str
    actions: tuple[Link, ...] = ()
    problems: tuple[str, ...] = ()


def page(status: int, problems: Sequence[str] = ()) -> Response:
    """Draw the page of a failure; a script that asked for JSON gets the same words as JSON."""
    title, advice = _WORDS.get(status, (HTTPStatus(status).phrase, ""))
    if request.accept_mimetypes.best == "application/json":
        return make_response(jsonify(title=title, detail=" ".join(problems) or advice), status)
    one = len(problems) == 1
    failure = Failure(
        code=status,
        title=title,
        text=problems[0] if one else advice,
        request_id=gate.request_id(),
        actions=(Link("Go to the first page", "/", primary=True),),
        problems=() if one else tuple(problems),
    )
    around = _shell_or_none(status)
    drawn = render_template("error.html", shell=around, page=Page(title, (Crumb(title),)), error=failure)
    return make_response(drawn, status)


def _shell_or_none(status: int) -> Shell | None:
    """Put the menu around a failure, unless there is nobody to draw it for or no database to draw it from."""
    visit = gate.visitor()
    if visit is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    try:
        unit.abandon()
        return shell.shell(visit)
    except (DBAPIError, OSError):
        return None


def _http(error: HTTPException) -> Any:
    if gate.is_another_door() or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    response = page(error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _refused(refusal: Refused) -> Response:
    response = page(refusal.kind.value, [problem.message for problem in refusal.problems])
    if refusal.kind is Kind.LIMITED:
        response.headers.setdefault("Retry-After", "60")
    return response


def _forged(_: CSRFError) -> Response:
    return page(400, ["This page was opened in another session, or long ago. Load it again, then send it."])


def _database(error: DBAPIError) -> Response:
    if violations.is_stopped(error):
        log.warning("stopped: %s", error)
        return page(503, [violations.TOO_SLOW.message])
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return _unreachable(error)
    return _broken(error)


def _without_files(error: files.StoreDown) -> Response:
    log.warning("unreachable: %s", error)
    return page(503, [files.AWAY.message])


def _unreachable(error: Exception) -> Response:
    log.warning("unreachable: %s", error)
    return page(503)


def _broken(error: Exception) -> Response:
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    log.error("unexpected: %s", type(error).__name__, exc_info=error)
    return page(500)
