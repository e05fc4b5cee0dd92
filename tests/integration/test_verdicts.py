"""Copy that is judged again under other rules: what becomes of it, of its brief and of the run's counts.

Verdicts are made up where only their keeping is tested; no engine is started.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from flows import nightly
from flows.parameters import RunParameters
from generation.records import AdCopy, Brief, Draft, Generation, Outcome, Product, Rejection, ScoredCopy, Segment
from generation.scoring import judge
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import Database
from sql.plan import Planned, Selection, plan, preview, read_briefs
from sql.reviews import Decision, decide
from sql.runs import RunSummary, finish_run, run_summary, start_run
from sql.store import save_outcomes, select_best
from sql.verdicts import count_pending, read_drafts, save_verdicts

Scores = Sequence[float | str]
"""A brief's verdicts by variant: a score, or the gate that refuses."""

FLOOR = 100


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def verdicts(generation: Generation, scores: Scores, judgement: str) -> Outcome:
    copies = []
    for draft, score in zip(generation.drafts, scores, strict=True):
        refused = Rejection(score, f"refused by {score}") if isinstance(score, str) else None
        ad_copy = AdCopy(draft, {"body": (f"{judgement} {draft.variant}",)}, refused)
        copies.append(ScoredCopy(ad_copy, None if isinstance(score, str) else score))
    return Outcome(generation.brief, tuple(copies), judgement=judgement)


def drafted(brief: Brief, count: int) -> Generation:
    return Generation(brief, tuple(Draft(brief, n, f"raw {n}", 9, -0.25, "stop") for n in range(count)), 9, 0)


def planned(database: Database, judgement: str, campaign: str = "Spring", **selection: Any) -> tuple[int, Planned]:
    run_id = start_run(database, parameters={}, model="demo", model_revision="1")
    return run_id, planned_for(database, run_id, judgement, campaign, **selection)


def planned_for(database: Database, run_id: int, judgement: str, campaign: str = "Spring", **selection: Any) -> Planned:
    chosen = Selection(read_campaign(database, campaign), floor=FLOOR, **selection)
    judgements = dict.fromkeys((channel for channel, _ in chosen.cells()), judgement)
    return plan(database, run_id, chosen, dict.fromkeys(chosen.cells(), "r"), judgements)


def write(
    database: Database, run_id: int, scores: Mapping[str, Sequence[Scores]], judgement: str = "old"
) -> RunSummary:
    """Write what is pending, by product, each attempt with its own scores; and end the run."""
    for attempt in (0, 1):
        outcomes = [
            verdicts(drafted(brief, len(tried)), tried, judgement)
            for brief in read_briefs(database, run_id, attempt)
            for tried in scores[brief.product.id][attempt : attempt + 1]
        ]
        save_outcomes(database, run_id, outcomes)
    select_best(database, run_id)
    finish_run(database, run_id, "completed")
    return run_summary(database, run_id)


def judged(database: Database, run_id: int, scores: Mapping[str, Sequence[Scores]], size: int = 100) -> None:
    for generations in read_drafts(database, run_id, size):
        outcomes = [verdicts(each, scores[each.brief.product.id][each.brief.attempt], "new") for each in generations]
        save_verdicts(database, run_id, outcomes, FLOOR)


def states(database: Database, product: str = "a") -> list[tuple[str, str | None, float | None, str | None]]:
    found = rows(database, "select c.status, gate, score, judgement from copies c join briefs b on b.id = c.brief_id"
                           " where product_id = :p order by c.attempt, variant", p=product)  # fmt: skip
    return [tuple(row) for row in found]


def filled(database: Database, **products: Sequence[Scores]) -> None:
    """A catalogue, written and judged under the old rules: by product, the scores of one attempt or two."""
    upsert_products(database, [Product(name, f"Mug {name}") for name in products])
    upsert_segments(database, [Segment("s", "Hikers", size=500)])
    upsert_campaign(database, CampaignSpec("Spring", ["sms"], ["en-US"]))
    run_id, _ = planned(database, "old")
    write(database, run_id, products)


