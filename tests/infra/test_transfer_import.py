"""Files become rows: matched, checked without a trace, imported row by row, and every line of them accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.infra import taking, unit
from app.infra.db import db
from app.infra.transfer import matching, runs, tidying, work
from app.infra.transfer.runs import ImportRun
from app.infra.transfer.sheets import Line, Options, Sheet
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import acting, system
from tests.importing import as_csv, checked, counts, exported, faults, found, imported, rows_of, taken_in, traces
from tests.making import Maker
from tests.working import subscribed


@pytest.fixture
def maker(app: Flask) -> Iterator[Maker]:
    with app.app_context():
        yield Maker()


def sheet(*columns: str) -> Sheet:
    return Sheet("csv", columns, lambda: iter([Line(2, tuple("x" for _ in columns))]))


def stored(table: str, *columns: str) -> list[tuple[Any, ...]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(text(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id"))]


# --- matching -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "headings", "expected"),
    [
        ("unit", ["code", "NAME", " Decimals "], ["code", "name", "decimals"]),
        ("unit", ["Unit code", "Unit name", "dec."], ["code", "name", None]),
        ("supplier", ["Supplier Name", "VAT", "Cost center"], ["name", None, None]),
        ("supplier", ["code", "name", "E-Mail", "contacts.name"], ["code", "name", "contacts.email", "contacts.name"]),
        (
            "item",
            ["Code", "Vendor", "Prices: unit price", "Ccy", "qty"],
            ["code", "prices.supplier", "prices.unit_price", "prices.currency", None],
        ),
        ("unit", ["name", "Name", ""], ["name", None, ""]),
        ("unit", ["Line of the file", "Why it stayed out", "code"], ["-", "-", "code"]),
    ],
)
def test_columns_are_guessed_by_name_label_and_synonym_and_left_open_when_in_doubt(
    maker: Maker, resource: str, headings: list[str], expected: list[str | None]
) -> None:
    assert matching.guess(registry[resource], headings) == expected


def codes(resource: str, headings: list[str], columns: list[str | None], mode: str = "both") -> list[str]:
    return [problem.code for problem in matching.why_not(registry[resource], sheet(*headings), columns, mode)]


def test_every_column_is_matched_or_left_out_on_purpose(maker: Maker) -> None:
    headings = ["code", "name", "colour"]
    assert codes("unit", headings, ["code", "name", None]) == ["unmatched_column"]
    assert codes("unit", headings, ["code", "name", "colour"]) == ["unknown_field"]
    assert codes("unit", headings, ["code", "name", "name"]) == ["matched_twice"]
    assert codes("unit", headings, ["code", "name", ""]) == ["unknown_field"]
    assert codes("unit", headings, ["code", "name", "-"]) == []
    assert codes("unit", headings, ["-", "-", "-"]) == ["nothing_matched"]
    assert codes("unit", headings, ["code", "name"]) == ["columns_changed"]


def test_what_is_missing_for_the_chosen_way_is_said_before_any_row_is_read(maker: Maker) -> None:
    assert codes("unit", ["name"], ["name"]) == ["key_missing"]
    assert codes("unit", ["code"], ["code"], "create") == ["required"]
    assert codes("unit", ["code"], ["code"], "update") == []
    assert codes("unit", ["code"], ["code"], "both") == []
    assert codes("supplier", ["country"], ["country"]) == ["required", "required"]
    prices_ = ["code", "name", "category", "unit", "prices.unit_price"]
    missing_ = matching.why_not(registry["item"], sheet(*prices_), prices_, "create")
    assert [problem.values["field"] for problem in missing_] == [
        "prices.supplier",
        "prices.currency",
        "prices.valid_from",
    ]
    assert codes("unit", ["code"], ["code"], "sideways") == ["unknown_choice"]


def test_columns_are_said_in_words_by_heading_or_letter(maker: Maker) -> None:
    resource, table = registry["unit"], sheet("Kennung", "Bezeichnung", "name")
    columns, problems = matching.by_words(
        matching.guess(resource, table.columns), table, {"kennung": "code", "B": "name", "C": ""}
    )
    assert (columns, problems) == (["code", "name", "-"], [])
    _, problems = matching.by_words([None] * 3, table, {"Farbe": "code"})
    assert [problem.code for problem in problems] == ["unknown_column"]


# --- rows -----------------------------------------------------------------------------------------------------------


def test_rows_are_entered_changed_found_the_same_refused_and_blank_and_add_up(maker: Maker) -> None:
    unit.create(system_(), registry["unit"], {"code": "H87", "name": "Piece"})
    unit.create(system_(), registry["unit"], {"code": "KGM", "name": "Kilo", "decimals": 3})
    content = as_csv(
        [
            ["code", "name", "decimals", "active"],
            ["H87", "Piece", "0", "yes"],
            ["KGM", "Kilogram", "3", "yes"],
            ["", "", "", ""],
            ["MTR", "Metre", "2", "no"],
            ["X", "", "many", "perhaps"],
            ["LTR", "Litre", "9", "yes"],
        ]
    )
    run = imported("unit", content)
    assert counts(run) == {"created": 1, "changed": 1, "same": 1, "refused": 2, "blank": 1}
    assert (run.state, run.total, run.next_row) == ("done", 6, 6)
    assert faults(run) == [
        (6, "required", "name"),
        (6, "not_whole", "decimals"),
        (6, "not_yes_or_no", "active"),
        (7, "out_of_range", "decimals"),
    ]
    assert stored("unit", "code", "name", "decimals", "active", "version") == [
        ("H87", "Piece", 0, True, 1),
        ("KGM", "Kilogram", 3, True, 2),
        ("MTR", "Metre", 2, False, 1),
    ]


def test_a_check_leaves_no_row_no_audit_no_event_no_job_and_uses_no_number(maker: Maker) -> None:
    currency = maker.key("currency")
    content = as_csv([["name", "country", "currency"]] + [[f"Firm {n}", "SE", currency] for n in range(3)])
    run_id = taken_in("supplier", content)
    before = traces()
    work.check(system_(), run_id)
    run = found(run_id)
    assert (run.state, counts(run)) == ("checked", {"created": 3})
    assert traces() == before
    assert stored("supplier", "code") == []
    assert stored_numbers() == []
    runs.start(system_(), run_id)
    work.apply(system_(), run_id)
    assert [code for (code,) in stored("supplier", "code")] == ["S-00001", "S-00002", "S-00003"]


def stored_numbers() -> list[tuple[Any, ...]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(text("SELECT name FROM number_series WHERE name = 'S'"))]


def test_what_a_check_foretells_is_what_the_import_does(maker: Maker) -> None:
    rows = [["code", "name", "decimals"]]
    rows += [[f"U{n}", f"Unit {n}", "1" if n % 7 else "99"] for n in range(60)]
    content = as_csv(rows)
    foretold = checked("unit", content)
    told = (counts(foretold), faults(foretold))
    runs.start(system_(), foretold.id)
    work.apply(system_(), foretold.id)
    done = found(foretold.id)
    assert (counts(done), faults(done)) == told
    assert told[0]["refused"] == 9


def test_each_row_leaves_its_audit_and_event_as_if_it_had_been_typed(maker: Maker) -> None:
    imported("unit", b"code,name\nH87,Piece\nKGM,Kilogram\n")
    db.session.rollback()
    entries = db.session.execute(
        text("SELECT action, row_key, command, channel FROM audit_entry WHERE resource = 'unit' ORDER BY id")
    ).all()
    assert [tuple(entry) for entry in entries] == [
        ("created", "H87", "unit.import", "import"),
        ("created", "KGM", "unit.import", "import"),
        ("imported", "rows.csv", "unit.import", "import"),
    ]
    events = db.session.execute(
        text("SELECT name, row_key FROM outbox_event WHERE resource = 'unit' ORDER BY id")
    ).all()
    assert [tuple(event) for event in events] == [("unit.created", "H87"), ("unit.created", "KGM")]


def test_a_refused_row_leaves_no_audit_and_no_event_beside_good_ones(maker: Maker) -> None:
    maker.create(registry["unit"], code="OLD")
    before = traces()
    content = b"code,name,decimals\nAAA,a,0\nBBB,b,99\nOLD,c,-1\nCCC,c,0\n"
    assert counts(imported("unit", content)) == {"created": 2, "refused": 2}
    after = traces()
    assert after["outbox_event"] - before["outbox_event"] == 3  # two rows and the import itself
    assert after["audit_entry"] - before["audit_entry"] == 3  # two rows and the import itself
    assert [code for (code,) in stored("unit", "code")] == ["OLD", "AAA", "CCC"]


def suppliers(currency: str, codes: list[str], **changes: dict[str, str]) -> bytes:
    rows = [
        [
            code,
            f"Works of {code}",
            changes.get(code, {}).get("country", "SE"),
            currency,
            changes.get(code, {}).get("website", ""),
        ]
        for code in codes
    ]
    return as_csv([["code", "name", "country", "currency", "website"], *rows])


def test_rows_that_are_entered_together_are_each_on_record_announced_found_and_refused_by_itself(maker: Maker) -> None:
    currency = maker.key("currency")
    maker.create(registry["supplier"], code="T-5", name="Here before")
    codes = [f"T-{at}" for at in range(12)]
    wrong = {"T-3": {"country": "XX"}, "T-8": {"website": "nowhere"}}
    with subscribed("ears", ("supplier.created",), lambda context, event: None):
        run = imported("supplier", suppliers(currency, codes, **wrong), mode="create")
    assert counts(run) == {"created": 9, "refused": 3}
    assert {line for line, _, _ in faults(run)} == {5, 7, 10}
    entered = [code for code in codes if code not in ("T-3", "T-5", "T-8")]
    db.session.rollback()
    for table in ("audit_entry", "outbox_event"):
        name = "action = 'created' AND part = ''" if table == "audit_entry" else "name = 'supplier.created'"
        found_ = db.session.scalars(
            text(f"SELECT row_key FROM {table} WHERE resource = 'supplier' AND {name} ORDER BY 1")
        )
        assert sorted(found_) == sorted(["T-5", *entered]), table
    lined_up = "SELECT count(*) FROM job j JOIN outbox_event e ON e.id = j.event_id WHERE e.row_key = 'T-0' AND j.kind = 'hear:ears'"
    assert db.session.scalar(text(lined_up)) == 1
    [after] = db.session.scalars(text("SELECT after FROM audit_entry WHERE row_key = 'T-0' AND resource = 'supplier'"))
    assert (after["name"], after["country"], after["currency"], after["state"]) == (
        "Works of T-0",
        "SE",
        currency,
        "prospect",
    )
    searched = "SELECT code FROM supplier WHERE search @@ to_tsquery('simple', 'works & t & 0:*')"
    assert db.session.scalar(text(searched)) == "T-0"


@pytest.mark.parametrize("resource", ["supplier", "item", "location"])
def test_twice_as_many_rows_take_no_more_statements(maker: Maker, resource: str) -> None:
    """What is entered together may look at no other row: a rule that asks the database would ask once for each."""
    links = {"supplier": ("country", "currency"), "item": ("category", "unit"), "location": ("country", "entity")}
    said = {name: "SE" if name == "country" else maker.key(name) for name in links[resource]}
    taken = []
    for first, many in ((0, 20), (100, 40)):
        statements: list[str] = []

        def note(_: Any, __: Any, statement: str, *___: Any, kept: list[str] = statements) -> None:
            kept.append(statement)

        codes = [f"Q-{first + at}" for at in range(many)]
        rows = [["code", "name", *said], *([code, f"Works of {code}", *said.values()] for code in codes)]
        run_id = checked(resource, as_csv(rows)).id
        runs.start(system(), run_id, by_job=False)
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            work.apply(system(), run_id)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        taken.append(len(statements))
    assert taken[0] == taken[1]


def test_a_rule_that_only_holds_at_commit_refuses_its_own_row(maker: Maker) -> None:
    """One main contact for each supplier is checked at commit, so that the mark can move in one change."""
    currency = maker.key("currency")
    head = ["code", "name", "country", "currency", "contacts.name", "contacts.is_primary"]
    rows = [
        ["S-1", "Alba", "SE", currency, "Maja", "yes"],
        ["S-2", "Boreal", "SE", currency, "Nils", "yes"],
        ["S-2", "Boreal", "SE", currency, "Olga", "yes"],
        ["S-3", "Cirrus", "SE", currency, "Per", "yes"],
    ]
    run = imported("supplier", as_csv([head, *rows]))
    assert counts(run) == {"created": 2, "refused": 2}
    assert {line for line, _, _ in faults(run)} == {3, 4}


def test_keys_are_found_whatever_their_case_and_not_changed_by_it(maker: Maker) -> None:
    unit.create(system_(), registry["unit"], {"code": "KGM", "name": "Kilo"})
    assert counts(imported("unit", b"code,name\nkgm,Kilogram\n")) == {"changed": 1}
    assert stored("unit", "code", "name") == [("KGM", "Kilogram")]


def test_a_key_that_stands_twice_is_refused_on_every_line_it_stands_on(maker: Maker) -> None:
    run = imported("unit", b"code,name\nAAA,a\nBBB,b\naaa,c\n")
    assert counts(run) == {"created": 1, "refused": 2}
    assert faults(run) == [(2, "repeated_key", "code"), (4, "repeated_key", "code")]


def test_an_empty_cell_empties_a_field_of_a_row_and_leaves_a_new_one_to_its_default(maker: Maker) -> None:
    key = maker.create(registry["supplier"])
    run = imported("supplier", as_csv([["code", "website", "payment_days"], [key, "", "30"]]))
    assert counts(run) == {"changed": 1}
    assert stored("supplier", "website", "payment_days", "legal_name")[0][:2] == (None, 30)
    assert stored("supplier", "legal_name")[0][0].endswith(" AB")
    currency = maker.key("currency")
    content = as_csv([["code", "name", "country", "currency", "payment_days"], ["S-7", "Alba", "SE", currency, ""]])
    assert counts(imported("supplier", content)) == {"created": 1}
    assert stored("supplier", "payment_days")[-1] == (30,)


def test_only_new_rows_or_only_known_ones_when_asked(maker: Maker) -> None:
    unit.create(system_(), registry["unit"], {"code": "OLD", "name": "Old"})
    content = b"code,name\nOLD,Changed\nNXT,New\n"
    run = imported("unit", content, mode="create")
    assert (counts(run), faults(run)) == ({"created": 1, "refused": 1}, [(2, "taken", "code")])
    run = imported("unit", b"code,name\nOLD,Changed\nNO,No\n", mode="update")
    assert (counts(run), faults(run)) == ({"changed": 1, "refused": 1}, [(3, "not_found", "code")])


def test_a_row_may_name_one_that_stands_further_up_in_the_file(maker: Maker) -> None:
    entity = maker.key("entity")
    content = as_csv(
        [
            ["code", "name", "entity", "parent"],
            ["C-2", "Below nothing yet", entity, "C-1"],
            ["C-1", "Top", entity, ""],
            ["C-3", "Below", entity, "C-1"],
        ]
    )
    run = imported("cost_centre", content)
    assert counts(run) == {"created": 2, "refused": 1}
    assert faults(run) == [(2, "unknown_reference", "parent")]
    below = [[f"C-{at}", f"Below {at}", entity, "C-3"] for at in range(4, 9)]
    assert counts(imported("cost_centre", as_csv([["code", "name", "entity", "parent"], *below]))) == {"created": 5}
    paths = dict(stored("cost_centre", "code", "path"))
    assert paths["C-3"].startswith(paths["C-1"])
    assert all(paths[code].startswith(paths["C-3"]) and paths[code] != paths["C-3"] for code, *_ in below)
    assert len(set(paths.values())) == len(paths)


# --- documents with child rows --------------------------------------------------------------------------------------

ITEM = ["code", "name", "category", "unit"]
PRICE = ["supplier", "currency", "unit_price", "minimum_quantity", "valid_from"]
ITEM += [f"prices.{name}" for name in PRICE]


def item(maker: Maker, code: str, price: str, **changes: str) -> list[str]:
    values = {
        "code": code,
        "name": f"Item {code}",
        "category": maker.key("category"),
        "unit": maker.key("unit"),
        "prices.supplier": maker.key("supplier"),
        "prices.currency": maker.key("currency"),
        "prices.unit_price": price,
        "prices.minimum_quantity": "1",
        "prices.valid_from": "2026-01-01",
    }
    return [{**values, **changes}[name] for name in ITEM]


def prices() -> list[tuple[Any, ...]]:
    db.session.rollback()
    found_ = db.session.execute(
        text(
            "SELECT i.code, p.unit_price::text, p.position FROM item i JOIN item_price p ON p.item_id = i.id "
            "ORDER BY i.code, p.position"
        )
    )
    return [(code, price.rstrip("0").rstrip("."), position) for code, price, position in found_]


def test_the_lines_of_a_document_are_one_row_with_its_child_rows(maker: Maker) -> None:
    second = item(maker, "A", "2", **{"prices.minimum_quantity": "10"})
    blank_parent = ["", "", "", "", *item(maker, "B", "4", **{"prices.minimum_quantity": "10"})[4:]]
    content = as_csv([ITEM, item(maker, "A", "1"), second, item(maker, "B", "3"), [""] * 9, blank_parent])
    run = imported("item", content)
    assert counts(run) == {"created": 4, "blank": 1}
    assert prices() == [("A", "1", 0), ("A", "2", 1), ("B", "3", 0), ("B", "4", 1)]
    db.session.rollback()
    assert db.session.execute(text("SELECT count(*) FROM item")).scalar_one() == 2


def test_a_document_with_one_wrong_line_stays_out_with_all_its_lines(maker: Maker) -> None:
    wrong = item(maker, "A", "cheap", **{"prices.minimum_quantity": "10"})
    run = imported("item", as_csv([ITEM, item(maker, "A", "1"), wrong, item(maker, "B", "3")]))
    assert counts(run) == {"created": 1, "refused": 2}
    assert faults(run) == [(2, "same_document", None), (3, "not_a_number", "prices.unit_price")]
    assert prices() == [("B", "3", 0)]


def test_lines_of_a_document_that_contradict_each_other_are_refused(maker: Maker) -> None:
    other = item(maker, "A", "2", name="Another name", **{"prices.minimum_quantity": "10"})
    run = imported("item", as_csv([ITEM, item(maker, "A", "1"), other]))
    assert faults(run) == [(2, "same_document", None), (3, "contradiction", "name")]


def test_a_document_that_is_scattered_over_the_file_is_refused_everywhere(maker: Maker) -> None:
    second = item(maker, "A", "2", **{"prices.minimum_quantity": "10"})
    run = imported("item", as_csv([ITEM, item(maker, "A", "1"), item(maker, "B", "3"), second]))
    assert faults(run) == [(2, "repeated_key", "code"), (4, "repeated_key", "code")]
    assert prices() == [("B", "3", 0)]


def test_a_line_that_cannot_be_read_keeps_the_documents_beside_it_out(maker: Maker) -> None:
    good = [item(maker, code, "1") for code in "ABC"]
    torn = b'"A\r\n'
    content = as_csv([ITEM, good[0]]) + torn + as_csv(good[1:])
    run = imported("item", content)
    assert [(line, code) for line, code, _ in faults(run)] == [
        (2, "broken_neighbour"),
        (3, "open_quote"),
        (4, "broken_neighbour"),
    ]
    assert prices() == [("C", "1", 0)]


def test_child_rows_of_a_known_row_keep_their_identity_and_only_what_differs_is_changed(maker: Maker) -> None:
    key = maker.create(registry["item"])
    before = stored("item_price", "id", "unit_price")
    head, first, second = rows_of(exported(registry["item"]))
    at = head.index("prices.unit_price")
    second[at] = "1099.5"
    run = imported("item", as_csv([head, first, second]))
    assert counts(run) == {"changed": 2}
    after = stored("item_price", "id", "unit_price")
    assert [id_ for id_, _ in after] == [id_ for id_, _ in before]
    assert [f"{price:.2f}" for _, price in after] == ["1249.90", "1099.50"]
    assert key


def test_child_rows_that_moved_keep_their_identity(maker: Maker) -> None:
    maker.create(registry["item"])
    before = stored("item_price", "id", "unit_price", "position")
    head, first, second = rows_of(exported(registry["item"]))
    assert counts(imported("item", as_csv([head, second, first]))) == {"changed": 2}
    after = {id_: (price, position) for id_, price, position in stored("item_price", "id", "unit_price", "position")}
    assert after == {id_: (price, 1 - position) for id_, price, position in before}


def test_columns_that_the_file_does_not_have_stay_as_they_are_in_child_rows_too(maker: Maker) -> None:
    key = maker.create(registry["item"])
    head = ["code", "prices.unit_price"]
    run = imported("item", as_csv([head, [key, "1249.9"], [key, "1150"]]))
    assert counts(run) == {"changed": 2}
    assert [days for (days,) in stored("item_price", "lead_time_days")] == [14, 21]
    assert [f"{price:.2f}" for (price,) in stored("item_price", "unit_price")] == ["1249.90", "1150.00"]


def test_a_file_that_lists_no_child_rows_leaves_them_alone(maker: Maker) -> None:
    key = maker.create(registry["item"])
    assert counts(imported("item", as_csv([["code", "name"], [key, "New name"]]))) == {"changed": 1}
    assert len(stored("item_price", "id")) == 2


def test_an_exported_row_entered_under_another_key_is_the_same_row(maker: Maker) -> None:
    maker.create(registry["item"])
    head, *lines = rows_of(exported(registry["item"]))
    again = [["COPY", *line[1:]] for line in lines]
    assert head[0] == "code"
    assert counts(imported("item", as_csv([head, *again]))) == {"created": 2}
    exported_again = [line for line in rows_of(exported(registry["item"])) if line[0] == "COPY"]
    assert exported_again == again


# --- rights ---------------------------------------------------------------------------------------------------------


def test_who_may_not_import_is_refused_and_nothing_is_kept(maker: Maker) -> None:
    before = traces()
    with pytest.raises(Refused) as refused:
        taken_in("supplier", b"name\nAlba\n", context=acting("Requester"))
    assert refused.value.problems[0].code == "forbidden"
    assert traces() == before
    assert stored("import_run", "id") == []


def test_rows_out_of_reach_are_refused_one_by_one_as_at_every_other_door(maker: Maker) -> None:
    ours, theirs = (maker.create(registry["entity"]) for _ in range(2))
    [our_id] = [id_ for id_, code in stored("entity", "id", "code") if code == ours]
    currency = maker.key("currency")
    key = maker.create(registry["supplier"], entity=theirs)
    somebody = acting("Buyer", id=901, entity=our_id)
    head = ["code", "name", "country", "currency", "entity"]
    rows = [
        ["S-1", "Ours", "SE", currency, ours],
        ["S-2", "Theirs", "SE", currency, theirs],
        [key, "Taken over", "SE", currency, ours],
    ]
    run = imported("supplier", as_csv([head, *rows]), context=somebody)
    assert counts(run) == {"created": 1, "refused": 2}
    assert next((line, code) for line, code, _ in faults(run)) == (3, "unknown_reference")
    assert [name for (name,) in stored("supplier", "name")][-1] == "Ours"
    assert "Taken over" not in [name for (name,) in stored("supplier", "name")]


def test_an_import_is_seen_by_its_owner_and_by_those_who_oversee_jobs(maker: Maker) -> None:
    maker.key("currency")
    run_id = taken_in(
        "supplier", b"name\nAlba\n", mode="update", said={"name": "code"}, context=acting("Buyer", id=902)
    )
    for context, sees in [
        (acting("Buyer", id=902), True),
        (acting("Buyer", id=903), False),
        (acting("Administrator"), True),
    ]:
        with unit.reading(context) as bound:
            assert [run.id for run in runs.list_recent(bound)] == ([run_id] if sees else [])
            if not sees:
                with pytest.raises(Refused) as refused:
                    runs.find(bound, run_id)
                assert refused.value.problems[0].code == "not_found"


# --- what a person does with a file ---------------------------------------------------------------------------------


def test_a_file_may_be_read_once_more_in_another_encoding(maker: Maker) -> None:
    content = "code,name\nŽ,Škoda\n".encode("windows-1250")
    run_id = taken_in("unit", content)
    assert found(run_id).options["encoding"] == "windows-1252"
    runs.reread(system_(), run_id, Options(encoding="windows-1250"))
    run = found(run_id)
    assert (run.state, run.options["encoding"], run.columns) == ("matching", "windows-1250", ["code", "name"])


def test_a_cell_may_be_corrected_without_another_file(maker: Maker) -> None:
    run = checked("unit", b"code,name,decimals\nAAA,a,many\nBBB,b,0\n")
    assert counts(run) == {"created": 1, "refused": 1}
    runs.correct(system_(), run.id, 2, 2, "3")
    work.check(system_(), run.id)
    assert counts(found(run.id)) == {"created": 2}
    runs.start(system_(), run.id)
    work.apply(system_(), run.id)
    assert stored("unit", "code", "decimals") == [("AAA", 3), ("BBB", 0)]


def test_what_stands_in_a_column_without_heading_is_asked_about_or_refused(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "PEEK", 5)
    with pytest.raises(Refused) as refused:
        taken_in("unit", b"code,,name\nAAA,x,a\n")
    assert [problem.code for problem in refused.value.problems] == ["unmatched_column"]
    assert counts(imported("unit", b"code,,name\nAAA,x,a\n", said={"B": ""})) == {"created": 1}
    late = as_csv([["code", "", "name"], *([f"B{n}", "", "b"] for n in range(8)), ["CCC", "x", "c"]])
    run = checked("unit", late)
    assert counts(run) == {"created": 8, "refused": 1}
    assert faults(run) == [(10, "column_unnamed", "")]


def test_the_same_file_is_recognised(maker: Maker) -> None:
    first = imported("unit", b"code,name\nAAA,a\n")
    again = checked("unit", b"code,name\nAAA,a\n")
    with unit.reading(system_()) as bound:
        earlier = runs.find_earlier(bound, again)
    assert earlier is not None
    assert earlier.id == first.id


def test_all_rows_or_none_when_asked(maker: Maker) -> None:
    content = b"code,name\nAAA,a\nBBB,b\nCCC,c\n"
    run = checked("unit", content, mode="create", together=True)
    unit.create(system_(), registry["unit"], {"code": "BBB", "name": "Entered meanwhile"})
    before = traces()
    runs.start(system_(), run.id)
    work.apply(system_(), run.id)
    run = found(run.id)
    assert (run.state, counts(run), faults(run)) == ("failed", {"refused": 1}, [(3, "taken", "code")])
    assert run.error == "Nothing was imported: 1 row is refused, and all were to go in together."
    assert stored("unit", "code") == [("BBB",)]
    told = before["outbox_event"] + 1  # that the import failed
    assert (traces()["audit_entry"], traces()["outbox_event"]) == (before["audit_entry"], told)
    good = imported("unit", b"code,name\nAAA,a\nCCC,c\n", together=True)
    assert (good.state, counts(good)) == ("done", {"created": 2})


def test_all_or_none_does_not_begin_when_the_check_refused_a_row(maker: Maker) -> None:
    run = checked("unit", b"code,name,decimals\nAAA,a,0\nBBB,b,99\n")
    with pytest.raises(Refused) as refused:
        runs.start(system_(), run.id, together=True)
    assert refused.value.problems[0].code == "rows_refused"
    assert found(run.id).state == "checked"
    runs.start(system_(), run.id, together=False)
    work.apply(system_(), run.id)
    assert counts(found(run.id)) == {"created": 1, "refused": 1}


def test_a_cancelled_import_goes_no_further(maker: Maker) -> None:
    run = checked("unit", b"code,name\nAAA,a\n")
    runs.start(system_(), run.id)
    runs.cancel(system_(), run.id)
    assert work.apply(system_(), run.id) == {}
    assert (found(run.id).state, stored("unit", "code")) == ("cancelled", [])
    with pytest.raises(Refused) as refused:
        runs.start(system_(), run.id)
    assert refused.value.problems[0].code == "wrong_state"


# --- exactly once ---------------------------------------------------------------------------------------------------


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LINES_AT_ONCE", 10)


class Killed(BaseException):
    """The worker is gone."""


def ready(rows: int) -> ImportRun:
    run = checked("unit", as_csv([["code", "name"], *([f"U{n:02d}", f"Unit {n}"] for n in range(rows))]))
    runs.start(system_(), run.id)
    return run


@pytest.mark.parametrize("at", ["before the rows", "after the rows", "after the commit"])
def test_a_group_is_imported_once_whenever_the_worker_is_killed(
    maker: Maker, small_groups: None, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    run = ready(35)
    deaths = {"left": 1}
    targets = {
        "before the rows": (work, "write"),
        "after the rows": (work, "_advance"),
        "after the commit": (unit, "change"),
    }
    owner, name = targets[at]
    real = getattr(owner, name)

    def mortal(*arguments: Any, **named: Any) -> Any:
        result = real(*arguments, **named)
        if deaths["left"] and len(stored_codes()) >= 10:
            deaths["left"] -= 1
            raise Killed
        return result

    def stored_codes() -> list[Any]:
        with db.engine.connect() as own:
            return list(own.execute(text("SELECT code FROM unit")))

    monkeypatch.setattr(owner, name, mortal)
    with pytest.raises(Killed):
        work.apply(system_(), run.id)
    db.session.rollback()
    assert 0 < len(stored_codes()) < 35
    work.apply(system_(), run.id)
    done = found(run.id)
    assert (done.state, counts(done), done.next_row) == ("done", {"created": 35}, 35)
    assert [(code, version) for code, version in stored("unit", "code", "version")] == [
        (f"U{n:02d}", 1) for n in range(35)
    ]


def test_a_worker_that_was_given_up_writes_nothing_once_another_has_gone_on(
    maker: Maker, small_groups: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ready(25)
    real, seen = work._apply_group, []

    def slow(*arguments: Any) -> None:
        if not seen:
            seen.append(True)
            work.apply(system_(), run.id)  # another worker has taken over meanwhile, and is done
        real(*arguments)

    monkeypatch.setattr(work, "_apply_group", slow)
    work.apply(system_(), run.id)
    done = found(run.id)
    assert (done.state, counts(done)) == ("done", {"created": 25})
    assert len(stored("unit", "code")) == 25


def test_a_fault_stops_the_import_with_what_is_in_and_it_goes_on_from_there(
    maker: Maker, small_groups: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ready(25)
    real = work.write
    calls = {"count": 0}

    def faulty(*arguments: Any) -> Any:
        calls["count"] += 1
        if calls["count"] == 2:
            raise ZeroDivisionError
        return real(*arguments)

    monkeypatch.setattr(work, "write", faulty)
    work.apply(system_(), run.id)
    stopped = found(run.id)
    assert (stopped.state, counts(stopped), stopped.next_row) == ("failed", {"created": 10}, 10)
    assert stopped.error == "A fault in Outlay stopped this import after line 10 (ZeroDivisionError)."
    runs.start(system_(), run.id)
    work.apply(system_(), run.id)
    assert (found(run.id).state, counts(found(run.id))) == ("done", {"created": 25})


def test_jobs_do_it_as_well_in_the_name_of_whoever_asked(app: Flask, maker: Maker) -> None:
    from app.workers.perform import drain

    run_id = taken_in("unit", b"code,name\nAAA,a\n")
    drain(app)
    assert found(run_id).state == "checked"
    runs.start(system_(), run_id)
    drain(app)
    assert (found(run_id).state, stored("unit", "code")) == ("done", [("AAA",)])


def test_work_that_was_given_up_is_shown_as_failed(maker: Maker) -> None:
    run_id = taken_in("unit", b"code,name\nAAA,a\n")
    db.session.rollback()
    db.session.execute(
        text("UPDATE job SET state = 'dead', error = 'Too often' WHERE id = :id"), {"id": found(run_id).job_id}
    )
    commit()
    assert (found(run_id).state, found(run_id).error) == ("failed", "Too often")


def commit() -> None:
    db.session.commit()


def system_() -> Any:
    from tests.acting import system

    return system()


def test_files_and_refused_rows_are_removed_after_a_while_and_what_came_in_stays(maker: Maker) -> None:
    shared, own = b"code,name\nAAA,a\nBBB,\n", b"code,name\nCCC,c\n"
    old, also_old, recent = imported("unit", shared), imported("unit", own), imported("unit", shared)
    under_way = taken_in("unit", b"code,name\nDDD,d\n")
    age(old.id, also_old.id, under_way)
    with unit.transaction(system_(), "test") as bound:
        assert tidying.remove_old(bound) == {"removed": 2}
    assert [id_ for (id_,) in stored("import_run", "id")] == [recent.id, under_way]
    assert {id_ for (id_,) in stored("import_refusal", "run_id")} == {recent.id}
    assert (runs.store().exists(old.digest), runs.store().exists(also_old.digest)) == (True, False)
    assert [code for (code,) in stored("unit", "code")] == ["AAA", "CCC"]


def age(*run_ids: int) -> None:
    with db.engine.begin() as own:
        values = {"ids": list(run_ids), "at": system_().now - timedelta(days=91)}
        own.execute(text("UPDATE import_run SET created_at = :at, finished_at = :at WHERE id = ANY(:ids)"), values)


def test_a_check_that_did_not_end_is_not_imported(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = taken_in("unit", b"code,name\nAAA,a\n")

    def faulty(*arguments: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(work, "write", faulty)
    work.check(system_(), run_id)
    run = found(run_id)
    assert (run.state, run.total) == ("failed", 1)
    with pytest.raises(Refused) as refused:
        runs.start(system_(), run_id)
    assert refused.value.problems[0].message == "The check of this file did not end. Check it first."
