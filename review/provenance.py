"""Where exported copy comes from: its content number, and the file beside each export that says who wrote what.

EU AI Act, art. 50(2): marked in a machine-readable format as made by a machine. China's 标识办法 of 1 September 2025,
art. 4 and 5: a label for people, kept on export; the attribute, the producer and a content number in the data.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from sql.copies import StoredCopy

AI_SOURCE = "trained_algorithmic_media"  # IPTC's digital source type, as Merchant Center writes it


def content_id(stored: StoredCopy) -> str:
    """What tells this copy, in these words, from every other: the content number that the 标识办法 asks for."""
    words = json.dumps({name: list(lines) for name, lines in stored.fields.items()}, sort_keys=True)
    return f"copydesk-{stored.id}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def provenance_entry(stored: StoredCopy) -> dict[str, Any]:
    """Where a copy comes from, for the file that goes beside every export."""
    return {
        "content_id": content_id(stored),
        "copy_id": stored.id,
        "campaign": stored.brief.campaign.name,
        "product_id": stored.brief.product.id,
        "segment_id": stored.brief.segment.id,
        **({"subject_id": stored.subject_id} if stored.subject_id else {}),
        "channel": stored.brief.channel,
        "locale": stored.brief.locale,
        "ai_label": stored.ai_label,
        "digital_source_type": AI_SOURCE,
        **{name: value for name, value in stored.provenance.items() if value is not None},
        "human_edited": stored.edited,
        "reviewed_by": stored.decided_by,
        "reviewed_at": stored.decided_at.isoformat(timespec="seconds") if stored.decided_at else None,
        "expires_at": stored.expires_at.isoformat() if stored.expires_at else None,
    }


def provenance_file(out: Path) -> Path:
    """Where the provenance of an export goes: ``ads.csv`` → ``ads.csv.provenance.json``."""
    return out.with_name(f"{out.name}.provenance.json")


class Sidecar:
    """The file beside an export that says of each copy where it comes from. Platforms' own columns have no room for it.

    Written as the rows go by: an export may hold a million.
    """

    def __init__(self) -> None:
        self._file: TextIO | None = None
        self._waiting: list[str] = []  # of the first row, which decides whether there is a file at all
        self._before = ""

    def begin(self, file: TextIO, name: str, format_name: str) -> None:
        """Open the list; what was told of before is written now."""
        head = {
            "file": name,
            "format": format_name,
            "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "producer": "copydesk",
            "attribute": "AI-generated, AI生成",
            "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        }
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "copies": [')
        self._file = file
        for line in self._waiting:
            self._write(line)

    def add(self, stored: StoredCopy) -> None:
        """Tell of one copy."""
        line = json.dumps(provenance_entry(stored), ensure_ascii=False)
        if self._file is None:
            self._waiting.append(line)
        else:
            self._write(line)

    def _write(self, line: str) -> None:
        assert self._file is not None
        self._file.write(f"{self._before}\n{line}")
        self._before = ","

    def end(self) -> None:
        """Close the list."""
        assert self._file is not None
        self._file.write("\n]}\n")
