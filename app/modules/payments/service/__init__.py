"""What commands, statements and the pages of payments may call."""

from app.modules.payments.formats.headings import ROLES as TABLE_FIELDS
from app.modules.payments.formats.reading import look_at_table, read_statements
from app.modules.payments.formats.telling import SIGNS, Told
from app.modules.payments.service.accounts import (
    currencies_of,
    why_not_account,
    why_not_confirmable,
    why_not_paying,
)
from app.modules.payments.service.accounts import (
    keep as keep_account,
)
from app.modules.payments.service.answers import read as read_answer
from app.modules.payments.service.course import (
    approve,
    cancel,
    release,
    reopen,
    submit,
    who_may,
    why_not_approvable,
    why_not_releasable,
    why_not_submittable,
)
from app.modules.payments.service.outside import Left
from app.modules.payments.service.outside import pay as pay_outside
from app.modules.payments.service.outside import undo as undo_outside
from app.modules.payments.service.proposing import keep as keep_run
from app.modules.payments.service.proposing import propose, put_in, take_out, why_not_run
from app.modules.payments.service.sending import file_of, render
from app.modules.payments.service.settling import candidates, kept, locked, refundable, returned, settle, unsettle

__all__ = [
    "SIGNS",
    "TABLE_FIELDS",
    "Left",
    "Told",
    "approve",
    "cancel",
    "candidates",
    "currencies_of",
    "file_of",
    "keep_account",
    "keep_run",
    "kept",
    "locked",
    "look_at_table",
    "pay_outside",
    "propose",
    "put_in",
    "read_answer",
    "read_statements",
    "refundable",
    "release",
    "render",
    "reopen",
    "returned",
    "settle",
    "submit",
    "take_out",
    "undo_outside",
    "unsettle",
    "who_may",
    "why_not_account",
    "why_not_approvable",
    "why_not_confirmable",
    "why_not_paying",
    "why_not_releasable",
    "why_not_run",
    "why_not_submittable",
]
