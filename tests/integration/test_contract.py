"""The nightly contract: what is most valuable first, a clean end at the limits, and a forecast. No vLLM is started."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from time import monotonic, sleep
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from flows.budget import Budget, Limits, limits_of
from flows.forecast import Forecast, forecast_line, forecast_run, foresee
from flows.judging import Verdicts
from flows.parameters import RunParameters
from flows.planning import dry_run
from flows.progress import Progress
from flows.report import counts
from flows.settings import Settings
from generation.engine import SHIPPED_MODEL, load_tokenizer
from generation.recipe import model_name, model_revision
from generation.records import (
    AdCopy,
    Brief,
    Draft,
    Failure,
    Generation,
    Outcome,
    Product,
    Prompt,
    Rejection,
    ScoredCopy,
    Segment,
)
from generation.sharing import Item, Written
from sql.catalogue import CampaignSpec, Upserted, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import Database, downgrade, migrate, point_catalogue
from sql.history import Judging, read_history
from sql.plan import Planned, Selection, plan, read_briefs
from sql.runs import (
    RunLock,
    Spent,
    add_spent,
    failure_reasons,
    finish_run,
    run_summary,
    save_judge,
    set_running,
    skip_rest,
    start_run,
)
from sql.store import save_outcomes, select_best

PRODUCTS = [
    Product("dear", "Oak stool", revenue=Decimal("1200.50")),
    Product("lossy", "Felt hat", revenue=Decimal(-3)),
    Product("unknown", "Clay mug"),
    Product("best", "Copper lamp", revenue=Decimal(90_000)),
]
SEGMENTS = [Segment("cooks", "Home cooks", None, ("pans",), (), 200), Segment("hikers", "Hikers", size=500)]
SPRING = CampaignSpec("Spring", ["email", "push"], ["en-US"])
CELLS = 4 * 2 * 2  # products × segments × channels
LATE = "the deadline 06:00 came first"
EVENING = datetime(2026, 11, 25, 22, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def shop(database: Database) -> Database:
    """Four products, two segments and a campaign over all of them."""
    upsert_products(database, PRODUCTS)
    upsert_segments(database, SEGMENTS)
    upsert_campaign(database, SPRING)
    return database


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def planned_run(
    database: Database, *campaigns: str, model: str = "demo", revision: str = "1", **selection: Any
) -> tuple[int, Planned]:
    run_id, total = start_run(database, parameters={}, model=model, model_revision=revision), Planned()
    for name in campaigns or ("Spring",):
        chosen = Selection(read_campaign(database, name), **selection)
        total += plan(database, run_id, chosen, dict.fromkeys(chosen.cells(), "r"))
    set_running(database, run_id)
    return run_id, total


def passing(brief: Brief, tokens: int = 10) -> Outcome:
    draft = Draft(brief, 0, "raw", tokens, -0.5, "stop")
    return Outcome(brief, (ScoredCopy(AdCopy(draft, {"title": (brief.product.title,)}), 50.0),))


def gated(brief: Brief) -> Outcome:
    draft = Draft(brief, 0, "raw", 10, -0.5, "stop")
    return Outcome(brief, (ScoredCopy(AdCopy(draft, {}, Rejection("parse", "empty")), None),))


def end(database: Database, run_id: int) -> None:
    select_best(database, run_id)
    finish_run(database, run_id, "completed")


def statuses(database: Database) -> dict[str, int]:
    return dict(rows(database, "select status, count(*) from briefs group by 1"))


# The most valuable first


def test_briefs_come_by_their_campaigns_priority_and_their_products_revenue(shop: Database) -> None:
    upsert_campaign(shop, replace(SPRING, name="Urgent", channels=["sms"], priority=5))
    upsert_campaign(shop, replace(SPRING, name="Someday", channels=["sms"], priority=-1))
    run_id, _ = planned_run(shop, "Someday", "Spring", "Urgent")
    briefs = list(read_briefs(shop, run_id, 0))
    campaigns = [brief.campaign.name for brief in briefs]
    assert campaigns == ["Urgent"] * 8 + ["Spring"] * 16 + ["Someday"] * 8
    of_spring = [(b.product.id, b.channel, b.segment.id) for b in briefs if b.campaign.name == "Spring"]
    by_value = ["best", "dear", "lossy", "unknown"]
    wanted = [(p, c, s) for p in by_value for c in ("email", "push") for s in ("cooks", "hikers")]
    assert of_spring == wanted


def test_a_briefs_product_carries_no_revenue_so_no_prompt_can_show_it(shop: Database) -> None:
    run_id, _ = planned_run(shop)
    assert {brief.product.revenue for brief in read_briefs(shop, run_id, 0)} == {None}


def test_priority_and_revenue_change_the_order_and_write_nothing_anew(shop: Database) -> None:
    run_id, _ = planned_run(shop)
    save_outcomes(shop, run_id, [passing(brief) for brief in read_briefs(shop, run_id, 0)])
    end(shop, run_id)
    upsert_products(shop, [replace(product, revenue=Decimal(7)) for product in PRODUCTS])
    upsert_campaign(shop, replace(SPRING, priority=9))
    _, total = planned_run(shop)
    assert total == Planned(CELLS, CELLS)


def test_a_feed_without_revenue_leaves_what_is_known(database: Database) -> None:
    lamp = Product("lamp", "Lamp", revenue=Decimal(5))
    assert upsert_products(database, [lamp]) == Upserted(new=1)
    assert upsert_products(database, [replace(lamp, revenue=None)]) == Upserted(unchanged=1)
    assert upsert_products(database, [replace(lamp, title="Lamp 2", revenue=None)]) == Upserted(changed=1)
    assert upsert_products(database, [replace(lamp, title="Lamp 2", revenue=Decimal("6.5"))]) == Upserted(changed=1)
    assert rows(database, "select title, revenue from products") == [("Lamp 2", Decimal("6.5"))]
    refused = upsert_products(database, [replace(lamp, id="x", revenue=Decimal("NaN"))]).refused
    assert "products_revenue_check" in refused[0][1]


@pytest.fixture
def theirs(database: Database) -> Iterator[Callable[[str], None]]:
    """Points the catalogue at a table of the user's own, which has a revenue of that type or none."""

    def make(revenue: str) -> None:
        rows(database, "create schema theirs")
        rows(
            database,
            "create table theirs.goods (id text, title text, brand text, description text, category text,"
            f" price numeric, currency text, url text, image_url text, attributes jsonb{revenue})",
        )
        point_catalogue(database, products="theirs.goods", segments=None)

    yield make
    point_catalogue(database, products=None, segments=None)
    rows(database, "drop schema if exists theirs cascade")


