"""What happens at the source, by whom a mail is meant, and what is read a second time."""

from email.message import EmailMessage

import msgspec
import pytest

from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.model import Message
from ingestd.yamltypes import loads
from tests.night import MORNING, Night, trading_company


def event(action: str, key: str = "k1", **payload: object) -> bytes:
    said = {"summary": "hr-server: disk full", "source": "hr-server", "severity": "error"} | payload
    return msgspec.json.encode({"event_action": action, "dedup_key": key, "payload": said})


def pagerduty(night: Night, at: float, body: bytes) -> None:
    night.message(at, Message(kind="webhook", source="legacy", adapter="pagerduty_events_v2", body=body))


def opsgenie(night: Night, at: float, action: str, **content: object) -> None:
    named = "" if action == "create" else "&identifier=k1&identifierType=alias"
    body = msgspec.json.encode({"alias": "k1", "entity": "hr-server"} | content)
    night.message(
        at,
        Message(kind="webhook", source="ops", adapter="opsgenie_alert_api", query=f"action={action}{named}", body=body),
    )


def test_an_acknowledgement_at_the_source_stops_the_escalation_although_nobody_here_owns_it() -> None:
    night = Night()
    pagerduty(night, 0, event("trigger"))
    night.until(20)
    told = night.told()
    pagerduty(night, 30, event("acknowledge"))
    (incident,) = night.incidents()
    assert (incident.state, incident.owner) == ("acknowledged", "")
    night.until(3000)
    assert [page for page in night.told() if page[2] not in ("update", "hierarchic", "functional")] == told
    assert night.act(3100, "chen", "ack", incident.number).ok
    assert night.incidents()[0].owner == "chen"


def test_a_colleague_who_acknowledges_at_the_source_owns_it() -> None:
    night = Night()
    opsgenie(night, 0, "create", message="disk full")
    night.until(20)
    opsgenie(night, 30, "acknowledge", user="Chen Yu")
    assert [(i.state, i.owner) for i in night.incidents()] == [("acknowledged", "chen")]
    opsgenie(night, 40, "close")
    assert [a.state for a in night.world.alerts.values()] == ["resolved"]


def test_an_acknowledgement_of_one_symptom_does_not_silence_the_others() -> None:
    night = Night()
    for host in ("hr-server", "sales-mail", "acc-sw-17"):
        night.nagios(0, host)
    night.until(100)
    night.mail(
        110,
        "** ACKNOWLEDGEMENT Host Alert: hr-server is DOWN **",
        "***** Nagios *****\n\nNotification Type: ACKNOWLEDGEMENT\nHost: hr-server\nState: DOWN\nAddress: \n"
        "Info: CRITICAL - Host unreachable\n\nDate/Time: now\n",
    )
    (incident,) = night.incidents()
    assert incident.state == "triggered"
    lines = [row.text for stepped in night.journal for row in stepped.changes.timeline]
    assert any("acknowledged at its source" in line for line in lines)


def test_an_acknowledgement_of_nothing_we_know_changes_nothing() -> None:
    night = Night()
    night.mail(
        0,
        "** ACKNOWLEDGEMENT Host Alert: hr-server is DOWN **",
        "***** Nagios *****\n\nNotification Type: ACKNOWLEDGEMENT\nHost: hr-server\nState: DOWN\n\nDate/Time: now\n",
    )
    assert night.incidents() == []


def addressed(to: str, subject: str = "disk failure on hr-server") -> Message:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "root@hr-server.trading.example", to, subject
    mail.set_content("raid array degraded")
    return Message(kind="mail", source="smtp", body=mail.as_bytes(), recipients=(to,))


def test_a_mail_to_the_address_of_a_source_is_that_sources() -> None:
    night = Night()
    night.message(0, addressed("alerts+branch-office@trading.example"))
    (alert,) = night.world.alerts.values()
    assert alert.watchers[0].source == "branch-office"


def test_a_mail_to_the_address_of_a_policy_goes_by_that_policy() -> None:
    night = Night()
    policy = night.rules.escalation.policies[-1].id
    night.message(0, addressed(f"alerts+{policy}@trading.example"))
    (incident,) = night.incidents()
    assert incident.policy == policy
    assert f"a mail was addressed to policy {policy}" in [reason.text for reason in incident.reasons]


@pytest.mark.parametrize("to", ["alerts@trading.example", "alerts+nothing-known@trading.example"])
def test_any_other_address_changes_nothing(to: str) -> None:
    night = Night()
    night.message(0, addressed(to))
    (alert,) = night.world.alerts.values()
    assert (alert.watchers[0].source, alert.policy) == ("smtp", "")


def test_news_of_yesterday_opens_nothing_but_may_end_what_is_open() -> None:
    night = Night()
    down = Message(kind="webhook", source="prod", adapter="generic", body=b'{"host": "hr-server", "summary": "down"}')
    night.message(0, msgspec.structs.replace(down, old=True))
    assert night.incidents() == []
    night.message(10, down)
    up = msgspec.structs.replace(down, old=True, body=b'{"host": "hr-server", "state": "ok"}')
    night.message(20, up)
    assert [a.state for a in night.world.alerts.values()] == ["resolved"]


STRANGE = b"""From: Watch <watch@gizmo.example>
To: it@trading.example
Subject: GIZMO alarm 7 raised: pump failure
Message-ID: <1@gizmo.example>

unit: pump-3
"""
GIZMO = """
id: gizmo
when: [{subject: '~^GIZMO alarm'}]
labels: {host: unit}
take: [{subject: '^GIZMO alarm \\d+ (?P<state>\\w+): (?P<summary>.+)$'}]
states: {raised: firing, cleared: resolved}
ends: recovery
examples: []
"""


def test_what_is_read_again_by_a_new_recogniser_replaces_the_first_reading() -> None:
    night = Night()
    changes = night.message(0, Message(kind="mail", source="smtp", body=STRANGE))
    assert changes.recogniser == "none"
    (first,) = night.world.alerts.values()
    rules = trading_company()
    rules.recognisers = Recognisers.compile((loads(GIZMO, RecogniserFile, "gizmo.yaml"),))
    night.world.reload(rules)
    again = Message(kind="mail", source="smtp", body=STRANGE, origin=f"reread:1:{MORNING}", actor="lin")
    changes = night.message(60, again)
    assert changes.recogniser == "gizmo"
    states = {a.fingerprint: a.state for a in night.world.alerts.values()}
    assert states == {first.fingerprint: "resolved", "pump-3|": "firing"}


def test_what_is_still_not_understood_stays_as_it_is() -> None:
    night = Night()
    night.message(0, Message(kind="mail", source="smtp", body=STRANGE))
    night.message(60, Message(kind="mail", source="smtp", body=STRANGE, origin="reread:1:2", actor="lin"))
    (alert,) = night.world.alerts.values()
    assert (alert.state, alert.count) == ("firing", 2)
