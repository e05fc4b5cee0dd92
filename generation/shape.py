"""The shape that a channel asks of a copy: how many lines, how long, of which characters, in which kind of words.

All of it is data in ``templates/channels``, applied here. What a copy may claim is judged in ``generation.checks``.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from generation.channels import Channel, FieldSpec, Rule
from generation.counting import COUNTERS, UNITS, in_charset
from generation.ledger.facts import Facts
from generation.ledger.policies import market_of
from generation.prompts import hidden_in
from generation.reading.injection import Echoes, echoes_of
from generation.reading.looks import look_for, search_for
from generation.reading.personal import locale_of, masked
from generation.reading.text import composed, holds, normal
from generation.records import Brief, Fields, Product, Rejection

SHOWN = 160  # characters of a refused line that its reason repeats
_PICTURES = "\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23fa\u25b6\u25c0\u2600-\u27bf\u2b00-\u2bff"
_EMOJI = re.compile(f"[{_PICTURES}\ufe0f\u200d\u20e3\U000e0020-\U000e007f]")
_JOINER = f"(?<![{_PICTURES}\ufe0f])\u200d|\u200d(?![{_PICTURES}])"  # between two emoji it makes one of them
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    f"\ue000-\uf8ff\ufeff\ufff9-\uffff]|{_JOINER}"
)
_DECORATION = re.compile(r"[!！?？]{2,}|\.{4,}|[~～★☆◆●*_=#|]{2,}|[,，、;；:：]{2,}|([^\w\s])\1{3,}")
_TEMPLATE = re.compile(r"[{}]|\[\s*\]|<\|")
_FORMULA = tuple("=+-@＝＋－＠")
# Most copy holds none of all that, and one look tells: letters, and between them at most a mark of those that may not
# stand twice, with one or two others on its right; a line begins with none that a spreadsheet takes for a formula.
_LETTER, _OPENS = "a-zA-Z0-9\u4e00-\u9fff\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f", '"“‘《【(（$¥€£'
_MARK, _SIGN = r"[!！?？.,，、;；:：~|]", r"[-\"'“”‘’()（）《》【】。·…—–%&/+$¥€£°]"
_between = f"(?:{_MARK}|{_MARK}?{_SIGN}{{1,2}}{_MARK}?)?"
_are_plain = search_for(rf"\A[{_LETTER}{_OPENS}](?:{_between}(?:[{_LETTER} ]|\x00[{_LETTER}{_OPENS}]))*{_between}\z")
_WORD = re.compile(r"[a-z0-9]+(?:['’.-][a-z0-9]+)*|&")


@dataclass(frozen=True)
class Context:
    """What a gate may look at besides the copy itself: the same for all of a brief's copies."""

    brief: Brief
    channel: Channel
    facts: Facts

    @cached_property
    def echoes(self) -> Echoes:
        """What no copy may repeat of the sentences that the brief's text hid for the model."""
        return echoes_of(hidden_in(self.brief), self.facts.text)


def count_gate(fields: Fields, context: Context) -> Rejection | None:
    """Each field has as many lines as its channel takes, and none is filled before its turn."""
    for spec in context.channel.fields:
        lines = fields.get(spec.name, ())
        if len(lines) < spec.minimum:
            return Rejection("count", f"{spec.name}: {len(lines)} of at least {spec.minimum}")
        if len(lines) > spec.maximum:
            return Rejection("count", f"{spec.name}: {len(lines)} of at most {spec.maximum}")
        if spec.in_order and any(later and not line for line, later in pairwise(lines)):
            return Rejection("count", f"{spec.name}: one is filled and the one before it is not")
    return None


