"""The way out for letters: one mail server, spoken to with a deadline and behind a breaker."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from app.infra import breaker
from app.infra.breaker import Deadline, Unavailable

NAME = "smtp"
LONGEST = timedelta(seconds=20)
_REFUSED_FOR_GOOD = 500
_ANSWERS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError)
_LONGEST_ANSWER = 300


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters are handed in, who signs in there, and in whose name they go out.

    `base_url` is the address under which the people who get the letters reach Outlay.
    """

    host: str
    port: int
    sender: str
    base_url: str
    sender_name: str = "Outlay"
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str | None = None
    longest: timedelta = LONGEST

    @property
    def domain(self) -> str:
        """The part of the sender's address by which this installation is known among mail servers."""
        return self.sender.rpartition("@")[2]


class NotDelivered(Exception):
    """A letter was not taken; `is_final` when sending it again would lead to the same answer."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        self.is_final = is_final
        super().__init__(reason)


_server: Server | None = None


def configured(settings: Mapping[str, Any]) -> Server | None:
    """Give the mail server an installation uses; None where none is named."""
    if not settings.get("OUTLAY_SMTP_HOST"):
        return None
    return Server(
        host=settings["OUTLAY_SMTP_HOST"],
        port=settings["OUTLAY_SMTP_PORT"],
        sender=settings["OUTLAY_SMTP_FROM"],
        base_url=settings["OUTLAY_BASE_URL"],
        sender_name=settings.get("OUTLAY_SMTP_FROM_NAME", "Outlay"),
        security=settings["OUTLAY_SMTP_SECURITY"],
        user=settings.get("OUTLAY_SMTP_USER", ""),
        password=settings.get("OUTLAY_SMTP_PASSWORD", ""),
        ca_file=settings.get("OUTLAY_SMTP_CA_FILE"),
    )


def use(server: Server | None) -> None:
    """Set the mail server of this process."""
    global _server  # noqa: PLW0603 - one installation has one way out for letters
    _server = server


def server() -> Server | None:
    """Tell which mail server there is; None when no letters are sent."""
    return _server


def send(through: Server, letter: EmailMessage, to: str) -> None:
    """Hand in a letter for one recipient; raises NotDelivered unless the server took it.

    A server that took the letter and then broke the connection has taken it. What the recipient's address or the
    letter itself is refused for says nothing about the server; all else counts towards the breaker.
    """
    try:
        with breaker.outside(NAME, through.longest, expected=_ANSWERS) as deadline:
            _hand_in(through, letter, to, deadline)
    except Unavailable as error:
        raise NotDelivered(f"The mail server does not answer: {error}", is_final=False) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise NotDelivered(
            _told("The address was refused", code, answer), is_final=code >= _REFUSED_FOR_GOOD
        ) from error
    except smtplib.SMTPDataError as error:
        words = _told("The letter was refused", error.smtp_code, error.smtp_error)
        raise NotDelivered(words, is_final=error.smtp_code >= _REFUSED_FOR_GOOD) from error
    except smtplib.SMTPAuthenticationError as error:
        # The answer may repeat who tried to sign in, and a wrong password is for an administrator to mend.
        words = f"The mail server refused the sign-in ({error.smtp_code}). Check user and password."
        raise NotDelivered(words, is_final=False) from error
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(
            _told("The mail server refused", error.smtp_code, error.smtp_error), is_final=False
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise NotDelivered(f"The mail server cannot do this: {error}", is_final=True) from error
    except (smtplib.SMTPException, OSError, EOFError) as error:
        raise NotDelivered(f"The mail server could not be reached: {_named(error)}", is_final=False) from error


def _hand_in(through: Server, letter: EmailMessage, to: str, deadline: Deadline) -> None:
    connection = _connect(through, deadline)
    try:
        _encrypt_and_sign_in(connection, through)
        connection.send_message(letter, from_addr=through.sender, to_addrs=[to])
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.quit()
    finally:
        connection.close()


class _Connection(smtplib.SMTP):
    """A connection that is cut at the deadline; a time-out alone starts anew with each byte of a slow server."""

    def __init__(self, deadline: Deadline, host: str, port: int, own_name: str, **options: Any) -> None:
        self._timer = threading.Timer(deadline.remaining(), self._cut)
        self._timer.daemon = True
        self._timer.start()
        try:
            super().__init__(host, port, own_name, timeout=deadline.remaining(), **options)
        except BaseException:
            self._timer.cancel()
            raise

    def close(self) -> None:
        """Let go of the server."""
        self._timer.cancel()
        super().close()

    def _cut(self) -> None:
        if self.sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _TlsConnection(_Connection, smtplib.SMTP_SSL):
    """A connection that is encrypted from its first byte."""


def _connect(through: Server, deadline: Deadline) -> smtplib.SMTP:
    where = (through.host, through.port, through.domain)
    if through.security == "tls":
        return _TlsConnection(deadline, *where, context=_trust(through))
    return _Connection(deadline, *where)


def _encrypt_and_sign_in(connection: smtplib.SMTP, through: Server) -> None:
    """Do what was asked for or nothing: no letter goes out in the clear because a server, or somebody between, wants it."""
    try:
        if through.security == "starttls":
            connection.starttls(context=_trust(through))
        if through.user:
            connection.login(through.user, through.password)
    except smtplib.SMTPNotSupportedError as error:
        raise smtplib.SMTPException(str(error)) from error


def _trust(through: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=through.ca_file)


def _told(what: str, code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{what}: {code} {' '.join(words.split())}"[:_LONGEST_ANSWER]


def _named(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return (words or type(error).__name__)[:_LONGEST_ANSWER]
