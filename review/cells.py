"""What may stand in a cell of an export: nothing that a spreadsheet runs, an ad tool erases or a mailing tool expands.

Cells that break the rule refuse their whole row; they are never repaired, as a changed text is no approved text.
"""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The fullwidth forms are formulas to a spreadsheet set to Chinese or Japanese.
_FORMULA = frozenset("=+-@＝＋－＠")


class UnsafeCell(ValueError):
    """A cell that must not leave the house; the message says what it holds."""


def safe(column: str, value: str) -> str:
    """The value as it is. Raises UnsafeCell, naming the column."""
    stripped = value.strip()
    problem = None
    if _CONTROL.search(value):
        problem = "a line break or control character"
    elif "{" in value or "}" in value:
        problem = "template brackets"
    elif stripped == "[]":
        problem = "[], which Google Ads Editor takes as an order to erase"
    elif stripped[:1] in _FORMULA and stripped:
        problem = f"a leading {stripped[0]!r}, which a spreadsheet takes for a formula"
    if problem:
        raise UnsafeCell(f"{column} holds {problem}: {value[:80]!r}")
    return value


def web_address(column: str, value: str | None) -> str:
    """An address that begins with http:// or https://. Raises UnsafeCell."""
    if not value:
        raise UnsafeCell(f"{column} is missing from the product")
    if not re.match(r"https?://[^\s/]", value, re.IGNORECASE) or re.search(r"[\s\"<>]", value):
        raise UnsafeCell(f"{column} is no web address: {value[:80]!r}")
    return safe(column, value)
