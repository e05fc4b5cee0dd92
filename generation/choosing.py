"""Which of a brief's copies is selected: the best by score, set beside what is selected already and what is live.

A near copy of another, and one that begins as too many others of its category do, loses points for it; after the
choice, the others lose points for being like the chosen one, so that what comes next in line is something else. The
order of the briefs settles who came first; the result depends on nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from generation.calibration import Calibrations, shown
from generation.records import Brief, Candidate, Contest
from generation.scoring import note, rules, total
from generation.similarity import Likeness, Signature, alike

SAME = 0.9  # from this likeness on, the earlier of two texts stands for both in later comparisons


@dataclass(frozen=True, slots=True)
class Kin:
    """A copy that is selected or live, and whose it is."""

    copy_id: int
    signature: Signature = field(compare=False)
    campaign_id: int
    product_id: str
    segment_id: str
    subject_id: str = ""

    def belongs_to(self, brief: Brief) -> bool:
        """Whether it is an earlier copy for the same cell, whose place the new one takes."""
        return (self.campaign_id, self.product_id, self.segment_id, self.subject_id) == (
            brief.campaign.id,
            brief.product.id,
            brief.segment.id,
            brief.subject_id,
        )


@dataclass(slots=True)
class Around:
    """What some briefs' copies are set beside: the copies that share a band with them, how often lines begin so."""

    kin: dict[int, list[Kin]] = field(default_factory=dict)  # by band
    openings: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # locale, category, words; "": all copies

    def nearest(self, likeness: Likeness, brief: Brief) -> tuple[float, Kin | None]:
        """The copy most like this one, not counting the brief's own cell."""
        best, found, seen = 0.0, None, set[int]()
        for band in likeness.bands:
            for kin in self.kin.get(band, ()):
                if kin.copy_id in seen or kin.belongs_to(brief):
                    continue
                seen.add(kin.copy_id)
                share = alike(likeness.signature, kin.signature)
                if share > best:
                    best, found = share, kin
        return best, found

    def worn(self, likeness: Likeness, brief: Brief) -> tuple[float, str]:
        """The opening that most copies of the category share with this one: their share of all, and its words."""
        place = place_of(brief)
        copies = self.openings[*place, ""]
        if copies < rules()["opening_floor"]:
            return 0.0, ""
        return max(((self.openings[*place, words] / copies, words) for words in likeness.openings), default=(0.0, ""))

    def add(self, copy_id: int, likeness: Likeness, brief: Brief) -> bool:
        """Take a selected copy in; whether later ones are to be compared with it, and not with one much the same."""
        place = place_of(brief)
        self.openings.update([(*place, ""), *((*place, words) for words in likeness.openings)])
        if self.nearest(likeness, brief)[0] >= SAME:
            return False
        cell = brief.campaign.id, brief.product.id, brief.segment.id, brief.subject_id
        kin = Kin(copy_id, likeness.signature, *cell)
        for band in likeness.bands:
            self.kin.setdefault(band, []).append(kin)
        return True


def place_of(brief: Brief) -> tuple[str, str]:
    """Where openings are counted: the locale and the category."""
    return brief.locale, brief.product.category or ""


@dataclass(frozen=True, slots=True)
class Rescored:
    """A candidate set beside others or judged, and what is shown of its score."""

    candidate: Candidate
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a brief's candidates."""

    brief: Brief
    chosen: Candidate
    likeness: Likeness
    compared: bool  # whether later copies are compared with it
    rescored: tuple[Rescored, ...]


def rescore(
    candidate: Candidate, locale: str, calibrations: Calibrations | None, told: Sequence[tuple[str, float, str]]
) -> Rescored:
    """A candidate with further parts, each its name, its share and what it says in words."""
    raw = candidate.raw or 0.0
    if told:
        parts = {**candidate.parts, **{name: round(value, 4) for name, value, _ in told}}
        raw = total(parts)
        notes = (*candidate.notes, *(words for _, _, words in told))
        candidate = replace(candidate, raw=raw, parts=parts, notes=notes)
    return Rescored(candidate, shown(raw, locale, calibrations))


def choose(
    contest: Contest, likenesses: Sequence[Likeness], around: Around, calibrations: Calibrations | None = None
) -> Choice:
    """The best of a brief's candidates, beside what is around; it is then around for the next brief.

    ``likenesses`` are the candidates', in their order. Of equal scores the first attempt's first variant is chosen.
    """
    brief = contest.brief
    entries = []
    for candidate, likeness in zip(contest.candidates, likenesses, strict=True):
        beside = rescore(candidate, brief.locale, calibrations, _beside(likeness, brief, around))
        worth = beside.candidate.raw
        order = (0.0 if worth is None else -1.0 - worth, candidate.attempt, candidate.variant)
        entries.append((order, candidate, likeness, beside))
    entries.sort(key=lambda entry: entry[0])
    _, chosen, likeness, best = entries[0]
    changed = [best] if best.candidate is not chosen else []
    for _, before, other, beside in entries[1:]:
        share = alike(likeness.signature, other.signature)
        if (apart := _apart(share)) < beside.candidate.parts.get("apart", 1.0):
            words = note("apart", apart, f"copy {chosen.id}, which is selected for the same brief ({share:.0%})")
            beside = rescore(beside.candidate, brief.locale, calibrations, [("apart", apart, words)])
        if beside.candidate is not before:
            changed.append(beside)
    compared = around.add(chosen.id, likeness, brief)
    return Choice(brief, chosen, likeness, compared, tuple(changed))


def _beside(likeness: Likeness, brief: Brief, around: Around) -> list[tuple[str, float, str]]:
    told = []
    share, kin = around.nearest(likeness, brief)
    if kin is not None and (apart := _apart(share)) < 1.0:
        whose = ""
        if kin.product_id == brief.product.id:
            whose = " of the same product"
        elif kin.campaign_id == brief.campaign.id:
            whose = " of the same campaign"
        told.append(("apart", apart, note("apart", apart, f"copy {kin.copy_id}{whose} ({share:.0%})")))
    worn, words = around.worn(likeness, brief)
    quota: float = rules()["opening_quota"]
    if worn > quota:
        told.append(("opening", quota / worn, note("opening", quota / worn, f"'{words}', {worn:.0%} of its category")))
    return told


def _apart(share: float) -> float:
    """1 for a text that has little in common with another, 0 for the same text."""
    start: float = rules()["alike_from"]
    return 1.0 - max(0.0, share - start) / (1.0 - start)
