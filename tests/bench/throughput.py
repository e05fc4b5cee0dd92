"""Database to database against plain vLLM over the same prompts: in one call, and in chunks as naive code does.

Both sides feed the very same engine, so that weights, options and KV pool can't differ; its prefix cache is emptied
before each. Planning, choosing the best and loading the model are outside the clock.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from generation.engine import SHIPPED_MODEL, Engine, EngineOptions, _sampling_params
from generation.records import Prompt
from tests.bench.rows import Options, Row, Skipped, interleaved
from tests.bench.workload import OPTIONS, Recorder, begin_run, empty_cache, engine_arguments, forget_runs, shop, write

# With the shipped tokenizer's ids. Weights are random: the copy is nonsense, the arithmetic is not.
SHAPES: dict[str, dict[str, int]] = {
    "1b": {
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 20,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
    }
}


def measure(options: Options) -> list[Row]:
    """Two rows: ÷ one call, ÷ calls of a chunk each. Raises Skipped for another shape without CUDA."""
    products, chunk = (64, 128) if options.quick else (256, 512)
    with (
        _engine(options.shape) as engine,
        shop(products=products, segments=8, variants=2) as database,
    ):
        llm, prompts = plain_llm(engine), list[Prompt]()

        def ours() -> float:
            forget_runs(database)
            run_id, _ = begin_run(database)
            recorder = Recorder(engine)
            empty_cache(engine)
            written = write(database, run_id, engine, recorder)
            prompts[:] = recorder.prompts
            return written.tokens_per_second

        ours()  # unmeasured, to warm up; and the other sides' prompts are there before the first round
        taken = interleaved(
            options.repeats,
            ours,
            lambda: plain_tokens_per_second(llm, engine, prompts, len(prompts)),
            lambda: plain_tokens_per_second(llm, engine, prompts, chunk),
        )
    goal = 0.97 if options.shape is None else 1.0
    note = f"{products * 8:,} briefs, n = 2" + (f", model {options.shape}" if options.shape else "")
    return [
        Row("throughput", against, goal, taken[0], figure, "tokens/s", options.repeats, note=note)
        for against, figure in (
            ("end to end ÷ one `LLM.generate` over the same prompts", taken[1]),
            (f"end to end ÷ `LLM.generate` in chunks of {chunk}", taken[2]),
        )
    ]


def plain_llm(engine: Engine) -> Any:
    """vLLM's own ``LLM`` around the engine that ours feeds."""
    from vllm import LLM
    from vllm.v1.engine.llm_engine import LLMEngine

    with patch.object(LLMEngine, "from_engine_args", return_value=engine._engine):
        return LLM(model=engine._engine.model_config.model)


def plain_tokens_per_second(llm: Any, engine: Engine, prompts: list[Prompt], chunk: int) -> float:
    """Output tokens per second of ``LLM.generate``, called once for each chunk of prompts."""
    asked = [{"prompt_token_ids": list(prompt.token_ids)} for prompt in prompts]
    sampling = [_sampling_params(prompt) for prompt in prompts]
    tokens = 0
    empty_cache(engine)
    started = time.perf_counter()
    for start in range(0, len(asked), chunk):
        outputs = llm.generate(asked[start : start + chunk], sampling[start : start + chunk], use_tqdm=False)
        tokens += sum(len(completion.token_ids) for output in outputs for completion in output.outputs)
    return tokens / (time.perf_counter() - started)


@contextmanager
def _engine(shape: str | None) -> Iterator[Engine]:
    """The shipped model, or one of another shape with random weights."""
    if shape is None:
        with Engine(OPTIONS) as engine:
            yield engine
        return
    import torch

    if not torch.cuda.is_available():
        raise Skipped(f"--model-shape {shape} needs a GPU, and torch sees no CUDA here")
    with TemporaryDirectory(prefix="copydesk-bench-") as folder:
        _write_model(Path(folder), SHAPES[shape])
        with engine_arguments(load_format="dummy"), Engine(EngineOptions(model=folder, dtype="bfloat16")) as engine:
            yield engine


def _write_model(folder: Path, shape: dict[str, int]) -> None:
    """A model folder without weights: the shipped model's files, the sizes in its config replaced."""
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        shutil.copy(SHIPPED_MODEL / name, folder / name)
    config = json.loads((SHIPPED_MODEL / "config.json").read_text("utf-8")) | shape
    config["layer_types"] = ["full_attention"] * shape["num_hidden_layers"]
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
