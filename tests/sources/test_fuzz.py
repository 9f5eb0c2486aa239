"""Whatever arrives, a source answers with a reading or a SourceError, and soon."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd import sources
from ingestd.model import Message
from ingestd.sources import SourceError
from tests.sources.cases import cases

CASES = cases()
ODD: list[Any] = [
    None, True, False, 0, -1, 1e308, 10**40, "", " ", "0", "null", "x" * 3000, [], {}, [[]], [None], ["a", 1], {"a": None},
    [{"key": "a"}], "{", '{"a": [', "http://[", "::1", "[x]:9", "2026-99-99T00:00:00Z", "\ud7ff", "\x00", {"value": {}},
]  # fmt: skip


def attempt(message: Message) -> None:
    """Read, by the source and by its keys; only a SourceError may come out."""
    for read in (sources.read, sources.guess):
        try:
            reading = read(message)
        except SourceError as error:
            assert str(error)
        else:
            assert all(event.summary for event in reading.events)


def mutated(value: Any, draw: Any) -> Any:
    """The value with one of its parts replaced, dropped or wrapped."""
    if isinstance(value, dict) and value and draw(st.booleans() | st.just(True)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: mutated(value[key], draw)}
    if isinstance(value, list) and value and draw(st.booleans()):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], mutated(value[index], draw), *value[index + 1 :]]
    return draw(st.sampled_from(ODD) | st.just([value]) | st.just({"x": value}))


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_sample_with_one_odd_part(data: st.DataObject):
    case = data.draw(st.sampled_from(CASES))
    try:
        body = json.loads(case.message.body)
    except ValueError:
        return
    for _ in range(data.draw(st.integers(1, 3))):
        body = mutated(body, data.draw)
    raw = json.dumps(body).encode()
    attempt(Message(kind="webhook", source="x", adapter=case.source, body=raw, query=case.message.query))


@settings(max_examples=600, deadline=None)
@given(st.data(), st.binary(max_size=8), st.integers(0, 10_000), st.integers(0, 40))
def test_a_sample_with_a_few_odd_bytes(data: st.DataObject, odd: bytes, at: int, dropped: int):
    message = data.draw(st.sampled_from(CASES)).message
    at = at % (len(message.body) + 1)
    body = message.body[:at] + odd + message.body[at + dropped :]
    kind = data.draw(
        st.sampled_from([message.content_type, "", "text/plain", "multipart/form-data; boundary=b", odd.hex()])
    )
    attempt(
        Message(kind="webhook", source="x", adapter=message.adapter, body=body, content_type=kind, query=message.query)
    )


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sources.names()),
    st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    st.text(max_size=50),
)
def test_any_bytes(adapter: str, body: bytes, text: str):
    attempt(Message(kind="webhook", source="x", adapter=adapter, body=body, content_type=text, query=text))


HUGE = {
    "deep": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 200_000,
    "words": b"x" * 1_000_000,
    "braces": b"{ " * 500_000,
    "backslashes": b'{"a":"' + b"\\" * 1_000_000,
    "white space": b'{"a":1,' + b" " * 1_000_000,
    "fields": b"a=b&" * 250_000,
    "documents": b"{}" * 500_000,
    "empty alerts": b'{"alerts":[' + b"{}," * 333_000 + b"{}]}",
    "empty list": b"[" + b"{}," * 333_000 + b"{}]",
    "slow numbers": b"[" + b"1e308," * 160_000 + b"1]",
    "one number": b'{"id":' + b"9" * 1_000_000 + b"}",
    "brackets": json.dumps(dict.fromkeys(("title", "msg", "text", "body", "status", "tags"), "[" * 160_000)).encode(),
    "many keys": json.dumps({f"k_{index}": index for index in range(70_000)}).encode(),
}


BLOW_UP = 5  # seconds, with coverage; a quadratic reader would take minutes. tests/fuzz holds readers to a quarter


@pytest.mark.parametrize("name", HUGE)
def test_a_megabyte_takes_no_minutes(name: str):
    for adapter in ("alertmanager", "grafana", "generic", "zabbix", "datadog", "anything"):
        message = Message(kind="webhook", source="x", adapter=adapter, body=HUGE[name])
        began = time.process_time()
        with suppress(SourceError):
            sources.read(message)
        assert time.process_time() - began < BLOW_UP, adapter
