"""The schemas that editors use: as the types are now, and every shipped file is valid by them."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ingestd.__main__ import main
from ingestd.check.chinese import CATALOGUE, PLAIN
from ingestd.schema import FOLDER, KINDS, header, schema_of, written
from ingestd.yamlmistakes import plain
from ingestd.yamlnodes import composed
from tests.broken.cases import SITE

ROOT = Path(__file__).parent.parent
#: Where each kind of file lies in this repository.
SHIPPED = {
    "ingestd": ("config/ingestd.yaml",),
    "people": ("config/people.yaml",),
    "topology": ("config/topology.yaml",),
    "correlate": ("rules/correlate.yaml",),
    "priority": ("rules/priority.yaml", "config/rules/priority.yaml"),
    "escalation": ("rules/escalation.yaml", "config/rules/escalation.yaml"),
    "recogniser": ("rules/recognise/*.yaml",),
    "rule-test": ("rules/tests/*.yaml", "config/rules/tests/*.yaml"),
}
OWN = {"heartbeats.yaml": "heartbeats", "rules/webhooks/gate.yaml": "mapping", "people.yaml": "people"}


def files() -> Iterator[tuple[str, Path]]:
    for kind, patterns in SHIPPED.items():
        yield from ((kind, path) for pattern in patterns for path in sorted(ROOT.glob(pattern)))


@cache
def validator(kind: str) -> Any:
    return Draft202012Validator(schema_of(kind))


def mistakes(kind: str, text: str) -> list[str]:
    value = plain(composed(text, "x")[1].node)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator(kind).iter_errors(value)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_schema_is_what_the_types_say(kind: str) -> None:
    assert (FOLDER / f"{kind}.json").read_text("utf-8") == written(kind), "write them anew: ingestd schema --write"
    Draft202012Validator.check_schema(schema_of(kind))


@pytest.mark.parametrize(("kind", "path"), list(files()), ids=lambda value: getattr(value, "stem", value))
def test_every_shipped_file_is_valid(kind: str, path: Path) -> None:
    assert mistakes(kind, path.read_text("utf-8")) == []


@pytest.mark.parametrize(("name", "kind"), OWN.items())
def test_so_are_the_files_of_a_sound_site(name: str, kind: str) -> None:
    assert mistakes(kind, SITE[name]) == []


@pytest.mark.parametrize(
    ("kind", "text", "where"),
    [
        ("people", "people: [{id: ida, mial: x}]", "people/0"),
        ("people", "people: [{id: 3}]", "people/0/id"),
        ("topology", "nodes: [{kind: switch}]", "nodes/0"),
        ("escalation", "policies: [{id: p, steps: [{tell: [x], wait: soon}]}]", "policies/0/steps/0/wait"),
        ("priority", "urgency: [{id: u, level: high, when: {klass: local}}]", "urgency/0/when"),
        ("priority", "urgency: [{id: u, level: higher}]", "urgency/0/level"),
        ("ingestd", "timezone: UTC", ""),
    ],
)
def test_what_the_check_refuses_an_editor_underlines(kind: str, text: str, where: str) -> None:
    assert [error.partition(":")[0] for error in mistakes(kind, text)] == [where]


def test_the_samples_say_where_their_schema_is() -> None:
    for kind, path in files():
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text("utf-8"))
        if found:
            assert (path.parent / found[1]).resolve() == (FOLDER / f"{kind}.json").resolve(), path
        else:
            assert kind in ("recogniser", "rule-test"), path


def test_fields_are_explained_by_the_words_behind_them() -> None:
    node = schema_of("topology")["$defs"]["NodeSpec"]
    assert node["properties"]["owner"]["description"] == "team"
    assert node["description"] == "A node as written in topology.yaml."
    assert node["required"] == ["id"] and node["additionalProperties"] is False


def test_the_command_prints_lists_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "people"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "ingestd: people"
    assert main(["schema"]) == 0 and "escalation.json" in capsys.readouterr().out
    assert main(["schema", "--write", str(tmp_path / "out")]) == 0
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(KINDS)
    assert main(["schema", "peple"]) == 2 and "did you mean 'people'?" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["schema", "--write", str(tmp_path / "file")]) == 1
    assert header("people", "/x") == "# yaml-language-server: $schema=/x/people.json"


def test_no_catalogue_names_a_text_twice() -> None:
    assert not set(CATALOGUE) & set(PLAIN)
