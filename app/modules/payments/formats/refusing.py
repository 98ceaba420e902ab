"""How a file is refused: one sentence that names the line and the field, and a code for scripts."""

from __future__ import annotations

from typing import Any

from app.kernel.problem import Kind, Problem, Refused


def problem(code: str, message: str, *, line: int | None = None, field: str | None = None, **values: Any) -> Problem:
    """State what is wrong with a file, and in which line (counted from 1) where that is known."""
    words = message if line is None else f"Line {line}: {message}"
    placed = values if line is None else {**values, "line": line}
    return Problem(code, words, field, placed)


def refused(code: str, message: str, *, line: int | None = None, field: str | None = None, **values: Any) -> Refused:
    """Make the refusal of a file, to be raised."""
    return Refused(Kind.INVALID, problem(code, message, line=line, field=field, **values))


def too_large(limit: int) -> Refused:
    """Make the refusal of a file that is too large to be read at once."""
    words = f"The file is larger than {limit // 1024 // 1024} MB. Ask the bank for a shorter period."
    return Refused(Kind.TOO_LARGE, Problem("too_large", words, None, {"limit": limit}))


def shown(text: str, length: int = 40) -> str:
    """Quote a piece of a file so that it fits into a sentence and stays on one line."""
    plain = "".join(char if char.isprintable() else " " for char in text).strip()
    return f"“{plain[:length]}…”" if len(plain) > length else f"“{plain}”"
