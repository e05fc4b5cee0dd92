"""Brief → prompt: Jinja2 templates rendered to token ids, with every value from data encoded alone.

A template yields literal pieces, which its author wrote, and data pieces, which came out of an expression.
Literals are encoded with the model's special tokens, data never is, so ``<|im_start|>`` in a product title
stays text. Sampling and the engine are elsewhere.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast, overload

import jinja2
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from jinja2.meta import find_referenced_templates
from jinja2.sandbox import SandboxedEnvironment

from generation.channels import LOCALES, load_channel
from generation.reading.injection import without_instructions
from generation.reading.personal import cleaned, masked
from generation.records import Brief, Candidate, Failure, Fields, Product, ProductReviews, Prompt, Question, Segment
from generation.stages import stage_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 600
ATTRIBUTE_CHARACTERS = 120
ATTRIBUTES = 16
QUESTION_CHARACTERS = 300
REVIEW_CHARACTERS = 400
REVIEWS = 8


class PromptError(ValueError):
    """A brief that can't become a prompt; the message says why and what to mend."""


class Data(str):
    """A piece of rendered prompt that came from data. ``str()`` keeps the mark, or Jinja would lose it."""

    def __str__(self) -> str:
        return self


@lru_cache(maxsize=2048)  # a product's briefs come one after another: no more than these are wanted again
def clean(value: str, limit: int | None = None) -> str:
    """One line of visible text: no control, zero-width, bidi or private-use characters, at most ``limit`` long.

    Newlines become spaces, so that a value can't forge a further line of the prompt.
    """
    if limit is not None:
        value = value[: limit * 4]  # a 60,000-character description is not worth normalising whole
    text = " ".join(visible(value).split())
    if limit is None or len(text) <= limit:
        return text
    cut = text[:limit]
    # Cut at the last space of a spaced script; Chinese has none near the end and is cut where it stands.
    head, space, _ = cut.rpartition(" ")
    return head if space and len(head) > limit // 2 else cut


def visible(value: str) -> str:
    """The same with its lines and its length kept."""
    if value.isascii() and value.isprintable():
        return value
    return "".join(ch for ch in value if ch.isspace() or unicodedata.category(ch) not in _INVISIBLE)


_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def price_text(product: Product, locale: str) -> str | None:
    """The price as the locale writes it, ``$49.99`` or ``¥199.00``; None where the row has none."""
    if product.price is None or product.currency is None:
        return None
    return _formatted(product.price, product.currency, locale)


@lru_cache(maxsize=1024)  # the prompt asks first and the checks after it, and prices repeat
def _formatted(price: Decimal, currency: str, locale: str) -> str:
    return format_currency(price, currency, locale=_babel(locale))


@cache
def _babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")


def product_view(product: Product, locale: str) -> dict[str, Any]:
    """What a template (and the checks) may know of a product: cleaned, capped text, None where absent.

    Nobody's personal data, and no sentence that speaks to the model and not to a customer.
    """
    # A product's briefs come one after another, each rendered and then judged: its text is cleaned once for all.
    attributes = tuple(product.attributes.items())
    names = (product.title, product.brand, product.category)
    return dict(_view(names, product.description, attributes, price_text(product, locale), locale))


@lru_cache(maxsize=512)
def _view(
    names: tuple[str, str | None, str | None], description: str | None, attributes: tuple[tuple[str, str], ...],
    price: str | None, locale: str,
) -> Mapping[str, Any]:  # fmt: skip
    title, brand, category = names
    name = " ".join(filter(None, names))
    told = tuple(
        (clean(name_safe(attribute, locale), ATTRIBUTE_CHARACTERS), clean(text, ATTRIBUTE_CHARACTERS))
        for attribute, value in attributes[:ATTRIBUTES]
        if (text := safe(value, locale, name)) or not value
    )
    return {
        "title": clean(name_safe(title, locale), TITLE_CHARACTERS),
        "brand": clean(name_safe(brand or "", locale), ATTRIBUTE_CHARACTERS) or None,
        "category": clean(name_safe(category or "", locale), ATTRIBUTE_CHARACTERS) or None,
        "price": price,
        "attributes": told,
        "description": clean(
            safe((description or "")[: DESCRIPTION_CHARACTERS * 4], locale, name), DESCRIPTION_CHARACTERS
        )
        or None,
    }


def question_text(brief: Brief) -> str:
    """A brief's question as a template shows it: nobody's data, and no sentence that addresses the model."""
    told = brief.question.text[: QUESTION_CHARACTERS * 4] if brief.question else ""
    # Cut as a name is: a customer's questions and requests are what it is made of.
    return clean(without_instructions(cleaned(visible(told), brief.locale)[0]).text, QUESTION_CHARACTERS)


