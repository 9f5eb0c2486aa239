"""The command line, as its user meets it."""

import asyncio
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from ingestd.__main__ import main
from ingestd.cli import client as clients
from ingestd.cli import explain, incident, terminal
from ingestd.cli.client import Client, find_token, find_url, site_file
from ingestd.cli.terminal import CommandError
from ingestd.config import load_site
from ingestd.decide.normalise import RecogniserFile
from ingestd.model import Before, Command, Known, Message, Verdict, Work
from ingestd.store import Shunted, Unrecognised
from ingestd.web import build
from ingestd.yamltypes import load
from tests.web.faces import INCIDENT, World
from tests.web.test_past import unpaged

MAIL = b"""From: nagios@mon.example
To: alerts@x.example
Subject: ** PROBLEM Host Alert: mail-7 is DOWN **

***** Nagios *****

Notification Type: PROBLEM
Host: mail-7
State: DOWN
Address: 192.0.2.7
Info: CRITICAL - Host Unreachable (192.0.2.7)

Date/Time: Sun Nov 22 10:00:00 UTC 2026
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("INGESTD_TOKEN", "INGESTD_URL", "INGESTD_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def site(here: Path) -> Path:
    assert main(["init", "--relay", "mail.x.example:587", "--address", "Ann.Lee@x.example", "--yes"]) == 0
    return here / "ingestd.yaml"


class Daemon:
    """The API behind the client, without a socket."""

    def __init__(self) -> None:
        self.world = World()

    def transport(self) -> httpx.BaseTransport:
        app = httpx.ASGITransport(app=build(self.world.face()))

        async def ask(request: httpx.Request) -> httpx.Response:
            async with httpx.AsyncClient(transport=app) as browser:
                return await browser.request(
                    request.method, request.url, content=request.content, headers=dict(request.headers)
                )

        def answer(request: httpx.Request) -> httpx.Response:
            got = asyncio.run(ask(request))
            return httpx.Response(got.status_code, content=got.content)

        return httpx.MockTransport(answer)


@pytest.fixture
def daemon(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    running = Daemon()
    usual = clients.Client.__init__

    def connected(self: Client, url: str, token: str) -> None:
        usual(self, url, token, running.transport())

    monkeypatch.setattr(clients.Client, "__init__", connected)
    monkeypatch.setenv("INGESTD_URL", "http://daemon")
    monkeypatch.setenv("INGESTD_TOKEN", "ann-token")
    yield running


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("ingestd.cli.incident", "ingestd.__main__"):
        monkeypatch.setattr(f"{module}.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")


# --- init and check


def test_init_writes_one_complete_file_and_a_private_token(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(site.read_text().splitlines()) <= 20
    token = site.parent / "ingestd.token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert token.read_text().strip() not in site.read_text()
    loaded = load_site(site)
    assert loaded.rulebook.last_resort == ("ann.lee",)
    assert loaded.people.people[0].mail == "Ann.Lee@x.example"
    assert main(["check"]) == 0
    assert "ok: 1 people" in capsys.readouterr().out


def test_init_does_not_overwrite_unless_told_to(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = site.read_text()
    again = ["init", "--relay", "mail.x.example", "--address", "0bob@x.example", "--yes"]
    assert main(again) == 1 and site.read_text() == before
    assert "--force" in capsys.readouterr().err
    assert main([*again, "--force"]) == 0 and site.read_text() != before


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--relay", "mail.x.example"],
        ["--relay", "not a host", "--address", "a@b.example"],
        ["--relay", "mail.x.example", "--address", "nobody"],
    ],
)
def test_init_without_answers_asks_nothing_of_a_script(here: Path, flags: list[str]) -> None:
    assert main(["init", "--yes", *flags]) == 2
    assert not (here / "ingestd.yaml").exists()


def test_init_asks_until_the_answer_makes_sense(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["what?", "mail.x.example", "ann@x.example"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert main(["init"]) == 0 and load_site(here / "ingestd.yaml")


def test_check_names_every_mistake(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text(site.read_text().replace("last_resort", "last_resrt"))
    assert main(["check", "--config", str(site)]) == 1
    assert "unknown key 'last_resrt': did you mean 'last_resort'?" in capsys.readouterr().err


def test_check_tells_warnings_and_is_content(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "topology.yaml").write_text("nodes: [{id: a}, {id: a}]\n")
    assert main(["check"]) == 0
    assert "warning: " in capsys.readouterr().err


# --- understanding


def test_parse_prints_a_line_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.eml").write_bytes(MAIL)
    assert main(["parse", "a.eml", "a.eml"]) == 0
    read = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(read) == 2 and read[0]["alerts"][0]["host"] == "mail-7"


def test_explain_says_what_would_become_of_a_file(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "a.eml").write_bytes(MAIL)
    capsys.readouterr()
    assert main(["explain", "a.eml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 10 and lines[0].startswith("understood as alert by nagios4")
    assert any("mail-7" in line and "fingerprint" in line for line in lines)
    assert any(line.startswith("would open incident 1 P") for line in lines)
    assert any(line.startswith("told: ann.lee (open, mail)") for line in lines), lines


def test_explain_of_a_webhook_body(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "body.json").write_text(
        '{"host": "db-1", "check": "disk", "state": "firing", "summary": "disk full"}'
    )
    capsys.readouterr()
    assert main(["explain", "--source", "webhook:generic", "--json", "body.json"]) == 0
    assert any("db-1 disk" in line for line in json.loads(capsys.readouterr().out))
    assert main(["explain", "--source", "pigeon", "body.json"]) == 2
    assert main(["explain", "--source", "webhook:", "body.json"]) == 2


def test_explain_of_a_file_that_went_away(site: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        explain.of_file(load_site(site), site.parent / "gone.eml", "mail", "")


def test_simulate_writes_an_action_log(here: Path) -> None:
    (here / "inventory.yaml").write_text("nodes: [{id: db, kind: server}]\n")
    event = {"id": "e1", "t": 100, "source": "nagios", "host": "db", "service": "disk", "severity": "critical"}
    event |= {"state": "problem", "summary": "disk full", "dedup_key": None}
    (here / "events.jsonl").write_text(json.dumps(event) + "\n\n")
    files = ["--inventory", "inventory.yaml", "--events", "events.jsonl", "--out", "out.jsonl"]
    assert main(["simulate", *files]) == 0
    actions = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    assert {"assign", "notify"} <= {action["op"] for action in actions}


@pytest.mark.parametrize(
    ("inventory", "events", "words"),
    [
        ("nodes: [", "", "inventory.yaml"),
        ("- a", "", "expected nodes"),
        ("nodes: []", "{}\nnonsense", "events.jsonl:2"),
        ("nodes: []", None, "events.jsonl: No such file"),
    ],
)
def test_simulate_names_what_it_can_not_read(
    here: Path, capsys: pytest.CaptureFixture[str], inventory: str, events: str | None, words: str
) -> None:
    (here / "inventory.yaml").write_text(inventory)
    if events is not None:
        (here / "events.jsonl").write_text(events)
    assert main(["simulate", "--inventory", "inventory.yaml", "--events", "events.jsonl", "--out", "o"]) == 1
    assert words in capsys.readouterr().err


# --- acting


def test_incidents_come_as_json_for_a_pipe(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incident", "list", "--state", "all"]) == 0
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == [7, 6]
    assert main(["incident", "show", "7"]) == 0
    assert json.loads(capsys.readouterr().out)["incident"]["cause"] == "core-sw"


def test_what_joined_without_a_page_is_listed(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.world.rows.swallowed = tuple(unpaged(number, 990.0) for number in range(1500, 0, -1))
    assert main(["incident", "joined"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1500
    daemon.world.rows.swallowed = daemon.world.rows.swallowed[:2]
    at_a_terminal(monkeypatch)
    assert main(["incident", "joined", "--since", "7d"]) == 0
    shown = capsys.readouterr().out
    assert "7 P1" in shown and "srv-1500 ssh: refused (srv -> sw, down since 10:00)" in shown
    assert "2 alerts of the last 7d joined" in shown
    assert main(["incident", "joined", "--since", "ever"]) == 1


def test_and_as_tables_for_a_person(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch)
    assert main(["incident", "list"]) == 0
    listed = capsys.readouterr().out
    assert "PRIORITY" in listed and "core-sw is <down>" in listed
    assert main(["incident", "show", "7"]) == 0
    shown = capsys.readouterr().out
    assert "cause: core-sw (reported)" in shown and "a3" in shown and "250 ok" in shown and "owner: nobody yet" in shown


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["ack", "7"], Command(action="ack", incident=7)),
        (
            ["resolve", "7", "new cable", "--minutes", "5"],
            Command(action="resolve", incident=7, text="new cable", minutes=5),
        ),
        (["assign", "7", "wei"], Command(action="assign", incident=7, person="wei")),
        (
            ["assign", "7", "wei", "mind the dog"],
            Command(action="assign", incident=7, person="wei", text="mind the dog"),
        ),
        (["take", "7"], Command(action="take", incident=7)),
        (["restore", "7", "by-pass"], Command(action="restore", incident=7, text="by-pass")),
        (["fixed", "7", "fan", "--minutes", "9"], Command(action="fixed", incident=7, text="fan", minutes=9)),
        (["add", "7", "wei"], Command(action="add", incident=7, person="wei")),
        (["release", "7"], Command(action="release", incident=7)),
        (["note", "7", "called them"], Command(action="note", incident=7, text="called them")),
        (
            ["priority", "7", "P2", "half works"],
            Command(action="priority", incident=7, priority="P2", text="half works"),
        ),
        (["merge", "7", "6", "same cable"], Command(action="merge", incident=7, into=6, text="same cable")),
        (["split", "7"], Command(action="split", incident=7)),
        (["split", "7", "a3"], Command(action="split", incident=7, alert=3, fingerprint="core-sw|")),
        (["move", "7", "3"], Command(action="move", incident=7, alert=3, fingerprint="core-sw|")),
        (
            ["open", "--caller", "mia", "--department", "finance", "no network"],
            Command(action="open", person="mia", department="finance", text="no network", came_by="phone"),
        ),
    ],
)
def test_a_command_reaches_the_daemon(daemon: Daemon, words: list[str], command: Command) -> None:
    assert main(["incident", *words]) == 0
    assert daemon.world.engine.heard == [(command, "ann")]


@pytest.mark.parametrize(
    ("answers", "command"),
    [
        (["new cable", "12"], Command(action="resolve", incident=7, text="new cable", minutes=12)),
        (["", ""], Command(action="resolve", incident=7)),
        ([], Command(action="resolve", incident=7)),
    ],
)
def test_who_ends_one_at_a_terminal_is_asked_what_fixed_it(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, answers: list[str], command: Command
) -> None:
    at_a_terminal(monkeypatch)
    monkeypatch.setattr(incident, "is_conversation", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in answers)))
    assert main(["incident", "resolve", "7"]) == 0
    assert daemon.world.engine.heard == [(command, "ann")]


def test_minutes_are_a_number(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incident, "is_conversation", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("fan\nlong\n"))
    assert main(["incident", "resolve", "7"]) == 1
    assert "minutes: expected a number, got 'long'" in capsys.readouterr().err
    assert not terminal.is_conversation()


def test_an_incident_shows_who_works_on_it_and_the_last_times(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch)
    lines = (
        Before(number=3, began=50.0, lasted=600.0, name="Wei", fixed="cable"),
        Before(number=2, began=40.0, lasted=600.0, workaround="by-pass"),
        Before(number=1, began=30.0, lasted=600.0),
    )
    daemon.world.rows.learnt["down core-sw"] = Known(id="down core-sw", at=9.0, times=lines)
    restored = replace(INCIDENT, state="acknowledged", owner="wei", helpers=("ann",), restored_at=900.0, workaround="b")
    daemon.world.rows.kept[7] = restored
    assert main(["incident", "show", "7"]) == 0
    shown = capsys.readouterr().out
    assert "helped by: ann" in shown and "by a workaround: b" in shown
    assert "10 min" in shown and "cable" in shown and "workaround: by-pass" in shown and "by itself" in shown
    assert main(["incident", "list"]) == 0
    assert "restored" in capsys.readouterr().out
    daemon.world.rows.kept[7] = replace(restored, resolved_at=950.0, fixed_by="fan", worked=(Work("wei", 9.0),))
    assert main(["incident", "show", "7"]) == 0
    shown = capsys.readouterr().out
    assert ": fan" in shown and "worked: wei 9 min" in shown


def test_a_refusal_is_said_and_shows_in_the_exit_status(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.world.engine.answer = lambda _: Verdict(False, "7 is resolved already", 7)
    assert main(["incident", "ack", "7"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
    at_a_terminal(monkeypatch)
    assert main(["incident", "ack", "7"]) == 1
    assert capsys.readouterr().err == "7 is resolved already\n"
    daemon.world.engine.answer = lambda _: Verdict(True, "it is yours", 7)
    assert main(["incident", "ack", "7"]) == 0
    assert capsys.readouterr().out == "7: it is yours\n"
    daemon.world.engine.answer = lambda _: Verdict(True, "noted")
    assert main(["incident", "note", "7", "x"]) == 0
    assert capsys.readouterr().out == "noted\n"


def test_explain_gives_the_stored_reasons(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "7"]) == 0
    text = capsys.readouterr().out
    assert "rank matrix: impact high x urgency high = P1" in text and "recognise nagios4" in text
    assert "told: ann (open, queued, mail)" in text
    assert main(["explain", "a3"]) == 0
    assert "fingerprint core-sw|" in capsys.readouterr().out
    assert main(["explain", "seven"]) == 2


def test_what_the_daemon_refuses_is_told(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incident", "show", "99"]) == 1
    assert capsys.readouterr().err == "404: there is no incident 99\n"


def test_no_daemon_no_guess() -> None:
    with pytest.raises(CommandError, match="is `ingestd run` running there"):
        Client("http://127.0.0.1:1", "x").get("/incidents", Verdict)
    odd = Client("http://x", "t", httpx.MockTransport(lambda _: httpx.Response(200, text="<html>")))
    with pytest.raises(CommandError, match="no ingestd of this version"):
        odd.get("/incidents", Verdict)
    odd = Client("http://x", "t", httpx.MockTransport(lambda _: httpx.Response(502, text="bad gateway")))
    with pytest.raises(CommandError, match="502: bad gateway"):
        odd.get("/incidents", Verdict)


def test_where_the_token_comes_from(here: Path) -> None:
    site = here / "ingestd.yaml"
    with pytest.raises(CommandError, match="no personal token"):
        find_token(None, site, {})
    (here / "ingestd.token").write_text("beside\n")
    assert find_token(None, site, {}) == "beside"
    home = Path(os.environ["HOME"]) / ".config" / "ingestd"
    home.mkdir(parents=True)
    (home / "token").write_text("home\n")
    assert find_token(None, site, {}) == "home"
    assert find_token(None, site, {"INGESTD_TOKEN": "environment"}) == "environment"
    (here / "other").write_text("other")
    assert find_token(here / "other", site, {"INGESTD_TOKEN": "environment"}) == "other"
    with pytest.raises(CommandError, match="can't be read"):
        find_token(here, site, {})


def test_where_the_daemon_is(site: Path) -> None:
    assert find_url(None, site, {}) == "http://127.0.0.1:8025"
    assert find_url(None, site, {"INGESTD_URL": "http://e"}) == "http://e"
    assert find_url("http://named", site, {"INGESTD_URL": "http://e"}) == "http://named"
    site.write_text(site.read_text().replace("http: {host: 127.0.0.1", "http: {host: '::'"))
    assert find_url(None, site, {}) == "http://[::1]:8025"
    with pytest.raises(CommandError, match="where is the daemon"):
        find_url(None, site.parent / "none.yaml", {})


def test_where_the_site_is(here: Path) -> None:
    assert site_file(None, {}) == Path("ingestd.yaml")
    assert site_file(None, {"INGESTD_CONFIG": "/x.yaml"}) == Path("/x.yaml")
    assert site_file(Path("y.yaml"), {"INGESTD_CONFIG": "/x.yaml"}) == Path("y.yaml")
    (here / "config").mkdir()
    (here / "config" / "ingestd.yaml").touch()
    assert site_file(None, {}) == Path("config/ingestd.yaml")


# --- the rest


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith("ingestd 0.")


@pytest.mark.parametrize("words", [[], ["fly"], ["incident"], ["incident", "priority", "7", "P9"], ["run", "--what"]])
def test_words_that_make_no_command(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


def test_ctrl_c_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingestd.__main__.say", stopped)
    assert main(["version"]) == 130


def test_run_hands_over_to_the_daemon(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr("ingestd.app.run", lambda path: started.append(path) or 3)
    assert main(["run", "--config", "site.yaml"]) == 3
    assert started == [Path("site.yaml")]


def test_output_that_nobody_reads_any_more_is_no_error(here: Path) -> None:
    script = "from ingestd.__main__ import main; raise SystemExit(main(['version']))"
    reader, writer = os.pipe()
    os.close(reader)
    child = subprocess.run(
        [sys.executable, "-u", "-c", script], check=False, stdout=writer, stderr=subprocess.PIPE, env=child_env()
    )
    os.close(writer)
    assert child.stderr == b"" and child.returncode == 0


def child_env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}


def test_a_time_that_never_was_is_empty() -> None:
    assert terminal.local(0.0, 5.0) == ""
    assert terminal.local(1_700_000_000.0, 0.0).startswith("2023-11-1")


# --- inbox, learn, replay, password


def strange(number: int, state: str) -> bytes:
    mail = f"From: pulse@mon.example\nSubject: PULSE {state} on pump-{number}\n\nUnit {number} says {state.lower()}.\n"
    return mail.encode()


def inbox_of(daemon: Daemon) -> None:
    rows = daemon.world.rows
    mails = [Message(kind="mail", source="smtp", sender="a@x.example", body=strange(n, "FAILED")) for n in range(3)]
    rows.messages = dict(enumerate([*mails, Message(kind="webhook", source="prod", body=b"odd")], 1))
    rows.strange = tuple(
        Unrecognised(n, m, 7 if n == 1 else None) for n, m in sorted(rows.messages.items(), reverse=True)
    )
    rows.aside = (Shunted(2, mails[1], "KeyError: 'x'", 5, 1.0, None),)


def test_what_nothing_understood_is_listed_and_shown(
    daemon: Daemon, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox_of(daemon)
    assert main(["inbox", "list"]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [4, 3, 2, 1]
    monkeypatch.setattr("ingestd.cli.inbox.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["inbox", "list", "--what", "shunted"]) == 0
    assert "KeyError: 'x'" in capsys.readouterr().out
    assert main(["inbox", "show", "1"]) == 0
    assert "PULSE FAILED on pump-0" in capsys.readouterr().out
    assert main(["inbox", "show", "99"]) == 1


def test_recognisers_are_drafted_from_what_the_daemon_did_not_understand(
    daemon: Daemon, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox_of(daemon)
    monkeypatch.setattr("ingestd.cli.inbox.PAGE", 2)
    assert main(["learn", "--out", "drafts"]) == 0
    (path,) = (here / "drafts").glob("*.yaml")
    assert load(path, RecogniserFile).id == path.stem
    assert "drafted from 3 mails, reads 3 of them" in capsys.readouterr().err


def test_recognisers_are_drafted_from_files(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = site.parent / "Maildir" / "new"
    folder.mkdir(parents=True)
    for number in range(2):
        (folder / f"{number}").write_bytes(strange(number, "FAILED"))
    mbox = site.parent / "mbox"
    mbox.write_bytes(b"".join(b"From x\n" + strange(number, "OK") + b"\n" for number in range(2, 4)))
    one = site.parent / "one.eml"
    one.write_bytes(strange(5, "FAILED"))
    paths = [str(path) for path in (folder.parent, mbox, one)]
    capsys.readouterr()
    assert main(["learn", *paths, "--config", str(site)]) == 0
    assert "# Drafted from 5 mails; it reads 5 of them." in capsys.readouterr().out
    assert main(["learn", *paths, "--least", "6"]) == 1
    assert main(["learn", str(site.parent / "none")]) == 1
    assert "can't be read" in capsys.readouterr().err


def test_messages_are_read_again(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    inbox_of(daemon)
    assert main(["replay", "--unrecognised"]) == 0
    assert main(["replay", "--shunted"]) == 0
    assert main(["replay", "--ids", "1", "99"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "4 messages are read again",
        "1 messages are read again",
        "1 messages are read again; of 1 the text is gone",
    ]
    with pytest.raises(SystemExit):
        main(["replay", "--shunted", "--unrecognised"])


def test_a_password_becomes_a_hash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\n"))
    assert main(["password"]) == 0
    assert capsys.readouterr().out.startswith("$argon2id$")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["password"]) == 1


def test_the_adapters_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources"]) == 0
    assert any(line.startswith("alertmanager ") and "webhook" in line for line in capsys.readouterr().out.splitlines())
