"""The tolerances every installation begins with: cents lost in rounding stop nobody, everything else does."""

from __future__ import annotations

from app.infra import unit
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.invoices import queries
from app.modules.invoices.domain.tolerances import Measure

#: Over and under by line, rate or document, and for all of them together, in the currency of the invoice.
_CENT, _CENTS = "0.01", "0.05"
_FIRST = (
    ("ROUND-LINE", Measure.LINE_TOTAL, _CENTS),
    ("ROUND-TAX", Measure.TAX, _CENTS),
    ("ROUND-TOTAL", Measure.DOCUMENT_TOTAL, None),
    ("ROUND-PAYABLE", Measure.PAYABLE, None),
)


def enter_tolerances(context: Context) -> None:
    """Enter the first tolerances where none holds for everything yet."""
    with unit.reading(context) as bound:
        known = queries.list_general_measures(bound)
    for code, measure, together in _FIRST:
        if measure not in known:
            form = {"code": code, "measure": measure.value, "over_amount": _CENT, "under_amount": _CENT}
            unit.create(context, registry["tolerance"], {**form, "cap_amount": together})
