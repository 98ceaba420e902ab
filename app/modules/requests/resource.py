"""How requests are shown, written, searched and scoped."""

from __future__ import annotations

from app.kernel.resource import Children, Resource, Series, between, registry
from app.modules.approvals.service import declare_document
from app.modules.budgets.service import declare_holder
from app.modules.requests import commands as do
from app.modules.requests import service
from app.modules.requests.models import Request, RequestLine, RequestSplit

requests = registry.add(
    Resource(
        name="request",
        model=Request,
        title=("Request", "Requests"),
        menu="Buying",
        key="number",
        number=Series("REQ"),
        icon="file-text",
        order="-number",
        help="What people need, why, and who agreed to it.",
        list=("number", "title", "requester", "supplier", "cost_centre", "total", "state", "needed_by"),
        show=(
            ("Request", ("number", "title", "reason", "requester", "wanted_for", "needed_by", "deliver_to")),
            ("Charged to", ("entity", "cost_centre", "project", "supplier")),
            ("Amount", ("total", "currency", "base_total", "rate", "rate_on", "rate_source")),
            ("Course", ("ordered", "revision", "submitted_at", "returned_reason", "state_reason")),
        ),
        form=(
            "title",
            "reason",
            "wanted_for",
            "cost_centre",
            "project",
            "supplier",
            "currency",
            "needed_by",
            "deliver_to",
        ),
        editable_in=("draft", "submitted", "approved"),
        children=(
            Children(
                "lines",
                RequestLine,
                (
                    "item",
                    "text",
                    "quantity",
                    "unit",
                    "unit_price",
                    "category",
                    "tax_code",
                    "cost_centre",
                    "project",
                    "supplier",
                    "needed_by",
                ),
            ),
            Children("splits", RequestSplit, ("line", "cost_centre", "project", "percent", "amount")),
        ),
        filters=(
            "state",
            "ordered",
            "requester",
            "wanted_for",
            "entity",
            "cost_centre",
            "project",
            "supplier",
            "total",
            "needed_by",
            "submitted_at",
        ),
        search={
            "number": "A",
            "title": "A",
            "requester.last_name": "B",
            "supplier.name": "B",
            "lines.text": "C",
            "reason": "D",
        },
        scope=between("entity", "cost_centre"),
        personal=("requester", "wanted_for"),
        prepare=service.keep,
        check=service.why_not_request,
        commands=(
            do.approve,
            do.request_changes,
            do.reject,
            do.submit,
            do.withdraw,
            do.close,
            do.cancel,
            do.discard,
        ),
        announces=(service.Reopened,),
    )
)

declare_document(service.NAME, service.case_of, service.bound_of)
declare_holder(service.NAME, service.live)
