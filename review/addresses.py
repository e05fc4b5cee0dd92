"""The list's address: filters, order and page as a query string, and what was decided just before.

Only what is read here gets into a link or a redirect, so that neither leads off this page.
"""

from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, Field, ValidationError

from generation.prompts import clean
from sql.copies import Filters, Sort

STATUSES = ("selected", "approved", "edited", "rejected", "exported", "candidate", "expired")


class ListAddress(BaseModel):
    """The list's address: filters, order and page. An empty form field filters nothing."""

    campaign: str = ""
    channel: str = ""
    locale: str = ""
    status: str = "selected"
    product: str = Field("", max_length=200)
    min_score: str = Field("", pattern=r"^\s*(\d{1,3}(\.\d+)?)?\s*$")
    run: str = Field("", pattern=r"^\s*\d{0,18}\s*$")
    verdict: Literal["", "unsupported", "warned", "supported"] = ""
    rule: str = Field("", max_length=60)
    sort: Sort = "best"
    page: int = Field(1, ge=1, le=100_000)
    done: str = ""  # what was decided just now, and on how many
    count: int = 1

    def filters(self) -> Filters:
        return Filters(
            statuses=(clean(self.status),) if self.status else STATUSES,
            campaign=clean(self.campaign) or None,
            channels=(clean(self.channel),) if self.channel else None,
            locale=clean(self.locale) or None,
            product=clean(self.product) or None,
            min_score=float(self.min_score) if self.min_score.strip() else None,
            run=int(self.run) if self.run.strip() else None,
            verdict=self.verdict or None,
            rule=clean(self.rule) or None,
        )

    @classmethod
    def from_address(cls, query: str) -> Self:
        """The list of a query string; of one that can't be read, the list of all that waits."""
        try:
            return cls.model_validate(dict(parse_qsl(query, keep_blank_values=True)))
        except ValidationError:
            return cls()

    def address(self, **changes: Any) -> str:
        """The query string of this list, without what is as it is by itself."""
        values = {**self.model_dump(exclude={"done", "count"}), **changes}
        plain = ListAddress()
        return urlencode({name: value for name, value in values.items() if value != getattr(plain, name)})

    def in_words(self) -> str:
        """What the list is narrowed to, for the closed filters."""
        product = f"product {self.product!r}" if self.product else ""
        score = f"score from {self.min_score}" if self.min_score.strip() else ""
        run = f"run {self.run}" if self.run.strip() else ""
        claims = f"{self.verdict} claims" if self.verdict else ""
        rule = f"rule {self.rule}" if self.rule else ""
        return ", ".join(filter(None, (self.campaign, self.channel, self.locale, product, score, run, claims, rule)))

    def after(self, done: str, count: int = 1) -> str:
        """The address to go on to after a decision."""
        return "/?" + "&".join(filter(None, (self.address(), urlencode({"done": done, "count": count}))))

    def notice(self) -> str:
        """What was decided just before, in our own words: an address can't put others on the page."""
        words = {"approve": "approved", "edit": "edited and approved", "reject": "rejected"}
        if self.done not in words or not 1 <= self.count <= 1000:
            return ""
        return f"{self.count} {'copy' if self.count == 1 else 'copies'} {words[self.done]}."