def length_gate(fields: Fields, context: Context) -> Rejection | None:
    """No line is over its hard limit, and the fields together fit the channel's payload."""
    for spec in context.channel.fields:
        count, unit = COUNTERS[spec.counter], UNITS.get(spec.counter, "")
        for line in fields.get(spec.name, ()):
            if spec.hard_limit is not None and (length := count(line)) > spec.hard_limit:
                return refusal("length", f"{spec.name} is {length}{unit}, the limit is {spec.hard_limit}", line)
    payload = context.channel.payload
    if payload is not None:
        total = sum(COUNTERS[payload.counter](line) for lines in fields.values() for line in lines)
        if total > payload.hard_limit:
            return Rejection("length", f"all fields together are {total}, the limit is {payload.hard_limit}")
    return None


def characters_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nothing that a platform refuses, that a spreadsheet would run or that a mailing tool would expand."""
    channel, exclamations = context.channel, 0
    plain = _are_plain("\0".join([line for lines in fields.values() for line in lines]))
    for spec in channel.fields:
        for line in fields.get(spec.name, ()):
            marks = line.count("!") + line.count("！")
            exclamations += marks
            if not plain and (problem := _strange(line, channel)):
                return refusal("characters", f"{spec.name} holds {problem}", line)
            problem = None
            if spec.exclamations is not None and marks > spec.exclamations:
                problem = "an exclamation mark" if not spec.exclamations else "more than one exclamation mark"
            elif channel.exclamations is not None and exclamations > channel.exclamations:
                problem = "one exclamation mark more than the channel takes in all"
            elif spec.forbidden and (found := _forbidden(line, spec, context.brief.product)):
                problem = f"{found!r}, which the channel refuses there"
            elif spec.charset and not in_charset(line, spec.charset):
                strange = next(ch for ch in line if not in_charset(ch, spec.charset))
                problem = f"{strange!r}, which {spec.charset.upper()} doesn't have"
            if problem:
                return refusal("characters", f"{spec.name} holds {problem}", line)
    return None


def _strange(line: str, channel: Channel) -> str | None:
    """What of a line's characters no field of the channel takes."""
    if _CONTROL.search(line):
        return "a control or invisible character"
    if _TEMPLATE.search(line):
        return "template brackets"
    if line.lstrip().startswith(_FORMULA):
        return f"a leading {line.lstrip()[0]!r}, which a spreadsheet takes for a formula"
    if _DECORATION.search(line):
        return "repeated or decorative punctuation"
    if not channel.emoji and _EMOJI.search(line):
        return "an emoji or symbol that the channel doesn't take"
    return None


def _forbidden(line: str, spec: FieldSpec, product: Product) -> str | None:
    if spec.forbidden_but_in_brand and product.brand:
        line = line.replace(product.brand, "")
    return next((ch for ch in line if ch in spec.forbidden), None)


def wording_gate(fields: Fields, context: Context) -> Rejection | None:
    """No words that the channel refuses in a field, no word too often in one line, no line twice."""
    for spec in context.channel.fields:
        for line in fields.get(spec.name, ()):
            if spec.refuses and (found := next(broken(spec.refuses, line, context), None)):
                rule, words = found
                return refusal("wording", f"{spec.name} holds {rule.says}, {words!r}", line)
            if spec.word_limit is not None and (word := _said_too_often(line, spec)):
                return refusal("wording", f"{spec.name} holds {word!r} more than {spec.word_limit} times", line)
    seen: set[str] = set()
    for spec in context.channel.fields:
        for line in fields.get(spec.name, ()) if spec.distinct else ():
            key = same_line(line)
            if key in seen:
                return refusal("wording", f"{spec.name} repeats what another line says", line)
            if key:
                seen.add(key)
    return None


def same_line(line: str) -> str:
    """What makes two lines the same to a reader: neither case, nor spaces, nor the mark at the end."""
    return "".join(normal(line).split()).rstrip(".!?。")


def broken(rules: tuple[Rule, ...], line: str, context: Context) -> Iterator[tuple[Rule, str]]:
    """The rules that a line breaks, each with the words in question."""
    plain = composed(line)
    if not _any_of(tuple([rule.pattern for rule in rules]))(plain):
        return
    for rule in rules:
        for match in re.finditer(rule.pattern, plain):
            if not _let_pass(match, rule, context):
                yield rule, match[0].strip()
                break


