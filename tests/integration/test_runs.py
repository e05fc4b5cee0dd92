"""A run's row from start to end, one run at a time, and what the reports and views say of a small made-up history."""

import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from generation.records import AdCopy, Brief, Draft, Failure, Outcome, Product, Rejection, ScoredCopy, Segment
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import Database, DatabaseUnavailable
from sql.plan import Selection, plan, read_briefs
from sql.runs import (
    KILLED,
    CopySample,
    RunInProgress,
    Spent,
    UnknownRun,
    add_spent,
    best_and_worst,
    end_flow_run,
    ended_without_a_word,
    failure_reasons,
    finish_run,
    latest_run,
    one_run_at_a_time,
    run_summary,
    set_running,
    start_run,
)
from sql.store import save_outcomes, select_best


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def new_run(database: Database, flow_run_id: str | None = None) -> int:
    return start_run(database, parameters={"limit": 3}, model="demo", model_revision="abc", flow_run_id=flow_run_id)


def status_of(database: Database, run_id: int) -> tuple[str, str | None]:
    summary = run_summary(database, run_id)
    return summary.status, summary.error


def outcome(brief: Brief, *scores: float | str) -> Outcome:
    """A copy for each score; a word instead of a score is the gate that rejected it."""
    copies = []
    for variant, score in enumerate(scores):
        draft = Draft(brief, variant, "raw", 10, -0.5, "stop")
        rejection = Rejection(score, f"refused by {score}") if isinstance(score, str) else None
        ad_copy = AdCopy(draft, {"title": (f"{brief.product.title} {variant}",)}, rejection)
        copies.append(ScoredCopy(ad_copy, None if isinstance(score, str) else score))
    return Outcome(brief, tuple(copies))


@pytest.fixture
def history(database: Database) -> tuple[Database, int]:
    """A finished run: four briefs generated, one failed to render, one failed the gates, two skipped."""
    upsert_products(database, [Product(f"p{n}", f"Mug {n}", "Pellwick") for n in range(3)])
    upsert_segments(database, [Segment("s", "Hikers", size=500), Segment("t", "Tiny", size=50)])
    upsert_campaign(database, CampaignSpec("Spring", ["email", "push"], ["en-US"], ["s"]))
    upsert_campaign(database, CampaignSpec("Autumn", ["sms"], ["en-US"], ["t"], {"ids": ["p0", "p1"]}))
    run_id = new_run(database)
    for name in ("Spring", "Autumn"):
        selection = Selection(read_campaign(database, name))
        plan(database, run_id, selection, dict.fromkeys(selection.cells(), "r"))
    set_running(database, run_id)
    briefs = sorted(read_briefs(database, run_id, 0), key=lambda brief: (brief.channel, brief.product.id))
    places = [(brief.channel, brief.product.id) for brief in briefs]
    assert places == [("email", "p0"), ("email", "p1"), ("email", "p2"), ("push", "p0"), ("push", "p1"), ("push", "p2")]
    save_outcomes(
        database,
        run_id,
        [
            outcome(briefs[0], 60.0, 80.0),
            outcome(briefs[1], 90.0, "length"),
            outcome(briefs[2], "parse", "length"),
            outcome(briefs[3], 20.0),
            outcome(briefs[4], 40.0, 30.0),
            Outcome(briefs[5], failure=Failure(briefs[5], "render", "the prompt has 999 tokens; the model takes 512")),
        ],
    )
    add_spent(database, run_id, Spent(1000, 400, 90, 1.5))
    (again,) = read_briefs(database, run_id, 1)
    save_outcomes(database, run_id, [outcome(again, "length")])
    add_spent(database, run_id, Spent(100, 40, 10, 0.5))
    select_best(database, run_id)
    finish_run(database, run_id, "completed")
    return database, run_id


# One at a time


