"""How a round goes on: stages, quorum, places, the same person twice, and what a no does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.approvals.domain import progress
from app.modules.approvals.domain.progress import APPROVE, REJECT, RETURN, Round, Seat, Step

JOHN, MIKE, ANNA = 1, 2, 3


def step(*people: int, stage: int = 1, needed: int = 1) -> Step:
    return Step(stage, needed, tuple(Seat(person, place) for place, person in enumerate(people, 1)))


def begun(*steps: Step, once: bool = True) -> Round:
    return progress.begin(Round(steps, once))


def asked(round_: Round) -> list[tuple[int, int]]:
    """List (step, person) of everybody who may decide now."""
    return [(n, seat.person) for n, each in enumerate(round_.steps) for seat in each.seats if seat.state == "open"]


def test_app_03_one_yes_approves_what_one_person_decides() -> None:
    round_ = begun(step(JOHN))
    assert (round_.state, asked(round_)) == ("open", [(0, JOHN)])
    assert progress.decide(round_, 0, JOHN, APPROVE).state == "approved"


def test_app_07_the_same_person_on_three_levels_approves_three_times_when_each_is_asked() -> None:
    round_ = begun(step(JOHN), step(JOHN, stage=2), step(JOHN, stage=3), once=False)
    left = []
    for level in range(3):
        left.append(sum(each.state in ("open", "waiting") for each in round_.steps))
        round_ = progress.decide(round_, level, JOHN, APPROVE)
    assert left == [3, 2, 1]
    assert round_.state == "approved"


def test_the_same_person_on_three_levels_is_asked_once_when_the_policy_says_so() -> None:
    round_ = progress.decide(
        begun(step(JOHN), step(JOHN, stage=2), step(JOHN, MIKE, stage=3, needed=2)), 0, JOHN, APPROVE
    )
    assert [each.state for each in round_.steps] == ["approved", "approved", "open"]
    assert asked(round_) == [(2, MIKE)]


def test_app_09_who_comes_second_is_not_asked_before_the_first_has_decided() -> None:
    round_ = begun(step(JOHN), step(MIKE, stage=2))
    assert asked(round_) == [(0, JOHN)]
    with pytest.raises(ValueError, match="not asked"):
        progress.decide(round_, 1, MIKE, APPROVE)
    round_ = progress.decide(round_, 0, JOHN, APPROVE)
    assert (round_.state, asked(round_)) == ("open", [(1, MIKE)])


def test_parallel_steps_of_a_stage_are_asked_together_and_all_have_to_agree() -> None:
    round_ = begun(step(JOHN), step(MIKE), step(ANNA, stage=2))
    assert asked(round_) == [(0, JOHN), (1, MIKE)]
    round_ = progress.decide(round_, 1, MIKE, APPROVE)
    assert (round_.state, asked(round_)) == ("open", [(0, JOHN)])
    assert asked(progress.decide(round_, 0, JOHN, APPROVE)) == [(2, ANNA)]


def test_a_no_ends_the_round_where_all_have_to_agree_and_nobody_is_asked_any_more() -> None:
    round_ = progress.decide(begun(step(JOHN, MIKE, needed=2), step(ANNA)), 0, MIKE, REJECT)
    assert (round_.state, asked(round_)) == ("rejected", [])
    assert [each.state for each in round_.steps] == ["rejected", "void"]


def test_a_no_of_any_who_may_answer_ends_the_round_and_in_a_vote_only_when_too_few_are_left() -> None:
    assert progress.decide(begun(step(JOHN, MIKE)), 0, JOHN, REJECT).state == "rejected"
    vote = progress.decide(begun(replace(step(JOHN, MIKE, ANNA, needed=2), voting=True)), 0, JOHN, REJECT)
    assert (vote.state, asked(vote)) == ("open", [(0, MIKE), (0, ANNA)])
    assert progress.decide(vote, 0, ANNA, REJECT).state == "rejected"


def test_sending_back_ends_the_round_for_everybody() -> None:
    round_ = progress.decide(begun(step(JOHN), step(MIKE)), 0, JOHN, RETURN)
    assert (round_.state, asked(round_)) == ("returned", [])


def test_a_round_cut_short_is_not_approved() -> None:
    assert progress.decide_nothing(begun(step(JOHN))).state == "ended"


def test_a_round_without_steps_is_approved() -> None:
    assert begun().state == "approved"


def test_two_on_one_place_fill_it_once() -> None:
    shared = Step(1, 2, (Seat(JOHN, 1), Seat(MIKE, 1), Seat(ANNA, 2)))
    round_ = progress.decide(begun(shared), 0, JOHN, APPROVE)
    assert (round_.state, asked(round_)) == ("open", [(0, MIKE), (0, ANNA)])
    assert progress.decide(round_, 0, MIKE, APPROVE).state == "open"
    assert progress.decide(round_, 0, ANNA, APPROVE).state == "approved"


def test_somebody_is_replaced_on_their_place_and_with_keep_stays_beside() -> None:
    round_ = begun(step(JOHN, MIKE, needed=2))
    instead = progress.replace_seat(round_, 0, JOHN, [ANNA])
    assert asked(instead) == [(0, MIKE), (0, ANNA)]
    beside = progress.replace_seat(round_, 0, JOHN, [ANNA], keep=True)
    assert asked(beside) == [(0, JOHN), (0, MIKE), (0, ANNA)]
    assert progress.decide(progress.decide(beside, 0, ANNA, APPROVE), 0, MIKE, APPROVE).state == "approved"
    assert progress.decide(progress.decide(beside, 0, ANNA, APPROVE), 0, JOHN, APPROVE).state == "open"


def test_whoever_agreed_before_and_takes_a_place_is_not_asked_again() -> None:
    round_ = progress.decide(begun(step(JOHN), step(MIKE, stage=2)), 0, JOHN, APPROVE)
    assert progress.replace_seat(round_, 1, MIKE, [JOHN]).state == "approved"


people = st.lists(st.integers(1, 6), min_size=1, max_size=5, unique=True)


@st.composite
def rounds(draw: st.DrawFn) -> Round:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        chosen = draw(people)
        asked_ = step(*chosen, stage=draw(st.integers(1, 3)), needed=draw(st.integers(1, len(chosen))))
        made.append(replace(asked_, voting=draw(st.booleans())))
    return Round(tuple(made), draw(st.booleans()))


@given(round_=rounds(), data=st.data())
def test_every_round_ends_and_ends_as_its_steps_say(round_: Round, data: st.DataObject) -> None:
    """Let people answer in any order: steps open in the order of stages, and a quorum is neither missed nor exceeded."""
    now, acts = progress.begin(round_), 0
    while now.state == "open":
        choices = asked(now)
        assert choices, "nobody is asked although the round is open"
        open_stages = {each.stage for each in now.steps if each.state == "open"}
        assert len(open_stages) == 1
        assert all(each.state == "approved" for each in now.steps if each.stage < min(open_stages))
        index, person = data.draw(st.sampled_from(choices))
        now = progress.decide(now, index, person, data.draw(st.sampled_from([APPROVE, APPROVE, APPROVE, REJECT])))
        acts += 1
    assert asked(now) == []
    assert acts <= sum(len(each.seats) for each in round_.steps)
    for each in now.steps:
        if each.state == "approved":
            assert each.filled >= each.needed
        if each.state == "rejected":
            assert not each.voting or each.reachable < each.needed
            assert any(seat.state == "rejected" for seat in each.seats)
    assert (now.state == "approved") == all(each.state == "approved" for each in now.steps)


@given(round_=rounds())
def test_asked_once_means_that_nobody_says_yes_twice(round_: Round) -> None:
    now, acts = progress.begin(replace(round_, once=True)), []
    while now.state == "open":
        index, person = asked(now)[0]
        now = progress.decide(now, index, person, APPROVE)
        acts.append(person)
    assert now.state == "approved"
    assert len(acts) == len(set(acts))


@given(chosen=people, data=st.data())
def test_a_quorum_is_reached_by_exactly_that_many(chosen: list[int], data: st.DataObject) -> None:
    needed = data.draw(st.integers(1, len(chosen)))
    now = begun(step(*chosen, needed=needed))
    for count, person in enumerate(data.draw(st.permutations(chosen)), 1):
        now = progress.decide(now, 0, person, APPROVE)
        assert (now.state == "approved") == (count >= needed)
        if count >= needed:
            break
