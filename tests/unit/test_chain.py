"""The audit chain: whatever is done to an exported file, both verifiers say so."""

import base64
import importlib.util
import json
import random
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.infra import audit_export, chain
from app.infra.chain import GENESIS, LANES, Head, Link

KEY = bytes(range(32))
OTHER_KEY = bytes(32)

script_path = Path(__file__).parents[2] / "deploy" / "verify_audit.py"
script_spec = importlib.util.spec_from_file_location("verify_audit", script_path)
script = importlib.util.module_from_spec(script_spec)
script_spec.loader.exec_module(script)


class Book:
    """An audit as the application writes it: any lane, one entry after the other, each with a witness."""

    def __init__(self, key=KEY):
        self.key = key
        self.lanes = {lane: [] for lane in range(LANES)}
        self.heads = {lane: Head(lane, 0, GENESIS).sealed(key) for lane in range(LANES)}
        self.random = random.Random(7)

    def write(self, lane, **values):
        head = self.heads[lane]
        seen = [self.heads[self.random.randrange(LANES)].witness()]
        entry = {"lane": lane, "position": head.entries + 1, "witness": seen, **values}
        mac = chain.link(self.key, head.mac, entry)
        self.lanes[lane].append(Link(entry, mac))
        self.heads[lane] = Head(lane, head.entries + 1, mac).sealed(self.key)

    def fill(self, count):
        for number in range(count):
            values = {
                "command": "order.issue",
                "actor": "Zoë",
                "after": {"total": "12.50", "lines": [number, None, True]},
            }
            self.write(self.random.randrange(LANES), **values)
        return self

    def copy_of(self, lane):
        return list(self.lanes[lane]), self.heads[lane]

    def put_back(self, lane, copied):
        self.lanes[lane], self.heads[lane] = list(copied[0]), copied[1]

    def findings(self, anchor=()):
        return chain.verify(self.key, self.lanes, self.heads.values(), anchor)

    def codes(self, anchor=()):
        return sorted({finding.code for finding in self.findings(anchor)})

    def lines(self):
        links = [each for lane in sorted(self.lanes) for each in self.lanes[lane]]
        return list(audit_export.write(self.key, {"company": "Demo"}, links, self.heads.values()))


BOOK = Book().fill(20)
LINES = BOOK.lines()


def said_by_script(lines, anchor_heads=()):
    export = script.Export(KEY)
    export.read(lines)
    claims = [(head.lane, head.entries, head.mac.hex(), "the earlier export") for head in anchor_heads]
    export.check_claims(export.seen + claims)
    return export.wrong


def said_by_application(lines, anchor_heads=()):
    return audit_export.verify(KEY, lines, anchor_heads).findings


def test_an_untouched_audit_holds_for_both_verifiers():
    assert BOOK.findings() == []
    assert said_by_application(LINES) == []
    assert said_by_script(LINES) == []
    report = audit_export.verify(KEY, LINES)
    assert report.entries == 20
    assert report.heads == list(BOOK.heads.values())


def test_an_empty_audit_holds():
    assert Book().findings() == []
    assert said_by_script(Book().lines()) == []


def test_a_file_may_hold_the_lanes_in_any_order():
    links = [each for lane in reversed(range(LANES)) for each in BOOK.lanes[lane]]
    lines = list(audit_export.write(KEY, {}, links, BOOK.heads.values()))
    assert said_by_application(lines) == []
    assert said_by_script(lines) == []


# --- every tampering of the file -------------------------------------------------------------------------------


def leaves(value, path=()):
    if isinstance(value, dict):
        return [leaf for name in value for leaf in leaves(value[name], (*path, name))]
    if isinstance(value, list) and value:
        return [leaf for index, part in enumerate(value) for leaf in leaves(part, (*path, index))]
    return [path]


def edited(line, chance):
    """Change one value anywhere in a line to another, of its own kind or not."""
    record = json.loads(line)
    *path, last = chance.choice(leaves(record))
    place = record
    for step in path:
        place = place[step]
    old = place[last]
    if isinstance(old, str) and old and chance.random() < 0.5:
        at = chance.randrange(len(old))
        place[last] = old[:at] + ("1" if old[at] == "0" else "0") + old[at + 1 :]
    else:
        others = [None, True, False, 0, 1, -1, 40, "", "x", "00", [], {}, [[0, 1, "00"]], 1.5, 1.0]
        place[last] = chance.choice([new for new in others if (type(new), new) != (type(old), old)])
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def respelled(line, chance):
    """Say the same, or what a careless reader takes for the same, in other bytes."""
    doubled = b'{"kind":"entry",' + line[1:]
    forms = [b" " + line, line[:-1] + b" \n", line[:-1], line.replace(b":", b": ", 1), line[:-1] + b"\r\n", doubled]
    return chance.choice(forms)


