"""The promises that the project's own files make."""

import configparser
import re
import tomllib
from pathlib import Path

import pytest

from ingestd import __version__

ROOT = Path(__file__).parent.parent


def test_the_locks_hold_every_dependency_and_name_no_index() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [re.split(r"[\[<>=! ]", name)[0].lower() for name in project["project"]["dependencies"]]
    development = [re.split(r"[\[<>=! ]", name)[0].lower() for name in project["dependency-groups"]["dev"]]
    for file, names in (("requirements.lock", wanted), ("requirements-dev.lock", wanted + development)):
        text = (ROOT / file).read_text()
        locked = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)}
        assert set(names) <= locked, f"run `make lock`: {sorted(set(names) - locked)}"
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")


@pytest.mark.parametrize("target", ["run", "test", "lint", "demo", "bench", "drill"])
def test_make_knows_its_targets(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


def test_the_unit_is_one_that_systemd_can_watch() -> None:
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "systemd" / "ingestd.service")
    service = unit["Service"]
    assert service["Type"] == "notify" and int(service["WatchdogSec"]) >= 10
    assert "ingestd run" in service["ExecStart"] and "HUP" in service["ExecReload"]
    assert service["ProtectSystem"] == "strict" and service["NoNewPrivileges"] == "yes"


@pytest.mark.parametrize(
    "page", ["README.md", "README.zh-CN.md", "CHANGELOG.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_between_the_pages_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for link in re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8")):
        if "://" not in link:
            assert (path.parent / link).exists(), f"{page} links to {link}"


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
