"""The gate for text that says a thing again: loops, small words twice, sentences and bullets that come again."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from generation.reading.content import content_of
from generation.reading.text import holds, normal
from generation.records import Fields, Rejection
from generation.shape import Context, each_line, plain_whole, refusal

LOOP = re.compile(r"(.{2,40}?)(?:[\s,，、]{0,3}\1){2,}")
_SENTENCE_END = re.compile(r"[.!?。！？；;](?:\s|$)?")
_A_SENTENCE = 10  # hanzi
_SHORT_LOOP = re.compile(r"(.{3,6}?)(?:[\s,，、]{0,3}\1){2}")
_SHORTEST_LOOP = 6  # characters: three times the shortest phrase
_AT_ONCE = 2  # words
_LOOP_OF_TWO = re.compile(r"(..)[\s,，、]{0,3}\1[\s,，、]{0,3}\1")
# "That that" and "had had" are English, and "a" may be a grade's or a vitamin's letter.
_SMALL = ("the", "an", "and", "at", "by", "for", "from", "of", "or", "our", "to", "we", "with", "you", "your")
_NEVER_TWICE = tuple(f"{word} {word}" for word in _SMALL)
_PIECES = re.compile(r"[.!?]+(?: |$|(?=\n))|\n")
_SHORTEST_TWICE = 4  # words of a sentence that may not come again; a name or a refrain has fewer
_LISTS = frozenset({"bullet", "point", "first", "second", "likes", "needs"})


def repetition_gate(fields: Fields, context: Context) -> Rejection | None:
    """The text doesn't loop, and no small word stands twice, as in "for for big families"."""
    plain = plain_whole(fields)
    for twice in _NEVER_TWICE:
        if twice in plain and not holds(context.facts.text, twice):  # a part of other words, too, most often
            for name, line in each_line(fields):
                if holds(normal(line), twice):
                    return refusal("repetition", f"{name} says {twice!r}", line)
    if twice_told := _says_again(plain, fields, context):
        return twice_told
    for name, line in each_line(fields):
        if not may_loop(line.lower()):
            continue
        for match in LOOP.finditer(line.lower()):
            if normal(match[0]).strip() not in context.facts.text:
                return refusal("repetition", f"{name} repeats {match[1].strip()!r}", line)
    for name, line in each_line(fields):
        if not line.isascii() and (said := _said_twice(line)):
            return refusal("repetition", f"{name} repeats {said!r}", line)
    return None


def _said_twice(line: str) -> str | None:
    """A Chinese sentence that a line has twice, word for word; short ones may be a refrain."""
    # Whatever is so long and comes again has the whole of a piece half as long, which comes again as well.
    half, find = _A_SENTENCE // 2, line.find
    if all(find(line[at : at + half], at + half) < 0 for at in range(0, len(line) - 3 * half + 1, half)):
        return None
    long = [part for each in _SENTENCE_END.split(line) if len(part := each.strip()) >= _A_SENTENCE]
    return next((part for at, part in enumerate(long) if part in long[:at]), None)


def _says_again(plain: str, fields: Fields, context: Context) -> Rejection | None:
    """An English sentence that comes again, and a bullet that only turns another one's words round."""
    spaces = _SHORTEST_TWICE - 1
    many = plain.count(" ") >= 2 * spaces
    pieces = [piece for piece in _PIECES.split(plain) if piece.count(" ") >= spaces] if many else []
    if len(set(pieces)) < len(pieces) and context.channel.about not in ("comparison", "reviews"):
        lines = Counter(normal(line) for _, line in each_line(fields))
        for name, line in each_line(fields):
            whole_line, said = normal(line), Counter(_PIECES.split(normal(line)))
            again = [piece for piece, times in said.items() if times > 1] + [whole_line] * (lines[whole_line] > 1)
            for piece in again:
                if piece.count(" ") >= _SHORTEST_TWICE - 1 and not holds(context.facts.text, piece):
                    return refusal("repetition", f"{name} says {piece!r} again", line)
    for name in _LISTS.intersection(fields):
        seen: set[frozenset[str]] = set()
        for line in fields[name]:
            words = frozenset(content_of(normal(line)))
            if len(words) > 1 and words in seen:
                return refusal("repetition", f"{name} says the same as another line of it", line)
            seen.add(words)
    return None


def may_loop(line: str) -> bool:
    """Whether a line may hold a loop: far cheaper than trying every phrase at every place.

    English that goes round says a word again, or goes round within a word; "than an ant" does neither.
    """
    if not line.isascii():
        return _seems_to_loop(line)
    words = line.replace(",", " ").split()
    if len(set(words)) < len(words) and _comes_round(words):
        return _seems_to_loop(line)
    return any(len(word) >= _SHORTEST_LOOP and _loops_inside(word) for word in words)


def _comes_round(words: Sequence[str]) -> bool:
    """Whether a word comes again at once, or after the word that it came after."""
    last: dict[str, int] = {}
    for at, word in enumerate(words):
        before = last.get(word)
        if before is not None and (at - before <= _AT_ONCE or (before and words[at - 1] == words[before - 1])):
            return True
        last[word] = at
    return False


@lru_cache(maxsize=65536)  # copy is made of few words
def _loops_inside(word: str) -> bool:
    return LOOP.search(word) is not None


def _seems_to_loop(line: str) -> bool:
    """The same by counting its characters.

    In a phrase of three to six characters two stand whole from its first even place on, and come three times within
    twenty. In one of seven or more, four stand from its first multiple of four on; they come again after the phrase and
    at most three characters between, and with them all that is left of the phrase.
    """
    count, find = line.count, line.find
    for at in range(0, len(line) - 5, 2):
        if count(line[at : at + 2], at, at + 20) > 2 and (
            _SHORT_LOOP.match(line, at) or (at and _SHORT_LOOP.match(line, at - 1))
        ):
            return True
    for at in range(0, len(line) - 16, 4):
        again = find(line[at : at + 4], at + 7, at + 47)
        while again >= 0:
            left = max(4, again - at - 6)
            if line[at : at + left] == line[again : again + left]:
                return True
            again = find(line[at : at + 4], again + 1, at + 47)
    return _LOOP_OF_TWO.search(line) is not None
