"""How long a text is, as each platform counts it. Limits themselves are in ``templates/channels``."""

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

# GSM 03.38 default alphabet (3GPP TS 23.038 §6.2.1) and its extension table, whose characters take two septets.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")


def code_points(text: str) -> int:
    """Unicode code points, as Amazon and Meta count."""
    return len(text)


def google_width(text: str) -> int:
    """East-Asian wide and fullwidth characters count 2, all others 1.

    Source: https://support.google.com/adspolicy/answer/14848297 (limits are halved for Chinese, Japanese, Korean).
    """
    return len(text) if text.isascii() else len(text) + sum(map(_is_wide, text))


@cache
def _is_wide(ch: str) -> bool:
    return unicodedata.east_asian_width(ch) in "WF"


def gbk_bytes(text: str) -> int:
    """Bytes in GBK, as Taobao counts titles; what GBK lacks is counted as GB18030 writes it, mostly in four."""
    try:
        return len(text.encode("gbk"))
    except UnicodeEncodeError:
        return sum(len(ch.encode("gbk" if in_charset(ch, "gbk") else "gb18030", "replace")) for ch in text)


def in_charset(text: str, charset: str) -> bool:
    """Whether every character is in an encoding, as GBK for Taobao."""
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def utf8_bytes(text: str) -> int:
    """Bytes in UTF-8, as push payloads are counted."""
    return len(text.encode("utf-8", "surrogatepass"))


def utf16_units(text: str) -> int:
    """UTF-16 code units: most emoji are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_gsm7(text: str) -> bool:
    """Whether a text message can be sent in the 7-bit alphabet."""
    return all(ch in _GSM_BASIC or ch in _GSM_EXTENDED for ch in text)


def sms_units(text: str) -> int:
    """Septets when the whole text is GSM-7 (extension characters are two), else UTF-16 units."""
    if is_gsm7(text):
        return len(text) + sum(ch in _GSM_EXTENDED for ch in text)
    return utf16_units(text)


def sms_segments(text: str) -> int:
    """How many messages are billed: 160 septets or 70 UTF-16 units alone, 153 or 67 each when joined.

    An escape pair and a surrogate pair are never split over two messages, so a part may end one unit early.
    Source: https://doc.didww.com/sms and 3GPP TS 23.040 §9.2.3.24.1 (the 6-byte header of a joined message).
    """
    if not text:
        return 0
    gsm = is_gsm7(text)
    alone, joined = (160, 153) if gsm else (70, 67)
    if sms_units(text) <= alone:
        return 1
    segments, used = 1, 0
    for ch in text:
        size = (2 if ch in _GSM_EXTENDED else 1) if gsm else utf16_units(ch)
        if used + size > joined:
            segments, used = segments + 1, 0
        used += size
    return segments


COUNTERS: Mapping[str, Callable[[str], int]] = {
    "code_points": code_points,
    "google_width": google_width,
    "gbk_bytes": gbk_bytes,
    "utf8_bytes": utf8_bytes,
    "utf16_units": utf16_units,
    "sms_units": sms_units,
    "sms_segments": sms_segments,
}

UNITS: Mapping[str, str] = {"gbk_bytes": " bytes of GBK", "utf8_bytes": " bytes", "sms_segments": " messages"}
"""What people call a counter's unit, where it is not simply characters."""
