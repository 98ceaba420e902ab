"""Discounts for early payment that German suppliers write into the text of the terms, in XRechnung's own notation."""

from __future__ import annotations

import re

from app.infra.xml.tree import number_of
from app.modules.invoices.domain.document import EarlyPayment

_SKONTO = re.compile(r"#SKONTO#TAGE=(\d{1,4})#PROZENT=([\d.]+)#(?:BASISBETRAG=([\d.-]+)#)?")


def early_payments(text: str) -> tuple[EarlyPayment, ...]:
    """Find each `#SKONTO#TAGE=14#PROZENT=2.00#` in the terms."""
    found = []
    for days, percent, base in _SKONTO.findall(text):
        share = number_of(percent)
        if share is not None:
            found.append(EarlyPayment(percent=share, days=int(days), base=number_of(base)))
    return tuple(found)
