"""What checks and scores cost: throughput with and without them, and how many copies a core judges in a second."""

import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

from generation.corpus import Example, examples, reply_text
from generation.engine import Engine
from generation.evaluation import DEMO_SAMPLING, validation_briefs
from generation.prompts import render
from generation.records import Draft, Failure, Generation
from generation.scoring import judge
from tests.bench.rows import Options, Row, interleaved
from tests.bench.workload import OPTIONS, SEED, empty_cache, renderer_for

COPIES_PER_SECOND = 5000.0
DRAFTS = 4
BRIEFS_OF_A_PRODUCT = 10  # a night's order: a product's briefs, for other audiences and channels, one after the other


def measure(options: Options) -> list[Row]:
    """Scored ÷ unscored throughput; copies judged per second ÷ 5,000, of briefs in two orders."""
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
    # In turn, so that a machine that slows down slows both.
    night, apart = _drawn(SEED + 3, BRIEFS_OF_A_PRODUCT), _drawn(SEED + 4, 1)
    for drawn in (night, apart):
        _copies_per_second(drawn, briefs // 2)  # unmeasured, to warm up
    rates = [[_copies_per_second(drawn, briefs) for drawn in (night, apart)] for _ in range(options.repeats)]
    return [
        Row("scored", "scored ÷ unscored throughput", 0.97, ours, theirs, "tokens/s", options.repeats),
        *(
            Row(
                "scored",
                "checks and scores on one core ÷ 5,000 copies a second",
                1.0,
                median(row[at] for row in rates),
                COPIES_PER_SECOND,
                "copies/s",
                options.repeats,
                note=f"{DRAFTS} drafts a brief, {order}",
            )
            for at, order in enumerate(
                (f"{BRIEFS_OF_A_PRODUCT} briefs of a product in turn, as a night has them", "each of another product")
            )
        ),
    ]


def _drawn(seed: int, briefs: int) -> Iterator[Example]:
    """The corpus's replies, which are as long as copy is and mostly pass; no brief comes twice."""
    return examples(seed, replies=DRAFTS, briefs=briefs)


def _copies_per_second(drawn: Iterator[Example], briefs: int) -> float:
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
    return copies / (time.perf_counter() - started)
