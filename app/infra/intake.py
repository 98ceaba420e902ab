"""What people and scripts send in, read into values: every problem at once, each at its field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, Select, func
from sqlalchemy.orm.interfaces import ORMOption

from app.infra import identity, loading, scope
from app.infra.fields import Field, child_fields, field
from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.kernel.resource import Children, Resource, registry

Values = dict[str, Any]
MAX_CHILDREN = 1000
#: Words that follow the name of a list in addresses (`/suppliers/new`), so that no row can be called so.
RESERVED_KEYS = frozenset(
    {"new", "csv", "xlsx", "lookup", "columns", "views", "bulk", "edit", "import", "export", "commands", "history"}
    | {"comments", "attachments", "files", "activity"}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'")


class Reader:
    """Reads raw values for one actor; looks each reference up once, and only among what the actor may see."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._found: dict[tuple[str, str], Any] = {}

    def read_row(self, resource: Resource, raw: Mapping[str, Any], *, partial: bool) -> tuple[Values, list[Problem]]:
        """Read the form of a resource with its child rows; `partial` leaves out what is not sent."""
        names = list(resource.form)
        if resource.key not in names and resource.number is None and not partial:
            names = [resource.key, *names]
        fields = {name: field(resource.model, name) for name in names}
        editable = {children.name: children for children in resource.children if not children.fixed}
        flat = {name: value for name, value in raw.items() if name not in editable}
        optional = {resource.key} if resource.number else set()
        values, problems = self.read_fields(fields, flat, partial=partial, optional=optional)
        if isinstance(values.get(resource.key), str):
            problems += why_not_key(fields[resource.key], values[resource.key])
        for name, children in editable.items():
            if name in raw:
                values[name], wrong = self._read_children(children, raw[name])
                problems += wrong
        return values, problems

    def read_fields(
        self,
        fields: Mapping[str, Field],
        raw: Mapping[str, Any],
        *,
        partial: bool = False,
        optional: set[str] = frozenset(),  # type: ignore[assignment]
    ) -> tuple[Values, list[Problem]]:
        """Read named values; an unknown name is a problem, a missing one too unless `partial`."""
        known = ", ".join(fields)
        problems = [
            Problem("unknown_field", f"There is no field {name}. The fields are: {known}.", name)
            for name in raw
            if name not in fields
        ]
        values: Values = {}
        for name, each in fields.items():
            if name not in raw:
                if not partial:
                    if each.required and name not in optional:
                        problems.append(_missing(each))
                    elif each.default is not None and not callable(each.default):
                        values[name] = each.default
                continue
            value, problem = self.read_value(each, raw[name])
            if problem:
                problems.append(problem)
            elif value is None and (each.required or not each.nullable) and name not in optional:
                if partial or each.default is None or callable(each.default):
                    problems.append(_missing(each))
                else:
                    values[name] = each.default
            else:
                values[name] = value
        return values, problems

    def read_value(self, each: Field, raw: Any) -> tuple[Any, Problem | None]:
        """Read one value; None where nothing was entered."""
        if each.multiple:
            return self._read_several(each, raw)
        if isinstance(raw, str):
            raw = raw.strip() if each.kind != "longtext" else raw.strip("\r\n ").replace("\r\n", "\n")
            if _CONTROL.search(raw):
                return None, _wrong(each, "invalid_character", "has characters that cannot be shown; remove them")
        if raw is None or raw == "":
            return (False if each.kind == "boolean" and each.required else None), None
        if each.kind in ("reference", "account"):
            return self._read_reference(each, raw)
        value, complaint = _PARSERS.get(each.kind, _read_text)(each, raw)
        if complaint:
            code, words = complaint
            return None, _wrong(each, code, words)
        return value, None

    def _read_several(self, each: Field, raw: Any) -> tuple[Any, Problem | None]:
        parts = raw if isinstance(raw, list | tuple) else [part for part in str(raw or "").split(",") if part.strip()]
        values = []
        for part in parts:
            value, problem = self.read_value(_single(each), part)
            if problem:
                return None, problem
            if value is not None:
                values.append(value)
        return values or None, None

    def _read_reference(self, each: Field, raw: Any) -> tuple[Any, Problem | None]:
        if isinstance(raw, Mapping):
            raw = raw.get("key", "")
        key = str(raw).strip()
        row = self._find_account(key) if each.kind == "account" else self.find(each, key)
        if row is None:
            return None, _wrong(each, "unknown_reference", f"{key[:80]} was not found; choose one from the list")
        return row, None

    def find(self, each: Field, key: str) -> Any:
        """Find the row a reference names by its key, among what the actor may see."""
        if each.target is None:
            return None
        known = (each.target, key)
        if known not in self._found:
            self._found[known] = find_row(self.context, registry[each.target], key)
        return self._found[known]

    def _find_account(self, key: str) -> int | None:
        """Find the account of a user name; an account is stored as its number."""
        if ("account", key) not in self._found:
            user = identity.find_user(self.context.session, key)
            self._found["account", key] = user.id if user else None
        found: int | None = self._found["account", key]
        return found

    def forget(self, name: str) -> None:
        """Look again for rows of a resource that were not found so far, as one has been entered since."""
        self._found = {known: row for known, row in self._found.items() if row is not None or known[0] != name}

    def _read_children(self, children: Children, raw: Any) -> tuple[list[Values], list[Problem]]:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            return [], [Problem("not_a_list", f"{children.name} is a list of rows.", children.name)]
        if len(raw) > MAX_CHILDREN:
            return [], [Problem("too_many_rows", f"At most {MAX_CHILDREN} rows fit in one document.", children.name)]
        fields = child_fields(children)
        rows: list[Values] = []
        problems: list[Problem] = []
        for index, each in enumerate(raw):
            where = f"{children.name}.{index}"
            if not isinstance(each, Mapping):
                problems.append(Problem("not_a_row", "A row is an object with named values.", where))
                continue
            plain = {name: value for name, value in each.items() if name != "id"}
            values, wrong = self.read_fields(fields, plain)
            problems += [problem.at(where) for problem in wrong]
            identity = each.get("id")
            values["id"] = int(str(identity)) if str(identity or "").isdecimal() else None
            rows.append(values)
        return rows, problems


