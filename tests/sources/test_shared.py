"""Hosts, links and times as the sources read them."""

import pytest

from ingestd.model import Event
from ingestd.sources import shared


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("db-1:9100", "db-1"),
        ("https://user:pw@shop.example:8443/health?x=1", "shop.example"),
        ("[2001:db8::1]:9100", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("", None),
        (None, None),
        (7, "7"),
    ],
)
def test_host(text, host):
    assert shared.host(text) == host


def test_the_first_link_with_a_host():
    assert shared.link(None, 3, "http://:9093", "/graph", "HTTP://a/b", "http://c") == "HTTP://a/b"
    assert shared.link("graph") is None


@pytest.mark.parametrize("text", [None, "", "soon", "2026-03-02T08:14:00", "0001-01-01T00:00:00Z"])
def test_times_that_are_none(text):
    assert shared.epoch(text) is None


def test_of_several_alerts_none_is_said_to_be_identified_by_anothers_name() -> None:
    def heard(name: str | None) -> Event:
        return Event(state="firing", summary="down", host="srv-1", identity=name)

    def how(*names: str | None) -> str:
        return shared.reading("tool", tuple(map(heard, names)), "a body").reasons[1].text

    assert how("tool:1") == "identified by tool:1"
    assert how("tool:1", "tool:2") == "each identified by what its source calls it"
    assert how(None, None) == "identified by node and check"
