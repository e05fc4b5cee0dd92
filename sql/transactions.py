"""Purchases → segments: recency, frequency, spend and favourite categories, counted with pandas.

Only groups of people leave this module, none below the floor, their sizes rounded down, and noisy where that is asked.
Reading the purchases is sql.purchases's; segments that somebody else made are read by sql.feeds.segments.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from generation.records import Segment
from sql.audience_words import wording
from sql.feeds.lines import FeedError
from sql.feeds.segments import HARD_FLOOR, slug
from sql.noisy_counts import noisy_counts
from sql.purchases import purchases_of, read_columns

DEFAULT_FLOOR = 100
TASTES = 12  # at most so many audiences by favourite category
REPEAT_DAYS = 2  # days with a purchase in a category that make a repeat buyer
INTERESTS = 3
COMPUTED = ("stage-", "buyers-")  # how the ids of computed segments begin, a family each
FAMILIES = len(COMPUTED)  # stages and tastes: so many segments hold one person at most

_STAGES = {"big-baskets": "steady", "small-baskets": "steady"}  # those that aren't called as records.STAGES has them

# Stages in the order in which a person is put into the first that fits, and where a stage that stays below the floor
# goes. A lapsed shopper with big baskets is lapsed first.
_MERGES = {"new": "steady", "slipping": "lapsed", "lapsed": "steady", "loyal": "steady", "big_baskets": "steady",
           "small_baskets": "steady"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The segments, and what was merged, dropped or left unread, one line each."""

    segments: tuple[Segment, ...]
    notes: tuple[str, ...]


def segments_from_files(
    transactions: Path,
    products: Path | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    floor: int = DEFAULT_FLOOR,
    locale: str = "en-US",
    epsilon: float | None = None,
) -> Segmentation:
    """Segments from a file of purchases, one line an item or an order: CSV, gzipped CSV or Parquet.

    ``columns`` names what isn't called by a usual name; its keys are customer, date, amount, quantity, price,
    product and category. ``products`` gives the category of each product, where the purchases don't.

    Raises FeedError as segments_from_transactions does, and for a file that can't be read.
    """
    asked = dict(columns or {})
    notes: list[str] = []
    frame = read_columns(transactions, asked, notes)
    catalogue = None if products is None else read_columns(products, asked, notes)
    found = segments_from_transactions(frame, catalogue, columns=asked, floor=floor, locale=locale, epsilon=epsilon)
    return Segmentation(found.segments, (*notes, *found.notes))


def segments_from_transactions(
    transactions: pd.DataFrame,
    products: pd.DataFrame | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    floor: int = DEFAULT_FLOOR,
    locale: str = "en-US",
    epsilon: float | None = None,
) -> Segmentation:
    """Two families of segments: one by stage (new, loyal, lapsed, …) and one by favourite category.

    Within a family nobody is in two segments. A group below ``floor`` people is merged into its neighbour or dropped,
    with a note; so is one whose members differ from another's by fewer than ``floor`` people.
    With an ``epsilon`` the sizes are differentially private, each computation anew; who is grouped with whom and the
    words are not, and rest on groups above the floor alone.

    Raises FeedError for a floor below HARD_FLOOR, a missing column, dates that can't be read, or too few people.
    """
    if floor < HARD_FLOOR:
        raise FeedError(f"the floor is {floor}; fewer than {HARD_FLOOR} people can be told apart")
    if locale not in wording()["buyers"]:
        raise FeedError(f"no wording for the locale {locale!r}; there is {', '.join(wording()['buyers'])}")
    notes: list[str] = []
    purchases = purchases_of(transactions, products, columns or {}, notes)
    people = _people(purchases)
    if len(people) < floor:
        raise FeedError(f"{len(people):,} customers, and a segment needs at least {floor}")
    groups = _stages(people, floor, notes) | _tastes(purchases, floor, notes)
    groups = _apart(groups, floor, notes)
    sizes = {key: len(members) for key, members in groups.items()}
    if epsilon is not None:
        # Nobody is in more than one group of a family.
        sizes = noisy_counts(sizes, epsilon, FAMILIES)
        for key in [key for key, size in sizes.items() if size < floor]:
            notes.append(f"{key}: its noisy size is below {floor}, dropped")
            del groups[key]
        notes.append(
            f"sizes are noisy: differentially private with epsilon {epsilon:g}, spent anew at each computation"
        )
    segments = [_segment(key, members, sizes[key], purchases, people, floor, locale) for key, members in groups.items()]
    return Segmentation(tuple(segments), tuple(notes))


def _people(purchases: pd.DataFrame) -> pd.DataFrame:
    """Recency, visits, spend and basket by customer. Stays inside this module."""
    people = purchases.groupby("customer").agg(
        first=("day", "min"), last=("day", "max"), visits=("day", "nunique"), spend=("amount", "sum")
    )
    people["basket"] = people["spend"] / people["visits"]
    return people


