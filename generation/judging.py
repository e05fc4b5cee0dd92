"""The language model as a judge: what it is asked of a copy, and a rating from the probabilities of its first token.

It ranks copy that the gates let through and rejects none. Asking is in ``generation.engine``, the words of the question
in ``templates/prompts/*/judge.j2``: the rubric first, then the product, the copy last, so that all of a product's
copies share their beginning in the prefix cache.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from generation.prompts import PromptError, PromptRenderer, TemplateSet
from generation.records import Candidate, Contest, Failure, Judged, Question

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

RATINGS = (1, 2, 3, 4, 5)
LEAST_MASS = 0.9  # of the first token's probability on the five digits; with less, the model wasn't rating
_LEADS = ("", "Ġ", "▁")  # a digit by itself, and as two families of tokenizers write one after a space


class CannotJudge(ValueError):
    """The model's tokenizer has no single token for a digit; the message names it."""


def digit_tokens(tokenizer: "PreTrainedTokenizerBase") -> tuple[tuple[int, ...], ...]:
    """The ids that say 1, those that say 2, … to 5. Raises CannotJudge."""
    vocabulary = tokenizer.get_vocab()
    found = []
    for rating in RATINGS:
        written = [f"{lead}{rating}" for lead in _LEADS]
        ids = tuple(dict.fromkeys(vocabulary[word] for word in written if word in vocabulary))
        if not ids:
            raise CannotJudge(f"the model can't judge: its tokenizer has no token for {rating}; set COPYDESK_JUDGE=off")
        found.append(ids)
    return tuple(found)


def weigh(logprobs: Mapping[int, float], digits: Sequence[Sequence[int]]) -> tuple[float | None, float]:
    """The probability-weighted mean of 1 to 5, and the probability of all the digits together.

    No rating where that mass is below LEAST_MASS: such a model was about to say something else, which is not a low
    opinion (the weighting after G-Eval, arXiv 2303.16634; leaving out what is no rating is ours).
    """
    each = [sum(math.exp(logprobs[token]) for token in tokens if token in logprobs) for tokens in digits]
    mass = sum(each)
    if not mass >= LEAST_MASS:
        return None, mass
    return sum(rating * share for rating, share in zip(RATINGS, each, strict=True)) / mass, mass


def part_of(judged: Judged) -> float | None:
    """A rating as a part of a score, 0–1."""
    return None if judged.rating is None else round((judged.rating - 1) / 4, 4)


def judge_name(model: str, weights: str, locale: str, templates: TemplateSet) -> str:
    """Which model judges, and the digest of what it is asked. Raises PromptError when there is no such template."""
    told = [templates.source("judge", locale), RATINGS, LEAST_MASS]
    return f"{model}@{weights[:12]}:{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]}"


def unjudged(contest: Contest, judge: str) -> Iterator[Candidate]:
    """The candidates that this judge hasn't seen."""
    return (candidate for candidate in contest.candidates if candidate.judged_by != judge)


def questions(
    contests: Iterable[Contest], judges: Mapping[str, str], renderer: PromptRenderer
) -> Iterator[Question | Failure]:
    """What is to be asked of the contests' copies, ``judges`` naming the judge by locale. A prompt that can't be
    rendered is a Failure of the stage "judge"; the copy goes on without."""
    for contest in contests:
        for candidate in unjudged(contest, judges[contest.brief.locale]):
            try:
                yield renderer.ask(contest.brief, candidate)
            except PromptError as exc:
                yield Failure(contest.brief, "judge", str(exc))
