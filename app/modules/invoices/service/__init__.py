"""What the pages of invoices and later slices may call."""

from app.modules.invoices.service.assigning import assign
from app.modules.invoices.service.beginning import enter_tolerances
from app.modules.invoices.service.capturing import capture, recognise_again
from app.modules.invoices.service.course import (
    Reached,
    approve_matched,
    decide,
    hold_back,
    let_go,
    post,
    void,
    why_not_asked,
    why_not_charged,
    why_not_complete,
    why_not_held,
    why_not_void,
)
from app.modules.invoices.service.deriving import keep, why_not_free, why_not_invoice
from app.modules.invoices.service.disputing import drop_exceptions, remind_owners, settle_exception
from app.modules.invoices.service.matching import due_on, match
from app.modules.invoices.service.paying import locked, pay, tell_orders
from app.modules.invoices.service.stating import (
    count_pages,
    has_pages,
    is_original,
    original,
    picture,
    read_again,
    stated,
)
from app.modules.invoices.service.tolerating import over_receipt
from app.modules.invoices.service.weighing import NAME, bound_of, case_of, live

__all__ = [
    "NAME",
    "Reached",
    "approve_matched",
    "assign",
    "bound_of",
    "capture",
    "case_of",
    "count_pages",
    "decide",
    "drop_exceptions",
    "due_on",
    "enter_tolerances",
    "has_pages",
    "hold_back",
    "is_original",
    "keep",
    "let_go",
    "live",
    "locked",
    "match",
    "original",
    "over_receipt",
    "pay",
    "picture",
    "post",
    "read_again",
    "recognise_again",
    "remind_owners",
    "settle_exception",
    "stated",
    "tell_orders",
    "void",
    "why_not_asked",
    "why_not_charged",
    "why_not_complete",
    "why_not_free",
    "why_not_held",
    "why_not_invoice",
    "why_not_void",
]
