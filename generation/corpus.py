"""Briefs and the copy that answers them, made up without end: what the shipped model is trained on.

Words and phrase patterns are data in ``templates/corpus``. A reply uses only what its brief's prompt shows; names,
features and figures are drawn from spaces far too large to learn by heart, so that copying them is the only way.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from generation.channels import Channel, FieldSpec, load_channel
from generation.counting import COUNTERS
from generation.ledger.claims import findings_in
from generation.ledger.facts import facts_of, names_the_product
from generation.prompts import price_text, product_view
from generation.reading.endings import cut_end
from generation.reading.text import holds, normal
from generation.records import Brief, Campaign, Fields, Product, Promotion, Segment
from generation.shape import same_line

# What the shipped model was taught, and for which further channels the lexicon has patterns, so that a later training
# can ask for them. The others, which aren't ads, need a real instruct model.
TAUGHT_CHANNELS = ("email", "google_rsa", "meta_feed", "product_page", "push", "sms")
TEACHABLE_CHANNELS = ("amazon_listing", "linkedin", "pmax", "taobao_title", "wechat_article")
CURRENCIES = {"en-US": ("USD", "USD", "USD", "EUR", "GBP", "CAD"), "zh-CN": ("CNY", "CNY", "CNY", "CNY", "USD")}
CATALOGUE_SHARE = 0.25  # products written as large catalogues write them: any words at all, at length
ROUGH_SHARE = 0.25  # of the others, those whose title is made of words that stand for no thing
LONG_SHARE = 0.15  # products whose description runs on, as real ones do
OPEN_SHARE = 0.5  # of what segments are called, like and need: any words at all, for a shop's own are none of ours
KNOWN_SHARE = 0.4  # invented names that are made of everyday words
CROSS_SHARE = 0.1  # zh-CN briefs whose product is written in English
PRICELESS_CHANNELS = frozenset({"amazon_listing", "taobao_title"})  # Amazon and Taobao show price and offer themselves
LONG_CHANNELS = frozenset({"wechat_article", "amazon_listing"})  # whose paragraph tells a further fact
ATTEMPTS = 8
SPARE = 8  # a limited line leaves one part in so many unused: counting characters is not what a small model does well
_TITLE_END = re.compile(
    r"\s+-\s+|\s*[,|(:，（｜：]\s*|\s+(?:with|for|in|by)\s+|(?<=[\u4e00-\u9fff])\s+|\s+(?=\d+件)", re.IGNORECASE
)
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """A brief and some replies to it, each its fields in the channel's order."""

    brief: Brief
    replies: tuple[Fields, ...]


@cache
def lexicon(locale: str) -> dict[str, Any]:
    """The words and patterns of one locale."""
    text = (files("templates") / "corpus" / f"{locale}.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def examples(
    seed: int,
    replies: int = 1,
    locales: Sequence[str] = ("en-US", "zh-CN"),
    channels: Sequence[str] = TAUGHT_CHANNELS,
    briefs: int = 1,
) -> Iterator[Example]:
    """Examples without end, the same for the same seed, each with so many replies.

    Products repeat only by chance but for the ``briefs`` that each has, one after the other.
    """
    rng = random.Random(seed)
    number = 0
    while True:
        number += 1
        locale = rng.choice(locales)
        language = "en-US" if locale == "zh-CN" and rng.random() < CROSS_SHARE else locale
        facts = _make_product(rng, language, f"corpus-{number}")
        campaign = _make_campaign(rng, locale, number)
        for _ in range(briefs):
            brief = Brief(number, campaign, facts.product, _make_segment(rng, locale), rng.choice(channels), locale)
            copied = language == locale
            yield Example(brief, tuple(_reply(rng, brief, facts, copied=copied) for _ in range(replies)))


def reply_text(fields: Fields) -> str:
    """A reply as the prompt asks for it: one ``name: text`` a line."""
    return "\n".join(f"{name}: {text}" for name, texts in fields.items() for text in texts)


@dataclass(frozen=True, slots=True)
class _Facts:
    """A product and what its title and description say, as separate words. None: the product doesn't say it."""

    product: Product
    kind: str | None
    material: str | None
    colour: str
    features: tuple[str, ...]


