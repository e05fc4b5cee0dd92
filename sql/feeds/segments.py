"""Segments given as rows, CSV or JSON → Segments. Only the columns named here are read, whatever else a file holds.

A row that puts people together by a protected attribute is refused. Segments computed from purchases are in
sql.transactions; personal data in a row's words is looked for where rows are loaded.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from generation.records import STAGES, Segment
from sql.audience_words import protected_attribute
from sql.feeds.delimited import open_table
from sql.feeds.json_rows import looks_like_array, read_json_array, read_json_lines
from sql.feeds.lines import FeedError, RefusedRow, Remark, Row, open_text
from sql.feeds.products import ID_CHARACTERS, as_text
from sql.feeds.text import plain_line, storable

HARD_FLOOR = 20  # people; below it a segment is refused whatever the settings say
NAME_CHARACTERS = 200
WORDS = 50  # interests or needs of one segment
OTHER_COLUMNS = 200  # names of columns left out that are remembered: rows of ever new keys must not fill the memory

_NAMES = {
    "id": ("id", "segment_id", "audience_id", "人群id", "编号"),
    "name": ("name", "segment", "segment_name", "audience", "audience_name", "人群", "人群名称", "名称"),
    "description": ("description", "描述", "说明"),
    "interests": ("interests", "interest", "likes", "兴趣", "偏好"),
    "needs": ("needs", "need", "需求", "诉求"),
    "size": ("size", "people", "members", "count", "audience_size", "人数", "规模"),
    "stage": ("stage", "life_cycle_stage", "lifecycle_stage", "生命周期", "客户阶段"),
}


_READ = frozenset(name for names in _NAMES.values() for name in names)


def read_segments(path: Path) -> Iterator[Segment | RefusedRow | Remark]:
    """The audiences of a file; interests and needs are separated by ``;`` or ``|``, or are JSON arrays.

    A row without an id gets one from its name; a stage, where there is one, is one of STAGES. A Remark names columns
    that are left out, once each. Raises FeedError for a file that can't be read at all.
    """
    seen: set[str] = set()
    left_out: set[str] = set()
    with open_text(path) as stream:
        head = stream.read(2**16).lstrip("\ufeff")
        stream.seek(0)
        if head.lstrip()[:1] in ("{", "["):
            rows = read_json_array(stream) if looks_like_array(head) else read_json_lines(stream)
        else:
            table = open_table(path, stream)
            columns = {_plain(name) for name in table.columns}
            for needed in ("name", "size"):
                if not columns & set(_NAMES[needed]):
                    raise FeedError(f"{path}: no column {needed!r}; there are {', '.join(table.columns[:30])}")
            rows = table.rows
        for row in rows:
            if not isinstance(row, RefusedRow) and (others := _others(row, left_out)):
                names = ", ".join(storable(name)[:40] for name in others[:8]) + (", …" if len(others) > 8 else "")
                yield Remark(row[0], f"left out: {names}; of a segment only {', '.join(_NAMES)} are read")
            segment = row if isinstance(row, RefusedRow) else _segment(row)
            if isinstance(segment, Segment) and not isinstance(row, RefusedRow):
                if segment.id in seen:
                    segment = RefusedRow(
                        row[0], "the id stands further up in this file, too; the first was kept", segment.id
                    )
                else:
                    seen.add(segment.id)
            yield segment


def _others(row: Row, left_out: set[str]) -> list[str]:
    """The row's columns that nobody reads and that weren't told yet."""
    others = [name for name in row[1] if _plain(name) not in _READ and name not in left_out]
    others = others[: max(0, OTHER_COLUMNS - len(left_out))]
    left_out.update(others)
    return others


def slug(name: str) -> str:
    """``Frequent buyers: soft drinks`` → ``frequent-buyers-soft-drinks``; Chinese stays Chinese."""
    return "-".join(re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold().replace("_", " ")))[
        :ID_CHARACTERS
    ]


def _plain(name: str) -> str:
    return re.sub(r"[\s\-.]+", "_", name.strip().lower())


def _segment(row: Row) -> Segment | RefusedRow:
    line, raw = row
    values = {_plain(name): value for name, value in raw.items()}
    found = {target: next((values[name] for name in names if name in values), None) for target, names in _NAMES.items()}
    name = plain_line(as_text(found["name"]))
    if not name:
        return RefusedRow(line, "no name")
    segment_id = " ".join(storable(as_text(found["id"])).split()) or slug(name)
    if not segment_id or len(segment_id) > ID_CHARACTERS:
        return RefusedRow(
            line, f"an id of 1 to {ID_CHARACTERS} characters is needed", segment_id[:ID_CHARACTERS] or None
        )
    if len(name) > NAME_CHARACTERS:
        return RefusedRow(line, f"the name has {len(name):,} characters, at most {NAME_CHARACTERS}", segment_id)
    size = _whole_number(found["size"])
    if size is None:
        return RefusedRow(line, "no size: how many people are in it, as a whole number", segment_id)
    if size < HARD_FLOOR:
        return RefusedRow(
            line, f"its size, {size}, is below {HARD_FLOOR}: so few people could be told apart", segment_id
        )
    if size >= 2**31:
        return RefusedRow(line, f"its size, {str(size)[:20]}, is more than there are people", segment_id)
    description = plain_line(as_text(found["description"])) or None
    stage = as_text(found["stage"]).strip().lower() or None
    if stage is not None and stage not in STAGES:
        return RefusedRow(line, f"its stage, {stage[:40]!r}, is none of {', '.join(STAGES)}", segment_id)
    segment = Segment(segment_id, name, description, _words(found["interests"]), _words(found["needs"]), size, stage)
    for text in (name, description or "", *segment.interests, *segment.needs):
        if said := protected_attribute(text):
            return RefusedRow(
                line,
                f"{said[1]!r} says something of people's {said[0]}, by which no audience is put together",
                segment_id,
            )
    return segment


def _whole_number(value: object) -> int | None:
    text = unicodedata.normalize("NFKC", as_text(value)).strip()
    if re.fullmatch(r"\d{1,3}(,\d{3})+|\d{1,15}(\.0+)?", text):
        return int(text.replace(",", "").partition(".")[0])
    return None


def _words(value: object) -> tuple[str, ...]:
    parts: Mapping[str, None]
    listed = [as_text(entry) for entry in value] if isinstance(value, list) else re.split(r"[;；|\n]", as_text(value))
    parts = dict.fromkeys(word for entry in listed if (word := plain_line(entry)[:NAME_CHARACTERS]))
    return tuple(parts)[:WORDS]
