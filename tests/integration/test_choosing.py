"""The choice of the best copy against a real database: near copies, restarts, live copy, the judge's opinions."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from flows.budget import Limits
from flows.choosing import choose_waiting
from flows.judging import judge_waiting
from flows.planning import calibrations_of
from flows.progress import Progress
from flows.ratings import Rating, compare, scored_labels
from generation.calibration import LEAST, Calibration
from generation.choosing import rescore
from generation.engine import SHIPPED_MODEL, load_tokenizer
from generation.judging import part_of
from generation.labels import Label, Refused
from generation.prompts import PromptRenderer
from generation.records import (
    AdCopy,
    Brief,
    CustomerQuestion,
    Draft,
    Generation,
    Judged,
    Outcome,
    Product,
    ScoredCopy,
    Segment,
)
from generation.scoring import KEPT, deductions, judge
from sql.calibrations import Knots, forget_calibrations, read_calibrations, save_calibration
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.choosing import Score, count_unjudged, read_contests, save_scores
from sql.customers import upsert_questions
from sql.database import Database, downgrade, migrate
from sql.feeds.customers import QuestionSpec
from sql.plan import Selection, plan, read_briefs
from sql.runs import RunInProgress, finish_run, one_run_at_a_time, run_summary, start_run
from sql.store import save_outcomes
from sql.verdicts import read_drafts, save_verdicts

REST = "Rest after a long hike on a stool of solid oak that is made to last for years"
TEA = "Have your tea by the window and let the evening come in slowly at last"
READ = "Read one more chapter in the lamp's soft light before the day is over"


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def planned(database: Database, judgement: str = "old", campaign: str = "Spring") -> int:
    run_id = start_run(database, parameters={}, model="demo", model_revision="1")
    chosen = Selection(read_campaign(database, campaign), floor=20, about={"question_answer": "question"})
    rules = dict.fromkeys((channel for channel, _ in chosen.cells()), judgement)
    plan(database, run_id, chosen, dict.fromkeys(chosen.cells(), "r"), rules)
    return run_id


def scored(brief: Brief, *texts: tuple[str, float]) -> Outcome:
    """A copy of each text and score; the score is made of one part."""
    copies = [
        ScoredCopy(
            AdCopy(Draft(brief, number, f"body: {words}", 9, -0.2, "stop"), {"body": (words,)}),
            points, {"facts": points / 100}, ("names it",), points,
        )
        for number, (words, points) in enumerate(texts)
    ]  # fmt: skip
    return Outcome(brief, tuple(copies), judgement="old")


def shop(database: Database, products: int = 2, segments: int = 2) -> int:
    upsert_products(database, [Product(f"p{n:03}", f"Mug {n}", category="Mugs") for n in range(products)])
    upsert_segments(database, [Segment(f"s{n}", f"Readers {n}", size=500) for n in range(segments)])
    upsert_campaign(database, CampaignSpec("Spring", ["sms"], ["en-US"]))
    return planned(database)


def write(database: Database, run_id: int, texts: Sequence[tuple[str, float]] = ((REST, 70), (TEA, 65))) -> None:
    save_outcomes(database, run_id, [scored(brief, *texts) for brief in read_briefs(database, run_id, 0)])


def offered(database: Database) -> list[tuple[str, str, str]]:
    return rows(
        database,
        "select product_id, segment_id, c.fields->'body'->>0 from copies c join briefs b on b.id = c.brief_id"
        " where c.status = 'selected' order by 1, 2",
    )


# The choice


def test_the_second_brief_takes_other_words_where_they_are_nearly_as_good(database: Database) -> None:
    write(database, shop(database))
    assert choose_waiting(database) == 4
    assert [words for _, _, words in offered(database)] == [REST, TEA, REST, REST]


def test_a_lowered_score_is_stored_with_its_part_and_its_note(database: Database) -> None:
    write(database, shop(database, 1, 3), [(REST, 70)])
    choose_waiting(database)
    first, second, third = rows(
        database, "select id, score, raw_score, score_parts, score_notes from copies order by brief_id, variant"
    )
    assert first[1:] == (70, 70, {"facts": 0.7}, ["names it"])
    for _, score, raw, parts, notes in (second, third):
        assert score == raw == 70 - deductions()["apart"]
        assert parts == {"facts": 0.7, "apart": 0}
        assert notes == ["names it", f"much like copy {first[0]} of the same product (100%)"]


def test_choosing_again_changes_nothing(database: Database) -> None:
    write(database, shop(database))
    choose_waiting(database)
    everything = "select * from {} order by 1, 2, 3"
    before = [rows(database, everything.format(table)) for table in ("copies", "briefs", "likenesses", "openings")]
    assert choose_waiting(database) == 0
    assert [rows(database, everything.format(t)) for t in ("copies", "briefs", "likenesses", "openings")] == before


@pytest.mark.parametrize("size", [1, 3, 256])
def test_a_choice_that_broke_off_ends_as_one_that_did_not(database: Database, size: int) -> None:
    write(database, shop(database, 4, 4), [(REST, 70), (TEA, 66), (READ, 60)])

    class Killed(Exception):
        pass

    left = 2

    def saved() -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Killed

    if size == 256:
        choose_waiting(database, size=size)
    else:
        with pytest.raises(Killed):
            choose_waiting(database, size=size, saved=saved)
        assert 0 < len(offered(database)) < 16
        choose_waiting(database, size=size)
    words = [words for _, _, words in offered(database)]
    # Worked out by hand: the fourth brief finds all three texts taken, and then the best is the best again.
    assert words == [REST, TEA, READ] + [REST] * 13


def test_a_person_who_decided_meanwhile_is_not_overruled(database: Database) -> None:
    write(database, shop(database, 1, 1))
    rows(database, "update copies set status = 'rejected' where variant = 1")
    assert choose_waiting(database) == 0
    assert offered(database) == []
    assert rows(database, "select awaits_choice from briefs") == [(False,)]


def test_live_copy_of_before_and_of_people_is_compared_with(database: Database) -> None:
    write(database, shop(database, 1, 1), [(REST, 70)])
    rows(database, "update copies set status = 'approved'")
    rows(database, "update briefs set awaits_choice = false")
    upsert_products(database, [Product("q", "Bowl", category="Bowls")])
    write(database, planned(database))
    choose_waiting(database)
    assert [words for _, _, words in offered(database)] == [TEA]


def test_answers_about_one_product_are_set_beside_each_other(database: Database) -> None:
    upsert_products(database, [Product("p", "Mug", category="Mugs")])
    upsert_campaign(database, CampaignSpec("Spring", ["question_answer"], ["en-US"]))
    upsert_questions(database, [QuestionSpec("p", CustomerQuestion(f"q{n}", f"Question {n}?")) for n in range(2)])
    texts = [(REST, 70.0), (TEA, 69.0), (READ, 68.0)]
    write(database, planned(database), texts)
    choose_waiting(database)
    assert [words for _, _, words in offered(database)] == [REST, TEA]
    rows(database, "delete from likenesses")  # as an earlier version leaves them
    upsert_questions(database, [QuestionSpec("p", CustomerQuestion("q9", "Question 9?"))])
    write(database, planned(database), texts)
    choose_waiting(database)
    assert [words for _, _, words in offered(database)] == [REST, TEA, READ]


@pytest.mark.parametrize("status", ["rejected", "expired"])
def test_copy_that_is_live_no_more_stands_in_nobodys_way(database: Database, status: str) -> None:
    write(database, shop(database, 1, 1), [(REST, 70)])
    choose_waiting(database)
    rows(database, "update copies set status = :status", status=status)
    upsert_products(database, [Product("q", "Bowl", category="Bowls")])
    write(database, planned(database))
    choose_waiting(database)
    assert [words for _, _, words in offered(database)] == [REST]
    assert rows(database, "select uses from openings where category = 'Mugs'") == []


def test_new_words_for_a_cell_are_not_compared_with_the_old_ones_they_replace(database: Database) -> None:
    write(database, shop(database, 1, 1), [(REST, 70)])
    choose_waiting(database)
    upsert_products(database, [Product("p000", "Cup", category="Mugs")])
    write(database, planned(database))
    choose_waiting(database)
    assert [words for _, _, words in offered(database)] == [REST]


def test_openings_are_counted_by_category(database: Database) -> None:
    write(database, shop(database, 2, 2))
    upsert_products(database, [Product("q", "Bowl", category="Bowls")])
    write(database, planned(database), [(READ, 60)])
    choose_waiting(database)
    assert rows(database, "select category, opening, uses from openings order by 1, 2") == [
        ("Bowls", "", 2), ("Bowls", "body: read one more chapter", 2), ("Mugs", "", 4),
        ("Mugs", "body: have your tea by", 1), ("Mugs", "body: rest after a long", 3),
    ]  # fmt: skip


def test_an_opening_that_a_category_has_had_its_fill_of_gives_way(database: Database) -> None:
    """Every text is its own, but for how it begins: after the floor of twenty, another beginning wins."""
    run_id = shop(database, 40, 1)
    for number, brief in enumerate(read_briefs(database, run_id, 0)):
        own = " ".join(f"w{number}x{word}" for word in range(12))
        texts = [(f"Meet the new mug {own}", 70.0), (f"{own} is in our shop", 64.0)]
        save_outcomes(database, run_id, [scored(brief, *texts)])
    choose_waiting(database)
    begun = [words.startswith("Meet the new mug") for _, _, words in offered(database)]
    assert begun[:20] == [True] * 20
    assert not any(begun[20:])


def test_the_best_after_the_rules_changed_is_chosen_by_the_score_that_ranks(database: Database) -> None:
    write(database, shop(database, 1, 1), [(REST, 60), (TEA, 50)])
    choose_waiting(database)
    finish_run(database, planned(database, "old"), "completed")
    run_id = planned(database, "new")
    for generations in read_drafts(database, run_id, 10):
        outcomes = [
            replace(judged, copies=(replace(judged.copies[0], score=90.0), replace(judged.copies[1], score=10.0)))
            for each in generations
            for judged in [scored(each.brief, (REST, 40), (TEA, 50))]
        ]
        save_verdicts(database, run_id, outcomes, 20)
    assert [words for _, _, words in offered(database)] == [TEA]


# The judge


def test_what_the_judge_said_stays_when_the_rules_change(database: Database) -> None:
    run_id = shop(database, 1, 1)
    (brief,) = read_briefs(database, run_id, 0)
    draft = Draft(brief, 0, "body: Mug 0 is here. Have your tea from it at last.", 9, -0.2, "stop")
    save_outcomes(database, run_id, [judge(Generation(brief, (draft,), 1, 0))])
    (contest,) = next(read_contests(database, 10))
    before = contest.candidates[0].raw or 0
    told = rescore(contest.candidates[0], "en-US", None, [("judge", 1.0, "the language model rates it 5.0 of 5")])
    save_scores(database, [Score(told.candidate, told.score, "demo@w:q")])
    choose_waiting(database)
    run_id = planned(database, "new")
    for generations in read_drafts(database, run_id, 10, KEPT):
        save_verdicts(database, run_id, [replace(judge(each), judgement="new") for each in generations], 20)
    ((raw, parts, notes, judged_by),) = rows(
        database, "select raw_score, score_parts, score_notes, judged_by from copies where status = 'selected'"
    )
    assert (parts["judge"], judged_by) == (1, "demo@w:q")
    assert raw == told.candidate.raw
    assert raw > before
    assert "the language model rates it 5.0 of 5" in notes


class _Judge:
    """Stands for the engine: rates by the copy's number, and says nothing clear of every third."""

    in_flight_cap, in_process, seconds = 4, False, 1.5

    def judge(self, questions: Any) -> Any:
        for question in questions:
            if question is None:
                continue
            number = question.candidate.id
            rating = None if number % 3 == 0 else 1.0 + number % 5
            yield Judged(question.brief, question.candidate, rating, 0.5 if rating is None else 1.0, 100, 60)


