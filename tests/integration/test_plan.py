"""What a plan finds to write, night after night, and reading it back. Outcomes are made up; no engine is started."""

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from flows.choosing import choose_waiting
from generation.records import AdCopy, Brief, Draft, Outcome, Product, Rejection, Sampling, ScoredCopy, Segment
from sql.catalogue import (
    CampaignSpec,
    UnknownCampaign,
    read_campaign,
    upsert_campaign,
    upsert_products,
    upsert_segments,
)
from sql.database import Database, DatabaseUnavailable, downgrade, migrate
from sql.plan import NothingToPlan, Planned, Selection, plan, preview, read_briefs
from sql.runs import finish_run, one_run_at_a_time, run_summary, skip_rest, start_run
from sql.store import save_outcomes, select_best

MUG = Product("mug", "Clay mug", "Pellwick", "Holds 350 ml", "Kitchen", Decimal("15.00"), "EUR",
              "https://x.example/mug", "https://x.example/mug.jpg", {"Color": "blue"})  # fmt: skip
LAMP = Product("lamp", "Copper lamp", "Kelvora", None, "Light", Decimal("60"), "EUR")
STOOL = Product("stool", "Oak stool", "Nordhem", None, "Furniture")
HIKERS = Segment("hikers", "Hikers", None, ("maps",), ("low weight",), 500)
COOKS = Segment("cooks", "Home cooks", None, ("pans",), (), 200)
SPRING = CampaignSpec("Spring", ["push", "email"], ["en-US"], sampling=Sampling(seed=3))
CELLS = 3 * 2 * 2  # products × segments × channels


@pytest.fixture
def shop(database: Database) -> Database:
    """Three products, two segments and a campaign over all of them."""
    upsert_products(database, [MUG, LAMP, STOOL])
    upsert_segments(database, [HIKERS, COOKS])
    upsert_campaign(database, SPRING)
    return database


