"""Draft → fields: what the model wrote, sorted into the channel's fields.

Tolerates the ways in which instruct models dress an answer up (JSON, bold labels, lists, code fences, chatter
around it). Judging the text is in ``generation.checks``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from generation.channels import Channel
from generation.records import Fields

# What models call the fields besides their names in the specification; compared without case, spaces, digits.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "headline": ("标题", "广告标题", "短标题", "shortheadline"),
    "long_headline": ("长标题", "广告长标题"),
    "description": ("描述", "说明", "广告描述", "介绍", "商品描述", "productdescription"),
    "path": ("路径",),
    "primary_text": ("正文", "主文案", "文案", "body", "text"),
    "subject": ("主题", "邮件主题", "标题", "subjectline"),
    "preheader": ("预览文字", "预览", "摘要", "preview", "previewtext"),
    "title": ("标题", "推送标题", "商品标题", "文章标题", "headline", "producttitle", "productname", "itemname"),
    "body": ("正文", "内容", "短信", "短信内容", "message", "text", "sms"),
    "bullet": ("要点", "卖点", "五点描述", "bulletpoint", "keyproductfeature"),
    "business_name": ("商家名称", "企业名称", "公司名称"),
    "digest": ("摘要", "导读", "summary"),
    "paragraph": ("段落", "正文", "描述", "para", "text"),
    "answer": ("回答", "答", "答复", "回复", "reply", "response"),
    "first": ("第一款", "商品一", "firstproduct", "product"),
    "second": ("第二款", "商品二", "secondproduct"),
    "difference": ("区别", "差别", "不同", "对比", "keydifference"),
    "choose": ("怎么选", "选择", "选择建议", "选购建议", "whichtochoose", "choice", "recommendation"),
    "summary": ("总结", "概括", "摘要", "小结", "overview"),
    "basis": ("依据", "来源", "basedon"),
    "point": ("要点", "观点", "keypoint", "bullet"),
    "quote": ("原话", "引文", "引用", "customerquote", "quotation"),
    "name": ("名称", "类型", "画像名称", "personaname", "title"),
    "who": ("人群", "他们是谁", "是谁", "whotheyare", "description"),
    "likes": ("喜好", "喜欢", "兴趣", "interests"),
    "needs": ("需求", "需要"),
    "speak": ("怎么说", "沟通方式", "说话方式", "howtospeak", "howtotalktothem", "tone"),
    "avoid": ("避免", "不要说", "忌讳", "whattoavoid", "dont"),
    "intro": ("正文", "导语", "介绍性文字", "introductorytext", "introduction", "introtext", "primarytext"),
}
_THOUGHT = re.compile(r"<(/?)think(?:ing)?>")
_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*$", re.MULTILINE)
_BRACKETED = re.compile(r"\s*【([^】]{1,30})】\s*[:：]?(.*)")
_COLON = re.compile("[:：]")
_LABEL_LENGTH = 80  # a colon further on belongs to the text
_ITEM = re.compile(r"\s*(?:[-*•·]\s+|\d{1,2}(?:[.)．]\s+|、\s*))(?=\S)")
_BULLET = re.compile(r"[-*•·]\s+(?=\S)")
_RULE = re.compile(r"[\s*_=#~-]*")
_QUOTES = {'"': '"', "'": "'", "“": "”", "「": "」", "`": "`"}
_PAIRED = ("**", "__", "*", '"', "`")  # marks that open before a label may close behind it or behind its text
_PARAGRAPHS = frozenset({"body", "description", "primary_text", "intro"})  # a further unlabelled line belongs to these
_JSON_DEPTH = 4
DRAFT_CHARACTERS = 20_000  # the longest field, WeChat's body, has one less; a longer draft is a model that ran wild


class ParseError(ValueError):
    """A draft in which none of the channel's fields can be found."""


def parse(text: str, channel: Channel) -> Fields:
    """The draft's lines by field, in the channel's order, without repeats and at most each field's maximum.

    Raises ParseError with one line for the reviewer.
    """
    text = _answer(text)
    if "```" in text:
        text = _FENCE.sub("", text)
    text = text.strip()
    if not text:
        raise ParseError("the draft is empty")
    if len(text) > DRAFT_CHARACTERS:
        raise ParseError(f"the draft is {len(text)} characters long; no copy is longer than {DRAFT_CHARACTERS}")
    maximum = {spec.name: spec.maximum for spec in channel.fields}
    found: dict[str, dict[str, str]] = {name: {} for name in maximum}
    labels = _labels(channel)
    for name, line in _from_json(text, labels) or _from_lines(text, labels, maximum):
        clean = _plain(line)
        if clean and len(found[name]) < maximum[name]:
            found[name].setdefault(_words(clean), clean)
    fields = {name: tuple(lines.values()) for name, lines in found.items() if lines}
    if not fields:
        wanted = ", ".join(spec.name for spec in channel.fields if spec.ask)
        raise ParseError(f"none of the fields {wanted} is in it")
    return fields


