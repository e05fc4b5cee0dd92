"""Products, segments and campaigns into the database, hostile text and all; and relations of the user's own."""

from collections.abc import Callable
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from generation.records import Product, Sampling, Segment
from sql.catalogue import (
    BATCH,
    CampaignError,
    CampaignSpec,
    Upserted,
    count_rows,
    list_campaigns,
    read_campaign,
    upsert_campaign,
    upsert_products,
    upsert_segments,
)
from sql.database import Database, DatabaseUnavailable, downgrade, migrate, point_catalogue
from sql.feeds.text import storable
from sql.plan import NothingToPlan, Selection, plan, read_briefs
from sql.runs import start_run

MUG = Product("mug", "Mug", "Pellwick", "Holds 350 ml", "Kitchen", Decimal("15"), "EUR", "https://x.example/1",
              "https://x.example/1.jpg", {"Color": "blue"})  # fmt: skip
HOSTILE = [
    "Mu\x00g", "Mug \ud83d", "\udfff", "a\tb\\N\\.\n\\.", '{"a": [', "'; drop table products; --", "%s %(x)s :id", "\\",
    "NULL", "烧水壶🫖", "\u202eMug", "\ufeffMug", "a\r\nb", "x" * 60_000,
]  # fmt: skip


def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    with database.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


# Counting


def test_rows_are_counted_as_new_changed_and_unchanged(database: Database) -> None:
    products = [replace(MUG, id=f"p{n}") for n in range(10)]
    assert upsert_products(database, products) == Upserted(new=10)
    assert upsert_products(database, products) == Upserted(unchanged=10)
    changed = [replace(product, title="Cup") for product in products[:3]]
    assert upsert_products(database, [*changed, *products[3:], MUG]) == Upserted(new=1, changed=3, unchanged=7)
    assert rows(database, "select count(*) from products where title = 'Cup'") == [(3,)]


@pytest.mark.parametrize(
    "change",
    [{"title": "Cup"}, {"brand": None}, {"description": ""}, {"category": "Home"}, {"price": None, "currency": None},
     {"price": Decimal("15.01")}, {"url": None}, {"image_url": "x"}, {"attributes": {}}],
)  # fmt: skip
def test_a_change_in_any_column_is_a_change(database: Database, change: dict[str, Any]) -> None:
    upsert_products(database, [MUG])
    assert upsert_products(database, [replace(MUG, **change)]) == Upserted(changed=1)
    assert upsert_products(database, [replace(MUG, **change)]) == Upserted(unchanged=1)


def test_an_unchanged_row_keeps_its_date(database: Database) -> None:
    upsert_products(database, [MUG])
    before = rows(database, "select updated_at from products")
    upsert_products(database, [MUG, replace(MUG, price=Decimal("15.0000"))])
    assert rows(database, "select updated_at from products") == before
    upsert_products(database, [replace(MUG, title="Cup")])
    assert rows(database, "select updated_at from products") != before


def test_a_row_that_a_constraint_refuses_is_refused_alone_with_its_reason(database: Database) -> None:
    products = [replace(MUG, id=f"p{n:04}") for n in range(BATCH + 500)]
    products[17] = replace(MUG, id="negative", price=Decimal(-1))
    products[1000] = replace(MUG, id="bare", currency=None)
    products[1999] = replace(MUG, id="huge", price=Decimal(10) ** 12)
    products[2100] = replace(MUG, id="i" * 201)
    result = upsert_products(database, products)
    assert (result.new, result.changed, result.unchanged) == (BATCH + 496, 0, 0)
    reasons = dict(result.refused)
    assert list(reasons) == ["negative", "bare", "huge", "i" * 201]
    assert "products_price_check" in reasons["negative"]
    assert "a_price_has_a_currency" in reasons["bare"]
    assert "overflow" in reasons["huge"]
    assert all("\n" not in reason for reason in reasons.values())


def test_segments_are_refused_below_the_hard_floor(database: Database) -> None:
    segments = [Segment("a", "A", size=20), Segment("b", "B", size=19), Segment("c", "C", size=3_000_000_000)]
    result = upsert_segments(database, segments)
    assert result.new == 1
    assert [(name, "a_segment_is_never_a_person" in reason) for name, reason in result.refused] == [
        ("b", True),
        ("c", False),
    ]


@pytest.mark.parametrize("between", [0, 1, BATCH - 1, BATCH, BATCH + 1])
def test_of_two_rows_with_one_id_the_later_wins_and_counts_as_a_change(database: Database, between: int) -> None:
    others = [replace(MUG, id=f"p{n}") for n in range(between)]
    first, second = replace(MUG, title="first"), replace(MUG, title="second")
    assert upsert_products(database, [first, *others, second]) == Upserted(new=1 + between, changed=1)
    assert rows(database, "select title from products where id = 'mug'") == [("second",)]
    assert upsert_products(database, [second, *others, second]) == Upserted(unchanged=2 + between)


