"""A text made ready for looking at: one spelling of what is written in several, whole words, singular nouns."""

import re
import unicodedata
from functools import lru_cache

_BETWEEN_NUMBERS = re.compile(r"(?<=\d)，(?=\d)")


def normal(text: str) -> str:
    """For matching only: NFKC makes ％ and ￥ plain, and would alter ㎡ or ™ in text for people."""
    return composed(text).lower()


def composed(text: str) -> str:
    """The text in NFKC, its capitals kept."""
    return text if text.isascii() else _composed(text)


@lru_cache(maxsize=256)  # a copy's gates and its score ask for the same few lines
def _composed(text: str) -> str:
    # A full-width comma parts two numbers (满500减60，599元) where a plain one may group digits.
    return unicodedata.normalize("NFKC", _BETWEEN_NUMBERS.sub("、", text))


def holds(text: str, phrase: str) -> bool:
    """Whether a normalised text holds a phrase as whole words: "smart" holds no "art". Chinese words have no ends."""
    start = text.find(phrase) if phrase else -1
    while start >= 0:
        if not (inside_word(text, start) or inside_word(text, start + len(phrase))):
            return True
        start = text.find(phrase, start + 1)
    return False


def inside_word(text: str, at: int) -> bool:
    """Whether a Latin word or a figure goes on at a place of a text."""
    around = text[max(0, at - 1) : at + 1]
    return len(around) == 2 and around.isascii() and around.isalnum()


def stem(word: str) -> str:
    """A noun without its plural's ending."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
