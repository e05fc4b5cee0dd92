"""The ``copydesk`` command. Parses, calls, prints; heavy imports wait until a command needs them."""

import atexit
import gc
import signal
import sys
from dataclasses import replace
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from flows.audit import audit
from flows.console import EXIT_FAILED, Json, opened, screen, settings_or_stop, stop, usage_errors
from flows.load_commands import load, segments
from flows.model_commands import evaluate, train
from flows.parameters import Channel, Locale, ProductFilter, RunParameters
from flows.review_commands import export, review
from flows.settings import Settings, SettingsError, prepare_prefect

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


def init() -> None:
    """Create or update copydesk's tables. Doing it again changes nothing.

    Example: `copydesk init`
    """
    from flows.planning import channel_limits
    from sql.database import migrate, point_catalogue
    from sql.limits import keep_limits

    settings = settings_or_stop()
    with opened(settings, migrated=False) as database:
        migrate(database)
        point_catalogue(database, products=settings.products_relation, segments=settings.segments_relation)
        keep_limits(database, channel_limits())
        screen.print(f"The tables are ready in {escape(database.name)}.")


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
    deadline: Annotated[str | None, typer.Option(help="Stop by then: 06:00, 90m, 2h, 2026-11-26T06:00.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Spend at most so many tokens.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and three prompts, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write the copy that is missing or out of date.

    Example: `copydesk run --campaign demo-en --channel email --limit 40`
    """
    settings = settings_or_stop()
    with usage_errors():
        parameters = RunParameters(
            campaign=campaign or "",
            products=ProductFilter(
                ids=product or [], categories=category or [], brands=brand or [], title_contains=title or ""
            ),
            segments=segment or [],
            channels=channel or [],
            locales=locale or [],
            limit=limit or 0,
            retry_failed=retry_failed,
            deadline=deadline or "",
            max_tokens=max_tokens or 0,
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

    with opened(settings) as database, usage_errors():
        rehearsal = dry_run(database, settings, parameters)
    planned = rehearsal.planned
    for remark in planned.remarks:
        screen.print(f"note: {escape(remark)}", soft_wrap=True)
    screen.print(
        f"Would plan {planned.planned:,} briefs: write {planned.pending:,}, reuse {planned.reused:,}, "
        f"skip {planned.skipped:,}; judge {planned.to_judge:,} again. Nothing was written."
    )
    screen.print(f"{rehearsal.foretold}\n", markup=False)
    for where, prompt in rehearsal.prompts:
        screen.rule(escape(where), align="left")
        screen.print(prompt, markup=False)
    if as_json:
        forecast = asdict(rehearsal.forecast) if rehearsal.forecast else None
        print(json.dumps({"status": "dry run", **asdict(planned), "forecast": forecast}))


def _run(settings: Settings, parameters: RunParameters, as_json: bool) -> None:
    from flows.terminal import progress_bar, quiet_libraries

    prepare_prefect(settings, quiet=True)
    quiet_libraries()
    from sql.runs import RunInProgress

    with opened(settings) as database:
        with usage_errors():  # what would stop the run is said before Prefect starts
            from flows.planning import require_cells, run_limits

            run_limits(settings, parameters)
            require_cells(database, settings, parameters)
        with screen.status("Starting Prefect …"):
            from flows.nightly import nightly_copy, one_line
        try:
            with progress_bar(screen), usage_errors():
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
    from sql.runs import KILLED, best_and_worst, ended_without_a_word, failure_reasons, run_summary

    summary = run_summary(database, run_id)
    if ended_without_a_word(database, summary):
        summary = replace(summary, status="crashed", error=f"{KILLED}; the next run goes on from there")
    best, _ = best_and_worst(database, run_id, samples)
    screen.print(report_for_terminal(summary, best, failure_reasons(database, run_id, 8)))
    if as_json:
        print(summary_line(summary))


def status(
    run_id: Annotated[int | None, typer.Argument(help="A run's number; else the newest.")] = None, as_json: Json = False
) -> None:
    """Show a run's figures and some of its copy.

    Example: `copydesk status 7 --json`
    """
    from sql.runs import latest_run

    with opened(settings_or_stop()) as database, usage_errors():
        _print_report(database, run_id if run_id is not None else latest_run(database), as_json)


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


def serve(
    page_only: Annotated[bool, typer.Option("--page-only", help="Only the review page, no nightly runs.")] = False,
) -> None:
    """Serve the review page and, where there is a Prefect server, the nightly deployment.

    With `prefect server start` running elsewhere, set PREFECT_API_URL to it first.

    Example: `PREFECT_API_URL=http://127.0.0.1:4200/api copydesk serve`
    """
    from flows.review_commands import review_page, run_review_page

    settings = settings_or_stop()
    with opened(settings) as database:
        screen.print(f"Review page: [bold]http://{settings.review_host}:{settings.review_port}[/]  (Ctrl-C ends it)")
        if page_only:
            run_review_page(settings, database)
            return
        prepare_prefect(settings, quiet=False)  # the runs' logs belong in Prefect's UI
        from flows.serve import has_prefect_server, nightly_deployment, serve_all

        if not has_prefect_server():
            screen.print("No nightly runs: PREFECT_API_URL names no Prefect server.")
            run_review_page(settings, database)
            return
        try:
            deployment = nightly_deployment(settings)
        except SettingsError as exc:
            stop(exc)
        screen.print(
            f"Nightly run: [bold]{settings.schedule}[/] ({settings.time_zone}), deployment nightly-copy/nightly"
        )
        serve_all(deployment, review_page(settings, database))


for _command in (demo, init, load, segments, run, status, export, train, evaluate, audit, serve):
    app.command()(_command)
app.add_typer(review, name="review")


def main() -> None:
    """The console script."""
    # Else a terminated `serve` would leave the embedded PostgreSQL behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    # torch and vLLM are a million objects that stay: not to be gone through while they load (a tenth of the start) nor,
    # several times, when Python ends (seconds).
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    app()


if __name__ == "__main__":
    main()
