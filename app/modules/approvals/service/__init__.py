"""What other slices may ask of approvals, inside their own commands."""

from app.modules.approvals.service.cases import (
    BoundOf,
    Case,
    CaseOf,
    Chosen,
    Demand,
    Explained,
    PlannedStep,
    Preview,
    Progress,
    Waiting,
)
from app.modules.approvals.service.course import (
    changes_since,
    current,
    decide,
    explain,
    preview,
    reopen,
    rounds,
    start,
    why_not_decidable,
    withdraw,
)
from app.modules.approvals.service.documents import declare_document, kinds
from app.modules.approvals.service.inbox import waiting_for

__all__ = [
    "BoundOf",
    "Case",
    "CaseOf",
    "Chosen",
    "Demand",
    "Explained",
    "PlannedStep",
    "Preview",
    "Progress",
    "Waiting",
    "changes_since",
    "current",
    "decide",
    "declare_document",
    "explain",
    "kinds",
    "preview",
    "reopen",
    "rounds",
    "start",
    "waiting_for",
    "why_not_decidable",
    "withdraw",
]
