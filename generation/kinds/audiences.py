"""The gates for copy that speaks to a segment or of it: recommendations, personas, messages for a stage of life.

What a recommendation must take up, what a persona may rest on, what is for another stage. The words are data,
templates/kinds.yaml and stages.yaml; claims and numbers are the ledger's.
"""

import re
from collections.abc import Iterable

from generation.ledger.facts import names_the_product
from generation.reading.content import content_of, found, holds_word, patterns
from generation.reading.personal import first_names
from generation.reading.text import holds, normal
from generation.records import Fields, Rejection, Segment
from generation.shape import Context, broken, refusal, whole
from generation.stages import stage_of

_DIGIT = re.compile(r"\d")


def stage_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nothing that is for another stage of a customer's life, and nothing that tells of watching anybody."""
    stage = stage_of(context.brief)
    if stage is None:
        return None
    for name, lines in fields.items():
        for line in lines:
            for rule, words in broken(stage.refuses, line, context):
                told = f"{name} holds {rule.says}, {words!r}"
                return refusal("stage", f"{told}, for a segment of the stage {context.brief.segment.stage}", line)
    return None


def recommendation_gate(fields: Fields, context: Context) -> Rejection | None:
    """A recommendation names its product and takes up something of its audience's."""
    if context.channel.channel != "recommendation":
        return None
    text, segment = normal(whole(fields)), context.brief.segment
    if not names_the_product(text, context.facts):
        return Rejection("audience", "the recommendation names neither the product nor its brand")
    if not any(_takes_up(text, phrase) for phrase in (*segment.interests, *segment.needs, segment.name)):
        return refusal("audience", f"nothing of it speaks to the audience {segment.name!r}", whole(fields))
    return None


def _takes_up(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase, or a content word of it."""
    plain = normal(phrase)
    return holds(text, plain) or any(holds_word(text, word) for word in content_of(plain))


def persona_gate(fields: Fields, context: Context) -> Rejection | None:
    """A persona is a type: nobody's name or age, nothing sensitive, and each like and need is the segment's own."""
    if context.channel.about != "persona":
        return None
    segment, own = context.brief.segment, context.facts.text
    for name, lines in fields.items():
        for line in lines:
            if problem := _about_a_person(name, line, own):
                return refusal("persona", f"the persona's {name} holds {problem}", line)
    for name, phrases in (("likes", segment.interests), ("needs", segment.needs)):
        for line in fields.get(name, ()):
            if phrases and not _rests_on(line, phrases):
                told = "interests" if name == "likes" else "needs"
                return refusal("persona", f"the persona's {name} hold what is none of the segment's {told}", line)
            if not phrases and not _rests_on(line, _all_of(segment)):
                return refusal("persona", f"the persona's {name} hold what the segment's record doesn't", line)
    return None


def _about_a_person(name: str, line: str, own: str) -> str | None:
    """What of a line is of one person, or is nobody's to guess."""
    plain = normal(line)
    if name == "name" and (someone := first_names().search(line)):
        return f"a person's name, {someone[0]!r}"
    if name == "name" and (digit := _DIGIT.search(line)) and digit[0] not in own:
        return "a number, which no type has"
    if name != "avoid" and (match := found(plain, "personas", "sensitive")):
        return f"what nobody may guess of people, {match[0]!r}"
    for pattern in patterns("personas", "guessed"):
        for match in pattern.finditer(plain):
            if not holds(own, match[0]):
                return f"an age, a sex or a share that the segment's record doesn't hold, {match[0]!r}"
    return None


def _rests_on(line: str, phrases: Iterable[str]) -> bool:
    return any(_takes_up(normal(line), phrase) for phrase in phrases)


def _all_of(segment: Segment) -> tuple[str, ...]:
    return (*segment.interests, *segment.needs, segment.name)
