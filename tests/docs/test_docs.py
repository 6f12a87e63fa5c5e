"""The documentation is complete and true: settings, links, commands, decisions."""

import re
from pathlib import Path

import pytest

from actions.settings import Settings as ActionsSettings
from gateway.settings import Settings as GatewaySettings
from knowledge.settings import Settings as KnowledgeSettings

README = Path("README.md").read_text()
PAGES = [
    Path("README.md"),
    Path("CONTRIBUTING.md"),
    Path("CHANGELOG.md"),
    *Path("docs").rglob("*.md"),
]


@pytest.mark.parametrize("settings", [GatewaySettings, KnowledgeSettings, ActionsSettings])
def test_every_setting_is_in_the_readme(settings: type) -> None:
    """Whoever runs Svar finds each variable that a process reads."""
    names = {f"SVAR_{name.upper()}" for name in settings.model_fields}
    assert set() == {name for name in names if f"`{name}`" not in README}


def test_every_setting_in_the_readme_is_read_somewhere() -> None:
    """No variable is documented that nothing reads."""
    named = set(re.findall(r"`(SVAR_[A-Z_]+)`", README))
    fields = {
        f"SVAR_{name.upper()}"
        for settings in (GatewaySettings, KnowledgeSettings, ActionsSettings)
        for name in settings.model_fields
    }
    files = [*Path("bot").rglob("*.py"), *Path("bot").glob("*.yml"), *Path("ops").glob("*.py")]
    read = fields | {
        name for file in files for name in re.findall(r"SVAR_[A-Z_]+", file.read_text())
    }
    built = {f"SVAR_{process}_{end}" for process in ("BOT", "ACTIONS") for end in ("HOST", "PORT")}
    assert set() == named - read - built


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links between the pages and to pictures name files that are there."""
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_page_is_left_unfinished(page: Path) -> None:
    """No placeholder waits to be filled in."""
    assert [] == re.findall(r"@[A-Z_]+@", page.read_text())


def test_every_command_named_for_make_exists() -> None:
    """`make something` in the documentation is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", Path("Makefile").read_text(), re.MULTILINE))
    named = {
        name for page in PAGES for name in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text())
    }
    assert set() == named - targets


def test_every_decision_is_in_the_list() -> None:
    """The index of decisions names each of its pages."""
    index = Path("docs/adr/README.md").read_text()
    for page in Path("docs/adr").glob("0*.md"):
        assert f"({page.name})" in index
