"""Why, over the API: pages, alerts, incidents, and what has not happened."""

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from ingestd.explanation import of_rehearsal
from ingestd.model import Facts, News, Notification, Reason
from ingestd.rehearsal import Rehearsal
from ingestd.store import Delivery
from ingestd.web.answers import BODY_LIMIT
from ingestd.web.explain import SupposedEvent
from tests.web.faces import World
from tests.web.test_api import get, post

FACTS = Facts(
    number=7,
    priority="P1",
    title="acc-sw-17: no answer",
    state="triggered",
    held=60.0,
    team="network",
    step=1,
    policy="urgent",
    wall_offset=1795568400.0,
    reasons=(
        Reason("correlate", "opened", "nothing is known to be down"),
        Reason("correlate", "confirmed", "it reported itself"),
        Reason("rank", "gone", "urgency high: out of reach"),
        Reason("rank", "matrix", "impact high x urgency high = P1"),
        Reason("route", "urgent", "policy urgent"),
    ),
)


async def explained(world: World, person: str = "lin", **more: Any) -> list[str]:
    """Of a page of the sample company, kept as it says."""
    outcome = {name: more.pop(name) for name in ("channel", "detail", "attempts") if name in more}
    page = Notification(id=17, incident=7, person=person, kind="open", at=60.0, facts=FACTS, state="handed_over")
    made = Delivery(replace(page, **more), "mail", "250 ok", 1, "<17@x>")
    world.rows.delivered = (replace(made, **outcome),)
    answer = await get(world, "/explain/n17")
    assert answer.status_code == 200, answer.text
    lines = list(answer.json()["lines"])
    assert len(lines) <= 10
    return lines


async def test_a_page_is_explained_by_the_whole_chain() -> None:
    assert await explained(World()) == [
        "n17 to lin: first word of incident 7 P1: acc-sw-17: no answer",
        "why lin: step 1 of policy urgent tells owner, by which lin was meant then",
        "when: Wed 09:01:00, the incident was held 60 s before anybody was told",
        "correlate confirmed: it reported itself",
        "rank gone: urgency high: out of reach",
        "rank matrix: impact high x urgency high = P1",
        "route urgent: policy urgent",
        "delivery: handed over by mail (way 1 of 1: mail), 1 attempts: 250 ok",
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"state": "queued", "channel": ""}, "delivery: queued, to go by mail"),
        ({"state": "claimed", "channel": ""}, "delivery: claimed, on its way, to go by mail"),
        ({"state": "failed", "detail": "mail: refused", "attempts": 3}, ", 3 attempts: mail: refused"),
        ({"state": "cancelled"}, "delivery: withdrawn before anybody had claimed it"),
        ({"person": "gone", "channel": ""}, "as it was then (today's rules name others)"),
        ({"kind": "update", "facts": replace(FACTS, news=(News("cause", "core"),))}, "news: cause core"),
        ({"kind": "end"}, "why lin: who was told of a problem is told of its end"),
        ({"kind": "last_resort"}, "the steps of policy urgent ended or reached nobody, so last_resort was told"),
        ({"kind": "functional", "facts": replace(FACTS, step=0, policy="none-such")}, "not resolved in time: a step"),
        ({"kind": "notice", "incident": 0, "facts": replace(FACTS, number=0)}, "n17 to lin: a notice, about no"),
        ({"facts": replace(FACTS, waits_from=30.0)}, "it waited for the hours of policy urgent since Wed 09:00:30"),
        ({"facts": replace(FACTS, reasons=())}, "rank matrix: impact high x urgency high = P1"),
    ],
)
async def test_what_is_said_of_a_page(more: dict[str, Any], said: str) -> None:
    assert said in "\n".join(await explained(World(), **more))


async def test_incidents_and_alerts_too() -> None:
    assert (await get(World(), "/explain/7")).json()["lines"][0].startswith("incident 7 P1 triggered: cause core-sw")
    assert (await get(World(), "/explain/a3")).json()["lines"][1] == "recognise nagios4: host notification"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("99", 404, "there is no incident 99"),
        ("a99", 404, "there is no alert a99"),
        ("n99", 404, "there is no page n99"),
        ("x1", 422, "expected an incident's number (12)"),
        ("n" + "9" * 16, 422, "expected"),
    ],
)
async def test_ids_that_lead_nowhere(name: str, status: int, words: str) -> None:
    answer = await get(World(), f"/explain/{name}")
    assert answer.status_code == status and words in answer.json()["error"]


