"""What people are told of: a closed list of kinds, each with its words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.kernel.choice import Labelled

LONGEST_TITLE = 200
_STEERING = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


class Channel(Labelled):
    """A way in which a notice reaches a person."""

    IN_APP = "in_app", "In Outlay"
    EMAIL = "email", "E-mail"


class Kind(Labelled):
    """What a notice is about."""

    APPROVAL_ASKED = "approval_asked", "A decision is asked for"
    APPROVAL_DECIDED = "approval_decided", "A decision was made"
    APPROVAL_RETURNED = "approval_returned", "Changes are asked for"
    APPROVAL_REMINDED = "approval_reminded", "A decision is overdue"
    APPROVAL_ESCALATED = "approval_escalated", "A decision was passed on for being late"
    APPROVAL_DELEGATED = "approval_delegated", "Someone decides in another's place"
    APPROVAL_INFORMED = "approval_informed", "A rule wants someone to know"
    REQUEST_SUBMITTED = "request_submitted", "A request was submitted"
    REQUEST_APPROVED = "request_approved", "A request was approved"
    REQUEST_REJECTED = "request_rejected", "A request was rejected"
    EXCEPTION_RAISED = "exception_raised", "An invoice does not match, and someone has to settle it"
    EXCEPTION_OVERDUE = "exception_overdue", "An exception of an invoice is overdue"
    INVOICE_TURNED_AWAY = "invoice_turned_away", "An invoice was turned away"
    RUN_SUBMITTED = "run_submitted", "A payment run waits for approval"
    RUN_APPROVED = "run_approved", "A payment run waits for release"
    PAYMENT_FAILED = "payment_failed", "A payment failed or came back"
    MENTIONED = "mentioned", "Someone was mentioned in a comment"
    IMPORT_DONE = "import_done", "An import has ended"
    IMPORT_FAILED = "import_failed", "An import has failed"
    WEBHOOK_IN_TROUBLE = "webhook_in_trouble", "Events do not get through to a webhook"

    @property
    def setting(self) -> str:
        """Name the setting with which an organisation switches the kind off."""
        return f"notices.{self.value}"


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice of one kind says, and how it reaches people.

    The title names the document by its key alone, since it shows on a locked phone and in lists of deliveries.
    `hears_own` tells people of what they did themselves, such as work that ended long after they asked for it.
    """

    title: str
    text: str
    channels: tuple[Channel, ...] = (Channel.IN_APP, Channel.EMAIL)
    hears_own: bool = False


_ABOUT = "{{ title or key }}{% if amount %}, {{ amount }}{% endif %}"
_INSTEAD = "{% if instead_of %} in the place of {{ instead_of }}{% endif %}"
_VERDICT = "{{ verdict or 'decided on' }}"
_REASON = "{% if reason %}\n\n{{ reason }}{% endif %}"

