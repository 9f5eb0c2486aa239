"""Files that are made of a draft read back as they were meant."""

import pytest
from msgspec import Struct

from ingestd.decide.oncall import Contact, PeopleFile, Person, Team
from ingestd.decide.rota import Layer, Restrict, Rota, TurnOverride
from ingestd.decide.route import EscalationRules, PolicySpec, RouteSpec, StepSpec
from ingestd.model import Matcher
from ingestd.moving.draft import Draft, DraftPolicy, DraftRoute, duration, files_of, said
from ingestd.moving.sketch import Ids, slug, steps_of
from ingestd.moving.source import Part, clean
from ingestd.yamltypes import Duration, loads

ODD = (
    "no",
    "~x",
    "a: b",
    "2027-01-01",
    "0o7",
    "#x",
    "- x",
    "{a}",
    "'",
    '"',
    "é",
    "\ud800",
    "a\nb",
    "null",
    " x ",
    "*",
    "&a",
    "%",
    "1e3",
)


def text_of(draft: Draft, name: str) -> str:
    return next(one.text for one in files_of(draft) if one.name == name)


@pytest.mark.parametrize("odd", ODD)
def test_odd_texts_read_back(odd) -> None:
    rota = Rota(
        layers=(Layer(name=odd, people=("ann",), restrict=Restrict(weekdays=("mon",), from_="08:00", to="09:00")),),
        overrides=(TurnOverride(person="ann", from_="2027-01-01 08:00", to="2027-01-02 08:00"),),
    )
    people = (Person(id="ann", name=odd, contacts=(Contact(address=odd, not_between="22:00-07:00"),)),)
    draft = Draft(
        product="x", sources=(odd,), people=people, teams=(Team(id="t", name=odd * 60, members=("ann",), rota=rota),)
    )
    found = loads(text_of(draft, "people.yaml"), PeopleFile, "x")
    shown = odd.replace("\ud800", "\ufffd")
    assert found.people[0].name == shown
    assert found.teams[0].name == shown * 60
    assert found.teams[0].rota is not None
    assert found.teams[0].rota.layers[0].name == shown
    assert found.teams[0].rota.overrides == rota.overrides


def test_policies_and_routes_read_back_and_what_is_off_does_not_count() -> None:
    policy = PolicySpec(
        id="p", steps=(StepSpec(tell=("person:ann",), wait=Duration(5400)),), resolve_within={"P1": Duration(60)}
    )
    route = RouteSpec(
        id="r", when={"check": ["a", "b*"], "not": {"severity": "critical"}, "any": [{"report": True}]}, policy="p"
    )
    draft = Draft(product="x", sources=(), policies=(DraftPolicy(policy, "a note\nof two"),),
                  routes=(DraftRoute(route), DraftRoute(RouteSpec(id="o", policy="p" * 120), "why", off=True)))  # fmt: skip
    found = loads(text_of(draft, "rules/escalation.yaml"), EscalationRules, "x")
    assert found.policies == (policy,)
    assert found.routes == (route,)
    only = Draft(product="x", sources=(), routes=(DraftRoute(route, off=True),))
    assert loads(text_of(only, "rules/escalation.yaml"), EscalationRules, "x").routes == ()


def test_nobody_who_can_be_told_is_no_last_resort() -> None:
    draft = Draft(product="x", sources=tuple("abcdefgh"), people=(Person(id="ann"),))
    assert "# last_resort: [person:WHO]" in text_of(draft, "ingestd.yaml")
    assert "from a, b, c, d, e and 3 more." in text_of(draft, "ingestd.yaml")
    assert files_of(Draft(product="x", sources=())) == ()


@pytest.mark.parametrize(("seconds", "words"), [(0, "0s"), (90, "1m30s"), (86400, "1d"), (5400, "1h30m")])
def test_durations(seconds, words) -> None:
    assert duration(seconds) == words


def test_matchers_as_the_command_line_takes_them() -> None:
    found = [said(Matcher("a", "b~=", regex, equal)) for regex in (False, True) for equal in (True, False)]
    assert found == ["a=b~=", "a!=b~=", "a=~b~=", "a!~b~="]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Ann Lee", "ann-lee"),
        ("José", "jose"),
        ("王伟", ""),
        ("王 w", "w"),
        ("第1组", ""),
        ("4711", "4711"),
        ("DBA 数据库", "dba"),
        ("...", ""),
        ("x" * 99, "x" * 40),
    ],
)
def test_ids_are_made_of_letters(name, found) -> None:
    assert slug(name) == found


def test_ids_are_numbered_where_nothing_is_left() -> None:
    ids = Ids("u", ["u1", "ann"])
    assert [ids.of("a", "王伟"), ids.of("b", "", "刘洋"), ids.of("c", "Ann"), ids.of("c", "Other")] == [
        "u2",
        "u3",
        "ann-2",
        "ann-2",
    ]
    assert (ids.get("c"), ids.get("z")) == ("ann-2", "")


def test_steps_without_a_wait_between_are_one() -> None:
    found = steps_of([(("a",), 0.0), (("b", "a"), 60.0), ((), 60.0), (("c",), 0.0)], last=30.0)
    assert [(one.tell, one.wait) for one in found] == [(("a", "b"), 60.0), (("c",), 30.0)]


def test_parts_expect_nothing() -> None:
    part = Part({"a": [1, {"b": None}], "n": "x", "t": True, "f": 1e300}, "file")
    assert part.get("a").parts()[0].text() == "1"
    assert (part.get("zz").text(), part.parts("n"), part.number("n", otherwise=2.0)) == ("", [], 2.0)
    assert (part.text("t"), part.flag("t"), part.number("f"), part.text("a")) == ("true", True, 0.0, "")
    assert (str(part.get("a").parts()[1].spot), str(part.spot)) == ("file: a[1]", "file")
    assert clean("a\0\nb") == "a b"
    assert issubclass(Draft, Struct)
