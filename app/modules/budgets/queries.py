"""Reads of budgets that have a name in the business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import func, literal, or_, tuple_, union_all
from sqlalchemy.orm import joinedload

from app.infra import scope
from app.kernel.actor import Context
from app.modules.budgets.domain.claims import Above, Bucket, Claim, Held, HeldIn, Holding, Kind
from app.modules.budgets.models import BudgetBalance, BudgetCell, BudgetMove, BudgetPlan
from app.modules.directory.models import Category, CostCentre, Project

WHY = "a budget counts whether the actor may see it or not"
PUBLISHING = "budgets are put into force"
_OF_DOCUMENTS = (Kind.RESERVE, Kind.COMMIT, Kind.ACTUAL, Kind.RELEASE)


def find_above(context: Context, claims: Iterable[Claim]) -> Above:
    """Find what stands above the cost centres, categories and projects of claims, in one query."""
    wanted: list[tuple[str, Any, set[int]]] = [
        ("cost_centres", CostCentre, {claim.cost_centre_id for claim in claims if claim.cost_centre_id}),
        ("categories", Category, {claim.category_id for claim in claims if claim.category_id}),
        ("projects", Project, {claim.project_id for claim in claims if claim.project_id}),
    ]
    selects = [
        scope.columns(literal(name).label("name"), model.id, model.path, why=WHY).where(model.id.in_(ids))
        for name, model, ids in wanted
        if ids
    ]
    found: dict[str, dict[int, frozenset[int]]] = defaultdict(dict)
    if selects:
        statement = union_all(*selects).execution_options(scoped=True)
        for name, row_id, path in context.session.execute(statement):
            found[name][row_id] = frozenset(int(part) for part in path.split("/") if part)
    return Above(found["cost_centres"], found["categories"], found["projects"])


def list_covering(context: Context, claims: Sequence[Claim], above: Above) -> list[BudgetCell]:
    """List the cells that may cover some of the claims."""
    if not claims:
        return []
    conditions = [
        BudgetCell.entity_id.in_({claim.entity_id for claim in claims}),
        BudgetCell.first_on <= max(claim.on for claim in claims),
        BudgetCell.last_on >= min(claim.on for claim in claims),
        BudgetCell.state != "withdrawn",
    ]
    sides: list[tuple[Any, Any]] = [
        (BudgetCell.cost_centre_id, above.cost_centres),
        (BudgetCell.category_id, above.categories),
        (BudgetCell.project_id, above.projects),
    ]
    for column, known in sides:
        ids = sorted(frozenset().union(*known.values()))
        conditions.append(or_(column.is_(None), column.in_(ids)))
    statement = scope.everything(BudgetCell, why=WHY).where(*conditions).options(joinedload(BudgetCell.currency))
    fresh = statement.order_by(BudgetCell.id).execution_options(populate_existing=True)
    return list(context.session.scalars(fresh))


def list_present(context: Context, holdings: Sequence[Holding]) -> dict[tuple[Holding, HeldIn], Held]:
    """Tell what documents hold now, by cell and currency of the agreement."""
    if not holdings:
        return {}
    by_name = {(each.source_resource, each.source_id, each.bucket): each for each in holdings}
    move, total = BudgetMove, func.sum(BudgetMove.amount)
    documents = tuple_(move.source_resource, move.source_id, move.bucket).in_(by_name)
    named = (move.source_resource, move.source_id, move.bucket, move.cell_id, move.original_currency)
    statement = (
        scope.columns(*named, total, func.sum(move.original_amount), why=WHY)
        .where(documents, move.kind.in_(_OF_DOCUMENTS))
        .group_by(*named)
        .having(total != 0)
    )
    return {
        (by_name[resource, row_id, bucket], (cell_id, currency)): Held(amount, original)
        for resource, row_id, bucket, cell_id, currency, amount, original in context.session.execute(statement)
    }


def take_part(context: Context) -> None:
    """Charge documents beside others, and not while a plan is put into force."""
    scope.beside_others(context, PUBLISHING)


def take_over(context: Context) -> None:
    """Put a plan into force while no document is being charged, so that it meets each of them once."""
    scope.alone(context, PUBLISHING)


def lock_balances(context: Context, ids: Iterable[int]) -> dict[int, BudgetBalance]:
    """Take the figures of cells for the rest of the transaction, in the order of their ids; who comes first has them first."""
    wanted = set(ids)
    scope.stand_in_line(context, BudgetBalance, wanted)
    return {balance.id: balance for balance in scope.locked(context, BudgetBalance, wanted, why=WHY)}


def lock_cells(context: Context, ids: Iterable[int]) -> list[BudgetCell]:
    """Take cells themselves, before their figures, to change what they are."""
    return scope.locked(context, BudgetCell, ids, why=WHY)


def reload_cells(context: Context, ids: Iterable[int]) -> list[BudgetCell]:
    """Read cells as they stand now that their figures are locked."""
    statement = scope.everything(BudgetCell, why=WHY).where(BudgetCell.id.in_(sorted(set(ids))))
    fresh = statement.options(joinedload(BudgetCell.currency)).execution_options(populate_existing=True)
    return list(context.session.scalars(fresh.order_by(BudgetCell.id)))


def list_not_open(context: Context, ids: Iterable[int]) -> set[int]:
    """List which of some cells take no more charges, as it stands under their lock."""
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    statement = scope.columns(BudgetCell.id, why=WHY).where(BudgetCell.id.in_(wanted), BudgetCell.state != "open")
    return set(context.session.scalars(statement))


def list_cells(context: Context, ids: Iterable[int]) -> list[BudgetCell]:
    """Load cells with what they are about."""
    statement = (
        scope.everything(BudgetCell, why=WHY)
        .where(BudgetCell.id.in_(sorted(set(ids))))
        .options(
            joinedload(BudgetCell.currency),
            joinedload(BudgetCell.cost_centre),
            joinedload(BudgetCell.category),
            joinedload(BudgetCell.project).joinedload(Project.owner),
        )
    )
    return list(context.session.scalars(statement.order_by(BudgetCell.id)))


def list_of_year(context: Context, entity_id: int, year: int) -> list[BudgetCell]:
    """List all cells of an entity and fiscal year."""
    statement = scope.everything(BudgetCell, why=WHY).where(BudgetCell.entity_id == entity_id, BudgetCell.year == year)
    return list(context.session.scalars(statement.options(joinedload(BudgetCell.plan)).order_by(BudgetCell.id)))


def list_of_plan(context: Context, plan: BudgetPlan) -> list[BudgetCell]:
    """List the cells a plan put into force."""
    statement = scope.everything(BudgetCell, why=WHY).where(BudgetCell.plan_id == plan.id)
    return list(context.session.scalars(statement.options(joinedload(BudgetCell.currency)).order_by(BudgetCell.id)))


def sum_carried_out(context: Context, ids: Iterable[int]) -> dict[int, Decimal]:
    """Tell how much was carried out of cells to the next year."""
    statement = (
        scope.columns(BudgetMove.cell_id, -func.sum(BudgetMove.amount), why=WHY)
        .where(BudgetMove.cell_id.in_(sorted(set(ids))), BudgetMove.kind == Kind.CARRY, BudgetMove.amount < 0)
        .group_by(BudgetMove.cell_id)
    )
    found = context.session.execute(statement)
    return {cell_id: total for cell_id, total in found}  # noqa: C416 - rows are no pairs to mypy


def sum_moves(context: Context) -> dict[tuple[int, Bucket], Decimal]:
    """Add up all moves, by cell and figure."""
    statement = scope.columns(BudgetMove.cell_id, BudgetMove.bucket, func.sum(BudgetMove.amount), why=WHY)
    found = context.session.execute(statement.group_by(BudgetMove.cell_id, BudgetMove.bucket))
    return {(cell_id, bucket): total for cell_id, bucket, total in found}


def list_all(context: Context) -> list[BudgetCell]:
    """Load every cell there is."""
    statement = scope.everything(BudgetCell, why=WHY).options(joinedload(BudgetCell.currency))
    return list(context.session.scalars(statement.order_by(BudgetCell.id)))


def list_line_up(context: Context, model: Any, paths: Iterable[str]) -> dict[int, Any]:
    """Load the rows that tree paths lead through, with their owners."""
    ids = {int(part) for path in paths for part in path.split("/") if part}
    statement = scope.everything(model, why=WHY).where(model.id.in_(sorted(ids))).options(joinedload(model.owner))
    return {row.id: row for row in context.session.scalars(statement)} if ids else {}
