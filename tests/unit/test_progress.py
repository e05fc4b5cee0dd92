"""How far a run has got: what counts as done, as failed and as spent."""

import pytest

from flows.progress import Progress, tell, watcher
from generation.records import AdCopy, Brief, Campaign, Draft, Failure, Outcome, Product, Rejection, ScoredCopy, Segment
from sql.runs import Spent


def outcome(*passed: bool, attempt: int = 0, failed: bool = False) -> Outcome:
    """An attempt at a brief with one copy for each of ``passed``."""
    brief = Brief(1, Campaign(1, "c"), Product("p", "Stool"), Segment("s", "Hikers"), "sms", "en-US", attempt=attempt)
    copies = tuple(
        ScoredCopy(
            AdCopy(Draft(brief, variant, "", 3, -0.1, "stop"), {}, None if ok else Rejection("length", "too long")),
            50.0 if ok else None,
        )
        for variant, ok in enumerate(passed)
    )
    return Outcome(brief, copies, Failure(brief, "render", "too long") if failed else None)


@pytest.mark.parametrize(
    ("ended", "done", "failed"),
    [
        (outcome(True), 1, 0),
        (outcome(False, True), 1, 0),
        (outcome(False, False), 0, 0),  # it is tried again
        (outcome(False, False, attempt=1), 1, 1),
        (outcome(False, True, attempt=1), 1, 0),
        (outcome(failed=True), 1, 1),
        (outcome(failed=True, attempt=1), 1, 1),
        (outcome(attempt=1), 1, 1),
    ],
)
def test_a_brief_is_done_when_a_copy_passed_or_it_is_not_tried_again(ended: Outcome, done: int, failed: int) -> None:
    progress = Progress(total=4)
    progress.count(ended)
    assert (progress.done, progress.failed) == (done, failed)


def test_a_retried_brief_counts_once() -> None:
    progress = Progress(total=1)
    progress.count(outcome(False))
    progress.count(outcome(True, attempt=1))
    assert (progress.done, progress.failed, progress.percent) == (1, 0, 100.0)


@pytest.mark.parametrize(("total", "done", "percent"), [(4, 1, 25.0), (4, 4, 100.0), (0, 0, 100.0), (3, 0, 0.0)])
def test_percent_is_the_share_of_briefs_that_are_done(total: int, done: int, percent: float) -> None:
    assert Progress(total, done).percent == percent


def test_what_was_spent_is_told_once() -> None:
    progress = Progress(total=2)
    progress.prompt_tokens, progress.cached_prompt_tokens, progress.output_tokens = 100, 60, 20
    progress.shareable_prompt_tokens = 70
    assert progress.spend(1.5) == Spent(100, 60, 20, 1.5, 70)
    assert progress.spend(1.5) == Spent()
    progress.output_tokens += 5
    assert progress.spend(2.0) == Spent(0, 0, 5, 0.5)


def test_two_runs_do_not_share_what_they_spent() -> None:
    one, two = Progress(1), Progress(1)
    one.output_tokens = 9
    one.spend(1.0)
    assert two.spend(0.0) == Spent()


def test_the_clock_starts_when_the_model_is_there() -> None:
    progress = Progress(total=1)
    progress.started -= 3600
    progress.begin("writing")
    progress.output_tokens = 10
    assert progress.note == "writing"
    assert progress.tokens_per_second > 1


def test_only_the_watcher_of_this_context_is_told() -> None:
    seen: list[int] = []
    tell(Progress(1))
    token = watcher.set(lambda progress: seen.append(progress.done))
    try:
        tell(Progress(2, done=1))
    finally:
        watcher.reset(token)
    tell(Progress(3, done=2))
    assert seen == [1]
