"""What the check accepts, the daemon takes: everything that a start builds of a site is built."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.config import SHIPPED_RULES, Survey, site_of, survey
from ingestd.doors import Doors
from ingestd.intake import count_nothing
from ingestd.intake.imap import ImapIntake
from ingestd.intake.smtp import SmtpIntake
from ingestd.links import Links, load_key
from ingestd.model import Message
from ingestd.outbox import OutboxSettings
from ingestd.slices import address, channels, contacts, lmtp_intake, recorded, sender_domain
from ingestd.store import engines
from tests.broken.cases import CASES, SITE, Case

NOW = 1_790_000_000.0
ODD = (
    "",
    "0",
    "-1",
    "1",
    "70000",
    "1e9",
    "yes",
    "null",
    "[]",
    "{}",
    "'x'",
    "'25:00'",
    "'10.0.0.0/8'",
    "true",
    "x@y.example",
)


def clock() -> float:
    return NOW


async def receive(_: Message) -> int:
    return 1


def build(found: Survey) -> None:
    """What a start builds, without the sockets and the database."""
    site = site_of(found)
    ready = site.settings
    Path(ready.state).mkdir(parents=True, exist_ok=True)
    Links(load_key(site.link_key), ready.public_url, max_age=float(ready.link_age))
    engines.parse(ready.store)
    channels(site), contacts(site), recorded(site), address(ready.listen.http)
    OutboxSettings(domain=sender_domain(site))
    SmtpIntake(ready.listen.smtp, receive, clock)
    lmtp_intake(ready, receive, clock, count_nothing)
    for mailbox in ready.imap:
        ImapIntake(mailbox, receive, clock, no_origin, trouble=lambda *_: None, count_refused=count_nothing)
    Doors(
        site.http_sources,
        receive,
        clock,
        settings=ready.webhooks,
        count_refused=count_nothing,
        heartbeats=lambda: site.rulebook.heartbeats.names,
        mappings=lambda: site.rulebook.mappings,
    )
    rules = site.rulebook
    for hour in range(0, 24 * 32, 5):
        rules.ranker.moment(NOW + hour * 3600.0)
        for team in rules.people.teams:
            rules.people.on_call(team, NOW + hour * 3600.0)


async def no_origin(*_: object) -> str:
    return ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_a_site_with_nothing_worse_than_warnings_starts(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    found = survey(tmp_path / "ingestd.yaml", NOW)
    if not found.errors:
        build(found)


def values(text: str) -> list[tuple[int, int]]:
    """Where the values of a flow or block mapping stand: between a colon and what ends it."""
    found = []
    for start in (i + 2 for i in range(len(text) - 1) if text[i : i + 2] == ": "):
        end = min(
            (text.find(stop, start) for stop in (",", "}", "\n") if text.find(stop, start) >= 0), default=len(text)
        )
        found.append((start, end))
    return found


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_so_does_one_with_an_odd_value_anywhere(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    home = tmp_path_factory.mktemp("odd")
    name = data.draw(st.sampled_from(sorted(SITE)))
    start, end = data.draw(st.sampled_from(values(SITE[name])))
    new = data.draw(st.sampled_from(ODD) | st.integers().map(str) | st.text(max_size=6).map(repr))
    Case("", name, "", (SITE[name][:start] + new + SITE[name][end:]).encode("utf-8", "replace"), "").write(home)
    found = survey(home / "ingestd.yaml", NOW)
    if not found.errors:
        build(found)


MORE: Mapping[str, str] = {
    "an empty authority": "mail: {host: r, sender: i@x.example, tls: starttls, ca_file: empty.pem}\n",
    "an empty certificate": "mail: {host: r, sender: i@x.example}\nlisten: {smtp: {certificate: empty.pem}}\n",
    "a key alone": "mail: {host: r, sender: i@x.example}\nlisten: {http: {key: empty.pem}}\n",
    "a socket too long": f"mail: {{host: r, sender: i@x.example}}\nlisten: {{lmtp: {{path: {'s' * 200}}}}}\n",
    "a sender that is none": "mail: {host: r, sender: nobody}\n",
    "no memory": "mail: {host: r, sender: i@x.example}\nlisten: {smtp: {memory: -5}}\n",
    "an SQLite store without a file": "mail: {host: r, sender: i@x.example}\nstore: 'sqlite://'\n",
    "a store that is no URL": "mail: {host: r, sender: i@x.example}\nstore: nonsense\n",
    "a mailbox's authority": "mail: {host: r, sender: i@x.example}\n"
    "imap: [{name: b, host: h, user: u, password: p, ca_file: empty.pem}]\n",
}


@pytest.mark.parametrize("text", MORE.values(), ids=MORE)
def test_what_a_start_would_refuse_the_check_refuses(text: str, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "ingestd.yaml").write_text(f"{text}people: [{{id: ida, mail: ida@x.example}}]\nlast_resort: [ida]\n")
    assert survey(tmp_path / "ingestd.yaml", NOW).errors


def test_shipped_rules_are_without_fault(tmp_path: Path) -> None:
    Case("nothing", "notes.txt", "", "", "").write(tmp_path)
    shipped = [one for one in survey(tmp_path / "ingestd.yaml", NOW).problems if str(SHIPPED_RULES) in one.file]
    assert shipped == []
