"""Every source reads its samples as they say, finds an alert again by its end, and fails in one way only."""

from itertools import groupby
from typing import Any

import pytest
from msgspec.structs import asdict

from ingestd import sources
from ingestd.model import Message, Reading
from ingestd.signatures import Signature
from ingestd.sources import SourceError
from tests.sources.cases import Case, cases

CASES = cases()
#: These have tests of their own.
ELSEWHERE = {"alertmanager", "generic", "heartbeat"}
#: These never say that an alert is over, or are no alerts.
ENDLESS = {"elastalert", "netbox", "splunk", "wazuh", "graylog", "falco"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_sample_is_read_as_it_says(case: Case):
    events = sources.read(case.message).events
    assert len(events) == len(case.events)
    for got, wanted in zip(events, case.events, strict=True):
        assert _part(asdict(got), wanted) == wanted


def _part(got: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What an expectation speaks of; times to the millisecond."""
    ends = {"ends": {name: getattr(got["ends"], name) for name in wanted["ends"]}} if "ends" in wanted else {}
    times = {"started_at": got["started_at"] and round(got["started_at"], 3)} if "started_at" in wanted else {}
    return {name: got[name] for name in wanted} | ends | times


@pytest.mark.parametrize("source", sorted({case.source for case in CASES} - ENDLESS))
def test_the_end_finds_its_alert(source: str):
    firing, resolved = (sources.read(case.message) for case in [c for c in CASES if c.source == source][:2])
    assert (firing.kind, resolved.kind) == ("alert", "recovery")
    one, other = firing.events[0], resolved.events[0]
    assert one.identity == other.identity
    if one.identity is None:
        assert (one.host, one.check) == (other.host, other.check)


@pytest.mark.parametrize("source", sorted(set(sources.names()) - ELSEWHERE))
def test_every_source_has_samples_and_refuses_another_tools_body(source: str):
    assert any(case.source == source for case in CASES)
    for body in (b'{"lorem": {"ipsum": [1]}}', b"[]", b"7", b'"text"', b"[[]]", b"null", b"", b"{}"):
        if (source, body) != ("prometheus_api_v2_alerts", b"[]"):  # no alert at all is a body of its
            with pytest.raises(SourceError, match=r"\w"):
                sources.read(Message(kind="webhook", source="x", adapter=source, body=body))


def test_problems_of_one_sample_file_stay_apart():
    """No two firing samples share an identity, unless they are the same problem by their id."""
    for _, group in groupby(CASES, key=lambda case: case.source):
        for case in group:
            identities = [event.identity for event in sources.read(case.message).events if event.identity]
            assert case.source == "prtg" or len(identities) == len(set(identities)), case


def test_an_unknown_adapter_names_those_that_exist():
    with pytest.raises(SourceError, match=r"alertmanager.*zabbix"):
        sources.read(Message(kind="webhook", source="x", adapter="nothing"))
    assert len(sources.names()) > 50


def test_a_fault_of_a_reader_is_a_source_error_that_names_it():
    def broken(message: Message) -> Reading:
        raise KeyError("host")

    with pytest.raises(SourceError, match="mine can't read this body: KeyError: 'host'"):
        sources.read(Message(kind="webhook", source="x", adapter="mine"), {"mine": broken})


def test_a_sites_own_reader_goes_first():
    def own(message: Message) -> Reading:
        return Reading(kind="other", recogniser="own")

    assert sources.read(Message(kind="webhook", source="x", adapter="zabbix"), {"zabbix": own}).recogniser == "own"


def test_a_body_that_no_source_knows_is_read_by_its_keys():
    body = b'{"notification": {"hostname": "nas-2", "alertName": "RAID degraded", "state": "CLEARED"}}'
    (event,) = sources.guess(Message(kind="webhook", source="x", adapter="nothing", body=body)).events
    assert (event.state, event.host, event.check) == ("resolved", "nas-2", "RAID degraded")


def test_a_body_that_shows_whose_it_is_is_read_by_its_own_source():
    body = b'[{"issue": {"id": "i-1", "state": "CLOSED"}}]'
    reading = sources.guess(Message(kind="webhook", source="x", adapter="nothing", body=body))
    assert (reading.recogniser, reading.kind) == ("instana", "recovery")


def test_a_body_of_hundreds_of_objects_is_read_in_part():
    parts = ", ".join(f'{{"part{number}": {{"x": {number}}}}}' for number in range(400))
    body = f'{{"title": "Oven", "parts": [{parts}]}}'.encode()
    (event,) = sources.guess(Message(kind="webhook", source="x", adapter="nothing", body=body)).events
    assert (event.check, event.state) == ("Oven", "firing")


def test_a_long_body_that_its_source_cannot_read_is_not_read_a_second_time():
    body = b'{"hostname": "nas-2", "state": "down", "x": "' + b"x" * sources.LONGEST_GUESSED + b'"}'
    with pytest.raises(SourceError, match="bytes: too many to be read a second time"):
        sources.guess(Message(kind="webhook", source="x", adapter="nothing", body=body))


@pytest.mark.parametrize("adapter", ["generic", "alertmanager", "prometheus_api_v2_alerts", "anything"])
def test_half_a_character_becomes_a_question_mark(adapter: str):
    """JSON can spell it (``\\ud83d``), but no database and no pattern takes it."""
    alert = b'{"labels": {"alertname": "fire \\ud83d"}, "check": "fire \\ud83d", "startsAt": "2026-03-02T00:14:05Z"}'
    body = b"[" + alert + b"]" if adapter == "prometheus_api_v2_alerts" else b'{"alerts": [' + alert + b"]}"
    (event,) = sources.read(Message(kind="webhook", source="x", adapter=adapter, body=body)).events
    assert (event.check, event.summary) == ("fire ?", "fire ?")


@pytest.mark.parametrize(
    ("adapter", "header"),
    [
        ("grafana", "x-grafana-alerting-signature"),
        ("sentry", "sentry-hook-signature"),
        ("pagerduty", "x-pagerduty-signature"),
        ("checkly", "x-checkly-signature"),
        ("splunk_observability_signalfx", "x-sfx-signature"),
    ],
)
def test_sources_that_sign_say_how(adapter: str, header: str):
    found = sources.signature(adapter)
    assert isinstance(found, Signature)
    assert found.header == header


def test_sources_that_do_not_sign_say_nothing():
    assert sources.signature("zabbix") is None
    assert sources.signature("nothing") is None


@pytest.mark.parametrize("source", sources.names())
def test_every_source_says_in_a_line_whose_it_is(source: str):
    assert 10 < len(sources.about(source)) < 121
