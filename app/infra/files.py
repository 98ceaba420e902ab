"""Files, kept under the digest of their content: on disk or in S3, the same file once, and never changed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.infra import breaker, filetypes
from app.infra.filetypes import FileRefused
from app.kernel.problem import Kind, Problem

MEGABYTE = 1024 * 1024
LARGEST = 25 * MEGABYTE
S3_TIME = timedelta(seconds=30)

_CHUNK = 64 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """Say what was taken in: the digest it is found by, its size in bytes, and the type its content shows."""

    digest: str
    size: int
    media_type: str


class StoreDown(Exception):
    """Raised when the store cannot be reached; the file may be there all the same."""


#: What people are told when it is.
AWAY = Problem("unavailable", "Files cannot be stored or read just now; what needs none works. Try again in a moment.")


class Store(Protocol):
    """Keep files by their content; a file is deleted only when no row names its digest any more."""

    def put(self, stream: IO[bytes], media_type: str = "") -> Stored:
        """Take a file in, or raise `FileRefused`; a file that is there already is not stored twice.

        With a `media_type` the caller has found out what it is, and never offers it as a file again.
        """

    def open(self, digest: str) -> BinaryIO:
        """Give a file from its beginning, seekable; the caller closes it."""

    def exists(self, digest: str) -> bool:
        """Tell whether a file is there."""

    def delete(self, digest: str) -> None:
        """Remove a file; one that is gone already is no error."""


class DiskStore:
    """Keep files in folders of one disk."""

    def __init__(self, root: Path, largest: int = LARGEST) -> None:
        """Use a folder, made when the first file comes."""
        self._root = root
        self._largest = largest
        self._incoming = root / "incoming"

    def put(self, stream: IO[bytes], media_type: str = "") -> Stored:
        """Take a file in; it appears under its digest whole or not at all, even when the machine fails."""
        with _disk():
            self._incoming.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._incoming)
        arriving = Path(name)
        try:
            with os.fdopen(handle, "w+b") as file:
                stored = _receive(stream, file, self._largest, media_type)
                with _disk():
                    os.fsync(file.fileno())
            self._move(arriving, self._path(stored.digest))
        finally:
            arriving.unlink(missing_ok=True)
        return stored

    def open(self, digest: str) -> BinaryIO:
        """Give a file from its beginning."""
        with _disk():
            try:
                return self._path(digest).open("rb")
            except FileNotFoundError:
                raise _missing() from None

    def exists(self, digest: str) -> bool:
        """Tell whether a file is there."""
        return _is_digest(digest) and self._path(digest).is_file()

    def delete(self, digest: str) -> None:
        """Remove a file."""
        with _disk():
            self._path(digest).unlink(missing_ok=True)

    def _move(self, arriving: Path, target: Path) -> None:
        with _disk():
            target.parent.mkdir(parents=True, exist_ok=True)
            arriving.replace(target)
            _keep_folder(target.parent)

    def _path(self, digest: str) -> Path:
        if not _is_digest(digest):
            raise _missing()
        return self._root / digest[:2] / digest[2:4] / digest


@contextmanager
def _disk() -> Iterator[None]:
    """Tell of a disk that is full, gone or not to be written on as of any store that is away."""
    try:
        yield
    except OSError as error:
        raise StoreDown(f"The disk of the file store refuses: {error}") from error


class S3Store:
    """Keep files in a bucket of anything that speaks S3."""

    def __init__(self, bucket: str, client: Any, largest: int = LARGEST) -> None:
        """Use a bucket that exists."""
        self._bucket = bucket
        self._client = client
        self._largest = largest

    @classmethod
    def connect(cls, bucket: str, *, endpoint: str | None, region: str, access_key: str, secret_key: str) -> S3Store:
        """Prepare a client that waits for nothing long; `endpoint` is empty for AWS itself."""
        config = Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path" if endpoint else "auto"},
            signature_version="s3v4",
        )
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        )
        return cls(bucket, client)

    def put(self, stream: IO[bytes], media_type: str = "") -> Stored:
        """Take a file in; the server checks the digest, so what is stored is what was sent."""
        with tempfile.SpooledTemporaryFile(max_size=MEGABYTE) as file:
            stored = _receive(stream, cast(BinaryIO, file), self._largest, media_type)
            file.seek(0)
            with self._call(taken=(HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT)):
                self._client.put_object(
                    **self._key(stored.digest),
                    Body=file,
                    ContentLength=stored.size,
                    ContentType=stored.media_type,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(stored.digest)).decode(),
                    IfNoneMatch="*",
                )
        return stored

    def open(self, digest: str) -> BinaryIO:
        """Give a file from its beginning, once all of it has arrived and its digest was checked."""
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=MEGABYTE))  # noqa: SIM115 - the caller closes it
        try:
            with self._call():
                answer = self._client.get_object(**self._key(digest))
                _, seen = _copy(answer["Body"], file, self._largest)
            if seen != digest:
                raise StoreDown(f"The store answered {digest} with another content.")
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def exists(self, digest: str) -> bool:
        """Tell whether a file is there."""
        try:
            with self._call():
                self._client.head_object(**self._key(digest))
        except FileRefused:
            return False
        return True

    def delete(self, digest: str) -> None:
        """Remove a file."""
        with self._call():
            self._client.delete_object(**self._key(digest))

    def _key(self, digest: str) -> dict[str, str]:
        if not _is_digest(digest):
            raise _missing()
        return {"Bucket": self._bucket, "Key": f"{digest[:2]}/{digest[2:4]}/{digest}"}

    @contextmanager
    def _call(self, taken: tuple[HTTPStatus, ...] = ()) -> Iterator[None]:
        """Make one call behind the breaker; `taken` are answers that say the file is there already."""
        try:
            with breaker.outside("s3", S3_TIME, expected=(FileRefused, _Answer)):
                try:
                    yield
                except ClientError as error:
                    raise _answer_of(error, taken) from error
        except _Answer:
            pass
        except (BotoCoreError, breaker.Unavailable) as error:
            raise StoreDown(f"The file store does not answer: {error}") from error


_store: Store | None = None


def use(store: Store) -> None:
    """Set the store of this process."""
    global _store  # noqa: PLW0603 - one installation keeps its files in one place
    _store = store


def store() -> Store:
    """Give the store of this process, for work that no door asks for."""
    if _store is None:
        raise RuntimeError("no file store is set up")
    return _store


def configured(settings: Mapping[str, Any]) -> Store:
    """Give the store an installation uses: a bucket where one is named, or else a folder."""
    bucket = settings.get("OUTLAY_S3_BUCKET")
    if not bucket:
        return DiskStore(Path(settings["OUTLAY_FILES"]))
    return S3Store.connect(
        bucket,
        endpoint=settings.get("OUTLAY_S3_ENDPOINT"),
        region=settings.get("OUTLAY_S3_REGION", "us-east-1"),
        access_key=settings["OUTLAY_S3_ACCESS_KEY"],
        secret_key=settings["OUTLAY_S3_SECRET_KEY"],
    )


class _Answer(Exception):
    """The store says that nothing is left to do."""


def _answer_of(error: ClientError, taken: tuple[HTTPStatus, ...]) -> Exception:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status in taken:
        return _Answer()
    if status == HTTPStatus.NOT_FOUND and error.response["Error"]["Code"] != "NoSuchBucket":
        return _missing()
    return StoreDown(f"The file store refused: {error}")


@dataclass(frozen=True, slots=True)
class SignedFile:
    """Say which file a link leads to, and under which name it is offered."""

    digest: str
    name: str
    expires: datetime


def sign(key: bytes, file: SignedFile) -> str:
    """Give a link's token that lets whoever has it fetch one file until it expires."""
    content = f"{file.digest}\n{int(file.expires.timestamp())}\n{file.name}".encode()
    return _text_of(_seal(key, content) + content)


