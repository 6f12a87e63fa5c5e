"""`python -m gateway`: serve, or only make the demo accounts or bring the database up to date."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from gateway.app import init_app
from gateway.database import Database
from gateway.demo_accounts import DemoAccountsError, make_demo_accounts
from gateway.municipalities import MunicipalityError, load_municipalities
from gateway.observe import AccessLogger
from gateway.sessions import Passwords
from gateway.settings import Settings, SettingsError, load_settings
from gateway.texts import TextsError

CANT_START = 2
SHUTDOWN_SECONDS = 5


class StartError(Exception):
    """The gateway can't start; the text is one plain line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give the exit code; 2 means that a setting must be changed."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="serve pages and the API (the default)")
    commands.add_parser("demo-accounts", help="make the demo municipalities' missing accounts")
    commands.add_parser("migrate", help="bring the database's schema up to date")
    command = parser.parse_args(arguments).command or "serve"
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = load_settings()
        if command == "serve":
            serve(settings)
        elif command == "demo-accounts":
            asyncio.run(demo_accounts(settings))
        else:
            asyncio.run(migrate(settings))
    except (SettingsError, StartError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return CANT_START
    except MunicipalityError as error:
        print(f"gateway: SVAR_MUNICIPALITIES can't be used: {error}", file=sys.stderr)
        return CANT_START
    except TextsError as error:
        print(f"gateway: SVAR_LOCALES can't be used: {error}", file=sys.stderr)
        return CANT_START
    except DemoAccountsError as error:
        print(f"gateway: the demo accounts can't be used: {error}", file=sys.stderr)
        return CANT_START
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        print(f"gateway: the database can't be used: {reason}", file=sys.stderr)
        return CANT_START
    except OSError as error:
        print(f"gateway: SVAR_VAR can't be used: {error}", file=sys.stderr)
        return CANT_START
    return 0


def serve(settings: Settings) -> None:
    """Serve until a signal comes.

    Raises StartError when the address can't be listened on.
    """
    app = init_app(settings)
    with listen(settings) as listener:
        host, port = listener.getsockname()[:2]
        logging.getLogger("gateway").info("serving on http://%s:%d", host, port)
        web.run_app(
            app,
            sock=listener,
            print=None,
            access_log_class=AccessLogger,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )


def listen(settings: Settings) -> socket.socket:
    """Give a listening socket, before anything else is started or changed."""
    host, port = settings.gateway_host, settings.gateway_port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(
            f"SVAR_GATEWAY_HOST={host!r} can't be used: {error.strerror}; "
            "it must be an address of this machine"
        ) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"SVAR_GATEWAY_PORT={port} is taken on {host}; it must be a free port"
            ) from error
        raise StartError(
            f"SVAR_GATEWAY_HOST={host!r} SVAR_GATEWAY_PORT={port} can't be listened on: "
            f"{error.strerror}"
        ) from error
    return listener


async def demo_accounts(settings: Settings) -> None:
    """Make the demo accounts that are missing and say where their passwords are."""
    municipalities = load_municipalities(settings.municipalities)
    database = Database(settings.database)
    try:
        await database.migrate()
        await make_demo_accounts(database, Passwords(), municipalities, settings.demo_accounts)
    finally:
        await database.close()
    print(f"The demo accounts and their passwords are in {settings.demo_accounts}")


async def migrate(settings: Settings) -> None:
    """Bring the schema to the newest revision."""
    database = Database(settings.database)
    try:
        await database.migrate()
    finally:
        await database.close()


if __name__ == "__main__":
    sys.exit(main())
