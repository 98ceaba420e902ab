"""What valid items look like."""

from __future__ import annotations

from typing import Any


def item(maker: Any, number: int) -> dict[str, Any]:
    price = {
        "supplier": maker.key("supplier"),
        "supplier_number": f"A-{number}",
        "currency": maker.key("currency"),
        "valid_from": "2026-01-01",
    }
    return {
        "code": f"I-{number:05d}",
        "name": f"Notebook {number}",
        "description": "14 inch, 32 GB",
        "category": maker.key("category"),
        "unit": maker.key("unit"),
        "manufacturer": "Lenovo",
        "manufacturer_number": f"21K{number}",
        "cpv_code": "30213100-6",
        "unspsc_code": "43211503",
        "prices": [
            {**price, "unit_price": "1249.90", "minimum_quantity": "1", "lead_time_days": 14},
            {**price, "unit_price": "1199.90", "minimum_quantity": "10", "lead_time_days": 21},
        ],
    }


FORMS = {"item": item}
