"""The records that travel from a catalogue row to a scored copy.

Plain frozen dataclasses: every stage takes some and returns others. No behaviour beyond what reads
straight off the fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

Fields = Mapping[str, tuple[str, ...]]
"""A copy's text by channel field, each a tuple of lines: ``{"headline": ("…", "…"), "description": ("…",)}``."""


@dataclass(frozen=True, slots=True)
class Product:
    """One catalogue row. Everything in it came from outside and is treated as hostile text."""

    id: str
    title: str
    brand: str | None = None
    description: str | None = None
    category: str | None = None
    price: Decimal | None = None
    currency: str | None = None  # ISO 4217; present whenever price is
    url: str | None = None
    image_url: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    revenue: Decimal | None = None  # lately, in any one currency: what is written first; a brief's product has none


@dataclass(frozen=True, slots=True)
class Segment:
    """An audience, never a person: what it likes, what it needs, how many people are in it."""

    id: str
    name: str
    description: str | None = None
    interests: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    size: int = 0
    stage: str | None = None  # of a customer's life: one of STAGES; None: of several, or nobody knows


STAGES = ("new", "steady", "loyal", "slipping", "lapsed")
"""From the first purchase to long after the last one."""

LIFE_CYCLE_CHANNELS = ("email", "push", "sms")
"""Those that speak to customers whom the shop knows."""


@dataclass(frozen=True, slots=True)
class CustomerQuestion:
    """What somebody asked of a product. Hostile text, and no fact."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CustomerReview:
    """What somebody wrote of a product, without their name."""

    id: str
    text: str
    written: date
    rating: Decimal | None = None  # 1 to 5


@dataclass(frozen=True, slots=True)
class ProductReviews:
    """A product's stored reviews: how many, from when to when, and those that a digest may quote."""

    count: int
    first: date
    last: date
    shown: tuple[CustomerReview, ...]
    mean: Decimal | None = None  # of the ratings, to a tenth; None where none is rated
    further: tuple[str, ...] = ()  # other stored reviews' words, for counting who says what: they stand in no prompt


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the engine draws tokens for a campaign."""

    temperature: float = 0.7
    top_p: float = 0.95
    max_tokens: int = 256
    seed: int = 0
    frequency_penalty: float = 0.0  # against a token, for each time that the draft already holds it; −2 to 2


@dataclass(frozen=True, slots=True)
class Promotion:
    """An offer that people made: what it is, and from when to when. Copy that tells of it expires with it."""

    id: str
    terms: str  # as customers are told it: "10% off all teapots"
    kind: str = "other"  # "percent_off", "amount_off", "price", "gift", "free_shipping", "bundle" or "other"
    percent: Decimal | None = None  # of percent_off
    amount: Decimal | None = None  # of amount_off and price
    currency: str | None = None  # ISO 4217; present whenever amount is
    starts: date | None = None
    ends: date | None = None  # the last day on which it holds
    limited_stock: bool = False  # what a claim of urgency may rest on, besides an end


@dataclass(frozen=True, slots=True)
class Evidence:
    """What supports a claim that a product's record doesn't: a certificate, a test, an award, a real review."""

    id: str
    kind: str  # "certification", "award", "test", "guarantee", "origin", "statistic", "review", "other"
    statement: str  # what may be said, as a person wrote it
    source: str  # where it stands: a certificate's number, a report's address
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """What the marketing team wants written, apart from the cells themselves."""

    id: int
    name: str
    variants: int = 4
    brand_voice: str | None = None
    offer: str | None = None
    sampling: Sampling = Sampling()
    market: str | None = None  # "us", "uk", "eu" or "cn", whose rules apply; None: by the locale
    promotion: Promotion | None = None
    banned_words: tuple[str, ...] = ()  # the brand's own: no copy holds one
    required_words: tuple[str, ...] = ()  # every copy holds each
    life_cycle: bool = False  # each segment is written to as its stage asks: won back, welcomed, thanked


@dataclass(frozen=True, slots=True)
class Brief:
    """One cell to be written: product × segment × channel × locale under a campaign.

    What a channel is about says what else a cell has, or lacks: a question to answer, another product to compare with
    and a product's reviews are for no segment (its id and name are empty), a persona is of no product.
    """

    id: int
    campaign: Campaign
    product: Product
    segment: Segment
    channel: str
    locale: str
    seed: int = 0
    attempt: int = 0  # 0 first, 1 the retry with another seed
    evidence: tuple[Evidence, ...] = ()  # in force today, for this product or for its whole brand
    lowest_price: Decimal | None = None  # of the last 30 days before today's, in the product's currency
    question: CustomerQuestion | None = None
    other: Product | None = None  # what the product is compared with
    reviews: ProductReviews | None = None
    other_evidence: tuple[Evidence, ...] = ()  # in force today, for the other product or its brand

    @property
    def subject_id(self) -> str:
        """The question's id, or that of the other product; else empty."""
        subject = self.question or self.other
        return subject.id if subject else ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A brief rendered through its template and its model's chat template, as token ids."""

    brief: Brief
    token_ids: tuple[int, ...]

    @property
    def request_id(self) -> str:
        """What the engine calls it."""
        return f"{self.brief.id}-{self.brief.attempt}"

    @property
    def sequences(self) -> int:
        """How many answers it asks for."""
        return self.brief.campaign.variants

    @property
    def longest_answer(self) -> int:
        """Of so many tokens at most."""
        return self.brief.campaign.sampling.max_tokens


