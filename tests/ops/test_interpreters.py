"""Finding a Python that runs, among names that only look as if they did."""

from pathlib import Path

import pytest

from ops.console import CommandError
from ops.interpreters import find_interpreter


def _script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH and home hold nothing."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    monkeypatch.setenv("PATH", str(binaries))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    return binaries


def test_a_shim_that_fails_is_passed_over(
    empty_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A python3.10 on the PATH that exits with an error gives way to pyenv's real one."""
    _script(empty_machine / "python3.10", "exit 127")
    real = _script(tmp_path / "pyenv" / "versions" / "3.10.13" / "bin" / "python", "echo 3.10")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert real == find_interpreter(("3.10",), "the bot")


def test_a_name_that_lies_about_its_version_is_passed_over(empty_machine: Path) -> None:
    """python3.10 that says 3.12 is not taken."""
    _script(empty_machine / "python3.10", "echo 3.12")
    with pytest.raises(CommandError):
        find_interpreter(("3.10",), "the bot")


def test_the_message_names_what_to_install(empty_machine: Path) -> None:
    """Whoever sees the error knows three ways on."""
    with pytest.raises(CommandError) as raised:
        find_interpreter(("3.10",), "the bot")
    message = str(raised.value)
    assert "Python 3.10 is needed for the bot" in message
    for way in ("python3.10-venv", "pyenv install 3.10", "uv python install 3.10"):
        assert way in message


def test_uv_fetches_what_is_missing(empty_machine: Path, tmp_path: Path) -> None:
    """With uv there, the missing version is installed and found."""
    fetched = tmp_path / "fetched" / "python"
    _script(
        empty_machine / "uv",
        f'case "$2" in\n'
        f"install) /bin/mkdir -p {fetched.parent}; "
        f"printf '#!/bin/sh\\necho 3.10\\n' > {fetched}; /bin/chmod 755 {fetched};;\n"
        f"find) [ -x {fetched} ] && echo {fetched};;\nesac",
    )
    assert fetched == find_interpreter(("3.10",), "the bot")
