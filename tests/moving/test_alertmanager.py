"""alertmanager.yml as a site: whom an alert reached there, it reaches here."""

import shlex
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingestd.cli.silence import _asked
from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.route import EscalationRules, Router
from ingestd.model import Matcher
from ingestd.moving import alertmanager
from ingestd.moving.draft import DraftSilence, said
from ingestd.moving.matching import BadMatcher, NotAsked, condition, contradict, kept, parsed
from ingestd.yamltypes import ConfigError, loads
from tests.moving.sites import NOW, command, file, left, read

HARBOUR = "harbour.yml"


def drafted(tmp_path: Path, text: str):
    path = tmp_path / "alertmanager.yml"
    path.write_text(text, "utf-8")
    return alertmanager.read([path], None, NOW)


def labelled(facts):
    """What of a situation is a label, by its name in rules too."""
    said = {"severity": "warning", **facts}
    names = {"severity", "instance", "team"}
    return {**said, **{f"label.{name}": (said[name],) for name in names & said.keys()}}


def told(draft, **facts) -> tuple[str, ...]:
    """Whom the first step of the route tells that a situation takes."""
    text = file(draft, "rules/escalation.yaml").replace("policies:\n", "policies:\n  - {id: digest, steps: []}\n", 1)
    found = Router(loads(text, EscalationRules, "x")).route({"check": (), "node": "", **labelled(facts)})
    return found.policy.steps[0].tell if found.policy.steps else ()


@pytest.mark.parametrize(
    ("facts", "people"),
    [
        ({}, ("person:desk", "person:ines")),
        ({"check": ("Watchdog",), "severity": "critical"}, ()),
        ({"severity": "critical"}, ("person:crane-chat-slack",)),
        ({"check": ("CraneStopped",)}, ("person:cranes", "person:cranes-telegram", "person:cranes-pushover")),
        (
            {"check": ("CraneStopped",), "severity": "critical"},
            ("person:crane-chat-slack", "person:cranes-night-pagerduty", "person:cranes-night-opsgenie"),
        ),
        ({"instance": "lamp-7:9100"}, ("person:lights-webhook", "person:lights-msteams", "person:lights-msteamsv2", "person:lights-discord")),
        ({"instance": "lamp-7:9100", "severity": "info"}, ("person:desk", "person:ines")),
        ({"check": ("DiskFull",), "severity": "error"}, ("person:cranes", "person:cranes-telegram", "person:cranes-pushover")),
        ({"check": ("MyDiskFull",)}, ("person:desk", "person:ines")),
        ({"team": "db"}, ("person:wangfang",)),
        ({"team": "dba"}, ("person:desk", "person:ines")),
    ],
)  # fmt: skip
def test_the_tree_tells_whom_it_told(facts, people) -> None:
    assert told(read("alertmanager", HARBOUR), **facts) == people


def test_a_disk_warning_goes_to_storage() -> None:
    assert "person:storage-wechat" in told(read("alertmanager", HARBOUR), check=("DiskFull",))


def test_what_routes_cannot_ask_is_a_comment_with_a_reason(tmp_path: Path) -> None:
    text = (
        "route:\n  receiver: a\n  routes:\n  - {receiver: a, matchers: ['team=~\"(?=x)\"']}\nreceivers: [{name: a}]\n"
    )
    draft = drafted(tmp_path, text)
    assert "  # - {id: a, policy: digest}\n" in file(draft, "rules/escalation.yaml")
    (said,) = left(draft, "not a pattern that is understood: '(?=x)'")
    assert said.startswith(f"{draft.sources[0]}:4:5: route.routes[0]: a route for team=~(?=x)")
    assert "mend it by hand" in said


def test_repeats_are_waits_and_active_times_are_hours() -> None:
    policies = {one.spec.id: one.spec for one in read("alertmanager", HARBOUR).policies}
    assert policies["desk"].steps[0].wait == 3 * 3600
    assert (policies["cranes"].steps[0].wait, policies["cranes"].hours) == (1800, "office")
    assert policies["cranes-night"].hours == "always"  # active times are not handed down
    assert read("alertmanager", HARBOUR).calendars == (
        CalendarSpec(id="office", weekdays=("mon", "tue", "wed", "thu", "fri"), from_="08:00", to="17:30"),
    )
    assert read("alertmanager", HARBOUR).timezone == "Europe/Lisbon"


