"""Rules of the directory: codes, trees, and which roles one person may hold together."""

from __future__ import annotations

import contextlib
import decimal
import functools
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import stdnum
from stdnum import ean
from stdnum.exceptions import ValidationError

from app.kernel import money
from app.kernel.actor import Context, Reach
from app.kernel.choice import Labelled
from app.kernel.problem import Problem

CODE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
EMAIL_PATTERN = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[A-Za-z0-9-]{2,}")
_ELECTRONIC_ADDRESS = re.compile(r"[0-9]{4}|AN|AQ|AS|AU|EM")
_GLN = "0088"
_CPV_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)

# ISO 3166-1, and XK for Kosovo, which has none there and is used by banks and customs.
_COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB
    GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB
    SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US
    UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_COUNTRIES.split())


class TaxCategory(Labelled):
    """A tax category of EN 16931 (UNTDID 5305)."""

    STANDARD = "S", "Standard rate"
    ZERO = "Z", "Zero rated"
    EXEMPT = "E", "Exempt"
    REVERSE_CHARGE = "AE", "Reverse charge"
    INTRA_COMMUNITY = "K", "Intra-community supply"
    EXPORT = "G", "Export outside the EU"
    OUTSIDE = "O", "Outside the scope of tax"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role is to hold: an entity or all, a cost centre (the path of its ids, `/3/17/`) or all."""

    entity: int | None = None
    cost_centre: int | None = None
    cost_centre_path: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody holds, and for which entity; None is for all."""

    role: str
    entity: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in another, since which day, and according to whom."""

    rate: Decimal
    valid_on: date | None = None
    source: str = ""

    def inverse(self) -> Rate:
        """Turn it round, to as many digits as a stored rate has at most."""
        return Rate(RATE_DIGITS.divide(Decimal(1), self.rate), self.valid_on, self.source)

    def then(self, other: Rate) -> Rate:
        """Go on from the second currency into a third; the older of both days is the day of the whole."""
        days = [day for day in (self.valid_on, other.valid_on) if day]
        sources = dict.fromkeys(source for source in (self.source, other.source) if source)
        return Rate(RATE_DIGITS.multiply(self.rate, other.rate), min(days, default=None), ", ".join(sources))


ONE = Rate(Decimal(1))
RATE_DIGITS = decimal.Context(prec=20, rounding=decimal.ROUND_HALF_UP)


def rate_between(known: Mapping[tuple[int, int], Rate], currency: int, base: int) -> Rate | None:
    """Find the rate from one currency into another: as published, turned round, or by way of a third; newest first."""
    if currency == base:
        return ONE
    both = {**{(b, a): rate.inverse() for (a, b), rate in known.items()}, **known}
    direct = both.get((currency, base))
    if direct is not None:
        return direct
    ways = [
        both[currency, middle].then(both[middle, base])
        for first, middle in both
        if first == currency and (middle, base) in both
    ]
    return max(ways, key=lambda way: way.valid_on or date.min, default=None)


# What decides over somebody's authority, and so is for others to change.
AUTHORITY = ("approval_limit", "manager", "entity", "cost_centre")

# Each pair is two duties that control each other: with both, one person could make up a purchase and pay it.
CONFLICTS: dict[frozenset[str], str] = {
    frozenset({"AP clerk", "Treasurer"}): "whoever captures invoices does not release their payment",
    frozenset({"Buyer", "Treasurer"}): "whoever orders does not pay",
    frozenset({"Buyer", "AP clerk"}): "whoever orders does not record what the supplier charges",
    frozenset({"Buyer", "Receiver"}): "whoever orders does not confirm what arrived",
    frozenset({"Receiver", "AP clerk"}): "whoever confirms deliveries does not match invoices against them",
    frozenset({"Receiver", "Treasurer"}): "whoever confirms deliveries does not pay for them",
    frozenset({"Administrator", "Treasurer"}): "whoever gives out roles and accounts does not pay",
    frozenset({"Administrator", "AP clerk"}): "whoever gives out roles and accounts does not capture invoices",
    frozenset({"Administrator", "Buyer"}): "whoever gives out roles and accounts does not order",
    **{
        frozenset({"Auditor", role}): "whoever audits takes no part in what is audited"
        for role in ("Approver", "Controller", "Buyer", "Receiver", "AP clerk", "Treasurer", "Administrator")
    },
}

#: Two permissions that one person should not hold together, with what they could then do alone.
DUTIES: tuple[tuple[str, str, str], ...] = (
    ("bank_account.create", "bank_account.confirm", "enter a bank account and confirm it"),
    ("bank_account.edit", "bank_account.confirm", "change a bank account and confirm it"),
    ("payment_run.create", "payment_run.approve", "make a payment run and approve it"),
    ("invoice.create", "payment_run.release", "take in an invoice and release its payment"),
    ("invoice.create", "bank_statement.book", "take in an invoice and count it as paid"),
    ("role.edit", "bank_account.confirm", "give themselves rights and confirm bank accounts"),
    ("person.grant", "bank_account.confirm", "give themselves roles and confirm bank accounts"),
)


def why_not_country(country: str | None, field: str = "country") -> list[Problem]:
    """Say whether there is no such country."""
    if country is None or country in COUNTRIES:
        return []
    return [Problem("unknown_country", f"Country: use a two-letter ISO code such as AT, not {country}.", field)]


def why_not_code(code: str | None) -> list[Problem]:
    """Say whether a code could not stand in an address."""
    if code and re.fullmatch(CODE_PATTERN, code):
        return []
    return [
        Problem("bad_code", "Code: use letters, digits, - _ and . only, and begin with one of the first two.", "code")
    ]


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def why_not_time_zone(name: str) -> list[Problem]:
    """Say whether a time zone is unknown."""
    if name in _time_zones():
        return []
    return [Problem("unknown_time_zone", f"Time zone: use a name such as Europe/Vienna, not {name}.", "time_zone")]


def why_not_email(email: str | None, field: str = "email") -> list[Problem]:
    """Say whether this cannot be an e-mail address."""
    if email is None or EMAIL_PATTERN.fullmatch(email):
        return []
    return [Problem("bad_email", "E-mail: enter an address such as jana.novak@example.com.", field)]


def why_not_tax_id(value: str | None, country: str, kind: str = "vat", field: str = "tax_id") -> list[Problem]:
    """Check a tax number by the rules of its country; one whose rules nobody published passes."""
    if value is None:
        return []
    rules = stdnum.get_cc_module(country.lower(), kind) if country in COUNTRIES else None
    if rules is None:
        return []
    try:
        rules.validate(value)
    except ValidationError:
        return [
            Problem(
                "bad_tax_id", f"{value} is not a number of this kind in {country}. Check for a typing error.", field
            )
        ]
    return []


def normal_tax_id(value: str, country: str, kind: str = "vat") -> str:
    """Write a tax number in one way only, so that equal numbers are found equal."""
    rules = stdnum.get_cc_module(country.lower(), kind) if country in COUNTRIES else None
    if rules is not None:
        with contextlib.suppress(ValidationError):
            value = str(rules.compact(value))
    bare = re.sub(r"[^A-Z0-9]", "", value.upper())
    # Greece writes EL before its numbers.
    for prefix in (country, "EL" if country == "GR" else country):
        if kind == "vat" and bare.startswith(prefix):
            bare = bare.removeprefix(prefix)
    return bare


def cpv_check_digit(digits: str) -> str:
    """Compute the ninth digit of a CPV code (regulation 213/2008: weights 3, 7, 1, modulo 10)."""
    return str(sum(weight * int(digit) for weight, digit in zip(_CPV_WEIGHTS, digits, strict=True)) % 10)


def why_not_cpv(code: str | None, field: str = "cpv_code") -> list[Problem]:
    """Say what is wrong with a CPV code such as 30200000-1."""
    if code is None:
        return []
    if not re.fullmatch(r"[0-9]{8}-[0-9]", code):
        return [Problem("bad_cpv", "CPV code: write 8 digits, - and the check digit, such as 30200000-1.", field)]
    digit = cpv_check_digit(code[:8])
    if code[9] != digit:
        message = f"CPV code: the last digit of {code} does not fit the others. Check for a typing error."
        return [Problem("bad_cpv", message, field)]
    return []


def why_not_currency(context: Context, currency: Any) -> list[Problem]:
    """Say what is wrong with a currency."""
    if currency.code in money.CURRENCIES:
        return []
    return [
        Problem("unknown_currency", f"Code: {currency.code} is not an ISO 4217 currency. Use one such as EUR.", "code")
    ]


def why_not_endpoint(scheme: str | None, identifier: str | None) -> list[Problem]:
    """Say what is wrong with an address for e-invoices: a scheme of the Peppol list, and what it is in that scheme."""
    if scheme is None and identifier is None:
        return []
    if scheme is None or identifier is None:
        field = "endpoint_scheme" if scheme is None else "endpoint_id"
        return [Problem("incomplete_endpoint", "An endpoint needs both: scheme and id.", field)]
    if not _ELECTRONIC_ADDRESS.fullmatch(scheme):
        words_ = "Endpoint scheme: use a code of the Peppol list, such as 0088 for a GLN or 9915 for Austria."
        return [Problem("unknown_scheme", words_, "endpoint_scheme")]
    if scheme == _GLN and not ean.is_valid(identifier):
        return [
            Problem("bad_endpoint", f"Endpoint id: {identifier} is not a GLN. Check for a typing error.", "endpoint_id")
        ]
    return []


def why_not_entity(context: Context, entity: Any) -> list[Problem]:
    """Say what is wrong with an entity."""
    return [
        *why_not_code(entity.code),
        *why_not_country(entity.country),
        *why_not_time_zone(entity.time_zone),
        *why_not_tax_id(entity.tax_id, entity.country),
        *why_not_endpoint(entity.endpoint_scheme, entity.endpoint_id),
    ]


def why_not_location(context: Context, location: Any) -> list[Problem]:
    """Say what is wrong with a location."""
    return [*why_not_code(location.code), *why_not_country(location.country), *why_not_open_above(location)]


def why_not_tax_code(context: Context, tax_code: Any) -> list[Problem]:
    """Say what is wrong with a tax code."""
    return [*why_not_code(tax_code.code), *why_not_country(tax_code.country)]


def why_not_unit(context: Context, unit: Any) -> list[Problem]:
    """Say what is wrong with a unit."""
    if re.fullmatch("[A-Z0-9]{2,3}", unit.code or ""):
        return []
    return [Problem("unknown_unit", "Code: use one of UN/ECE Recommendation 20, such as C62 or KGM.", "code")]


def why_not_cost_centre(context: Context, centre: Any) -> list[Problem]:
    """Say what is wrong with a cost centre."""
    return [
        *why_not_code(centre.code),
        *why_not_below(centre),
        *why_not_open_above(centre),
        *_other_entity(centre, "parent"),
    ]


def why_not_category(context: Context, category: Any) -> list[Problem]:
    """Say what is wrong with a category."""
    return [
        *why_not_code(category.code),
        *why_not_below(category),
        *why_not_open_above(category),
        *why_not_cpv(category.cpv_code),
    ]


def why_not_project(context: Context, project: Any) -> list[Problem]:
    """Say what is wrong with a project."""
    return [
        *why_not_code(project.code),
        *why_not_below(project),
        *why_not_open_above(project),
        *_other_entity(project, "parent"),
        *_other_entity(project, "cost_centre"),
    ]


def why_not_below(row: Any) -> list[Problem]:
    """Say whether a row of a tree would come to stand below itself."""
    if row.parent is None or row.id is None or f"/{row.id}/" not in row.parent.path:
        return []
    return [Problem("own_branch", f"{row.parent} stands below {row}, or is the same. Choose another.", "parent")]


def why_not_open_above(row: Any) -> list[Problem]:
    """Say whether an open row would belong to something closed."""
    if row.state == "closed":
        return []
    return [
        Problem("closed_above", f"{other} is closed. Choose one that is open, or reopen it first.", field)
        for field, other in row.above.items()
        if other is not None and other.state == "closed"
    ]


def why_not_closable(context: Context, row: Any) -> list[Problem]:
    """Say which parts are still open, as a whole closes after its parts."""
    still_open = [str(part) for part in row.parts if part.state == "open"]
    if not still_open:
        return []
    named = ", ".join(still_open[:3]) + (f" and {len(still_open) - 3} more" if len(still_open) > 3 else "")  # noqa: PLR2004
    return [Problem("open_parts", f"Close what belongs to it first: {named}.", None, {"open": len(still_open)})]


def why_not_reopenable(context: Context, row: Any) -> list[Problem]:
    """Say what has to be reopened first."""
    return [
        Problem("closed_above", f"{other} is closed. Reopen it first.")
        for other in row.above.values()
        if other is not None and other.state == "closed"
    ]


def why_not_person(context: Context, person: Any) -> list[Problem]:
    """Say what is wrong with a person's data."""
    problems = [*why_not_code(person.code), *why_not_email(person.email), *why_not_time_zone(person.time_zone)]
    if person.approval_limit is not None and person.entity is None:
        words = "Entity is missing. The approval limit is an amount in its currency."
        problems.append(Problem("entity_missing", words, "entity"))
    if person.manager is not None and person.manager.state == "left":
        problems.append(Problem("manager_left", f"{person.manager} has left. Choose another manager.", "manager"))
    if _manages(person, person.manager):
        words = f"{person.manager} reports to {person}, directly or through others. Choose another manager."
        problems.append(Problem("own_manager", words, "manager"))
    return problems