def moved_to_another_lane(line, chance):
    record = json.loads(line)
    if record["kind"] == "entry":
        record["entry"]["lane"] = (record["entry"]["lane"] + chance.randrange(1, LANES)) % LANES
    return chain.canonical(record) + b"\n"


def with_another_byte(line, chance):
    at = chance.randrange(len(line))
    return line[:at] + bytes([(line[at] + chance.randrange(1, 256)) % 256]) + line[at + 1 :]


def tamper(lines, chance):
    """Do one thing to the file that nobody may do unnoticed."""
    done = list(lines)
    at, to = chance.randrange(len(done)), chance.randrange(len(done))
    kind = chance.choice(
        ["insert", "delete", "swap", "cut", edited, edited, respelled, moved_to_another_lane, with_another_byte]
    )
    if kind == "insert":
        done.insert(at, done[to])
    elif kind == "delete":
        del done[at : at + chance.randint(1, 3)]
    elif kind == "swap":
        done[at], done[to] = done[to], done[at]
    elif kind == "cut":
        del done[at:]
    else:
        # A line that an earlier blow left unreadable stays as it is.
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            done[at] = kind(done[at], chance)
    return done


seeds = st.integers(0, 2**64 - 1).map(random.Random)


@given(seeds)
def test_any_tampering_with_the_file_is_found_by_both_verifiers(chance):
    done = list(LINES)
    for _ in range(chance.randint(1, 3)):
        done = tamper(done, chance) if done else done
    whole = b"".join(done)
    seen = BytesIO(whole).readlines()
    intact = whole == b"".join(LINES)
    assert (not said_by_application(seen)) == intact
    assert (not said_by_script(seen)) == intact


def resealed(lines):
    """Put a fresh seal on the file, to show that the chain inside holds without it."""
    seal = audit_export._FileSeal(KEY)
    made = []
    for line in lines[:-1]:
        record = json.loads(line)
        made.append(seal.line(record))
    footer = json.loads(lines[-1])
    del footer["mac"]
    return [*made, seal.footer(footer)]


@given(seeds)
def test_tampering_before_the_export_is_found_by_both_verifiers(chance):
    done = list(LINES)
    kind = chance.choice(["repeat", "delete", "edit", "swap", "head"])
    at, to = chance.randint(1, len(done) - 2), chance.randint(1, len(done) - 2)
    entry, other = (json.loads(done[index])["entry"] for index in (at, to))
    if kind == "repeat":
        done.insert(at, done[to])
    elif kind == "delete":
        del done[at]
    elif kind == "swap":
        if entry["lane"] != other["lane"] or at == to:
            return  # Entries of two lanes have no order between them; the file's own seal guards it.
        done[at], done[to] = done[to], done[at]
    elif kind == "edit":
        record = json.loads(done[at])
        record["entry"][chance.choice(sorted(entry))] = chance.choice(["x", 99, None, [1]])
        done[at] = chain.canonical(record) + b"\n"
    else:
        footer = json.loads(done[-1])
        lane = chance.randrange(LANES)
        if chance.random() < 0.5:
            del footer["heads"][lane]
        else:
            footer["heads"][lane][1] += 1
        done[-1] = chain.canonical(footer) + b"\n"
    done = resealed(done)
    found = {finding.code for finding in said_by_application(done)}
    assert found and "file_altered" not in found
    assert said_by_script(done)


# --- what is found, and where ----------------------------------------------------------------------------------


def busiest(book):
    return max(book.lanes, key=lambda lane: len(book.lanes[lane]))


def test_a_deleted_entry_is_named_by_lane_and_position():
    book = Book().fill(60)
    lane = busiest(book)
    del book.lanes[lane][1]
    found = book.findings()
    assert [(each.code, each.lane, each.position) for each in found[:1]] == [("misplaced", lane, 2)]
    assert {each.lane for each in found} == {lane}
    assert f"lane {lane} position 2: here stands" in said_by_script(resealed(book.lines()))[0]


def test_an_altered_entry_is_named_and_its_followers_are_not_blamed():
    book = Book().fill(60)
    lane = busiest(book)
    entry = {**book.lanes[lane][2].entry, "actor": "Mallory"}
    book.lanes[lane][2] = Link(entry, book.lanes[lane][2].mac)
    assert [(each.code, each.lane, each.position) for each in book.findings()] == [("altered", lane, 3)]


