"""Tables of the organisation and of the codes that documents are written in."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, MappedColumn, relationship

from app.infra import db
from app.infra.db import Base, Row, Tree
from app.infra.identity import RoleGrant
from app.kernel import money
from app.modules.directory import domain
from app.modules.directory.domain import TaxCategory


def code(length: int = 20, **options: Any) -> MappedColumn[str]:
    """Declare the code people address a row by; it stands in addresses, so it has no space and no slash."""
    pattern = CheckConstraint(f"code ~ '{domain.CODE_PATTERN}'", name="code")
    help_text = options.pop("help", "Letters, digits, - _ and . only. It stays as it is.")
    return db.column(String(length), "Code", pattern, required=True, unique=True, help=help_text, **options)


def country(**options: Any) -> MappedColumn[str]:
    """Declare a country by its ISO 3166 code."""
    pattern = CheckConstraint("country ~ '^[A-Z]{2}$'", name="country")
    return db.column(String(2), "Country", pattern, help="Two-letter ISO code, such as AT", **options)


class Currency(Row):
    """A currency documents may be written in."""

    __tablename__ = "currency"

    code: Mapped[str] = code(3, help="ISO 4217 code, such as EUR")
    name: Mapped[str] = db.text("Name", 100, required=True)
    active: Mapped[bool] = db.flag("Active", default=True, help="Offered for new documents")

    @property
    def minor_units(self) -> int:
        """Decimal places of its coins."""
        return money.minor_units(self.code)

    def __str__(self) -> str:
        return self.code


class ExchangeRate(Row):
    """What one unit of a currency was worth in another on a day, according to a source."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        UniqueConstraint("currency_id", "base_id", "valid_on", "source", name="uq_exchange_rate_day"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("currency_id <> base_id", name="base"),
    )
    constraint_problems = {
        "uq_exchange_rate_day": ("taken", "Valid on: this source has a rate for this day. Edit that one.", "valid_on"),
        "ck_exchange_rate_rate": ("not_positive", "Rate: enter a number above zero.", "rate"),
        "ck_exchange_rate_base": ("same_currency", "Into: choose another currency than the first.", "base"),
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    base_id: Mapped[int] = db.link("currency", "Into", required=True)
    rate: Mapped[Decimal] = db.column(
        Numeric(20, 10), "Rate", required=True, help="Units of the second currency for one of the first"
    )
    valid_on: Mapped[date] = db.day("Valid on", required=True, index=True)
    source: Mapped[str] = db.text("Source", 40, required=True, help="Who published it, such as ECB")

    currency: Mapped[Currency] = relationship(foreign_keys=currency_id)
    base: Mapped[Currency] = relationship(foreign_keys=base_id)

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.rate.normalize():f} {self.base}"


