"""Tables of budgets."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.db import Base, Child, Row
from app.modules.budgets.domain import planning
from app.modules.budgets.domain.claims import Bucket, Control, Figures, Kind
from app.modules.directory.models import Category, CostCentre, Currency, Entity, Project, code

#: An amount of a budget, in the currency of the budget.
Amount = Annotated[Decimal, "currency"]
_PERIODS = "from_period BETWEEN 1 AND 12 AND to_period BETWEEN from_period AND 12"
_PERCENT = "tolerance_percent BETWEEN 0 AND 100"
_AMOUNT = "tolerance_amount >= 0"
_YEAR = f"year BETWEEN {planning.FIRST_YEAR} AND {planning.LAST_YEAR}"


class BudgetPlan(Row):
    """What an entity, or a branch of its cost centres, means to spend in a fiscal year."""

    __tablename__ = "budget_plan"
    __table_args__ = (CheckConstraint(_YEAR, name="year"),)

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    name: Mapped[str] = db.text("Name", 120, required=True)
    entity_id: Mapped[int] = db.link("entity", required=True)
    cost_centre_id: Mapped[int | None] = db.link(
        "cost_centre", "Cost centre", help="Plans for it and all below it. Empty: for the whole entity"
    )
    year: Mapped[int] = db.whole("Fiscal year", required=True, help="The calendar year in which it begins")
    note: Mapped[str | None] = db.long_text("Note")
    state: Mapped[str] = db.state("draft", "published", "retired")
    published_at: Mapped[datetime | None] = db.instant("Published")
    published_by: Mapped[int | None] = db.whole("Published by", info={"kind": "account"})

    entity: Mapped[Entity] = relationship()
    cost_centre: Mapped[CostCentre | None] = relationship()
    lines: Mapped[list[BudgetPlanLine]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="BudgetPlanLine.position"
    )
    cells: Mapped[list[BudgetCell]] = relationship(back_populates="plan", order_by="BudgetCell.code")

    @property
    def total(self) -> Decimal:
        """Sum of the lines; lines that stand inside others count as well."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def effects(self) -> list[str]:
        """What publishing would change now."""
        return [effect.words for effect in planning.effects_of(self)]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class BudgetPlanLine(Child):
    """An amount for a cost centre, category and project over some periods of the year."""

    __tablename__ = "budget_plan_line"
    __table_args__ = (
        CheckConstraint(_PERIODS, name="periods"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint(_PERCENT, name="tolerance_percent"),
        CheckConstraint(_AMOUNT, name="tolerance_amount"),
    )

    plan_id: Mapped[int] = db.link("budget_plan", required=True, ondelete="CASCADE")
    cost_centre_id: Mapped[int | None] = db.link(
        "cost_centre", "Cost centre", help="With all below it. Empty: as the plan"
    )
    category_id: Mapped[int | None] = db.link("category", "Category", help="With all below it. Empty: all")
    project_id: Mapped[int | None] = db.link("project", "Project", help="With all parts of it. Empty: all")
    from_period: Mapped[int] = db.whole(
        "From period", required=True, default=1, help="1 is the first month of the year"
    )
    to_period: Mapped[int] = db.whole("To period", required=True, default=12, help="1 to 6: all up to the sixth month")
    amount: Mapped[Decimal] = db.money("Amount", "plan.entity.base_currency.code", required=True)
    control: Mapped[Control] = db.choice(
        "Control", Control, required=True, default=Control.HARD, help="Hard refuses more; soft asks the owner"
    )
    tolerance_percent: Mapped[Decimal | None] = db.quantity("Tolerance in percent")
    tolerance_amount: Mapped[Decimal | None] = db.money("Tolerance", "plan.entity.base_currency.code")
    cell_id: Mapped[int | None] = db.link("budget_cell", "Budget", info={"hidden": True})

    plan: Mapped[BudgetPlan] = relationship(back_populates="lines")
    cost_centre: Mapped[CostCentre | None] = relationship()
    category: Mapped[Category | None] = relationship()
    project: Mapped[Project | None] = relationship()
    cell: Mapped[BudgetCell | None] = relationship(lazy="selectin")

    def __str__(self) -> str:
        return planning.label_of(self, self.plan)


class BudgetBalance(Base):
    """The figures of a cell, locked while they change; the database itself keeps a hard cell above its floor."""

    __tablename__ = "budget_balance"
    __table_args__ = (
        CheckConstraint(
            "floor IS NULL OR planned + transferred + carried - actual - committed - reserved >= floor", name="floor"
        ),
        CheckConstraint("planned >= 0", name="planned"),
        CheckConstraint("committed >= 0", name="committed"),
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("floor <= 0", name="tolerance"),
    )
    constraint_problems = {
        "ck_budget_balance_floor": (
            "over_budget",
            "A budget has less left than this needs. Look at what is left.",
            None,
        ),
        "ck_budget_balance_planned": ("below_zero", "A budget would be planned below zero. Take away less.", None),
    }

    id: Mapped[int] = mapped_column("cell_id", BigInteger, ForeignKey("budget_cell.id"), primary_key=True)
    planned: Mapped[Decimal] = mapped_column(Numeric(18, 4), default=0, server_default="0")
    transferred: Mapped[Decimal] = mapped_column(Numeric(18, 4), default=0, server_default="0")
    carried: Mapped[Decimal] = mapped_column(Numeric(18, 4), default=0, server_default="0")
    actual: Mapped[Decimal] = mapped_column(Numeric(18, 4), default=0, server_default="0")
    committed: Mapped[Decimal] = mapped_column(Numeric(18, 4), default=0, server_default="0")
    reserved: Mapped[Decimal] = mapped_column(Numeric(18, 4), default=0, server_default="0")
    floor: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))

    @property
    def figures(self) -> Figures:
        """Take the figures as they stand."""
        return Figures(*(getattr(self, bucket) for bucket in Bucket))


