"""What a copy may state: the numbers, words and names in its product's record and its campaign's offer.

Only what the prompt showed counts; a segment's text supports no claim about a product.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from generation.numbers import Stated, agree, numbers_in, unit_of_name
from generation.prompts import clean, product_view
from generation.records import Brief

_LATIN = re.compile(r"[a-z][a-z'&-]*")


@dataclass(frozen=True, slots=True)
class Facts:
    """What supports a copy, normalised for matching (NFKC, lower case)."""

    text: str  # everything the prompt told of the product, and the offer
    names: str  # title, brand and offer: words in these are names or promises made by people, not by the model
    numbers: tuple[Stated, ...]
    words: frozenset[str]  # Latin words of the text
    brand: str
    title: str
    values: tuple[str, ...]  # attributes' values and the price, as the prompt shows them

    def support(self, stated: Stated) -> bool:
        """Whether a number stands in the record with the unit that it is given."""
        return any(agree(stated, known) for known in self.numbers) or (
            bool(stated.parts) and all(self.support(part) for part in stated.parts)
        )


def normal(text: str) -> str:
    """For matching only: NFKC makes ％ and ￥ plain, and would alter ㎡ or ™ in text for people."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).lower()


def holds(text: str, phrase: str) -> bool:
    """Whether a normalised text holds a phrase as whole words: "smart" holds no "art". Chinese words have no ends."""
    start = text.find(phrase) if phrase else -1
    while start >= 0:
        if not (_inside_word(text, start) or _inside_word(text, start + len(phrase))):
            return True
        start = text.find(phrase, start + 1)
    return False


def _inside_word(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at + 1]
    return len(around) == 2 and around.isascii() and around.isalnum()


def facts_of(brief: Brief) -> Facts:
    """The facts of a brief's product and offer, computed once for all its segments and variants."""
    view = product_view(brief.product, brief.locale)
    offer = clean(brief.campaign.offer or "", 200)
    return _facts(
        view["title"], view["brand"] or "", view["category"] or "", view["price"] or "", view["description"] or "",
        tuple(view["attributes"]), offer,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _facts(
    title: str, brand: str, category: str, price: str, description: str, attributes: tuple[tuple[str, str], ...],
    offer: str,
) -> Facts:  # fmt: skip
    told = [normal(text) for text in (title, brand, category, price, description)]
    named = [(normal(name), normal(value)) for name, value in attributes]
    text = " \n".join((*told, *(f"{name}: {value}" for name, value in named), normal(offer)))
    return Facts(
        text=text,
        names=normal(" \n".join((title, brand, offer))),
        numbers=tuple(_known_numbers(told, named, normal(offer))),
        words=frozenset(_LATIN.findall(text)),
        brand=normal(brand),
        title=normal(title),
        values=tuple(value for value in (*(value for _, value in named), normal(price)) if value),
    )


def _known_numbers(told: list[str], named: list[tuple[str, str]], offer: str) -> Iterator[Stated]:
    for text in told:
        for stated in numbers_in(text):
            yield from (stated, *stated.parts)
    for name, value in named:
        yield from numbers_in(name)
        unit = unit_of_name(name)
        for stated in numbers_in(value):
            yield replace(stated, unit=stated.unit or unit)
            yield from stated.parts
    for stated in numbers_in(offer):
        yield replace(stated, unit="off") if stated.unit == "%" else stated
        yield from stated.parts
