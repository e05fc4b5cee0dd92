"""Reading, writing and saving at the same time: an iterator run ahead in a thread, and results handed to one.

The engine stays in the thread that built it. What is in the queues is bounded, so memory is too.
"""

import contextvars
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import TypeVar, cast

from generation.engine import Engine

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")

_END = object()
_PAUSE = 0.01  # seconds before a source that had nothing ready is asked again
_PATIENCE = 0.2  # seconds between looks at whether the other side has gone


def ahead(source: Iterable[T | None], size: int) -> Generator[T | None, None, None]:
    """The items of ``source``, taken from it in a thread of its own, up to ``size`` before they are asked for.

    Whoever asks never waits: None says that nothing is ready yet, from ``source`` as from here. What ``source`` raises
    is raised here, after the items before it. Closing this early closes ``source``.
    """
    ready: queue.Queue[object] = queue.Queue(size)
    gone = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        items = iter(source)
        try:
            for item in items:
                if gone.wait(_PAUSE) if item is None else not _put(ready, item, gone):
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


def through(
    engine: Engine,
    write: Callable[[Iterable[T]], Iterable[R]],
    source: Iterable[T],
    judge: Callable[[Iterable[R]], Iterator[S]],
    save: Callable[[Iterator[S]], None],
) -> None:
    """What ``source`` gives through the engine, by ``write``, then judged and saved, all at the same time.

    ``write`` takes None for nothing ready yet, as the engine does.
    Beside an engine in processes of its own, one thread reads ahead and one judges and saves. With an engine in this
    process that would only take turns with it, and cost a twentieth: there, the saving alone is apart.
    """
    waiting = 2 * engine.in_flight_cap
    if engine.in_process:
        hand_over(judge(write(source)), save, waiting)
        return
    with closing(ahead(source, waiting)) as ready:
        hand_over(write(cast(Iterable[T], ready)), lambda results: save(judge(results)), waiting)


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
