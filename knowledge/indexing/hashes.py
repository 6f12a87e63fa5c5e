"""Numbers that stand for texts: the same in every process, unlike Python's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]


def text_hash(text: str) -> int:
    """64 bits. Two of a million texts have the same one in 1 of 10^7 sets."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def text_hashes(texts: Iterable[str]) -> Hashes:
    """The hash of each text, in order."""
    return np.fromiter((text_hash(text) for text in texts), np.uint64)


def places(sorted_hashes: Hashes, wanted: Hashes) -> npt.NDArray[np.int64]:
    """Where each wanted hash stands among sorted ones; -1 where it doesn't."""
    found = np.searchsorted(sorted_hashes, wanted)
    if not len(sorted_hashes):
        return np.full(len(wanted), -1, np.int64)
    there = sorted_hashes[np.minimum(found, len(sorted_hashes) - 1)] == wanted
    return np.where(there, found, -1).astype(np.int64)
