"""The reports there are, each over the rows of one list."""

from __future__ import annotations

from functools import partial

from app.infra.figures import Grouping, Measure, Report, declare
from app.modules.reports import queries

_COST_CENTRE, _ENTITY = Grouping("cost_centre", "Cost centre"), Grouping("entity", "Entity")

declare(
    Report(
        name="spending",
        title="Spending recorded elsewhere",
        help="What was paid before Outlay or beside it, as the files say. Net, in the currency of the entity.",
        resource="spend_record",
        measures=(Measure("amount", "Paid", queries.recorded),),
        groupings=(
            Grouping("our_supplier", "Supplier"), Grouping("paid_on", "Month"), Grouping("department", "Department"),
            Grouping("category", "Category"), _COST_CENTRE, _ENTITY,
        ),
        always={"state": "counted"},
        filters=("paid_on",),
    )
)  # fmt: skip
declare(
    Report(
        name="invoiced",
        title="Invoiced spend",
        help="Posted invoices less credit notes. With tax, in the currency of the entity.",
        resource="invoice",
        measures=(Measure("amount", "Invoiced", queries.invoiced),),
        groupings=(Grouping("supplier", "Supplier"), Grouping("posted_on", "Month"), _COST_CENTRE, _ENTITY),
        always={"state": "posted"},
        filters=("posted_on",),
    )
)
declare(
    Report(
        name="invoiced-by-category",
        title="Invoiced by category",
        help="Lines of posted invoices less credit notes. Net, without charges on whole documents and deposits for orders, in the currency of the entity.",
        resource="invoice",
        parts="lines",
        measures=(Measure("amount", "Invoiced", queries.invoiced_line),),
        groupings=(
            Grouping("lines.category", "Category"), Grouping("lines.cost_centre", "Cost centre of the line"),
            Grouping("posted_on", "Month"), Grouping("supplier", "Supplier"), _ENTITY,
        ),
        always={"state": "posted"},
        filters=("posted_on",),
    )
)  # fmt: skip
declare(
    Report(
        name="open-items",
        title="Open items by age",
        help="What is still to be paid of posted invoices, by how long it has been due. In the currency of the entity.",
        resource="invoice",
        parts="open_items",
        measures=(Measure("open", "Open", queries.open_amount, "over"),),
        groupings=(
            Grouping("open_items.due_on", "Days late", late=(0, 30, 60, 90), by="late"),
            Grouping("open_items.due_on", "Month due", by="due"), Grouping("supplier", "Supplier"), _COST_CENTRE, _ENTITY,
        ),
        always={"state": "posted", "paid.not": "all"},
        filters=("open_items.due_on",),
    )
)  # fmt: skip
declare(
    Report(
        name="approval-times",
        title="Approval times",
        help="How many days passed from asking in a step until each decision, weekends included.",
        resource="approval",
        parts="decisions",
        measures=(
            Measure("average", "Days on average", queries.days_to_decide, "this", "avg"),
            Measure("longest", "Longest", queries.days_to_decide, "over", "max"),
        ),
        groupings=(
            Grouping("decisions.step.label", "Step", by="step"), Grouping("decisions.person", "Person", by="person"),
            _COST_CENTRE, Grouping("policy", "Policy"), Grouping("resource", "Kind of document"), _ENTITY,
        ),
        currency="",
        filters=("opened_at",),
        icon="clock",
    )
)  # fmt: skip
declare(
    Report(
        name="commitments",
        title="Open commitments",
        help="What is ordered and not invoiced yet. Net, in the currency of the entity.",
        resource="order",
        measures=(
            Measure("committed", "Not invoiced", queries.committed, "commit"),
            Measure("received", "Of it received", queries.received_not_invoiced),
        ),
        groupings=(Grouping("supplier", "Supplier"), _COST_CENTRE, Grouping("promised_for", "Month promised"), _ENTITY),
        always={"state": "issued,amending", "kind": "standard", "open_commitment.from": "0.01"},
        filters=("promised_for",),
    )
)
declare(
    Report(
        name="received-not-invoiced",
        title="Received, not invoiced",
        help="What has come of orders and no invoice covers: what an accrual is made of. Net, in the currency of the entity.",
        resource="order",
        measures=(Measure("received", "Received, not invoiced", queries.received_not_invoiced),),
        groupings=(Grouping("supplier", "Supplier"), _COST_CENTRE, _ENTITY),
        always={"state": "issued,amending,closed", "kind": "standard", "received_not_invoiced.from": "0.01"},
        filters=("promised_for",),
    )
)
declare(
    Report(
        name="budgets",
        title="Budget against actual and commitment",
        help="What budgets hold, and what of it is invoiced, ordered and asked for. A budget inside another counts in both.",
        resource="budget_cell",
        measures=(
            Measure("actual", "Actual", partial(queries.of_balance, "actual")),
            Measure("committed", "Committed", partial(queries.of_balance, "committed"), "commit"),
            Measure("reserved", "Reserved", partial(queries.of_balance, "reserved"), "this"),
            Measure("budget", "Budget", queries.budgeted, "left"),
        ),
        groupings=(_COST_CENTRE, Grouping("category", "Category"), Grouping("project", "Project"), _ENTITY),
        always={"state.not": "withdrawn"},
        currency="currency",
        stacked=True,
        filters=("year",),
    )
)
declare(
    Report(
        name="on-time",
        title="Deliveries on time",
        help="How many of a hundred deliveries came by the day their order was promised for. Orders without a day do not count.",
        resource="receipt",
        measures=(Measure("share", "On time in percent", queries.on_time, "actual", "avg"),),
        groupings=(
            Grouping("order.supplier", "Supplier", by="supplier"), Grouping("received_on", "Month"), _COST_CENTRE, _ENTITY,
        ),
        always={"state": "posted", "order.promised_for.empty": "no"},
        currency="",
        filters=("received_on",),
        icon="package",
    )
)  # fmt: skip