WORDS: dict[Kind, Words] = {
    Kind.APPROVAL_ASKED: Words(
        "{{ key }} waits for your decision",
        f"{{{{ who }}}} asks you to decide on this {{{{ what }}}}: {_ABOUT}.{_REASON}",
    ),
    Kind.APPROVAL_DECIDED: Words(
        f"{{{{ key }}}}: {{{{ who }}}} {_VERDICT} it",
        f"{{{{ who }}}} {_VERDICT} this {{{{ what }}}}: {_ABOUT}.{{% if outcome %}} {{{{ outcome }}}}{{% endif %}}{_REASON}",
    ),
    Kind.APPROVAL_RETURNED: Words(
        "{{ key }} needs changes",
        f"{{{{ who }}}} asks for changes to this {{{{ what }}}}: {_ABOUT}.{_REASON}",
    ),
    Kind.APPROVAL_REMINDED: Words(
        "{{ key }} still waits for your decision",
        f"{{{{ who }}}} waits for your decision on this {{{{ what }}}}: {_ABOUT}.{_REASON}",
    ),
    Kind.APPROVAL_ESCALATED: Words(
        "{{ key }} waits for your decision",
        f"You are asked to decide on this {{{{ what }}}}{_INSTEAD}: {_ABOUT}.{_REASON}",
    ),
    Kind.APPROVAL_DELEGATED: Words(
        "{{ key }} may be decided by you",
        f"You may decide on this {{{{ what }}}}{_INSTEAD}: {_ABOUT}.{_REASON}",
    ),
    Kind.APPROVAL_INFORMED: Words(
        "{{ key }} is for you to know",
        f"{{{{ who }}}} asks for this {{{{ what }}}}: {_ABOUT}. You have nothing to decide.{_REASON}",
    ),
    Kind.REQUEST_SUBMITTED: Words(
        "{{ key }} was submitted for you",
        f"{{{{ who }}}} asks for this in your place: {_ABOUT}.{_REASON}",
    ),
    Kind.REQUEST_APPROVED: Words(
        "{{ key }} is approved",
        f"The request is approved: {_ABOUT}.{_REASON}",
    ),
    Kind.REQUEST_REJECTED: Words(
        "{{ key }} is rejected",
        f"The request is rejected: {_ABOUT}.{_REASON}",
    ),
    Kind.EXCEPTION_RAISED: Words(
        "{{ key }} waits for you to settle it",
        "The invoice {{ title }} does not match: {{ reason }}",
    ),
    Kind.EXCEPTION_OVERDUE: Words(
        "{{ key }} still waits for you to settle it",
        "The invoice {{ title }} cannot be paid until this is settled: {{ reason }}",
    ),
    Kind.INVOICE_TURNED_AWAY: Words(
        "{{ key }} was turned away",
        f"{{{{ who }}}} turned this invoice away: {_ABOUT}. It is never paid.{_REASON}",
    ),
    Kind.RUN_SUBMITTED: Words(
        "{{ key }} waits for your approval",
        f"{{{{ who }}}} asks you to approve this {{{{ what }}}}: {_ABOUT}.",
    ),
    Kind.RUN_APPROVED: Words(
        "{{ key }} waits for release",
        f"{{{{ who }}}} approved this {{{{ what }}}}, and it may be released: {_ABOUT}.",
    ),
    Kind.PAYMENT_FAILED: Words(
        "{{ key }} did not go through",
        f"The bank did not pay, or the money came back; what it was for is open again: {_ABOUT}.{_REASON}",
    ),
    Kind.MENTIONED: Words(
        "{{ who }} mentioned you on {{ key }}",
        f"{{{{ who }}}} wrote about {{{{ title or key }}}}:{_REASON}",
    ),
    Kind.IMPORT_DONE: Words(
        "The import of {{ title }} has ended",
        "{{ reason }}",
        hears_own=True,
    ),
    Kind.IMPORT_FAILED: Words(
        "The import of {{ title }} has failed",
        "{{ reason }}",
        hears_own=True,
    ),
    Kind.WEBHOOK_IN_TROUBLE: Words(
        "Events do not get through to the webhook {{ key }}",
        "{{ reason }} Its deliveries show what was tried and answered; from there it can be sent again.",
    ),
}

#: Everything that the words of a notice may name; what does not apply is empty.
VALUES = ("who", "what", "key", "title", "amount", "verdict", "outcome", "instead_of", "reason")

# Words will be edited by administrators one day: they reach the values they are given and nothing behind them.
_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def written(kind: Kind, values: Mapping[str, Any]) -> tuple[str, str]:
    """Write title and text of a notice."""
    known = {name: values.get(name) or "" for name in VALUES}
    words = WORDS[kind]
    return one_line(_environment.from_string(words.title).render(known)), _filled(words.text, known)


def one_line(text: str) -> str:
    """Give text that fits a title and a header: on one line, without control characters, not too long."""
    line = " ".join("".join(sign if _is_shown(sign) else " " for sign in text).split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


def _filled(template: str, values: Mapping[str, Any]) -> str:
    text = _environment.from_string(template).render(values)
    return "".join(sign if _is_shown(sign) or sign == "\n" else " " for sign in text).strip()


def _is_shown(sign: str) -> bool:
    """Say whether a sign is seen or is a space; what steers terminals and the direction of text is neither."""
    return unicodedata.category(sign) not in _STEERING
