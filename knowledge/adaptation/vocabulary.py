"""Which of the encoder's 250 000 pieces are kept, and how that was found.

Kept are the pieces that the words of the package wordfreq (Apache 2.0; its lists CC BY-SA 4.0)
turn into, as they are and capitalised: the long lists of Swedish, Bokmål and English, the short
ones of Danish and of LANGUAGES; and every single character of an alphabet, so that any word of any
language is still spelt out. Only which pieces are kept is kept here, one bit for each.

    python -m pip install wordfreq && python -m knowledge.adaptation.vocabulary
"""

from __future__ import annotations

import importlib
import sys
import unicodedata
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.encoding.weights import Pieces, Weights, find_weights

FILE = Path(__file__).with_name("vocabulary.bin")
LISTS = [("sv", "large"), ("nb", "large"), ("en", "large"), ("da", "small")]
LANGUAGES = ["ar", "fa", "uk", "ru", "pl", "tr", "de", "fr", "es", "fi", "lt", "ro", "sh", "ur"]
"""What many who moved to Sweden or Norway write; wordfreq has no Somali, Tigrinya or Kurdish."""
UNUSED_SCRIPTS = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "YI ", "BOPOMOFO", "FULLWIDTH")
"""Scripts of thousands of characters, whose single characters are not kept."""


def kept_pieces(path: Path = FILE) -> npt.NDArray[np.int64]:
    """Numbers of the pieces that are kept, ascending."""
    bits = np.unpackbits(np.frombuffer(zlib.decompress(path.read_bytes()), np.uint8))
    kept: npt.NDArray[np.int64] = np.flatnonzero(bits).astype(np.int64)
    return kept


def choose(pieces: Pieces) -> set[int]:
    """The pieces to keep; needs the package wordfreq."""
    from knowledge.encoding.tokenizer import build_tokenizer

    wordfreq = importlib.import_module("wordfreq")
    tokenizer = build_tokenizer(pieces)
    kept = {pieces.bos, pieces.pad, pieces.eos, pieces.unknown}
    kept.update(number for number, piece in enumerate(pieces.pieces) if _is_letter(piece))
    for language, size in [*LISTS, *((language, "small") for language in LANGUAGES)]:
        words = list(wordfreq.iter_wordlist(language, size))
        for form in (words, [word.capitalize() for word in words]):
            kept.update(_used(tokenizer, form))
        print(f"{language}: {len(words)} words, {len(kept)} pieces so far", flush=True)
    return kept


def _used(tokenizer: object, words: list[str]) -> Iterable[int]:
    for encoding in tokenizer.encode_batch(words, add_special_tokens=False):  # type: ignore[attr-defined]
        yield from encoding.ids


def _is_letter(piece: str) -> bool:
    character = piece.removeprefix("▁")
    if len(character) > 1:
        return False
    return not character or not unicodedata.name(character, "").startswith(UNUSED_SCRIPTS)


def main() -> int:
    """Write the file anew."""
    pieces = Weights(find_weights()).pieces
    kept = choose(pieces)
    bits = np.zeros(len(pieces.pieces), np.uint8)
    bits[sorted(kept)] = 1
    FILE.write_bytes(zlib.compress(np.packbits(bits).tobytes(), 9))
    print(f"{len(kept)} of {len(pieces.pieces)} pieces kept: {FILE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
