"""The letter that takes an order to its supplier: a few words, the order as PDF and as XML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from app.infra.mail import Server
from app.modules.orders import papers


class BadAddress(ValueError):
    """An address that no letter can be sent to."""


def composed(
    server: Server, content: Mapping[str, Any], to: str, message_id: str, at: datetime, note: str | None
) -> EmailMessage:
    """Put the letter of a revision together."""
    message = EmailMessage(policy=SMTP)
    buyer, contact, number = content["buyer"]["legal_name"], content["contact"], content["number"]
    message["Subject"] = _one_line(f"{_title(content)} from {buyer}")
    message["From"] = _address(buyer, server.sender)
    message["To"] = _address(content["supplier"]["name"], to)
    if contact.get("email"):
        message["Reply-To"] = _address(contact["name"], contact["email"])
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["X-Auto-Response-Suppress"] = "OOF"
    message.set_content(_words(content, note))
    name = (number, content["revision"])
    pdf, xml = papers.pdf_of(content), papers.xml_of(content)
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=papers.name_of(*name, "pdf"))
    message.add_attachment(xml, maintype="application", subtype="xml", filename=papers.name_of(*name, "xml"))
    return message


def _title(content: Mapping[str, Any]) -> str:
    kind = "Blanket order" if content["kind"] == "blanket" else "Purchase order"
    return f"{kind} {content['number']}" + (f", revision {content['revision']}" if content["revision"] > 1 else "")


def _words(content: Mapping[str, Any], note: str | None) -> str:
    replaced = "It replaces what we sent before under this number." if content["revision"] > 1 else ""
    day = content["promised_for"]
    parts = (
        f"{_title(content)} is attached, as PDF and as UBL for your system.",
        replaced,
        f"Deliver by {day}." if day else "",
        (note or "").strip(),
        f"Confirm it by answering this letter, and name {content['number']} on delivery notes and invoices.",
        "\n".join(filter(None, (content["contact"].get("name"), content["buyer"]["legal_name"]))),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _address(name: str, address: str) -> Address:
    try:
        return Address(display_name=_one_line(name), addr_spec=address)
    except (ValueError, IndexError, MessageError) as error:
        raise BadAddress(f"{_one_line(address)} is not an e-mail address.") from error


def _one_line(text: str) -> str:
    return " ".join(text.split())
