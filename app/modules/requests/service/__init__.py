"""What the pages of requests and later slices may call: preview, copy, the case for policy, and what a request holds."""

from app.modules.requests.service.deriving import derive
from app.modules.requests.service.flow import (
    Reopened,
    decide,
    keep,
    release,
    submit,
    take_back,
    why_not_request,
    why_not_submittable,
)
from app.modules.requests.service.ordering import Ordered, locked, note_ordered
from app.modules.requests.service.previews import PricedLine, Rail, blank, copy_of, preview
from app.modules.requests.service.weighing import NAME, bound_of, case_of, content_of, holding, live

__all__ = [
    "NAME",
    "Ordered",
    "PricedLine",
    "Rail",
    "Reopened",
    "blank",
    "bound_of",
    "case_of",
    "content_of",
    "copy_of",
    "decide",
    "derive",
    "holding",
    "keep",
    "live",
    "locked",
    "note_ordered",
    "preview",
    "release",
    "submit",
    "take_back",
    "why_not_request",
    "why_not_submittable",
]