def test_opinions_are_saved_with_who_gave_them_and_asked_for_once(database: Database) -> None:
    run_id = shop(database, 3, 2)
    write(database, run_id)
    judges = {"en-US": "demo@w:q", "zh-CN": "demo@w:r"}
    assert count_unjudged(database, judges) == 12
    renderer = PromptRenderer(load_tokenizer(str(SHIPPED_MODEL)), 1024)
    engine: Any = _Judge()

    def ask() -> Any:
        return judge_waiting(
            database, run_id, engine, renderer, judges,
            limits=Limits(datetime.now(UTC)), tokens_left=None, progress=Progress(total=0),
        )  # fmt: skip

    verdicts = ask()
    assert (verdicts.asked, verdicts.without_rating, verdicts.prompt_tokens) == (12, 4, 1200)
    stored = rows(database, "select id, score, raw_score, score_parts->>'judge', judged_by from copies order by id")
    for number, score, raw, part, judged_by in stored:
        rating = None if number % 3 == 0 else 1.0 + number % 5
        expected = None if rating is None else (rating - 1) / 4
        assert (None if part is None else float(part)) == expected
        assert judged_by == "demo@w:q"
        assert score == raw
    assert {raw for _, _, raw, part, _ in stored if part is None} == {65, 70}  # left as they were, never a nought
    assert count_unjudged(database, judges) == 0
    assert ask().asked == 0
    assert count_unjudged(database, {**judges, "en-US": "other@w:q"}) == 12
    summary = run_summary(database, run_id)
    assert (summary.prompt_tokens, summary.cached_prompt_tokens) == (1200, 720)


