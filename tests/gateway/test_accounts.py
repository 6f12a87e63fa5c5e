"""Accounts of staff: made, given a new password, removed, by a command."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gateway.__main__ import main
from gateway.accounts import AccountError, Accounts
from gateway.database import Database
from gateway.errors import NotSignedInError
from gateway.keys import DATABASE, MUNICIPALITIES
from gateway.sessions import Passwords, Sessions

TOP = Path(__file__).parents[2]
EMAIL = "ny@ekhamn.example"
NEW = ("--municipality", "ekhamn", "--role", "operator", "--name", "Ny vid disken")


@pytest.fixture
def command(tmp_path, monkeypatch, municipalities_folder, capsys):
    """Runs `account` on a database of its own; gives the code, what is printed, and errors."""
    for name in tuple(os.environ):
        if name.startswith("SVAR_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SVAR_VAR", str(tmp_path / "own"))
    monkeypatch.setenv("SVAR_MUNICIPALITIES", str(municipalities_folder))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["account", *arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def sign_in_with(tmp_path):
    """Signs in on that database; gives the session."""

    def sign_in(email: str, password: str):
        async def run():
            database = Database(f"sqlite+aiosqlite:///{tmp_path / 'own' / 'gateway.db'}")
            try:
                return await Sessions(database, Passwords()).sign_in(email, password, "x")
            finally:
                await database.close()

        return asyncio.run(run())

    return sign_in


@pytest.fixture
def staff_accounts(api):
    """The accounts of the running gateway, with passwords that are cheap to check."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return Accounts(api.client.app[DATABASE], passwords, api.client.app[MUNICIPALITIES])


def test_a_new_account_can_sign_in(command, sign_in_with, tmp_path) -> None:
    """The printed password opens it, under the name and role that were given, and is not kept."""
    code, printed, errors = command(*NEW, "--email", " Ny@Ekhamn.example ")
    assert (0, "", 1) == (code, errors, len(printed.splitlines()))
    password = printed.split()[-1]
    assert len(password) >= 20
    staff = sign_in_with(EMAIL, password).staff
    assert ("ekhamn", "operator", "Ny vid disken", EMAIL) == (
        staff.municipality,
        staff.role,
        staff.name,
        staff.email,
    )
    for file in (tmp_path / "own").iterdir():
        assert password.encode() not in file.read_bytes()


