"""Personal data that can be forgotten although records may not change: what records say of a person is sealed under a key of that person.

Destroying the key erases it wherever it was put on record, and leaves every seal of the audit intact (decision 19).
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import CheckConstraint, DateTime, Integer, event, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra.crypto import Encrypted
from app.infra.db import Base
from app.kernel.actor import Context

ERASED = "(erased)"
_MARK = "sealed:"
_NONCE_BYTES = 12
_AHEAD = 5000
_secrets: dict[int, bytes | None] = {}


class PersonalKey(Base):
    """The key under which records hold what they say of one account's person; empty once the person is erased."""

    __tablename__ = "personal_key"
    __table_args__ = (CheckConstraint("(secret IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_at"),)

    account_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    secret: Mapped[str | None] = mapped_column(Encrypted("personal_key.secret"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    destroyed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Private:
    """A text about the person behind an account, on its way into a record."""

    account: int
    text: str


Tell = Callable[[Context, int], Any]
Forget = Callable[[Context, int, str, str], None]


@dataclass(frozen=True, slots=True)
class Keeper:
    """A part of Outlay that keeps something about people: how it tells all of it, and how it forgets it."""

    tell: Tell
    forget: Forget | None = None


_keepers: dict[str, Keeper] = {}


def keeps(name: str, tell: Tell, forget: Forget | None = None) -> None:
    """Let a part of Outlay say what it keeps about the person of an account, and forget them under another name."""
    _keepers[name] = Keeper(tell, forget)


def tell(context: Context, account: int) -> dict[str, Any]:
    """Tell everything that is held about the person behind an account."""
    return {name: keeper.tell(context, account) for name, keeper in sorted(_keepers.items())}


def forget_everywhere(context: Context, account: int, was: str, alias: str) -> None:
    """Let every part of Outlay forget a person who signed in as `was`; where a name has to stand, `alias` stands."""
    for keeper in _keepers.values():
        if keeper.forget:
            keeper.forget(context, account, was, alias)


def sealed(session: Session, value: Any, at: datetime) -> Any:
    """Seal every private text inside a value; what is about an erased person is not even kept sealed."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, Private):
        secret = _secret_of(session, value.account, at)
        return ERASED if secret is None else _token(secret, value)
    if isinstance(value, dict):
        return {name: sealed(session, part, at) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [sealed(session, part, at) for part in value]
    return value


def opened(session: Session, value: Any) -> Any:
    """Read what was sealed, as far as its person was not erased."""
    if isinstance(value, str) and value.startswith(_MARK):
        return _text(session, value)
    if isinstance(value, dict):
        return {name: opened(session, part) for name, part in value.items()}
    if isinstance(value, list):
        return [opened(session, part) for part in value]
    return value


def destroy(context: Context, account: int) -> None:
    """Throw away the key of an account: nothing that was sealed under it can be read again, by anyone."""
    _secret_of(context.session, account, context.now)
    key = context.session.get_one(PersonalKey, account)
    key.secret, key.destroyed_at = None, context.now
    event.listen(context.session, "after_commit", lambda _: forget_keys(), once=True)


def forget_keys() -> None:
    """Let go of the keys this process remembers."""
    _secrets.clear()


def _token(secret: bytes, value: Private) -> str:
    """Seal a text; the same text of one person looks the same, so that records can be sorted and compared."""
    plain = value.text.encode()
    nonce = hmac.digest(secret, plain, "sha256")[:_NONCE_BYTES]
    body = AESGCM(secret).encrypt(nonce, plain, str(value.account).encode())
    return f"{_MARK}{value.account}:{base64.urlsafe_b64encode(nonce + body).decode()}"


def _text(session: Session, token: str) -> str:
    """Read a token; a text that only looks like one is what somebody typed."""
    account, _, encoded = token.removeprefix(_MARK).partition(":")
    try:
        secret, content = _known(session, int(account)), base64.urlsafe_b64decode(encoded)
        if secret is None:
            return ERASED
        return AESGCM(secret).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], account.encode()).decode()
    except (ValueError, InvalidTag):
        return token


def _known(session: Session, account: int) -> bytes | None:
    """Give the key of an account, with those of many others in the same query the first time one is missing."""
    if account not in _secrets:
        table = PersonalKey.__table__
        newest = select(table).order_by((table.c.account_id == account).desc(), table.c.account_id.desc()).limit(_AHEAD)
        with session.get_bind().engine.connect() as own:
            for row in own.execute(newest):
                _secrets[row.account_id] = base64.b64decode(row.secret) if row.secret else None
    return _secrets.get(account)


def _secret_of(session: Session, account: int, at: datetime) -> bytes | None:
    """Give the key of an account, made when it is first needed; in a transaction of its own, so that nobody waits for it."""
    if _known(session, account) is None and account not in _secrets:
        table: Any = PersonalKey.__table__
        secret = base64.b64encode(os.urandom(32)).decode()
        new = upsert(table).values(account_id=account, secret=secret, created_at=at).on_conflict_do_nothing()
        with session.get_bind().engine.begin() as own:
            own.execute(new)
        _known(session, account)
    return _secrets.get(account)
