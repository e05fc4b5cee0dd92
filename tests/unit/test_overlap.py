"""Iterators that run ahead and results handed to another thread: nothing lost, nothing swallowed, no thread left."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

import pytest

from flows.overlap import ahead, hand_over

T = TypeVar("T")


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def there(stream: Iterable[T | None]) -> Iterator[T]:
    """What a stream gives, without its saying that nothing is ready yet."""
    return (item for item in stream if item is not None)


def test_everything_comes_in_order() -> None:
    assert list(there(ahead(range(1000), 7))) == list(range(1000))


def test_who_asks_is_told_that_nothing_is_ready_yet() -> None:
    go_on = threading.Event()

    def source() -> Iterator[int]:
        go_on.wait(10)
        yield 1

    stream = ahead(source(), 2)
    assert next(stream) is None
    go_on.set()
    assert list(there(stream)) == [1]


def test_the_source_is_read_before_it_is_asked_for_but_no_further_than_told() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    stream = ahead(source(), 5)
    assert next(there(stream)) == 0
    deadline = time.monotonic() + 10
    while len(taken) < 7 and time.monotonic() < deadline:  # one given, five waiting, one in hand
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(taken) == 7
    stream.close()


def test_what_the_source_raises_comes_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    stream = ahead(source(), 5)
    items = there(stream)
    assert next(items) == 1
    with pytest.raises(LookupError, match="gone"):
        next(items)


def test_stopping_early_closes_the_source() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from range(10_000)
        finally:
            closed.set()

    stream = ahead(source(), 2)
    next(stream)
    stream.close()
    assert closed.is_set()


def test_the_thread_sees_the_callers_context() -> None:
    who: ContextVar[str] = ContextVar("who", default="nobody")
    who.set("the caller")
    assert list(there(ahead((who.get() for _ in range(1)), 1))) == ["the caller"]
    seen: list[str] = []
    hand_over([1], lambda items: seen.extend(who.get() for _ in items), 1)
    assert seen == ["the caller"]


def test_all_that_is_handed_over_arrives_before_it_returns() -> None:
    seen: list[int] = []

    def slowly(items: Iterator[int]) -> None:
        for item in items:
            time.sleep(0.001)
            seen.append(item)

    hand_over(range(50), slowly, 3)
    assert seen == list(range(50))


def test_the_other_sides_error_ends_the_taking_and_is_raised() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(10_000):
            taken.append(number)
            yield number

    def consume(items: Iterator[int]) -> None:
        next(items)
        raise LookupError("the database is away")

    with pytest.raises(LookupError, match="away"):
        hand_over(source(), consume, 2)
    assert len(taken) < 10_000


@pytest.mark.parametrize("error", [RuntimeError("died"), KeyboardInterrupt()])
def test_what_came_before_an_error_or_an_interruption_still_arrives(error: BaseException) -> None:
    def source() -> Iterator[int]:
        yield from range(5)
        raise error

    seen: list[int] = []
    with pytest.raises(type(error)):
        hand_over(source(), seen.extend, 2)
    assert seen == [0, 1, 2, 3, 4]


def test_a_source_that_has_nothing_ready_yet_is_let_go_when_nobody_asks_any_more() -> None:
    def never_ready() -> Iterator[int | None]:
        yield 1
        while True:
            yield None

    stream = ahead(never_ready(), 4)
    assert next(item for item in stream if item) == 1
    stream.close()
