"""Setting everything up, in steps that a second run skips when nothing has changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .console import CommandError, Step, Steps, say
from .environments import bot_environment, svar_environment
from .knowledge import Knowledge
from .settings import Layout, read_layout
from .stamps import Stamp, digest

_MODEL_SOURCES = (
    "bot/config.yml",
    "bot/domain",
    "bot/data",
    "bot/components",
    "nlu_data/sv",
    "nlu_data/nb",
    "nlu_data/nn",
    "nlu_data/crisis",
    "requirements/bot.txt",
    "knowledge/encoding/encoder.py",
    "knowledge/encoding/onnx_graph.py",
    "knowledge/encoding/onnx_session.py",
    "knowledge/adaptation/delta.npz",
    "knowledge/adaptation/vocabulary.bin",
)


def prepare(for_tests: bool = False) -> None:
    """Make environments, pages, encoder, demo articles, index and the bot's model.

    Raises:
        CommandError: a step can't be done here; the message says what is missing.
    """
    layout = read_layout()
    layout.ensure_folders()
    svar = svar_environment(for_tests)
    bot = bot_environment(for_tests)
    steps = Steps(6)
    with steps.step("Python environment of Svar (.venv)") as step:
        svar.ensure(step)
    with steps.step("Python environment of the bot (.venv-bot, Python 3.10)") as step:
        bot.ensure(step)
    with steps.step("Looks and scripts of the pages"):
        _call(layout, "the asset build", str(svar.python), "-m", "ops.assets")
    with steps.step("Sentence encoder"):
        _call(layout, "unpacking", str(svar.python), "-m", "knowledge", "unpack-encoder")
    with steps.step("Articles of the demo municipalities and their search index"):
        _call(layout, "seeding", str(svar.python), "-m", "knowledge", "seed")
        _call(layout, "the demo accounts", str(svar.python), "-m", "gateway", "demo-accounts")
    with steps.step("The bot's language model") as step:
        _train(layout, step, svar.python, bot.python)


def _call(layout: Layout, purpose: str, *command: str) -> None:
    done = subprocess.run(command, env=dict(layout.environment), check=False)
    if done.returncode != 0:
        raise CommandError(f"This step failed: {purpose} ended with code {done.returncode}.")


def _train(layout: Layout, step: Step, svar: Path, bot: Path) -> None:
    model = Path(layout.environment["SVAR_MODEL"])
    sources = [Path(source) for source in _MODEL_SOURCES]
    stamp = Stamp(model.with_suffix(".made-from"), digest(sources))
    if stamp.matches() and model.exists():
        step.unchanged = True
        return
    stamp.clear()
    with Knowledge(layout, svar):
        say("      training (about three minutes)")
        command = [str(bot), "-m", "rasa", "train", "--quiet", "--config", "bot/config.yml"]
        # The tests validate the data; here it would only be read once more.
        command += ["--skip-validation"]
        command += ["--domain", "bot/domain", "--data", "bot/data"]
        command += ["nlu_data/sv", "nlu_data/nb", "nlu_data/nn"]
        command += ["--out", str(model.parent), "--fixed-model-name", model.name.split(".")[0]]
        log = layout.var / "log" / "train.log"
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                env=dict(layout.environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=1800,
            )
        if done.returncode != 0 or not model.exists():
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
            raise CommandError(f"Training the bot failed. The end of {log}:\n\n{tail}")
        stamp.write()
