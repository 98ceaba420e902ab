"""States of a document and the moves between them, written as `draft | returned -> submitted`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """From one state to the states that may follow; `*` as source is any state."""

    source: str
    targets: tuple[str, ...]


def parse_moves(texts: Iterable[str]) -> tuple[Move, ...]:
    """Read moves such as `draft | returned -> submitted`; raises ValueError on a malformed one."""
    moves: list[Move] = []
    for text in texts:
        left, arrow, right = text.partition("->")
        sources, targets = _names(left), _names(right)
        if not arrow or not sources or not targets:
            raise ValueError(f"not a move: {text!r}, write 'draft -> submitted'")
        moves.extend(Move(source, targets) for source in sources)
    return tuple(moves)


def targets_from(moves: Iterable[Move], state: str) -> tuple[str, ...] | None:
    """List the states that may follow `state`; None when there is no move from it."""
    found = [target for move in moves if move.source in (state, "*") for target in move.targets]
    return tuple(dict.fromkeys(found)) or None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("|") if name.strip())
