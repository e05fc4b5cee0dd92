"""A file of purchases → customer, day, amount and category, whatever its columns are called.

No other column is kept, so demographics never get near a segment. Grouping people is sql.transactions's.
"""

import gzip
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from sql.audience_words import in_words
from sql.feeds.delimited import open_table
from sql.feeds.lines import FeedError, RefusedRow, open_text

_USUAL_NAMES = {
    "customer": ("household_id", "household_key", "customer_id", "customerid", "customer", "user_id", "userid",
                 "member_id", "client_id", "buyer_id", "用户id", "会员id", "会员编号", "客户编号", "顾客id"),
    "date": ("transaction_timestamp", "timestamp", "invoicedate", "invoice_date", "order_date", "purchase_date",
             "transaction_date", "t_dat", "datetime", "date", "created_at", "event_time", "order_purchase_timestamp",
             "day", "下单时间", "交易时间", "购买时间", "日期"),
    "amount": ("sales_value", "amount", "total", "total_price", "revenue", "spend", "sales", "order_total",
               "金额", "实付金额", "销售额"),
    "quantity": ("quantity", "qty", "units", "数量"),
    "price": ("unitprice", "unit_price", "price", "单价"),
    "product": ("product_id", "article_id", "item_id", "stockcode", "stock_code", "sku", "product", "商品id",
                "商品编号"),
    "category": ("product_category", "category", "category_name", "product_category_name", "product_type",
                 "product_type_name", "commodity_desc", "aisle", "department", "index_group_name", "类目",
                 "品类", "分类"),
}  # fmt: skip


def read_columns(path: Path, asked: Mapping[str, str], notes: list[str]) -> pd.DataFrame:
    """The columns that play a part, from CSV, gzipped CSV or Parquet. Raises FeedError when it can't be read."""
    if path.suffix == ".parquet":
        return _from_parquet(path, asked)
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="\n")
            if path.suffix == ".gz"
            else (open_text(path)) as stream
        ):
            table = open_table(path, stream)
            wanted = _wanted(table.columns, asked)
            values: dict[str, list[str]] = {name: [] for name in wanted}
            broken: list[RefusedRow] = []
            for row in table.rows:
                if isinstance(row, RefusedRow):
                    broken.append(row)
                    continue
                for name in wanted:
                    values[name].append(sys.intern(str(row[1][name])))
    except (OSError, EOFError) as exc:
        raise FeedError(f"{path}: can't be read: {exc}") from exc
    if broken:
        first = broken[0]
        notes.append(
            f"{path.name}: {len(broken):,} broken lines left out; the first is line {first.line}: {first.reason}"
        )
    frame = pd.DataFrame(values, dtype=object)
    return frame.mask(frame == "")


def _from_parquet(path: Path, asked: Mapping[str, str]) -> pd.DataFrame:
    try:
        whole = pd.read_parquet(path)
    except ImportError as exc:
        raise FeedError(f"{path}: Parquet needs the package pyarrow; install it or save the file as CSV") from exc
    except (OSError, ValueError) as exc:
        raise FeedError(f"{path}: can't be read: {str(exc).splitlines()[0]}") from exc
    return whole[_wanted(whole.columns, asked)]


def _guess(names: Iterable[str], role: str, asked: Mapping[str, str]) -> str | None:
    names = list(names)
    if role in asked:
        if asked[role] in names:
            return asked[role]
        return None
    plain = {str(name).strip().lower().replace(" ", "_"): name for name in reversed(names)}
    return next((plain[usual] for usual in _USUAL_NAMES[role] if usual in plain), None)


def _wanted(names: Iterable[str], asked: Mapping[str, str]) -> list[str]:
    names = list(names)
    return list(dict.fromkeys(found for role in _USUAL_NAMES if (found := _guess(names, role, asked))))


