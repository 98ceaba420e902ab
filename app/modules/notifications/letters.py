"""A notice as an e-mail: headers that hold one line each, and the same words as text and as a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.modules.notifications.domain.kinds import one_line

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class BadAddress(ValueError):
    """An address that no letter can be sent to."""


@dataclass(frozen=True, slots=True)
class Letter:
    """All that an e-mail about a notice is made of; `url` leads to what it is about, `choices_url` to what one gets."""

    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    title: str
    text: str
    organisation: str
    url: str
    choices_url: str
    message_id: str
    at: datetime


def composed(letter: Letter) -> EmailMessage:
    """Put a letter together: plain text first, the same as a page for programs that show pages."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(letter.title)
    message["From"] = _address(letter.sender_name, letter.sender)
    message["To"] = _address(letter.recipient_name, letter.recipient)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    # Holiday notes and other machines do not answer to this.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    values = {"letter": letter, "paragraphs": letter.text.split("\n\n")}
    message.set_content(_templates.get_template("letter.txt").render(values))
    message.add_alternative(_templates.get_template("letter.html").render(values), subtype="html")
    return message


def _address(name: str, address: str) -> Address:
    try:
        return Address(display_name=one_line(name), addr_spec=address)
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress(f"{one_line(address)} is not an e-mail address.") from error
