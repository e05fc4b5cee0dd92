"""A copy's claims → what the page marks in its lines and lists beneath them.

Finding claims and tying them to their support is ``generation``'s; no HTML here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from generation.records import Claim, Fields

_WORDS = {"supported": "supported", "unsupported": "unsupported", "warned": "look at this"}
_WORST_FIRST = ("unsupported", "warned", "supported")


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """One claim with its number on the page; ``words`` say its verdict and what it rests on."""

    number: int
    claim: Claim
    words: str

    @property
    def verdict(self) -> str:
        return self.claim.verdict


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line. ``claims`` are those it belongs to, the worst first; ``ends`` are those that end with it."""

    text: str
    claims: tuple[ShownClaim, ...] = ()
    ends: tuple[ShownClaim, ...] = ()

    @property
    def verdict(self) -> str:
        return self.claims[0].verdict if self.claims else ""

    @property
    def title(self) -> str:
        return "; ".join(f"{shown.claim.kind}: {shown.words}" for shown in self.claims)


def shown_claims(claims: Sequence[Claim], fields: Fields) -> tuple[ShownClaim, ...]:
    """The claims that stand in these words, numbered: a person's edit may have taken some away."""
    standing = [claim for claim in claims if _stands(claim, fields)]
    return tuple(ShownClaim(number, claim, _in_words(claim)) for number, claim in enumerate(standing, 1))


def _stands(claim: Claim, fields: Fields) -> bool:
    lines = fields.get(claim.field, ())
    return claim.line < len(lines) and lines[claim.line][claim.start : claim.end] == claim.text


def _in_words(claim: Claim) -> str:
    rule = f", rule {claim.rule}" if claim.rule else ""
    support = f" by {claim.support}" if claim.support and claim.verdict == "supported" else ""
    return _WORDS[claim.verdict] + support + rule


def pieces(line: str, claims: Sequence[ShownClaim]) -> tuple[Piece, ...]:
    """A line cut where a claim begins or ends. Claims may overlap: a price within an offer."""
    cuts = sorted({0, len(line), *(edge for shown in claims for edge in (shown.claim.start, shown.claim.end))})
    found = []
    for start, end in pairwise(cuts):
        here = [shown for shown in claims if shown.claim.start <= start and end <= shown.claim.end]
        here.sort(key=lambda shown: _WORST_FIRST.index(shown.verdict))
        found.append(Piece(line[start:end], tuple(here), tuple(s for s in here if s.claim.end == end)))
    return tuple(found) or (Piece(line),)


def tally(claims: Sequence[ShownClaim]) -> str:
    """How many claims of each verdict, in words: "5 claims: 1 unsupported, 4 supported"; empty for none."""
    if not claims:
        return ""
    counts = [(verdict, sum(shown.verdict == verdict for shown in claims)) for verdict in _WORST_FIRST]
    words = {**_WORDS, "warned": "to look at"}
    said = ", ".join(f"{count} {words[verdict]}" for verdict, count in counts if count)
    return f"{len(claims)} {'claim' if len(claims) == 1 else 'claims'}: {said}"
