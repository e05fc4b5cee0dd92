"""The choice of the best copy of each brief that waits for one, beside what is selected and live.

Batch by batch in one settled order, each saved at once with what later ones are compared with: a choice that breaks off
goes on where it was, and memory doesn't grow with the run. What is best is decided in ``generation.choosing``.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from generation.calibration import Calibrations
from generation.choosing import Around, Choice, Kin, Rescored, choose, place_of
from generation.records import Brief, Campaign, CustomerQuestion, Product, Segment
from generation.similarity import Likeness, likeness, signature_of
from sql.choosing import (
    Compared,
    Score,
    Selected,
    Uncompared,
    forget_gone,
    read_contests,
    read_neighbours,
    read_openings,
    read_uncompared,
    save_choices,
    save_compared,
)
from sql.database import Database

BATCH = 256  # briefs chosen for in one transaction


def choose_waiting(
    database: Database,
    calibrations: Calibrations | None = None,
    size: int = BATCH,
    saved: Callable[[], None] = lambda: None,
) -> int:
    """Select a copy of every brief that waits; how many were selected. ``saved`` hears of each batch."""
    forget_gone(database)
    for uncompared in read_uncompared(database, size):
        _take_in(database, uncompared)
    selected = 0
    for contests in read_contests(database, size):
        likenesses = [
            [likeness(each.fields, contest.brief.channel, contest.brief.locale) for each in contest.candidates]
            for contest in contests
        ]
        around = _around(database, [contest.brief for contest in contests], likenesses)
        choices = [
            choose(contest, own, around, calibrations) for contest, own in zip(contests, likenesses, strict=True)
        ]
        selected += save_choices(database, [_selected(choice) for choice in choices])
        saved()
    return selected


def _around(database: Database, briefs: Sequence[Brief], likenesses: Iterable[Sequence[Likeness]]) -> Around:
    """What a batch is set beside, of the database."""
    around = Around()
    everyone = list(likenesses)
    wanted = {band for each in chain.from_iterable(everyone) for band in each.bands}
    for neighbour in read_neighbours(database, sorted(wanted)):
        kin = Kin(
            neighbour.copy_id, signature_of(neighbour.signature), neighbour.campaign_id, neighbour.product_id,
            neighbour.segment_id, neighbour.subject_id,
        )  # fmt: skip
        for band in wanted.intersection(neighbour.bands):
            around.kin.setdefault(band, []).append(kin)
    keys = {
        (*place_of(brief), words)
        for brief, own in zip(briefs, everyone, strict=True)
        for words in chain([""], *(each.openings for each in own))
    }
    around.openings.update(read_openings(database, sorted(keys)))
    return around


def _selected(choice: Choice) -> Selected:
    compared = _compared(choice.chosen.id, *place_of(choice.brief), choice.likeness, choice.compared)
    return Selected(choice.brief.id, compared, tuple(map(as_score, choice.rescored)))


def _compared(copy_id: int, locale: str, category: str, like: Likeness, compared: bool) -> Compared:
    return Compared(
        copy_id, locale, category, like.openings, like.bands if compared else (), like.stored if compared else None
    )


def as_score(rescored: Rescored, judged_by: str | None = None) -> Score:
    """A changed score for saving."""
    return Score(rescored.candidate, rescored.score, judged_by)


def _take_in(database: Database, uncompared: Sequence[Uncompared]) -> None:
    """Copy that was selected elsewhere is from now on compared with."""
    briefs = [_brief_of(each) for each in uncompared]
    likenesses = [likeness(each.fields, each.channel, each.locale) for each in uncompared]
    around = _around(database, briefs, [[each] for each in likenesses])
    save_compared(
        database,
        [
            _compared(each.copy_id, each.locale, each.category, like, around.add(each.copy_id, like, brief))
            for each, brief, like in zip(uncompared, briefs, likenesses, strict=True)
        ],
    )


def _brief_of(each: Uncompared) -> Brief:
    """As much of the brief as comparing takes."""
    product = Product(each.product_id, "", category=each.category)
    segment = Segment(each.segment_id, "")
    subject = CustomerQuestion(each.subject_id, "") if each.subject_id else None  # or the other product, by its id
    return Brief(0, Campaign(each.campaign_id, ""), product, segment, each.channel, each.locale, question=subject)
