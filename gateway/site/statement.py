"""What the accessibility statement says, in one place: keep it true, and mend what it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

ASSESSED = date(2026, 11, 22)
"""When the pages were last held against the standard; change it when they are again."""

UPDATED = date(2026, 11, 22)
"""When what is said here was last looked through."""

SHORTCOMINGS = (
    "statement.shortcoming.live",
    "statement.shortcoming.people",
    "statement.shortcoming.articles",
    "statement.shortcoming.tables",
    "statement.shortcoming.language",
)
"""What is known not to be good enough, as keys of texts. An honest list is worth more than a
short one; take a line away only with what it says."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who sees to it that the law is kept, and where a resident can complain.

    `registered` is the key of a text about where the law wants the statement itself.
    """

    law: str
    enforcement: str
    links: tuple[tuple[str, str], ...]
    registered: str | None = None


AUTHORITIES: Mapping[str, Authority] = {
    "SE": Authority(
        "statement.law.se",
        "statement.enforcement.se",
        # This very address: MDFFS 2019:2, section 6, asks for a link to the form behind it.
        (("Anmäl till Digg: digg.se/tdosanmalan", "https://www.digg.se/tdosanmalan"),),
    ),
    "NO": Authority(
        "statement.law.no",
        "statement.enforcement.no",
        # Statements on uustatus.no send complaints to the tribunal, not to the authority.
        (
            ("Diskrimineringsnemnda", "https://www.diskrimineringsnemnda.no/"),
            ("Tilsynet for universell utforming av ikt", "https://www.uutilsynet.no/"),
        ),
        "statement.registered",
    ),
}
"""By the municipality's country."""
