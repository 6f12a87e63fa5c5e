"""Short conversations through the real bot and search, in Swedish, Bokmål and Nynorsk.

stories.jsonl has one to a line: municipality, language, and turns of what is said and expected:
the key of a fixed text of the bot, `page:ID` (that page is shown or offered), `answered:ID` (it
is shown), `numbers` (whom to call in an emergency), or `waiting` (for a person).
"""

import json
import re
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
STORIES = [
    json.loads(line)
    for line in Path(__file__).with_name("stories.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def fixed_texts() -> dict[str, dict[str, str]]:
    """Response key → language → its text."""
    texts: dict[str, dict[str, str]] = {}
    for path in (TOP / "bot" / "domain").glob("*.yml"):
        for key, variants in yaml.safe_load(path.read_text("utf-8")).get("responses", {}).items():
            for variant in variants:
                for condition in variant.get("condition", []):
                    texts.setdefault(key, {})[condition["value"]] = variant["text"]
    return texts


def test_there_are_stories_enough_in_every_language() -> None:
    """At least 80 in all, and 25 in each language."""
    assert len(STORIES) >= 80
    for language in ("sv", "nb", "nn"):
        assert sum(story["language"] == language for story in STORIES) >= 25


@pytest.mark.parametrize("language", ["sv", "nb", "nn"])
def test_every_story_goes_as_it_is_told(svar, fixed_texts, language: str) -> None:
    """Each turn gets what is expected of it; all that went otherwise are named at once."""
    wrong = []
    for story in STORIES:
        if story["language"] != language:
            continue
        talk = svar.converse(story["municipality"], language)
        for said, expected in story["turns"]:
            body = talk.post(said).body
            if not _is(body, expected, fixed_texts, language):
                told = [message["text"] for message in body["messages"][1:]]
                wrong.append((said, expected, told))
                break
    assert [] == wrong


def _is(body, expected: str, fixed_texts, language: str) -> bool:
    replies = [message for message in body["messages"][1:] if message["author"] != "resident"]
    if expected == "waiting":
        return body["status"] == "waiting"
    if expected == "numbers":
        return any("[112](tel:112)" in message["text"] for message in replies)
    kind, _, page = expected.partition(":")
    if kind in ("page", "answered"):
        shown = [s["article"] for m in replies for s in (m.get("answer") or {}).get("sources", [])]
        offered = [
            choice["chunk"].partition("#")[0]
            for message in replies
            for choice in message["choices"]
            if choice["chunk"]
        ]
        return page in (shown if kind == "answered" else shown + offered)
    pattern = re.escape(" ".join(fixed_texts[expected][language].split()))
    pattern = re.sub(r"\\\{\w+\\\}", ".+", pattern)
    return any(re.search(pattern, " ".join(message["text"].split())) for message in replies)
