"""Which briefs are to be written, and reading them back in the order that suits the engine."""

import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, Self, cast

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Connection, text

from generation.records import LIFE_CYCLE_CHANNELS, Brief
from sql.briefs import as_briefs, read_surroundings
from sql.catalogue import CampaignSpec
from sql.database import Database, streamed
from sql.feeds.products import ID_CHARACTERS
from sql.queries import query
from sql.store import offer_best, supersede_others

READ_ROWS = 2000  # rows fetched at a time by the server-side cursor


_OF_PRODUCTS = frozenset({"audience", "question", "comparison", "reviews"})
_OF_SEGMENTS = frozenset({"audience", "persona"})
_ROWS_NEEDED = {
    "question": "customers' questions (columns product, question)",
    "comparison": "pairs to compare (columns product, other)",
    "reviews": "customers' reviews (columns product, text, written)",
}


class NothingToPlan(ValueError):
    """No plan can be made of a campaign's products and segments; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cells of a campaign a run covers. What is empty is as the campaign has it.

    ``about`` says of which rows a channel's cells are made (generation.channels.ABOUT); one that it doesn't name is
    about an audience.
    """

    campaign: CampaignSpec
    product_filter: Mapping[str, Any] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    limit: int | None = None
    floor: int = 100  # people; a smaller segment's briefs are skipped
    retry_failed: bool = False
    about: Mapping[str, str] = field(default_factory=dict)

    def cells(self) -> list[tuple[str, str]]:
        """Channel and locale pairs, each once, in a settled order; of a life-cycle campaign only its channels."""
        channels, locales = self.channels or self.campaign.channels, self.locales or self.campaign.locales
        if self.campaign.life_cycle:
            channels = [channel for channel in channels if channel in LIFE_CYCLE_CHANNELS]
        return sorted({(channel, locale) for channel in channels for locale in locales})

    def kinds(self) -> set[str]:
        """What its channels are about."""
        return {self.about.get(channel, "audience") for channel, _ in self.cells()}


@dataclass(frozen=True, slots=True)
class Planned:
    """Counts of briefs. planned = reused + skipped + pending."""

    planned: int = 0
    reused: int = 0
    skipped: int = 0
    pending: int = 0
    to_judge: int = 0  # of the reused and the skipped ones: their copies were judged under other rules
    remarks: tuple[str, ...] = ()  # what the campaign asks for and is not there

    def __add__(self, other: Self) -> "Planned":
        return Planned(*(getattr(self, name) + getattr(other, name) for name in Planned.__dataclass_fields__))


Recipes = Mapping[tuple[str, str], str]
"""The digest of template and model for each (channel, locale); see generation.recipe."""

Judgements = Mapping[str, str]
"""The digest of the rules for each channel; see generation.judgement."""


_COUNTED = """
update runs r set plans = p.plans, planned = sums.planned, reused = sums.reused, skipped = sums.skipped
  from (select plans || jsonb_build_object(cast(:campaign as text), cast(:counts as jsonb)) as plans
          from runs where id = :run_id) p
 cross join lateral (select sum(planned) as planned, sum(reused) as reused, sum(skipped) as skipped
                       from jsonb_each(p.plans) each
                      cross join jsonb_to_record(each.value) as c(planned bigint, reused bigint, skipped bigint)) sums
 where r.id = :run_id
"""


def plan(
    database: Database, run_id: int, selection: Selection, recipes: Recipes, judgements: Judgements | None = None
) -> Planned:
    """Put the briefs that need writing into the table as pending, and count. Set-based, whatever the size.

    A brief whose content is the current one again is taken back with its copy, one whose product, segment, question,
    pair or reviews are no longer there is retired with it. Where copies stand that were judged under other rules than
    ``judgements``, their briefs are marked for this run to judge again. Planning a campaign again for the same run
    replaces its counts.

    Raises NothingToPlan.
    """
    with database.begin() as connection:
        counted = _plan(connection, run_id, selection, recipes, judgements)
        counts = {name: count for name, count in asdict(counted).items() if name != "remarks"}
        connection.execute(
            text(_COUNTED),
            {"run_id": run_id, "campaign": str(selection.campaign.id), "counts": json.dumps(counts)},
        )
    return counted


