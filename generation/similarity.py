"""How alike two copies are: MinHash signatures of their word runs, and the openings that many copies share.

Words only: two texts of other words with one meaning count as different. What follows from likeness is decided in
``generation.choosing``; where signatures are kept is no matter here.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from generation.reading.text import normal
from generation.records import Fields
from generation.scoring import words_of

RUN = 3  # words, or Chinese characters, that make one run
OPENING = 4  # words of a line's beginning
BANDS, ROWS = 12, 5  # texts that have 0.8 of their runs in common meet in a band 99 times of 100, those with 0.3 three
HASHES = BANDS * ROWS
_PRIME = (1 << 31) - 1

Signature = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Likeness:
    """A copy's text as it is compared with others of its channel and locale."""

    signature: Signature = field(compare=False)
    bands: tuple[int, ...]  # two texts are compared where they share one; 63-bit, other channels' never meet
    openings: tuple[str, ...]  # the first words of each field that is long enough, with the field's name

    @property
    def stored(self) -> bytes:
        """The signature for keeping."""
        return self.signature.tobytes()


def likeness(fields: Fields, channel: str, locale: str) -> Likeness:
    """Read a copy's text for comparing."""
    lines = [(name, words_of(normal(line))) for name in sorted(fields) for line in fields[name]]
    runs = {zlib.crc32(" ".join(run).encode()) for _, words in lines for run in _runs(words)}
    signature = _signature(np.fromiter(runs, np.uint64, len(runs)))
    return Likeness(signature, _bands(signature, f"{channel} {locale}"), tuple(_openings(lines)))


def alike(one: Signature, other: Signature) -> float:
    """The estimated share of runs that two texts have in common, of all that either has: 0–1, ± 0.06."""
    return float(np.count_nonzero(one == other)) / HASHES


def signature_of(stored: bytes) -> Signature:
    """A signature that was kept."""
    return np.frombuffer(stored, np.uint16)


def _runs(words: Sequence[str]) -> Iterator[Sequence[str]]:
    if len(words) < RUN:
        if words:
            yield words
        return
    for start in range(len(words) - RUN + 1):
        yield words[start : start + RUN]


def _openings(lines: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    seen = set()
    for name, words in lines:
        if name not in seen and len(words) >= OPENING:
            seen.add(name)
            yield f"{name}: {' '.join(words[:OPENING])}"


def _signature(runs: npt.NDArray[np.uint64]) -> Signature:
    """The lowest of each of HASHES hashes over all runs, of which 16 bits tell two apart; of no runs all zeros."""
    if not runs.size:
        return np.zeros(HASHES, np.uint16)
    factors, terms = _hashes()
    lowest = ((runs[:, None] % _PRIME * factors + terms) % _PRIME).min(axis=0)
    signature: Signature = (lowest & 0xFFFF).astype(np.uint16)
    return signature


@cache
def _hashes() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """The same in every process and every version of numpy, as what is kept must be."""
    drawn = [1 + _number(f"hash {number}".encode()) % (_PRIME - 1) for number in range(2 * HASHES)]
    return np.array(drawn[:HASHES], np.uint64), np.array(drawn[HASHES:], np.uint64)


def _bands(signature: Signature, place: str) -> tuple[int, ...]:
    rows = signature.tobytes()
    size, salt = 2 * ROWS, place.encode()
    return tuple(_number(rows[at : at + size] + bytes([at]) + salt) for at in range(0, 2 * HASHES, size))


def _number(told: bytes) -> int:
    """63 bits."""
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest()) >> 1
