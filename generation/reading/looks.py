"""A quick look at a text before its patterns are tried: they without what looks around, by an engine that is fast.

Python's `re` tries each pattern at each place, which costs microseconds a line; Rust's engine sees in a fraction of one
that a text holds nothing of the kind, as most copy doesn't. It knows no lookarounds and no backreferences and takes
other characters for letters, so a hit proves nothing: the pattern itself decides. Of hundreds of patterns together,
which it would not be fast at, ``generation.reading.needles`` looks for the literals.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

# The parser of `re` has no public name; its tree has been the same for many versions, and the tests compare what is
# made of it with the patterns themselves.
from re import _constants as kinds  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip

_ANY = "(?s:.)"
_MOST = 8  # repeats that are counted; more make a large machine of a pattern and tell no more
# Lines are looked at one by one or all in one text: where one begins and ends, both do.
_PLACES = {
    kinds.AT_BEGINNING: "(?m:^)", kinds.AT_BEGINNING_STRING: "(?m:^)", kinds.AT_END: "(?m:$)",
    kinds.AT_END_STRING: "(?m:$)",
}  # fmt: skip
_CATEGORIES = {
    kinds.CATEGORY_DIGIT: r"\d", kinds.CATEGORY_NOT_DIGIT: r"\D", kinds.CATEGORY_SPACE: r"\s\x1c-\x1f",
    kinds.CATEGORY_NOT_SPACE: r"\S", kinds.CATEGORY_WORD: r"\w\p{N}", kinds.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def look_for(patterns: Iterable[re.Pattern[str]]) -> Callable[[str], bool]:
    """Whether any of the patterns may match a text, or a line of it: never False when one does."""
    tried = tuple(patterns)
    if not tried:
        return lambda text: False
    in_ascii, in_any = (search_for("|".join(_relaxed(pattern, wide) for pattern in tried)) for wide in (False, True))

    def may_hold(text: str) -> bool:
        return in_ascii(text) if text.isascii() else in_any(text) or not _is_text(text)

    return may_hold


def search_for(pattern: str) -> Callable[[str], bool]:
    """Whether a pattern of Rust's syntax is found in a text; pydantic is a public way to that engine."""
    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")
    try:
        return SchemaValidator(schema).isinstance_python
    except SchemaError:  # too large a machine: whatever the text, the pattern is tried
        return lambda text: True


_is_text = search_for("")  # half a surrogate pair isn't: Rust knows none, and finds nothing in a text with one


def _relaxed(pattern: re.Pattern[str], wide: bool) -> str:
    """A pattern in Rust's syntax that matches wherever it does; ``wide``: in texts that aren't ASCII as well."""
    ignoring = bool(pattern.flags & re.IGNORECASE)
    inside = _sequence(parser.parse(pattern.pattern, pattern.flags), wide, ignoring)
    return f"(?{'i' if ignoring else ''}:{inside})"


def _sequence(tokens: Sequence[Any], wide: bool, ignoring: bool) -> str:
    return "".join(_node(kind, value, wide, ignoring) for kind, value in tokens)


def _node(kind: Any, value: Any, wide: bool, ignoring: bool) -> str:
    if kind is kinds.LITERAL:
        return _class([(kind, value)], wide, ignoring) if wide and ignoring else _character(value)
    if kind is kinds.NOT_LITERAL:
        return _class([(kinds.NEGATE, None), (kinds.LITERAL, value)], wide, ignoring)
    if kind is kinds.IN:
        return _class(value, wide, ignoring)
    if kind is kinds.AT:
        # What is a word's character beyond ASCII the two engines don't agree on.
        return r"\b" if value is kinds.AT_BOUNDARY and not wide else _PLACES.get(value, "")
    if kind in (kinds.ASSERT, kinds.ASSERT_NOT):
        return ""
    if kind is kinds.SUBPATTERN:
        _, added, taken, inside = value
        ignoring = (ignoring or bool(added & re.IGNORECASE)) and not taken & re.IGNORECASE
        return f"(?{'i' if ignoring else '-i'}:{_sequence(inside, wide, ignoring)})"
    if kind is kinds.ATOMIC_GROUP:
        return f"(?:{_sequence(value, wide, ignoring)})"
    if kind is kinds.BRANCH:
        return f"(?:{'|'.join(_sequence(branch, wide, ignoring) for branch in value[1])})"
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        least, most, inside = value
        times = f"{min(least, _MOST)},{most if most is not kinds.MAXREPEAT and most <= _MOST else ''}"
        return f"(?:{_sequence(inside, wide, ignoring)}){{{times}}}"
    return _ANY if kind is kinds.ANY else f"{_ANY}*"  # the second: what a group held comes again


def _class(items: Sequence[tuple[Any, Any]], wide: bool, ignoring: bool) -> str:
    negated = items[0][0] is kinds.NEGATE
    told = []
    for kind, value in items[negated:]:
        if kind is kinds.LITERAL:
            told.append(_character(value))
        elif kind is kinds.RANGE and not any(0xD800 <= end <= 0xDFFF for end in value):
            told.append(f"{_character(value[0])}-{_character(value[1])}")
        elif kind is kinds.CATEGORY and not (wide and (negated or value is kinds.CATEGORY_NOT_WORD)):
            told.append(_CATEGORIES[value])
        else:
            return _ANY
    if wide and ignoring:
        if negated:
            return _ANY
        told.append("İı")  # of which Python makes an i where case is ignored
    return f"[{'^' if negated else ''}{''.join(told)}]"


def _character(code: int) -> str:
    return _ANY if 0xD800 <= code <= 0xDFFF else f"\\x{{{code:x}}}"