def test_ids_that_are_one_once_they_are_storable_are_one_row(database: Database) -> None:
    assert upsert_products(database, [replace(MUG, id="m\x00ug"), MUG]) == Upserted(new=1, unchanged=1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "x", "y"])), max_size=12), st.integers(1, 4))
def test_every_row_is_counted_once_as_if_it_came_alone(
    server: Database, loaded: list[tuple[str, str]], batch: int
) -> None:
    migrate(server)
    patch = pytest.MonkeyPatch()
    patch.setattr("sql.catalogue.BATCH", batch)
    try:
        expected, table = Upserted(), dict[str, str]()
        for name, title in loaded:
            if not title:
                expected.refused.append((name, ""))
            elif table.get(name) == title:
                expected.unchanged += 1
            else:
                expected.changed += name in table
                expected.new += name not in table
                table[name] = title
        found = upsert_products(server, (Product(name, title) for name, title in loaded))
        assert dict(rows(server, "select id, title from products")) == table
        found.refused = [(name, "") for name, _ in found.refused]
        assert found == expected
    finally:
        patch.undo()
        downgrade(server)


def test_reading_a_source_that_breaks_off_keeps_what_came_before(database: Database) -> None:
    def source() -> Any:
        yield from (replace(MUG, id=f"p{n}") for n in range(BATCH + 1))
        raise RuntimeError("the file ends here")

    with pytest.raises(RuntimeError, match="the file ends here"):
        upsert_products(database, source())
    assert count_rows(database) == {"products": BATCH, "segments": 0}


# Hostile text


def in_every_column(number: int, value: str) -> tuple[Product, Segment]:
    product = Product(f"{number}", f"t{value}", value, value, value, Decimal(1), "EUR", value, value, {value: value})
    return product, Segment(f"{number}", f"n{value}", value, (value, value), (value,), 100)


def check_texts(database: Database, texts: list[str]) -> None:
    pairs = [in_every_column(number, value) for number, value in enumerate(texts)]
    assert upsert_products(database, [product for product, _ in pairs]) == Upserted(new=len(pairs))
    assert upsert_segments(database, [segment for _, segment in pairs]) == Upserted(new=len(pairs))
    assert upsert_products(database, [product for product, _ in pairs]) == Upserted(unchanged=len(pairs))
    found = {row.id: row for row in rows(database, "select * from products")}
    segments = {row.id: row for row in rows(database, "select * from segments")}
    for number, value in enumerate(texts):
        kept, product, segment = storable(value), found[str(number)], segments[str(number)]
        assert product.title == f"t{kept}"
        assert [product.brand, product.description, product.category, product.url, product.image_url] == [kept] * 5
        assert product.attributes == {kept: kept}
        assert [segment.name, segment.description] == [f"n{kept}", kept]
        assert (segment.interests, segment.needs) == ([kept, kept], [kept])


def test_hostile_text_is_kept_in_every_column_less_what_no_database_keeps(database: Database) -> None:
    check_texts(database, HOSTILE)
    assert rows(database, "select description from products where id = '0'") == [("Mug",)]
    assert rows(database, "select length(description) from products where id = '13'") == [(60_000,)]


def test_the_list_of_naughty_strings_is_kept_in_every_column(database: Database, naughty_strings: list[str]) -> None:
    check_texts(database, naughty_strings)


def test_a_naughty_id_is_kept_or_refused_and_costs_no_other(database: Database) -> None:
    ids = ["", "\x00", *HOSTILE[:-1], "good"]
    result = upsert_products(database, [replace(MUG, id=value) for value in ids])
    assert [name for name, _ in result.refused] == ["", "", ""]  # empty, NUL alone, surrogate alone
    assert result.new + result.unchanged + result.changed + len(result.refused) == len(ids)
    assert rows(database, "select id from products where id = 'good'") == [("good",)]


def test_a_hostile_currency_is_refused_alone(database: Database) -> None:
    result = upsert_products(
        database, [replace(MUG, id=f"{n}", currency=v) for n, v in enumerate(["EUR", "\ud800", "E'"])]
    )
    assert (result.new, len(result.refused)) == (1, 2)


# Campaigns


