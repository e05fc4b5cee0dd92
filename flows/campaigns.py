"""Campaigns from a YAML file, checked before they reach the database."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from flows.parameters import Channel, Locale, ProductFilter
from generation.records import LIFE_CYCLE_CHANNELS, Sampling
from sql.catalogue import CampaignError, CampaignSpec


class SamplingModel(BaseModel):
    """How tokens are drawn."""

    model_config = ConfigDict(extra="forbid")

    temperature: float = Field(default=0.7, ge=0, le=2)
    top_p: float = Field(default=0.95, gt=0, le=1)
    frequency_penalty: float = Field(default=0.0, ge=-2, le=2)
    max_tokens: int = Field(default=256, ge=8, le=8192)
    seed: int = 0


_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class CampaignModel(BaseModel):
    """One campaign of the file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    channels: Annotated[list[Channel], Field(min_length=1)]
    locales: Annotated[list[Locale], Field(min_length=1)]
    segments: list[str] = []
    product_filter: ProductFilter = ProductFilter()
    variants: int = Field(default=4, ge=1, le=16)
    brand_voice: str | None = None
    offer: str | None = None
    market: Literal["us", "uk", "eu", "cn"] | None = None
    promotion: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    banned_words: Annotated[list[_Word], Field(max_length=200)] = []
    required_words: Annotated[list[_Word], Field(max_length=20)] = []
    priority: int = Field(default=0, ge=-32_768, le=32_767)
    sampling: SamplingModel = SamplingModel()
    life_cycle: bool = False

    @field_validator("life_cycle")
    @classmethod
    def _only_to_known_customers(cls, life_cycle: bool, info: ValidationInfo) -> bool:
        others = [channel for channel in info.data.get("channels", ()) if channel not in LIFE_CYCLE_CHANNELS]
        if life_cycle and others:
            why = (
                f"copy by stages of a customer's life goes to customers that the shop knows, on"
                f" {', '.join(LIFE_CYCLE_CHANNELS)}, not on {', '.join(others)}"
            )
            raise PydanticCustomError("life_cycle", "{why}", {"why": why})
        return life_cycle


_CAMPAIGNS = TypeAdapter(list[CampaignModel])


def read_campaigns(path: Path) -> list[CampaignSpec]:
    """The campaigns of a file. Raises CampaignError with one line that names the place."""
    try:
        loaded = yaml.safe_load(path.read_text("utf-8"))
        campaigns = _CAMPAIGNS.validate_python(loaded if isinstance(loaded, list) else [loaded])
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise CampaignError(f"{path} is no YAML: {' '.join(str(exc).split())}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "the file"
        raise CampaignError(f"{path}: campaign {int(first['loc'][0]) + 1}: {place}: {first['msg']}") from exc
    return [
        CampaignSpec(
            name=campaign.name,
            channels=[str(channel) for channel in campaign.channels],
            locales=[str(locale) for locale in campaign.locales],
            segments=campaign.segments,
            product_filter=campaign.product_filter.given(),
            variants=campaign.variants,
            brand_voice=campaign.brand_voice,
            offer=campaign.offer,
            sampling=Sampling(**campaign.sampling.model_dump()),
            priority=campaign.priority,
            market=campaign.market,
            promotion_id=campaign.promotion,
            banned_words=tuple(campaign.banned_words),
            required_words=tuple(campaign.required_words),
            life_cycle=campaign.life_cycle,
        )
        for campaign in campaigns
    ]
