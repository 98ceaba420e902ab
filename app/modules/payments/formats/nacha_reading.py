"""NACHA files read and checked: structure, sums, hashes, check digits; returns and changes come out as status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from stdnum.us import rtn

from app.kernel.counting import counted
from app.kernel.problem import Kind, Problem, Refused
from app.modules.payments.domain import reasons
from app.modules.payments.domain.bank import Outcome, PaymentStatus, StatusReport
from app.modules.payments.formats import text as texts
from app.modules.payments.formats.nacha import BLOCK, WIDTH, dollars
from app.modules.payments.formats.refusing import problem, refused, shown

_MOST_PROBLEMS = 20
# Which records may follow which: file header, batch header, entry, addenda, batch control, file control.
_FOLLOWS = {"1": "59", "5": "68", "6": "678", "7": "678", "8": "59", "9": "9"}
_SERVICE_CLASSES = {"200", "220", "225", "280"}
_ENTRY_CLASSES = "ACK ADV ARC ATX BOC CCD CIE COR CTX DNE ENR IAT MTE POP POS PPD RCK SHR TEL TRC TRX WEB XCK"
_CLASSES = frozenset(_ENTRY_CLASSES.split())
_CREDIT_CODES = {f"{kind}{use}" for kind in "2345" for use in "01234"} | {"81", "83", "85", "87"}
_DEBIT_CODES = {f"{kind}{use}" for kind in "234" for use in "56789"} | {"55", "56", "82", "84", "86", "88"}
_ADDENDA = {"02", "05", *(str(number) for number in range(10, 19)), "98", "99"}
_ONE_ADDENDA = {"ACK", "CCD", "CIE", "DNE", "PPD", "WEB", "TEL"}


@dataclass(frozen=True, slots=True)
class Record:
    """One line of 94 characters and where it stands."""

    value: str
    line: int

    def cut(self, start: int, end: int) -> str:
        """Give the characters from a position to another, counted from 1 as the rules of NACHA do."""
        return self.value[start - 1 : end]


@dataclass(slots=True)
class Entry:
    """An entry with its addenda."""

    record: Record
    is_advice: bool
    addenda: list[Record] = field(default_factory=list)

    @property
    def code(self) -> str:
        """Say which account it is and which way the money goes."""
        return self.record.cut(2, 3)

    @property
    def routing(self) -> str:
        """Give the routing number of the other bank."""
        return self.record.cut(4, 12)

    @property
    def cents(self) -> str:
        """Give the digits of the amount."""
        return self.record.cut(28, 39) if self.is_advice else self.record.cut(30, 39)

    @property
    def trace(self) -> str:
        """Give the number under which the bank follows the entry; advices have none."""
        return "" if self.is_advice else self.record.cut(80, 94)

    @property
    def id(self) -> str:
        """Give what the sender knows the payment by."""
        return self.record.cut(40, 54).strip()


@dataclass(slots=True)
class Batch:
    """Entries between a header and its control."""

    header: Record
    entries: list[Entry] = field(default_factory=list)
    control: Record | None = None

    @property
    def entry_class(self) -> str:
        """Say what kind of entries these are."""
        return self.header.cut(51, 53)


@dataclass(frozen=True, slots=True)
class NachaFile:
    """A file whose structure and sums were checked."""

    destination: str
    origin: str
    created_on: date
    batches: tuple[Batch, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """List the entries of all batches."""
        return tuple(entry for batch in self.batches for entry in batch.entries)

    @property
    def credits(self) -> Decimal:
        """Add up what is paid."""
        return sum((dollars(each.cents) for each in self.entries if each.code in _CREDIT_CODES), Decimal(0))


def looks_like(data: bytes) -> bool:
    """Tell whether a file begins as NACHA does, with or without its file header."""
    return re.match(rb"\s*(101[ 0-9]|5(200|220|225|280)|6\d{2}\d{8})", data) is not None


def read_nacha(data: bytes) -> NachaFile:
    """Read a file and hold it against the rules of NACHA; every broken rule is named with its line."""
    records = _records(texts.decode(data).value)
    header, batches, control = _structure(records)
    problems = [*_file_header(header), *(each for batch in batches for each in _batch(batch))]
    if not problems:
        problems = list(_file_control(control, batches, records))
    if problems:
        raise Refused(Kind.INVALID, problems[:_MOST_PROBLEMS])
    created = _day(header.cut(24, 29)) or date.min
    return NachaFile(header.cut(4, 13).strip(), header.cut(14, 23).strip(), created, tuple(batches))


def read_status(data: bytes) -> StatusReport:
    """Read returns and notifications of change as the status of the payments they name."""
    file = read_nacha(data)
    statuses = tuple(
        _status(batch, entry, addenda) for batch in file.batches for entry in batch.entries for addenda in entry.addenda
        if addenda.cut(2, 3) in {"98", "99"}
    )  # fmt: skip
    created = datetime(file.created_on.year, file.created_on.month, file.created_on.day)  # noqa: DTZ001
    return StatusReport("NACHA", None, created, None, statuses)


def _status(batch: Batch, entry: Entry, addenda: Record) -> PaymentStatus:
    is_change = addenda.cut(2, 3) == "98"
    code = addenda.cut(4, 6)
    words = addenda.cut(36, 64) if is_change else addenda.cut(36, 79)
    return PaymentStatus(
        status=code,
        outcome=Outcome.CHANGED if is_change else Outcome.RETURNED,
        end_to_end=entry.id or None,
        instruction=addenda.cut(7, 21).strip() or None,
        amount=dollars(entry.cents),
        currency="USD",
        causes=(reasons.cause(code, "" if is_change else words),),
        on=_day(batch.header.cut(70, 75)),
        bank_reference=entry.trace,
        correction=words.strip() or None if is_change else None,
    )


def _records(text: str) -> list[Record]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    full = [line for line in lines if line.strip()]
    if len(full) == 1 and len(full[0]) > WIDTH:
        if len(full[0].rstrip()) % WIDTH:
            full[0] = full[0].rstrip().ljust(-(-len(full[0].rstrip()) // WIDTH) * WIDTH)
        return [Record(full[0][at : at + WIDTH], at // WIDTH + 1) for at in range(0, len(full[0]), WIDTH)]
    records = []
    for number, line in enumerate(lines, start=1):
        bare = line.rstrip()
        if len(bare) > WIDTH:
            words = f"The record has {counted(len(bare), 'character')}; it must have {WIDTH}."
            raise refused("bad_length", words, line=number)
        if bare:
            # Editors cut the spaces at the end of a record; they mean nothing.
            records.append(Record(bare.ljust(WIDTH), number))
    return records


def _structure(records: Sequence[Record]) -> tuple[Record, list[Batch], Record]:
    """Sort records into header, batches and control, or refuse a file where one is out of place."""
    if not records or not records[0].value.startswith("1"):
        raise refused("no_file_header", "The file does not begin with a file header (record 1).", line=1)
    controls = [record for record in records if record.value[0] == "9" and record.value != "9" * WIDTH]
    batches: list[Batch] = []
    for before, record in pairwise(records):
        kind = record.value[0]
        if kind not in _FOLLOWS.get(before.value[0], ""):
            raise refused("out_of_place", f"Record {shown(kind)} is out of place here.", line=record.line)
        if kind == "5":
            batches.append(Batch(record))
        elif kind == "6":
            batches[-1].entries.append(Entry(record, batches[-1].entry_class == "ADV"))
        elif kind == "7":
            batches[-1].entries[-1].addenda.append(record)
        elif kind == "8":
            batches[-1].control = record
    if len(controls) != 1:
        words = f"The file has {len(controls)} file controls (record 9); it must have one, at its end."
        raise refused("no_file_control", words, line=records[-1].line)
    if not batches:
        raise refused("no_batch", "The file holds no batch.", line=controls[0].line)
    return records[0], batches, controls[0]


def _digits(record: Record, start: int, end: int, name: str) -> Iterator[Problem]:
    value = record.cut(start, end)
    if not (value.isascii() and value.isdigit()):
        words = f"{name} (positions {start} to {end}) is {shown(value)}; it must be digits."
        yield problem("not_digits", words, line=record.line, field=name)


def _day(value: str) -> date | None:
    try:
        return date(2000 + int(value[:2]), int(value[2:4]), int(value[4:6]))
    except ValueError:
        return None


def _file_header(header: Record) -> Iterator[Problem]:
    if header.cut(2, 3) != "01" or header.cut(35, 40) != "094101":
        words = "The file header must hold priority 01, record size 094, blocking factor 10 and format 1."
        yield problem("bad_file_header", words, line=header.line)
    for start, end, name in ((4, 13, "Immediate destination"), (14, 23, "Immediate origin")):
        if not header.cut(start, end).strip(" 0"):
            yield problem("required", f"{name} is missing.", line=header.line, field=name)
    if _day(header.cut(24, 29)) is None:
        yield problem("bad_date", "The creation date must be YYMMDD.", line=header.line, field="File creation date")
    if not re.fullmatch("[A-Z0-9]", header.cut(34, 34)):
        yield problem("bad_modifier", "The file id modifier must be A to Z or 0 to 9.", line=header.line)


def _batch(batch: Batch) -> Iterator[Problem]:
    header, control = batch.header, batch.control
    if header.cut(2, 4) not in _SERVICE_CLASSES:
        words = f"Service class {shown(header.cut(2, 4))} is not one (200, 220, 225 or 280)."
        yield problem("bad_service_class", words, line=header.line)
    if batch.entry_class not in _CLASSES:
        yield problem("bad_entry_class", f"{shown(batch.entry_class)} is not an entry class.", line=header.line)
    for start, end, name in ((41, 50, "Company identification"), (54, 63, "Company entry description")):
        if not header.cut(start, end).strip():
            yield problem("required", f"{name} is missing.", line=header.line, field=name)
    yield from _digits(header, 80, 87, "Originating bank")
    yield from _digits(header, 88, 94, "Batch number")
    if not batch.entries:
        yield problem("no_entry", "The batch holds no entry.", line=header.line)
    found = [each for entry in batch.entries for each in _entry(batch, entry)]
    yield from found
    yield from _traces(batch)
    if control is None:
        yield problem("no_batch_control", "The batch has no control (record 8).", line=header.line)
    elif not found:
        yield from _batch_control(batch, control)


def _entry(batch: Batch, entry: Entry) -> Iterator[Problem]:
    record = entry.record
    if entry.code not in _CREDIT_CODES | _DEBIT_CODES:
        yield problem("bad_code", f"{shown(entry.code)} is not a transaction code.", line=record.line)
    service = batch.header.cut(2, 4)
    if (service == "220" and entry.code in _DEBIT_CODES) or (service == "225" and entry.code in _CREDIT_CODES):
        words = f"Transaction code {entry.code} does not belong into a batch of service class {service}."
        yield problem("wrong_side", words, line=record.line)
    if not rtn.is_valid(entry.routing):
        words = f"{shown(entry.routing)} is not a routing number: its check digit is wrong."
        yield problem("bad_check_digit", words, line=record.line, field="Receiving bank")
    yield from _digits(record, 28 if entry.is_advice else 30, 39, "Amount")
    if not entry.is_advice:
        yield from _digits(record, 80, 94, "Trace number")
    account = record.cut(13, 27) if entry.is_advice else record.cut(40, 74 if _is_iat(batch) else 54)
    if _is_iat(batch) and not account.strip():
        yield problem("required", "The account number is missing.", line=record.line, field="Account")
    if not _is_iat(batch) and not record.cut(13, 29).strip():
        yield problem("required", "The account number is missing.", line=record.line, field="Account")
    yield from _addenda(batch, entry)


def _is_iat(batch: Batch) -> bool:
    return batch.entry_class == "IAT" or batch.header.cut(5, 10) == "IATCOR"


def _addenda(batch: Batch, entry: Entry) -> Iterator[Problem]:
    indicator = entry.record.cut(79, 79)
    if (indicator == "1") != bool(entry.addenda) or indicator not in "01":
        words = f"The addenda indicator is {shown(indicator)}, but {len(entry.addenda)} addenda follow."
        yield problem("bad_addenda", words, line=entry.record.line)
    kinds = [addenda.cut(2, 3) for addenda in entry.addenda]
    for addenda, kind in zip(entry.addenda, kinds, strict=True):
        check = {"98": _change, "99": _return}.get(kind)
        if kind not in _ADDENDA:
            yield problem("bad_addenda", f"{shown(kind)} is not a type of addenda.", line=addenda.line)
        elif check:
            yield from check(addenda)
        elif _is_iat(batch):
            yield from _mandatory(addenda, kind)
    if batch.entry_class in _ONE_ADDENDA and kinds.count("05") > 1:
        words = f"A {batch.entry_class} entry has at most one addenda, not {kinds.count('05')}."
        yield problem("too_many_addenda", words, line=entry.record.line)
    if _is_iat(batch):
        yield from _international(entry, kinds)
    yield from _sequence(entry)


def _sequence(entry: Entry) -> Iterator[Problem]:
    expected = 1
    for addenda in entry.addenda:
        if addenda.cut(2, 3) != "05":
            continue
        if addenda.cut(84, 87) != f"{expected:04}" or addenda.cut(88, 94) != entry.trace[-7:]:
            words = f"The addenda must be number {expected:04} of entry {entry.trace[-7:]}."
            yield problem("bad_sequence", words, line=addenda.line)
        expected += 1


def _change(addenda: Record) -> Iterator[Problem]:
    code = addenda.cut(4, 6)
    if not code.startswith("C") or not reasons.known(code):
        yield problem("bad_reason", f"{shown(code)} is not a code of a change.", line=addenda.line)
    if not addenda.cut(36, 64).strip():
        yield problem("required", "The corrected data are missing.", line=addenda.line, field="Corrected data")


def _return(addenda: Record) -> Iterator[Problem]:
    code = addenda.cut(4, 6)
    if not code.startswith("R") or not reasons.known(code):
        yield problem("bad_reason", f"{shown(code)} is not a code of a return.", line=addenda.line)


# What an international entry has to say, by type of addenda: the positions of what may not be empty.
_INTERNATIONAL: dict[str, tuple[tuple[int, int, str], ...]] = {
    "10": ((4, 6, "Transaction type"), (47, 81, "Receiver's name")),
    "11": ((4, 38, "Originator's name"), (39, 73, "Originator's street")),
    "12": ((4, 38, "Originator's town"), (39, 73, "Originator's country")),
    "13": ((4, 38, "Originating bank's name"), (41, 74, "Originating bank"), (75, 77, "Its country")),
    "14": ((4, 38, "Receiving bank's name"), (41, 74, "Receiving bank"), (75, 77, "Its country")),
    "15": ((19, 53, "Receiver's street"),),
    "16": ((4, 38, "Receiver's town"), (39, 73, "Receiver's country")),
    "18": ((4, 38, "Corresponding bank's name"), (41, 74, "Corresponding bank"), (75, 77, "Its country")),
}
_TYPES = "ANN ARC BOC BUS DEP LOA MIS MOR MTE PEN POP POS RCK REM RLS SAL SHR TAX TEL WEB"
_TRANSACTION_TYPES = frozenset(_TYPES.split())


def _mandatory(addenda: Record, kind: str) -> Iterator[Problem]:
    for start, end, name in _INTERNATIONAL.get(kind, ()):
        if not addenda.cut(start, end).strip():
            yield problem("required", f"{name} is missing.", line=addenda.line, field=name)
    if kind == "10" and addenda.cut(4, 6) not in _TRANSACTION_TYPES:
        yield problem("bad_code", f"{shown(addenda.cut(4, 6))} is not a type of transaction.", line=addenda.line)
    if kind in {"13", "14", "18"} and addenda.cut(39, 40) not in {"01", "02", "03"}:
        words = f"{shown(addenda.cut(39, 40))} does not say how the bank is named (01, 02 or 03)."
        yield problem("bad_code", words, line=addenda.line)


def _international(entry: Entry, kinds: Sequence[str]) -> Iterator[Problem]:
    missing = [str(kind) for kind in range(10, 17) if str(kind) not in kinds]
    if missing and not {"98", "99"} & set(kinds):
        words = f"An international entry needs addenda 10 to 16; {', '.join(missing)} is missing."
        yield problem("bad_addenda", words, line=entry.record.line)


def _traces(batch: Batch) -> Iterator[Problem]:
    """Entries of a batch carry its bank and rise by trace number, so that no two are the same."""
    before, bank = "", batch.header.cut(80, 87)
    for entry in batch.entries:
        is_forward = not any(addenda.cut(2, 3) in {"98", "99"} for addenda in entry.addenda)
        if entry.trace and is_forward and entry.trace[:8] != bank:
            words = f"Trace number {entry.trace} does not begin with {bank}, the bank of the batch."
            yield problem("bad_trace", words, line=entry.record.line)
        if entry.trace and entry.trace <= before:
            words = f"Trace number {entry.trace} does not follow {before}."
            yield problem("bad_sequence", words, line=entry.record.line)
        before = entry.trace


def _totals(entries: Sequence[Entry]) -> tuple[int, int, int, int]:
    """Count records, and add up routing numbers, debits and credits."""
    count = sum(1 + len(entry.addenda) for entry in entries)
    hashes = sum(int(entry.routing[:8]) for entry in entries) % 10**10
    debits = sum(int(entry.cents) for entry in entries if entry.code in _DEBIT_CODES)
    credits = sum(int(entry.cents) for entry in entries if entry.code in _CREDIT_CODES)
    return count, hashes, debits, credits


def _compare(
    record: Record, places: Sequence[tuple[int, int, str, int]], code: Callable[[str], str] = str
) -> Iterator[Problem]:
    for start, end, name, expected in places:
        found = list(_digits(record, start, end, name))
        yield from found
        if not found and int(record.cut(start, end)) != expected:
            words = f"{name} (positions {start} to {end}) is {int(record.cut(start, end))}, but the entries give {expected}."
            yield problem("bad_total", words, line=record.line, field=code(name))


def _batch_control(batch: Batch, control: Record) -> Iterator[Problem]:
    count, hashes, debits, credits = _totals(batch.entries)
    is_advice = batch.entry_class == "ADV"
    sums = ((21, 40), (41, 60)) if is_advice else ((21, 32), (33, 44))
    yield from _compare(
        control,
        (
            (5, 10, "Entry and addenda count", count), (11, 20, "Entry hash", hashes),
            (*sums[0], "Total debits", debits), (*sums[1], "Total credits", credits),
        ),
    )  # fmt: skip
    pairs = [
        ("Service class", (2, 4), (2, 4)),
        ("Originating bank", (80, 87), (80, 87)),
        ("Batch number", (88, 94), (88, 94)),
    ]
    if not is_advice:
        pairs.append(("Company identification", (41, 50), (45, 54)))
    for name, above, below in pairs:
        if batch.header.cut(*above) != control.cut(*below) and not (_is_iat(batch) and not control.cut(*below).strip()):
            words = f"{name} is {shown(control.cut(*below))} here and {shown(batch.header.cut(*above))} in the header."
            yield problem("header_differs", words, line=control.line, field=name)


def _file_control(control: Record, batches: Sequence[Batch], records: Sequence[Record]) -> Iterator[Problem]:
    entries = [entry for batch in batches for entry in batch.entries]
    count, hashes, debits, credits = _totals(entries)
    is_advice = all(batch.entry_class == "ADV" for batch in batches)
    sums = ((32, 51), (52, 71)) if is_advice else ((32, 43), (44, 55))
    written = sum(1 for record in records if record.value != "9" * WIDTH)
    yield from _compare(
        control,
        (
            (2, 7, "Batch count", len(batches)), (8, 13, "Block count", -(-written // BLOCK)),
            (14, 21, "Entry and addenda count", count), (22, 31, "Entry hash", hashes),
            (*sums[0], "Total debits", debits), (*sums[1], "Total credits", credits),
        ),
    )  # fmt: skip
