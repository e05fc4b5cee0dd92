"""Prompt → drafts: vLLM's own scheduler, fed from an iterator and read as an iterator.

The only module that imports vLLM, and only when an engine is built: a dry run never pays for it. transformers, slow
to import too, waits until it is needed. Rendering, parsing and judging are elsewhere.
"""

import gc
import logging
import os
import re
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from generation.judging import digit_tokens, weigh
from generation.records import Draft, Failure, Generation, Judged, Prompt, Question
from generation.sharing import Item, PrefixMeter
from generation.watching import Watch

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_LOG = logging.getLogger(__name__)
SHIPPED_MODEL = Path(__file__).with_name("demo_model")
CPU_BLOCK = 32  # tokens; prompts share whole blocks, and vLLM's own 128 on a CPU are half of a short one
PAUSE = 0.002  # seconds to wait for prompts when nothing is in flight
_END: Any = object()
MOST_DEATHS = 20  # of one engine's; to find one brief among a thousand takes about a dozen


_NO_MEMORY = re.compile(r"out of memory|(not enough|allocate) memory|bad_alloc|MemoryError|process was killed", re.I)
_LESS_MEMORY = (
    "the engine needs more memory than there is: give it more, or lower COPYDESK_MAX_NUM_SEQS and "
    "COPYDESK_KV_CACHE_GIB (on a GPU COPYDESK_GPU_MEMORY_UTILIZATION)"
)


class EngineError(RuntimeError):
    """The engine can't be built; the message is one line that says what to mend."""


class EngineLost(RuntimeError):
    """The engine died in the midst of its work and can't be replaced; the message is one line, with what to mend."""