def _make_product(rng: random.Random, locale: str, product_id: str) -> _Facts:
    if rng.random() < CATALOGUE_SHARE:
        return _make_catalogue_product(rng, locale, product_id)
    words = lexicon(locale)
    category = rng.choice(list(words["categories"]))
    entry = words["categories"][category]
    kind, material, colour = rng.choice(entry["kinds"]), rng.choice(entry["materials"]), rng.choice(words["colours"])
    features = tuple(_feature(rng, locale) for _ in range(rng.randint(3, 4)))
    chinese = locale == "zh-CN"
    brand = _brand(rng, chinese)
    specs = {name: _spec(rng, words["specs"][name]) for name in entry["specs"]}
    rough = rng.random() < ROUGH_SHARE
    patterns = words["titles"][-3:] if rough else words["titles"][:-3]
    pattern = rng.choice(patterns)
    show = _cased(rng) if not chinese else str
    title = pattern.format(
        brand=brand,
        model=_model(rng, chinese),
        material=show(material),
        colour=show(colour),
        kind=kind,
        feature=show(features[0]),
        feature2=show(features[1]),
        spec=rng.choice(list(specs.values())),
        count=rng.randint(2, 24),
        use=show(rng.choice(words["uses"])),
        code=_code(rng),
        rare=_rare(rng, chinese),
        rare2=_rare(rng, chinese),
    )
    attributes: dict[str, str] = {}
    if rng.random() < 0.6:
        attributes["材质" if chinese else "Material"] = material
    if rng.random() < 0.6:
        attributes["颜色" if chinese else "Colour"] = colour
    for name in rng.sample(list(specs), rng.randint(0, len(specs))):
        attributes[name] = specs[name]
    items = list(attributes.items())
    rng.shuffle(items)
    product = Product(
        id=product_id,
        title=title,
        brand=brand if rng.random() < 0.75 else None,
        description=_description(rng, locale, kind, material, colour, features) if rng.random() < 0.85 else None,
        category=category if rng.random() < 0.75 else None,
        price=_price(rng) if (priced := rng.random() < 0.75) else None,
        currency=rng.choice(CURRENCIES[locale]) if priced else None,
        attributes=dict(items),
    )
    return _Facts(product, kind if kind in title else None, material, colour, features)


def _make_catalogue_product(rng: random.Random, locale: str, product_id: str) -> _Facts:
    """A product in a large catalogue's manner: a long title of any words, its features behind commas or in a long text.

    What it is, is not among the kinds that the lexicon knows; the copy can only call it by its title's beginning.
    """
    words, chinese = lexicon(locale), locale == "zh-CN"
    joint = "" if chinese else " "
    features = tuple(_phrase(rng, locale, 1, 3) for _ in range(rng.randint(2, 5)))
    brand, colour = _brand(rng, chinese), rng.choice(words["colours"])
    head = _phrase(rng, locale, 2, 5)
    if not chinese and rng.random() < 0.25:
        head += f" {rng.choice(head.split())}"  # "Honey Dipper for Honey": what follows a word, its place must tell
    opening = f"{brand}{joint}{head}" if rng.random() < 0.7 else head
    if rng.random() < 0.2:
        opening += f" {_code(rng)}"
    told = rng.randint(0, len(features))
    tail = [*features[:told], *([colour if chinese else colour.title()] if rng.random() < 0.3 else [])]
    if rng.random() < 0.2:
        tail.append(words["packs"][rng.randrange(len(words["packs"]))].format(count=rng.randint(2, 24)))
    between = rng.choice((" ", " ", "，", " | ") if chinese else (", ", ", ", ", ", " - ", " | "))
    title = between.join([opening, *tail])
    if tail and not chinese and rng.random() < 0.3:
        title = f"{opening} {rng.choice(('with', 'for'))} {', '.join(tail)}"
    sentences = [_soup(rng, locale) for _ in range(rng.choice((1, 2, 3, 5, 8)))]
    sentences += [f"{feature}{rng.choice(words['after_feature'])}{_soup(rng, locale)}" for feature in features[told:]]
    rng.shuffle(sentences)
    spec = rng.choice(list(words["specs"]))
    attributes = {_phrase(rng, locale, 1, 2): _phrase(rng, locale, 1, 3) for _ in range(rng.choice((0, 0, 1, 2)))}
    if rng.random() < 0.4:
        attributes[spec] = _spec(rng, words["specs"][spec])
    if rng.random() < 0.4:
        attributes["颜色" if chinese else "Colour"] = colour
    product = Product(
        id=product_id,
        title=title,
        brand=brand if rng.random() < 0.7 else None,
        description=rng.choice((joint, " | ")).join(sentences) if rng.random() < 0.85 else None,
        category=_phrase(rng, locale, 1, 2) if rng.random() < 0.75 else None,
        price=_price(rng) if (priced := rng.random() < 0.6) else None,
        currency=rng.choice(CURRENCIES[locale]) if priced else None,
        attributes=attributes,
    )
    return _Facts(product, None, None, colour, features)