def verify(key: bytes, token: str, now: datetime) -> SignedFile:
    """Read a link's token, and refuse one that was altered or has expired."""
    raw = b""
    with suppress(ValueError, binascii.Error):
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    mac, content = raw[:32], raw[32:]
    if not hmac.compare_digest(mac, _seal(key, content)) or _text_of(raw) != token:
        raise FileRefused("link_altered", "This link is not valid. Open the file from its document.", Kind.FORBIDDEN)
    digest, expires, name = content.decode().split("\n", 2)
    file = SignedFile(digest, name, datetime.fromtimestamp(int(expires), UTC))
    if now >= file.expires:
        raise FileRefused("link_expired", "This link has expired. Open the file from its document.", Kind.FORBIDDEN)
    return file


def _receive(stream: IO[bytes], into: BinaryIO, largest: int, media_type: str) -> Stored:
    size, digest = _copy(stream, into, largest)
    return Stored(digest, size, media_type or filetypes.sniff(into))


def _copy(stream: Any, into: BinaryIO, largest: int) -> tuple[int, str]:
    """Copy a stream up to a size, and give its size and digest."""
    seen, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > largest:
            limit = f"{largest // MEGABYTE} MB" if largest >= MEGABYTE else f"{largest} bytes"
            raise FileRefused("file_too_large", f"The file is larger than {limit}. Send a smaller one.", Kind.TOO_LARGE)
        seen.update(chunk)
        with _disk():
            into.write(chunk)
    with _disk():
        into.flush()
    return size, seen.hexdigest()


def _keep_folder(folder: Path) -> None:
    """Make sure that the folder's new entry survives a failing machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_digest(digest: str) -> bool:
    return bool(_DIGEST.fullmatch(digest))


def _missing() -> FileRefused:
    return FileRefused("file_missing", "This file is no longer here.", Kind.MISSING)


def _seal(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, b"outlay.link\0" + content, hashlib.sha256).digest()


def _text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
