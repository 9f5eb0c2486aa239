"""The journal, stepped again under the rules that it names, decides what was decided."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from ingestd import aside, pipeline, worker
from ingestd.app import origin, recorded
from ingestd.config import load_site
from ingestd.decide.state import Rulebook
from ingestd.demo import script
from ingestd.demo.site import prepare
from ingestd.model import Alert, Changes, Incident, Message, NodeMark, Notification, TimelineRow
from ingestd.replay import replay, rulebook
from ingestd.store import Store, rows, tables
from ingestd.yamltypes import ConfigError
from tests.desk import Clock, Desk, opened


class Kept:
    """Every row that decisions left, the newest version of each."""

    def __init__(self) -> None:
        self.alerts: dict[int, Alert] = {}
        self.incidents: dict[int, Incident] = {}
        self.marks: dict[str, NodeMark] = {}
        self.timeline: list[TimelineRow] = []
        self.notifications: dict[int, Notification] = {}
        self.shunted: list[str] = []

    def add(self, changes: Changes) -> None:
        self.alerts |= {a.id: a for a in changes.alerts}
        self.incidents |= {i.number: i for i in changes.incidents}
        self.marks |= {m.node: m for m in changes.marks}
        self.timeline += changes.timeline
        self.notifications |= {n.id: n for n in changes.notifications}
        self.shunted += [changes.shunted] if changes.shunted else []


def stored(store: Store) -> Kept:
    kept = Kept()
    with store._reading.begin() as connection:
        kept.alerts = {a.id: a for a in map(rows.decode_alert, connection.scalars(select(tables.alert.c.body)))}
        incidents = map(rows.decode_incident, connection.scalars(select(tables.incident.c.body)))
        kept.incidents = {i.number: i for i in incidents}
        kept.marks = {m.node: m for m in map(rows.decode_mark, connection.scalars(select(tables.node_mark.c.body)))}
        for line in connection.execute(select(tables.timeline).order_by(tables.timeline.c.id)):
            kept.timeline.append(
                TimelineRow(
                    incident=line.incident, at=line.at, what=line.what, text=line.text, actor=line.actor, rule=line.rule
                )
            )
        for note in connection.execute(select(tables.notification)):
            kept.notifications[note.id] = replace(rows.notification(note), state="queued")
        shunted = select(tables.inbox.c.error).where(tables.inbox.c.error != "").order_by(tables.inbox.c.position)
        kept.shunted = list(connection.scalars(shunted))
    return kept


async def rules_by_digest(store: Store) -> dict[str, Rulebook]:
    with store._reading.begin() as connection:
        digests = tuple(connection.scalars(select(tables.blob.c.digest)))
    return {digest: rulebook(await store.blob(digest) or b"") for digest in digests}


async def again(store: Store) -> Kept:
    kept, rules = Kept(), await rules_by_digest(store)
    for entry, changes in replay(store.entries(), rules.__getitem__):
        kept.add(changes)
        assert (entry.recogniser, entry.verdict) == (changes.recogniser, changes.verdict)
        assert (entry.state == "shunted") == bool(changes.shunted)
    return kept


def same(kept: Kept, other: Kept) -> None:
    for part in vars(kept):
        assert getattr(kept, part) == getattr(other, part), part


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return prepare(tmp_path / "site").config


async def started(desk: Desk, path: Path) -> None:
    desk.start(origin(await desk.store.put_blob(recorded(load_site(path)))))


async def outage(desk: Desk) -> None:
    await desk.host("sales-mail")
    await desk.mail(script.zabbix_in_chinese("inventory-db"))
    await desk.later(2)
    await desk.host("acc-sw-17")
    await desk.host("hr-server")
    body = msgspec.json.encode(script.alertmanager("inventory-db"))
    await desk.message(Message(kind="webhook", source="prometheus", adapter="alertmanager", body=body))
    mei = "mei@finance.trading.example"
    await desk.message(
        Message(kind="mail", source="smtp", sender=mei, body=script.person(mei, "No network", "no network here"))
    )
    await desk.message(Message(kind="command", source="prometheus", body=b"{"))
    await desk.later(30)


async def recovery(desk: Desk) -> None:
    for host in ("acc-sw-17", "sales-mail", "hr-server"):
        await desk.host(host, up=True)
    await desk.mail(script.zabbix_in_chinese("inventory-db", up=True))
    await desk.later(60)


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    yield Clock()


async def test_the_morning_with_a_reload_a_restart_and_a_jump_of_the_clock(
    store_url: str, site: Path, clock: Clock
) -> None:
    async with opened(store_url, clock, load_site(site).rulebook) as desk:
        await started(desk, site)
        await outage(desk)
        assert (await desk.act("lin", "ack", 1)).ok
        assert ("chen", "functional") in desk.told()
        escalation = site.parent / "rules" / "escalation.yaml"
        escalation.write_text(escalation.read_text().replace("wait: 5s", "wait: 50s"))
        changed = load_site(site)
        digest = await desk.store.put_blob(recorded(changed))
        desk.engine.note(Message(kind="reload", source="engine", body=origin(digest)), changed.rulebook)
        await desk.webhook({"host": "mon-1", "check": "disk", "summary": "disk full", "severity": "critical"})
        await desk.later(7)
        desk.clock.shift += 1000
        await desk.later(2)
    clock.at += 500
    async with opened(store_url, clock, changed.rulebook) as desk:
        await started(desk, site)
        await recovery(desk)
        assert {"start", "reload", "gap", "clock", "tick", "receipt", "command", "mail", "webhook"} == {
            entry.entry.message.kind for entry in desk.store.entries()
        }
        kept = stored(desk.store)
        assert kept.shunted and any(n.kind == "end" for n in kept.notifications.values())
        same(kept, await again(desk.store))


async def test_what_the_engine_set_aside_is_set_aside_again(
    tmp_path: Path, site: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where stepping it would break the replay."""
    monkeypatch.setattr(worker, "RETRY", 0.01)
    real = pipeline.step

    def step(world: Any, entry: Any, at: float) -> Any:
        if b"cursed" in entry.message.body:
            raise MemoryError
        yield from real(world, entry, at)

    monkeypatch.setattr(pipeline, "step", step)
    async with opened(f"sqlite:///{tmp_path / 'store.db'}", clock, load_site(site).rulebook) as desk:
        await started(desk, site)
        await desk.webhook({"host": "hr-server", "check": "disk", "summary": "cursed"})
        await desk.host("acc-sw-17")
        await desk.later(20)
        kept = stored(desk.store)
        assert kept.shunted == [aside.REFUSED] and len(kept.incidents) == 2
        same(kept, await again(desk.store))


