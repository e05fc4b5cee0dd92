"""Personal data in a text: names, mails, telephones, ids, cards, plates, accounts, addresses; English and Chinese.

Shapes are here, words are in templates/policies/personal.yaml, check digits are python-stdnum's and phonenumbers'.
Names are found beside a salutation, a title or a label only. What a product is called is the caller's to excuse.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

import yaml

from generation.reading.looks import look_for
from generation.records import Product, Segment

LONGEST_CLAUSE = 160  # characters; of a longer one only the personal data itself is cut
_NEAR = 24  # characters before a number in which a word may say what it is
_REGIONS = {"zh": ("CN", "HK", "TW", "US"), "en": ("US", "GB", "CN", "AU")}
_DIGIT_RUN = r"\d(?:[\s().\-–·/]{0,2}\d){6,}"
_HANZI_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "001234567891")


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of personal data: ``text[start:end]``."""

    kind: str  # "email", "phone", "id", "passport", "card", "plate", "account", "ssn", "iban", "address" or "name"
    start: int
    end: int


class _Words:
    """personal.yaml, made into the patterns that need its words."""

    def __init__(self, data: dict[str, Any]) -> None:
        def any_of(name: str, flags: int = re.IGNORECASE | re.ASCII) -> re.Pattern[str]:
            latin = "|".join(re.escape(word) for word in data[name] if word.isascii())
            hanzi = "|".join(re.escape(word) for word in data[name] if not word.isascii())
            return re.compile("|".join(filter(None, (rf"\b(?:{latin})\b" if latin else "", hanzi))), flags)

        self.phone, self.code = any_of("phone_words"), any_of("code_words")
        # "Thermos (ask 138…)": what asks for a call says nothing once the number is gone.
        asks = "|".join(any_of(words).pattern for words in ("phone_words", "contact_words"))
        self.asks = re.compile(rf"(?:(?:{asks})[\s:：.]*)+\Z", re.IGNORECASE | re.ASCII)
        self.passport, self.address = any_of("passport_words"), any_of("address_words")
        surname = f"(?:{'|'.join(data['compound_surnames'])}|[{''.join(data['surnames'].split())}])"
        titles, before = "|".join(data["titles_zh"]), "".join(data["before_names_zh"])
        given = f"(?:(?![{data['no_given_names']}])[\u4e00-\u9fff])"
        name = r"[A-Z][a-z]+(?:[-' ][A-Z][a-z]+){0,2}"
        first_names = "|".join(data["first_names"].split())
        self.first_names = re.compile(rf"\b(?:{first_names})\b", re.ASCII)
        boundary = rf"(?:(?<![\u4e00-\u9fff])|(?<=[{before}]))"
        self.names = (
            re.compile(rf"\b(?:{'|'.join(data['titles_en'])})\b\.? ?(?P<name>(?:[A-Z]\. ?)?{name})", re.ASCII),
            re.compile(rf"\b(?:{'|'.join(data['salutations_en'])}),? (?P<name>{first_names})\b(?! [A-Z])", re.ASCII),
            re.compile(rf"(?i:\b(?:{'|'.join(data['name_labels_en'])}))\s?[:：]\s?(?P<name>{name})"),
            re.compile(rf"{boundary}(?P<name>{surname}{given}{{0,2}}(?:{titles}))(?!们)"),
            re.compile(
                rf"(?:{'|'.join(data['name_labels_zh'])})[:：\s]{{0,2}}(?P<name>{surname}[\u4e00-\u9fff]{{1,2}})"
            ),
        )
        self.may_name = look_for(self.names)  # most text holds no person's name, and is done with


@cache
def _words() -> _Words:
    return _Words(yaml.safe_load((files("templates") / "policies" / "personal.yaml").read_text("utf-8")))


def first_names() -> re.Pattern[str]:
    """People's first names in a text as it is written. By themselves they name nobody: "a Victoria sponge"."""
    return _words().first_names


