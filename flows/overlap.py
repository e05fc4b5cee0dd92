"""Reading, writing and saving at the same time: an iterator run ahead in a thread, and results handed to one.

The engine stays in the thread that built it. What is in the queues is bounded, so memory is too.
"""

import contextvars
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar, cast

from generation.records import Brief, Outcome

T = TypeVar("T")

_END = object()
_PATIENCE = 0.2  # seconds between looks at whether the other side has gone


def ahead(source: Iterable[T], size: int) -> Generator[T | None, None, None]:
    """The items of ``source``, taken from it in a thread of its own, up to ``size`` before they are asked for.

    Whoever asks never waits: None says that nothing is ready yet. What ``source`` raises is raised here, after the
    items before it. Closing this early closes ``source``.
    """
    ready: queue.Queue[object] = queue.Queue(size)
    gone = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        items = iter(source)
        try:
            for item in items:
                if not _put(ready, item, gone):
                    break
        except BaseException as exc:
            raised.append(exc)
        finally:
            if (close := getattr(items, "close", None)) is not None:
                close()
            _put(ready, _END, gone)

    thread = _start(run, "ahead")
    try:
        while True:
            try:
                item = ready.get_nowait()
            except queue.Empty:
                yield None
                continue
            if item is _END:
                break
            yield cast(T, item)
    finally:
        gone.set()
        thread.join()
    if raised:
        raise raised[0]


def hand_over(source: Iterable[T], consume: Callable[[Iterator[T]], None], size: int) -> None:
    """Take every item of ``source`` here, and give them to ``consume`` in a thread of its own, at most ``size`` behind.

    When ``source`` raises, or a person interrupts it, ``consume`` still gets all that came before. What ``consume``
    raises ends the taking and is raised here.
    """
    waiting: queue.Queue[object] = queue.Queue(size)
    gone = threading.Event()
    raised: list[BaseException] = []

    def items() -> Iterator[T]:
        while (item := waiting.get()) is not _END:
            yield cast(T, item)

    def run() -> None:
        try:
            consume(items())
        except BaseException as exc:
            raised.append(exc)
        finally:
            gone.set()

    thread = _start(run, "hand over")
    taken = iter(source)
    try:
        for item in taken:
            if not _put(waiting, item, gone):
                break
    finally:
        if (close := getattr(taken, "close", None)) is not None:
            close()
        _put(waiting, _END, gone)
        thread.join()
        if raised:
            raise raised[0]


def _put(into: "queue.Queue[object]", item: object, gone: threading.Event) -> bool:
    """Whether the item was taken in before the other side went."""
    while not gone.is_set():
        try:
            into.put(item, timeout=_PATIENCE)
            return True
        except queue.Full:
            continue
    return False


def _start(run: Callable[[], None], name: str) -> threading.Thread:
    """A thread that sees this one's context: Prefect's run, the watcher of the progress."""
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name=name, daemon=True)
    thread.start()
    return thread


class Retries:
    """Briefs to be written again, passed from who judges to who reads, so that the engine isn't drained in between."""

    def __init__(self) -> None:
        self._again: queue.SimpleQueue[Brief] = queue.SimpleQueue()
        self._asked = self._judged = 0  # each counted by one side alone
        self._closed = threading.Event()

    def after(self, briefs: Iterable[Brief]) -> Iterator[Brief]:
        """The briefs, and then what is put here while they are judged, until all have been."""
        for brief in briefs:
            self._asked += 1
            yield brief
        while not self._closed.is_set():
            all_judged = self._judged == self._asked  # before the queue is looked at: then nothing more comes
            try:
                brief = self._again.get(timeout=_PATIENCE)
            except queue.Empty:
                if all_judged:
                    return
                continue
            self._asked += 1
            yield brief

    def judged(self, outcome: Outcome) -> None:
        """Take note of an outcome; a brief that is to be tried again is put back."""
        if outcome.to_try_again:
            self._again.put(replace(outcome.brief, attempt=1))
        self._judged += 1

    def close(self) -> None:
        """Nothing more will be judged."""
        self._closed.set()
