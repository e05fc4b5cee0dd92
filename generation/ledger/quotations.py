"""Quotations in a copy, where reviews are stored: each is one of those, word for word, or the record's own."""

import re
from collections.abc import Iterator

from generation.ledger.finding import Finding, Look, finding
from generation.reading.lines import Line
from generation.reading.text import holds, normal
from generation.records import Brief

QUOTE = re.compile('["“「『‘]')
_QUOTATION = re.compile(r"[\"“]([^\"“”]{6,400})[\"”]|[「『]([^」』]{6,400})[」』]|(?<![a-z])‘(.{12,400}?)’(?![a-z])")
_FEW_WORDS, _FEW_HANZI = 4, 7  # a quotation of fewer is a word in quotation marks
_HANZI = re.compile("[一-鿿]")


def quotations_in(line: Line, look: Look) -> Iterator[Finding]:
    """Quotations, where reviews are stored: each is one of those, word for word, or the record's own."""
    reviews = quotable(look.brief)
    for match in _QUOTATION.finditer(line.plain):
        words = _bare(match[match.lastindex or 0])
        if len(words.split()) < _FEW_WORDS and len(_HANZI.findall(words)) < _FEW_HANZI:
            continue
        source = look.facts.held_in(words)
        support = source.named(words) if source else None
        support = next(
            (f"{column}: {id}" for column, id, text in reviews if holds(_bare(normal(text)), words)), support
        )
        tell = "a quotation that is no stored review's, word for word"
        yield finding(line, "review", match.span(match.lastindex or 0), words, support, tell=tell)


def quotable(brief: Brief) -> list[tuple[str, str, str]]:
    """The reviews that a copy may quote: where they stand, their id and their words."""
    shown = brief.reviews.shown if brief.reviews else ()
    return [
        *(("claim_evidence", each.id, each.statement) for each in brief.evidence if each.kind == "review"),
        *(("reviews", each.id, each.text) for each in shown),
    ]


def _bare(words: str) -> str:
    """Words without the marks at their ends and with plain apostrophes."""
    return " ".join(words.replace("’", "'").split()).strip(" .,!?;:…。，！？；'\"“”")
