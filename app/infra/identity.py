"""Accounts: passwords, sessions, tokens and roles, and from them the actor behind a request.

Second factors, passkeys, single sign-on and SCIM come in here: each ends in `open_session`, none gets a door of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import argon2
from flask import g, has_request_context
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    User,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import (
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Select,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra import audit, crypto, personal, proof, scope, settings
from app.infra.db import Base, Row, day, instant
from app.infra.db import text as text_column
from app.infra.personal import Private
from app.kernel.actor import Actor, Context, Grant
from app.kernel.counting import counted
from app.kernel.problem import Kind, Problem, Refused

TOKEN_PREFIX = "outlay_"  # noqa: S105
SEEN_EVERY = timedelta(minutes=1)
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_DECOY = _hasher.hash(secrets.token_hex(16))


class Account(Base):
    """What belongs to an account beyond Flask-AppBuilder's user: failures and lock of its sign-in."""

    __tablename__ = "account"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    invitation: Mapped[str | None] = mapped_column(Text, unique=True)
    invited_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RoleGrant(Base):
    """A role given to an account: everywhere, or for one entity and/or a cost centre with all below it."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("user_id", "role_id", "entity_id", "cost_centre_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("ab_role.id", ondelete="RESTRICT"), index=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entity.id"))
    cost_centre_id: Mapped[int | None] = mapped_column(ForeignKey("cost_centre.id"))
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    granted_by: Mapped[int] = mapped_column(Integer)


class AccessVersion(Base):
    """Counts changes of roles' permissions, so that processes know when what they remember is old."""

    __tablename__ = "access_version"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)


class LoginSession(Base):
    """A browser in which somebody is signed in; the cookie holds a secret of which only the digest is kept."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_user", "user_id", "revoked_at"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True, info={"label": "Session"})
    digest: Mapped[str] = mapped_column(Text, unique=True, info={"hidden": True})
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), info={"label": "Account", "kind": "account"}
    )
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Signed in"})
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Last seen"})
    fresh_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Password entered"})
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Ends"})
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": "Signed out"})
    address: Mapped[str] = mapped_column(Text, info={"label": "Address"})
    agent: Mapped[str] = mapped_column(Text, info={"label": "Browser"})

    def __str__(self) -> str:
        return self.agent or f"Session {self.id}"


class ApiToken(Row):
    """A secret with which a script acts for an account, within the permissions it was limited to."""

    __tablename__ = "api_token"

    name: Mapped[str] = text_column("Name", 100, required=True, help="What uses it, such as Nightly export")
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), index=True, info={"label": "Account", "kind": "account"}
    )
    prefix: Mapped[str] = text_column("Begins with", 20, required=True)
    digest: Mapped[str] = mapped_column(Text, unique=True, info={"hidden": True, "secret": True})
    limits: Mapped[Any] = mapped_column(
        JSONB, info={"label": "Limited to", "help": "Permissions such as supplier.read"}
    )
    expires_on: Mapped[date | None] = day("Expires", required=True)
    used_at: Mapped[datetime | None] = instant("Last used", info={"hidden": True})
    revoked_at: Mapped[datetime | None] = instant("Revoked")

    def __str__(self) -> str:
        return self.name


Index("uq_ab_user_username_lower", func.lower(User.username), unique=True)
Index("uq_ab_user_email_lower", func.lower(User.email), unique=True)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The account behind a request and how it came in."""

    actor: Actor
    user: Any
    session_id: int | None = None
    fresh_at: datetime | None = None


def hash_password(password: str) -> str:
    """Hash a password for storing (argon2id)."""
    return _hasher.hash(password)


