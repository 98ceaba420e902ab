"""What makes two suppliers look the same: names without accents and legal form, and the reasons that add up."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.problem import Problem

DUPLICATE_FROM = 50  # percent; below it two suppliers merely resemble each other
_NO_DECOMPOSITION = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i", "&": " and "}
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

#: Ways to write one and the same legal form; other forms make another company.
_SAME_FORM = {"limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "and": "&", "the": ""}
_WITHHELD = re.compile(r"redact|withheld|personal (data|information)|not disclosed|\bn/?a\b", re.IGNORECASE)


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


def words(name: str) -> list[str]:
    """Split a name into comparable words; letters standing alone join, so that `s. r. o.` is `sro`."""
    bare = name.casefold().replace("&", " and ")
    if not bare.isascii():
        folded = unicodedata.normalize("NFKD", name).casefold().translate(_NO_DECOMPOSITION)
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


def name_key(name: str | None) -> str:
    """Write a supplier's name so that its spellings read equal; empty where no supplier is named."""
    if not name or _WITHHELD.search(name):
        return ""
    return " ".join(filter(None, (_SAME_FORM.get(word, word) for word in words(name))))


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