def test_a_relation_without_a_revenue_column_goes_on_working(database: Database, theirs: Callable[[str], None]) -> None:
    theirs("")
    rows(database, "insert into theirs.goods (id, title) values ('b', 'Mug'), ('a', 'Lamp')")
    upsert_segments(database, SEGMENTS[:1])
    upsert_campaign(database, replace(SPRING, channels=["push"]))
    run_id, _ = planned_run(database)
    assert [brief.product.id for brief in read_briefs(database, run_id, 0)] == ["a", "b"]
    assert rows(database, "select distinct revenue from catalogue") == [(None,)]


@pytest.mark.parametrize("kind", ["numeric", "real", "double precision", "bigint", "text"])
def test_a_relations_revenue_may_be_any_number_or_text(
    database: Database, theirs: Callable[[str], None], kind: str
) -> None:
    theirs(f", revenue {kind}")
    rows(database, "insert into theirs.goods (id, revenue) values ('a', 5), ('b', 12000000), ('c', null), ('d', -2)")
    if kind == "text":
        rows(database, "insert into theirs.goods (id, revenue) values ('e', 'a lot'), ('f', 'NaN'), ('g', '1e999')")
    ordered = rows(database, "select id, revenue from catalogue order by revenue desc nulls last, id limit 4")
    assert ordered == [("b", 12_000_000), ("a", 5), ("d", -2), ("c", None)]


