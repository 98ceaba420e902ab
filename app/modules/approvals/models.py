"""Tables of policies, rounds of approval with their decisions, and delegations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.db import Child, Row
from app.modules.approvals.domain.facts import FactName, Operator
from app.modules.approvals.domain.policy import Effect, Fallback, Mode, OnDue, Resolver, SamePerson
from app.modules.directory.models import CostCentre, Currency, Entity, Person


class ApprovalPolicy(Row):
    """A version of the rules that say who decides about one kind of document; published, it stays as it is."""

    __tablename__ = "approval_policy"
    __table_args__ = (
        CheckConstraint("reopen_from_stage >= 1", name="reopen_from_stage"),
        CheckConstraint("material_percent >= 0", name="material_percent"),
        CheckConstraint("material_amount >= 0", name="material_amount"),
        CheckConstraint("state = 'draft' OR (hash IS NOT NULL AND published_at IS NOT NULL)", name="published"),
        Index(
            "uq_approval_policy_published",
            "document",
            "entity_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=literal_column("state = 'published'"),
        ),
    )
    constraint_problems = {
        "ck_approval_policy_reopen_from_stage": (
            "out_of_range",
            "Reopen from stage: enter 1 or more.",
            "reopen_from_stage",
        ),
        "ck_approval_policy_material_percent": ("negative", "Rise in percent: enter 0 or more.", "material_percent"),
        "ck_approval_policy_material_amount": ("negative", "Rise in money: enter 0 or more.", "material_amount"),
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    name: Mapped[str] = db.text("Name", 120, required=True)
    document: Mapped[str] = db.text("Document", 40, required=True, help="What it is for, such as request")
    entity_id: Mapped[int | None] = db.link("entity", help="Empty: every entity without a policy of its own")
    currency_id: Mapped[int | None] = db.link(
        "currency", "Currency", help="Of the amounts in its rules. Empty: the base currency of each entity"
    )
    same_person: Mapped[SamePerson] = db.choice(
        "Same person in two steps", SamePerson, required=True, default=SamePerson.ONCE
    )
    fallback_role: Mapped[str] = db.text(
        "Fallback role", 64, required=True, help="Asked when nobody else of a step can decide, such as Controller"
    )
    reopen_from_stage: Mapped[int] = db.whole(
        "Reopen from stage", required=True, default=1, help="After a material change; decisions of earlier stages stay"
    )
    material_percent: Mapped[Decimal | None] = db.quantity(
        "Rise in percent",
        help="By which the approved total may rise. Empty: no rise, unless the one in money allows it",
    )
    material_amount: Mapped[Decimal | None] = db.money(
        "Rise in money", "currency.code", help="By which the approved total may rise; the smaller of both counts"
    )
    note: Mapped[str | None] = db.long_text("Note")
    revision: Mapped[int] = db.whole("Version", required=True, default=1)
    replaces_id: Mapped[int | None] = db.link("approval_policy", "Made from")
    state: Mapped[str] = db.state("draft", "published", "retired")
    hash: Mapped[str | None] = db.text("Hash", 64, help="Of everything that was published")
    published_at: Mapped[datetime | None] = db.instant("Published")
    published_by: Mapped[int | None] = db.column(Integer, "Published by", info={"kind": "account"})

    entity: Mapped[Entity | None] = relationship()
    currency: Mapped[Currency | None] = relationship()
    replaces: Mapped[ApprovalPolicy | None] = relationship(remote_side="ApprovalPolicy.id")
    rules: Mapped[list[ApprovalRule]] = relationship(
        back_populates="policy", cascade="all, delete-orphan", order_by="ApprovalRule.position"
    )
    conditions: Mapped[list[ApprovalCondition]] = relationship(
        back_populates="policy", cascade="all, delete-orphan", order_by="ApprovalCondition.position"
    )

    def __str__(self) -> str:
        return f"{self.name}, version {self.revision}"


class ApprovalRule(Child):
    """What follows when its conditions hold, in the order of the rules."""

    __tablename__ = "approval_rule"

    policy_id: Mapped[int] = db.link("approval_policy", required=True, ondelete="CASCADE")
    code: Mapped[str] = db.text("Code", 20, required=True, help="Conditions name the rule by it")
    label: Mapped[str] = db.text("Step", 80, required=True, help="Such as Cost-centre owner")
    effect: Mapped[Effect] = db.choice("Effect", Effect, required=True, default=Effect.REQUIRE)
    reason: Mapped[str | None] = db.text("Reason", 200, help="Shown to people. Empty: the conditions in words")
    stage: Mapped[int] = db.whole("Stage", required=True, default=1, help="The same number is asked at the same time")
    resolver: Mapped[Resolver | None] = db.choice("Who", Resolver)
    person_id: Mapped[int | None] = db.link("person", "Person")
    role: Mapped[str | None] = db.text("Role", 64)
    levels: Mapped[int] = db.whole("Levels up", required=True, default=1, help="1 is the requester's own manager")
    mode: Mapped[Mode] = db.choice("How many", Mode, required=True, default=Mode.ANY)
    quorum: Mapped[int | None] = db.whole("Number", help="How many of them, where it is a number")
    due_days: Mapped[int | None] = db.whole("Due in days", help="Empty: no due time")
    on_due: Mapped[OnDue] = db.choice("When due", OnDue, required=True, default=OnDue.REMIND)
    delegable: Mapped[bool] = db.flag("Deputies may decide", default=True)
    fallback: Mapped[Fallback] = db.choice("If nobody can", Fallback, required=True, default=Fallback.MANAGER)

    policy: Mapped[ApprovalPolicy] = relationship(back_populates="rules")
    person: Mapped[Person | None] = relationship(lazy="joined")

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class ApprovalCondition(Child):
    """A fact held against a value, for one rule of the policy."""

    __tablename__ = "approval_condition"

    policy_id: Mapped[int] = db.link("approval_policy", required=True, ondelete="CASCADE")
    rule: Mapped[str] = db.text("Rule", 20, required=True, help="Code of the rule it belongs to")
    alternative: Mapped[int] = db.whole(
        "Alternative", required=True, default=1, help="All of one number have to hold, and one number is enough"
    )
    fact: Mapped[FactName] = db.choice("Fact", FactName, required=True)
    operator: Mapped[Operator] = db.choice("Comparison", Operator, required=True)
    value: Mapped[str | None] = db.text("Value", 500, help="A number, yes or no, or codes with commas between them")

    policy: Mapped[ApprovalPolicy] = relationship(back_populates="conditions")

    def __str__(self) -> str:
        return f"{self.rule}: {self.fact.label} {self.operator.label} {self.value or ''}".strip()


class Approval(Row):
    """One round of decisions about one version of a document, with the facts it was judged by."""

    __tablename__ = "approval"
    __table_args__ = (
        Index("ix_approval_created_by", "created_by"),
        UniqueConstraint("resource", "row_id", "revision", name="uq_approval_round"),
        Index("uq_approval_open", "resource", "row_id", unique=True, postgresql_where=literal_column("state = 'open'")),
    )

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    resource: Mapped[str] = db.text("Kind", 40, required=True)
    row_id: Mapped[int] = mapped_column(BigInteger, info={"label": "Row", "hidden": True})
    document_key: Mapped[str] = db.text("Document", 80, required=True, index=True)
    title: Mapped[str] = db.text("Title", 300, required=True)
    requester_id: Mapped[int] = db.link("person", "Requester", required=True)
    entity_id: Mapped[int] = db.link("entity", required=True)
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre")
    amount: Mapped[Decimal] = db.money("Amount", "currency.code", required=True)
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    policy_id: Mapped[int] = db.link("approval_policy", "Policy", required=True)
    policy_hash: Mapped[str] = db.text("Hash of the policy", 64, required=True)
    content_hash: Mapped[str] = db.text("Hash of the content", 64, required=True)
    content: Mapped[Any] = db.document("Content", required=True)
    facts: Mapped[Any] = db.document("Facts", required=True)
    explanation: Mapped[Any] = db.document("Explanation", required=True)
    excluded: Mapped[Any] = mapped_column(JSONB, info={"hidden": True})
    cost_centres: Mapped[Any] = mapped_column(JSONB, info={"hidden": True})
    revision: Mapped[int] = db.whole("Round", required=True, default=1)
    state: Mapped[str] = db.state("open", "approved", "rejected", "returned", "withdrawn", "superseded")
    state_reason: Mapped[str | None] = db.text("Reason", 500)
    opened_at: Mapped[datetime] = db.instant("Asked", required=True)
    closed_at: Mapped[datetime | None] = db.instant("Decided")

    requester: Mapped[Person] = relationship()
    entity: Mapped[Entity] = relationship()
    cost_centre: Mapped[CostCentre | None] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined")
    policy: Mapped[ApprovalPolicy] = relationship()
    steps: Mapped[list[ApprovalStep]] = relationship(
        back_populates="approval", cascade="all, delete-orphan", order_by="ApprovalStep.position"
    )
    seats: Mapped[list[ApprovalSeat]] = relationship(
        back_populates="approval", cascade="all, delete-orphan", order_by="ApprovalSeat.position"
    )
    decisions: Mapped[list[ApprovalDecision]] = relationship(
        back_populates="approval", cascade="all, delete-orphan", order_by="ApprovalDecision.position"
    )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class ApprovalStep(Child):
    """A question of a round: who has to agree, why, and until when."""

    __tablename__ = "approval_step"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'open', 'approved', 'rejected', 'void')", name="state"),
        Index("ix_approval_step_due", "due_at", postgresql_where=literal_column("state = 'open'")),
    )

    approval_id: Mapped[int] = db.link("approval", required=True, ondelete="CASCADE")
    stage: Mapped[int] = db.whole("Stage", required=True)
    rule: Mapped[str] = db.text("Rule", 20, required=True)
    label: Mapped[str] = db.text("Step", 80, required=True)
    reason: Mapped[str] = db.text("Reason", 500, required=True)
    resolver: Mapped[str] = db.text("Found by", 40, required=True)
    mode: Mapped[Mode] = db.choice("How many", Mode, required=True)
    needed: Mapped[int] = db.whole("Needed", required=True)
    state: Mapped[str] = db.text("State", 20, required=True, default="waiting")
    note: Mapped[str | None] = db.long_text("Note")
    opened_at: Mapped[datetime | None] = db.instant("Asked")
    due_days: Mapped[int | None] = db.whole("Due in days")
    due_at: Mapped[datetime | None] = db.instant("Due")
    on_due: Mapped[OnDue] = db.choice("When due", OnDue, required=True)
    reminded_at: Mapped[datetime | None] = db.instant("Reminded")
    escalated_at: Mapped[datetime | None] = db.instant("Escalated")
    delegable: Mapped[bool] = db.flag("Deputies may decide", default=True)
    fallback: Mapped[Fallback] = db.choice("If nobody can", Fallback, required=True)

    approval: Mapped[Approval] = relationship(back_populates="steps")
    seats: Mapped[list[ApprovalSeat]] = relationship(back_populates="step", order_by="ApprovalSeat.position")

    def __str__(self) -> str:
        return f"{self.stage} {self.label}"


class ApprovalSeat(Child):
    """Somebody who is asked in a step, and how they were found."""

    __tablename__ = "approval_seat"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'open', 'approved', 'rejected', 'void')", name="state"),
        Index("ix_approval_seat_open", "person_id", postgresql_where=literal_column("state = 'open'")),
    )

    approval_id: Mapped[int] = db.link("approval", required=True, ondelete="CASCADE")
    step_id: Mapped[int] = db.link("approval_step", "Step", required=True, ondelete="CASCADE")
    person_id: Mapped[int] = db.link("person", "Person", required=True)
    place: Mapped[int] = db.whole("Place", required=True, help="Several may share a place; one of them fills it")
    via: Mapped[str] = db.text("How they were found", 500, required=True)
    state: Mapped[str] = db.text("State", 20, required=True, default="waiting")
    since: Mapped[datetime | None] = db.instant("Since")

    approval: Mapped[Approval] = relationship(back_populates="seats")
    step: Mapped[ApprovalStep] = relationship(back_populates="seats")
    person: Mapped[Person] = relationship()

    def __str__(self) -> str:
        return str(self.person)


class ApprovalDecision(Child):
    """One person's yes or no, bound to what they saw. It stays as it is: the database refuses a change."""

    __tablename__ = "approval_decision"
    __table_args__ = (CheckConstraint("verdict IN ('approve', 'reject', 'return')", name="verdict"),)

    approval_id: Mapped[int] = db.link("approval", required=True)
    step_id: Mapped[int] = db.link("approval_step", "Step", required=True)
    person_id: Mapped[int] = db.link("person", "Person", required=True)
    for_person_id: Mapped[int | None] = db.link("person", "For", help="Whom they stood in for")
    verdict: Mapped[str] = db.text("Decision", 20, required=True)
    comment: Mapped[str | None] = db.long_text("Comment")
    at: Mapped[datetime] = db.instant("When", required=True)
    channel: Mapped[str] = db.text("Door", 40, required=True)
    content_hash: Mapped[str] = db.text("Hash of the content", 64, required=True)

    approval: Mapped[Approval] = relationship(back_populates="decisions")
    step: Mapped[ApprovalStep] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)
    for_person: Mapped[Person | None] = relationship(foreign_keys=for_person_id)

    def __str__(self) -> str:
        return f"{self.person}: {self.verdict}"