def test_a_rating_is_a_fifth_of_the_whole_score(database: Database) -> None:
    run_id = shop(database, 1, 1)
    write(database, run_id, [(REST, 60)])
    (contest,) = next(read_contests(database, 1))
    answer = Judged(contest.brief, contest.candidates[0], 5.0, 1.0, 1, 0)
    part = part_of(answer)
    assert part == 1
    told = rescore(contest.candidates[0], "en-US", None, [("judge", part, "")])
    assert told.candidate.raw == pytest.approx((25 * 60 + 20 * 100) / 45, abs=0.01)


# Calibration

knots = st.integers(1, 6).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(0, 1000), min_size=count, max_size=count, unique=True),
        st.lists(st.integers(0, 1000), min_size=count, max_size=count, unique=True),
    )
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(knots, st.lists(st.integers(0, 10000), min_size=1, max_size=12))
def test_the_database_shows_a_score_as_the_calibration_does(
    server: Database, drawn: tuple[list[int], list[int]], scores: list[int]
) -> None:
    raw, shown = (tuple(sorted(number / 10 for number in side)) for side in drawn)
    migrate(server)
    try:
        run_id = shop(server, 1, 1)
        write(server, run_id, [(f"{REST} {number}", score / 100) for number, score in enumerate(scores)])
        save_calibration(server, "en-US", Knots(raw, shown))
        calibration = Calibration(raw, shown)
        for score, plain in rows(server, "select score, raw_score from copies"):
            assert score == pytest.approx(calibration(plain), abs=0.0101)
        assert calibrations_of(server) == {"en-US": calibration}
        forget_calibrations(server)
        assert rows(server, "select count(*) from copies where score <> raw_score") == [(0,)]
        assert read_calibrations(server) == {}
    finally:
        downgrade(server)


