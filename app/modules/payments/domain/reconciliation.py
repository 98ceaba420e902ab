"""Which line of a statement belongs to which payment: proposals with a confidence and their reasons, decided by nobody.

Every line is compared with the few candidates that share something with it: an id, a document number, an account, an
amount. The best proposals are taken first, by score and then by id, so that neither the order of lines nor that of
candidates matters, and nothing is used beyond what it has.
"""

from __future__ import annotations

import enum
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.kernel.counting import counted, plural
from app.modules.payments.domain.bank import Entry, Exchange, Movement, Party
from app.modules.suppliers.domain.likeness import normal_name, similarity

CERTAIN_FROM = 95
_CLOSE = 5  # proposals this near in score are as good as each other
_ALIKE = 75
_SHORTEST_NUMBER = 3
_TELLING_NUMBER = 5  # shorter numbers turn up in texts by chance
_LONGEST_RUN = 6
_MOST_TWINS = 50  # where more candidates than this are alike, likeness says nothing
_NOBODY = Party()
_RETURN_CODES = ("/RRTN", "/RPCR", "/RJCT")


class Kind(enum.Enum):
    """What a line is to the candidates it is proposed for."""

    WHOLE = "whole"
    PART = "part"
    MORE = "more"
    SEVERAL = "several"
    BATCH = "batch"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A payment or open item a line may belong to. Amounts are signed as on the statement: minus leaves us."""

    id: str
    open: Decimal
    currency: str
    ids: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    party: Party = _NOBODY
    documents: tuple[str, ...] = ()
    due_on: date | None = None
    settled: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """Money of a statement that is looked for: an entry, or one payment in it."""

    id: str
    amount: Decimal
    currency: str | None
    party: Party = _NOBODY
    text: str = ""
    ids: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    charges: Decimal = Decimal(0)
    exchange: Exchange | None = None
    is_return: bool = False
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a candidate a line settles, in the candidate's currency."""

    candidate: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a line is proposed for, how sure that is (percent), and why; what is not certain waits for a person."""

    line: str
    uses: tuple[Use, ...]
    kind: Kind
    confidence: int
    reasons: tuple[str, ...]
    is_certain: bool
    rest: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Option:
    line: Line
    uses: tuple[Use, ...]
    kind: Kind
    score: int
    reasons: tuple[str, ...]
    rest: Decimal = Decimal(0)

    @property
    def order(self) -> tuple[int, str, tuple[tuple[str, Decimal], ...], str]:
        """Stand in an order that depends on nothing but the option itself."""
        return -self.score, self.line.id, tuple((use.candidate, use.amount) for use in self.uses), self.kind.value

    @property
    def candidates(self) -> frozenset[str]:
        """Name what the option would use."""
        return frozenset(use.candidate for use in self.uses)


@dataclass(slots=True)
class _Index:
    """Candidates by everything a line can share with them."""

    by_id: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    by_group: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    by_document: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    by_account: dict[str, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    by_amount: dict[tuple[str | None, Decimal], list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    by_total: dict[tuple[str | None, Decimal], list[tuple[str, list[Candidate]]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def lines_of(entry: Entry, id: str) -> tuple[Line, ...]:
    """Take an entry apart into the payments in it, if they add up to it; otherwise it stays one line."""
    together = sum((member.amount for member in entry.members), Decimal(0))
    if entry.members and together == entry.amount:
        return tuple(_line(member, entry, f"{id}.{at}") for at, member in enumerate(entry.members, start=1))
    return (_line(entry, entry, id),)


def _line(movement: Movement, entry: Entry, id: str) -> Line:
    references = movement.references
    codes = (*movement.codes, *entry.codes)
    return Line(
        id=id,
        amount=movement.amount,
        currency=movement.currency,
        party=movement.party,
        text=f"{movement.remittance.text} {entry.description}".strip(),
        ids=tuple(each for each in (references.end_to_end, references.instruction) if each),
        groups=tuple(
            each
            for each in (references.batch, references.message, entry.references.batch, entry.references.message)
            if each
        ),
        documents=tuple(each for each in (*movement.remittance.documents, movement.remittance.reference) if each),
        charges=sum((each.amount for each in movement.charges if each.currency == movement.currency), Decimal(0)),
        exchange=movement.exchange,
        is_return=bool(
            entry.is_reversal or movement.return_reason or any(code.endswith(_RETURN_CODES) for code in codes)
        ),
        on=entry.booked_on,
    )


def propose(lines: Sequence[Line], candidates: Sequence[Candidate]) -> tuple[Proposal, ...]:
    """Propose for each line what it belongs to, the best first come; a candidate is never used beyond its amount."""
    index = _index(candidates)
    options = sorted(
        {option for line in lines if line.amount for option in _options(line, index)}, key=lambda option: option.order
    )
    left = {candidate.id: (candidate.open, candidate.settled) for candidate in candidates}
    chosen: dict[str, _Option] = {}
    for option in options:
        if option.line.id not in chosen and _take(option, left):
            chosen[option.line.id] = option
    rivals = _rivals(options)
    return tuple(_proposal(chosen[id], rivals(chosen[id])) for id in sorted(chosen))


def _take(option: _Option, left: dict[str, tuple[Decimal, Decimal]]) -> bool:
    """Use up what an option needs, if it is all still there."""
    is_return = option.kind is Kind.RETURN
    for use in option.uses:
        open_, settled = left[use.candidate]
        there = -settled if is_return else open_
        if there * use.amount <= 0 or abs(use.amount) > abs(there):
            return False
    for use in option.uses:
        open_, settled = left[use.candidate]
        left[use.candidate] = (open_, settled + use.amount) if is_return else (open_ - use.amount, settled)
    return True


def _rivals(options: Iterable[_Option]) -> Callable[[_Option], int]:
    """Prepare to count what fits about as well as an option: for its line, or for its candidates."""
    by_line: dict[str, list[_Option]] = defaultdict(list)
    by_candidate: dict[str, list[_Option]] = defaultdict(list)
    for option in options:
        by_line[option.line.id].append(option)
        for candidate in option.candidates:
            by_candidate[candidate].append(option)

    def count(option: _Option) -> int:
        near = {
            other
            for other in by_line[option.line.id]
            if other.candidates != option.candidates and other.score >= option.score - _CLOSE
        }
        near |= {
            other
            for candidate in option.candidates
            for other in by_candidate[candidate]
            if other.line.id != option.line.id
            and other.score >= option.score - _CLOSE
            and (other.kind is Kind.RETURN) == (option.kind is Kind.RETURN)
        }
        return len(near)

    return count


def _proposal(option: _Option, rivals: int) -> Proposal:
    reasons = option.reasons
    confidence = option.score
    if rivals:
        confidence = max(10, confidence - 30)
        reasons = (*reasons, f"But {rivals} other {plural(rivals, 'match is', 'matches are')} as good.")
    is_certain = confidence >= CERTAIN_FROM
    return Proposal(option.line.id, option.uses, option.kind, confidence, reasons, is_certain, option.rest)


def _index(candidates: Iterable[Candidate]) -> _Index:
    index = _Index()
    for candidate in sorted(candidates, key=lambda each: each.id):
        for id in {_bare(each) for each in candidate.ids} - {""}:
            index.by_id[id].append(candidate)
        for group in sorted(set(candidate.groups)):
            index.by_group[group].append(candidate)
        for document in {_bare(each) for each in candidate.documents}:
            if len(document) >= _SHORTEST_NUMBER and any(char.isdigit() for char in document):
                index.by_document[document].append(candidate)
        for account in {candidate.party.iban, candidate.party.number} - {None}:
            index.by_account[_bare(account or "")].append(candidate)
        index.by_amount[candidate.currency, candidate.open].append(candidate)
    for group, members in sorted(index.by_group.items()):
        _sum_up(index, group, [each for each in members if each.open])
    return index


def _sum_up(index: _Index, group: str, members: list[Candidate]) -> None:
    """Note what a batch comes to, where all of it is in one currency and goes one way."""
    sides = {(each.currency, each.open > 0) for each in members}
    if len(members) > 1 and len(sides) == 1:
        total = sum((each.open for each in members), Decimal(0))
        index.by_total[members[0].currency, total].append((group, members))


def _bare(number: str) -> str:
    """Write a number so that spelling does not matter: capitals and digits only."""
    return re.sub(r"[\W_]", "", number.upper())


def _named(text: str) -> set[str]:
    """List every number a text may name: its words, and neighbours joined, for banks break numbers across lines."""
    words = re.findall(r"[^\W_]+", text.upper())
    runs = range(1, _LONGEST_RUN + 1)
    return {"".join(words[at : at + length]) for length in runs for at in range(len(words) - length + 1)}


def _options(line: Line, index: _Index) -> Iterator[_Option]:
    named = _named(line.text) | {_bare(each) for each in line.documents}
    telling = [*_by_id(line, index, named), *_by_group(line, index), *_by_document(line, index, named)]
    if line.is_return:
        telling += _returns(line, index, named)
    yield from telling
    if not telling:
        # A line that names a payment belongs to that one or to none: booked twice, it must not settle another.
        yield from _by_party(line, index)


def _fits(line: Line, candidate: Candidate) -> bool:
    """Tell whether a candidate moves money the same way and in the same currency."""
    return candidate.open * line.amount > 0 and line.currency in {None, candidate.currency}


def _found(line: Line, index: _Index, named: set[str]) -> dict[str, tuple[Candidate, str]]:
    """Find candidates by our own ids, in the fields for them or in the text."""
    stated = {_bare(each): each for each in line.ids}
    found: dict[str, tuple[Candidate, str]] = {}
    for id in sorted({*stated, *(name for name in named if len(name) > _TELLING_NUMBER)}):
        for candidate in index.by_id.get(id, ()):
            found.setdefault(candidate.id, (candidate, stated.get(id, id)))
    return found


def _by_id(line: Line, index: _Index, named: set[str]) -> Iterator[_Option]:
    for candidate, id in _found(line, index, named).values():
        if _fits(line, candidate):
            yield _compared(line, candidate, 99, f"It carries the id {id}.")
        elif candidate.open * line.amount > 0 and (converted := _converted(line, candidate)):
            yield converted


def _compared(line: Line, candidate: Candidate, score: int, reason: str) -> _Option:
    """Hold the amount of a line against what is open, when something else says that they belong together."""
    amount, open_ = line.amount, candidate.open
    if amount == open_:
        return _whole(line, candidate, score, (reason, "The amount is the same."))
    if line.charges > 0 and abs(amount) == abs(open_) + line.charges:
        words = f"The amount is the same with the bank's charge of {line.charges:f}."
        return _Option(line, (Use(candidate.id, open_),), Kind.WHOLE, score - 3, (reason, words), amount - open_)
    if abs(amount) < abs(open_):
        words = f"It is {abs(amount):f} of {abs(open_):f}; {abs(open_ - amount):f} stays open."
        return _Option(line, (Use(candidate.id, amount),), Kind.PART, score - 30, (reason, words))
    words = f"It is {abs(amount - open_):f} more than the {abs(open_):f} that is open."
    return _Option(line, (Use(candidate.id, open_),), Kind.MORE, score - 45, (reason, words), amount - open_)


def _whole(line: Line, candidate: Candidate, score: int, reasons: tuple[str, ...]) -> _Option:
    return _Option(line, (Use(candidate.id, candidate.open),), Kind.WHOLE, score, reasons)


def _converted(line: Line, candidate: Candidate) -> _Option | None:
    """Match a payment in another currency by the amount that was instructed."""
    exchange = line.exchange
    if exchange is None or exchange.currency != candidate.currency or exchange.amount is None:
        return None
    if abs(exchange.amount) != abs(candidate.open):
        return None
    words = f"{abs(exchange.amount):f} {exchange.currency} was instructed, as the payment says."
    return _whole(line, candidate, 96, ("It carries the payment's id.", words))


def _returns(line: Line, index: _Index, named: set[str]) -> Iterator[_Option]:
    """Match money that came back with what was settled before."""
    for candidate, id in _found(line, index, named).values():
        settled = candidate.settled
        if settled * line.amount >= 0 or line.currency not in {None, candidate.currency}:
            continue
        if abs(line.amount) > abs(settled):
            continue
        is_whole = line.amount == -settled
        words = "The whole payment came back." if is_whole else f"{abs(line.amount):f} of {abs(settled):f} came back."
        reasons = (f"It is a return and carries the id {id}.", words)
        yield _Option(line, (Use(candidate.id, line.amount),), Kind.RETURN, 97 if is_whole else 75, reasons)


def _by_group(line: Line, index: _Index) -> Iterator[_Option]:
    """Match one entry with all payments of a run: the bank booked them in one sum."""
    for group in sorted(set(line.groups)):
        members = [each for each in index.by_group.get(group, ()) if _fits(line, each)]
        total = sum((each.open for each in members), Decimal(0))
        if members and total == line.amount:
            reasons = (
                f"It carries the id {group} of the batch.",
                f"Its {counted(len(members), 'payment comes', 'payments come')} to the amount.",
            )
            yield _Option(line, _all(members), Kind.BATCH if len(members) > 1 else Kind.WHOLE, 98, reasons)
    if line.groups or line.is_return:
        return
    for group, members in index.by_total.get((line.currency, line.amount), ()):
        words = f"The {len(members)} payments of {group} come to the amount."
        yield _Option(line, _all(members), Kind.BATCH, 80, (words,))


def _all(members: Iterable[Candidate]) -> tuple[Use, ...]:
    return tuple(Use(each.id, each.open) for each in sorted(members, key=lambda each: each.id))


def _by_document(line: Line, index: _Index, named: set[str]) -> Iterator[_Option]:
    """Match by document numbers in the text: one, or several that come to the amount together."""
    found: dict[str, tuple[Candidate, set[str]]] = {}
    for number in sorted(named & index.by_document.keys()):
        sharers = index.by_document[number]
        for candidate in sharers if len(sharers) <= _MOST_TWINS else ():
            if _fits(line, candidate) and (len(number) >= _TELLING_NUMBER or _is_known(line, candidate)):
                found.setdefault(candidate.id, (candidate, set()))[1].add(number)
    if not found:
        return
    members = [found[id][0] for id in sorted(found)]
    counts = Counter(number for _, numbers in found.values() for number in numbers)
    bonus = 6 if all(_is_known(line, each) for each in members) else 0
    if len(members) > 1:
        total = sum((each.open for each in members), Decimal(0))
        if total == line.amount:
            words = f"It names {len(members)} documents that come to the amount."
            yield _Option(line, _all(members), Kind.SEVERAL, 91 + bonus, _with_party((words,), bonus))
    for candidate in members:
        numbers = found[candidate.id][1]
        # A number that two suppliers use says less.
        doubt = 0 if any(counts[number] == 1 for number in numbers) else 20
        words = f"It names document {', '.join(sorted(numbers))}."
        option = _compared(line, candidate, 91 + bonus - doubt, words)
        yield _Option(line, option.uses, option.kind, option.score, _with_party(option.reasons, bonus), option.rest)


def _with_party(reasons: tuple[str, ...], bonus: int) -> tuple[str, ...]:
    return (*reasons, "The other party is the same.") if bonus else reasons


def _is_known(line: Line, candidate: Candidate) -> bool:
    """Tell whether line and candidate name the same party, by account or by name."""
    accounts = {line.party.iban, line.party.number} - {None}
    if accounts & {candidate.party.iban, candidate.party.number}:
        return True
    return _alike(line, candidate) >= _ALIKE


def _alike(line: Line, candidate: Candidate) -> int:
    if not candidate.party.name:
        return 0
    theirs = normal_name(candidate.party.name)
    if line.party.name:
        return similarity(normal_name(line.party.name), theirs)
    # Plain texts name the party somewhere in the middle.
    words = normal_name(line.text).split()
    return 100 if theirs and f" {theirs} " in f" {' '.join(words)} " else 0


def _by_party(line: Line, index: _Index) -> Iterator[_Option]:
    """Match by the other party and the amount, which leaves room for doubt."""
    if line.currency is not None:
        twins = index.by_amount.get((line.currency, line.amount), ())
        for candidate in twins if len(twins) <= _MOST_TWINS else ():
            yield from _same_amount(line, candidate)
    for account in sorted({line.party.iban, line.party.number} - {None}, key=str):
        members = [each for each in index.by_account.get(_bare(account or ""), ()) if _fits(line, each)]
        if len(members) > 1 and sum((each.open for each in members), Decimal(0)) == line.amount:
            words = f"All {len(members)} open items of this account come to the amount."
            yield _Option(line, _all(members), Kind.SEVERAL, 70, (words,))


def _same_amount(line: Line, candidate: Candidate) -> Iterator[_Option]:
    accounts = {line.party.iban, line.party.number} - {None}
    near = 3 if line.on and candidate.due_on and abs((line.on - candidate.due_on).days) <= 7 else 0  # noqa: PLR2004
    alike = _alike(line, candidate)
    if accounts & {candidate.party.iban, candidate.party.number}:
        yield _whole(line, candidate, 85 + near, ("The account and the amount are the same.",))
    elif alike >= _ALIKE:
        yield _whole(
            line, candidate, 60 + alike // 10 + near, (f"The name is alike ({alike} %) and the amount the same.",)
        )
    else:
        yield _whole(line, candidate, 30 + near, ("Only the amount is the same.",))