@pytest.mark.parametrize("own", [True, False])
def test_the_migration_leaves_the_catalogue_where_it_points_up_and_down(database: Database, own: bool) -> None:
    before = "0002"
    upsert_products(database, [Product("ours", "Stool", revenue=Decimal(3))])
    try:
        if not own:
            rows(database, "create table goods (id text, title text, brand text, description text, category text,"
                           " price numeric, currency text, url text, image_url text, attributes jsonb)")  # fmt: skip
            rows(database, "insert into goods values ('theirs')")
            point_catalogue(database, products="goods", segments=None)
        wanted = "ours" if own else "theirs"
        comment = "select obj_description('copy_for_review'::regclass)"
        told = rows(database, comment)
        for _ in range(2):
            downgrade(database, before)
            database.engine.dispose()  # connections remember the columns of what they have prepared
            assert [row[0] for row in rows(database, "select * from catalogue")] == [wanted]
            assert "revenue" not in rows(database, "select * from catalogue")[0]._fields
            assert rows(database, "select * from copy_for_review") == []
            assert rows(database, comment) == told
            migrate(database)
            database.engine.dispose()
            (row,) = rows(database, "select * from catalogue")
            assert (row.id, row._fields[-1], row.revenue) == (wanted, "revenue", None)
        point_catalogue(database, products=None if own else "goods", segments=None)
        assert [row[0] for row in rows(database, "select id from catalogue")] == [wanted]
    finally:
        migrate(database)
        point_catalogue(database, products=None, segments=None)
        rows(database, "drop table if exists goods")


@pytest.mark.parametrize("kind", [None, "text", "char(8)", "varchar(20)"])
def test_a_relation_of_segments_may_tell_their_stage_or_not(database: Database, kind: str | None) -> None:
    try:
        told = f", stage {kind}" if kind else ""
        rows(database, f"create table people (id text, name text, description text, interests text[], needs text[],"
                       f" size bigint{told})")  # fmt: skip
        rows(database, "insert into people (id, name, size) values ('a', 'A', 500), ('b', 'B', 500), ('c', 'C', 500)")
        if kind:
            rows(database, "update people set stage = case id when 'a' then 'Lapsed' when 'b' then 'vip' end")
        point_catalogue(database, products=None, segments="people")
        wanted = [("a", "lapsed" if kind else None), ("b", None), ("c", None)]
        assert rows(database, "select id, stage from audiences order by id") == wanted
    finally:
        point_catalogue(database, products=None, segments=None)
        rows(database, "drop table if exists people")


@pytest.mark.parametrize("own", [True, False])
def test_the_migration_leaves_the_audiences_where_they_point_up_and_down(database: Database, own: bool) -> None:
    upsert_segments(database, [Segment("ours", "Hikers", size=500, stage="new")])
    try:
        if not own:
            rows(database, "create table people (id text, name text, description text, interests text[], needs text[],"
                           " size int, stage text)")  # fmt: skip
            rows(database, "insert into people (id, size, stage) values ('theirs', 500, 'loyal')")
            point_catalogue(database, products=None, segments="people")
        wanted = "ours" if own else "theirs"
        comment = "select obj_description('copy_for_review'::regclass)"
        told = rows(database, comment)
        for _ in range(2):
            downgrade(database, "0006")
            database.engine.dispose()  # connections remember the columns of what they have prepared
            (row,) = rows(database, "select * from audiences")
            assert (row.id, row._fields[-1]) == (wanted, "size")
            assert rows(database, comment) == told
            migrate(database)
            database.engine.dispose()
            (row,) = rows(database, "select * from audiences")
            assert (row.id, row._fields[-1], row.stage) == (wanted, "stage", None)
            assert rows(database, "select * from copy_for_review") == []
        point_catalogue(database, products=None, segments=None if own else "people")
        assert rows(database, "select id, stage from audiences") == [(wanted, None if own else "loyal")]
    finally:
        migrate(database)
        point_catalogue(database, products=None, segments=None)
        rows(database, "drop table if exists people")


# A clean end at the limits