def test_the_relay_keeps_its_password_to_itself() -> None:
    mail = read("alertmanager", HARBOUR).mail
    assert mail is not None
    assert (mail.host, mail.port, mail.tls, mail.user) == ("smtp.harbour.example", 587, "starttls", "alerts")
    assert (mail.password, mail.password_file) == ("", "secrets/relay")
    plain = read("alertmanager", "plain.yml").mail
    assert plain is not None
    assert (plain.host, plain.port, plain.tls, plain.sender) == (
        "mail.plain.example",
        465,
        "implicit",
        "am@plain.example",
    )


def test_odd_relays_are_named(tmp_path: Path) -> None:
    found = drafted(
        tmp_path,
        "global: {smtp_smarthost: 'a.example:25', smtp_from: robot, smtp_require_tls: false}\n"
        "route: {receiver: a}\nreceivers: [{name: a, email_configs: [{to: x@a.example, smarthost: 'b.example:99999'}]}]\n",
    )
    assert found.mail is not None
    assert (found.mail.tls, found.mail.sender) == ("none", "ingestd@example.com")
    assert left(found, "'robot' is no mail address")
    assert left(found, "another relay for one receiver")


def test_inhibitions_are_said_with_what_does_it_here() -> None:
    draft = read("alertmanager", HARBOUR)
    assert "alerts of one node join one incident" in left(draft, "inhibit_rules[0]")[0]
    assert "topology.yaml" in left(draft, "inhibit_rules[1]")[0]


def test_everything_that_stays_behind_is_named_with_its_line() -> None:
    draft = read("alertmanager", HARBOUR)
    for word in ("group_wait: 30s", "group_interval", "group_by", "templates", "resolve_timeout", "jira", "frobnicator",
                 "weather", "send_resolved", "http_config of webhook", "days_of_month", "WeCom is not the same"):  # fmt: skip
        assert left(draft, word), word
    assert all(one.line or one.file.endswith(".json") for one in draft.left)
    assert all(one.instead for one in draft.left)


def test_a_way_on_never_wants_two_values_of_a_label(tmp_path: Path) -> None:
    found = drafted(
        tmp_path,
        "route:\n  receiver: a\n  routes:\n"
        "  - {receiver: b, continue: true, matchers: ['alertname=X']}\n"
        "  - {receiver: c, matchers: ['alertname=Y']}\n"
        "receivers: [{name: a}, {name: b, email_configs: [{to: b@x.example}]}, {name: c, email_configs: [{to: c@x.example}]}]\n",
    )
    assert [one.spec.when for one in found.routes] == [{"check": "X"}, {"check": "Y"}, {}]


def test_a_tree_that_goes_on_and_on_is_cut(tmp_path: Path) -> None:
    routes = "".join(f"  - {{receiver: a, continue: true, matchers: ['l{n}=~\"x\"']}}\n" for n in range(14))
    found = drafted(tmp_path, f"route:\n  receiver: a\n  routes:\n{routes}receivers: [{{name: a}}]\n")
    assert len(found.routes) == 500
    assert left(found, "more than 500 ways")


def test_a_tree_that_is_too_deep_is_named(tmp_path: Path) -> None:
    inner = "{receiver: a}"
    for _ in range(16):
        inner = f"{{receiver: a, routes: [{inner}]}}"
    assert not left(drafted(tmp_path, f"route: {inner}\nreceivers: [{{name: a}}]\n"), "too deeply")


