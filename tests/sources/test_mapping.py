"""A source that a site declares in YAML."""

import json
from pathlib import Path

import pytest

from ingestd import sources
from ingestd.model import Ends, Message
from ingestd.sources import SourceError
from ingestd.sources.mapping import Mapping, MappingFile, Search
from ingestd.yamltypes import ConfigError, loads

YAML = """
id: acme
tool: ACME watcher
alerts: incidents[]
fields:
  host: device.name
  check: probe
  state: phase
  severity: grade
  summary: join(' ', [probe, text])
  id: to_string(number)
  url: links[0]
  started_at: since
  sender: taken_by
needs: [check]
states: {Broken: firing, Mended: resolved, Seen: acknowledged, Drill: quiet, Note: nothing}
severities: {A: critical, B: warning}
identity: '{id}@{host}'
examples:
  - body: |
      {"incidents": [{"device": {"name": "pump-1"}, "probe": "pressure", "phase": "Broken", "grade": "A",
                      "text": "too low", "number": 7}]}
    events:
      - {state: firing, host: pump-1, check: pressure, severity: critical, summary: pressure too low, identity: 'acme:7@pump-1'}
"""


def mapping(text: str = YAML) -> Mapping:
    return Mapping.compile(loads(text, MappingFile, "acme.yaml"))


def read(body: object, text: str = YAML):
    message = Message(kind="webhook", source="x", adapter="acme", body=json.dumps(body).encode())
    return sources.read(message, {"acme": mapping(text).read})


ONE = {"device": {"name": "pump-1"}, "probe": "pressure", "text": "x", "number": 7, "phase": "broken", "grade": "b"}


def test_every_field():
    reading = read({"incidents": [{**ONE, "links": ["https://acme.example/7"], "since": 1772410445}]})
    (event,) = reading.events
    assert (reading.recogniser, reading.kind) == ("acme", "alert")
    assert (event.state, event.host, event.check, event.severity) == ("firing", "pump-1", "pressure", "warning")
    assert (event.summary, event.external_id, event.identity) == ("pressure x", "7", "acme:7@pump-1")
    assert (event.url, event.started_at, event.ends) == ("https://acme.example/7", 1772410445.0, Ends("recovery"))


def test_what_its_states_mean():
    phases = ["MENDED", "seen", "drill", "note", "melted", None]
    events = read({"incidents": [{**ONE, "phase": phase, "taken_by": "bo"} for phase in phases]}).events
    said = [(e.state, e.acknowledged, e.sender, e.quiet) for e in events]
    assert said == [
        ("resolved", False, "", False),
        ("firing", True, "bo", False),
        ("firing", False, "", True),
        ("firing", False, "", False),
        ("firing", False, "", False),
    ]


def test_its_examples_are_tried():
    assert list(mapping().mistakes()) == []
    wrong = mapping(YAML.replace("severity: critical", "severity: info, quiet: false"))
    assert list(wrong.mistakes()) == [(0, "severity: expected 'info', got 'critical'")]
    short = mapping(
        YAML.partition("examples:")[0]
        + "examples: [{body: '{}', events: []}, {body: '{\"incidents\": []}', events: [{}]}]"
    )
    assert list(short.mistakes()) == [
        (0, "acme: alerts: expected a list of at most 3000, got nothing"),
        (1, "expected 1 events, got 0"),
    ]


@pytest.mark.parametrize(
    ("ends", "field", "wanted"),
    [
        ("person", "", Ends("person")),
        ("{unheard: 2h}", "", Ends("unheard", after=7200.0)),
        ("ends_at", "1772410445", Ends("ends_at", at=1772410445.0)),
        ("ends_at", "", Ends("recovery")),
    ],
)
def test_how_it_ends(ends, field, wanted):
    text = f"id: acme\nfields: {{host: h, ends_at: e}}\nends: {ends}\n"
    (event,) = read({"h": "a", "e": field}, text).events
    assert event.ends == wanted
    assert event.identity is None


def test_an_identity_of_nothing_is_none():
    (event,) = read({"h": "a"}, "id: acme\nfields: {host: h, id: i}\nidentity: '{id}'\n").events
    assert event.identity is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: acme\nfields: {host: 'a[?'}\n", r"acme.yaml:2:16: not JMESPath: Invalid jmespath expression"),
        ("id: acme\nfields: {host: 7}\n", r"acme.yaml:2:16: expected a JMESPath expression, got 7"),
        ("id: acme\nfields: {state: s}\n", "expected at least one of the fields summary, check, host"),
        ("id: a b\nfields: {host: h}\n", "expected an id of small letters"),
        ("id: acme\nfields: {host: h}\nidentity: '{id}'\n", "identity: there is no field 'id': known are host"),
        ("id: acme\nfields: {host: h}\nneeds: [check]\n", "needs: there is no field 'check'"),
        ("id: acme\nfields: {host: h}\nends: ends_at\n", "ends_at needs the field ends_at"),
        ("id: acme\nfields: {host: h}\nmore: 1\n", "acme.yaml:3:1: unknown key 'more'"),
    ],
)
def test_mistakes_in_the_file_are_named(text, said):
    with pytest.raises(ConfigError, match=said):
        mapping(text)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"incidents": ["x"]}, r"acme: alerts\[0\]: expected an object, got a text or number"),
        ({"incidents": [[]]}, r"expected an object|expected a list|check"),
        ({"incidents": [{"number": 1}]}, r"acme: alerts\[0\]: check: expected a text, got nothing"),
        ({"incidents": [{**ONE, "probe": 5}]}, "summary: JMESPath failed"),
        ({"incidents": [{}] * 3001}, "at most 3000, got 3001 of them"),
        ({}, "got nothing"),
    ],
)
def test_a_body_that_does_not_fit_is_named(body, said):
    if body == {"incidents": [[]]}:
        assert read(body).events == ()  # a flattened list of no alerts
        return
    with pytest.raises(SourceError, match=said):
        read(body)


def test_an_alert_of_which_nothing_is_said():
    with pytest.raises(SourceError, match="expected a summary, check or host"):
        read({"x": 1}, "id: acme\nfields: {host: h}\n")


def test_a_deep_expression_is_refused():
    with pytest.raises(ValueError, match="JMESPath"):
        Search.from_yaml("a" + "[" * 5000)


def test_the_documented_example_works():
    page = (Path(__file__).parents[2] / "docs" / "add-a-tool.md").read_text("utf-8")
    block = page[page.index("    id: acme") :].split("\n\nFields:", maxsplit=1)[0]
    text = "\n".join(line.removeprefix("    ") for line in block.splitlines())
    assert list(mapping(text).mistakes()) == []
    assert mapping(text).file.examples
