"""A run's pending briefs on their way through the engine: read, rendered, written, judged and saved, all at once.

What the nightly flow does between its plan and its choice of the best copy; knows no Prefect.
"""

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import chain

from flows.budget import Budget
from flows.overlap import through
from flows.progress import Progress, tell
from generation.calibration import Calibrations
from generation.engine import Engine
from generation.prompts import PromptRenderer, render
from generation.records import Brief, Failure, Generation, Outcome
from generation.scoring import judge
from generation.sharing import write_once
from sql.database import Database
from sql.plan import read_briefs
from sql.runs import add_spent
from sql.store import save_outcomes

SAVE_SECONDS = 10.0  # finished copy never waits longer than this to be saved
SWITCH_SECONDS = 0.0005  # how long another thread may keep Python from the engine, which asks after every operation


class Retries:
    """Briefs to be written again, passed from who judges to who reads, so that the engine isn't drained in between."""

    def __init__(self) -> None:
        self._again: queue.SimpleQueue[Brief] = queue.SimpleQueue()
        self._asked = self._judged = 0  # each counted by one side alone
        self._closed = threading.Event()

    def after(self, briefs: Iterable[Brief]) -> Iterator[Brief | None]:
        """The briefs, and between them and after them what is put here while they are judged, until all have been.

        Briefs come in the order of their value, so one that is tried again is worth more than those still to come.
        None says that nothing is ready yet.
        """
        for brief in briefs:
            with suppress(queue.Empty):
                while True:
                    yield self._ask(self._again.get_nowait())
            yield self._ask(brief)
        while not self._closed.is_set():
            all_judged = self._judged == self._asked  # before the queue is looked at: then nothing more comes
            try:
                yield self._ask(self._again.get_nowait())
            except queue.Empty:
                if all_judged:
                    return
                yield None

    def _ask(self, brief: Brief) -> Brief:
        self._asked += 1
        return brief

    def judged(self, outcome: Outcome) -> None:
        """Take note of an outcome; a brief that is to be tried again is put back."""
        if outcome.to_try_again:
            self._again.put(replace(outcome.brief, attempt=1))
        self._judged += 1

    def close(self) -> None:
        """Nothing more will be judged."""
        self._closed.set()


def write_pending(
    database: Database,
    run_id: int,
    engine: Engine,
    renderer: PromptRenderer,
    *,
    budget: Budget,
    progress: Progress,
    save_every: int,
    calibrations: Calibrations | None = None,
    saved: Callable[[], None] = lambda: None,
) -> None:
    """Write the run's pending briefs, as far as the budget goes, saving as they finish; ``saved`` hears of each batch.

    A brief of which no draft passed the gates gets a second attempt with another seed, before those of less value.
    """
    retries = Retries()

    def save(outcomes: Iterator[Outcome]) -> None:
        for batch in batches(outcomes, save_every):
            save_outcomes(database, run_id, batch)
            add_spent(database, run_id, progress.spend(engine.seconds))
            saved()

    def judged(results: Iterable[Generation | Failure]) -> Iterator[Outcome]:
        return _outcomes(results, progress, retries, calibrations)

    write = partial(write_once, budget.within(engine.generate))
    with (
        # First what an earlier run left waiting for its second attempt.
        closing(read_briefs(database, run_id, 1)) as begun,
        closing(read_briefs(database, run_id, 0)) as unbegun,
        closing(retries),
        _quick_switches(),
    ):
        prompts = render(retries.after(chain(begun, unbegun)), renderer)
        through(engine, write, prompts, judged, save)


@contextmanager
def _quick_switches() -> Iterator[None]:
    """Python's own 5 ms, ten times a step, cost a twentieth of the throughput of an engine in this process."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _outcomes(
    results: Iterable[Generation | Failure], progress: Progress, retries: Retries, calibrations: Calibrations | None
) -> Iterator[Outcome]:
    """What the engine finished, judged."""
    for result in results:
        if isinstance(result, Failure):
            outcome = Outcome(result.brief, failure=result)
        else:
            outcome = judge(result, calibrations)
            if not result.repeated:
                progress.prompt_tokens += result.prompt_tokens
                progress.cached_prompt_tokens += result.cached_prompt_tokens
                progress.shareable_prompt_tokens += result.shareable_prompt_tokens
                progress.output_tokens += sum(draft.output_tokens for draft in result.drafts)
        progress.count(outcome)
        tell(progress)
        retries.judged(outcome)
        yield outcome


def batches(outcomes: Iterable[Outcome], size: int) -> Iterator[list[Outcome]]:
    """Batches of at most ``size``, or of what came within SAVE_SECONDS; a brief's two attempts never in one."""
    batch: list[Outcome] = []
    started = time.monotonic()
    for outcome in outcomes:
        if outcome.brief.attempt and any(outcome.brief.id == before.brief.id for before in batch):
            yield batch
            batch, started = [], time.monotonic()
        batch.append(outcome)
        if len(batch) >= size or time.monotonic() - started > SAVE_SECONDS:
            yield batch
            batch, started = [], time.monotonic()
    if batch:
        yield batch