async def test_a_stranger_is_told_nothing() -> None:
    assert (await get(World(), "/explain/n12", {})).status_code == 401
    assert (await post(World(), "/explain", {"event": {"host": "db"}}, {})).status_code == 401


async def test_an_event_that_did_not_happen() -> None:
    world = World()
    answer = await post(world, "/explain", {"event": {"host": "ACC-SW-17", "labels": {"app": "x"}}})
    lines = answer.json()["lines"]
    assert len(lines) <= 10 and lines[0] == "understood as alert by event"
    assert lines[1].startswith("a1 firing: acc-sw-17 (in the topology), fingerprint acc-sw-17|, class reachability")
    assert any(line.startswith("would open incident 1 P1") for line in lines)
    assert lines[-1].startswith("told: lin (open, mail) at ") and lines[-1].endswith("held 60 s")
    assert world.received == [] and world.engine.heard == [] and not world.live.alerts


async def test_a_body_that_did_not_come() -> None:
    mail = base64.b64encode(
        b"From: kim@x.example\nSubject: Fwd: printer\n\nour printer is broken, please help"
    ).decode()
    lines = (await post(World(), "/explain", {"body": mail})).json()["lines"]
    assert lines[0].startswith("understood as human_report by the fallback")
    hook = base64.b64encode(b'{"host": "hr-server", "check": "disk", "summary": "full"}').decode()
    asked = {"kind": "webhook", "source": "generic", "body": hook}
    assert "hr-server disk" in (await post(World(), "/explain", asked)).json()["lines"][1]
    calm = base64.b64encode(b"Subject: backup finished ok\nFrom: backup@x.example\n\nall is well").decode()
    assert "told:" not in "".join((await post(World(), "/explain", {"body": calm})).json()["lines"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"event": {"host": "a", "chek": "disk"}}, "body:1:22: unknown key 'chek': did you mean 'check'?"),
        ({"event": {"host": "a", "severity": "bad"}}, "expected critical, error"),
        ({"event": {}}, "expected at least a host, a check or a summary"),
        ({}, "expected either event or body"),
        ({"event": {"host": "a"}, "body": "YQ=="}, "expected either event or body"),
        ({"kind": "webhook", "source": "nagois", "body": "YQ=="}, "unknown source 'nagois': did you mean 'nagios'?"),
        ([], "expected keys and values"),
    ],
)
async def test_questions_that_make_no_sense(body: object, words: str) -> None:
    answer = await post(World(), "/explain", body)
    assert answer.status_code == 422 and words in answer.json()["error"]


async def test_bytes_that_are_no_json_and_too_many_of_them() -> None:
    world = World()
    async with world.browser() as browser:
        headers = {"Authorization": "Bearer ann-token"}
        broken = await browser.post("/api/v1/explain", content=b'{"event": {"host": "a" "b"}}', headers=headers)
        assert broken.status_code == 422 and broken.json()["error"].startswith("body:1:24:")
        long = await browser.post("/api/v1/explain", content=b" " * (BODY_LIMIT + 1), headers=headers)
        assert long.status_code == 413


async def test_what_nobody_would_be_told_of_says_why() -> None:
    world = World()
    incident = replace(world.rows.kept[7], number=1)
    message, reading = SupposedEvent(host="db").message()
    would = Rehearsal(reading=world.face().rehearse(message, reading).reading, incidents=(incident,))
    zone = world.live.rules.ranker.zone
    hidden = replace(would, incidents=(replace(incident, suppressed=True),))
    taken = replace(would, incidents=(replace(incident, state="acknowledged", owner="lin"),))
    assert of_rehearsal(hidden, zone)[-1] == "told: nobody, it is hidden (maintenance, or a silence)"
    assert of_rehearsal(taken, zone)[-1] == "told: nobody anew, lin has it"
    assert of_rehearsal(would, zone)[-1].startswith("told: nobody now")
    assert of_rehearsal(replace(would, shunted="KeyError: 1"), zone)[-1] == "it would be set aside: KeyError: 1"
    assert "it opens nothing" in of_rehearsal(replace(would, incidents=()), zone)[-1]