def test_what_a_limit_cut_off_is_skipped_with_its_reason_and_the_counts_are_true(shop: Database) -> None:
    upsert_segments(shop, [Segment("tiny", "Tiny", size=30)])
    upsert_campaign(shop, replace(SPRING, name="Urgent", channels=["sms"], priority=5))
    run_id, total = planned_run(shop, "Spring", "Urgent")
    assert total == Planned(36, 0, 12, 24)
    briefs = list(read_briefs(shop, run_id, 0))[:11]  # all eight of the urgent one
    failed = Outcome(briefs[9], failure=Failure(briefs[9], "render", "no"))
    save_outcomes(shop, run_id, [*map(passing, briefs[:9]), failed, gated(briefs[10])])
    assert skip_rest(shop, run_id, LATE) == 14
    assert skip_rest(shop, run_id, LATE) == 0  # as when the task is tried again
    end(shop, run_id)
    summary = run_summary(shop, run_id)
    assert (summary.planned, summary.generated, summary.failed, summary.skipped) == (36, 9, 1, 26)
    plans = rows(shop, "select plans from runs")[0].plans
    assert plans == {
        "1": {"planned": 24, "reused": 0, "skipped": 8 + 14, "pending": 2, "to_judge": 0},
        "2": {"planned": 12, "reused": 0, "skipped": 4, "pending": 8, "to_judge": 0},
    }
    assert failure_reasons(shop, run_id, 1) == [(f"skipped: {LATE}", 14)]


def test_the_next_night_takes_up_what_was_cut_off(shop: Database) -> None:
    run_id, _ = planned_run(shop)
    save_outcomes(shop, run_id, [passing(brief) for brief in list(read_briefs(shop, run_id, 0))[:5]])
    skip_rest(shop, run_id, LATE)
    end(shop, run_id)
    assert statuses(shop) == {"generated": 5, "skipped": CELLS - 5}
    run_id, total = planned_run(shop)
    assert total == Planned(CELLS, 5, 0, CELLS - 5)
    assert rows(shop, "select distinct reason from briefs") == [(None,)]
    save_outcomes(shop, run_id, [passing(brief) for brief in read_briefs(shop, run_id, 0)])
    end(shop, run_id)
    assert run_summary(shop, run_id).generated == CELLS - 5
    assert planned_run(shop)[1] == Planned(CELLS, CELLS)


def test_a_brief_cut_off_between_its_attempts_goes_on_with_the_second(shop: Database) -> None:
    run_id, _ = planned_run(shop)
    first, second, *_ = read_briefs(shop, run_id, 0)
    save_outcomes(shop, run_id, [gated(first), passing(second)])
    skip_rest(shop, run_id, "the run's budget of 2,000,000 tokens was spent")
    end(shop, run_id)
    run_id, total = planned_run(shop)
    assert total == Planned(CELLS, 1, 0, CELLS - 1)
    (again,) = read_briefs(shop, run_id, 1)
    assert (again.id, again.seed) == (first.id, first.seed)
    assert len(list(read_briefs(shop, run_id, 0))) == CELLS - 2
    save_outcomes(shop, run_id, [gated(again)])
    assert rows(shop, "select status from briefs where id = :id", id=again.id) == [("failed",)]


def test_what_was_cut_off_and_changed_since_is_written_as_it_is_now(shop: Database) -> None:
    run_id, _ = planned_run(shop)
    skip_rest(shop, run_id, LATE)
    end(shop, run_id)
    upsert_products(shop, [replace(PRODUCTS[0], title="Oak step stool")])
    run_id, total = planned_run(shop)
    assert total == Planned(CELLS, 0, 0, CELLS)
    titles = [brief.product.title for brief in read_briefs(shop, run_id, 0)]
    assert len(titles) == CELLS
    assert titles.count("Oak step stool") == 4
    assert "Oak stool" not in titles


