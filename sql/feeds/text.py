"""Text as it came → text to keep: HTML taken off, control characters and lone surrogates dropped.

Zero-width and bidi characters stay, emoji need some of them; generation.prompts takes them off before a model
reads the text.
"""

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TAGS = (
    r"a|abbr|article|aside|b|big|blockquote|body|br|button|center|cite|code|dd|del|details|div|"
    r"dl|dt|em|embed|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|"
    r"img|input|ins|kbd|label|li|link|main|mark|meta|nav|noscript|object|ol|option|p|pre|q|s|"
    r"samp|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|"
    r"tbody|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|var|video|audio|wbr"
)
_MARKUP = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>|<!--|<!doctype|<!\[CDATA\[", re.IGNORECASE)
# With its semicolon; the five oldest also without, as catalogues cut to a length have them (4&quot Round).
_ENTITY = re.compile(
    r"&(?:[a-zA-Z][a-zA-Z0-9]{1,30}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});|&(?:quot|amp|lt|gt|nbsp)(?![a-zA-Z0-9=])"
)
_DROPPED = frozenset((
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "video", "audio", "head",
    "title", "select", "textarea", "button",
))  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "br", "center", "dd", "details", "div", "dl", "dt", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_CELLS = frozenset(("td", "th", "option", "label"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)


def storable(value: str) -> str:
    """Without NUL, other control characters and lone surrogates, which Postgres refuses or nobody can read."""
    # Most lines are printable, and so are most texts but for their newlines: that is told far sooner.
    if value.isprintable() or value.replace("\n", "").isprintable():
        return value
    return _UNSTORABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def plain_line(value: str) -> str:
    """One line of plain text, for titles, names and attribute values."""
    return " ".join(plain_text(value).split())


def plain_text(value: str) -> str:
    """Plain text with a newline between blocks. A ``<`` that opens no HTML tag stays: ``size <40 cm``."""
    text = storable(value)
    for _ in range(2):  # twice, as feeds often carry HTML that was escaped once more on its way
        if _MARKUP.search(text):
            text = _without_tags(text)
        elif _ENTITY.search(text):
            text = html.unescape(text)
        else:
            break
    lines = (" ".join(line.split()) for line in storable(text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_tags(text: str) -> str:
    body = LexborHTMLParser(text).body
    pieces: list[str] = []
    # A stack, not recursion: hostile HTML nests deeper than Python's stack. Strings on it are written as they are.
    waiting: list[LexborNode | str] = [body] if body is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.tag == "-text":
            # Newlines in HTML are spaces; the ones that count come from the blocks.
            pieces.append((node.text_content or "").replace("\n", " "))
        elif node.tag is not None and not node.tag.startswith("-") and not _is_hidden(node):
            around = "\n" if node.tag in _BLOCKS else " " if node.tag in _CELLS else ""
            children = list(node.iter(include_text=True))
            pieces.append(around)
            waiting.append(around if children else "")
            waiting.extend(reversed(children))
    return "".join(pieces)


def _is_hidden(node: LexborNode) -> bool:
    if node.tag in _DROPPED:
        return True
    attributes = node.attributes
    return bool(attributes) and ("hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or "")))
