"""The commands for people's part of the work: ``copydesk review``, ``copydesk export`` and the page that serves it.

What is decided and exported is in ``review``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from flows.console import EXIT_FAILED, opened, screen, settings_or_stop, stop
from flows.parameters import Channel, Locale

if TYPE_CHECKING:
    from flows.settings import Settings
    from sql.copies import Filters
    from sql.database import Database

MOST_LINES = 20
FORMATS_HELP = "google_ads_editor, google_ads_editor_pmax, amazon, meta, merchant, klaviyo, braze, csv or jsonl."

review = typer.Typer(rich_markup_mode="markdown")

LARGEST = 2**63 - 1  # number of the database's
Reviewer = Annotated[str, typer.Option(help="Your name; it stands beside the decision.")]
CampaignName = Annotated[str | None, typer.Option(help="Campaign's name.")]
ChannelName = Annotated[Channel | None, typer.Option(help="Channel.")]
LocaleName = Annotated[Locale | None, typer.Option(help="Locale.")]
RunNumber = Annotated[int | None, typer.Option("--run", min=1, max=LARGEST, help="Run that wrote it.")]


def _filters(
    campaign: str | None,
    channel: Channel | None,
    locale: Locale | None,
    run: int | None,
    min_score: float | None = None,
) -> "Filters":
    from sql.copies import Filters

    channels = (channel.value,) if channel else None
    return Filters(
        campaign=campaign, channels=channels, locale=locale.value if locale else None, run=run, min_score=min_score
    )


@review.callback(invoke_without_command=True)
def list_waiting(context: typer.Context) -> None:
    """List what waits for review; approve or reject it in the terminal.

    Example: `copydesk review`, then `copydesk review approve 12 15 --reviewer Ann`
    """
    if context.invoked_subcommand is not None:
        return
    from sql.promotions import expire
    from sql.reviews import waiting

    with opened(settings_or_stop()) as database:
        expire(database)
        lines = waiting(database)
    if not lines:
        print("nothing waits for review")
        return
    table = Table("campaign", "channel", "locale", box=None, pad_edge=False, header_style="dim")
    table.add_column("waiting", justify="right")
    table.add_column("mean score", justify="right")
    for line in lines:
        score = "–" if line.mean_score is None else f"{line.mean_score:.0f}"
        table.add_row(escape(line.campaign), line.channel, line.locale, f"{line.copies:,}", score)
    screen.print(table)
    print(f"{sum(line.copies for line in lines)} copies wait; read them on the review page (`copydesk serve`)")


@review.command()
def approve(
    reviewer: Reviewer,
    ids: Annotated[
        list[int] | None, typer.Argument(min=1, max=LARGEST, help="Copies' numbers; else the filters say which.")
    ] = None,
    min_score: Annotated[float | None, typer.Option(min=0, max=100, help="Only from this score on.")] = None,
    campaign: CampaignName = None,
    channel: ChannelName = None,
    locale: LocaleName = None,
    run: RunNumber = None,
) -> None:
    """Approve waiting copies by number, or all that the filters let through.

    Example: `copydesk review approve --min-score 80 --campaign demo-en --reviewer Ann`
    """
    filtered = any(value is not None for value in (min_score, campaign, channel, locale, run))
    if bool(ids) == filtered:
        stop("say which copies: either their numbers, or a filter such as --min-score 80 --campaign NAME")
    from review.decisions import BadInput, approve_each, reviewer_name
    from sql.copies import list_copies
    from sql.promotions import expire
    from sql.reviews import Decision

    with opened(settings_or_stop()) as database:
        expire(database)
        try:
            name = reviewer_name(reviewer)
        except BadInput as exc:
            stop(exc)
        chosen = ids or list_copies(database, _filters(campaign, channel, locale, run, min_score))
        refused = approve_each(database, [Decision(number, "approve", name) for number in dict.fromkeys(chosen)])
        _say_refused(refused)
        print(f"approved: {len(set(chosen)) - len(refused)}, refused: {len(refused)}")
    if refused and ids:
        raise typer.Exit(EXIT_FAILED)


@review.command()
def reject(
    ids: Annotated[list[int], typer.Argument(min=1, max=LARGEST, help="Copies' numbers.")],
    reviewer: Reviewer,
    note: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Reject waiting copies.

    Example: `copydesk review reject 12 15 --reviewer Ann --note "says nothing about the material"`
    """
    from review.decisions import BadInput, note_text, reviewer_name
    from sql.reviews import Decision, decide_each

    with opened(settings_or_stop()) as database:
        try:
            name, why = reviewer_name(reviewer), note_text(note)
        except BadInput as exc:
            stop(exc)
        decisions = [Decision(number, "reject", name, note=why) for number in dict.fromkeys(ids)]
        refused = decide_each(database, decisions)
        _say_refused(refused)
        print(f"rejected: {len(decisions) - len(refused)}, refused: {len(refused)}")
    if refused:
        raise typer.Exit(EXIT_FAILED)


