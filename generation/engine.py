"""Prompt → drafts: vLLM's own scheduler, fed from an iterator and read as an iterator.

The only module that imports vLLM, and only when an engine is built: a dry run never pays for it. transformers, slow
to import too, waits until it is needed. Rendering, parsing and judging are elsewhere.
"""

import logging
import os
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from generation.records import Draft, Failure, Generation, Prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SHIPPED_MODEL = Path(__file__).with_name("demo_model")


class EngineError(RuntimeError):
    """The engine can't be built or has died; the message is one line that says what to mend."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the engine is built from. Sizes left None are vLLM's own choice for the machine."""

    model: str = str(SHIPPED_MODEL)  # a folder, or a Hugging Face name
    revision: str | None = None
    dtype: str = "auto"
    max_model_len: int | None = None  # tokens, prompt and output together
    max_num_seqs: int | None = None
    kv_cache_gib: int = 2  # CPU only; on a GPU gpu_memory_utilization rules
    gpu_memory_utilization: float = 0.9
    tensor_parallel_size: int = 1
    enforce_eager: bool | None = None  # None: on for the CPU, where compiling costs more than it brings


def load_tokenizer(model: str, revision: str | None = None) -> "PreTrainedTokenizerBase":
    """The model's tokenizer. Raises EngineError when there is no such model."""
    from transformers import AutoTokenizer

    try:
        return cast("PreTrainedTokenizerBase", AutoTokenizer.from_pretrained(model, revision=revision))
    except (OSError, ValueError) as exc:
        raise _no_such_model(model, revision) from exc


def context_length(model: str, revision: str | None = None) -> int:
    """How many tokens, prompt and output together, the model was made for."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(model, revision=revision)
    except (OSError, ValueError) as exc:
        raise _no_such_model(model, revision) from exc
    text_config = config.get_text_config()
    return int(getattr(text_config, "max_position_embeddings", 2048))


def _no_such_model(model: str, revision: str | None) -> EngineError:
    at = f" at revision {revision!r}" if revision else ""
    return EngineError(
        f"no usable model {model!r}{at}: COPYDESK_MODEL takes a folder with config.json, tokenizer and weights, "
        "or a Hugging Face name that this machine can reach"
    )


class Engine:
    """A vLLM engine that keeps a bounded number of sequences in flight and refills as they finish.

    Use as a context manager: leaving it frees the model and ends vLLM's processes.
    """

    def __init__(self, options: EngineOptions = EngineOptions()) -> None:
        """Load the model. Raises EngineError when it isn't there or doesn't fit."""
        self.tokenizer = load_tokenizer(options.model, options.revision)
        length = context_length(options.model, options.revision)
        self.max_model_len = min(length, options.max_model_len or length)
        self._engine = _build(options, self.max_model_len)
        scheduler = self._engine.vllm_config.scheduler_config
        # Twice the running batch: a finished sequence's place is taken from the queue in the same step.
        self._in_flight_cap = 2 * scheduler.max_num_seqs
        self.seconds = 0.0  # spent in the engine's steps so far

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the model. Safe to call twice."""
        if self._engine is not None:
            self._engine.engine_core.shutdown()
            self._engine = None

    def generate(self, prompts: Iterable[Prompt | Failure]) -> Generator[Generation | Failure, None, None]:
        """Each prompt's drafts, in the order they finish. Failures among the prompts pass through.

        A prompt that vLLM refuses becomes a Failure; when the consumer stops early, what is in flight is aborted.
        Raises EngineError when the engine itself dies.
        """
        from vllm.v1.engine.exceptions import EngineDeadError

        source, exhausted = iter(prompts), False
        in_flight: dict[str, Prompt] = {}
        sequences = 0
        try:
            while in_flight or not exhausted:
                while not exhausted and sequences < self._in_flight_cap:
                    item = next(source, None)
                    if item is None:
                        exhausted = True
                    elif isinstance(item, Failure):
                        yield item
                    elif refused := self._submit(item, in_flight):
                        yield refused
                    else:
                        sequences += item.brief.campaign.variants
                if not in_flight:
                    continue
                started = time.perf_counter()
                outputs = self._engine.step()
                self.seconds += time.perf_counter() - started
                for output in outputs:
                    if output.finished:
                        prompt = in_flight.pop(output.request_id)
                        sequences -= prompt.brief.campaign.variants
                        yield self._generation(prompt, output)
        except EngineDeadError as exc:
            raise EngineError(f"vLLM's engine died with {len(in_flight)} briefs in flight: {exc}") from exc
        finally:
            if in_flight and self._engine is not None:
                self._engine.abort_request(list(in_flight))

    def _submit(self, prompt: Prompt, in_flight: dict[str, Prompt]) -> Failure | None:
        brief = prompt.brief
        room = self.max_model_len - len(prompt.token_ids)
        if room < brief.campaign.sampling.max_tokens:
            return Failure(
                brief,
                "generate",
                f"the prompt of {len(prompt.token_ids)} tokens leaves room for {max(room, 0)} of the "
                f"{brief.campaign.sampling.max_tokens} that the campaign asks for: shorten the product's text, "
                "lower max_tokens or take a model with a longer context",
            )
        request_id = f"{brief.id}-{brief.attempt}"
        try:
            self._engine.add_request(request_id, {"prompt_token_ids": list(prompt.token_ids)}, _sampling_params(prompt))
        except ValueError as exc:  # vLLM's validation errors are ValueErrors: this prompt, not the engine
            return Failure(brief, "generate", f"vLLM refused the prompt: {' '.join(str(exc).split())}")
        in_flight[request_id] = prompt
        return None

    def _generation(self, prompt: Prompt, output: Any) -> Generation:
        drafts = tuple(
            Draft(
                brief=prompt.brief,
                variant=completion.index,
                text=cast(str, self.tokenizer.decode(completion.token_ids, skip_special_tokens=True)),
                output_tokens=len(completion.token_ids),
                mean_logprob=_mean_logprob(completion),
                finish_reason=completion.finish_reason or "stop",
            )
            for completion in sorted(output.outputs, key=lambda completion: completion.index)
        )
        return Generation(prompt.brief, drafts, len(prompt.token_ids), output.num_cached_tokens or 0)


