"""JSON lines, a JSON array, or an object around one → rows, one element at a time.

A broken element is refused with its line and the next one is looked for; the file is never held whole.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import IO

from sql.feeds.lines import LINE_CHARACTERS, RefusedRow, Row, numbered_lines

_WRAPPER = re.compile(r'\s*\{\s*"[^"\n]{1,100}"\s*:\s*\[')
_CHUNK = 2**18
_DECODER = json.JSONDecoder(parse_float=Decimal)


def looks_like_array(head: str) -> bool:
    """Whether a file's beginning is that of an array, or of an object holding one, and not of JSON lines."""
    if head.lstrip().startswith("["):
        return True
    return bool(_WRAPPER.match(head)) and isinstance(_row(1, head.lstrip().split("\n")[0]), RefusedRow)


def read_json_lines(stream: IO[str]) -> Iterator[Row | RefusedRow]:
    """One object a line; blank lines are passed over."""
    for number, line in numbered_lines(stream):
        if line is None:
            yield RefusedRow(number, f"the line is longer than {LINE_CHARACTERS:,} characters")
        elif line.strip():
            yield _row(number, line.strip())


def read_json_array(stream: IO[str]) -> Iterator[Row | RefusedRow]:
    """The objects of the outermost array, wherever their lines break."""
    text, ended = stream.read(_CHUNK), False
    position = text.find("[") + 1
    line = 1 + text.count("\n", 0, position)
    next_element = _next_element(text[position:])
    while True:
        start = _skip(text, position)
        line += text.count("\n", position, start)
        position = start
        if position == len(text):
            if ended:
                yield RefusedRow(line, "the array is not closed: the end of the file is missing")
                return
            text, position, ended = _read_on(stream, text, position)
            continue
        if text[position] == "]":
            return
        refused, end = None, position
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as exc:
            unfinished = not isinstance(exc, json.JSONDecodeError) or (
                exc.msg.startswith("Unterminated string") or exc.pos > len(text) - 32
            )
            if unfinished and not ended and len(text) - position < LINE_CHARACTERS:
                text, position, ended = _read_on(stream, text, position)
                continue
            refused = RefusedRow(line, _broken(exc))
        else:
            # A number or a word at the very end of what was read may go on in the next chunk; an object can't.
            yield _object(line, value)
        if refused is not None:
            yield refused
            while (found := next_element.search(text, position + 1)) is None:
                line += text.count("\n", position, len(text) - 1)
                if ended:
                    return
                text, position, ended = _read_on(stream, text, max(position, len(text) - 200))
            end = found.end()
        line += text.count("\n", position, end)
        position = end


def _next_element(beginning: str) -> re.Pattern[str]:
    """Where reading goes on below a broken element: where the file's own elements begin their lines."""
    indented = re.match(r"\s*\n([ \t]*)\{", beginning)
    return re.compile(rf"\n{indented[1]}(?=\{{)" if indented else r"[}\n]\s*,?\s*(?=\{)")


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,":
        position += 1
    return position


def _read_on(stream: IO[str], text: str, position: int) -> tuple[str, int, bool]:
    rest = text[position:]
    chunk = stream.read(max(_CHUNK, len(rest)))  # doubling keeps a long element from being scanned over and over
    return rest + chunk, 0, not chunk


def _row(line: int, text: str) -> Row | RefusedRow:
    try:
        return _object(line, json.loads(text, parse_float=Decimal))
    except (ValueError, RecursionError) as exc:
        return RefusedRow(line, _broken(exc))


def _object(line: int, value: object) -> Row | RefusedRow:
    if isinstance(value, dict):
        return line, value
    return RefusedRow(line, f"a JSON object is needed here, this is a {type(value).__name__}")


def _broken(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"broken JSON: {error.msg}, at character {error.colno}"
    return "broken JSON: nested too deep, or a number of thousands of digits"