@dataclass(frozen=True, slots=True)
class Draft:
    """What the engine returned for one variant of a brief; the text is kept raw.

    ``kept`` are parts of its score that were decided elsewhere, when it is judged again: by the language model as a
    judge, by comparing it with other copy.
    """

    brief: Brief
    variant: int  # 0 … campaign.variants − 1
    text: str
    output_tokens: int
    mean_logprob: float | None  # natural log, averaged over the output tokens; None when there are none
    finish_reason: str  # "stop" or "length"
    kept: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Generation:
    """All the drafts of one brief, as the engine finished them, and what the prompt cost."""

    brief: Brief
    drafts: tuple[Draft, ...]
    prompt_tokens: int
    cached_prompt_tokens: int  # of those, read from the prefix cache
    shareable_prompt_tokens: int = 0  # of those, told by an earlier prompt: what a cache without bounds would save
    repeated: bool = False  # the words of an identical prompt: nothing was spent on them


@dataclass(frozen=True, slots=True)
class Failure:
    """A brief that yielded no usable copy, and why, in one line."""

    brief: Brief
    stage: str  # "render", "generate" or "check"
    reason: str
    raw_text: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a gate refused a draft."""

    gate: str  # "parse", "count", "length", "characters", "language", "numbers", "contact", …
    reason: str  # one line for the reviewer, naming the field and the text


@dataclass(frozen=True, slots=True)
class Claim:
    """One factual statement in a copy, where it stands, and what supports it."""

    kind: str  # "number", "percentage", "price", "date", "material", "brand", "certification", "superlative", …
    field: str  # the channel field, and the number of its line
    line: int
    start: int  # of the line's characters, as stored
    end: int
    text: str  # line[start:end]
    value: str  # normalised: "half price" and ５折 are "50 % off"
    verdict: str  # "supported", "unsupported" or "warned"
    support: str | None = None  # "products.price: 19.90 EUR", "promotions: spring-10", "claim_evidence: oeko-tex-4711"
    rule: str | None = None  # of the policy pack that speaks of it, as "CN-ABS"


@dataclass(frozen=True, slots=True)
class AdCopy:
    """A draft parsed into its channel's fields and passed through the gates.

    ``rejection`` is None when every gate let it through; ``warnings`` hold the soft limits it exceeds.
    ``fields`` is empty when the text could not be parsed.
    """

    draft: Draft
    fields: Fields
    rejection: Rejection | None = None
    warnings: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredCopy:
    """A copy with its score, 0–100, and the parts that add up to it. A rejected copy has no score."""

    copy: AdCopy
    score: float | None
    parts: Mapping[str, float] = field(default_factory=dict)  # each 0–1, by name
    notes: tuple[str, ...] = ()  # the parts in words: "names 3 of 5 facts"
    raw: float | None = None  # what the parts make, by which copies are ranked: ``score`` is that as calibrated


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored copy that passed the gates and may be selected."""

    id: int
    attempt: int
    variant: int
    fields: Fields
    raw: float | None  # its score before calibration
    parts: Mapping[str, float]
    notes: tuple[str, ...] = ()
    judged_by: str | None = None  # the language model that judged it, and its prompt


@dataclass(frozen=True, slots=True)
class Contest:
    """A brief that waits for one of its copies to be selected."""

    brief: Brief
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Question(Prompt):
    """A prompt that asks the language model for its opinion of one copy."""

    candidate: Candidate

    @property
    def request_id(self) -> str:
        return f"copy-{self.candidate.id}"

    @property
    def sequences(self) -> int:
        return 1

    @property
    def longest_answer(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Judged:
    """What the language model said of a copy: 1 to 5, or None where it gave no clear answer. That is no low score."""

    brief: Brief
    candidate: Candidate
    rating: float | None
    mass: float  # the probability that its first token was one of the five digits
    prompt_tokens: int
    cached_prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt at a brief ended: its copies, of which some may be rejected, or a failure."""

    brief: Brief
    copies: tuple[ScoredCopy, ...] = ()
    failure: Failure | None = None
    judgement: str | None = None  # the digest of the rules that the copies were judged under

    @property
    def passed(self) -> bool:
        """Whether a draft passed every gate."""
        return any(scored.copy.rejection is None for scored in self.copies)

    @property
    def to_try_again(self) -> bool:
        """Whether the brief gets another attempt: its drafts were refused, for the first time."""
        return not self.passed and self.failure is None and self.brief.attempt == 0