def test_an_entry_sealed_with_another_key_is_found():
    book = Book().fill(60)
    lane = busiest(book)
    last = book.lanes[lane][-1]
    previous = book.lanes[lane][-2].mac
    forged = {**last.entry, "actor": "Mallory"}
    mac = chain.link(OTHER_KEY, previous, forged)
    book.lanes[lane][-1] = Link(forged, mac)
    book.heads[lane] = Head(lane, len(book.lanes[lane]), mac).sealed(OTHER_KEY)
    assert book.codes() == ["altered", "head_altered"]


def test_a_cut_lane_is_found_even_when_all_of_it_is_gone():
    book = Book().fill(60)
    lane = busiest(book)
    book.lanes[lane].clear()
    assert [(each.code, each.lane) for each in book.findings()] == [("cut", lane)]
    del book.heads[lane]
    assert [(each.code, each.lane) for each in book.findings()] == [("head_missing", lane)]


def test_a_cut_lane_is_told_by_what_its_head_counts():
    book = Book().fill(60)
    lane = busiest(book)
    reached = len(book.lanes[lane])
    del book.lanes[lane][-1]
    told = f"lane {lane} position {reached - 1}: the head counts {reached} entries, and {reached - 1} are here"
    assert told in [finding.message for finding in book.findings()]
    assert told in said_by_script(book.lines())


def test_a_head_that_names_another_last_entry_is_found():
    book = Book().fill(60)
    lane = busiest(book)
    head = book.heads[lane]
    del book.lanes[lane][-1]
    other = {**BOOK.lanes[lane][0].entry, "position": head.entries, "witness": None}
    book.lanes[lane].append(Link(other, chain.link(KEY, book.lanes[lane][-1].mac, other)))
    assert [(each.code, each.lane) for each in book.findings()] == [("altered", lane)]
    assert said_by_script(book.lines()) == [
        f"lane {lane} position {head.entries}: the last entry is not the one the head names"
    ]


def test_two_lanes_exchanged_whole_are_found():
    book = Book().fill(60)
    one, two = sorted(book.lanes, key=lambda lane: len(book.lanes[lane]))[-2:]
    first = book.findings()
    book.lanes[one], book.lanes[two] = book.lanes[two], book.lanes[one]
    assert first == []
    assert {(each.code, each.lane) for each in book.findings()} >= {("misplaced", one), ("misplaced", two)}


def test_a_head_too_many_or_a_lane_too_many_is_found():
    book = Book().fill(20)
    book.heads["twin"] = book.heads[3]
    assert book.codes() == ["head_extra"]
    book = Book().fill(20)
    book.lanes[LANES] = [book.lanes[busiest(book)][0]]
    assert book.codes() == ["unknown_lane"]


def test_one_lane_set_back_with_its_old_head_is_found_by_its_witnesses():
    book = Book().fill(100)
    lane = busiest(book)
    old = book.copy_of(lane)
    book.fill(100)
    book.put_back(lane, old)
    assert [(each.code, each.lane) for each in book.findings()] == [("set_back", lane)]
    assert f"lane {lane} position" in said_by_script(book.lines())[0]


def test_one_lane_set_back_is_found_even_after_it_grew_past_its_old_length():
    book = Book().fill(100)
    lane = busiest(book)
    old = book.copy_of(lane)
    book.fill(100)
    book.put_back(lane, old)
    for _ in range(30):
        book.write(lane, command="order.close")
    assert [(each.code, each.lane) for each in book.findings()] == [("set_back", lane)]
    assert len(said_by_script(book.lines())) == 1


def test_everything_set_back_at_once_is_found_by_an_earlier_export():
    book = Book().fill(20)
    earlier = {lane: book.copy_of(lane) for lane in book.lanes}
    book.fill(30)
    anchor = audit_export.verify(KEY, book.lines()).heads
    for lane, copied in earlier.items():
        book.put_back(lane, copied)
    assert book.findings() == []
    assert book.codes(anchor) == ["set_back"]
    assert said_by_application(book.lines(), anchor)
    assert said_by_script(book.lines(), anchor)


def test_an_audit_that_only_grew_holds_against_an_earlier_export():
    book = Book().fill(20)
    anchor = audit_export.verify(KEY, book.lines()).heads
    book.fill(30)
    assert book.findings(anchor) == []
    assert said_by_script(book.lines(), anchor) == []


@pytest.mark.parametrize("at", [0, 1, -1])
@pytest.mark.parametrize(
    "respell",
    [
        lambda line: b" " + line,
        lambda line: line[:-1] + b" \n",
        lambda line: line[:-1] + b"\r\n",
        lambda line: line[:-1],
        lambda line: line.replace(b":", b": ", 1),
        lambda line: b'{"heads":[],"entry":{},"about":{},' + line[1:],
    ],
)
def test_the_same_content_in_other_bytes_is_found(at, respell):
    done = list(LINES)
    done[at] = respell(done[at])
    assert said_by_application(done)
    assert said_by_script(done)


