"""`copydesk train` and `copydesk evaluate`: making the demo model, measuring any model, and scores against people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.console import EXIT_FAILED, Json, opened, screen, settings_or_stop, stop, usage_errors
from flows.settings import prepare_prefect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generation.calibration import Interval
    from generation.labels import Refused

REFUSED_SHOWN = 10  # reasons


def train(
    folder: Annotated[Path, typer.Argument(help="Where the model, its log and its card go.", file_okay=False)],
    minutes: Annotated[float, typer.Option(min=0.1, help="When to stop at the latest.")] = 90.0,
    epochs: Annotated[int, typer.Option(min=1, help="Of 12,000 new briefs each.")] = 12,
    briefs: Annotated[int, typer.Option(min=16, help="Briefs in an epoch.")] = 12_000,
    start_from: Annotated[Path | None, typer.Option(help="A model to go on from.", exists=True)] = None,
) -> None:
    """Train the demo model anew on made-up briefs, measure it and write its card.

    Example: `copydesk train /tmp/model --minutes 60`, then `COPYDESK_MODEL=/tmp/model copydesk run`
    """
    from flows.terminal import progress_bar, quiet_libraries

    settings = settings_or_stop()
    quiet_libraries()
    prepare_prefect(settings, quiet=True)
    from flows.train import train_demo_model
    from generation.training import Schedule

    with progress_bar(screen):
        train_demo_model(folder, Schedule(minutes=minutes, epochs=epochs, briefs=briefs), start_from)
    print((folder / "README.md").read_text("utf-8"))


def evaluate(
    briefs: Annotated[int, typer.Option(min=1, help="How many made-up briefs to answer.")] = 500,
    labels: Annotated[
        Path | None, typer.Option(help="Copies that people rated, CSV or JSON lines.", exists=True, dir_okay=False)
    ] = None,
    threshold: Annotated[float, typer.Option(help="With --labels: the rating from which on a copy is good.")] = 4.0,
    chart: Annotated[Path, typer.Option(help="With --labels: where the calibration curve goes.")] = Path(
        "calibration.png"
    ),
    keep: Annotated[bool, typer.Option(help="With --labels: show scores as calibrated from now on.")] = True,
    forget: Annotated[bool, typer.Option("--forget", help="Show scores uncalibrated again.")] = False,
    as_json: Json = False,
) -> None:
    """Measure COPYDESK_MODEL on made-up briefs, or the scores on copies that people rated.

    Without --labels: drafts that pass the gates, name the product, invent a number. With them: how far the scores agree
    with people (Spearman, AUC, calibration curve), and a calibration that later runs show their scores under.

    Example: `copydesk evaluate --briefs 200`, `copydesk evaluate --labels rated.csv --threshold 4`
    """
    if forget:
        _forget_calibrations()
    elif labels is not None:
        _evaluate_labels(labels, threshold, chart, keep, as_json)
    else:
        _evaluate_model(briefs, as_json)


def _evaluate_model(briefs: int, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from flows.terminal import quiet_libraries

    settings = settings_or_stop()
    quiet_libraries()
    from generation.engine import Engine
    from generation.evaluation import evaluate as measure

    with usage_errors(), Engine(settings.engine_options) as engine:
        found = measure(engine, briefs)
    screen.print(
        f"{found.drafts} drafts: {found.passed:.1%} pass every gate, {found.named:.1%} name the product or its brand, "
        f"{found.invented:.1%} state a number that is not in the brief; {found.tokens_per_second:,.0f} tokens/s"
    )
    for gate, count in found.by_gate.items():
        screen.print(f"  rejected by {gate}: {count}")
    if as_json:
        print(json.dumps(asdict(found)))


def _forget_calibrations() -> None:
    from sql.calibrations import forget_calibrations
    from sql.runs import RunInProgress, one_run_at_a_time

    with opened(settings_or_stop()) as database:
        try:
            with one_run_at_a_time(database):
                changed = forget_calibrations(database)
        except RunInProgress as exc:
            stop(exc, EXIT_FAILED)
    screen.print(f"No calibration is in force; {changed:,} stored scores are shown as they were.")


def _evaluate_labels(path: Path, threshold: float, chart: Path, keep: bool, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    from flows.ratings import compare, scored_labels
    from generation.calibration import ADVISED
    from generation.labels import BadLabels, read_labels
    from sql.runs import RunInProgress

    try:
        rows = read_labels(path)
    except (BadLabels, OSError) as exc:
        stop(exc)
    with opened(settings_or_stop()) as database:
        by_locale, refused = scored_labels(database, rows)
        for line in _refusals(refused):
            screen.print(f"  {line}", markup=False)
        if not by_locale:
            stop(f"{path.name} holds no rating of a copy that has a score")
        try:
            reports = compare(database, by_locale, threshold, chart, keep)
        except RunInProgress as exc:
            stop(exc, EXIT_FAILED)
        except OSError as exc:
            stop(f"the chart can't be written: {exc}")
    for report in reports:
        found = report.agreement
        screen.print(
            f"{report.locale}: {found.labels:,} ratings, {found.good:,} of them {threshold:g} or better. "
            f"Spearman {_figure(found.spearman)}, AUC {_figure(found.auc)}. Curve: {report.chart}",
            markup=False,
        )
        if report.calibration is None:
            screen.print(f"  no calibration is made of them: {report.without}", markup=False)
        elif keep:
            screen.print(f"  the calibration is in force; {report.shown_anew:,} stored scores are shown anew")
        if found.labels < ADVISED:
            screen.print(f"  fewer than {ADVISED} ratings: take the figures for a first impression")
    if as_json:
        told = [{**asdict(report), "chart": str(report.chart)} for report in reports]
        print(json.dumps({"refused": [asdict(row) for row in refused], "locales": told}))


def _refusals(refused: "Sequence[Refused]") -> list[str]:
    """The rows that can't be used, those of one reason together."""
    by_reason: dict[str, list[int]] = {}
    for row in refused:
        by_reason.setdefault(row.reason, []).append(row.line)
    told = [
        f"line {lines[0]}: {reason}" if len(lines) == 1 else f"{len(lines):,} rows, from line {lines[0]} on: {reason}"
        for reason, lines in by_reason.items()
    ]
    if len(told) > REFUSED_SHOWN:
        told[REFUSED_SHOWN:] = [f"and rows that can't be used for {len(told) - REFUSED_SHOWN:,} more reasons"]
    return told


def _figure(interval: "Interval | None") -> str:
    if interval is None:
        return "– (all the same)"
    return f"{interval.value:.2f} (95 %: {interval.low:.2f} to {interval.high:.2f})"
