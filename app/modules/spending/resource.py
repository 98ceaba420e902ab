"""How records of spending are shown, written, searched, scoped and taken in from files."""

from __future__ import annotations

from app.infra.transfer import batches
from app.kernel.resource import Resource, Series, registry, within
from app.modules.spending import commands as do
from app.modules.spending import service
from app.modules.spending.models import SpendRecord

spend_records = registry.add(
    Resource(
        name="spend_record",
        model=SpendRecord,
        title=("Spending record", "Spending"),
        menu="Control",
        key="number",
        number=Series("SP", yearly=False, digits=7),
        icon="coins",
        order="-paid_on",
        list=("number", "paid_on", "stated_supplier", "purpose", "department", "reference", "amount", "state"),
        show=(
            (
                "Payment",
                ("number", "paid_on", "stated_supplier", "our_supplier", "reference", "amount", "tax", "gross"),
            ),
            ("What for", ("purpose", "department", "stated_category", "category", "cost_centre", "entity")),
            ("In base currency", ("base_amount", "rate", "rate_on", "rate_source")),
            ("Where from", ("source_file", "source_line", "source_hash", "state_reason")),
        ),
        form=(
            "entity",
            "paid_on",
            "stated_supplier",
            "our_supplier",
            "amount",
            "currency",
            "tax",
            "gross",
            "category",
            "cost_centre",
            "stated_category",
            "department",
            "purpose",
            "reference",
        ),
        filters=(
            "state",
            "entity",
            "our_supplier",
            "stated_supplier",
            "paid_on",
            "category",
            "cost_centre",
            "amount",
            "currency",
            "source_file",
            "department",
        ),
        search={"number": "A", "stated_supplier": "A", "reference": "B", "purpose": "C", "department": "D"},
        scope=within("entity", "cost_centre"),
        prepare=service.keep,
        check=service.why_not_record,
        commands=(do.set_aside, do.count_again),
        help="What was paid before Outlay or beside it, taken in from files. It counts in reports, apart from invoices.",
    )
)
batches.take_in(spend_records, service.ready)
