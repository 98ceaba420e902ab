"""The pages of policies: rules in words, an editor that keeps what is typed, checks beside it, trials, versions in use."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.infra import scope, unit
from app.modules.approvals.models import Approval, ApprovalPolicy
from tests.acting import Someone, system
from tests.console.browsing import form, inside, post, text
from tests.scenarios.office import Office


def company() -> Office:
    """Build the office with limits in one currency."""
    return Office(currency="EUR")


@pytest.fixture
def office(app: Any, scenes: Any) -> Office:
    """Open the office, and leave the context it was opened in: every page has one of its own."""
    with app.app_context():
        return scenes.open(company)


@pytest.fixture
def within(app: Any, office: Office) -> Callable[[Callable[[Office], Any]], Any]:
    return inside(app, office)


@pytest.fixture
def controller(client: Callable[[Someone], Any], office: Office) -> Any:
    """Sign in somebody who looks after the policies of the company."""
    return client(office.marta)


HEAD = {"name": "Ladder", "document": "request", "entity": "HAL", "currency": "EUR", "fallback_role": "Controller"}
HEAD |= {"same_person": "once", "reopen_from_stage": "1", "material_percent": "", "material_amount": "", "note": ""}
OWNER = {"resolver": "role", "role": "Controller", "effect": "require", "stage": "1", "mode": "any", "delegable": "1"}


def sent(*rules: dict[str, str], conditions: tuple[tuple[str, ...], ...] = (), **head: str) -> dict[str, Any]:
    """Fill in the editor: rules as they stand, and conditions `(rule, fact, operator, value)`."""
    filled: dict[str, Any] = {**HEAD, **head}
    for at, rule in enumerate(rules):
        filled |= {f"rules-{at}-{name}": value for name, value in {**OWNER, "known": rule["code"], **rule}.items()}
    for at, each in enumerate(conditions):
        filled |= {
            f"conditions-{at}-{name}": value
            for name, value in zip(("rule", "fact", "operator", "value"), each, strict=True)
        }
        filled[f"conditions-{at}-alternative"] = "1"
    return filled


def step(code: str, label: str = "", **values: str) -> dict[str, str]:
    return {"code": code, "label": label or f"Step {code}", **values}


def entered(controller: Any, filled: dict[str, Any]) -> str:
    answer = post(controller, "/approval-policies/new", filled)
    assert answer.status_code == 303, text(answer)
    return str(answer.location.rpartition("/")[2])


def stored(within: Any, key: str) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    def read(office: Office) -> Any:
        with unit.reading(system()) as bound:
            row = bound.session.scalars(
                scope.everything(ApprovalPolicy, why="test").where(ApprovalPolicy.number == key)
            ).one()
            rules = [(rule.code, rule.label) for rule in row.rules]
            return rules, [(each.rule, each.fact.value, each.value or "") for each in row.conditions]

    return within(read)


# --- the editor -----------------------------------------------------------------------------------------------------


def test_a_policy_is_written_in_its_editor_and_read_in_words(controller: Any) -> None:
    rules = (
        step("LOW", "Controlling"),
        step("CFO", "CFO", resolver="limit", role="", stage="2", due_days="2", on_due="escalate"),
    )
    conditions = (("CFO", "amount", "at_least", "5 000"), ("CFO", "category", "within", "HW"))
    key = entered(controller, sent(*rules, conditions=conditions))
    words = text(controller.get(f"/approval-policies/{key}"))
    assert "Always → ask anyone with the role Controller , stage 1" in words
    assert (
        "Amount is at least 5\u00a0000\u00a0EUR and category is in or below HW Hardware → "
        "ask the first manager whose limit covers it , stage 2, within 2 days, then ask their manager as well"
    ) in words.replace("5 000 EUR", "5\u00a0000\u00a0EUR").replace("2 days", "2 days")


def test_a_new_policy_begins_with_one_rule_to_fill_in(controller: Any) -> None:
    page = controller.get("/approval-policies/new")
    drawn = form(page, ident="form")
    assert (drawn["rules-0-code"], drawn["rules-0-effect"], drawn["rules-0-stage"]) == ("R1", "require", "1")
    assert page.text.count("<details data-rule open>") == 2  # the rule itself, and the template of the next one


def test_what_was_typed_stays_when_a_rule_is_refused_with_each_problem_at_its_field_and_on_top(controller: Any) -> None:
    rules = (step("LOW", "Controlling", role=""), step("CFO", "Chief", due_days="soon"))
    page = post(controller, "/approval-policies/new", sent(*rules, conditions=(("CFO", "amount", "above", "lots"),)))
    assert page.status_code == 422
    kept = form(page, ident="form")
    assert (kept["rules-1-label"], kept["rules-1-due_days"], kept["conditions-0-value"]) == ("Chief", "soon", "lots")
    summary = re.search(r"(?s)data-o-errors>(.*?)</div>", page.text)
    assert summary
    links = dict(re.findall(r'<a href="#([^"]+)">([^<]+)</a>', summary[1]))
    assert links == {"rules-1-due_days": "Rule CFO: Due in days: enter a whole number, such as 30."}
    assert all(f'id="{target}"' in page.text for target in links)

    page = post(
        controller,
        "/approval-policies/new",
        sent(step("LOW", role=""), conditions=(("LOW", "amount", "above", "lots"),)),
    )
    summary = re.search(r"(?s)data-o-errors>(.*?)</div>", page.text)
    assert summary
    assert dict(re.findall(r'<a href="#([^"]+)">([^<]+)</a>', summary[1])) == {
        "rules-0-role": "Rule LOW: Role is missing. Enter the name of a role, such as Controller.",
        "conditions-0-value": "Rule LOW: Amount: enter a number such as 5000.00.",
    }
    assert "<details data-rule open>" in page.text


def test_conditions_follow_their_rule_to_a_new_code_and_go_where_it_goes(controller: Any, within: Any) -> None:
    conditions = (("LOW", "amount", "below", "1000"), ("CFO", "amount", "at_least", "1000"))
    key = entered(controller, sent(step("LOW"), step("CFO"), conditions=conditions))
    drawn = form(controller.get(f"/approval-policies/{key}/edit"), ident="form")
    drawn |= {"rules-0-code": "CFO", "rules-1-code": "LOW"}  # they change their codes with each other
    assert post(controller, f"/approval-policies/{key}/edit", drawn).status_code == 303
    assert stored(within, key)[1] == [("CFO", "amount", "1000"), ("LOW", "amount", "1000")]
    drawn = form(controller.get(f"/approval-policies/{key}/edit"), ident="form")
    drawn["rules-0-removed"] = "1"
    assert post(controller, f"/approval-policies/{key}/edit", drawn).status_code == 303
    assert stored(within, key) == ([("LOW", "Step CFO")], [("LOW", "amount", "1000")])


def test_an_editor_that_is_sent_as_it_was_drawn_changes_nothing(controller: Any, within: Any, office: Office) -> None:
    copy = entered(controller, form(controller.get(f"/approval-policies/new?like={office.policy}"), ident="form"))
    before = stored(within, copy)
    drawn = form(controller.get(f"/approval-policies/{copy}/edit"), ident="form")
    assert post(controller, f"/approval-policies/{copy}/edit", drawn).status_code == 303
    assert stored(within, copy) == before == stored(within, office.policy)
    words = text(controller.get(f"/approval-policies/{copy}"))
    assert "Order of the rules" not in words


def test_several_values_of_a_list_are_one_condition(controller: Any, within: Any) -> None:
    filled = sent(step("ALL"), step("RISK", effect="warn", resolver="", role="", reason="Look twice"))
    filled |= {"conditions-0-rule": "RISK", "conditions-0-alternative": "1", "conditions-0-fact": "supplier_state"}
    filled |= {"conditions-0-operator": "is", "conditions-0-value": ["prospect", "blocked"]}
    filled |= {"conditions-1-rule": "RISK", "conditions-1-alternative": "2", "conditions-1-fact": "category"}
    filled |= {"conditions-1-operator": "within", "conditions-1-value": ["HW", "BOOM"]}
    key = entered(controller, filled)
    assert [value for _, _, value in stored(within, key)[1]] == ["prospect,blocked", "HW,BOOM"]
    page = controller.get(f"/approval-policies/{key}")
    assert (
        "Supplier's state is “prospect or blocked”, or category is in or below HW Hardware or BOOM Explosives"
        in text(page)
    )
    drawn = form(controller.get(f"/approval-policies/{key}/edit"), ident="form")
    assert drawn["conditions-0-value"] == ["prospect", "blocked"]


def test_pickers_offer_what_conditions_may_name_with_what_it_stands_under(controller: Any) -> None:
    found = controller.get("/approval-policies/codes/category?q=note").json["results"]
    assert found == [{"id": "HW-NB", "text": "HW-NB Notebooks", "hint": "in HW Hardware"}]
    assert controller.get("/approval-policies/codes/approval_policy?q=a").json["results"] == []


def test_a_published_policy_has_no_editor(controller: Any, office: Office) -> None:
    assert controller.get(f"/approval-policies/{office.policy}/edit").status_code == 409


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"rules-0-code": ""},
        {"rules-7-code": "X", "conditions-3-rule": "nobody", "conditions-3-fact": "colour"},
        {
            "rules-0-code": "A",
            "rules-1-code": "A",
            "rules-0-known": "A",
            "rules-1-known": "A",
            "conditions-0-rule": "A",
        },
        {
            "conditions-0-rule": "A",
            "conditions-0-alternative": "many",
            "conditions-0-fact": "amount",
            "conditions-0-value": "\u00bd",
        },
        {"rules-0-stage": "99999999999", "rules-0-effect": "explode", "unheard_of": "1"},
    ],
)
def test_the_editor_and_its_checks_answer_whatever_is_typed(controller: Any, typed: dict[str, str]) -> None:
    assert post(controller, "/approval-policies/new", typed).status_code == 422
    page = post(controller, "/approval-policies/check", typed)
    assert page.status_code == 200
    assert "Still to do before it can be saved" in page.text
    assert post(controller, "/approval-policies/try", {**typed, "document_to_try": "REQ-1"}).status_code == 200


# --- checks beside it -----------------------------------------------------------------------------------------------


def test_checks_tell_gaps_with_the_way_to_the_rule_and_keep_nothing_of_what_is_typed(
    controller: Any, within: Any
) -> None:
    conditions = (("LOW", "amount", "below", "1000"), ("HIGH", "amount", "above", "1000"))
    before = within(lambda office: numbers())
    page = post(controller, "/approval-policies/check", sent(step("LOW"), step("HIGH"), conditions=conditions))
    words = text(page)
    assert "2 problems before it can be published" in words.replace("\u00a0", " ")
    assert 'data-o-to="rules-1"' in page.text
    assert "Rules LOW and HIGH leave a gap: a document of exactly 1000 is for neither." in words
    assert page.text.count('class="o-ladder-gap"') == 1
    assert within(lambda office: numbers()) == before


def numbers() -> list[str]:
    with unit.reading(system()) as bound:
        statement = scope.columns(ApprovalPolicy.number, why="test").order_by(ApprovalPolicy.id)
        return list(bound.session.scalars(statement))


def test_checks_name_who_is_missing_and_say_when_all_is_well(controller: Any) -> None:
    alone = post(
        controller,
        "/approval-policies/check",
        sent(step("ONE", resolver="owner_of_project", role="", fallback="nobody")),
    )
    assert "Rule ONE can find nobody" in text(alone)
    assert "Ready to publish" in text(post(controller, "/approval-policies/check", sent(step("ALL"))))


def test_checks_of_a_draft_tell_what_it_changes_against_the_version_in_force(controller: Any, office: Office) -> None:
    copy = entered(controller, form(controller.get(f"/approval-policies/new?like={office.policy}"), ident="form"))
    drawn = form(controller.get(f"/approval-policies/{copy}/edit"), ident="form")
    place = next(name for name, value in drawn.items() if name.endswith("-code") and value == "BUYING").removesuffix(
        "-code"
    )
    drawn |= {f"{place}-due_days": "2", f"{place}-person": "marta.keller"}
    drawn |= {name: "7500" for name, value in drawn.items() if name.endswith("-value") and value == "5000"}
    words = text(post(controller, f"/approval-policies/{copy}/check", drawn)).replace("\u00a0", " ")
    assert f"1 change against {office.policy}, version 1 (in force)" in words
    assert "When Amount is above 5 000 EUR Amount is above 7 500 EUR" in words
    assert "Person Omar Haddad Marta Keller" in words
    assert "Due in days 2" in words


# --- trying it out --------------------------------------------------------------------------------------------------


def test_what_is_typed_is_tried_on_a_document_before_it_is_saved(controller: Any, within: Any) -> None:
    key = within(lambda office: office.submitted("6000"))
    filled = sent(step("ALL"), step("HIGH", "Chief", resolver="person", role="", person="karl.weber", stage="2"))
    filled |= sent(step("ALL"), step("HIGH", "Chief", resolver="person", role="", person="karl.weber", stage="2"),
                   conditions=(("HIGH", "amount", "above", "10000"),))  # fmt: skip
    words = text(post(controller, "/approval-policies/try", {**filled, "document_to_try": key}))
    assert "Step ALL (" in words
    assert "Amount is above 10 000 EUR It was 6 000 EUR" in words
    assert "Does not apply" in words
    assert "was not found among what you see" in text(
        post(controller, "/approval-policies/try", {**filled, "document_to_try": "REQ-0000-00000"})
    )


def test_a_version_in_force_is_tried_on_a_page_that_names_the_people_and_every_rule(
    client: Any, office: Office, within: Any
) -> None:
    key = within(lambda office: office.submitted("6000"))
    page = client(office.marta).get(f"/approval-policies/{office.policy}/trial?document={key}")
    words = text(page)
    assert "Cost-centre owner Sofia Rossi Owner of cost centre LAB Every request" in words
    assert "Purchasing Omar Haddad Named in the policy Over 5 000 EUR" in words
    assert words.index("BUYING") < words.index("DANGER")  # what applies comes first
    assert client(office.lena).get(f"/approval-policies/{office.policy}/trial?document={key}").status_code == 403


# --- versions -------------------------------------------------------------------------------------------------------


def test_publishing_says_what_changes_for_documents_to_come_and_what_stays(
    controller: Any, within: Any, office: Office
) -> None:
    within(lambda office: office.submitted("6000"))
    copy = entered(controller, form(controller.get(f"/approval-policies/new?like={office.policy}"), ident="form"))
    drawn = form(controller.get(f"/approval-policies/{copy}/edit"), ident="form")
    drawn["rules-4-removed"] = "1"
    assert post(controller, f"/approval-policies/{copy}/edit", drawn).status_code == 303
    words = text(controller.get(f"/approval-policies/{copy}/publish")).replace("\u00a0", " ")
    assert "Every new request in HAL Halden is decided by it." in words
    assert f"{office.policy}, version 1, is retired. What changes: BUYING Purchasing removed." in words
    assert "1 request on its way keeps the version it was submitted under." in words
    assert post(controller, f"/approval-policies/{copy}/publish", form(controller.get(f"/approval-policies/{copy}/publish"), f"/approval-policies/{copy}/publish")).status_code == 303  # fmt: skip
    retired = text(controller.get(f"/approval-policies/{office.policy}"))
    assert f"It is retired. {copy}, version 1, is in force. Open it" in retired


def test_the_page_of_a_published_version_tells_its_hash_who_published_it_and_where_it_is_in_use(
    client: Any, office: Office, within: Any
) -> None:
    key = within(lambda office: office.submitted("6000"))
    page = client(office.marta).get(f"/approval-policies/{office.policy}")
    assert f'href="/requests/{key}"' in page.text
    assert "1 document is being decided by it" in text(page).replace("\u00a0", " ")
    assert within(published_hash) in page.text
    assert "Published by" in text(page)
    assert 'data-o="print"' in page.text


def published_hash(office: Office) -> str:
    with unit.reading(system()) as bound:
        statement = scope.columns(Approval.policy_hash, why="test").limit(1)
        return str(bound.session.scalars(statement).one())


def test_a_document_out_of_the_reader_s_sight_is_counted_and_not_named(
    client: Any, office: Office, within: Any
) -> None:
    key = within(lambda office: office.submitted("6000"))
    page = client(office.jana).get(f"/approval-policies/{office.policy}")
    assert page.status_code == 200
    assert key not in page.text
    assert "1 document is being decided by it, 1 not shown" in text(page).replace("\u00a0", " ")