def test_hours_of_two_ways_at_once_are_named(tmp_path: Path) -> None:
    head = "time_intervals: [{name: n, time_intervals: [{weekdays: ['monday']}]}, {name: m, time_intervals: [{days_of_month: ['1:2', '5']}]}]\n"
    found = drafted(
        tmp_path,
        head
        + "route: {receiver: a, active_time_intervals: [n, m]}\nreceivers: [{name: a, email_configs: [{to: a@x.example}]}]\n",
    )
    assert left(found, "several active times at once")
    one = drafted(
        tmp_path,
        head
        + "route: {receiver: a, active_time_intervals: [m]}\nreceivers: [{name: a, email_configs: [{to: a@x.example}]}]\n",
    )
    assert one.calendars == (CalendarSpec(id="m", days=(1, 2, 5)),)


@pytest.mark.parametrize(
    ("interval", "spec"),
    [
        ("{days_of_month: ['-3:-1']}", CalendarSpec(id="t", last_days=3)),
        ("{weekdays: ['saturday:sunday']}", CalendarSpec(id="t", weekdays=("sat", "sun"))),
        ("{weekdays: ['sunday:monday']}", CalendarSpec(id="t", weekdays=("mon", "sun"))),
        ("{times: [{start_time: '09:00', end_time: '24:00'}]}", CalendarSpec(id="t", from_="09:00", to="24:00")),
        ("{days_of_month: ['1', '-1']}", None),
        ("{days_of_month: ['x']}", None),
        ("{days_of_month: ['40']}", None),
        ("{months: ['1:3']}", None),
        ("{weekdays: ['blursday']}", None),
        ("{times: [{start_time: '09:00', end_time: '09:75'}]}", None),
    ],
)
def test_intervals_are_calendars_or_named(interval, spec, tmp_path) -> None:
    text = f"time_intervals: [{{name: t, time_intervals: [{interval}]}}]\nroute: {{receiver: a, active_time_intervals: [t]}}\n"
    found = drafted(tmp_path, text + "receivers: [{name: a, email_configs: [{to: a@x.example}]}]\n")
    assert found.calendars == ((spec,) if spec else ())
    assert bool(left(found, "by hand")) is (spec is None)


# -- silences


def test_silences_become_commands_that_mean_the_same(tmp_path, monkeypatch) -> None:
    (tmp_path / "ingestd.yaml").write_text(
        "last_resort: [a]\npeople: [{id: a, mail: a@x.example}]\nmaildir: {path: m}\n"
    )
    monkeypatch.setenv("INGESTD_CONFIG", str(tmp_path / "ingestd.yaml"))
    draft = read("alertmanager", HARBOUR, silences="silences.json")
    lines = [line for line in file(draft, "silences.sh").splitlines() if line.startswith("ingestd ")]
    asked = []
    for line in lines:
        args = command(line)
        asked.append(_asked(args, None, ZoneInfo("UTC")))
    assert [one.matchers for one in asked] == [one.matchers for one in draft.silences]
    mute, quay, shell = asked
    assert mute.weekly is not None
    assert (mute.weekly.from_minute, mute.weekly.to_minute, len(mute.weekly.weekdays)) == (420, 1200, 7)
    assert quay.comment == "quay 3 is being rebuilt; it's fine (by ines)"
    assert quay.ends_at.isoformat() == "2099-01-10T08:00:00+00:00"
    assert shell.matchers == (Matcher("alertname", "$(rm -rf /); 'x'"),)
    assert command(lines[2]).start == "2098-12-01T00:00:00+01:00"


def test_silences_that_can_not_be_said_are_named() -> None:
    draft = read("alertmanager", "plain.yml", silences="silences.json")
    assert len(draft.silences) == 2
    assert [one.path for one in draft.left if one.file.endswith("silences.json")] == ["[3]", "[4]", "[5]"]


def test_silences_are_a_list(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"a": 1}')
    (tmp_path / "a.yml").write_text("route: {receiver: a}\n")
    with pytest.raises(ConfigError, match=r"s\.json:1:1: expected a list of silences"):
        alertmanager.read([tmp_path / "a.yml"], tmp_path / "s.json", NOW)


def test_mute_times_without_matchers_are_named(tmp_path: Path) -> None:
    text = (
        "time_intervals: [{name: t, time_intervals: [{times: [{start_time: '09:00', end_time: '10:00'}]}]}]\n"
        "route: {receiver: a, mute_time_intervals: [t]}\nreceivers: [{name: a}]\n"
    )
    found = drafted(tmp_path, text)
    assert left(found, "mute times: it has no matchers")
    assert found.silences == ()


