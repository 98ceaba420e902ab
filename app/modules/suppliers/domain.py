"""Rules of suppliers: when one may be approved, when an account may be paid, and what makes two of them look the same."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from stdnum import bic as bic_rules
from stdnum import ean
from stdnum import iban as iban_rules
from stdnum.exceptions import ValidationError

from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.modules.directory import domain as directory

DUPLICATE_FROM = 50  # percent; below it two suppliers merely resemble each other
_ELECTRONIC_ADDRESS = re.compile(r"[0-9]{4}|AN|AQ|AS|AU|EM")
_GLN = "0088"
_NO_DECOMPOSITION = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i", "&": " and "}
)
# Words that say how a company is constituted, not which one it is.
_LEGAL_FORMS = """
    ab ag and aps as asa bt bv bvba cie co company corp corporation cv dd doo ead ek eood et etd eu ev gbr gesmbh gmbh
    inc incorporated jsc kft kg kgaa kk ks lda limited llc llp lp ltd mbh nv nyrt ohg ood ooo ou oy oyj pjsc plc pte pty
    sa sapi sarl sas sasu sau sca se sl slu snc sp spa spol sprl sro srl the ug und unipessoal vof vos z zoo zrt
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
# Words that too many names share to bring two of them together.
_COMMON_WORDS = """
    austria central company consulting czech czechia deutschland digital engineering europe european germany global group
    holding industrial industries industry international logistics management media partner partners polska praha prague
    service services solutions supply system systems tech technologies technology trade trading vienna wien
"""
COMMON_WORDS = frozenset(_COMMON_WORDS.split())
_FREE_MAIL = """
    aol.com centrum.cz email.cz freemail.hu gmail.com gmx.at gmx.de gmx.net googlemail.com hotmail.com icloud.com
    live.com mail.com me.com msn.com o2.pl onet.pl outlook.com post.cz proton.me protonmail.com seznam.cz t-online.de
    web.de wp.pl yahoo.com
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())


class TaxIdKind(enum.Enum):
    """Which authority gave a number, and for what."""

    VAT = "vat", "VAT number"
    TAX = "tin", "Tax number"
    COMPANY = "businessid", "Company registration"

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Keep the name the number has in python-stdnum as the value, and what people call it beside it."""
        member = object.__new__(cls)
        member._value_ = value
        member.label = label
        return member


@dataclass(frozen=True, slots=True)
class Profile:
    """What two suppliers are compared by: names without legal form, accounts as fingerprints, never numbers."""

    id: int
    code: str
    name: str
    names: frozenset[str]
    country: str
    tax_ids: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing two suppliers have in common, and how strongly (percent) it speaks for one and the same."""

    code: str
    words: str
    weight: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A supplier that may be the same as another, with the score (percent) and what it is made of."""

    profile: Profile
    reasons: tuple[Reason, ...]
    is_visible: bool = True

    @property
    def score(self) -> int:
        """Combine the reasons as independent hints."""
        doubt = 100
        for reason in self.reasons:
            doubt = doubt * (100 - reason.weight) // 100
        return 100 - doubt

    def __str__(self) -> str:
        """Tell which supplier it is and why, without naming one the reader may not see."""
        who = (
            f"{self.profile.code} {self.profile.name}" if self.is_visible else "a supplier that your roles do not show"
        )
        return f"{who} ({', '.join(reason.words for reason in self.reasons)})"


def describe_terms(days: int, percent: Decimal | None, discount_days: int | None) -> str:
    """Tell payment terms in words."""
    within = "at once" if days == 0 else f"{days} day{'' if days == 1 else 's'}"
    if percent is None:
        return within
    return f"{within}, {percent.normalize():f} % off within {discount_days}"


# --- names ---------------------------------------------------------------------------------------------------------


