"""The second night against the first: with nothing changed, and with one product in a hundred changed.

The clock covers planning, writing and choosing the best; loading the model is outside it.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from generation.engine import Engine
from sql.database import Database
from sql.runs import finish_run
from sql.store import select_best
from tests.bench.rows import Options, Row, Wrong, say
from tests.bench.workload import OPTIONS, begin_run, empty_cache, forget_runs, renderer_for, shop, write

SEGMENTS = 8
REPEATS = 3  # a first night takes minutes


@dataclass(frozen=True, slots=True)
class Night:
    """Output tokens and seconds."""

    tokens: int
    seconds: float


def measure(options: Options) -> list[Row]:
    """Four rows: nothing changed and 1 % changed, each in tokens and in seconds.

    Raises Wrong when a night with nothing to write asks for an engine.
    """
    products = 100 if options.quick else 1000
    nights: list[tuple[Night, Night, Night]] = []
    with ExitStack() as stack, shop(products=products, segments=SEGMENTS) as database:
        engine: Engine | None = None

        def load() -> Engine:
            nonlocal engine
            if engine is None:
                engine = stack.enter_context(Engine(OPTIONS))
            empty_cache(engine)
            return engine

        for number in range(REPEATS):
            forget_runs(database)
            first, same = _night(database, load), _night(database, _no_engine)
            _change(database, products // 100)
            nights.append((first, same, _night(database, load)))
            say(f"  round {number + 1} of {REPEATS}: " + " | ".join(f"{night.seconds:,.2f} s" for night in nights[-1]))
    first, same, changed = (
        Night(round(median(night.tokens for night in taken)), median(night.seconds for night in taken))
        for taken in zip(*nights, strict=True)
    )
    note = f"{products * SEGMENTS:,} briefs"
    return [
        Row("second_night", f"second night ÷ first, {what}, {unit}", goal, ours, theirs, unit, REPEATS, True, note)
        for what, goal, night in (("nothing changed", 0.005, same), ("1 % of products changed", 0.015, changed))
        for unit, ours, theirs in (("tokens", night.tokens, first.tokens), ("seconds", night.seconds, first.seconds))
    ]


def _night(database: Database, load: Callable[[], Engine]) -> Night:
    started, loading, tokens = time.perf_counter(), 0.0, 0
    run_id, planned = begin_run(database)
    if planned.pending:
        asked = time.perf_counter()
        engine = load()
        loading = time.perf_counter() - asked
        tokens = write(database, run_id, engine, renderer_for(engine)).tokens
        select_best(database, run_id)
    finish_run(database, run_id, "completed")
    return Night(tokens, time.perf_counter() - started - loading)


def _no_engine() -> Engine:
    raise Wrong("nothing changed, and yet the second night asks for an engine")


def _change(database: Database, count: int) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(
            "update products set description = coalesce(description, '') || ' Now in a new box.'"
            " where id in (select id from products order by md5(id) limit %s)",
            (count,),
        )