def why_not_password(password: str, about: tuple[str, ...] = ()) -> list[Problem]:
    """Say what is wrong with a new password: too short, too simple, or made of what is known about the person."""
    folded = password.casefold()
    if len(password) < 12:  # noqa: PLR2004
        return [
            Problem("password_short", "Use at least 12 characters. Several words are easy to remember.", "password")
        ]
    if len(password) > 256:  # noqa: PLR2004
        return [Problem("password_long", "Use at most 256 characters.", "password")]
    if len(set(folded)) < 5:  # noqa: PLR2004
        return [Problem("password_simple", "Use more different characters.", "password")]
    if any(part and len(part) > 3 and part.casefold() in folded for part in about):  # noqa: PLR2004
        return [Problem("password_personal", "Leave out your name and e-mail address.", "password")]
    return []


def sign_in(
    context: Context, login: str, password: str, *, address: str, agent: str
) -> tuple[str | None, Problem | None]:
    """Check a password inside a transaction; give the new session's secret, or the problem to show.

    A wrong password is put on record and committed with the failure count, so the caller does not raise.
    """
    session: Session = context.session
    user = find_user(session, login)
    account = _account(session, user.id) if user else None
    if account and account.locked_until and account.locked_until > context.now:
        _note(context, user, "sign-in refused: locked", address)
        return None, _locked(account.locked_until, context.now)
    fits = _password_fits(user, password)
    if user is None or not fits:
        return None, _count_failure(context, user, account, address)
    if not user.active:
        _note(context, user, "sign-in refused: not active", address)
        return None, _unknown()
    if account:
        account.failures, account.locked_until = 0, None
    if _hasher.check_needs_rehash(user.password):
        user.password = hash_password(password)
    secret = open_session(context, user, address=address, agent=agent)
    _note(context, user, "signed in", address)
    return secret, None


def confirm(context: Context, session_id: int | None, password: str, *, address: str) -> Problem | None:
    """Let whoever acts prove once more who they are; a wrong password counts as at the sign-in, so it is not raised.

    The proof holds for a while for the session it was given in; at a terminal, which has none, for one act.
    """
    session: Session = context.session
    user, account = session.get_one(User, context.actor.id), _account(session, context.actor.id)
    if account.locked_until and account.locked_until > context.now:
        return _locked(account.locked_until, context.now)
    if not _password_fits(user, password):
        told = _count_failure(context, user, account, address)
        return told if told.code == "locked" else Problem("wrong_password", "Your password is not right.", "password")
    account.failures = 0
    if session_id is not None:
        opened = session.get_one(LoginSession, session_id, execution_options={"scoped": True})
        opened.fresh_at = context.now
    _note(context, user, "confirmed", address)
    return None


def open_session(context: Context, user: Any, *, address: str, agent: str) -> str:
    """Open a session for an account whose every factor has been checked; give the secret for the cookie."""
    secret = secrets.token_urlsafe(32)
    hours = settings.get(context.session, "identity.session_hours")
    context.session.add(
        LoginSession(
            digest=crypto.keyring().token_digest(secret),
            user_id=user.id,
            created_at=context.now,
            seen_at=context.now,
            fresh_at=context.now,
            expires_at=context.now + timedelta(hours=hours),
            address=address[:60],
            agent=agent[:200],
        )
    )
    return secret


def sign_out(context: Context, session_id: int) -> None:
    """End one session, now and everywhere."""
    found = context.session.get(LoginSession, session_id, execution_options={"scoped": True})
    if found and found.revoked_at is None:
        found.revoked_at = context.now
        audit.note(context, action="signed out", resource="session", row_id=found.id, row_key=str(found.id))


def revoke_all(context: Context, user_id: int) -> None:
    """End every session and token of an account that was suspended, left, or got a password by an invitation."""
    session: Session = context.session
    revoke_sessions(context, user_id)
    tokens = scope.everything(ApiToken, why="all tokens of the account end")
    for token in session.scalars(tokens.where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))):
        token.revoked_at = context.now


