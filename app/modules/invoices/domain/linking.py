"""Which order line each line of an invoice bills: the best assignment of all together, with confidence and reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from app.modules.suppliers.domain.likeness import Reason, words

SURE_FROM = 75
#: Below it two lines have too little in common to be proposed.
WORTH_ASKING = 30
_AMBIGUOUS_WITHIN = 5
_WHOLE = 100
_CONTRADICTED = 40
# Groups of three letters that a text needs before it says something by standing inside another.
_TELLING = 8
# A point of confidence outweighs every difference of positions, which only decides between equals.
_POINT = 1_000_000
_FARTHEST = 999
_NEVER = 10**15
_KEPT = 8192
_NO_ORDER = frozenset(
    {"", "na", "none", "no", "nil", "null", "unknown", "notapplicable", "notavailable", "keine", "entfällt", "0"}
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A line of an invoice as far as it tells what it bills; `price` is for one unit, `order` and `order_line` as it says."""

    number: int
    text: str = ""
    order: str = ""
    order_line: str = ""
    our_item: str = ""
    supplier_item: str = ""
    gtin: str = ""
    quantity: Decimal | None = None
    price: Decimal | Fraction | None = None
    net: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """An order line that can be billed, with what of it is open and its agreed price for one unit."""

    id: int
    order: str
    position: int
    text: str = ""
    our_item: str = ""
    supplier_item: str = ""
    gtin: str = ""
    open_quantity: Decimal | None = None
    price: Decimal | Fraction | None = None
    open_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What a line of an invoice bills, or may bill: certain links stand, others are proposals; None fits nothing."""

    line: int
    order_line: int | None
    confidence: int = 0
    reasons: tuple[Reason, ...] = ()
    is_certain: bool = False


@dataclass(frozen=True, slots=True)
class _Pair:
    confidence: int
    reasons: tuple[Reason, ...]

    @property
    def is_named(self) -> bool:
        """Say whether the invoice itself names the order line or the item."""
        return any(reason.code in _NAMING for reason in self.reasons)


_NAMING = frozenset({"order_line", "our_item", "supplier_item", "gtin"})
_ITEMS = (("our_item", "our item number", 75), ("supplier_item", "supplier's item number", 75), ("gtin", "GTIN", 78))
_Pairs = dict[tuple[int, int], _Pair]


def names_order(stated: str) -> bool:
    """Say whether what stands where an order's number belongs is more than a word for none; Peppol asks for NA there."""
    return "".join(sign for sign in stated.casefold() if sign.isalnum()) not in _NO_ORDER


def link(lines: Iterable[Stated], offered: Iterable[Offered]) -> tuple[Link, ...]:
    """Link the lines of an invoice to order lines, whatever the order in which either are given.

    First all lines are assigned one order line each, so that their confidence is highest together; then lines left over
    join the order line that they name, because several deliveries of it may stand on one invoice.
    """
    stated = sorted(lines, key=lambda line: line.number)
    ordered = sorted(offered, key=lambda line: (line.order, line.position, line.id))
    pairs = _pairs(stated, ordered)
    options: defaultdict[int, list[int]] = defaultdict(list)
    for at, to in pairs:
        options[at].append(to)
    taken = _assign(pairs, len(stated))
    joined = _joined(pairs, taken, options)
    return tuple(
        _link(line.number, at, taken.get(at, joined.get(at)), ordered, pairs, options[at], set(taken.values()))
        for at, line in enumerate(stated)
    )


def _pairs(stated: Sequence[Stated], ordered: Sequence[Offered]) -> _Pairs:
    """Compare every line with every other, except those that name their order line beyond doubt."""
    texts = {line.text for line in stated} | {line.text for line in ordered}
    grams = {text: _grams(text) for text in texts}
    is_only = len(stated) == len(ordered) == 1
    named = {(_code(offer.order), _code(str(offer.position))): to for to, offer in enumerate(ordered)}
    pairs: _Pairs = {}
    for at, line in enumerate(stated):
        to = named.get((_code(line.order), _code(line.order_line))) if line.order and line.order_line else None
        if to is not None:
            pair = _pair(line, ordered[to], grams, is_only=is_only)
            if pair.confidence >= SURE_FROM:
                pairs[at, to] = pair
                continue
        for other, offer in enumerate(ordered):
            pair = _pair(line, offer, grams, is_only=is_only)
            if pair.confidence >= WORTH_ASKING:
                pairs[at, other] = pair
    return pairs


