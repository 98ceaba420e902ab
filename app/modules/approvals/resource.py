"""How policies, rounds of approval and delegations are shown, written, searched and scoped."""

from __future__ import annotations

from app.kernel.resource import Children, Resource, between, own, registry, within
from app.kernel.resource import Series as NumberSeries
from app.modules.approvals import commands as do
from app.modules.approvals.domain import events
from app.modules.approvals.models import (
    Approval,
    ApprovalCondition,
    ApprovalDecision,
    ApprovalPolicy,
    ApprovalRule,
    ApprovalSeat,
    ApprovalStep,
    Delegation,
)
from app.modules.approvals.service import chasing, policies

MENU = "Approving"

approval_policies = registry.add(
    Resource(
        name="approval_policy",
        model=ApprovalPolicy,
        title=("Approval policy", "Approval policies"),
        menu=MENU,
        key="number",
        number=policies.SERIES,
        icon="shield-check",
        list=("number", "name", "document", "entity", "revision", "published_at", "state"),
        show=(
            ("Policy", ("number", "name", "document", "entity", "currency", "note")),
            ("Decisions", ("same_person", "fallback_role")),
            ("Changes", ("reopen_from_stage", "material_percent", "material_amount")),
            ("Version", ("revision", "replaces", "published_at", "published_by", "hash")),
        ),
        form=(
            "name",
            "document",
            "entity",
            "currency",
            "same_person",
            "fallback_role",
            "reopen_from_stage",
            "material_percent",
            "material_amount",
            "note",
        ),
        editable_in=("draft",),
        children=(
            Children(
                "rules",
                ApprovalRule,
                (
                    "code",
                    "label",
                    "effect",
                    "reason",
                    "stage",
                    "resolver",
                    "person",
                    "role",
                    "levels",
                    "mode",
                    "quorum",
                    "due_days",
                    "on_due",
                    "delegable",
                    "fallback",
                ),
            ),
            Children("conditions", ApprovalCondition, ("rule", "alternative", "fact", "operator", "value")),
        ),
        filters=("state", "document", "entity"),
        search={"number": "A", "name": "A", "rules.label": "B", "note": "C"},
        scope=within("entity"),
        check=policies.why_not_policy,
        commands=(do.publish, do.retire, do.copy, do.try_on),
        help="Who decides about which documents. A published version stays as it is; make a new one to change it.",
    )
)

approvals = registry.add(
    Resource(
        name="approval",
        model=Approval,
        title=("Approval", "Approvals"),
        menu=MENU,
        key="number",
        icon="checklist",
        order="-number",
        list=("number", "document_key", "title", "requester", "amount", "opened_at", "state"),
        show=(
            ("Document", ("resource", "document_key", "title", "requester", "amount")),
            ("Place", ("entity", "cost_centre")),
            ("Round", ("revision", "opened_at", "closed_at", "state_reason")),
            ("Policy", ("policy", "policy_hash", "content_hash")),
        ),
        children=(
            Children(
                "steps", ApprovalStep, ("stage", "label", "reason", "state", "needed", "due_at", "note"), fixed=True
            ),
            Children("seats", ApprovalSeat, ("step", "person", "via", "state", "since"), fixed=True),
            Children(
                "decisions",
                ApprovalDecision,
                ("step", "person", "for_person", "verdict", "comment", "at", "channel"),
                fixed=True,
            ),
        ),
        filters=(
            "state",
            "resource",
            "document_key",
            "requester",
            "entity",
            "cost_centre",
            "policy",
            "opened_at",
            "amount",
        ),
        search={"number": "A", "document_key": "A", "title": "B", "requester.last_name": "C"},
        scope=between("entity", "cost_centre"),
        commands=(do.reassign, do.remind),
        announces=(
            events.Asked,
            events.Decided,
            events.Returned,
            events.Reminded,
            events.Escalated,
            events.Delegated,
            events.Informed,
        ),
        help="Who was asked about a document, why, and what they decided.",
    )
)

delegations = registry.add(
    Resource(
        name="delegation",
        model=Delegation,
        title=("Delegation", "Delegations"),
        menu=MENU,
        key="number",
        number=NumberSeries("DG", yearly=False),
        icon="user-share",
        list=("number", "person", "deputy", "from_on", "to_on", "document", "state"),
        show=(
            ("Delegation", ("person", "deputy", "from_on", "to_on", "reason")),
            ("Limits", ("document", "entity", "most_amount")),
        ),
        form=("person", "deputy", "from_on", "to_on", "document", "entity", "most_amount", "reason"),
        editable_in=("active",),
        filters=("state", "deputy", "from_on", "to_on"),
        search={"number": "A", "deputy.last_name": "B", "person.last_name": "B", "reason": "C"},
        scope=own("account_id"),
        prepare=chasing.keep_delegation,
        check=chasing.why_not_delegation,
        commands=(do.end,),
        help="Who decides in your place while you are away. Nobody ever decides what they asked for themselves.",
    )
)
