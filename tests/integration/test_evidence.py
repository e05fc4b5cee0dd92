"""What claims may rest on, from the database to the brief: prices, evidence, promotions; their end; claims as kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from flows.planning import open_the_day
from generation.records import AdCopy, Brief, Claim, Draft, Evidence, Outcome, Product, Promotion, ScoredCopy, Segment
from sql.catalogue import CampaignError, CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.copies import Filters, list_copies, read_copies, read_copy
from sql.database import Database, point_catalogue
from sql.evidence import note_prices, upsert_evidence
from sql.feeds.evidence import EvidenceSpec
from sql.feeds.promotions import PromotionSpec
from sql.plan import Planned, Selection, plan, preview, read_briefs
from sql.promotions import expire, upsert_promotions
from sql.reviews import Decision, DecisionRefused, decide
from sql.runs import finish_run, run_summary, start_run
from sql.store import save_outcomes, select_best
from sql.verdicts import read_drafts, save_verdicts

POT = Product("pot", "Clay teapot", "Pellwick", None, "Teapots", Decimal("20.00"), "EUR")
LAMP = Product("lamp", "Copper lamp", "Kelvora", None, "Light", Decimal(60), "EUR")
SPRING = CampaignSpec("Spring", ["sms"], ["en-US"])


@pytest.fixture(scope="module")
def today(server: Database) -> date:
    """The database's today, which is the one that counts."""
    with server.begin() as connection:
        found: date = connection.exec_driver_sql("select current_date").scalar_one()
        return found


@pytest.fixture
def shop(database: Database) -> Database:
    """Two products, a segment and a campaign over them."""
    upsert_products(database, [POT, LAMP])
    upsert_segments(database, [Segment("s", "Hikers", size=500)])
    upsert_campaign(database, SPRING)
    return database


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def planned(database: Database, judgement: str = "rules") -> tuple[int, Planned]:
    open_the_day(database)
    run_id = start_run(database, parameters={}, model="demo", model_revision="1")
    chosen = Selection(read_campaign(database, "Spring"))
    return run_id, plan(database, run_id, chosen, dict.fromkeys(chosen.cells(), "r"), {"sms": judgement})


def outcome(brief: Brief, claims: Sequence[Claim] = (), words: Sequence[str] = ("Mugs", "Cups")) -> Outcome:
    copies = tuple(
        ScoredCopy(
            AdCopy(Draft(brief, n, line, 9, -0.5, "stop"), {"body": (line,)}, claims=tuple(claims)),
            80.0 - n,
            {"facts": 0.5},
            ("names 1 of 2 facts",),
        )
        for n, line in enumerate(words)
    )
    return Outcome(brief, copies, judgement="rules")


def night(database: Database, claims: Sequence[Claim] = ()) -> Planned:
    """A whole run: what there is to judge again is judged alike, what there is to write is written."""
    run_id, counts = planned(database)
    for batch in read_drafts(database, run_id, 10):
        outcomes = [outcome(each.brief, claims, [draft.text for draft in each.drafts]) for each in batch]
        save_verdicts(database, run_id, outcomes, 100)
    save_outcomes(database, run_id, [outcome(brief, claims) for brief in read_briefs(database, run_id, 0)])
    select_best(database, run_id)
    finish_run(database, run_id, "completed")
    summary = run_summary(database, run_id)
    assert summary.planned == summary.reused + summary.generated + summary.failed + summary.skipped
    return counts


def briefs(database: Database) -> dict[str, Brief]:
    """The brief of each product as a run would get it, whether it is written or not."""
    rows(database, "update briefs set status = 'pending', attempts = 0, reason = null")
    run_id, _ = planned(database)
    return {brief.product.id: brief for brief in read_briefs(database, run_id, 0)}


# Prices


def history(database: Database, product: str = "pot") -> list[tuple[Decimal, bool]]:
    """The prices of a product in order, and whether each has ended."""
    found = rows(
        database,
        "select price, seen_to is not null as ended from price_history where product_id = :p order by id",
        p=product,
    )
    return [(row.price, row.ended) for row in found]


def aged(database: Database, days: int) -> None:
    """All that is known of prices happened so many days earlier."""
    rows(
        database,
        "update price_history set seen_from = seen_from - make_interval(days => :days),"
        " seen_to = seen_to - make_interval(days => :days)",
        days=days,
    )


