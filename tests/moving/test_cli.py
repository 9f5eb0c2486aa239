"""``ingestd import``, as its user meets it."""

import json
from pathlib import Path

import pytest

from ingestd.__main__ import main
from tests.moving.sites import SAMPLES

PLAIN = str(SAMPLES / "alertmanager" / "plain.yml")


def test_files_are_printed_and_what_stays_behind_is_told(capsys) -> None:
    assert main(["import", "alertmanager", str(SAMPLES / "alertmanager" / "harbour.yml")]) == 0
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("# -----")] == [
        "# ----- ingestd.yaml", "# ----- people.yaml", "# ----- rules/escalation.yaml", "# ----- rules/priority.yaml", "# ----- silences.sh",
    ]  # fmt: skip
    assert "Secrets were not written." in err
    assert "  secrets/relay: the password of the relay (" in err
    assert "What did not carry over (" in err


def test_a_folder_is_a_site_at_once(tmp_path: Path, capsys) -> None:
    assert main(["import", "alertmanager", PLAIN, "--out", str(tmp_path / "site")]) == 0
    assert "secrets" not in capsys.readouterr().err
    assert main(["check", "--config", str(tmp_path / "site" / "ingestd.yaml")]) == 0
    assert (
        (tmp_path / "site" / "people.yaml").read_text().startswith("# Drafted by `ingestd import alertmanager` from ")
    )


def test_what_is_there_stays(tmp_path: Path, capsys) -> None:
    (tmp_path / "people.yaml").write_text("people: []\n")
    assert main(["import", "alertmanager", PLAIN, "--out", str(tmp_path), "--json"]) == 0
    names = [one["name"] for one in json.loads(capsys.readouterr().out)["files"]]
    assert names == ["ingestd.yaml", "people.draft.yaml", "rules/escalation.yaml"]
    assert (tmp_path / "people.yaml").read_text() == "people: []\n"
    before = sorted(tmp_path.rglob("*.yaml"))
    assert main(["import", "alertmanager", PLAIN, "--out", str(tmp_path)]) == 1
    assert "people.draft.yaml are there already" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*.yaml")) == before  # none, or all


def test_a_folder_that_can_not_be_written(tmp_path: Path, capsys) -> None:
    (tmp_path / "site").write_text("")
    assert main(["import", "alertmanager", PLAIN, "--out", str(tmp_path / "site")]) == 1
    assert "can't be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("product", "name"), [("opsgenie", "export.json"), ("oncall", "export.json"), ("nagios", "objects.cfg")]
)
def test_json_has_everything(product, name, capsys) -> None:
    assert main(["import", product, str(SAMPLES / product / name), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["product"] == product
    assert {"file", "path", "line", "column", "what", "instead"} == set(found["left"][0])
    assert any(one["name"] == "people.yaml" for one in found["files"])


def test_a_file_that_is_not_there(tmp_path: Path, capsys) -> None:
    assert main(["import", "oncall", str(tmp_path / "gone.json")]) == 1
    assert "gone.json can't be read: No such file or directory" in capsys.readouterr().err
    assert main(["import", "opsgenie", str(tmp_path)]) == 1
    assert "no JSON file in it" in capsys.readouterr().err
