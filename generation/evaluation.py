"""How good a model's drafts are: measured on made-up briefs of products that it never saw.

Counts what the gates say of each draft; reading the copy is left to people.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from generation.channels import load_channel
from generation.checks import check, numbers_gate
from generation.corpus import examples
from generation.engine import Engine
from generation.ledger.facts import Facts, facts_of, names_the_product
from generation.prompts import PromptRenderer, render
from generation.reading.text import normal
from generation.records import AdCopy, Brief, Failure, Sampling
from generation.shape import Context

DEMO_SAMPLING = Sampling(temperature=0.2, frequency_penalty=0.3)  # what suits the shipped model, as in its campaigns
VALIDATION_SEED = 999_331  # of the corpus; training draws from others


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Shares are of all drafts, 0–1."""

    drafts: int
    passed: float  # parse and pass every gate
    named: float  # name the product or its brand
    invented: float  # state a number that is not in the brief
    by_gate: Mapping[str, int]  # drafts rejected
    passed_by_locale: Mapping[str, float]
    passed_by_channel: Mapping[str, float]
    tokens_per_second: float


def validation_briefs(count: int, sampling: Sampling) -> Iterator[Brief]:
    """Briefs that no training has seen, one variant each."""
    for number, example in enumerate(islice(examples(VALIDATION_SEED), count)):
        campaign = replace(example.brief.campaign, variants=1, sampling=sampling)
        yield replace(example.brief, id=number, seed=number, campaign=campaign)


def evaluate(engine: Engine, count: int = 500, sampling: Sampling = DEMO_SAMPLING) -> Evaluation:
    """Write one draft for each of ``count`` briefs and judge it. A brief that fails counts as not passed."""
    renderer = PromptRenderer(engine.tokenizer, engine.max_model_len)
    rejected: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    named = invented = tokens = 0
    started = engine.seconds
    for result in engine.generate(render(validation_briefs(count, sampling), renderer)):
        brief = result.brief
        asked.update((brief.locale, brief.channel))
        if isinstance(result, Failure):
            rejected[result.stage] += 1
            continue
        facts = facts_of(brief)
        ad_copy = check(result.drafts[0], load_channel(brief.channel), facts)
        tokens += ad_copy.draft.output_tokens
        if ad_copy.rejection:
            rejected[ad_copy.rejection.gate] += 1
        else:
            passed.update((brief.locale, brief.channel))
        named += names_the_product(normal(ad_copy.draft.text), facts)
        invented += _invents_a_number(ad_copy, facts)
    return Evaluation(
        drafts=count,
        passed=1 - rejected.total() / count,
        named=named / count,
        invented=invented / count,
        by_gate=dict(rejected.most_common()),
        passed_by_locale={name: passed[name] / asked[name] for name in sorted(asked) if "-" in name},
        passed_by_channel={name: passed[name] / asked[name] for name in sorted(asked) if "-" not in name},
        tokens_per_second=tokens / max(engine.seconds - started, 1e-9),
    )


def _invents_a_number(ad_copy: AdCopy, facts: Facts) -> bool:
    """Also in a draft that an earlier gate refused, and in one that doesn't parse."""
    brief = ad_copy.draft.brief
    fields = ad_copy.fields or {"draft": tuple(ad_copy.draft.text.splitlines())}
    return numbers_gate(fields, Context(brief, load_channel(brief.channel), facts)) is not None
