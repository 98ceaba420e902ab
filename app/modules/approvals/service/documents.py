"""Which kinds of documents are approved, how each is turned into a case, and what its approval is bound to."""

from __future__ import annotations

from app.modules.approvals.service.cases import BoundOf, CaseOf

_kinds: dict[str, tuple[CaseOf, BoundOf]] = {}


def declare_document(resource: str, case_of: CaseOf, bound_of: BoundOf) -> None:
    """Let policies be written for a kind of document.

    `case_of` reads a row of it as it stands now with all that policy may ask; `bound_of` only what its case is bound to.
    """
    if resource in _kinds:
        raise ValueError(f"two slices have {resource} approved")
    _kinds[resource] = case_of, bound_of


def case_of(resource: str) -> CaseOf | None:
    """Find how a kind of document is turned into a case."""
    known = _kinds.get(resource)
    return known[0] if known else None


def bound_of(resource: str) -> BoundOf | None:
    """Find how it is told what an approval of a kind of document would be bound to now."""
    known = _kinds.get(resource)
    return known[1] if known else None


def kinds() -> tuple[str, ...]:
    """List the kinds of documents that are approved."""
    return tuple(sorted(_kinds))