def test_the_first_load_and_each_change_of_a_price_are_noted(shop: Database) -> None:
    assert history(shop) == [(Decimal(20), False)]
    upsert_products(shop, [replace(POT, title="Teapot")])
    assert history(shop) == [(Decimal(20), False)]
    upsert_products(shop, [replace(POT, price=Decimal(15))])
    upsert_products(shop, [replace(POT, price=Decimal(15), currency="USD")])
    upsert_products(shop, [replace(POT, price=None, currency=None)])
    assert history(shop) == [(Decimal(20), True), (Decimal(15), True), (Decimal(15), True)]
    upsert_products(shop, [POT])
    assert history(shop)[-1] == (Decimal(20), False)


def test_two_prices_within_one_statement_or_transaction_leave_one_price_of_today(shop: Database) -> None:
    with shop.begin() as connection:
        for price in (1, 2, 3):
            connection.execute(text("update products set price = :p where id = 'pot'"), {"p": price})
    assert [price for price, ended in history(shop) if not ended] == [3]


def test_prices_of_a_relation_of_the_users_are_noted_whenever_a_run_looks(shop: Database) -> None:
    rows(shop, "create schema theirs")
    rows(shop, "create table theirs.items as select id, title, brand, description, category, 7.5 as price, 'EUR' as"
               " currency, url, image_url, attributes from products where id = 'pot'")  # fmt: skip
    try:
        point_catalogue(shop, products="theirs.items", segments=None)
        note_prices(shop)
        assert history(shop) == [(Decimal(20), True), (Decimal("7.5"), False)]
        assert history(shop, "lamp") == [(Decimal(60), True)]
        note_prices(shop)
        assert len(history(shop)) == 2
        rows(shop, "insert into theirs.items select * from theirs.items")  # an id that is there twice
        rows(shop, "update theirs.items set price = 8")
        note_prices(shop)
        assert [price for price, ended in history(shop) if not ended] == [8]
    finally:
        point_catalogue(shop, products=None, segments=None)
        rows(shop, "drop schema theirs cascade")


def test_the_lowest_price_is_that_of_the_thirty_days_before_todays(shop: Database) -> None:
    assert briefs(shop)["pot"].lowest_price is None  # nothing is known of the days before
    for price, days in ((18, 10), (25, 15), (15, 2)):  # 20 € for 10 days, 18 € for 15, 25 € for 2, 15 € since
        aged(shop, days)
        upsert_products(shop, [replace(POT, price=Decimal(price))])
    assert briefs(shop)["pot"].lowest_price == 18
    assert briefs(shop)["lamp"].lowest_price is None
    aged(shop, 29)
    assert briefs(shop)["pot"].lowest_price == 18
    assert briefs(shop)["lamp"].lowest_price == 60  # it has cost that for over thirty days
    aged(shop, 2)
    assert briefs(shop)["pot"].lowest_price == 15


def test_a_price_of_more_than_thirty_days_before_the_change_is_no_base(shop: Database) -> None:
    upsert_products(shop, [replace(POT, price=Decimal(25))])
    aged(shop, 31)
    upsert_products(shop, [POT])
    assert briefs(shop)["pot"].lowest_price == 25


def test_a_price_in_another_currency_is_no_base(shop: Database) -> None:
    upsert_products(shop, [replace(POT, currency="USD", price=Decimal(22))])
    assert briefs(shop)["pot"].lowest_price is None


# Evidence


def test_a_brief_has_the_evidence_of_its_product_of_its_brand_and_of_everything(shop: Database, today: date) -> None:
    known = {
        name: Evidence(name, "test", f"Says {name}", f"report {name}", expires)
        for name, expires in (
            ("pot", today), ("pellwick", None), ("all", today + timedelta(1)), ("old", today - timedelta(1)),
            ("lamp", None),
        )
    }  # fmt: skip
    result = upsert_evidence(
        shop,
        [
            EvidenceSpec(known["pot"], product_id="pot"),
            EvidenceSpec(known["pellwick"], brand="Pellwick"),
            EvidenceSpec(known["all"]),
            EvidenceSpec(known["old"]),
            EvidenceSpec(known["lamp"], product_id="lamp"),
        ],
    )
    assert (result.new, result.refused) == (5, [])
    found = briefs(shop)
    assert found["pot"].evidence == (known["pot"], known["pellwick"], known["all"])
    assert found["lamp"].evidence == (known["lamp"], known["all"])


def test_evidence_is_there_for_a_reviewer_and_for_judging_again(shop: Database) -> None:
    night(shop)
    evidence = Evidence("gots", "certification", "GOTS certified", "No. 4711")
    upsert_evidence(shop, [EvidenceSpec(evidence, "pot")])
    [copy_id] = list_copies(shop, Filters(product="pot"))
    assert read_copy(shop, copy_id).brief.evidence == (evidence,)
    run_id, counts = planned(shop)
    assert counts == Planned(2, 2, 0, 0, 1)
    ((generation,),) = read_drafts(shop, run_id, 9)
    assert (generation.brief.product.id, generation.brief.evidence) == ("pot", (evidence,))


