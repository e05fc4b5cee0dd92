"""Who made a thing and where, told by capitals: other makers' names, and places of making."""

import re
from collections.abc import Iterator

from generation.ledger.finding import Finding, Look, finding, placed
from generation.ledger.support import of_place
from generation.reading.lines import Line
from generation.reading.looks import look_for
from generation.reading.text import normal

_MARKED = re.compile(r"([\w'’-]+)\s?[®™]")
MADE_BY = re.compile(r"\bby [a-z]|品牌|tm\b|[®™]")  # NFKC makes ™ TM
may_be_made = look_for([MADE_BY])
_MAKER = re.compile(r"\b(?:by|By) ((?:[A-Z][\w&'’-]+)(?: (?:[A-Z][\w&'’-]+|&))*)|品牌\s?[:：]\s?([\w·-]{2,16})")
# Where something is made is told in many words; a place stands there by its capital.
_MAKES = (
    "made|built|assembled|manufactured|produced|sewn|stitched|woven|knitted|spun|forged|carved|thrown|brewed|distilled"
    "|roasted|ground|honed|cast|blown|dyed|tanned|bottled|poured|milled|quilted|cured|smoked|churned|baked|fired|glazed"
    "|handmade|crafted|handcrafted|grown|harvested|raised|caught|hauled|felted|tailored|welded|sharpened|hammered|tufted"
    "|embroidered|stirred|mixed|whisked|blended|boiled|simmered|pickled|made by hand|hand-[a-z]{3,9}|born"
)
_WORKS = (
    "workshops?|ateliers?|studios?|mills?|sawmills?|kilns?|foundr(?:y|ies)|forges?|smith(?:y|ies)|factor(?:y|ies)|farms?"
    "|dair(?:y|ies)|baker(?:y|ies)|roaster(?:y|ies)|brewer(?:y|ies)|distiller(?:y|ies)|tanner(?:y|ies)|potter(?:y|ies)"
    "|vineyards?|orchards?|apiar(?:y|ies)|joiner(?:y|ies)|looms?|weavers?|potters?|knitters?|artisans?|craftsmen"
    "|craftspeople|makers?|smiths?|bladesmiths?|cutlers?|growers?|farmers?|roasters?|bakers?|cobblers?|carpenters?|joiners?"
    "|tailors?|seamstresses|glassblowers?|beekeepers?|shipwrights?|saddlers?|coopers?"
)
_OF_MAKING = rf"{_WORKS}|bench(?:es)?|works|hillsides?|craft|craftsmanship|workmanship|know-how|engineering|hands"
_NAME = r"(?:the )?(?P<place>[A-Z][a-z]{2,}(?: (?:[A-Z][a-z]+|of|the))*)"
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:{_MAKES.title()}|{_MAKES}) (?:[a-z'’-]+ ){{0,7}}(?:in|near|outside|on|off|along|at|(?:block|miles?"
        rf"|minutes|steps"
        rf"|streets?|away|throw) from) (?:[a-z'’-]+ ){{0,5}}{_NAME}",
        rf"\b(?:[Ff]rom|[Ll]eaves|[Ll]eft|[Oo]ut of|[Oo]ur"
        rf"|[Bb]y) (?:[a-z'’-]+ ){{0,4}}(?:{_WORKS}) (?:[a-z'’-]+ ){{0,3}}?"
        rf"(?:in|near|outside|on|of|off|along|at|by|from) (?:[a-z'’-]+ ){{0,4}}{_NAME}",
        rf"[a-z,] (?P<place>(?!Park\b|Garden)[A-Z][a-z]{{2,}}) (?:[a-z-]+ )?(?:{_OF_MAKING})\b",
        rf"\b(?:[Hh]ails?|[Ii]mported|[Ss]ourced|[Ss]hipped over|[Ss]traight|[Dd]irect|[Ff]resh|[Bb]rought over"
        rf"|[Ff]lown in"
        rf"|[Ss]hips|[Nn]ative) (?:from|of|to) (?:[a-z'’-]+ ){{0,4}}{_NAME}",
    )
)
may_be_placed = look_for(
    [
        re.compile(
            rf"(?i:{_MAKES})|(?i:{_OF_MAKING})|(?i:hails|imported|sourced|shipped|straight|direct|fresh|brought"
            rf"|flown|ships|native)"
        )
    ]
)
may_name_a_place = look_for(_PLACES)
_CAPITAL = re.compile(r"\b[A-Z]")
_WORD = re.compile(r"\b[A-Za-z]{2,}")


def makers_in(line: Line, look: Look) -> Iterator[Finding]:
    """Another maker's name: a word with ® or ™, or a capitalised one after "by". Others can't be told from words."""
    for pattern in (_MARKED, _MAKER):
        if pattern is _MAKER and " by " not in f" {line.plain}" and "品牌" not in line.plain:
            continue
        for match in pattern.finditer(line.raw):
            name = (match[1] or match[2]).strip()
            plain = name.lower()
            if pattern is _MAKER and match[1]:
                words = _WORD.findall(line.raw)
                if plain.split()[0] in look.words.no_maker or len(_CAPITAL.findall(line.raw)) > 0.7 * len(words):
                    continue  # "By Hand" and title case
            first = plain.split()[0].removesuffix("'s").removesuffix("’s")
            support = next((s.named(name) for s in look.facts.sources if first in s.text), None)
            start = match.start(1 if match[1] else 2)
            each = finding(line, "brand", (0, 0), plain, support, tell="a maker that the record doesn't name")
            yield placed(each, line, start, start + len(name))


def places_in(line: Line, look: Look) -> Iterator[Finding]:
    """A place, by its capital, where something is said to be made: "woven in Harris". Title case tells nothing."""
    words = _WORD.findall(line.raw)
    if len(_CAPITAL.findall(line.raw)) > 0.7 * len(words):
        return
    seen = set[int]()
    for match in (match for pattern in _PLACES for match in pattern.finditer(line.raw)):
        name = match["place"].lower()
        first = name.split()[0]
        if (
            match.start("place") in seen
            or first in look.words.no_maker
            or first in look.facts.things
            or first in look.facts.brand
        ):
            continue  # months, days and feasts, and the product itself
        seen.add(match.start("place"))
        support = of_place(normal(match["place"]), look.facts)
        tell = "a place of making that the record doesn't hold"
        each = finding(line, "origin", (0, 0), name, support, tell=tell)
        yield placed(each, line, *match.span("place"))
