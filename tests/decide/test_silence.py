"""What people asked not to be told of: only while all that fires in an incident is hidden."""

from typing import Any

import pytest

from ingestd.decide import labels, silence
from ingestd.model import Matcher, Silence, Verdict
from tests.decide.stories import ROW, alert
from tests.night import Night, trading_company


def row() -> Night:
    return Night(trading_company(topology=ROW))


def quiet(
    night: Night, at: float, *matchers: Matcher, until: float = 3600, start: float | None = None, **more: Any
) -> Verdict:
    """Lin asks for a silence from now, or from ``start``, to ``until`` (seconds after the beginning)."""
    asked = Silence(
        id=more.pop("id", "s1"),
        matchers=matchers,
        starts_at=night.begin + (at if start is None else start),
        ends_at=night.begin + until,
        by="",
        comment=more.pop("comment", "known"),
    )
    return night.act(at, "lin", "silence", silence=asked)


HOST = Matcher("instance", "srv-1")


def test_a_silenced_alert_opens_an_incident_that_pages_nobody_until_the_silence_ends() -> None:
    night = row()
    assert quiet(night, 0, HOST).ok
    night.webhook(10, alert("srv-1"))
    night.until(3599)
    assert [kind for _, _, kind in night.told()] == ["notice"]
    (incident,) = night.incidents()
    assert (incident.suppressed, incident.silenced_by) == (True, ("s1",))
    assert "silenced by lin: known" in [reason.text for reason in incident.reasons]
    night.until(3600 + 60)
    assert next(who for _, who, kind in night.told() if kind != "notice") == "chen"
    assert not night.incidents()[0].suppressed


def test_one_alert_more_that_is_not_hidden_brings_the_incident_back() -> None:
    night = row()
    quiet(night, 0, HOST)
    night.webhook(10, alert("srv-1"))
    night.webhook(20, alert("sw"))
    night.until(200)
    assert {incident.suppressed for incident in night.incidents()} == {False}
    assert night.told()


def test_the_clocks_stand_still_while_it_is_hidden() -> None:
    night = row()
    night.webhook(0, alert("srv-1"))
    night.until(61)
    (first,) = night.told()
    step_at = night.incidents()[0].step_at
    quiet(night, 100, HOST, until=5000)
    night.until(4999)
    assert [one for one in night.told() if one[2] != "notice"] == [first]
    assert night.incidents()[0].step_at == step_at
    night.until(5000)
    assert night.incidents()[0].step_at == step_at + 4900
    night.until(5000 + 4900)
    assert len(night.told()) > 1


def test_a_reminder_comes_all_the_same() -> None:
    night = row()
    night.webhook(0, alert("srv-1", ends="person"))
    night.until(61)
    quiet(night, 100, HOST, until=30 * 86400)
    night.until(8 * 86400)
    assert night.told()[-1][2] == "update"


def test_a_silence_that_is_ended_by_hand_hides_nothing_more() -> None:
    night = row()
    quiet(night, 0, HOST)
    night.webhook(10, alert("srv-1"))
    assert night.act(20, "lin", "expire", text="s1").text == "silence s1 ended by lin"
    assert not night.incidents()[0].suppressed
    assert not night.act(30, "lin", "expire", text="s1").ok
    assert night.act(30, "lin", "expire", text="s1").text == "there is no silence s1"


def test_a_silence_that_starts_later_hides_from_then_on() -> None:
    night = row()
    night.webhook(0, alert("srv-1", "disk", severity="warning"))
    night.act(5, "chen", "ack", 1)
    quiet(night, 10, HOST, start=500)
    assert not night.incidents()[0].suppressed
    night.webhook(100, alert("srv-1", "disk", severity="critical"))  # what happens meanwhile does not forget it
    night.until(500)
    assert night.incidents()[0].suppressed
    night.until(3600)
    assert not night.incidents()[0].suppressed


def test_one_silence_after_another_hides_again() -> None:
    night = row()
    night.webhook(0, alert("srv-1", "disk"))
    night.act(5, "chen", "ack", 1)
    quiet(night, 10, HOST, start=500, until=600, id="first")
    quiet(night, 20, HOST, start=900, until=1000, id="second")
    hidden = []
    for at in (499, 500, 600, 899, 900, 1000):
        night.until(at)
        hidden.append(night.incidents()[0].suppressed)
    assert hidden == [False, True, False, False, True, False]


def test_an_incident_that_is_over_waits_for_no_silence() -> None:
    night = row()
    night.webhook(0, alert("srv-1", "disk"))
    quiet(night, 10, HOST, until=900)
    night.webhook(20, alert("srv-1", "disk", state="resolved"))
    night.until(5000)
    assert not night.world.incidents


def test_an_incident_that_was_merged_leaves_its_silence_to_the_survivor() -> None:
    night = row()
    night.webhook(0, alert("srv-1", "disk"))
    quiet(night, 10, HOST, until=900)
    night.webhook(30, alert("srv-2", "disk"))
    assert night.act(40, "lin", "merge", 1, into=2).ok
    night.until(1000)
    assert [i.suppressed for i in night.incidents()] == [False]


