"""The engine on vLLM's CPU build with the shipped model."""

import logging
import warnings
from collections.abc import Iterator

import pytest

from flows.terminal import quiet_libraries
from generation.engine import Engine, EngineError, EngineOptions, load_tokenizer
from generation.prompts import PromptRenderer, render
from generation.records import Brief, Campaign, Failure, Generation, Product, Prompt, Sampling, Segment

CAMPAIGN = Campaign(1, "Spring", variants=2, sampling=Sampling(max_tokens=48))


def briefs(count: int, campaign: Campaign = CAMPAIGN, description: str | None = None) -> Iterator[Brief]:
    for i in range(count):
        product = Product(f"p{i // 4}", f"Oak Stool No. {i // 4}", brand="Nordhem", description=description)
        yield Brief(i, campaign, product, Segment("s", f"Hikers {i % 4}"), "push", "en-US", seed=1000 * i)


@pytest.fixture
def renderer(engine: Engine) -> PromptRenderer:
    return PromptRenderer(engine.tokenizer, engine.max_model_len)


def generations(engine: Engine, prompts: Iterator[Prompt | Failure]) -> dict[int, Generation]:
    results = list(engine.generate(prompts))
    assert all(isinstance(result, Generation) for result in results)
    return {result.brief.id: result for result in results if isinstance(result, Generation)}


def test_every_brief_comes_back_once_with_all_its_variants(engine: Engine, renderer: PromptRenderer) -> None:
    results = generations(engine, render(briefs(300), renderer))
    assert sorted(results) == list(range(300))
    for result in results.values():
        assert [draft.variant for draft in result.drafts] == [0, 1]
        for draft in result.drafts:
            assert 0 < draft.output_tokens <= 48
            assert draft.mean_logprob is not None
            assert draft.mean_logprob <= 0


def test_the_queue_is_fed_while_the_engine_runs(engine: Engine, renderer: PromptRenderer) -> None:
    """The engine must not take the whole plan into memory before the first result."""
    taken = 0

    def counted() -> Iterator[Prompt | Failure]:
        nonlocal taken
        for prompt in render(briefs(5000), renderer):
            taken += 1
            yield prompt

    stream = engine.generate(counted())
    next(stream)
    assert taken < 2500
    stream.close()


def test_stopping_early_leaves_the_engine_usable(engine: Engine, renderer: PromptRenderer) -> None:
    stream = engine.generate(render(briefs(100), renderer))
    next(stream)
    stream.close()
    assert len(generations(engine, render(briefs(3), renderer))) == 3


def test_the_same_seed_writes_the_same_words_and_another_seed_others(engine: Engine, renderer: PromptRenderer) -> None:
    def words(attempt: int) -> list[str]:
        (brief,) = briefs(1)
        again = Brief(1, brief.campaign, brief.product, brief.segment, "push", "en-US", seed=5, attempt=attempt)
        (result,) = generations(engine, render([again], renderer)).values()
        return [draft.text for draft in result.drafts]

    assert words(0) == words(0)
    assert words(0) != words(1)


def test_a_shared_prefix_is_read_from_the_cache(engine: Engine, renderer: PromptRenderer) -> None:
    # vLLM shares whole blocks, of 128 tokens on a CPU: the product's part must be longer than one.
    long = "It has rounded edges, a wide seat and rubber feet. " * 10
    results = generations(engine, render(briefs(40, description=long), renderer))
    assert sum(r.cached_prompt_tokens for r in results.values()) > 0.3 * sum(r.prompt_tokens for r in results.values())


def test_a_prompt_without_room_for_the_output_fails_alone(engine: Engine, renderer: PromptRenderer) -> None:
    greedy = Campaign(2, "Long", variants=1, sampling=Sampling(max_tokens=engine.max_model_len))
    (too_long,) = briefs(1, greedy)
    fine = Brief(99, CAMPAIGN, too_long.product, too_long.segment, "push", "en-US")
    results = list(engine.generate(render([too_long, fine], renderer)))
    failures = [result for result in results if isinstance(result, Failure)]
    assert [failure.brief.id for failure in failures] == [0]
    assert "leaves room for" in failures[0].reason
    assert len(results) == 2


def test_a_failure_among_the_prompts_passes_through(engine: Engine) -> None:
    (brief,) = briefs(1)
    failure = Failure(brief, "render", "no such template")
    assert list(engine.generate([failure])) == [failure]


def test_a_model_that_is_not_there_is_one_clear_line(tmp_path: object) -> None:
    with pytest.raises(EngineError, match="COPYDESK_MODEL") as caught:
        Engine(EngineOptions(model=f"{tmp_path}/nothing"))
    assert "\n" not in str(caught.value)
    with pytest.raises(EngineError, match="no usable model"):
        load_tokenizer(f"{tmp_path}/nothing")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_a_model_that_there_is_no_memory_for_is_one_line_that_says_what_to_lower(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr("vllm.v1.engine.llm_engine.LLMEngine.from_engine_args", fails)
    with pytest.raises(EngineError, match=r"vLLM can't load .*; the engine needs more memory .* COPYDESK_KV_CACHE_GIB"):
        Engine()


def test_the_pages_that_a_dying_engine_logs_stay_off_the_screen_however_vllm_sets_its_logging(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vllm.config.logging import LoggingConfig
    from vllm.logger import configure_logging

    monkeypatch.setattr("os.environ", {})
    with warnings.catch_warnings():
        quiet_libraries()
    configure_logging(LoggingConfig())
    pages, other = (logging.getLogger(f"vllm.{name}") for name in ("logging_utils.dump_input", "v1.engine"))
    record = logging.LogRecord("vllm", logging.ERROR, __file__, 1, "Dumping input data", None, None)
    assert not pages.filter(record)
    assert other.filter(record)