_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?: ?@ ?|\s?[\[(]at[\])]\s?)"
    r"(?:[\w-]{1,63}(?:\.|\s?[\[(]dot[\])]\s?)){1,4}[a-zA-Z]{2,24}\b",
    re.ASCII,
)
_ACCOUNT = re.compile(
    r"(?i:(?:加我?|添加)?(?:微信|薇信|v信|\bvx|\bwechat|\bweixin)(?:号|id)?|\bqq群?号?|\b(?:telegram|line id|skype))"
    r"(?:\s?[:：号]\s?|(?<=加微信)|(?<=加v信)|(?<=加vx)|(?<=微信号)\s?| id:? )(?P<account>@?[a-zA-Z0-9][\w.-]{4,29})",
    re.ASCII,
)
_RUN = re.compile(rf"(?<![\w.,/$€£¥-])[(+]?{_DIGIT_RUN}[xX]?(?![\w])", re.ASCII)
_FORMATTED = re.compile(
    r"(?:1[\s.-])?\(?\d{3}\)?[\s.-]{1,2}\d{3}[\s.-]\d{4}|\(?0\d{2,4}\)?[\s-]\d{3,4}[\s-]?\d{3,4}|[48]00[\s-]\d{3,4}[\s-]?\d{3,4}",
    re.ASCII,
)
_MOBILE = re.compile(r"(?:86|0086)?1[3-9]\d{9}", re.ASCII)
_SPOKEN = re.compile(
    r"(?<![\u4e00-\u9fff])[幺一][零〇一二三四五六七八九幺]{10}(?![零〇一二三四五六七八九幺])", re.ASCII
)
_CARD = re.compile(r"(?:4|5[1-5]|2[2-7]|62|6011|35)\d+|3[47]\d{13}", re.ASCII)
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}", re.ASCII)
_PASSPORT = re.compile(r"\b(?:[A-Z]{1,2}\d{7,8}|\d{9})\b", re.ASCII)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", re.ASCII)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"(?:(?<![\u4e00-\u9fff])|(?<=[牌号为是]))[{_PROVINCES}][A-HJ-NP-Z][·•.\s-]?(?=(?:[A-Z]*\d){{3}})[A-HJ-NP-Z0-9]{{4,5}}[0-9挂学警港澳](?![\w])",
    re.ASCII,
)
_STREET = (
    r"(?:Street|St\.?|Avenue|Ave\.?|Road|Rd\.?|Boulevard|Blvd\.?|Lane|Ln\.?|Drive|Dr\.?"
    r"|Court|Ct\.?|Place|Pl\.?|Square|Highway|Hwy\.?|Way)"
)
_ADDRESS_EN = re.compile(
    rf"\b\d{{1,5}}[A-Za-z]?\s(?:[NSEW]\.?\s)?(?:[A-Z][a-z'’]+\s|\d{{1,3}}(?:st|nd|rd|th)\s){{1,3}}{_STREET}(?![a-z])"
    r"(?P<tail>,?\s(?:Apt\.?|Suite|Ste\.?|Unit|Floor|#)\s?\w{1,6})?"
    r"(?P<city>,\s?[A-Z][A-Za-z .'-]{2,30},?\s(?:[A-Z]{2}\s\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}))?"
    r"|\bP\.?\s?O\.?\sBox\s\d{1,6}",
    re.ASCII,
)
_ADDRESS_ZH = re.compile(
    r"(?:[\u4e00-\u9fff]{2,8}?(?:省|市|自治区|区|县|镇|乡)){1,4}[\u4e00-\u9fff]{1,10}(?:路|街|大道|道|巷|弄|胡同)\s?\d{1,5}\s?[号弄]"
    r"(?:[\w\-]{0,6}(?:院|栋|幢|座|单元|室|楼|层|号)){0,4}"
    r"|[\u4e00-\u9fff]{2,8}(?:路|街|大道|巷|弄|胡同)\s?\d{1,5}\s?[号弄](?:[\w\-]{0,6}(?:院|栋|幢|座|单元|室|楼)){1,4}"
    r"|(?<=地址)[:：]\s?[^，。；\n]{4,40}\d+[号室]",
    re.ASCII,
)
_NEEDLE = re.compile(r"(?i:@|[\[(]at[\])]|wechat|weixin|vx|qq|telegram|skype|line id|passport|box )")
_NUMBER = re.compile(_DIGIT_RUN, re.ASCII)
_HOUSE = re.compile(r"\d[A-Za-z]?\s(?:[NSEW]\.?\s)?(?:[A-Z\d][\w'’]+\s){1,3}[SARBLDCPHW]", re.ASCII)
_SHAPES_ZH = re.compile(
    r"[路街道巷弄同]\s?\d{1,5}\s?[号弄]|[一幺][零〇一二三四五六七八九幺]{10}|[微薇vV]信|护照|通行证|地址", re.ASCII
)
_PLATE_BEGINS = re.compile(f"[{_PROVINCES}][A-HJ-NP-Z]")