# -- matchers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a=b", [Matcher("a", "b")]),
        (' a != "b c" ', [Matcher("a", "b c", equal=False)]),
        ('{a=~"x|y", "b.c"!~"z\\"\\n"}', [Matcher("a", "x|y", True), Matcher("b.c", 'z"\n', True, False)]),
        ("a=~x{3}", [Matcher("a", "x{3}", True)]),
        ("a=", [Matcher("a", "")]),
        ("", []),
    ],
)
def test_matchers_are_read_as_they_are_written(text, found) -> None:
    assert list(parsed(text)) == found


def test_what_is_no_matcher_is_said() -> None:
    with pytest.raises(BadMatcher, match="no matcher: 'what is this'"):
        list(parsed("what is this"))


@pytest.mark.parametrize(
    ("matcher", "asked"),
    [
        (Matcher("severity", "critical"), {"severity": "critical"}),
        (Matcher("severity", "warn.*", True), {"severity": "warning"}),
        (Matcher("severity", "critical|warning", True, False), {"not": {"severity": ["critical", "warning"]}}),
        (Matcher("alertname", "A*"), {"check": r"~(?-i)^A\*$"}),
        (Matcher("alertname", "^(A|B)$", True), {"check": ["A", "B"]}),
        (Matcher("alertname", "A.*", True), {"check": "~(?-i)^(?:A.*)$"}),
        (Matcher("instance", "10.0.0.1:9100"), {"label.instance": "10.0.0.1:9100"}),
        (Matcher("instance", "a.*", True), {"label.instance": "~(?-i)^(?:a.*)$"}),
        (Matcher("team", ""), {"label.team": ""}),
        (Matcher("team", "dba", equal=False), {"not": {"label.team": "dba"}}),
        (Matcher("app.kubernetes.io/name", " x"), {"label.app.kubernetes.io/name": r"~(?-i)^\ x$"}),
        (Matcher("severity", "page"), {"label.severity": "page", "severity": "critical"}),
        (Matcher("severity", "blue"), {"label.severity": "blue"}),
        (Matcher("severity", "page|critical", True), {"label.severity": ["page", "critical"], "severity": "critical"}),
        (Matcher("severity", ".*", True), {"label.severity": "~(?-i)^(?:.*)$"}),
        (Matcher("severity", "p.*", True), {"label.severity": "~(?-i)^(?:p.*)$"}),
        (Matcher("priority", "critical"), {"label.priority": "critical"}),
    ],
)  # fmt: skip
def test_matchers_as_conditions(matcher, asked) -> None:
    assert condition([matcher]) == asked


@pytest.mark.parametrize(
    "matcher", [Matcher("alertname", "(?=x)", True), Matcher("severity", "(?=x)", True), Matcher("", "x")]
)
def test_what_conditions_do_not_ask(matcher) -> None:
    with pytest.raises(NotAsked):
        condition([matcher])


def test_two_demands_on_one_fact_stand_side_by_side() -> None:
    one = condition([Matcher("alertname", "A.*", True), Matcher("alertname", ".*B", True)])
    assert one == {"all": [{"check": "~(?-i)^(?:A.*)$"}, {"check": "~(?-i)^(?:.*B)$"}]}
    assert contradict([Matcher("a", "x"), Matcher("a", "y")])
    assert not contradict([Matcher("a", "x"), Matcher("a", "y", True)])


def test_silences_say_what_they_can_not_keep() -> None:
    wrong = kept([Matcher("a b", "x"), Matcher("c", " x"), Matcher("d", "(?=x)", True), Matcher("e", "x")])
    assert set(wrong) == {"a b", "c", "d"}
    assert DraftSilence(matchers=(Matcher("e", "x"),), why="y").nodes == ()
    assert shlex.split("a") == ["a"]