def execute(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def selected(database: Database, campaign: str = "Spring", **selection: Any) -> Selection:
    return Selection(read_campaign(database, campaign), **selection)


def planned(
    database: Database, run_id: int, *, recipe: str = "r", campaign: str = "Spring", **selection: Any
) -> Planned:
    chosen = selected(database, campaign, **selection)
    return plan(database, run_id, chosen, dict.fromkeys(chosen.cells(), recipe))


def new_run(database: Database) -> int:
    return start_run(database, parameters={}, model="demo", model_revision="1")


def passing(brief: Brief, scores: Sequence[float] = (60.0, 80.0)) -> Outcome:
    copies = tuple(
        ScoredCopy(
            AdCopy(Draft(brief, i, f"raw {i}", 9, -0.5, "stop"), {"title": (f"{brief.product.title} {i}",)}), score
        )
        for i, score in enumerate(scores)
    )
    return Outcome(brief, copies)


def gated(brief: Brief) -> Outcome:
    draft = Draft(brief, 0, "raw", 9, -0.5, "stop")
    return Outcome(brief, (ScoredCopy(AdCopy(draft, {}, Rejection("parse", "empty")), None),))


def write(database: Database, run_id: int, failing: frozenset[int] = frozenset(), most: int | None = None) -> None:
    """Write the run's pending briefs, all or the first few; those of the numbers in ``failing`` fail."""
    for attempt in (0, 1):
        briefs = list(read_briefs(database, run_id, attempt))[:most]
        save_outcomes(
            database, run_id, [gated(b) if number in failing else passing(b) for number, b in enumerate(briefs)]
        )


def night(database: Database, **selection: Any) -> Planned:
    """A whole run that writes all it planned."""
    run_id = new_run(database)
    counts = planned(database, run_id, **selection)
    write(database, run_id)
    select_best(database, run_id)
    finish_run(database, run_id, "completed")
    return counts


def offered(database: Database) -> list[str]:
    """The words that wait for a reviewer."""
    rows = execute(database, "select fields->'title'->>0 from copy_for_review where status = 'selected' order by 1")
    return [row[0] for row in rows]


# Night after night


def test_the_first_night_writes_every_cell_and_the_second_none(shop: Database) -> None:
    assert night(shop) == Planned(planned=CELLS, pending=CELLS)
    before = execute(shop, "select * from briefs order by id")
    assert night(shop) == Planned(planned=CELLS, reused=CELLS)
    assert execute(shop, "select * from briefs order by id") == before


def test_a_run_keeps_the_sums_of_its_campaigns(shop: Database) -> None:
    night(shop)
    upsert_campaign(shop, replace(SPRING, name="Autumn", channels=["sms"]))
    run_id = new_run(shop)
    assert planned(shop, run_id) + planned(shop, run_id, campaign="Autumn") == Planned(CELLS + 6, CELLS, 0, 6)
    summary = run_summary(shop, run_id)
    assert (summary.planned, summary.reused, summary.skipped) == (CELLS + 6, CELLS, 0)


def test_a_campaign_planned_twice_in_a_run_counts_once(shop: Database) -> None:
    """As when the task is tried again after the database was away."""
    run_id = new_run(shop)
    first = planned(shop, run_id)
    assert planned(shop, run_id) == first
    assert run_summary(shop, run_id).planned == CELLS
    write(shop, run_id)
    finish_run(shop, run_id, "completed")


@pytest.mark.parametrize(
    ("change", "pending"),
    [
        ("update products set title = 'Mug' where id = 'mug'", 4),
        ("update products set price = 15.01 where id = 'mug'", 4),
        ("update products set price = null, currency = null where id = 'mug'", 4),
        ("update products set currency = 'USD' where id = 'mug'", 4),
        ("update products set brand = null where id = 'mug'", 4),
        ("update products set description = 'Holds 400 ml' where id = 'mug'", 4),
        ("update products set category = 'Home' where id = 'mug'", 4),
        ("update products set attributes = '{\"Color\": \"red\"}' where id = 'mug'", 4),
        ("update segments set name = 'Walkers' where id = 'hikers'", 6),
        ("update segments set interests = '{boots}' where id = 'hikers'", 6),
        ("update segments set needs = '{}' where id = 'hikers'", 6),
        ("update campaigns set brand_voice = 'Plain.'", 12),
        ("update campaigns set offer = '10 % off'", 0),  # no promotion stands behind it: no prompt shows it
        ("update campaigns set market = 'eu', banned_words = '{cheap}', required_words = '{Pellwick}'", 0),
        ("update campaigns set variants = 2", 12),
        ("update campaigns set sampling = '{\"seed\": 4}'", 12),
        ("update products set revenue = 1000", 0),
        ("update campaigns set priority = 3", 0),
        ("update products set url = 'https://y.example', image_url = null, updated_at = now()", 0),
        ("update products set price = 15.0000, attributes = '{\"Color\":   \"blue\"}' where id = 'mug'", 0),
        ("update segments set size = 501, description = 'They walk', updated_at = now()", 0),
        ("update campaigns set name = 'Spring', segments = '{hikers,cooks}', updated_at = now()", 0),
    ],
)
def test_what_changed_is_written_again_and_nothing_else(shop: Database, change: str, pending: int) -> None:
    night(shop)
    execute(shop, change)
    assert night(shop) == Planned(CELLS, CELLS - pending, 0, pending)
    assert night(shop) == Planned(CELLS, CELLS)


def test_another_recipe_writes_its_channel_again(shop: Database) -> None:
    night(shop)
    chosen, run_id = selected(shop), new_run(shop)
    recipes = {("push", "en-US"): "r", ("email", "en-US"): "another template"}
    assert plan(shop, run_id, chosen, recipes) == Planned(CELLS, 6, 0, 6)
    assert {brief.channel for brief in read_briefs(shop, run_id, 0)} == {"email"}


def test_cells_of_two_campaigns_never_share_a_brief(shop: Database) -> None:
    night(shop)
    upsert_campaign(shop, replace(SPRING, name="Autumn"))
    assert night(shop, campaign="Autumn") == Planned(CELLS, 0, 0, CELLS)
    assert night(shop) == Planned(CELLS, CELLS)
    assert len(offered(shop)) == 2 * CELLS


def test_a_channel_that_a_campaign_names_twice_is_written_once(shop: Database) -> None:
    upsert_campaign(shop, replace(SPRING, channels=["push", "push"], locales=["en-US", "en-US"]))
    assert night(shop).planned == 6


@pytest.mark.parametrize(("table", "row", "cells"), [("products", "mug", 8), ("segments", "cooks", 6)])
def test_a_row_that_is_removed_retires_its_own_copy_which_is_kept(
    shop: Database, table: str, row: str, cells: int
) -> None:
    night(shop)
    others = (
        "select b.*, c.* from briefs b join copies c on c.brief_id = b.id"
        f" where '{row}' not in (product_id, segment_id) order by c.id"
    )
    kept = "select id, fields, score from copies order by id"
    before = execute(shop, others), execute(shop, kept)
    execute(shop, f"delete from {table} where id = '{row}'")
    assert night(shop) == Planned(cells, cells)
    assert len(offered(shop)) == cells
    assert (execute(shop, others), execute(shop, kept)) == before


@pytest.mark.parametrize("decision", ["approved", "edited", "exported", "rejected"])
def test_what_people_decided_on_a_removed_products_copy_stays(shop: Database, decision: str) -> None:
    night(shop)
    execute(shop, "update copies set status = :d where status = 'selected'", d=decision)
    execute(shop, "delete from products where id = 'mug'")
    night(shop)
    assert execute(shop, "select count(*) from copies where status = :d", d=decision) == [(CELLS,)]


# A change, and a change back


def test_older_copy_is_offered_until_the_new_one_is_written(shop: Database) -> None:
    night(shop, product_filter={"ids": ["mug"]}, segments=("cooks",), channels=("push",))
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    run_id = new_run(shop)
    planned(shop, run_id, product_filter={"ids": ["mug"]}, segments=("cooks",), channels=("push",))
    assert offered(shop) == ["Clay mug 1"]
    write(shop, run_id)
    select_best(shop, run_id)
    assert offered(shop) == ["Tea mug 1"]
    assert execute(shop, "select distinct c.status from copies c join briefs b on b.id = c.brief_id"
                         " where superseded_at is not null") == [("expired",)]  # fmt: skip


def test_a_change_taken_back_offers_the_old_copy_again_without_writing(shop: Database) -> None:
    one_cell: dict[str, Any] = {"product_filter": {"ids": ["mug"]}, "segments": ("cooks",), "channels": ("push",)}
    night(shop, **one_cell)
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    night(shop, **one_cell)
    upsert_products(shop, [MUG])
    run_id = new_run(shop)
    assert planned(shop, run_id, **one_cell) == Planned(1, 1)
    finish_run(shop, run_id, "completed")
    assert offered(shop) == ["Clay mug 1"]
    assert execute(shop, "select superseded_at is null from briefs order by id") == [(True,), (False,)]
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    assert night(shop, **one_cell) == Planned(1, 1)
    assert offered(shop) == ["Tea mug 1"]


def test_a_change_taken_back_before_it_was_written_leaves_nothing_pending(shop: Database) -> None:
    night(shop)
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    planned(shop, new_run(shop))  # and the process dies
    upsert_products(shop, [MUG])
    run_id = new_run(shop)
    assert planned(shop, run_id) == Planned(CELLS, CELLS)
    assert not list(read_briefs(shop, run_id, 0))
    assert execute(shop, "select distinct superseded_at is null from briefs where status = 'pending'") == [(False,)]


def test_content_that_changes_between_two_plans_of_one_run_is_written_once(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id)
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    planned(shop, run_id)
    write(shop, run_id)
    select_best(shop, run_id)
    finish_run(shop, run_id, "completed")
    assert len(offered(shop)) == CELLS
    assert sum(words.startswith("Tea mug") for words in offered(shop)) == 4


@pytest.mark.parametrize("decision", ["approved", "edited", "exported"])
def test_copy_that_people_approved_stays_theirs_through_a_change_and_back(shop: Database, decision: str) -> None:
    night(shop)
    execute(shop, "update copies set status = :d where status = 'selected'", d=decision)
    before = execute(shop, "select id, fields from copies where status = :d order by id", d=decision)
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    night(shop)
    assert execute(shop, "select id, fields from copies where status = :d order by id", d=decision) == before
    assert [words[:7] for words in offered(shop)] == ["Tea mug"] * 4
    upsert_products(shop, [MUG])
    assert night(shop).pending == 0
    assert execute(shop, "select id, fields from copies where status = :d order by id", d=decision) == before
    assert offered(shop) == []


def test_a_brief_whose_copy_was_rejected_by_people_is_not_filled_up_the_next_night(shop: Database) -> None:
    night(shop)
    execute(shop, "update copies set status = 'rejected' where status = 'selected'")
    night(shop)
    assert offered(shop) == []


def test_copy_taken_back_is_offered_again_though_people_rejected_some_of_it(shop: Database) -> None:
    one_cell: dict[str, Any] = {"product_filter": {"ids": ["mug"]}, "segments": ("cooks",), "channels": ("push",)}
    night(shop, **one_cell)
    execute(shop, "update copies set status = 'rejected' where status = 'selected'")
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    night(shop, **one_cell)
    upsert_products(shop, [MUG])
    night(shop, **one_cell)
    assert offered(shop) == ["Clay mug 0"]


def test_copy_of_a_run_that_died_before_it_chose_is_chosen_by_the_next_run(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id)
    write(shop, run_id)  # and the process dies before select_best
    assert offered(shop) == []
    with one_run_at_a_time(shop):
        assert planned(shop, new_run(shop)) == Planned(CELLS, CELLS)
        assert choose_waiting(shop) == CELLS
    assert len(offered(shop)) == CELLS


def test_copy_that_was_never_on_offer_is_out_of_date_when_its_words_are(shop: Database) -> None:
    one_cell: dict[str, Any] = {"product_filter": {"ids": ["mug"]}, "segments": ("cooks",), "channels": ("push",)}
    first = new_run(shop)
    planned(shop, first, **one_cell)
    write(shop, first)  # and the process dies
    finish_run(shop, first, "crashed")
    upsert_products(shop, [replace(MUG, title="Tea mug")])
    second = new_run(shop)
    assert planned(shop, second, **one_cell) == Planned(1, 0, 0, 1)
    write(shop, second)
    assert choose_waiting(shop) == 1
    assert offered(shop) == ["Tea mug 1"]
    assert execute(shop, "select count(*) from copies where status = 'expired'") == [(2,)]
    finish_run(shop, second, "completed")
    upsert_products(shop, [MUG])
    assert planned(shop, new_run(shop), **one_cell) == Planned(1, 1)
    assert choose_waiting(shop) == 0
    assert offered(shop) == ["Clay mug 1"]


# Skipped and failed


def test_a_segment_below_the_floor_is_skipped_with_the_reason_until_it_has_grown(shop: Database) -> None:
    upsert_segments(shop, [replace(COOKS, size=99)])
    assert night(shop, floor=100) == Planned(CELLS, 0, 6, 6)
    assert execute(shop, "select distinct reason from briefs where status = 'skipped'") == [
        ("segment cooks has 99 people, the floor is 100",)
    ]
    assert night(shop, floor=100) == Planned(CELLS, 6, 6, 0)
    upsert_segments(shop, [replace(COOKS, size=100)])
    assert night(shop, floor=100) == Planned(CELLS, 6, 0, 6)
    assert execute(shop, "select distinct status, reason from briefs") == [("generated", None)]


def test_a_failed_brief_is_only_tried_again_when_asked_and_with_other_seeds(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id)
    write(shop, run_id, failing=frozenset({0, 1}))
    finish_run(shop, run_id, "completed")
    assert run_summary(shop, run_id).failed == 2
    seeds = dict(execute(shop, "select id, seed from briefs where status = 'failed'"))
    assert night(shop) == Planned(CELLS, CELLS - 2, 2, 0)
    run_id = new_run(shop)
    assert planned(shop, run_id, retry_failed=True) == Planned(CELLS, CELLS - 2, 0, 2)
    again = {brief.id: (brief.seed, brief.attempt) for brief in read_briefs(shop, run_id, 0)}
    assert again.keys() == seeds.keys()
    assert all(attempt == 0 and seed not in range(seeds[i], seeds[i] + 16) for i, (seed, attempt) in again.items())
    write(shop, run_id)
    finish_run(shop, run_id, "completed")
    assert night(shop) == Planned(CELLS, CELLS)


def test_a_brief_that_failed_and_was_superseded_is_counted_once(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id)
    write(shop, run_id, failing=frozenset({0}))
    finish_run(shop, run_id, "completed")
    upsert_products(shop, [replace(product, brand="New") for product in (MUG, LAMP, STOOL)])
    night(shop)
    upsert_products(shop, [MUG, LAMP, STOOL])
    assert night(shop) == Planned(CELLS, CELLS - 1, 1, 0)
    current = "select count(*) from briefs where superseded_at is null and status = 'failed'"
    assert execute(shop, current) == [(1,)]
    assert night(shop, retry_failed=True) == Planned(CELLS, CELLS - 1, 0, 1)


def test_a_run_that_died_is_taken_up_where_the_table_stands(shop: Database) -> None:
    first = new_run(shop)
    planned(shop, first)
    briefs = list(read_briefs(shop, first, 0))
    save_outcomes(shop, first, [passing(brief) for brief in briefs[:4]] + [gated(brief) for brief in briefs[4:7]])
    with one_run_at_a_time(shop):
        second = new_run(shop)
        assert planned(shop, second) == Planned(CELLS, 4, 0, 8)
        assert [brief.id for brief in read_briefs(shop, second, 1)] == [brief.id for brief in briefs[4:7]]
        assert [brief.id for brief in read_briefs(shop, second, 0)] == [brief.id for brief in briefs[7:]]
        write(shop, second)
        choose_waiting(shop)
        finish_run(shop, second, "completed")
    assert run_summary(shop, first).status == "crashed"
    assert run_summary(shop, first).generated == 4
    assert run_summary(shop, second).generated == 8
    assert len(offered(shop)) == CELLS


# Selections


@pytest.mark.parametrize(
    ("selection", "cells"),
    [
        ({"product_filter": {"ids": ["mug", "lamp", "nothing"]}}, 8),
        ({"product_filter": {"categories": ["Light", "Furniture"]}}, 8),
        ({"product_filter": {"brands": ["Pellwick"]}}, 4),
        ({"product_filter": {"title_contains": "COPPER"}}, 4),
        ({"product_filter": {"title_contains": "%"}}, 0),
        ({"product_filter": {"brands": ["Pellwick"], "title_contains": "lamp"}}, 0),
        ({"segments": ("cooks",)}, 6),
        ({"channels": ("email",)}, 6),
        ({"locales": ("zh-CN",)}, 12),
        ({"channels": ("sms", "push"), "locales": ("zh-CN", "en-US")}, 24),
        ({"limit": 5}, 5),
        ({"limit": 1000}, 12),
    ],
)
def test_a_selection_covers_the_cells_it_names(shop: Database, selection: dict[str, Any], cells: int) -> None:
    if cells:
        assert night(shop, **selection) == Planned(cells, 0, 0, cells)
        assert night(shop, **selection) == Planned(cells, cells)
    else:
        with pytest.raises(NothingToPlan, match="matches no product; its filter is"):
            planned(shop, new_run(shop), **selection)


def test_the_campaigns_own_filter_and_segments_hold_unless_the_run_names_others(shop: Database) -> None:
    upsert_campaign(shop, replace(SPRING, product_filter={"brands": ["Pellwick"]}, segments=["cooks"]))
    assert night(shop).planned == 2
    assert night(shop, product_filter={"ids": ["lamp", "stool"]}, segments=("hikers",)).planned == 4


def test_what_cannot_be_planned_says_what_is_missing(database: Database) -> None:
    with pytest.raises(UnknownCampaign, match="no campaign 'Spring'; there are: none yet"):
        selected(database)
    upsert_campaign(database, SPRING)
    with pytest.raises(UnknownCampaign, match="no campaign 'Sprung'; there are: 'Spring'"):
        selected(database, "Sprung")
    run_id = new_run(database)
    with pytest.raises(NothingToPlan, match="the catalogue is empty"):
        planned(database, run_id)
    upsert_products(database, [MUG])
    with pytest.raises(NothingToPlan, match="there are no segments"):
        planned(database, run_id)
    upsert_segments(database, [HIKERS])
    with pytest.raises(NothingToPlan, match="asks for segments that are not there: walkers, runners"):
        planned(database, run_id, segments=("hikers", "walkers", "runners"))
    assert execute(database, "select count(*) from briefs") == [(0,)]
    assert planned(database, run_id).planned == 2


def test_a_segment_that_is_no_longer_there_costs_a_campaign_no_more_than_its_own_briefs(database: Database) -> None:
    upsert_products(database, [MUG])
    upsert_segments(database, [HIKERS])
    upsert_campaign(database, replace(SPRING, segments=["hikers", "walkers"]))
    counts = planned(database, new_run(database))
    assert counts.planned == counts.pending == 2
    assert counts.remarks == ("campaign 'Spring' asks for segments that are not there: walkers",)
    upsert_campaign(database, replace(SPRING, segments=["walkers"]))
    with pytest.raises(NothingToPlan, match="asks for segments that are not there: walkers"):
        planned(database, new_run(database))


def test_a_preview_counts_and_shows_but_writes_nothing(shop: Database) -> None:
    night(shop, product_filter={"ids": ["mug"]})
    tables = ("briefs", "copies", "runs")
    before = [execute(shop, f"select * from {table} order by id") for table in tables]
    chosen = selected(shop)
    counts, briefs, places = preview(shop, chosen, dict.fromkeys(chosen.cells(), "r"), samples=3)
    assert counts == Planned(CELLS, 4, 0, 8)
    assert places == {("push", "en-US"): 4, ("email", "en-US"): 4}
    assert len({(brief.product.id, brief.channel) for brief in briefs}) == 3
    assert [execute(shop, f"select * from {table} order by id") for table in tables] == before


# Random histories

_STEP = st.one_of(
    st.tuples(st.just("title"), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.just("size"), st.integers(0, 1), st.sampled_from([50, 500])),
    st.tuples(st.just("voice"), st.integers(0, 0), st.integers(0, 1)),
    st.tuples(st.just("remove"), st.integers(0, 2), st.integers(0, 0)),
)
_RUN = st.fixed_dictionaries(
    {
        "changes": st.lists(_STEP, max_size=3),
        "recipe": st.sampled_from("rs"),
        "retry_failed": st.booleans(),
        "limit": st.sampled_from([None, None, 1, 4]),
        "failing": st.frozensets(st.integers(0, 5), max_size=3),
        "most": st.sampled_from([None, None, None, 0, 2]),
        "ends": st.sampled_from(["completed", "completed", "cut off", "died", "died before it chose"]),
    }
)


@dataclass
class Shop:
    """What the database should know, kept in Python: the content of today, and how each content ended."""

    titles: dict[str, int]
    sizes: dict[str, int]
    voice: int = 0

    def __post_init__(self) -> None:
        self.ended: dict[tuple[Any, ...], str] = {}

    def cells(self, recipe: str, limit: int | None) -> list[tuple[Any, ...]]:
        cells = [(p, s, self.titles[p], self.voice, recipe) for p in sorted(self.titles) for s in sorted(self.sizes)]
        return cells[:limit]

    def expected(self, cells: list[tuple[Any, ...]], retry_failed: bool) -> Planned:
        reused = skipped = pending = 0
        for cell in cells:
            ended = self.ended.get(cell)
            if ended == "generated":
                reused += 1
            elif (ended == "failed" and not retry_failed) or self.sizes[cell[1]] < 100:
                skipped += 1
            else:
                pending += 1
        return Planned(len(cells), reused, skipped, pending)


def _apply(database: Database, shop: Shop, change: tuple[str, int, int]) -> None:
    what, number, value = change
    if what == "title":
        shop.titles[f"p{number}"] = value
        upsert_products(database, [Product(f"p{number}", f"Mug {value}")])
    elif what == "size":
        shop.sizes[f"s{number}"] = value
        upsert_segments(database, [Segment(f"s{number}", f"Segment {number}", size=value)])
    elif what == "voice":
        shop.voice = value
        upsert_campaign(database, CampaignSpec("Spring", ["push"], ["en-US"], brand_voice=f"voice {value}"))
    elif len(shop.titles) > 1 and shop.titles.pop(f"p{number}", None) is not None:
        execute(database, "delete from products where id = :id", id=f"p{number}")


def _check_cells(database: Database, cells: list[tuple[Any, ...]], shop: Shop) -> None:
    """The current content's copy is the one that is offered, wherever it has been written."""
    rows = execute(
        database,
        "select b.product_id, b.segment_id, b.id, superseded_at is null as is_current, b.status,"
        "       count(*) filter (where c.status = 'selected') as selected,"
        "       count(*) filter (where c.status in ('selected', 'candidate')) as alive,"
        "       max(c.fields->'title'->>0) as words"
        "  from briefs b left join copies c on c.brief_id = b.id group by b.id",
    )
    for cell in cells:
        if shop.ended.get(cell) != "generated":
            continue
        of_cell = [row for row in rows if (row.product_id, row.segment_id) == cell[:2]]
        (current,) = [row for row in of_cell if row.is_current]
        assert current.status == "generated"
        assert current.selected == 1
        assert current.words.startswith(f"Mug {cell[2]}")
        assert all(row.alive == 0 for row in of_cell if not row.is_current)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_RUN, min_size=1, max_size=7))