# Promotions


def promoted(database: Database, today: date, **changes: Any) -> Promotion:
    """The campaign rests on a promotion, by default one that ends tomorrow."""
    told: dict[str, Any] = {"terms": "10% off all teapots", "kind": "percent_off", "percent": Decimal(10),
                            "ends": today + timedelta(1), **changes}  # fmt: skip
    chosen = told.pop("product_filter", {})
    promotion = Promotion("spring-10", **told)
    upsert_promotions(database, [PromotionSpec(promotion, chosen)])
    upsert_campaign(database, replace(SPRING, promotion_id="spring-10"))
    return promotion


def statuses(database: Database) -> list[str]:
    return [row[0] for row in rows(database, "select status from copies order by id")]


def test_a_brief_of_a_campaign_with_a_promotion_has_it_and_shows_its_terms(shop: Database, today: date) -> None:
    promotion = promoted(shop, today, limited_stock=True, starts=today)
    campaign = briefs(shop)["pot"].campaign
    assert (campaign.promotion, campaign.offer) == (promotion, "10% off all teapots")
    upsert_campaign(shop, replace(SPRING, promotion_id="spring-10", offer="Teapots: 10% off"))
    assert briefs(shop)["pot"].campaign.offer == "Teapots: 10% off"


def test_an_offer_that_no_promotion_stands_behind_is_shown_to_no_model(shop: Database) -> None:
    upsert_campaign(shop, replace(SPRING, offer="Half price"))
    assert briefs(shop)["pot"].campaign.offer is None


def test_market_and_brand_words_reach_the_brief(shop: Database) -> None:
    upsert_campaign(shop, replace(SPRING, market="uk", banned_words=("cheap",), required_words=("Pellwick",)))
    campaign = briefs(shop)["pot"].campaign
    assert (campaign.market, campaign.banned_words, campaign.required_words) == ("uk", ("cheap",), ("Pellwick",))


def test_a_campaign_with_a_promotion_that_is_not_there_is_refused_in_a_line(shop: Database) -> None:
    with pytest.raises(CampaignError, match=r"there is no promotion 'summer'; load it first, with `copydesk load"):
        upsert_campaign(shop, replace(SPRING, promotion_id="summer"))


@pytest.mark.parametrize(
    ("starts", "ends", "why"), [(-9, -1, "promotion spring-10 ended on"), (1, 9, "promotion spring-10 starts on")]
)
def test_a_promotion_that_is_not_in_date_has_its_cells_skipped_with_that_reason(
    shop: Database, today: date, starts: int, ends: int, why: str
) -> None:
    promoted(shop, today, starts=today + timedelta(starts), ends=today + timedelta(ends))
    assert night(shop) == Planned(2, 0, 2, 0)
    day = today + timedelta(ends if ends < 0 else starts)
    assert rows(shop, "select distinct status, reason from briefs") == [("skipped", f"{why} {day}")]
    rows(shop, "update promotions set starts = null, ends = null")
    assert night(shop) == Planned(2, 0, 0, 2)


def test_a_dry_run_tells_of_the_skipped_cells_and_changes_nothing(shop: Database, today: date) -> None:
    promoted(shop, today, ends=today - timedelta(1))
    chosen = Selection(read_campaign(shop, "Spring"))
    counts, shown, _ = preview(shop, chosen, dict.fromkeys(chosen.cells(), "r"))
    assert (counts, shown) == (Planned(2, 0, 2, 0), [])
    assert rows(shop, "select * from briefs") == []


def test_a_promotion_for_other_products_has_their_cells_written_only(shop: Database, today: date) -> None:
    promoted(shop, today, product_filter={"categories": ["Teapots"]})
    assert night(shop) == Planned(2, 0, 1, 1)
    assert rows(shop, "select product_id, reason from briefs where status = 'skipped'") == [
        ("lamp", "promotion spring-10 holds for other products")
    ]


@pytest.mark.parametrize(
    "chosen", [{"ids": ["pot"]}, {"brands": ["Pellwick"]}, {"categories": ["Teapots"]}, {"title_contains": "TEA"}]
)
def test_which_products_a_promotion_holds_for_is_said_as_in_a_campaign(
    shop: Database, today: date, chosen: dict[str, Any]
) -> None:
    promoted(shop, today, product_filter=chosen)
    night(shop)
    assert rows(shop, "select product_id from briefs where status = 'generated'") == [("pot",)]


