"""Fifty fetches and many small saves against one fetch and one save: the engine shouldn't notice the difference."""

from unittest.mock import patch

import flows.writing
import sql.plan
from generation.engine import Engine
from tests.bench.rows import Options, Row, interleaved
from tests.bench.workload import OPTIONS, begin_run, empty_cache, forget_runs, renderer_for, shop, write

CHUNKS = 50
A_DAY = 86_400.0


def measure(options: Options) -> list[Row]:
    """One row: tokens per second in fifty chunks ÷ in one."""
    products = 50 if options.quick else 250
    with Engine(OPTIONS) as engine, shop(products=products, segments=8) as database:

        def in_chunks(rows: int) -> float:
            forget_runs(database)
            run_id, planned = begin_run(database)
            empty_cache(engine)
            size = -(-planned.pending // rows)
            with patch.object(sql.plan, "READ_ROWS", size), patch.object(flows.writing, "SAVE_SECONDS", A_DAY):
                return write(database, run_id, engine, renderer_for(engine), save_every=size).tokens_per_second

        in_chunks(1)  # unmeasured, to warm up
        ours, theirs = interleaved(options.repeats, lambda: in_chunks(CHUNKS), lambda: in_chunks(1))
    what = f"{CHUNKS} database chunks ÷ 1 chunk"
    return [Row("chunks", what, 0.99, ours, theirs, "tokens/s", options.repeats, note=f"{products * 8:,} briefs")]
