"""Category names of a stock system → words that read naturally in a prompt, and which categories stay out of it.

The wording itself is data, in audience_words.yaml. Which people belong to an audience is sql.transactions's.
"""

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

CATEGORY_CHARACTERS = 60


@cache
def wording() -> dict[str, Any]:
    """audience_words.yaml, read once."""
    loaded: dict[str, Any] = yaml.safe_load((files("sql") / "audience_words.yaml").read_text("utf-8"))
    return loaded


def in_words(category: str) -> str | None:
    """``REFRGRATD JUICES/DRNKS`` → ``refrigerated juices and drinks``; None for what must or can say nothing.

    Those are the sensitive categories (health, belief, origin, …), and ``MISC``, coupons and the like.
    """
    leaf = " ".join(re.split(r"\s*[>»›]\s*", category.strip())[-1].split())
    words = str(wording()["phrases"].get(leaf.lower()) or _spelled(leaf))
    if len(words) > CATEGORY_CHARACTERS or not re.search(r"[^\W\d_]", words):
        return None
    anywhere, alone = _kept_out()
    if words in alone or any(anywhere.search(text.lower()) for text in (category, words)):
        return None
    return words


def protected_attribute(text: str) -> tuple[str, str] | None:
    """What a text says of people that no audience is put together by: the attribute's name and the words."""
    plain = unicodedata.normalize("NFKC", text).lower()
    for attribute, pattern in _protected().items():
        if match := pattern.search(plain):
            return attribute, match[0]
    return None


@cache
def _protected() -> dict[str, re.Pattern[str]]:
    return {attribute: _any_of(terms) for attribute, terms in wording()["protected"].items()}


def _any_of(terms: list[str]) -> re.Pattern[str]:
    latin = "|".join(re.escape(term) for term in terms if term.isascii())
    chinese = "|".join(re.escape(term) for term in terms if not term.isascii())
    return re.compile(rf"(?<![a-z])(?:{latin})(?![a-z])|{chinese}")


def _spelled(leaf: str) -> str:
    text = re.sub(r"\([^)]*\)", " ", leaf).strip()
    if " " not in text and re.search(r"\w[-_]\w", text) and "/" not in text:
        text = re.sub(r"[-_]", " ", text)  # a slug: home-garden
    head, *qualifiers = (part.strip() for part in re.split(r"\s+-\s*|\s*-\s+|:|(?<=S)-(?=ALL\b)", text))
    if qualifiers and qualifiers[0].lower() not in wording()["fillers"] and len(qualifiers[0].split()) <= 4:
        head = f"{qualifiers[0]} {head}"  # SOAP - LIQUID & BAR: in a sentence the qualifier stands first
    items = dict.fromkeys(filter(None, map(_worded, re.split(r"\s*(?:/|&|\+|,|\band\b)\s*", head, flags=re.I))))
    *first, last = items or ("",)
    if re.search(r"[\u4e00-\u9fff]", head):
        return "、".join(items)
    return f"{', '.join(first)} and {last}" if first else last


def _worded(item: str) -> str:
    shouted = item.upper() == item
    words = []
    for raw in item.split():
        word = raw.strip(".").lower()
        if word in wording()["fillers"]:
            continue
        # Short capitals in a name of mixed case are an acronym: TV accessories.
        acronym = raw.isupper() and len(raw) <= 4 and not shouted
        words.append(raw if acronym else wording()["abbreviations"].get(word, word))
    if len(words) > 1 and words[-1] in ("products", "items"):
        words.pop()
    return " ".join(words)


@cache
def _kept_out() -> tuple[re.Pattern[str], frozenset[str]]:
    sensitive = [term for terms in wording()["sensitive"].values() for term in terms]
    terms = [*sensitive, *wording()["meaningless"]]
    return _any_of(terms), frozenset(wording()["meaningless_alone"])