def test_other_terms_are_other_words_and_another_end_is_another_judgement(shop: Database, today: date) -> None:
    promotion = promoted(shop, today)
    assert night(shop) == Planned(2, 0, 0, 2)
    upsert_promotions(shop, [PromotionSpec(replace(promotion, ends=today + timedelta(5)))])
    assert night(shop) == Planned(2, 2, 0, 0, 2)
    assert night(shop) == Planned(2, 2)
    upsert_promotions(shop, [PromotionSpec(replace(promotion, terms="15% off", percent=Decimal(15)))])
    assert night(shop) == Planned(2, 0, 0, 2)


# The end of a promotion


def ended(database: Database, today: date) -> None:
    """The promotion was over yesterday, as if a day or more had passed."""
    rows(database, "update promotions set starts = null, ends = :day", day=today - timedelta(1))


def test_copy_expires_on_the_promotions_last_day_and_follows_when_that_moves(shop: Database, today: date) -> None:
    promoted(shop, today)
    night(shop)
    assert {row[0] for row in rows(shop, "select expires_at from copies")} == {today + timedelta(1)}
    rows(shop, "update promotions set ends = :day", day=today)
    assert {row[0] for row in rows(shop, "select expires_at from copies")} == {today}
    assert expire(shop) == 0  # the last day is one on which it holds
    rows(shop, "update promotions set ends = null")
    assert {row[0] for row in rows(shop, "select expires_at from copies")} == {None}


def test_when_a_promotion_ends_its_copy_is_withdrawn_approved_or_not_and_the_cells_are_skipped(
    shop: Database, today: date
) -> None:
    promoted(shop, today)
    night(shop)
    decide(shop, Decision(list_copies(shop, Filters(product="pot"))[0], "approve", "Ann"))
    assert statuses(shop) == ["selected", "candidate", "approved", "candidate"]
    ended(shop, today)
    assert night(shop) == Planned(2, 0, 2, 0)
    assert statuses(shop) == ["expired"] * 4
    assert night(shop) == Planned(2, 0, 2, 0)


def test_what_was_exported_stays_marked_as_exported(shop: Database, today: date) -> None:
    promoted(shop, today)
    night(shop)
    rows(shop, "update copies set status = 'exported' where status = 'selected'")
    ended(shop, today)
    assert expire(shop) == 2
    assert statuses(shop) == ["exported", "expired", "exported", "expired"]
    assert all(copy.promotion_over for copy in read_copies(shop, [1, 2, 3, 4]))


def test_a_promotion_that_is_prolonged_brings_its_copy_back_without_writing(shop: Database, today: date) -> None:
    promoted(shop, today)
    night(shop)
    before = rows(shop, "select id, fields from copies where status = 'selected' order by id")
    ended(shop, today)
    night(shop)
    rows(shop, "update promotions set ends = :day", day=today + timedelta(9))
    assert night(shop) == Planned(2, 2, 0, 0, 2)
    assert rows(shop, "select id, fields from copies where status = 'selected' order by id") == before
    assert {row[0] for row in rows(shop, "select expires_at from copies")} == {today + timedelta(9)}


def test_a_campaign_that_runs_on_without_the_promotion_is_written_anew_without_it(shop: Database, today: date) -> None:
    promoted(shop, today)
    night(shop)
    ended(shop, today)
    upsert_campaign(shop, SPRING)
    assert night(shop) == Planned(2, 0, 0, 2)
    assert statuses(shop)[:4] == ["expired"] * 4
    assert {row[0] for row in rows(shop, "select expires_at from copies where status = 'selected'")} == {None}


def test_nobody_can_decide_on_copy_whose_promotion_is_over(shop: Database, today: date) -> None:
    promoted(shop, today)
    night(shop)
    [copy_id] = list_copies(shop, Filters(product="pot"))
    ended(shop, today)
    for verdict in ("approve", "reject"):
        with pytest.raises(DecisionRefused, match=f"its promotion ended on {today - timedelta(1)}"):
            decide(shop, Decision(copy_id, verdict, "Ann", 0))


# Claims and provenance


PRICE = Claim("price", "body", 0, 0, 4, "Mugs", "20.00 EUR", "supported", "products.price: 20.00 EUR", None)
WARNED = Claim("superlative", "body", 0, 1, 3, "ug", "best", "warned", None, "UK-CAP")


def claims_of(database: Database) -> list[tuple[Claim, ...]]:
    ids = [row[0] for row in rows(database, "select id from copies order by id")]
    return [copy.claims for copy in read_copies(database, ids)]