def test_two_accounts_have_two_passwords(command) -> None:
    """Nothing about a password can be known from another."""
    first, second = (command(*NEW, "--email", f"{n}@ekhamn.example")[1].split()[-1] for n in "ab")
    assert first != second


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--municipality", "ek", *NEW[2:], "--email", EMAIL), "'ek' is none of ekhamn, fjordvik"),
        ((*NEW[:2], "--role", "boss", *NEW[4:], "--email", EMAIL), "--role 'boss' is none of oper"),
        ((*NEW, "--email", "ekhamn.example"), "--email 'ekhamn.example' is no e-mail address"),
        ((*NEW, "--email", "a b@ekhamn.example"), "is no e-mail address"),
        ((*NEW, "--email", "a" * 250 + "@x.se"), "at most 254"),
        ((*NEW[:4], "--name", " ", "--email", EMAIL), "--name '' must have"),
        ((*NEW[:4], "--name", "x" * 121, "--email", EMAIL), "1 to 120 characters"),
        ((*NEW[:4], "--email", EMAIL), "--name is missing"),
        ((*NEW[:2], "--name", "x", "--email", EMAIL), "--role is missing"),
        ((*NEW, "--email", EMAIL, "--remove"), "--role goes with a new account only"),
        ((*NEW[:2], "--email", EMAIL, "--new-password"), "has no account in 'ekhamn'"),
        ((*NEW[:2], "--email", EMAIL, "--remove"), "has no account in 'ekhamn'"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(command, arguments, said) -> None:
    """Code 2, the option at fault, nothing printed."""
    code, printed, errors = command(*arguments)
    assert (2, "", 1) == (code, printed, len(errors.splitlines()))
    assert said in errors


def test_only_the_line_is_printed(tmp_path) -> None:
    """Also as a process of its own, where the schema is made first."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "account", *NEW[:2], "--email", EMAIL, "--remove"],
        env={**os.environ, "SVAR_VAR": str(tmp_path / "own")},
        cwd=TOP,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert f"gateway: --email {EMAIL} has no account in 'ekhamn'\n" == done.stderr


def test_an_address_has_one_account(command) -> None:
    """The second is refused, with what to do; in another municipality too."""
    command(*NEW, "--email", EMAIL)
    code, _, errors = command(*NEW, "--email", EMAIL.upper())
    assert (2, True) == (code, "--new-password" in errors)
    code, _, errors = command("--municipality", "fjordvik", *NEW[2:], "--email", EMAIL)
    assert (2, True) == (code, "another municipality" in errors)


def test_a_new_password_takes_the_place_of_the_old(command, sign_in_with) -> None:
    """The old one opens nothing any more; an account of another municipality is none."""
    old = command(*NEW, "--email", EMAIL)[1].split()[-1]
    other = command("--municipality", "fjordvik", "--email", EMAIL, "--new-password")
    assert 2 == other[0]
    code, printed, _ = command(*NEW[:2], "--email", EMAIL, "--new-password")
    new = printed.split()[-1]
    assert 0 == code
    assert EMAIL == sign_in_with(EMAIL, new).staff.email
    with pytest.raises(NotSignedInError):
        sign_in_with(EMAIL, old)


@pytest.mark.parametrize("change", ["--new-password", "--remove"])
def test_demo_accounts_are_left_to_their_file(command, municipalities_folder, change) -> None:
    """The start would make them again; without [demo_staff] they are accounts as any other."""
    email = "operator@ekhamn.example"
    assert 0 == main(["demo-accounts"])
    code, _, errors = command(*NEW[:2], "--email", email, change)
    assert (2, True) == (code, "take [demo_staff] out" in errors)
    file = municipalities_folder / "ekhamn.toml"
    file.write_text(file.read_text("utf-8").partition("[demo_staff]")[0], "utf-8")
    assert 0 == command(*NEW[:2], "--email", email, change)[0]


def test_an_account_outlives_its_municipality_only_until_it_is_removed(
    command, municipalities_folder
) -> None:
    """Removing works when the municipality's file is gone."""
    command(*NEW, "--email", EMAIL)
    (municipalities_folder / "ekhamn.toml").unlink()
    assert 0 == command(*NEW[:2], "--email", EMAIL, "--remove")[0]
    assert 2 == command(*NEW[:2], "--email", EMAIL, "--remove")[0]


async def test_a_new_password_ends_the_sessions(api, staff_accounts, colleague) -> None:
    """Whoever was signed in with the old one is out; others stay."""
    person = await api.staff(EMAIL, await staff_accounts.make("ekhamn", "operator", "Ny", EMAIL))
    assert 200 == (await person.ask("GET", "/api/v1/session")).status
    password = await staff_accounts.renew_password("ekhamn", EMAIL)
    assert 401 == (await person.ask("GET", "/api/v1/session")).status
    assert 200 == (await colleague.ask("GET", "/api/v1/session")).status
    await api.staff(EMAIL, password)


async def test_a_removed_account_is_out(api, staff_accounts, colleague) -> None:
    """Its session opens nothing, its password neither, and colleagues don't see it."""
    password = await staff_accounts.make("ekhamn", "operator", "Ny", EMAIL)
    person = await api.staff(EMAIL, password)
    await staff_accounts.remove("ekhamn", EMAIL)
    assert 401 == (await person.ask("GET", "/api/v1/session")).status
    answer = await api.ask("POST", "/api/v1/session", json={"email": EMAIL, "password": password})
    assert 401 == answer.status
    operators = (await colleague.ask("GET", "/api/v1/desk/operators")).json["operators"]
    assert EMAIL not in [each["email"] for each in operators]


async def test_an_account_with_conversations_stays(api, staff_accounts) -> None:
    """Nobody is left alone with a person who is not there; passed on, the account can go."""
    person = await api.staff(EMAIL, await staff_accounts.make("ekhamn", "operator", "Ny", EMAIL))
    resident = await api.resident()
    await resident.want_person()
    assert 200 == (await person.desk(resident.id, "claim")).status
    with pytest.raises(AccountError, match=r"still has conversations at the desk \(1\)"):
        await staff_accounts.remove("ekhamn", EMAIL)
    assert 200 == (await person.ask("GET", "/api/v1/session")).status
    passed_on = await person.desk(resident.id, "transfer", {"to": None, "note": ""})
    assert 200 == passed_on.status
    await staff_accounts.remove("ekhamn", EMAIL)
    assert "waiting" == (await resident.ask("GET", "/messages")).json["status"]


def test_departments_are_set_with_an_account_and_later(command) -> None:
    """Given with a new account, changed alone, and all again; an unknown one is refused."""
    command(*NEW, "--email", EMAIL, "--departments", "streets, water")
    where = ("--municipality", "ekhamn", "--email", EMAIL)
    changed = command(*where, "--departments", "waste")
    unknown = command(*where, "--departments", "waste,space")
    back = command(*where, "--departments", "all")
    both = command(*where, "--departments", "all", "--remove")
    assert [0, 2, 0, 2] == [code for code, _, _ in (changed, unknown, back, both)]
    assert "'space' is none of streets, water, waste" in unknown[2]
