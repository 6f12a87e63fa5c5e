"""The build of the pages' scripts and styles."""

import json
import re
import shutil
from pathlib import Path

import pytest

from ops import assets
from ops.console import CommandError

TOP = Path(__file__).resolve().parents[2]
LARGEST_WIDGET = 25_000  # bytes of gzip, script and styles


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources with the installed packages beside it, as working directory."""
    for name in ("gateway/static/src", "gateway/locales"):
        shutil.copytree(TOP / name, tmp_path / name)
    for name in assets.PACKAGES:
        shutil.copy(TOP / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(TOP / "node_modules")
    monkeypatch.chdir(tmp_path)
    # The copy's packages are those of the repository; installing them again would change those.
    monkeypatch.setattr(assets, "_install", lambda environment: None)
    return tmp_path


def test_a_second_build_does_nothing(copy: Path) -> None:
    """Only a change of what it is made from builds again."""
    built = [assets.build_assets(), assets.build_assets()]
    assert built == [True, False]


def test_a_changed_text_builds_again(copy: Path) -> None:
    """The widget carries the texts, so a new text is a new widget."""
    assets.build_assets()
    path = copy / "gateway/locales/sv.json"
    texts = json.loads(path.read_text("utf-8"))
    texts["widget.title"] = "Fråga Ekhamn"
    path.write_text(json.dumps(texts, ensure_ascii=False), "utf-8")
    assert assets.build_assets() is True
    assert "Fråga Ekhamn" in (copy / assets.BUILD / "svar-chat.js").read_text("utf-8")


def test_a_lost_output_is_built_again(copy: Path) -> None:
    """A build that somebody removed in part is not taken for a whole one."""
    assets.build_assets()
    (copy / assets.BUILD / "site.css").unlink()
    assert assets.build_assets() is True


def test_a_missing_text_fails_the_build(copy: Path) -> None:
    """A language that lacks a text is told with the key, and nothing counts as built."""
    path = copy / "gateway/locales/nn.json"
    texts = json.loads(path.read_text("utf-8"))
    del texts["widget.person"]
    path.write_text(json.dumps(texts, ensure_ascii=False), "utf-8")
    with pytest.raises(CommandError, match=r"nn\.json has no text for widget\.person"):
        assets.build_assets()
    with pytest.raises(CommandError):
        assets.build_assets()


def test_a_token_that_the_design_system_lacks_fails_the_build(copy: Path) -> None:
    """A colour that does not exist is an error, not a page without it."""
    path = copy / "gateway/static/src/widget/widget.css"
    path.write_text(path.read_text("utf-8") + ".x { color: var(--ds-color-no-such); }", "utf-8")
    with pytest.raises(CommandError, match="--ds-color-no-such"):
        assets.build_assets()


def test_the_widget_is_small_enough(copy: Path) -> None:
    """Script, styles and texts of three languages weigh at most 25 kB on the wire."""
    assets.build_assets()
    sizes = json.loads((copy / assets.BUILD / "sizes.json").read_text())
    assert sizes["svar-chat.js"]["gzip"] <= LARGEST_WIDGET


def test_the_pages_name_no_other_host(copy: Path) -> None:
    """Nothing is fetched from elsewhere: no address but names of XML namespaces."""
    assets.build_assets()
    found = set()
    for name in assets.OUTPUTS:
        text = (copy / assets.BUILD / name).read_text("utf-8")
        found |= set(re.findall(r"(?:https?|wss?):(?://|%2F%2F)(\w[\w.-]*)", text))
    assert found <= {"www.w3.org"}


def test_the_lock_file_names_exact_versions_and_no_registry() -> None:
    """Everybody builds from the same packages, from whichever registry they use."""
    lock = (TOP / "package-lock.json").read_text("utf-8")
    package = json.loads((TOP / "package.json").read_text("utf-8"))
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert "resolved" not in lock
    assert [name for name, version in wanted.items() if not version[0].isdigit()] == []
    assert wanted == {
        name: json.loads(lock)["packages"][f"node_modules/{name}"]["version"] for name in wanted
    }


def test_without_node_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Node gets a plain sentence."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(assets.sysconfig, "get_path", lambda name: "/nowhere/else")
    with pytest.raises(CommandError, match=r"Node\.js with npm is missing"):
        assets.tool_environment()