# Whether anything in a text can be a number, an account or an address of a person.
_may_hold = look_for([_NUMBER, _HOUSE, _NEEDLE, _SHAPES_ZH, _PLATE_BEGINS])


def find_personal(text: str, locale: str) -> list[Found]:
    """The personal data in a text, in its order, none overlapping another; the longest where several begin together."""
    text = _plain(text)
    words = _words()
    found: list[Found] = []
    if _may_hold(text):
        found += [Found(kind, *span) for kind, finder in _FINDERS for span in finder(text, locale)]
    if words.may_name(text):
        found += [Found("name", *match.span("name")) for shape in words.names for match in shape.finditer(text)]
    if len(found) < 2:
        return found
    apart: list[Found] = []
    for one in sorted(found, key=lambda entry: (entry.start, -entry.end)):
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    return apart


def leaks(text: str, locale: str, told: str) -> list[Found]:
    """The same without what the product's record tells, in lower case: a name in its title is no leak."""
    return [one for one in find_personal(text, locale) if text[one.start : one.end].lower() not in told]


def masked(text: str, locale: str, told: str = "") -> str:
    """The text with ``[phone]`` in place of a telephone number, and so on: for logs and for what a table keeps.

    What ``told`` holds, in lower case, stays.
    """
    pieces, at = [], 0
    for one in leaks(text, locale, told):
        pieces += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join((*pieces, text[at:]))


@lru_cache(maxsize=1024)  # a product's briefs come one after another
def cleaned(text: str, locale: str, name: str | None = None) -> tuple[str, tuple[str, ...]]:
    """A text without personal data and the clauses around it, and the kinds of what was taken out.

    ``name`` is what the product is called, where the text is about one: a person's name that it holds is no leak.
    Without one the text is a name itself, which keeps its people and loses no more than the data.
    """
    known = (name or "").casefold()
    found = [
        one
        for one in find_personal(text, locale)
        if one.kind != "name" or (name is not None and text[one.start : one.end].casefold() not in known)
    ]
    if not found:
        return text, ()
    return _without(text, found, clauses=name is not None), tuple(dict.fromkeys(one.kind for one in found))


def without_personal(product: Product, locale: str) -> tuple[Product, tuple[str, ...]]:
    """A product whose text holds nobody's data, and in words what was taken out of it.

    Of a description the clause goes that holds it ("call Mr Wang at 138…"), of the attributes the whole one, of an
    address the parameter.
    """
    taken: list[str] = []
    name = f"{product.title} {product.brand or ''}"

    def of(text: str, where: str, named: str | None) -> str:
        kept, kinds = cleaned(text, locale, named)
        taken.extend(f"{kind} in the {where}" for kind in kinds)
        return kept

    kept = replace(
        product,
        title=of(product.title, "title", None),
        url=_without_emails(product.url, "url", taken),
        image_url=_without_emails(product.image_url, "image_url", taken),
        brand=of(product.brand or "", "brand", None) or None,
        category=of(product.category or "", "category", None) or None,
        description=of(product.description or "", "description", name) or None,
        attributes={
            attribute: value
            for attribute, value in product.attributes.items()
            if of(pair := f"{attribute}: {value}", "attributes", name) == pair
        },
    )
    return (kept, tuple(dict.fromkeys(taken))) if taken else (product, ())


