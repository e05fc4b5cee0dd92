"""Which copy is selected: the best by score, unless it is a near copy or begins as all the others do."""

from dataclasses import replace

import pytest

from generation.choosing import Around, choose
from generation.records import Brief, Campaign, Candidate, Contest, CustomerQuestion, Product, Segment
from generation.scoring import deductions, rules
from generation.similarity import Likeness, likeness

BRIEF = Brief(1, Campaign(7, "c"), Product("p", "Stool", category="Seats"), Segment("s", "Hikers"), "email", "en-US")
REST = "Rest after a long hike on a stool of solid oak that is made to last for years"
TEA = "Have your tea by the window and let the evening come in slowly at last"


def candidate(number: int, body: str, points: float, variant: int | None = None, attempt: int = 0) -> Candidate:
    place = number if variant is None else variant
    return Candidate(number, attempt, place, {"body": (body,)}, points, {"facts": points / 100})


def like(text: str) -> Likeness:
    return likeness({"body": (text,)}, "email", "en-US")


def contest(*candidates: Candidate, brief: Brief = BRIEF) -> Contest:
    return Contest(brief, candidates)


def chosen(around: Around, *candidates: Candidate, brief: Brief = BRIEF) -> int:
    return choose(contest(*candidates, brief=brief), [like(c.fields["body"][0]) for c in candidates], around).chosen.id


def beside(*texts: str, brief: Brief | None = None) -> Around:
    """What is around: one copy of each text, of another product unless a brief is given."""
    around = Around()
    other = brief or replace(BRIEF, product=Product("q", "Bench", category="Seats"))
    for number, text in enumerate(texts, 800):
        around.add(number, like(text), other)
    return around


def test_the_highest_score_is_chosen_and_nothing_is_rescored_without_a_reason() -> None:
    candidates = [candidate(1, REST, 60), candidate(2, TEA, 70)]
    choice = choose(contest(*candidates), [like(REST), like(TEA)], Around())
    assert choice.chosen is candidates[1]
    assert choice.rescored == ()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_equal_scores_the_first_attempts_first_variant_is_chosen(order: tuple[int, ...]) -> None:
    candidates = [
        candidate(9, REST, 60, 0), candidate(5, TEA, 60, 1), candidate(1, "Sit", 60, 0, attempt=1),
    ]  # fmt: skip
    assert chosen(Around(), *(candidates[place] for place in order)) == 9


def test_a_near_copy_of_what_is_selected_gives_way_to_a_slightly_weaker_one_of_its_own() -> None:
    assert chosen(beside(REST), candidate(1, REST, 70), candidate(2, TEA, 60)) == 2
    assert chosen(beside("Another thing altogether, said in words of its own"), candidate(1, REST, 70)) == 1


def test_a_near_copy_that_is_better_by_more_than_the_deduction_is_chosen_all_the_same() -> None:
    weaker = 70 - deductions()["apart"] - 1
    assert chosen(beside(REST), candidate(1, REST, 70), candidate(2, TEA, weaker)) == 1


def test_a_near_copy_loses_points_and_is_told_of_which_copy() -> None:
    choice = choose(contest(candidate(1, REST, 70)), [like(REST)], beside(REST))
    (lowered,) = choice.rescored
    assert lowered.candidate.raw == 70 - deductions()["apart"]
    assert lowered.candidate.parts["apart"] == 0
    assert lowered.candidate.notes == ("much like copy 800 of the same campaign (100%)",)


@pytest.mark.parametrize(
    ("brief", "words"),
    [
        (replace(BRIEF, segment=Segment("t", "Readers")), " of the same product"),
        (replace(BRIEF, product=Product("q", "Bench")), " of the same campaign"),
        (replace(BRIEF, product=Product("q", "Bench"), campaign=Campaign(8, "d")), ""),
    ],
)
def test_the_note_says_whose_copy_it_is_like(brief: Brief, words: str) -> None:
    choice = choose(contest(candidate(1, REST, 70)), [like(REST)], beside(REST, brief=brief))
    assert choice.rescored[0].candidate.notes == (f"much like copy 800{words} (100%)",)


def test_the_copy_whose_place_it_takes_is_not_held_against_a_new_one() -> None:
    choice = choose(contest(candidate(1, REST, 70)), [like(REST)], beside(REST, brief=BRIEF))
    assert choice.rescored == ()


ANSWER = replace(BRIEF, segment=Segment("", ""), question=CustomerQuestion("wash", "May it be washed?"))
GUIDE = replace(BRIEF, segment=Segment("", ""), other=Product("q", "Bench"))


@pytest.mark.parametrize(
    ("brief", "further"),
    [
        (ANSWER, replace(ANSWER, question=CustomerQuestion("oil", "Does it take oil?"))),
        (GUIDE, replace(GUIDE, other=Product("r", "Chair"))),
    ],
)
def test_two_answers_about_one_product_are_set_beside_each_other(brief: Brief, further: Brief) -> None:
    assert chosen(beside(REST, brief=brief), candidate(1, REST, 70), candidate(2, TEA, 60), brief=brief) == 1
    assert chosen(beside(REST, brief=brief), candidate(1, REST, 70), candidate(2, TEA, 60), brief=further) == 2


def test_the_others_of_the_brief_are_lowered_for_being_like_the_chosen_one() -> None:
    candidates = [candidate(1, REST, 70), candidate(2, REST, 69), candidate(3, TEA, 60)]
    choice = choose(contest(*candidates), [like(REST), like(REST), like(TEA)], Around())
    assert choice.chosen.id == 1
    (lowered,) = choice.rescored
    assert (lowered.candidate.id, lowered.candidate.raw) == (2, 69 - deductions()["apart"])
    assert "selected for the same brief" in lowered.candidate.notes[0]


def test_what_is_chosen_is_around_for_the_next_brief() -> None:
    around = Around()
    other = replace(BRIEF, id=2, segment=Segment("t", "Readers"))
    assert chosen(around, candidate(1, REST, 70), candidate(2, TEA, 65)) == 1
    assert chosen(around, candidate(3, REST, 70), candidate(4, TEA, 65), brief=other) == 4


def test_of_many_texts_much_the_same_one_stands_for_all() -> None:
    around = Around()
    for number in range(100):
        around.add(number, like(REST), replace(BRIEF, product=Product(f"p{number}", "Stool")))
    assert {kin.copy_id for found in around.kin.values() for kin in found} == {0}


@pytest.mark.parametrize(("uses", "copies", "lowered"), [(3, 30, False), (4, 30, True), (19, 19, False)])
def test_an_opening_beyond_its_quota_in_the_category_costs_points(uses: int, copies: int, lowered: bool) -> None:
    around = Around()
    around.openings.update({("en-US", "Seats", ""): copies, ("en-US", "Seats", "body: rest after a long"): uses})
    around.openings["en-US", "Lamps", "body: rest after a long"] = 1000
    choice = choose(contest(candidate(1, REST, 70)), [like(REST)], around)
    assert bool(choice.rescored) == lowered
    if lowered:
        quota = rules()["opening_quota"]
        part = choice.rescored[0].candidate.parts["opening"]
        assert part == pytest.approx(quota / (uses / copies), abs=1e-4)
        assert "'body: rest after a long', 13% of its category" in choice.rescored[0].candidate.notes[0]


def test_a_copy_without_a_score_comes_last() -> None:
    assert chosen(Around(), replace(candidate(1, REST, 0), raw=None), candidate(2, TEA, 0)) == 2
