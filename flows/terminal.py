"""The terminal during a run: the progress bar, and libraries kept from talking over it."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from flows.progress import Progress, watcher


@contextmanager
def progress_bar(screen: Console) -> Iterator[None]:
    """Show the run's progress on ``screen``: briefs, output tokens a second, time left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=screen, refresh_per_second=4) as bar:
        task = bar.add_task("starting Prefect", total=None, speed="")

        foretold = ""

        def show(progress: Progress) -> None:
            nonlocal foretold
            if progress.foretold != foretold:
                foretold = progress.foretold
                bar.console.print(foretold, markup=False)
            failed = f", {progress.failed:,} failed" if progress.failed else ""
            bar.update(
                task,
                description=progress.note,
                total=progress.total,
                completed=progress.done,
                speed=f"{progress.tokens_per_second:,.0f} tokens/s{failed}" if progress.output_tokens else "",
            )

        token = watcher.set(show)
        try:
            yield
        finally:
            watcher.reset(token)


def quiet_libraries() -> None:
    """Keep the notices of vLLM, torch and others off the user's screen; errors still come as exceptions."""
    warnings.simplefilter("ignore")
    logging.getLogger("torch").setLevel(logging.ERROR)
    logging.getLogger("prefect").setLevel(logging.ERROR)
    # Pages of it when an engine dies. A filter: vLLM's own configuration, which comes later, sets the levels back.
    logging.getLogger("vllm.logging_utils.dump_input").addFilter(lambda record: False)
    for name, value in {
        "PYTHONWARNINGS": "ignore",
        "TQDM_DISABLE": "1",
        "TORCH_CPP_LOG_LEVEL": "ERROR",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }.items():
        os.environ.setdefault(name, value)
