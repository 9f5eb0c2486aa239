"""Prometheus Alertmanager: alertmanager.yml, and the silences that it has now.

A route becomes a route with a policy: tell the receiver's people, then wait for as long as Alertmanager would before
it repeats itself. The tree is written out in its order, so that the first that matches says the same: of ``continue``
every way to go on is a route of its own. Format: https://prometheus.io/docs/alerting/latest/configuration/
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.route import PolicySpec, RouteSpec, StepSpec
from ingestd.model import Matcher
from ingestd.moving import receivers
from ingestd.moving.draft import Draft, DraftSilence, duration, said
from ingestd.moving.intervals import Intervals
from ingestd.moving.matching import BadMatcher, NotAsked, condition, contradict, kept, of_route, speaks_levels
from ingestd.moving.sketch import DIGEST, Sketch, slug
from ingestd.moving.source import Part, json_parts, words, yaml_part
from ingestd.problem import ConfigError, Problem
from ingestd.yamltypes import Duration

REPEAT = 4 * 3600.0  # seconds, Alertmanager's default
MOST_ROUTES = 500
TOP = frozenset(
    {"global", "templates", "route", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals", "tracing"}
)
#: How the keys of ``global`` begin: the settings of services, and the rest.
GLOBAL = (
    "resolve_timeout",
    "http_config",
    "smtp_",
    *(f"{key.removesuffix('_configs')}_" for key in receivers.WAYS),
    "jira_",
)
ROUTE = words(
    "receiver matchers match match_re continue routes group_by group_wait group_interval "
    "repeat_interval mute_time_intervals active_time_intervals"
)
#: What of a route does not carry over, and what does it here.
TIMING = {
    "group_wait": "`times` of correlate.yaml: settle_symptom, settle_local, hold_max",
    "group_interval": "no need: an update goes out when the cause is found, the priority rises or more joins",
    "group_by": "no need: incidents are made by cause, from the topology; `groups` of correlate.yaml for the rest",
}


class Told(Struct, frozen=True):
    """Whom a route tells, how often, and at which hours."""

    receiver: str
    repeat: float
    active: tuple[str, ...] = ()


class Outcome(Struct, frozen=True):
    """One way through the tree: what must match on it, and whom it tells."""

    matchers: tuple[Matcher, ...]
    told: tuple[Told, ...]
    part: Part
    bad: str = ""  # a matcher on the way that can't be read


class _Set(Struct, frozen=True):
    """What a route hands down to those below it."""

    receiver: str
    repeat: float
    matchers: tuple[Matcher, ...] = ()
    bad: str = ""
    before: tuple[tuple[Matcher, ...], ...] = ()  # of the routes that come first
    goes_on: bool = False  # it, or one above it


def read(paths: Sequence[Path], silences: Path | None, now: float) -> Draft:
    """Draft a site from alertmanager.yml; ConfigError: it can't be read."""
    top = yaml_part(paths[0])
    if not top.get("route") and not top.get("receivers"):
        raise ConfigError(Problem(top.file, 1, 1, "no route and no receivers in it: expected an alertmanager.yml"))
    sketch = Sketch("alertmanager", [*map(str, paths), *([str(silences)] if silences else [])], now)
    _Site(top, sketch).gather()
    for answer in json_parts([silences]) if silences else ():
        _silences(answer, sketch)
    return sketch.finish()