def _without_emails(url: str | None, where: str, taken: list[str]) -> str | None:
    """An address without the parameters that hold an e-mail address; digits in one are most often a product's."""
    if not url or not ("@" in url or "%40" in url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:  # no address, which is for others to say
        return url
    told = parts.query.split("&")
    kept = [each for each in told if not _EMAIL.search(unquote_plus(each).partition("=")[2])]
    if len(kept) == len(told):
        return url
    taken.append(f"email in the {where}")
    return urlunsplit(parts._replace(query="&".join(kept)))


def in_id(row_id: str) -> str | None:
    """``email`` where a row's id holds such an address, or None. Digits are what ids are made of: they tell nothing."""
    return "email" if _EMAIL.search(row_id) else None


def in_segment(segment: Segment) -> str | None:
    """The kind of personal data that a segment's words hold, or None."""
    texts = (segment.id, segment.name, segment.description or "", *segment.interests, *segment.needs)
    found = (one for text in texts for one in find_personal(text, locale_of(text)))
    return next((one.kind for one in found), None)


def locale_of(text: str) -> str:
    """``zh-CN`` for a text with hanzi, for one that came without its locale."""
    return "zh-CN" if re.search("[\u4e00-\u9fff]", text) else "en-US"


_CLAUSE_END = re.compile(r"[!?。！？;；,，、|\n\r]|(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bNo)\.(?=\s|$)")


def _without(text: str, found: list[Found], *, clauses: bool) -> str:
    """The text without the spans; with the rest of the clauses that they stand in, where those aren't too long."""
    ends = [match.end() for match in _CLAUSE_END.finditer(text)] if clauses else []
    kept, at = [], 0
    for one in found:
        start = max((end for end in ends if end <= one.start), default=0)
        end = next((end for end in ends if end >= one.end), len(text))
        if not clauses or end - start > LONGEST_CLAUSE:
            start, end = _with_its_call(text, one)
        if start > at:
            kept.append(text[at:start])
        at = max(at, end)
    whole = "".join((*kept, text[at:]))
    return re.sub(r"[ \t]{2,}", " ", whole).strip(" ,，、;；")


def _with_its_call(text: str, one: Found) -> tuple[int, int]:
    """The span with the words that ask to call or write there, and with the brackets that hold nothing else."""
    start, end = one.start, one.end
    if asked := _words().asks.search(_before(text, start)):
        start -= len(asked[0])
    if text[end : end + 1] in _BRACKETS.values():
        start = len(text[:start].rstrip(" ,，、;；"))
    if text[start - 1 : start] in _BRACKETS and text[end : end + 1] == _BRACKETS[text[start - 1]]:
        start, end = start - 1, end + 1
    return start, end


_BRACKETS = {"(": ")", "（": "）", "[": "]", "【": "】"}
_ODD = re.compile("[\u3000\uff0b\uff0d-\uff0f\uff10-\uff19\uff20-\uff5e\u2460-\u24ff\U0001d400-\U0001d7ff]")


def _plain(text: str) -> str:
    """Fullwidth and other digits, letters and signs plain, each in its place, so that spans are the given text's."""
    if text.isascii() or not _ODD.search(text):
        return text
    return "".join(ch if ch < "\u0100" or "\u4e00" <= ch <= "\u9fff" else _plain_character(ch) for ch in text)


@lru_cache(maxsize=4096)
def _plain_character(ch: str) -> str:
    plain = unicodedata.normalize("NFKC", ch)
    return plain if len(plain) == 1 and ch not in "：，。！？；" else ch


def _before(text: str, at: int) -> str:
    return text[max(0, at - _NEAR) : at]


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _emails(text: str, locale: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _EMAIL.finditer(text)) if "@" in text or "at" in text else iter(())


def _accounts(text: str, locale: str) -> Iterator[tuple[int, int]]:
    return (match.span("account") for match in _ACCOUNT.finditer(text))


def _ids(text: str, locale: str) -> Iterator[tuple[int, int]]:
    """Source: GB 11643-1999, eighteen characters with a check digit of ISO 7064."""
    from stdnum.cn import ric

    for match, digits in _runs(text):
        if len(digits) == 18 and ric.is_valid(digits):
            yield match.span()


def _cards(text: str, locale: str) -> Iterator[tuple[int, int]]:
    """Source: ISO/IEC 7812-1, the issuer's first digits and Luhn's check digit."""
    from stdnum import luhn

    for match, digits in _runs(text):
        fits = (16 <= len(digits) <= 19 or (len(digits) == 15 and digits[0] == "3")) and _CARD.fullmatch(digits)
        if fits and luhn.is_valid(digits) and not _words().code.search(_before(text, match.start())):
            yield match.span()


def _ssns(text: str, locale: str) -> Iterator[tuple[int, int]]:
    """Source: https://www.ssa.gov/employer/randomization.html, which numbers are never given."""
    from stdnum.us import ssn

    for match, _ in _runs(text):
        number = _SSN.fullmatch(match[0].strip())
        if number and ssn.is_valid(number[0]) and not _words().code.search(_before(text, match.start())):
            yield match.span()


def _runs(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in _RUN.finditer(text):
        digits = re.sub(r"[^\dxX]", "", match[0]).upper()
        yield match, digits


def _phones(text: str, locale: str) -> Iterator[tuple[int, int]]:
    for match in _SPOKEN.finditer(text):
        if _valid_phone(match[0].translate(_HANZI_DIGITS), ("CN",)):
            yield match.span()
    for match, digits in _runs(text):
        raw, before = match[0].rstrip("xX"), _before(text, match.start())
        called, coded = _last(_words().phone, before), _last(_words().code, before)
        if not 7 <= len(digits) <= 15 or coded > called:
            continue
        regions = _REGIONS["zh" if locale.startswith("zh") else "en"]
        shaped = _MOBILE.fullmatch(digits) or _FORMATTED.fullmatch(raw.strip())
        if raw.startswith("+"):
            told = _valid_phone(raw, (None,))
        else:
            told = called >= 0 or (shaped is not None and _valid_phone(raw, regions))
        if told:
            yield match.start(), match.start() + len(raw)


@lru_cache(maxsize=4096)
def _valid_phone(raw: str, regions: tuple[str | None, ...]) -> bool:
    """Whether it is a number that some of the regions give out, by phonenumbers, which takes a while to import."""
    import phonenumbers

    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(raw, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _passports(text: str, locale: str) -> Iterator[tuple[int, int]]:
    for match in _PASSPORT.finditer(text):
        if _words().passport.search(_before(text, match.start())):
            yield match.span()


def _ibans(text: str, locale: str) -> Iterator[tuple[int, int]]:
    from stdnum import iban

    return (match.span() for match in _IBAN.finditer(text) if iban.is_valid(match[0]))


def _plates(text: str, locale: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _PLATE.finditer(text))


def _addresses(text: str, locale: str) -> Iterator[tuple[int, int]]:
    for match in _ADDRESS_EN.finditer(text):
        # "1 Solid State Drive" has a street's shape; what follows an address or stands before it tells one.
        sure = re.search(r"Street|Avenue|Boulevard|Box", match[0])
        if sure or match["tail"] or match["city"] or _words().address.search(_before(text, match.start())):
            yield match.span()
    for match in _ADDRESS_ZH.finditer(text):
        yield match.span()


_Finder = Callable[[str, str], Iterator[tuple[int, int]]]
_FINDERS: tuple[tuple[str, _Finder], ...] = (
    ("email", _emails), ("account", _accounts), ("id", _ids), ("card", _cards), ("ssn", _ssns), ("phone", _phones),
    ("passport", _passports), ("iban", _ibans), ("plate", _plates), ("address", _addresses),
)  # fmt: skip
