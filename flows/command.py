"""The ``copydesk`` command. Parses, calls, prints; heavy imports wait until a command needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from flows.console import EXIT_FAILED, opened, screen, settings_or_stop, stop
from flows.parameters import Channel, Locale, ProductFilter, RunParameters
from flows.settings import Settings, prepare_prefect

if TYPE_CHECKING:
    from sql.database import Database

app = typer.Typer(
    name="copydesk",
    help="Writes, checks and scores marketing copy from product and segment rows, every night.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON on standard output.")]


@app.command()
def init() -> None:
    """Create or update copydesk's tables. Doing it again changes nothing.

    Example: `copydesk init`
    """
    from sql.database import migrate, point_catalogue

    settings = settings_or_stop()
    with opened(settings, migrated=False) as database:
        migrate(database)
        point_catalogue(database, products=settings.products_relation, segments=settings.segments_relation)
        screen.print(f"The tables are ready in {escape(database.name)}.")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="A product feed, or campaigns as YAML.", exists=True, dir_okay=False)],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Where a field stands; may be repeated.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="merchant, shopify, json or csv; else seen from the file.")] = None,
    currency: Annotated[str | None, typer.Option(help="For prices that name no currency, as USD.")] = None,
) -> None:
    """Load products by id from a Merchant Center feed, a Shopify CSV, JSON or plain CSV; or campaigns from YAML.

    Example: `copydesk load products.csv --map title=name --map attributes.Material=mat --currency USD`
    """
    from generation.records import Product
    from sql.catalogue import upsert_products
    from sql.feeds import FeedError, RefusedRow, Remark, read_products

    settings = settings_or_stop()
    if file.suffix.lower() in {".yaml", ".yml"}:
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

    def products() -> Iterator[Product]:
        for row in read_products(file, mapping=pairs, format=format, default_currency=currency):
            if isinstance(row, RefusedRow):
                refused.append((row.line, row.reason))
            elif isinstance(row, Remark):
                remarks.append((row.line, row.reason))
            else:
                yield row

    with opened(settings) as database:
        try:
            result = upsert_products(database, products())
        except FeedError as exc:
            stop(exc)
    _print_lines("note", remarks)
    _print_lines("refused", refused)
    for product_id, reason in result.refused:
        screen.print(f"  refused: {escape(product_id)}: {escape(reason)}")
    total_refused = len(refused) + len(result.refused)
    print(
        f"products: {result.new} new, {result.changed} changed, {result.unchanged} unchanged, {total_refused} refused"
    )


def _print_lines(what: str, lines: list[tuple[int, str]], most: int = 20) -> None:
    for line, reason in lines[:most]:
        screen.print(f"  {what}: line {line}: {escape(reason)}", soft_wrap=True)
    if len(lines) > most:
        screen.print(f"  … and {len(lines) - most:,} more")


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
    print(f"campaigns: {len(campaigns)} loaded: {', '.join(campaign.name for campaign in campaigns)}")


@app.command()
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
    from generation.records import Segment
    from sql.catalogue import upsert_segments
    from sql.feeds import FeedError, RefusedRow, read_segments
    from sql.transactions import segments_from_files

    settings = settings_or_stop()
    columns = {"customer": customer, "date": date, "amount": amount, "category": category}
    asked = {name: column for name, column in columns.items() if column}
    refused: list[tuple[int, str]] = []
    with opened(settings) as database:
        try:
            if purchases or products or asked:
                computed = segments_from_files(
                    file, products, columns=asked, floor=settings.segment_floor, locale=locale.value
                )
                for note in computed.notes:
                    screen.print(f"  note: {escape(note)}", soft_wrap=True)
                found: list[Segment] = list(computed.segments)
            else:
                found = []
                for row in read_segments(file):
                    if isinstance(row, RefusedRow):
                        refused.append((row.line, row.reason))
                    else:
                        found.append(row)
            result = upsert_segments(database, found)
        except FeedError as exc:
            stop(exc)
    _print_lines("refused", refused)
    for segment_id, reason in result.refused:
        screen.print(f"  refused: {escape(segment_id)}: {escape(reason)}")
    if small := [segment for segment in found if segment.size < settings.segment_floor]:
        screen.print(f"  note: {len(small)} below the floor of {settings.segment_floor} people get no copy")
    total_refused = len(refused) + len(result.refused)
    print(
        f"segments: {result.new} new, {result.changed} changed, {result.unchanged} unchanged, {total_refused} refused"
    )


@app.command()
def run(
    campaign: Annotated[str | None, typer.Option(help="Campaign's name; else every campaign.")] = None,
    product: Annotated[list[str] | None, typer.Option(help="Product id; may be repeated.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="Product category; may be repeated.")] = None,
    brand: Annotated[list[str] | None, typer.Option(help="Product brand; may be repeated.")] = None,
    title: Annotated[str | None, typer.Option(help="Words that the product's title holds.")] = None,
    segment: Annotated[list[str] | None, typer.Option(help="Segment id; may be repeated.")] = None,
    channel: Annotated[list[Channel] | None, typer.Option(help="Channel; may be repeated.")] = None,
    locale: Annotated[list[Locale] | None, typer.Option(help="Locale; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many briefs a campaign.")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try earlier failures again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and three prompts, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write the copy that is missing or out of date.

    Example: `copydesk run --campaign demo-en --channel email --limit 40`
    """
    settings = settings_or_stop()
    parameters = RunParameters(
        campaign=campaign,
        products=ProductFilter(ids=product or [], categories=category or [], brands=brand or [], title_contains=title),
        segments=segment or [],
        channels=channel or [],
        locales=locale or [],
        limit=limit,
        retry_failed=retry_failed,
        dry_run=dry_run,
    )
    if dry_run:
        _show_dry_run(settings, parameters, as_json)
    else:
        _run(settings, parameters, as_json)


