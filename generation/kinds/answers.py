"""The gate for answers to customers' questions: an answer rests on the product's record, or says that it is silent.

The question is no fact. What a question asks for is told by its content words and the measures it names; numbers and
claims of the answer are the ledger's. Reads words, not meaning: an answer may still miss the question's point.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generation.ledger.facts import Facts
from generation.ledger.lexicon import lexicon
from generation.prompts import question_text
from generation.reading.content import SENTENCE, content_of, found, holds_word, words_of_kinds
from generation.reading.numbers import numbers_in
from generation.reading.text import holds, normal
from generation.reading.units import measure_of
from generation.records import Fields, Rejection
from generation.shape import Context, refusal, whole

_ATTRIBUTE = "products.attributes."
_GENERAL = frozenset({"size"})
_CLAUSE = re.compile(r"[;,。,;:!?\n]+|\.\s")

_RECORD_CLAUSE = re.compile(r"[;,。,;!?\n]+|\.\s")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks for, and what the record has of it."""

    words: tuple[str, ...]  # content words, less the product's own name
    silent: tuple[str, ...]  # those that the record doesn't speak of
    told: bool  # the record speaks of what is asked for
    held: bool  # and says the very thing: asked "is it oak?" of an oak stool
    negative: bool  # and says no


def answer_gate(fields: Fields, context: Context) -> Rejection | None:
    """An answer tells what the record does, or says that it doesn't tell."""
    if context.channel.about != "question":
        return None
    question, facts = normal(question_text(context.brief)), context.facts
    asked, text = _asked(question, facts), normal(whole(fields))
    if not asked.words and not asked.told:
        return Rejection("answer", "the question asks for nothing that an answer could tell; leave it to a person")
    sentences = [sentence for sentence in SENTENCE.split(text) if sentence]
    admitted = [bool(found(sentence, "answers", "admits")) for sentence in sentences]
    opening = sentences[0] if sentences else ""
    affirms, denies = bool(found(opening, "answers", "affirms")), bool(found(opening, "answers", "denies"))
    if affirms and admitted and admitted[0]:
        affirms = False
    if (affirms or denies) and not asked.told and not (denies and admitted[0]):
        side = "yes" if affirms else "no"
        return refusal("answer", f"the answer says {side} to what the record doesn't speak of", whole(fields))
    if affirms and asked.told and not asked.held:
        return refusal("answer", "the answer says yes, and the record tells another thing", whole(fields))
    if affirms and asked.held and asked.negative:
        return refusal("answer", "the answer says yes, and the record says no", whole(fields))
    if denies and asked.held and not asked.negative and found(question, "answers", "asks_yes_no"):
        return refusal("answer", "the answer says no, and the record says what is asked for", whole(fields))
    for sentence, honest in zip(sentences, admitted, strict=True):
        if not honest and (word := next((word for word in asked.silent if holds_word(sentence, word)), None)):
            told = f"the answer tells of {word!r}, which stands in the question and not in the record"
            return refusal("answer", told, whole(fields))
    free = [part for sentence, honest in zip(sentences, admitted, strict=True) for part in _free(sentence, honest)]
    states = any(_states(part, facts) for part in free)
    if not any(admitted) and not states:
        told = "the answer states nothing of the record and doesn't say that the record doesn't tell"
        return refusal("answer", told, whole(fields))
    if any(admitted) and asked.told and not any(_meets(part, asked, facts) for part in free):
        return refusal("answer", "the answer says that the record doesn't tell, and it does", whole(fields))
    return None


def _free(sentence: str, honest: bool) -> Iterator[str]:
    """What a sentence says besides that the record doesn't tell."""
    parts = _CLAUSE.split(sentence) if honest else [sentence]
    return (part for part in parts if part and not (honest and found(part, "answers", "admits")))


