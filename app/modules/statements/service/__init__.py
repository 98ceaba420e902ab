"""What statements do: they are taken in, and their lines find their payments or an explanation."""

from app.modules.statements.service.booking import Booking, book
from app.modules.statements.service.proposing import accept, reconcile
from app.modules.statements.service.reconciling import explain, match, undo
from app.modules.statements.service.taking_in import (
    LARGE,
    NAME,
    TAKE_IN,
    VERB,
    is_original,
    look,
    take_in,
    take_in_later,
)

__all__ = [
    "LARGE", "NAME", "TAKE_IN", "VERB", "Booking", "accept", "book", "explain", "is_original", "look", "match", "reconcile",
    "take_in", "take_in_later", "undo",
]  # fmt: skip
