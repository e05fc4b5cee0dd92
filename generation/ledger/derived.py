"""Figures that no record holds and that follow from what it does: sums, multiples, shares, change, near measures.

Tried only for a number that nothing supports as it is. Each way is narrow: what a figure is made of stands in the
record, is told beside it or is the price, and measures the same. The words by which figures relate are data.
"""

from generation.ledger.derivation import Here
from generation.ledger.derived_measures import (
    difference,
    in_days,
    in_other_units,
    in_proportion,
    nearly,
    of_next_figure,
    rest_of_share,
    within_range,
)
from generation.ledger.derived_money import change_given, price_of_one
from generation.ledger.derived_sums import divided, factor_of, listed, multiple, sum_of, uses
from generation.ledger.facts import Facts
from generation.reading.units import Stated
from generation.records import Brief

_WAYS = (
    of_next_figure, nearly, in_other_units, in_days, rest_of_share, change_given, price_of_one, sum_of, listed,
    multiple, factor_of, divided, uses, in_proportion, difference, within_range,
)  # fmt: skip


def derived(stated: Stated, plain: str, brief: Brief, facts: Facts, aspect: str | None) -> str | None:
    """What a number of a normalised line follows from, as the ledger shows it; None where from nothing."""
    if len(stated.values) != 1:
        return None
    here = Here(stated, next(iter(stated.values)), plain, brief, facts, aspect)
    return next((found for way in _WAYS if (found := way(here))), None)
