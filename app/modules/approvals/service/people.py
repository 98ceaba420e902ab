"""Who is asked: people found as a rule says, and somebody in the place of each who cannot decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from app.kernel import days
from app.kernel.actor import Context
from app.kernel.money import Money
from app.modules.approvals import queries
from app.modules.approvals.domain.policy import Fallback, Mode, Resolver, Rule
from app.modules.approvals.service.cases import Chosen
from app.modules.directory import queries as directory
from app.modules.directory.models import Entity, Person

MOST_LEVELS = 20
Candidate = tuple[Person, str]


@dataclass(frozen=True, slots=True)
class Setting:
    """The document for which people are sought: who asked, who may not decide, where it stands, how much it is."""

    resource: str
    requester: Person
    excluded: frozenset[int]
    entity: Entity
    cost_centres: tuple[int, ...]
    amount: Decimal
    fallback_role: str
    owners: Callable[[str], list[tuple[int | None, str]]] = lambda tree: []
    supplier_owner: int | None = None
    demanded: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The people of a step, how many places have to be filled, and what had to be done to find them."""

    chosen: tuple[Chosen, ...]
    needed: int
    notes: tuple[str, ...] = ()


@dataclass
class Search:
    """Looks for people for one document, and remembers who may decide such documents."""

    context: Context
    setting: Setting
    _able: dict[int, bool] = field(default_factory=dict)

    def find(self, rule: Rule) -> Found:
        """Find the people of a rule; a place that nobody can take stays away, and the step may be left with none."""
        candidates = list(self._candidates(rule))
        self._learn(person for person, _ in candidates)
        fit = [each for each in candidates if not self.why_unfit(each[0])]
        unfit = [each for each in candidates if self.why_unfit(each[0])]
        places = [[each] for each in fit]
        notes: list[str] = []
        if not candidates:
            self._stand_in(None, rule.fallback, f"{_label(rule.resolver)}: there is nobody.", places, notes)
        elif not fit or (rule.mode is not Mode.ANY and rule.resolver is not Resolver.ROLE):
            for person, via in unfit:
                self._stand_in(person, rule.fallback, f"{via}: {self.why_unfit(person)}.", places, notes)
                if rule.mode is Mode.ANY and places:
                    break
        else:
            notes += [f"{via}: {self.why_unfit(person)}, so the others decide." for person, via in unfit]
        if rule.mode is Mode.QUORUM and rule.quorum and 0 < len(places) < rule.quorum:
            self._fill_up(rule, places, notes)
        return Found(_seated(places), needed(rule.mode, rule.quorum, len(places)), tuple(notes))

    def instead_of(self, person: Person | None, fallback: Fallback, taken: Iterable[int] = ()) -> list[Candidate]:
        """Find who decides in the place of somebody: the next manager above who can, else the fallback role."""
        taken = set(taken)
        if fallback is Fallback.NOBODY:
            return []
        if fallback is Fallback.MANAGER:
            below = person or self.setting.requester
            for manager in _above(below):
                if manager.id not in taken and not self.why_unfit(manager):
                    return [(manager, f"Manager above {below}")]
        holders = [
            (each, f"Fallback role {self.setting.fallback_role}") for each in self._holders(self.setting.fallback_role)
        ]
        return [each for each in holders if each[0].id not in taken and not self.why_unfit(each[0])]

    def why_unfit(self, person: Person) -> str:
        """Say why somebody cannot decide; empty when they can."""
        if person.id == self.setting.requester.id:
            return f"{person} asked for it"
        if person.id in self.setting.excluded:
            return f"{person} takes part in it and does not decide"
        if person.state != "active":
            words = {"left": "has left", "suspended": "is suspended", "invited": "has not signed in yet"}
            return f"{person} {words.get(person.state, person.state)}"
        if person.id not in self._able:
            self._learn([person])
        return "" if self._able[person.id] else f"the roles of {person} do not let them approve"

    def _learn(self, people: Iterable[Person]) -> None:
        unknown = [person for person in people if person.id not in self._able]
        able = (
            queries.list_able(self.context, self.setting.resource, [person.user_id for person in unknown])
            if unknown
            else set()
        )
        self._able.update({person.id: person.user_id in able for person in unknown})

    def _stand_in(
        self, person: Person | None, fallback: Fallback, why: str, places: list[list[Candidate]], notes: list[str]
    ) -> None:
        taken = [each.id for place in places for each, _ in place]
        found = self.instead_of(person, fallback, taken)
        if found:
            places.append([(each, f"{via}, as {why[0].lower()}{why[1:]}"[:500]) for each, via in found])
            notes.append(f"{why} Asked instead: {_names(each for each, _ in found)}.")
        else:
            notes.append(f"{why} Nobody can take this place.")

    def _fill_up(self, rule: Rule, places: list[list[Candidate]], notes: list[str]) -> None:
        """Add people of the fallback role until as many are asked as have to agree."""
        missing = (rule.quorum or 0) - len(places)
        taken = [each.id for place in places for each, _ in place]
        found = self.instead_of(None, Fallback.ROLE, taken) if rule.fallback is not Fallback.NOBODY else []
        places += [[candidate] for candidate in found[:missing]]
        if found:
            notes.append(f"{rule.quorum} have to agree; added: {_names(each for each, _ in found[:missing])}.")

    def _candidates(self, rule: Rule) -> Iterator[Candidate]:
        seen: set[int] = set()
        for person, via in self._resolved(rule):
            if person.id not in seen:
                seen.add(person.id)
                yield person, via

    def _resolved(self, rule: Rule) -> Iterator[Candidate]:
        resolver = rule.resolver
        if resolver is Resolver.PERSON:
            person = queries.find_person(self.context, rule.person)
            yield from [(person, "Named in the policy")] if person else []
        elif resolver is Resolver.ROLE:
            yield from ((person, f"Role {rule.role}") for person in self._holders(rule.role))
        elif resolver is Resolver.MANAGER:
            yield from self._manager(rule.levels)
        elif resolver is Resolver.LIMIT:
            yield from self._within_limit()
        elif resolver is Resolver.BUDGET:
            yield from ((person, "Owner of an overrun budget") for person in self.setting.demanded)
        elif resolver is not None:
            yield from self._owners(resolver)

    def _holders(self, role: str) -> list[Person]:
        return queries.list_holders(self.context, role, self.setting.entity.id, self.setting.cost_centres)

    def _manager(self, levels: int) -> Iterator[Candidate]:
        chain = list(_above(self.setting.requester, levels))
        if len(chain) == levels:
            above = "Manager of" if levels == 1 else f"Manager {levels} levels above"
            yield chain[-1], f"{above} {self.setting.requester}"

    def _within_limit(self) -> Iterator[Candidate]:
        """Find the first manager above the requester whose limit, in the currency of the document's books, covers it."""
        passed: list[str] = []
        for manager in _above(self.setting.requester):
            limit, told = self._limit(manager)
            unfit = self.why_unfit(manager)
            if limit is not None and limit >= self.setting.amount and not unfit:
                trail = f" Passed: {'; '.join(passed)}." if passed else ""
                yield (
                    manager,
                    f"First manager whose limit covers {self._money(self.setting.amount)}: {told}.{trail}"[:500],
                )
                return
            passed.append(unfit or f"{manager}, {told}")

    def _limit(self, person: Person) -> tuple[Decimal | None, str]:
        """Give a person's limit in the currency of the document's books, and how it was counted."""
        base = self.setting.entity.base_currency
        if person.approval_limit is None or person.entity is None:
            return None, "no limit"
        own = person.entity.base_currency
        written = Money(person.approval_limit, own.code).rounded()
        if own.id == base.id:
            return written.amount, f"limit {written}"
        rate = directory.find_rate(self.context, own.id, base.id, self.context.today)
        if rate is None:
            return None, f"limit {written}, no rate into {base}"
        counted = written.at(rate.rate, base.code)
        day = f" of {days.written(rate.valid_on)}" if rate.valid_on else ""
        return counted.amount, f"limit {written}, {counted} at {rate.rate.normalize():f}{day} ({rate.source})"

    def _owners(self, resolver: Resolver) -> Iterator[Candidate]:
        owned = {
            Resolver.COST_CENTRE: "cost_centre",
            Resolver.CATEGORY: "category",
            Resolver.PROJECT: "project",
        }
        if resolver is Resolver.SUPPLIER:
            owners: list[tuple[int | None, str]] = [(self.setting.supplier_owner, "the supplier")]
        else:
            owners = [
                (owner, f"{owned[resolver].replace('_', ' ')} {code}")
                for owner, code in self.setting.owners(owned[resolver])
            ]
        people = queries.list_people(self.context, [owner for owner, _ in owners if owner is not None])
        yield from ((people[owner], f"Owner of {what}") for owner, what in owners if owner in people)

    def _money(self, amount: Decimal) -> str:
        return str(Money(amount, self.setting.entity.base_currency.code).rounded())


def needed(mode: Mode, quorum: int | None, places: int) -> int:
    """Tell how many places have to be filled by a yes."""
    if mode is Mode.ANY:
        return 1
    return max(quorum or 1, 1) if mode is Mode.QUORUM else max(places, 1)


def _above(person: Person, most: int = MOST_LEVELS) -> Iterator[Person]:
    """Walk up from a person's manager; a circle ends where it closes."""
    seen = {person.id}
    manager = person.manager
    while manager is not None and manager.id not in seen and len(seen) <= most:
        yield manager
        seen.add(manager.id)
        manager = manager.manager


def _seated(places: list[list[Candidate]]) -> tuple[Chosen, ...]:
    return tuple(Chosen(person, number, via) for number, place in enumerate(places, 1) for person, via in place)


def _names(people: Iterable[Person]) -> str:
    return ", ".join(str(person) for person in people)


def _label(resolver: Resolver | None) -> str:
    return resolver.label if resolver else "This step"
