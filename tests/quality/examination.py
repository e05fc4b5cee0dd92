"""The examination of the gates: hand-made cases, each a whole copy that must pass or be rejected for a named reason.

Reads the cases, has the gates judge them and counts. It knows no rule itself: what is right stands in the cases.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from generation.channels import load_channel
from generation.checks import check_fields
from generation.records import (
    Brief,
    Campaign,
    CustomerQuestion,
    CustomerReview,
    Evidence,
    Fields,
    Product,
    ProductReviews,
    Promotion,
    Rejection,
    Segment,
)

CASES = Path(__file__).parent / "cases"

_QUOTED = re.compile(r"['\"“‘]([^'\"”’]+)['\"”’]")

_FIGURE = ("number", "figure", "unit", "percent", "quantity", "measure", "price", "date")
_OFFER = ("offer", "promotion", "discount", "percent", "price", "number", "free", "gift")
_BOAST = ("superlative", "comparative", "absolute", "best", "CN-ABS", "UK-CAP", "award", "number", "price", "discount")

FITTING_WORDS: dict[str, tuple[str, ...]] = {
    "number": _FIGURE,
    "unit": _FIGURE,
    "price": (*_FIGURE, "currency", "amount"),
    "price_reference": (*_OFFER, "CN-PRICE", "EU-PRICE", "US-PRICE"),
    "material": ("material", "colour", "composition", "percent", "number", "green"),
    "feature": ("feature", "free", "number"),
    "certification": ("certif", "award", "standard", "test", "patent", "evidence", "number"),
    "superlative": _BOAST,
    "comparative": (*_BOAST, "compar"),
    "offer": _OFFER,
    "urgency": ("urgency", "stock", "limited", "date", "number", "offer", "promotion"),
    "free": ("free", "gift", "offer", "promotion", "shipping", "guarantee"),
    "guarantee": ("guarantee", "warrant", "refund", "return", "number", "date"),
    "review": ("review", "rating", "testimonial", "customers", "quot", "statistic", "number"),
    "health": ("health", "medic", "cure", "treat"),
    "green": ("green", "environment", "eco", "climate", "recycl", "material", "percent"),
    "personal_attribute": ("personal", "attribute", "PERSONAL"),
    "personal_data": ("personal", "data", "contact", "number", "mail", "phone", "name"),
    "contact": ("contact", "phone", "mail", "address", "url", "link", "number", "placeholder"),
    "length": ("length", "long", "limit", "cut", "segment", "payload"),
    "count": ("count", "needs", "lines", "missing", "at most", "at least"),
    "characters": (
        *("character", "emoji", "invisible", "punctuation", "hidden", "width", "letters"),
        *("free", "superlative", "absolute", "guarantee"),  # what the tricks hide
    ),
    "language": ("language", "script", "chinese", "english"),
    "placeholder": ("placeholder", "template", "leftover", "brace", "character", "chatter", "length"),
    "repetition": ("repet", "repeat", "same", "duplicate"),
    "injection": ("inject", "instruction", "token", "special", "placeholder", "smuggled", "supplier", "character"),
    "brand_words": ("brand", "banned", "required"),
    "origin": ("origin", "country", "made in", "place of", "import"),
    "answer": ("answer", "record", "details"),
    "comparison": ("compar",),
    "disparagement": ("disparag", "runs a product down"),
    "quote": ("quote", "stored review"),
    "basis": ("basis", "number of reviews", "mean"),
    "omission": ("omission", "drawback"),
    "generalisation": ("reviewers", "stored reviews"),
    "persona": ("persona", "guess", "personal"),
    "audience": ("audience",),
    "watching": ("watching", "looked at", "bought"),
    "life_stage": ("stage",),
    "clickbait": ("clickbait", "bait", "G-MISREP", "misrep", "punctuation", "capital", "click", "percent", "number"),
}
"""By a case's reason: words one of which must begin a word of the rejection's gate or line. Lenient: several gates may
rightly stop the same copy first."""


@dataclass(frozen=True, slots=True)
class Case:
    """One hand-made copy with its brief, and what the gates must say of it."""

    id: str
    theme: str  # the file that it stands in
    brief: Brief
    fields: Fields
    must_pass: bool
    reason: str  # what it must be rejected for, or what it might be wrongly rejected for
    why: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line of the copy."""
        return tuple(line for lines in self.fields.values() for line in lines)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gates said of a case."""

    case: Case
    rejection: Rejection | None

    @property
    def right(self) -> bool:
        """Whether it passed as it must, or was rejected as it must be, for whatever reason."""
        return self.case.must_pass == (self.rejection is None)

    @property
    def fitting(self) -> bool:
        """Whether it is right, and a rejection speaks of the case's own reason."""
        if not self.right or self.rejection is None:
            return self.right
        said = f"{self.rejection.gate} {self._without_quotations(self.rejection.reason)}".casefold()
        return any(re.search(rf"\b{re.escape(word.casefold())}", said) for word in FITTING_WORDS[self.case.reason])

    def _without_quotations(self, reason: str) -> str:
        # The reason quotes the copy, whose own "treat" or "guaranteed" says nothing of the gate's.
        for line in sorted(self.case.lines, key=len, reverse=True):
            reason = reason.replace(line, "")
        copy = "\n".join(self.case.lines).casefold()
        return _QUOTED.sub(lambda found: "" if found[1].casefold() in copy else found[0], reason)

    @property
    def line(self) -> str:
        """The case and what was said of it, in one line."""
        said = f"{self.rejection.gate}: {self.rejection.reason}" if self.rejection else "passed"
        wanted = "must pass" if self.case.must_pass else f"must be rejected for {self.case.reason}"
        return f"{self.case.theme}/{self.case.id}: {wanted} ({self.case.why}); {said}"