def _mean_logprob(completion: Any) -> float | None:
    if completion.cumulative_logprob is None or not completion.token_ids:
        return None
    return float(completion.cumulative_logprob) / len(completion.token_ids)


def _sampling_params(prompt: Prompt) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    brief, sampling = prompt.brief, prompt.brief.campaign.sampling
    return SamplingParams(
        n=brief.campaign.variants,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        frequency_penalty=sampling.frequency_penalty,
        max_tokens=sampling.max_tokens,
        # vLLM gives variant i the seed + i, so a retry must step over all the variants' seeds.
        seed=brief.seed + brief.attempt * 1_000_003,
        logprobs=0,
        flat_logprobs=True,
        detokenize=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _build(options: EngineOptions, max_model_len: int) -> Any:
    """vLLM's engine. Environment variables that the user has set win over ours."""
    import torch

    on_gpu = torch.cuda.is_available()
    # A CPU build has no Triton and needs none; torch remarks on it at every start.
    logging.getLogger("torch._library.triton").setLevel(logging.ERROR)
    for name, value in {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "ERROR",
        "TOKENIZERS_PARALLELISM": "false",
    }.items():
        os.environ.setdefault(name, value)
    if not on_gpu:
        # In this process: as a process of its own the CPU engine takes ten times as long to start.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(options.kv_cache_gib))
    from vllm.engine.arg_utils import EngineArgs
    from vllm.v1.engine.llm_engine import LLMEngine

    arguments: dict[str, Any] = {
        "model": options.model,
        "revision": options.revision,
        "tokenizer_revision": options.revision,
        "dtype": _cpu_dtype(options.dtype) if not on_gpu else options.dtype,
        "max_model_len": max_model_len,
        "enable_prefix_caching": True,
        "enforce_eager": (not on_gpu) if options.enforce_eager is None else options.enforce_eager,
        "tensor_parallel_size": options.tensor_parallel_size,
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
        "seed": 0,
    }
    if on_gpu:
        arguments["gpu_memory_utilization"] = options.gpu_memory_utilization
    else:
        # A prompt split over two steps makes vLLM 0.32 rewind the request's seeded generator, which torch's CPU
        # generator can't do ("CPU Generator does not use offset"): whole prompts only.
        arguments["enable_chunked_prefill"] = False
        arguments["max_num_batched_tokens"] = max(4096, max_model_len)
    if options.max_num_seqs is not None:
        arguments["max_num_seqs"] = options.max_num_seqs
    try:
        return LLMEngine.from_engine_args(EngineArgs(**arguments))
    except (ValueError, OSError, RuntimeError) as exc:
        reason = " ".join(str(exc).split())
        raise EngineError(f"vLLM can't load {options.model!r}: {reason[:400]}") from exc


def _cpu_dtype(dtype: str) -> str:
    """``auto`` on a CPU: bfloat16 only where the processor has it, since emulating it costs three quarters."""
    import torch

    if dtype != "auto":
        return dtype
    return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"
