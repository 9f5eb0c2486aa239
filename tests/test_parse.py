"""``ingestd parse`` from the outside: files in, JSON lines out."""

import json
from pathlib import Path

import pytest

from ingestd import parse

RULES = Path(__file__).parents[1] / "rules"
PROBLEM = """From: nagios@watch.trading.example
Subject: ** PROBLEM Service Alert: mail-gw/SMTP is CRITICAL **

Service: SMTP
Host: mail-gw
State: CRITICAL
"""


@pytest.fixture
def run(tmp_path, capsys):
    """Writes bodies to files, runs the command, gives its exit status and lines."""

    def _run(*bodies: bytes | str, source: str = "mail", rules: Path = RULES) -> tuple[int, list[dict]]:
        files = [tmp_path / f"{number}.txt" for number in range(len(bodies))]
        for file, body in zip(files, bodies, strict=True):
            file.write_bytes(body if isinstance(body, bytes) else body.encode())
        status = parse.main(files, source, "application/json", rules)
        return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return _run


def test_a_line_a_file_in_order(run):
    status, (problem, end, notice) = run(
        PROBLEM, PROBLEM.replace("CRITICAL", "OK"), PROBLEM.replace("PROBLEM", "ACKNOWLEDGEMENT")
    )
    assert status == 0
    assert (problem["kind"], problem["recogniser"]) == ("alert", "nagios4")
    (alert,) = problem["alerts"]
    assert (alert["host"], alert["service"], alert["state"], alert["severity"]) == (
        "mail-gw",
        "SMTP",
        "firing",
        "critical",
    )
    assert alert["fingerprint"] == end["alerts"][0]["fingerprint"] == "mail-gw|smtp"
    assert end["kind"] == "recovery"
    assert notice["kind"] == "other"
    assert "alerts" not in notice


def test_replies_and_bounces_show_what_they_are_about(run):
    _, (reply, bounce) = run(
        "From: li@x.example\nSubject: Re: P1\nIn-Reply-To: <7@ingestd>\n\nmine",
        "From: mailer-daemon@x.example\nSubject: Undelivered Mail\nX-Failed-Recipients: gone@x.example\n\n",
    )
    assert (reply["kind"], reply["reply_text"], reply["in_reply_to"]) == ("reply", "mine", "<7@ingestd>")
    assert bounce["reports_on"]["recipient"] == "gone@x.example"


def test_a_webhook_and_one_that_its_source_can_not_read(run):
    body = {"host": "a", "started_at": "2026-03-02T08:14:00+08:00", "url": "http://a.example", "id": 5}
    status, (good, bad) = run(json.dumps(body), '{"host": 7}', source="webhook:generic")
    assert status == 0
    assert good["alerts"][0]["started_at"] == "2026-03-02T00:14:00.000Z"
    assert good["alerts"][0]["fingerprint"] == "generic:5"
    assert bad["alerts"][0]["summary"] == "7"
    assert bad["error"] == "the body is not what generic sends: host: expected text, got a number"


def test_a_source_that_does_not_exist_is_still_understood(run):
    status, (line,) = run('{"title": "fatal disk failure"}', source="webhook:nobody")
    assert status == 0
    assert line["alerts"][0]["severity"] == "critical"


def test_wrong_sources_files_and_rules_are_named(run, tmp_path, capsys):
    assert run(source="mial")[0] == 2
    assert parse.main([tmp_path / "missing"], "mail", "", RULES) == 2
    assert "missing" in capsys.readouterr().err
    (tmp_path / "recognise").mkdir()
    (tmp_path / "recognise" / "bad.yaml").write_text("id: bad\nwhen: [{subject: '~('}]\n")
    assert parse.main([], "mail", "", tmp_path) == 2
    assert "bad.yaml:2:18: not an RE2 pattern" in capsys.readouterr().err


def test_the_module_is_a_command(tmp_path, capsys):
    (tmp_path / "m.eml").write_text(PROBLEM)
    assert parse.command([str(tmp_path / "m.eml"), "--rules", str(RULES)]) == 0
    assert json.loads(capsys.readouterr().out)["recogniser"] == "nagios4"
    assert parse.command([str(tmp_path / "m.eml")]) == 0


def test_a_message_for_a_chat_is_read_by_its_text(run):
    body = {
        "msgtype": "markdown",
        "markdown": {"title": "告警", "text": "#### 监控\n> - 主机: crane-7\n> - 级别: 紧急"},
    }
    over = {"msgtype": "text", "text": {"content": "【恢复】皮带 已恢复\n主机: crane-7"}}
    _, (problem, end) = run(json.dumps(body), json.dumps(over), source="webhook:chat")
    (alert,) = problem["alerts"]
    assert (problem["kind"], alert["state"], alert["host"], alert["severity"]) == (
        "alert",
        "firing",
        "crane-7",
        "critical",
    )
    assert "not what chat sends" in problem["error"]
    assert (end["kind"], end["alerts"][0]["state"], end["alerts"][0]["host"]) == ("recovery", "resolved", "crane-7")
