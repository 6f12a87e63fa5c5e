"""`python -m actions`: serve the actions until stopped."""

from __future__ import annotations

import logging
import sys

from aiohttp import web

from actions.app import create_app
from actions.settings import SettingsError, load_settings


def main() -> int:
    """Serve; the exit code is 2 when a setting is bad."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    web.run_app(
        create_app(settings),
        host=settings.actions_host,
        port=settings.actions_port,
        access_log=None,
        print=None,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
