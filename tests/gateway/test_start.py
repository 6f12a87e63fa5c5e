"""Starting: settings, files, ports; each fault ends with 2 and one plain line."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from gateway.database import Database
from gateway.demo_accounts import make_demo_accounts
from gateway.municipalities import Municipality, MunicipalityError, load_municipalities
from gateway.sessions import Passwords, Sessions
from gateway.settings import PACKAGE, SettingsError, load_settings
from gateway.texts import SYSTEM_KEYS, TextsError, load_texts

TOP = Path(__file__).parents[2]


def _run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SVAR_")}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        env={**kept, "SVAR_VAR": str(tmp_path / "var"), **environment},
        cwd=TOP,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SVAR_GATEWAY_PORT", "http"),
        ("SVAR_GATEWAY_PORT", "70000"),
        ("SVAR_BOT_URL", "localhost:5005"),
        ("SVAR_PUBLIC_URL", "ftp://x"),
        ("SVAR_TURN_SECONDS", "0"),
        ("SVAR_RETENTION_DAYS", "0"),
        ("SVAR_RETENTION_DAYS", "3651"),
        ("SVAR_RETENTION_DAYS", "for ever"),
        ("SVAR_TRUSTED_PROXIES", "proxy.example"),
        ("SVAR_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SVAR_TRUSTED_PROXIES", "10.0.0.1,"),
        ("SVAR_DATABASE_URL", "mysql://root:secret@x/y"),
    ],
)
def test_a_bad_setting_is_named(monkeypatch, name, value) -> None:
    """The variable, the value unless it may hold a password, and what is allowed."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    text = str(refusal.value)
    assert text.startswith(name)
    assert "must be" in text
    assert "\n" not in text
    assert ("secret" not in text) if name == "SVAR_DATABASE_URL" else (repr(value) in text)


def test_settings_of_the_environment(monkeypatch) -> None:
    """Days are kept as a number, proxies as networks."""
    assert (90, ()) == (load_settings().retention_days, load_settings().proxy_networks)
    monkeypatch.setenv("SVAR_RETENTION_DAYS", "30")
    monkeypatch.setenv("SVAR_TRUSTED_PROXIES", "10.0.0.5, fd00::/8")
    assert 30 == load_settings().retention_days
    networks = load_settings().proxy_networks
    assert ["10.0.0.5/32", "fd00::/8"] == [str(network) for network in networks]


def test_a_bad_setting_ends_the_process(tmp_path) -> None:
    """Exit code 2, one line, nothing made."""
    done = _run(tmp_path, SVAR_GATEWAY_PORT="0x50")
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "SVAR_GATEWAY_PORT='0x50'" in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_taken_port_ends_the_process(tmp_path) -> None:
    """Exit code 2, one line with the port, before the database is touched."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = _run(tmp_path, SVAR_GATEWAY_PORT=port)
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert f"SVAR_GATEWAY_PORT={port} is taken" in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_missing_folder_of_municipalities_ends_the_process(tmp_path) -> None:
    """The variable is named."""
    done = _run(tmp_path, SVAR_MUNICIPALITIES=str(tmp_path / "none"))
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "SVAR_MUNICIPALITIES" in done.stderr


def test_demo_accounts_are_made_once(tmp_path) -> None:
    """A file only its owner may read; a second run changes nothing."""
    assert 0 == _run(tmp_path, "demo-accounts").returncode
    path = tmp_path / "var" / "demo-accounts.json"
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    before = path.read_text()
    accounts = json.loads(before)
    assert {
        f"{name}@{municipality}.example"
        for name in ("operator", "editor", "admin")
        for municipality in ("ekhamn", "fjordvik")
    } == set(accounts)
    assert 6 == len(set(accounts.values()))
    assert 0 == _run(tmp_path, "demo-accounts").returncode
    assert before == path.read_text()


def test_serving_ends_quickly_on_a_signal(tmp_path) -> None:
    """The process listens, makes the demo accounts, and stops with 0 when told to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        env={**os.environ, "SVAR_VAR": str(tmp_path / "var"), "SVAR_GATEWAY_PORT": str(port)},
        cwd=TOP,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}/health/ready"
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(address, timeout=5) as answer:
                    assert 200 == answer.status
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert (tmp_path / "var" / "demo-accounts.json").exists()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
        assert time.monotonic() - began < 5
        assert 0 == process.returncode
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.wait()


