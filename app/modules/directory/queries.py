"""Reads of the directory that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.infra import scope
from app.infra.identity import RoleGrant
from app.kernel.actor import Context
from app.modules.directory.domain import ONE, Held, Rate, rate_between
from app.modules.directory.models import Category, CostCentre, Entity, ExchangeRate, Person, Project


def find_by_account(context: Context, user_id: int) -> Person | None:
    """Find the person behind an account."""
    people = scope.everything(Person, why="whoever sets a password is this person")
    found: Person | None = context.session.scalars(people.where(Person.user_id == user_id)).first()
    return found


def get_person(context: Context, person_id: int) -> Person:
    """Give a person who has been erased."""
    people = scope.everything(Person, why="an erased person is forgotten by Outlay itself")
    found: Person = context.session.scalars(people.where(Person.id == person_id)).one()
    return found


def list_by_account(context: Context, accounts: Iterable[int]) -> list[Person]:
    """List the people behind accounts, seen by the actor or not."""
    statement = scope.everything(Person, why="whoever had a hand in a document does not decide on it")
    return list(context.session.scalars(statement.where(Person.user_id.in_(sorted(accounts)))))


def find_role(context: Context, name: str) -> Any | None:
    """Find a role by its name, whatever its case."""
    return context.session.scalars(select(Role).where(func.lower(Role.name) == name.strip().lower())).first()


def list_role_names(context: Context) -> list[str]:
    """List the roles that can be given; Flask-AppBuilder's own two have no meaning here."""
    statement = select(Role.name).where(Role.name.not_in(("Admin", "Public"))).order_by(Role.name)
    return list(context.session.scalars(statement))


def list_held(context: Context, user_id: int) -> list[Held]:
    """List the roles an account holds."""
    statement = select(Role.name, RoleGrant.entity_id).join(RoleGrant, RoleGrant.role_id == Role.id)
    found = context.session.execute(statement.where(RoleGrant.user_id == user_id).order_by(Role.name))
    return [Held(role, entity) for role, entity in found]


def list_grants(context: Context, user_id: int) -> list[RoleGrant]:
    """List the grants of an account."""
    return list(context.session.scalars(select(RoleGrant).where(RoleGrant.user_id == user_id)))


def find_grant(
    context: Context, user_id: int, role_id: int, entity_id: int | None, cost_centre_id: int | None
) -> RoleGrant | None:
    """Find the grant of a role for exactly this place."""
    statement = select(RoleGrant).where(
        RoleGrant.user_id == user_id,
        RoleGrant.role_id == role_id,
        RoleGrant.entity_id.is_not_distinct_from(entity_id),
        RoleGrant.cost_centre_id.is_not_distinct_from(cost_centre_id),
    )
    found: RoleGrant | None = context.session.scalars(statement).first()
    return found


def list_owned(context: Context, person: Person) -> list[CostCentre | Category | Project]:
    """List everything open a person answers for, seen by the actor or not, as none of it may be left without an owner."""
    owned: list[CostCentre | Category | Project] = []
    for model in (CostCentre, Category, Project):
        rows = scope.everything(model, why="whoever leaves hands over all they own")
        owned += context.session.scalars(rows.where(model.owner_id == person.id, model.state == "open"))
    return owned


def list_reports(context: Context, person: Person) -> list[Person]:
    """List the people who report to a person and have not left."""
    rows = scope.everything(Person, why="whoever leaves hands over all who report to them")
    return list(context.session.scalars(rows.where(Person.manager_id == person.id, Person.state != "left")))


def find_other_account(context: Context, person: Person) -> Any | None:
    """Find an account of someone else with the same name or e-mail address."""
    same = or_(func.lower(User.username) == person.code.lower(), func.lower(User.email) == person.email.lower())
    statement = select(User).where(same)
    if person.user_id is not None:
        statement = statement.where(User.id != person.user_id)
    return context.session.scalars(statement).first()


def find_rate(context: Context, currency_id: int, base_id: int, on: date) -> Rate | None:
    """Find what one unit of a currency was worth in another on a day, by the newest rate up to then."""
    if currency_id == base_id:
        return ONE
    pair = (currency_id, base_id)
    newest = (
        scope.everything(ExchangeRate, why="a rate is the same for everyone")
        .where(ExchangeRate.valid_on <= on)
        .where(or_(ExchangeRate.currency_id.in_(pair), ExchangeRate.base_id.in_(pair)))
        .ext(distinct_on(ExchangeRate.currency_id, ExchangeRate.base_id))
        .order_by(ExchangeRate.currency_id, ExchangeRate.base_id, ExchangeRate.valid_on.desc(), ExchangeRate.id.desc())
    )
    found = context.session.scalars(newest)
    known = {(row.currency_id, row.base_id): Rate(row.rate, row.valid_on, row.source) for row in found}
    return rate_between(known, currency_id, base_id)


def list_open_entities(context: Context) -> list[Entity]:
    """List the companies a document may be addressed to."""
    statement = scope.everything(Entity, why="a document says whose it is").where(Entity.state == "open")
    return list(context.session.scalars(statement.order_by(Entity.id)))