@pytest.mark.parametrize("name", ["format", "lanes"])
def test_a_file_of_another_format_is_refused_even_when_sealed(name):
    header = {**json.loads(LINES[0]), name: 17}
    done = resealed([chain.canonical(header) + b"\n", *LINES[1:]])
    assert "this is no outlay-audit-1 file with 16 lanes" in said_by_application(done)[0].message
    assert "this is no outlay-audit-1 file with 16 lanes" in said_by_script(done)[0]


def test_a_line_out_of_place_is_named():
    done = [LINES[0], LINES[0], *LINES[1:], LINES[-1]]
    told = ["line 2 was altered: header stands where entry or footer belongs"]
    told.append(f"line {len(done)} was altered: footer stands where nothing belongs")
    assert [text for text in said_by_script(done) if "stands where" in text] == told
    messages = [finding.message for finding in said_by_application(done)]
    assert [text.replace(": this line was", " was") for text in messages if "stands where" in text] == told


# --- spelling and keys -----------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_a_value_is_spelled_the_same_after_any_round_trip(value):
    spelled = chain.canonical(value)
    assert chain.canonical(json.loads(spelled)) == spelled
    assert script.spelled(json.loads(spelled)) == spelled


def test_the_order_of_names_does_not_matter():
    assert chain.canonical({"b": 1, "a": "é"}) == chain.canonical({"a": "é", "b": 1}) == b'{"a":"\\u00e9","b":1}'


@pytest.mark.parametrize("value", [1.0, {"a": [0.5]}, {1: "a"}, {True: "a"}, b"a", {"a": object()}, {1, 2}])
def test_what_has_no_single_spelling_is_refused(value):
    with pytest.raises(TypeError):
        chain.canonical(value)


def test_a_seal_follows_only_a_whole_seal():
    with pytest.raises(ValueError, match="32 bytes"):
        chain.link(KEY, b"", {})


def test_a_key_is_base64_of_enough_bytes():
    assert chain.parse_key(base64.b64encode(KEY).decode() + "\n") == KEY
    for bad in ("", "abc", base64.b64encode(KEY[:31]).decode(), "ü" * 50):
        with pytest.raises(ValueError, match="at least 32 bytes"):
            chain.parse_key(bad)


# --- the script, as an auditor runs it -------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    (tmp_path / "key").write_text(base64.b64encode(KEY).decode())
    (tmp_path / "export.jsonl").write_bytes(b"".join(LINES))
    return tmp_path


def run(files, *more):
    return script.main([str(files / "export.jsonl"), "--key-file", str(files / "key"), *more])


def test_the_script_says_that_nothing_is_wrong(files, capsys):
    assert run(files) == 0
    assert capsys.readouterr().out == "Nothing is wrong: 20 entries in 16 lanes, each where it was written.\n"


def test_the_script_says_what_is_wrong(files, capsys):
    (files / "export.jsonl").write_bytes(b"".join(LINES[:5] + LINES[6:]))
    assert run(files) == 1
    assert "here stands position" in capsys.readouterr().out


def test_the_script_holds_an_export_against_an_earlier_one(files, capsys):
    grown = Book().fill(30).fill(10)
    (files / "earlier.jsonl").write_bytes(b"".join(LINES))
    (files / "export.jsonl").write_bytes(b"".join(grown.lines()))
    assert run(files, "--anchor", str(files / "earlier.jsonl")) == 0
    (files / "earlier.jsonl").write_bytes(b"".join(grown.lines()))
    (files / "export.jsonl").write_bytes(b"".join(LINES))
    assert run(files, "--anchor", str(files / "earlier.jsonl")) == 1
    assert "the earlier export saw another entry" in capsys.readouterr().out


def test_the_script_refuses_the_wrong_key_and_names_a_missing_file(files, capsys):
    (files / "key").write_text(base64.b64encode(OTHER_KEY).decode())
    assert run(files) == 1
    (files / "key").write_text("short")
    assert run(files) == 2
    (files / "key").write_text(base64.b64encode(KEY).decode())
    (files / "export.jsonl").unlink()
    assert run(files) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_script_imports_nothing_but_the_standard_library():
    text = script_path.read_text()
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= {
        "__future__",
        "argparse",
        "base64",
        "collections",
        "hashlib",
        "hmac",
        "json",
        "pathlib",
        "sys",
        "typing",
    }