def _asked(question: str, facts: Facts) -> _Asked:
    named = f"{facts.title} {facts.brand}"
    values = _record(facts)
    asks, spoken = _things_asked(question)
    told_things = [thing for thing in asks if _tells(thing, facts, values)]
    rest = question
    for said in spoken:
        rest = rest if said.isascii() else rest.replace(said, " ")  # 容量多大 holds no 量多
    wanted = tuple(
        word for word in content_of(rest)
        if not holds_word(named, word) and not any(holds_word(said, word) or word in said for said in spoken)
    )  # fmt: skip
    silent = tuple(word for word in wanted if not holds_word(values, word))
    by_kind = [word for word in silent if _kind_told(word, question, f"{named} \n{values}")]
    by_measure = [stated for stated in numbers_in(question) if stated.unit and _measured(stated.unit, facts)]
    measures = " ".join(stated.text for stated in by_measure)
    left = [word for word in silent if word not in by_kind and not holds_word(measures, word) and word not in measures]
    held = not silent and all(facts.support(stated) for stated in by_measure)
    told = bool(told_things or by_kind or by_measure or wanted) and not left and len(told_things) == len(asks)
    if not wanted and asks:
        held = told
    return _Asked(wanted or asks, tuple(left), told, held and told, held and _says_no(wanted or tuple(spoken), values))


def _things_asked(question: str) -> tuple[tuple[str, ...], list[str]]:
    """The measures and properties that a question names, and with which words."""
    asks: list[str] = []
    spoken: list[str] = []
    for name, told in words_of_kinds()["answers"]["asks"].items():
        words = [word for word in told["en"] if holds(question, word)] + [
            word for word in told["zh"] if word in question
        ]
        words += [match[0] for pattern in told.get("only", ()) if (match := re.search(pattern, question))]
        if words:
            asks.append(name)
            spoken += words
    # "How big is the capacity?" asks for one thing, and not for the size as well.
    exact = [name for name in asks if name not in _GENERAL]
    return tuple(exact or asks), spoken


def _tells(thing: str, facts: Facts, values: str) -> bool:
    """Whether the record has what a question asks for: its column, its name, or a number in one of its units."""
    told = words_of_kinds()["answers"]["asks"][thing]
    if column := told.get("column"):
        return any(source.column == f"products.{column}" and source.text for source in facts.sources)
    if facts.aspects.get(thing):
        return True
    if any(known.unit in told.get("units", ()) for known, _ in facts.numbers):
        return True
    if kind := told.get("lexicon"):
        words = lexicon()
        return any(words.kinds[word] == kind for word in words.known_in(values))
    return any(holds(values, word) for word in told["en"]) or any(
        word.removesuffix("吗") in values for word in told["zh"]
    )


def _kind_told(word: str, question: str, body: str) -> bool:
    """Whether a word is a material or a colour, and the record names another one of it."""
    words = lexicon()
    kinds = {words.kinds[known] for known in words.known_in(question) if word in known or known in word}
    for told in words_of_kinds()["answers"]["asks"].values():
        if word in told.get("also", ()):
            kinds.add(told["lexicon"])
    kinds &= {"material", "colour"}
    return any(words.kinds[known] in kinds for known in words.known_in(body))


def _measured(unit: str, facts: Facts) -> bool:
    return any(known.unit and measure_of(known.unit) == measure_of(unit) for known, _ in facts.numbers)


def _says_no(words: tuple[str, ...], values: str) -> bool:
    """Whether what the record says of the words is a no in every clause that holds one."""
    clauses = [part for part in _RECORD_CLAUSE.split(values) if any(holds_word(part, word) for word in words)]
    return bool(clauses) and all(found(clause, "answers", "negative") for clause in clauses)


def _record(facts: Facts) -> str:
    """What the record says besides what the product is called: an attribute with its name, all else by itself."""
    return " \n".join(
        f"{normal(source.column.removeprefix(_ATTRIBUTE))}: {source.text}"
        if source.column.startswith(_ATTRIBUTE)
        else source.text
        for source in facts.sources
        if source.text and source.column not in ("products.title", "products.brand")
    )


def _states(text: str, facts: Facts) -> bool:
    """Whether a text tells something of the record besides what the product is called."""
    named, told = f"{facts.title} {facts.brand}", _record(facts)
    if any(holds_word(told, word) for word in content_of(text) if not holds_word(named, word)):
        return True
    return any(stated.unit and facts.support(stated) for stated in numbers_in(text))


def _meets(text: str, asked: _Asked, facts: Facts) -> bool:
    """Whether a text tells of what is asked for: in a word of the question, or with a figure of the record."""
    if any(holds_word(text, word) for word in asked.words):
        return True
    return any(stated.unit and facts.support(stated) for stated in numbers_in(text))