# Verdicts


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ([50.0, 40.0], [50.0, 40.0], ["selected", "candidate"]),
        ([50.0, 40.0], [30.0, 40.0], ["candidate", "selected"]),
        ([50.0, 40.0], ["length", 40.0], ["rejected", "selected"]),
        ([50.0, 40.0], [50.0, "length"], ["selected", "rejected"]),
        (["length", 40.0], [60.0, 40.0], ["selected", "candidate"]),
        (["length", 40.0], [20.0, 40.0], ["candidate", "selected"]),
        (["length", 40.0], [60.0, "claims"], ["selected", "rejected"]),
        (["length", 40.0], ["claims", 40.0], ["rejected", "selected"]),
        ([50.0, 40.0, 30.0], [1.0, 2.0, 3.0], ["candidate", "candidate", "selected"]),
    ],
)
def test_the_best_of_the_new_verdicts_is_on_offer(
    database: Database, before: Scores, after: Scores, status: list[str]
) -> None:
    filled(database, a=[before])
    run_id, counts = planned(database, "new")
    assert counts == Planned(1, 1, 0, 0, 1)
    judged(database, run_id, {"a": [after]})
    gates = [score if isinstance(score, str) else None for score in after]
    scores = [None if isinstance(score, str) else score for score in after]
    assert states(database) == list(zip(status, gates, scores, ["new"] * len(after), strict=True))
    assert count_pending(database, run_id) == 0
    summary = write(database, run_id, {})
    assert (summary.reused, summary.generated, summary.rejudged) == (1, 0, len(after))
    assert planned(database, "new")[1] == Planned(1, 1)


def test_what_a_verdict_says_is_kept_and_the_draft_stays_as_the_model_wrote_it(database: Database) -> None:
    filled(database, a=[[50.0]])
    kept = "select id, run_id, attempt, variant, raw_text, output_tokens, mean_logprob, created_at from copies"
    before = rows(database, kept)
    run_id, _ = planned(database, "new")
    (((generation,)),) = read_drafts(database, run_id, 9)
    draft = generation.drafts[0]
    assert draft == Draft(generation.brief, 0, "raw 0", 9, -0.25, "stop")
    assert (generation.brief.product, generation.brief.segment.id) == (Product("a", "Mug a"), "s")
    ad_copy = AdCopy(draft, {"body": ("Words",)}, Rejection("length", "too \x00long"), ("longish",))
    save_verdicts(database, run_id, [Outcome(generation.brief, (ScoredCopy(ad_copy, None),), judgement="new")], FLOOR)
    assert rows(database, "select fields, gate, reason, warnings, score, score_parts from copies") == [
        ({"body": ["Words"]}, "length", "too long", ["longish"], None, {})
    ]
    assert rows(database, kept) == before


def test_a_draft_that_was_cut_off_stays_cut_off(database: Database) -> None:
    filled(database, a=[["truncated", 40.0]])
    run_id, _ = planned(database, "new")
    ((generation,),) = read_drafts(database, run_id, 9)
    assert [draft.finish_reason for draft in generation.drafts] == ["length", "stop"]


@pytest.mark.parametrize("logprob", [None, 0.0, -1.0, -0.1234567890123456, -1e-300, -math.inf])
def test_a_drafts_confidence_comes_back_exactly(database: Database, logprob: float | None) -> None:
    filled(database, a=[[50.0]])
    rows(database, "update copies set mean_logprob = :l", l=logprob)
    run_id, _ = planned(database, "new")
    ((generation,),) = read_drafts(database, run_id, 9)
    assert generation.drafts[0].mean_logprob == logprob


def test_a_briefs_two_attempts_are_judged_together(database: Database) -> None:
    filled(database, a=[["length", "parse"], [50.0, "length"]], b=[[10.0]])
    run_id, counts = planned(database, "new")
    assert counts.to_judge == 2
    batches = list(read_drafts(database, run_id, 1))
    assert [[(each.brief.product.id, each.brief.attempt) for each in batch] for batch in batches] == [
        [("a", 0), ("a", 1)], [("b", 0)],
    ]  # fmt: skip
    judged(database, run_id, {"a": [["length", 60.0], ["length", "length"]], "b": [[10.0]]}, size=1)
    assert [state[0] for state in states(database)] == ["rejected", "selected", "rejected", "rejected"]
    assert count_pending(database, run_id) == 0