def same_words(line: str, other: str) -> bool:
    """Whether two lines differ in nothing but capitals and spaces, and one of them is enough."""
    return line == other or _words(line) == _words(other)


def _words(line: str) -> str:
    """A line without capitals and spaces."""
    return "".join(line.lower().split())


@cache
def _labels(channel: Channel) -> dict[str, str]:
    """Every label that stands for one of the channel's fields; a field's own name beats another's alias."""
    names = {_key(spec.name): spec.name for spec in channel.fields}
    for spec in channel.fields:
        for alias in _ALIASES.get(spec.name, ()):
            names.setdefault(_key(alias), spec.name)
    return names


@lru_cache(maxsize=1024)  # models call a field by few names
def _key(label: str) -> str:
    key = re.sub(r"[(（][^)）]*[)）]?|[\W_\d]", "", label.lower())
    return key[:-1] if key.endswith("s") and key.isascii() else key


def _answer(text: str) -> str:
    """What stands outside the model's thinking, whose opening mark may have been part of the prompt."""
    if "<" not in text:
        return text
    marks = list(_THOUGHT.finditer(text))
    start = max((mark.end() for mark in marks if mark[1]), default=0)
    end = next((mark.start() for mark in marks if mark.start() >= start), len(text))
    return text[start:end]


def _from_lines(text: str, labels: Mapping[str, str], maximum: Mapping[str, int]) -> list[tuple[str, str]]:
    """Each labelled line, with what belongs to it of the unlabelled lines below.

    Those are the text of a label that stands alone, a list where the field takes several, or a paragraph's further
    lines. Where the field takes several, a blank line ends it, and chatter after it belongs to nothing.
    """
    found: list[tuple[str, list[str]]] = []
    name, listing, paused = "", False, False
    for line in text.splitlines():
        if label := _label(line, labels):
            name, rest = label
            found.append((name, [rest] if rest else []))
            listing, paused = not rest and maximum[name] > 1, False
        elif not name:
            continue
        elif _RULE.fullmatch(line):
            paused = bool(found[-1][1])
        elif maximum[name] == 1:
            if name in _PARAGRAPHS or not found[-1][1]:
                found[-1][1].append(line.strip())
        elif (item := _ITEM.match(line)) and (listing or name not in _PARAGRAPHS):
            found.append((name, [line[item.end() :]]))
            listing, paused = True, False
        elif paused:
            name = ""
        elif listing:
            found.append((name, [line]))
        elif name in _PARAGRAPHS:
            found[-1][1].append(line.strip())
    return [(name, " ".join(lines)) for name, lines in found]


def _label(line: str, labels: Mapping[str, str]) -> tuple[str, str] | None:
    """The field that a line's label stands for and what follows it, without the markdown around the label."""
    if bracketed := _BRACKETED.match(line):
        label, rest = bracketed[1], bracketed[2]
    elif colon := _COLON.search(line, 0, _LABEL_LENGTH):
        label, rest = line[: colon.start()], line[colon.end() :]
    elif len(line) < _LABEL_LENGTH and line.lstrip().startswith(("#", "**")):
        label, rest = line, ""
    else:
        return None
    name = labels.get(_key(label))
    if name is None:
        return None
    for mark in _open_marks(label):
        rest = rest.replace(mark, "", 1)
    if '"' in label:
        rest = rest.rstrip().removesuffix(",")  # a line of JSON that is broken elsewhere
    return name, rest.strip()


@lru_cache(maxsize=1024)
def _open_marks(label: str) -> tuple[str, ...]:
    """The marks that open in a label and close behind it."""
    return tuple(mark for mark in _PAIRED if label.count(mark) % 2)


def _from_json(text: str, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start < 0 or text[start : start + 2] == "{{":
        return []
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):  # ValueError: also for a number of thousands of digits
        return []
    return list(_labelled_values(value, labels, _JSON_DEPTH))


def _labelled_values(value: object, labels: Mapping[str, str], depth: int) -> Iterator[tuple[str, str]]:
    if depth and isinstance(value, list):
        for entry in value:
            yield from _labelled_values(entry, labels, depth - 1)
    elif depth and isinstance(value, dict):
        for label, content in value.items():
            if name := labels.get(_key(label)):
                lines = content if isinstance(content, list) else [content]
                yield from ((name, line) for line in lines if isinstance(line, str))
            else:
                yield from _labelled_values(content, labels, depth - 1)


def _plain(line: str) -> str:
    """A line without the bullet before it and the markdown and the quotes around it."""
    text = " ".join(line.split())
    if text[:1].isalnum():
        return text  # none of those marks, as nearly always
    if bullet := _BULLET.match(text):
        text = text[bullet.end() :]
    for _ in range(4):
        for mark in ("**", "__", "*"):
            if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
                text = text[len(mark) : -len(mark)].strip()
                break
        else:
            if len(text) < 2 or _QUOTES.get(text[0]) != text[-1] or text[-1] in text[1:-1]:
                return text
            text = text[1:-1].strip()
    return text