def purchases_of(
    transactions: pd.DataFrame, products: pd.DataFrame | None, asked: Mapping[str, str], notes: list[str]
) -> pd.DataFrame:
    """One row a purchase line: customer, day, amount and category in words (None where it says nothing).

    ``asked`` is role → column, as sql.transactions documents. Raises FeedError for a missing column or unread dates.
    """
    unknown = set(asked) - set(_USUAL_NAMES)
    if unknown:
        raise FeedError(f"no column role {sorted(unknown)[0]!r}; there are {', '.join(_USUAL_NAMES)}")
    names = [str(name) for name in transactions.columns]
    known = {role: _guess(names, role, asked) for role in _USUAL_NAMES}
    for role in ("customer", "date"):
        if known[role] is None:
            raise FeedError(f"no column for the {role}: give --{role} COLUMN; there are {', '.join(names[:30])}")
    for role, name in asked.items():
        elsewhere = products is not None and role in ("product", "category") and name in products.columns
        if name not in names and not elsewhere:
            raise FeedError(f"--{role} {name}: there is no such column; there are {', '.join(names[:30])}")
    found = pd.DataFrame({"customer": transactions[known["customer"]], "day": _days(transactions[known["date"]])})
    if known["amount"] is not None:
        found["amount"] = _numbers(transactions[known["amount"]])
    elif known["quantity"] is not None and known["price"] is not None:
        found["amount"] = _numbers(transactions[known["quantity"]]) * _numbers(transactions[known["price"]])
    else:
        notes.append("no column for the amount: no segments by basket size")
        found["amount"] = 0.0
    found["category"] = _categories(transactions, products, known, asked, notes)
    unread = int(found["day"].isna().sum())
    if unread > len(found) / 2:
        raise FeedError(f"the column {known['date']!r} holds no dates that can be read: name another with --date")
    lost = int((found["day"].isna() | found["customer"].isna()).sum())
    if lost:
        notes.append(f"{lost:,} of {len(found):,} lines left out: no customer or no date")
    return found.dropna(subset=["customer", "day"])


def _categories(
    transactions: pd.DataFrame,
    products: pd.DataFrame | None,
    known: Mapping[str, str | None],
    asked: Mapping[str, str],
    notes: list[str],
) -> "pd.Series[Any]":
    if products is not None:
        theirs = {role: _guess(map(str, products.columns), role, asked) for role in ("product", "category")}
        if theirs["category"] is None or theirs["product"] is None or known["product"] is None:
            raise FeedError("the products need a product and a category column, the purchases the same product column")
        lookup = products.drop_duplicates(theirs["product"]).set_index(theirs["product"])[theirs["category"]]
        raw = transactions[known["product"]].map(lookup)
    elif known["category"] is not None:
        raw = transactions[known["category"]]
    else:
        notes.append("no column for the category: no segments by favourite category")
        return pd.Series(None, index=transactions.index, dtype=object)
    raw = raw.astype(object).where(raw.notna(), None)
    words = {category: in_words(str(category)) for category in raw.dropna().unique()}
    left_out = sorted(str(category) for category, named in words.items() if named is None)
    if left_out:
        shown = ", ".join(left_out[:8]) + (", …" if len(left_out) > 8 else "")
        notes.append(f"{len(left_out)} categories are sensitive or say nothing and stay out: {shown}")
    return raw.map(words)


def _days(column: "pd.Series[Any]") -> "pd.Series[Any]":
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().sum() > len(column) / 2:
        largest = float(numbers.max())
        if largest < 100_000:  # days counted from some first day
            return pd.to_datetime(numbers.round(), unit="D", errors="coerce")
        if largest > 99_999_999:  # Unix time
            unit: Literal["s", "ms"] = "ms" if largest > 10**11 else "s"
            return pd.to_datetime(numbers, unit=unit, errors="coerce").dt.normalize()
        return pd.to_datetime(numbers.astype("Int64").astype(str), format="%Y%m%d", errors="coerce")
    dates = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    if dates.notna().sum() < column.notna().sum() / 2:
        dates = pd.to_datetime(column, format="mixed", errors="coerce", utc=True)
    return dates.dt.tz_localize(None).dt.normalize()


def _numbers(column: "pd.Series[Any]") -> "pd.Series[Any]":
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.isna().sum() > len(column) / 2:
        numbers = pd.to_numeric(column.astype(str).str.replace(r"[^\d.\-]", "", regex=True), errors="coerce")
    return numbers.fillna(0.0).replace([float("inf"), float("-inf")], 0.0)