def test_a_run_that_was_ended_from_outside_writes_no_more_but_keeps_what_it_spent(database: Database) -> None:
    run_id = new_run(database)
    add_spent(database, run_id, Spent(10, 0, 5, 0.5))
    finish_run(database, run_id, "crashed", "the process ended without a word")
    with pytest.raises(RunInProgress, match=rf"run {run_id} was ended from outside \(crashed\)"):
        add_spent(database, run_id, Spent(10, 0, 5, 0.5))
    assert run_summary(database, run_id).output_tokens == 10


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            psycopg.errors.DiskFull("could not extend file: No space left on device\nHINT: Check free disk space."),
            "has no room left: could not extend.*; free some and run again, nothing is lost",
        ),
        (
            psycopg.errors.OutOfMemory("out of memory\nDETAIL: Failed on request of size 80 in memory context"),
            "ran out of memory: out of memory DETAIL.*; give it more, or lower its work_mem and run again",
        ),
        (
            psycopg.OperationalError("connection failed: FATAL:  sorry, too many clients already"),
            "has no connection left for us: .*; raise its max_connections, or end some of its clients and run again",
        ),
    ],
)
def test_a_server_without_room_memory_or_connections_is_one_line_that_says_what_to_do(
    database: Database, error: psycopg.Error, line: str
) -> None:
    told = pytest.raises(DatabaseUnavailable, match=line)
    with told as caught, database.begin():
        raise error
    assert "\n" not in str(caught.value)


def test_a_second_run_is_refused_while_the_first_holds_the_database(database: Database) -> None:
    with one_run_at_a_time(database):
        with pytest.raises(RunInProgress, match="another run is still going on"), one_run_at_a_time(database):
            pass
        run_id = new_run(database)
        named = pytest.raises(RunInProgress, match=f"run {run_id}, started 20.*is still going on; try again")
        with named, one_run_at_a_time(database):
            pass
        assert status_of(database, run_id) == ("planning", None)
        finish_run(database, run_id, "cancelled", "stopped")
    with one_run_at_a_time(database):
        pass


_DROP_LOCKS = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"


def test_a_run_takes_its_lock_again_when_the_server_lost_it(database: Database) -> None:
    with one_run_at_a_time(database) as lock:
        with database.begin() as connection:
            connection.exec_driver_sql(_DROP_LOCKS)
        lock.keep()
        with pytest.raises(RunInProgress), one_run_at_a_time(database):
            pass
    with one_run_at_a_time(database):
        pass


def test_a_run_whose_place_was_taken_while_the_server_was_away_doesnt_go_on(database: Database) -> None:
    with one_run_at_a_time(database) as lock:
        with database.begin() as connection:
            connection.exec_driver_sql(_DROP_LOCKS)
        with one_run_at_a_time(database), pytest.raises(RunInProgress):
            lock.keep()


def test_the_database_is_free_again_after_a_run_that_failed(database: Database) -> None:
    with pytest.raises(KeyboardInterrupt), one_run_at_a_time(database):
        raise KeyboardInterrupt
    with one_run_at_a_time(database):
        pass


def test_many_that_start_at_once_let_one_through(database: Database) -> None:
    through, refused = [], []
    everyone, decided = threading.Barrier(4), threading.Barrier(4)

    def start() -> None:
        everyone.wait()
        try:
            with one_run_at_a_time(database):
                through.append(1)
                decided.wait()
        except RunInProgress:
            refused.append(1)
            decided.wait()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(through), len(refused)) == (1, 3)


def test_a_run_left_by_a_dead_process_is_marked_as_crashed_with_what_it_had_done(database: Database) -> None:
    upsert_products(database, [Product(f"p{n}", f"Mug {n}") for n in range(3)])
    upsert_segments(database, [Segment("s", "Hikers", size=500)])
    upsert_campaign(database, CampaignSpec("Spring", ["push"], ["en-US"]))
    run_id = new_run(database)
    selection = Selection(read_campaign(database, "Spring"))
    plan(database, run_id, selection, dict.fromkeys(selection.cells(), "r"))
    set_running(database, run_id)
    first, second, _ = read_briefs(database, run_id, 0)
    save_outcomes(database, run_id, [outcome(first, 50.0), Outcome(second, failure=Failure(second, "render", "no"))])
    planning = new_run(database)
    with one_run_at_a_time(database):
        assert status_of(database, run_id) == ("crashed", KILLED)
        assert status_of(database, planning)[0] == "crashed"
    summary = run_summary(database, run_id)
    assert (summary.planned, summary.generated, summary.failed) == (3, 1, 1)