def preview(
    database: Database,
    selection: Selection,
    recipes: Recipes,
    samples: int = 3,
    judgements: Judgements | None = None,
) -> tuple[Planned, list[Brief], dict[tuple[str, str], int]]:
    """What ``plan`` would do, some briefs it would write, and ``pending_places``; the database stays as it was."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        try:
            # A number of its own choosing: a sequence doesn't roll back, and the first real run should be run 1.
            run_id = connection.exec_driver_sql(
                "insert into runs (id) overriding system value values (-1) returning id"
            ).scalar_one()
            counted = _plan(connection, run_id, selection, recipes, judgements)
            places = pending_places(connection, run_id)
            driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
            with driver.cursor(row_factory=dict_row) as cursor:
                cursor.execute(query("read_briefs") + " limit 400", {"run_id": run_id, "attempt": 0})
                rows = cursor.fetchall()
            briefs = list(as_briefs(iter(rows), read_surroundings(connection)))
        finally:
            transaction.rollback()
    seen: dict[tuple[str, str, str], Brief] = {}
    for brief in briefs:  # of different products and channels, where there are such
        seen.setdefault((brief.product.id, brief.channel, brief.locale), brief)
    step = max(1, len(seen) // samples)
    return counted, list(seen.values())[::step][:samples], places


def pending_places(connection: Connection, run_id: int) -> dict[tuple[str, str], int]:
    """How many briefs of each channel and locale a run has yet to write."""
    rows = connection.execute(
        text(
            "select channel, locale, count(*) as briefs from briefs"
            " where run_id = :run_id and status = 'pending' and superseded_at is null group by 1, 2"
        ),
        {"run_id": run_id},
    )
    return {(row.channel, row.locale): row.briefs for row in rows}


def _plan(
    connection: Connection, run_id: int, selection: Selection, recipes: Recipes, judgements: Judgements | None
) -> Planned:
    missing = _require_rows(connection, selection)
    campaign = selection.campaign
    chosen = selection.product_filter or campaign.product_filter
    promoted = campaign.promotion_filter
    channels = [
        {
            "channel": channel,
            "locale": locale,
            "recipe": recipes[channel, locale],
            "judgement": judgements[channel] if judgements else None,
            "about": selection.about.get(channel, "audience"),
        }
        for channel, locale in selection.cells()
    ]
    connection.execute(
        text(query("cells")),
        {
            "campaign_id": campaign.id,
            "campaign_digest": _digest(_words(campaign)),
            "campaign_grounds": _digest(_grounds(campaign)),
            "not_promoted": campaign.not_promoted,
            "promotion": campaign.promotion_id,
            "promoted_ids": promoted.get("ids") or None,
            "promoted_categories": promoted.get("categories") or None,
            "promoted_brands": promoted.get("brands") or None,
            "promoted_title": promoted.get("title_contains") or None,
            "ids": chosen.get("ids") or None,
            "categories": chosen.get("categories") or None,
            "brands": chosen.get("brands") or None,
            "title_contains": chosen.get("title_contains") or None,
            "segments": list(selection.segments or campaign.segments) or None,
            "channels": json.dumps(channels),
            "most": selection.limit,
            "floor": selection.floor,
            "retry_failed": selection.retry_failed,
            "life_cycle": campaign.life_cycle,
        },
    )
    row = connection.execute(
        text(query("plan")), {"campaign_id": campaign.id, "run_id": run_id, "floor": selection.floor}
    ).one()
    if row.planned == 0:
        raise NothingToPlan(_why_nothing(selection, json.dumps(dict(chosen), ensure_ascii=False)))
    connection.execute(text(query("retire_gone")), {"campaign_id": campaign.id, "life_cycle": campaign.life_cycle})
    supersede_others(connection, "select brief_id, false from cell where fate = 'reused'", {})
    offer_best(connection, "select brief_id, true from cell where fate = 'taken back'", {})
    to_judge = 0
    if judgements:
        values = {"run_id": run_id, "campaign_id": campaign.id, "floor": selection.floor}
        to_judge = connection.execute(text(query("judge_again")), values).rowcount
    return Planned(row.planned, row.reused, row.skipped, row.pending, to_judge, missing)


def _why_nothing(selection: Selection, shown: str) -> str:
    name, kinds = selection.campaign.name, selection.kinds()
    if not kinds:
        known = ", ".join(LIFE_CYCLE_CHANNELS)
        return f"campaign {name!r} is by stages of a customer's life, which are written for {known} only"
    if "audience" in kinds:
        return f"campaign {name!r} matches no product; its filter is {shown}"
    rows = " or ".join(_ROWS_NEEDED[kind] for kind in sorted(kinds))
    return (
        f"campaign {name!r} needs {rows} for products that it chooses, and there are none: load them with"
        f" `copydesk load FILE`; its filter is {shown}"
    )


def _words(campaign: CampaignSpec) -> list[Any]:
    """What of a campaign may change the words of its copy; in date or not, a promotion is the same."""
    words = [campaign.variants, campaign.brand_voice, campaign.offer_told, asdict(campaign.sampling)]
    if campaign.promotion:
        words += [campaign.promotion.id, campaign.promotion.terms]
    return [*words, "life cycle"] if campaign.life_cycle else words


def _grounds(campaign: CampaignSpec) -> list[Any]:
    """What of a campaign may change the verdict on given words."""
    promotion = asdict(campaign.promotion) if campaign.promotion else None
    return [promotion, campaign.market, list(campaign.banned_words), list(campaign.required_words)]


def _digest(told: list[Any]) -> str:
    return hashlib.md5(json.dumps(told, default=str).encode(), usedforsecurity=False).hexdigest()


def _require_rows(connection: Connection, selection: Selection) -> tuple[str, ...]:
    """Rows that every channel needs must be there; where only some do, the others are written.

    What a campaign names and is no longer there is remarked on, and costs the rest of it nothing; what a person has
    just asked for must be there.
    """
    kinds = selection.kinds()
    if kinds <= _OF_PRODUCTS and not connection.exec_driver_sql("select exists (select from catalogue)").scalar_one():
        raise NothingToPlan("the catalogue is empty: load products with `copydesk load FILE`")
    there = set(connection.exec_driver_sql("select id from audiences").scalars())
    if kinds <= _OF_SEGMENTS and not there:
        raise NothingToPlan("there are no segments: load some with `copydesk segments FILE`")
    asked = selection.segments or selection.campaign.segments
    missing = [name for name in asked if name not in there]
    remark = f"campaign {selection.campaign.name!r} asks for segments that are not there: {', '.join(missing[:5])}"
    if missing and kinds & _OF_SEGMENTS and (selection.segments or len(missing) == len(asked)):
        raise NothingToPlan(remark)
    for view in ("catalogue", "audiences"):  # they may be relations of the user's own, without our tables' keys
        bad = connection.exec_driver_sql(
            f"select id, count(*) from {view} group by id"
            f" having count(*) > 1 or coalesce(length(id), 0) not between 1 and {ID_CHARACTERS} limit 1"
        ).first()
        if bad is not None:
            why = "there more than once" if bad.id and bad[1] > 1 else f"not of 1 to {ID_CHARACTERS} characters"
            raise NothingToPlan(f"the relation behind {view} has an id that is {why}: {(bad.id or '')[:60]!r}")
    return (remark,) if missing and kinds & _OF_SEGMENTS else ()


def read_briefs(database: Database, run_id: int, attempt: int) -> Generator[Brief, None, None]:
    """The run's pending briefs that have had ``attempt`` attempts, streamed through a server-side cursor.

    On a connection of its own, so that saving goes on beside it; what is saved meanwhile doesn't change the stream.
    A product that left the catalogue since the plan yields a brief whose product has an empty title; a question,
    another product or reviews that left since are None.
    Raises DatabaseUnavailable.
    """
    with database.begin() as connection:
        surroundings = read_surroundings(connection)
        values = {"run_id": run_id, "attempt": attempt}
        with streamed(connection, query("read_briefs"), values, size=READ_ROWS) as batches:
            yield from as_briefs(chain.from_iterable(batches), surroundings)
