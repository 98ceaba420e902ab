"""The lines of the inbox: what each document is called, how much it is, who asks, how long it waits and what matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from app.console import addresses, words
from app.console.cells import Cell, Tag
from app.console.gate import Visit
from app.modules.approvals.console import courses
from app.modules.approvals.console.waits import Asked, Paper
from app.modules.approvals.models import Approval, ApprovalDecision
from app.modules.directory import queries as directory

LITTLE_LEFT = 15  # percent of a budget; below it, who decides should know
SORTS = (("urgent", "Most urgent"), ("largest", "Largest amount"), ("oldest", "Oldest"))
_VERDICTS = {
    "approve": Tag("You approved", tone="ok", icon="check"),
    "reject": Tag("You rejected", tone="bad", icon="x"),
    "return": Tag("You asked for changes", tone="warn", icon="arrow-back-up"),
}
_STATES = {
    "open": "Others still decide",
    "approved": "Approved",
    "rejected": "Rejected",
    "returned": "Returned",
    "withdrawn": "Withdrawn",
    "superseded": "Asked again",
}
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the inbox. `url` shows it beside the list or on a page for the phone, `document_url` is its own page."""

    number: str
    key: str
    title: str
    sub: str
    url: str
    document_url: str
    at_url: str = ""
    amount: Cell | None = None
    plain_amount: str = ""
    currency: str = ""
    age: str = ""
    age_tone: str = ""
    tags: tuple[Tag, ...] = ()
    here: bool = False


def to_decide(visit: Visit, asked: Iterable[Asked], sort: str) -> list[tuple[Item, Asked]]:
    """Write what waits for the reader, in the order they chose."""
    listed = list(asked)
    values = _comparable(visit, listed) if sort == "largest" else {}

    def place(each: Asked) -> Any:
        since = each.seat.since or each.approval.opened_at
        if sort == "largest":
            return (-values[each.approval.id], since)
        return since if sort == "oldest" else (each.seat.step.due_at or _LATEST, since)

    return [(_asked(visit, each), each) for each in sorted(listed, key=place)]


def sent_on(visit: Visit, papers: Iterable[tuple[Paper, Approval]]) -> list[Item]:
    """Write the reader's own documents, and on whom each waits."""
    return [
        replace(
            of_round(paper, approval),
            sub=courses.waiting_sentence(visit, approval),
            age=words.age(visit.context.now - approval.opened_at),
            tags=_next_tags(approval, approval.steps),
        )
        for paper, approval in papers
    ]


def decided(visit: Visit, papers: Iterable[tuple[Paper, Approval, ApprovalDecision]]) -> list[Item]:
    """Write what the reader decided, and what came of it."""
    return [
        replace(
            of_round(paper, approval),
            age=words.age(visit.context.now - each.at),
            tags=(_VERDICTS[each.verdict], Tag(_STATES[approval.state])),
        )
        for paper, approval, each in papers
    ]


def url_of(paper: Paper, *rest: str, **args: str) -> str:
    """Give the address in the inbox of a document, or of something done with it."""
    parts = (paper.resource.plural, quote(paper.resource.key_of(paper.row), safe=""), *rest)
    address = f"/inbox/{'/'.join(parts)}"
    return f"{address}?{urlencode(args)}" if args else address


def waiting_sum(asked: Iterable[Asked]) -> str:
    """Add up what waits, currency by currency: `40 881.40 EUR waiting`."""
    return f"{sum_of((each.approval.amount, each.approval.currency.code) for each in asked)} waiting"


def sum_of(amounts: Iterable[tuple[Decimal, str]]) -> str:
    """Add up amounts, currency by currency."""
    sums: dict[str, Decimal] = {}
    for amount, currency in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return ", ".join(words.money(total, currency) for currency, total in sums.items())


def _asked(visit: Visit, each: Asked) -> Item:
    approval, waited = each.approval, courses.age_of(visit, each.seat)
    lent = (Tag(f"Deputy for {each.seat.person}", tone="info", icon="user-share"),) if each.stands_in else ()
    later = [step for step in approval.steps if step.stage > each.seat.step.stage]
    return replace(
        of_round(each.paper, approval),
        age=waited.text,
        age_tone=waited.tone,
        tags=(*lent, *_next_tags(approval, later), *_fact_tags(approval)),
    )


def of_round(paper: Paper, approval: Approval) -> Item:
    """Write the line of a document from its round."""
    currency = approval.currency.code
    return Item(
        number=approval.number,
        key=approval.document_key,
        title=approval.title,
        sub=_sub(paper, str(approval.requester)),
        url=url_of(paper),
        document_url=addresses.of_row(paper.row),
        amount=Cell("money", words.amount(approval.amount, currency), currency=currency),
        plain_amount=f"{approval.amount:.{words.coins(currency)}f}",
        currency=currency,
    )


def _sub(paper: Paper, requester: str) -> str:
    supplier = getattr(paper.row, "supplier", None)
    return " · ".join(filter(None, (requester, getattr(supplier, "name", "") or "")))


def _next_tags(approval: Approval, steps: Iterable[Any]) -> tuple[Tag, ...]:
    waiting = [step for step in steps if step.state == "waiting"]
    if not waiting:
        return ()
    stage = min(step.stage for step in waiting)
    labels = [step.label for step in waiting if step.stage == stage]
    verb = "decides" if len(labels) == 1 else "decide"
    return (Tag(f"{words.joined(labels)} {verb} next", icon="route"),)


def _fact_tags(approval: Approval) -> tuple[Tag, ...]:
    """Point out what decides over many a yes or no: budget, a new supplier, goods from the catalogue, an earlier round."""
    facts = approval.facts.get("values", {})
    tags = []
    left = facts.get("budget_left_percent")
    if facts.get("budget") == "over_soft":
        tags.append(Tag("Over budget", tone="bad", icon="wallet"))
    elif left is not None and Decimal(left) < LITTLE_LEFT:
        tags.append(Tag(f"{words.number(Decimal(left), most=0)} % of budget left", tone="warn", icon="wallet"))
    elif facts.get("budget") == "none":
        tags.append(Tag("No budget", tone="warn", icon="wallet"))
    if facts.get("supplier_new"):
        tags.append(Tag("New supplier", tone="info", icon="building-store"))
    if facts.get("catalogue_only"):
        tags.append(Tag("Catalogue", tone="ok", icon="books"))
    if approval.revision > 1:
        tags.append(Tag(f"Round {approval.revision}", icon="rotate-clockwise"))
    return tuple(tags)


def _comparable(visit: Visit, asked: Sequence[Asked]) -> dict[int, Decimal]:
    """Give amounts that can be compared: those of other currencies in that of the first, by the rate of the day."""
    if not asked:
        return {}
    first = asked[0].approval.currency
    rates: dict[int, Decimal] = {first.id: Decimal(1)}
    for each in asked:
        own = each.approval.currency
        if own.id not in rates:
            found = directory.find_rate(visit.context, own.id, first.id, visit.context.today)
            rates[own.id] = found.rate if found else Decimal(1)
    return {each.approval.id: each.approval.amount * rates[each.approval.currency_id] for each in asked}
