"""Where a fact stands: the column or row that a claim's support names."""

from dataclasses import dataclass

OFFERS = ("campaigns.offer", "promotions")  # what people promise; all else is the product's record or evidence
PRODUCT = "products."
REVIEWS = "customer_reviews"  # what somebody wrote of a product: no word of the record's


@dataclass(frozen=True, slots=True)
class Source:
    """One column or row, as a claim's support names it."""

    column: str  # "products.title", "products.attributes.Material", "promotions", "claim_evidence"
    text: str  # normalised
    shown: str = ""  # what stands there, where that is short: the price, an attribute's value, an id

    def named(self, phrase: str) -> str:
        """The support in words: ``products.attributes.Material: linen``."""
        return f"{self.column}: {self.shown or phrase}"


def is_name(source: Source) -> bool:
    """Whether people chose the words: the product's name, and what is promised."""
    return source.column in ("products.title", "products.brand", *OFFERS)
