"""What the machinery itself holds about a person: sign-ins, tokens, records, and the documents that name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect as inspect_model
from sqlalchemy import or_, select
from sqlalchemy.orm import MANYTOONE

from app.infra import personal, scope
from app.infra.audit import AuditEntry
from app.infra.identity import ApiToken, LoginSession
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry

MOST = 10_000


def _tell_sign_ins(context: Context, account: int) -> list[dict[str, Any]]:
    own = scope.everything(LoginSession, why="what is held about a person").where(LoginSession.user_id == account)
    return [
        {
            "at": each.created_at.isoformat(),
            "seen_at": each.seen_at.isoformat(),
            "address": each.address,
            "browser": each.agent,
        }
        for each in context.session.scalars(own.order_by(LoginSession.id))
    ]


def _forget_sign_ins(context: Context, account: int, was: str, alias: str) -> None:
    own = scope.everything(LoginSession, why="an erased person").where(LoginSession.user_id == account)
    for each in context.session.scalars(own):
        each.address = each.agent = ""


def _tell_tokens(context: Context, account: int) -> list[dict[str, Any]]:
    own = scope.everything(ApiToken, why="what is held about a person").where(ApiToken.user_id == account)
    return [
        {"name": each.name, "created_at": each.created_at.isoformat(), "limits": list(each.limits or ())}
        for each in context.session.scalars(own.order_by(ApiToken.id))
    ]


def _tell_records(context: Context, account: int) -> list[dict[str, Any]]:
    """List what is on record of a person: what they did, and what was done to their account and row."""
    about = or_(AuditEntry.actor_id == account, *(_rows_of(resource, account) for resource in _about_people()))
    entries = scope.everything(AuditEntry, why="what is held about a person").where(about)
    return [
        {"at": each.at.isoformat(), "action": each.action, "about": f"{each.resource} {each.row_key}",
         "by": each.actor_name, "before": each.before, "after": each.after}
        for each in context.session.scalars(entries.order_by(AuditEntry.at, AuditEntry.id).limit(MOST))
    ]  # fmt: skip


def _about_people() -> Iterator[Resource]:
    return (resource for resource in registry if resource.personal and hasattr(resource.model, "user_id"))


def _rows_of(resource: Resource, account: int) -> Any:
    rows = select(resource.model.id).where(resource.model.user_id == account)
    return (AuditEntry.resource == resource.name) & AuditEntry.row_id.in_(rows)


def _tell_documents(context: Context, account: int) -> dict[str, dict[str, list[str]]]:
    """List the documents that name a person, by what they are in them."""
    found: dict[str, dict[str, list[str]]] = {}
    for resource in registry:
        for name, condition in _namings(resource, account):
            rows = scope.columns(getattr(resource.model, resource.key), why="what is held about a person")
            keys = [str(key) for key in context.session.execute(rows.where(condition).limit(MOST)).scalars()]
            if keys:
                found.setdefault(resource.name, {})[name] = keys
    return found


def _namings(resource: Resource, account: int) -> Iterator[tuple[str, Any]]:
    mapper = inspect_model(resource.model)
    for name, column in mapper.columns.items():
        if column.info.get("kind") == "account":
            yield name, column == account
    for relation in mapper.relationships:
        target = registry.of(relation.mapper.class_)
        if relation.direction is MANYTOONE and target is not None and target in _about_people():
            people = select(target.model.id).where(target.model.user_id == account)
            yield relation.key, next(iter(relation.local_columns)).in_(people)


personal.keeps("sign_ins", _tell_sign_ins, _forget_sign_ins)
personal.keeps("tokens", _tell_tokens)
personal.keeps("records", _tell_records)
personal.keeps("documents", _tell_documents)