def _phrase(rng: random.Random, locale: str, fewest: int, most: int) -> str:
    """Words of any kind, one after another; in English with capitals, as titles have them."""
    chosen = [_any_word(rng, locale) for _ in range(rng.randint(fewest, most))]
    return "".join(chosen) if locale == "zh-CN" else _cased(rng)(" ".join(chosen))


def _any_word(rng: random.Random, locale: str) -> str:
    return _rare(rng, locale == "zh-CN").lower() if rng.random() < 0.15 else rng.choice(everyday_words(locale))


def _soup(rng: random.Random, locale: str) -> str:
    """A sentence without sense: the text of a description that no copy should quote."""
    small = lexicon(locale)["small_words"]
    count = rng.randint(5, 16)
    chosen = [rng.choice(small) if rng.random() < 0.4 else _any_word(rng, locale) for _ in range(count)]
    if locale == "zh-CN":
        return "".join(chosen) + "。"
    if rng.random() < 0.2:
        chosen.insert(rng.randrange(count), str(rng.randint(2, 300)))
    return _upper(" ".join(chosen)) + "."


def _price(rng: random.Random) -> Decimal:
    whole = Decimal(rng.choice((9, 19, 29, 49, 99, rng.randint(3, 900))))
    return whole + Decimal(rng.choice((0, 0, 50, 90, 95, 99, rng.randint(0, 99)))) / 100


def _description(
    rng: random.Random, locale: str, kind: str, material: str, colour: str, features: Sequence[str]
) -> str:
    words = lexicon(locale)

    def sentence(told: Sequence[str]) -> str:
        first, second, third = told[0], told[1], told[-1]
        return str(
            rng.choice(words["descriptions"]).format(
                kind=_lower(kind),
                material=material,
                Material=_upper(material),
                colour=colour,
                feature=first,
                feature2=second,
                feature3=third,
                Feature=_upper(first),
                Feature2=_upper(second),
                Feature3=_upper(third),
                word=_any_word(rng, locale),
                word2=_any_word(rng, locale),
                word3=_any_word(rng, locale),
            )
        )

    sentences = [sentence(features)]
    sentences += rng.sample(words["noise"], rng.choice((0, 0, 1, 2, 5)))
    if rng.random() < LONG_SHARE:
        others = range(rng.randint(3, 8))
        sentences += [sentence([_feature(rng, locale) for _ in range(3)]) for _ in others]
    rng.shuffle(sentences)
    if rng.random() < 0.1:
        extra = " ".join(_rare(rng, locale == "zh-CN") for _ in range(rng.randint(3, 12)))
        sentences.append(f"{extra} {rng.randint(2, 500)}.")
    joined = ("" if locale == "zh-CN" else " ").join(sentences)
    return _upper(joined)


def _make_segment(rng: random.Random, locale: str) -> Segment:
    words = lexicon(locale)
    if rng.random() < 0.35:
        category = words["categories"][rng.choice(list(words["categories"]))]
        kind = rng.choice(category["kinds"]) if rng.random() < 0.7 else _rare(rng, locale == "zh-CN")
        name = rng.choice(words["segment_frames"]).format(kind=_plural(_lower(kind)))
    else:
        name = _upper(_open(rng, locale, "names") or rng.choice(words["segment_names"]))
    interests = tuple(
        _open(rng, locale, "interests") or interest for interest in rng.sample(words["interests"], rng.randint(1, 3))
    )
    needs = tuple(_open(rng, locale, "needs") or need for need in rng.sample(words["needs"], rng.choice((0, 1, 1, 2))))
    return Segment("s", name, interests=interests, needs=needs, size=1000)


