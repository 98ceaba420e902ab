"""Log lines that say which request they belong to and never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

HIDDEN = "[hidden]"
STYLES = ("readable", "json")

_bound: ContextVar[Mapping[str, Any]] = ContextVar("outlay_log_fields", default={})  # noqa: B039 - never changed in place

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)|secret|token|authori[sz]ation|cookie|iban|api_?key|private_?key|(?:audit|encryption)_?keys?"
    r"|signature|credential|(?:^|_)(?:otp|totp|pin|dsn|csrf|key)$",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    # A name and its value, in the spellings of query strings, JSON, Python and headers.
    re.compile(
        r"""((?:pass(?:word|wd|phrase)|[\w-]*secret[\w-]*|[\w-]*token|api[_-]?key|private[_-]?key"""
        r"""|(?:audit|encryption|secret|access)[_-]keys?)['"]?\s*[=:]\s*['"]?)(?!\[hidden\])[^\s'"&,;}\])]+""",
        re.IGNORECASE,
    ),
    re.compile(r"""((?:authorization|cookie|set-cookie)['"]?\s*[:=]\s*['"]?)[^\r\n'"}]+""", re.IGNORECASE),
    re.compile(r"(\b(?:bearer|basic)\s+)(?!\[hidden\])[\w.~+/=-]{6,}", re.IGNORECASE),
    # user:password@host in an address.
    re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE),
    re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_SHORTEST_IBAN = 15

# What every log record has by itself; the rest was given as `extra`.
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@contextmanager
def bind(**fields: Any) -> Iterator[None]:
    """Put fields such as request_id or event_id on every log line written inside."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bound() -> Mapping[str, Any]:
    """Give what is bound now, to carry it into a job or an outgoing request."""
    return _bound.get()


def redact(text: str) -> str:
    """Hide what looks like a secret in a sentence."""
    for pattern in _SECRET_TEXT:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return _IBAN.sub(_hide_iban, text)


def redact_field(name: str, value: Any) -> Any:
    """Hide a value whose name says that it is secret, and secrets inside other values."""
    if value is not None and _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): redact_field(str(key), part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_field("", part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))


class JsonFormatter(logging.Formatter):
    """Write a line for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Give one JSON object on one line."""
        line = {
            "at": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class ReadableFormatter(logging.Formatter):
    """Write a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Give time, level, source, sentence and fields; a stack trace follows on lines of its own."""
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        # A line break in what somebody typed must not look like another log line.
        message = redact(record.getMessage()).replace("\r", "\\r").replace("\n", "\\n")
        line = f"{_instant(record)[11:23]} {record.levelname.lower():<8}{record.name}: {message}{fields}"
        if record.exc_info:
            line += "\n" + redact(self.formatException(record.exc_info))
        return line


def configure(level: str = "INFO", style: str = "readable", stream: TextIO | None = None) -> None:
    """Send every log line of this process to one stream, in one style, at or above a level."""
    if style not in STYLES:
        raise ValueError(f"{style!r} is not a log style. Use {' or '.join(STYLES)}.")
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else ReadableFormatter())
    root = logging.getLogger()
    root.setLevel(level.upper())
    root.handlers[:] = [handler]
    # These tell at INFO what the web server and the worker tell better themselves.
    for chatty in (
        "botocore",
        "boto3",
        "urllib3",
        "s3transfer",
        "PIL",
        "rq.worker",
        "alembic",
        "flask_appbuilder.base",
    ):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    given = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
    return {name: redact_field(name, value) for name, value in {**_bound.get(), **given}.items()}


def _hide_iban(found: re.Match[str]) -> str:
    """Hide an account number, and leave what only looks like one; words may have been caught behind it."""
    text = found.group()
    for end in range(len(text), _SHORTEST_IBAN - 1, -1):
        compact = text[:end].replace(" ", "")
        if text[end - 1] != " " and len(compact) >= _SHORTEST_IBAN and _adds_up(compact):
            return f"{compact[:2]}{HIDDEN}{text[end:]}"
    return text


def _adds_up(iban: str) -> bool:
    """Check the two check digits of an account number (ISO 13616)."""
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
