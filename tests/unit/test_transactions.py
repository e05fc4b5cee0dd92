"""Purchases → segments: who is grouped with whom, what is never told, and the words. No database."""

import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import astuple, replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.records import STAGES
from sql.audience_words import in_words, wording
from sql.feeds import FeedError
from sql.feeds.segments import HARD_FLOOR
from sql.noisy_counts import noisy_counts
from sql.transactions import segments_from_files, segments_from_transactions

CATEGORIES = ("COFFEE", "YOGURT", "FRZN PIZZA", "DOG FOODS", "SOUP", "CHEESE")


def shop(people: int = 1200, categories: Iterable[str] = CATEGORIES, first_customer: int = 900_000) -> pd.DataFrame:
    """A year of a made-up shop in which every person returns to one category, and some stop coming."""
    names = tuple(categories)
    rows = []
    for person in range(people):
        favourite = names[person % len(names)]
        visits = 2 + person % 9
        for visit in range(visits):
            last = 200 if person % 4 == 0 else 360
            day = pd.Timestamp("2025-01-01") + pd.Timedelta(days=5 + visit * last // visits)
            other = names[(person + visit) % len(names)]
            rows.append((first_customer + person, day, 4.0 + person % 30, favourite))
            rows.append((first_customer + person, day, 2.5, other))
    frame = pd.DataFrame(rows, columns=["household_id", "date", "sales_value", "product_category"])
    return frame.assign(religion="secret-faith", age="65+")


def test_people_are_grouped_by_stage_and_by_favourite_category() -> None:
    segments = segments_from_transactions(shop()).segments
    ids = {segment.id for segment in segments}
    assert {"stage-loyal", "stage-lapsed", "stage-steady"} <= ids
    assert {"buyers-coffee", "buyers-frozen-pizza", "buyers-dog-food"} <= ids
    coffee = next(segment for segment in segments if segment.id == "buyers-coffee")
    assert coffee.name == "Repeat buyers of coffee"
    assert coffee.interests[0] == "coffee"
    assert coffee.needs[0] == "easy restocking of coffee"
    assert len(segments) >= 6


def test_a_segment_by_stage_has_its_stage_and_one_by_taste_has_none() -> None:
    stages = {segment.id: segment.stage for segment in segments_from_transactions(shop(3000), floor=20).segments}
    assert {"stage-loyal", "stage-lapsed", "stage-steady", "stage-big-baskets"} <= stages.keys()
    for name, stage in stages.items():
        told = name.removeprefix("stage-")
        assert stage == (None if name.startswith("buyers-") else told if told in STAGES else "steady")


@pytest.mark.parametrize("floor", [20, 100, 150, 205])
def test_no_segment_is_smaller_than_the_floor(floor: int) -> None:
    found = segments_from_transactions(shop(), floor=floor)
    assert found.segments
    assert min(segment.size for segment in found.segments) >= floor


@settings(deadline=None, max_examples=15)
@given(
    st.integers(20, 400),
    st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=6, unique=True),
    st.integers(20, 120),
)
def test_the_stages_of_any_shop_hold_nobody_twice(people: int, categories: list[str], floor: int) -> None:
    if people < floor:
        with pytest.raises(FeedError, match="at least"):
            segments_from_transactions(shop(people, categories), floor=floor)
        return
    segments = segments_from_transactions(shop(people, categories), floor=floor).segments
    assert all(segment.size >= floor for segment in segments)
    for family in ("stage-", "buyers-"):
        assert sum(segment.size for segment in segments if segment.id.startswith(family)) <= people


def test_a_floor_below_the_hard_floor_is_refused() -> None:
    with pytest.raises(FeedError, match=f"fewer than {HARD_FLOOR}"):
        segments_from_transactions(shop(), floor=HARD_FLOOR - 1)


def test_a_rare_favourite_has_no_segment_and_its_buyers_count_elsewhere() -> None:
    frame = shop()
    rare = frame["household_id"] < 900_050
    frame.loc[rare & (frame.index % 2 == 0), "product_category"] = "TELESCOPES"
    found = segments_from_transactions(frame)
    assert not [segment for segment in found.segments if "telescopes" in " ".join(map(str, astuple(segment)))]
    assert any("no audience of their own" in note for note in found.notes)


def test_no_person_and_no_demographic_leaves_the_computation() -> None:
    found = segments_from_transactions(shop())
    told = repr(found)
    assert "900" not in told
    assert "secret-faith" not in told
    assert "65+" not in told
    plain = segments_from_transactions(shop().drop(columns=["religion", "age"]))
    assert plain == found


