"""Files on disk and in S3: whole or not at all, the same file once, and signed links."""

import base64
import hashlib
import io
import json
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from app.infra import breaker, files
from app.infra.files import DiskStore, FileRefused, S3Store, SignedFile, Store, Stored, StoreDown

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
DIGEST = hashlib.sha256(PDF).hexdigest()
KEY = b"k" * 32
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIMIT = len(PDF)


class Trickle(io.RawIOBase):
    """A stream that gives less than it is asked for, as networks do, and may break."""

    def __init__(self, content, break_at=None):
        self.content, self.at, self.break_at = content, 0, break_at

    def read(self, size=-1):
        if self.break_at is not None and self.at >= self.break_at:
            raise ConnectionError("the sender is gone")
        part = self.content[self.at : self.at + min(size, 700)]
        self.at += len(part)
        return part


# --- a real S3 server ------------------------------------------------------------------------------------------


def ports_in_a_row():
    """Find a port p with p and p + 10000 free, because the server listens for its own kind on the second."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            if port > 55000:
                continue
            with socket.socket() as second:
                if second.connect_ex(("127.0.0.1", port + 10000)):
                    return port


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory):
    """Start SeaweedFS, and give its address and keys."""
    folder = tmp_path_factory.mktemp("seaweed")
    access, secret = secrets.token_hex(8), secrets.token_hex(16)
    identity = {"name": "outlay", "credentials": [{"accessKey": access, "secretKey": secret}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    master, volume, filer, s3 = (ports_in_a_row() for _ in range(4))
    command = [
        str(Path(sys.executable).with_name("weed")), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        f"-master.port={master}", f"-volume.port={volume}", "-volume.max=0", "-filer", f"-filer.port={filer}", "-s3",
        f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}", "-master.volumeSizeLimitMB=64",
        "-master.volumePreallocate=false", "-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
    ]  # fmt: skip
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "WEED_S3_SSE_KEK": secrets.token_hex(32),
        "WEED_JWT_FILER_SIGNING_KEY": base64.b64encode(secrets.token_bytes(24)).decode(),
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        # Before a volume can be assigned, the first upload would wait for several seconds.
        wait_for(server, f"http://127.0.0.1:{master}/dir/assign", folder)
        wait_for(server, f"http://127.0.0.1:{s3}/", folder)
        yield {"endpoint": f"http://127.0.0.1:{s3}", "access_key": access, "secret_key": secret}
    finally:
        # Asked to stop, it takes ten seconds; there is nothing in it worth keeping.
        server.kill()
        server.wait()


def wait_for(server, address, folder):
    """Wait until an address of the server answers well, or at least refuses a stranger."""
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == HTTPStatus.FORBIDDEN:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError((folder / "log").read_text()[-2000:])


@pytest.fixture(scope="module")
def bucket(seaweed):
    client = boto3.client(
        "s3",
        endpoint_url=seaweed["endpoint"],
        region_name="eu-west-1",
        aws_access_key_id=seaweed["access_key"],
        aws_secret_access_key=seaweed["secret_key"],
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="outlay")
    yield client
    client.close()


def connect(seaweed, **changes):
    return S3Store.connect(**{"bucket": "outlay", "region": "eu-west-1", **seaweed, **changes})


@pytest.fixture(autouse=True)
def fresh_breakers():
    breaker.forget()
    yield
    breaker.forget()


@pytest.fixture(params=["disk", "s3"])
def store(request, tmp_path) -> Store:
    if request.param == "disk":
        return DiskStore(tmp_path / "files", largest=LIMIT)
    client = request.getfixturevalue("bucket")
    made = S3Store("outlay", client, largest=LIMIT)
    for listed in client.list_objects_v2(Bucket="outlay").get("Contents", []):
        client.delete_object(Bucket="outlay", Key=listed["Key"])
    return made


def content_of(store, digest):
    with store.open(digest) as file:
        return file.read()


# --- both stores -----------------------------------------------------------------------------------------------


def test_a_file_is_found_by_the_digest_of_its_content(store):
    assert store.put(io.BytesIO(PDF)) == Stored(DIGEST, len(PDF), "application/pdf")
    assert store.exists(DIGEST)
    with store.open(DIGEST) as file:
        assert file.read() == PDF
        file.seek(9)
        assert file.read(3) == b"\x00\x01\x02"


def test_a_stream_that_trickles_is_taken_in_whole(store):
    assert store.put(Trickle(PDF)).digest == DIGEST
    assert content_of(store, DIGEST) == PDF


def test_the_same_file_twice_is_stored_once(store):
    assert store.put(io.BytesIO(PDF)) == store.put(io.BytesIO(PDF))
    assert content_of(store, DIGEST) == PDF


@pytest.mark.parametrize(
    ("content", "code"), [(PDF + b"x", "file_too_large"), (b"", "file_empty"), (b"\x7fELF\x02", "file_type")]
)
def test_a_refused_file_leaves_nothing_behind(store, content, code):
    with pytest.raises(FileRefused) as refused:
        store.put(io.BytesIO(content))
    assert refused.value.code == code
    assert not store.exists(hashlib.sha256(content).hexdigest())


def test_a_sender_who_breaks_off_leaves_nothing_behind(store):
    with pytest.raises(ConnectionError):
        store.put(Trickle(PDF, break_at=1400))
    assert not store.exists(hashlib.sha256(PDF[:1400]).hexdigest())


def test_a_deleted_file_is_gone_and_may_be_deleted_again(store):
    store.put(io.BytesIO(PDF))
    store.delete(DIGEST)
    store.delete(DIGEST)
    assert not store.exists(DIGEST)
    with pytest.raises(FileRefused, match="no longer here"):
        store.open(DIGEST)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", DIGEST.upper(), DIGEST + "0", DIGEST[:-1] + "\n"])
def test_what_is_no_digest_leads_nowhere(store, digest):
    assert not store.exists(digest)
    for ask in (store.open, store.delete):
        with pytest.raises(FileRefused, match="no longer here"):
            ask(digest)


# --- disk ------------------------------------------------------------------------------------------------------


def test_nothing_is_left_in_the_folder_for_arrivals(tmp_path):
    store = DiskStore(tmp_path, largest=LIMIT)
    store.put(io.BytesIO(PDF))
    for bad in (io.BytesIO(b""), io.BytesIO(PDF + b"x")):
        with pytest.raises(FileRefused):
            store.put(bad)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept == [tmp_path / DIGEST[:2] / DIGEST[2:4] / DIGEST]


def test_a_limit_of_megabytes_is_told_in_megabytes(tmp_path):
    with pytest.raises(FileRefused, match="larger than 1 MB"):
        DiskStore(tmp_path, largest=files.MEGABYTE).put(io.BytesIO(b"a" * (files.MEGABYTE + 1)))


# --- S3 --------------------------------------------------------------------------------------------------------


def test_s3_keeps_the_type_and_never_overwrites(seaweed, bucket):
    store = connect(seaweed)
    store.put(io.BytesIO(PDF))
    key = f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}"
    first = bucket.head_object(Bucket="outlay", Key=key)
    store.put(io.BytesIO(PDF))
    again = bucket.head_object(Bucket="outlay", Key=key)
    assert first["ContentType"] == "application/pdf"
    assert (first["LastModified"], first["ETag"]) == (again["LastModified"], again["ETag"])


def test_a_file_altered_in_s3_is_not_given_out(seaweed, bucket):
    store = connect(seaweed)
    store.put(io.BytesIO(PDF))
    bucket.put_object(Bucket="outlay", Key=f"{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}", Body=PDF[:-1] + b"?")
    with pytest.raises(StoreDown, match="another content"):
        store.open(DIGEST)
    store.delete(DIGEST)


@pytest.mark.parametrize("changes", [{"secret_key": "wrong"}, {"access_key": "nobody"}])
def test_wrong_keys_are_told_as_a_store_that_refuses(seaweed, bucket, changes):
    store = connect(seaweed, **changes)
    with pytest.raises(StoreDown, match="refused"):
        store.put(io.BytesIO(PDF))
    with pytest.raises(StoreDown, match="refused"):
        store.open(DIGEST)


def test_a_store_that_is_gone_is_soon_not_even_asked():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        store = S3Store.connect("outlay", endpoint=address, region="eu-west-1", access_key="a", secret_key="b")
        for _ in range(breaker.FAILURES_TO_OPEN):
            with pytest.raises(StoreDown, match="does not answer"):
                store.exists(DIGEST)
    assert breaker.states() == {"s3": breaker.State.OPEN}
    asked = []
    store._client.meta.events.register("before-call.s3.*", lambda **_: asked.append(True))
    with pytest.raises(StoreDown, match="tried again in"):
        store.exists(DIGEST)
    assert asked == []


def test_a_missing_file_does_not_count_against_the_store(seaweed, bucket):
    store = connect(seaweed)
    for _ in range(breaker.FAILURES_TO_OPEN + 1):
        assert not store.exists("0" * 64)
    assert breaker.states() == {"s3": breaker.State.CLOSED}


# --- links -----------------------------------------------------------------------------------------------------

FILE = SignedFile(DIGEST, "Rechnung Grün\n7.pdf", NOW + timedelta(minutes=5))


def test_a_link_leads_to_its_file_until_it_expires():
    token = files.sign(KEY, FILE)
    assert files.verify(KEY, token, NOW) == FILE
    with pytest.raises(FileRefused) as refused:
        files.verify(KEY, token, FILE.expires)
    assert refused.value.code == "link_expired"


def test_any_altered_sign_of_a_link_is_refused():
    token = files.sign(KEY, FILE)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for at, sign in enumerate(token):
        with pytest.raises(FileRefused) as refused:
            files.verify(KEY, token[:at] + ("A" if sign != "A" else "B") + token[at + 1 :], NOW)
        assert refused.value.code == "link_altered"


@pytest.mark.parametrize("token", ["", "x", "=", "ü", "A" * 43, "A" * 100, "../../x"])
def test_what_is_no_link_is_refused(token):
    with pytest.raises(FileRefused, match="not valid"):
        files.verify(KEY, token, NOW)


def test_a_link_of_another_key_is_refused():
    with pytest.raises(FileRefused, match="not valid"):
        files.verify(KEY, files.sign(b"x" * 32, FILE), NOW)
