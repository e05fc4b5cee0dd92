"""What customers ask and write, before it is kept: nobody's data stays in it, and nothing that speaks to a model.

What such words are is for ``generation.reading.personal`` and ``generation.reading.injection`` to say; who wrote them
is never read.
"""

from dataclasses import dataclass, field

from generation.reading.injection import without_instructions
from generation.reading.personal import cleaned, locale_of

SHOWN = 20  # lines of what was taken out


@dataclass(slots=True)
class Screen:
    """Takes out what may not be kept, and remembers of what: of a hundred thousand, only of the first."""

    shown: list[str] = field(default_factory=list)
    more: int = 0

    def keep(self, number: str, text: str) -> str:
        """What may be kept of a question's or a review's words, as one line; empty: nothing."""
        kept, kinds = cleaned(text, locale_of(text), "")
        # Nameless: "Can you wash it?" and "Tell me more" are asked of the shop here, and stay.
        cut = without_instructions(kept)
        words = " ".join(cut.text.split())
        if words and (kinds or cut.sentences):
            told = [*kinds, "orders for a model"] if cut.sentences else kinds
            self._tell(f"taken out of {number}: {', '.join(told)}")
        return words

    def _tell(self, told: str) -> None:
        if len(self.shown) < SHOWN:
            self.shown.append(told)
        else:
            self.more += 1