def _stages(people: pd.DataFrame, floor: int, notes: list[str]) -> dict[str, frozenset[Any]]:
    start, end = people["first"].min(), people["last"].max()
    idle = (end - people["last"]).dt.days
    gone = idle > idle.quantile(0.75)
    often = people["visits"] >= people["visits"].median()
    tests = {
        "new": people["first"] > end - (end - start) / 6,
        "slipping": gone & often,
        "lapsed": gone,
        "loyal": people["visits"] > people["visits"].quantile(0.8),
        "big_baskets": people["basket"] > people["basket"].quantile(0.75),
        "small_baskets": people["basket"] < people["basket"].quantile(0.25),
        "steady": pd.Series(True, index=people.index),
    }
    rest = pd.Series(True, index=people.index)
    groups: dict[str, set[Any]] = {}
    for stage, fits in tests.items():
        groups[stage] = set(people.index[fits & rest])
        rest &= ~fits
    for stage, neighbour in _MERGES.items():
        if 0 < len(groups[stage]) < floor:
            notes.append(f"stage {stage}: fewer than {floor} people, merged into {neighbour}")
            groups[neighbour] |= groups.pop(stage)
    kept = {}
    for stage, members in groups.items():
        if len(members) >= floor:
            kept[f"stage-{stage.replace('_', '-')}"] = frozenset(members)
        elif members:
            notes.append(f"stage {stage}: fewer than {floor} people, dropped")
    return kept


def _tastes(purchases: pd.DataFrame, floor: int, notes: list[str]) -> dict[str, frozenset[Any]]:
    """Each person's favourite category: the one bought again most beyond what everybody buys."""
    days = purchases.dropna(subset=["category"]).groupby(["customer", "category"])["day"].nunique().reset_index()
    usual = days.groupby("category")["day"].sum()
    days["lift"] = days["day"] / days["category"].map(usual)
    repeat = days[days["day"] >= REPEAT_DAYS].sort_values(
        ["customer", "lift", "category"], ascending=[True, False, True], kind="stable"
    )
    buyers = repeat.groupby("category")["customer"].nunique()
    small = buyers[buyers < floor]
    repeat = repeat[~repeat["category"].isin(small.index)]
    # The smallest category gives way and its people go to their next favourite, until all stand above the floor.
    while True:
        favourites = repeat.drop_duplicates("customer")
        sizes = favourites["category"].value_counts().sort_index().sort_values(kind="stable")
        if sizes.empty or (sizes.iloc[0] >= floor and len(sizes) <= TASTES):
            break
        repeat = repeat[repeat["category"] != sizes.index[0]]
    if len(buyers) > len(sizes):
        notes.append(
            f"{len(buyers) - len(sizes)} of {len(buyers)} categories with repeat buyers have no audience of their own: "
            f"fewer than {floor} people have them as favourite"
        )
    members = favourites.groupby("category")["customer"].agg(frozenset)
    return {f"buyers-{slug(str(name))}": members[name] for name in reversed(sizes.index)}


def _apart(groups: dict[str, frozenset[Any]], floor: int, notes: list[str]) -> dict[str, frozenset[Any]]:
    """Without the smaller of two groups whose difference would tell about a few people."""
    kept: dict[str, frozenset[Any]] = {}
    for key, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        close = next((other for other, theirs in kept.items() if _nearly_same(members, theirs, floor)), None)
        if close is None:
            kept[key] = members
        else:
            notes.append(f"{key}: differs from {close} by fewer than {floor} people, dropped")
    return {key: kept[key] for key in groups if key in kept}


def _nearly_same(one: frozenset[Any], other: frozenset[Any], floor: int) -> bool:
    """Whether fewer than ``floor`` people make all the difference, or fewer than HARD_FLOOR are in one alone."""
    if not one & other or one == other:
        return False
    return len(one ^ other) < floor or 0 < len(one - other) < HARD_FLOOR or 0 < len(other - one) < HARD_FLOOR


def _segment(
    key: str,
    members: frozenset[Any],
    size: int,
    purchases: pd.DataFrame,
    people: pd.DataFrame,
    floor: int,
    locale: str,
) -> Segment:
    stage: str | None = None  # people with one taste are at all stages of their life as customers
    known = purchases.dropna(subset=["category"])
    reach = known[known["customer"].isin(members)].groupby("category")["customer"].nunique()
    everyone = known.groupby("category")["customer"].nunique()
    # What at least one in five of them buys, and never fewer than the hard floor, most beyond the usual first.
    common = reach[reach >= max(HARD_FLOOR, len(members) / 5)]
    lift = (common / everyone[common.index]).sort_index().sort_values(ascending=False, kind="stable")
    interests = [str(name) for name in lift.index]
    if key.startswith("stage-"):
        told = key.removeprefix("stage-")
        stage = _STAGES.get(told, told)
        words, category = wording()["stages"][told.replace("-", "_")][locale], ""
        needs = words["needs"]
    else:
        words = wording()["buyers"][locale]
        category = next(name for name in map(str, reach.index) if f"buyers-{slug(name)}" == key)
        interests = [category, *(name for name in interests if name != category)]
        needs = [*words["needs"], wording()["leanings"][_leaning(members, people)][locale]]
    return Segment(
        id=key,
        name=words["name"].format(category=category),
        interests=tuple(interests[:INTERESTS]),
        needs=tuple(need.format(category=category) for need in needs),
        size=max(size // 10 * 10, floor),
        stage=stage,
    )


def _leaning(members: frozenset[Any], people: pd.DataFrame) -> str:
    theirs, all_of_them = people[people.index.isin(members)].median(numeric_only=True), people.median(numeric_only=True)
    if theirs["basket"] > 1.15 * all_of_them["basket"]:
        return "big_baskets"
    if theirs["visits"] > 1.4 * all_of_them["visits"]:
        return "frequent"
    if theirs["visits"] < all_of_them["visits"]:
        return "seldom"
    return "usual"