def test_one_persons_purchases_change_no_interest_unless_many_share_them() -> None:
    frame = shop()
    one = frame[frame["household_id"] == 900_001].assign(product_category="RARE ORCHIDS")
    segments = segments_from_transactions(pd.concat([frame, one, one])).segments
    assert "rare orchids" not in {interest for segment in segments for interest in segment.interests}


@pytest.mark.parametrize("floor", [20, 100, 150])
def test_groups_that_differ_by_fewer_people_than_the_floor_are_not_both_kept(floor: int) -> None:
    # Everybody is in one stage, and all but a few buy coffee again: the difference would tell about those few.
    frame = shop(600, ["COFFEE"]).drop_duplicates("household_id")
    frame = frame.assign(date=pd.Timestamp("2025-06-01"), sales_value=5.0)

    def with_all_but(few: int) -> tuple[list[str], tuple[str, ...]]:
        again = frame[frame["household_id"] < 900_600 - few].assign(date=pd.Timestamp("2025-07-01"))
        found = segments_from_transactions(pd.concat([frame, again]), floor=floor)
        return [segment.id for segment in found.segments], found.notes

    for few in (1, floor - 1):
        kept, notes = with_all_but(few)
        assert kept == ["stage-steady"]
        assert f"buyers-coffee: differs from stage-steady by fewer than {floor} people, dropped" in notes
    assert {"stage-steady", "buyers-coffee"} <= set(with_all_but(floor)[0])
    assert with_all_but(0)[0] == ["stage-steady", "buyers-coffee"]  # the same people: nobody is told apart


def test_without_opendp_a_noisy_size_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(FeedError, match="needs the package opendp: pip install opendp"):
        segments_from_transactions(shop(), epsilon=1.0)


def test_opendp_is_loaded_only_once_noise_is_asked_for() -> None:
    told = (
        "import sys, flows.command, sql.transactions, sql.noisy_counts as n\n"
        "print('opendp' in sys.modules)\n"
        "n.noisy_counts({'a': 100}, 1.0, 2)\n"
        "print('opendp' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=120)
    assert found.stdout.split() == ["False", "True"]


def test_noisy_sizes_differ_from_night_to_night_and_stay_above_the_floor() -> None:
    exact = {segment.id: segment for segment in segments_from_transactions(shop()).segments}
    runs = [segments_from_transactions(shop(), epsilon=0.05) for _ in range(4)]
    for found in runs:
        assert min(segment.size for segment in found.segments) >= 100
        assert any("differentially private with epsilon 0.05" in note for note in found.notes)
        for segment in found.segments:  # the words are the same
            assert replace(segment, size=0) == replace(exact[segment.id], size=0)
    assert len({tuple((s.id, s.size) for s in found.segments) for found in runs}) > 1


def test_the_noise_is_as_wide_as_epsilon_says_and_centred() -> None:
    counts = {str(number): 1000 for number in range(4000)}
    for epsilon in (0.5, 2.0):
        noise = pd.Series(noisy_counts(counts, epsilon, 2)) - 1000
        expected = (2**0.5) * 2 / epsilon  # of a Laplace distribution of scale 2 ÷ epsilon
        assert abs(noise.mean()) < 5 * expected / 4000**0.5
        assert abs(noise.std() / expected - 1) < 0.12
    assert noisy_counts({}, 1.0, 2) == {}


def test_sizes_are_bands_and_ids_are_the_same_the_next_night() -> None:
    first = segments_from_transactions(shop())
    again = segments_from_transactions(shop().sample(frac=1, random_state=3))
    assert first == again
    assert all(segment.size % 10 == 0 for segment in first.segments)


def test_sensitive_categories_stand_in_no_segment_and_are_noted() -> None:
    frame = shop(categories=("COFFEE", "LAXATIVES", "HISPANIC", "BEERS/ALES", "COUPON/MISC ITEMS", "成人用品"))
    found = segments_from_transactions(frame)
    words = " ".join(str(astuple(segment)) for segment in found.segments).lower()
    for word in ("laxative", "hispanic", "beer", "coupon", "成人"):
        assert word not in words
    assert "5 categories are sensitive or say nothing" in found.notes[0]


def test_chinese_wording_is_chinese_throughout() -> None:
    frame = shop(categories=("咖啡", "酸奶", "速冻食品"))
    for segment in segments_from_transactions(frame, locale="zh-CN").segments:
        assert not re.search(r"[A-Za-z]", " ".join((segment.name, *segment.interests, *segment.needs)))


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("BABY FOODS", "baby food"),
        ("REFRGRATD JUICES/DRNKS", "refrigerated juices and drinks"),
        ("SOAP - LIQUID & BAR", "liquid and bar soap"),
        ("VEGETABLES - ALL OTHERS", "vegetables"),
        ("MISC. DAIRY", "dairy"),
        ("Home & Kitchen", "home and kitchen"),
        ("Apparel > Shoes > TV Slippers", "TV slippers"),
        ("garden-tools", "garden tools"),
        ("Toys, Games & Puzzles", "toys, games and puzzles"),
        ("咖啡/茶", "咖啡、茶"),
        ("婴儿食品", "婴儿食品"),
        ("MISCELLANEOUS", None),
        ("PROCESSED", None),
        ("COLD AND FLU", None),
        ("Vitamins & Supplements", None),
        ("IMPORTED WINE", None),
        ("12345", None),
        ("", None),
        ("x" * 200, None),
    ],
)
def test_a_category_is_said_as_a_person_says_it(category: str, words: str | None) -> None:
    assert in_words(category) == words