def revoke_sessions(context: Context, user_id: int, *, keep: int | None = None) -> None:
    """End every session of an account but one."""
    live = (LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    for each in context.session.scalars(scope.everything(LoginSession, why="sessions of the account end").where(*live)):
        if each.id != keep:
            each.revoked_at = context.now


def issue_token(context: Context, name: str, limits: list[str], expires_on: date) -> tuple[ApiToken, str]:
    """Make a token for the actor's own account; the secret is given once and never again."""
    problems = _why_not_token(context, name, limits, expires_on)
    if problems:
        raise Refused(Kind.INVALID, problems)
    proof.check_fresh(context, "Making a token")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name.strip(),
        user_id=context.actor.id,
        prefix=secret[: len(TOKEN_PREFIX) + 6],
        digest=crypto.keyring().token_digest(secret),
        limits=sorted(set(limits)),
        expires_on=expires_on,
    )
    context.session.add(token)
    context.session.flush()
    return token, secret


def invite(context: Context, user_id: int) -> str:
    """Give a secret with which an invited person sets a password; it replaces an earlier one."""
    secret = secrets.token_urlsafe(24)
    account = _account(context.session, user_id)
    account.invitation = crypto.keyring().token_digest(secret)
    account.invited_until = context.now + timedelta(days=settings.get(context.session, "identity.invitation_days"))
    return secret


def invited(session: Session, secret: str, now: datetime) -> Any | None:
    """Find the user an invitation belongs to, while it holds."""
    digests = crypto.keyring().token_digests(secret)
    found = session.scalars(select(Account).where(Account.invitation.in_(digests), Account.invited_until > now)).first()
    return session.get(User, found.user_id) if found else None


def set_password(context: Context, user: Any, password: str) -> None:
    """Set a new password: every session ends, and an invitation is used up."""
    _replace_password(user, password)
    account = _account(context.session, user.id)
    account.invitation = account.invited_until = account.locked_until = None
    account.failures = 0
    revoke_all(context, user.id)
    _note(context, user, "password set", "")
    for follow in _password_followers:
        follow(context, user)


def change_own_password(context: Context, password: str, *, keep: int) -> None:
    """Set the actor's own password anew, after they gave the present one; every session but this one ends."""
    user = context.session.get_one(User, context.actor.id)
    if _password_fits(user, password):
        words = "This is your present password. Choose another."
        raise Refused(Kind.INVALID, Problem("password_same", words, "password"))
    _replace_password(user, password)
    revoke_sessions(context, user.id, keep=keep)
    _note(context, user, "password changed", "")


def _replace_password(user: Any, password: str) -> None:
    problems = why_not_password(password, (user.first_name, user.last_name, user.email.partition("@")[0]))
    if problems:
        raise Refused(Kind.INVALID, problems)
    user.password = hash_password(password)


def when_password_set(follow: Callable[[Context, Any], None]) -> None:
    """Let a slice do its part, in the same change, when somebody sets a password."""
    if follow not in _password_followers:
        _password_followers.append(follow)


_password_followers: list[Callable[[Context, Any], None]] = []


def by_session(session: Session, secret: str, now: datetime) -> SignedIn | None:
    """Find who is behind a session cookie; None when it ended."""
    found = session.execute(_BY_SESSION, {"digests": crypto.keyring().token_digests(secret), "now": now}).first()
    if found is None:
        return None
    settings.know(session, found.settings)
    idle = timedelta(minutes=settings.get(session, "identity.idle_minutes"))
    if found.seen_at + idle < now:
        return None
    if found.seen_at + SEEN_EVERY < now:
        _touch(session, "UPDATE login_session SET seen_at = :now WHERE id = :id", id=found.id, now=now)
    return SignedIn(_actor(session, found), found.User, found.id, found.fresh_at)


