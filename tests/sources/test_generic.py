"""The JSON shape of our own: what it says, and how it names what is wrong."""

import json

import pytest

from ingestd import sources
from ingestd.model import Ends, Event, Message
from ingestd.sources import SourceError


def read(body: object) -> tuple[Event, ...]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return sources.read(Message(kind="webhook", source="till", adapter="generic", body=raw)).events


def test_one_alert_with_everything():
    (event,) = read(
        {
            "host": "shop-07:443", "check": "card reader", "state": "open", "severity": "P2", "summary": "No payments",
            "id": 4711, "url": "https://till.example/4711", "started_at": "2026-03-02T08:14:00+08:00",
            "labels": {"site": "Yiwu", "lane": 3, "none": None}, "ends_after": "1h 30m", "more": "ignored",
        }
    )  # fmt: skip
    assert (event.host, event.check, event.state, event.severity) == ("shop-07", "card reader", "firing", "error")
    assert (event.summary, event.external_id, event.identity) == ("No payments", "4711", "till:4711")
    assert (event.url, event.started_at) == ("https://till.example/4711", 1772410440.0)
    assert event.labels == (("lane", "3"), ("site", "Yiwu"))
    assert event.ends == Ends("unheard", after=5400.0)


def test_a_list_and_the_least_that_an_alert_needs():
    first, second = read({"alerts": [{"host": "wh-files"}, {"check": "backup", "state": "OK", "quiet": True}]})
    assert (first.summary, first.identity, first.severity, first.ends) == (
        "wh-files",
        None,
        "unknown",
        Ends("recovery"),
    )
    assert (second.state, second.quiet, second.host) == ("resolved", True, None)


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({"ends_at": 1772410440}, Ends("ends_at", at=1772410440.0)),
        ({"ends_after": 90}, Ends("unheard", after=90.0)),
        ({"ends": "person"}, Ends("person")),
    ],
)
def test_how_it_ends(fields, ends):
    assert read({"summary": "x", **fields})[0].ends == ends


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON: .*position|not JSON: .*truncated"),
        (b"[]", "the body: expected an object, got a list"),
        ({"alerts": {}}, "alerts: expected a list"),
        ({"alerts": [{"host": "a"}, {"host": 7}]}, r"alerts\[1\]\.host: expected text, got a number"),
        ({"alerts": ["x"]}, r"alerts\[0\]: expected an object, got text"),
        ({"state": "odd", "host": "a"}, "^state: expected firing or resolved, got 'odd'"),
        ({"alerts": [{}]}, r"alerts\[0\]\.summary: expected a text, or at least check or host"),
        ({"host": "a", "severity": "purple"}, "^severity: expected critical"),
        ({"host": "a", "url": "/x"}, "^url: expected an absolute"),
        ({"host": "a", "started_at": "yesterday"}, "^started_at: expected ISO 8601"),
        ({"host": "a", "started_at": -1}, "^started_at: expected ISO 8601"),
        ({"host": "a", "ends_after": "soon"}, "^ends_after: expected a duration"),
        ({"host": "a", "ends_after": 0}, "^ends_after: expected a duration"),
        ({"host": "a", "ends": "never"}, "^ends: Invalid enum value|ends"),
        ({"host": "a", "labels": {"x": [1]}}, "^labels"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(body, said):
    with pytest.raises(SourceError, match=said):
        read(body)


def test_empty_values_count_as_absent():
    (event,) = read({"summary": "x", "host": "", "id": "", "url": "", "started_at": "", "severity": ""})
    assert (event.host, event.external_id, event.identity, event.url, event.started_at) == (None,) * 5
    assert event.severity == "unknown"