def _manages(person: Any, manager: Any) -> bool:
    """Say whether the line of managers from here up comes back to the person."""
    seen: set[int] = set()
    while manager is not None and id(manager) not in seen:
        if manager is person:
            return True
        seen.add(id(manager))
        manager = manager.manager
    return False


def _other_entity(row: Any, field: str) -> list[Problem]:
    other = getattr(row, field)
    if other is None or row.entity is None or other.entity is row.entity:
        return []
    return [Problem("other_entity", f"{other} belongs to {other.entity}. Choose one of {row.entity}.", field)]


def why_not_self(context: Context, person: Any) -> list[Problem]:
    """Say that nobody decides over their own access."""
    if person.user_id == context.actor.id:
        return [Problem("own_access", "This is your own account. Ask another administrator.")]
    return []


def why_not_erasable(context: Context, person: Any) -> list[Problem]:
    """Say that somebody was erased already."""
    if person.erased_at is not None:
        return [Problem("erased", "The personal data of this person were erased already.")]
    return []


def why_not_own_authority(context: Context, person: Any, changed: set[str]) -> list[Problem]:
    """Say that nobody raises their own approval limit or chooses who decides over them."""
    if person.user_id != context.actor.id:
        return []
    words = "This decides what you may do yourself. Ask another administrator to change it."
    return [Problem("own_authority", words, field) for field in AUTHORITY if field in changed]


