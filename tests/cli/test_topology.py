"""``ingestd topology …``, as its user meets it."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from ingestd.__main__ import main
from ingestd.cli import topology
from ingestd.decide.topology import TopologyFile
from ingestd.store import ByHand, Failure, Seen
from ingestd.web.api import Failures, Hints, Hosts
from ingestd.yamltypes import load
from tests.inventory.past import NOW, Past

SITE = """\
nodes:
  - {id: core-1, kind: router}
  - {id: core-2, kind: router}
  - {id: acc-3, kind: switch, name: 三楼交换机, ip: 10.0.3.1, site: hq, depends_on: [{any_of: [core-1, core-2]}], owner: network}
  - {id: files, depends_on: [acc-3], remedy: Use the copy.}
  - {id: share, kind: service, class: important, depends_on: [files]}
departments: [{id: sales, name: Sales, people: 80, uses: [share]}]
"""
MAIN = "maildir: {path: mail}\npeople: [{id: ann, mail: ann@x.example}]\nteams: [{id: network, members: [ann]}]\nlast_resort: [ann]\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("INGESTD_CONFIG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "ingestd.yaml").write_text(MAIN)
    (tmp_path / "topology.yaml").write_text(SITE)
    return tmp_path


def run(*words: str) -> int:
    return main(["topology", *words])


def test_check_is_content(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert capsys.readouterr().out == "ok: topology.yaml: 5 nodes, 4 edges, 1 departments\n"


def test_check_names_every_mistake(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "x.yaml").write_text("nodes:\n- {id: a, owner: ghosts}\n- {id: b, depends_on: [b, a]}\n")
    assert run("check", "x.yaml") == 1
    said = capsys.readouterr()
    assert said.err == (
        "x.yaml:2:18: error: unknown team 'ghosts': known are network\n"
        "x.yaml:3:24: warning: b depends on itself: left out\n"
    )
    assert said.out == "x.yaml: 2 nodes, 2 edges, 0 departments, 1 errors, 1 warnings\n"
    assert run("check", "x.yaml", "--json") == 1
    assert [json.loads(line)["severity"] for line in capsys.readouterr().out.splitlines()] == ["error", "warning"]


def test_strict_counts_warnings_and_teams_need_a_site(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "ingestd.yaml").unlink()
    (home / "x.yaml").write_text("nodes:\n- {id: a, owner: ghosts}\n- {id: b, depends_on: [b, a]}\n")
    assert (run("check", "x.yaml"), run("check", "x.yaml", "--strict")) == (0, 1)
    assert "ok: x.yaml: 2 nodes, 2 edges, 0 departments, 1 warnings" in capsys.readouterr().out
    assert run("check", "gone.yaml") == 1
    assert capsys.readouterr().err == "gone.yaml can't be read: No such file or directory\n"


def test_people_yaml_knows_teams_too(home: Path) -> None:
    (home / "people.yaml").write_text("teams: [{id: ghosts, members: [ann]}]\n")
    (home / "x.yaml").write_text("nodes: [{id: a, owner: ghosts}]")
    assert run("check", "x.yaml") == 0


def test_the_graph_as_a_tree(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show") == 0
    assert capsys.readouterr().out == (
        "core-1 (router)\n"
        "└── acc-3 (switch, or core-2)\n"
        "    └── files (server)\n"
        "        └── share (service, important)\n"
        "core-2 (router, +1 also under another)\n"
    )
    assert run("show", "--depth", "1") == 0
    assert "└── acc-3 (switch, or core-2)  … 2 more below (--depth)\n" in capsys.readouterr().out
    assert run("show", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_branches_go_on_while_siblings_follow(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "t.yaml").write_text(
        "nodes: [{id: r}, {id: a, depends_on: [r]}, {id: a1, depends_on: [a]}, {id: b, depends_on: [r]}]"
    )
    assert run("show", "--file", "t.yaml") == 0
    assert capsys.readouterr().out == "r (server)\n├── a (server)\n│   └── a1 (server)\n└── b (server)\n"


def test_a_node_by_any_of_its_names(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "10.0.3.1") == 0
    said = capsys.readouterr().out
    for line in (
        "acc-3\n",
        "any of (core-1, core-2)\n",
        "depended on by  files\n",
        "people          80\n",
        "place           hq\n",
    ):
        assert line in said
    assert run("show", "acc-33") == 1
    assert capsys.readouterr().err == "no node is called 'acc-33': did you mean 'acc-3'?\n"
    assert run("show", "files", "--json") == 0
    assert json.loads(capsys.readouterr().out)["above"] == ["acc-3", "core-1", "core-2"]


def test_in_chinese(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    (home / "t.yaml").write_text("nodes: [{id: x, depends_on: [y]}, {id: y, depends_on: [x]}]")
    assert run("show", "acc-3") == 0
    assert "  依赖      任一 (core-1, core-2)\n" in capsys.readouterr().out
    assert run("show", "x", "--file", "t.yaml") == 0
    assert "环" in capsys.readouterr().out


def test_what_breaks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("impact", "acc-3") == 0
    assert capsys.readouterr().out == (
        "acc-3 (switch, fails)\n└── files (server)\n    └── share (service, important)\n\n"
        "takes down: 2 nodes\nservices: share (important), used by sales\n"
        "departments: sales (Sales), 80 people\npeople: 80\n"
    )
    assert run("impact", "core-1") == 0
    assert "takes down: nothing else\nstill stands: acc-3 (- core-1; has core-2)\n" in capsys.readouterr().out
    assert run("impact", "core-1", "core-2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["nodes"] == 3


def test_many_survivors_are_cut(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = ", ".join(f"{{id: n{i}, depends_on: [{{any_of: [a, b]}}]}}" for i in range(25))
    (home / "t.yaml").write_text(f"nodes: [{{id: a}}, {{id: b}}, {nodes}]")
    assert run("impact", "a", "--file", "t.yaml") == 0
    assert capsys.readouterr().out.endswith("still stands: 5 more\n")


def test_no_line_is_wider_than_the_terminal(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "21")
    assert run("show", "acc-3") == 0
    assert "  name            三…\n" in capsys.readouterr().out


def test_an_import_is_printed_written_and_never_over_a_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "t.csv").write_text("id,parents,colour\nnew,gone,red\n")
    assert run("import", "csv", "t.csv") == 0
    said = capsys.readouterr()
    assert said.out.startswith("# From csv: t.csv.\n# 1 nodes, 0 edges.") and "  - {id: new}" in said.out
    assert "t.csv:2: new depends on 'gone', which is defined nowhere: left out" in said.err
    assert run("import", "csv", "t.csv", "-o", "new.yaml") == 0
    assert load(home / "new.yaml", TopologyFile).nodes[0].id == "new"
    assert run("import", "csv", "t.csv", "-o", "new.yaml") == 1
    assert "new.yaml is there already" in capsys.readouterr().err
    assert run("import", "csv", "t.csv", "-o", "new.yaml", "--force") == 0
    assert run("import", "csv", "t.csv", "-o", "no/where.yaml") == 1
    assert run("import", "csv", "gone.csv") == 1


def test_onto_leaves_out_what_is_known_and_merge_grows_the_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "t.csv").write_text("id,ip,parents\nnew,,10.0.3.1\nfiles,10.0.3.9,\nacc-3,10.9.9.9,\n")
    assert run("import", "csv", "t.csv", "--onto", "topology.yaml") == 0
    said = capsys.readouterr()
    assert "files is there already; it could take over ip: 10.0.3.9" in said.out and "id: files" not in said.out
    assert "the import says 10.9.9.9, the file 10.0.3.1: it stays" in said.err
    (home / "t.csv").write_text("id,ip,parents\nnew,,10.0.3.1\nfiles,10.0.3.9,\n")
    assert run("import", "csv", "t.csv", "--merge", "-o", "topology.yaml") == 0
    nodes = {node.id: node for node in load(home / "topology.yaml", TopologyFile).nodes}
    assert nodes["new"].depends_on == ("acc-3",) and nodes["files"].ip == "10.0.3.9"
    assert run("check") == 0


def test_links_are_piped_in(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        class buffer:  # noqa: N801  (as sys.stdin has it)
            read = staticmethod(lambda most: b"local,remote\na,b\n")

    monkeypatch.setattr("sys.stdin", Pipe)
    assert run("import", "lldp", "-", "--root", "a") == 0
    assert "- {id: b, depends_on: [a]}" in capsys.readouterr().out


class Daemon:
    """The API as draft and suggest ask it; a page is two hosts, or four failures."""

    def __init__(self, *hosts: str, guessed: bool = False, past: Past | None = None, hints: tuple[ByHand, ...] = ()):
        self.hosts = [seen(host, guessed=guessed) for host in sorted(hosts)]
        self.failures = [failure(number, one) for number, one in enumerate(past.failures if past else (), 1)][::-1]
        self.hints = hints
        self.asked: list[str] = []

    def get(self, path: str, kind: type, **params: object) -> object:
        self.asked.append(f"{path} {params}")
        if kind is Hosts:
            left = [one for one in self.hosts if one.node > str(params["after"])]
            return Hosts(hosts=tuple(left[:2]), next=left[1].node if len(left) > 1 else "", wall_offset=1000.0)
        if kind is Hints:
            return Hints(hints=self.hints, wall_offset=1000.0)
        left = [one for one in self.failures if not params["before"] or one.incident < int(str(params["before"]))]
        following = left[3].incident if len(left) > 3 else 0
        return Failures(failures=tuple(left[:4]), next=following, at=NOW - 1000, wall_offset=1000.0)


def seen(host: str, *, guessed: bool) -> Seen:
    return Seen(
        node=host,
        host=host,
        known=False,
        guessed=guessed,
        sources=("smtp",),
        checks=(),
        labels="",
        count=2,
        first_at=1.0,
        last_at=2.0,
    )


def failure(number: int, one: object) -> Failure:
    began, until = one.began - 1000, one.until - 1000  # type: ignore[attr-defined]
    node = one.node  # type: ignore[attr-defined]
    return Failure(node=node, host=node, known=False, incident=number, began=began, until=until)


def drafted(daemon: Daemon, **more: object) -> int:
    words = {"config": None, "out": None, "merge": False, "force": False, "json": False}
    return topology.draft_nodes(daemon, Namespace(**(words | more)))  # type: ignore[arg-type]


def test_a_draft_of_what_alerts_spoke_of(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon("acc-3", "attic-9", "core-1")
    assert drafted(daemon) == 0
    assert "  - {id: attic-9}  # 2 alerts from smtp" in capsys.readouterr().out
    assert daemon.asked == ["/hosts {'after': ''}", "/hosts {'after': 'attic-9'}"]
    assert drafted(daemon, json=True) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "attic-9"
    assert drafted(daemon, merge=True, out=Path("topology.yaml")) == 0
    assert drafted(daemon) == 0
    assert "nothing new" in capsys.readouterr().err


def test_a_first_draft_needs_no_topology(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "topology.yaml").unlink()
    assert run("show") == 1
    assert "`ingestd topology draft` or `import` make a first one" in capsys.readouterr().err
    assert drafted(Daemon("attic-9"), out=Path("topology.yaml")) == 0
    assert drafted(Daemon("rumour", guessed=True)) == 0
    assert "rumour: only guessed from free text, left out" in capsys.readouterr().err
    assert run("check") == 0


def suggested(daemon: Daemon, **more: object) -> int:
    words = {"config": None, "file": None, "since": "90d", "least": 3, "json": False}
    return topology.suggest_links(daemon, Namespace(**(words | more)))  # type: ignore[arg-type]


def test_what_fails_together_is_suggested_and_nothing_is_written(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = Daemon(past=Past().together("files", "attic-sw"))
    assert suggested(daemon) == 0
    said = capsys.readouterr().out
    assert said.startswith("# Suggested: 10 failures of the last 90d were looked at.\n# Guesses")
    assert "# files went down within 75 s of attic-sw in 5 of its 5 failures on 5 days" in said
    assert "depends_on: [acc-3, attic-sw]" in said and "- {id: attic-sw, kind: switch}" in said
    assert "/failures {'within': 7776000, 'before': 7}" in daemon.asked
    assert (home / "topology.yaml").read_text() == SITE
    assert suggested(daemon, json=True) == 0
    assert json.loads(capsys.readouterr().out)["on"] == "attic-sw"


def test_what_people_said_is_asked_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "topology.yaml").unlink()
    texts = {1: ("x", "not part of #2, Ann"), 2: ("y", "x is not part of this: #1, Ann")}
    hints = tuple(
        ByHand(incident=number, node=node, at=5.0, what="split", text=text, actor="ann")
        for number, (node, text) in texts.items()
    )
    assert suggested(Daemon(past=Past().together("x", "y"), hints=hints), since="2w") == 0
    assert capsys.readouterr().err == "nothing to suggest: 10 failures of the last 2w were looked at\n"


def test_since_is_a_duration(home: Path) -> None:
    with pytest.raises(topology.CommandError, match="--since: expected a duration such as"):
        suggested(Daemon(), since="ever")


def test_no_more_is_read_than_can_be_judged(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "MOST_FAILURES", 5)
    daemon = Daemon(past=Past().together("x", "y"))
    assert suggested(daemon) == 0
    assert len(daemon.asked) == 3
