"""Which kinds of documents are approved, and how each is turned into a case."""

from __future__ import annotations

from app.modules.approvals.service.cases import CaseOf

_kinds: dict[str, CaseOf] = {}


def declare_document(resource: str, case_of: CaseOf) -> None:
    """Let policies be written for a kind of document; `case_of` reads a row of it as it stands now."""
    if resource in _kinds:
        raise ValueError(f"two slices have {resource} approved")
    _kinds[resource] = case_of


def case_of(resource: str) -> CaseOf | None:
    """Find how a kind of document is turned into a case."""
    return _kinds.get(resource)


def kinds() -> tuple[str, ...]:
    """List the kinds of documents that are approved."""
    return tuple(sorted(_kinds))