def test_saving_twice_changes_nothing(database: Database) -> None:
    filled(database, a=[[50.0, 40.0]], b=[[50.0]])
    run_id, _ = planned(database, "new")
    outcomes = [verdicts(each, ["length"] * len(each.drafts), "new") for each in next(read_drafts(database, run_id, 9))]
    save_verdicts(database, run_id, outcomes, FLOOR)
    everything = "select * from copies c, briefs b, runs r where c.brief_id = b.id order by c.id, r.id"
    before = rows(database, everything)
    save_verdicts(database, run_id, outcomes, FLOOR)
    save_verdicts(database, run_id, [], FLOOR)
    assert rows(database, everything) == before


def test_a_verdict_that_the_database_refuses_refuses_its_copy_and_no_other(database: Database) -> None:
    names = "abcdefg"
    old: dict[str, Sequence[Scores]] = {name: [["truncated", 40.0]] for name in names}
    filled(database, **old)
    run_id, _ = planned(database, "new")
    new: dict[str, Sequence[Scores]] = {name: [["truncated", 60.0]] for name in names}
    judged(database, run_id, {**new, "d": [["truncated", float("nan")]]})
    for name in "abcefg":
        assert [state[0] for state in states(database, name)] == ["rejected", "selected"]
    assert [state[:2] for state in states(database, "d")] == [("rejected", "truncated"), ("rejected", "save")]
    assert count_pending(database, run_id) == 1


# What people decided


@pytest.mark.parametrize("decision", ["approve", "edit", "reject"])
@pytest.mark.parametrize("after", [["length", "length"], [10.0, 90.0], ["length", 90.0]])
def test_copy_that_people_decided_on_is_left_alone(database: Database, decision: Any, after: Scores) -> None:
    filled(database, a=[[50.0, 40.0]])
    ((number,),) = rows(database, "select id from copies where status = 'selected'")
    edited = {"body": ("Better",)} if decision == "edit" else None
    decide(database, Decision(number, decision, "Ana", fields=edited))
    before = rows(database, "select * from copies where id = :id", id=number)
    run_id, counts = planned(database, "new")
    assert counts.to_judge == 1
    judged(database, run_id, {"a": [after[1:]]})
    assert rows(database, "select * from copies where id = :id", id=number) == before
    assert states(database)[1][0] == ("rejected" if after[1] == "length" else "candidate")
    assert rows(database, "select status, judging_run_id from briefs") == [("generated", None)]
    assert write(database, run_id, {}).generated == 0
    assert planned(database, "new")[1] == Planned(1, 1)


@pytest.mark.parametrize("decision", ["approved", "edited", "exported", "rejected"])
def test_a_brief_of_which_people_decided_on_all_copies_is_not_judged(database: Database, decision: str) -> None:
    filled(database, a=[[50.0]])
    rows(database, "update copies set status = :d", d=decision)
    assert planned(database, "new")[1] == Planned(1, 1)


def test_a_decision_made_while_the_drafts_were_judged_stands(database: Database) -> None:
    filled(database, a=[[50.0, 40.0]])
    run_id, _ = planned(database, "new")
    (generations,) = list(read_drafts(database, run_id, 9))
    ((number,),) = rows(database, "select id from copies where status = 'selected'")
    decide(database, Decision(number, "approve", "Ana"))
    save_verdicts(database, run_id, [verdicts(each, ["length", 90.0], "new") for each in generations], FLOOR)
    assert states(database) == [("approved", None, 50.0, "old"), ("candidate", None, 90.0, "new")]


def test_a_brief_that_a_reviewer_holds_waits_for_the_next_run(database: Database) -> None:
    filled(database, a=[[50.0]], b=[[50.0]])
    run_id, _ = planned(database, "new")
    with database.begin() as reviewer:
        reviewer.exec_driver_sql("select from briefs where product_id = 'a' for update")
        judged(database, run_id, {"a": [[70.0]], "b": [[70.0]]})
    assert states(database, "a") == [("selected", None, 50.0, "old")]
    assert states(database, "b") == [("selected", None, 70.0, "new")]
    assert write(database, run_id, {}).rejudged == 1
    run_id, counts = planned(database, "new")
    assert counts == Planned(2, 2, 0, 0, 1)
    judged(database, run_id, {"a": [[70.0]]})
    assert states(database, "a") == [("selected", None, 70.0, "new")]