# -- broken


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("route: [a\nb: c\n", ":1:8: this is not closed"),
        ("a: 1\n", ":1:1: no route and no receivers"),
        ("route: {receiver: a}\n\tx: 1\n", ":2:1"),
        ("", ":1:1: no route"),
    ],
)
def test_a_broken_file_is_named_by_line_and_column(text, where, tmp_path) -> None:
    with pytest.raises(ConfigError) as caught:
        drafted(tmp_path, text)
    assert f"alertmanager.yml{where}" in str(caught.value)


def test_who_told_somebody_who_is_lost_tells_the_last_resort(tmp_path: Path) -> None:
    found = drafted(
        tmp_path,
        "route:\n  receiver: lost\n  routes:\n"
        "  - {receiver: quiet, matchers: ['alertname=A']}\n  - {receiver: gone, matchers: ['alertname=B']}\n"
        "receivers: [{name: quiet}, {name: lost, email_configs: [{email: x@x.example}]}]\n",
    )
    assert [one.spec.policy for one in found.routes] == ["digest", "last-resort", "last-resort"]
    assert [one.spec.steps for one in found.policies] == [()]
    assert left(found, "not known: email")[0].startswith(f"{found.sources[0]}:6:")
    assert left(found, "not a mail address: ''")[0].startswith(f"{found.sources[0]}:6:")


def mute(tmp_path: Path, routes: str) -> tuple[list[tuple[str, ...]], str]:
    """The matchers of the silences for a route of these, and why there are none."""
    found = drafted(
        tmp_path,
        "time_intervals: [{name: t, time_intervals: [{times: [{start_time: '09:00', end_time: '10:00'}]}]}]\n"
        f"route:\n  receiver: a\n  routes:\n{routes}receivers: [{{name: a}}]\n",
    )
    return [tuple(map(said, one.matchers)) for one in found.silences], "".join(left(found, "mute times"))


@pytest.mark.parametrize(
    ("routes", "matchers", "why"),
    [
        ("  - {matchers: ['a=b'], mute_time_intervals: [t]}\n", [("a=b",)], ""),
        ("  - {matchers: ['c=~\"d\"']}\n  - {matchers: ['a=b'], mute_time_intervals: [t]}\n", [("a=b", "c!~d")], ""),
        ("  - {matchers: ['a=c', 'd=e']}\n  - {matchers: ['a=b'], mute_time_intervals: [t]}\n", [("a=b",)], ""),
        ("  - {matchers: ['c=d', 'e=f']}\n  - {matchers: ['a=b'], mute_time_intervals: [t]}\n", [], "an earlier route takes some of it"),
        ("  - {matchers: ['a=b'], continue: true, mute_time_intervals: [t]}\n", [], "it goes on to others"),
        ("  - {matchers: ['a=b'], mute_time_intervals: [t], routes: [{matchers: ['c=d']}]}\n", [], "the routes below it were not mute"),
    ],
)  # fmt: skip
def test_a_mute_route_is_a_silence_only_if_that_hides_nothing_else(routes, matchers, why, tmp_path) -> None:
    found, said_why = mute(tmp_path, routes)
    assert found == matchers
    assert why in said_why
    assert bool(said_why) is not bool(found)


def test_a_tree_that_tells_words_of_one_level_apart_asks_the_label(tmp_path: Path) -> None:
    text = "route: {{receiver: a, routes: [{{receiver: a, matchers: [severity={0}]}}, {{receiver: a, matchers: [severity=critical]}}]}}\n"
    receivers = "receivers: [{name: a}]\n"
    plain = drafted(tmp_path, text.format("warning") + receivers)
    assert [one.spec.when for one in plain.routes] == [{"severity": "warning"}, {"severity": "critical"}, {}]
    apart = drafted(tmp_path, text.format("page") + receivers)
    assert [one.spec.when for one in apart.routes] == [
        {"label.severity": "page", "severity": "critical"},
        {"label.severity": "critical", "severity": "critical"},
        {},
    ]


def test_a_list_that_holds_no_routes_is_named(tmp_path: Path) -> None:
    found = drafted(tmp_path, "route: {receiver: a, routes: {x: y}}\nreceivers: [{name: a}]\n")
    assert left(found, "not a list of routes")