def _open(rng: random.Random, locale: str, what: str) -> str:
    """In so many cases as OPEN_SHARE tells, what no list has: to be copied word by word. Else nothing."""
    if rng.random() >= OPEN_SHARE:
        return ""
    chosen = [_audience_word(rng, locale) for _ in range(5)]
    words = ("" if locale == "zh-CN" else " ").join(chosen[3 : 3 + rng.randint(1, 2)])
    frame = rng.choice(lexicon(locale)["open_frames"][what])
    return str(frame.format(word=chosen[0], word2=chosen[1], word3=chosen[2], words=words, Words=_upper(words)))


def _audience_word(rng: random.Random, locale: str) -> str:
    return _lower(_rare(rng, locale == "zh-CN")) if rng.random() < 0.1 else rng.choice(_audience_words(locale))


@cache
def _audience_words(locale: str) -> list[str]:
    """Everyday words that claim nothing, for an audience's support nothing of a product, and that may end a line."""
    frames = ("喜欢{}", "{}", "带{}") if locale == "zh-CN" else ("If you want a {}", "{}", "You want {} things")
    brief = Brief(0, Campaign(0, "corpus"), Product("", "?"), Segment("", ""), "push", locale)
    facts = facts_of(brief)

    def fits(word: str) -> bool:
        lines = tuple(frame.format(word) for frame in frames)
        return not any(map(cut_end, lines)) and not findings_in({"body": lines}, brief, facts)

    return [word for word in everyday_words(locale) if fits(word)]


def _make_campaign(rng: random.Random, locale: str, number: int) -> Campaign:
    words = lexicon(locale)
    voice = rng.choice(words["voices"]) if rng.random() < 0.7 else None
    if voice and rng.random() < 0.4:
        voice += ("，" if locale == "zh-CN" else ", ") + rng.choice(words["voices"])
    offer = None
    if rng.random() < 0.12:
        offer = rng.choice(words["offers"]).format(
            n=rng.randint(2, 50) * 5,
            m=rng.randint(1, 9) * 5,
            category=_lower(rng.choice(list(words["categories"]))),
            day=rng.randint(1, 28),
            month=rng.choice(words["months"]) if "months" in words else rng.randint(1, 12),
            code=_code(rng),
        )
    # A promotion as well: an offer without one supports nothing that a copy says of it.
    promotion = Promotion("corpus", offer) if offer else None
    return Campaign(number, "corpus", brand_voice=voice, offer=offer, promotion=promotion)


def short_name(title: str, limit: int = 60) -> str:
    """What copy calls a product: its title up to the first comma, bracket, dash or "with", cut at a word."""
    head = _TITLE_END.split(title, maxsplit=1)[0].strip() or title.strip()
    return _cut(head, limit)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head, space, _ = text[: limit + 1].rpartition(" ")
    return head if space else text[:limit]


