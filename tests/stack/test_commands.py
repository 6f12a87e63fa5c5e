"""`python -m ops run` seen from outside: what it refuses, and what it leaves behind."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

COMMAND = [".venv/bin/python", "-m", "ops", "run"]


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Data and ports of this test's own, with the encoder and the model that are there."""
    names = ("GATEWAY", "KNOWLEDGE", "ACTIONS", "BOT")
    sockets = [socket.socket() for _ in names]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = {
        f"SVAR_{name}_PORT": str(each.getsockname()[1])
        for name, each in zip(names, sockets, strict=True)
    }
    for each in sockets:
        each.close()
    made = Path(os.environ.get("SVAR_VAR", "var"))
    return {
        **os.environ,
        **ports,
        "SVAR_VAR": str(tmp_path / "var"),
        "SVAR_ENCODER": str(made / "encoder"),
        "SVAR_MODEL": str(made / "models" / "svar.tar.gz"),
    }


def _running_below(folder: Path) -> list[str]:
    """Command lines of all processes that were given `folder` as their data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"SVAR_VAR={folder}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_a_taken_port_is_a_clear_error(settings: dict[str, str]) -> None:
    """The command ends with 2 and one message; nothing is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(settings["SVAR_GATEWAY_PORT"])))
        taken.listen()
        done = subprocess.run(
            COMMAND, env=settings, capture_output=True, text=True, timeout=60, check=False
        )
    assert 2 == done.returncode
    assert f"gateway can't listen on 127.0.0.1:{settings['SVAR_GATEWAY_PORT']}" in done.stderr
    assert "Traceback" not in done.stderr
    assert [] == _running_below(Path(settings["SVAR_VAR"]))


def test_a_bad_setting_is_named_and_nothing_is_left_running(settings: dict[str, str]) -> None:
    """The process that refused it is named, with the variable, and the others are stopped."""
    bad = {**settings, "SVAR_MUNICIPALITIES": "no/such/folder"}
    done = subprocess.run(
        COMMAND, env=bad, capture_output=True, text=True, timeout=120, check=False
    )
    assert 2 == done.returncode, done.stdout + done.stderr
    assert "SVAR_MUNICIPALITIES" in done.stderr
    assert "Traceback" not in done.stderr
    assert [] == _running_below(Path(settings["SVAR_VAR"]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running(settings: dict[str, str], number: signal.Signals) -> None:
    """Ctrl-C stops everything, and so does whatever kills the command itself."""
    process = subprocess.Popen(
        COMMAND,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    folder = Path(settings["SVAR_VAR"])
    try:
        deadline = time.monotonic() + 30
        while len(_running_below(folder)) < 6 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert len(_running_below(folder)) >= 6, "the four processes and the manager should run"
        process.send_signal(number)
        process.wait(timeout=45)
        deadline = time.monotonic() + 30
        while _running_below(folder) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert [] == _running_below(folder)
    finally:
        process.kill()
        process.communicate()