class Delegation(Row):
    """Somebody lets a deputy decide for them, from one day to another."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("to_on >= from_on", name="to_on"),
        CheckConstraint("deputy_id <> person_id", name="deputy"),
        CheckConstraint("most_amount > 0", name="most_amount"),
        Index("ix_delegation_active", "deputy_id", "from_on", postgresql_where=literal_column("state = 'active'")),
    )
    constraint_problems = {
        "ck_delegation_to_on": ("wrong_order", "Last day: choose a day not before the first.", "to_on"),
        "ck_delegation_deputy": ("own_deputy", "Deputy: choose someone else than the person.", "deputy"),
        "ck_delegation_most_amount": ("not_positive", "Up to: enter an amount above zero.", "most_amount"),
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    person_id: Mapped[int | None] = db.link("person", "Person", help="Who is away. Empty: you")
    account_id: Mapped[int] = db.column(Integer, "Account", required=True, index=True, info={"kind": "account"})
    deputy_id: Mapped[int] = db.link("person", "Deputy", required=True)
    from_on: Mapped[date] = db.day("First day", required=True)
    to_on: Mapped[date] = db.day("Last day", required=True)
    document: Mapped[str | None] = db.text("Document", 40, help="Such as request. Empty: every kind")
    entity_id: Mapped[int | None] = db.link("entity", help="Empty: every entity")
    most_amount: Mapped[Decimal | None] = db.money(
        "Up to", "person.entity.base_currency.code", help="In the currency of the person's entity. Empty: any amount"
    )
    reason: Mapped[str | None] = db.text("Reason", 200, help="Such as holiday")
    told_at: Mapped[datetime | None] = db.instant("Begun", info={"hidden": True})
    state: Mapped[str] = db.state("active", "ended")

    person: Mapped[Person | None] = relationship(foreign_keys=person_id)
    deputy: Mapped[Person] = relationship(foreign_keys=deputy_id)
    entity: Mapped[Entity | None] = relationship()

    def __str__(self) -> str:
        return f"{self.person}: {self.deputy}"
