"""What statements do: they are taken in, and their lines find their payments or an explanation."""

from app.modules.statements.service.reconciling import accept, explain, match, reconcile, undo
from app.modules.statements.service.taking_in import NAME, VERB, take_in

__all__ = ["NAME", "VERB", "accept", "explain", "match", "reconcile", "take_in", "undo"]