def test_no_wording_holds_a_number_that_a_copy_could_state() -> None:
    kept = {key: wording()[key] for key in ("stages", "buyers", "leanings")}
    assert not re.search(r"\d", str(kept))


@given(st.text(max_size=80))
def test_any_category_becomes_words_or_none(category: str) -> None:
    words = in_words(category)
    assert words is None or (0 < len(words) <= 60 and "\n" not in words)


# Files


def test_columns_are_guessed_named_or_missed_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    shop().rename(columns={"household_id": "Customer ID", "sales_value": "wert"}).to_csv(path, index=False)
    named = segments_from_files(path, columns={"amount": "wert"})
    assert named.segments == segments_from_transactions(shop()).segments
    assert any("amount" in note for note in segments_from_files(path).notes)
    with pytest.raises(FeedError, match="--amount werd: there is no such column"):
        segments_from_files(path, columns={"amount": "werd"})
    shop().rename(columns={"household_id": "who"}).to_csv(path, index=False)
    with pytest.raises(FeedError, match="no column for the customer: give --customer COLUMN"):
        segments_from_files(path)


def test_categories_come_from_a_products_file_and_purchases_from_a_gzip(tmp_path: Path) -> None:
    frame = shop()
    numbers = {name: number for number, name in enumerate(CATEGORIES)}
    frame["product_id"] = frame["product_category"].map(numbers)
    frame.drop(columns="product_category").to_csv(tmp_path / "t.csv.gz", index=False)
    products = pd.DataFrame({"product_id": list(numbers.values()), "product_category": list(numbers)})
    products.to_csv(tmp_path / "p.csv", index=False, sep=";")
    found = segments_from_files(tmp_path / "t.csv.gz", tmp_path / "p.csv")
    assert found.segments == segments_from_transactions(shop()).segments


def test_broken_lines_and_lines_without_a_customer_are_counted_not_fatal(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = shop().to_csv(index=False)
    path.write_text(
        text + '1,2,3,4,5,6,7\n,2025-01-01,1,COFFEE,x,y\n5,no date,1,COFFEE,x,y\n"6,2025-01-01,1,COFFEE,x,y\n'
    )
    found = segments_from_files(path)
    assert found.notes[0].startswith("t.csv: 2 broken lines left out; the first is line 14384: 7 columns")
    assert any(note.startswith("2 of ") for note in found.notes)
    assert found.segments == segments_from_transactions(shop()).segments


@pytest.mark.parametrize(
    "written", [lambda days: days.dt.strftime("%Y%m%d"), lambda days: days.dt.strftime("%m/%d/%Y 10:30"),
                lambda days: (days - pd.Timestamp("2024-12-31")).dt.days, lambda days: days.astype("int64") // 10**6]
)  # fmt: skip
def test_dates_are_read_as_shops_write_them(written: object) -> None:
    frame = shop()
    unit = frame["date"].astype("datetime64[ns]")
    frame["date"] = written(unit)  # type: ignore[operator]
    assert segments_from_transactions(frame).segments == segments_from_transactions(shop()).segments


def test_a_column_without_dates_and_a_file_without_purchases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="holds no dates"):
        segments_from_transactions(shop().assign(date="soon"))
    with pytest.raises(FeedError, match="No such file"):
        segments_from_files(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(FeedError, match="empty"):
        segments_from_files(tmp_path / "empty.csv")
    (tmp_path / "head.csv").write_text("household_id,date,sales_value\n")
    with pytest.raises(FeedError, match="0 customers"):
        segments_from_files(tmp_path / "head.csv")
