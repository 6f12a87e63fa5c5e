from __future__ import annotations

import pytest

from actions.__main__ import main


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SVAR_ACTIONS_PORT", "many"),
        ("SVAR_ACTIONS_PORT", "70000"),
        ("SVAR_KNOWLEDGE_URL", "knowledge"),
        ("SVAR_ACTIONS_HOST", ""),
    ],
)
def test_a_bad_setting_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
) -> None:
    """Exit code 2 and one line that names the variable and the bad value."""
    monkeypatch.setenv(variable, value)

    code = main()

    line = capsys.readouterr().err
    assert code == 2
    assert line.startswith(f"{variable}={value}: ")
    assert line.count("\n") == 1
