"""Exceptions: why an invoice does not match, who settles it until when, and what they may do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.kernel.calendar import add_working_days
from app.kernel.choice import Labelled
from app.kernel.problem import Problem
from app.modules.invoices.domain.case import Kind, Method
from app.modules.invoices.domain.checks import Check, CheckName, Verdict


class ExceptionKind(Labelled):
    """What sort of reason it is."""

    SUPPLIER = "supplier", "Supplier"
    ADDRESSEE = "addressee", "Addressed to"
    CURRENCY = "currency", "Currency"
    LINK = "link", "Line without order"
    QUANTITY = "quantity", "Quantity"
    PRICE = "price", "Price"
    CHARGES = "charges", "Charges"
    TOTALS = "totals", "Totals"
    TAX = "tax", "Tax"
    TERMS = "terms", "Payment terms"
    BANK_ACCOUNT = "bank_account", "Bank account"
    DUPLICATE = "duplicate", "Duplicate"
    BUDGET = "budget", "Budget"


class Owner(Labelled):
    """Whose task it is; the label is the role."""

    BUYER = "buyer", "Buyer"
    RECEIVER = "receiver", "Receiver"
    AP_CLERK = "ap_clerk", "AP clerk"
    CONTROLLER = "controller", "Controller"
    TREASURER = "treasurer", "Treasurer"


class Action(Labelled):
    """What settles an exception."""

    ACCEPT = "accept", "Accept with a reason"
    ASK_CREDIT_NOTE = "ask_credit_note", "Ask for a credit note"
    CORRECT_RECEIPT = "correct_receipt", "Correct the receipt"
    AMEND_ORDER = "amend_order", "Amend the order"
    REJECT = "reject", "Reject the invoice"
    LINK = "link", "Link by hand"
    ASSIGN = "assign", "Name the company"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One exception: stable `key` over repeated matching, `seen` to know whether anything changed since it was accepted."""

    kind: ExceptionKind
    owner: Owner
    key: str
    seen: str
    check: CheckName | None
    code: str
    text: str
    due_on: date
    actions: tuple[Action, ...]
    lines: tuple[int, ...] = ()


_KINDS = {
    CheckName.SUPPLIER: ExceptionKind.SUPPLIER,
    CheckName.ADDRESSEE: ExceptionKind.ADDRESSEE,
    CheckName.CURRENCY: ExceptionKind.CURRENCY,
    CheckName.LINE_LINK: ExceptionKind.LINK,
    CheckName.QUANTITY: ExceptionKind.QUANTITY,
    CheckName.UNIT_PRICE: ExceptionKind.PRICE,
    CheckName.LINE_TOTAL: ExceptionKind.TOTALS,
    CheckName.CHARGES: ExceptionKind.CHARGES,
    CheckName.TAX: ExceptionKind.TAX,
    CheckName.DOCUMENT_TOTAL: ExceptionKind.TOTALS,
    CheckName.PAYABLE: ExceptionKind.TOTALS,
    CheckName.TERMS: ExceptionKind.TERMS,
    CheckName.BANK_ACCOUNT: ExceptionKind.BANK_ACCOUNT,
    CheckName.DUPLICATE: ExceptionKind.DUPLICATE,
}
OWNERS: Mapping[ExceptionKind, Owner] = {
    ExceptionKind.SUPPLIER: Owner.BUYER,
    ExceptionKind.ADDRESSEE: Owner.AP_CLERK,
    ExceptionKind.CURRENCY: Owner.BUYER,
    ExceptionKind.LINK: Owner.AP_CLERK,
    ExceptionKind.QUANTITY: Owner.RECEIVER,
    ExceptionKind.PRICE: Owner.BUYER,
    ExceptionKind.CHARGES: Owner.BUYER,
    ExceptionKind.TOTALS: Owner.AP_CLERK,
    ExceptionKind.TAX: Owner.AP_CLERK,
    ExceptionKind.TERMS: Owner.BUYER,
    ExceptionKind.BANK_ACCOUNT: Owner.TREASURER,
    ExceptionKind.DUPLICATE: Owner.AP_CLERK,
    ExceptionKind.BUDGET: Owner.CONTROLLER,
}
#: Working days until it is due, unless the settings say otherwise.
DUE_DAYS: Mapping[ExceptionKind, int] = {
    ExceptionKind.SUPPLIER: 2,
    ExceptionKind.ADDRESSEE: 2,
    ExceptionKind.CURRENCY: 3,
    ExceptionKind.LINK: 2,
    ExceptionKind.QUANTITY: 3,
    ExceptionKind.PRICE: 3,
    ExceptionKind.CHARGES: 3,
    ExceptionKind.TOTALS: 2,
    ExceptionKind.TAX: 2,
    ExceptionKind.TERMS: 3,
    ExceptionKind.BANK_ACCOUNT: 1,
    ExceptionKind.DUPLICATE: 1,
    ExceptionKind.BUDGET: 3,
}
_ACTIONS = {
    ExceptionKind.SUPPLIER: (Action.LINK, Action.REJECT),
    ExceptionKind.ADDRESSEE: (Action.ASSIGN, Action.REJECT),
    ExceptionKind.CURRENCY: (Action.ACCEPT, Action.AMEND_ORDER, Action.LINK, Action.REJECT),
    ExceptionKind.LINK: (Action.LINK, Action.AMEND_ORDER, Action.ACCEPT, Action.REJECT),
    ExceptionKind.QUANTITY: (
        Action.CORRECT_RECEIPT, Action.AMEND_ORDER, Action.ASK_CREDIT_NOTE, Action.ACCEPT, Action.LINK, Action.REJECT,
    ),
    ExceptionKind.PRICE: (Action.ASK_CREDIT_NOTE, Action.AMEND_ORDER, Action.ACCEPT, Action.LINK, Action.REJECT),
    ExceptionKind.CHARGES: (Action.ACCEPT, Action.ASK_CREDIT_NOTE, Action.AMEND_ORDER, Action.REJECT),
    ExceptionKind.TOTALS: (Action.ASK_CREDIT_NOTE, Action.ACCEPT, Action.REJECT),
    ExceptionKind.TAX: (Action.ASK_CREDIT_NOTE, Action.ACCEPT, Action.REJECT),
    ExceptionKind.TERMS: (Action.ACCEPT, Action.AMEND_ORDER, Action.REJECT),
    ExceptionKind.BANK_ACCOUNT: (Action.REJECT,),
    ExceptionKind.DUPLICATE: (Action.REJECT, Action.ACCEPT),
    ExceptionKind.BUDGET: (Action.ACCEPT, Action.REJECT),
}  # fmt: skip
# No reason makes these right: the supplier's record, a rate, an order or the deposit has to be put in order first.
_NEVER_ACCEPTED = frozenset({"supplier_unknown", "other_supplier", "no_rate", "order_closed", "deposit_unknown"})
_NEEDS_ORDER = frozenset({Action.AMEND_ORDER, Action.CORRECT_RECEIPT})


