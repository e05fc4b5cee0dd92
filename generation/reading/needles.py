"""A first look for many patterns at once: the literals of which a text must hold one, or no pattern can match it.

Four hundred policy patterns tried one by one cost milliseconds a copy; most copy holds none of their words, and that
is seen in about two microseconds. A hit proves nothing: the pattern itself decides, in ``generation.ledger.policies``.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import product
from typing import Any

from ahocorasick_rs import AhoCorasick
from pydantic_core import SchemaValidator, core_schema

# The parser of `re` has no public name; its tree has been the same for many versions, and the tests compare what is
# made of it with the patterns themselves.
from re import _constants as kinds  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip

MOST = 200  # literals of one piece of a pattern; more would say no more
_DIGITS = "0123456789"  # what NFKC leaves of them; the language gate refuses those of other scripts
_SPACES = " \n"  # what NFKC leaves of white space; the characters gate refuses tabs
_CATEGORIES = {kinds.CATEGORY_DIGIT: _DIGITS, kinds.CATEGORY_SPACE: _SPACES}
_WIDEST_CLASS = 16

# Words that are in so much copy that looking for them saves nothing. Only speed hangs on which these are.
_COMMON = frozenset(
    ("a", "all", "an", "and", "are", "as", "at", "by", "end", "for", "from", "get", "has", "in", "is", "it",
     "made", "more", "new", "now", "of", "off", "on", "one", "only", "or", "our", "out", "save", "so", "than",
     "that", "the", "this", "to", "up", "was", "we", "with", "you", "your", "一", "不", "专", "买", "产品",
     "人", "你", "元", "出", "品", "多", "大", "好", "您", "打", "折", "是", "有", "用", "的", "省", "第",
     "送", "顾客")
)  # fmt: skip

Needles = frozenset[str]


@cache
def needles(pattern: re.Pattern[str]) -> Needles | None:
    """Literals of which any match holds one; None when there are no such literals."""
    if pattern.flags & re.IGNORECASE:
        return None
    exact, some = _sequence(parser.parse(pattern.pattern))
    return _better(some, exact)


class Index:
    """Patterns by the literals of which each match holds one: a single pass of a text finds those that may match it.

    Raises ValueError for a pattern that has no such literals.
    """

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        filed: dict[str, list[int]] = {}
        for at, pattern in enumerate(patterns):
            for word in _shortest(pattern):
                filed.setdefault(word, []).append(at)
        self._owners = list(filed.values())
        self._literals = AhoCorasick(filed) if filed else None

    def likely(self, text: str) -> list[int]:
        """Which of the patterns may match a text, by their places in ascending order: each that does is among them."""
        if self._literals is None:
            return []
        hits = self._literals.find_matches_as_indexes(encodable(text), overlapping=True)
        return sorted({at for literal, _, _ in hits for at in self._owners[literal]}) if hits else []


@cache
def _shortest(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """A pattern's literals without those of which another is a part, which finds them as well. Raises ValueError."""
    found = needles(pattern)
    if found is None:
        raise ValueError(f"{pattern.pattern!r} has no literals to look for")
    return tuple(word for word in found if not any(part in found for part in _parts(word)))


