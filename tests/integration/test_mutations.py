"""One thing changes between two nights: exactly which cells are written again, which only judged again, which reused.

Drafts are made up and judged for real; no engine is started.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product as every
from typing import Any

import pytest
from sqlalchemy import text

from flows.planning import judgements_of
from generation.prompts import TemplateSet
from generation.recipe import recipe
from generation.records import Brief, Draft, Generation, Product, Sampling, Segment
from generation.scoring import judge
from sql.catalogue import CampaignSpec, read_campaign, upsert_campaign, upsert_products, upsert_segments
from sql.database import Database
from sql.plan import Planned, Selection, plan, read_briefs
from sql.runs import finish_run, run_summary, start_run
from sql.store import save_outcomes, select_best
from sql.verdicts import read_drafts, save_verdicts

PRODUCTS = [
    Product("mug", "Clay mug", "Pellwick", "A mug for tea", "Kitchen", Decimal("15.00"), "EUR",
            "https://x.example/mug", "https://x.example/mug.jpg", {"Color": "blue"}),
    Product("lamp", "Copper lamp", "Kelvora", "A lamp for reading", "Light", Decimal("60.00"), "EUR"),
    Product("stool", "Oak stool", "Nordhem", "A stool for kitchens", "Furniture", Decimal("88.00"), "EUR"),
    Product("scarf", "Wool scarf", "Brinmoor", "A scarf for winter", "Clothing", Decimal("20.00"), "EUR"),
]  # fmt: skip
SEGMENTS = [
    Segment("hikers", "Hikers", "They walk", ("maps",), ("low weight",), 500),
    Segment("cooks", "Home cooks", "They cook", ("pans",), ("easy cleaning",), 200),
    Segment("readers", "Readers", "They read", ("novels",), ("good light",), 300),
]
SPRING = CampaignSpec(
    "Spring", ["sms", "email"], ["en-US"], variants=2, brand_voice="Plain.", sampling=Sampling(seed=3)
)

Cell = tuple[str, str, str]
Edit = Callable[[str, str, str], None]


def cells(*, products: str = "mug lamp stool scarf", segments: str = "hikers cooks readers", channels: str = "sms email"
          ) -> set[Cell]:  # fmt: skip
    return set(every(products.split(), segments.split(), channels.split()))


ALL, NONE = cells(), set[Cell]()


@dataclass
class Shop:
    """A catalogue, the templates and a model, any of which a test may change."""

    database: Database
    edit: Edit
    model: str = "demo"
    weights: str = "w"
    written: set[Cell] = field(default_factory=set)
    judged: set[Cell] = field(default_factory=set)

    def execute(self, statement: str) -> list[Any]:
        with self.database.begin() as connection:
            result = connection.execute(text(statement))
            return list(result.all()) if result.returns_rows else []

    def night(self) -> Planned:
        """A whole run; which cells it wrote and which it judged again."""
        run_id = start_run(self.database, parameters={}, model=self.model, model_revision=self.weights)
        chosen, templates = Selection(read_campaign(self.database, "Spring")), TemplateSet()
        recipes = {cell: recipe(*cell, self.model, self.weights, templates) for cell in chosen.cells()}
        planned = plan(self.database, run_id, chosen, recipes, judgements_of(chosen))
        drafts = list(read_drafts(self.database, run_id, 5))
        self.judged = {cell_of(generation.brief) for batch in drafts for generation in batch}
        for batch in drafts:
            save_verdicts(self.database, run_id, [judge(generation) for generation in batch], chosen.floor)
        briefs = list(read_briefs(self.database, run_id, 0))
        self.written = {cell_of(brief) for brief in briefs}
        save_outcomes(self.database, run_id, [judge(written(brief)) for brief in briefs])
        select_best(self.database, run_id)
        finish_run(self.database, run_id, "completed")
        summary = run_summary(self.database, run_id)
        assert summary.planned == summary.reused + summary.generated + summary.failed + summary.skipped
        return planned

    def offered(self) -> list[Any]:
        """What a reviewer or an analyst takes for the copy of today."""
        return self.execute(
            "select product_id, segment_id, channel, copy_id, fields::text as words from copy_for_review"
            " where status = 'selected' and superseded_at is null order by 1, 2, 3"
        )


def cell_of(brief: Brief) -> Cell:
    return brief.product.id, brief.segment.id, brief.channel


def written(brief: Brief) -> Generation:
    """What a sensible model would write: two drafts that pass every gate."""
    named = f"{brief.product.brand} {brief.product.title}"
    texts = (
        f"The {named} is here, made for {brief.segment.name}.",
        f"Made for {brief.segment.interests[0]}: the {named}.",
    )
    drafts = (
        f"subject: {named}\npreheader: For you\nbody: {line}" if brief.channel == "email" else f"body: {line}"
        for line in texts
    )
    return Generation(brief, tuple(Draft(brief, n, words, 20, -0.5, "stop") for n, words in enumerate(drafts)), 90, 0)


@pytest.fixture
def shop(database: Database, edit_templates: Edit) -> Shop:
    """Every cell written, its copy on offer."""
    upsert_products(database, PRODUCTS)
    upsert_segments(database, SEGMENTS)
    upsert_campaign(database, SPRING)
    shop = Shop(database, edit_templates)
    assert shop.night() == Planned(24, 0, 0, 24)
    assert (shop.written, shop.judged) == (ALL, NONE)
    assert {(row.product_id, row.segment_id, row.channel) for row in shop.offered()} == ALL
    return shop


def sql(statement: str) -> Callable[[Shop], None]:
    def change(shop: Shop) -> None:
        shop.execute(statement)

    return change


def edited(file: str, old: str, new: str) -> Callable[[Shop], None]:
    return lambda shop: shop.edit(file, old, new)


def other_model(shop: Shop) -> None:
    shop.model = "demo-with-adapter"


def other_weights(shop: Shop) -> None:
    shop.weights = "v"


def other_weighting(shop: Shop) -> None:
    shop.edit("scoring.yaml", "facts: 25", "facts: 20")
    shop.edit("scoring.yaml", "distinct: 5", "distinct: 10")


def words_and_rules(shop: Shop) -> None:
    shop.edit(f"{EN}/sms.j2", "{% block channel %}", "{% block channel %}Be brief. ")
    shop.edit(RULE, "        - \\bclick (?:here", "        - \\btap here\\b|\\bclick (?:here")


def saved_again(shop: Shop) -> None:
    upsert_products(shop.database, PRODUCTS)
    upsert_segments(shop.database, SEGMENTS)
    upsert_campaign(shop.database, SPRING)


def promoted(terms: str) -> Callable[[Shop], None]:
    def change(shop: Shop) -> None:
        shop.execute("insert into promotions (id, terms) values ('spring-10', 'x')")
        shop.execute(f"update promotions set {terms}")
        shop.execute("update campaigns set promotion_id = 'spring-10'")

    return change


def evidenced(of: str, expires: str = "null") -> Callable[[Shop], None]:
    return sql(
        "insert into claim_evidence (id, kind, statement, source, product_id, brand, expires)"
        f" values ('gots', 'certification', 'GOTS certified', 'No. 4711', {of}, {expires})"
    )


def spoken_of(shop: Shop) -> None:
    """Rows that only other kinds of copy are made of."""
    shop.execute("insert into customer_questions (id, product_id, question) values ('q', 'mug', 'Is it blue?')")
    shop.execute("insert into comparisons (id, product_id, other_id) values ('c', 'mug', 'lamp')")
    shop.execute(
        "insert into customer_reviews (id, product_id, text, written) values ('r', 'mug', 'Fine', '2026-01-01')"
    )


MUG, HIKERS, SMS = cells(products="mug"), cells(segments="hikers"), cells(channels="sms")
LIMIT, RULE, EN = "channels/sms.yaml", "policies/basic.yaml", "prompts/en-US"

MUTATIONS: dict[str, tuple[Callable[[Shop], None], set[Cell], set[Cell]]] = {
    # what changed: the change, the cells written again, the cells judged again
    "nothing": (saved_again, NONE, NONE),
    "product title": (sql("update products set title = 'Tea mug' where id = 'mug'"), MUG, NONE),
    "product description": (sql("update products set description = 'A large mug' where id = 'mug'"), MUG, NONE),
    "product price": (sql("update products set price = 16 where id = 'mug'"), MUG, NONE),
    "product price with more zeros": (
        sql("update products set price = 15.0000 where id = 'mug'"),
        NONE,
        NONE,
    ),
    "product attribute": (sql("update products set attributes = '{\"Color\": \"red\"}' where id = 'mug'"), MUG, NONE),
    "product url and image_url": (sql("update products set url = null, image_url = 'https://y.example'"), NONE, NONE),
    "product revenue": (sql("update products set revenue = 1000 where id = 'mug'"), NONE, NONE),
    "segment interests": (sql("update segments set interests = '{boots}' where id = 'hikers'"), HIKERS, NONE),
    "segment size": (sql("update segments set size = size + 1000"), NONE, NONE),
    "segment stage": (sql("update segments set stage = 'loyal'"), NONE, NONE),
    "question, comparison and review": (spoken_of, NONE, NONE),
    "segment description": (sql("update segments set description = 'They walk far'"), NONE, NONE),
    "template white space": (edited(f"{EN}/sms.j2", "{% block channel %}", "{% block channel %} "), SMS, NONE),
    "template words": (edited(f"{EN}/sms.j2", "{% block channel %}", "{% block channel %}Be brief. "), SMS, NONE),
    "template comment": (edited(f"{EN}/sms.j2", "{% block channel %}", "{# short #}{% block channel %}"), SMS, NONE),
    "template that all channels share": (edited(f"{EN}/_brief.j2", "Audience:", "For:"), ALL, NONE),
    "template of another locale": (edited("prompts/zh-CN/_brief.j2", "人群", "受众"), NONE, NONE),
    "channel guidance": (edited(LIMIT, "at most 160 plain characters", "at most 150 characters"), SMS, NONE),
    "channel guidance in another locale": (edited(LIMIT, "不超过70个字", "不超过60个字"), NONE, NONE),
    "channel hard limit": (edited(LIMIT, "hard_limit: 3", "hard_limit: 2"), NONE, SMS),
    "channel soft limit": (edited(LIMIT, "soft_limit: 1", "soft_limit: 2"), NONE, SMS),
    "channel emoji": (edited(LIMIT, "emoji: false", "emoji: true"), NONE, SMS),
    "channel limit's source": (edited(LIMIT, "https://www.twilio.com/docs", "https://x.example/docs"), NONE, NONE),
    "policy phrase": (
        edited(RULE, "        - \\bclick (?:here", "        - \\btap here\\b|\\bclick (?:here"),
        NONE,
        ALL,
    ),
    "scoring weights": (other_weighting, NONE, ALL),
    "brand voice": (sql("update campaigns set brand_voice = 'Warm.'"), ALL, NONE),
    "campaign priority": (sql("update campaigns set priority = 3"), NONE, NONE),
    "offer without a promotion": (sql("update campaigns set offer = 'A gift'"), NONE, NONE),
    "promotion": (promoted("terms = 'A gift'"), ALL, NONE),
    "evidence of a product": (evidenced("'mug', null"), NONE, MUG),
    "evidence of a brand": (evidenced("null, 'Kelvora'"), NONE, cells(products="lamp")),
    "evidence of everything": (evidenced("null, null"), NONE, ALL),
    "evidence that has expired": (evidenced("'mug', null", "current_date - 1"), NONE, NONE),
    "evidence of another product": (evidenced("'kettle', null"), NONE, NONE),
    "price history": (
        sql("update price_history set seen_from = now() - interval '40 days' where product_id = 'mug'"),
        NONE,
        MUG,
    ),
    "market": (sql("update campaigns set market = 'uk'"), NONE, ALL),
    "banned words": (sql("update campaigns set banned_words = '{cheap}'"), NONE, ALL),
    "required words": (sql("update campaigns set required_words = '{here}'"), NONE, ALL),
    "variants": (sql("update campaigns set variants = 3"), ALL, NONE),
    "sampling temperature": (sql("update campaigns set sampling = sampling || '{\"temperature\": 0.9}'"), ALL, NONE),
    "max_tokens": (sql("update campaigns set sampling = sampling || '{\"max_tokens\": 99}'"), ALL, NONE),
    "seed": (sql("update campaigns set sampling = sampling || '{\"seed\": 4}'"), ALL, NONE),
    "model name": (other_model, ALL, NONE),
    "model revision": (other_weights, ALL, NONE),
    "words of one channel and rules of all": (
        words_and_rules,
        SMS,
        ALL - SMS,
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_reaches_the_cells_that_it_concerns_and_no_other(shop: Shop, name: str) -> None:
    change, written_again, judged_again = MUTATIONS[name]
    before = shop.offered()
    change(shop)
    planned = shop.night()
    assert shop.written == written_again
    assert shop.judged == judged_again
    assert planned == Planned(24, 24 - len(written_again), 0, len(written_again), len(judged_again))
    after = shop.offered()
    assert len(after) == 24
    untouched = ALL - written_again
    assert [row for row in after if tuple(row[:3]) in untouched] == [
        row for row in before if tuple(row[:3]) in untouched
    ]
    assert shop.night() == Planned(24, 24)
    assert (shop.written, shop.judged) == (NONE, NONE)
    assert shop.offered() == after


def test_a_cell_that_is_new_is_written_and_no_other(shop: Shop) -> None:
    upsert_products(shop.database, [Product("kettle", "Steel kettle", "Pellwick")])
    assert shop.night() == Planned(30, 24, 0, 6)
    assert shop.written == cells(products="kettle")
    upsert_segments(shop.database, [Segment("givers", "Gift givers", None, ("gifts",), (), 400)])
    assert shop.night() == Planned(40, 30, 0, 10)
    assert shop.written == cells(products="mug lamp stool scarf kettle", segments="givers")


def test_a_removed_product_is_neither_planned_nor_offered_and_comes_back_as_it_was(shop: Shop) -> None:
    before, words = shop.offered(), shop.execute("select id, fields, raw_text from copies order by id")
    shop.execute("delete from products where id = 'mug'")
    assert shop.night() == Planned(18, 18)
    assert (shop.written, shop.judged) == (NONE, NONE)
    assert shop.offered() == [row for row in before if row.product_id != "mug"]
    assert shop.execute("select count(*) from briefs where product_id = 'mug' and superseded_at is null") == [(0,)]
    assert shop.execute("select id, fields, raw_text from copies order by id") == words
    upsert_products(shop.database, PRODUCTS)
    assert shop.night() == Planned(24, 24)
    assert (shop.written, shop.judged) == (NONE, NONE)
    assert shop.offered() == before


def test_a_removed_product_that_comes_back_under_other_rules_is_judged_again(shop: Shop) -> None:
    shop.execute("delete from products where id = 'mug'")
    shop.night()
    shop.edit(LIMIT, "hard_limit: 3", "hard_limit: 2")
    shop.night()
    assert shop.judged == SMS - MUG
    upsert_products(shop.database, PRODUCTS)
    assert shop.night() == Planned(24, 24, 0, 0, 3)
    assert shop.judged == SMS & MUG


def test_superseded_copy_is_kept_and_marked_and_never_on_offer(shop: Shop) -> None:
    of_mug = "from copy_for_review where product_id = 'mug' and run_id = 1 order by 1"
    old = shop.execute(f"select copy_id, fields, raw_text, score {of_mug}")
    shop.execute("update products set title = 'Tea mug' where id = 'mug'")
    shop.night()
    assert shop.execute(f"select copy_id, fields, raw_text, score {of_mug}") == old
    assert shop.execute(f"select distinct status, superseded_at is null {of_mug}") == [("expired", False)]
    offered = [row.words for row in shop.offered() if row.product_id == "mug"]
    assert len(offered) == 6
    assert all("Tea mug" in words and "Clay" not in words for words in offered)
