import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import knowledge.__main__ as command_line
from knowledge.__main__ import main
from knowledge.encoding.encoder import EncoderError
from knowledge.server import serve
from knowledge.types import Encoder

HEAD = "---\ntitle: Bygglov\nlanguage: sv\nurl: /bygglov\nupdated: 2026-03-31\n---\n"


@pytest.fixture(autouse=True)
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy_encoder: Any) -> Path:
    """Commands work below a folder of the test, with the toy encoder."""
    for name in ("SVAR_KNOWLEDGE_DATABASE_URL", "SVAR_ENCODER", "SVAR_KNOWLEDGE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SVAR_VAR", str(tmp_path / "var"))
    monkeypatch.setattr(command_line, "load_encoder", lambda _path: toy_encoder)
    return tmp_path / "var"


@pytest.fixture
def write_seed(tmp_path: Path) -> Callable[[str], str]:
    """Writes the one seed file and gives its folder."""

    def write(text: str) -> str:
        file = tmp_path / "seed" / "ekhamn" / "bygga" / "bygglov.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(HEAD + text, encoding="utf-8")
        return str(tmp_path / "seed")

    return write


def test_migrate_makes_the_database(var: Path) -> None:
    """`migrate` makes the database where the settings say, and can be repeated."""
    assert [0, 0] == [main(["migrate"]), main(["migrate"])]
    assert (var / "knowledge.db").is_file()


def test_seed_does_only_what_changed(
    var: Path,
    write_seed: Callable[[str], str],
    toy_encoder: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`seed` imports and indexes; again it embeds nothing; after a change only the change."""
    folder = write_seed("Inledning.\n\n## Avgift\n\n4 200 kronor.")
    assert 0 == main(["seed", folder])
    told = capsys.readouterr().out
    assert "ekhamn: 1 articles new, 0 changed, 0 as before\n" in told
    assert "ekhamn: 2 of 2 passages embedded\n" in told
    assert "ekhamn: 2 chunks indexed, 2 new or changed" in told
    assert (var / "index" / "ekhamn").exists()

    toy_encoder.passages.clear()
    assert 0 == main(["seed", folder])
    assert "ekhamn: 2 chunks indexed, 0 new or changed" in capsys.readouterr().out
    assert [] == toy_encoder.passages

    write_seed("Inledning.\n\n## Avgift\n\n5 000 kronor.")
    assert 0 == main(["seed", folder])
    assert ["Bygglov\nAvgift\n5 000 kronor."] == toy_encoder.passages


def test_bad_seed_file(
    write_seed: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A seed file that can't be used ends `seed` with 1 and its name."""
    folder = write_seed("")
    assert 1 == main(["seed", folder])
    assert "bygglov.md: text: text is missing." in capsys.readouterr().err


def test_bad_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad setting ends the process with 2 and one line."""
    monkeypatch.setenv("SVAR_KNOWLEDGE_PORT", "abc")
    assert 2 == main(["migrate"])
    line = capsys.readouterr().err
    assert line.startswith("knowledge: SVAR_KNOWLEDGE_PORT=abc: ")
    assert 1 == len(line.splitlines())


def test_taken_port(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A taken port ends `serve` with 2 and one line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("SVAR_KNOWLEDGE_PORT", str(port))
        assert 2 == main(["serve"])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"knowledge: can't listen on 127.0.0.1:{port}: address already in use")


def test_missing_encoder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an encoder `serve` ends with 1 and says so instead of waiting for ever."""

    def load(_path: str) -> Encoder:
        raise EncoderError("no encoder there")

    monkeypatch.setattr(command_line, "serve", partial(serve, load=load))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("SVAR_KNOWLEDGE_PORT", str(port))
    assert 1 == main(["serve"])
    assert "knowledge: no encoder there" == capsys.readouterr().err.splitlines()[-1]


def test_unusable_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A database that can't be opened ends the command with 1 and one line."""
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("SVAR_KNOWLEDGE_DATABASE_URL", f"sqlite:///{tmp_path / 'folder'}")
    assert 1 == main(["migrate"])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("knowledge: the database can't be used: ")