def test_a_campaign_comes_back_as_it_was_kept(database: Database) -> None:
    chosen = {"brands": ["禾汀"], "title_contains": "x"}
    spec = CampaignSpec("Frühling 春", ["push", "email"], ["zh-CN"], ["s"], chosen, 2, "Plain.", "10 % off",
                        Sampling(0.1, 0.2, 30, 4))  # fmt: skip
    number = upsert_campaign(database, spec)
    assert read_campaign(database, "Frühling 春") == replace(spec, id=number)
    assert upsert_campaign(database, replace(spec, variants=3)) == number
    assert [asdict(campaign) for campaign in list_campaigns(database)] == [asdict(replace(spec, variants=3, id=number))]


def test_a_campaign_with_hostile_text_is_kept_less_what_no_database_keeps(database: Database) -> None:
    for number, value in enumerate(HOSTILE):
        chosen = {"brands": [value], "title_contains": value}
        spec = CampaignSpec(f"{number}{value[:100]}", ["push"], ["en-US"], [value], chosen, 4, value, value)
        upsert_campaign(database, spec)
        campaign = read_campaign(database, storable(spec.name))
        assert campaign.brand_voice == storable(value)
        assert campaign.product_filter == {"brands": [storable(value)], "title_contains": storable(value)}


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"channels": []}, {"locales": []}, {"variants": 0}, {"variants": 17}, {"variants": 10**6},
     {"sampling": Sampling(temperature=float("nan"))}],
)  # fmt: skip
def test_a_campaign_that_breaks_a_rule_is_refused_in_one_line(database: Database, change: dict[str, Any]) -> None:
    with pytest.raises(CampaignError, match="campaign '") as caught:
        upsert_campaign(database, replace(CampaignSpec("Spring", ["push"], ["en-US"]), **change))
    assert "\n" not in str(caught.value)


# Relations of the user's own

_THEIRS = """
create schema "Shop data";
create table "Shop data"."Goods" (
    "id" integer, title varchar(200) collate "C", brand text, description text, category char(8), price {price},
    currency char(3), url text, image_url text, attributes {attributes}, warehouse text);
create table "Shop data".audience (
    id bigint, name text, description text, interests varchar(50)[], needs text[], size bigint);
insert into "Shop data"."Goods" values
    (1, 'Mug', 'Pellwick', 'Clay', 'Kitchen', '15.5', 'EUR', 'https://x.example', null,
     '{{"Color": "blue", "Lid": true, "Old": null}}', 'A'),
    (2, 'Lamp', null, null, null, null, null, null, null, null, 'B');
insert into "Shop data".audience values
    (7, 'Hikers', null, '{{maps,null}}', null, 500), (8, 'Nobody', null, null, null, null);
"""


@pytest.fixture
def theirs(database: Database) -> Any:
    """Makes the user's relations, and takes them away with all that reads them."""

    def make(price: str = "numeric", attributes: str = "jsonb") -> None:
        with database.begin() as connection:
            connection.exec_driver_sql(_THEIRS.format(price=price, attributes=attributes))

    yield make
    point_catalogue(database, products=None, segments=None)
    rows(database, 'drop schema if exists "Shop data" cascade')


GOODS, AUDIENCE = '"Shop data"."Goods"', '"Shop data".audience'


def planned_briefs(database: Database) -> list[Any]:
    upsert_campaign(database, CampaignSpec("Spring", ["push"], ["en-US"]))
    run_id = start_run(database, parameters={}, model="demo", model_revision="1")
    selection = Selection(read_campaign(database, "Spring"))
    plan(database, run_id, selection, dict.fromkeys(selection.cells(), "r"))
    return list(read_briefs(database, run_id, 0))


@pytest.mark.parametrize("price", ["numeric", "numeric(8, 2)", "real", "double precision", "text", "varchar(20)"])
@pytest.mark.parametrize("attributes", ["jsonb", "json"])
def test_a_relation_of_the_users_own_is_planned_and_read(
    database: Database, theirs: Callable[..., None], price: str, attributes: str
) -> None:
    theirs(price, attributes)
    point_catalogue(database, products=GOODS, segments=AUDIENCE)
    assert count_rows(database) == {"products": 2, "segments": 2}
    mug, lamp = planned_briefs(database)  # the segment without a size is below every floor
    assert {brief.segment for brief in (mug, lamp)} == {Segment("7", "Hikers", None, ("maps",), (), 500)}
    assert mug.product == Product("1", "Mug", "Pellwick", "Clay", "Kitchen", Decimal("15.5"), "EUR", "https://x.example",
                                  None, {"Color": "blue", "Lid": "yes"})  # fmt: skip
    assert lamp.product == Product("2", "Lamp")


