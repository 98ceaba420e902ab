"""The amounts that rules are for, drawn as a ladder: one bar for each rule, and where nobody or two decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.modules.approvals.console.policy_sentences import Names, amount, when
from app.modules.approvals.domain.conditions import Condition
from app.modules.approvals.domain.facts import FactName
from app.modules.approvals.domain.ladder import Point, Span, is_possible, span_of
from app.modules.approvals.domain.policy import Effect, Policy, Rule

_DECIDING = (Effect.REQUIRE, Effect.AUTO_APPROVE, Effect.BLOCK)
_WIDE, _NARROW = 20, 3
Other = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the drawing: where it begins, how wide it is, and what it shows: `bar`, `gap` or `twice`."""

    at: int
    width: int
    shows: str = "bar"


@dataclass(frozen=True, slots=True)
class Rung:
    """One rule of a ladder: what it is called, for whom the bar speaks in words, and its bar."""

    position: int
    code: str
    label: str
    stage: int
    said: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rules that differ by their amounts alone, over one line of amounts; `marks` are the amounts where one begins or ends."""

    title: str
    width: int
    marks: tuple[tuple[int, str], ...]
    rungs: tuple[Rung, ...]
    faults: tuple[Piece, ...]
    said: str


@dataclass(frozen=True, slots=True)
class _Bar:
    rule: Rule
    position: int
    span: Span


def draw(policy: Policy, names: Names) -> tuple[Ladder, ...]:
    """Draw every ladder of a policy: the one for all documents first, then those under further conditions."""
    found: dict[Other, list[_Bar]] = {}
    for position, rule in enumerate(policy.rules):
        for alternative in rule.alternatives if rule.effect in _DECIDING else ():
            if is_possible(alternative):
                found.setdefault(_others(alternative), []).append(_Bar(rule, position, span_of(alternative)))
    ordered = sorted(found.items(), key=lambda each: len(each[0]))
    drawn = (_ladder(policy, others, bars, names) for others, bars in ordered if _is_ladder(others, bars))
    return tuple(drawn)


def _others(alternative: Iterable[Condition]) -> Other:
    """Give what a rule asks besides the amount, so that rules that ask the same stand in one ladder."""
    kept = {(each.fact, each.operator, each.value) for each in alternative if each.fact is not FactName.AMOUNT}
    ordered = sorted(kept, key=lambda each: (each[0].value, each[1].value, each[2]))
    return tuple(Condition(*each) for each in ordered)


def _is_ladder(others: Other, bars: Sequence[_Bar]) -> bool:
    """Say whether there is something to draw: amounts, and for rules under conditions more than one of them."""
    return any(bar.span != Span() for bar in bars) and (not others or len(bars) > 1)


def _ladder(policy: Policy, others: Other, bars: Sequence[_Bar], names: Names) -> Ladder:
    currency = policy.currency or ""
    values = sorted(
        {point[0] for bar in bars for point in (bar.span.start, bar.span.end) if point is not None} - {Decimal(0)}
    )
    pieces = _pieces(values)
    last = pieces[-1]
    width = last[0] + last[1]
    faults = tuple(_faults(pieces, bars, everywhere=not others))
    rule = Rule("", "", Effect.WARN, others)
    return Ladder(
        title=when(rule, currency, names) if others else "Every document",
        width=width,
        marks=tuple(
            (at + size // 2, amount(span.start[0], currency))
            for at, size, span in pieces
            if size == _NARROW and span.start
        ),
        rungs=tuple(_rung(bar, pieces, currency) for bar in sorted(bars, key=_order)),
        faults=faults,
        said=", ".join(_fault_said(fault, pieces, currency) for fault in faults),
    )


def _order(bar: _Bar) -> tuple[int, Point]:
    return bar.rule.stage, bar.span.start or (Decimal(0), 0)


def _pieces(values: Sequence[Decimal]) -> list[tuple[int, int, Span]]:
    """Cut the line of amounts where rules begin or end; each such amount is a narrow piece of its own."""
    pieces: list[tuple[int, int, Span]] = []
    at, start = 0, (Decimal(0), 0)
    for value in values:
        pieces.append((at, _WIDE, Span(start, (value, -1))))
        pieces.append((at + _WIDE, _NARROW, Span((value, 0), (value, 0))))
        at, start = at + _WIDE + _NARROW, (value, 1)
    return [*pieces, (at, _WIDE, Span(start))]


def _rung(bar: _Bar, pieces: Sequence[tuple[int, int, Span]], currency: str) -> Rung:
    held = [Piece(at, width) for at, width, span in pieces if bar.span.holds(span)]
    rule = bar.rule
    return Rung(bar.position, rule.code, rule.label, rule.stage, span_said(bar.span, currency), _joined(held))


def _faults(pieces: Sequence[tuple[int, int, Span]], bars: Sequence[_Bar], *, everywhere: bool) -> list[Piece]:
    """Find where nobody decides, or two rules of one stage do that were not meant to stand on top of each other."""
    held = [[bar for bar in bars if bar.span.holds(span)] for _, _, span in pieces]
    filled = [number for number, found in enumerate(held) if found]
    found = []
    for number, (at, width, _) in enumerate(pieces):
        between = bool(filled) and filled[0] < number < filled[-1]
        if not held[number] and (everywhere or between):
            found.append(Piece(at, width, "gap"))
        elif _clash(held[number]):
            found.append(Piece(at, width, "twice"))
    return [piece for shows in ("gap", "twice") for piece in _joined([each for each in found if each.shows == shows])]


def _clash(bars: Sequence[_Bar]) -> bool:
    asking = [bar for bar in bars if bar.rule.effect is Effect.REQUIRE and bar.span != Span()]
    return any(
        one.rule.stage == other.rule.stage and one.rule is not other.rule and (one.span.end or other.span.end)
        for number, one in enumerate(asking)
        for other in asking[number + 1 :]
    )


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Draw pieces that lie side by side as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].at + joined[-1].width == piece.at:
            joined[-1] = Piece(joined[-1].at, joined[-1].width + piece.width, piece.shows)
        else:
            joined.append(piece)
    return tuple(joined)


def span_said(span: Span, currency: str) -> str:
    """Say a stretch of amounts in few words: `from 1 000 EUR`, `above 1 000 EUR up to 5 000 EUR`, `any amount`."""
    low, high = span.start, span.end
    if low is not None and high is not None and low[0] == high[0]:
        return f"exactly {amount(low[0], currency)}"
    parts = []
    if low is not None and low[0] > 0:
        parts.append(f"{'above' if low[1] > 0 else 'from'} {amount(low[0], currency)}")
    if high is not None:
        parts.append(f"{'below' if high[1] < 0 else 'up to'} {amount(high[0], currency)}")
    return " ".join(parts) or "any amount"


def _fault_said(fault: Piece, pieces: Sequence[tuple[int, int, Span]], currency: str) -> str:
    inside = [span for at, width, span in pieces if fault.at <= at and at + width <= fault.at + fault.width]
    who = "nobody decides" if fault.shows == "gap" else "two rules of one stage decide"
    return f"{who} {span_said(Span(inside[0].start, inside[-1].end), currency)}"