# What becomes of the brief


def test_a_brief_with_nothing_left_is_written_anew_in_the_same_run_with_other_seeds(database: Database) -> None:
    filled(database, a=[["length", "length"], [50.0, 40.0]], b=[[50.0, 40.0]])
    ((seed,),) = rows(database, "select seed from briefs where product_id = 'a'")
    run_id, counts = planned(database, "new")
    assert counts == Planned(2, 2, 0, 0, 2)
    judged(database, run_id, {"a": [["length", "claims"], ["claims", "claims"]], "b": [["claims", 40.0]]})
    assert count_pending(database, run_id) == 1
    (brief,) = read_briefs(database, run_id, 0)
    assert (brief.product.id, brief.seed, brief.attempt) == ("a", seed + 7919, 0)
    assert rows(database, "select plans from runs where id = :id", id=run_id) == [
        ({"1": {"planned": 2, "reused": 1, "skipped": 0, "pending": 1, "to_judge": 2}},)
    ]
    summary = write(database, run_id, {"a": [[70.0, 60.0]]}, "new")
    assert (summary.planned, summary.reused, summary.generated, summary.rejudged) == (2, 1, 1, 6)
    assert [state[0] for state in states(database, "a")] == ["selected", "candidate", "rejected", "rejected"]
    assert planned(database, "new")[1] == Planned(2, 2)


def test_a_brief_that_is_written_anew_in_vain_has_failed(database: Database) -> None:
    filled(database, a=[[50.0]])
    run_id, _ = planned(database, "new")
    judged(database, run_id, {"a": [["claims"]]})
    summary = write(database, run_id, {"a": [["claims"], ["claims"]]}, "new")
    assert (summary.planned, summary.reused, summary.failed) == (1, 0, 1)
    assert planned(database, "new")[1] == Planned(1, 0, 1)


def test_a_brief_with_nothing_left_whose_segment_has_shrunk_is_skipped(database: Database) -> None:
    filled(database, a=[["length"], [50.0]], b=[[50.0]])
    ((seed,),) = rows(database, "select seed from briefs where product_id = 'a'")
    rows(database, "update segments set size = 99")
    run_id, counts = planned(database, "new")
    assert counts == Planned(2, 2, 0, 0, 2)
    judged(database, run_id, {"a": [["length"], ["claims"]], "b": [[60.0]]})
    summary = write(database, run_id, {})
    assert (summary.planned, summary.reused, summary.skipped, summary.generated) == (2, 1, 1, 0)
    assert rows(database, "select reason from briefs where status = 'skipped'") == [
        ("segment s has 99 people, the floor is 100",)
    ]
    rows(database, "update segments set size = 100")
    run_id, counts = planned(database, "new")
    assert counts == Planned(2, 1, 0, 1)
    assert [(brief.seed, brief.attempt) for brief in read_briefs(database, run_id, 0)] == [(seed + 7919, 0)]


def test_a_failed_brief_whose_draft_passes_today_is_on_offer(database: Database) -> None:
    filled(database, a=[["length", "parse"], ["length", "length"]], b=[["length"], ["length"]])
    run_id, counts = planned(database, "new")
    assert counts == Planned(2, 0, 2, 0, 2)
    judged(database, run_id, {"a": [["length", "parse"], [30.0, 40.0]], "b": [["length"], ["length"]]})
    assert [state[0] for state in states(database)] == ["rejected", "rejected", "candidate", "selected"]
    assert rows(database, "select product_id, status, reason is null from briefs order by 1") == [
        ("a", "generated", True), ("b", "failed", False),
    ]  # fmt: skip
    summary = write(database, run_id, {})
    assert (summary.planned, summary.reused, summary.skipped, summary.failed) == (2, 1, 1, 0)
    assert planned(database, "new")[1] == Planned(2, 1, 1)


