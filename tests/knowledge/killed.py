"""What the process does that is killed: it publishes one edition after the other."""

import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from knowledge.indexing.index import MunicipalityIndex
from knowledge.language import text
from knowledge.types import Article
from tests.knowledge.toys import CountingEncoder

PAGES = 30


def articles(edition: int) -> list[Article]:
    """All pages of an edition say its number; pages come and go with it."""
    today = datetime.date(2026, 1, 1)
    names = [f"sida-{number}" for number in range(PAGES + edition % 3)]
    text = "## Avgift\n\nUpplaga {edition} av {name}.\n\n## Tider\n\nAlltid samma ord om {name}."
    return [
        Article(
            "m", n, "sv", n, text.format(edition=edition, name=n), f"/{n}", today, (f"vad {n}",)
        )
        for n in names
    ]


def editions(index: MunicipalityIndex) -> set[str]:
    """Which editions the index has text of."""
    return {c.text.split()[1] for c in index.chunks if c.text.startswith("Upplaga")}


def publish(folder: Path, told: Connection) -> None:
    """Tells the number of each edition before saving it; never ends by itself."""
    encoder = CountingEncoder()
    index = MunicipalityIndex.load(folder, encoder.name)
    edition = 0 if index is None else int(editions(index).pop())
    if index is None:
        index = MunicipalityIndex.empty("m", encoder)
    while True:
        edition += 1
        index, _ = index.refreshed(articles(edition), encoder)
        told.send(edition)
        index.save(folder)
        index = MunicipalityIndex.load(folder, encoder.name)
        assert index is not None


# Processes are forked from one that has imported this: the tables of words are read only once.
text.lemmas("ord", "sv")