async def test_a_journal_without_its_beginning_names_no_rules(tmp_path: Path, site: Path, clock: Clock) -> None:
    async with opened(f"sqlite:///{tmp_path / 'store.db'}", clock) as desk:
        await started(desk, site)
        await desk.host("acc-sw-17")
        await desk.quiet()
        with pytest.raises(ValueError, match="begins at position 2, not with a start"):
            list(replay(desk.store.entries(2), {}.__getitem__))


def test_recorded_rules_need_no_secret_and_no_file_beside_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    prepare(home)
    (home / "token").write_text("secret")
    (home / "users").write_text("")
    site = (home / "ingestd.yaml").read_text().replace("smtp: {", "smtp: {users_file: users, auth_without_tls: true, ")
    text = site.replace("sources:\n", "sources:\n  other: {adapter: generic, token_file: token}\n")
    main = home / "trading.yaml"
    main.write_text(text)
    (home / "ingestd.yaml").unlink()
    before = load_site(main)
    content = recorded(before)
    assert b"secret" not in content
    rules = rulebook(content)
    assert rules.escalation == before.escalation
    assert rules.correlate == before.correlate
    assert sorted(rules.topology.nodes) == sorted(before.rulebook.topology.nodes)


def test_templates_and_calendars_are_recorded_and_judge_nothing(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "zz.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    (tmp_path / "words" / "en").mkdir(parents=True)
    (tmp_path / "words" / "en" / "open.txt.j2").write_text("x\ny\n")
    main = tmp_path / "ingestd.yaml"
    main.write_text(main.read_text() + "texts: {templates: words}\n")
    people = tmp_path / "people.yaml"
    people.write_text(people.read_text() + "  - {id: turns, members: [lin], rota: {ical: zz.ics}}\n")
    before = load_site(main)
    assert before.templates == {"en/open.txt.j2": "x\ny\n"}
    assert b"zz.ics" in recorded(before), "after ingestd.yaml, and no main file for it"
    assert rulebook(recorded(before)).last_resort == before.rulebook.last_resort


def test_rules_that_are_not_understood_any_more_are_named() -> None:
    with pytest.raises(ConfigError, match="retired"):
        rulebook(msgspec.json.encode([("ingestd.yaml", "retired: true\nlast_resort: [x]")]))