def actions_of(kind: ExceptionKind, code: str, bill_kind: Kind, method: Method) -> tuple[Action, ...]:
    """List what may be done about an exception, the most likely first."""
    left = _ACTIONS[kind]
    if bill_kind == "credit_note":
        left = tuple(action for action in left if action is not Action.ASK_CREDIT_NOTE)
    if method is not Method.THREE_WAY:
        left = tuple(action for action in left if action is not Action.CORRECT_RECEIPT)
    if method is Method.CONTRACT:
        left = tuple(action for action in left if action not in _NEEDS_ORDER)
    return tuple(action for action in left if action is not Action.ACCEPT or code not in _NEVER_ACCEPTED)


def raised(
    checks: Iterable[Check],
    *,
    on: date,
    bill_kind: Kind,
    method: Method,
    days: Mapping[ExceptionKind, int] | None = None,
    holidays: Collection[date] = (),
) -> tuple[Mismatch, ...]:
    """Make an exception of every check that failed, in the order of the checks."""
    allowed = {**DUE_DAYS, **(days or {})}
    found = []
    for check in checks:
        if check.verdict is Verdict.EXCEPTION:
            kind = _KINDS[check.name]
            found.append(
                Mismatch(
                    kind=kind,
                    owner=OWNERS[kind],
                    key=":".join([check.name.value, check.code, check.about, *map(str, check.lines)]),
                    seen=f"{check.expected}|{check.actual}|{check.unit}",
                    check=check.name,
                    code=check.code,
                    text=check.text,
                    due_on=add_working_days(on, allowed[kind], holidays),
                    actions=actions_of(kind, check.code, bill_kind, method),
                    lines=check.lines,
                )
            )
    return tuple(found)


def over_budget(text: str, seen: str, on: date) -> Mismatch:
    """Make an exception of what a hard budget does not cover: no reason makes room there, moving budget does."""
    kind = ExceptionKind.BUDGET
    due_on = add_working_days(on, DUE_DAYS[kind])
    return Mismatch(kind, OWNERS[kind], "budget", seen, None, "over_budget", text, due_on, (Action.REJECT,))


def still_accepted(mismatch: Mismatch, accepted: Mapping[str, str]) -> bool:
    """Say whether an earlier acceptance (key to what was seen then) covers it: of these very values, not of others."""
    return accepted.get(mismatch.key) == mismatch.seen


def why_not(action: Action, actions: Collection[Action], reason: str | None) -> list[Problem]:
    """Say what stands against settling an exception in a way."""
    if action not in actions:
        allowed = ", ".join(each.label for each in actions)
        return [Problem("not_possible", f"{action.label} does not settle this. Choose one of: {allowed}.", "action")]
    if action in (Action.ACCEPT, Action.ASSIGN, Action.REJECT) and not (reason or "").strip():
        return [Problem("required", "Reason is missing. Say why, for whoever reads this later.", "reason")]
    return []
