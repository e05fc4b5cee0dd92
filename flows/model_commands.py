"""`copydesk train` and `copydesk evaluate`: making the demo model, measuring any model."""

from pathlib import Path
from typing import Annotated

import typer

from flows.console import Json, screen, settings_or_stop, usage_errors
from flows.settings import prepare_prefect


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
    as_json: Json = False,
) -> None:
    """Measure COPYDESK_MODEL on made-up briefs: drafts that pass the gates, name the product, invent a number.

    Example: `copydesk evaluate --briefs 200`
    """
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
