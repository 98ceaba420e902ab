"""Calls to servers that somebody entered an address of: checked where they really lead, and never waited for long.

The host is resolved once, every address it has is judged, and the connection goes to the very address that was judged: a
name that means another machine a moment later, or an address spelled in another way, leads nowhere else.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from app.infra import breaker
from app.infra.breaker import Deadline

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST = timedelta(seconds=10)
CONNECTING = 5.0
#: How much of an answer is read; of a webhook's only the status matters, and the beginning to people.
MOST_READ = 1000
LONGEST_WORDS = 300
#: How a network that speaks IPv6 only writes IPv4 addresses.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
#: Addresses that count as public and are not: services of the cloud itself, and tunnels that end at another address.
_REFUSED = tuple(ipaddress.ip_network(each) for each in ("168.63.129.16/32", "192.0.0.0/24", "2002::/16", "2001::/32"))


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an installation lets calls reach beside the public internet: networks of its own, and who signs for hosts there."""

    networks: tuple[Network, ...] = ()
    ca_file: str | None = None


class NotReached(Exception):
    """A call led to no answer; says why in words."""


class Forbidden(NotReached):
    """A call must not be made: the address is not one to be spoken to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status, and how its content begins."""

    status: int
    beginning: str


_allowed = Allowed()


def configured(settings: Mapping[str, Any]) -> Allowed:
    """Give what an installation allows."""
    named = str(settings.get("OUTLAY_WEBHOOK_NETWORKS") or "").split(",")
    networks = tuple(ipaddress.ip_network(each.strip()) for each in named if each.strip())
    return Allowed(networks, settings.get("OUTLAY_WEBHOOK_CA_FILE") or None)


def use(allowed: Allowed) -> None:
    """Set what this process allows."""
    global _allowed  # noqa: PLW0603 - one installation has one policy
    _allowed = allowed


def why_not_address(url: str) -> str:
    """Say what is wrong with an address as it is written; empty when it may be called, wherever it leads then."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "This is not an address."
    if parts.scheme not in ("https", "http") or not host or any(sign <= " " or sign == "\\" for sign in url):
        return "Enter an address that begins with https://."
    if parts.username is not None or parts.password is not None:
        return "Leave user and password out of the address."
    if parts.fragment:
        return "Leave out what follows #."
    if parts.scheme == "http" and not _allowed.networks:
        return "Use https://."
    literal = _literal(host)
    return _why_not(literal, parts.scheme) if literal else ""


def post(url: str, body: bytes, headers: Mapping[str, str], name: str, longest: timedelta = LONGEST) -> Answer:
    """Post something and give the answer, whichever it is; raises NotReached where there is none in time.

    Redirects are answers like others. `name` is the breaker: who does not answer is let alone for a while.
    """
    problem = why_not_address(url)
    if problem:
        raise Forbidden(problem)
    parts = urlsplit(url)
    try:
        with breaker.outside(name, longest, expected=(Forbidden,)) as deadline:
            answer = _exchange(parts, _resolved(parts, deadline)[0], body, headers, deadline)
            if answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _Broken(answer)
            return answer
    except _Broken as broken:
        return broken.answer
    except ssl.SSLCertVerificationError as error:
        raise NotReached(f"The certificate is not valid: {error.verify_message}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, TimeoutError) or deadline.passed():
            raise NotReached("No answer in time") from error
        raise NotReached(f"The connection failed: {_named(error)}") from error


class _Broken(Exception):
    """An answer that says that the server is not well."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(str(answer.status))


def why_not_reachable(address: str, scheme: str = "https") -> str:
    """Say why an address of the network is not spoken to; empty when it is."""
    return _why_not(ipaddress.ip_address(address.partition("%")[0]), scheme)


def _why_not(address: Ip, scheme: str) -> str:
    meant = _meant(address)
    if any(meant in network for network in _allowed.networks):
        return ""
    if not meant.is_global or meant.is_multicast or meant.is_reserved or any(meant in each for each in _REFUSED):
        return f"{address} is not a public address."
    return "Use https://." if scheme == "http" else ""


def _meant(address: Ip) -> Ip:
    """Tell which address is spoken to: the one given, or the IPv4 address that it carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    carried = int(address) & 0xFFFFFFFF
    return address.ipv4_mapped or (ipaddress.IPv4Address(carried) if address in _TRANSLATED else address)


def _literal(host: str) -> Ip | None:
    """Read a host that is an address, also one in the spellings that the system's resolver takes."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0])
    with contextlib.suppress(OSError, UnicodeEncodeError):
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def _resolved(parts: SplitResult, deadline: Deadline) -> list[Any]:
    """Find every address of the host, and refuse them all if one of them is not to be spoken to."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = _within(deadline, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    if not found:
        raise NotReached(f"{host} has no address")
    for _, _, _, _, address in found:
        problem = why_not_reachable(str(address[0]), parts.scheme)
        if problem:
            raise Forbidden(problem)
    return list(found)


def _within(deadline: Deadline, work: Any) -> Any:
    """Do something that knows no time-out of its own, and wait for it only so long."""
    told: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def do() -> None:
        try:
            told.put((work(), None))
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            told.put((None, error))

    threading.Thread(target=do, name="resolve", daemon=True).start()
    try:
        found, error = told.get(timeout=deadline.remaining())
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if error:
        raise error
    return found


def _exchange(parts: SplitResult, found: Any, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Answer:
    """Send to one address and read how the answer begins; all of it ends at the deadline, however slow its bytes come."""
    family, _, _, _, address = found
    line = _Line(socket.socket(family, socket.SOCK_STREAM))
    timer = threading.Timer(deadline.remaining(), line.cut)
    timer.daemon = True
    timer.start()
    try:
        line.wire.settimeout(min(CONNECTING, deadline.remaining()))
        line.wire.connect(address)
        line.wire.settimeout(deadline.remaining())
        if parts.scheme == "https":
            line.encrypt(parts.hostname or "")
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        connection.sock = line.wire
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": parts.netloc, "Connection": "close"})
        with connection.getresponse() as response:
            beginning = response.read(MOST_READ).decode("utf-8", "replace")
        if deadline.passed():
            raise TimeoutError
        return Answer(response.status, beginning)
    finally:
        timer.cancel()
        line.wire.close()


@dataclass
class _Line:
    """The socket of a call. HTTPConnection lets go of it once it has read that the server will close it."""

    wire: socket.socket

    def encrypt(self, host: str) -> None:
        """Encrypt it; it can be cut from the first byte of that on."""
        self.wire = _trusting(_allowed.ca_file).wrap_socket(
            self.wire, server_hostname=host, do_handshake_on_connect=False
        )
        self.wire.do_handshake()

    def cut(self) -> None:
        """End it at once; a time-out alone starts anew with each byte of a slow server."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.wire, socket.SHUT_RDWR)


@functools.cache
def _trusting(ca_file: str | None) -> ssl.SSLContext:
    """Tell whose certificates are believed; reading them costs more than all else of a call, so it is done once."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _named(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return (words or type(error).__name__)[:LONGEST_WORDS]
