"""Channel specifications: the fields of each channel and their limits, read from ``templates/channels``.

Counting itself is in ``generation.counting``; judging a copy against a spec is in ``generation.checks``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LOCALES = ("en-US", "zh-CN")


class UnknownChannel(ValueError):
    """A channel name that no file in templates/channels describes."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a channel. A hard limit rejects; a soft one warns. Lengths are in the counter's unit."""

    name: str
    ask: int  # how many lines the prompt asks for; 0 leaves the field out of the prompt
    minimum: int
    maximum: int
    counter: str  # a name in generation.counting.COUNTERS
    guidance: Mapping[str, str] = field(hash=False)  # the limit in words, by locale, as the prompt says it
    hard_limit: int | None = None
    soft_limit: int | None = None
    forbidden: str = ""  # characters that the platform refuses in this field
    source_url: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """A limit on all the fields together, as push services have."""

    counter: str
    hard_limit: int
    source_url: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """Where copy runs: its fields in the order the prompt asks for them."""

    channel: str
    title: str
    fields: tuple[FieldSpec, ...]
    emoji: bool = False
    payload: Payload | None = field(default=None)


@cache
def channel_names() -> tuple[str, ...]:
    """Every channel that has a specification, sorted."""
    folder = files("templates") / "channels"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


@cache
def load_channel(name: str) -> Channel:
    """The specification of one channel.

    Raises UnknownChannel, naming the channels there are.
    """
    if name not in channel_names():
        raise UnknownChannel(f"no channel {name!r}; there are {', '.join(channel_names())}")
    spec: dict[str, Any] = yaml.safe_load((files("templates") / "channels" / f"{name}.yaml").read_text("utf-8"))
    fields = tuple(FieldSpec(**entry) for entry in spec.pop("fields"))
    payload = spec.pop("payload", None)
    return Channel(fields=fields, payload=Payload(**payload) if payload else None, **spec)
