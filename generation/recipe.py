"""What, besides the rows in the database, decides the words of a copy: template, what it shows of the channel, model.

Its digest goes into the content key, so that a changed template or model is a changed brief. What only decides the
verdict on the words, such as a channel's limits, is in ``generation.judgement``.
"""

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast

from generation.channels import load_channel
from generation.engine import EngineError, context_length
from generation.prompts import PromptError, TemplateSet
from generation.records import (
    LIFE_CYCLE_CHANNELS,
    STAGES,
    Brief,
    Campaign,
    CustomerQuestion,
    CustomerReview,
    Product,
    ProductReviews,
    Segment,
)

_SAMPLED_BYTES = 1 << 20

# Two made-up briefs, one with all and one with next to nothing, so that a template's conditions go both ways. What a
# channel isn't about, its prompt doesn't show.
_FILLED = Brief(
    0,
    Campaign(0, "c", brand_voice="Plain.", offer="A gift"),
    Product("p", "Mug", "Pellwick", "A mug", "Kitchen", Decimal(15), "EUR", attributes={"Color": "blue"}),
    Segment("s", "Hikers", interests=("maps",), needs=("low weight",)),
    "",
    "",
    question=CustomerQuestion("q", "How big is the mug?"),
    other=Product("o", "Cup", "Corran", "A cup", "Kitchen", Decimal(12), "EUR", attributes={"Color": "red"}),
    reviews=ProductReviews(
        2,
        date(2026, 1, 2),
        date(2026, 3, 4),
        (CustomerReview("r", "It is blue", date(2026, 3, 4), Decimal(4)),),
        Decimal(4),
    ),
)
_BARE = Brief(
    0,
    Campaign(0, "c"),
    Product("p", "Mug"),
    Segment("s", "Hikers"),
    "",
    "",
    question=CustomerQuestion("q", "How big is the mug?"),
    other=Product("o", "Cup"),
    reviews=ProductReviews(
        1, date(2026, 3, 4), date(2026, 3, 4), (CustomerReview("r", "It is blue", date(2026, 3, 4)),)
    ),
)
_TWO_OF_A_DAY = replace(_BARE, reviews=replace(cast(ProductReviews, _BARE.reviews), count=2))


def model_revision(model: str, revision: str | None = None) -> str:
    """What identifies the weights: the hub's commit, or a digest of a local folder.

    A folder's large files are read at both ends only: enough to tell two trainings apart, and quick for 100 GB.
    Raises EngineError when there is no such model.
    """
    folder = Path(model)
    if not folder.is_dir():
        context_length(model, revision)  # says it clearly when the model isn't there
        from transformers import AutoConfig

        commit = getattr(AutoConfig.from_pretrained(model, revision=revision), "_commit_hash", None)
        return str(commit or revision or "unknown")
    digest = hashlib.sha256()
    weights = sorted(path for path in folder.iterdir() if path.suffix in {".json", ".safetensors", ".bin", ".jinja"})
    if not any(path.suffix in {".safetensors", ".bin"} for path in weights):
        raise EngineError(f"the model folder {model!r} holds no weights (*.safetensors)")
    for path in weights:
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLED_BYTES))
            if size > _SAMPLED_BYTES:
                file.seek(max(_SAMPLED_BYTES, size - _SAMPLED_BYTES))
                digest.update(file.read())
    return digest.hexdigest()[:16]


def recipe(channel: str, locale: str, model: str, weights: str, templates: TemplateSet) -> str:
    """The digest for one channel and locale. ``weights`` is what ``model_revision`` gave.

    Raises UnknownChannel and PromptError.
    """
    briefs = [_FILLED, _BARE, *([_TWO_OF_A_DAY] if load_channel(channel).about == "reviews" else ())]
    if channel in LIFE_CYCLE_CHANNELS:
        briefs += [
            replace(
                _BARE, campaign=replace(_BARE.campaign, life_cycle=True), segment=replace(_BARE.segment, stage=stage)
            )
            for stage in STAGES
        ]
    shown = [_shown(replace(brief, channel=channel, locale=locale), templates) for brief in briefs]
    parts = [shown, templates.source(channel, locale), model_name(model), weights]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _shown(brief: Brief, templates: TemplateSet) -> object:
    """What the prompt shows of the channel: the whole prompt of a made-up brief.

    Rendered, not read off the specification: a user's own template may show any part of that, or none. Where it can't
    be rendered for want of something that the catalogue's products have, all of the specification counts.
    """
    try:
        return templates.pieces(brief)
    except PromptError:
        return asdict(load_channel(brief.channel))


def model_name(model: str) -> str:
    """A model's name for people: a folder's last part, or the hub's name. The path says nothing about the words."""
    folder = Path(model)
    return folder.name if folder.is_dir() else model