def _slots(rng: random.Random, brief: Brief, facts: _Facts, *, copied: bool) -> dict[str, str]:
    """The words a reply may use: only those that the prompt shows. ``copied``: product and reply share a language."""
    product, view = facts.product, product_view(facts.product, brief.locale)
    shown = " ".join(str(value) for value in view.values()).lower()
    name = short_name(view["title"])
    slots = {"name": name}
    if view["brand"]:
        slots["brand"] = view["brand"]
    if view["price"]:
        slots["price"] = str(price_text(product, brief.locale))
    interest = rng.choice(brief.segment.interests)
    slots |= {"interest": interest, "Interest": _upper(interest), "segment": _lower(brief.segment.name)}
    if brief.segment.needs:
        slots["need"] = rng.choice(brief.segment.needs)
    if copied:
        if facts.kind:
            slots |= {"kind": _lower(facts.kind), "Kind": facts.kind}
            if not facts.kind.endswith("s"):  # of trousers there is no single one
                slots |= {"a_kind": f"a {_lower(facts.kind)}", "A_kind": f"A {_lower(facts.kind)}"}
        for key, word in (("material", facts.material), ("colour", facts.colour)):
            if word and holds(shown, word.lower()):  # "layered" shows no red
                slots[key] = word
        features = [feature for feature in dict.fromkeys(facts.features) if holds(shown, feature.lower())]
        rng.shuffle(features)
        for number, feature in enumerate(features[:2]):
            suffix = str(number + 1) if number else ""
            slots |= {f"feature{suffix}": feature, f"Feature{suffix}": _upper(feature)}
        attributes = [(key, value) for key, value in view["attributes"]]
        rng.shuffle(attributes)
        for number, (key, value) in enumerate(attributes[:2]):
            suffix = str(number + 1) if number else ""
            slots |= {f"attribute{suffix}": _lower(key), f"Attribute{suffix}": key, f"value{suffix}": value}
    return slots


def _reply(rng: random.Random, brief: Brief, facts: _Facts, *, copied: bool) -> Fields:
    """A reply that names the product or its brand: some patterns don't, and a line's limit may leave no room for it."""
    told = facts_of(brief)
    for _ in range(ATTEMPTS):
        fields = _write(rng, brief, _slots(rng, brief, facts, copied=copied))
        text = reply_text(fields)
        if names_the_product(normal(text), told) and not (brief.locale == "zh-CN" and text.isascii()):
            break
    return fields


def _write(rng: random.Random, brief: Brief, slots: Mapping[str, str]) -> Fields:
    channel, patterns = load_channel(brief.channel), lexicon(brief.locale)["reply"]
    if brief.channel in PRICELESS_CHANNELS:
        slots = {name: value for name, value in slots.items() if name != "price"}
        brief = replace(brief, campaign=replace(brief.campaign, offer=None))
    joint = "" if brief.locale == "zh-CN" else " "
    fields: dict[str, list[str]] = {}
    for spec in channel.fields:
        if not spec.ask:
            continue
        lines = fields.setdefault(spec.name, [])
        for number in range(spec.ask):
            wanted = _within(spec, lines, number)
            for source in _sources(channel, spec, number):
                line = _line(rng, patterns, source, slots, wanted, lines, joint, brief)
                if line is not None and not (spec.distinct and _told_elsewhere(line, fields, spec.name)):
                    lines.append(line)
                    break
    return {name: tuple(lines) for name, lines in fields.items()}


def _within(spec: FieldSpec, lines: Sequence[str], number: int) -> FieldSpec:
    """The field as it is for its last line where one line should be short and none is yet."""
    count = COUNTERS[spec.counter]
    if spec.some_within is None or number < spec.ask - 1 or any(count(line) <= spec.some_within for line in lines):
        return spec
    return replace(spec, hard_limit=spec.some_within)


def _told_elsewhere(line: str, fields: Mapping[str, Sequence[str]], name: str) -> bool:
    return any(same_line(line) == same_line(other) for key, lines in fields.items() if key != name for other in lines)


def _sources(channel: Channel, spec: FieldSpec, number: int) -> tuple[str, ...]:
    """The pattern lists to try for a field's line, best first."""
    match channel.channel, spec.name:
        case "pmax", "headline" if number == spec.ask - 1:
            return ("headline", "headline_named", "short")
        case "google_rsa" | "pmax", "headline":
            return ("headline_named", "title") if number == 0 else ("headline", "headline_named", "title")
        case "google_rsa" | "pmax", "description":
            return ("description", "sms")
        case "pmax", "long_headline":
            return ("long_headline",)
        case ("email" | "wechat_article", "body") | ("product_page" | "amazon_listing", "description"):
            return ("paragraph",)
        case "amazon_listing" | "taobao_title", "title":
            return ("search_title", "headline_named")
        case "amazon_listing", "bullet":
            return ("listing_bullet",)
        case "linkedin", "intro":
            return ("description", "push")
        case "linkedin", "headline":
            return ("headline_named", "headline")
        case "linkedin", "description":
            return ("short", "headline")
        case "wechat_article", "digest":
            return ("description", "push")
        case _, "primary_text":
            return ("description", "push")
        case "push", "body":
            return ("push", "description")
        case "sms", "body":
            return ("sms", "description")
        case "email", "preheader":
            return ("description", "push")
        case _, "description":
            return ("short", "headline")
        case _, "bullet":
            return ("bullet", "short", "headline")
    return ("title", "headline_named")


