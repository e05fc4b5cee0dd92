"""A run's limits: which moment a deadline names, and when the engine is fed no more. The clock is injected."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from flows.budget import BadDeadline, Budget, Limits, limits_of, read_deadline
from flows.parameters import RunParameters
from generation.records import Brief, Campaign, Draft, Failure, Generation, Product, Prompt, Sampling, Segment
from generation.sharing import Item, Written

NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 11, 25, 23, 30, tzinfo=NEW_YORK)


# Which moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("06:00", "2026-11-26T06:00-05:00"),
        ("6:00", "2026-11-26T06:00-05:00"),
        ("23:45", "2026-11-25T23:45-05:00"),
        ("23:30", "2026-11-26T23:30-05:00"),  # this very minute has come
        ("23:29", "2026-11-26T23:29-05:00"),
        ("00:00", "2026-11-26T00:00-05:00"),
        ("90m", "2026-11-26T01:00-05:00"),
        ("90 min", "2026-11-26T01:00-05:00"),
        ("2h", "2026-11-26T01:30-05:00"),
        ("1h30m", "2026-11-26T01:00-05:00"),
        (" 1h 30m ", "2026-11-26T01:00-05:00"),
        ("2026-11-27T06:00", "2026-11-27T06:00-05:00"),
        ("2026-11-27 06:00:30", "2026-11-27T06:00:30-05:00"),
        ("2026-11-26T06:00Z", "2026-11-26T01:00-05:00"),
        ("2026-11-26T06:00+08:00", None),  # 17:00 in New York, which has passed
    ],
)
def test_a_deadline_is_the_next_such_moment_where_the_people_are(text: str, moment: str | None) -> None:
    if moment is None:
        with pytest.raises(BadDeadline, match="the deadline 2026-11-25 17:00 has passed"):
            read_deadline(text, NIGHT)
        return
    deadline = read_deadline(text, NIGHT)
    assert deadline == datetime.fromisoformat(moment)
    assert deadline.tzinfo is NEW_YORK


def test_the_same_words_are_another_moment_in_another_time_zone() -> None:
    now = NIGHT.astimezone(SHANGHAI)  # half past twelve
    assert read_deadline("06:00", now) - now == timedelta(hours=17, minutes=30)
    assert read_deadline("06:00", now).timestamp() - read_deadline("06:00", NIGHT).timestamp() == 11 * 3600


@pytest.mark.parametrize(("night", "hours"), [((2026, 3, 8), 4.5), ((2026, 11, 1), 6.5), ((2026, 11, 2), 5.5)])
def test_a_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer(
    night: tuple[int, int, int], hours: float
) -> None:
    now = datetime(*night, 0, 30, tzinfo=NEW_YORK)
    assert read_deadline("06:00", now).timestamp() - now.timestamp() == hours * 3600
    assert read_deadline("4h", now).timestamp() - now.timestamp() == 4 * 3600


BAD = ["25:00", "06:60", "6", "6am", "0600", "06:00:00:00", "0m", "0h0m", "-5m", "h", "m", "1.5h", "90s", "tomorrow",
       "2026-11-26", "2026-13-01T06:00", "99999h", "٠٦:٠٠", "06:00\n07:00", "x" * 1000]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_a_deadline_that_cannot_be_read_is_one_line_that_shows_how_to_write_it(text: str) -> None:
    with pytest.raises(BadDeadline, match=r"no deadline: .*; write a time of day as 06:00") as caught:
        read_deadline(text, NIGHT)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", BAD)
def test_the_form_refuses_it_with_the_same_line(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RunParameters(deadline=text)
    (error,) = caught.value.errors()
    assert error["loc"] == ("deadline",)
    assert error["msg"].startswith("no deadline: ")


def test_nothing_asked_is_no_limit() -> None:
    parameters = RunParameters(deadline=" ")
    limits = limits_of(parameters.deadline, parameters.max_tokens, NIGHT)
    assert limits == Limits(NIGHT)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        RunParameters(max_tokens=-1)


# When to stop


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self, at: datetime = NIGHT) -> None:
        self.now = at.timestamp()

    def __call__(self) -> float:
        return self.now


class Oven:
    """An engine double: keeps so many prompts in flight and finishes the oldest, one a ``seconds``."""

    def __init__(self, clock: Clock, places: int = 4, seconds: float = 10.0, output: int = 5) -> None:
        self.clock, self.places, self.seconds, self.output = clock, places, seconds, output
        self.fed = 0
        self.fed_last = self.ended = clock.now

    def generate(self, items: Iterable[Item]) -> Written:
        source, in_flight = iter(items), list[Prompt]()
        while True:
            while len(in_flight) < self.places and (item := next(source, None)) is not None:
                if isinstance(item, Prompt):
                    in_flight.append(item)
                    self.fed, self.fed_last = self.fed + 1, self.clock.now
                else:
                    yield item
            if not in_flight:
                return
            self.clock.now += self.seconds
            self.ended = self.clock.now
            prompt = in_flight.pop(0)
            draft = Draft(prompt.brief, 0, "x", self.output, -0.5, "stop")
            yield Generation(prompt.brief, (draft,), prompt_tokens=20, cached_prompt_tokens=15)


def prompt(number: int, attempt: int = 0) -> Prompt:
    campaign = Campaign(1, "c", variants=1, sampling=Sampling(max_tokens=80))
    brief = Brief(number, campaign, Product("p", "Mug"), Segment("s", "All"), "push", "en-US", attempt=attempt)
    return Prompt(brief, tuple(range(20)))


def limits(deadline: str = "", max_tokens: int = 0) -> Limits:
    return limits_of(deadline, max_tokens, NIGHT)


def test_without_limits_everything_is_fed() -> None:
    oven = Oven(Clock())
    budget = Budget(limits(), clock=oven.clock)
    assert len(list(budget.within(oven.generate)(map(prompt, range(50))))) == 50
    assert budget.stopped is None


def test_feeding_stops_in_time_for_what_is_in_flight_to_end_by_the_deadline() -> None:
    oven = Oven(Clock(), places=4, seconds=10.0)  # so a brief takes forty seconds
    budget = Budget(limits("1h"), clock=oven.clock)
    results = list(budget.within(oven.generate)(map(prompt, count())))
    assert budget.stopped == "the deadline 00:30 came first"
    assert len(results) == oven.fed  # all that was fed came back
    over = oven.ended - (NIGHT.timestamp() + 3600)
    assert -20 <= over <= 0


def test_a_slower_engine_is_fed_for_a_shorter_time() -> None:
    oven = Oven(Clock(), places=4, seconds=10.0)
    budget = Budget(limits("1h"), clock=oven.clock)
    results = budget.within(oven.generate)(map(prompt, count()))
    for _ in islice(results, 100):
        pass
    oven.seconds = 60.0
    assert 30 <= len(list(results)) <= 44
    assert oven.ended <= NIGHT.timestamp() + 3600


def test_a_deadline_that_came_while_the_model_was_loaded_lets_nothing_through() -> None:
    clock = Clock(NIGHT + timedelta(minutes=2))
    oven, budget = Oven(clock), Budget(limits("1m"), clock=clock)
    asked = iter(map(prompt, count()))
    assert list(budget.within(oven.generate)(asked)) == []
    assert budget.stopped == "the deadline 23:31 came first"


def test_the_budget_is_spent_and_not_passed() -> None:
    oven = Oven(Clock())  # a brief costs 5 prompt tokens computed and 5 of output
    budget = Budget(limits(max_tokens=10_000), clock=oven.clock)
    results = list(budget.within(oven.generate)(map(prompt, count())))
    assert budget.stopped == "the run's budget of 10,000 tokens was spent"
    assert 9_800 <= 10 * len(results) <= 10_000


def test_before_anything_has_finished_a_brief_counts_as_the_dearest_that_it_can_be() -> None:
    oven = Oven(Clock(), places=1000)
    budget = Budget(limits(max_tokens=1_000), clock=oven.clock)
    assert len(list(budget.within(oven.generate)(map(prompt, count())))) == 10  # of 20 + 80 tokens each


def test_what_was_foretold_is_believed_until_it_is_measured() -> None:
    oven = Oven(Clock(), places=1000)
    budget = Budget(limits(max_tokens=1_000), guess=10.0, clock=oven.clock)
    assert len(list(budget.within(oven.generate)(map(prompt, count())))) == 100
    oven = Oven(Clock())
    budget = Budget(limits(max_tokens=10_000), guess=1.0, clock=oven.clock)  # a tenth of what it is
    assert 990 <= len(list(budget.within(oven.generate)(map(prompt, count())))) <= 1_000


def test_a_run_that_is_tried_again_goes_on_with_what_is_left_of_its_budget() -> None:
    oven = Oven(Clock())
    budget = Budget(limits(max_tokens=10_000), spent=9_000, clock=oven.clock)
    assert 60 <= len(list(budget.within(oven.generate)(map(prompt, count())))) <= 100
    assert list(Budget(limits(max_tokens=10), clock=oven.clock).within(oven.generate)([prompt(1)])) == []


def test_what_stopped_stays_stopped_and_asks_for_no_further_prompt() -> None:
    oven = Oven(Clock())
    budget = Budget(limits("10m"), clock=oven.clock)
    list(budget.within(oven.generate)(map(prompt, count())))
    second = iter([prompt(1, attempt=1)])
    oven.clock.now = NIGHT.timestamp()  # even if the clock were set back
    assert list(budget.within(oven.generate)(second)) == []
    assert next(second).brief.attempt == 1


def test_what_is_no_prompt_passes_through_and_costs_nothing() -> None:
    oven = Oven(Clock())
    budget = Budget(limits(max_tokens=120), clock=oven.clock)
    failures = [Failure(prompt(n).brief, "render", "no") for n in range(30)]
    again = Generation(prompt(40).brief, (Draft(prompt(40).brief, 0, "x", 500, None, "stop"),), 0, 0, repeated=True)
    results = list(budget.within(oven.generate)([*failures, again, prompt(50)]))
    assert results[:-1] == [*failures, again]
    assert budget.stopped is None


def test_a_consumer_that_stops_early_closes_the_engines_stream() -> None:
    closed = []

    def generate(items: Iterable[Item]) -> Written:
        try:
            for item in items:
                assert isinstance(item, Prompt)
                yield Generation(item.brief, (), 20, 0)
        finally:
            closed.append(True)

    results = Budget(limits(), clock=Clock()).within(generate)(map(prompt, count()))
    next(iter(results))
    results.close()
    assert closed == [True]
