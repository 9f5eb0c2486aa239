"""Ways out under ``channels``: each by its type, every mistake where it stands, and no secret in what is kept."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ingestd import channels, slices
from ingestd.channels.apprise import Apprise
from ingestd.channels.mail import MailChannel
from ingestd.channels.robot import Robot
from ingestd.check.chinese import in_chinese
from ingestd.config import Site, load_site, survey
from ingestd.schema import schema_of
from ingestd.slices import recorded
from tests.check.test_site import NOW, Desk

MAILDIR = "maildir: {path: mails}\n"
ROBOT = "  quay: {type: wecom, url: 'https://robot.example/send?key=sesame'}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def written(desk: Desk, *lines: str) -> list[str]:
    desk.edit("ingestd.yaml", MAILDIR, MAILDIR + "channels:\n" + "".join(lines))
    return desk.told()


def loaded(desk: Desk) -> Site:
    assert desk.told() == []
    return load_site(desk.home / "ingestd.yaml")


def test_every_type_is_found_in_its_folder() -> None:
    assert channels.types() == ("alertmanager", "apprise", "dingtalk", "exec", "feishu", "webhook", "wecom")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  q: {type: wecon, url: x}\n", "14:13: unknown type 'wecon': did you mean 'wecom'?"),
        ("  q: {url: x}\n", "14:6: 'type' is missing"),
        ("  q: {type: [wecom]}\n", "14:13: unknown type"),
        ("  q: {type: wecom, url: 'https://x', gruop: true}\n", "14:38: unknown key 'gruop': did you mean 'group'?"),
        ("  q: {type: wecom, url: 'https://x', group: yes}\n", "14:45: expected true or false, got text 'yes'"),
        ("  q: {type: wecom}\n", "14:6: 'url' is missing"),
        ("  q: {type: exec}\n", "14:6: 'argv' is missing"),
        ("  q: {type: exec, argv: [echo, '{tite}']}\n", "14:25: unknown name 'tite' in braces: did you mean 'title'?"),
        ("  q: {type: wecom, url: nowhere}\n", "14:25: expected http:// or https:// and a host"),
        ("  q: {type: wecom, url: 'http://x', timeout: 0}\n", "14:46: expected more than 0, got 0"),
        ("  q: {type: wecom, url_file: none}\n", "none can't be read: No such file or directory"),
        ("  q: {type: webhook, url: 'https://x', ca_file: none}\n", "14:49: there is no file none"),
        ("  observe: {type: wecom, url: 'https://x'}\n", "14:3: 'observe' can't name a channel"),
        (
            "  q: {type: wecom, url: 'https://x', depends_on: [cor]}\n",
            "14:51: unknown node 'cor': did you mean 'core'?",
        ),
        ("  q: {type: apprise, url: 'feishu://sesame'}\n", "Apprise takes the refusals of feishu for success"),
        ("  q: wecom\n", "14:6: "),
    ],
)
def test_a_mistake_is_told_where_it_stands(desk: Desk, line: str, words: str) -> None:
    (told,) = [one for one in written(desk, line) if "hangs on" not in one]
    assert told.startswith("ingestd.yaml:14:") and words in told and "sesame" not in told


def test_the_others_are_read_all_the_same_and_contacts_may_name_a_broken_one(desk: Desk) -> None:
    contacts = "contacts: [{channel: q, address: '1'}, {channel: quay, address: '1'}, {channel: key, address: '1'}]"
    desk.edit("people.yaml", "mail: kim@harbour.example", contacts)
    assert written(desk, ROBOT, "  q: {type: wecon}\n") == [
        "ingestd.yaml:15:13: unknown type 'wecon': did you mean 'wecom'?",
        "people.yaml:4:93: unknown channel 'key': known are mail, maildir, q, quay",
    ]


def test_secrets_are_read_from_files_and_kept_nowhere(desk: Desk) -> None:
    (desk.home / "secrets").mkdir()
    for name in ("quay", "hush"):
        (desk.home / "secrets" / name).write_text(f"https://robot.example/{name}-sesame\n")
    lines = [
        "  quay: {type: dingtalk, url_file: secrets/quay, secret_file: secrets/hush}\n",
        "  yard: {type: feishu, url: https://robot.example/yard-sesame, proxy: http://ann:sesame@p.example:1}\n",
        "  tms:\n    type: webhook\n    url: https://tms.example/sesame\n    secret: sesame\n    token: sesame\n"
        "    headers: {Api-Key: sesame}\n",
        "  sms: {type: apprise, url: 'json://ann:sesame@sms.example/{to}'}\n",
    ]
    desk.edit("ingestd.yaml", MAILDIR, MAILDIR + "channels:\n" + "".join(lines))
    site = loaded(desk)
    settings: Any = site.settings.channels
    assert settings["quay"].url == "https://robot.example/quay-sesame"
    assert settings["quay"].secret == "https://robot.example/hush-sesame"
    assert settings["tms"].headers == {"Api-Key": "sesame"}
    assert b"sesame" not in recorded(site) and recorded(site).count(b"REDACTED") >= 6
    ways = slices.channels(site)
    assert [type(ways[name]) for name in ("mail", "quay", "sms")] == [MailChannel, Robot, Apprise]


def test_who_is_reached_by_groups_only_is_told_of(desk: Desk) -> None:
    desk.edit("people.yaml", "mail: kim@harbour.example", "contacts: [{channel: quay, address: '13800000000'}]")
    desk.edit("people.yaml", "mail: jon@harbour.example", "contacts: [{channel: quay}, {address: j@x.example}]")
    words = "people.yaml:4:3: kim is reached by groups only (quay): a post is nobody's receipt"
    assert written(desk, ROBOT) == [words]
    (problem,) = survey(desk.home / "ingestd.yaml", NOW).problems
    assert problem.severity == "warning" and "只能通过群（quay）通知" in in_chinese(problem)
    desk.edit("ingestd.yaml", "type: wecom,", "type: wecom, group: false,")
    assert desk.told() == []


def test_so_are_people_in_ingestd_yaml(desk: Desk) -> None:
    who = "people: [{id: max, contacts: [{channel: quay}]}]\n"
    assert written(desk, ROBOT, who) == [
        "ingestd.yaml:15:10: max is reached by groups only (quay): a post is nobody's receipt"
    ]


def test_a_site_may_have_other_ways_only(desk: Desk) -> None:
    desk.edit("ingestd.yaml", "mail:\n  host: relay.harbour.example\n  sender: ingestd@harbour.example\n", "")
    desk.edit("ingestd.yaml", MAILDIR, "channels:\n  far: {type: webhook, url: 'https://x.example'}\n")
    for name in ("ida", "jon", "kim"):
        desk.edit("people.yaml", f"mail: {name}@harbour.example", "contacts: [{channel: far}]")
    assert desk.told() == []
    desk.edit("people.yaml", "name: Lea", "contacts: [{channel: mail, address: l@x.example}]")
    assert desk.told() == ["people.yaml:5:34: unknown channel 'mail': known are far"]


def test_ways_that_hang_on_one_node_are_told_of(desk: Desk) -> None:
    desk.edit("ingestd.yaml", "sender: ingestd@harbour.example", "sender: i@x.example\n  depends_on: [crane-plc]")
    line = "channels: {quay: {type: webhook, url: 'https://x', depends_on: [core]}}\n"
    desk.edit("ingestd.yaml", MAILDIR, line)
    assert desk.told() == ["ingestd.yaml:12:15: every way out hangs on core: if it fails nobody is told"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("  host: relay.harbour.example\n", "'host' is missing"),
        ("  relays: [{host: b, tls: starttls, ca_file: none}]\n", "there is no file none"),
        ("  relays: [{host: b, port: 70000}]\n", "expected a port from 0 to 65535, got 70000"),
        ("  relays: [{host: b, timeout: 0}]\n", "expected more than 0, got 0"),
        ("  relays: [{port: 26}]\n", "'host' is missing"),
        ("  relays: [{host: b, password_file: none}]\n", "none can't be read"),
    ],
)
def test_relays_are_looked_at_one_by_one(desk: Desk, lines: str, words: str) -> None:
    host = "  host: relay.harbour.example\n"
    desk.edit("ingestd.yaml", host, "" if lines == host else host + lines)
    (told,) = desk.told()
    assert words in told


def test_relays_have_secrets_in_files_and_may_stand_alone(desk: Desk) -> None:
    (desk.home / "b.secret").write_text("sesame\n")
    row = "  relays: [{host: b, user: u, password_file: b.secret}, {host: c, user: u, password: sesame}]\n"
    desk.edit("ingestd.yaml", "  host: relay.harbour.example\n", row)
    site = loaded(desk)
    assert site.settings.mail is not None
    assert [(one.host, one.password) for one in site.settings.mail.relays] == [("b", "sesame"), ("c", "sesame")]
    assert b"sesame" not in recorded(site)


@pytest.mark.parametrize(
    ("entry", "valid"),
    [
        ({"type": "wecom", "url": "https://x"}, True),
        ({"type": "exec", "argv": ["echo"], "group": True, "timeout": "5s"}, True),
        ({"type": "wecon", "url": "https://x"}, False),
        ({"type": "wecom", "keyword": "x"}, False),
        ({"url": "https://x"}, False),
    ],
)
def test_editors_know_them_too(entry: dict[str, object], valid: bool) -> None:
    site = {"last_resort": ["ann"], "channels": {"q": entry}}
    assert jsonschema.Draft202012Validator(schema_of("ingestd")).is_valid(site) is valid