class Double:
    """An engine: a brief costs 20 prompt tokens computed and 30 of output; two are in flight, one ends a minute."""

    max_model_len, in_flight_cap, in_process = 2048, 2, False

    def __init__(self, clock: list[float]) -> None:
        self.tokenizer = load_tokenizer(str(SHIPPED_MODEL))
        self.clock, self.seconds = clock, 0.0

    def __enter__(self) -> "Double":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def generate(self, items: Iterable[Item]) -> Written:
        source, in_flight, exhausted = iter(items), list[Prompt](), False
        while True:
            patience = monotonic() + 2  # what is ready soon is waited for, so that two are in flight
            while len(in_flight) < 2 and not exhausted:
                try:
                    item = next(source)
                except StopIteration:
                    exhausted = True
                    continue
                if isinstance(item, Prompt):
                    in_flight.append(item)
                elif item is not None:
                    yield item
                elif in_flight and monotonic() > patience:
                    break
                else:
                    sleep(0.005)
            if not in_flight:
                return
            self.clock[0] += 60
            self.seconds += 60
            prompt = in_flight.pop(0)
            draft = Draft(prompt.brief, 0, "words", 30, -0.5, "stop")
            yield Generation(prompt.brief, (draft,), prompt_tokens=60, cached_prompt_tokens=40)


@pytest.fixture
def generate(shop: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Limits], None]:
    """The flow's task over the shop, with the double for its engine, and neither Prefect nor a judge."""
    from flows import nightly, writing

    clock = [EVENING.timestamp()]

    @contextmanager
    def opened(*_: Any) -> Iterator[Database]:
        yield shop

    def budget(limits: Limits, **known: Any) -> Budget:
        return Budget(limits, **known, clock=lambda: clock[0])

    fakes: dict[str, Any] = {
        "Budget": budget, "Engine": lambda options: Double(clock), "open_database": opened,
        "load_settings": lambda: Settings(save_every=3), "get_run_logger": logging.getLogger,
        "create_progress_artifact": lambda **_: None, "update_progress_artifact": lambda **_: None,
    }  # fmt: skip
    for name, fake in fakes.items():
        monkeypatch.setattr(nightly, name, fake)
    monkeypatch.setattr(writing, "judge", lambda result, calibrations: passing(result.brief, 30))

    def run(run_id: int, limits: Limits) -> None:
        lock = RunLock(shop)
        try:
            nightly.generate_copy.fn(run_id, CELLS, limits, forecast_run(shop, run_id, "demo", "1", limits), lock)
        finally:
            lock.give_back()

    return run


def names(database: Database, status: str) -> list[str]:
    return [row[0] for row in rows(database, "select distinct product_id from briefs where status = :s order by 1",
                                   s=status)]  # fmt: skip


def test_the_task_stops_at_the_deadline_and_skips_what_is_worth_least(
    shop: Database, generate: Callable[[int, Limits], None]
) -> None:
    run_id, _ = planned_run(shop)
    generate(run_id, limits_of("22:09", 0, EVENING))
    end(shop, run_id)
    summary = run_summary(shop, run_id)
    assert (summary.status, summary.generated, summary.skipped) == ("completed", 8, CELLS - 8)
    assert (names(shop, "generated"), names(shop, "skipped")) == (["best", "dear"], ["lossy", "unknown"])
    assert failure_reasons(shop, run_id, 9) == [("skipped: the deadline 22:09 came first", CELLS - 8)]


def test_the_task_keeps_to_its_budget_and_the_next_night_writes_the_rest(
    shop: Database, generate: Callable[[int, Limits], None]
) -> None:
    upsert_campaign(shop, replace(SPRING, variants=1, sampling=replace(SPRING.sampling, max_tokens=8)))
    run_id, _ = planned_run(shop)
    generate(run_id, limits_of("", 700, EVENING))
    end(shop, run_id)
    summary = run_summary(shop, run_id)
    assert 0 < summary.generated < CELLS
    assert summary.tokens == 50 * summary.generated <= 700
    assert failure_reasons(shop, run_id, 9)[0][0] == "skipped: the run's budget of 700 tokens was spent"
    run_id, total = planned_run(shop)
    assert (total.reused, total.pending) == (summary.generated, summary.skipped)
    generate(run_id, limits_of("", 200, EVENING))
    end(shop, run_id)
    assert run_summary(shop, run_id).tokens == 200  # now it is known what a brief costs
    run_id, _ = planned_run(shop)
    generate(run_id, limits_of("", 0, EVENING))
    end(shop, run_id)
    assert statuses(shop) == {"generated": CELLS}


