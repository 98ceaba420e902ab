"""Which column of a file means which field: guessed by name, label and common synonyms, decided by a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.infra.fields import Field, child_fields, field
from app.infra.search import words
from app.infra.transfer.sheets import Sheet
from app.kernel.notation import letter
from app.kernel.problem import Problem
from app.kernel.resource import Children, Resource

IGNORED = "-"
LINE, REASON = "Line of the file", "Why it stayed out"
NAMELESS = ""
NOTHING: Mapping[str, str] = {}
MODES = {
    "both": "Enter new rows and change existing ones",
    "create": "Only enter new rows",
    "update": "Only change existing rows",
}
_SYNONYMS = {
    "no": "number", "nr": "number", "num": "number", "qty": "quantity", "ccy": "currency", "curr": "currency",
    "desc": "description", "mail": "email", "tel": "phone", "telephone": "phone", "zip": "postcode", "plz": "postcode",
    "postal": "post", "amt": "amount", "dept": "department", "center": "centre", "vendor": "supplier", "uom": "unit",
    "ref": "reference", "addr": "address", "org": "organisation", "organization": "organisation", "start": "from",
    "begin": "from", "end": "to", "until": "to", "vat": "tax", "vatid": "tax id", "remark": "note", "comment": "note",
}  # fmt: skip
_FILLERS = {"the", "of", "a", "date", "code", "key", "id"}


@dataclass(frozen=True, slots=True)
class Target:
    """One field a column can fill: of the row itself, or of its child rows."""

    name: str
    label: str
    field: Field
    children: Children | None = None

    @property
    def own(self) -> str:
        """Name the field within its own table."""
        return self.name.partition(".")[2] if self.children else self.name


def targets(resource: Resource) -> dict[str, Target]:
    """List every field an import can fill: the key, the form, and the child rows that are edited with it."""
    found = {}
    for name in dict.fromkeys((resource.key, *resource.form)):
        each = field(resource.model, name)
        found[name] = Target(name, each.label, each)
    for children in resource.children:
        if children.fixed:
            continue
        for name, each in child_fields(children).items():
            label = f"{field(resource.model, children.name).label}: {each.label.lower()}"
            found[f"{children.name}.{name}"] = Target(f"{children.name}.{name}", label, each, children)
    return found


def guess(resource: Resource, columns: Sequence[str]) -> list[str | None]:
    """Guess what each column means; None where a person has to say, NAMELESS without a heading."""
    guessed: list[str | None] = [_unasked(column) for column in columns]
    taken: set[str] = set()
    for spell, known in _known(resource):
        found = [(known[text], at) for at, column in enumerate(columns) if (text := spell(column)) in known]
        # Of two columns for one field, the one that is called so sooner counts: a day of payment before one of invoice.
        for (_, name), at in sorted(found):
            if guessed[at] is None and name not in taken:
                guessed[at] = name
                taken.add(name)
    return guessed


def why_not(
    resource: Resource,
    sheet: Sheet,
    columns: Sequence[str | None],
    mode: str,
    fixed: Mapping[str, str] = NOTHING,
) -> list[Problem]:
    """Say why a file cannot be imported with these columns: one undecided, one twice, the key or a needed field missing.

    `fixed` gives the same value to every new row, where no column does.
    """
    known = targets(resource)
    problems = []
    if mode not in MODES:
        problems.append(Problem("unknown_choice", f"Choose one of {', '.join(MODES)}.", "mode"))
    if len(columns) != len(sheet.columns):
        problems.append(Problem("columns_changed", "The columns are not those of the file. Match them again.", None))
        return problems
    for position, name in enumerate(columns):
        problems += _wrong_column(sheet, columns, known, position, name)
    problems += _wrong_fixed(known, columns, fixed)
    mapped = {name for name in columns if name in known}
    if not mapped:
        problems.append(Problem("nothing_matched", "Match at least one column with a field.", None))
    elif resource.key not in mapped and (mode == "update" or resource.number is None):
        label = known[resource.key].label
        problems.append(
            Problem("key_missing", f"{label} is missing. It says which row is meant; match a column with it.", None)
        )
    elif mode == "create" or resource.key not in mapped:
        problems += missing(resource, {*mapped, *fixed})
    return problems


def missing(resource: Resource, mapped: set[str]) -> list[Problem]:
    """List the fields without which no new row can be entered and that no column fills."""
    used = {name.partition(".")[0] for name in mapped if "." in name}
    return [
        Problem(
            "required",
            f"{target.label} is missing, and new {resource.title[1].lower()} need it.",
            None,
            {"field": name},
        )
        for name, target in targets(resource).items()
        if name not in mapped
        and target.field.required
        and (target.children is None or target.children.name in used)
        and not (resource.number and name == resource.key)
    ]


def by_words(
    guessed: Sequence[str | None], sheet: Sheet, said: Mapping[str, str]
) -> tuple[list[str | None], list[Problem]]:
    """Apply what a person said in words, `heading=field` or `heading=` to leave it out, over what was guessed."""
    columns, problems = list(guessed), []
    for heading, name in said.items():
        fits = [at for at, column in enumerate(sheet.columns) if column.casefold() == heading.strip().casefold()]
        fits = fits or [at for at in range(len(sheet.columns)) if letter(at) == heading.strip().upper()]
        if not fits:
            known = ", ".join(sheet.label(at) for at in range(len(sheet.columns)))
            problems.append(Problem("unknown_column", f"There is no column {heading[:60]}. There are: {known}."))
        for at in fits:
            columns[at] = name.strip() or IGNORED
        for at, other in enumerate(columns):
            if at not in fits and other and other == name.strip() and sheet.columns[at] not in said:
                columns[at] = None
    return columns, problems


def _wrong_column(
    sheet: Sheet, columns: Sequence[str | None], known: Mapping[str, Target], position: int, name: str | None
) -> list[Problem]:
    where, label = f"columns.{position}", sheet.label(position)
    if name is None:
        words_ = f"{label}: choose the field it fills, or leave it out."
        return [Problem("unmatched_column", words_, where)]
    if name == IGNORED or (name == NAMELESS and not sheet.columns[position]):
        return []
    if name not in known:
        return [
            Problem(
                "unknown_field",
                f"{label}: there is no field {name[:60] or 'without a name'}. Use one of {', '.join(known)}.",
                where,
            )
        ]
    if name in columns[:position]:
        other = sheet.label(list(columns).index(name))
        return [Problem("matched_twice", f"{label}: {known[name].label} is filled by {other} already.", where)]
    return []


def _wrong_fixed(
    known: Mapping[str, Target], columns: Sequence[str | None], fixed: Mapping[str, str]
) -> Iterator[Problem]:
    """Find what cannot be the same for every row: no such field, one of child rows, or one that a column fills."""
    allowed = {name: target for name, target in known.items() if target.children is None}
    for name in fixed:
        if name not in allowed:
            words_ = f"There is no field {name[:60]} to set for all rows. Use one of {', '.join(allowed)}."
            yield Problem("unknown_field", words_, f"fixed.{name[:60]}")
        elif name in columns:
            words_ = f"{allowed[name].label}: a column of the file fills it. Leave out the one or the other."
            yield Problem("matched_twice", words_, f"fixed.{name}")


def _unasked(column: str) -> str | None:
    """Tell of which column nobody needs to be asked: without a heading, or one we wrote beside refused rows."""
    return IGNORED if column in (LINE, REASON) else None if column else NAMELESS


def _bare(text: str) -> str:
    return "".join(words(text))


def _meant(text: str) -> str:
    meant = " ".join(_SYNONYMS.get(word, word) for word in words(re.sub(r"e-mail", "email", text, flags=re.IGNORECASE)))
    kept = [word for word in meant.split() if word not in _FILLERS]
    return "".join(kept or meant.split())


_Names = dict[str, tuple[int, str]]


def _known(resource: Resource) -> list[tuple[Callable[[str], str], _Names]]:
    """List what every field may be called and how soon it is called so; a name that means two fields means none."""
    found: list[tuple[Callable[[str], str], _Names]] = []
    for called in (_full_names, _short_names):
        for spell in (_bare, _meant):
            fields: dict[str, dict[str, int]] = {}
            for name, target in targets(resource).items():
                for rank, text in enumerate(called(resource, target)):
                    fields.setdefault(spell(text), {}).setdefault(name, rank)
            sure = {text: next(iter(names.items())) for text, names in fields.items() if text and len(names) == 1}
            found.append((spell, {text: (rank, name) for text, (name, rank) in sure.items()}))
    return found


def _full_names(resource: Resource, target: Target) -> list[str]:
    if target.children is not None:
        return [target.name, target.label]
    own = [target.name, target.label, f"{resource.title[0]} {target.label}", f"{resource.title[0]} {target.name}"]
    return [*own, *target.field.called]


def _short_names(resource: Resource, target: Target) -> list[str]:
    """Child rows are seldom named with their document: `unit price` instead of `prices: unit price`."""
    return [target.own, target.field.label] if target.children is not None else []