def load_cases(folder: Path = CASES) -> tuple[Case, ...]:
    """Every case of every YAML file in the folder, by file name. A wrong key or value raises at once."""
    return tuple(
        _case(path.stem, entry)
        for path in sorted(folder.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text("utf-8"))
    )


def examine(cases: Iterable[Case]) -> tuple[Answer, ...]:
    """The gates' answer to each case."""
    return tuple(
        Answer(case, check_fields(case.fields, case.brief, load_channel(case.brief.channel))) for case in cases
    )


def share(answers: Iterable[Answer], fitting: bool = False) -> float:
    """The share of answers that are right, or fitting, 0 to 1."""
    marks = [answer.fitting if fitting else answer.right for answer in answers]
    return sum(marks) / len(marks)


def table(answers: tuple[Answer, ...]) -> str:
    """Right answers by reason on each side, the totals, and the misses one by one."""
    cells: Counter[tuple[str, str]] = Counter()
    for answer in answers:
        for reason in (answer.case.reason, "all"):
            side = "pass" if answer.case.must_pass else "reject"
            cells[reason, side] += 1
            cells[reason, f"{side} right"] += answer.right
            cells[reason, "fitting"] += answer.fitting and not answer.case.must_pass
    heading = f"{'reason':<20}{'must be rejected':>20}{'named reason':>16}{'must pass':>16}"
    rows = [heading]
    for reason in (*sorted({answer.case.reason for answer in answers}), "all"):
        rejected, passed = cells[reason, "reject"], cells[reason, "pass"]
        rows.append(
            f"{reason:<20}{_of(cells[reason, 'reject right'], rejected):>20}"
            f"{_of(cells[reason, 'fitting'], rejected):>16}{_of(cells[reason, 'pass right'], passed):>16}"
        )
    for title, missed in (
        ("Passed, but must be rejected", [a for a in answers if not a.right and not a.case.must_pass]),
        ("Rejected, but must pass", [a for a in answers if not a.right and a.case.must_pass]),
        ("Rejected for something else", [a for a in answers if a.right and not a.fitting]),
    ):
        rows += ["", f"{title}: {len(missed)}", *(f"  {answer.line}" for answer in missed)]
    return "\n".join(rows)


def _of(right: int, total: int) -> str:
    return f"{right}/{total} {100 * right / total:5.1f} %" if total else "–"


def _case(theme: str, entry: dict[str, Any]) -> Case:
    entry = dict(entry)
    fields = {name: tuple(lines) for name, lines in entry.pop("fields").items()}
    expect = entry.pop("expect")
    if expect not in ("pass", "reject"):
        raise ValueError(f"{theme}/{entry['id']}: expect is pass or reject, not {expect!r}")
    words = entry.pop("brand_words", {})
    campaign = Campaign(
        id=1,
        name="examination",
        market=entry.pop("market"),
        promotion=_promotion(entry.pop("promotion", None)),
        banned_words=tuple(words.get("banned", ())),
        required_words=tuple(words.get("required", ())),
        life_cycle=entry.pop("life_cycle", False),
    )
    channel = load_channel(entry.pop("channel"))
    nobody = "All readers" if channel.about in ("audience", "persona") else ""
    segment: dict[str, Any] = {"name": nobody, **entry.pop("segment", {})}
    lowest_price = entry.pop("lowest_price", None)
    brief = Brief(
        id=1,
        campaign=campaign,
        product=_product(entry.pop("product")) if channel.about != "persona" else Product("", ""),
        segment=Segment(
            id="s-1" if nobody else "",
            name=segment["name"],
            interests=tuple(segment.get("interests", ())),
            needs=tuple(segment.get("needs", ())),
            size=500,
            stage=segment.get("stage"),
        ),
        channel=channel.channel,
        locale=entry.pop("locale"),
        evidence=tuple(Evidence(**row) for row in entry.pop("evidence", ())),
        lowest_price=None if lowest_price is None else Decimal(lowest_price),
        question=CustomerQuestion("q-1", entry.pop("question")) if "question" in entry else None,
        other=_product(entry.pop("other"), "p-2") if "other" in entry else None,
        reviews=_reviews(entry.pop("reviews")) if "reviews" in entry else None,
    )
    return Case(theme=theme, brief=brief, fields=fields, must_pass=expect == "pass", **entry)


def _product(entry: dict[str, Any], name: str = "p-1") -> Product:
    attributes = {str(name): str(value) for name, value in entry.get("attributes", {}).items()}
    return Product(id=name, **{**entry, "price": Decimal(entry["price"]), "attributes": attributes})


def _reviews(entry: dict[str, Any]) -> ProductReviews:
    shown = tuple(
        CustomerReview(row["id"], row["text"], row["written"], Decimal(row["rating"]) if "rating" in row else None)
        for row in entry["shown"]
    )
    mean = Decimal(entry["mean"]) if "mean" in entry else None
    return ProductReviews(entry["count"], entry["first"], entry["last"], shown, mean)


def _promotion(entry: dict[str, Any] | None) -> Promotion | None:
    if entry is None:
        return None
    figures: dict[str, Any] = {name: Decimal(entry[name]) for name in ("percent", "amount") if name in entry}
    return Promotion(**{**entry, **figures})