# The forecast


def finished_run(
    database: Database, tokens: dict[str, int], *, engine: float = 20.0, wall: float = 50.0, **model: str
) -> int:
    """A completed run over the campaign: so many output tokens a brief by channel, 100 prompt tokens, 60 cached."""
    upsert_campaign(database, replace(SPRING, channels=list(tokens), brand_voice=f"voice {next(_VOICES)}"))
    run_id, total = planned_run(database, **model)
    briefs = list(read_briefs(database, run_id, 0))
    save_outcomes(database, run_id, [passing(brief, tokens[brief.channel]) for brief in briefs])
    output = sum(tokens[brief.channel] for brief in briefs)
    add_spent(database, run_id, Spent(100 * total.pending, 60 * total.pending, output, engine))
    end(database, run_id)
    rows(database, "update runs set started_at = finished_at - make_interval(secs => :wall) where id = :id",
         wall=wall, id=run_id)  # fmt: skip
    return run_id


_VOICES = count()


def test_without_history_nothing_is_foretold(shop: Database) -> None:
    run_id, _ = planned_run(shop)
    assert read_history(shop, "demo", "1") is None
    limits = limits_of("06:00", 0, EVENING)
    assert forecast_run(shop, run_id, "demo", "1", limits) is None
    assert forecast_line(None, limits) == "No forecast: there is no history of this model yet."
    assert run_summary(shop, run_id).forecast is None


def test_only_completed_runs_that_wrote_something_are_history(shop: Database) -> None:
    run_id, total = planned_run(shop)
    add_spent(shop, run_id, Spent(100, 60, 50, 2.0))
    save_outcomes(shop, run_id, [passing(brief) for brief in read_briefs(shop, run_id, 0)])
    assert read_history(shop, "demo", "1") is None  # it is still going on
    finish_run(shop, run_id, "cancelled", "stopped")
    assert total.pending == CELLS
    run_id, _ = planned_run(shop)
    end(shop, run_id)  # all was reused
    assert read_history(shop, "demo", "1") is None


def test_history_is_told_a_brief_and_by_channel(shop: Database) -> None:
    finished_run(shop, {"email": 90, "push": 30}, engine=24.0, wall=54.0)
    history = read_history(shop, "demo", "1")
    assert history is not None
    assert (history.runs, history.same_revision) == (1, True)
    assert (history.prompt_tokens, history.cached_prompt_tokens, history.output_tokens) == (100, 60, 60)
    assert history.seconds_per_output_token == pytest.approx(24 / (16 * 60))
    assert history.beside_seconds == pytest.approx(30)
    assert history.weights == {("email", "en-US"): pytest.approx(1.5), ("push", "en-US"): pytest.approx(0.5)}


def test_another_revision_serves_until_this_one_has_history_and_another_model_never(shop: Database) -> None:
    finished_run(shop, {"push": 30}, revision="1")
    history = read_history(shop, "demo", "2")
    assert history is not None
    assert not history.same_revision
    assert read_history(shop, "other", "1") is None
    finished_run(shop, {"push": 50}, revision="2")
    history = read_history(shop, "demo", "2")
    assert history is not None
    assert (history.same_revision, history.runs, history.output_tokens) == (True, 1, 50)


