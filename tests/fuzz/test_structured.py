"""JSON and mails of any structure, grown by Hypothesis, which finds the smallest that fails."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd import sources
from ingestd.model import Message
from tests.fuzz.trial import Fuzz

NAMES = (
    "alerts labels alertname host hostname status state severity message text event id startsAt url payload data"
    " summary check incident monitor resource value evalMatches"
)
KEYS = st.sampled_from(NAMES.split()) | st.text(max_size=6)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ("firing", "resolved", "down", "OK", "2026-03-02T00:14:05Z", "http://[::1", "hr-server", "{}", "\ud800")
    )
    | st.text(max_size=20)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
TYPES = st.sampled_from(("text/plain", "text/html", "text/calendar", "application/json", "message/delivery-status"))
CODINGS = st.sampled_from(("7bit", "8bit", "base64", "quoted-printable", "", "x"))
CHARSETS = st.sampled_from(("utf-8", "gbk", "utf-16", "us-ascii", "iso-8859-1", "x", "hex", ""))
WORDS = st.sampled_from(
    ("Host: hr-server\n", "State: DOWN\n", "> ", "CRITICAL", "恢复", "\r", "=?utf-8?b?", "\n\n", "<td>")
)
TEXTS = st.lists(WORDS | st.text(max_size=10), max_size=12).map("".join)


def _part(kind: str, charset: str, coding: str, text: str) -> str:
    return f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: {coding}\n\n{text}"


def _box(kind: str, mark: str, inner: list[str]) -> str:
    """Several mails in one."""
    if kind == "message/rfc822":
        return f"Content-Type: {kind}\n\n{inner[0]}"
    between = "".join(f"--{mark}\n{part}\n" for part in inner)
    return f'Content-Type: {kind}; boundary="{mark}"\n\n{between}--{mark}--\n'


KINDS = st.sampled_from(("multipart/mixed", "multipart/alternative", "multipart/report", "message/rfc822"))
MAILS = st.recursive(
    st.builds(_part, TYPES, CHARSETS, CODINGS, TEXTS),
    lambda inner: st.builds(_box, KINDS, st.sampled_from(("a", "b")), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=6,
)


def tried(message: Message) -> None:
    outcome = Fuzz(0).tried(0, "structured", message)
    assert not outcome.fault, str(outcome)


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.sampled_from(sources.names()), VALUES)
def test_json_of_any_structure_becomes_an_event(adapter: str, value: Any) -> None:
    tried(Message(kind="webhook", source="prod", adapter=adapter, body=json.dumps(value).encode()))


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(MAILS, TEXTS, TEXTS)
def test_a_mail_of_any_structure_becomes_an_event(mail: str, subject: str, sender: str) -> None:
    raw = f"Subject: {subject}\nFrom: {sender}\n{mail}".encode("utf-8", "replace")
    tried(Message(kind="mail", source="smtp", body=raw))