def test_no_history_breaks_the_law_of_conservation(server: Database, runs: list[dict[str, Any]]) -> None:
    migrate(server)
    try:
        shop = Shop({"p0": 0, "p1": 0}, {"s0": 500, "s1": 500})
        for number in (0, 1):
            _apply(server, shop, ("title", number, 0))
            _apply(server, shop, ("size", number, 500))
        _apply(server, shop, ("voice", 0, 0))
        for steps in runs:
            for change in steps["changes"]:
                _apply(server, shop, change)
            with one_run_at_a_time(server):
                _one_run(server, shop, steps)
    finally:
        downgrade(server)


def _one_run(database: Database, shop: Shop, steps: dict[str, Any]) -> None:
    cells = shop.cells(steps["recipe"], steps["limit"])
    run_id = new_run(database)
    counts = planned(database, run_id, recipe=steps["recipe"], limit=steps["limit"], retry_failed=steps["retry_failed"])
    assert counts == shop.expected(cells, steps["retry_failed"])
    assert counts.planned == counts.reused + counts.skipped + counts.pending
    if steps["retry_failed"]:  # what is to be tried again stays so when the run dies before it came to it
        for cell in cells:
            if shop.ended.get(cell) == "failed":
                del shop.ended[cell]
    choose_waiting(database)  # what an earlier run left without a choice
    _check_cells(database, cells, shop)
    most = None if steps["ends"] == "completed" else steps["most"]
    write(database, run_id, steps["failing"], most)
    if steps["ends"] == "cut off":
        skip_rest(database, run_id, "the deadline 06:00 came first")
    by_place = {cell[:2]: cell for cell in cells}
    ended = execute(database, "select product_id, segment_id, status from briefs where run_id = :id and"
                              " superseded_at is null and status <> 'pending'", id=run_id)  # fmt: skip
    for product_id, segment_id, status in ended:
        shop.ended[by_place[product_id, segment_id]] = status
    if steps["ends"] == "died before it chose":
        return
    choose_waiting(database)
    _check_cells(database, cells, shop)
    if steps["ends"] in ("completed", "cut off"):
        finish_run(database, run_id, "completed")
        summary = run_summary(database, run_id)
        assert summary.planned == summary.reused + summary.generated + summary.failed + summary.skipped


