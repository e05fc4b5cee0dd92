"""What customers ask and write, before it is kept: nobody's data stays in it, and nothing that speaks to a model.

What such words are is for ``generation.personal`` and ``generation.injection`` to say; who wrote them is never read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from generation.injection import without_instructions
from generation.personal import cleaned, locale_of
from sql.feeds.customers import QuestionSpec, ReviewSpec

SHOWN = 20  # words taken out are told of so often
_NOTHING_LEFT = "it holds personal data or orders for a model and nothing else"


@dataclass(slots=True)
class Screened:
    """What was taken out of the words that went by. A hundred thousand may: only the first are remembered."""

    shown: list[str] = field(default_factory=list)
    more: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  # id and reason

    def questions(self, specs: Iterator[QuestionSpec]) -> Iterator[QuestionSpec]:
        """Those of which something is left."""
        for spec in specs:
            if kept := self._kept(spec.question.id, spec.question.text):
                yield replace(spec, question=replace(spec.question, text=kept))

    def reviews(self, specs: Iterator[ReviewSpec]) -> Iterator[ReviewSpec]:
        """Those of which something is left."""
        for spec in specs:
            if kept := self._kept(spec.review.id, spec.review.text):
                yield replace(spec, review=replace(spec.review, text=kept))

    def _kept(self, number: str, text: str) -> str:
        kept, kinds = cleaned(text, locale_of(text), "")
        # Nameless: "Can you wash it?" and "Tell me more" are asked of the shop here, and stay.
        cut = without_instructions(kept)
        if kinds or cut.sentences:
            told = [*kinds, "orders for a model"] if cut.sentences else kinds
            self._tell(f"taken out of {number}: {', '.join(told)}")
        kept = " ".join(cut.text.split())
        if not kept:
            self.refused.append((number, _NOTHING_LEFT))
        return kept

    def _tell(self, told: str) -> None:
        if len(self.shown) < SHOWN:
            self.shown.append(told)
        else:
            self.more += 1
