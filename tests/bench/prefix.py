"""Prompt tokens read from the prefix cache against what a trie over the same prompts, in the same order, would save.

The trie remembers everything and knows single tokens; vLLM has a KV pool of a tenth of the prefixes and shares whole
blocks, so the block size caps what it can reach. One draft of a few tokens a prompt: only prefill counts here.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from generation.engine import Engine, EngineError, EngineOptions
from generation.prompts import render
from generation.records import Failure, Prompt
from tests.bench.rows import Options, Row, say
from tests.bench.workload import engine_arguments, pending_briefs, renderer_for, shop

BLOCKS = (128, 32, 16)  # tokens; 128 is what the CPU build takes by itself
POOL_SHARE = 10  # the pool holds one part in so many of the prefixes' tokens
RUNNING = 8  # sequences at a time, so that what runs leaves room in the pool
OUTPUT_TOKENS = 8


def measure(options: Options) -> list[Row]:
    """A row for each block size that this vLLM takes."""
    products = 60 if options.quick else 400
    channels = ("email", "push")
    with shop(products=products, segments=8, channels=channels, max_tokens=OUTPUT_TOKENS) as database:
        briefs = pending_briefs(database)
    prompts = [prompt for prompt in render(briefs, renderer_for(None)) if isinstance(prompt, Prompt)]
    trie = Trie()
    ideal = sum(min(trie.add(prompt.token_ids), len(prompt.token_ids) - 1) for prompt in prompts)
    pool = trie.shared // POOL_SHARE
    return [row for block in BLOCKS if (row := _row(block, prompts, ideal, pool, trie.shared))]


@dataclass(slots=True)
class _Node:
    visits: int = 0
    next: dict[Hashable, "_Node"] = field(default_factory=dict)


class Trie:
    """Sequences by their prefixes."""

    def __init__(self) -> None:
        self._root = _Node()
        self.shared = 0  # nodes that more than one sequence passes: the prefixes

    def add(self, sequence: Sequence[Hashable]) -> int:
        """How long a beginning of it was there already."""
        node, known = self._root, 0
        for item in sequence:
            child = node.next.get(item)
            if child is None:
                child = node.next[item] = _Node()
            else:
                known += 1
            child.visits += 1
            self.shared += child.visits == 2
            node = child
        return known


def _row(block: int, prompts: Sequence[Prompt], ideal: int, pool: int, shared: int) -> Row | None:
    longest = max(len(prompt.token_ids) for prompt in prompts) + OUTPUT_TOKENS
    # What runs must fit besides; and vLLM keeps one block for itself.
    blocks = max(pool // block, RUNNING * -(-longest // block) + 1)
    options = EngineOptions(kv_cache_gib=1, max_model_len=longest, max_num_seqs=RUNNING)
    try:
        with engine_arguments(block_size=block, num_gpu_blocks_override=blocks), Engine(options) as engine:
            cached = _cached_tokens(engine, prompts)
    except EngineError as exc:
        say(f"  blocks of {block}: left out, {exc}", markup=False)
        return None
    reachable = _reachable(block, prompts)
    return Row(
        "prefix",
        f"prefill tokens saved ÷ an ideal prefix trie, blocks of {block}",
        0.98,
        cached,
        ideal,
        "tokens",
        1,
        note=f"pool of {blocks * block / shared:.0%} of the prefixes; {cached / max(reachable, 1):.3f} of what whole "
        "blocks can share",
    )


def _reachable(block: int, prompts: Sequence[Prompt]) -> int:
    """What the trie would save if it shared whole blocks only. A prompt's last token is always computed."""
    trie, saved = Trie(), 0
    for prompt in prompts:
        ids: Any = prompt.token_ids
        whole = [ids[start : start + block] for start in range(0, len(ids) - block + 1, block)]
        saved += block * min(trie.add(whole), (len(ids) - 1) // block)
    return saved


def _cached_tokens(engine: Engine, prompts: Sequence[Prompt]) -> int:
    cached = 0
    for result in engine.generate(prompts):
        if isinstance(result, Failure):
            raise EngineError(result.reason)
        cached += result.cached_prompt_tokens
    return cached
