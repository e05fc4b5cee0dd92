"""Whether a copy may say that a thing is of a material: the record has it as more than a coat, a colour or a share.

What supports a word at all is ``generation.ledger.support``'s to say; this looks at how copy and record tell of it.
Plated metal sold as the metal itself misleads (16 CFR 23.3, the FTC's jewellery guides); so does a blend sold as pure.
"""

import re
from decimal import Decimal
from functools import lru_cache

from generation.ledger.facts import Facts
from generation.ledger.lexicon import Lexicon, Word
from generation.ledger.support import BLENDED, of_word
from generation.reading.text import holds

_NEAR = 28  # characters before a word that tell how it is meant
COLOUR, PLATING, COAT = "colour", "plating", "coat"
_AFTER = re.compile(
    r"[ -]?(?:(?P<colour>colou?red|colou?r\b|look\b|effect|style|tone|stain(?:ed)?\b|print(?:ed)?\b"
    r"|imitation|[色纹风调])"
    r"|(?P<plating>plat(?:ed|ing)\b|plate\b)"
    r"|(?P<coat>veneer|coat(?:ed|ing)?\b|finish(?:ed)?\b|lin(?:ed|ing)\b|laminat|贴皮|饰面|涂层|内衬))"
)
_BEFORE = re.compile(
    r"(?:(?P<plating>plated (?:in|with)|plating (?:of|in)|镀)"
    r"|(?P<coat>(?:coated|clad|covered|finished|lined|veneered|wrapped|dipped) (?:in|with)|(?:veneer|layer|coat) of))"
    r" ?(?:[\w-]+ ){0,2}\Z"
)
_COLUMN = re.compile(
    r"(?P<plating>plating|镀)|(?P<coat>coating|finish|veneer|lining|涂层|饰面|表面|内衬|贴皮)|(?P<colour>colou?r|stain|shade|print|色)"
)
# "Entirely from", 纯: all of it. "Solid", 整块: through and through.
_ALL = re.compile(
    r"(?:(?:\b(?:pure|purely|entirely|wholly|completely|fully|nothing but|all)|100 ?%)"
    r"(?:[ -](?:made )?(?:of|from|in|out of))?[ -](?:[a-z]+ )?|纯|(?<!安)全|百分百|100%)\Z"
)
_SOLID = re.compile(r"(?:\b(?:solid|massive|pure|real|genuine)[ -](?:[a-z]+ )?|整块|整张|整根|整片|通体|实心|纯)\Z")
_THROUGHOUT = re.compile(r" (?:through and through|throughout|all the way through)\b")
_MADE_OF = re.compile(
    r"\b(?:made|crafted|built|carved|cut|turned|cast|forged|hewn) (?:of|from|in|out of) (?:[a-z]+ ){0,2}\Z"
)
_CLAUSE_ENDS = re.compile(r"[.!?;:]")
_NEXT = re.compile(" ([a-z]{3,})")
_PLATED = re.compile(r"([a-z]+)[ -]plated|镀([一-鿿])")


def of_material(text: str, word: Word, lexicon: Lexicon, facts: Facts) -> str | None:
    """What supports a material where a normalised line tells of it, or None."""
    support = of_word(word.text, lexicon, facts)
    if support is None:
        return _of_plating(word.text, facts)
    layers, partly = _only_layers(word.text, lexicon, facts.text), in_part(word.text, facts)
    if not layers and not partly:
        return support
    near = max(0, word.start - _NEAR)
    if _AFTER.match(text, word.end) or _BEFORE.search(text, near, word.start):
        return support  # the copy itself says that it is a coat
    if partly and _ALL.search(text, near, word.start):
        return None
    if not layers:
        return support
    if layers == {PLATING} or word.text.startswith(("solid ", "pure ")) or _SOLID.search(text, near, word.start):
        return None
    if _THROUGHOUT.match(text, word.end):
        return None
    if COLOUR in layers and (word.text[0] > "\x7f" or _said_of_thing(text, word, near, facts)):
        return None
    return support


def of_readers_own(text: str, word: Word, lexicon: Lexicon, facts: Facts) -> bool:
    """Whether a material is that of what a reader wears or stands in: "wool gloves" where the record has no gloves."""
    thing = _NEXT.match(text, word.end)
    if thing is None or thing[1] not in lexicon.around:
        return False
    if any(known.startswith(thing[1].removesuffix("s")) for known in facts.words):
        return False
    begun = max((end.end() for end in _CLAUSE_ENDS.finditer(text, 0, word.start)), default=0)
    return lexicon.comes_with.search(text, max(begun, word.start - 2 * _NEAR), word.start) is None


def in_part(word: str, facts: Facts) -> bool:
    """Whether the record gives a word less than a hundred per cent, or calls the thing a blend."""
    return _in_part(word, facts.shares, facts.text)


@lru_cache(maxsize=512)
def _in_part(word: str, told: tuple[tuple[str, frozenset[Decimal]], ...], text: str) -> bool:
    shares = [values for of, values in told if of.startswith(word) or word.startswith(of)]
    return any(max(values) < 100 for values in shares) or (not shares and bool(BLENDED.search(text)))


def all_of_it(text: str, start: int) -> bool:
    """Whether a line says "entirely" or the like of what begins there."""
    return bool(_ALL.search(text, max(0, start - _NEAR), start))


def _said_of_thing(text: str, word: Word, near: int, facts: Facts) -> bool:
    following = _NEXT.match(text, word.end)
    return bool(_MADE_OF.search(text, near, word.start)) or (following is not None and following[1] in facts.things)


@lru_cache(maxsize=512)  # a product's copies say the same few words
def _only_layers(word: str, lexicon: Lexicon, text: str) -> frozenset[str]:
    """As what a record has a material, where it has it nowhere as what the thing is made of; else nothing."""
    layers = set[str]()
    for wanted in lexicon.says(word.removeprefix("solid ").removeprefix("pure ")):
        if len(wanted) < 2 or wanted not in text:
            continue
        for line in text.split("\n"):
            at = line.find(wanted)
            while at >= 0:
                layer = _layer(line, at, at + len(wanted))
                if layer is None:
                    return frozenset()
                layers.add(layer)
                at = line.find(wanted, at + 1)
    return frozenset(layers)


def _layer(line: str, start: int, end: int) -> str | None:
    """Of a word in a line of a record, an attribute's with its name, as what layer it stands there."""
    name, told_by_name, _ = line.partition(": ")
    told = (
        _AFTER.match(line, end)
        or _BEFORE.search(line, max(0, start - _NEAR), start)
        or (_COLUMN.search(name) if told_by_name and len(name) < min(start, _NEAR) else None)
    )
    return told.lastgroup if told else None


def _of_plating(word: str, facts: Facts) -> str | None:
    """What supports "gold-plated" where the record has "Plating: 18 ct gold"."""
    match = _PLATED.fullmatch(word)
    if match is None:
        return None
    metal = match[1] or match[2]
    for line in facts.text.split("\n"):
        at = line.find(metal)
        if at >= 0 and holds(line, metal) and _layer(line, at, at + len(metal)) == PLATING:
            source = facts.held_in(metal)
            return source.named(word) if source else None
    return None
