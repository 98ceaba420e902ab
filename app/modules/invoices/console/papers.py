"""How an invoice is called, and what it was judged to be, in plain words: which profile, which rules of which version, and each that it breaks."""

from __future__ import annotations

from dataclasses import dataclass

from app.console.gate import Visit
from app.infra.reachable import Reachable
from app.modules.invoices.domain.kinds import Format, Judged
from app.modules.invoices.models import Invoice

_SAID = {
    Judged.VALID: ("ok", "It keeps every rule of EN 16931."),
    Judged.INVALID: ("bad", "It breaks rules of EN 16931."),
    Judged.UNREADABLE: ("bad", "What is in it cannot be read."),
    Judged.UNCHECKED: ("neutral", "No rules are known for this format; it was judged by its arithmetic alone."),
}
_OF = {"rules": "EN 16931", "sums": "Our own arithmetic", "profile": "Its own profile"}


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that is broken, or a warning."""

    rule: str
    text: str
    where: str
    of: str
    tone: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on an e-invoice."""

    tone: str
    text: str
    sums: str
    profile: str
    rules: str
    broken: tuple[Broken, ...]


def is_to_enter(row: Invoice) -> bool:
    """Say whether somebody has to enter by hand what stands on the page."""
    return row.format is Format.PDF and not row.parsed and row.total is None


def title(visit: Visit, row: Invoice) -> str:
    """Call an invoice by whose it is; who may not know the supplier reads how the supplier numbers it (decision 17)."""
    if row.supplier is None or row.supplier in Reachable(visit.context, [row.supplier]):
        return row.summary
    return row.supplier_number or row.reference


def judgement(row: Invoice) -> Judgement | None:
    """Tell the verdict of an e-invoice; what was entered by hand has none."""
    if not row.parsed:
        return None
    tone, text = _SAID[row.judged]
    broken = tuple(
        Broken(
            each["rule"],
            each["text"],
            each["where"],
            _OF.get(each.get("of", "rules"), ""),
            "bad" if each["severity"] == "error" else "warn",
        )
        for each in row.findings
    )
    if tone == "ok" and any(each.tone == "bad" for each in broken):
        tone, text = "warn", "It keeps every rule of EN 16931, and not all of its own profile or of arithmetic."
    sums = "" if row.adds_up is None else "Its sums add up." if row.adds_up else "Its sums do not add up."
    return Judgement(tone, text, sums, row.profile or "", row.rules or "", broken)