def test_a_failed_brief_is_written_rather_than_judged_when_that_is_asked_or_left_when_its_segment_has_shrunk(
    database: Database,
) -> None:
    filled(database, a=[["length"], ["length"]])
    chosen = Selection(read_campaign(database, "Spring"), floor=FLOOR, retry_failed=True)
    recipes, rules = dict.fromkeys(chosen.cells(), "r"), {"sms": "new"}
    assert preview(database, chosen, recipes, judgements=rules)[0] == Planned(1, 0, 0, 1)
    rows(database, "update segments set size = 99")
    assert planned(database, "new")[1] == Planned(1, 0, 1)


def test_copy_of_before_there_was_a_digest_is_judged_again(database: Database) -> None:
    filled(database, a=[[50.0]])
    rows(database, "update copies set judgement = null")
    assert planned(database, "old")[1] == Planned(1, 1, 0, 0, 1)


def test_copies_of_other_campaigns_and_selections_are_not_judged(database: Database) -> None:
    filled(database, a=[[50.0]], b=[[50.0]])
    upsert_campaign(database, CampaignSpec("Autumn", ["sms"], ["en-US"]))
    run_id, _ = planned(database, "old", "Autumn")
    write(database, run_id, {"a": [[50.0]], "b": [[50.0]]})
    run_id, counts = planned(database, "new", product_filter={"ids": ["a"]})
    assert counts == Planned(1, 1, 0, 0, 1)
    assert len(list(read_drafts(database, run_id, 1))) == 1


def test_the_counts_of_two_campaigns_follow_their_own_briefs(database: Database) -> None:
    filled(database, a=[[50.0]], b=[[50.0]])
    upsert_campaign(database, CampaignSpec("Autumn", ["sms"], ["en-US"]))
    run_id, _ = planned(database, "old", "Autumn")
    write(database, run_id, {"a": [[50.0]], "b": [[50.0]]})
    run_id, first = planned(database, "new")
    assert first + planned_for(database, run_id, "new", "Autumn") == Planned(4, 4, 0, 0, 4)
    judged(database, run_id, {"a": [["claims"]], "b": [[60.0]]}, size=1)
    assert count_pending(database, run_id) == 2
    ((plans,),) = rows(database, "select plans from runs where id = :id", id=run_id)
    assert {number: (each["reused"], each["pending"]) for number, each in plans.items()} == {"1": (1, 1), "2": (1, 1)}
    summary = write(database, run_id, {"a": [[70.0]]}, "new")
    assert (summary.planned, summary.reused, summary.generated, summary.rejudged) == (4, 2, 2, 4)


# Interruptions


def test_a_run_that_died_half_way_is_taken_up_where_the_table_stands(database: Database) -> None:
    filled(database, a=[[50.0]], b=[[50.0]], c=[[50.0]])
    first, _ = planned(database, "new")
    stream = read_drafts(database, first, 1)
    save_verdicts(database, first, [verdicts(each, ["claims"], "new") for each in next(stream)], FLOOR)
    stream.close()  # type: ignore[attr-defined]
    finish_run(database, first, "crashed")
    second, counts = planned(database, "new")
    assert counts == Planned(3, 2, 0, 1, 2)
    judged(database, second, {"b": [[60.0]], "c": [["claims"]]})
    summary = write(database, second, {"a": [[70.0]], "c": [[70.0]]}, "new")
    assert (summary.planned, summary.reused, summary.generated, summary.rejudged) == (3, 1, 2, 2)


def test_rules_that_are_put_back_before_anything_was_judged_leave_nothing_to_do(database: Database) -> None:
    filled(database, a=[[50.0]])
    planned(database, "new")
    run_id, counts = planned(database, "old")
    assert counts == Planned(1, 1)
    assert not list(read_drafts(database, run_id, 9))
    assert rows(database, "select judging_run_id from briefs") == [(None,)]


def test_a_brief_whose_words_change_between_two_plans_of_one_run_is_written_not_judged(database: Database) -> None:
    filled(database, a=[[50.0]])
    run_id, _ = planned(database, "new")
    upsert_products(database, [Product("a", "Tea mug")])
    assert planned_for(database, run_id, "new") == Planned(1, 0, 0, 1)
    assert not list(read_drafts(database, run_id, 9))


