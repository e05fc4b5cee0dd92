"""A row's values → a Product, or the reason why not. The one place that judges what a product needs.

Which columns hold what is decided here for plain CSV and JSON; feeds of a known format bring their own columns.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from generation.records import Product
from sql.feeds.lines import FeedError, RefusedRow, Remark, Row
from sql.feeds.prices import PriceError, read_price
from sql.feeds.text import plain_line, plain_text, storable

ID_CHARACTERS = 200
TITLE_CHARACTERS = 1_000
ATTRIBUTE_CHARACTERS = 2_000
ATTRIBUTES = 100

PRODUCT_COLUMNS = ("id", "title", "brand", "description", "category", "price", "currency", "url", "image_url",
                   "revenue")  # fmt: skip

# The names under which shops export each column, most telling first. Compared in lower case with every run of
# spaces, dots and dashes as one underscore.
_USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "product_id", "item_id", "sku", "asin", "product_code", "item_code", "uniq_id", "uid", "handle",
           "商品id", "商品编号", "商品编码", "商品货号", "编号", "货号", "款号"),
    "title": ("title", "product_title", "name", "product_name", "item_name", "item_title", "商品标题", "商品名称",
              "标题", "产品名称", "名称", "品名"),
    "brand": ("brand", "brand_name", "vendor", "manufacturer", "品牌", "品牌名称"),
    "description": ("description", "product_description", "body_html", "body", "long_description", "short_description",
                    "details", "about_product", "商品描述", "商品详情", "描述", "详情", "简介"),
    "category": ("category", "product_category", "product_type", "category_name", "categories", "type", "department",
                 "商品类目", "类目", "商品分类", "分类", "品类", "类别"),
    "price": ("price", "selling_price", "sell_price", "current_price", "final_price", "unit_price", "售价", "现价",
              "销售价", "价格", "单价"),
    "currency": ("currency", "currency_code", "price_currency", "币种", "货币"),
    "url": ("url", "link", "product_url", "product_link", "商品链接", "链接"),
    "image_url": ("image_url", "image_link", "image", "main_image", "images", "img", "img_url", "thumbnail", "主图",
                  "图片", "图片链接"),
    "revenue": ("revenue", "销售额"),
    "attributes": ("attributes", "attrs", "specifications", "specs", "商品属性", "属性", "规格参数"),
}  # fmt: skip
_ATTRIBUTE_COLUMN = re.compile(r"^attributes?[._: ]\s*(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A product, where it stood, and what was left out of it."""

    line: int
    product: Product
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file holds what. A name may be a path into JSON: ``images.0``, ``price.amount``."""

    fields: Mapping[str, str]  # product column → file column
    attributes: Mapping[str, str] = field(default_factory=dict)  # attribute name → file column


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raises FeedError for a product column that doesn't exist or a file column left empty."""
    for target, source in mapping.items():
        if target not in PRODUCT_COLUMNS and target != "attributes" and not target.startswith("attributes."):
            raise FeedError(
                f"--map {target}={source}: there is no product column {target!r}; there are "
                f"{', '.join(PRODUCT_COLUMNS)}, attributes and attributes.NAME"
            )
        if not source.strip() or target == "attributes.":
            raise FeedError(f"--map {target}={source}: name a column on each side of the equals sign")


def choose_columns(names: tuple[str, ...], mapping: Mapping[str, str]) -> Columns:
    """What the mapping says, and where it says nothing the usual names. Columns that nobody names are left out."""
    plain = {_plain(name): name for name in reversed(names)}
    fields = {}
    for target, usual in _USUAL_NAMES.items():
        found = next((plain[name] for name in usual if name in plain and plain[name] not in mapping.values()), None)
        if target in mapping or found is not None:
            fields[target] = mapping.get(target) or str(found)
    attributes = {m[1].strip(): name for name in names if (m := _ATTRIBUTE_COLUMN.match(name))}
    attributes |= {key.removeprefix("attributes."): name for key, name in mapping.items() if "." in key}
    return Columns(fields, attributes)


def _plain(name: str) -> str:
    return re.sub(r"[\s._\-/]+", "_", name.strip().lower())


