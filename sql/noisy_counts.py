"""Counts of people, made differentially private by OpenDP: a table may then be published.

Covers the counts alone. Which groups there are, and their words, are the caller's to keep above a floor.
"""

from collections.abc import Mapping

from sql.feeds.lines import FeedError


def noisy_counts(counts: Mapping[str, int], epsilon: float, groups_of_one: int) -> dict[str, int]:
    """The counts with noise of a discrete Laplace distribution; ``epsilon`` is spent on all of them together.

    ``groups_of_one`` is in how many of them one person can be counted: adding or removing that person changes the
    vector of counts by no more than that (its L1 sensitivity). Raises FeedError where OpenDP isn't installed.
    """
    try:
        import opendp.prelude as dp
    except ImportError as exc:
        raise FeedError("COPYDESK_DP_EPSILON needs the package opendp: pip install opendp") from exc
    if not counts:
        return {}
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    mechanism = dp.m.make_laplace(*space, scale=groups_of_one / epsilon)
    noisy: list[int] = mechanism(list(counts.values()))
    return dict(zip(counts, noisy, strict=True))