def test_the_newest_runs_count_until_they_wrote_enough(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for tokens in (10, 20, 30):
        finished_run(shop, {"push": tokens})  # eight briefs each
    for enough, runs, output in ((1, 1, 30), (8, 1, 30), (9, 2, 25), (10_000, 3, 20)):
        monkeypatch.setattr("sql.history.ENOUGH", enough)
        history = read_history(shop, "demo", "1")
        assert history is not None
        assert (history.runs, history.output_tokens) == (runs, output)


def test_a_run_is_foretold_kept_and_set_beside_what_it_really_took(shop: Database) -> None:
    finished_run(shop, {"email": 90, "push": 30}, engine=24.0, wall=54.0)
    upsert_campaign(shop, replace(SPRING, channels=["push", "sms"]))  # text messages were never measured
    run_id, _ = planned_run(shop)
    limits = limits_of("", 0, EVENING)
    told = forecast_line(forecast_run(shop, run_id, "demo", "1", limits), limits)
    # 8 × 30 and 8 × 60 output tokens, of 25 ms each; 16 × 40 prompt tokens computed; thirty seconds beside
    assert told == (
        "Forecast from 1 run of this model: 16 briefs, 1,360 tokens (720 of output), 18 s in the engine, "
        "done about 22:00."
    )
    assert run_summary(shop, run_id).forecast == {
        "runs": 1, "same_revision": True, "briefs": 16, "prompt_tokens": 1600, "cached_prompt_tokens": 960,
        "output_tokens": 720, "engine_seconds": 18.0, "wall_seconds": 48.0,
        "finishes_at": "2026-11-25T22:00:48+08:00", "let_through": 16, "stopped_by": None,
        "judge": None, "judge_unknown": False,
    }  # fmt: skip
    add_spent(shop, run_id, Spent(1500, 900, 800, 21.5))
    shown = dict(counts(run_summary(shop, run_id)))
    assert shown["prompt tokens computed"] == "600 (forecast 640)"
    assert shown["output tokens"] == "800 (forecast 720)"
    assert shown["engine seconds"] == "21.5 (forecast 18)"
    assert shown["wall seconds"].endswith(" (forecast 48)")


@pytest.mark.parametrize(
    ("deadline", "max_tokens", "let_through", "stopped_by", "told"),
    [
        ("1m", 0, 50, "deadline", " The deadline 22:01 lets about 50 through."),
        ("1m", 900, 9, "tokens", " The budget of 900 tokens lets about 9 through."),
        ("1m", 9_000, 50, "deadline", " The deadline 22:01 lets about 50 through."),
        ("2026-11-27T06:00", 0, 100, None, ""),
        ("2026-11-25T22:00:20", 0, 0, "deadline", " The deadline 22:00 lets about 0 through."),
        ("", 10_000, 100, None, ""),
    ],
)
def test_the_forecast_says_what_the_limits_let_through(
    shop: Database, deadline: str, max_tokens: int, let_through: int, stopped_by: str | None, told: str
) -> None:
    finished_run(shop, {"push": 60}, engine=8 * 0.6, wall=8 * 0.6 + 30)  # 100 tokens and 0.6 s a brief, 30 s beside
    limits = limits_of(deadline, max_tokens, EVENING)
    forecast = foresee(read_history(shop, "demo", "1"), {("push", "en-US"): 100}, limits)
    assert forecast is not None
    assert (forecast.let_through, forecast.stopped_by) == (let_through, stopped_by)
    assert forecast_line(forecast, limits) == (
        "Forecast from 1 run of this model: 100 briefs, 10,000 tokens (6,000 of output), 60 s in the engine, "
        f"done about 22:01.{told}"
    )


def test_the_report_measures_a_run_that_was_cut_off_by_what_was_to_get_through(shop: Database) -> None:
    finished_run(shop, {"push": 60}, engine=4.8, wall=34.8)
    upsert_campaign(shop, replace(SPRING, channels=["push"]))
    run_id, _ = planned_run(shop)
    forecast_run(shop, run_id, "demo", "1", limits_of("", 400, EVENING))  # of the 800 that it would take
    shown = dict(counts(run_summary(shop, run_id)))
    assert shown["output tokens"] == "0 (forecast 240)"
    assert shown["wall seconds"].endswith(" (forecast 32)")


def test_what_the_judge_takes_is_foretold_where_it_is_asked(shop: Database) -> None:
    run_id = finished_run(shop, {"push": 60}, engine=4.8, wall=40.8)  # 100 tokens a brief, and 36 seconds beside
    limits = limits_of("", 0, EVENING)

    def told(judging: bool, limits: Limits = limits) -> Forecast:
        forecast = foresee(read_history(shop, "demo", "1"), {("push", "en-US"): 100}, limits, judging)
        assert forecast is not None
        return forecast

    without = told(judging=True)
    assert (without.judge, without.tokens) == (None, 10_000)
    assert "What the judge takes is not in it: there is no history of that yet." in forecast_line(without, limits)
    # That run asks now of its eight briefs' copies, two each.
    verdicts = Verdicts(asked=16, prompt_tokens=3200, cached_prompt_tokens=2400, engine_seconds=1.6)
    save_judge(shop, run_id, asdict(verdicts))
    rows(
        shop,
        "update runs set prompt_tokens = prompt_tokens + 3200, cached_prompt_tokens = cached_prompt_tokens + 2400,"
        " output_tokens = output_tokens + 16, engine_seconds = engine_seconds + 1.6,"
        " finished_at = finished_at + interval '1.6 s' where id = :id",
        id=run_id,
    )
    plain, judged = told(judging=False), told(judging=True)
    assert plain == replace(without, judge_unknown=False)
    assert judged.judge == Judging(40_000, 30_000, 200, 20.0)
    assert (judged.tokens, judged.writing_tokens) == (10_000 + 10_200, 10_000)
    assert (judged.engine_seconds, judged.wall_seconds) == (80.0, 116.0)
    assert ", 20,200 tokens (6,200 of output, 10,200 to judge), 80 s in the engine" in forecast_line(judged, limits)
    # What is left is for the judge: the limits let as many briefs through.
    assert told(judging=True, limits=limits_of("", 9_000, EVENING)).let_through == 90
    shown = dict(counts(replace(run_summary(shop, run_id), forecast=asdict(judged))))
    assert shown["output tokens"].endswith(" (forecast 6,200)")
    stopped = asdict(replace(judged, let_through=50, stopped_by="tokens"))  # then the judge isn't asked
    shown = dict(counts(replace(run_summary(shop, run_id), forecast=stopped)))
    assert shown["output tokens"].endswith(" (forecast 3,000)")


def test_a_dry_run_foretells_too_and_keeps_nothing(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_TIME_ZONE", "Asia/Shanghai")
    shipped = str(SHIPPED_MODEL)
    settings = Settings()
    assert dry_run(shop, settings, RunParameters()).foretold.startswith("No forecast: ")
    finished_run(shop, {"push": 60}, model=model_name(shipped), revision=model_revision(shipped))
    upsert_campaign(shop, replace(SPRING, channels=["push"]))
    upsert_campaign(shop, replace(SPRING, name="Second", channels=["push", "sms"]))
    runs = rows(shop, "select * from runs")
    rehearsal = dry_run(shop, settings, RunParameters(max_tokens=1_200))
    assert rehearsal.forecast is not None
    assert (rehearsal.forecast.briefs, rehearsal.forecast.output_tokens) == (24, 24 * 60)
    assert (rehearsal.forecast.let_through, rehearsal.forecast.stopped_by) == (12, "tokens")
    finish = datetime.fromisoformat(rehearsal.forecast.finishes_at)
    assert finish.utcoffset() == EVENING.utcoffset()
    assert 60 < (finish - datetime.now(UTC)).total_seconds() <= 90  # sixty in the engine, thirty beside it
    assert rehearsal.foretold.endswith("The budget of 1,200 tokens lets about 12 through.")
    assert rows(shop, "select * from runs") == runs


def test_the_forecast_is_shown_once_before_the_bar_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from rich.console import Console

    from flows.progress import tell
    from flows.terminal import progress_bar

    screen = Console(file=io.StringIO(), width=200)
    with progress_bar(screen):
        progress = Progress(total=2, foretold="Forecast from 1 run: [x]")
        for _ in range(3):
            tell(progress)
    shown: Sequence[str] = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert sum("Forecast from 1 run: [x]" in line for line in shown) == 1
