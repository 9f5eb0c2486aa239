"""Alertmanager's webhook: what each field becomes, and the odd bodies that really arrive."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd import sources
from ingestd.model import Ends, Message, Reading
from ingestd.sources import SourceError

SAMPLES = Path(__file__).parent.parent / "samples" / "alertmanager"


def read(body: bytes) -> Reading:
    return sources.read(Message(kind="webhook", source="prom", adapter="alertmanager", body=body))


def one(**fields: object) -> bytes:
    return json.dumps({"version": "4", "alerts": [{"labels": {"alertname": "A"}, **fields}]}).encode()


def test_two_alerts_keep_order_and_fields():
    reading = read((SAMPLES / "firing_two.json").read_bytes())
    first, second = reading.events
    assert (reading.kind, reading.recogniser) == ("alert", "alertmanager")
    assert (first.state, first.host, first.check) == ("firing", "stock-db.trading.example", "StockDbSlow")
    assert (first.severity, first.summary) == ("critical", "Queries wait for 5 s")
    assert first.external_id == "0a1b2c3d4e5f6071"
    assert first.started_at == pytest.approx(1772410445.123456)
    assert first.url == "http://prom.trading.example:9090/graph?g0.expr=x"
    assert first.ends == Ends("recovery")
    assert (second.state, second.host, second.severity) == ("resolved", "2001:db8::7", "error")
    assert second.summary == "p95 over 5 s for 10 min"
    assert second.url == "http://am.trading.example:9093"


def test_version_3_has_no_fingerprint_and_takes_the_state_of_the_body():
    reading = read((SAMPLES / "version3.json").read_bytes())
    (event,) = reading.events
    assert (reading.kind, event.state, event.host, event.check) == ("recovery", "resolved", "edge-sw-03", "LinkDown")
    assert (event.severity, event.summary, event.url, event.started_at) == ("unknown", "LinkDown", None, None)
    assert event.identity == "alertmanager:alertname=LinkDown,hostname=edge-sw-03,level=2,port=7"


def test_one_fingerprint_on_two_hosts_stays_two_alerts():
    alerts = [{"labels": {"alertname": "Disk", "instance": host}, "fingerprint": "same"} for host in ("a1", "b1")]
    first, second = read(json.dumps({"alerts": alerts}).encode()).events
    assert first.identity != second.identity


def test_firing_and_resolved_share_their_identity():
    firing, resolved = (read(one(status=status)).events[0] for status in ("firing", "resolved"))
    assert firing.identity == resolved.identity
    assert (firing.state, resolved.state) == ("firing", "resolved")


@pytest.mark.parametrize("labels", [{"alertname": "Watchdog"}, {"alertname": "X", "severity": "none"}])
def test_a_heartbeat_is_quiet(labels):
    (event,) = read(json.dumps({"alerts": [{"status": "firing", "labels": labels}]}).encode()).events
    assert event.quiet
    assert event.state == "firing"


def test_a_body_without_alerts_says_nothing():
    assert read(b'{"alerts": []}').events == ()
    assert read(b'{"alerts": []}').kind == "other"


def test_an_alert_without_labels_is_still_an_event():
    (event,) = read(b'{"alerts": [{}]}').events
    assert (event.summary, event.identity, event.severity) == ("an alert without a name", None, "unknown")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"alerts": [', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"alerts": 3}', "alerts"),
        (b"{}", "alerts"),
        (b'{"alerts": [{"labels": [1]}]}', "alerts[0].labels"),
    ],
)
def test_a_body_that_does_not_fit_is_named(body, said):
    with pytest.raises(SourceError, match=said.replace("[", r"\[").replace(".", r"\.")):
        read(body)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_do_more_than_a_source_error(body):
    try:
        assert read(body).recogniser == "alertmanager"
    except SourceError as error:
        assert str(error)


def test_a_thousand_alerts_take_a_moment():
    alert = json.loads((SAMPLES / "firing_two.json").read_text())["alerts"][0]
    body = json.dumps({"alerts": [alert] * 1000}).encode()
    began = time.process_time()
    assert len(read(body).events) == 1000
    assert time.process_time() - began < 5  # seconds; a quadratic reader would take minutes
