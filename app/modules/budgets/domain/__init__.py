"""Rules of budgets: what documents claim, what is left, and how plans and transfers change it."""

from app.modules.budgets.domain.claims import (
    Bucket,
    Claim,
    Control,
    Figures,
    Holding,
    Impact,
    Kind,
    Verdict,
    Weighed,
)

__all__ = ["Bucket", "Claim", "Control", "Figures", "Holding", "Impact", "Kind", "Verdict", "Weighed"]