def words(name: str) -> list[str]:
    """Split a name into comparable words; letters standing alone join, so that `s. r. o.` is `sro`."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_NO_DECOMPOSITION))
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    joined: list[str] = []
    open_run = False
    for word in re.findall(r"\w+", bare.replace("'", "").replace("_", " ")):
        single = len(word) == 1
        if single and open_run:
            joined[-1] += word
        else:
            joined.append(word)
        open_run = single
    return joined


def normal_name(name: str) -> str:
    """Write a company name without accents, punctuation and legal form, so that equal companies read equal."""
    found = words(name)
    telling = [word for word in found if word not in LEGAL_FORMS]
    return " ".join(telling or found)[:200]


def name_keys(normal: str) -> list[str]:
    """Give the consonants of each telling word, under which misspelt names still meet."""
    found = normal.split()
    telling = [word for word in found if word not in COMMON_WORDS] or found
    return sorted({_skeleton(word) for word in telling})


def _skeleton(word: str) -> str:
    for sound, letter in (("ph", "f"), ("th", "t"), ("ck", "k"), ("c", "k"), ("w", "v"), ("z", "s"), ("y", "i")):
        word = word.replace(sound, letter)
    kept = word[0] + re.sub("[aeiouh]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", kept)


def similarity(one: str, other: str) -> int:
    """Tell in percent how alike two normal names are: shared groups of three letters, whatever the order of words."""
    first, second = _trigrams(one), _trigrams(other)
    total = first.total() + second.total()
    return 200 * (first & second).total() // total if total else 0


def _trigrams(text: str) -> Counter[str]:
    return Counter(
        padded[index : index + 3]
        for padded in (f"  {word} " for word in text.split())
        for index in range(len(padded) - 2)
    )


def email_domain(email: str | None) -> str | None:
    """Give the domain of an address where it belongs to a company, not to a mail provider."""
    domain = (email or "").rpartition("@")[2].lower()
    return domain if domain and domain not in FREE_MAIL else None


# --- duplicates ----------------------------------------------------------------------------------------------------


def compare(one: Profile, other: Profile) -> Duplicate | None:
    """Say whether two suppliers may be the same, and by which reasons."""
    reasons = list(_reasons(one, other))
    found = Duplicate(other, tuple(reasons))
    return found if found.score >= DUPLICATE_FROM else None


def _reasons(one: Profile, other: Profile) -> Iterable[Reason]:
    if one.tax_ids & other.tax_ids:
        yield Reason("same_tax_id", "same tax id", 95)
    if one.accounts & other.accounts:
        yield Reason("same_account", "same bank account", 90)
    alike = max((similarity(name, another) for name in one.names for another in other.names), default=0)
    # Companies of one group often share a name across countries and are still different suppliers.
    abroad = one.country != other.country
    if alike == 100:  # noqa: PLR2004
        yield Reason("same_name", "same name", 30 if abroad else 75)
    elif alike >= 75:  # noqa: PLR2004
        yield Reason("similar_name", f"similar name, {alike} %", 20 if abroad else 55)
    shared = sorted(one.domains & other.domains)
    if shared:
        yield Reason("same_domain", f"same e-mail domain {shared[0]}", 40)


def why_not_distinct(duplicates: Iterable[Duplicate], distinct_from: Iterable[int]) -> list[Problem]:
    """List the possible duplicates that nobody has looked at yet."""
    known = set(distinct_from)
    return [
        Problem(
            "possible_duplicate",
            f"May be the same as {duplicate}. Merge them, or say why they are two.",
            None,
            {"score": duplicate.score, "supplier": duplicate.profile.code if duplicate.is_visible else None},
        )
        for duplicate in duplicates
        if duplicate.profile.id not in known
    ]


# --- suppliers -----------------------------------------------------------------------------------------------------


def why_not_supplier(context: Context, supplier: Any) -> list[Problem]:
    """Say what is wrong with a supplier's data."""
    problems = [*directory.why_not_code(supplier.code), *directory.why_not_country(supplier.country)]
    problems += _why_not_terms(supplier)
    problems += _why_not_endpoint(supplier.endpoint_scheme, supplier.endpoint_id)
    if supplier.website and not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", supplier.website):
        words_ = "Website: begin with https://, such as https://example.com."
        problems.append(Problem("bad_website", words_, "website"))
    if supplier.language and not re.fullmatch("[a-z]{2}(-[A-Z]{2})?", supplier.language):
        problems.append(Problem("unknown_language", "Language: use a code such as en or de-AT.", "language"))
    for index, tax_id in enumerate(supplier.tax_ids):
        problems += [problem.at(f"tax_ids.{index}") for problem in _why_not_tax_id(tax_id)]
    for index, contact in enumerate(supplier.contacts):
        problems += [problem.at(f"contacts.{index}") for problem in directory.why_not_email(contact.email)]
    return [*problems, *_why_not_one_main_contact(supplier.contacts), *_repeated_tax_ids(supplier.tax_ids)]