def product_of(
    row: Row, columns: Columns, default_currency: str | None = None, skip_price: str | None = None
) -> Found | RefusedRow:
    """The product of a row. ``skip_price`` is a reason to leave the price out whatever it says."""
    line, values = row
    cell = {target: pick(values, name) for target, name in columns.fields.items()}
    text = {name: as_text(cell.get(name)) for name in PRODUCT_COLUMNS}
    product_id = " ".join(storable(text["id"]).split())
    if not product_id:
        return RefusedRow(line, _missing("id", columns))
    if len(product_id) > ID_CHARACTERS:
        reason = f"the id has {len(product_id):,} characters, at most {ID_CHARACTERS} are kept"
        return RefusedRow(line, reason, product_id[:ID_CHARACTERS])
    title = plain_line(text["title"])
    if not title:
        emptied = "the title has nothing left once its HTML is taken off"
        return RefusedRow(line, emptied if text["title"].strip() else _missing("title", columns), product_id)
    if len(title) > TITLE_CHARACTERS:
        reason = f"the title has {len(title):,} characters, at most {TITLE_CHARACTERS:,}: is it the description?"
        return RefusedRow(line, reason, product_id)

    remarks: list[str] = []
    price = None
    try:
        if skip_price is not None:
            raise PriceError(skip_price)
        price = read_price(cell.get("price"), text["currency"], default_currency)
    except PriceError as exc:
        remarks.append(f"price left out: {storable(str(exc))}")
    revenue = _revenue(cell.get("revenue"), remarks)
    attributes = _attributes(values, cell.get("attributes"), columns, remarks)
    urls = [_url(cell.get(name), name, remarks) for name in ("url", "image_url")]
    product = Product(
        id=product_id,
        title=title,
        brand=_worded(plain_line(text["brand"])),
        description=_worded(plain_text(text["description"])),
        category=_worded(plain_line(text["category"])),
        price=price.amount if price else None,
        currency=price.currency if price else None,
        url=urls[0],
        image_url=urls[1],
        attributes=attributes,
        revenue=revenue,
    )
    return Found(line, product, tuple(Remark(line, reason, product_id) for reason in remarks))


def _revenue(value: object, remarks: list[str]) -> Decimal | None:
    """A plain number, its thousands apart by commas or not; it is only compared with other products'."""
    text = _worded(as_text(value).strip())
    if text is None:
        return None
    if not re.fullmatch(r"-?([0-9]{1,30}|[0-9]{1,3}(,[0-9]{3}){1,9})([.][0-9]{1,20})?", text):
        remarks.append(f"revenue left out: {storable(text[:40])!r} is no plain number")
        return None
    return Decimal(text.replace(",", ""))


def _worded(text: str) -> str | None:
    """None for what has no letter or digit in it: ``-`` and ``""`` are how exports write nothing."""
    return text if re.search(r"\w", text) else None


def _missing(column: str, columns: Columns) -> str:
    name = columns.fields.get(column)
    return f"no {column}: the column {name!r} is empty" if name else f"no {column}: give --map {column}=COLUMN"


def pick(values: Mapping[str, object], name: str) -> object:
    """The value of a column, or of a path into a JSON value; None where there is nothing."""
    if name in values:
        return values[name]
    found: object = values
    for part in name.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def as_text(value: object) -> str:
    """A JSON value as words: lists joined by commas, nothing for null and for what has no words, such as objects."""
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(filter(None, map(as_text, value)))
    if isinstance(value, Decimal):
        return format(value, "f") if -(10**30) < value < 10**30 else str(value)
    return str(value)


def _attributes(values: Mapping[str, object], packed: object, columns: Columns, remarks: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    pairs = list(_packed(packed))
    pairs += [(name, as_text(pick(values, source))) for name, source in columns.attributes.items()]
    for name, value in pairs:
        key, text = plain_line(name), plain_line(value)
        if not text:
            continue
        if not key:
            remarks.append(f"an attribute without a name left out: {text[:40]!r}")
        elif len(text) > ATTRIBUTE_CHARACTERS or len(key) > ID_CHARACTERS:
            remarks.append(f"attribute {key[:40]!r} left out: over {ATTRIBUTE_CHARACTERS:,} characters")
        elif key in found:
            # "Style: retro; Style: casual": both are true.
            found[key] = found[key] if text in found[key].split(", ") else f"{found[key]}, {text}"
        elif len(found) < ATTRIBUTES:
            found[key] = text
        else:
            remarks.append(f"attribute {key[:40]!r} left out: more than {ATTRIBUTES}")
    return found


def _packed(value: object) -> Iterator[tuple[str, str]]:
    """The pairs of an object, of a list of pairs, or of text: ``Color: red; Size: M`` or ``颜色#红*尺码#M``."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, dict):
        yield from ((str(name), as_text(entry)) for name, entry in value.items())
    elif isinstance(value, list):
        for entry in value:
            if isinstance(entry, dict):
                name = next((entry[key] for key in ("name", "title", "key") if entry.get(key)), None)
                yield as_text(name), as_text(entry.get("value", entry.get("values")))
            else:
                yield from _packed(entry)
    elif isinstance(value, str) and value.strip():
        hashed = "#" in value and not re.search(r"[:：=]", value)
        for part in re.split(r"[*;；|\n]" if hashed else r"[;；|\n]", value):
            pair = re.split(r"#" if hashed else r"[:：=]", part, maxsplit=1)
            if part.strip():
                yield (pair[0], pair[1]) if len(pair) == 2 else ("", part)


def _url(value: object, column: str, remarks: list[str]) -> str | None:
    if isinstance(value, list):
        value = next((entry for entry in value if entry), None)
    if isinstance(value, dict):
        value = value.get("url") or value.get("src")
    text = storable(as_text(value)).strip()
    if not text:
        return None
    if not re.fullmatch(r"https?://[^\s<>\"]{1,2000}", text, re.IGNORECASE):
        remarks.append(f"{column} left out: {text[:60]!r} is no http address")
        return None
    return text
