"""Random trees of routes tell whom Alertmanager's own walk through the tree tells."""

import json
import re
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.decide.route import EscalationRules, Router
from ingestd.decide.silence import matches
from ingestd.model import Silence
from ingestd.moving import alertmanager
from ingestd.yamltypes import loads
from tests.moving.sites import NOW, file

NAMES, LEVELS = ("Disk", "Fan", "Link"), ("critical", "warning", "info")
RECEIVERS = [f"r{n}" for n in range(4)]

_values = {"alertname": (*NAMES, "Disk|Fan", ".*k"), "severity": (*LEVELS, "critical|warning", "(warning|info)")}
_matchers = st.sampled_from(sorted(_values)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(["=", "!=", "=~", "!~"]), st.sampled_from(_values[name]))
)
_plain = _matchers.filter(lambda one: "~" in one[1] or re.fullmatch("[A-Za-z]+", one[2]) is not None)


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
    hit = re.fullmatch(value, labels[name]) is not None if "~" in sign else labels[name] == value
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
    for name in NAMES:
        for level in LEVELS:
            found = router.route({"check": (name,), "severity": level, "node": ""}).policy
            told = {target.removeprefix("person:") for step in found.steps for target in step.tell}
            labels = {"alertname": name, "severity": level}
            assert told == set(walk(root, labels)), labels
            hidden = any(
                matches(Silence(id="", starts_at=0, ends_at=1, by="", matchers=one.matchers), labels)
                for one in draft.silences
            )
            assert not hidden or all(one["mute_time_intervals"] for one in nodes(root, labels)), "hides too much"
