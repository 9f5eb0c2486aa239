"""The daemon in this process, on free ports, as its neighbours see it: senders, people, operators."""

import asyncio
import os
import signal
import smtplib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from ingestd import app, worker
from ingestd.app import Daemon, run
from ingestd.channels.mail import MailSettings
from ingestd.config import load_site
from ingestd.demo import script
from ingestd.demo.site import Stage, prepare
from ingestd.model import Message, StoreUnavailable
from ingestd.outbox import Address
from ingestd.slices import channels, contacts, sender_domain
from ingestd.store import Store


class House:
    """A daemon that serves, and its clients."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.daemon = Daemon(load_site(stage.config))
        self.web = httpx.AsyncClient(base_url=stage.url, timeout=30)
        self.me = {"Authorization": f"Bearer {stage.personal_token}"}
        self.serving: asyncio.Task[int] | None = None

    async def open(self) -> None:
        self.serving = asyncio.create_task(self.daemon.serve())
        await self.until(lambda: self.status("/readyz", 200))

    async def close(self) -> int:
        self.daemon._stopping.set()
        assert self.serving is not None
        return await self.serving

    async def until(self, so: Callable[[], Any]) -> Any:
        """Wait until something is so."""
        async with asyncio.timeout(40):
            while True:
                found = await so()
                if found:
                    return found
                await asyncio.sleep(0.02)

    async def status(self, path: str, wanted: int) -> bool:
        try:
            return (await self.web.get(path)).status_code == wanted
        except httpx.HTTPError:
            return False

    async def mail(self, raw: bytes) -> tuple[int, bytes]:
        """Hand a mail over; what the server said in the end."""

        def send() -> tuple[int, bytes]:
            with smtplib.SMTP("127.0.0.1", self.stage.smtp, timeout=30) as client:
                client.ehlo()
                client.mail(script.MONITOR)
                client.rcpt(script.ALERTS)
                return client.data(raw)

        return await asyncio.to_thread(send)

    async def post(self, body: bytes, token: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.stage.webhook_token}"}
        return await self.web.post("/webhooks/prometheus", content=body, headers=headers)

    async def incidents(self) -> list[dict[str, Any]]:
        listed = (await self.web.get("/api/v1/incidents", headers=self.me)).json()["incidents"]
        return list(listed)

    async def metrics(self) -> dict[str, float]:
        lines = (await self.web.get("/metrics")).text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


@asynccontextmanager
async def opened(stage: Stage) -> AsyncIterator[House]:
    house = House(stage)
    await house.open()
    try:
        yield house
    finally:
        if house.serving is not None and not house.serving.done():
            await house.close()
        await house.web.aclose()
        await asyncio.sleep(0.01)  # for the sockets to close


@pytest.fixture(autouse=True)
def _logging_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "configure_logging", lambda: None)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return prepared(tmp_path / "site")


def prepared(folder: Path) -> Stage:
    made = prepare(folder)
    made.config.write_text(made.config.read_text("utf-8") + "watch: false\n", "utf-8")
    (folder / "state").mkdir()
    return made


@pytest.fixture
async def house(stage: Stage) -> AsyncIterator[House]:
    async with opened(stage) as made:
        yield made


@contextmanager
def disk_full(store: Store) -> Iterator[None]:
    """Nothing can be committed."""
    dialect = store._writing.dialect
    real = dialect.do_commit

    def commit(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("disk is full"))

    dialect.do_commit = commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        dialect.do_commit = real  # type: ignore[method-assign]


# -- the way through


async def test_from_a_mail_to_a_page_to_an_acknowledgement(house: House) -> None:
    assert (await house.mail(script.nagios("acc-sw-17", "10.20.0.17")))[0] == 250
    (incident,) = await house.until(house.incidents)
    assert incident["title"].startswith("acc-sw-17")

    async def letters() -> list[Path]:
        return list((house.stage.mails / "new").glob("*"))

    (letter,) = await house.until(letters)
    text = message_from_bytes(letter.read_bytes(), policy=default).get_body().get_content()  # type: ignore[union-attr]
    assert f"{house.stage.url}/a/" in text
    acknowledged = await house.web.post(f"/api/v1/incidents/{incident['number']}/ack", headers=house.me)
    assert acknowledged.status_code == 200
    assert (await house.incidents())[0]["owner"] == "lin"
    figures = await house.until(lambda: _pages(house))
    assert figures['ingestd_accepted_total{kind="mail",source="smtp"}'] == 1
    assert figures['ingestd_recognised_total{recogniser="nagios4"}'] == 1
    assert figures['ingestd_starts_total{outcome="clean"}'] == 1
    assert figures['ingestd_open_incidents{priority="P1"}'] == 1
    assert figures["ingestd_commit_seconds_count"] > 0


async def _pages(house: House) -> dict[str, float] | None:
    figures = await house.metrics()
    return figures if figures.get('ingestd_pages_total{channel="maildir",outcome="handed_over"}') else None


async def test_an_acknowledgement_by_the_link_in_a_letter(house: House) -> None:
    """The end and an answer carry no link: there is nothing to take."""
    await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
    await house.until(house.incidents)
    whole = await house.until(lambda: _told(house))
    page = house.daemon.store.queued() or tuple(d.notification for d in whole)
    link = house.daemon._link(page[0], False)
    assert link is not None and (await house.web.get(link)).status_code == 200
    assert (await house.web.post(link)).is_success
    assert (await house.incidents())[0]["state"] == "acknowledged"
    assert house.daemon._link(replace(page[0], kind="end"), False) is None
    asking = house.daemon._link(page[0], True) or ""
    assert house.daemon.links.read(asking.rpartition("/")[2]).action == "ask"
    assert house.daemon._link(replace(page[0], kind="list", incident=0), True) is None


async def test_an_answer_by_mail_takes_the_incident_and_is_confirmed_in_the_thread(house: House) -> None:
    await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))

    async def letters() -> list[Any]:
        found = (house.stage.mails / "new").glob("*")
        return [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(found)]

    (page,) = await house.until(letters)
    answer = (
        f"From: Lin Hao <{page['To']}>\r\nTo: ingestd@x.example\r\nSubject: 回复：{page['Subject']}\r\n"
        f"In-Reply-To: {page['Message-ID']}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n接单\r\n\r\n发自我的手机\r\n"
    ).encode()
    forged = answer.replace(f"<{page['To']}>".encode(), b"<somebody@evil.example>")
    assert (await house.mail(forged))[0] == 250
    assert (await house.mail(answer))[0] == 250
    taken = await house.until(lambda: _state(house, "acknowledged"))
    assert [one["owner"] for one in taken] == ["lin"]

    async def confirmed() -> list[Any]:
        return [one for one in await letters() if one["X-Ingestd-Kind"] == "confirm"]

    (letter,) = await house.until(confirmed)
    assert letter["In-Reply-To"] == page["Message-ID"]
    assert "已执行" in letter["Subject"]


async def _state(house: House, state: str) -> list[dict[str, Any]]:
    return [one for one in await house.incidents() if one["state"] == state]


async def _told(house: House) -> Any:
    return await house.daemon.store.queries.notifications_of(1)


async def test_health_for_machines(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await house.web.get("/healthz")).text == "ok\n"
    assert (await house.web.get("/readyz")).text == "ok\n"
    monkeypatch.setattr(app, "STALL", -1.0)
    ill = await house.web.get("/healthz")
    assert ill.status_code == 503 and "has not turned" in ill.text
    monkeypatch.setattr(app, "LAG_LIMIT", -1.0)
    assert "behind" in (await house.web.get("/readyz")).text
    monkeypatch.setattr(house.daemon.store.queries, "ready", _no)
    assert "the store does not answer" in (await house.web.get("/readyz")).text
    house.daemon._stopping.set()
    assert "stopping" in (await house.daemon._ready())


async def _no() -> bool:
    return False


async def test_the_watchdog_is_fed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(stage) as house:
        fed: list[bool] = []
        house.daemon.notifier.watchdog_every = 0.001
        monkeypatch.setattr(house.daemon.notifier, "watchdog", lambda: fed.append(True))
        await house.until(lambda: _true(fed))


async def _true(value: object) -> bool:
    return bool(value)


# -- bad input and a bad disk


async def test_while_nothing_can_be_committed_senders_are_put_off_and_nothing_is_lost(house: House) -> None:
    raw = script.nagios("acc-sw-17", "10.20.0.17")
    with disk_full(house.daemon.store):
        code, _ = await house.mail(raw)
        assert code == 451
        answer = await house.post(b'{"alerts": []}')
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
        command = await house.web.post("/api/v1/incidents", json={"text": "call"}, headers=house.me)
        assert command.status_code == 503
    assert (await house.mail(raw))[0] == 250  # it recovered by itself
    assert (await house.until(house.incidents))[0]["title"].startswith("acc-sw-17")
    figures = await house.metrics()
    assert figures['ingestd_refused_total{code="503",source="prometheus"}'] == 1


async def test_malformed_json_is_refused_with_its_position_kept_and_shown(house: House) -> None:
    answer = await house.post(b'{"alerts": [\n  {"labels": }]}')
    assert answer.status_code == 422 and "line 2 column 14" in answer.json()["error"]
    (incident,) = await house.until(house.incidents)
    assert incident["title"].startswith("prometheus: ")
    assert f"the body is malformed: {answer.json()['error']}" in [reason["text"] for reason in incident["reasons"]]
    (strange,) = await house.daemon.store.queries.unrecognised()
    kept = await house.daemon.store.queries.entry(strange.id)
    assert kept is not None and kept.message.body == b'{"alerts": [\n  {"labels": }]}'
    assert (await house.metrics())['ingestd_unrecognised_total{source="prometheus"}'] == 1


async def test_a_wrong_token_again_and_again_is_a_low_incident(house: House) -> None:
    for _ in range(4):
        assert (await house.post(b"{}", token="guess")).status_code == 401
    assert await house.incidents() == []
    assert (await house.post(b"{}", token="guess")).status_code == 401
    (incident,) = await house.until(house.incidents)
    assert incident["priority"] == "P4" and "401" in incident["title"]
    assert (await house.metrics())['ingestd_refused_total{code="401",source="prometheus"}'] == 5
    assert not [row for row in house.daemon.store.entries() if b"guess" in row.entry.message.body]


async def test_the_site_limits_bodies(tmp_path: Path) -> None:
    stage = prepared(tmp_path / "site")
    stage.config.write_text(stage.config.read_text() + "webhooks: {size_limit: 100, refusals: 2}\n")
    async with opened(stage) as house:
        for _ in range(2):
            assert (await house.post(b" " * 200)).status_code == 413
        assert "413" in (await house.until(house.incidents))[0]["title"]


# -- reload


async def test_a_reload_swaps_the_rules_or_leaves_all_as_it_was(house: House) -> None:
    people = house.stage.folder / "people.yaml"
    good = people.read_text("utf-8")
    people.write_text(good.replace("lin.hao@", "lin@"), "utf-8")
    os.kill(os.getpid(), signal.SIGHUP)
    await house.until(lambda: _reloads(house, "ok", 1))
    assert house.daemon.outbox.contacts["lin"].addresses[0].to == "lin@trading.example"
    assert house.daemon.engine.world.rules is house.daemon.site.rulebook
    rules = house.daemon.engine.world.rules

    people.write_text("people: [{id: lin, nmae: x}]", "utf-8")
    with capture_logs() as said:
        await house.daemon.reload()
    assert "people.yaml:1:" in next(line["error"] for line in said if "refused" in line["event"])
    await house.until(lambda: _reloads(house, "refused", 1))
    assert house.daemon.engine.world.rules is rules
    ready = await house.web.get("/readyz")
    assert ready.status_code == 200
    assert "note: the last reload was refused" in ready.text
    assert "people.yaml:1:" in ready.text
    kinds = [row.entry.message.kind for row in house.daemon.store.entries()]
    assert kinds[:3] == ["start", "reload", "rerank"] and "reload" not in kinds[3:]
    assert "changed files were refused" in (await house.until(house.incidents))[0]["title"]

    people.write_text(good, "utf-8")
    await house.daemon.reload()
    await house.until(lambda: _reloads(house, "ok", 2))
    assert (await house.web.get("/readyz")).text == "ok\n"
    recovered = [a for a in house.daemon.engine.world.alerts.values() if a.check == "ingestd: configuration"]
    assert [alert.state for alert in recovered] == ["resolved"]

    site = house.stage.config
    site.write_text(site.read_text("utf-8").replace("timezone: Asia/Shanghai", "timezone: UTC"), "utf-8")
    await house.daemon.reload()
    await house.until(lambda: _reloads(house, "ok", 3))
    assert (await house.web.get("/readyz")).text == "ok\nnote: changed, and in force after a restart only: timezone\n"


async def test_a_reload_over_the_api_says_what_is_wrong(house: House) -> None:
    people = house.stage.folder / "people.yaml"
    good = people.read_text("utf-8")
    people.write_text("people: [{id: lin, nmae: x}]", "utf-8")
    refused = await house.web.post("/api/v1/reload", headers=house.me)
    assert refused.status_code == 409 and any("people.yaml:1:" in one for one in refused.json()["problems"])
    people.write_text(good, "utf-8")
    accepted = await house.web.post("/api/v1/reload", headers=house.me)
    assert accepted.json() == {"ok": True, "problems": [], "notes": []}
    assert (await house.web.post("/api/v1/reload")).status_code == 401


async def test_a_file_that_is_saved_is_taken_over(stage: Stage) -> None:
    stage.config.write_text(stage.config.read_text("utf-8").replace("watch: false", "watch: true"), "utf-8")
    async with opened(stage) as house:
        await asyncio.sleep(0.5)
        people = stage.folder / "people.yaml"
        people.write_text(people.read_text("utf-8").replace("lin.hao@", "lin@"), "utf-8")
        await house.until(lambda: _reloads(house, "ok", 1))
        assert house.daemon.outbox.contacts["lin"].addresses[0].to == "lin@trading.example"


async def _reloads(house: House, outcome: str, times: int) -> bool:
    figures = await house.metrics()
    rules = house.daemon.engine.world.rules is house.daemon.site.rulebook
    return rules and figures.get(f'ingestd_reloads_total{{outcome="{outcome}"}}') == times


async def test_a_reload_takes_over_tokens(house: House) -> None:
    config = house.stage.config
    config.write_text(config.read_text().replace(house.stage.webhook_token, "new-token"))
    await house.daemon.reload()
    assert (await house.post(b'{"alerts": []}')).status_code == 401
    assert (await house.post(b'{"alerts": []}', token="new-token")).status_code == 200


# -- start and stop


async def test_a_stop_is_graceful_and_the_next_start_goes_on(stage: Stage) -> None:
    async with opened(stage) as house:
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
        os.kill(os.getpid(), signal.SIGTERM)
        assert house.serving is not None
        assert await house.serving == 0
    async with opened(stage) as house:
        assert len(await house.incidents()) == 1
        assert (await house.metrics())['ingestd_starts_total{outcome="clean"}'] == 1


async def test_when_the_engine_breaks_down_the_daemon_ends_and_its_store_counts_as_unclean(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(stage) as house:
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
        monkeypatch.setattr(house.daemon.engine, "_slice", _broken)
        assert house.serving is not None
        assert await asyncio.wait_for(house.serving, 40) == 1
    async with opened(stage) as house:
        assert (await house.metrics())['ingestd_starts_total{outcome="unclean"}'] == 1
        assert await house.until(house.incidents)


async def _broken() -> bool:
    raise AssertionError("a fault of ours")


@pytest.mark.parametrize("listener", ["smtp", "http"])
async def test_a_port_that_is_taken_ends_the_start(stage: Stage, listener: str) -> None:
    with socket.create_server(("127.0.0.1", getattr(stage, listener))):
        daemon = Daemon(load_site(stage.config))
        with pytest.raises(OSError, match="in use"):
            await daemon.serve()


async def test_a_web_face_that_does_not_start_ends_the_start(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(_http: object, sockets: list[socket.socket]) -> None:
        sockets[0].close()

    monkeypatch.setattr(app.Quiet, "serve", serve)
    with pytest.raises(OSError, match="does not start"):
        await Daemon(load_site(stage.config)).serve()


def test_a_broken_configuration_does_not_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ingestd.yaml"
    path.write_text("version: 1\nmaildir: {path: mails}\nlast_resort: [person:wu]\nlsten: {}\n")
    assert run(path) == 1
    said = capsys.readouterr().err
    assert f"{path}:4:1: " in said and "listen" in said and "does not start" in said
    assert list(tmp_path.iterdir()) == [path]


def test_run_serves_a_site_and_says_what_can_not_be_had(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    topology = stage.folder / "topology.yaml"
    topology.write_text("version: 1\nnodes: [{id: a, depends_on: [b]}, {id: b, depends_on: [a]}]\n")

    async def serve(daemon: Daemon) -> int:
        assert daemon.site.state.is_dir()
        await daemon.store.close()
        raise OSError("the address is in use")

    monkeypatch.setattr(Daemon, "serve", serve)
    with capture_logs() as said:
        assert run(stage.config) == 1
    events = [line["event"] for line in said]
    assert events == ["check"] * (len(events) - 1) + ["can't start"]
    assert any("circle" in line.get("text", "") or "cycl" in line.get("text", "") for line in said)
    assert said[-1]["error"] == "the address is in use"


# -- slices of the site


def test_ways_out_and_addresses(stage: Stage) -> None:
    site = load_site(stage.config)
    assert set(channels(site)) == {"maildir"}
    assert contacts(site)["lin"].addresses == (Address("maildir", "lin.hao@trading.example"),)
    at = contacts(site)["lin"].at
    assert at is not None and at("P1", 0.0) == (Address("maildir", "lin.hao@trading.example"),)
    assert sender_domain(site) == "ingestd.localdomain"
    mail = MailSettings(host="relay.trading.example", sender="ingestd <it@trading.example>")
    site = replace(site, settings=replace(site.settings, mail=mail))
    assert set(channels(site)) == {"mail", "maildir"}
    assert contacts(site)["lin"].addresses == (Address("mail", "lin.hao@trading.example"),)
    assert sender_domain(site) == "trading.example"


async def test_a_late_verdict_says_that_the_command_is_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "VERDICT_PATIENCE", 0.0)
    answer = await house.web.post("/api/v1/incidents", json={"text": "printer on fire"}, headers=house.me)
    assert answer.status_code in (202, 504)
    assert (await house.until(house.incidents))[0]["owner"] == "lin"


def test_the_engine_and_the_web_agree_on_patience() -> None:
    assert app.LAG_LIMIT >= worker.DEAF_AFTER


async def test_mail_comes_by_a_socket_too_and_a_second_delivery_is_no_news(stage: Stage) -> None:
    path = stage.folder / "lmtp.sock"
    more = f"  lmtp: {{path: {path}}}\n  http:"
    stage.config.write_text(stage.config.read_text().replace("  http:", more))
    async with opened(stage) as house:
        raw = script.nagios("acc-sw-17", "10.20.0.17").replace(b"\n", b"\r\n")

        def send() -> None:
            with smtplib.LMTP(str(path), timeout=30) as client:
                client.sendmail(script.MONITOR, [script.ALERTS], raw)

        for _ in range(2):
            await asyncio.to_thread(send)
        (incident,) = await house.until(house.incidents)
        whole = (await house.web.get(f"/api/v1/incidents/{incident['number']}", headers=house.me)).json()
        assert [alert["count"] for alert in whole["alerts"]] == [1]
        assert [w["source"] for w in whole["alerts"][0]["watchers"]] == ["lmtp"]
    assert not path.exists()


async def test_a_mailbox_that_can_not_be_read_is_an_incident_until_it_can(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = "imap:\n- {name: box, host: 127.0.0.1, port: 1, tls: none, user: u, password: p, trouble_after: 1ms}\n"
    stage.config.write_text(stage.config.read_text() + box)
    monkeypatch.setattr("ingestd.intake.imap.DELAYS", (0.05,))
    async with opened(stage) as house:
        (incident,) = await house.until(house.incidents)
        assert "mailbox box can't be read" in incident["title"]
        assert (await house.metrics())['ingestd_mailbox_connected{mailbox="box"}'] == 0
        house.daemon._trouble("box", "")

        async def over() -> bool:
            whole = (await house.web.get(f"/api/v1/incidents/{incident['number']}", headers=house.me)).json()
            return {alert["state"] for alert in whole["alerts"]} == {"resolved"}

        await house.until(over)


async def test_trouble_is_told_when_the_store_takes_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = house.daemon.receive, []

    async def shy(message: Message) -> int:
        tries.append(message)
        if len(tries) == 1:
            raise StoreUnavailable("disk", retry_after=0)
        return await real(message)

    monkeypatch.setattr(house.daemon, "receive", shy)
    house.daemon._trouble("box", "no answer")
    await house.until(house.incidents)
    assert len(tries) == 2


async def test_a_ping_and_what_an_alertmanager_is_asked(stage: Stage) -> None:
    sources = "sources:\n  jobs: {adapter: heartbeat, token: p1ng}\n"
    stage.config.write_text(stage.config.read_text().replace("sources:\n", sources))
    (stage.folder / "heartbeats.yaml").write_text("heartbeats: [{id: backup, every: 1h}]\n")
    async with opened(stage) as house:
        assert (await house.web.get("/heartbeats/backup/fail?token=p1ng")).status_code == 200
        assert (await house.web.get("/heartbeats/other?token=p1ng")).status_code == 404
        (incident,) = await house.until(house.incidents)
        assert "heartbeat backup" in incident["title"]
        (alert,) = (await house.web.get("/api/v2/alerts", headers=house.me)).json()
        assert alert["labels"]["alertname"] == "heartbeat backup"
        assert {"name": "urgent"} in (await house.web.get("/api/v2/receivers", headers=house.me)).json()