def find_row(context: Context, resource: Resource, key: str, verb: str = "read") -> Any:
    """Find one visible row by the key people use; text keys are found whatever their case."""
    found = _only(context, scope.select_rows(context, resource, verb), resource, key)
    return found[0] if found else None


def find_whole(
    context: Context, resource: Resource, key: str, loads: Sequence[ORMOption], children: Sequence[Children]
) -> Any:
    """Find one visible row with what is loaded along, and with such of its child rows as there are."""
    statement = loading.with_presence(scope.select_rows(context, resource), resource.model, [c.name for c in children])
    fresh = statement.options(*loads).execution_options(populate_existing=True)
    found = _only(context, fresh, resource, key)
    if found is None:
        return None
    loading.fill(context, found, children)
    return found[0]


def lock_row(context: Context, resource: Resource, key: str, verb: str) -> tuple[Any, bool] | None:
    """Take one visible row for the rest of the transaction, as it is in the database now; say whether `verb` is held on it.

    It is taken first and read then: a row that was changed while it was waited for would come with what it referred to
    before, or not at all.
    """
    held = scope.holding(context.actor, resource, verb)
    statement = scope.select_rows(context, resource).with_only_columns(resource.model.id, held)
    found = _only(context, statement.with_for_update(of=resource.model.__table__, key_share=True), resource, key)
    if found is None:
        return None
    row = loading.read(context, resource.model, found[0])
    scope.note_held(context, [row])
    return row, bool(found[1])


def see_row(context: Context, resource: Resource, key: str, verb: str) -> tuple[Any, bool] | None:
    """Find one visible row, and say whether `verb` is held on it."""
    held = scope.holding(context.actor, resource, verb)
    found = _only(context, scope.select_rows(context, resource).add_columns(held), resource, key)
    return None if found is None else (found[0], bool(found[1]))


def _only(context: Context, statement: Select[Any], resource: Resource, key: str) -> Any:
    """Run a statement on the one row with a key; where several differ in case alone, it takes the key as it is written."""
    for condition in _with_key(resource, key):
        found = context.session.execute(statement.where(condition).limit(2)).all()
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _with_key(resource: Resource, key: str) -> Iterator[ColumnElement[bool]]:
    column = getattr(resource.model, resource.key)
    kind = resource.model.__table__.columns[resource.key].type.python_type
    if kind is str:
        yield column == key
        yield func.lower(column) == key.lower()
    elif (wanted := _typed_key(kind, key)) is not None:
        yield column == wanted


def why_not_key(each: Field, key: str) -> list[Problem]:
    """Say why a key cannot stand in the address of its row."""
    if "/" in key or "\\" in key or not key.strip("."):
        return [
            _wrong(each, "bad_code", "it stands in addresses, so leave out / and \\; use letters, digits, - _ and .")
        ]
    if key.lower() in RESERVED_KEYS:
        return [_wrong(each, "reserved_code", f"{key} is the name of a page; choose another, such as {key}-1")]
    return []


def _typed_key(kind: type, key: str) -> Any:
    """Read a key that is not text: a whole number or the id of an event or entry; None where it cannot be one."""
    if kind is int:
        return int(key) if key.isdecimal() and len(key) < 19 else None  # noqa: PLR2004 - as many digits as an id has
    try:
        return kind(key)
    except (ValueError, TypeError):
        return None


