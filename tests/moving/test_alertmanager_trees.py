"""Random trees of routes tell whom Alertmanager's own walk through the tree tells."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.decide.labels import kept_labels, values_of
from ingestd.decide.route import EscalationRules, Router
from ingestd.decide.silence import matches
from ingestd.model import Alert, Event, Silence
from ingestd.moving import alertmanager
from ingestd.sources.shared import severity
from ingestd.yamltypes import loads
from tests.moving.sites import NOW, file

NAMES, LEVELS = ("Disk", "Fan"), ("critical", "warning", "info", "page", "")
TEAMS, HOSTS = ("", "db", "dba"), ("quay-1:9100", "quay-2:9100")
RECEIVERS = [f"r{n}" for n in range(4)]

_values = {
    "alertname": (*NAMES, "Disk|Fan", ".*k"),
    "severity": (*LEVELS, "critical|warning", "(warning|info)", "page|critical", "w.*", ".*"),
    "team": (*TEAMS, "db|web", "(dba)?", "d.+", ".*"),
    "instance": (*HOSTS, "quay-1", "quay-[13].*", "quay-1:9100|quay-3:9100"),
}
_matchers = st.sampled_from(sorted(_values)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(["=", "!=", "=~", "!~"]), st.sampled_from(_values[name]))
)
_plain = _matchers.filter(lambda one: "~" in one[1] or re.fullmatch("[A-Za-z0-9:-]*", one[2]) is not None)


def _routes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "receiver": st.sampled_from(RECEIVERS),
            "matchers": st.lists(_plain.map(lambda one: f'{one[0]}{one[1]}"{one[2]}"'), min_size=1, max_size=2),
            "continue": st.booleans(),
            "routes": inner,
            "mute_time_intervals": st.sampled_from([[], ["night"]]),
        }
    )


_trees = st.recursive(st.just([]), lambda inner: st.lists(_routes(inner), max_size=3), max_leaves=6)


def walk(route: dict[str, Any], labels: dict[str, str]) -> list[str]:
    """As dispatch.Route.Match does: children in order, until one that matches does not go on; else the route itself."""
    return [one["receiver"] for one in nodes(route, labels)]


def nodes(route: dict[str, Any], labels: dict[str, str]) -> list[dict[str, Any]]:
    """The routes that handle an alert."""
    if not all(meets(one, labels) for one in route.get("matchers", [])):
        return []
    found: list[dict[str, Any]] = []
    for child in route["routes"]:
        inner = nodes(child, labels)
        found += inner
        if inner and not child["continue"]:
            break
    return found or [route]


def meets(matcher: str, labels: dict[str, str]) -> bool:
    name, sign, value = re.fullmatch(r'(\w+)(=~|!~|!=|=)"(.*)"', matcher).groups()  # type: ignore[union-attr]
    hit = re.fullmatch(value, labels.get(name, "")) is not None if "~" in sign else labels.get(name, "") == value
    return hit is not sign.startswith("!")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(routes=_trees)
def test_first_match_says_what_the_tree_says(routes, tmp_path) -> None:
    root = {"receiver": "r0", "routes": routes}
    night = {"name": "night", "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "06:00"}]}]}
    receivers = [{"name": one, "email_configs": [{"to": f"{one}@x.example"}]} for one in RECEIVERS]
    path: Path = tmp_path / "alertmanager.yml"
    path.write_text(json.dumps({"route": root, "receivers": receivers, "time_intervals": [night]}))
    draft = alertmanager.read([path], None, NOW)
    assert not any(one.off for one in draft.routes)
    router = Router(loads(file(draft, "rules/escalation.yaml"), EscalationRules, "x"))
    for labels in every_alert(root):
        found = router.route(situation(labels)).policy
        told = {target.removeprefix("person:") for step in found.steps for target in step.tell}
        assert told == set(walk(root, labels)), labels
        hidden = any(
            matches(Silence(id="", starts_at=0, ends_at=1, by="", matchers=one.matchers), labels)
            for one in draft.silences
        )
        assert not hidden or all(one["mute_time_intervals"] for one in nodes(root, labels)), "hides too much"


def every_alert(root: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Every set of labels there is; an empty one is not there. A word for a level that no route has goes with it."""
    levels = [one for one in LEVELS if one != "page" or one in json.dumps(root)]
    for name, level, team, host in product(NAMES, levels, TEAMS, HOSTS):
        labels = {"alertname": name, "severity": level, "instance": host, "team": team}
        yield {label: value for label, value in labels.items() if value}


def situation(labels: dict[str, str]) -> dict[str, Any]:
    """What rules may ask of an incident with one such alert."""
    event = Event(state="firing", summary="", labels=tuple(labels.items()))
    one = Alert(
        id=1,
        fingerprint="",
        node="quay-1",
        check=labels["alertname"],
        host=None,
        cls="unknown",
        down=False,
        state="firing",
        severity=severity(labels.get("severity")),
        summary="",
        incident=1,
        certainty="root",
        first_at=0.0,
        last_at=0.0,
        labels=kept_labels(event),
    )
    return {"check": (one.check,), "severity": one.severity, **values_of([one], _values)}