class BudgetCell(Row):
    """A budget: what may be spent on something, by someone, in some periods; it covers all that stands below."""

    __tablename__ = "budget_cell"
    __table_args__ = (
        UniqueConstraint(
            "entity_id",
            "year",
            "cost_centre_id",
            "category_id",
            "project_id",
            "from_period",
            "to_period",
            name="uq_budget_cell_dimensions",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(_PERIODS, name="periods"),
        CheckConstraint(_YEAR, name="year"),
        CheckConstraint(_PERCENT, name="tolerance_percent"),
        CheckConstraint(_AMOUNT, name="tolerance_amount"),
        CheckConstraint("last_on > first_on", name="days"),
        Index("ix_budget_cell_days", "entity_id", "last_on", "first_on"),
    )
    constraint_problems = {
        "uq_budget_cell_dimensions": (
            "planned_already",
            "A plan for the same has just been published. Try again.",
            None,
        )
    }

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 250, required=True)
    entity_id: Mapped[int] = db.link("entity", required=True, index=False)
    plan_id: Mapped[int | None] = db.link("budget_plan", "Plan")
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre", help="With all below it")
    category_id: Mapped[int | None] = db.link("category", "Category", help="With all below it")
    project_id: Mapped[int | None] = db.link("project", "Project", help="With all parts of it")
    year: Mapped[int] = db.whole("Fiscal year", required=True)
    from_period: Mapped[int] = db.whole("From period", required=True)
    to_period: Mapped[int] = db.whole("To period", required=True)
    first_on: Mapped[date] = db.day("From", required=True)
    last_on: Mapped[date] = db.day("To", required=True)
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True, index=False)
    plan_amount: Mapped[Decimal] = db.money("As planned", "currency.code", required=True, help="As last published")
    control: Mapped[Control] = db.choice(
        "Control", Control, required=True, help="Hard refuses more; soft asks the owner"
    )
    tolerance_percent: Mapped[Decimal | None] = db.quantity("Tolerance in percent")
    tolerance_amount: Mapped[Decimal | None] = db.money("Tolerance", "currency.code")
    state: Mapped[str] = db.state("open", "closed", "withdrawn")
    state_reason: Mapped[str | None] = db.text("Reason", 500)

    entity: Mapped[Entity] = relationship()
    plan: Mapped[BudgetPlan | None] = relationship(back_populates="cells")
    cost_centre: Mapped[CostCentre | None] = relationship()
    category: Mapped[Category | None] = relationship()
    project: Mapped[Project | None] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    balance: Mapped[BudgetBalance] = relationship(lazy="joined", uselist=False, cascade="all")

    @property
    def planned(self) -> Amount:
        """As planned and adjusted."""
        return self.balance.planned

    @property
    def transferred(self) -> Amount:
        """Moved in from other budgets, or out."""
        return self.balance.transferred

    @property
    def carried(self) -> Amount:
        """Carried over from the year before, or to the next."""
        return self.balance.carried

    @property
    def actual(self) -> Amount:
        """Invoiced."""
        return self.balance.actual

    @property
    def committed(self) -> Amount:
        """Ordered and not yet invoiced."""
        return self.balance.committed

    @property
    def reserved(self) -> Amount:
        """Asked for and not yet ordered."""
        return self.balance.reserved

    @property
    def budget(self) -> Amount:
        """Planned, transferred and carried together."""
        return self.balance.figures.budget

    @property
    def available(self) -> Amount:
        """What is left: the budget less what is invoiced, ordered and asked for."""
        return self.balance.figures.available

    @property
    def used_percent(self) -> Decimal:
        """Share of the budget that is spent or spoken for."""
        return planning.used_percent(self.balance.figures)

    def __str__(self) -> str:
        return self.name


