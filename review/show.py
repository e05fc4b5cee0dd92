"""A stored copy → what the page's templates show: lines with their lengths, facts, the score in words.

No HTML here; the templates escape everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generation.channels import Channel, FieldSpec, UnknownChannel, load_channel
from generation.counting import COUNTERS
from generation.prompts import price_text
from generation.records import Fields, Product
from generation.scoring import explain
from review.claims import Piece, ShownClaim, pieces, shown_claims, tally
from review.decisions import objection
from sql.copies import StoredCopy
from sql.reviews import Verdict, allows

_UNITS = {
    "code_points": "characters",
    "google_width": "characters, wide ones count two",
    "gbk_bytes": "bytes in GBK",
    "utf8_bytes": "bytes",
    "utf16_units": "UTF-16 units",
    "sms_units": "units of a text message",
    "sms_segments": "billed messages",
}
LONG_LINE = 60  # a line with a higher limit, or with none, is edited in a box of several rows


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a field with its counted length. ``state`` is "fine", "long" (over a soft limit) or "over"."""

    text: str
    length: str
    state: str
    title: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A copy as the templates show it."""

    copy: StoredCopy
    title: str  # the product's, or the segment's name where it is about no product
    whom: str  # who reads it, or what else it is about; empty for a digest of reviews
    fields: tuple[tuple[str, tuple[Line, ...]], ...]
    score_words: tuple[str, ...]
    price: str | None
    url: str | None  # only when it is a web address
    other_price: str | None
    other_url: str | None
    objection: str | None  # today's, which the gates at the time of writing may not have had
    lang: str
    claims: tuple[ShownClaim, ...] = ()
    claims_said: str = ""
    claims_open: bool = False  # their list, where one is unsupported
    provenance: tuple[tuple[str, str], ...] = ()

    def may(self, verdict: Verdict) -> bool:
        return allows(self.copy, verdict)


@dataclass(frozen=True, slots=True)
class Input:
    """One field of the edit form: its lines and room for more."""

    name: str
    lines: tuple[str, ...]
    hint: str
    long: bool


def show(copy: StoredCopy) -> Shown:
    """Everything that a template needs of one copy."""
    product = copy.brief.product
    try:
        specs = {spec.name: spec for spec in load_channel(copy.brief.channel).fields}
    except UnknownChannel:
        specs = {}
    claims = shown_claims(copy.claims, copy.fields)
    marks: dict[tuple[str, int], list[ShownClaim]] = {}
    for shown in claims:
        marks.setdefault((shown.claim.field, shown.claim.line), []).append(shown)
    fields = tuple(
        (
            name,
            tuple(_line(line, specs.get(name), marks.get((name, n), ())) for n, line in enumerate(copy.fields[name])),
        )
        for name in dict.fromkeys([*specs, *copy.fields])  # the channel's order; jsonb keeps its own
        if name in copy.fields
    )
    other = copy.brief.other
    decidable = copy.gate is None and copy.status != "expired" and not copy.superseded
    return Shown(
        copy=copy,
        title=(product.title or product.id) if product.id else copy.brief.segment.name,
        whom=_whom(copy) if product.id else "",
        fields=fields,
        score_words=copy.notes or (tuple(explain(copy.parts).split("; ")) if copy.parts else ()),
        price=price_text(product, copy.brief.locale),
        url=_web_address(product),
        other_price=price_text(other, copy.brief.locale) if other else None,
        other_url=_web_address(other) if other else None,
        objection=objection(copy) if decidable else None,
        lang=copy.brief.locale,
        claims=claims,
        claims_said=tally(claims),
        claims_open=any(shown.verdict == "unsupported" for shown in claims),
        provenance=_provenance(copy),
    )


def _web_address(product: Product) -> str | None:
    return product.url if product.url and product.url.lower().startswith(("https://", "http://")) else None


def _whom(copy: StoredCopy) -> str:
    brief = copy.brief
    if brief.segment.id:
        return brief.segment.name
    if copy.about == "question":
        return brief.question.text if brief.question else f"question {copy.subject_id}"
    if copy.about == "comparison":
        return f"beside {(brief.other.title if brief.other else '') or copy.subject_id}"
    return ""


def _provenance(copy: StoredCopy) -> tuple[tuple[str, str], ...]:
    told = {name: str(value) for name, value in copy.provenance.items() if value is not None}
    source = {"trained_algorithmic_media": "a trained model (trained_algorithmic_media)"}
    pairs = (
        ("Label", copy.ai_label),
        ("Written by", source.get(told.get("digital_source_type", ""), told.get("digital_source_type", ""))),
        ("Model", " ".join(filter(None, (told.get("model", copy.model), told.get("model_revision"))))),
        ("Run", told.get("run_id", str(copy.run_id))),
        ("Written at", told.get("generated_at", "")[:16].replace("T", " ")),
        ("Prompt and model", told.get("recipe", "")[:12]),
        ("Rules", told.get("judgement", "")[:12]),
        ("Last day", copy.expires_at.isoformat() if copy.expires_at else ""),
    )
    return tuple((name, value) for name, value in pairs if value)


def _line(text: str, spec: FieldSpec | None, claims: Sequence[ShownClaim]) -> Line:
    cut = pieces(text, claims)
    if spec is None:
        return Line(text, str(len(text)), "fine", "characters", cut)
    length, unit = COUNTERS[spec.counter](text), _UNITS[spec.counter]
    if spec.hard_limit is not None and length > spec.hard_limit:
        return Line(text, f"{length} of {spec.hard_limit}", "over", f"{unit}; over the limit", cut)
    if spec.soft_limit is not None:
        state = "long" if length > spec.soft_limit else "fine"
        return Line(text, f"{length} of {spec.soft_limit}", state, f"{unit}; recommended length", cut)
    limit = f" of {spec.hard_limit}" if spec.hard_limit is not None else ""
    return Line(text, f"{length}{limit}", "fine", unit, cut)


def inputs(channel: Channel, fields: Fields | Mapping[str, Sequence[str]], locale: str) -> list[Input]:
    """The edit form: a line for every line there is, and up to two more where the channel takes more."""
    found = []
    for spec in channel.fields:
        lines = tuple(line for line in fields.get(spec.name, ()) if line.strip())
        wanted = min(spec.maximum, max(spec.ask, len(lines) + (2 if spec.maximum > spec.ask else 0)))
        padded = lines + ("",) * max(0, wanted - len(lines))
        limit = spec.hard_limit if spec.counter != "sms_segments" else None
        hint = spec.guidance.get(locale, "")
        found.append(Input(spec.name, padded, hint, (limit or LONG_LINE + 1) > LONG_LINE))
    return found
