"""Identical prompts are written once, whichever brief asks, and every brief still gets its result."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation import sharing
from generation.records import Brief, Campaign, Draft, Failure, Generation, Product, Prompt, Sampling, Segment
from generation.sharing import Item, PrefixMeter, common_prefix, write_once

CAMPAIGN = Campaign(1, "Spring", variants=2)


def prompt(brief_id: int, *token_ids: int, campaign: Campaign = CAMPAIGN, attempt: int = 0) -> Prompt:
    brief = Brief(brief_id, campaign, Product("p", "Stool"), Segment("s", "Hikers"), "sms", "en-US", attempt=attempt)
    return Prompt(brief, token_ids)


class Writer:
    """Finishes prompts in fours, the last first, and remembers which it was asked to write."""

    def __init__(self, refuse: int | None = None) -> None:
        self.asked: list[int] = []
        self.refuse = refuse

    def generate(self, items: Iterable[Item]) -> Generator[Generation | Failure, None, None]:
        held: list[Prompt] = []
        for item in items:
            if item is None:
                continue
            if not isinstance(item, Prompt):
                yield item
                continue
            self.asked.append(item.brief.id)
            held.append(item)
            if len(held) == 4:
                yield from map(self.finish, reversed(held))
                held = []
        yield from map(self.finish, reversed(held))

    def finish(self, item: Prompt) -> Generation | Failure:
        if item.brief.id == self.refuse:
            return Failure(item.brief, "generate", "refused")
        drafts = tuple(Draft(item.brief, n, f"{item.token_ids} {n}", 9, -0.1, "stop") for n in range(2))
        return Generation(item.brief, drafts, len(item.token_ids), 0)


def run(writer: Writer, items: Sequence[Prompt | Failure]) -> dict[int, Generation | Failure]:
    results = list(write_once(writer.generate, items))
    assert len({result.brief.id for result in results}) == len(results) == len(items)
    return {result.brief.id: result for result in results}


def test_a_prompt_that_says_the_same_gets_the_same_words_and_costs_nothing() -> None:
    writer = Writer()
    results = run(writer, [prompt(1, 5, 6), prompt(2, 7), prompt(3, 5, 6), prompt(4, 8), prompt(5, 9), prompt(6, 5, 6)])
    assert writer.asked == [1, 2, 4, 5]
    first, third, last = results[1], results[3], results[6]
    assert isinstance(first, Generation)
    assert not first.repeated
    for result in (third, last):  # while the first is in flight, and after it was written
        assert isinstance(result, Generation)
        assert [draft.text for draft in result.drafts] == [draft.text for draft in first.drafts]
        assert {draft.brief.id for draft in result.drafts} == {result.brief.id}
        assert (result.prompt_tokens, result.cached_prompt_tokens, result.repeated) == (0, 0, True)


@pytest.mark.parametrize(
    "other",
    [
        prompt(2, 5, 6, attempt=1),
        prompt(2, 5, 6, campaign=replace(CAMPAIGN, variants=3)),
        prompt(2, 5, 6, campaign=replace(CAMPAIGN, sampling=Sampling(temperature=0.1))),
        prompt(2, 5, 7),
        prompt(2, 56),
    ],
    ids=["second attempt", "variants", "sampling", "one token", "tokens run together"],
)
def test_a_prompt_that_differs_in_anything_is_written(other: Prompt) -> None:
    writer = Writer()
    run(writer, [prompt(1, 5, 6), other])
    assert writer.asked == [1, 2]


def test_what_is_refused_is_refused_for_all_who_asked() -> None:
    results = run(Writer(refuse=1), [prompt(1, 5), prompt(2, 5)])
    assert all(isinstance(result, Failure) and result.reason == "refused" for result in results.values())


def test_a_failure_to_render_passes_through() -> None:
    failure = Failure(prompt(1).brief, "render", "no such template")
    assert run(Writer(), [failure, prompt(2, 5)])[1] is failure


def test_what_is_remembered_is_bounded_and_nothing_is_lost_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "REMEMBERED", 3)
    writer = Writer()
    run(writer, [prompt(n, n % 10) for n in range(200)] + [prompt(1000 + n, 77) for n in range(100)])
    assert len(writer.asked) < 300


def test_stopping_early_closes_the_engines_stream() -> None:
    closed: list[bool] = []

    def generate(items: Iterable[Item]) -> Generator[Generation | Failure, None, None]:
        try:
            yield from Writer().generate(items)
        finally:
            closed.append(True)

    stream = write_once(generate, [prompt(n, n) for n in range(20)])
    next(stream)
    stream.close()
    assert closed == [True]


@given(st.lists(st.integers(0, 2)), st.lists(st.integers(0, 2)))
def test_a_common_prefix_is_the_longest(one: list[int], other: list[int]) -> None:
    length = common_prefix(tuple(one), tuple(other))
    assert one[:length] == other[:length]
    assert one[: length + 1] != other[: length + 1] or length == min(len(one), len(other))


def test_the_meter_counts_what_an_earlier_prompt_of_the_kind_told() -> None:
    meter, other = PrefixMeter(), replace(CAMPAIGN, id=2)
    assert meter.shared(prompt(1, 9, 1, 2, 3)) == 0
    assert meter.shared(prompt(2, 9, 1, 2, 4)) == 3
    assert meter.shared(prompt(3, 9, 8, 7, campaign=other)) == 1
    assert meter.shared(prompt(4, 9, 1, 5, 5)) == 2
    assert meter.shared(prompt(5, 9, 1, 5, 5)) == 3  # the last is computed to begin writing
    assert meter.shared(prompt(1, 9, 1, 2, 3, attempt=1)) == 3