def test_an_open_run_that_nobody_holds_is_known_to_have_ended_and_one_that_is_held_to_go_on(database: Database) -> None:
    with one_run_at_a_time(database):
        run_id = new_run(database)
        assert not ended_without_a_word(database, run_summary(database, run_id))
        rows(database, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
    with database.begin() as connection:  # another's lock is none of a run's
        connection.exec_driver_sql("select pg_advisory_xact_lock(7), pg_advisory_xact_lock(0, 1668247673)")
        assert ended_without_a_word(database, run_summary(database, run_id))
    finish_run(database, run_id, "failed", "why")
    assert not ended_without_a_word(database, run_summary(database, run_id))


def test_a_run_whose_lock_went_with_its_connection_ends_without_another_error(database: Database) -> None:
    with one_run_at_a_time(database):
        rows(database, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
    with one_run_at_a_time(database):
        pass


# The row


def test_a_run_goes_from_planning_to_running_to_its_end(database: Database) -> None:
    run_id = new_run(database)
    assert status_of(database, run_id) == ("planning", None)
    set_running(database, run_id)
    assert status_of(database, run_id) == ("running", None)
    finish_run(database, run_id, "completed")
    assert status_of(database, run_id) == ("completed", None)
    assert rows(database, "select parameters, model, model_revision, finished_at >= started_at from runs") == [
        ({"limit": 3}, "demo", "abc", True)
    ]


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "crashed"])
def test_an_ended_run_stays_as_it_ended(database: Database, status: str) -> None:
    run_id = new_run(database)
    finish_run(database, run_id, status, "why")
    before = rows(database, "select * from runs")
    for other in ("completed", "failed", "cancelled", "crashed"):
        finish_run(database, run_id, other, "another word")
    assert rows(database, "select * from runs") == before


def test_a_run_that_has_not_written_all_it_planned_cannot_be_completed(history: tuple[Database, int]) -> None:
    database, _ = history
    upsert_products(database, [Product("p0", "Mug 0 in green")])
    run_id = new_run(database)
    selection = Selection(read_campaign(database, "Spring"))
    assert plan(database, run_id, selection, dict.fromkeys(selection.cells(), "r")).pending == 2
    with pytest.raises(IntegrityError, match="nothing_is_lost"):
        finish_run(database, run_id, "completed")
    assert status_of(database, run_id) == ("planning", None)
    finish_run(database, run_id, "failed", "it broke")
    summary = run_summary(database, run_id)
    assert (summary.status, summary.planned, summary.generated, summary.error) == ("failed", 6, 0, "it broke")


def test_a_flow_run_that_prefect_ends_ends_its_run_and_no_other(database: Database) -> None:
    ours, other = new_run(database, "flow-1"), new_run(database, "flow-2")
    end_flow_run(database, "flow-1", "cancelled", "cancelled from Prefect")
    end_flow_run(database, "flow-3", "crashed", "nobody's")
    assert status_of(database, ours) == ("cancelled", "cancelled from Prefect")
    assert status_of(database, other) == ("planning", None)


def test_a_run_that_is_not_there_is_said_so(database: Database) -> None:
    with pytest.raises(UnknownRun, match="there has been no run yet: start one with `copydesk run`"):
        latest_run(database)
    with pytest.raises(UnknownRun, match="there is no run 7"):
        run_summary(database, 7)
    first, second = new_run(database), new_run(database)
    assert latest_run(database) == second > first


# Reports and views


def test_the_summary_counts_what_the_run_did(history: tuple[Database, int]) -> None:
    database, run_id = history
    summary = run_summary(database, run_id)
    assert summary.wall_seconds > 0
    assert replace(summary, wall_seconds=0.0) == replace(
        summary,
        status="completed", planned=8, reused=0, generated=4, failed=2, skipped=2, prompt_tokens=1100,
        cached_prompt_tokens=440, output_tokens=100, engine_seconds=2.0, wall_seconds=0.0, copies=10, selected=4,
        rejected_by_gate={"length": 3, "parse": 1}, error=None,
    )  # fmt: skip
    assert rows(database, "select output_tokens_per_second from run_report") == [(50.0,)]
    assert rows(database, "select plans from runs") == [
        ({"1": {"planned": 6, "reused": 0, "skipped": 0, "pending": 6, "to_judge": 0},
          "2": {"planned": 2, "reused": 0, "skipped": 2, "pending": 0, "to_judge": 0}},)
    ]  # fmt: skip


