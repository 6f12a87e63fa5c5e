from pathlib import Path

import pytest

from knowledge.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VAR", "KNOWLEDGE_HOST", "KNOWLEDGE_PORT", "KNOWLEDGE_DATABASE_URL", "ENCODER"):
        monkeypatch.delenv(f"SVAR_{name}", raising=False)


def test_defaults() -> None:
    """Without any setting everything is below var, on the loopback interface."""
    settings = load_settings()
    assert ("127.0.0.1", 8081) == (settings.knowledge_host, settings.knowledge_port)
    assert "sqlite:///var/knowledge.db" == settings.database_url
    assert "var/encoder" == settings.encoder_path
    assert Path("var/index") == settings.index_folder


def test_var_moves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """SVAR_VAR moves the database, the index and the encoder."""
    monkeypatch.setenv("SVAR_VAR", "/srv/svar")
    settings = load_settings()
    assert "sqlite:////srv/svar/knowledge.db" == settings.database_url
    assert "/srv/svar/encoder" == settings.encoder_path
    assert Path("/srv/svar/index") == settings.index_folder


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("SVAR_KNOWLEDGE_PORT", "eighty", "integer"),
        ("SVAR_KNOWLEDGE_PORT", "70000", "65535"),
        ("SVAR_KNOWLEDGE_HOST", "", "at least 1"),
        ("SVAR_KNOWLEDGE_DATABASE_URL", "articles.db", "sqlite:///file"),
        ("SVAR_KNOWLEDGE_DATABASE_URL", "mysql://host/x", "postgresql+psycopg://host/name"),
    ],
)
def test_bad_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str) -> None:
    """A bad setting is told in one line with its name, its value and what is allowed."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    line = str(raised.value)
    assert line.startswith(f"{name}={value}: ")
    assert allowed in line
    assert 1 == len(line.splitlines())


def test_password_of_the_database_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad database address is told without the password in it."""
    monkeypatch.setenv("SVAR_KNOWLEDGE_DATABASE_URL", "mysql://svar:secret@host/x")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert "secret" not in str(raised.value)
