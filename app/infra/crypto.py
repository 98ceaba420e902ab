"""Encryption of single fields, search for their values, and fingerprints of tokens.

A key ring is written `k2:BASE64,k1:BASE64`: the first key encrypts, all of them decrypt. To change keys, put a new
one in front, run `rotate` over every stored value and index, wait until no token of the old key lives, and drop it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy import Dialect, Text
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

VERSION = "v1"
KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[a-z0-9_-]{1,32}")


class CryptoError(Exception):
    """Raised when a value cannot be encrypted or read; never carries the value."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    """Hold what is derived from one key of the ring: one secret for each use."""

    cipher: AESGCM
    index: bytes

    @classmethod
    def derived(cls, secret: bytes) -> _Key:
        """Derive both secrets, so that neither tells anything about the other."""
        return cls(AESGCM(_derive(secret, b"field")), _derive(secret, b"index"))


class Keyring:
    """Encrypt with the newest key, decrypt with any."""

    def __init__(self, secrets: dict[str, bytes]) -> None:
        """Take keys by id, the newest first."""
        if not secrets:
            raise CryptoError("no_keys", "The key ring is empty. Give it at least one key.")
        for key_id, secret in secrets.items():
            if not _KEY_ID.fullmatch(key_id):
                raise CryptoError("bad_key", "A key id has 1 to 32 small letters, digits, - or _, as in k1:BASE64.")
            if len(secret) != KEY_BYTES:
                raise CryptoError("bad_key", f"Key {key_id} has {len(secret)} bytes. It must have {KEY_BYTES}.")
        self._keys = {key_id: _Key.derived(secret) for key_id, secret in secrets.items()}
        self.newest = next(iter(self._keys))

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read `k2:BASE64,k1:BASE64`, the newest key first."""
        secrets: dict[str, bytes] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            key_id, _, encoded = part.partition(":")
            if key_id in secrets:
                raise CryptoError("bad_key", f"Key {key_id} stands twice in the key ring.")
            try:
                secrets[key_id] = base64.b64decode(encoded, validate=True)
            except ValueError:
                # The part itself stays out of the message: it may be nothing but the secret.
                raise CryptoError("bad_key", "A key of the ring is not written as id:BASE64.") from None
        return cls(secrets)

    def encrypt(self, plain: str, aad: str) -> str:
        """Encrypt a value so that it can be read only in the place named by `aad`, such as bank_account.iban."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self.newest].cipher.encrypt(nonce, plain.encode(), self._bound(self.newest, aad))
        return f"{VERSION}:{self.newest}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, aad: str) -> str:
        """Read a value back, and refuse one that was altered or comes from another place."""
        key_id, sealed = _parts(stored)
        if key_id not in self._keys:
            raise CryptoError("unknown_key", f"A value in {aad} needs key {key_id}. Put that key into the key ring.")
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._keys[key_id].cipher.decrypt(nonce, body, self._bound(key_id, aad)).decode()
        except InvalidTag:
            message = f"A value in {aad} was altered, belongs elsewhere, or was written with another key {key_id}."
            raise CryptoError("altered", message) from None

    def rotate(self, stored: str, aad: str) -> str:
        """Give the same value under the newest key; one that is there already stays as it is."""
        plain = self.decrypt(stored, aad)
        return self.encrypt(plain, aad) if self.is_outdated(stored) else stored

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a value still waits to be moved to the newest key."""
        return _parts(stored)[0] != self.newest

    def blind_index(self, value: str, purpose: str) -> str:
        """Give the fingerprint under which an encrypted value is found; store it beside the value."""
        return self._digest(self.newest, value, purpose)

    def blind_indexes(self, value: str, purpose: str) -> list[str]:
        """Give the fingerprints of every key, to search with while keys are changed: `column.in_(...)`."""
        return [self._digest(key_id, value, purpose) for key_id in self._keys]

    def token_digest(self, token: str) -> str:
        """Give what is stored of a token instead of the token."""
        return self.blind_index(token, "token")

    def token_digests(self, token: str) -> list[str]:
        """Give what may be stored of a presented token, under any key, to look it up with."""
        return self.blind_indexes(token, "token")

    def _digest(self, key_id: str, value: str, purpose: str) -> str:
        content = f"{len(purpose)}:{purpose}{value}".encode()
        return hmac.new(self._keys[key_id].index, content, hashlib.sha256).hexdigest()

    @staticmethod
    def _bound(key_id: str, aad: str) -> bytes:
        return f"{VERSION}:{key_id}:{aad}".encode()


_process: Keyring | None = None


def use(keyring: Keyring | None) -> None:
    """Set the key ring of this process; create_app does it from the settings."""
    global _process  # noqa: PLW0603 - column types are made at import time, long before the settings are read.
    _process = keyring


def keyring() -> Keyring:
    """Give the key ring of this process."""
    if _process is None:
        raise CryptoError("no_keyring", "No key ring is set. Start the application with OUTLAY_ENCRYPTION_KEYS.")
    return _process


class Encrypted(TypeDecorator[str]):
    """Store a text encrypted; search for it by a blind index in a column beside it."""

    impl = Text
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[str]):
        """Refuse comparisons that could never match, as each encryption of a value looks different."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """Allow only the question whether there is a value."""
            for_presence = op in (operators.eq, operators.ne) and other[0] is None
            if for_presence or op in (operators.is_, operators.is_not):
                return super().operate(op, *other, **options)
            raise CryptoError("not_searchable", "An encrypted column cannot be compared. Compare its blind index.")

    comparator_factory = Comparator

    def __init__(self, aad: str) -> None:
        """Bind the values to a place, such as bank_account.iban; changing it later makes them unreadable."""
        super().__init__()
        self.aad = aad

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        return None if value is None else keyring().encrypt(value, self.aad)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        return None if value is None else keyring().decrypt(value, self.aad)


def _derive(secret: bytes, use_: bytes) -> bytes:
    return HKDFExpand(SHA256(), KEY_BYTES, b"outlay." + use_).derive(secret)


def _parts(stored: str) -> tuple[str, bytes]:
    try:
        version, key_id, encoded = stored.split(":")
        sealed = base64.b64decode(encoded, validate=True)
    except ValueError:
        version, key_id, sealed = "", "", b""
    # Nothing shorter can hold a nonce and the 16 bytes of its tag.
    if version != VERSION or len(sealed) < _NONCE_BYTES + 16:
        raise CryptoError("malformed", f"A stored value is not written as {VERSION}:key:BASE64.")
    return key_id, sealed