def why_not_role(role: str, entity: int | None, held: Iterable[Held]) -> list[Problem]:
    """Say which roles a person holds that control the new one (segregation of duties).

    Two roles conflict where both reach the same entity; a difference in cost centres does not part them, because
    orders, invoices and payments of an entity run together.
    """
    problems = []
    for other in held:
        reason = CONFLICTS.get(frozenset({role, other.role}))
        if reason and (entity is None or other.entity is None or entity == other.entity):
            message = f"{role} does not go together with {other.role}: {reason}. Revoke {other.role} first."
            problems.append(Problem("conflicting_roles", message, "role", {"held": other.role}))
    return problems


def why_not_together(
    role: str, entity: int | None, held: Iterable[Held], rights: Mapping[str, frozenset[str]]
) -> list[Problem]:
    """Say which acts that take two people a new role and one that is held would let one person do.

    A role that permits both by itself is warned of where roles are kept, and refused at the act.
    """
    problems = []
    for other in held:
        if entity is not None and other.entity is not None and entity != other.entity:
            continue
        one, two = rights.get(role, frozenset()), rights.get(other.role, frozenset())
        for first, second, words in DUTIES:
            duties = {first, second}
            if duties <= one | two and not duties <= one and not duties <= two:
                message = f"{role} does not go together with {other.role}: one person could {words}. Revoke {other.role} first."
                problems.append(Problem("conflicting_roles", message, "role", {"held": other.role}))
    return problems