def _say_refused(lines: list[str]) -> None:
    for line in lines[:MOST_LINES]:
        screen.print(f"  refused: {escape(line)}", soft_wrap=True)
    if len(lines) > MOST_LINES:
        screen.print(f"  … and {len(lines) - MOST_LINES:,} more")


def export(
    format: Annotated[str, typer.Option(help=FORMATS_HELP)],
    out: Annotated[Path, typer.Option(help="The file to write.", dir_okay=False)],
    campaign: CampaignName = None,
    channel: ChannelName = None,
    locale: LocaleName = None,
    run: RunNumber = None,
    again: Annotated[bool, typer.Option("--again", help="Also what was exported before.")] = False,
    keep_status: Annotated[bool, typer.Option("--keep-status", help="Don't mark copies as exported.")] = False,
) -> None:
    """Write approved copy to a file that a platform imports, and mark it as exported. Ads are exported paused.

    Example: `copydesk export --format google_ads_editor --out ads.csv --campaign demo-en`
    """
    from review.exports import ExportError
    from review.exports import export as export_copies
    from review.provenance import provenance_file

    with opened(settings_or_stop()) as database:
        try:
            result = export_copies(
                database,
                format,
                out,
                _filters(campaign, channel, locale, run),
                again=again,
                keep_status=keep_status,
            )
        except ExportError as exc:
            stop(exc)
    _say_refused([f"copy {number}: {reason}" for number, reason in result.refused])
    if result.out_of_date:
        screen.print(f"  note: {result.out_of_date:,} approved copies are out of date; newer ones wait for review")
    if not result.copies:
        print(f"exported: 0 copies, {len(result.refused)} refused; {out} was not written")
        return
    print(
        f"exported: {result.copies} copies in {result.rows} rows to {out}, {len(result.refused)} refused, "
        f"{result.marked} marked as exported; where each comes from is in {provenance_file(out).name}"
    )


def review_page(settings: "Settings", database: "Database") -> Callable[[], None]:
    """What serves the review page until the process is told to stop, in whatever thread it is called.

    The port is taken at once: ends with one line when something else has it.
    """
    import socket

    import uvicorn

    from review.app import create_app

    host, port = settings.review_host, settings.review_port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as exc:
        stop(f"the review page can't listen on {host}:{port} ({exc.strerror}); set COPYDESK_REVIEW_PORT", EXIT_FAILED)
    config = uvicorn.Config(create_app(database, host), log_level="warning", access_log=False, server_header=False)

    def serve() -> None:
        with listening:
            uvicorn.Server(config).run(sockets=[listening])

    return serve


def run_review_page(settings: "Settings", database: "Database") -> None:
    """Serve the review page until the process is told to stop. Ends with one line when the port is taken."""
    review_page(settings, database)()