async def test_lost_accounts_come_back_with_the_passwords_of_the_file(tmp_path) -> None:
    """The file is what people read: it decides after a lost database, and a lost file."""
    municipalities = load_municipalities(PACKAGE / "municipalities")
    path = tmp_path / "demo-accounts.json"
    passwords = Passwords()
    email = "operator@ekhamn.example"
    for name in ("one", "two"):
        database = Database(f"sqlite+aiosqlite:///{tmp_path / name}.db")
        await database.migrate()
        await make_demo_accounts(database, passwords, municipalities, path)
        password = json.loads(path.read_text())[email]
        await Sessions(database, passwords).sign_in(email, password, "x")
        if name == "one":
            await database.close()
    path.unlink()
    assert await make_demo_accounts(database, passwords, municipalities, path)
    renewed = json.loads(path.read_text())[email]
    assert password != renewed
    await Sessions(database, passwords).sign_in(email, renewed, "x")
    await database.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('default_language = "sv"', 'default_language = "nb"', "default_language 'nb'"),
        ('languages = ["sv"]', 'languages = ["en"]', "languages: 'en' is not one of"),
        ('languages = ["sv"]', 'languages = ["sv", "nn"]', "name has no text for nn"),
        ("allowed_origins = []", 'allowed_origins = ["x.se"]', "allowed_origins: 'x.se'"),
        ("allowed_origins = []", 'allowed_origins = ["https://x.se/"]', "allowed_origins"),
        ("Europe/Stockholm", "Europe/Ekhamn", "timezone: 'Europe/Ekhamn'"),
        ('phone = "031-390 06 00"', "", "phone: Field required"),
        ('country = "SE"', 'country = "DK"', "country: Input should be 'SE' or 'NO'"),
        ('country = "SE"', "", "country: Field required"),
        ('id = "ekhamn"', 'id = "Ek hamn"', "id: "),
        ('id = "ekhamn"', 'id = "fjordvik"', "another file has the id 'fjordvik'"),
        ('id = "ekhamn"', "id = ekhamn", "Invalid value"),
        ("[opening.week]", "[hours]", "hours is now made from [opening.week]"),
        ("[opening.week]", "[opening.days]", "opening.days: Extra inputs are not permitted"),
        ("[opening.week]", "[opening.week]\nsunday = ['22:00-02:00']", "past midnight belong"),
        ("[opening.week]", "[opening.week]\nsunday = ['8-16']", "'8-16' is not a time such as"),
        ('first = "06-15"', "first = 6", "opening.seasons.0.first: 6 is neither a day of every"),
        (
            "[opening.half_days]",
            "[[opening.exceptions]]\ndate = 2027-03-12\nhours = []\n"
            'reason = {nb = "flytting"}\n[opening.half_days]',
            "opening.exceptions: the reason of 2027-03-12 has no text for sv",
        ),
        ("epiphany_eve", "epiphany", "opening.half_days: 'epiphany' is not one of epiphany_eve"),
    ],
)
def test_a_bad_municipality_is_named_with_its_file(municipalities_folder, old, new, said) -> None:
    """Which file, which field, what is wrong with it."""
    path = municipalities_folder / "ekhamn.toml"
    text = (PACKAGE / "municipalities" / "ekhamn.toml").read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(MunicipalityError) as refusal:
        load_municipalities(municipalities_folder)
    assert said in str(refusal.value)
    assert "ekhamn.toml" in str(refusal.value) or "fjordvik.toml" in str(refusal.value)


def test_the_demo_municipalities() -> None:
    """The facts that the two invented municipalities are known by."""
    found = load_municipalities(PACKAGE / "municipalities")
    assert ["ekhamn", "fjordvik"] == list(found)
    assert (("sv",), "031-390 06 00") == (found["ekhamn"].languages, found["ekhamn"].phone)
    assert (("nb", "nn"), "55 00 01 00") == (found["fjordvik"].languages, found["fjordvik"].phone)


def test_the_documented_municipality(tmp_path) -> None:
    """The example for operators can be used as it is, and has every key there is."""
    page = (TOP / "docs" / "operator.md").read_text("utf-8")
    [example] = [
        block for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "solvik" in block
    ]
    (tmp_path / "solvik.toml").write_text(example, "utf-8")
    assert ["solvik"] == list(load_municipalities(tmp_path))
    uncommented = re.sub(r"^# (?=\[|\w+ = )", "", example, flags=re.MULTILINE)
    assert set(Municipality.model_fields) == set(tomllib.loads(uncommented))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"system.error": ""}, "system.error is missing"),
        ({"system.joined": "{name} är här"}, "system.joined has an unknown placeholder {name}"),
        ({"system.error": 5}, "one object of key to text"),
    ],
)
def test_a_bad_locale_file_is_named(tmp_path, change, said) -> None:
    """A text that the gateway needs must be there, with placeholders it can fill."""
    texts = {key: " ".join(f"{{{each}}}" for each in needs) or "x"
             for key, needs in SYSTEM_KEYS.items()}  # fmt: skip
    (tmp_path / "sv.json").write_text(json.dumps({**texts, **change}), "utf-8")
    with pytest.raises(TextsError) as refusal:
        load_texts(tmp_path, ["sv"])
    assert said in str(refusal.value)


def test_a_text_never_fills_what_was_filled_in() -> None:
    """A value with braces stays as it is, and a missing one is an error."""
    from gateway.texts import Texts

    texts = Texts({"sv": {"hello": "Hej {name}!"}})
    assert "Hej {other}!" == texts.say("sv", "hello", name="{other}")
    with pytest.raises(KeyError):
        texts.say("sv", "hello")
    with pytest.raises(KeyError):
        texts.say("sv", "nothing")
