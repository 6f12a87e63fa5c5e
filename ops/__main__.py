"""`python -m ops COMMAND`: what the Makefile calls."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .console import CommandError, fail


def main() -> int:
    """Run one command from the project's top folder."""
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    prepare = commands.add_parser("prepare", help="set everything up; skips what is unchanged")
    prepare.add_argument("--for-tests", action="store_true", help="with what the tests need")
    commands.add_parser("run", help="start Svar; prepare comes first")
    test = commands.add_parser("test", help="pass the tests; prepare --for-tests comes first")
    test.add_argument("checks", nargs="*", help="only these checks")
    commands.add_parser("measure", help="latency, memory and sizes; prepare comes first")
    commands.add_parser("measure-desk", help="resident to operator and back, and idle pages")
    evaluate = commands.add_parser("evaluate", help="how well questions are answered")
    evaluate.add_argument("--public", type=Path, help="folder with the public sets' files")
    beside = commands.add_parser("with-knowledge", help="run a command beside knowledge")
    beside.add_argument("argv", nargs=argparse.REMAINDER, help="the command")
    options = parser.parse_args()
    os.chdir(Path(__file__).resolve().parent.parent)
    try:
        return _command(options)
    except CommandError as failure:
        fail(str(failure))
    except KeyboardInterrupt:
        return 130


def _command(options: argparse.Namespace) -> int:
    # Imported here: `prepare` runs before the environments of the others exist.
    if options.command == "prepare":
        from .prepare import prepare

        prepare(for_tests=options.for_tests)
        return 0
    if options.command == "run":
        from .run import run

        return run()
    if options.command == "measure":
        from .measure import measure

        return measure()
    if options.command == "measure-desk":
        from .measure_desk import measure_desk

        return measure_desk()
    if options.command == "evaluate":
        from .evaluate import evaluate

        return evaluate(options.public)
    if options.command == "with-knowledge":
        from .evaluate import with_knowledge

        return with_knowledge(options.argv)
    from .checks import run_checks

    return run_checks(options.checks)


if __name__ == "__main__":
    sys.exit(main())
