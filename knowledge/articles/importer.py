"""Seed files: Markdown with a YAML head, as `<municipality>/<category>/<id>.md`, into the store."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.articles.drafts import read_draft, read_id
from knowledge.articles.records import Draft, Revision
from knowledge.articles.store import ArticleStore
from knowledge.errors import InvalidFieldsError, KnowledgeError
from knowledge.indexing.naming import SLUG
from knowledge.types import Article

AUTHOR = "seed"
_FENCE = "---"


class SeedError(KnowledgeError):
    """Seed files that can't be used; `lines` names each file and what is wrong with it."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


@dataclass(frozen=True, slots=True)
class SeedArticle:
    """One seed file, read and checked."""

    municipality: str
    id: str
    draft: Draft
    updated: datetime.date


@dataclass(slots=True)
class ImportCounts:
    """What an import did with the articles of a municipality.

    `left` counts files that differ from an article which an editor has taken over.
    """

    created: int = 0
    revised: int = 0
    unchanged: int = 0
    left: int = 0


def article_of(seed: SeedArticle) -> Article:
    """A seed file's article as it would be published."""
    draft = seed.draft
    return Article(
        seed.municipality,
        seed.id,
        draft.language,
        draft.title,
        draft.text,
        draft.url,
        seed.updated,
        draft.questions or (),
    )


def read_seed(folder: Path) -> list[SeedArticle]:
    """All seed files below the folder, ordered by path.

    Raises SeedError naming everything that is wrong in any of them.
    """
    if not folder.is_dir():
        raise SeedError([f"{folder}: there is no such folder"])
    articles: list[SeedArticle] = []
    faults: list[str] = []
    holders: dict[tuple[str, str, str], Path] = {}
    for path in sorted(folder.glob("*/*/*.md")):
        try:
            article = _read_file(path, path.relative_to(folder).parts[0])
        except InvalidFieldsError as error:
            faults += (f"{path}: {fault.field}: {fault.detail}" for fault in error.errors)
            continue
        except (ValueError, yaml.YAMLError) as error:
            faults.append(f"{path}: {' '.join(str(error).split())}")
            continue
        for kind, value in (("id", article.id), ("url", article.draft.url)):
            other = holders.setdefault((article.municipality, kind, value), path)
            if other != path:
                faults.append(f"{path}: {kind}: {value} is also that of {other}")
        articles.append(article)
    if faults:
        raise SeedError(faults)
    return articles


def import_seed(store: ArticleStore, articles: Iterable[SeedArticle]) -> dict[str, ImportCounts]:
    """Bring the store to the seed files, by municipality; what editors have written stays.

    An article is created published. A file that differs from its article becomes the article's
    next published revision, unless an editor ever changed the article. Can be repeated, also
    after an import that was interrupted.
    """
    counts: dict[str, ImportCounts] = {}
    origins: dict[str, Mapping[str, set[str]]] = {}
    for article in articles:
        municipality = article.municipality
        if municipality not in origins:
            origins[municipality] = store.origins(municipality)
        count = counts.setdefault(municipality, ImportCounts())
        _import(store, article, origins[municipality].get(article.id, set()), count)
    return counts


def _import(
    store: ArticleStore, article: SeedArticle, origins: set[str], count: ImportCounts
) -> None:
    municipality, name, draft = article.municipality, article.id, article.draft
    if not origins:
        store.create(
            municipality, draft, AUTHOR, article=name, origin="seed", updated=article.updated
        )
        store.publish(municipality, name, 1, AUTHOR)
        count.created += 1
        return
    record = store.article(municipality, name)
    newest = record.shown.number
    same = _same(record.shown, article)
    if "editor" in origins:
        count.unchanged += same
        count.left += not same
    elif not same:
        store.revise(
            municipality, name, draft, AUTHOR, newest, origin="seed", updated=article.updated
        )
        store.publish(municipality, name, newest + 1, AUTHOR)
        count.revised += 1
    else:
        if record.summary.status != "published":
            store.publish(municipality, name, newest, AUTHOR)
        count.unchanged += 1


def _same(revision: Revision, article: SeedArticle) -> bool:
    kept = Draft(
        revision.title,
        revision.text,
        revision.language,
        revision.url,
        revision.category,
        revision.questions,
    )
    return kept == article.draft and revision.updated == article.updated


def _read_file(path: Path, municipality: str) -> SeedArticle:
    if not SLUG.fullmatch(municipality):
        raise ValueError(f"the folder {municipality} can't be the id of a municipality")
    head, text = _split(path.read_text(encoding="utf-8"))
    fields = yaml.safe_load(head)
    if not isinstance(fields, dict):
        raise ValueError("the head holds no fields")
    updated = fields.get("updated")
    if not isinstance(updated, datetime.date) or isinstance(updated, datetime.datetime):
        raise ValueError("updated: a date like 2026-03-31 is missing")
    name = read_id(fields) or path.stem
    if name != path.stem:
        raise ValueError(f"id: {name} is not the file's name")
    draft = read_draft(
        {
            **fields,
            "text": text,
            "category": fields.get("category") or path.parent.name,
            "questions": fields.get("questions") or [],
        }
    )
    return SeedArticle(municipality, name, draft, updated)


def _split(content: str) -> tuple[str, str]:
    lines = content.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != _FENCE:
        raise ValueError("the first line is not ---")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    raise ValueError("the head has no closing ---")
