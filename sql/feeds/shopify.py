"""Shopify's product CSV, old and new headers: the rows of one product → one row of values.

A product spans several rows, one for each variant and image, with a blank title on all but the first.
Columns: https://help.shopify.com/en/manual/products/import-export/using-csv
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sql.feeds.lines import RefusedRow, Row
from sql.feeds.prices import Price, PriceError, read_price
from sql.feeds.products import Columns

COLUMNS = Columns(
    {name: name for name in ("id", "title", "brand", "description", "category", "price", "image_url", "attributes")}
)

# Ours → theirs, new header first. All lower case: Shopify has changed the capitals more than once.
_NAMES = {
    "id": ("url handle", "handle"),
    "title": ("title",),
    "description": ("description", "body (html)", "body html"),
    "brand": ("vendor",),
    "type": ("type",),
    "product category": ("product category", "standardized product type"),
    "image_url": ("product image url", "image src"),
    "price": ("price", "variant price"),
    "status": ("status",),
    "published": ("published on online store", "published"),
}
_VARIANTS_DIFFER = "its variants cost from {low} to {high} {currency}"


def is_shopify(columns: tuple[str, ...]) -> bool:
    """Whether a header is Shopify's: a handle and, in either spelling, the body, a variant's price or an option."""
    names = {name.strip().lower() for name in columns}
    if "title" not in names:
        return False
    old = {"body (html)", "variant price", "option1 name", "variant sku"} & names
    new = {"option1 name", "product image url", "compare-at price", "published on online store", "vendor"} & names
    return ("handle" in names and bool(old)) or ("url handle" in names and bool(new))


@dataclass(slots=True)
class _Open:
    """The product whose rows are being read."""

    line: int
    handle: str
    values: dict[str, str]
    prices: set[Price] = field(default_factory=set)
    options: dict[str, dict[str, None]] = field(default_factory=dict)  # option → its values, in order
    names: dict[int, str] = field(default_factory=dict)
    unsure: str | None = None  # why no price can be stated


def read_shopify(
    rows: Iterator[Row | RefusedRow], default_currency: str | None
) -> Iterator[tuple[Row, str | None] | RefusedRow]:
    """Each product's values with a reason to leave its price out, if there is one.

    The price is stated only where all variants share it: "from 9.99" is no fact about the variant shown.
    Drafts, archived and unpublished products are refused, they are not for sale.
    """
    product: _Open | None = None
    for row in rows:
        if isinstance(row, RefusedRow):
            if product is not None:  # a variant may have been lost, and with it another price
                product.unsure = "one of its rows could not be read"
            yield row
            continue
        line, raw = row
        values = {name.strip().lower(): str(value) for name, value in raw.items()}
        handle = _value(values, "id")
        if not handle:
            yield RefusedRow(line, "no handle")
            if product is not None:
                product.unsure = "one of its rows has no handle"
            continue
        if product is None or product.handle != handle:
            if product is not None:
                yield _close(product)
            product = _Open(line, handle, values)
        _add(product, values, default_currency)
    if product is not None:
        yield _close(product)


def _value(values: Mapping[str, str], name: str) -> str:
    return next((values[key].strip() for key in _NAMES[name] if values.get(key, "").strip()), "")


def _add(product: _Open, values: Mapping[str, str], default_currency: str | None) -> None:
    try:
        price = read_price(_value(values, "price"), None, default_currency)
    except PriceError as exc:
        product.unsure = str(exc)
    else:
        if price is not None:
            product.prices.add(price)
    for number in (1, 2, 3):
        name = values.get(f"option{number} name", "").strip()
        value = values.get(f"option{number} value", "").strip()
        if name:
            product.names.setdefault(number, name)
        # A product without options has one called Title, with one value.
        if value and (value.lower() != "default title") and number in product.names:
            product.options.setdefault(product.names[number], {})[value] = None
    if not _value(product.values, "image_url") and (image := _value(values, "image_url")):
        product.values = {**product.values, "image src": image}


def _close(product: _Open) -> tuple[Row, str | None] | RefusedRow:
    values = product.values
    status, published = _value(values, "status").lower(), _value(values, "published").lower()
    if status not in ("", "active"):
        return RefusedRow(product.line, f"its status is {status[:20]}, it is not for sale", product.handle)
    if published in ("false", "no"):
        return RefusedRow(product.line, "it is not published in the online store", product.handle)
    reason = product.unsure
    amounts: list[Decimal] = sorted(price.amount for price in product.prices)
    if reason is None and len(amounts) > 1:
        currency = next(iter(product.prices)).currency
        reason = _VARIANTS_DIFFER.format(low=amounts[0], high=amounts[-1], currency=currency)
    row: dict[str, object] = {
        **{name: _value(values, name) for name in ("title", "brand", "description", "image_url")},
        "id": product.handle,
        "category": _value(values, "type") or _value(values, "product category"),
        "price": _value(values, "price"),
        "attributes": {name: list(chosen) for name, chosen in product.options.items()},
    }
    return (product.line, row), reason