def encodable(text: str) -> str:
    """A text without halves of surrogate pairs, which Rust knows none of; as long as it was."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def finder(patterns: Iterable[re.Pattern[str]]) -> Callable[[str], bool]:
    """Whether any of the patterns may match a text: never False when one does."""
    wanted = set[str]()
    for pattern in patterns:
        found = needles(pattern)
        if found is None:
            return lambda text: True
        wanted |= found
    if not wanted:
        return lambda text: False
    shortest = [word for word in wanted if not any(part in wanted for part in _parts(word))]
    # Rust's engine looks for all of them in one pass of the text; pydantic is a public way to it.
    literals = "|".join(re.escape(word).replace("\\ ", " ").replace("\\\n", "\n") for word in sorted(shortest))
    return SchemaValidator(core_schema.str_schema(pattern=literals, regex_engine="rust-regex")).isinstance_python


def _parts(word: str) -> Iterable[str]:
    """Every shorter piece of a word."""
    return (word[i:j] for i in range(len(word)) for j in range(i + 1, len(word) + 1) if j - i < len(word))


def _sequence(tokens: Sequence[Any]) -> tuple[Needles | None, Needles | None]:
    """Of a concatenation: all that it can match where that is few, and literals of which each match holds one."""
    run: Needles = frozenset({""})
    whole, some = True, None
    for kind, value in tokens:
        exact, inner = _node(kind, value)
        if exact is not None and len(run) * len(exact) <= MOST:
            run = frozenset(map("".join, product(run, exact)))
            continue
        whole, some = False, _better(_better(some, run), inner)
        run = frozenset({""}) if exact is None else exact
    return (run, some) if whole else (None, _better(some, run))


def _node(kind: Any, value: Any) -> tuple[Needles | None, Needles | None]:
    if kind is kinds.LITERAL:
        return frozenset({chr(value)}), None
    if kind in (kinds.AT, kinds.ASSERT, kinds.ASSERT_NOT):
        return frozenset({""}), None
    if kind is kinds.IN:
        return _class(value), None
    if kind is kinds.SUBPATTERN:
        return _sequence(value[3])
    if kind is kinds.ATOMIC_GROUP:
        return _sequence(value)
    if kind is kinds.BRANCH:
        return _branch([_sequence(branch) for branch in value[1]])
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        return _repeat(*value)
    return None, None


def _class(items: Sequence[Any]) -> Needles | None:
    """The characters of a class, where they are few."""
    found = set[str]()
    for kind, value in items:
        if kind is kinds.LITERAL:
            found.add(chr(value))
        elif kind is kinds.RANGE and value[1] - value[0] < _WIDEST_CLASS:
            found |= set(map(chr, range(value[0], value[1] + 1)))
        elif kind is kinds.CATEGORY and value in _CATEGORIES:
            found |= set(_CATEGORIES[value])
        else:
            return None
    return frozenset(found)


def _branch(branches: Sequence[tuple[Needles | None, Needles | None]]) -> tuple[Needles | None, Needles | None]:
    exacts = [exact for exact, _ in branches]
    if all(exact is not None for exact in exacts):
        together = frozenset(word for exact in exacts if exact for word in exact)
        if len(together) <= MOST:
            return together, None
    each = [_better(some, exact) for exact, some in branches]
    return None, None if None in each else frozenset(word for found in each if found for word in found)


def _repeat(least: int, most: Any, inside: Sequence[Any]) -> tuple[Needles | None, Needles | None]:
    exact, some = _sequence(inside)
    if exact is not None and most != kinds.MAXREPEAT and sum(len(exact) ** n for n in range(least, most + 1)) <= MOST:
        return frozenset("".join(words) for n in range(least, most + 1) for words in product(exact, repeat=n)), None
    return None, _better(some, exact) if least else None


def _better(one: Needles | None, other: Needles | None) -> Needles | None:
    """The rarer of two sets. An empty literal, which every text has, is none."""
    usable = [found for found in (one, other) if found and "" not in found]
    return max(usable, key=_rarity, default=None)


def _rarity(found: Needles) -> tuple[int, int, float]:
    """The least rare of its literals first; then by the length of the shortest literal, and of all."""
    lengths = [len(word.encode()) for word in found]
    return min(map(_rank, found)), min(lengths), sum(lengths) / len(lengths)


def _rank(word: str) -> int:
    """0 of what stands in nearly every text, 1 of a common word or a single sign, 2 of others."""
    kept = word.strip()
    if not kept or kept in ".,-" or kept.isdigit():
        return 0
    return 1 if kept in _COMMON or (kept.isascii() and (len(kept) < 2 or not any(map(str.isalpha, kept)))) else 2
