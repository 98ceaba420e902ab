"""What a script is told when something cannot be done: RFC 9457 problem answers, with every problem at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, got_request_exception, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.routing import RequestRedirect

from app.api.answers import PREFIX, answer, request_id
from app.infra import files, violations
from app.infra.audit import plain
from app.kernel.problem import Problem, Refused

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
TYPES = f"{PREFIX}/problems"
_BUSY = {"40001", "40P01", "55P03"}
_SERVER_AWAY = Problem("unavailable", "A server that is needed for this does not answer. Try again in a moment.")

#: What each status says at this door; the documentation shows the same words.
TITLES = {
    400: "The request cannot be read",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Not offered here",
    409: "Not possible now",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Wrong content type",
    422: "Check what was sent",
    428: "Say which version this is about",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Not available now",
}


class Unfit(Exception):
    """Raised when a request does not reach a rule of the business: unreadable, unsigned, unlimited."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.headers = status, dict(headers or {})
        self.problem = Problem(code, message)
        super().__init__(message)


def answer_to(error: Exception) -> Response:
    """Turn whatever went wrong into an answer; what nobody foresaw is logged and told without its inside."""
    if isinstance(error, RequestRedirect):
        return Response(status=error.code, headers={"Location": error.new_url})
    if isinstance(error, Refused):
        return problem_answer(error.kind.value, error.problems)
    if isinstance(error, Unfit):
        return problem_answer(error.status, [error.problem], error.headers)
    if isinstance(error, HTTPException) and error.code is not None and error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem_answer(error.code, [_of_http(error)], _headers_of(error))
    return _unforeseen(error)


def problem_answer(status: int, problems: Iterable[Problem], headers: Mapping[str, str] | None = None) -> Response:
    """Write a problem answer."""
    found = list(problems)
    body = {
        "type": f"{TYPES}#{found[0].code}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": " ".join(problem.message for problem in found[:5]),
        "instance": request.path,
        "request_id": request_id(),
        "problems": [told(problem) for problem in found],
    }
    return answer(body, status, headers, media_type=MEDIA_TYPE)


def told(problem: Problem) -> dict[str, Any]:
    """Write one problem: its code for scripts, its message for people, its field and values where it has them."""
    return {
        "code": problem.code,
        "message": problem.message,
        "field": problem.field,
        "values": plain(dict(problem.values)),
    }


def _of_http(error: HTTPException) -> Problem:
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem("method_not_allowed", f"{request.method} is not offered here. Use {allowed}.")
    if isinstance(error, RequestEntityTooLarge):
        return Problem("too_large", "The request is too large. Send less, or a smaller file.")
    if error.code == HTTPStatus.NOT_FOUND:
        return Problem("unknown_path", "There is nothing at this address. GET /api/v1 lists what there is.")
    return Problem("bad_request", "The request cannot be read. Check its headers and body.")


def _headers_of(error: HTTPException) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return {"Allow": ", ".join(sorted(error.valid_methods))}
    return {}


def _unforeseen(error: Exception) -> Response:
    pgcode = getattr(getattr(error, "orig", None), "pgcode", None)
    if isinstance(error, DBAPIError) and pgcode in _BUSY:
        return problem_answer(409, [Problem("busy", "Someone else is changing this right now. Try again.")])
    if isinstance(error, DBAPIError) and violations.is_stopped(error):
        return _away(error, violations.TOO_SLOW)
    if isinstance(error, files.StoreDown):
        return _away(error, files.AWAY)
    if isinstance(error, PoolTimeout) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return _away(error)
    if isinstance(error, DBAPIError) and pgcode is None and type(error).__name__ == "OperationalError":
        return _away(error)
    got_request_exception.send(current_app._get_current_object(), exception=error)  # type: ignore[attr-defined]  # noqa: SLF001
    log.error("unforeseen error in %s %s", request.method, request.path, exc_info=error)
    message = f"Something went wrong on our side, and nothing was changed. Tell us this number: {request_id()}."
    return problem_answer(500, [Problem("internal_error", message)])


def _away(error: Exception, problem: Problem = _SERVER_AWAY) -> Response:
    log.error("not available: %s %s: %s", request.method, request.path, error)
    return problem_answer(503, [problem], {"Retry-After": "5"})
