"""Draft → fields: what the model wrote, sorted into the channel's fields.

Tolerates the ways in which instruct models dress an answer up (JSON, bold labels, numbering, code fences, chatter
around it). Judging the text is in ``generation.checks``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache

from generation.channels import Channel
from generation.records import Fields

# What models call the fields besides their names in the specification; compared without case, spaces, digits.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "headline": ("标题", "广告标题", "短标题"),
    "description": ("描述", "说明", "广告描述", "介绍"),
    "path": ("路径",),
    "primary_text": ("正文", "主文案", "文案", "body", "text"),
    "subject": ("主题", "邮件主题", "标题", "subjectline"),
    "preheader": ("预览文字", "预览", "摘要", "preview", "previewtext"),
    "title": ("标题", "推送标题", "headline"),
    "body": ("正文", "内容", "短信", "短信内容", "message", "text", "sms"),
    "bullet": ("要点", "卖点", "bulletpoint"),
}
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
_LABELLED = re.compile(
    r"^\s*(?:[-*•]\s+|\d+[.)]\s+)?[*_\"'`#\s]*([\w一-鿿][\w一-鿿 \-]{0,30}?)[\s*_\"'`]*[:：]\s*(.*)$"
)
_QUOTES = {'"': '"', "'": "'", "“": "”", "「": "」", "`": "`"}
_PARAGRAPHS = frozenset({"body", "description", "primary_text"})  # a further unlabelled line belongs to these


class ParseError(ValueError):
    """A draft in which none of the channel's fields can be found."""


def parse(text: str, channel: Channel) -> Fields:
    """The draft's lines by field, in the channel's order, without repeats and at most each field's maximum.

    Raises ParseError with one line for the reviewer.
    """
    text = _FENCE.sub("", _THINKING.sub("", text)).strip()
    if not text:
        raise ParseError("the draft is empty")
    found: dict[str, list[str]] = {}
    labels = _labels(channel)
    for name, line in _from_json(text, labels) or _from_lines(text, labels):
        clean = _plain(line)
        if clean and clean not in found.setdefault(name, []):
            found[name].append(clean)
    fields = {spec.name: tuple(found[spec.name][: spec.maximum]) for spec in channel.fields if found.get(spec.name)}
    if not fields:
        wanted = ", ".join(spec.name for spec in channel.fields if spec.ask)
        raise ParseError(f"none of the fields {wanted} is in it")
    return fields


@cache
def _labels(channel: Channel) -> dict[str, str]:
    """Every label that stands for one of the channel's fields; a field's own name beats another's alias."""
    names = {_key(spec.name): spec.name for spec in channel.fields}
    for spec in channel.fields:
        for alias in _ALIASES.get(spec.name, ()):
            names.setdefault(_key(alias), spec.name)
    return names


def _key(label: str) -> str:
    key = re.sub(r"[\W_\d]", "", label.lower())
    return key[:-1] if key.endswith("s") and key.isascii() else key


def _from_lines(text: str, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    name, content = "", ""
    for line in text.splitlines():
        match = _LABELLED.match(line)
        field = labels.get(_key(match[1])) if match else None
        if match and field:
            if name:
                yield name, content
            name, content = field, match[2]
        elif name in _PARAGRAPHS and line.strip():
            content = f"{content} {line.strip()}"
        elif name and not content and line.strip():  # "Headline:" and the text on the next line
            content = line.strip()
    if name:
        yield name, content


def _from_json(text: str, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    start = text.find("{")
    if start < 0 or text[start : start + 2] == "{{":
        return []
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (json.JSONDecodeError, RecursionError):
        return []
    pairs: list[tuple[str, str]] = []
    for label, content in value.items() if isinstance(value, dict) else ():
        if name := labels.get(_key(label)):
            lines = content if isinstance(content, list) else [content]
            pairs += [(name, line) for line in lines if isinstance(line, str)]
    return pairs


def _plain(line: str) -> str:
    """A line without the markdown and the quotes around it."""
    text = " ".join(line.split())
    while len(text) > 1:
        for mark in ("**", "__", "*"):
            if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
                text = text[len(mark) : -len(mark)].strip()
                break
        else:
            if _QUOTES.get(text[0]) != text[-1] or text[-1] in text[1:-1]:
                return text
            text = text[1:-1].strip()
    return text
