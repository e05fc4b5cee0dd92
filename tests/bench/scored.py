"""What checks and scores cost: throughput with and without them, and how many copies a core judges in a second."""

import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

from generation.corpus import examples, reply_text
from generation.engine import Engine
from generation.evaluation import DEMO_SAMPLING, validation_briefs
from generation.prompts import render
from generation.records import Draft, Failure, Generation
from generation.scoring import judge
from tests.bench.rows import Options, Row, interleaved
from tests.bench.workload import OPTIONS, SEED, empty_cache, renderer_for

COPIES_PER_SECOND = 5000.0
DRAFTS = 4


def measure(options: Options) -> list[Row]:
    """Two rows: scored ÷ unscored throughput; copies judged per second ÷ 5,000."""
    briefs = 200 if options.quick else 1000
    with Engine(OPTIONS) as engine:
        prompts = list(render(validation_briefs(briefs, DEMO_SAMPLING), renderer_for(engine)))

        def throughput(*, scored: bool) -> float:
            empty_cache(engine)
            tokens, started = 0, time.perf_counter()
            for result in engine.generate(prompts):
                if isinstance(result, Failure):
                    continue
                tokens += sum(draft.output_tokens for draft in result.drafts)
                if scored:
                    judge(result)
            return tokens / (time.perf_counter() - started)

        throughput(scored=True)  # unmeasured, to warm up
        ours, theirs = interleaved(options.repeats, lambda: throughput(scored=True), lambda: throughput(scored=False))
    rate = median(_copies_per_second(briefs, options.repeats))
    return [
        Row("scored", "scored ÷ unscored throughput", 0.97, ours, theirs, "tokens/s", options.repeats),
        Row(
            "scored",
            "checks and scores on one core ÷ 5,000 copies a second",
            1.0,
            rate,
            COPIES_PER_SECOND,
            "copies/s",
            options.repeats,
            note=f"{DRAFTS} drafts a brief, every brief of another product",
        ),
    ]


def _copies_per_second(briefs: int, repeats: int) -> Iterator[float]:
    """The corpus's replies, which are as long as copy is and mostly pass; no brief twice, so that nothing is cached."""
    drawn = examples(SEED + 3, replies=DRAFTS)
    for _ in range(repeats):
        generations = [
            Generation(
                example.brief,
                tuple(
                    Draft(example.brief, variant, reply_text(fields), 60, -0.4, "stop")
                    for variant, fields in enumerate(example.replies)
                ),
                300,
                0,
            )
            for example in islice(drawn, briefs)
        ]
        started = time.perf_counter()
        copies = sum(len(judge(generation).copies) for generation in generations)
        yield copies / (time.perf_counter() - started)
