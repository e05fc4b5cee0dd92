"""Channel specifications: the fields of each channel, their limits and rules, read from ``templates/channels``.

Counting itself is in ``generation.counting``; judging a copy against a spec is in ``generation.shape``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LOCALES = ("en-US", "zh-CN")
ABOUT = ("audience", "question", "comparison", "reviews", "persona")
"""A product for a segment; a customer's question about a product; two products; its reviews; a segment alone."""


class UnknownChannel(ValueError):
    """A channel name that no file in templates/channels describes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Words or signs that a field may not hold (or, among a channel's ``expects``, that it should)."""

    says: str  # for the reviewer: "promotes instead of naming the product"
    pattern: str  # a regular expression over the line, NFKC-normalised where it isn't ASCII
    unless: str = ""  # "named": the record's names hold the words; "in_name": with a word beside; "spelled": just so
    markets: tuple[str, ...] = ()  # only there; none: everywhere
    source_url: str | None = None
    verified_on: str | None = None
    sure: str | None = None


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a channel. A hard limit rejects; a soft one warns. Lengths are in the counter's unit."""

    name: str
    ask: int  # how many lines the prompt asks for; 0 leaves the field out of the prompt
    minimum: int
    maximum: int
    counter: str  # a name in generation.counting.COUNTERS
    guidance: Mapping[str, str] = field(hash=False)  # the limit in words, by locale, as the prompt says it
    of: str = ""  # of two products, whose facts it rests on: "product", "other"; empty: both
    hard_limit: int | None = None
    soft_limit: int | None = None
    shortest: int = 0  # a line of fewer warns
    some_within: int | None = None  # one line at least should be no longer: else a warning
    forbidden: str = ""  # characters that the platform refuses in this field
    forbidden_but_in_brand: bool = False  # a brand's own name may hold them
    charset: str | None = None  # the encoding that every character must be in, as "gbk"
    exclamations: int | None = None  # most exclamation marks that one line may hold
    word_limit: int | None = None  # how often one line may hold a word, small words aside
    small_words: tuple[str, ...] = ()
    distinct: bool = False  # no line twice, over all the channel's fields that are distinct
    in_order: bool = False  # a line may be filled only where the one before it is
    refuses: tuple[Rule, ...] = ()
    warns: tuple[Rule, ...] = ()
    source_url: str | None = None
    verified_on: str | None = None  # when the source was last looked up, as 2026-11-25; None: it wasn't
    sure: str | None = None  # S the platform's own page, s others' pages, M from memory, D this project's own choice


@dataclass(frozen=True, slots=True)
class Payload:
    """A limit on all the fields together, as push services have."""

    counter: str
    hard_limit: int
    source_url: str | None = None
    verified_on: str | None = None
    sure: str | None = None


@dataclass(frozen=True, slots=True, eq=False)  # there is one of each: no need to hash all of its rules for every draft
class Channel:
    """Where copy runs: its fields in the order the prompt asks for them."""

    channel: str
    title: str
    fields: tuple[FieldSpec, ...]
    about: str = "audience"  # one of ABOUT: which rows a brief is made of
    emoji: bool = False
    exclamations: int | None = None  # most exclamation marks in all the fields together
    payload: Payload | None = None
    expects: tuple[Rule, ...] = ()  # what the whole copy should hold: else a warning


@cache
def channel_names() -> tuple[str, ...]:
    """Every channel that has a specification, sorted. A file whose name begins with _ holds what several share."""
    names = (entry.name for entry in (files("templates") / "channels").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml") and name[0] != "_"))


@cache
def load_channel(name: str) -> Channel:
    """The specification of one channel.

    Raises UnknownChannel, naming the channels there are, and ValueError where the file asks for unknown wording.
    """
    if name not in channel_names():
        raise UnknownChannel(f"no channel {name!r}; there are {', '.join(channel_names())}")
    spec, shared = _read(name), _read("_wording")
    payload = spec.pop("payload", None)
    return Channel(
        fields=tuple(_field(name, entry, shared) for entry in spec.pop("fields")),
        payload=Payload(**payload) if payload else None,
        expects=tuple(rule_of(entry) for entry in spec.pop("expects", ())),
        **spec,
    )


@cache
def wording(name: str) -> tuple[Rule, ...]:
    """One of the sets of ``_wording.yaml``. Raises ValueError for an unknown one."""
    return tuple(_wording("a campaign", (name,), _read("_wording")["wording"]))


def rule_of(entry: Mapping[str, Any]) -> Rule:
    """A rule as a file of templates has it."""
    return Rule(**{**entry, "markets": tuple(entry.get("markets", ()))})


def _read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / "channels" / f"{name}.yaml").read_text("utf-8"))
    return loaded


def _field(channel: str, entry: Mapping[str, Any], shared: Mapping[str, Any]) -> FieldSpec:
    rules = {
        kind: tuple(_wording(f"{channel}.{entry['name']}", entry.get(kind, ()), shared["wording"]))
        for kind in ("refuses", "warns")
    }
    small = tuple(shared["small_words"]) if "word_limit" in entry else ()
    return FieldSpec(**{**entry, **rules, "small_words": small})


def _wording(where: str, names: Iterable[str], sets: Mapping[str, Any]) -> Iterable[Rule]:
    """The rules of some named sets. Their source, where a rule has none of its own, is the set's."""
    for name in names:
        if name not in sets:
            raise ValueError(f"templates/channels: {where} asks for the wording {name!r}; there is {', '.join(sets)}")
        about = {key: value for key, value in sets[name].items() if key != "rules"}
        for entry in sets[name]["rules"]:
            yield rule_of({**about, **entry})