def _line(
    rng: random.Random,
    patterns: Mapping[str, Sequence[str]],
    source: str,
    slots: Mapping[str, str],
    spec: FieldSpec,
    taken: Sequence[str],
    joint: str,
    brief: Brief,
) -> str | None:
    if source == "paragraph":
        return _paragraph(rng, patterns, slots, joint, brief)
    limit, count = _limit(spec), COUNTERS[spec.counter]
    choices = [pattern for pattern in patterns[source] if set(_SLOT.findall(pattern)) <= slots.keys()]
    rng.shuffle(choices)
    used = " ".join(taken).lower()
    for pattern in choices:
        for name in _names(slots):
            line = _fill(pattern, {**slots, "name": name})
            if limit is not None and count(line) > limit:
                continue
            if _repeats(pattern, line, slots, used) or line.lower() in used:
                continue
            if brief.campaign.offer and source in {"description", "sms", "push"}:
                with_offer = f"{line}{joint}{brief.campaign.offer}{'。' if not joint else '.'}"
                if limit is None or count(with_offer) <= limit:
                    line = with_offer
            return line
    if spec.minimum > len(taken):  # the last resort is the name alone, cut to what fits
        return next((name for name in _names(slots) if limit is None or count(name) <= limit), None)
    return None


_REPEATABLE = frozenset(
    {"name", "Kind", "kind", "a_kind", "A_kind", "brand", "interest", "Interest", "segment", "need"}
)


def _repeats(pattern: str, line: str, slots: Mapping[str, str], used: str) -> bool:
    """Whether a line says one thing twice, or tells a fact that an earlier line told."""
    lower = line.lower()
    for slot in _SLOT.findall(pattern):
        value = slots[slot].lower()
        if slot != "name" and lower.count(value) > 1:
            return True
        if value in used and (slot not in _REPEATABLE or slot in {"interest", "Interest", "segment", "need"}):
            return True
    return False


def _names(slots: Mapping[str, str]) -> list[str]:
    """What the product may be called, longest first: its name, its brand and kind, the name's first words."""
    name = slots["name"]
    names = [name]
    if "brand" in slots and "Kind" in slots and " " in name:
        names.append(f"{slots['brand']} {slots['Kind']}")
    if " " in name:
        words = name.split()
        names += [" ".join(words[:count]) for count in range(min(len(words) - 1, 6), 0, -1)]
    else:
        whole = (count for count in (14, 10, 7) if count < len(name))
        names += [name[:count] for count in whole if not name[count - 1 : count + 1].isascii()]  # never inside a number
    return names


def _limit(spec: FieldSpec) -> int | None:
    limit = spec.soft_limit or spec.hard_limit
    return limit - limit // SPARE if limit else None


def _paragraph(
    rng: random.Random, patterns: Mapping[str, Sequence[str]], slots: Mapping[str, str], joint: str, brief: Brief
) -> str:
    def one(source: str, without: str = "") -> str:
        usable = [pattern for pattern in patterns[source] if set(_SLOT.findall(pattern)) <= slots.keys()]
        lines = [(pattern, _fill(pattern, slots)) for pattern in usable]
        fresh = [line for pattern, line in lines if not _repeats(pattern, line, slots, without.lower())]
        return rng.choice(fresh) if fresh else ""

    opening = one("sentence_open")
    fact = one("sentence_fact")
    sentences = [opening, fact]
    if rng.random() < (1 if brief.channel in LONG_CHANNELS else 0.3):
        sentences.append(one("sentence_fact", without=fact))
    if brief.campaign.offer:
        sentences.append(f"{brief.campaign.offer}{'。' if not joint else '.'}")
    sentences.append(one("sentence_close"))
    return joint.join(sentence for sentence in sentences if sentence)