# Reading


def many(database: Database, products: int, segments: int = 3) -> int:
    upsert_products(database, (Product(f"p{n:05}", f"Mug {n}", description="x" * 200) for n in range(products)))
    upsert_segments(database, [Segment(f"s{n}", f"Segment {n}", size=500) for n in range(segments)])
    upsert_campaign(database, CampaignSpec("Spring", ["push", "email"], ["zh-CN", "en-US"]))
    upsert_campaign(database, CampaignSpec("Autumn", ["sms"], ["en-US"]))
    run_id = new_run(database)
    planned(database, run_id, campaign="Autumn")
    planned(database, run_id)
    return run_id


def test_briefs_come_in_the_order_that_shares_most(database: Database) -> None:
    run_id = many(database, 40)
    briefs = list(read_briefs(database, run_id, 0))
    places = [(b.campaign.id, b.product.id, b.channel, b.locale, b.segment.id) for b in briefs]
    assert places == sorted(places)
    assert len(set(places)) == 40 * 3 * 5
    assert len({id(brief.product) for brief in briefs}) == 40 * 2  # one record for neighbours


def test_a_brief_carries_the_whole_of_its_rows(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id, product_filter={"ids": ["mug"]}, segments=("hikers",), channels=("push",))
    (brief,) = read_briefs(shop, run_id, 0)
    assert brief.product == MUG
    assert brief.segment == HIKERS
    assert brief.campaign == read_campaign(shop, "Spring").as_record()
    assert (brief.channel, brief.locale, brief.attempt) == ("push", "en-US", 0)