@dataclass(frozen=True, slots=True)
class ShownReview:
    """A stored review as a template shows it."""

    id: str
    text: str
    rating: Decimal | None


@dataclass(frozen=True, slots=True)
class ReviewsView:
    """What a template (and the checks) may know of a product's reviews, with dates as the locale writes them."""

    count: int
    first: str
    last: str
    mean: Decimal | None
    shown: tuple[ShownReview, ...]


def reviews_view(brief: Brief) -> ReviewsView | None:
    """A brief's stored reviews, cleaned and capped; None where it has none."""
    return _reviews(brief.reviews, name_of(brief.product), brief.locale) if brief.reviews else None


@lru_cache(maxsize=256)  # the prompt asks first, the checks after it
def _reviews(reviews: ProductReviews, name: str, locale: str) -> ReviewsView:
    shown = (
        ShownReview(
            each.id, clean(safe(each.text[: REVIEW_CHARACTERS * 4], locale, name), REVIEW_CHARACTERS), each.rating
        )
        for each in reviews.shown[:REVIEWS]
    )
    return ReviewsView(
        reviews.count, date_text(reviews.first, locale), date_text(reviews.last, locale), reviews.mean,
        tuple(each for each in shown if each.text),
    )  # fmt: skip


def date_text(day: date, locale: str) -> str:
    """A day as the locale writes it: ``March 5, 2026``, ``2026年3月5日``."""
    return format_date(day, "long", locale=_babel(locale))


def name_of(product: Product) -> str:
    """What a product is called, with its brand and category."""
    return " ".join(filter(None, (product.title, product.brand, product.category)))


def safe(text: str, locale: str, name: str) -> str:
    """A text about a product without personal data and without sentences for the model."""
    return without_instructions(cleaned(visible(text), locale, name)[0], name).text


def name_safe(text: str, locale: str) -> str:
    """The same for a name, which may be a person's or a question; what would leave nothing of it stays."""
    kept = cleaned(visible(text), locale)[0]
    return without_instructions(kept).text or kept


def hidden_in(brief: Brief) -> tuple[str, ...]:
    """The sentences for the model in a brief's hostile text, all of it, which no prompt shows."""
    cut = _hidden_in_product(brief.product) + (_hidden_in_product(brief.other) if brief.other else ())
    if brief.question:
        cut += without_instructions(visible(brief.question.text)).sentences
    if brief.reviews:
        cut += _hidden(name_of(brief.product), (), tuple(review.text for review in brief.reviews.shown))
    return cut


def _hidden_in_product(product: Product) -> tuple[str, ...]:
    names = (product.title, product.brand, product.category)
    return _hidden(name_of(product), names, (product.description, *product.attributes.values()))


@lru_cache(maxsize=256)
def _hidden(name: str, names: tuple[str | None, ...], texts: tuple[str | None, ...]) -> tuple[str, ...]:
    cut = [sentence for text in texts if text for sentence in without_instructions(visible(text), name).sentences]
    for text in filter(None, names):
        found = without_instructions(visible(text))
        cut += found.sentences if found.text else ()
    return tuple(cut)