def test_a_calibration_of_another_locale_leaves_a_score_alone(database: Database) -> None:
    write(database, shop(database))
    assert save_calibration(database, "zh-CN", Knots((0.0, 100.0), (10.0, 20.0))) == 0
    assert save_calibration(database, "en-US", Knots((0.0, 100.0), (10.0, 20.0))) == 8
    choose_waiting(database, calibrations_of(database))
    assert rows(database, "select distinct score, raw_score from copies where status = 'selected' order by 2") == [
        (15, 50), (16.5, 65), (17, 70),
    ]  # fmt: skip


def test_ratings_of_stored_copies_calibrate_what_is_shown(database: Database, tmp_path: Path) -> None:
    run_id = shop(database, LEAST, 1)
    for number, brief in enumerate(read_briefs(database, run_id, 0)):
        save_outcomes(database, run_id, [scored(brief, (f"{REST} {number}", 40.0 + number * 30 / LEAST))])
    finish_run(database, run_id, "completed")
    stored = dict(rows(database, "select id, raw_score from copies"))
    labels: list[Label | Refused] = [
        Label(line, 5.0 if raw > 52 or line % 7 == 0 else 2.0, number)
        for line, (number, raw) in enumerate(stored.items(), 2)
    ]
    by_locale, refused = scored_labels(database, [*labels, Label(99, 4, 10**9), Refused(100, "no rating")])
    assert [(row.line, row.reason) for row in refused] == [(99, f"there is no copy {10**9}"), (100, "no rating")]
    chart = tmp_path / "curve.png"
    (report,) = compare(database, by_locale, 4, chart, keep=False)
    assert report.shown_anew == 0
    assert read_calibrations(database) == {}
    by_chance = {"en-US": [Rating(rating.raw, number % 5 + 1) for number, rating in enumerate(by_locale["en-US"])]}
    (report,) = compare(database, by_chance, 4, chart, keep=True)
    assert "Spearman above 0" in report.without
    assert (report.calibration, report.shown_anew, read_calibrations(database)) == (None, 0, {})
    assert chart.read_bytes().startswith(b"\x89PNG")
    (report,) = compare(database, by_locale, 4, chart, keep=True)
    assert report.agreement.auc is not None
    assert report.agreement.auc.value > 0.9
    assert report.shown_anew == LEAST
    assert chart.read_bytes().startswith(b"\x89PNG")
    ((low,), (high,)) = rows(database, "select score from copies where raw_score in (40, 69.7) order by raw_score")
    assert 0 < low < 50 < 80 < high < 100
    with one_run_at_a_time(database), pytest.raises(RunInProgress):
        compare(database, by_locale, 4, chart, keep=True)


def test_a_refused_copy_has_no_score_to_compare(database: Database) -> None:
    write(database, shop(database, 1, 1), [(REST, 60)])
    rows(
        database,
        "update copies set status = 'rejected', gate = 'length', reason = 'long', score = null, raw_score = null",
    )
    ((number,),) = rows(database, "select id from copies")
    by_locale, refused = scored_labels(database, [Label(2, 4, number)])
    assert by_locale == {}
    assert refused == [Refused(2, "a gate refuses the copy: it has no score")]


def test_scores_of_before_the_upgrade_stay_and_wait_for_their_choice(database: Database) -> None:
    write(database, shop(database, 1, 1))
    downgrade(database, "-1")
    assert json.dumps(rows(database, "select score from copies order by variant")) == "[[70.0], [65.0]]"
    migrate(database)
    assert rows(database, "select raw_score from copies order by variant") == [(70,), (65,)]
    assert choose_waiting(database) == 1
