"""A price as a shop writes it → an amount and its ISO 4217 currency, or a reason why it can't be told.

A wrong price in an advertisement is worse than none: what could be read in two ways is not read.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from babel.numbers import list_currencies

_SYMBOLS = {
    "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "NT$": "TWD",
    "S$": "SGD", "R$": "BRL", "MX$": "MXN", "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY",
    "₫": "VND", "฿": "THB", "₱": "PHP", "₪": "ILS", "zł": "PLN", "Kč": "CZK", "円": "JPY", "人民币": "CNY",
    "RMB": "CNY", "CN¥": "CNY", "JP¥": "JPY", "块": "CNY",
}  # fmt: skip
# What several currencies share: the shop's own currency decides where it is one of them, else the first, which is
# how an en-US or zh-CN reader takes the sign and how the copy will write it again. No first: not told.
_SHARED: dict[str, tuple[str | None, frozenset[str]]] = {
    "$": ("USD", frozenset(["USD", "CAD", "AUD", "NZD", "HKD", "TWD", "SGD", "MXN", "ARS", "CLP", "COP"])),
    "¥": ("CNY", frozenset(("CNY", "JPY"))),
    "元": ("CNY", frozenset(("CNY", "TWD", "HKD"))),
    "圆": ("CNY", frozenset(("CNY",))),
    "kr": (None, frozenset(("SEK", "NOK", "DKK", "ISK"))),
    "kr.": (None, frozenset(("SEK", "NOK", "DKK", "ISK"))),
}
_THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_ISO = frozenset(list_currencies())
_NUMBER = re.compile(r"\d(?:[\d.,'’ ]*\d)?")
_RANGE = re.compile(r"\d\s*(?:-|–|—|~|～|to|至|到)\s*\D{0,4}\d|\bfrom\b|\bab\b|起|\bup to\b|最低", re.IGNORECASE)


class PriceError(ValueError):
    """A price that is absent in truth, or that could be read in two ways; the message says which."""


@dataclass(frozen=True, slots=True)
class Price:
    amount: Decimal
    currency: str  # ISO 4217


def is_currency(code: str) -> bool:
    """Whether a code is one of ISO 4217's."""
    return code in _ISO


def read_price(value: object, currency: str | None = None, default_currency: str | None = None) -> Price | None:
    """The price in a cell or a JSON value; None where the cell is empty.

    ``currency`` is what the row says in a column of its own, ``default_currency`` what the shop trades in.
    Raises PriceError for a range, a zero, two currencies, no currency, or separators that could mean either
    ``1.299`` or ``1299``.
    """
    if isinstance(value, dict):  # {"amount": "15.00", "currencyCode": "USD"}, as shop interfaces write it
        inner = {key.lower(): entry for key, entry in value.items() if isinstance(key, str)}
        stated = next((inner[key] for key in ("currency", "currencycode", "currency_code") if inner.get(key)), currency)
        amount = next((inner[key] for key in ("amount", "value", "price") if key in inner), None)
        if isinstance(amount, dict):
            raise PriceError("the price is not a number")
        return read_price(amount, str(stated) if stated else None, default_currency)
    if value is None or isinstance(value, (bool, list)):
        if value in (None, []):
            return None
        raise PriceError("the price is not a number")
    if isinstance(value, (int, float, Decimal)):
        return _price(_decimal(str(value)), _stated(currency, default_currency) or default_currency)
    text = " ".join(unicodedata.normalize("NFKC", str(value)).split())
    if not text or text.lower() in ("null", "none", "nan", "n/a", "-", "—"):
        return None
    return _from_text(text, _stated(currency, default_currency), default_currency)


def _from_text(text: str, stated: str | None, default_currency: str | None) -> Price:
    shown = text if len(text) <= 40 else text[:40] + "…"
    numbers = _NUMBER.findall(text)
    if not numbers:
        raise PriceError(f"{shown!r} has no amount")
    if len(numbers) > 1 or _RANGE.search(text):
        raise PriceError(f"{shown!r} is a range or more than one price")
    before, _, after = text.partition(numbers[0])
    before, after = before.strip(), after.strip()
    if before.endswith(("-", "−")) or (before.startswith("(") and after.endswith(")")):
        raise PriceError(f"{shown!r} is below zero")
    found = {code for mark in (before, after) if (code := _currency(mark, stated or default_currency, shown))}
    if stated and found and found != {stated}:
        raise PriceError(f"{shown!r} and the currency column, {stated}, disagree")
    if len(found) > 1:
        raise PriceError(f"{shown!r} names two currencies")
    code = next(iter(found), None) or stated or default_currency
    return _price(_amount(numbers[0], code, shown), code)


