"""Places in a payload: how they are found, and what says nothing."""

import pytest

from ingestd.model import Event
from ingestd.sources import SourceError
from ingestd.sources.shape import MOST_ALERTS, Payload, Shape, lines, pairs, scalar
from ingestd.sources.shared import severities, site, states, word

SHAPE = Shape(
    tool="till",
    needs=("name | title",),
    state="state",
    host="host",
    address="url",
    check="name",
    summary="said",
    severity="level",
    id="id",
    identity=("id", "lane"),
    started="began",
    changed="at",
    url="url",
    who="by",
    test="try",
)


def event(shape: Shape = SHAPE, **alert: object) -> Event:
    (found,) = shape.understand({"name": "Drawer", **alert}).events
    return found


@pytest.mark.parametrize("key", ["Problem URL", "problemUrl", "PROBLEM_URL", "problem-url", "problem.url"])
def test_a_key_is_found_however_it_is_spelled(key):
    assert Payload({key: "x"}).text("problem url") == "x"


def test_places():
    payload = Payload(
        {"a": {"b": [{"c": 1}, {"c": 2}], "k8s.node": "n"}, "d": None, "e": "", "f": ["", "g"], "h": False}
    )
    assert payload.text("a.b.1.c") == "2"
    assert payload.text("a.k8s.node") == "n"
    assert payload.text("d | e | f") == "g"
    assert payload.text("h") == "false"
    assert payload.text("a.b.7.c | a.b.x | e.f | a") is None
    assert payload.at("a.b") == [{"c": 1}, {"c": 2}]
    assert payload.at("x | y") is None
    assert Payload({"x": 1}, payload).text("^.a.b.0.c") == "1"
    assert Payload({"x": 1}, payload).at("^.h") is False


@pytest.mark.parametrize(
    "text",
    ["", " ", "null", "N/A", "undefined", "-", "$SERVICE", "${host}", "{{ host }}", "{HOST.NAME}", "%device", "##HOST##",
     "[ENDPOINT_NAME]", "$NOTIFICATIONTYPE$", "*UNKNOWN*", None, {}, []],
)  # fmt: skip
def test_what_a_template_left_unfilled_says_nothing(text):
    assert scalar(text) is None


@pytest.mark.parametrize("text", ["$5 lost", "100%", "a-b", "{x", "[7]"])
def test_what_only_looks_like_it_says_something(text):
    assert scalar(text) == text


def test_pairs():
    assert pairs([{"key": "a", "value": 1}, {"key": "a", "value": 2}, {"key": "b", "value": ""}, "x", 7]) == {"a": 1}
    assert pairs([["a", "1"], ["b"], [1, 2]]) == {"a": "1"}
    assert pairs("host:a, env=b") == {"host": "a", "env": "b"}
    assert pairs({"a": 1}) == {"a": 1}
    assert pairs(None) == {}


def test_labelled_lines():
    assert lines("Host: db\r\n*告警*：满\nno label\nHost: other\nEmpty:\n") == {"Host": "db", "告警": "满"}
    assert lines(None) == {}


def test_a_firing_alert():
    found = event(
        state="down", host="https://a.example:8/x", level="major", id=7, lane="3", began=1772410445, at=5, by="li"
    )
    assert (found.state, found.host, found.check, found.summary) == ("firing", "a.example", "Drawer", "Drawer")
    assert (found.severity, found.external_id, found.identity) == ("error", "7", "till:7:3")
    assert (found.started_at, found.quiet, found.acknowledged, found.sender) == (1772410445.0, False, False, "")


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("up", ("resolved", False, False)),
        ("NO_DATA", ("firing", False, False)),
        ("wobbling", ("firing", False, False)),
        (None, ("firing", False, False)),
        ("acked", ("firing", False, True)),
        ("test", ("firing", True, False)),
    ],
)
def test_states(state, wanted):
    found = event(state=state, host="a")
    assert (found.state, found.quiet, found.acknowledged) == wanted


def test_the_time_of_a_change_is_the_beginning_only_while_it_fires():
    assert event(state="down", at=1772410445).started_at == 1772410445.0
    assert event(state="up", at=1772410445).started_at is None


def test_who_took_it_and_what_is_a_test():
    assert event(state="ack", by="li").sender == "li"
    assert event(**{"try": True}).quiet


def test_identity_without_an_id():
    assert event(host="a").identity is None  # node and check
    assert event().identity == "till::Drawer"
    assert event(url="shop.example/x").host == "shop.example"
    bare = Shape(tool="till", needs=("host | said",), host="host", summary="said")
    (one, other) = bare.understand([{"host": "a", "said": "x"}, {"said": "y"}]).events
    assert (one.identity, other.identity) == ("till:a:x", "till::y")
    plain = Shape(tool="till", needs=("host",), host="host", hosts=True)
    assert plain.understand({"host": "a"}).events[0].identity is None
    with pytest.raises(SourceError, match="till: said: expected a text, got nothing"):
        Shape(tool="till", needs=(), summary="said").understand({})
    assert Shape(tool="till", needs=(), otherwise="quiet").understand({}).events[0].summary == "an alert of till"


def test_a_list_of_alerts_and_its_surroundings():
    shape = Shape(tool="till", needs=("name",), alerts="box.alerts", check="name", host="^.site")
    reading = shape.understand({"site": "north", "box": {"alerts": [{"name": "a"}, {"name": "b"}]}})
    assert [(e.check, e.host) for e in reading.events] == [("a", "north"), ("b", "north")]
    for body, said in (
        ({"box": {}}, "till: box.alerts: expected a list"),
        ({"box": {"alerts": ["x"]}}, r"till: box.alerts\[0\]: expected an object, got text"),
        ({"box": {"alerts": [{}]}}, "till: name: expected a text, got nothing"),
    ):
        with pytest.raises(SourceError, match=said):
            shape.understand(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "expected 1 to 3000 objects, got 0"),
        ([{}] * (MOST_ALERTS + 1), "got 3001"),
        (None, "got nothing"),
        ([7], "got a number"),
        ({"title": None}, "till: name | title: expected a text"),
    ],
)
def test_what_does_not_fit_is_named(body, said):
    with pytest.raises(SourceError, match=said.replace("|", r"\|")):
        SHAPE.understand(body)


def test_tables():
    assert states(firing="no data, down", nothing="x") == {"no data": "firing", "down": "firing", "x": "nothing"}
    assert severities(critical="1", info="4, 5") == {"1": "critical", "4": "info", "5": "info"}
    assert word(" NO_Data ") == word("no-data") == "no data"


@pytest.mark.parametrize(("text", "host"), [("a.example/x?y", "a.example"), ("/var", "/var"), (None, None), ("/", "/")])
def test_site(text, host):
    assert site(text) == host


def test_an_object_with_thousands_of_keys_is_looked_at_in_part():
    assert Payload({f"Key{i}": i for i in range(3000)}).text("key 7") == "7"
    assert Payload({f"Key{i}": i for i in range(3000)}).text("key 2999") is None
    assert Payload({f"Key{i}": i for i in range(3000)}).text("Key2999") == "2999"