def _link(
    number: int,
    at: int,
    to: int | None,
    ordered: Sequence[Offered],
    pairs: _Pairs,
    options: Sequence[int],
    taken: set[int],
) -> Link:
    if to is None:
        return Link(number, None)
    pair = pairs[at, to]
    rivals = [
        ordered[other]
        for other in options
        if other != to and other not in taken and pairs[at, other].confidence >= pair.confidence - _AMBIGUOUS_WITHIN
    ]
    reasons = pair.reasons
    says_which = any(reason.code == "order_line" for reason in reasons)
    if rivals and not says_which:
        rival = f"{rivals[0].order} line {rivals[0].position}"
        reasons = (*reasons, Reason("ambiguous", f"{rival} fits as well", 0))
    is_certain = pair.confidence >= SURE_FROM and (says_which or not rivals)
    return Link(number, ordered[to].id, pair.confidence, reasons, is_certain)


def _joined(pairs: _Pairs, taken: Mapping[int, int], options: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Let lines that were left over join the order line they name."""
    found = {}
    for at, places in options.items():
        named = [(-pairs[at, to].confidence, to) for to in places if pairs[at, to].is_named]
        if at not in taken and named:
            found[at] = min(named)[1]
    return found


def _pair(line: Stated, offer: Offered, grams: Mapping[str, frozenset[str]], *, is_only: bool) -> _Pair:
    reasons = tuple(_reasons(line, offer, grams, is_only=is_only))
    doubt = 10_000
    for reason in reasons:
        doubt = doubt * (_WHOLE - reason.weight) // _WHOLE
    confidence = _WHOLE - -(-doubt // 100)
    if _contradicts(line, offer, reasons):
        confidence = min(confidence, _CONTRADICTED)
    return _Pair(confidence, reasons)


def _reasons(line: Stated, offer: Offered, grams: Mapping[str, frozenset[str]], *, is_only: bool) -> Iterator[Reason]:
    same_order = bool(line.order) and _code(line.order) == _code(offer.order)
    if line.order_line and _code(line.order_line) == _code(str(offer.position)) and (same_order or not line.order):
        yield Reason("order_line", f"names line {offer.position} of {offer.order}", 92 if same_order else 70)
    elif same_order:
        yield Reason("order", f"names {offer.order}", 15)
    for field, label, weight in _ITEMS:
        stated, known = _code(getattr(line, field)), _code(getattr(offer, field))
        if stated and stated == known:
            yield Reason(field, f"same {label}", weight)
    one, other = grams[line.text], grams[offer.text]
    alike = _alike(one, other)
    if alike == _WHOLE:
        yield Reason("same_text", "same text", 60)
    elif min(len(one), len(other)) >= _TELLING and (one <= other or other <= one):
        yield Reason("contained_text", "one text contains the other", 50)
    elif alike >= 50:  # noqa: PLR2004
        yield Reason("similar_text", f"similar text, {alike} %", 40 if alike >= 75 else 22)  # noqa: PLR2004
    yield from _figures(line, offer)
    if is_only:
        yield Reason("only_line", "the only line of both", 25)


def _figures(line: Stated, offer: Offered) -> Iterator[Reason]:
    if line.price and offer.price:
        price = _scaled(offer.price)
        apart = abs(_scaled(line.price) - price) * _WHOLE
        if apart == 0:
            yield Reason("same_price", "same price", 30)
        elif apart <= 2 * abs(price):
            yield Reason("similar_price", "price within 2 %", 20)
        elif apart <= 10 * abs(price):
            yield Reason("similar_price", "price within 10 %", 8)
    if line.quantity and offer.open_quantity:
        if line.quantity == offer.open_quantity:
            yield Reason("same_quantity", "same quantity as is open", 25)
        elif 0 < line.quantity / offer.open_quantity < 1:
            yield Reason("part_quantity", "part of the open quantity", 5)
    elif line.net and line.net == offer.open_amount:
        yield Reason("same_amount", "same amount as is open", 30)


@lru_cache(maxsize=_KEPT)
def _scaled(price: Decimal | Fraction) -> int:
    """Count a price in billionths, which compare faster than fractions."""
    return round(Fraction(price) * 10**9)


def _contradicts(line: Stated, offer: Offered, reasons: Sequence[Reason]) -> bool:
    """Say whether the invoice names another order, or another item and none that fits."""
    if line.order and _code(line.order) != _code(offer.order):
        return True
    codes = {reason.code for reason in reasons}
    if codes & {"our_item", "supplier_item", "gtin"}:
        return False
    differ = any(
        _code(getattr(line, field)) and _code(getattr(offer, field)) for field, _, _ in _ITEMS
    )  # equal ones are among the reasons
    # A line that is named by its number stands although the item was replaced, unless nothing else fits either.
    others = {"same_text", "contained_text", "similar_text", "same_price", "similar_price"}
    return differ if "order_line" not in codes else differ and not codes & others


@lru_cache(maxsize=_KEPT)
def _code(text: str) -> str:
    bare = "".join(char for char in text.upper() if char.isalnum())
    return bare.lstrip("0") or bare


def _grams(text: str) -> frozenset[str]:
    return frozenset(
        padded[at : at + 3] for padded in (f"  {word} " for word in words(text)) for at in range(len(padded) - 2)
    )


def _alike(one: frozenset[str], other: frozenset[str]) -> int:
    return 200 * len(one & other) // (len(one) + len(other)) if one and other else 0


def _assign(pairs: _Pairs, count: int) -> dict[int, int]:
    """Find the assignment with the highest confidence in all: the Hungarian method, one line after another.

    Bids and prices keep every choice made so far the best one; an order line that nobody wants costs nothing, so that a
    line may as well go without.
    """
    places = max([count, *(to + 1 for _, to in pairs)])
    losses = [[0] * places for _ in range(count)]
    for (at, to), pair in pairs.items():
        losses[at][to] = min(abs(at - to), _FARTHEST) - pair.confidence * _POINT
    bids, prices = [0] * count, [0] * places
    owners: list[int | None] = [None] * places
    for line in range(count):
        place, came = _cheapest_way(line, losses, bids, prices, owners)
        while (before := came[place]) is not None:
            owners[place] = owners[before]
            place = before
        owners[place] = line
    return {line: to for to, line in enumerate(owners) if line is not None and (line, to) in pairs}


def _cheapest_way(
    start: int, losses: list[list[int]], bids: list[int], prices: list[int], owners: list[int | None]
) -> tuple[int, list[int | None]]:
    """Find the free place that costs the least to reach by moving lines on, and for each place the one before it."""
    rest = set(range(len(prices)))
    reached: list[tuple[int, int]] = []
    nearest, came = [_NEVER] * len(prices), list[int | None]([None] * len(prices))
    line, last = start, None
    while True:
        row, bid = losses[line], bids[line]
        for place in rest:
            loss = row[place] - bid - prices[place]
            if loss < nearest[place]:
                nearest[place], came[place] = loss, last
        chosen = min(rest, key=lambda place: (nearest[place], place))
        step = nearest[chosen]
        bids[start] += step
        for place, owner in reached:
            bids[owner] += step
            prices[place] -= step
        for place in rest:
            nearest[place] -= step
        rest.remove(chosen)
        owned_by = owners[chosen]
        if owned_by is None:
            return chosen, came
        reached.append((chosen, owned_by))
        line, last = owned_by, chosen
