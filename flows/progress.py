"""How far a run has got, told to whoever watches: the terminal's bar, Prefect's progress artifact."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from generation.records import Outcome
from sql.runs import Spent


@dataclass(slots=True)
class Progress:
    """Counts since generation began. ``total`` is the number of briefs to write; a retried brief counts once."""

    total: int
    done: int = 0
    failed: int = 0
    output_tokens: int = 0
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    shareable_prompt_tokens: int = 0
    note: str = "loading the model"
    foretold: str = ""  # the forecast in a line
    started: float = field(default_factory=time.monotonic)
    _saved: Spent = Spent()

    def begin(self, note: str) -> None:
        """The model is there: the clock starts now."""
        self.note, self.started = note, time.monotonic()

    def count(self, outcome: Outcome) -> None:
        """Take one outcome in. A brief that will be tried again is not done yet."""
        if not outcome.to_try_again:
            self.done, self.failed = self.done + 1, self.failed + (not outcome.passed)

    def spend(self, engine_seconds: float) -> Spent:
        """What was spent since this was last asked."""
        now = Spent(
            self.prompt_tokens,
            self.cached_prompt_tokens,
            self.output_tokens,
            engine_seconds,
            self.shareable_prompt_tokens,
        )
        before, self._saved = self._saved, now
        return now - before

    @property
    def tokens_per_second(self) -> float:
        """Output tokens per second since ``started``."""
        elapsed = time.monotonic() - self.started
        return self.output_tokens / elapsed if elapsed > 0 else 0.0

    @property
    def percent(self) -> float:
        """0–100."""
        return 100.0 * self.done / self.total if self.total else 100.0


Watcher = Callable[[Progress], None]

watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
"""Set by the command before it calls the flow; Prefect carries the context into tasks."""


def tell(progress: Progress) -> None:
    """Show the watcher, if there is one, where the run stands."""
    if (watch := watcher.get()) is not None:
        watch(progress)
