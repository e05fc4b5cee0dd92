"""Instructions hidden in a product's text: the sentences that speak to the model, and copy that repeats one.

The phrases are data, templates/policies/injection.yaml. No list is whole: what slips through here still meets the gates
for addresses, numbers and claims. Control tokens and invisible characters are generation.prompts's.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import yaml

from generation.reading.looks import look_for

ECHO_WORDS = 4  # neighbouring words of a cut sentence that make an echo; all of them where it has fewer
ECHO_HANZI = 5
SHORTEST = 10  # characters of an instruction, half as many in Chinese: "45 cm" is none
_FENCE = re.compile(r"(?:```|~~~).*?(?:```|~~~|\Z)", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?;])[\"'”’)]?\s+|(?<=[。！？；])[”’」』）]?|\s*[\n\r|]+\s*")
_TOKEN = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?|[\u3400-\u9fff]")
_HANZI = re.compile("[\u3400-\u9fff]")
_COMMON = frozenset(
    """a an and are as at be by can for from has have in into is it its of on or our so that the this to was with you
    your all any more not no if we us me they their will do does what which who why how when where""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A text without the sentences that speak to the model, and those sentences."""

    text: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Phrases:
    """Of injection.yaml; each family in one expression."""

    overrides: re.Pattern[str]
    addressed: re.Pattern[str]
    tasks: re.Pattern[str]
    questions: re.Pattern[str]
    code: re.Pattern[str]


@cache
def _data() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load(
        (files("templates") / "policies" / "injection.yaml").read_text("utf-8")
    )
    return loaded


@cache
def _phrases() -> _Phrases:
    kinds = _Phrases.__dataclass_fields__
    return _Phrases(**{kind: re.compile("|".join(f"(?:{pattern})" for pattern in _data()[kind])) for kind in kinds})


@lru_cache(maxsize=1024)  # a product's briefs come one after another
def without_instructions(text: str, name: str | None = None) -> Cut:
    """A text without its sentences for the model.

    ``name`` is what the product is called that the text is about: questions about that stay. Without one the text is a
    name itself, which may be a question or a task ("Translate This! Card Game") and loses only what addresses a model.
    """
    if len(text) < (SHORTEST if text.isascii() else SHORTEST // 2):
        return Cut(text)
    cut: list[str] = []
    if fences := _FENCE.findall(text):
        cut += fences
        text = _FENCE.sub("\n", text)
    phrases, whole = _phrases(), _normal(text)
    may_address, may_be_code = _holds_one(whole, _data()["needles"]), _holds_one(whole, _data()["code_needles"])
    kept: list[str] = []
    overridden = False  # until the paragraph ends
    for sentence, ends_paragraph in _sentences(text):
        plain = _normal(sentence).strip()
        overridden = overridden or (may_address and bool(phrases.overrides.search(plain)))
        if plain and (
            overridden
            or (may_address and phrases.addressed.search(plain))
            or (name is not None and phrases.tasks.match(plain))
            or (name is not None and may_be_code and phrases.code.search(plain))
            or (name is not None and ("?" in plain or "？" in plain) and _is_off_topic(plain, name))
        ):
            cut.append(sentence.strip())
            if ends_paragraph and kept:
                kept.append("\n")
        else:
            kept.append(sentence)
        overridden = overridden and not ends_paragraph
    return Cut("".join(kept).strip(), tuple(cut)) if cut else Cut(text)


def _is_off_topic(question: str, name: str) -> bool:
    return bool(_phrases().questions.search(question)) and set(_content(_normal(name))).isdisjoint(_content(question))


def _holds_one(plain: str, needles: list[str]) -> bool:
    for needle in needles:  # noqa: SIM110 - any() takes three times as long, and this runs for every copy
        if needle in plain:
            return True
    return False


def _sentences(text: str) -> Iterator[tuple[str, bool]]:
    """Each sentence with the space behind it, and whether its paragraph ends with it."""
    at = 0
    for gap in _SENTENCE.finditer(text):
        if gap.end() > at:
            yield text[at : gap.end()], "\n" in gap[0] or "\r" in gap[0] or "|" in gap[0]
            at = gap.end()
    if at < len(text):
        yield text[at:], True


def may_instruct(plain: str) -> bool:
    """Whether a normalised copy may do so: a first look."""
    return _telling()(plain)


@cache
def _telling() -> Callable[[str], bool]:
    needles = (*_data()["copy_needles"], *_data()["copy_needles_zh"])
    return look_for([re.compile("|".join(map(re.escape, needles)))])


def instructs(text: str) -> str | None:
    """The words with which a copy speaks to a model instead of a customer, or None."""
    plain = _normal(text)
    if not may_instruct(plain):
        return None
    for pattern in (_phrases().overrides, _phrases().addressed):
        if match := pattern.search(plain):
            return match[0]
    return None


@dataclass(frozen=True, slots=True)
class Echoes:
    """The runs of words of the cut sentences that a copy may not repeat."""

    runs: frozenset[tuple[str, ...]]
    lengths: tuple[int, ...]

    def find(self, text: str) -> str | None:
        """The first run of a cut sentence's words in a copy, or None."""
        if not self.runs:
            return None
        tokens = _TOKEN.findall(_normal(text))
        for length in self.lengths:
            for at in range(len(tokens) - length + 1):
                run = tuple(tokens[at : at + length])
                if run in self.runs:
                    return ("" if _HANZI.match(run[0]) else " ").join(run)
        return None


@lru_cache(maxsize=256)
def echoes_of(sentences: tuple[str, ...], told: str) -> Echoes:
    """What a copy may not repeat of the cut sentences; what the rest of the record tells, too, it may."""
    runs: set[tuple[str, ...]] = set()
    known = _runs(_TOKEN.findall(_normal(told))) if sentences else set()
    for sentence in sentences:
        tokens = _TOKEN.findall(_normal(sentence))
        wanted = 2 if sentence.rstrip().endswith(("?", "？")) else 1  # "why choose us?" stands in any shop
        runs |= {run for run in _runs(tokens) if _HANZI.match(run[0]) or len(set(run) - _COMMON) >= wanted} - known
    return Echoes(frozenset(runs), tuple(sorted({len(run) for run in runs})))


def _runs(tokens: list[str]) -> set[tuple[str, ...]]:
    length = ECHO_HANZI if tokens and sum(map(bool, map(_HANZI.match, tokens))) * 2 > len(tokens) else ECHO_WORDS
    length = min(length, len(tokens))
    return {tuple(tokens[at : at + length]) for at in range(len(tokens) - length + 1)} if length > 1 else set()


def _content(plain: str) -> Iterator[str]:
    return (word for word in _TOKEN.findall(plain) if word not in _COMMON and (len(word) > 2 or _HANZI.match(word)))


def _normal(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()
