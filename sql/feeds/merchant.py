"""Google Merchant Center feeds: the columns of the tab-separated form, the items of the XML form (RSS and Atom).

Names of fields: https://support.google.com/merchants/answer/7052112. A sale price is never taken for the price.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html.entities import html5
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sql.feeds.lines import LINE_CHARACTERS, RefusedRow, Row
from sql.feeds.prices import PriceError, read_price
from sql.feeds.products import Columns, as_text
from sql.feeds.text import storable

# Beside an id and a title, one of these makes a table a Merchant Center feed.
TELLTALES = frozenset(("image_link", "google_product_category", "availability", "item_group_id", "sale_price"))
# What is worth saying about a product; gender and age group say for whom it is made, not who reads.
ATTRIBUTES = {
    "Color": "color", "Size": "size", "Material": "material", "Pattern": "pattern", "Gender": "gender",
    "Age group": "age_group", "Multipack": "multipack", "Energy efficiency": "energy_efficiency_class",
    "Highlights": "product_highlight", "Model": "mpn", "Condition": "condition",
}  # fmt: skip
COLUMNS = Columns(
    {
        "id": "id",
        "title": "title",
        "brand": "brand",
        "description": "description",
        "category": "category",
        "price": "price",
        "url": "link",
        "image_url": "image_link",
        "attributes": "product_detail",
    },
    ATTRIBUTES,
)

_MARK = re.compile(r"<(/?)(item|entry)(?=[\s>])|<!--(?:.*?-->)?|<!\[CDATA\[(?:.*?\]\]>)?", re.DOTALL)
_NAMESPACE = re.compile(r"\sxmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(\w{2,30};)")
_GOOGLE = "http://base.google.com/ns/1.0"
_CHUNK = 2**18


def field_name(column: str) -> str:
    """``Image link`` and ``g:image_link`` → ``image_link``: how Google itself reads the header."""
    return re.sub(r"[\s_-]+", "_", column.strip().lower().removeprefix("g:"))


def merchant_values(
    values: Mapping[str, object], today: datetime | None = None
) -> tuple[dict[str, object], str | None]:
    """A feed row under plain names, and a reason to leave its price out, if there is one.

    While a sale runs the shop asks the sale price, and whether it still does when the copy is read nobody knows:
    then no price is stated.
    """
    found = {field_name(name): value for name, value in values.items()}
    kinds = (as_text(found.get(name)).strip() for name in ("product_type", "google_product_category"))
    found["category"] = next((kind for kind in kinds if kind and not kind.isdecimal()), None)
    if as_text(found.get("condition")).strip().lower() == "new":
        del found["condition"]
    return found, _sale(found, today or datetime.now(UTC))


def _sale(values: Mapping[str, object], today: datetime) -> str | None:
    sale = as_text(values.get("sale_price")).strip()
    if not sale:
        return None
    try:
        price, lowered = read_price(values.get("price")), read_price(sale)
    except PriceError:
        price, lowered = None, None
    if lowered is not None and lowered == price:
        return None
    _, slash, until = as_text(values.get("sale_price_effective_date")).partition("/")
    if slash:
        try:
            end = datetime.fromisoformat(until.strip())
        except ValueError:
            return "a sale price stands beside it, with dates that can't be read"
        if (end if end.tzinfo else end.replace(tzinfo=UTC)) < today:
            return None
    return f"a sale price, {storable(sale[:30])}, stands beside it"


def read_xml(stream: IO[str]) -> Iterator[Row | RefusedRow]:
    """The items of a feed, each parsed by itself, so that a broken one costs no other.

    No document type is ever parsed: entities that a feed declares are refused with their item.
    """
    text, line, position, ended = "", 1, 0, False
    namespaces: str | None = None
    while True:
        opening = _next_mark(text, position)
        after = _next_mark(text, opening.end()) if opening is not None else None
        if opening is not None and after is not None:
            if namespaces is None:
                namespaces = _namespaces(text[: opening.start()])
            line += text.count("\n", position, opening.start())
            position = opening.start()
            if opening[1] == "/":
                end = opening.end()  # an end without a beginning: the item before it was refused for it
            elif after[1] == "/":
                end = text.find(">", after.end()) + 1 or after.end()
                yield _item(line, text[position:end], namespaces)
            else:
                end = after.start()
                yield RefusedRow(line, f"<{opening[2]}> is not closed before the next one begins")
            line += text.count("\n", position, end)
            position = end
        elif ended or (opening is not None and len(text) - opening.start() > LINE_CHARACTERS):
            if opening is not None and opening[1] != "/":
                line += text.count("\n", position, opening.start())
                yield RefusedRow(line, f"<{opening[2]}> is not closed; nothing below it was read")
            return
        else:
            # Without a mark, what was read is done with, but for a tag that the chunk may have cut, and the head.
            kept = position if namespaces is None else opening.start() if opening else max(position, len(text) - 20)
            line += text.count("\n", position, kept)
            chunk = stream.read(max(_CHUNK, len(text) - kept))
            text, position, ended = text[kept:] + _NOT_XML.sub("", chunk), 0, not chunk


def _next_mark(text: str, position: int) -> re.Match[str] | None:
    """Where the next item begins or ends, outside of comments and CDATA."""
    for match in _MARK.finditer(text, position):
        if match[2]:
            return match
        if match[0] in ("<!--", "<![CDATA["):
            return None  # its end is not read yet
    return None


def _namespaces(head: str) -> str:
    found = "".join(dict.fromkeys(_NAMESPACE.findall(head)))
    return found if re.search(r"xmlns:g\s*=", found) else f'{found} xmlns:g="{_GOOGLE}"'


def _item(line: int, text: str, namespaces: str) -> Row | RefusedRow:
    # &nbsp; and its like are HTML's, not XML's, and common in feeds all the same.
    known = _NAMED_ENTITY.sub(lambda match: html5.get(match[1], match[0]), text)
    try:
        root = fromstring(f"<feed{namespaces}>{known}</feed>")
    except ParseError as exc:
        return RefusedRow(line + max(exc.position[0] - 1, 0), f"broken XML: {str(exc).split(':')[0]}")
    except DefusedXmlException:
        return RefusedRow(line, "declares entities of its own, which are never expanded")
    values: dict[str, object] = {}
    own: set[str] = set()
    for element in root[0]:
        space, _, local = element.tag.rpartition("}")
        name = field_name(local)
        google = space == "{" + _GOOGLE
        if (name in own and not google) or (
            google and name in own and name not in ("product_highlight", "product_detail")
        ):
            continue  # the g: field outranks the plain one, and of several product types the first is the main one
        if google:
            if name not in own:
                values.pop(name, None)
            own.add(name)
        value = _value(name, element)
        if name in ("product_highlight", "product_detail"):
            values[name] = [*_listed(values.get(name)), value]
        elif google or name not in values:
            values[name] = value
    for stand_in, name in (("summary", "description"), ("content", "description")):
        values.setdefault(name, values.get(stand_in))
    return line, values


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _value(name: str, element: Any) -> object:
    if name == "link" and element.get("href"):  # Atom
        return str(element.get("href"))
    if name == "product_detail":
        parts = {child.tag.rpartition("}")[2]: child.text or "" for child in element}
        return {"name": parts.get("attribute_name"), "value": parts.get("attribute_value")}
    return "".join(element.itertext()).strip()
