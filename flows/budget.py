"""How far a run may go: its deadline, its budget of tokens, and when to stop feeding the engine so that both hold.

Knows no database and no Prefect. What the run leaves unwritten is skipped by ``sql.runs.skip_rest``.
"""

import re
import time as clocks
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from generation.records import Failure, Generation, Prompt
from generation.sharing import Item, Written

MEASURED = 100  # the newest finished briefs, the slowest of which says how long one stays in the engine
GUESSED = 8  # finished briefs that the guess weighs as much as: the first to finish are the short ones

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DURATION = re.compile(r"(?=[0-9])(?:([0-9]{1,4}) ?h)? ?(?:([0-9]{1,5}) ?m(?:in)?)?")


class BadDeadline(ValueError):
    """A deadline that can't be read or has passed; the message says how to write one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may end a run before its briefs do; None: nothing does."""

    started: datetime  # in the time zone that people read
    deadline: datetime | None = None
    max_tokens: int | None = None  # prompt tokens computed and output tokens

    @property
    def too_late(self) -> str:
        """Why a brief is skipped that the deadline came before."""
        return f"the deadline {self.deadline:%H:%M} came first"

    @property
    def too_dear(self) -> str:
        """Why a brief is skipped that the tokens don't reach to."""
        return f"the run's budget of {self.max_tokens:,} tokens was spent"


def limits_of(deadline: str, max_tokens: int, now: datetime) -> Limits:
    """The limits of a run that starts now, in the time zone of ``now``. Empty text and 0: none. Raises BadDeadline."""
    return Limits(now, read_deadline(deadline, now) if deadline else None, max_tokens or None)


def parse_deadline(text: str) -> time | timedelta | datetime:
    """What a deadline says: a time of day, a time from the start, or a moment. Raises BadDeadline."""
    words = " ".join(text.split())
    try:
        if of_day := _TIME.fullmatch(words):
            return time(int(of_day[1]), int(of_day[2]))
        if (from_start := _DURATION.fullmatch(words)) and (
            length := timedelta(hours=int(from_start[1] or 0), minutes=int(from_start[2] or 0))
        ):
            return length
        if ":" in words:  # a day alone would be its midnight, which nobody means
            return datetime.fromisoformat(words)
    except ValueError:
        pass
    raise BadDeadline(
        f"no deadline: {text[:40]!r}; write a time of day as 06:00, a time from the start as 90m or 2h, "
        "or a moment as 2026-11-26T06:00"
    )


def read_deadline(text: str, now: datetime) -> datetime:
    """The moment that a deadline names, in the time zone of ``now``; a time of day is the next such one.

    Raises BadDeadline, also for a moment that has passed.
    """
    named = parse_deadline(text)
    if isinstance(named, timedelta):
        return (now.astimezone(UTC) + named).astimezone(now.tzinfo)
    if isinstance(named, time):
        today = datetime.combine(now.date(), named, now.tzinfo)
        # Moments of one zone compare by the clock on the wall, which may go back in the night.
        passed = today.timestamp() <= now.timestamp()
        return datetime.combine(now.date() + timedelta(days=1), named, now.tzinfo) if passed else today
    moment = named.astimezone(now.tzinfo) if named.tzinfo else named.replace(tzinfo=now.tzinfo)
    if moment.timestamp() <= now.timestamp():
        raise BadDeadline(f"the deadline {moment:%Y-%m-%d %H:%M} has passed")
    return moment


class Budget:
    """Stands between the briefs and the engine, and feeds it no more once what is in flight fills the limits.

    Deadline: a brief is fed while the slowest of the last hundred that finished would still come in time. Tokens: a
    brief in flight is taken for the mean of those that finished; before there are any, for what was foretold, or else
    for the dearest that its campaign allows, which may leave a small budget half spent. What stopped stays stopped.
    """

    def __init__(
        self, limits: Limits, *, spent: int = 0, guess: float | None = None, clock: Callable[[], float] = clocks.time
    ) -> None:
        """``spent``: tokens, before now; ``guess``: tokens a brief, as foretold; ``clock``: seconds since 1970."""
        self.stopped: str | None = None  # why
        self._limits, self._clock, self._spent, self._guess = limits, clock, spent, guess
        self._in_flight: dict[tuple[int, int], float] = {}  # since when, by brief and attempt
        self._seconds: deque[float] = deque(maxlen=MEASURED)
        self._finished = self._cost = self._dearest = 0

    def within(self, generate: Callable[[Iterable[Item]], Written]) -> Callable[[Iterable[Item]], Written]:
        """``generate``, given no more prompts than the limits allow."""

        def limited(items: Iterable[Item]) -> Written:
            with closing(generate(self._feed(items))) as results:
                for result in results:
                    self._take(result)
                    yield result

        return limited

    def _feed(self, items: Iterable[Item]) -> Iterator[Item]:
        source = iter(items)
        while not self.stopped:
            try:
                item = next(source)
            except StopIteration:
                return
            if isinstance(item, Prompt):
                self.stopped = self._why_not(item)
                if self.stopped:
                    return
                self._in_flight[item.brief.id, item.brief.attempt] = self._clock()
            yield item

    def _why_not(self, prompt: Prompt) -> str | None:
        limits = self._limits
        stay = max(self._seconds, default=0.0)
        if limits.deadline is not None and self._clock() + stay >= limits.deadline.timestamp():
            return limits.too_late
        if limits.max_tokens is not None:
            campaign = prompt.brief.campaign
            self._dearest = max(self._dearest, len(prompt.token_ids) + campaign.variants * campaign.sampling.max_tokens)
            guess = self._dearest if self._guess is None else self._guess
            each = (self._cost + GUESSED * guess) / (self._finished + GUESSED)
            if self._spent + each * (len(self._in_flight) + 1) > limits.max_tokens:
                return limits.too_dear
        return None

    def _take(self, result: Generation | Failure) -> None:
        since = self._in_flight.pop((result.brief.id, result.brief.attempt), None)
        if since is None or isinstance(result, Failure):  # it only passed through, or the engine refused it
            return
        self._seconds.append(self._clock() - since)
        cost = result.prompt_tokens - result.cached_prompt_tokens + sum(d.output_tokens for d in result.drafts)
        self._spent, self._cost, self._finished = self._spent + cost, self._cost + cost, self._finished + 1
