"""What supports claims, CSV or YAML → records: certificates, tests, awards, guarantees, real reviews."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generation.records import Evidence
from sql.feeds.lines import RefusedRow
from sql.feeds.lists import BadCell, choice_cell, date_cell, id_cell, line_cell, only_known, read_specs
from sql.feeds.products import as_text
from sql.feeds.text import plain_line

KINDS = ("certification", "award", "test", "guarantee", "origin", "statistic", "review", "other")
_COLUMNS = frozenset({"id", "kind", "statement", "source", "expires", "product_id", "brand"})


@dataclass(frozen=True, slots=True)
class EvidenceSpec:
    """A piece of evidence and what it speaks of: one product, one brand, or neither, which is everything."""

    evidence: Evidence
    product_id: str | None = None
    brand: str | None = None


def read_evidence(path: Path) -> Iterator[EvidenceSpec | RefusedRow]:
    """The evidence of a file, refused rows where they stand. Raises FeedError.

    Columns: id, kind, statement, source, expires, product_id, brand.
    """
    yield from read_specs(path, _evidence, lambda spec: spec.evidence.id)


def _evidence(row: dict[str, object]) -> EvidenceSpec:
    only_known(row, _COLUMNS)
    evidence = Evidence(
        id=id_cell(row.get("id")),
        kind=choice_cell(row, "kind", KINDS, "other"),
        statement=line_cell(row, "statement"),
        source=line_cell(row, "source"),
        expires=date_cell(row, "expires"),
    )
    product, brand = (plain_line(as_text(row.get(name))) or None for name in ("product_id", "brand"))
    if product and brand:
        raise BadCell("it names a product and a brand; give one of them, or neither when it holds for everything")
    return EvidenceSpec(evidence, product, brand)
