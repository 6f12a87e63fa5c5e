"""What residents say and what the bot says, read once for the tests of this folder."""

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("sv", "nb", "nn")
SET_BY_CODE = {"crisis", "take_choice"}


@dataclasses.dataclass(frozen=True, slots=True)
class Utterance:
    """One line of the data; `split` is "training" or "held_out"."""

    language: str
    split: str
    intent: str
    text: str
    file: str


def _read_utterances(path: Path, language: str, split: str) -> list[Utterance]:
    found = []
    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        for line in block["examples"].splitlines():
            assert line.startswith("- "), f"{path.name}: {line!r} does not begin with '- '"
            found.append(Utterance(language, split, block["intent"], line[2:].strip(), path.name))
    return found


@pytest.fixture(scope="session")
def utterances() -> list[Utterance]:
    """Everything in nlu_data, training first."""
    data = ROOT / "nlu_data"
    training = [
        utterance
        for language in LANGUAGES
        for path in sorted((data / language).glob("*.yml"))
        for utterance in _read_utterances(path, language, "training")
    ]
    held_out = [
        utterance
        for language in LANGUAGES
        for utterance in _read_utterances(
            data / "held_out" / f"{language}.yml", language, "held_out"
        )
    ]
    return training + held_out


@pytest.fixture(scope="session")
def readme() -> str:
    """The annotation guide."""
    return (ROOT / "nlu_data" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def declared_intents() -> list[str]:
    """The intents that the bot's domain declares and the intent model learns."""
    text = (ROOT / "bot" / "domain" / "intents.yml").read_text(encoding="utf-8")
    return [intent for intent in yaml.safe_load(text)["intents"] if intent not in SET_BY_CODE]


@pytest.fixture(scope="session")
def response_keys() -> list[str]:
    """Every response key as often as it is written: a YAML reader would hide a repeated one."""
    return [
        key
        for path in sorted((ROOT / "bot" / "domain").glob("*.yml"))
        for key in re.findall(r"^  (utter_\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


@pytest.fixture(scope="session")
def responses() -> dict[str, dict[str | None, list[str]]]:
    """Response key → language of the condition (None without one) → its texts."""
    found: dict[str, dict[str | None, list[str]]] = {}
    for path in sorted((ROOT / "bot" / "domain").glob("*.yml")):
        domain = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, variations in domain.get("responses", {}).items():
            texts = found.setdefault(key, {})
            for variation in variations:
                conditions = variation.get("condition", [])
                kinds = {(condition["type"], condition["name"]) for condition in conditions}
                assert kinds <= {("slot", "language")}, f"{key} depends on more than the language"
                languages = [condition["value"] for condition in conditions] or [None]
                for language in languages:
                    texts.setdefault(language, []).append(variation["text"])
    return found