def test_what_a_copy_claims_is_kept_in_its_order_and_comes_back(shop: Database) -> None:
    night(shop, [WARNED, PRICE])
    first, second, *_ = claims_of(shop)
    assert first == (WARNED, PRICE)
    assert second == ()  # "Cups" is no line in which these words stand


def test_claims_that_are_judged_again_take_the_place_of_the_old_ones(shop: Database) -> None:
    night(shop, [WARNED, PRICE])
    upsert_evidence(shop, [EvidenceSpec(Evidence("a", "award", "Best mug", "b"))])
    assert night(shop, [PRICE]) == Planned(2, 2, 0, 0, 2)
    assert claims_of(shop) == [(PRICE,), (), (PRICE,), ()]


def test_saving_again_changes_no_claim_and_a_deleted_copy_takes_its_claims_along(shop: Database) -> None:
    run_id, _ = planned(shop)
    outcomes = [outcome(brief, [PRICE]) for brief in read_briefs(shop, run_id, 0)]
    save_outcomes(shop, run_id, outcomes)
    before = rows(shop, "select * from claims order by 1, 2")
    assert len(before) == 2
    save_outcomes(shop, run_id, outcomes)
    assert rows(shop, "select * from claims order by 1, 2") == before
    rows(shop, "update briefs set status = 'pending'")  # as when a brief is written once more under the same key
    save_outcomes(shop, run_id, [outcome(each.brief, [PRICE, WARNED]) for each in outcomes])
    assert claims_of(shop) == [(PRICE, WARNED), (), (PRICE, WARNED), ()]
    rows(shop, "delete from copies")
    assert rows(shop, "select * from claims") == []


def test_a_copy_that_people_decided_on_keeps_its_claims(shop: Database) -> None:
    night(shop, [PRICE])
    [copy_id] = list_copies(shop, Filters(product="pot"))
    decide(shop, Decision(copy_id, "approve", "Ann"))
    upsert_evidence(shop, [EvidenceSpec(Evidence("a", "award", "Best mug", "b"))])
    night(shop, [WARNED])
    assert read_copy(shop, copy_id).claims == (PRICE,)


@pytest.mark.parametrize(
    "claim",
    [replace(PRICE, verdict="likely"), replace(PRICE, support=None), replace(WARNED, start=3, end=3, text="")],
)
def test_a_claim_that_the_database_refuses_costs_its_brief_and_no_other(shop: Database, claim: Claim) -> None:
    run_id, _ = planned(shop)
    first, second = read_briefs(shop, run_id, 0)
    save_outcomes(shop, run_id, [outcome(first, [claim]), outcome(second, [PRICE])])
    ((status, reason), other) = rows(shop, "select status, reason from briefs order by id")
    assert (status, other.status) == ("failed", "generated")
    assert reason.startswith("the database refuses its copy")


def test_lists_are_narrowed_by_a_claims_verdict_and_by_its_rule(shop: Database) -> None:
    night(shop, [PRICE, WARNED])
    both = list_copies(shop, Filters())
    assert list_copies(shop, Filters(verdict="warned")) == both
    assert list_copies(shop, Filters(verdict="supported", rule="UK-CAP")) == []
    assert list_copies(shop, Filters(rule="UK-CAP")) == both
    assert list_copies(shop, Filters(verdict="unsupported")) == []


def test_a_copy_says_what_wrote_it_and_how_people_are_told(shop: Database) -> None:
    night(shop)
    [copy_id] = list_copies(shop, Filters(product="pot"))
    copy = read_copy(shop, copy_id)
    told = dict(copy.provenance)
    assert told.pop("generated_at")
    assert told == {
        "digital_source_type": "trained_algorithmic_media", "model": "demo", "model_revision": "1", "recipe": "r",
        "judgement": "rules", "run_id": 1,
    }  # fmt: skip
    assert (copy.ai_label, copy.notes) == ("AI-generated", ("names 1 of 2 facts",))


@pytest.mark.parametrize(
    ("market", "locale", "label"),
    [("cn", "en-US", "AI生成"), (None, "zh-CN", "AI生成"), ("us", "en-US", "AI-generated"), ("eu", "zh-CN", "AI生成")],
)
def test_china_is_told_in_chinese(shop: Database, market: str | None, locale: str, label: str) -> None:
    upsert_campaign(shop, replace(SPRING, market=market, locales=[locale]))
    night(shop)
    assert {row[0] for row in rows(shop, "select ai_label from copies")} == {label}