class _Died(Exception):
    """vLLM's engine died or fell silent; another can be built."""


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
    silence: float = 600.0  # seconds without a token after which the engine counts as dead


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
        self.options = options
        self.seconds = 0.0  # spent in the engine's steps so far
        self.deaths = 0
        self._meter = PrefixMeter()
        self._digits: tuple[tuple[int, ...], ...] = ()
        self._shared: dict[str, int] = {}  # prompt tokens of what is in flight that an earlier prompt told
        self._engine: Any = None
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the model. Safe to call twice."""
        if self._engine is not None:
            self._watch.stop()
            self._engine.engine_core.shutdown()
            self._engine = None
            del self._watch  # it has the engine, too

    @property
    def in_process(self) -> bool:
        """Whether vLLM computes in this very process, on the cores and under the lock that all its Python shares."""
        return not _processes(self._engine)

    def _start(self) -> None:
        self._engine = _build(self.options, self.max_model_len)
        self._watch = Watch(self._engine, _processes(self._engine), self.options.silence)
        # Twice the running batch: a finished sequence's place is taken from the queue in the same step.
        self.in_flight_cap: int = 2 * self._engine.vllm_config.scheduler_config.max_num_seqs

    def generate(self, prompts: Iterable[Item]) -> Generator[Generation | Failure, None, None]:
        """Each prompt's drafts, in the order they finish. What is no prompt passes through.

        A None among the prompts says that none is ready yet: the engine goes on with what is in flight.
        A prompt that vLLM refuses becomes a Failure; when the consumer stops early, what is in flight is aborted.
        When the engine dies or falls silent, another is built, what was in flight is submitted once more, and if it
        dies again the brief that kills it is found and becomes a Failure. Raises EngineLost when none can be built.
        """
        source, in_flight = iter(prompts), dict[str, Prompt]()
        while (death := (yield from self._write(source, in_flight))) is not None:
            suspects = list(in_flight.values())
            in_flight.clear()
            yield from self._write_again(suspects, death)

    def _write_again(self, suspects: list[Prompt], death: str) -> Generator[Generation | Failure, None, None]:
        """What was in flight when the engine died, without anything else; by halves when it dies of it again."""
        self._rebuild(death)
        in_flight: dict[str, Prompt] = {}
        source = iter(suspects)
        again = yield from self._write(source, in_flight)
        if again is None:
            return
        rest = [*in_flight.values(), *source]
        in_flight.clear()
        if len(rest) > 1:
            middle = len(rest) // 2
            yield from self._write_again(rest[:middle], again)
            yield from self._write_again(rest[middle:], again)
            return
        self._rebuild(again)
        for prompt in rest:
            yield Failure(prompt.brief, "generate", f"the engine died of it twice: {again}")

    def _rebuild(self, death: str) -> None:
        self.deaths += 1
        _LOG.warning("vLLM's engine died (%s); building another", death)
        if self.deaths > MOST_DEATHS:
            raise EngineLost(f"vLLM's engine died {self.deaths} times, the last time of: {_with_mend(death)}")
        self.close()
        gc.collect()  # the dead one's memory, where that was this process's: there may be none for two
        try:
            self._start()
        except EngineError as exc:
            raise EngineLost(f"vLLM's engine died ({death}), and another can't be built: {exc}") from exc

    def _write(
        self, source: Iterator[Item], in_flight: dict[str, Prompt]
    ) -> Generator[Generation | Failure, None, str | None]:
        """Feed and read the engine until the source and what is in flight have ended, or it died: of what, then.

        Said in words, for the exception has the dead engine's memory in its frames.
        """
        exhausted, sequences, alive = False, 0, True
        try:
            while in_flight or not exhausted:
                while not exhausted and sequences < self.in_flight_cap:
                    item = next(source, _END)
                    if item is _END:
                        exhausted = True
                    elif item is None:
                        if in_flight:
                            break
                        time.sleep(PAUSE)
                    elif not isinstance(item, Prompt):
                        yield item
                    elif refused := self._submit(item, in_flight):
                        yield refused
                    else:
                        sequences += item.sequences
                if not in_flight:
                    continue
                for output in self._step():
                    if output.finished:
                        prompt = in_flight.pop(output.request_id)
                        sequences -= prompt.sequences
                        yield self._answer(prompt, output)
                self._watch.obey()
        except _Died as death:
            alive = False
            return str(death)
        finally:
            if self._engine is not None:
                if alive and in_flight:
                    self._engine.abort_request(list(in_flight))
                self._watch.obey()
        return None

    def _step(self) -> list[Any]:
        """What the engine finished in one step of its own. Raises _Died."""
        started = time.perf_counter()
        try:
            with self._watch:
                outputs: list[Any] = self._engine.step()
        except Exception as exc:  # whatever it is, the engine can't be trusted to have survived it
            raise _Died(self._watch.cause() or _one_line(exc)) from exc
        except KeyboardInterrupt as exc:
            if cause := self._watch.cause():
                raise _Died(cause) from exc
            raise
        finally:
            self.seconds += time.perf_counter() - started
        return outputs

    def _submit(self, prompt: Prompt, in_flight: dict[str, Prompt]) -> Failure | None:
        brief = prompt.brief
        room = self.max_model_len - len(prompt.token_ids)
        if room < prompt.longest_answer:
            return Failure(
                brief,
                "generate",
                f"the prompt of {len(prompt.token_ids)} tokens leaves room for {max(room, 0)} of the "
                f"{prompt.longest_answer} that the campaign asks for: shorten the product's text, "
                "lower max_tokens or take a model with a longer context",
            )
        request_id = prompt.request_id
        in_flight[request_id] = prompt  # before it is asked of the engine, which may be found dead
        try:
            params = self._question_params() if isinstance(prompt, Question) else _sampling_params(prompt)
            self._engine.add_request(request_id, {"prompt_token_ids": list(prompt.token_ids)}, params)
        except ValueError as exc:  # vLLM's validation errors are ValueErrors: this prompt, not the engine
            del in_flight[request_id]
            return Failure(brief, "generate", f"vLLM refused the prompt: {_one_line(exc)}")
        except Exception as exc:
            raise _Died(self._watch.cause() or _one_line(exc)) from exc
        if not isinstance(prompt, Question):
            self._shared[request_id] = self._meter.shared(prompt)
        return None

    def judge(self, questions: Iterable[Question | Failure | None]) -> Generator[Judged | Failure, None, None]:
        """What the model thinks of each copy, as ``generate`` reads and writes: the same loop, the same cache.

        Raises CannotJudge when the model's tokenizer has no token for one of the digits.
        """
        self._digits = digit_tokens(self.tokenizer)
        yield from cast(Generator[Judged | Failure, None, None], self.generate(questions))

    def _question_params(self) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        return SamplingParams(
            temperature=0.0,
            max_tokens=1,
            # Their logprobs before any sampling, whatever token comes out: vLLM gives just these.
            logprob_token_ids=[token for tokens in self._digits for token in tokens],
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _answer(self, prompt: Prompt, output: Any) -> Any:
        """A Generation, or for a Question what the model thinks."""
        if not isinstance(prompt, Question):
            return self._generation(prompt, output)
        first = output.outputs[0].logprobs[0] if output.outputs[0].logprobs else {}
        rating, mass = weigh({token: logprob.logprob for token, logprob in first.items()}, self._digits)
        return Judged(
            prompt.brief, prompt.candidate, rating, mass, len(prompt.token_ids), output.num_cached_tokens or 0
        )

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
        shareable, cached = self._shared.pop(output.request_id, 0), output.num_cached_tokens or 0
        if len(drafts) > 1:
            # vLLM tells what the variant that ended last found, most of which its siblings had just computed: that
            # spared a repetition, but is no saving on the prompt, which is counted once.
            cached = min(cached, shareable)
        return Generation(prompt.brief, drafts, len(prompt.token_ids), cached, shareable)


def _processes(engine: Any) -> list[Any]:
    """The processes in which vLLM's engine runs; none when it runs in this one."""
    manager = getattr(getattr(engine.engine_core, "resources", None), "engine_manager", None)
    return list(getattr(manager, "processes", ()))


def _one_line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:400]


def _with_mend(death: str) -> str:
    """What an engine died of, and what to do when it was for want of memory."""
    return f"{death}; {_LESS_MEMORY}" if _NO_MEMORY.search(death) else death


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
    from vllm.usage.usage_lib import UsageContext
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
        arguments["block_size"] = CPU_BLOCK
    if options.max_num_seqs is not None:
        arguments["max_num_seqs"] = options.max_num_seqs
    try:
        # vLLM chooses its batch sizes by who asks: for batch work they are twice to eight times as large.
        return LLMEngine.from_engine_args(EngineArgs(**arguments), UsageContext.LLM_CLASS)
    except (ValueError, OSError, RuntimeError, MemoryError) as exc:
        raise EngineError(f"vLLM can't load {options.model!r}: {_with_mend(_one_line(exc))}") from exc


def _cpu_dtype(dtype: str) -> str:
    """``auto`` on a CPU: bfloat16 only where the processor has it, since emulating it costs three quarters."""
    import torch

    if dtype != "auto":
        return dtype
    return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"
