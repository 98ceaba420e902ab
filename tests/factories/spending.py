"""What valid records of spending look like."""

from __future__ import annotations

from typing import Any


def spend_record(maker: Any, number: int) -> dict[str, Any]:
    return {
        "entity": maker.key("entity"),
        "paid_on": "2026-10-20",
        "stated_supplier": f"Redacted {number}",
        "our_supplier": maker.key("supplier"),
        "amount": f"{number}.50",
        "currency": maker.key("currency"),
        "tax": "2.50",
        "gross": f"{number + 3}.00",
        "cost_centre": maker.key("cost_centre"),
        "category": maker.key("category"),
        "stated_category": "Supplies",
        "department": "Parks",
        "purpose": "Seeds",
        "reference": f"60012157{number:02d}",
    }


FORMS = {"spend_record": spend_record}
