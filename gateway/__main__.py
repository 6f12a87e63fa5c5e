"""`python -m gateway`: serve, see to accounts, or bring the database up to date."""

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

from gateway.accounts import AccountError, Accounts
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
    wanted = _parser().parse_args(arguments)
    command = wanted.command or "serve"
    logging.basicConfig(
        # What this command prints is for a person who waits for one line.
        level=logging.WARNING if command == "account" else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        settings = load_settings()
        if command == "serve":
            serve(settings)
        elif command == "demo-accounts":
            asyncio.run(demo_accounts(settings))
        elif command == "account":
            asyncio.run(account(settings, wanted))
        else:
            asyncio.run(migrate(settings))
    except (SettingsError, StartError, AccountError) as error:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="serve pages and the API (the default)")
    commands.add_parser("demo-accounts", help="make the demo municipalities' missing accounts")
    commands.add_parser("migrate", help="bring the database's schema up to date")
    staff = commands.add_parser(
        "account",
        help="make a member of staff's account, or change or remove it",
        description="Make an account; its password is printed once.",
    )
    staff.add_argument("--municipality", required=True, help="the id in the municipality's file")
    staff.add_argument("--email", required=True, help="what the person signs in with")
    staff.add_argument("--role", help="operator, editor or administrator; of a new account")
    staff.add_argument("--name", help="what residents and colleagues see; of a new account")
    staff.add_argument(
        "--departments",
        help="whose conversations the person answers: ids with commas between, or all; of a new "
        "account, or alone to change it",
    )
    instead = staff.add_mutually_exclusive_group()
    instead.add_argument(
        "--new-password", action="store_true", help="give an account a new password, end sessions"
    )
    instead.add_argument("--remove", action="store_true", help="remove an account, end sessions")
    return parser


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


async def account(settings: Settings, wanted: argparse.Namespace) -> None:
    """Make an account, give it a new password or remove it, and say what was done.

    Raises AccountError when that can't be.
    """
    alone = wanted.departments is not None and wanted.role is None and wanted.name is None
    new = not (wanted.new_password or wanted.remove or alone)
    if wanted.departments is not None and (wanted.new_password or wanted.remove):
        raise AccountError("--departments goes with a new account, or alone")
    for option, value in (("--role", wanted.role), ("--name", wanted.name)):
        if new and value is None:
            raise AccountError(f"{option} is missing; a new account needs --role and --name")
        if not new and value is not None:
            raise AccountError(f"{option} goes with a new account only")
    municipalities = load_municipalities(settings.municipalities)
    database = Database(settings.database)
    accounts = Accounts(database, Passwords(), municipalities)
    password = None
    try:
        await database.migrate()
        if wanted.remove:
            await accounts.remove(wanted.municipality, wanted.email)
        elif alone:
            await accounts.set_departments(wanted.municipality, wanted.email, wanted.departments)
        elif wanted.new_password:
            password = await accounts.renew_password(wanted.municipality, wanted.email)
        else:
            password = await accounts.make(
                wanted.municipality, wanted.role, wanted.name, wanted.email, wanted.departments
            )
    finally:
        await database.close()
    if alone:
        print("The account's departments are changed.")
    elif password is None:
        print("The account is removed and its sessions have ended.")
    else:
        print(f"The password, which is shown only now: {password}")


async def migrate(settings: Settings) -> None:
    """Bring the schema to the newest revision."""
    database = Database(settings.database)
    try:
        await database.migrate()
    finally:
        await database.close()


if __name__ == "__main__":
    sys.exit(main())
