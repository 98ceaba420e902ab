"""Where calls to servers of others lead, and where never."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.infra import outside
from app.infra.outside import Allowed, Forbidden, NotReached
from tests.posting import certificate
from tests.receiving import LOOPBACK, Receiver, reaching, receiving

INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:a00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
]  # fmt: skip
#: Ways to write 127.0.0.1, 169.254.169.254 and the like that a resolver takes: short, as one number, octal, hexadecimal.
SPELLED = [
    "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0177.0.0.1", "0177.0.0.01", "127.00.0.1",
    "0", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518", "[::1]", "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]", "[::ffff:7f00:1]", "[fe80::1%25eth0]", "localhost",
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_allowed() -> Iterator[None]:
    with reaching(Allowed()):
        yield


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name mean these addresses; gives the names that were asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, **options: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_not_spoken_to(address: str) -> None:
    assert outside.why_not_reachable(address) != ""


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is(address: str) -> None:
    assert outside.why_not_reachable(address) == ""


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_means_such_an_address_leads_nowhere(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.8.8", address.partition("%")[0])
    with pytest.raises(Forbidden, match="not a public address"):
        outside.post("https://hooks.example.com/", b"{}", {}, "test")


@pytest.mark.parametrize("host", SPELLED)
def test_an_address_inside_is_known_in_every_spelling(host: str) -> None:
    with pytest.raises(NotReached, match=r"not a public address|Name or service|not known|not an address"):
        outside.post(f"https://{host}:1/", b"{}", {}, "test")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "https://", "//example.com",
        "https://user:secret@example.com/", "https://example.com@127.0.0.1/", "https://127.0.0.1\\@example.com/",
        "https://example.com/ HTTP/1.1\r\nX: y", "https://example.com/\nHost: x", "https://example.com:99999/",
        "https://[::1", "https://example.com/#here", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_what_is_no_plain_https_address_is_refused_as_it_is_entered(url: str) -> None:
    assert outside.why_not_address(url) != ""


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []
    asked = resolving(monkeypatch, "8.8.8.8")

    def connect(self: socket.socket, address: Any) -> None:
        connected.append(address)
        resolving(monkeypatch, "127.0.0.1")  # the name means another machine now
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(NotReached, match="refused"):
        outside.post("https://hooks.example.com/x", b"{}", {}, "test")

    assert asked == ["hooks.example.com"]
    assert connected == [("8.8.8.8", 443)]


def test_plain_http_leads_to_allowed_networks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with reaching(LOOPBACK), receiving(Receiver(status=200)) as receiver:
        assert outside.post(receiver.url, b"{}", {}, "test").status == 200
        resolving(monkeypatch, "8.8.8.8")
        with pytest.raises(Forbidden, match="Use https"):
            outside.post("http://hooks.example.com/", b"{}", {}, "test")


def test_a_certificate_has_to_be_signed_by_somebody_trusted_and_for_the_host(tmp_path: Path) -> None:
    context, shown = certificate(tmp_path)
    trusting = Allowed(LOOPBACK.networks, shown)
    with receiving(Receiver(), context) as receiver:
        url = f"https://127.0.0.1:{receiver.port}/"
        with reaching(LOOPBACK), pytest.raises(NotReached, match="The certificate is not valid"):
            outside.post(url, b"{}", {}, "test")
        with reaching(trusting):
            assert outside.post(url, b"{}", {}, "test").status == 200
            with pytest.raises(NotReached, match="The certificate is not valid"):
                outside.post(f"https://127.0.0.2:{receiver.port}/".replace("127.0.0.2", "localhost"), b"{}", {}, "test")
    assert receiver.asked == 1


def test_whom_to_trust_is_read_once_for_many_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, shown = certificate(tmp_path)
    read: list[ssl.SSLContext] = []
    make = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: read.append(make()) or read[-1])
    with receiving(Receiver(), context) as receiver, reaching(Allowed(LOOPBACK.networks, shown)):
        for _ in range(3):
            assert outside.post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, "test").status == 200
    assert len(read) == 1


def test_a_name_that_takes_for_ever_to_resolve_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: over.wait(30) and [])
    try:
        with pytest.raises(NotReached, match="No answer in time"):
            outside.post("https://hooks.example.com/", b"{}", {}, "test", timedelta(seconds=0.2))
    finally:
        over.set()


def test_an_encrypted_answer_that_drips_is_cut(tmp_path: Path) -> None:
    context, shown = certificate(tmp_path)
    with (
        receiving(Receiver(pace=0.1, body=b"x" * 100), context) as receiver,
        reaching(Allowed(LOOPBACK.networks, shown)),
        pytest.raises(NotReached, match="No answer in time"),
    ):
        outside.post(f"https://127.0.0.1:{receiver.port}/", b"{}", {}, "test", timedelta(seconds=0.5))


def test_a_server_that_takes_a_connection_and_never_speaks_tls_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waited = pytest.raises(NotReached, match="No answer in time")
        with reaching(LOOPBACK), waited:
            outside.post(f"https://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {}, "test", timedelta(seconds=0.5))


def test_networks_are_read_from_the_configuration() -> None:
    allowed = outside.configured({"OUTLAY_WEBHOOK_NETWORKS": "10.1.0.0/16, fd12::/32"})
    assert allowed.networks == (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd12::/32"))
    assert outside.configured({}) == Allowed()
    assert ssl.create_default_context().check_hostname
