"""The small records that every feed reader yields, and reading a file of unknown encoding line by line.

What the lines mean is the business of the readers beside this file.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LINE_CHARACTERS = 8 * 2**20
"""A physical line longer than this is refused: a whole product with its description fits many times over."""

Row = tuple[int, dict[str, object]]
"""A line number and what stands there by column: text in CSV, any JSON value in JSON."""


class FeedError(ValueError):
    """A file that can't be read at all; the message says in one line what to mend."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not loaded, and why, in one line."""

    line: int  # counted from 1; of a row over several lines, the first
    reason: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something left out of a row that was loaded, such as a price that could be read in two ways."""

    line: int
    reason: str
    id: str | None = None


_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


def detect_encoding(path: Path) -> str:
    """``utf-8``, ``utf-16`` (either order, with or without its mark), ``gb18030`` or ``cp1252``.

    Single bad bytes in a file that is UTF-8 otherwise don't change the answer; they are read as Windows-1252.
    Raises FeedError when the file is missing, empty or plainly not text.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
            if not head.strip():
                raise FeedError(f"{path}: the file is empty")
            if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
                raise FeedError(f"{path}: an Excel workbook or archive; save it as CSV (UTF-8) first")
            if head.startswith(b"\x1f\x8b"):
                raise FeedError(f"{path}: a gzip file; unpack it first")
            if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16"
            if head.startswith(codecs.BOM_UTF8):
                return "utf-8-sig"
            zeros = head[0::2].count(0), head[1::2].count(0)
            # All zeros on one side, line ends among them: UTF-16 without its mark, as some Windows exports are.
            if max(zeros) > max(3, len(head) / 50) and min(zeros) == 0 and (b"\n\x00" in head or b"\x00\n" in head):
                return "utf-16-le" if zeros[1] else "utf-16-be"
            stream.seek(0)
            return _legacy_encoding(stream)
    except OSError as exc:
        raise FeedError(f"{path}: {exc.strerror}") from exc


def _legacy_encoding(stream: IO[bytes]) -> str:
    good = bad = 0
    sample = bytearray()
    for line in iter(lambda: stream.readline(LINE_CHARACTERS), b""):
        if line.isascii():
            continue
        try:
            _SURROGATE.sub(b"", line).decode()
            good += 1
        except UnicodeDecodeError:
            bad += 1
            if len(sample) < 2**18:
                sample += line
    if bad <= good:
        return "utf-8"
    try:
        text = sample.decode("gb18030")
    except UnicodeDecodeError:
        return "cp1252"
    # Western bytes often decode as GB18030 too, but to rare characters: the common 3,755 begin with B0–D7.
    wide = [ch.encode("gb18030") for ch in text if not ch.isascii()]
    usual = sum(1 for code in wide if len(code) == 2 and 0xA1 <= code[0] <= 0xD7)
    return "gb18030" if usual >= len(wide) * 0.7 else "cp1252"


def _mend_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    if bad[0] == 0xED:  # a surrogate written out in UTF-8: three bytes that stand for nothing
        return "", error.start + len(error.object[error.start : error.start + 3])
    return bad.decode("cp1252", "ignore"), error.end


codecs.register_error("copydesk-mend", _mend_bytes)


def open_text(path: Path) -> IO[str]:
    """The file as text in its detected encoding, newlines left as they are. Raises FeedError as detect_encoding."""
    encoding = detect_encoding(path)
    errors = "copydesk-mend" if encoding.startswith("utf-8") else "replace"
    # Only "\n" ends a line: a lone "\r", or the line separator U+2028, may stand inside a cell.
    return path.open(encoding=encoding, errors=errors, newline="\n")


def numbered_lines(stream: IO[str]) -> Iterator[tuple[int, str | None]]:
    """Each line with its number, without its end; None for one over LINE_CHARACTERS, which is skipped unread."""
    number = 0
    while line := stream.readline(LINE_CHARACTERS):
        number += 1
        if len(line) == LINE_CHARACTERS and not line.endswith("\n"):
            while line and not line.endswith("\n"):
                line = stream.readline(LINE_CHARACTERS)
            yield number, None
        else:
            yield number, line.removesuffix("\n").removesuffix("\r")
