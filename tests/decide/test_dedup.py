"""Which alert it is, and who still says that it fires."""

import pytest

from ingestd.decide.dedup import locate
from ingestd.model import Event, Message
from tests.decide.stories import alert
from tests.night import MORNING, Night, trading_company

RULES = trading_company()


@pytest.mark.parametrize(
    ("event", "node", "fingerprint"),
    [
        ({"host": "HR-SERVER:9100"}, "hr-server", "hr-server|"),
        ({"host": "10.20.1.13", "check": "SSH"}, "hr-server", "hr-server|ssh"),
        ({"host": "sales-mail", "check": "mail"}, "mail", "mail|"),
        ({"host": "sales-mail", "check": "mail", "guessed": True}, "sales-mail", "guessed:sales-mail|mail"),
        ({"host": "Ghost-9.example."}, "ghost-9.example", "ghost-9.example|"),
        ({"check": "tape robot"}, "prod", "prod|tape robot"),
        ({"host": "hr-server", "identity": "77"}, "hr-server", "77"),
        ({"report": True, "sender": "mei@hr.example"}, "mei@hr.example", "report|mei@hr.example|gone"),
        ({"report": True, "identity": "call-7"}, "prod", "call-7"),
    ],
)
def test_what_identifies_an_alert(event: dict[str, object], node: str, fingerprint: str) -> None:
    found = locate(RULES, Event(state="firing", summary="Gone", **event), "prod")  # type: ignore[arg-type]
    assert (found.node, found.fingerprint) == (node, fingerprint)


def test_a_repeat_counts_and_the_worst_severity_stays() -> None:
    night = Night()
    for second, severity in enumerate(("warning", "critical", "unknown", "info")):
        night.webhook(second, alert("hr-server", "disk", severity=severity))
    assert [(a.count, a.severity) for a in night.alerts("hr-server")] == [(4, "critical")]


def test_an_end_that_the_source_names_is_wall_time() -> None:
    night = Night()
    night.message(0, Message(kind="clock", source="engine", body=b"3600.0"))
    night.webhook(10, alert("box", ends_at=MORNING + 3600 + 900))
    assert night.alerts("box")[0].due_at == MORNING + 900
    night.until(901)
    assert night.alerts("box")[0].state == "resolved"


def test_a_source_that_fell_silent_no_longer_holds_an_alert_open() -> None:
    night = Night()
    for minute in (0, 5, 10, 15):
        night.webhook(minute * 60, alert("acc-sw-18"), source="repeats")
    night.webhook(15 * 60, alert("acc-sw-18"), source="says it once")
    night.webhook(29 * 60, alert("acc-sw-18", state="resolved"), source="says it once")
    assert night.alerts("acc-sw-18")[0].state == "firing"
    night.webhook(31 * 60, alert("acc-sw-18"), source="says it once")
    night.webhook(32 * 60, alert("acc-sw-18", state="resolved"), source="says it once")
    assert night.alerts("acc-sw-18")[0].state == "resolved"


def test_a_burst_of_redeliveries_does_not_shorten_what_counts_as_silence() -> None:
    night = Night()
    for at in (0, 1200, 2400, 2401):
        night.webhook(at, alert("box"))
    assert night.alerts("box")[0].due_at == MORNING + 2401 + 12 * 3600


def test_three_long_intervals_are_silence() -> None:
    night = Night()
    for at in (0, 5 * 3600, 10 * 3600):
        night.webhook(at, alert("box"))
    assert night.alerts("box")[0].due_at == MORNING + 10 * 3600 + 15 * 3600


def test_a_source_that_says_when_things_are_over_is_believed_for_days() -> None:
    night = Night()
    for at in (0, 1200, 2400):
        night.webhook(at, alert("box"))
    night.webhook(2500, alert("crate", state="resolved"))
    night.until(2400 + 2 * 86400 - 1)
    assert night.alerts("box")[0].state == "firing"
    night.until(2400 + 2 * 86400)
    assert night.alerts("box")[0].state == "resolved"


def test_a_source_that_speaks_once_holds_its_alert_until_it_says_otherwise() -> None:
    night = Night()
    night.webhook(0, alert("acc-sw-18"), source="says it once")
    night.webhook(60, alert("acc-sw-18"), source="other")
    night.webhook(86400, alert("acc-sw-18", state="resolved"), source="other")
    assert night.alerts("acc-sw-18")[0].state == "firing"
