"""The characters banks take: names and texts are spelled in them, not dropped and not turned into question marks."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from anyascii import anyascii

LONGEST_ID = 35
_ALLOWED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
# Where people spell differently from a plain transcription, and signs that have a word or a neighbour in the set.
_SPELLED = {
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS",
    "å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe",
    "&": "+", "@": "(at)", "_": "-", "#": "No.", "%": "pct", "€": "EUR", "£": "GBP", "$": "USD", "§": "Par.",
    "[": "(", "]": ")", "{": "(", "}": ")", "<": "(", ">": ")", '"': "'", "`": "'", ";": ",", "=": "-", "*": "x",
    "|": "/", "\\": "/", "!": ".", "~": "-", "^": ".",
}  # fmt: skip
_TABLE = str.maketrans(_SPELLED)


def plain(text: str) -> str:
    """Spell a text in the characters of SEPA, on one line; what nobody can spell becomes a point."""
    composed = unicodedata.normalize("NFC", text).translate(_TABLE)
    spelled = "".join(anyascii(char).translate(_TABLE) or _unspoken(char) for char in composed)
    return " ".join(_ALLOWED.sub(".", " ".join(spelled.split())).split())


def _unspoken(char: str) -> str:
    """Drop marks and controls, which have no sound of their own, and keep a place for any other sign."""
    return "" if unicodedata.category(char) in {"Mn", "Me", "Cf"} else " " if char.isspace() else "."


def name(text: str, length: int) -> str:
    """Spell a name and cut it to the length a bank takes."""
    return plain(text)[:length].strip()


def identifier(text: str, length: int = LONGEST_ID) -> str:
    """Write an id as banks take it; one that had to be changed or cut carries a print of the whole, to stay the only one."""
    # Slashes divide references in older formats; a pair, or one at an end, is refused by the rules of SEPA.
    spelled = re.sub(r"/+", "-", plain(text)).replace(" ", "-").strip("-")
    if spelled == text and len(spelled) <= length:
        return spelled
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10].upper()
    return f"{spelled[: length - len(mark) - 1]}-{mark}".lstrip("-")
