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
    "take_choice",
    "end_conversation",
    "change_language",
    "service_building",
    "service_childcare",
    "service_school",
    "service_waste",
    "service_water",
    "service_roads",
    "service_parking",
    "service_elderly",
    "service_disability",
    "service_social_support",
    "service_health",
    "service_business",
    "service_environment",
    "service_culture_leisure",
    "service_democracy",
    "service_jobs",
    "service_housing",
    "service_ceremonies",
    "service_integration",
    "service_state_and_region",
    "service_contact",
    "report_fault",
    "crisis",
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
    steps = [step for rule in _rules() for step in rule["steps"]]
    steps += [step for several in steps for step in several.get("or", [])]
    return {step[kind] for step in steps if kind in step}


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

    # A form runs these by itself, and Rasa has the last one.
    forms = {form: each for each in _read("bot/domain") for form in each.get("forms", {})}
    of_forms = {f"validate_{form}" for form in forms} | {
        f"action_ask_{slot}"
        for content in forms.values()
        for slot in content["slots"]
        if f"action_ask_{slot}" in listed
    }
    run = {step for step in _steps("action") if step.startswith("action_")}
    assert listed == (run | of_forms) - {"action_deactivate_loop"}
