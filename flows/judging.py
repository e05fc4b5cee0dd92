"""The language model's opinion of the copies that wait for a choice: asked in the run's own engine, saved as it comes.

After the writing and before the choice. A copy without an opinion, because a limit came first or the model gave none,
is chosen or not by the other parts of its score.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain, islice

from flows.budget import Limits
from flows.choosing import as_score
from flows.overlap import through
from flows.progress import Progress, tell
from generation.calibration import Calibrations
from generation.choosing import rescore
from generation.engine import Engine
from generation.judging import part_of, questions
from generation.prompts import PromptRenderer
from generation.records import Failure, Judged, Question
from generation.scoring import note
from sql.choosing import Score, read_contests, save_scores
from sql.database import Database
from sql.runs import add_spent, save_judge

SAVED = 512  # opinions saved in one transaction


@dataclass(slots=True)
class Verdicts:
    """What the judge was asked in a run, and what it cost; in the run's row as it is here."""

    asked: int = 0
    without_rating: int = 0  # the model gave no clear answer
    not_asked: int = 0  # the question couldn't be put
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    engine_seconds: float = 0.0

    def count(self, result: Judged | Failure) -> None:
        """Take one answer in."""
        if isinstance(result, Failure):
            self.not_asked += 1
            return
        self.asked += 1
        self.without_rating += result.rating is None
        self.prompt_tokens += result.prompt_tokens
        self.cached_prompt_tokens += result.cached_prompt_tokens


def judge_waiting(
    database: Database,
    run_id: int,
    engine: Engine,
    renderer: PromptRenderer,
    judges: Mapping[str, str],
    *,
    limits: Limits,
    tokens_left: int | None,
    progress: Progress,
    calibrations: Calibrations | None = None,
    saved: Callable[[], None] = lambda: None,
) -> Verdicts:
    """Ask of every copy that waits for a choice and that today's judge, by locale, hasn't seen; ``saved`` hears of each
    batch. Asks no more once the deadline or ``tokens_left`` comes first."""
    verdicts, before = Verdicts(), engine.seconds

    def scores(results: Iterable[Judged | Failure]) -> Iterator[Score]:
        for result in results:
            verdicts.count(result)
            if isinstance(result, Failure):
                continue
            progress.prompt_tokens += result.prompt_tokens
            progress.cached_prompt_tokens += result.cached_prompt_tokens
            progress.output_tokens += 1
            part, locale = part_of(result), result.brief.locale
            told = [] if part is None else [("judge", part, note("judge", part))]
            yield as_score(rescore(result.candidate, locale, calibrations, told), judges[locale])

    def save(rated: Iterator[Score]) -> None:
        while batch := list(islice(rated, SAVED)):
            save_scores(database, batch)
            add_spent(database, run_id, progress.spend(engine.seconds))
            verdicts.engine_seconds = round(engine.seconds - before, 3)
            save_judge(database, run_id, asdict(verdicts))
            tell(progress)
            saved()

    waiting = questions(chain.from_iterable(read_contests(database, SAVED)), judges, renderer)
    asked: Iterator[Question | Failure | None] = within(waiting, limits, tokens_left)
    through(engine, engine.judge, asked, scores, save)
    return verdicts


def within(
    asked: Iterable[Question | Failure],
    limits: Limits,
    tokens_left: int | None,
    clock: Callable[[], float] = time.time,
) -> Iterator[Question | Failure]:
    """The questions, until the deadline comes or what was asked could have cost the tokens that are left."""
    spent = 0
    for item in asked:
        if limits.deadline is not None and clock() >= limits.deadline.timestamp():
            return
        if isinstance(item, Question):
            spent += len(item.token_ids) + 1
            if tokens_left is not None and spent > tokens_left:
                return
        yield item
