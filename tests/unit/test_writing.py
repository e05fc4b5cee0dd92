"""Second attempts join the stream of briefs, each once, and the stream ends when nothing more can come."""

from collections.abc import Iterator
from dataclasses import replace

from flows.overlap import ahead
from flows.writing import Retries, batches
from generation.records import AdCopy, Brief, Campaign, Draft, Failure, Outcome, Product, Rejection, ScoredCopy, Segment


def outcome(brief: Brief, *, passes: bool) -> Outcome:
    draft = Draft(brief, 0, "words", 9, -0.1, "stop")
    rejection = None if passes else Rejection("length", "too long")
    return Outcome(brief, (ScoredCopy(AdCopy(draft, {"body": ("words",)}, rejection), 50.0 if passes else None),))


def briefs(count: int) -> Iterator[Brief]:
    for number in range(count):
        yield Brief(number, Campaign(1, "Spring"), Product("p", "Stool"), Segment("s", "Hikers"), "sms", "en-US")


def test_refused_briefs_come_again_once_before_those_of_less_value_and_the_stream_ends_when_all_are_judged() -> None:
    retries, asked = Retries(), list[tuple[int, int]]()
    held: list[Brief] = []
    for brief in (brief for brief in ahead(retries.after(briefs(60)), 8) if brief):
        asked.append((brief.id, brief.attempt))
        held.append(brief)
        while len(held) > 5 or (held and len(asked) >= 60):  # the judge is behind
            judged = held.pop(0)
            retries.judged(outcome(judged, passes=judged.id % 3 != 0))
    assert sorted(asked) == sorted([(number, 0) for number in range(60)] + [(number, 1) for number in range(0, 60, 3)])
    assert [number for number, attempt in asked if attempt == 0] == list(range(60))
    for number in range(0, 30, 3):  # the judge's delay and what was read ahead are all that comes between
        assert asked.index((number, 1)) - asked.index((number, 0)) <= 6 + 2 * 9


def test_a_failure_is_no_reason_to_try_again() -> None:
    retries = Retries()
    (brief,) = briefs(1)
    stream = retries.after([brief])
    assert next(stream) == brief
    retries.judged(Outcome(brief, failure=Failure(brief, "render", "no such template")))
    assert list(stream) == []


def test_the_stream_ends_when_nobody_judges_any_more() -> None:
    retries = Retries()
    stream = retries.after(briefs(1))
    next(stream)
    retries.close()
    assert list(stream) == []


def test_a_batch_never_holds_both_attempts_at_a_brief() -> None:
    first, other = (outcome(brief, passes=False) for brief in briefs(2))
    second = outcome(replace(first.brief, attempt=1), passes=True)
    found = list(batches([first, other, second], 100))
    assert found == [[first, other], [second]]