class _Site:
    """One configuration."""

    def __init__(self, top: Part, sketch: Sketch) -> None:
        self._top, self._sketch = top, sketch
        self._intervals = Intervals(top, sketch)
        self._targets = {one.text("name"): receivers.read(one, sketch) for one in top.parts("receivers")}
        self._by_level = True  # severities are asked as levels: no route tells words apart that are one level
        self._silent = {one.text("name") for one in top.parts("receivers") if not any(map(one.parts, one.written()))}

    def gather(self) -> None:
        """Everything, in the order of the file."""
        self._whole()
        root = self._top.get("route")
        found = _Set(root.text("receiver"), self._repeat(root, REPEAT))
        outcomes = self._outcomes(root, found)
        if len(outcomes) > MOST_ROUTES:
            self._sketch.left(root, f"more than {MOST_ROUTES} ways through the tree", "write the last ones by hand")
        self._by_level = all(speaks_levels(outcome.matchers) for outcome in outcomes)
        for outcome in outcomes[:MOST_ROUTES]:
            self._route(outcome)
        for rule in self._top.parts("inhibit_rules"):
            self._inhibition(rule)
        self._sketch.timezone = self._intervals.zone

    def _whole(self) -> None:
        sketch, top = self._sketch, self._top
        sketch.strange(top, TOP)
        whole = top.get("global")
        sketch.strange(whole, [key for key in whole.written() if key.startswith(GLOBAL)])
        receivers.relay(top, sketch)
        if top.get("templates"):
            sketch.left(top.get("templates"), "templates", "texts are made from templates of ours: `ingestd preview`")
        if top.get("global").get("resolve_timeout"):
            what = "resolve_timeout"
            sketch.left(top.get("global").get(what), what, "Prometheus says itself when an alert ends: nothing to do")
        if top.get("global").get("http_config"):
            sketch.left(top.get("global").get("http_config"), "http_config", "channels have `proxy` and `ca_file`")

    # -- the tree
    def _outcomes(self, part: Part, held: _Set) -> list[Outcome]:
        """Every way through a route, in the order in which the first that matches counts."""
        self._said(part)
        own = Told(held.receiver, held.repeat, part.texts("active_time_intervals"))
        self._mutes(part, held)
        below = self._below(self._routes(part), held)
        return [*below, Outcome(held.matchers, (own,), part, held.bad)]

    def _routes(self, part: Part) -> list[Part]:
        """The routes below one. The reader of YAML has bounded how deep they are."""
        routes = part.get("routes")
        found = [one for one in routes.parts() if isinstance(one.value, dict)]
        odd = next((one for one in routes.parts() if not isinstance(one.value, dict)), routes if not found else None)
        if routes and odd is not None:
            self._sketch.left(odd, "not a list of routes", "write them by hand")
        return found

    def _below(self, routes: Sequence[Part], held: _Set) -> list[Outcome]:
        """The ways through a list of routes; what matches none of them is not among these."""
        found: list[Outcome] = []
        sets = [self._inherits(part, held) for part in routes]
        own = [one.matchers[len(held.matchers) :] for one in sets]
        for n, part in reversed(list(enumerate(routes))):
            mute = bool(part.get("mute_time_intervals") or part.get("routes"))
            before = (*held.before, *own[:n]) if mute else ()
            inner = self._outcomes(part, replace(sets[n], before=before))
            if part.flag("continue"):
                both = (_both(one, other) for one in inner for other in found)
                inner = [*islice((one for one in both if not contradict(one.matchers)), MOST_ROUTES), *inner]
            found = [*inner, *found][: MOST_ROUTES + 1]
        return found

    def _inherits(self, part: Part, held: _Set) -> _Set:
        try:
            matchers, bad = of_route(part), held.bad
        except BadMatcher as why:
            matchers, bad = (), str(why)
        whole = tuple(dict.fromkeys((*held.matchers, *matchers)))
        receiver = part.text("receiver") or held.receiver
        goes_on = held.goes_on or part.flag("continue")
        return _Set(receiver, self._repeat(part, held.repeat), whole, bad, goes_on=goes_on)

    def _repeat(self, part: Part, otherwise: float) -> float:
        written = part.get("repeat_interval")
        try:
            return float(Duration.from_yaml(written.text())) if written else otherwise
        except ValueError:
            self._sketch.left(written, f"not a duration: {written.text()!r}", f"{duration(otherwise)} was taken")
            return otherwise

    def _said(self, part: Part) -> None:
        """What of a route has no equal here."""
        self._sketch.strange(part, ROUTE)
        for key, instead in TIMING.items():
            if part.get(key):
                self._sketch.left(part.get(key), f"{key}: {', '.join(part.texts(key))}", instead)

    def _mutes(self, part: Part, held: _Set) -> None:
        """Times at which a route is mute are silences that come every week, where these hide nothing else."""
        where = part.get("mute_time_intervals")
        names = part.texts("mute_time_intervals")
        if not names:
            return
        whole = (*held.matchers, *(one for other in held.before for one in _others(other, held.matchers)))
        wrong = held.bad or _unsafe(part, held) or next(iter(kept(whole).values()), "")
        if wrong:
            self._sketch.left(where, f"mute times: {wrong}", "`hours` of the policy, or a weekly silence by hand")
            return
        for weekly, name in self._intervals.weekly(names, where):
            why = f"{name}: {held.receiver} was mute then"
            self._sketch.silence(DraftSilence(matchers=tuple(dict.fromkeys(whole)), weekly=weekly, why=why))

    # -- routes and policies
    def _route(self, outcome: Outcome) -> None:
        when, why = self._when(outcome)
        policy, name = self._policy(outcome)
        if why:
            what = f"a route for {_words(outcome.matchers) or 'everything'}: {why}"
            self._sketch.left(outcome.part, what, "it stands there as a comment: mend it by hand (docs/rules.md)")
        note = f"{_words(outcome.matchers) or 'all the rest'}{f' ({why})' if why else ''}"
        self._sketch.route(name, RouteSpec(id="", when=when, policy=policy), note, off=bool(why))

    def _when(self, outcome: Outcome) -> tuple[dict[str, Any], str]:
        if outcome.bad:
            return {}, outcome.bad
        try:
            return condition(outcome.matchers, by_level=self._by_level), ""
        except NotAsked as why:
            return {}, str(why)

    def _policy(self, outcome: Outcome) -> tuple[str, str]:
        """The policy that tells the receivers of a way, and its name; the shipped digest if nobody was told."""
        told = outcome.told
        names = tuple(dict.fromkeys(one.receiver for one in told))
        for name in names:
            if name not in self._targets:
                self._sketch.left(outcome.part, f"no receiver is called {name!r}", "the last resort is told")
        tell = tuple(dict.fromkeys(target for name in names for target in self._targets.get(name, ())))
        title = "-and-".join(filter(None, map(slug, names))) or names[0]
        if not tell:
            return DIGEST if self._silent.issuperset(names) else self._sketch.last_resort(), title
        wait = min(one.repeat for one in told)
        hours = self._hours(outcome)
        id_ = self._sketch.policy_ids.of((tell, wait, hours), title)
        steps = (StepSpec(tell=tell, wait=Duration(wait)),)
        note = f"receiver {' and '.join(names)}; no answer within repeat_interval ({duration(wait)}): the last resort"
        self._sketch.policy(PolicySpec(id=id_, steps=steps, hours=hours or "always"), note)
        return id_, title

    def _hours(self, outcome: Outcome) -> str:
        """The calendar of the active times; "": always."""
        active = {one.active for one in outcome.told if one.active}
        if not active:
            return ""
        where = outcome.part.get("active_time_intervals")
        if len(active) > 1 or len(next(iter(active))) > 1 or any(not one.active for one in outcome.told):
            self._sketch.left(where, "several active times at once", "`hours` of the policy takes one calendar")
            return ""
        return self._intervals.calendar(next(iter(active))[0], where)

    def _inhibition(self, rule: Part) -> None:
        """Said, and what does it here."""
        equal = rule.texts("equal")
        hosts = {"instance", "host", "node", "hostname", "cluster", "cluster_name"} & set(equal)
        what = f"an inhibition by {_side(rule, 'source')} of {_side(rule, 'target')}"
        same = f" with the same {', '.join(equal)}" if equal else ""
        instead = (
            "alerts of one node join one incident, and what depends on a node that is down joins its incident"
            if hosts
            else "write in topology.yaml what depends on what: symptoms then join the incident of their cause"
        )
        self._sketch.left(rule, what + same, instead)