def _why_not_terms(supplier: Any) -> list[Problem]:
    if (supplier.discount_percent is None) != (supplier.discount_days is None):
        field = "discount_days" if supplier.discount_days is None else "discount_percent"
        return [Problem("incomplete_discount", "A discount needs both: percent and days.", field)]
    return []


def _why_not_endpoint(scheme: str | None, identifier: str | None) -> list[Problem]:
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


def _why_not_tax_id(tax_id: Any) -> list[Problem]:
    problems = directory.why_not_country(tax_id.country)
    return problems or directory.why_not_tax_id(tax_id.value, tax_id.country, tax_id.kind.value, "value")


def _why_not_one_main_contact(contacts: Iterable[Any]) -> list[Problem]:
    main = [index for index, contact in enumerate(contacts) if contact.is_primary]
    return [
        Problem(
            "second_main_contact", "Main contact: only one contact is the main one.", f"contacts.{index}.is_primary"
        )
        for index in main[1:]
    ]


def _repeated_tax_ids(tax_ids: Iterable[Any]) -> list[Problem]:
    seen: set[tuple[str, str]] = set()
    problems = []
    for index, tax_id in enumerate(tax_ids):
        key = (tax_id.country, tax_id.normal)
        if key in seen:
            words_ = f"{tax_id.value} stands here twice. Remove one."
            problems.append(Problem("repeated_tax_id", words_, f"tax_ids.{index}.value"))
        seen.add(key)
    return problems


def why_not_approvable(context: Context, supplier: Any, duplicates: Iterable[Duplicate]) -> list[Problem]:
    """Say what stands against buying from a supplier: who approves, what is missing, whom it may repeat."""
    problems = []
    if supplier.created_by in hands(context):
        problems.append(Problem("own_supplier", "You entered this supplier. Someone else approves it."))
    if not supplier.tax_ids and not supplier.tax_id_waiver:
        words_ = "There is no tax id. Enter one, or say under “Why no tax id” why there is none."
        problems.append(Problem("tax_id_missing", words_, "tax_ids"))
    return [*problems, *why_not_distinct(duplicates, supplier.distinct_from)]


def why_not_acknowledgeable(supplier: Any, duplicates: Iterable[Duplicate]) -> list[Problem]:
    """Say that there is nothing to acknowledge."""
    if why_not_distinct(duplicates, supplier.distinct_from):
        return []
    return [Problem("no_duplicates", "No other supplier looks like this one.")]


def why_not_mergeable(supplier: Any, into: Any) -> list[Problem]:
    """Say why one supplier cannot become part of another."""
    if into is supplier:
        return [Problem("same_supplier", "Choose another supplier than this one.", "into")]
    if into.state == "merged":
        return [Problem("merged_already", f"{into} was merged into {into.merged_into}. Choose that one.", "into")]
    if into.entity is not None and into.entity is not supplier.entity:
        words_ = f"{into} serves {into.entity} only. Choose one that serves all entities this one serves."
        return [Problem("other_entity", words_, "into")]
    return []


