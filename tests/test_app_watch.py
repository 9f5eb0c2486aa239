"""The daemon watches itself: a channel that fails, an engine that is stuck, and what its operator asks."""

import asyncio
import csv
import io
import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ingestd import app, auditor
from ingestd.__main__ import main
from ingestd.auditor import Finding
from ingestd.channels import ChannelError, Letter, Sent
from ingestd.channelwatch import Patience
from ingestd.demo import script
from ingestd.demo.site import Stage
from ingestd.outbox import Address, Contact
from ingestd.problem import said
from ingestd.shouting import letter, shown
from tests.test_app import House, opened, prepared

STUCK = Finding(
    "engine", "", said("the engine has not moved for {seconds} s: {count} entries wait", seconds=99, count=3)
)


@pytest.fixture(autouse=True)
def _logging_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "configure_logging", lambda: None)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return prepared(tmp_path / "site")


class Refusing:
    """A channel that takes nothing."""

    async def send(self, _letter: Letter) -> Sent:
        raise ChannelError("554 5.7.1 no service", transient=False)


def letters(house: House) -> list[Any]:
    return [message_from_bytes(path.read_bytes(), policy=default) for path in (house.stage.mails / "new").glob("*")]


async def test_a_channel_that_fails_is_an_incident_told_by_another_and_over_when_it_is_gone(stage: Stage) -> None:
    house = House(stage)
    outbox = house.daemon.outbox
    outbox.channels = {"pager": Refusing(), **outbox.channels}
    outbox.contacts = {
        name: Contact("en", (Address("pager", "1"), *contact.addresses)) for name, contact in outbox.contacts.items()
    }
    house.daemon.channel_watch._patience = Patience(letters=1)
    await house.open()
    try:
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))

        async def about_it() -> list[dict[str, Any]]:
            return [one for one in await house.incidents() if "channel:pager" in one["title"] + str(one["root"])]

        (incident,) = await house.until(about_it)

        async def paged() -> bool:
            return any(mail["X-Ingestd-Incident"] == str(incident["number"]) for mail in letters(house))

        await house.until(paged)
        figures = await house.metrics()
        assert figures['ingestd_channel_failing{channel="pager"}'] == 1
        assert figures['ingestd_channel_letters_total{channel="maildir",outcome="taken"}'] >= 1
        assert len(await about_it()) == 1
        assert await house.daemon.reload() == ()
        firing = house.daemon._firing

        async def over() -> bool:
            return "channel:pager" not in firing()

        await house.until(over)
    finally:
        await house.close()
        await house.web.aclose()
        await asyncio.sleep(0.01)


async def test_past_a_stuck_engine_the_last_resort_gets_one_plain_letter(stage: Stage) -> None:
    async with opened(stage) as house:
        await house.daemon.auditor._shout([STUCK])
        (mail,) = letters(house)
        text = mail.get_body().get_content()
        assert mail["To"] == "wu.jing@trading.example"
        assert "99" in text and "ingestd doctor" in text and mail["Auto-Submitted"]
        house.daemon.outbox.observing = True
        await house.daemon.auditor._shout([STUCK])
        assert len(letters(house)) == 1


def test_the_alarm_is_in_the_reader_s_language() -> None:
    assert letter([STUCK])("zh_CN")[0] == "ingestd 自身卡住了：新的告警可能无法通知"
    assert letter([STUCK])("en")[1].splitlines()[1] == "- the engine has not moved for 99 s: 3 entries wait"


async def test_an_engine_that_really_hangs_is_told_of_past_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(stage) as house:
        daemon, free = house.daemon, asyncio.Event()
        commit = daemon.store.commit

        async def hang(batch: Any) -> Any:
            await free.wait()
            return await commit(batch)

        monkeypatch.setattr(daemon.store, "commit", hang)
        for _ in range(16):
            await daemon.engine._slots.acquire()
        await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))
        await house.mail(script.nagios("acc-sw-18", "10.20.0.18"))

        async def waiting() -> bool:
            return daemon.engine.queued > 0

        await house.until(waiting)
        daemon.auditor.beat()
        monkeypatch.setattr(auditor, "STILL", -1.0)
        daemon.auditor._moved -= 1.0
        await daemon.auditor.round()
        await daemon.auditor.round()
        (mail,) = letters(house)
        assert mail["To"] == "wu.jing@trading.example" and "stuck" in mail["Subject"]
        assert (await house.web.get("/readyz")).status_code == 503
        free.set()
        for _ in range(16):
            daemon.engine._slots.release()
        await house.until(house.incidents)


async def test_readiness_and_the_api_tell_what_stands(stage: Stage) -> None:
    async with opened(stage) as house:
        daemon = house.daemon
        assert (await house.web.get("/api/v1/audit", headers=house.me)).json() == {"findings": []}
        daemon.auditor.last = type(daemon.auditor.last)(at=1.0, findings=(STUCK,), standing=(STUCK,))
        answer = await house.web.get("/readyz")
        assert answer.status_code == 503 and "the engine has not moved" in answer.text
        assert [(one.what, one.standing) for one in shown(daemon.auditor.last)] == [("engine", True)]


async def test_the_ledger_and_the_doctor_from_the_keyboard(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGESTD_TOKEN", stage.personal_token)
    with capture_logs():  # else they stand among what is printed
        async with opened(stage) as house:
            await house.mail(script.nagios("acc-sw-17", "10.20.0.17"))

            async def handed() -> bool:
                return bool(letters(house))

            await house.until(handed)
            await house.web.post("/api/v1/incidents/1/ack", headers=house.me)

            async def ran(*words: str) -> tuple[int, str]:
                status = await asyncio.to_thread(main, [*words, "--config", str(stage.config)])
                return status, capsys.readouterr().out

            status, out = await ran("ledger", "--incident", "1")
            lines = [json.loads(line) for line in out.splitlines()]
            assert status == 0 and (lines[0]["person"], lines[0]["by"]) == ("lin", "api")
            whole = (await house.web.get("/api/v1/incidents/1", headers=house.me)).json()
            pages = [(one["id"], one["state"], one["channel"]) for one in whole["notifications"]]
            assert [(one["id"], one["outcome"], one["channel"]) for one in lines if one["what"] == "page"] == pages

            monkeypatch.setattr("ingestd.cli.ledger.is_terminal", lambda: True)
            _, out = await ran("ledger", "--person", "lin")
            assert "lin" in out and out.splitlines()[-1].endswith("pages and answers")
            _, out = await ran("ledger", "--csv", "--since", "1d")
            rows = list(csv.reader(io.StringIO(out.removeprefix("\ufeff"))))
            assert rows[0][0] == "when" and rows[1][3] == "lin"

            status, out = await ran("doctor", "--json", "--language", "en")
            found = {one["check"]: one for one in map(json.loads, out.splitlines())}
            assert status == 0, out
            assert found["auditor"]["text"] == "nothing is stuck" and found["ready"]["verdict"] == "ok"
            assert found["links"]["text"].endswith("this proves only the way from this machine")
            assert found["store"]["verdict"] == "ok" and found["link.key: permissions"]["verdict"] == "ok"
