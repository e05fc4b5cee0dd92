"""What every bench shares: a row of the table, its options, and sides that take turns.

Loads nothing heavy: a bench imports its engine and its database when it is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from rich.console import Console

say = Console(stderr=True, highlight=False).print


class Skipped(Exception):
    """The bench can't run here; the message says what to install or where it runs."""


class Wrong(Exception):
    """The rows themselves came out wrong, which no ratio makes up for."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a bench is run. ``shape`` names a model of another size, for a GPU; None: the shipped model."""

    quick: bool = False
    shape: str | None = None

    @property
    def repeats(self) -> int:
        """Rounds of a bench whose sides take less than minutes."""
        return 3 if self.quick else 5


@dataclass(frozen=True, slots=True)
class Row:
    """One ratio: ours ÷ theirs, both in ``unit``, against a goal that it should reach, or stay under."""

    bench: str
    what: str
    goal: float
    ours: float
    theirs: float
    unit: str
    repeats: int
    at_most: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours ÷ theirs."""
        return self.ours / self.theirs

    @property
    def reached(self) -> bool:
        """Whether the ratio is on the goal's good side."""
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


def interleaved(repeats: int, *sides: Callable[[], float]) -> list[float]:
    """The median of what each side returns. Sides take turns, every other round backwards, the first side first."""
    figures: list[list[float]] = [[] for _ in sides]
    for number in range(repeats):
        order = range(len(sides))
        for side in order if number % 2 == 0 else reversed(order):
            figures[side].append(sides[side]())
        say(f"  round {number + 1} of {repeats}: " + " | ".join(f"{taken[-1]:,.2f}" for taken in figures))
    return [median(taken) for taken in figures]
