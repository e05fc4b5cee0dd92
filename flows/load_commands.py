"""`copydesk load` and `copydesk segments`: rows from files into the database."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.markup import escape

from flows.console import opened, screen, settings_or_stop, stop
from flows.parameters import Locale
from flows.settings import Settings

if TYPE_CHECKING:
    from sql.catalogue import Upserted

SHOWN = 20  # lines of a kind that a load prints
_Spec = TypeVar("_Spec")


def load(
    file: Annotated[
        Path,
        typer.Argument(
            help="Products, campaigns, promotions, claim evidence, customers' questions or reviews, pairs to compare.",
            exists=True,
            dir_okay=False,
        ),
    ],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Where a field stands; may be repeated.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="merchant, shopify, json or csv; else seen from the file.")] = None,
    currency: Annotated[str | None, typer.Option(help="For prices that name no currency, as USD.")] = None,
) -> None:
    """Load products by id from a Merchant Center feed, a Shopify CSV, JSON or plain CSV; or campaigns from YAML.

    Other lists, YAML or CSV, are told by their columns: promotions (id, terms, …), claim evidence (id, statement,
    source, …), customers' questions (product, question), pairs to compare (product, other), customers' reviews
    (product, text, written, rating). Who asked or wrote is never kept.

    Example: `copydesk load products.csv --map title=name --map attributes.Material=mat --currency USD`
    """
    from generation.reading.personal import in_id, locale_of, masked, without_personal
    from generation.records import Product
    from sql.catalogue import products_loaded_on, upsert_products
    from sql.feeds import FeedError, RefusedRow, Remark, read_products
    from sql.feeds.lists import YAML, list_kind

    settings = settings_or_stop()
    try:
        listed = list_kind(file) if not (mapping or format) else None
    except FeedError as exc:
        stop(exc)
    if listed or file.suffix.lower() in YAML:
        if mapping or format or currency:
            stop(f"--map, --format and --currency are for products; {listed or 'campaigns in YAML'} take none of them")
        if listed:
            _load_list(settings, file, listed)
        else:
            _load_campaigns(settings, file)
        return
    pairs = {}
    for pair in mapping or []:
        field, separator, column = pair.partition("=")
        if not separator:
            stop(f"--map {pair}: write it as FIELD=COLUMN, as in --map title=name")
        pairs[field.strip()] = column.strip()
    refused: list[tuple[int, str]] = []
    remarks: list[tuple[int, str]] = []
    private: list[str] = []
    refused_ids: list[tuple[str, str]] = []
    refused_rows: set[str] = set()  # their ids, where they have one

    def products() -> Iterator[Product]:
        for row in read_products(file, mapping=pairs, format=format, default_currency=currency):
            if isinstance(row, RefusedRow):
                refused.append((row.line, row.reason))
                refused_rows.update(filter(None, [row.id]))
            elif isinstance(row, Remark):
                remarks.append((row.line, row.reason))
            elif kind := in_id(row.id):
                refused_ids.append((masked(row.id, locale_of(row.id)), f"its id holds somebody's {kind}"))
            else:
                kept, taken = without_personal(row, locale_of(f"{row.title} {row.description or ''}"))
                if taken:
                    private.append(f"{row.id}: {', '.join(taken)}")
                if kept.title:
                    yield kept
                else:
                    refused_rows.add(row.id)
                    refused_ids.append((row.id, "its title holds personal data and nothing else"))

    with opened(settings) as database:
        try:
            result = upsert_products(database, products())
        except FeedError as exc:
            stop(exc)
        refused_rows.update(product_id for product_id, _ in result.refused)
        stored = products_loaded_on(database, refused_rows) if refused_rows else {}
    _print_lines("note", remarks)
    _print_lines("refused", refused)
    for told in private[:SHOWN]:
        screen.print(f"  personal data taken out of {escape(told)}", soft_wrap=True)
    if len(private) > SHOWN:
        screen.print(f"  … and of {len(private) - SHOWN:,} more")
    for product_id, reason in (*refused_ids, *result.refused):
        screen.print(f"  refused: {escape(product_id)}: {escape(reason)}")
    if stored:
        days = [f"{escape(number)} ({day.astimezone(settings.zone):%Y-%m-%d})" for number, day in stored.items()]
        more = f" and {len(days) - SHOWN:,} more" if len(days) > SHOWN else ""
        screen.print(
            f"  {len(days):,} of the refused are stored already and kept as loaded on: {', '.join(days[:SHOWN])}{more}",
            soft_wrap=True,
        )
    _print_tally("products", result, len(refused) + len(refused_ids))


def _print_lines(what: str, lines: list[tuple[int, str]]) -> None:
    from generation.reading.personal import locale_of, masked

    for line, reason in lines[:SHOWN]:
        screen.print(f"  {what}: line {line}: {escape(masked(reason, locale_of(reason)))}", soft_wrap=True)
    if len(lines) > SHOWN:
        screen.print(f"  … and {len(lines) - SHOWN:,} more")


def _print_tally(what: str, result: "Upserted", refused: int) -> None:
    """The last line of a load; ``refused`` are the rows that never came to the database."""
    refused += len(result.refused)
    print(f"{what}: {result.new} new, {result.changed} changed, {result.unchanged} unchanged, {refused} refused")


def _load_list(settings: Settings, file: Path, kind: str) -> None:
    """Any list but products and campaigns."""
    from flows.customer_words import Screen
    from sql.customers import upsert_comparisons, upsert_questions, upsert_reviews
    from sql.evidence import upsert_evidence
    from sql.feeds import FeedError, RefusedRow
    from sql.feeds.customers import read_comparisons, read_questions, read_reviews
    from sql.feeds.evidence import read_evidence
    from sql.feeds.promotions import read_promotions
    from sql.promotions import upsert_promotions

    refused: list[tuple[int, str]] = []
    screened = Screen()

    def kept(rows: Iterator[_Spec | RefusedRow]) -> Iterator[_Spec]:
        for row in rows:
            if isinstance(row, RefusedRow):
                refused.append((row.line, f"{row.id}: {row.reason}" if row.id else row.reason))
            else:
                yield row

    with opened(settings) as database:
        try:
            if kind == "promotions":
                result = upsert_promotions(database, kept(read_promotions(file)))
            elif kind == "questions":
                result = upsert_questions(database, kept(read_questions(file, screened.keep)))
            elif kind == "comparisons":
                result = upsert_comparisons(database, kept(read_comparisons(file)))
            elif kind == "customer reviews":
                result = upsert_reviews(database, kept(read_reviews(file, screened.keep)))
            else:
                result = upsert_evidence(database, kept(read_evidence(file)))
        except FeedError as exc:
            stop(exc)
    _print_lines("refused", refused)
    for told in screened.shown:
        screen.print(f"  {escape(told)}", soft_wrap=True)
    if screened.more:
        screen.print(f"  … and {screened.more:,} more")
    for number, reason in result.refused:
        screen.print(f"  refused: {escape(number)}: {escape(reason)}", soft_wrap=True)
    _print_tally(kind, result, len(refused))


def _load_campaigns(settings: Settings, file: Path) -> None:
    from flows.campaigns import read_campaigns
    from sql.catalogue import CampaignError, upsert_campaign

    with opened(settings) as database:
        try:
            campaigns = read_campaigns(file)
            for campaign in campaigns:
                upsert_campaign(database, campaign)
        except CampaignError as exc:
            stop(exc)
    for campaign in campaigns:
        if campaign.offer and not campaign.promotion_id:
            screen.print(
                f"  note: {escape(campaign.name)}: no promotion stands behind its offer, so no copy tells of it; load"
                " one with its dates (`copydesk load promotions.yaml`) and name it here: `promotion: ID`",
                soft_wrap=True,
            )
    print(f"campaigns: {len(campaigns)} loaded: {', '.join(campaign.name for campaign in campaigns)}")


def segments(
    file: Annotated[Path, typer.Argument(help="Segments as rows, or purchases.", exists=True, dir_okay=False)],
    products: Annotated[Path | None, typer.Option(help="Products with categories, joined to the purchases.")] = None,
    customer: Annotated[str | None, typer.Option(help="Purchases: the customer's column.")] = None,
    date: Annotated[str | None, typer.Option(help="Purchases: the date's column.")] = None,
    amount: Annotated[str | None, typer.Option(help="Purchases: the amount's column.")] = None,
    category: Annotated[str | None, typer.Option(help="Purchases or products: the category's column.")] = None,
    purchases: Annotated[bool, typer.Option("--purchases", help="The file holds purchases, not segments.")] = False,
    locale: Annotated[Locale, typer.Option(help="Language of computed segments' words.")] = Locale.EN_US,
) -> None:
    """Load segments given as rows, or compute them from purchases (recency, frequency, spend, favourites).

    Computed segments hold no person: only groups of at least COPYDESK_SEGMENT_FLOOR people leave the computation.

    Example: `copydesk segments transactions.csv --purchases --products products.csv`
    """
    from generation.reading.personal import in_segment, locale_of, masked
    from generation.records import Segment
    from sql.catalogue import other_segments, upsert_segments
    from sql.feeds import FeedError, RefusedRow, Remark, read_segments
    from sql.transactions import COMPUTED, segments_from_files

    settings = settings_or_stop()
    columns = {"customer": customer, "date": date, "amount": amount, "category": category}
    asked = {name: column for name, column in columns.items() if column}
    refused: list[tuple[int, str]] = []
    remarks: list[tuple[int, str]] = []
    private: list[tuple[str, str]] = []
    of_old: dict[str, int] = {}  # computed another time, and not now
    with opened(settings) as database:
        try:
            if purchases or products or asked:
                computed = segments_from_files(
                    file,
                    products,
                    columns=asked,
                    floor=settings.segment_floor,
                    locale=locale.value,
                    epsilon=settings.dp_epsilon,
                )
                for note in computed.notes:
                    screen.print(f"  note: {escape(note)}", soft_wrap=True)
                found: list[Segment] = list(computed.segments)
                of_old = other_segments(database, COMPUTED, [segment.id for segment in found])
            else:
                found = []
                for row in read_segments(file):
                    if isinstance(row, RefusedRow):
                        refused.append((row.line, row.reason))
                    elif isinstance(row, Remark):
                        remarks.append((row.line, row.reason))
                    elif kind := in_segment(row):
                        private.append(
                            (
                                masked(row.id, locale_of(row.id)),
                                f"its words hold somebody's {kind}; a segment is no person",
                            )
                        )
                    else:
                        found.append(row)
            result = upsert_segments(database, found)
        except FeedError as exc:
            stop(exc)
    _print_lines("note", remarks)
    _print_lines("refused", refused)
    for segment_id, reason in (*private, *result.refused):
        screen.print(f"  refused: {escape(segment_id)}: {escape(reason)}")
    if of_old:
        told = ", ".join(f"{escape(segment_id)} ({size:,})" for segment_id, size in of_old.items())
        screen.print(
            f"  note: computed earlier and no group now, their rows stay with their former sizes: {told}; delete them"
            " from the table segments where they are out of date",
            soft_wrap=True,
        )
    if small := [segment for segment in found if segment.size < settings.segment_floor]:
        screen.print(f"  note: {len(small)} below the floor of {settings.segment_floor} people get no copy")
    _print_tally("segments", result, len(refused) + len(private))