def test_reading_keeps_one_fetch_of_rows_in_memory(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sql.plan.READ_ROWS", 100)
    run_id = many(database, 500)
    stream = read_briefs(database, run_id, 0)
    next(stream)
    tracemalloc.start()
    count = 1 + sum(1 for _ in stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 7_500
    assert peak < 1_000_000  # all of them take 8 MB


def test_saving_beside_the_stream_neither_stops_nor_changes_it(database: Database) -> None:
    run_id = many(database, 300)
    seen: list[int] = []
    batch: list[Outcome] = []
    for brief in read_briefs(database, run_id, 0):
        if not seen:
            execute(database, "update products set title = 'changed'")
        batch.append(passing(brief) if len(seen) % 2 else gated(brief))
        if len(batch) == 100:
            save_outcomes(database, run_id, batch)
            batch = []
        seen.append(brief.id)
        assert brief.product.title != "changed"
    assert len(seen) == len(set(seen)) == 300 * 3 * 5
    assert len(list(read_briefs(database, run_id, 1))) == len(seen) / 2
    assert not list(read_briefs(database, run_id, 0))


def test_a_stream_that_is_dropped_half_way_gives_its_connection_back(database: Database) -> None:
    run_id = many(database, 100)
    for _ in range(30):  # more than the pool has
        stream = read_briefs(database, run_id, 0)
        next(stream)
        assert isinstance(stream, Iterator)
        stream.close()
    assert execute(database, "select count(*) from pg_stat_activity where state = 'idle in transaction'") == [(0,)]


def test_a_product_or_segment_deleted_since_the_plan_gives_a_brief_without_words(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id)
    execute(shop, "delete from products where id = 'mug'")
    execute(shop, "delete from segments where id = 'cooks'")
    briefs = list(read_briefs(shop, run_id, 0))
    assert len(briefs) == CELLS
    assert {brief.product.title for brief in briefs if brief.product.id == "mug"} == {""}
    assert {brief.segment.name for brief in briefs if brief.segment.id == "cooks"} == {""}
    assert {brief.product.title for brief in briefs if brief.product.id != "mug"} == {"Copper lamp", "Oak stool"}


def test_a_server_that_goes_away_while_reading_is_called_by_its_name(database: Database) -> None:
    run_id = many(database, 1000)
    stream = read_briefs(database, run_id, 0)
    next(stream)
    execute(database, "select pg_terminate_backend(pid) from pg_stat_activity"
                      " where pid <> pg_backend_pid() and state = 'idle in transaction'")  # fmt: skip
    with pytest.raises(DatabaseUnavailable, match="went away"):
        list(stream)
