"""A copy's lines as the checks read them, and the way back: which stored characters a normalised stretch came from.

Words can hide from a pattern behind letters of other scripts that look the same, accents or spaces; a line is read as
it would look without those, too.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from generation.reading.text import normal
from generation.records import Fields

_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁԛԝһıɑɡοανρυτικχВΑΒΕΖΗΙΚΜΝΟΡΤΥΧàáâãäåāçèéêëēìíîïīñòóôõöōøùúûüūýÿ",
    "aeopcyxijsdqwhiagoavputikxBABEZHIKMNOPTYXaaaaaaaceeeeeiiiiinooooooouuuuuyy",
)
_DISGUISE = re.compile("[аеорсухіјѕԁԛԝһıɑɡοανρυτικχàáâãäåāçèéêëēìíîïīñòóôõöōøùúûüūýÿ]")
# "b e s t", 免 费: a single letter or hanzi between separators, several times.
_SPREAD = re.compile(r"(?<![a-z0-9])[a-z](?:[ ._*·-][a-z]){3,}(?![a-z0-9])|[一-鿿](?:[ ._*·|/-]{1,2}[一-鿿])+")
_APART = re.compile(r"[ ._*-][a-z][ ._*-][a-z][ ._*-]")  # what _SPREAD finds in ASCII holds this
_BETWEEN = re.compile(r"[ ._*·|/-]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a field, stored and normalised."""

    field: str
    number: int  # in its field, from 0
    raw: str
    plain: str  # what facts.normal makes of it

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the stored line a stretch of the normalised one stands, whole characters."""
        if self.raw.isascii():
            return start, end
        ends = _ends(self.raw)
        if ends is None:
            return start, end
        if not ends or ends[-1][0] != len(self.plain):
            return 0, len(self.raw)  # letters that only join when they meet: rather all of the line than a wrong part
        first = next(each for each in ends if each[0] > start)
        last = next(each for each in ends if each[0] >= end)
        return first[1], last[2]

    def unmasked(self) -> Iterator[tuple[str, list[int]]]:
        """The line without what words hide behind, and from where in ``plain`` each character of that is."""
        seen = self.plain.translate(_LOOKALIKES)
        if seen != self.plain:
            yield seen, list(range(len(seen) + 1))
        # What letters spell is for no pattern to see, for where the words end is lost: `spread_letters` has those.
        dropped = {at for match in _SPREAD.finditer(seen) for at in range(*match.span()) if _BETWEEN.match(seen[at])}
        if dropped:
            kept = [at for at in range(len(seen)) if at not in dropped]
            yield "".join(seen[at] for at in kept), [*kept, len(seen)]

    def spread_letters(self) -> Iterator[tuple[int, int]]:
        """Where in ``plain`` single Latin letters stand apart, four or more of them."""
        return (match.span() for match in _SPREAD.finditer(self.plain) if match[0].isascii())


@lru_cache(maxsize=256)  # a line has several claims
def _ends(raw: str) -> list[tuple[int, int, int]] | None:
    """Where each character, with the marks that combine with it, ends in the normalised line, and where it stands.

    None where every character is one of the normalised line, as in nearly all lines.
    """
    widths = list(map(_width, raw))
    if max(widths, default=1) == min(widths, default=1) == 1:
        return None
    starts = [at for at, ch in enumerate(raw) if at == 0 or not unicodedata.combining(ch)]
    spans = list(zip(starts, [*starts[1:], len(raw)], strict=True))
    ends = accumulate(len(normal(raw[start:end])) for start, end in spans)
    return [(stop, *span) for stop, span in zip(ends, spans, strict=True)]


@cache
def _width(ch: str) -> int:
    """Of one character, normalised; of a mark that combines with others, none."""
    return 0 if unicodedata.combining(ch) else len(normal(ch))


def lines_of(fields: Fields) -> list[Line]:
    """Every line of a copy, in its order."""
    return [Line(name, at, raw, normal(raw)) for name, lines in fields.items() for at, raw in enumerate(lines)]


def may_hide(text: str) -> bool:
    """Whether a normalised text holds anything that a word could hide behind."""
    if text.isascii():
        return bool(_APART.search(text))
    return bool(_SPREAD.search(text) or _DISGUISE.search(text))
