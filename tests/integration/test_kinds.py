"""Copy about a question, two products, reviews or a segment alone, and campaigns by stage: planned, read back, retired.

Channels of any kind stand in for those of templates/channels; outcomes are made up, no engine is started.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from flows.parameters import RunParameters
from flows.planning import all_selections, judgements_of
from flows.settings import Settings
from generation.records import (
    AdCopy,
    Brief,
    Claim,
    CustomerQuestion,
    CustomerReview,
    Draft,
    Evidence,
    Outcome,
    Product,
    ProductReviews,
    ScoredCopy,
    Segment,
)
from review.app import create_app
from review.decisions import approve, objection
from sql.catalogue import CampaignError, CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.choosing import read_contests
from sql.copies import Filters, StoredCopy, list_copies, read_copies
from sql.customers import upsert_comparisons, upsert_questions, upsert_reviews
from sql.database import Database
from sql.evidence import upsert_evidence
from sql.feeds.customers import Comparison, QuestionSpec, ReviewSpec
from sql.feeds.evidence import EvidenceSpec
from sql.plan import NothingToPlan, Planned, Selection, plan, preview, read_briefs
from sql.reviews import Decision, DecisionRefused
from sql.runs import best_and_worst, failure_reasons, finish_run, run_summary, start_run
from sql.store import save_outcomes, select_best
from sql.verdicts import read_drafts

MUG = Product("mug", "Clay mug", "Pellwick", "Holds 350 ml", "Kitchen", Decimal("15.00"), "EUR",
              "https://x.example/mug", None, {"Color": "blue"})  # fmt: skip
CUP = Product("cup", "Tin cup", "Kelvora", None, "Kitchen", Decimal("9.50"), "EUR", None, None, {"Weight": "90 g"})
LAMP = Product("lamp", "Copper lamp", "Kelvora", None, "Light", Decimal("60"), "EUR")
HIKERS = Segment("hikers", "Hikers", None, ("maps",), ("low weight",), 500, "lapsed")
COOKS = Segment("cooks", "Home cooks", None, ("pans",), (), 200, "loyal")
WASH = QuestionSpec("mug", CustomerQuestion("wash", "Can it go in the dishwasher?"))
BULB = QuestionSpec("lamp", CustomerQuestion("bulb", "Which bulb does it take?"))
REVIEWS = [
    ReviewSpec("mug", CustomerReview("r1", "It keeps my tea warm for a longer while.", date(2026, 3, 1), Decimal(5))),
    ReviewSpec("mug", CustomerReview("r2", "The handle is too small for my big hand.", date(2026, 4, 9), Decimal(2))),
    ReviewSpec("mug", CustomerReview("r3", "Fine", date(2026, 5, 2))),
]  # fmt: skip
ABOUT = {
    "push": "audience", "sms": "question", "email": "comparison", "meta_feed": "reviews", "linkedin": "persona"
}  # fmt: skip
EVERY_KIND = CampaignSpec("Spring", list(ABOUT), ["en-US"])
LIFE = CampaignSpec("Spring", ["push"], ["en-US"], life_cycle=True)

Cell = tuple[str, str, str, str]

CELLS: set[Cell] = {
    *(("push", product, segment, "") for product in ("mug", "cup", "lamp") for segment in ("hikers", "cooks")),
    ("sms", "mug", "", "wash"), ("sms", "lamp", "", "bulb"),
    ("email", "mug", "", "cup"), ("email", "cup", "", "mug"),
    ("meta_feed", "mug", "", ""),
    ("linkedin", "", "hikers", ""), ("linkedin", "", "cooks", ""),
}  # fmt: skip


@pytest.fixture
def shop(database: Database) -> Database:
    """Rows of every kind and a campaign over all of them."""
    upsert_products(database, [MUG, CUP, LAMP])
    upsert_segments(database, [HIKERS, COOKS])
    upsert_questions(database, [WASH, BULB])
    upsert_comparisons(database, [Comparison("a", "mug", "cup"), Comparison("b", "cup", "mug")])
    upsert_reviews(database, REVIEWS)
    upsert_campaign(database, EVERY_KIND)
    return database


def execute(database: Database, statement: str, /, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def chosen(database: Database, **selection: Any) -> Selection:
    return Selection(read_campaign(database, "Spring"), about=ABOUT, **selection)


def planned(database: Database, run_id: int, *, rules: str = "j", **selection: Any) -> Planned:
    covered = chosen(database, **selection)
    judgements = {channel: rules for channel, _ in covered.cells()}
    return plan(database, run_id, covered, dict.fromkeys(covered.cells(), "r"), judgements)


def new_run(database: Database) -> int:
    return start_run(database, parameters={}, model="demo", model_revision="1")


def passing(brief: Brief) -> Outcome:
    words = f"{brief.product.title or brief.segment.name} {cell_of(brief)}"
    draft = Draft(brief, 0, "raw", 9, -0.5, "stop")
    claim = Claim("brand", "title", 0, 0, 3, words[:3], "x", "supported", "products.brand: x")
    return Outcome(brief, (ScoredCopy(AdCopy(draft, {"title": (words,)}, None, (), (claim,)), 70.0),), judgement="j")


def cell_of(brief: Brief) -> Cell:
    beside = brief.question.id if brief.question else brief.other.id if brief.other else ""
    return brief.channel, brief.product.id, brief.segment.id, beside


def night(database: Database, **selection: Any) -> tuple[Planned, set[Cell]]:
    """A whole run that writes all it planned; its counts and the cells written."""
    run_id = new_run(database)
    counts = planned(database, run_id, **selection)
    briefs = list(read_briefs(database, run_id, 0))
    save_outcomes(database, run_id, [passing(brief) for brief in briefs])
    select_best(database, run_id)
    finish_run(database, run_id, "completed")
    return counts, {cell_of(brief) for brief in briefs}


def offered(database: Database) -> set[Cell]:
    rows = execute(
        database,
        "select channel, product_id, segment_id, subject_id from copy_for_review"
        " where status = 'selected' and superseded_at is null",
    )
    return {tuple(row) for row in rows}


def copies(database: Database, channel: str) -> list[StoredCopy]:
    return read_copies(database, list_copies(database, Filters(channels=(channel,))))


# What there is to write


def test_a_channel_is_written_for_the_rows_it_is_about_and_the_second_night_for_none(shop: Database) -> None:
    count = len(CELLS)
    assert night(shop) == (Planned(count, pending=count), CELLS)
    assert offered(shop) == CELLS
    assert night(shop) == (Planned(count, count), set())
    assert offered(shop) == CELLS


@pytest.mark.parametrize(
    ("selection", "cells"),
    [
        ({"product_filter": {"ids": ["mug"]}}, {cell for cell in CELLS if cell[1] in ("mug", "")}),
        ({"product_filter": {"brands": ["Kelvora"]}}, {cell for cell in CELLS if cell[1] in ("cup", "lamp", "")}),
        ({"segments": ("cooks",)}, {cell for cell in CELLS if cell[2] in ("cooks", "")}),
        ({"channels": ("sms", "linkedin")}, {cell for cell in CELLS if cell[0] in ("sms", "linkedin")}),
    ],
)
def test_a_filter_holds_for_the_rows_that_a_cell_has(
    shop: Database, selection: dict[str, Any], cells: set[Cell]
) -> None:
    assert night(shop, **selection) == (Planned(len(cells), pending=len(cells)), cells)


def test_a_brief_is_read_with_what_it_is_about(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id)
    briefs = {cell_of(brief): brief for brief in read_briefs(shop, run_id, 0)}
    ordinary = briefs["push", "mug", "cooks", ""]
    assert (ordinary.question, ordinary.other, ordinary.reviews) == (None, None, None)
    assert (ordinary.product, ordinary.segment) == (MUG, COOKS)
    asked = briefs["sms", "mug", "", "wash"]
    assert (asked.product, asked.segment, asked.question) == (MUG, Segment("", ""), WASH.question)
    compared = briefs["email", "mug", "", "cup"]
    assert (compared.product, compared.other, compared.segment) == (MUG, CUP, Segment("", ""))
    digest = briefs["meta_feed", "mug", "", ""]
    shown = tuple(spec.review for spec in (REVIEWS[1], REVIEWS[0], REVIEWS[2]))  # the short one last, the newest first
    assert digest.reviews == ProductReviews(3, date(2026, 3, 1), date(2026, 5, 2), shown, Decimal("3.5"))
    persona = briefs["linkedin", "", "hikers", ""]
    assert (persona.product, persona.segment) == (Product("", ""), HIKERS)
    assert [(b.question, b.other, b.reviews) for b in (persona,)] == [(None, None, None)]


def test_a_digest_shows_eight_reviews_and_counts_all(shop: Database) -> None:
    many = [
        ReviewSpec("lamp", CustomerReview(f"n{n:02}", f"Number {n} of the reviews that I wrote about this lamp.",
                                          date(2026, 1, 1 + n), Decimal(n % 5 + 1)))
        for n in range(20)
    ]  # fmt: skip
    upsert_reviews(shop, many)
    run_id = new_run(shop)
    planned(shop, run_id, channels=("meta_feed",), product_filter={"ids": ["lamp"]})
    (brief,) = read_briefs(shop, run_id, 0)
    assert brief.reviews is not None
    assert (brief.reviews.count, brief.reviews.mean) == (20, Decimal("3.0"))
    assert [review.id for review in brief.reviews.shown] == [f"n{n}" for n in range(19, 11, -1)]
    others = [f"Number {n} of the reviews that I wrote about this lamp." for n in range(11, 2, -1)]
    assert len(brief.reviews.further) == 12
    assert list(brief.reviews.further[:9]) == others


def test_rows_of_one_kind_that_are_missing_cost_the_others_nothing(shop: Database) -> None:
    execute(shop, "delete from customer_questions")
    execute(shop, "delete from comparisons")
    cells = {cell for cell in CELLS if cell[0] not in ("sms", "email")}
    assert night(shop) == (Planned(len(cells), pending=len(cells)), cells)


@pytest.mark.parametrize(
    ("channels", "table", "said"),
    [
        (["sms"], "customer_questions", r"needs customers' questions \(columns product, question\) for products"),
        (["email"], "comparisons", r"needs pairs to compare \(columns product, other\)"),
        (["meta_feed"], "customer_reviews", r"needs customers' reviews .* load them with `copydesk load FILE`"),
        (["sms"], "products", "the catalogue is empty"),
        (["linkedin"], "segments", "there are no segments"),
        (["push", "linkedin"], "segments", "there are no segments"),
    ],
)
def test_a_campaign_without_a_single_cell_says_what_to_load(
    shop: Database, channels: list[str], table: str, said: str
) -> None:
    execute(shop, f"delete from {table}")
    with pytest.raises(NothingToPlan, match=said):
        planned(shop, new_run(shop), channels=tuple(channels))


def test_a_campaign_of_questions_needs_no_segments_and_one_of_personas_no_products(shop: Database) -> None:
    execute(shop, "delete from segments")
    assert night(shop, channels=("sms",), segments=("nobody",))[0] == Planned(2, pending=2)
    execute(shop, "delete from products")
    upsert_segments(shop, [HIKERS])
    assert night(shop, channels=("linkedin",))[0] == Planned(1, pending=1)


def test_a_small_segment_gets_no_persona_and_a_question_asks_for_no_people(shop: Database) -> None:
    counts, cells = night(shop, channels=("sms", "linkedin"), floor=300)
    assert counts == Planned(4, 0, 1, 3)
    assert cells == {("sms", "mug", "", "wash"), ("sms", "lamp", "", "bulb"), ("linkedin", "", "hikers", "")}


def test_a_preview_shows_briefs_of_every_kind_and_writes_nothing(shop: Database) -> None:
    selection = chosen(shop)
    counts, briefs, places = preview(shop, selection, dict.fromkeys(selection.cells(), "r"), samples=20)
    assert counts.pending == len(CELLS) == sum(places.values())
    assert {brief.channel for brief in briefs} == set(ABOUT)
    assert execute(shop, "select count(*) from briefs") == [(0,)]


def test_a_run_plans_each_channel_for_the_rows_that_its_file_says(shop: Database) -> None:
    real = ["question_answer", "buying_guide", "review_digest", "persona_card", "recommendation"]
    upsert_campaign(shop, CampaignSpec("Spring", real, ["en-US", "zh-CN"]))
    ((selection, recipes),) = all_selections(shop, Settings(), RunParameters(campaign="Spring"))
    kinds = ["question", "comparison", "reviews", "persona", "audience"]
    assert selection.about == dict(zip(real, kinds, strict=True))
    assert plan(shop, new_run(shop), selection, recipes, judgements_of(selection)).pending == 2 * len(CELLS)


# One thing changes between two nights


def sql(statement: str) -> Callable[[Database], object]:
    return lambda database: execute(database, statement)


def of(**wanted: str) -> set[Cell]:
    return {cell for cell in CELLS if all(cell[["channel", "product"].index(name)] == wanted[name] for name in wanted)}


GUIDES, DIGEST = of(channel="email"), of(channel="meta_feed")
MUTATIONS: dict[str, tuple[Callable[[Database], object], set[Cell]]] = {
    # what changed: the change, the cells written again
    "question": (
        lambda database: upsert_questions(database, [QuestionSpec("mug", CustomerQuestion("wash", "Is it heavy?"))]),
        {("sms", "mug", "", "wash")},
    ),
    "question as it was": (lambda database: upsert_questions(database, [WASH, BULB]), set()),
    "other product's price": (sql("update products set price = 9 where id = 'cup'"), of(product="cup") | GUIDES),
    "other product's picture": (sql("update products set image_url = 'https://y.example'"), set()),
    "new review": (
        lambda database: upsert_reviews(
            database, [ReviewSpec("mug", CustomerReview("r4", "I like the colour.", date(2026, 1, 1), Decimal(4)))]
        ),
        DIGEST,
    ),
    "review's rating": (sql("update customer_reviews set rating = 4 where id = 'r1'"), DIGEST),
    "review's words": (sql("update customer_reviews set text = 'It broke' where id = 'r3'"), DIGEST),
    "review that is gone": (sql("delete from customer_reviews where id = 'r3'"), DIGEST),
    "pair under another id": (sql("update comparisons set id = 'z' where id = 'a'"), set()),
    "segment's needs": (
        sql("update segments set needs = '{rest}' where id = 'hikers'"),
        {cell for cell in CELLS if cell[2] == "hikers"},
    ),
    "segment's stage": (sql("update segments set stage = 'new'"), set()),
    "first product's words": (
        sql("update products set title = 'Tea mug' where id = 'mug'"),
        of(product="mug") | GUIDES,
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_reaches_the_cells_that_it_concerns_and_no_other(shop: Database, name: str) -> None:
    change, written_again = MUTATIONS[name]
    night(shop)
    change(shop)
    count = len(CELLS)
    assert night(shop) == (Planned(count, count - len(written_again), 0, len(written_again)), written_again)
    assert night(shop) == (Planned(count, count), set())
    assert offered(shop) == CELLS


GONE: dict[str, tuple[str, Callable[[Database], object], set[Cell]]] = {
    # what is gone: how it goes, how it comes back, the cells that go with it
    "question": ("delete from customer_questions where id = 'wash'",
                 lambda database: upsert_questions(database, [WASH]), {("sms", "mug", "", "wash")}),
    "pair": ("delete from comparisons where id = 'a'",
             lambda database: upsert_comparisons(database, [Comparison("n", "mug", "cup")]),
             {("email", "mug", "", "cup")}),
    "other product": ("delete from products where id = 'cup'",
                      lambda database: upsert_products(database, [CUP]), of(product="cup") | GUIDES),
    "reviews": ("delete from customer_reviews", lambda database: upsert_reviews(database, REVIEWS), DIGEST),
    "segment": ("delete from segments where id = 'hikers'", lambda database: upsert_segments(database, [HIKERS]),
                {cell for cell in CELLS if cell[2] == "hikers"}),
}  # fmt: skip


@pytest.mark.parametrize("name", GONE)
def test_what_is_gone_takes_its_copy_off_offer_and_brings_it_back_unwritten(shop: Database, name: str) -> None:
    statement, back, cells = GONE[name]
    night(shop)
    kept = execute(shop, "select id, fields from copies order by id")
    execute(shop, statement)
    assert night(shop) == (Planned(len(CELLS) - len(cells), len(CELLS) - len(cells)), set())
    assert offered(shop) == CELLS - cells
    assert execute(shop, "select id, fields from copies order by id") == kept
    back(shop)
    assert night(shop) == (Planned(len(CELLS), len(CELLS)), set())
    assert offered(shop) == CELLS


def test_a_question_that_moves_to_another_product_is_answered_for_that_one(shop: Database) -> None:
    night(shop)
    upsert_questions(shop, [QuestionSpec("cup", WASH.question)])
    assert night(shop)[1] == {("sms", "cup", "", "wash")}
    assert offered(shop) == CELLS - {("sms", "mug", "", "wash")} | {("sms", "cup", "", "wash")}


# Judged again, chosen, shown


def test_copy_about_anything_is_judged_again_with_what_it_is_about(shop: Database) -> None:
    night(shop)
    run_id = new_run(shop)
    assert planned(shop, run_id, rules="other").to_judge == len(CELLS)
    drafts = [generation.brief for batch in read_drafts(shop, run_id, 3) for generation in batch]
    assert {cell_of(brief) for brief in drafts} == CELLS
    (digest,) = [brief for brief in drafts if brief.channel == "meta_feed"]
    assert digest.reviews is not None
    assert digest.reviews.count == 3


def test_a_comparison_rests_on_the_evidence_of_both_products(shop: Database) -> None:
    night(shop)
    found = Evidence("gots", "certification", "GOTS certified", "No. 4711")
    upsert_evidence(shop, [EvidenceSpec(found, product_id="cup")])
    run_id = new_run(shop)
    judged = [of(product="cup"), GUIDES]  # what may be told of the mug alone stands as it was judged
    assert planned(shop, run_id).to_judge == len(set.union(*judged))
    drafts = [generation.brief for batch in read_drafts(shop, run_id, 3) for generation in batch]
    assert {cell_of(brief) for brief in drafts} == set.union(*judged)
    told = {cell_of(brief): (brief.evidence, brief.other_evidence) for brief in drafts if brief.other}
    assert told == {("email", "mug", "", "cup"): ((), (found,)), ("email", "cup", "", "mug"): ((found,), ())}
    shown = [copy.brief for copy in read_copies(shop, list_copies(shop, Filters())) if copy.brief.other]
    assert {cell_of(brief): (brief.evidence, brief.other_evidence) for brief in shown} == told


def test_copy_whose_question_left_since_the_plan_is_not_judged(shop: Database) -> None:
    night(shop)
    run_id = new_run(shop)
    planned(shop, run_id, rules="other")
    execute(shop, "delete from customer_questions where id = 'wash'")
    drafts = [generation.brief for batch in read_drafts(shop, run_id, 3) for generation in batch]
    assert {cell_of(brief) for brief in drafts} == CELLS - {("sms", "mug", "", "wash")}


def test_a_failed_brief_without_a_segment_is_judged_again_under_other_rules(shop: Database) -> None:
    night(shop, channels=("sms",))
    execute(shop, "update copies set status = 'rejected', gate = 'length', reason = 'too long'")
    execute(shop, "update briefs set status = 'failed', reason = 'no draft passed the gates'")
    assert planned(shop, new_run(shop), rules="other", channels=("sms",)) == Planned(2, 0, 2, 0, 2)


def test_the_best_copy_is_chosen_with_what_it_is_about(shop: Database) -> None:
    run_id = new_run(shop)
    planned(shop, run_id)
    save_outcomes(shop, run_id, [passing(brief) for brief in read_briefs(shop, run_id, 0)])
    contests = [contest for batch in read_contests(shop, 4) for contest in batch]
    assert {cell_of(contest.brief) for contest in contests} == CELLS


def test_a_stored_copy_says_what_it_is_about_and_which_of_it_is_gone(shop: Database) -> None:
    night(shop)
    (guide,) = [copy for copy in copies(shop, "email") if copy.brief.product.id == "mug"]
    assert (guide.about, guide.subject_id, guide.brief.other, guide.missing) == ("comparison", "cup", CUP, None)
    (digest,) = copies(shop, "meta_feed")
    assert digest.brief.reviews is not None
    personas = copies(shop, "linkedin")
    assert {(copy.in_catalogue, copy.missing, copy.brief.segment.name) for copy in personas} == {
        (True, None, "Hikers"), (True, None, "Home cooks"),
    }  # fmt: skip
    execute(shop, "delete from products where id = 'cup'")
    execute(shop, "delete from customer_reviews")
    execute(shop, "delete from customer_questions")
    (guide,) = [copy for copy in copies(shop, "email") if copy.brief.product.id == "mug"]
    assert guide.missing == "the product cup, which it is compared with, is no longer in the catalogue"
    assert copies(shop, "meta_feed")[0].missing == "no review of the product mug is stored any longer"
    assert {copy.missing for copy in copies(shop, "sms")} == {
        "the question wash is no longer stored", "the question bulb is no longer stored"
    }  # fmt: skip


def test_an_analyst_finds_the_question_the_other_product_and_the_reviews_beside_each_copy(shop: Database) -> None:
    night(shop)
    told = execute(
        shop,
        "select about, subject_id, question, other_title, reviews->>'count' from copy_for_review"
        " where product_id = 'mug' and about <> 'audience' order by about",
    )
    assert told == [
        ("comparison", "cup", None, "Tin cup", None),
        ("question", "wash", "Can it go in the dishwasher?", None, None),
        ("reviews", "", None, None, "3"),
    ]


def test_the_report_names_what_each_copy_is_about(shop: Database) -> None:
    night(shop)
    best, _ = best_and_worst(shop, 1, 20)
    named = {(sample.channel, sample.product_title, sample.segment_name) for sample in best}
    assert ("sms", "Clay mug", "Can it go in the dishwasher?") in named
    assert ("email", "Clay mug", "beside Tin cup") in named
    assert ("linkedin", "", "Hikers") in named
    assert not any(name is None for sample in named for name in sample)


@pytest.fixture
def browser(shop: Database) -> Iterator[TestClient]:
    """The review page after a night of every kind."""
    night(shop)
    with TestClient(create_app(shop), "http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.parametrize(
    ("channel", "title", "shown", "not_shown"),
    [
        ("push", "Clay mug", ["Home cooks", "Audience", "€15.00"], ["Compared with", "Question", "review"]),
        ("sms", "Clay mug", ["Can it go in the dishwasher?", "Holds 350 ml"], ["Audience", "Compared with"]),
        ("email", "Clay mug", ["Compared with", "90 g", "€9.50", "beside Tin cup"], ["Audience", "Question"]),
        ("meta_feed", "Clay mug", ["3 reviews", "3.5 of 5", "The handle is too small for my big hand.", "2026-04-09"],
         ["Audience", "Compared with"]),
        ("linkedin", "Hikers", ["maps", "low weight", "500 people"], ["catalogue", "Title", "Page"]),
    ],
)  # fmt: skip
def test_the_page_shows_what_a_copy_is_about_and_nothing_that_it_lacks(
    shop: Database, browser: TestClient, channel: str, title: str, shown: list[str], not_shown: list[str]
) -> None:
    (copy, *_) = [
        copy for copy in copies(shop, channel) if copy.brief.product.id == "mug" or copy.brief.segment.name == title
    ]
    page = browser.get(f"/copies/{copy.id}").text
    assert f"<h1><bdi>{title}</bdi></h1>" in page
    facts = page[page.index('aria-label="What it is about"') : page.index("</article>")]
    for words in shown:
        assert words in page
    for words in not_shown:
        assert words not in facts
    assert "None" not in page
    assert 'href=""' not in page


def test_the_list_names_every_copy_and_links_to_it(shop: Database, browser: TestClient) -> None:
    page = browser.get("/").text
    assert f"{len(CELLS)} copies" in page
    assert "<bdi></bdi>" not in page
    assert "None" not in page
    for link in re.findall(r'<h2><a href="([^"]+)"><bdi>[^<]+</bdi></a></h2>', page):
        assert browser.get(link).status_code == 200
    assert page.count("<h2>") == len(CELLS)


def test_copy_whose_question_is_gone_cannot_be_approved(shop: Database, browser: TestClient) -> None:
    (copy,) = [copy for copy in copies(shop, "sms") if copy.subject_id == "wash"]
    execute(shop, "delete from customer_questions")
    assert "The question wash is no longer stored." in browser.get(f"/copies/{copy.id}").text
    assert objection(copies(shop, "sms")[0]) is not None
    with pytest.raises(DecisionRefused, match="the question wash is no longer stored"):
        approve(shop, Decision(copy.id, "approve", "Ann"))


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script> is it blue?", '"><img src=x onerror=alert(1)> ok?'])
def test_hostile_questions_and_reviews_are_only_text_on_the_page(shop: Database, hostile: str) -> None:
    upsert_questions(shop, [QuestionSpec("mug", CustomerQuestion("wash", hostile))])
    upsert_reviews(shop, [ReviewSpec("mug", CustomerReview("r9", hostile, date(2026, 6, 1)))])
    night(shop)
    with TestClient(create_app(shop), "http://127.0.0.1:8000") as client:
        page = client.get("/").text
    assert "<script" not in page
    assert "<img" not in page


# Stages of a customer's life


def test_a_life_cycle_campaign_follows_a_stage_and_an_ordinary_one_does_not(shop: Database) -> None:
    upsert_campaign(shop, LIFE)
    cells = {cell for cell in CELLS if cell[0] == "push"}
    assert night(shop) == (Planned(6, pending=6), cells)
    execute(shop, "update segments set stage = 'slipping' where id = 'hikers'")
    assert night(shop)[1] == {cell for cell in cells if cell[2] == "hikers"}
    execute(shop, "update campaigns set life_cycle = false")
    assert night(shop)[0] == Planned(6, pending=6)
    execute(shop, "update segments set stage = 'new'")
    assert night(shop)[0] == Planned(6, 6)


def test_a_segment_without_a_stage_is_skipped_with_the_reason_and_its_copy_withdrawn(shop: Database) -> None:
    upsert_campaign(shop, LIFE)
    night(shop)
    before = offered(shop)
    execute(shop, "update segments set stage = null where id = 'hikers'")
    counts, written = night(shop)
    assert (counts, written) == (Planned(6, 3, 3, 0), set())
    assert offered(shop) == {cell for cell in before if cell[2] == "cooks"}
    run = execute(shop, "select max(id) from runs")[0][0]
    assert failure_reasons(shop, run, 5) == [("skipped: segment hikers has no stage of a customer's life", 3)]
    assert run_summary(shop, run).skipped == 3
    execute(shop, "update segments set stage = 'lapsed' where id = 'hikers'")
    assert night(shop) == (Planned(6, 6), set())
    assert offered(shop) == before


def test_a_brief_of_a_life_cycle_campaign_knows_its_stage(shop: Database) -> None:
    upsert_campaign(shop, LIFE)
    run_id = new_run(shop)
    planned(shop, run_id)
    told = {
        (brief.campaign.life_cycle, brief.segment.id, brief.segment.stage) for brief in read_briefs(shop, run_id, 0)
    }
    assert told == {(True, "hikers", "lapsed"), (True, "cooks", "loyal")}


def test_a_life_cycle_campaign_is_planned_for_direct_messages_only(shop: Database) -> None:
    upsert_campaign(shop, LIFE)
    assert night(shop, channels=("push", "meta_feed"))[0].planned == 6
    with pytest.raises(
        NothingToPlan, match="by stages of a customer's life, which are written for email, push, sms only"
    ):
        planned(shop, new_run(shop), channels=("meta_feed",))
    with pytest.raises(CampaignError, match="a_life_cycle_campaign_speaks_to_known_customers"):
        upsert_campaign(shop, CampaignSpec("Ads", ["meta_feed"], ["en-US"], life_cycle=True))


# The tables' own rules

ROWS: dict[str, dict[str, Any]] = {
    "customer_questions": {"id": "q", "product_id": "mug", "question": "Is it blue?"},
    "comparisons": {"id": "c", "product_id": "mug", "other_id": "lamp"},
    "customer_reviews": {"id": "r", "product_id": "mug", "rating": 1, "text": "Good", "written": "2026-01-01"},
    "segments": {"id": "s", "name": "Hikers", "size": 100, "stage": "steady"},
}  # fmt: skip


def insert(database: Database, table: str, **changes: Any) -> None:
    values = {**ROWS[table], **changes}
    execute(
        database, f"insert into {table} ({', '.join(values)}) values ({', '.join(f':{n}' for n in values)})", **values
    )


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("customer_questions", {"id": ""}),
        ("customer_questions", {"question": ""}),
        ("comparisons", {"other_id": "mug"}),
        ("comparisons", {"other_id": "cup"}),
        ("customer_reviews", {"rating": 0}),
        ("customer_reviews", {"rating": 5.1}),
        ("customer_reviews", {"text": ""}),
        ("customer_reviews", {"written": None}),
        ("segments", {"stage": "vip"}),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(shop: Database, table: str, changes: dict[str, Any]) -> None:
    insert(shop, table)
    execute(shop, f"delete from {table} where id = :id", id=ROWS[table]["id"])
    with pytest.raises(IntegrityError):
        insert(shop, table, **changes)


@pytest.mark.parametrize(
    ("about", "product", "segment", "subject"),
    [
        ("audience", "mug", "", ""),
        ("audience", "mug", "cooks", "wash"),
        ("question", "mug", "", ""),
        ("question", "mug", "cooks", "wash"),
        ("comparison", "", "", "cup"),
        ("reviews", "mug", "cooks", ""),
        ("persona", "mug", "cooks", ""),
        ("weather", "mug", "cooks", ""),
    ],
)
def test_a_brief_has_the_rows_that_it_is_about(
    shop: Database, about: str, product: str, segment: str, subject: str
) -> None:
    run_id = new_run(shop)
    with pytest.raises(IntegrityError, match=r"a_brief_has_what_it_is_about|briefs_about_check"):
        execute(
            shop,
            "insert into briefs (campaign_id, about, product_id, segment_id, subject_id, channel, locale, content_key,"
            " seed, run_id, status) select id, :about, :product, :segment, :subject, 'push', 'en-US', 'k', 1, :run,"
            " 'pending' from campaigns",
            about=about, product=product, segment=segment, subject=subject, run=run_id,
        )  # fmt: skip


@pytest.fixture
def filled(shop: Database) -> Database:
    """Copy of every kind."""
    night(shop)
    return shop


def test_ordinary_copy_outlives_a_step_back_to_the_schema_of_before(filled: Database) -> None:
    from sql.database import downgrade, migrate

    execute(filled, "insert into reviews (copy_id, reviewer, decision) select id, 'Ann', 'approve' from copies")
    downgrade(filled, "0006")
    assert execute(filled, "select count(*) from copy_for_review") == [(6,)]
    assert execute(filled, "select count(*) from reviews") == [(6,)]
    migrate(filled)
    upsert_segments(filled, [HIKERS, COOKS])
    assert night(filled, channels=("push",))[0] == Planned(6, 6)
