"""What prompts have in common: how much a prefix cache could save, and identical ones written once.

Two segments of the same words, or a product that a catalogue holds twice, would cost the engine the same work twice.
"""

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from generation.records import Brief, Failure, Generation, Prompt

REMEMBERED = 4096  # finished generations whose words may be wanted again, and briefs that wait for words in flight

Item = Prompt | Generation | Failure | None  # None: nothing is ready yet
Written = Generator[Generation | Failure, None, None]


class PrefixMeter:
    """Counts what an ideal prefix cache, without bounds or blocks, would save on prompts as they come.

    Each is compared with the one before it of the same campaign, channel and locale, which shares most with it in the
    order of the plan; a trie over all the prompts would find a few tokens more.
    """

    def __init__(self) -> None:
        self._latest: dict[tuple[int, str, str], tuple[int, ...]] = {}

    def shared(self, prompt: Prompt) -> int:
        """How many of the prompt's first tokens were there before. The last one is computed in any case."""
        brief, ids = prompt.brief, prompt.token_ids
        if brief.attempt:  # the first attempt's prompt was the same
            return len(ids) - 1
        kind = (brief.campaign.id, brief.channel, brief.locale)
        before = self._latest.get(kind) or next(reversed(self._latest.values()), ())
        self._latest[kind] = ids
        return min(common_prefix(before, ids), len(ids) - 1)


def common_prefix(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """The length of what two sequences have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # slices compare at the speed of C
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def write_once(generate: Callable[[Iterable[Item]], Written], prompts: Iterable[Prompt | Failure | None]) -> Written:
    """What ``generate`` gives for the prompts, an identical one's words given again instead of written again.

    The seed is no part of being identical: it is there to tell a second attempt from a first, and that is.
    """
    waiting: dict[bytes, list[Brief]] = {}
    keys: dict[tuple[int, int], bytes] = {}
    written: OrderedDict[bytes, Generation | Failure] = OrderedDict()
    followers = 0

    def first_of_each() -> Iterator[Item]:
        nonlocal followers
        for item in prompts:
            if not isinstance(item, Prompt):
                yield item
                continue
            brief, key = item.brief, _key(item)
            if key in written:
                written.move_to_end(key)
                yield again(written[key], brief)
            elif key in waiting and followers < REMEMBERED:
                waiting[key].append(brief)
                followers += 1
            else:
                if key not in waiting:
                    waiting[key] = []
                    keys[brief.id, brief.attempt] = key
                yield item

    with closing(generate(first_of_each())) as results:
        for result in results:
            yield result
            key = keys.pop((result.brief.id, result.brief.attempt), None)
            if key is None:  # it only passed through
                continue
            for brief in waiting.pop(key):
                followers -= 1
                yield again(result, brief)
            written[key] = result
            if len(written) > REMEMBERED:
                written.popitem(last=False)


def again(result: Generation | Failure, brief: Brief) -> Generation | Failure:
    """A result for another brief of the same prompt. Nothing was spent on it."""
    if isinstance(result, Failure):
        return replace(result, brief=brief)
    drafts = tuple(replace(draft, brief=brief) for draft in result.drafts)
    return Generation(brief, drafts, prompt_tokens=0, cached_prompt_tokens=0, repeated=True)


def _key(prompt: Prompt) -> bytes:
    campaign = prompt.brief.campaign
    digest = hashlib.blake2b(array("I", prompt.token_ids).tobytes(), digest_size=16)
    digest.update(repr((campaign.sampling, campaign.variants, prompt.brief.attempt)).encode())
    return digest.digest()