class Entity(Row):
    """A legal company of the organisation."""

    __tablename__ = "entity"
    __table_args__ = (
        CheckConstraint("fiscal_year_start BETWEEN 1 AND 12", name="fiscal_year_start"),
        CheckConstraint("(endpoint_scheme IS NULL) = (endpoint_id IS NULL)", name="endpoint"),
    )
    constraint_problems = {
        "ck_entity_fiscal_year_start": (
            "out_of_range",
            "Fiscal year starts in: enter a month, 1 to 12.",
            "fiscal_year_start",
        )
    }

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 120, required=True)
    legal_name: Mapped[str | None] = db.text("Legal name", 200, help="As registered")
    country: Mapped[str] = country(required=True)
    base_currency_id: Mapped[int] = db.link(
        "currency", "Base currency", required=True, help="Limits and budgets are compared in it"
    )
    fiscal_year_start: Mapped[int] = db.whole(
        "Fiscal year starts in", required=True, default=1, help="Month, 1 for January"
    )
    time_zone: Mapped[str] = db.text("Time zone", 64, required=True, default="UTC", help="Such as Europe/Vienna")
    tax_id: Mapped[str | None] = db.text("VAT number", 40, help="Checked by the rules of the country")
    registration_number: Mapped[str | None] = db.text("Registration number", 40, help="In the register of companies")
    endpoint_scheme: Mapped[str | None] = db.text("Endpoint scheme", 4, help="Peppol list of schemes, such as 0088")
    endpoint_id: Mapped[str | None] = db.text("Endpoint id", 50, help="Address for e-invoices in that scheme")
    state: Mapped[str] = db.state("open", "closed")

    base_currency: Mapped[Currency] = relationship()
    cost_centres: Mapped[list[CostCentre]] = relationship(back_populates="entity")
    locations: Mapped[list[Location]] = relationship(back_populates="entity")

    @property
    def parts(self) -> list[Any]:
        """Rows that have to be closed first."""
        return [*self.cost_centres, *self.locations]

    @property
    def above(self) -> dict[str, Any]:
        """Rows that have to be open as long as this one is, by field."""
        return {}

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Location(Row):
    """A place where things are delivered."""

    __tablename__ = "location"

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 120, required=True)
    entity_id: Mapped[int] = db.link("entity", required=True)
    street: Mapped[str | None] = db.text("Street", 200)
    street_2: Mapped[str | None] = db.text("Address line 2", 200, help="Floor, gate, department")
    postcode: Mapped[str | None] = db.text("Postcode", 20)
    city: Mapped[str | None] = db.text("City", 100)
    country: Mapped[str] = country(required=True)
    state: Mapped[str] = db.state("open", "closed")

    entity: Mapped[Entity] = relationship(back_populates="locations")

    @property
    def address(self) -> str:
        """Full postal address in one line."""
        town = " ".join(filter(None, (self.postcode, self.city)))
        return ", ".join(filter(None, (self.street, self.street_2, town, self.country)))

    @property
    def parts(self) -> list[Any]:
        """Rows that have to be closed first."""
        return []

    @property
    def above(self) -> dict[str, Any]:
        """Rows that have to be open as long as this one is, by field."""
        return {"entity": self.entity}

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class TaxCode(Row):
    """A tax rate with its category of EN 16931 and the days it holds."""

    __tablename__ = "tax_code"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="valid_to"),
        CheckConstraint("CASE category WHEN 'S' THEN rate > 0 AND rate <= 100 ELSE rate = 0 END", name="rate"),
    )
    constraint_problems = {
        "ck_tax_code_valid_to": ("wrong_order", "Valid to: choose a day not before the first.", "valid_to"),
        "ck_tax_code_rate": ("wrong_rate", "Rate: above 0 for the standard category, 0 for all others.", "rate"),
    }

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 120, required=True)
    country: Mapped[str] = country(required=True)
    category: Mapped[TaxCategory] = db.choice("Category", TaxCategory, required=True, help="EN 16931, list UNTDID 5305")
    rate: Mapped[Decimal] = db.quantity("Rate in percent", required=True)
    valid_from: Mapped[date | None] = db.day("Valid from")
    valid_to: Mapped[date | None] = db.day("Valid to")
    active: Mapped[bool] = db.flag("Active", default=True, help="Offered for new documents")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Unit(Row):
    """A unit of measure of UN/ECE Recommendation 20."""

    __tablename__ = "unit"
    __table_args__ = (CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals"),)
    constraint_problems = {"ck_unit_decimals": ("out_of_range", "Decimals: enter 0 to 6.", "decimals")}

    code: Mapped[str] = code(3, help="UN/ECE Recommendation 20, such as C62 for one piece")
    name: Mapped[str] = db.text("Name", 60, required=True)
    decimals: Mapped[int] = db.whole("Decimals", required=True, default=0, help="Of a quantity in this unit")
    active: Mapped[bool] = db.flag("Active", default=True, help="Offered for new documents")

    def __str__(self) -> str:
        return self.name


class CostCentre(Tree, Row):
    """A part of the organisation that costs are charged to; it has an owner."""

    __tablename__ = "cost_centre"

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 120, required=True)
    entity_id: Mapped[int] = db.link("entity", required=True)
    parent_id: Mapped[int | None] = db.link("cost_centre", "Below")
    # People belong to cost centres and own them: one of the two references is added once both tables stand.
    owner_id: Mapped[int | None] = db.column(
        BigInteger, "Owner", ForeignKey("person.id", use_alter=True), index=True, help="Answers for its budget"
    )
    state: Mapped[str] = db.state("open", "closed")

    entity: Mapped[Entity] = relationship(back_populates="cost_centres")
    parent: Mapped[CostCentre | None] = relationship(remote_side="CostCentre.id", back_populates="children")
    children: Mapped[list[CostCentre]] = relationship(back_populates="parent")
    owner: Mapped[Person | None] = relationship(foreign_keys=owner_id)
    projects: Mapped[list[Project]] = relationship(back_populates="cost_centre")

    @property
    def parts(self) -> list[Any]:
        """Rows that have to be closed first."""
        return [*self.children, *self.projects]

    @property
    def above(self) -> dict[str, Any]:
        """Rows that have to be open as long as this one is, by field."""
        return {"entity": self.entity, "parent": self.parent}

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Category(Tree, Row):
    """What is bought, as a tree; it has an owner and a ledger account."""

    __tablename__ = "category"

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 120, required=True)
    parent_id: Mapped[int | None] = db.link("category", "Below")
    owner_id: Mapped[int | None] = db.link("person", "Owner", help="Answers for what is bought in it")
    ledger_account: Mapped[str | None] = db.text("Ledger account", 20)
    cpv_code: Mapped[str | None] = db.text("CPV code", 10, help="Common Procurement Vocabulary, such as 30200000-1")
    state: Mapped[str] = db.state("open", "closed")

    parent: Mapped[Category | None] = relationship(remote_side="Category.id", back_populates="children")
    children: Mapped[list[Category]] = relationship(back_populates="parent")
    owner: Mapped[Person | None] = relationship(foreign_keys=owner_id)

    @property
    def parts(self) -> list[Any]:
        """Rows that have to be closed first."""
        return list(self.children)

    @property
    def above(self) -> dict[str, Any]:
        """Rows that have to be open as long as this one is, by field."""
        return {"parent": self.parent}

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Project(Tree, Row):
    """An undertaking with a beginning and an end that costs are followed by."""

    __tablename__ = "project"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="ends_on"),)
    constraint_problems = {
        "ck_project_ends_on": ("wrong_order", "Ends on: choose a day not before the start.", "ends_on")
    }

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 120, required=True)
    entity_id: Mapped[int] = db.link("entity", required=True)
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre")
    parent_id: Mapped[int | None] = db.link("project", "Part of")
    owner_id: Mapped[int | None] = db.link("person", "Owner", help="Answers for its budget")
    starts_on: Mapped[date | None] = db.day("Starts on")
    ends_on: Mapped[date | None] = db.day("Ends on")
    state: Mapped[str] = db.state("open", "closed")

    entity: Mapped[Entity] = relationship()
    cost_centre: Mapped[CostCentre | None] = relationship(back_populates="projects")
    parent: Mapped[Project | None] = relationship(remote_side="Project.id", back_populates="children")
    children: Mapped[list[Project]] = relationship(back_populates="parent")
    owner: Mapped[Person | None] = relationship(foreign_keys=owner_id)

    @property
    def parts(self) -> list[Any]:
        """Rows that have to be closed first."""
        return list(self.children)

    @property
    def above(self) -> dict[str, Any]:
        """Rows that have to be open as long as this one is, by field."""
        return {"entity": self.entity, "cost_centre": self.cost_centre, "parent": self.parent}

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Person(Row):
    """What somebody with an account is in the business: where they belong, whom they report to, how much they may approve."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("approval_limit >= 0", name="approval_limit"),
        CheckConstraint("manager_id <> id", name="manager"),
        CheckConstraint("language ~ '^[a-z]{2}(-[A-Z]{2})?$'", name="language"),
        CheckConstraint("erased_at IS NULL OR state = 'left'", name="erased_at"),
    )
    constraint_problems = {
        "ck_person_approval_limit": ("negative", "Approval limit: enter zero or more.", "approval_limit"),
        "ck_person_manager": ("own_manager", "Manager: choose someone else than the person.", "manager"),
        "ck_person_language": ("unknown_language", "Language: use a code such as en or de-AT.", "language"),
        "uq_person_email": ("taken", "E-mail: another person has this address.", "email"),
        "uq_ab_user_email": ("taken", "E-mail: another account has this address.", "email"),
    }

    code: Mapped[str] = code(40, help="The name to sign in with, such as jana.novak. It stays as it is.")
    user_id: Mapped[int] = db.column(
        Integer, "Account", ForeignKey("ab_user.id"), required=True, unique=True, info={"kind": "account"}
    )
    first_name: Mapped[str] = db.text("First name", 60, required=True)
    last_name: Mapped[str] = db.text("Last name", 60, required=True)
    email: Mapped[str] = db.text("E-mail", 200, required=True, unique=True)
    job_title: Mapped[str | None] = db.text("Job title", 120)
    entity_id: Mapped[int | None] = db.link("entity")
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre")
    manager_id: Mapped[int | None] = db.link("person", "Manager")
    approval_limit: Mapped[Decimal | None] = db.money(
        "Approval limit",
        "entity.base_currency.code",
        help="The highest amount they may approve, in the entity's currency. Empty means none, never unlimited.",
    )
    language: Mapped[str] = db.text("Language", 5, required=True, default="en", help="Such as en or de-AT")
    time_zone: Mapped[str] = db.text("Time zone", 64, required=True, default="UTC", help="Such as Europe/Vienna")
    state: Mapped[str] = db.state("invited", "active", "suspended", "left")
    state_reason: Mapped[str | None] = db.text("Reason", 500, help="Why they were suspended")
    erased_at: Mapped[datetime | None] = db.instant("Personal data erased")

    user: Mapped[User] = relationship(User)
    entity: Mapped[Entity | None] = relationship()
    cost_centre: Mapped[CostCentre | None] = relationship(foreign_keys=cost_centre_id)
    manager: Mapped[Person | None] = relationship(remote_side="Person.id", back_populates="reports")
    reports: Mapped[list[Person]] = relationship(back_populates="manager")
    roles: Mapped[list[HeldRole]] = relationship(
        primaryjoin="Person.user_id == foreign(HeldRole.user_id)", viewonly=True, order_by="HeldRole.id"
    )

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    def __str__(self) -> str:
        return self.name


class HeldRole(Base):
    """A role somebody holds, as people read it: what it is and where it holds."""

    __table__ = RoleGrant.__table__

    role: Mapped[Role] = relationship(Role, viewonly=True)
    entity: Mapped[Entity | None] = relationship(viewonly=True)
    cost_centre: Mapped[CostCentre | None] = relationship(viewonly=True)

    def __str__(self) -> str:
        places = [place.code for place in (self.entity, self.cost_centre) if place]
        return f"{self.role.name} ({', '.join(places)})" if places else str(self.role.name)
