"""`make test`: the checks, one after the other, all of them even when one fails."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .console import CommandError, say
from .packages import ensure_browser, ensure_programs
from .settings import read_layout

_SVAR = ".venv/bin/python"
_BOT = ".venv-bot/bin/python"


# Rasa has no types of its own, so what is derived from it can't be checked as strictly.
_BOT_TYPES = (
    "--strict",
    "--allow-subclassing-any",
    "--allow-untyped-decorators",
    "--follow-imports=silent",
    "--ignore-missing-imports",
    "--config-file=/dev/null",
    "--python-version=3.10",
    f"--python-executable={_BOT}",
)


_AT_ONCE = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile")


@dataclass(frozen=True)
class Check:
    """One command that must end with 0."""

    name: str
    command: Sequence[str]


def _checks() -> list[Check]:
    rasa_data = ["--data", "bot/data", "nlu_data/sv", "nlu_data/nb", "nlu_data/nn"]
    beside = [_SVAR, "-m", "ops", "with-knowledge"]
    rasa_test = ["--nlu", "nlu_data/held_out", "--model", "var/models/svar.tar.gz", "--no-plot"]
    rasa_test += ["--out", "var/rasa-test"]
    validate = [_BOT, "-m", "rasa", "data", "validate", "--fail-on-warnings"]
    return [
        Check("lint", [_SVAR, "-m", "ruff", "check", "."]),
        Check("format", [_SVAR, "-m", "ruff", "format", "--check", "."]),
        Check("types", [_SVAR, "-m", "mypy"]),
        Check("bot-types", [_SVAR, "-m", "mypy", *_BOT_TYPES, "bot"]),
        Check(
            "rasa-data",
            [*validate, "--config", "bot/config.yml", "--domain", "bot/domain", *rasa_data],
        ),
        Check("intents", [*beside, _BOT, "-m", "bot.evaluate_intents", "--check"]),
        Check("rasa-test", [*beside, _BOT, "-m", "rasa", "test", "nlu", *rasa_test]),
        Check("bot", [_BOT, "-m", "pytest", "-q", "tests/bot"]),
        # A file stays with one process: its browser and its tables are made once.
        Check("unit", [_SVAR, "-m", "pytest", "-q", *_AT_ONCE, *_unit_folders()]),
        Check("stack", [_SVAR, "-m", "pytest", "-q", "tests/stack", "tests/end_to_end"]),
    ]


def _unit_folders() -> list[str]:
    names = ["knowledge", "gateway", "gateway_pages", "actions", "nlu_data", "ops", "docs"]
    return [f"tests/{name}" for name in names]


def run_checks(only: Sequence[str] = ()) -> int:
    """Run the checks (or those named) and print which failed; 0 when all passed.

    Raises:
        CommandError: a name is no check's, or a program is missing and can't be installed.
    """
    layout = read_layout()
    checks = _checks()
    unknown = set(only) - {check.name for check in checks}
    if unknown:
        names = ", ".join(check.name for check in checks)
        raise CommandError(f"No such check: {', '.join(sorted(unknown))}. There are: {names}")
    chosen = [check for check in checks if not only or check.name in only]
    if any(check.name in ("unit", "stack") for check in chosen):
        ensure_browser("The browser tests")
    if any(check.name == "unit" for check in chosen):
        ensure_programs(["dovecot", "/usr/sbin/dovecot"], ["dovecot-imapd"], "The mail tests")
    failed = [check.name for check in chosen if not _passes(check, layout.environment)]
    say(f"\n{len(chosen) - len(failed)} of {len(chosen)} checks passed")
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(check: Check, environment: Mapping[str, str]) -> bool:
    say(f"\n== {check.name}: {' '.join(check.command)}")
    started = time.monotonic()
    done = subprocess.run(check.command, env={**os.environ, **environment}, check=False)
    outcome = "passed" if done.returncode == 0 else f"FAILED (code {done.returncode})"
    say(f"== {check.name} {outcome} in {time.monotonic() - started:.0f} s")
    return done.returncode == 0
