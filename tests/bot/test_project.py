"""What the files of the project promise each other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
LANGUAGES = {"sv", "nb", "nn"}
INTENTS = {
    "greet",
    "thank",
    "goodbye",
    "affirm",
    "deny",
    "ask_for_person",
    "ask_bot_identity",
    "ask_privacy",
    "ask_capabilities",
    "make_complaint",
    "give_praise",
    "insult_bot",
    "doesnt_help",
    "ask_repeat",
    "out_of_scope",
    "nonsense",
    "ask_service",
}


def _read(folder: str) -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text()) for path in sorted((TOP / folder).glob("*.yml"))]


def _responses() -> dict[str, list[dict[str, Any]]]:
    return {
        key: variants
        for content in _read("bot/domain")
        for key, variants in content.get("responses", {}).items()
    }


def _rules() -> list[dict[str, Any]]:
    return [rule for content in _read("bot/data/rules") for rule in content["rules"]]


def _steps(kind: str) -> set[str]:
    return {step[kind] for rule in _rules() for step in rule["steps"] if kind in step}


def test_the_intents_are_those_agreed_on() -> None:
    """The gateway and knowledge go by these names."""
    assert {
        intent for content in _read("bot/domain") for intent in content.get("intents", [])
    } == INTENTS


def test_every_intent_has_a_rule() -> None:
    """Nothing a resident can mean is left without an answer."""
    assert INTENTS | {"nlu_fallback"} == _steps("intent")


def test_no_response_is_written_twice() -> None:
    """Rasa would drop one of the two without a word."""
    keys = [key for content in _read("bot/domain") for key in content.get("responses", {})]

    assert sorted(set(keys)) == sorted(keys)


def test_every_response_speaks_every_language() -> None:
    """A resident is answered in the language they chose."""
    spoken = {
        key: {
            condition["value"]
            for variant in variants
            for condition in variant.get("condition", [])
            if condition["name"] == "language"
        }
        for key, variants in _responses().items()
    }

    assert dict.fromkeys(spoken, LANGUAGES) == spoken


def test_every_response_is_used_and_every_used_one_written() -> None:
    """By a rule, by an action, or by Rasa itself when no rule fits (utter_default)."""
    code = "\n".join(path.read_text() for path in (TOP / "actions").glob("*.py"))
    used = {step for step in _steps("action") if step.startswith("utter_")}
    used |= set(re.findall(r'"(utter_\w+)"', code)) | {"utter_default"}

    assert set(_responses()) == used


def test_rules_and_domain_name_the_same_actions() -> None:
    """An action nobody runs, or one nobody listed, is a mistake."""
    listed = {action for content in _read("bot/domain") for action in content.get("actions", [])}

    assert listed == {step for step in _steps("action") if step.startswith("action_")}