def hands(context: Context) -> set[int]:
    """Name the accounts behind an act: whoever acts, and whom they act for."""
    return {account for account in (context.actor.id, context.actor.acting_for) if account is not None}


# --- bank accounts -------------------------------------------------------------------------------------------------


def compact(value: str | None) -> str | None:
    """Write an account number or code without spaces and dashes, in capitals; None where nothing is left."""
    return re.sub(r"[\s.-]", "", value or "").upper() or None


def identify(country: str | None, iban: str | None, routing: str | None, account_number: str | None) -> str:
    """Name an account so that the same one always has the same name."""
    return iban or f"{country or ''}:{routing or ''}:{account_number or ''}"


def mask(number: str) -> str:
    """Show as much of an account number as is needed to recognise it."""
    if re.match("[A-Z]{2}[0-9]{2}", number):
        return f"{number[:4]} •••• {number[-4:]}"
    return f"•••• {number[-4:] if len(number) >= 8 else number[-2:]}"  # noqa: PLR2004


def why_not_account(context: Context, account: Any) -> list[Problem]:
    """Say what is wrong with a bank account."""
    problems = directory.why_not_country(account.country)
    if (account.iban is None) == (account.account_number is None):
        problems.append(Problem("iban_or_number", "IBAN: enter either an IBAN or an account number.", "iban"))
    elif account.iban is not None:
        problems += _why_not_iban(account)
    elif account.country is None:
        problems.append(Problem("required", "Country is missing. Enter where the bank is.", "country"))
    if account.bic is not None and not bic_rules.is_valid(account.bic):
        problems.append(Problem("bad_bic", f"BIC: {account.bic} is not one. It has 8 or 11 characters.", "bic"))
    return problems + (_why_not_proposed(account) if account.state in (None, "proposed") else [])


def _why_not_iban(account: Any) -> list[Problem]:
    try:
        # The rules of single countries reject accounts their banks do give out; length and check digits are what counts.
        iban_rules.validate(account.iban, check_country=False)
    except ValidationError:
        return [Problem("bad_iban", "IBAN: this is not one. Check for a typing error.", "iban")]
    if account.country != account.iban[:2]:
        words_ = f"Country: the IBAN is of {account.iban[:2]}, not of {account.country}."
        return [Problem("other_country", words_, "country")]
    return []


def _why_not_proposed(account: Any) -> list[Problem]:
    if account.supplier.state == "merged":
        words_ = f"{account.supplier} was merged into {account.supplier.merged_into}. Choose that one."
        return [Problem("merged_already", words_, "supplier")]
    replaced = account.replaces
    if replaced is None:
        return []
    if replaced is account or replaced.supplier is not account.supplier:
        return [Problem("other_supplier", f"Replaces: choose an account of {account.supplier}.", "replaces")]
    if replaced.state != "confirmed":
        words_ = f"Replaces: {replaced} is {replaced.state}; only a confirmed account is replaced."
        return [Problem("not_confirmed", words_, "replaces")]
    return []


def why_not_confirmable(context: Context, account: Any) -> list[Problem]:
    """Say who may not confirm an account: everybody who had a hand in it."""
    problems = []
    if hands(context) & set(account.makers):
        problems.append(Problem("own_change", "You entered or changed this account. Someone else confirms it."))
    return [*problems, *_why_not_proposed(account)]


def usable_from(today: date, days: int) -> date:
    """Tell the first day on which a confirmed account may be paid to."""
    return today + timedelta(days=days)


def why_not_payable(state: str, usable: date | None, on: date) -> list[Problem]:
    """Say why nothing may be paid to an account on a day."""
    if state != "confirmed" or usable is None:
        return [Problem("not_confirmed", f"The bank account is {state}. A second person confirms it first.")]
    if on < usable:
        return [Problem("cooling_off", f"The bank account is new. Payments may go to it from {usable.isoformat()}.")]
    return []