def _currency(mark: str, expected: str | None, shown: str) -> str | None:
    if not mark:
        return None
    pieces = mark.split()
    if (joined := "".join(pieces)) in _SYMBOLS:
        return _SYMBOLS[joined]
    if len(pieces) == 2:  # "USD $"
        codes = {_currency(piece, expected, shown) for piece in pieces}
        if len(codes) == 1:
            return codes.pop()
        named = [piece.upper() for piece in pieces if piece.upper() in _ISO]
        if len(named) == 1 and any(named[0] in _SHARED.get(piece, (None, frozenset()))[1] for piece in pieces):
            return named[0]
        raise PriceError(f"{shown!r} names two currencies")
    if mark.upper() in _ISO:
        return mark.upper()
    if mark in _SHARED or mark.lower() in _SHARED:
        usual, family = _SHARED.get(mark) or _SHARED[mark.lower()]
        if expected in family:
            return expected
        if usual is None:
            raise PriceError(f"{shown!r}: {mark} may be {', '.join(sorted(family))}; name the currency")
        return usual
    if mark.upper() in _SYMBOLS:
        return _SYMBOLS[mark.upper()]
    raise PriceError(f"{shown!r}: {mark!r} is no currency")


def _amount(digits: str, currency: str | None, shown: str) -> Decimal:
    digits = digits.replace("’", "'")
    if re.search(r"[ ']", digits):
        spaced = re.fullmatch(r"(\d{1,3}(?:[ ']\d{3})+)(?:[.,](\d{1,2}))?", digits)
        if spaced is None:
            raise PriceError(f"{shown!r} is more than one number")
        return Decimal(re.sub(r"[ ']", "", spaced[1]) + ("." + spaced[2] if spaced[2] else ""))
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return _decimal(digits)
    if len(set(marks)) == 2:
        decimal_mark = marks[-1]
        if marks.count(decimal_mark) > 1:
            raise PriceError(f"{shown!r} can't be read as one number")
        whole, _, cents = digits.rpartition(decimal_mark)
        return Decimal(_ungroup(whole, "," if decimal_mark == "." else ".", shown) + "." + cents)
    mark = marks[0]
    if len(marks) > 1:
        return Decimal(_ungroup(digits, mark, shown))
    whole, _, rest = digits.partition(mark)
    if len(rest) != 3:
        if mark == "," and len(rest) > 3:
            raise PriceError(f"{shown!r} can't be read as one number")
        return Decimal(f"{whole}.{rest}")
    if whole.strip("0") == "" or (mark == "." and currency in _THREE_DECIMALS):
        return Decimal(f"{whole}.{rest}")
    if mark == "," and len(whole) <= 3 and currency not in _THREE_DECIMALS:
        return Decimal(whole + rest)  # nobody prices with a comma and three decimals
    raise PriceError(f"{shown!r} may mean {whole}{rest} or {whole}.{rest}; write it with two decimals")


def _ungroup(whole: str, mark: str, shown: str) -> str:
    grouped = re.escape(mark)
    # Groups of three, or India's: 12,34,567.
    if re.fullmatch(rf"\d{{1,3}}(?:{grouped}\d{{3}})+|\d{{1,2}}(?:{grouped}\d{{2}})+{grouped}\d{{3}}", whole):
        return whole.replace(mark, "")
    raise PriceError(f"{shown!r} can't be read as one number")


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation as exc:
        raise PriceError(f"{digits[:40]!r} is no number") from exc


def _stated(currency: str | None, default_currency: str | None) -> str | None:
    if currency is None or not currency.strip():
        return None
    code = _currency(unicodedata.normalize("NFKC", currency).strip(), default_currency, currency.strip()[:40])
    return code or None


def _price(amount: Decimal, currency: str | None) -> Price:
    if not amount.is_finite():
        raise PriceError("the price is not a finite number")
    if amount < 0:
        raise PriceError("the price is below zero")
    if amount == 0:
        raise PriceError("the price is 0")
    if currency is None:
        raise PriceError("no currency beside the price: give --currency")
    if amount >= 10**12:
        raise PriceError("the price has more than twelve digits")
    cents = amount.quantize(Decimal("0.001") if currency in _THREE_DECIMALS else Decimal("0.01"))
    if cents != amount:
        raise PriceError(f"{amount} has more decimals than {currency} has")
    return Price(cents, currency)