def _single(each: Field) -> Field:
    from dataclasses import replace

    return replace(each, multiple=False)


def _missing(each: Field) -> Problem:
    verb = "Choose" if each.kind in ("reference", "choice", "state", "account") else "Enter"
    return Problem("required", f"{each.label} is missing. {verb} it.", each.name)


def _wrong(each: Field, code: str, words: str) -> Problem:
    return Problem(code, f"{each.label}: {words}.", each.name)


Parsed = tuple[Any, tuple[str, str] | None]


def _read_text(each: Field, raw: Any) -> Parsed:
    if not isinstance(raw, str):
        return None, ("not_text", "enter text")
    if each.length and len(raw) > each.length:
        return None, ("too_long", f"use at most {each.length} characters, here {len(raw)}")
    if each.kind == "text" and "\n" in raw:
        return None, ("not_one_line", "use a single line")
    return raw, None


def _read_decimal(each: Field, raw: Any) -> Parsed:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return None, ("not_a_number", "enter a number such as 1250.50, as text or without a fraction part")
    try:
        value = Decimal(_number(raw) if isinstance(raw, str) else raw)
    except (InvalidOperation, ValueError):
        return None, ("not_a_number", "enter a number such as 1250.50")
    if not value.is_finite():
        return None, ("not_a_number", "enter a number such as 1250.50")
    if not value:
        return Decimal(0), None
    scale = each.scale if each.scale is not None else 6
    if value.adjusted() >= (each.digits or 18) - scale:
        return None, ("too_large", f"use at most {(each.digits or 18) - scale} digits before the point")
    # A number is reduced to its plain form only within the bounds in which that is exact.
    exponent = value.normalize().as_tuple().exponent if value.adjusted() >= -scale else value.adjusted()
    if isinstance(exponent, int) and -exponent > scale:
        return None, ("too_many_decimals", f"use at most {scale} decimals")
    return value, None


def _number(raw: str) -> str:
    """Accept `1 234.50` and `1234,50`; `1,234` could be either, and is refused."""
    text = raw.translate(_SPACES).replace("\u2212", "-")
    if "," not in text:
        return text
    whole, _, fraction = text.rpartition(",")
    if "." in fraction or "," in whole:
        return text.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+\.\d+", text) else "?"
    return "?" if len(fraction) == 3 or "." in whole else f"{whole}.{fraction}"  # noqa: PLR2004


def _read_integer(each: Field, raw: Any) -> Parsed:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return None, ("not_whole", "enter a whole number")
    text = str(raw).translate(_SPACES)
    if not re.fullmatch(r"[-+]?\d{1,12}", text):
        return None, ("not_whole", "enter a whole number, such as 30")
    if abs(int(text)) > 2**31 - 1:
        return None, ("not_whole", "enter a whole number below 2 147 483 648")
    return int(text), None


def _read_boolean(each: Field, raw: Any) -> Parsed:
    if isinstance(raw, bool):
        return raw, None
    word = str(raw).lower()
    if word in ("true", "yes", "on", "1"):
        return True, None
    if word in ("false", "no", "off", "0"):
        return False, None
    return None, ("not_yes_or_no", "enter yes or no")


def _read_date(each: Field, raw: Any) -> Parsed:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw, None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(raw)):
            raise ValueError
        value = date.fromisoformat(str(raw))
    except ValueError:
        return None, ("not_a_date", "enter a day as YYYY-MM-DD, such as 2026-11-22")
    if not 1900 <= value.year <= 2200:  # noqa: PLR2004
        return None, ("not_a_date", "use a year between 1900 and 2200")
    return value, None


def _read_instant(each: Field, raw: Any) -> Parsed:
    try:
        value = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        in_utc = value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, ("not_an_instant", "enter a moment as 2026-11-22T14:05:00Z")
    if not 1900 <= in_utc.year <= 2200:  # noqa: PLR2004
        return None, ("not_an_instant", "use a year between 1900 and 2200")
    return in_utc, None


def _read_choice(each: Field, raw: Any) -> Parsed:
    text = str(raw)
    for value, label in each.choices:
        if text in (value, label):
            return (each.enumeration(value) if each.enumeration else value), None
    return None, ("unknown_choice", "choose one of " + ", ".join(value for value, _ in each.choices))


def _read_json(each: Field, raw: Any) -> Parsed:
    return raw, None


_PARSERS = {
    "decimal": _read_decimal,
    "money": _read_decimal,
    "integer": _read_integer,
    "boolean": _read_boolean,
    "date": _read_date,
    "instant": _read_instant,
    "choice": _read_choice,
    "state": _read_choice,
    "json": _read_json,
}
