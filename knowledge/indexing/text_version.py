"""Names the text analysis by what it is made of, so that no index outlives the one it is from."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parents[1]
FILES = (
    "indexing/chunking.py",
    "language/compounds.py",
    "language/lemmas.py",
    "indexing/markdown.py",
    "indexing/naming.py",
    "language/nynorsk.py",
    "language/nynorsk.toml",
    "indexing/passages.py",
    "language/text.py",
)
_PACKAGES = ("snowballstemmer", "spacy", "spacy-lookups-data")


@cache
def text_version() -> str:
    """Changes whenever the same article might be cut into other chunks, pieces or words."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((FOLDER / name).read_bytes())
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    return digest.hexdigest()[:16]
