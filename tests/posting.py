"""A post office on this machine: a real SMTP server that keeps what it takes, and refuses, delays or hangs up as told."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from app.infra import breaker, mail

USER, PASSWORD = "outlay", "tops-3cret"
SENDER = "outlay@outlay.example"
BASE_URL = "https://outlay.example"


@dataclass
class Office:
    """What the server took, and how it answers."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 OK"
    delay: float = 0
    signed_in: list[str] = field(default_factory=list)
    when_taken: Callable[[], None] = lambda: None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Take a recipient, or refuse it."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a letter, after a while, or refuse it."""
        await asyncio.sleep(self.delay)
        if self.data_answer.startswith("2"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients += envelope.rcpt_tos
            self.when_taken()
        return self.data_answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        """Let one user in."""
        assert isinstance(given, LoginPassword)
        fits = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        self.signed_in += [given.login.decode()] if fits else []
        return AuthResult(success=fits, handled=False)


class _Controller(Controller):
    """Binds a port that the system chose, and knows it."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def post_office(office: Office, port: int = 0, **options: Any) -> Iterator[int]:
    """Open the server on a port of its own; gives the port."""
    controller = _Controller(office, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop(no_assert=True)


@contextlib.contextmanager
def posting_through(port: int, **changes: Any) -> Iterator[mail.Server]:
    """Let Outlay hand in its letters there."""
    given = {"security": "none", "longest": timedelta(seconds=5), **changes}
    server = mail.Server("127.0.0.1", port, SENDER, BASE_URL, "Outlay at Works", **given)
    breaker.forget()
    mail.use(server)
    try:
        yield server
    finally:
        mail.use(None)
        breaker.forget()


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Make a certificate for this machine; gives what the server shows, and the file by which it is trusted."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Post office of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown, secret = folder / "post.pem", folder / "post.key"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, secret)
    return context, str(shown)
