"""What the rules say about an e-invoice, and what Outlay's own arithmetic says, apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["valid", "invalid", "unreadable", "unchecked"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: which, how bad, in plain words, where, on which business terms."""

    rule: str
    severity: Severity
    text: str
    where: str = ""
    terms: tuple[str, ...] = ()
    found: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one document.

    `status` is EN 16931's: schema and core business rules. "unchecked" means that no rule set is known for the format.
    `own_profile` is what the rules of the document's own profile say where they differ from the core and Outlay has them;
    `own_findings` are its broken rules.
    """

    status: Status
    profile: str = ""
    rules: str = ""
    findings: tuple[Finding, ...] = ()
    arithmetic: tuple[Finding, ...] = ()
    own_profile: Status = "unchecked"
    own_findings: tuple[Finding, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Tell whether Outlay's own sums agree with those stated."""
        return not any(finding.severity == "error" for finding in self.arithmetic)

    @property
    def sound(self) -> bool:
        """Tell whether the document is valid and adds up."""
        return self.status == "valid" and self.adds_up
