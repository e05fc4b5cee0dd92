"""What a run may be asked for: the form of Prefect's UI and the options of ``copydesk run`` are both this model.

Empty text and 0 stand for "not given": the form shows an optional value as a choice of type, which asks more of the
person who fills it in than the value does.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from flows.budget import BadDeadline, parse_deadline


class Channel(StrEnum):
    """Where copy runs; one value for each file in templates/channels."""

    AMAZON_LISTING = "amazon_listing"
    BUYING_GUIDE = "buying_guide"
    EMAIL = "email"
    GOOGLE_RSA = "google_rsa"
    LINKEDIN = "linkedin"
    META_FEED = "meta_feed"
    PERSONA_CARD = "persona_card"
    PMAX = "pmax"
    PRODUCT_DESCRIPTION = "product_description"
    PRODUCT_PAGE = "product_page"
    PUSH = "push"
    QUESTION_ANSWER = "question_answer"
    RECOMMENDATION = "recommendation"
    REVIEW_DIGEST = "review_digest"
    SMS = "sms"
    TAOBAO_TITLE = "taobao_title"
    WECHAT_ARTICLE = "wechat_article"


class Locale(StrEnum):
    """The language and market that copy is written for."""

    EN_US = "en-US"
    ZH_CN = "zh-CN"


class ProductFilter(BaseModel):
    """Which products to write for. All that is given must hold; nothing given: the campaign's own filter."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(default=[], description="Product ids")
    categories: list[str] = Field(default=[], description="Categories, as in the catalogue")
    brands: list[str] = Field(default=[], description="Brands, as in the catalogue")
    title_contains: str = Field(default="", description="Words that the title holds, in any case")

    def given(self) -> dict[str, list[str] | str]:
        """Only the conditions that were given."""
        return {name: value for name, value in self.model_dump().items() if value}


class RunParameters(BaseModel):
    """What to write tonight, or now."""

    model_config = ConfigDict(extra="forbid")

    campaign: str = Field(default="", description="Campaign's name; empty: every campaign")
    products: ProductFilter = Field(default=ProductFilter(), description="Only these products")
    segments: list[str] = Field(default=[], description="Segment ids; empty: the campaign's own")
    channels: list[Channel] = Field(default=[], description="Channels; empty: the campaign's own")
    locales: list[Locale] = Field(default=[], description="Locales; empty: the campaign's own")
    limit: int = Field(default=0, ge=0, description="At most this many briefs a campaign; 0: no limit")
    retry_failed: bool = Field(default=False, description="Try briefs again that failed in an earlier run")
    deadline: str = Field(
        default="", description="Stop by then: 06:00, 90m, 2h or 2026-11-26T06:00; empty: when all is written"
    )
    max_tokens: int = Field(
        default=0, ge=0, description="Spend at most so many tokens, prompt tokens computed and output; 0: no limit"
    )
    dry_run: bool = Field(default=False, description="Show the plan and three prompts; write nothing")

    @field_validator("deadline")
    @classmethod
    def _can_be_read(cls, deadline: str) -> str:
        try:
            if deadline := deadline.strip():
                parse_deadline(deadline)
        except BadDeadline as exc:
            raise PydanticCustomError("deadline", "{why}", {"why": str(exc)}) from exc
        return deadline