def test_the_report_of_a_run_that_wrote_nothing_has_no_speed(database: Database) -> None:
    new_run(database)
    assert rows(database, "select output_tokens_per_second, copies, selected, rejected_by_gate from run_report") == [
        (None, 0, 0, {})
    ]


def test_copy_that_people_chose_still_counts_as_selected(history: tuple[Database, int]) -> None:
    database, run_id = history
    rows(database, "update copies set status = 'approved' where status = 'selected'")
    rows(
        database,
        "update copies set status = 'rejected' where id = (select min(id) from copies where status = 'approved')",
    )
    summary = run_summary(database, run_id)
    assert summary.selected == 3
    assert summary.rejected_by_gate == {"length": 3, "parse": 1}  # a person is no gate


def test_the_best_and_the_weakest_copy_come_from_different_products(history: tuple[Database, int]) -> None:
    database, run_id = history
    best, worst = best_and_worst(database, run_id, 3)
    assert best[0] == CopySample("Mug 1", "Hikers", "email", "en-US", 90.0, {"title": ["Mug 1 0"]})
    assert [(sample.product_title, sample.score) for sample in best] == [
        ("Mug 1", 90.0),
        ("Mug 0", 80.0),
        ("Mug 1", 40.0),
    ]
    assert [(sample.product_title, sample.score) for sample in worst] == [
        ("Mug 0", 20.0),
        ("Mug 1", 40.0),
        ("Mug 0", 80.0),
    ]


def test_a_product_that_is_gone_is_called_by_its_id(history: tuple[Database, int]) -> None:
    database, run_id = history
    rows(database, "delete from products")
    rows(database, "delete from segments")
    best, _ = best_and_worst(database, run_id, 1)
    assert (best[0].product_title, best[0].segment_name) == ("p1", "s")


def test_reasons_are_grouped_without_their_details(history: tuple[Database, int]) -> None:
    database, run_id = history
    assert failure_reasons(database, run_id, 10) == [
        ("skipped: segment t has 50 people, the floor is 100", 2),
        ("failed: no draft passed the gates", 1),
        ("failed: the prompt has 999 tokens", 1),
    ]
    assert len(failure_reasons(database, run_id, 1)) == 1


def test_the_review_view_shows_each_copy_with_its_product_and_segment(history: tuple[Database, int]) -> None:
    database, run_id = history
    shown = rows(
        database,
        "select campaign, channel, locale, product_title, brand, segment_name, score, fields, run_id, gate"
        "  from copy_for_review where status = 'selected' order by score desc limit 1",
    )
    assert shown == [
        ("Spring", "email", "en-US", "Mug 1", "Pellwick", "Hikers", 90.0, {"title": ["Mug 1 0"]}, run_id, None)
    ]
    assert rows(database, "select count(*), count(distinct copy_id), count(gate) from copy_for_review") == [(10, 10, 4)]
    rows(database, "delete from products where id = 'p1'")
    assert rows(database, "select count(*) from copy_for_review") == [(10,)]


def test_the_campaign_view_counts_copy_by_status_with_its_mean_score(history: tuple[Database, int]) -> None:
    database, _ = history
    view = rows(database, "select * from copy_by_campaign order by channel, status")
    assert [(row.campaign, row.channel, row.locale, row.status, row.copies) for row in view] == [
        ("Spring", "email", "en-US", "candidate", 1),
        ("Spring", "email", "en-US", "rejected", 4),
        ("Spring", "email", "en-US", "selected", 2),
        ("Spring", "push", "en-US", "candidate", 1),
        ("Spring", "push", "en-US", "selected", 2),
    ]
    assert [None if row.mean_score is None else float(row.mean_score) for row in view] == [60.0, None, 85.0, 30.0, 30.0]


def test_a_server_that_is_gone_is_said_so_and_not_taken_for_a_fault_of_ours(database: Database) -> None:
    """The database itself stays up here: a backend that is ended looks the same to its client."""

    def end_own_backend() -> None:
        with database.begin() as connection:
            own = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
            rows(database, "select pg_terminate_backend(:pid)", pid=own)
            connection.exec_driver_sql("select 1")

    with pytest.raises(DatabaseUnavailable, match="went away"):
        end_own_backend()
