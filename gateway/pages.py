"""The HTML pages: templates with automatic escaping, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.municipalities import Municipality
from gateway.texts import Texts

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders the templates."""

    def __init__(self, texts: Texts, folder: Path = TEMPLATES) -> None:
        self._texts = texts
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self,
        template: str,
        language: str,
        municipality: Municipality | None,
        **values: object,
    ) -> str:
        """Give a page; templates also have `t(key, **values)` in its language."""
        return self._environment.get_template(template).render(
            language=language,
            municipality=municipality,
            t=partial(self._texts.say, language),
            **values,
        )


def preferred_language(accepted: str, offered: tuple[str, ...]) -> str:
    """Give the offered language that a browser likes most; the first when it likes none.

    `no`, which old browsers send, means Bokmål.
    """
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate(accepted[:200].split(",")):
        tag, _, parameters = part.strip().partition(";")
        name = tag.split("-")[0].strip().lower()
        wishes.append((-_quality(parameters), position, "nb" if name == "no" else name))
    return next((name for _, _, name in sorted(wishes) if name in offered), offered[0])


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def by_category(articles: list[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    """Give articles by the shown name of their category, both in the order they came in."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for article in articles:
        found.setdefault(article.get("category") or "", []).append(article)
    return found