def by_token(session: Session, secret: str, now: datetime) -> SignedIn | None:
    """Find who is behind an API token; None when it is unknown, expired or revoked."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    given = {"digests": crypto.keyring().token_digests(secret), "today": now.date()}
    found = session.execute(_BY_TOKEN, given).first()
    if found is None:
        return None
    settings.know(session, found.settings)
    if found.used_at is None or found.used_at + SEEN_EVERY < now:
        _touch(session, "UPDATE api_token SET used_at = :now WHERE id = :id", id=found.id, now=now)
    limits = frozenset(found.limits) if found.limits else None
    return SignedIn(_actor(session, found, limits=limits, token=found.id), found.User)


def actor_of(session: Session, user: Any, limits: frozenset[str] | None = None) -> Actor:
    """Build the actor of an account: its grants with their reach, and what their roles permit."""
    return _actor(session, session.execute(_OF_USER, {"id": user.id}).one(), limits=limits)


def _actor(session: Session, found: Any, limits: frozenset[str] | None = None, token: int | None = None) -> Actor:
    grants = tuple(Grant(role, entity, cost_centre) for role, entity, cost_centre in found.grants)
    rights = _rights(session, found.access or 0)
    return Actor(
        id=found.User.id,
        name=found.User.get_full_name(),
        grants=grants,
        rights={grant.role: rights.get(grant.role, frozenset()) for grant in grants},
        limits=limits,
        token=token,
    )


def find_user(session: Session, login: str) -> Any | None:
    """Find an account by user name or e-mail address, whatever its case."""
    wanted = login.strip().lower()
    condition = or_(func.lower(User.username) == wanted, func.lower(User.email) == wanted)
    return session.scalars(select(User).where(condition)).first()


def select_holders(resource: str, verb: str) -> Select[int]:
    """Select the accounts that hold a right, wherever they hold it; a condition on their grants may say where."""
    return (
        select(RoleGrant.user_id)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == RoleGrant.role_id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(Permission.name == verb, ViewMenu.name == resource)
    )


def access_changed(context: Context) -> None:
    """Make every process forget what the roles permitted; part of the transaction that changes a role."""
    context.session.execute(text("UPDATE access_version SET version = version + 1"))


def role_permissions(session: Session) -> dict[str, frozenset[str]]:
    """Read what every role permits."""
    rights: dict[str, set[str]] = {}
    for role, verb, resource in session.execute(_PERMISSIONS):
        rights.setdefault(role, set()).add(f"{resource}.{verb}")
    return {role: frozenset(held) for role, held in rights.items()}


def set_current(signed_in: SignedIn | None) -> None:
    """Remember, for the request under way, who is behind it."""
    g.outlay_signed_in = signed_in


def current() -> SignedIn | None:
    """Tell who is behind the request under way."""
    return g.get("outlay_signed_in") if has_request_context() else None


def _rights(session: Session, version: int) -> dict[str, frozenset[str]]:
    known = _remembered.get(version)
    if known is None:
        known = role_permissions(session)
        _remembered.clear()
        personal.forget_keys()
        _remembered[version] = known
    return known


_remembered: dict[int, dict[str, frozenset[str]]] = {}

# Every request asks who is behind it: one statement, built once, brings the account and all that depends on it.
_STANDING = (
    User,
    literal_column("(SELECT version FROM access_version)", Integer).label("access"),
    literal_column("(SELECT coalesce(jsonb_object_agg(name, value), '{}') FROM setting)", JSONB).label("settings"),
    literal_column(
        "(SELECT coalesce(jsonb_agg(jsonb_build_array(r.name, g.entity_id, g.cost_centre_id) "
        "ORDER BY r.name, g.entity_id, g.cost_centre_id), '[]') "
        "FROM role_grant g JOIN ab_role r ON r.id = g.role_id WHERE g.user_id = ab_user.id)",
        JSONB,
    ).label("grants"),
)
_OF_USER = select(*_STANDING).where(User.id == bindparam("id"))
_BY_SESSION = (
    scope.columns(
        LoginSession.id, LoginSession.seen_at, LoginSession.fresh_at, *_STANDING, why="the caller's own session"
    )
    .join(User, User.id == LoginSession.user_id)
    .where(LoginSession.digest.in_(bindparam("digests", expanding=True)), LoginSession.revoked_at.is_(None))
    .where(LoginSession.expires_at > bindparam("now"), User.active.is_(True))
)
_BY_TOKEN = (
    scope.columns(ApiToken.id, ApiToken.used_at, ApiToken.limits, *_STANDING, why="the caller's own token")
    .join(User, User.id == ApiToken.user_id)
    .where(ApiToken.digest.in_(bindparam("digests", expanding=True)), ApiToken.revoked_at.is_(None))
    .where(or_(ApiToken.expires_on.is_(None), ApiToken.expires_on >= bindparam("today")), User.active.is_(True))
)

_PERMISSIONS = text(
    "SELECT r.name, p.name, v.name FROM ab_permission_view_role pr JOIN ab_role r ON r.id = pr.role_id "
    "JOIN ab_permission_view pv ON pv.id = pr.permission_view_id JOIN ab_permission p ON p.id = pv.permission_id "
    "JOIN ab_view_menu v ON v.id = pv.view_menu_id"
)


def _account(session: Session, user_id: int) -> Account:
    """Take the account row for the rest of the transaction, so that failures are counted one by one."""
    session.execute(
        text("INSERT INTO account (user_id) VALUES (:user) ON CONFLICT DO NOTHING"),
        {"user": user_id},
    )
    statement = select(Account).where(Account.user_id == user_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def _password_fits(user: Any, password: str) -> bool:
    """Compare a password, taking as long for an unknown account as for a known one."""
    try:
        _hasher.verify(user.password if user and user.password else _DECOY, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return bool(user and user.password)


def _count_failure(context: Context, user: Any, account: Account | None, address: str) -> Problem:
    _note(context, user, "sign-in refused: wrong password", address)
    if account is None:
        return _unknown()
    account.failures += 1
    if account.failures < settings.get(context.session, "identity.failures_allowed"):
        return _unknown()
    minutes = settings.get(context.session, "identity.lock_minutes")
    account.failures, account.locked_until = 0, context.now + timedelta(minutes=minutes)
    return _locked(account.locked_until, context.now)


def _unknown() -> Problem:
    return Problem("sign_in_failed", "The name or the password is not right.", "password")


def _locked(until: datetime, now: datetime) -> Problem:
    minutes = max(1, round((until - now).total_seconds() / 60))
    words = counted(minutes, "minute")
    return Problem("locked", f"Too many wrong passwords. Try again in {words}, or ask an administrator.", None)


def _note(context: Context, user: Any, action: str, address: str) -> None:
    known = user is not None
    audit.note(
        context,
        action=action,
        resource="account",
        row_id=user.id if known else None,
        row_key=Private(user.id, user.username) if known else "(unknown)",
        after={"address": Private(user.id, address) if known else address} if address else None,
    )


def _why_not_token(context: Context, name: str, limits: list[str], expires_on: date) -> list[Problem]:
    problems = []
    if not name.strip():
        problems.append(Problem("required", "Name is missing. Enter what will use the token.", "name"))
    if len(name) > 100:  # noqa: PLR2004
        problems.append(Problem("too_long", "Name: use at most 100 characters.", "name"))
    most = context.today + timedelta(days=settings.get(context.session, "identity.token_days"))
    if not context.today <= expires_on <= most:
        problems.append(Problem("out_of_range", f"Expires: choose a day up to {most.isoformat()}.", "expires_on"))
    unknown = [limit for limit in limits if limit.count(".") != 1]
    if unknown:
        problems.append(Problem("unknown_choice", f"Limits are written supplier.read; not {unknown[0]}.", "limits"))
    if context.actor.token is not None:
        problems.append(Problem("forbidden", "A token does not make tokens. Sign in to the console.", None))
    return problems


def _touch(session: Session, statement: str, **values: Any) -> None:
    """Note when something was last used, in a transaction of its own; it is no change anyone has to answer for."""
    with session.get_bind().engine.begin() as own:
        own.execute(text(statement), values)