@pytest.mark.parametrize("table", ["products", "segments"])
def test_a_brief_whose_product_or_segment_left_since_the_plan_is_not_judged(database: Database, table: str) -> None:
    filled(database, a=[[50.0]])
    run_id, _ = planned(database, "new")
    rows(database, f"delete from {table}")
    assert not list(read_drafts(database, run_id, 9))
    assert states(database) == [("selected", None, 50.0, "old")]
    assert write(database, run_id, {}).reused == 1


# The flow


def test_a_night_of_changed_rules_starts_no_engine(
    database: Database,
    data_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    edit_templates: Callable[[str, str, str], None],
) -> None:
    _shop_of_two(database)
    asked: list[int] = []

    def engine_double(run_id: int, pending: int, *limits: object) -> None:
        asked.append(pending)
        for attempt in (0, 1):
            briefs = list(read_briefs(database, run_id, attempt))
            save_outcomes(database, run_id, [judge(_sensible(brief)) for brief in briefs])

    monkeypatch.setenv("COPYDESK_DATA_FOLDER", str(data_folder))
    monkeypatch.delenv("COPYDESK_DATABASE_URL", raising=False)
    monkeypatch.setattr(nightly, "get_run_logger", lambda: logging.getLogger("test"))
    monkeypatch.setattr(nightly, "generate_copy", engine_double)
    monkeypatch.setattr(nightly, "report", lambda run_id: None)
    for name in ("plan_briefs", "judge_again", "select_copy"):
        monkeypatch.setattr(nightly, name, getattr(nightly, name).fn)

    clickbait = "- \\bclick (?:here|"
    first = nightly.nightly_copy.fn(RunParameters())
    assert (asked, first["generated"], first["rejudged"]) == ([4], 4, 0)
    second = nightly.nightly_copy.fn(RunParameters())
    assert (asked, second["reused"], second["rejudged"]) == ([4], 4, 0)
    edit_templates("policies/basic.yaml", clickbait, f"- \\bhave a look\\b\n        {clickbait}")
    third = nightly.nightly_copy.fn(RunParameters())
    assert (asked, third["reused"], third["rejudged"], third["output_tokens"]) == ([4], 4, 8, 0)
    assert rows(database, "select variant, gate from copies where gate is not null") == [(1, "claims")] * 4
    edit_templates("policies/basic.yaml", clickbait, f"- \\bis here\\b\n        {clickbait}")
    fourth = nightly.nightly_copy.fn(RunParameters())
    assert asked == [4, 4]  # nothing was left, so that these four are written anew; here in vain
    assert (fourth["reused"], fourth["rejudged"], fourth["failed"]) == (0, 8, 4)


def _shop_of_two(database: Database) -> None:
    upsert_products(database, [Product("a", "Oak stool", "Nordhem"), Product("b", "Clay mug", "Pellwick")])
    upsert_segments(database, [Segment("s", "Hikers", size=500)])
    upsert_campaign(database, CampaignSpec("Spring", ["sms", "push"], ["en-US"], variants=2))


def _sensible(brief: Brief) -> Generation:
    named = f"{brief.product.brand} {brief.product.title}"
    lines = (f"The {named} is here.", f"The {named}: have a look.")
    texts = (f"title: {named}\nbody: {line}" if brief.channel == "push" else f"body: {line}" for line in lines)
    return Generation(brief, tuple(Draft(brief, n, words, 9, -0.5, "stop") for n, words in enumerate(texts)), 9, 0)


def test_the_same_verdict_on_the_same_words_changes_nothing_but_its_digest(database: Database) -> None:
    """The way through the database loses nothing that a gate or the score looks at."""
    _shop_of_two(database)
    run_id, _ = planned(database, "old")
    briefs = list(read_briefs(database, run_id, 0))
    save_outcomes(database, run_id, [replace(judge(_sensible(brief)), judgement="old") for brief in briefs])
    select_best(database, run_id)
    finish_run(database, run_id, "completed")
    kept = "select id, status, fields, gate, reason, warnings, score, score_parts from copies order by id"
    before = rows(database, kept)
    run_id, _ = planned(database, "new")
    for generations in read_drafts(database, run_id, 9):
        save_verdicts(database, run_id, [judge(generation) for generation in generations], FLOOR)
    assert rows(database, kept) == before
