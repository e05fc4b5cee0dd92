"""What a campaign of life cycles says to each stage: what the model is told, and the words that a stage refuses.

The words are data, templates/stages.yaml. The gate that refuses them
is in ``generation.kinds.audiences``; which segment is at which stage is decided where segments are made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from generation.channels import Rule, rule_of, wording
from generation.records import STAGES, Brief


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of stages.yaml."""

    guidance: Mapping[str, str] = field(hash=False)  # by locale
    refuses: tuple[Rule, ...] = ()


@cache
def stages() -> Mapping[str, Stage]:
    """Every stage. Raises ValueError where the file has not just records.STAGES or asks for unknown wording."""
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / "stages.yaml").read_text("utf-8"))
    if set(loaded["stages"]) != set(STAGES):
        raise ValueError(f"templates/stages.yaml: the stages are {', '.join(STAGES)}")
    found = {}
    for name, entry in loaded["stages"].items():
        if unknown := sorted(set(entry["refuses"]) - set(loaded["wording"])):
            raise ValueError(f"templates/stages.yaml: {name} refuses the wording {unknown[0]!r}, which isn't there")
        rules = tuple(rule_of(rule) for refused in entry["refuses"] for rule in loaded["wording"][refused])
        found[name] = Stage(entry["guidance"], (*rules, *wording("watching")))
    return found


def stage_of(brief: Brief) -> Stage | None:
    """What holds for a brief's segment; None outside a campaign of life cycles, or where nobody knows the stage."""
    return stages().get(brief.segment.stage or "") if brief.campaign.life_cycle else None