def _others(before: tuple[Matcher, ...], own: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
    """What leaves out the alerts that an earlier route takes, or takes as well."""
    return () if contradict((*before, *own)) else tuple(replace(one, equal=not one.equal) for one in before)


def _unsafe(part: Part, held: _Set) -> str:
    """Why a silence would hide what others are told of; "": it would not."""
    if not held.matchers:
        return "it has no matchers"
    if part.get("routes"):
        return "the routes below it were not mute"
    if held.goes_on:
        return "it goes on to others"
    unsaid = (one for one in held.before if len(one) != 1 and not contradict((*one, *held.matchers)))
    return "an earlier route takes some of it, which a silence can't leave out" if any(True for _ in unsaid) else ""


def _both(one: Outcome, other: Outcome) -> Outcome:
    """What matches a route that goes on, and another one after it, tells both."""
    return Outcome(
        tuple(dict.fromkeys((*one.matchers, *other.matchers))),
        tuple(dict.fromkeys((*one.told, *other.told))),
        other.part,
        one.bad or other.bad,
    )


def _words(matchers: Iterable[Matcher]) -> str:
    return ", ".join(said(one) for one in matchers)


def _side(rule: Part, side: str) -> str:
    words = [*rule.texts(f"{side}_matchers")]
    for key in (f"{side}_match", f"{side}_match_re"):
        inner = rule.get(key)
        words += [f"{name}={inner.text(name)}" for name in inner.written()]
    return ", ".join(words) or "anything"


# -- silences


def _silences(answer: Part, sketch: Sketch) -> None:
    """The answer of ``amtool silence query -o json`` or of GET /api/v2/silences."""
    if not isinstance(answer.value, list):
        raise ConfigError(Problem(answer.file, 1, 1, "expected a list of silences, as amtool prints with -o json"))
    for one in answer.parts():
        if one.get("status").text("state") == "expired":
            continue
        matchers = tuple(_matchers(one))
        start, end = (_time(one.text(key)) for key in ("startsAt", "endsAt"))
        wrong = kept(matchers)
        if end is None or not matchers or wrong:
            why = next(iter(wrong.values()), "it has no matchers" if end else f"its end is {one.text('endsAt')!r}")
            sketch.left(one, f"a silence: {why}", "make it in the pages, or by `ingestd silence add`")
        elif end.timestamp() > sketch.now:
            begins = one.text("startsAt") if start is not None and start.timestamp() > sketch.now else ""
            by = one.text("createdBy")
            why = f"{one.text('comment') or 'no reason was given'}{f' (by {by})' if by else ''}"
            sketch.silence(DraftSilence(matchers=matchers, start=begins, until=one.text("endsAt"), why=why))


def _matchers(one: Part) -> Iterator[Matcher]:
    for found in one.parts("matchers"):
        equal = found.flag("isEqual", otherwise=True)
        yield Matcher(found.text("name"), found.text("value"), found.flag("isRegex"), equal)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