def conflicts_among(held: Iterable[Held]) -> list[Problem]:
    """List every conflict within a set of roles, for the review of access."""
    roles = list(held)
    return [problem for index, one in enumerate(roles) for problem in why_not_role(one.role, one.entity, roles[:index])]


def why_not_in_reach(reach: Reach, place: Place) -> list[Problem]:
    """Say whether somebody would give a role further than their own right to give roles goes."""
    if any(_covers(entity, centre, place) for entity, centre in reach.regions):
        return []
    message = "Your right to give roles does not reach that far. Choose an entity and cost centre of yours."
    return [Problem("out_of_reach", message, "entity")]


def _covers(entity: int | None, centre: int | None, place: Place) -> bool:
    covers_entity = entity is None or entity == place.entity
    return covers_entity and (centre is None or f"/{centre}/" in place.cost_centre_path)


def why_not_successor(person: Any, successor: Any, owned: int) -> list[Problem]:
    """Say why open responsibilities cannot be handed to this successor."""
    if successor is None:
        if not owned:
            return []
        message = f"{person} answers for {owned} cost centres, categories, projects or people. Choose who takes over."
        return [Problem("successor_missing", message, "successor", {"owned": owned})]
    if successor is person:
        return [Problem("own_successor", f"{person} is leaving. Choose someone else.", "successor")]
    if successor.state != "active":
        return [Problem("not_active", f"{successor} is {successor.state}. Choose someone who is active.", "successor")]
    return []
