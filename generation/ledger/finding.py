"""A claim of a copy's line, with what is to be told of it; and what finding claims needs besides the line."""

from dataclasses import dataclass, replace

from generation.ledger.facts import Facts
from generation.ledger.lexicon import Lexicon
from generation.ledger.policies import Policy, Rule
from generation.reading.lines import Line
from generation.records import Brief, Claim

NUMBERS = "numbers"  # the gate that a number's refusal goes by; all else goes by CLAIMS
CLAIMS = "claims"


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim, and what is to be told of it where nothing supports it."""

    claim: Claim
    line: str
    tell: str = ""
    gate: str = CLAIMS
    blocked: bool = False  # no evidence would help

    @property
    def refused(self) -> bool:
        """Whether the copy can't run with it."""
        return self.claim.verdict == "unsupported"


@dataclass(frozen=True, slots=True)
class Look:
    """What finding needs besides the line."""

    brief: Brief
    facts: Facts
    words: Lexicon
    policy: Policy
    whole: str  # every line of the copy, normalised


def finding(
    line: Line, kind: str, span: tuple[int, int], value: str, support: str | None, *, tell: str, gate: str = CLAIMS,
    rule: Rule | None = None, warned: bool = False,
) -> Finding:  # fmt: skip
    """A claim at a span of a line as it is looked at, with the verdict that its support makes."""
    start, end = line.span(*span)
    verdict = "supported" if support is not None else "warned" if warned else "unsupported"
    claim = Claim(
        kind, line.field, line.number, start, end, line.raw[start:end], value, verdict, support,
        rule.id if rule else None,
    )  # fmt: skip
    return Finding(claim, line.raw, tell, gate, rule is not None and rule.action == "block")


def placed(finding: Finding, line: Line, start: int, end: int) -> Finding:
    """The same finding at a place of the stored line."""
    return replace(finding, claim=replace(finding.claim, start=start, end=end, text=line.raw[start:end]))
