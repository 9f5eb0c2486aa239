"""What an upgrade changes beneath a site's own rules is shown, once it is known what was there."""

import shutil
from pathlib import Path

import pytest

from ingestd.__main__ import main
from ingestd.config import SHIPPED_RULES
from ingestd.overridden import RECORD
from ingestd.sitecache import start_site
from tests.broken.cases import SITE

OWN = """\
impact:
- {id: many-people, when: {people: ">= 40"}, level: high}
matrix: {low: {high: P2, medium: P4, low: P4}}
"""


class Upgrade:
    """A site, and shipped rules that change beneath it."""

    def __init__(self, folder: Path) -> None:
        self.home, self.shipped = folder / "site", folder / "shipped"
        shutil.copytree(SHIPPED_RULES, self.shipped)
        for name, text in {
            **SITE,
            "rules/priority.yaml": OWN,
            "rules/correlate.yaml": "times: {cooling: 9m}\n",
        }.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def ship(self, name: str, old: str, new: str) -> None:
        path = self.shipped / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def start(self) -> None:
        start_site(self.home / "ingestd.yaml")

    def command(self, *words: str) -> int:
        return main(["rules", *words, "--config", str(self.home / "ingestd.yaml")])


@pytest.fixture
def upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upgrade:
    made = Upgrade(tmp_path)
    for module in ("config", "sitecache"):
        monkeypatch.setattr(f"ingestd.{module}.SHIPPED_RULES", made.shipped)
    return made


def test_what_changed_beneath_an_override_is_shown_until_it_is_accepted(
    upgrade: Upgrade, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade.start()
    assert upgrade.command("diff", "--shipped") == 0 and capsys.readouterr().out == "nothing changed\n"
    upgrade.ship("priority.yaml", ">= 25", ">= 30")
    upgrade.ship("correlate.yaml", "cooling: 5m ", "cooling: 6m ")
    upgrade.start()
    assert upgrade.command("diff", "--shipped") == 1
    out = capsys.readouterr().out
    assert "--- rules/priority.yaml impact/many-people (when replaced)" in out
    assert '-{id: many-people, when: {people: ">= 25"}, level: high}' in out
    assert '+{id: many-people, when: {people: ">= 30"}, level: high}' in out
    assert "rules/correlate.yaml times/cooling" in out and "-5m\n+6m\n" in out
    assert upgrade.command("accept") == 0 and "rules of this site" in capsys.readouterr().out
    assert upgrade.command("diff", "--shipped") == 0


def test_other_words_for_the_same_are_no_change(upgrade: Upgrade) -> None:
    upgrade.start()
    upgrade.ship("priority.yaml", 'people: ">= 25"', "people: '>= 25'")
    assert upgrade.command("diff", "--shipped") == 0


def test_a_rule_that_is_shipped_no_longer_is_shown(upgrade: Upgrade, capsys: pytest.CaptureFixture[str]) -> None:
    upgrade.start()
    upgrade.ship("priority.yaml", '  - {id: many-people, when: {people: ">= 25"}, level: high}\n', "")
    assert upgrade.command("diff", "--shipped") == 1
    assert "-{id: many-people" in capsys.readouterr().out
    upgrade.write("rules/priority.yaml", OWN.replace("many-people", "forty-people"))
    assert upgrade.command("diff", "--shipped") == 0, "the site has its own no longer, either"


def test_a_recogniser_of_one_s_own_hides_a_shipped_one(upgrade: Upgrade, capsys: pytest.CaptureFixture[str]) -> None:
    upgrade.write("rules/recognise/mine.yaml", (upgrade.shipped / "recognise/monit.yaml").read_text("utf-8"))
    upgrade.start()
    upgrade.ship("recognise/monit.yaml", "id: monit\n", "id: monit\ntool: Monit, mended\n") if "tool:" not in (
        upgrade.shipped / "recognise/monit.yaml"
    ).read_text("utf-8") else upgrade.ship("recognise/monit.yaml", "tool: ", "tool: newer ")
    assert upgrade.command("diff", "--shipped") == 1
    assert "rules/recognise/monit.yaml (shipped now)" in capsys.readouterr().out
    (upgrade.shipped / "recognise/monit.yaml").unlink()
    assert upgrade.command("diff", "--shipped") == 1


def test_what_was_never_recorded_is_said(upgrade: Upgrade, capsys: pytest.CaptureFixture[str]) -> None:
    assert upgrade.command("diff", "--shipped") == 0
    assert "impact/many-people: not recorded yet" in capsys.readouterr().err
    (upgrade.home / "var").mkdir()
    (upgrade.home / "var" / RECORD).write_text("rotten")
    assert upgrade.command("diff", "--shipped") == 0


def test_an_edit_is_shown_before_it_is_taken_over(upgrade: Upgrade, capsys: pytest.CaptureFixture[str]) -> None:
    assert upgrade.command("diff") == 1 and "no daemon has read this site yet" in capsys.readouterr().err
    upgrade.start()
    assert upgrade.command("diff") == 0
    upgrade.write("rules/correlate.yaml", "times: {cooling: 4m}\n")
    assert upgrade.command("diff") == 1
    out = capsys.readouterr().out
    assert "--- rules/correlate.yaml (running)" in out and "+times: {cooling: 4m}" in out


def test_a_record_that_can_not_be_kept(upgrade: Upgrade, capsys: pytest.CaptureFixture[str]) -> None:
    (upgrade.home / "var").write_text("in the way")
    assert upgrade.command("accept") == 1 and "can't be written" in capsys.readouterr().err