def _let_pass(found: re.Match[str], rule: Rule, context: Context) -> bool:
    line, words = found.string, found[0].strip()
    match rule.unless:
        case "named":
            return holds(context.facts.names, normal(words))
        case "in_name":
            start = line.rfind(" ", 0, max(0, found.start() - 1)) + 1
            end = line.find(" ", found.end() + 1)
            return holds(context.facts.names, normal(line[start : end if end >= 0 else len(line)].strip()))
        case "spelled":
            return bool(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", spellings(context.brief.product)))
    return False


def spellings(product: Product) -> str:
    """What shows how a word is spelled: the brand, and what isn't all in capitals but for a single word."""
    told = (product.title, *product.attributes.values())
    shows = (value for value in told if value != value.upper() or len(value.split()) == 1)
    return " \n".join((product.brand or "", *shows))


@cache
def _any_of(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """One look for all of them: most lines break none."""
    return look_for(map(re.compile, patterns))


def _said_too_often(line: str, spec: FieldSpec) -> str | None:
    """Latin words; Chinese has no spaces that would tell them apart."""
    counted = Counter(word for word in _WORD.findall(normal(line)) if word not in spec.small_words)
    return next((word for word, times in counted.items() if times > (spec.word_limit or 0)), None)


def warnings_for(fields: Fields, channel: Channel, context: Context | None = None) -> tuple[str, ...]:
    """What a copy could do better: the soft limits that it exceeds and, with a context, what its channel wishes."""
    return (*_over_soft_limits(fields, channel), *(_wishes(fields, context) if context else ()))


def _over_soft_limits(fields: Fields, channel: Channel) -> Iterator[str]:
    for spec in channel.fields:
        count, unit = COUNTERS[spec.counter], UNITS.get(spec.counter, "")
        lines = fields.get(spec.name, ())
        for line in lines:
            if spec.soft_limit is not None and (length := count(line)) > spec.soft_limit:
                yield f"{spec.name} is {length}{unit}, better at most {spec.soft_limit}: {line}"
            elif line and spec.shortest and (length := count(line)) < spec.shortest:
                yield f"{spec.name} is {length}{unit}, better at least {spec.shortest}: {line}"
        if spec.some_within is not None and lines and min(map(count, lines)) > spec.some_within:
            yield f"{spec.name}: none is within {spec.some_within}{unit}, of which Google may want one"


def _wishes(fields: Fields, context: Context) -> Iterator[str]:
    for spec in context.channel.fields:
        for line in fields.get(spec.name, ()) if spec.warns else ():
            yield from (f"{spec.name} holds {rule.says}: {line}" for rule, _ in broken(spec.warns, line, context))
    market = market_of(context.brief.campaign.market, context.brief.locale)
    for rule in context.channel.expects:
        if rule.markets and market not in rule.markets:
            continue
        if not any(re.search(rule.pattern, line) for lines in fields.values() for line in lines):
            yield f"there is not {rule.says}"


def whole(fields: Fields) -> str:
    """All the lines of a copy in one text."""
    return "\n".join([line for lines in fields.values() for line in lines])


def refusal(gate: str, problem: str, line: str) -> Rejection:
    """A rejection whose reason repeats the line, cut where it is long."""
    # Masked before it is cut, or half a number would be left that nobody finds any more.
    return Rejection(gate, f"{problem}: {line if len(line) <= SHOWN else masked(line, locale_of(line))[:SHOWN] + '…'}")


def plain_whole(fields: Fields) -> str:
    """For a first look: what no gate finds here it finds in no line, and that is most copy."""
    return normal(whole(fields))


def each_line(fields: Fields) -> Iterator[tuple[str, str]]:
    return ((name, line) for name, lines in fields.items() for line in lines)