def test_a_silence_that_came_and_went_while_nobody_ran_is_forgotten() -> None:
    night = row()
    night.webhook(0, alert("srv-1", "disk"))
    quiet(night, 10, HOST, start=500, until=600)
    night.world.silences.clear()  # as after a start that is days late
    night.until(700)
    assert [(i.suppressed, i.silent_until) for i in night.incidents()] == [(False, 0.0)]


def test_the_end_comes_through_a_silence() -> None:
    night = row()
    night.webhook(0, alert("srv-1"))
    night.until(61)
    quiet(night, 100, HOST, until=50_000)
    night.webhook(200, alert("srv-1", state="ok"))
    night.until(1000)
    assert night.told()[-1][2] == "end"


def test_maintenance_is_nothing_that_a_silence_ends() -> None:
    window = "maintenance: [{targets: [srv-1], start: 1795568400, end: 1795572000}]"
    night = Night(trading_company(topology=ROW + window))
    night.webhook(10, alert("srv-1"))
    quiet(night, 20, HOST, until=100)
    night.until(3000)
    assert night.told() == []
    assert night.incidents()[0].suppressed


def test_two_silences_may_hide_an_incident_together() -> None:
    night = row()
    quiet(night, 0, HOST, id="a")
    quiet(night, 0, Matcher("check", "", equal=False), Matcher("alertname", "disk"), id="b", until=100)
    night.webhook(5, alert("srv-1"))
    assert night.incidents()[0].silenced_by == ("a",)
    night.webhook(6, alert("srv-1", "ping", labels={"instance": "10.0.0.1", "alertname": "disk", "check": "ping"}))
    assert [i.silenced_by for i in night.incidents()] == [("a", "b")]
    assert night.incidents()[0].silent_until == night.begin + 100


def test_a_failed_page_brings_nobody_else_while_it_is_hidden() -> None:
    night = row()
    night.fates["chen"] = "fails"
    quiet(night, 0, HOST)
    night.webhook(10, alert("srv-1"))
    night.until(1000)
    assert night.told() == []


@pytest.mark.parametrize(
    ("matchers", "wrong"),
    [
        ((), "needs 1 to 50 matchers"),
        ((HOST,) * 51, "needs 1 to 50 matchers"),
        ((Matcher("a", "(", regex=True),), "not an RE2 pattern"),
        ((Matcher("a", ".*", regex=True), Matcher("b", "x", equal=False)), "at least one matcher must ask"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(matchers: tuple[Matcher, ...], wrong: str) -> None:
    verdict = quiet(row(), 0, *matchers)
    assert not verdict.ok and wrong in verdict.text


def test_a_silence_needs_an_end_after_its_start_and_a_person() -> None:
    night = row()
    assert "must end after" in quiet(night, 0, HOST, until=0).text
    assert "needs matchers" in night.act(0, "lin", "silence").text
    assert not night.act(0, "nobody", "silence").ok


@pytest.mark.parametrize(
    ("matcher", "hit"),
    [
        (Matcher("team", "net"), True),
        (Matcher("team", "ne"), False),
        (Matcher("team", "ne.*", regex=True), True),
        (Matcher("team", "e", regex=True), False),
        (Matcher("team", "x|net", regex=True), True),
        (Matcher("team", "net", equal=False), False),
        (Matcher("team", "x.*", regex=True, equal=False), True),
        (Matcher("absent", ""), True),
    ],
)
def test_how_a_matcher_meets_a_label(matcher: Matcher, hit: bool) -> None:
    assert silence.meets(matcher, {"team": "net"}) is hit


def test_the_labels_of_an_alert_are_its_sources_and_the_usual_ones() -> None:
    night = row()
    night.webhook(0, alert("srv-1", "disk", labels={"team": "net"}))
    night.webhook(0, alert("srv-2"))
    one, two = night.world.alerts.values()
    assert labels.labels_of(one)["team"] == "net"
    assert labels.labels_of(two) == {
        "alertname": "host",
        "instance": "srv-2",
        "node": "srv-2",
        "severity": "critical",
        "source": "prod",
    }
    assert labels.shown_labels(two) == labels.labels_of(two)
    night.webhook(1, alert("srv-3", labels={"alertname": "Down"}))
    assert labels.shown_labels(night.alerts("srv-3")[0]) == {"alertname": "Down"}


def test_what_is_over_while_it_is_hidden_pages_nobody_afterwards() -> None:
    night = row()
    quiet(night, 0, HOST, until=3600)
    night.webhook(10, alert("srv-1"))
    night.webhook(3500, alert("srv-1", state="resolved"))
    night.until(5000)
    assert {kind for _, _, kind in night.told()} == {"notice"}
    assert [incident.state for incident in night.incidents()] == ["resolved"]


def test_what_comes_back_after_its_silence_pages() -> None:
    night = row()
    quiet(night, 0, HOST, until=3600)
    night.webhook(10, alert("srv-1"))
    night.webhook(3500, alert("srv-1", state="resolved"))
    night.webhook(3700, alert("srv-1"))
    night.until(4000)
    assert [who for _, who, kind in night.told() if kind == "open"] == ["chen"]
