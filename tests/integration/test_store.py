"""Outcomes into the database: what becomes of a brief, hostile rows, and which copy is chosen."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from generation.records import AdCopy, Brief, Claim, Draft, Failure, Outcome, Product, Rejection, ScoredCopy, Segment
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import Database, downgrade, migrate
from sql.feeds.text import storable
from sql.plan import Selection, plan, read_briefs
from sql.runs import finish_run, run_summary, start_run
from sql.store import save_outcomes, select_best


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def started(database: Database, products: int) -> tuple[int, list[Brief]]:
    """A run and its briefs, one for each product."""
    upsert_products(database, (Product(f"p{n:04}", f"Mug {n}") for n in range(products)))
    upsert_segments(database, [Segment("s", "Hikers", size=100)])
    upsert_campaign(database, CampaignSpec("Spring", ["push"], ["en-US"]))
    run_id = start_run(database, parameters={}, model="demo", model_revision="1")
    selection = Selection(read_campaign(database, "Spring"))
    plan(database, run_id, selection, dict.fromkeys(selection.cells(), "r"))
    return run_id, list(read_briefs(database, run_id, 0))


def passed(brief: Brief, variant: int, score: float | None, words: str = "Mugs", raw: str = "raw") -> ScoredCopy:
    draft = Draft(brief, variant, raw, 9, -0.5, "stop")
    return ScoredCopy(AdCopy(draft, {"title": (words,)}, warnings=("long",)), score, {"facts": 0.5})


def gated(brief: Brief, variant: int, reason: str = "too long", raw: str = "raw") -> ScoredCopy:
    draft = Draft(brief, variant, raw, 9, None, "length")
    return ScoredCopy(AdCopy(draft, {"title": ("Mugs",)}, Rejection("length", reason)), None)


def scored(brief: Brief, *scores: float | None) -> Outcome:
    return Outcome(brief, tuple(passed(brief, variant, score) for variant, score in enumerate(scores)))


def with_claim(outcome: Outcome, value: str = "mug") -> Outcome:
    """The same, each copy claiming one thing."""
    claim = Claim("material", "title", 0, 0, 4, "Mugs", value, "warned")
    return replace(
        outcome, copies=tuple(replace(each, copy=replace(each.copy, claims=(claim,))) for each in outcome.copies)
    )


def whole(database: Database) -> list[list[Any]]:
    return [rows(database, f"select * from {table} order by id") for table in ("briefs", "copies", "failures")]


def second(brief: Brief) -> Brief:
    return replace(brief, attempt=1)


# What becomes of a brief


def test_every_column_of_a_copy_is_kept(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [Outcome(brief, (passed(brief, 0, 61.5), gated(brief, 1)), judgement="rules")])
    good, bad = rows(database, "select * from copies order by variant")
    assert (good.brief_id, good.run_id, good.attempt, good.variant, good.status) == (
        brief.id,
        run_id,
        0,
        0,
        "candidate",
    )
    assert (good.fields, good.raw_text, good.gate, good.reason) == ({"title": ["Mugs"]}, "raw", None, None)
    assert (good.warnings, good.score, good.score_parts) == (["long"], 61.5, {"facts": 0.5})
    assert (good.output_tokens, good.mean_logprob) == (9, -0.5)
    assert good.judgement == bad.judgement == "rules"
    assert (bad.status, bad.gate, bad.reason, bad.score, bad.mean_logprob) == (
        "rejected",
        "length",
        "too long",
        None,
        None,
    )
    assert rows(database, "select status, attempts, reason from briefs") == [("generated", 0, None)]


def test_without_a_passing_copy_a_brief_waits_for_its_second_attempt_and_then_fails(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [Outcome(brief, (gated(brief, 0), gated(brief, 1)))])
    assert rows(database, "select status, attempts, reason from briefs") == [("pending", 1, None)]
    assert rows(database, "select * from failures") == []
    (again,) = read_briefs(database, run_id, 1)
    assert again == second(brief)
    save_outcomes(database, run_id, [Outcome(again, (gated(again, 0, raw="the raw text"),))])
    ((status, attempts, reason),) = rows(database, "select status, attempts, reason from briefs")
    assert (status, attempts) == ("failed", 1)
    assert reason == "no draft passed the gates (length), in two attempts; the first: too long"
    assert rows(database, "select run_id, brief_id, stage, reason, raw_text from failures") == [
        (run_id, brief.id, "check", reason, "the raw text")
    ]
    assert rows(database, "select count(*) from copies") == [(3,)]


def test_a_second_attempt_that_passes_makes_the_brief_generated(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [Outcome(brief, (gated(brief, 0),))])
    save_outcomes(database, run_id, [scored(second(brief), 50.0)])
    assert rows(database, "select status, attempts, reason from briefs") == [("generated", 1, None)]
    assert select_best(database, run_id) == 1


@pytest.mark.parametrize("stage", ["render", "generate"])
def test_a_failure_to_render_or_generate_fails_the_brief_at_once(database: Database, stage: str) -> None:
    run_id, (brief, other) = started(database, 2)
    failure = Failure(brief, stage, "the prompt is too long", "half a te\x00xt")
    save_outcomes(database, run_id, [Outcome(brief, failure=failure), scored(other, 50.0)])
    assert rows(database, "select status, reason from briefs order by id") == [
        ("failed", "the prompt is too long"), ("generated", None),
    ]  # fmt: skip
    assert rows(database, "select stage, reason, raw_text from failures") == [
        (stage, "the prompt is too long", "half a text")
    ]


def test_an_engine_that_returns_no_draft_fails_the_brief_in_the_end(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [Outcome(brief)])
    save_outcomes(database, run_id, [Outcome(second(brief))])
    assert rows(database, "select stage, reason from failures") == [("generate", "the engine returned no draft")]


def test_an_empty_batch_is_nothing(database: Database) -> None:
    run_id, _ = started(database, 1)
    before = whole(database)
    save_outcomes(database, run_id, [])
    assert whole(database) == before


# Twice, late, and to the wrong brief


def test_saving_a_batch_twice_changes_nothing(database: Database) -> None:
    run_id, briefs = started(database, 4)
    failing = Outcome(briefs[2], failure=Failure(briefs[2], "render", "too long"))
    batch = [scored(briefs[0], 50.0, 60.0), Outcome(briefs[1], (gated(briefs[1], 0),)), failing]
    save_outcomes(database, run_id, batch)
    before = whole(database)
    save_outcomes(database, run_id, batch)
    assert whole(database) == before
    select_best(database, run_id)
    before = whole(database)
    save_outcomes(database, run_id, batch)
    assert whole(database) == before


def test_a_late_first_attempt_does_not_undo_the_second(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    first = Outcome(brief, (gated(brief, 0),))
    save_outcomes(database, run_id, [first])
    save_outcomes(database, run_id, [scored(second(brief), 50.0)])
    before = whole(database)
    save_outcomes(database, run_id, [first])
    assert whole(database) == before


def test_a_brief_that_comes_twice_in_a_batch_is_saved_once(database: Database) -> None:
    run_id, (brief, other) = started(database, 2)
    save_outcomes(database, run_id, [scored(brief, 50.0, 60.0), scored(other, 70.0), scored(brief, 80.0)])
    assert rows(database, "select brief_id, score from copies order by brief_id, variant") == [
        (brief.id, 50.0), (brief.id, 60.0), (other.id, 70.0),
    ]  # fmt: skip
    assert rows(database, "select status from briefs") == [("generated",), ("generated",)]


def test_two_who_save_the_same_briefs_at_once_save_each_once(database: Database) -> None:
    run_id, briefs = started(database, 60)
    passing = [scored(brief, 50.0, 60.0) if brief.id % 3 else Outcome(brief, (gated(brief, 0),)) for brief in briefs]
    batch = [with_claim(outcome) for outcome in passing]
    together = Barrier(4)

    def save(order: int) -> None:
        together.wait()
        save_outcomes(database, run_id, batch[::order])

    with ThreadPoolExecutor(4) as savers:
        list(savers.map(save, [1, -1, 1, -1]))
    assert rows(database, "select status, count(*) from briefs group by 1 order by 1") == [
        ("generated", 40), ("pending", 20),
    ]  # fmt: skip
    assert rows(database, "select count(*) from copies") == rows(database, "select count(*) from claims") == [(100,)]


def test_only_what_people_decided_on_keeps_its_place_and_its_claims(database: Database) -> None:
    run_id, briefs = started(database, 3)
    save_outcomes(database, run_id, [with_claim(scored(brief, 50.0, 60.0)) for brief in briefs[:2]])
    rows(database, "update copies set status = 'approved' where brief_id = :id and variant = 1", id=briefs[0].id)
    rows(database, "update briefs set status = 'pending'")  # as when a brief is written once more under the same key
    before = rows(database, "select id, brief_id, variant from copies order by 1")
    save_outcomes(database, run_id, [with_claim(scored(brief, 70.0, 80.0), "cup") for brief in briefs])
    found = rows(
        database,
        "select c.id, c.brief_id, c.variant, c.status, c.score, l.value"
        " from copies c left join claims l on l.copy_id = c.id order by 1",
    )
    assert [row[:3] for row in found[:4]] == before
    assert [row[3:] for row in found] == [
        ("candidate", 70.0, "cup"), ("approved", 60.0, "mug"),
        *[("candidate", score, "cup") for _ in range(2) for score in (70.0, 80.0)],
    ]  # fmt: skip


def test_an_outcome_of_a_brief_that_is_not_there_costs_no_other(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [scored(replace(brief, id=999), 50.0), scored(brief, 60.0)])
    assert rows(database, "select brief_id from copies") == [(brief.id,)]


def test_a_failed_brief_that_is_tried_again_gives_its_old_drafts_place_to_the_new(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [Outcome(brief, (gated(brief, 0), gated(brief, 1)))])
    save_outcomes(database, run_id, [Outcome(second(brief), (gated(brief, 0),))])
    finish_run(database, run_id, "completed")
    again = start_run(database, parameters={}, model="demo", model_revision="1")
    selection = Selection(read_campaign(database, "Spring"), retry_failed=True)
    plan(database, again, selection, dict.fromkeys(selection.cells(), "r"))
    (retried,) = read_briefs(database, again, 0)
    save_outcomes(database, again, [scored(retried, 70.0, 60.0)])
    assert select_best(database, again) == 1
    assert rows(database, "select run_id, gate from copies where status = 'selected'") == [(again, None)]
    finish_run(database, again, "completed")
    assert run_summary(database, again).generated == 1


# Rows that the database refuses


def bad_copies(brief: Brief) -> list[ScoredCopy]:
    draft = Draft(brief, 0, "raw of the bad one", 9, -0.5, "stop")
    good = AdCopy(draft, {"title": ("Mugs",)})
    return [
        ScoredCopy(AdCopy(draft, {"title": ("\x00",)}), 50.0),  # nothing is left of the line
        ScoredCopy(AdCopy(draft, {}), 50.0),
        ScoredCopy(good, float("nan")),
        ScoredCopy(good, 101.0),
        ScoredCopy(good, 50.0, {"facts": float("inf")}),
        ScoredCopy(AdCopy(replace(draft, variant=10**6), {"title": ("Mugs",)}), 50.0),
        ScoredCopy(AdCopy(replace(draft, output_tokens=-1), {"title": ("Mugs",)}), 50.0),
    ]


@pytest.mark.parametrize("kind", range(7))
@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_copy_that_the_database_refuses_fails_its_brief_and_no_other(
    database: Database, kind: int, place: int
) -> None:
    run_id, briefs = started(database, 7)
    batch = [scored(brief, 50.0, 60.0) for brief in briefs]
    batch[place] = Outcome(briefs[place], (bad_copies(briefs[place])[kind],))
    save_outcomes(database, run_id, batch)
    assert rows(database, "select count(*) from copies") == [(12,)]
    assert rows(database, "select id from briefs where status <> 'generated'") == [(briefs[place].id,)]
    ((brief_id, stage, reason, raw),) = rows(database, "select brief_id, stage, reason, raw_text from failures")
    assert (brief_id, stage, raw) == (briefs[place].id, "save", "raw of the bad one")
    assert reason.startswith("the database refuses its copy: ")
    assert "\n" not in reason
    finish_run(database, run_id, "completed")


def check_texts(database: Database, texts: Sequence[str]) -> None:
    run_id, briefs = started(database, len(texts))
    batch = []
    for number, (brief, value) in enumerate(zip(briefs, texts, strict=True)):
        if number % 3 == 0:
            batch.append(Outcome(brief, (passed(brief, 0, 50.0, f"w{value}", value), gated(brief, 1, value, value))))
        elif number % 3 == 1:
            batch.append(Outcome(brief, failure=Failure(brief, "generate", value, value)))
        else:
            batch.append(Outcome(brief, (gated(brief, 0, value, value),)))
    save_outcomes(database, run_id, batch)
    for number, (brief, value) in enumerate(zip(briefs, texts, strict=True)):
        kept = storable(value)
        copies = rows(
            database, "select fields, raw_text, reason from copies where brief_id = :id order by variant", id=brief.id
        )
        failures = rows(database, "select reason, raw_text from failures where brief_id = :id", id=brief.id)
        if number % 3 == 0:
            assert copies == [({"title": [f"w{kept}"]}, kept, None), ({"title": ["Mugs"]}, kept, kept)]
        elif number % 3 == 1:
            assert failures == [(kept, kept)]
        else:
            assert copies == [({"title": ["Mugs"]}, kept, kept)]


HOSTILE = [
    "Mu\x00g",
    "\ud83d",
    "a\tb\\N\\.\n\\.\n",
    "'; drop table copies; --",
    "%s :id",
    '{"a": ',
    "\\",
    "",
    "x" * 2_000_000,
]


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_hostile_text_is_kept_in_every_column_less_what_no_database_keeps(database: Database, shift: int) -> None:
    check_texts(database, HOSTILE[shift:] + HOSTILE[:shift])


def test_the_list_of_naughty_strings_is_kept_wherever_a_model_writes(
    database: Database, naughty_strings: list[str]
) -> None:
    check_texts(database, naughty_strings)


# Choosing


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [
        ([50.0, 70.0, 60.0], 1),
        ([70.0, 70.0, 70.0], 0),
        ([None, 10.0], 1),
        ([None, None], 0),
        ([0.0], 0),
        ([100.0, 99.9], 0),
    ],
)
def test_the_best_score_is_chosen_and_a_tie_goes_to_the_first(
    database: Database, scores: list[float | None], chosen: int
) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [scored(brief, *scores)])
    assert select_best(database, run_id) == 1
    assert rows(database, "select variant from copies where status = 'selected'") == [(chosen,)]
    assert select_best(database, run_id) == 0


def test_a_tie_between_attempts_goes_to_the_first_attempt(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [scored(brief, 40.0)])
    rows(database, "update briefs set status = 'pending', attempts = 1")
    save_outcomes(database, run_id, [scored(second(brief), 40.0, 40.0)])
    select_best(database, run_id)
    assert rows(database, "select attempt, variant from copies where status = 'selected'") == [(0, 0)]


def test_a_copy_that_a_gate_rejected_is_never_chosen(database: Database) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [Outcome(brief, (gated(brief, 0), passed(brief, 1, 1.0)))])
    select_best(database, run_id)
    assert rows(database, "select variant from copies where status = 'selected'") == [(1,)]


@pytest.mark.parametrize("decision", ["selected", "approved", "edited", "exported", "rejected"])
def test_what_people_decided_on_is_left_as_it_is(database: Database, decision: str) -> None:
    run_id, (brief,) = started(database, 1)
    save_outcomes(database, run_id, [scored(brief, 90.0, 10.0)])
    rows(database, "update copies set status = :d where variant = 1", d=decision)
    assert select_best(database, run_id) == 0
    assert rows(database, "select status from copies order by variant") == [("candidate",), (decision,)]


def test_briefs_that_have_not_been_written_are_not_chosen_from(database: Database) -> None:
    run_id, (first, other) = started(database, 2)
    save_outcomes(database, run_id, [Outcome(first, (gated(first, 0),))])
    assert select_best(database, run_id) == 0
    save_outcomes(database, run_id, [scored(other, 50.0)])
    assert select_best(database, run_id) == 1


_SCORES = st.lists(st.none() | st.floats(0, 100) | st.sampled_from(["gated"]), min_size=1, max_size=4)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_SCORES, min_size=1, max_size=8))
def test_every_brief_with_a_copy_that_passed_has_its_best_one_chosen(
    server: Database, briefs_scores: list[Any]
) -> None:
    migrate(server)
    try:
        run_id, briefs = started(server, len(briefs_scores))
        save_outcomes(server, run_id, [
            Outcome(brief, tuple(gated(brief, v) if score == "gated" else passed(brief, v, score)
                                 for v, score in enumerate(scores)))
            for brief, scores in zip(briefs, briefs_scores, strict=True)
        ])  # fmt: skip
        select_best(server, run_id)
        chosen = dict(rows(server, "select brief_id, variant from copies where status = 'selected'"))
        for brief, scores in zip(briefs, briefs_scores, strict=True):
            open_to = [(-1.0 if score is None else score, -v) for v, score in enumerate(scores) if score != "gated"]
            assert chosen.get(brief.id) == (-max(open_to)[1] if open_to else None)
    finally:
        downgrade(server)
