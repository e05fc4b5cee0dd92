"""Scores against people's ratings: read, compared, drawn, and the calibration kept that a run then shows scores under.

By locale, for people of one language don't rate as those of another. Fitting is in ``generation.calibration``.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.curve import draw_curve
from generation.calibration import Agreement, Calibration, NoCalibration, agreement, fit, require_agreement
from generation.labels import Label, Refused
from sql.calibrations import Knots, read_rated, save_calibration
from sql.database import Database
from sql.runs import one_run_at_a_time


@dataclass(frozen=True, slots=True)
class Report:
    """What the ratings of one locale say of the scores."""

    locale: str
    agreement: Agreement
    calibration: Calibration | None
    without: str  # why there is no calibration
    chart: Path
    shown_anew: int = 0  # stored scores that the calibration changed


@dataclass(frozen=True, slots=True)
class Rating:
    """A score and what people said."""

    raw: float
    rating: float


def scored_labels(
    database: Database, labels: Sequence[Label | Refused]
) -> tuple[dict[str, list[Rating]], list[Refused]]:
    """The ratings by locale, and the rows that can't be used, with the reason."""
    stored = read_rated(database, [each.copy_id for each in labels if isinstance(each, Label) and each.copy_id])
    by_locale: dict[str, list[Rating]] = defaultdict(list)
    refused: list[Refused] = []
    for label in labels:
        if isinstance(label, Refused):
            refused.append(label)
            continue
        locale, raw = label.locale, label.raw
        if label.copy_id is not None:
            if (found := stored.get(label.copy_id)) is None:
                refused.append(Refused(label.line, f"there is no copy {label.copy_id}"))
                continue
            locale, raw = found.locale, found.raw
        if raw is None:
            refused.append(Refused(label.line, "a gate refuses the copy: it has no score"))
            continue
        by_locale[locale].append(Rating(raw, label.rating))
    return dict(sorted(by_locale.items())), refused


def compare(
    database: Database, by_locale: dict[str, list[Rating]], threshold: float, chart: Path, keep: bool
) -> list[Report]:
    """A report for each locale; with ``keep``, its calibration is in force from now on, where it is worth it.

    Raises RunInProgress: a run goes on under the calibration that it began with. Raises OSError for the picture.
    """
    reports = []
    for locale, ratings in by_locale.items():
        scores, said = [each.raw for each in ratings], [each.rating for each in ratings]
        found = agreement(scores, said, threshold)
        calibration, without = None, ""
        try:
            require_agreement(found)
            calibration = fit(scores, said, threshold)
        except NoCalibration as exc:
            without = str(exc)
        path = chart if len(by_locale) == 1 else chart.with_stem(f"{chart.stem}-{locale}")
        title = f"{locale}: {found.labels} ratings, {found.good} of them {threshold:g} or better"
        draw_curve(path, title, found, calibration)
        shown_anew = 0
        if keep and calibration is not None:
            with one_run_at_a_time(database):
                knots = Knots(calibration.raw, calibration.shown, threshold, len(ratings))
                shown_anew = save_calibration(database, locale, knots)
        reports.append(Report(locale, found, calibration, without, path, shown_anew))
    return reports
