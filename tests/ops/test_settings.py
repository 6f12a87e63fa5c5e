"""The settings as the commands read them."""

import socket

import pytest

from ops.console import CommandError
from ops.settings import Address, read_layout


def test_every_process_gets_the_same_addresses() -> None:
    """A port that is set once reaches the process itself and those that call it."""
    layout = read_layout({"SVAR_KNOWLEDGE_PORT": "9001"})
    assert "9001" == layout.environment["SVAR_KNOWLEDGE_PORT"]
    assert "http://127.0.0.1:9001" == layout.environment["SVAR_KNOWLEDGE_URL"]


def test_data_can_lie_elsewhere() -> None:
    """SVAR_VAR moves encoder and model with it."""
    layout = read_layout({"SVAR_VAR": "elsewhere"})
    assert "elsewhere/encoder" == layout.environment["SVAR_ENCODER"]
    assert "elsewhere/models/svar.tar.gz" == layout.environment["SVAR_MODEL"]


def test_telemetry_is_off_for_every_process() -> None:
    """Rasa reports to nobody, whatever the environment says."""
    layout = read_layout({"RASA_TELEMETRY_ENABLED": "true"})
    assert "false" == layout.environment["RASA_TELEMETRY_ENABLED"]


@pytest.mark.parametrize("value", ["", "0", "65536", "http", "80 80", "-1"])
def test_a_bad_port_is_named_with_its_value(value: str) -> None:
    """The error says which variable, what it held and what is allowed."""
    with pytest.raises(CommandError) as raised:
        read_layout({"SVAR_GATEWAY_PORT": value})
    assert f"SVAR_GATEWAY_PORT is {value!r}: it must be a number from 1 to 65535." == str(
        raised.value
    )


def test_a_taken_port_is_a_clear_error() -> None:
    """The error names process, address and the variable that chooses another port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError) as raised:
            Address("gateway", "127.0.0.1", port).check_free()
    assert f"gateway can't listen on 127.0.0.1:{port}" in str(raised.value)
    assert "SVAR_GATEWAY_PORT" in str(raised.value)


def test_a_wildcard_host_is_reached_over_loopback() -> None:
    """What listens everywhere is called on this machine's own address."""
    assert "http://127.0.0.1:8080" == Address("gateway", "0.0.0.0", 8080).url