def test_a_price_that_is_no_plain_number_is_no_price(database: Database, theirs: Callable[..., None]) -> None:
    theirs("text")
    for number, value in enumerate(["12,50", "from 5", "NaN", "1e5", "", "-3", "99999999999", "15.99 EUR", " 5"]):
        rows(
            database, f"insert into {GOODS} (id, title, price) values (:id, 'x', :price)", id=100 + number, price=value
        )
    point_catalogue(database, products=GOODS, segments=AUDIENCE)
    assert {brief.product.price for brief in planned_briefs(database)} == {Decimal("15.5"), None}


def test_attributes_that_are_no_object_are_none(database: Database, theirs: Callable[..., None]) -> None:
    theirs()
    rows(database, f"update {GOODS} set attributes = '[1]' where id = 1")
    point_catalogue(database, products=GOODS, segments=AUDIENCE)
    assert [brief.product.attributes for brief in planned_briefs(database)] == [{}, {}]


def test_a_view_serves_as_a_relation_and_its_columns_may_stand_in_any_order(
    database: Database, theirs: Callable[..., None]
) -> None:
    theirs()
    columns = (
        "attributes, null::text as image_url, url, currency, price, category, description, brand, upper(title) as title"
    )
    rows(database, f'create view "Shop data".shown as select {columns}, id from {GOODS} where id = 1')
    point_catalogue(database, products='"Shop data".shown', segments=None)
    upsert_segments(database, [Segment("s", "S", size=100)])
    (brief,) = planned_briefs(database)
    assert (brief.product.id, brief.product.title) == ("1", "MUG")


def test_pointing_back_reads_copydesks_own_tables_again(database: Database, theirs: Callable[..., None]) -> None:
    theirs()
    upsert_products(database, [MUG])
    point_catalogue(database, products=GOODS, segments=AUDIENCE)
    assert count_rows(database) == {"products": 2, "segments": 2}
    point_catalogue(database, products=None, segments=None)
    assert count_rows(database) == {"products": 1, "segments": 0}


@pytest.mark.parametrize(
    ("products", "segments", "message"),
    [
        ('"Shop data".goods', None, "is not there"),
        ('"Shop data"."Goods" g', None, "is not there|can't be used"),
        ("products; drop table runs", None, "is not there|can't be used"),
        ("", None, "is not there|can't be used"),
        ("copies_by_run", None, "is not there"),
        ("catalogue", None, "infinite recursion"),
        (
            AUDIENCE,
            None,
            "for catalogue lacks the columns title, brand, category, price, currency, url, image_url, attr",
        ),
        (GOODS, GOODS, "for audiences lacks the columns name, interests, needs, size"),
        ('"Shop data".typed', None, "has the column attributes as text; it must be json or jsonb"),
        (GOODS, '"Shop data".words', r"has the column interests as text; it must be text\[\]"),
    ],
)
def test_a_relation_that_cannot_serve_is_named_with_the_mend_and_nothing_changes(
    database: Database, theirs: Callable[..., None], products: str, segments: str | None, message: str
) -> None:
    theirs()
    rows(database, f'create table "Shop data".typed as select g.*, 1 as x from {GOODS} g')
    rows(database, 'alter table "Shop data".typed alter attributes type text')
    rows(database, f'create table "Shop data".words as select * from {AUDIENCE}')
    rows(database, 'alter table "Shop data".words alter interests type text')
    upsert_products(database, [MUG])
    with pytest.raises(DatabaseUnavailable, match=message) as caught:
        point_catalogue(database, products=products, segments=segments)
    assert "\n" not in str(caught.value)
    assert count_rows(database) == {"products": 1, "segments": 0}
    assert rows(database, "select count(*) from runs") == [(0,)]


@pytest.mark.parametrize("bad", ["1", "null"])
def test_ids_that_cannot_tell_rows_apart_stop_the_plan_with_the_id(
    database: Database, theirs: Callable[..., None], bad: str
) -> None:
    theirs()
    point_catalogue(database, products=GOODS, segments=AUDIENCE)
    rows(database, f"insert into {GOODS} (id, title) values ({bad}, 'again')")
    with pytest.raises(NothingToPlan, match="the relation behind catalogue has an id that is"):
        planned_briefs(database)


def test_a_prices_trailing_zeros_do_not_make_a_change(database: Database, theirs: Callable[..., None]) -> None:
    theirs("text")
    point_catalogue(database, products=GOODS, segments=AUDIENCE)
    planned_briefs(database)
    rows(database, f"update {GOODS} set price = '15.50' where id = 1")
    planned_briefs(database)
    assert rows(database, "select count(*) from briefs where status = 'pending'") == [(2,)]
