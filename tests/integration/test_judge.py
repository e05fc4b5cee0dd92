"""The language model as a judge, on vLLM's CPU build with the shipped model, which was never taught to judge."""

import math
from collections.abc import Iterator

import pytest
import torch
from transformers import AutoModelForCausalLM

from generation import judging
from generation.engine import SHIPPED_MODEL, Engine
from generation.judging import digit_tokens
from generation.prompts import PromptRenderer, render
from generation.records import (
    Brief,
    Campaign,
    Candidate,
    Failure,
    Generation,
    Judged,
    Product,
    Question,
    Sampling,
    Segment,
)

CAMPAIGN = Campaign(1, "Spring", variants=2, sampling=Sampling(max_tokens=8))
LONG = "It has rounded edges, a wide seat and rubber feet. " * 8


@pytest.fixture
def renderer(engine: Engine) -> PromptRenderer:
    return PromptRenderer(engine.tokenizer, engine.max_model_len)


def asked(renderer: PromptRenderer, products: int = 2, copies: int = 6) -> Iterator[Question]:
    for number in range(products * copies):
        product = Product(f"p{number // copies}", f"Oak Stool No. {number // copies}", "Nordhem", LONG)
        brief = Brief(number // 2, CAMPAIGN, product, Segment("s", "Hikers"), "push", "en-US")
        fields = {"title": ("Oak Stool",), "body": (f"Sit down {number} times.",)}
        yield renderer.ask(brief, Candidate(number, 0, number % 2, fields, 50.0, {}))


def judged(engine: Engine, questions: Iterator[Question]) -> dict[int, Judged]:
    results = list(engine.judge(questions))
    assert all(isinstance(result, Judged) for result in results)
    return {result.candidate.id: result for result in results if isinstance(result, Judged)}


@pytest.fixture
def any_mass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the model's digits for what they are, however unlikely it is to say one."""
    monkeypatch.setattr(judging, "LEAST_MASS", 0.0)


@pytest.mark.usefixtures("any_mass")
def test_a_rating_is_what_the_models_own_probabilities_make(engine: Engine, renderer: PromptRenderer) -> None:
    """Computed a second time without vLLM, from the logits of transformers."""
    questions = list(asked(renderer))
    found = judged(engine, iter(questions))
    model = AutoModelForCausalLM.from_pretrained(SHIPPED_MODEL, dtype=torch.float32).eval()
    digits = digit_tokens(renderer.tokenizer)
    for question in questions[::5]:
        with torch.no_grad():
            logits = model(torch.tensor([question.token_ids])).logits[0, -1]
        shares = torch.softmax(logits.double(), -1)
        each = [sum(float(shares[token]) for token in tokens) for tokens in digits]
        result = found[question.candidate.id]
        assert result.mass == pytest.approx(sum(each), rel=0.05)
        mean = sum(rating * share for rating, share in enumerate(each, 1)) / sum(each)
        assert result.rating == pytest.approx(mean, abs=0.02)
        assert not math.isclose(mean, 3.0, abs_tol=1e-6)  # not all alike, which would make any arithmetic right


def test_a_model_that_says_no_digit_gives_no_rating(engine: Engine, renderer: PromptRenderer) -> None:
    found = judged(engine, asked(renderer))
    assert len(found) == 12
    assert all(result.rating is None and result.mass < judging.LEAST_MASS for result in found.values())


def test_a_products_copies_read_their_common_part_from_the_cache(engine: Engine, renderer: PromptRenderer) -> None:
    found = judged(engine, asked(renderer, products=3, copies=40))
    # The first of each product fills the cache for the others, which go on from there.
    later = [result for number, result in found.items() if number % 40]
    assert sum(result.cached_prompt_tokens for result in later) > 0.7 * sum(result.prompt_tokens for result in later)


def test_every_copy_of_a_brief_is_judged_though_they_are_in_flight_together(
    engine: Engine, renderer: PromptRenderer
) -> None:
    assert sorted(judged(engine, asked(renderer, products=20, copies=8))) == list(range(160))


def test_the_engine_writes_after_it_judged(engine: Engine, renderer: PromptRenderer) -> None:
    judged(engine, asked(renderer))
    brief = Brief(1, CAMPAIGN, Product("p", "Oak Stool"), Segment("s", "Hikers"), "push", "en-US")
    (written,) = engine.generate(render([brief], renderer))
    assert isinstance(written, Generation)
    assert [draft.variant for draft in written.drafts] == [0, 1]
    assert any(draft.output_tokens > 1 for draft in written.drafts)


def test_a_failure_among_the_questions_passes_through(engine: Engine, renderer: PromptRenderer) -> None:
    (question, _) = asked(renderer, products=1, copies=2)
    failure = Failure(question.brief, "judge", "no such template")
    results = list(engine.judge([failure, question]))
    assert failure in results
    assert len(results) == 2