def _fill(pattern: str, slots: Mapping[str, str]) -> str:
    text = pattern.format(**slots)
    text = re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", text)
    text = re.sub(r"\b([Tt]he) (?:The|the) ", r"\1 ", text)
    return _upper(text)


def _feature(rng: random.Random, locale: str) -> str:
    words, chinese = lexicon(locale), locale == "zh-CN"
    adjective, noun = rng.choice(words["feature_adjectives"]), rng.choice(words["feature_nouns"])
    match rng.randrange(10):
        case 0:
            adjective = _rare(rng, chinese).lower()
        case 1 | 2:
            adjective = rng.choice(everyday_words(locale))
        case 3 | 4:
            noun = rng.choice(everyday_words(locale))
    return f"{adjective}{noun}" if chinese else f"{adjective} {noun}"


def _spec(rng: random.Random, spec: Sequence[Any]) -> str:
    unit, low, high, step = spec
    steps = int((high - low) / step)
    value = Decimal(str(low)) + Decimal(str(step)) * rng.randint(0, steps)
    return f"{value.normalize():f} {unit}"


def _cased(rng: random.Random) -> Any:
    return str.title if rng.random() < 0.8 else str


_ONSETS = [
    "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gl", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr",
    "qu", "r", "s", "sh", "sk", "sl", "st", "t", "th", "tr", "v", "w", "y", "z",
]  # fmt: skip
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ei", "io", "oa", "ou", "y"]
_CODAS = ["", "", "", "n", "r", "l", "s", "t", "m", "nd", "rn", "x", "ck", "lt", "sk", "th", "v", "ng"]


def _rare(rng: random.Random, chinese: bool) -> str:
    """A word that stands for no thing: seldom met in training, so that it can only be copied."""
    if chinese:
        return _hanzi_name(rng)
    if rng.random() < KNOWN_SHARE:
        return rng.choice(everyday_words("en-US")).capitalize()
    syllables = (rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.randint(1, 2)))
    return "".join(syllables).capitalize()


def _hanzi_name(rng: random.Random) -> str:
    if rng.random() < KNOWN_SHARE:
        return rng.choice(everyday_words("zh-CN"))
    return "".join(rng.choice(_name_hanzi()) for _ in range(rng.choice((2, 2, 3))))


@cache
def _name_hanzi() -> str:
    """Every common character: each must be met often enough to be copied. Without 最, which makes superlatives."""
    return hanzi().replace("最", "")


@cache
def everyday_words(locale: str) -> list[str]:
    """Everyday words of shops, in no order: titles, descriptions and many names are made of them."""
    return (files("templates") / "corpus" / f"words-{locale}.txt").read_text("utf-8").split()


def _brand(rng: random.Random, chinese: bool) -> str:
    if chinese and rng.random() < 0.85:
        return _hanzi_name(rng)
    word = _rare(rng, False)
    match rng.randrange(8):
        case 0:
            return f"{word} {_rare(rng, False)}"
        case 1:
            return f"{word} & {_rare(rng, False)}"
        case 2:
            return word.upper()
        case 3:
            return f"{word}{rng.choice(('works', 'ware', 'line', 'form', 'co', 'lab'))}"
    return word


def _model(rng: random.Random, chinese: bool) -> str:
    return _code(rng) if rng.random() < 0.3 else _rare(rng, chinese)


def _code(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTVWXZ") for _ in range(rng.randint(1, 3)))
    return f"{letters}{rng.randint(1, 999)}"


@cache
def hanzi() -> str:
    """The 3,755 common characters of GB 2312, level 1."""
    pairs = ((high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return "".join(bytes(pair).decode("gb2312", "ignore") for pair in pairs)


def _plural(text: str) -> str:
    """The English plural; Chinese and words that end in s stay as they are."""
    if not text.isascii() or text.endswith("s"):
        return text
    if text.endswith(("x", "sh", "ch")):
        return f"{text}es"
    return f"{text[:-1]}ies" if text.endswith("y") and text[-2:-1] not in "aeiou" else f"{text}s"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    """Lower case for running text; an acronym such as TV keeps its capitals."""
    return " ".join(word if word[1:] != word[1:].lower() else word.lower() for word in text.split(" "))