def _show_dry_run(settings: Settings, parameters: RunParameters, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from flows.planning import dry_run

    with opened(settings) as database, _usage_errors():
        rehearsal = dry_run(database, settings, parameters)
    planned = rehearsal.planned
    screen.print(
        f"Would plan {planned.planned:,} briefs: write {planned.pending:,}, reuse {planned.reused:,}, "
        f"skip {planned.skipped:,}. Nothing was written.\n"
    )
    for where, prompt in rehearsal.prompts:
        screen.rule(escape(where), align="left")
        screen.print(prompt, markup=False)
    if as_json:
        print(json.dumps({"status": "dry run", **asdict(planned)}))


@contextmanager
def _usage_errors() -> Iterator[None]:
    """What a user can mend ends with status 2 and one line."""
    from generation.channels import UnknownChannel
    from generation.engine import EngineError
    from generation.prompts import PromptError
    from sql.catalogue import UnknownCampaign
    from sql.plan import NothingToPlan
    from sql.runs import UnknownRun

    try:
        yield
    except (UnknownChannel, EngineError, PromptError, UnknownCampaign, NothingToPlan, UnknownRun) as exc:
        stop(exc)


def _run(settings: Settings, parameters: RunParameters, as_json: bool) -> None:
    from flows.terminal import progress_bar, quiet_libraries

    prepare_prefect(settings, quiet=True)
    quiet_libraries()
    from sql.runs import RunInProgress

    with opened(settings) as database:
        with _usage_errors():  # what would stop the run is said before Prefect starts
            from flows.planning import all_selections

            list(all_selections(database, settings, parameters))
        with screen.status("Starting Prefect …"):
            from flows.nightly import nightly_copy, one_line
        try:
            with progress_bar(screen), _usage_errors():
                summary = nightly_copy(parameters)
        except RunInProgress as exc:
            stop(exc, EXIT_FAILED)
        except KeyboardInterrupt:
            stop("stopped; what was finished is saved, and the next run goes on from there", 130)
        except typer.Exit:
            raise
        except Exception as exc:
            stop(f"the run failed: {one_line(exc)}", EXIT_FAILED)
        _print_report(database, summary["run_id"], as_json)


def _print_report(database: "Database", run_id: int, as_json: bool, samples: int = 3) -> None:
    from flows.report import report_for_terminal, summary_line
    from sql.runs import best_and_worst, failure_reasons, run_summary

    summary = run_summary(database, run_id)
    best, _ = best_and_worst(database, run_id, samples)
    screen.print(report_for_terminal(summary, best, failure_reasons(database, run_id, 8)))
    if as_json:
        print(summary_line(summary))


@app.command()
def status(
    run_id: Annotated[int | None, typer.Argument(help="A run's number; else the newest.")] = None, as_json: Json = False
) -> None:
    """Show a run's figures and some of its copy.

    Example: `copydesk status 7 --json`
    """
    from sql.runs import latest_run

    with opened(settings_or_stop()) as database, _usage_errors():
        _print_report(database, run_id if run_id is not None else latest_run(database), as_json)


@app.command()
def demo(as_json: Json = False) -> None:
    """Run the whole job on the sample catalogue: embedded PostgreSQL, Prefect, vLLM and the shipped model.

    Example: `copydesk demo`
    """
    from flows.campaigns import read_campaigns
    from generation.records import Product, Segment
    from sql.catalogue import upsert_campaign, upsert_products, upsert_segments
    from sql.database import migrate
    from sql.feeds import read_products, read_segments

    settings = settings_or_stop()
    with as_file(files("sql") / "samples") as samples, opened(settings, migrated=False) as database:
        screen.print(f"Database: {escape(database.name)}")
        migrate(database)
        products = [row for row in read_products(samples / "catalogue.csv") if isinstance(row, Product)]
        audiences = [row for row in read_segments(samples / "segments.csv") if isinstance(row, Segment)]
        upsert_products(database, products)
        upsert_segments(database, audiences)
        for campaign in read_campaigns(samples / "campaigns.yaml"):
            upsert_campaign(database, campaign)
        screen.print(f"Loaded {len(products)} products and {len(audiences)} segments. Writing copy …")
        _run(settings, RunParameters(), as_json)
    screen.print(
        "\nLook next:\n  [bold]copydesk status[/]   this run again\n"
        "  [bold]copydesk serve[/]    the review page: read, approve, edit, reject\n"
        "  [bold]copydesk run --dry-run[/]   the prompts; `copydesk --help` the rest\n"
        "  (the command is .venv/bin/copydesk)"
    )


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