class BudgetMove(Base):
    """Why a figure of a cell changed; moves are only ever added to, and add up to the balance."""

    __tablename__ = "budget_move"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        # What documents hold is looked up by document.
        Index("ix_budget_move_source", "source_resource", "source_id", "bucket"),
        Index("ix_budget_move_cell", "cell_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, info={"label": "Move"})
    # It points to the balance, which whoever writes a move has locked, and not to the cell, which others may hold.
    cell_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("budget_balance.cell_id"), info={"label": "Budget"})
    kind: Mapped[Kind] = db.choice("Move", Kind, required=True)
    bucket: Mapped[Bucket] = db.choice("Figure", Bucket, required=True)
    amount: Mapped[Decimal] = db.money("Amount", "cell.currency.code", required=True)
    on: Mapped[date] = db.day("For", required=True)
    at: Mapped[datetime] = db.instant("When", required=True)
    source_resource: Mapped[str] = db.text("Kind of document", 60, required=True)
    source_id: Mapped[int] = db.column(BigInteger, "Document id", required=True)
    source_key: Mapped[str] = db.text("Document", 60, required=True)
    line: Mapped[str | None] = db.text("Lines", 200)
    actor_id: Mapped[int] = db.column(Integer, "Who", required=True, info={"kind": "account"})
    reason: Mapped[str | None] = db.column(Text, "Reason")
    original_amount: Mapped[Decimal | None] = db.money("Original amount", "original_currency")
    original_currency: Mapped[str | None] = db.column(String(3), "Original currency")
    rate: Mapped[Decimal | None] = db.column(Numeric(20, 10), "Rate")
    rate_on: Mapped[date | None] = db.day("Rate of")
    rate_source: Mapped[str | None] = db.text("Rate from", 40)
    request_id: Mapped[str] = db.column(Text, "Request", required=True)

    cell: Mapped[BudgetCell] = relationship(primaryjoin="foreign(BudgetMove.cell_id) == BudgetCell.id", viewonly=True)

    def __str__(self) -> str:
        return f"{self.kind.value.capitalize()} {self.source_key}"


class BudgetTransfer(Row):
    """Money moved from one budget to another, by two people."""

    __tablename__ = "budget_transfer"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("from_cell_id <> to_cell_id", name="to_cell"),
        CheckConstraint("state <> 'done' OR (confirmed_by IS NOT NULL AND proposed_by IS NOT NULL)", name="confirmed"),
        CheckConstraint("confirmed_by <> proposed_by", name="confirmed_by"),
    )
    constraint_problems = {
        "ck_budget_transfer_amount": ("not_positive", "Amount: enter more than zero.", "amount"),
        "ck_budget_transfer_to_cell": ("same_cell", "To: choose another budget than the first.", "to_cell"),
        "ck_budget_transfer_confirmed_by": ("own_transfer", "Whoever proposed it does not confirm it.", None),
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    from_cell_id: Mapped[int] = db.link("budget_cell", "From", required=True)
    to_cell_id: Mapped[int] = db.link("budget_cell", "To", required=True)
    amount: Mapped[Decimal] = db.money("Amount", "from_cell.currency.code", required=True)
    reason: Mapped[str] = db.text("Reason", 500, required=True)
    state: Mapped[str] = db.state("draft", "proposed", "done", "rejected", "cancelled")
    state_reason: Mapped[str | None] = db.text("Why not", 500)
    proposed_by: Mapped[int | None] = db.whole("Proposed by", info={"kind": "account"})
    confirmed_by: Mapped[int | None] = db.whole("Confirmed by", info={"kind": "account"})
    done_at: Mapped[datetime | None] = db.instant("Done")

    from_cell: Mapped[BudgetCell] = relationship(foreign_keys=from_cell_id)
    to_cell: Mapped[BudgetCell] = relationship(foreign_keys=to_cell_id)

    @property
    def effects(self) -> list[str]:
        """What it would leave on either side now."""
        return planning.transfer_effects(self)

    def __str__(self) -> str:
        return f"{self.number} {self.reason}"