class TemplateSet:
    """The prompt templates of every locale and channel, compiled once.

    Sandboxed and strict: a template can't reach Python's internals, and an undefined variable is an error.
    ``overrides`` replaces or adds templates by name (``"en-US/sms.j2"``), as a user's own folder does.
    """

    def __init__(self, overrides: Mapping[str, str] | None = None) -> None:
        packaged = jinja2.FunctionLoader(_packaged_template)
        loader = jinja2.ChoiceLoader([jinja2.DictLoader(overrides or {}), packaged])
        self._environment = SandboxedEnvironment(
            loader=loader,
            undefined=jinja2.StrictUndefined,
            autoescape=False,
            finalize=_mark,
            keep_trailing_newline=False,
        )

    @classmethod
    def from_folder(cls, folder: Path | None) -> Self:
        """The packaged templates with those in a user's folder (``en-US/sms.j2``, …) in their place.

        Raises PromptError when the folder isn't there.
        """
        if folder is None:
            return cls()
        if not folder.is_dir():
            raise PromptError(f"COPYDESK_TEMPLATES: no folder {folder}")
        return cls({path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.j2")})

    def source(self, channel: str, locale: str) -> list[str]:
        """The text of every template that a channel's prompt is made of, for its digest.

        Raises PromptError when there is no template for that channel and locale.
        """
        sources, waiting = [], [f"{locale}/{channel}.j2"]
        try:
            while waiting:
                text, _, _ = cast(jinja2.BaseLoader, self._environment.loader).get_source(
                    self._environment, waiting.pop()
                )
                sources.append(text)
                waiting += [name for name in find_referenced_templates(self._environment.parse(text)) if name]
        except jinja2.TemplateNotFound as exc:
            raise PromptError(f"no prompt template {exc.name!r}") from exc
        except jinja2.TemplateSyntaxError as exc:
            raise PromptError(f"template {locale}/{channel}.j2, line {exc.lineno}: {exc.message}") from exc
        return sources

    def pieces(self, brief: Brief, copy: Fields | None = None) -> tuple[list[str], list[str]]:
        """The system and the user message as pieces; those that came from data are ``Data``.

        With a copy, the question what it is worth: of the template ``judge.j2`` instead of the channel's.
        Raises PromptError for an unknown locale, a missing template or an undefined variable.
        """
        if brief.locale not in LOCALES:
            raise PromptError(f"no locale {brief.locale!r}; there are {', '.join(LOCALES)}")
        name = f"{brief.locale}/{brief.channel if copy is None else 'judge'}.j2"
        channel = load_channel(brief.channel)
        values = {
            "channel": channel,
            "locale": brief.locale,
            "campaign": {
                "brand_voice": clean(brief.campaign.brand_voice or "", 400) or None,
                "offer": clean(brief.campaign.offer or "", 200) or None,
            },
            **_subject(brief, channel.about),
            "copy": [(spec.name, clean(line)) for spec in channel.fields for line in (copy or {}).get(spec.name, ())],
        }
        try:
            template = self._environment.get_template(name)
            context = template.new_context(values)
            # Inherited blocks are only linked once the child's root has run; the root itself prints nothing of use.
            for _ in template.root_render_func(context):
                pass
            return list(context.blocks["system"][0](context)), list(context.blocks["user"][0](context))
        except jinja2.TemplateNotFound as exc:
            raise PromptError(f"no prompt template {exc.name!r}") from exc
        except (jinja2.TemplateError, KeyError) as exc:
            raise PromptError(f"template {name}: {exc}") from exc


def _subject(brief: Brief, about: str) -> dict[str, Any]:
    """What the copy is about, None for what a channel's briefs don't have. Raises PromptError where that is missing."""
    locale, stage, reviews = brief.locale, stage_of(brief), reviews_view(brief)
    values = {
        "product": None if about == "persona" else _titled(brief.product, locale),
        "segment": _segment(brief.segment, locale) if about in ("audience", "persona") else None,
        "question": question_text(brief) if about == "question" else None,
        "other": _titled(brief.other, locale) if about == "comparison" and brief.other else None,
        "reviews": reviews if about == "reviews" else None,
        "stage": stage.guidance[locale] if stage and about == "audience" else None,
    }
    if about == "question" and not values["question"]:
        raise PromptError(f"product {brief.product.id} has no question to answer, or one without visible text")
    if about == "comparison" and not values["other"]:
        raise PromptError(f"product {brief.product.id} is compared with none that is still there")
    if about == "reviews" and not (reviews and reviews.shown):
        raise PromptError(f"product {brief.product.id} has no stored review that can be shown")
    return values


def _titled(product: Product, locale: str) -> dict[str, Any]:
    view = product_view(product, locale)
    if not view["title"]:
        raise PromptError(f"product {product.id} has no title: it left the catalogue, or holds no visible text")
    return view


@lru_cache(maxsize=1024)  # every product is told to the same few
def _segment(segment: Segment, locale: str) -> dict[str, str]:
    if not clean(segment.name):
        raise PromptError(f"segment {segment.id} has no name: it is no longer there, or holds no visible text")
    separator = "、" if locale.startswith("zh") else ", "
    return {
        "name": masked(clean(segment.name, ATTRIBUTE_CHARACTERS), locale),
        "interests": masked(clean(separator.join(segment.interests), ATTRIBUTE_CHARACTERS * 2), locale),
        "needs": masked(clean(separator.join(segment.needs), ATTRIBUTE_CHARACTERS * 2), locale),
    }


def _mark(value: object) -> Data:
    return value if isinstance(value, Data) else Data(value)


def _packaged_template(name: str) -> str | None:
    path = files("templates") / "prompts" / name
    return path.read_text("utf-8") if path.is_file() else None


class PromptRenderer:
    """Renders briefs for one model: holds its tokenizer, its chat template's frame and the templates.

    Each piece is encoded by itself, so a product's pieces are tokenised once and reused for all its segments, and
    the ids are the same whether they came from the cache or not.
    """

    def __init__(
        self, tokenizer: "PreTrainedTokenizerBase", max_prompt_tokens: int, templates: TemplateSet | None = None
    ) -> None:
        self.tokenizer = tokenizer
        self._templates = templates or TemplateSet()
        self.max_prompt_tokens = max_prompt_tokens
        self._added = dict(tokenizer.get_added_vocab())
        self._added_ids = frozenset(self._added.values())
        self._frame = _chat_frame(tokenizer)
        self._literal = lru_cache(maxsize=4096)(self._encode_literal)
        self._data = lru_cache(maxsize=4096)(self._encode_data)

    def render(self, brief: Brief) -> Prompt:
        """One brief as token ids, of length at most ``max_prompt_tokens``.

        Raises PromptError when the template or the value is at fault or the prompt is too long.
        """
        return Prompt(brief, self._encode(*self._templates.pieces(brief)))

    def ask(self, brief: Brief, candidate: Candidate) -> Question:
        """What the model thinks of a copy, as token ids; the copy counts as hostile text like all data.

        Raises PromptError as ``render`` does.
        """
        return Question(brief, self._encode(*self._templates.pieces(brief, candidate.fields)), candidate)

    def _encode(self, system: list[str], user: list[str]) -> tuple[int, ...]:
        before, between, after = self._frame
        ids: list[int] = []
        pending = ""  # literal text not yet encoded, so that adjacent literals tokenise as one
        for piece in (before, *system, between, *user, after):
            if not isinstance(piece, Data):
                pending += piece
                continue
            # A space before a value belongs to the value: that is how tokenizers see words in running text.
            lead = " " if pending.endswith(" ") else ""
            literal = pending.removesuffix(" ")
            if literal:
                ids.extend(self._literal(literal))
            ids.extend(self._data(lead + piece))
            pending = ""
        ids.extend(self._literal(pending))
        if len(ids) > self.max_prompt_tokens:
            raise PromptError(
                f"the prompt has {len(ids)} tokens, the model takes {self.max_prompt_tokens}: shorten the product text"
            )
        return tuple(ids)

    def text(self, brief: Brief) -> str:
        """The same prompt as a person reads it, for a dry run."""
        system, user = self._templates.pieces(brief)
        before, between, after = self._frame
        return "".join((before, *system, between, *user, after))

    def _encode_literal(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))

    def _encode_data(self, value: str) -> tuple[int, ...]:
        ids = self.tokenizer.encode(value, add_special_tokens=False, split_special_tokens=True)
        if self._added_ids.isdisjoint(ids):
            return tuple(ids)
        # Added tokens that are not marked special survive the flag: part their text and look again.
        for token in sorted(self._added, key=len, reverse=True):
            value = value.replace(token, f"{token[:1]} {token[1:]}")
        ids = self.tokenizer.encode(value, add_special_tokens=False, split_special_tokens=True)
        if not self._added_ids.isdisjoint(ids):
            raise PromptError(f"the text {value[:60]!r} holds a control token of the model")
        return tuple(ids)


def _chat_frame(tokenizer: "PreTrainedTokenizerBase") -> tuple[str, str, str]:
    """What the model's chat template puts before, between and after the system and the user message.

    The chat template sees two marker words and never any data; a template that refuses a system message gets both
    in the user message.
    """
    if not tokenizer.chat_template:
        return "", "\n\n", "\n\n"
    first, second = "copydesk-system-message", "copydesk-user-message"
    conversations = (
        [{"role": "system", "content": first}, {"role": "user", "content": second}],
        [{"role": "user", "content": f"{first}\n\n{second}"}],
    )
    for messages in conversations:
        try:
            framed = cast(
                str,
                tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
                ),
            )
        except jinja2.TemplateError:
            continue
        before, mark, rest = framed.partition(first)
        between, mark2, after = rest.partition(second)
        if mark and mark2:
            return before, between, after
    raise PromptError("the model's chat template takes neither a system nor a user message")


@overload
def render(briefs: Iterable[Brief], renderer: PromptRenderer) -> Iterator[Prompt | Failure]: ...
@overload
def render(briefs: Iterable[Brief | None], renderer: PromptRenderer) -> Iterator[Prompt | Failure | None]: ...
def render(briefs: Iterable[Brief | None], renderer: PromptRenderer) -> Iterator[Prompt | Failure | None]:
    """Each brief as a prompt, or as a failure with its reason; one bad brief never stops the next. None stays None."""
    for brief in briefs:
        if brief is None:
            yield None
            continue
        try:
            yield renderer.render(brief)
        except PromptError as exc:
            yield Failure(brief, "render", str(exc))
