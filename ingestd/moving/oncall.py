"""Grafana OnCall: the lists of its public API, in one JSON file or several.

Users, teams, schedules, shifts, escalation chains and their steps, integrations, routes. A
file holds lists under their names ({"users": [...]}), answers of the API as they came ({"results": [...]}), or both.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ingestd.decide.oncall import Team
from ingestd.decide.rota import LONGEST_TURN, Layer, Rota, TurnOverride, everybody_of
from ingestd.decide.route import PolicySpec, RouteSpec
from ingestd.moving.draft import Draft
from ingestd.moving.matching import re2_error
from ingestd.moving.oncallexport import KINDS, entries
from ingestd.moving.sketch import DIGEST, Sketch, Steps, slug, steps_of
from ingestd.moving.source import Part, json_parts
from ingestd.moving.turns import (
    DAY,
    WEEK,
    Shift,
    Span,
    by_hours,
    every,
    lanes,
    layers,
    moment,
    override,
    rotas,
    week_minute,
    zone_named,
)
from ingestd.problem import ConfigError, Problem

DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
UTC = ZoneInfo("UTC")
SINGLE = ("single_event", "override")
#: What integrations are called as adapters of webhooks.
ADAPTERS = {
    "alertmanager": "alertmanager",
    "grafana_alerting": "grafana",
    "grafana": "grafana",
    "webhook": "generic",
    "zabbix": "zabbix",
}
#: Steps that nobody can be told by, and what to do.
LOST: Mapping[str, str] = {
    "trigger_webhook": "a channel of type webhook with a person who stands for it, told in a step",
    "notify_user_group": "a team of people.yaml, told in a step",
    "notify_whole_channel": "a channel with `group: true` and a person who stands for it",
    "notify_if_time_from_to": "`hours` of the policy: a calendar of priority.yaml (these hours are those of UTC)",
    "notify_if_num_alerts_in_window": "routes ask `new_alerts`",
    "resolve": "an incident ends when nothing fires any more, or by a person",
    "declare_incident": "every policy works on incidents: nothing to do",
    "repeat_escalation": "in the end the last resort is told, again and again",
}


def read(paths: Sequence[Path], now: float) -> Draft:
    """Draft a site from an export; ConfigError: it can't be read."""
    sketch = Sketch("oncall", map(str, paths), now)
    found: dict[str, list[Part]] = {kind: [] for kind in KINDS}
    for answer in json_parts(paths):
        for kind, part in entries(answer, sketch):
            found[kind].append(part)
    if not any(found.values()):
        raise ConfigError(Problem(str(paths[0]), 1, 1, "no users, schedules, shifts or escalation chains in it"))
    _Site(found, sketch).gather()
    return sketch.finish()


class _Site:
    """An organisation."""

    def __init__(self, found: Mapping[str, Sequence[Part]], sketch: Sketch) -> None:
        self._found, self._sketch = found, sketch
        self._targets: dict[str, tuple[str, ...]] = {}
        self._policies: dict[str, str] = {}
        self._shifts = {one.text("id"): one for one in found["on_call_shifts"]}
        self._sources: dict[str, str] = {}

    def gather(self) -> None:
        """People first, then what names them."""
        for part in self._found["users"]:
            self._user(part)
        for part in self._found["teams"]:
            self._team(part)
        for part in self._found["schedules"]:
            self._schedule(part)
        for part in self._found["escalation_chains"]:
            self._chain(part)
        for part in self._found["integrations"]:
            self._integration(part)
        for part in sorted(self._found["routes"], key=self._order):
            self._route(part)
        for part in self._found["integrations"]:
            self._default(part)

    # -- people
    def _user(self, part: Part) -> None:
        sketch, mail = self._sketch, part.text("email")
        who = sketch.person(part.text("id"), part.text("username"), name=part.text("name", "username"), mail=mail)
        zone = part.text("timezone")
        if zone and zone_named(zone) is None:
            sketch.left(part.get("timezone"), f"unknown time zone {zone!r}", "set `timezone` of the person")
            zone = ""
        sketch.put_person(replace(sketch.known(who), timezone=zone))
        if part.flag("is_phone_number_verified"):
            what = f"the phone number of {who}: the API does not tell it"
            sketch.left(part, what, "a channel for SMS (type exec or apprise) and a contact with the number")
        if part.get("slack"):
            sketch.left(part.get("slack"), f"{who} in Slack", "a channel of type apprise, and a contact by it")

    def _person(self, id_: str, part: Part) -> str:
        if not self._sketch.person_ids.get(id_):
            self._sketch.left(part, f"the user {id_} is not in the file", "export users, too")
        return self._sketch.person(id_, id_)

    def _team(self, part: Part) -> None:
        id_, name = part.text("id"), part.text("name")
        members = [one.text("id") for one in self._found["users"] if id_ in one.texts("teams")]
        team = self._sketch.team_ids.of(id_, name)
        people = tuple(dict.fromkeys(self._person(one, part) for one in members))
        self._sketch.put_team(Team(id=team, name=name if name != team else "", members=people))
        if not members:
            self._sketch.left(part, f"who is in the team {name!r} is not said", "write `members`")

    # -- schedules
    def _schedule(self, part: Part) -> None:
        sketch, name = self._sketch, part.text("name")
        zone = zone_named(part.text("time_zone"))
        if zone is None and part.get("time_zone"):
            sketch.left(
                part.get("time_zone"), f"unknown time zone {part.text('time_zone')!r}", "set `timezone` of the rota"
            )
        for key in ("ical_url_primary", "ical_url_overrides"):
            if part.get(key):
                what = f"{name}: turns from an iCalendar ({key})"
                sketch.left(part.get(key), what, "put its URL into a file and write `ical_file: FILE` in the rota")
        listed = [self._shifts[one] for one in part.texts("shifts") if one in self._shifts]
        for id_ in part.texts("shifts"):
            if id_ not in self._shifts:
                sketch.left(part.get("shifts"), f"the shift {id_} is not in the file", "export on_call_shifts, too")
        clocks = zone or next(filter(None, (zone_named(one.text("time_zone")) for one in listed)), UTC)
        single = [one for one in listed if one.text("type") in SINGLE]
        overrides = [found for one in single for found in self._single(one, clocks)]
        by_zone: dict[str, list[Shift]] = {}
        for one in listed:
            if one not in single:
                own = zone_named(one.text("time_zone")) or clocks
                by_zone.setdefault(str(own), []).extend(self._turns(one, own))
        if len(by_zone) > 1 and len({shift.level for found in by_zone.values() for shift in found}) > 1:
            what = f"{name}: levels of shifts that go by other clocks"
            sketch.left(part, what, "they are rotas of their own, all told; a rota with layers goes by one zone")
        built = [one.rota for own, found in by_zone.items() for one in rotas(found, own)]
        self._targets[part.text("id")] = self._teams(part, name, built, overrides)

    def _teams(
        self, part: Part, name: str, found: Sequence[Rota], overrides: Sequence[tuple[int, TurnOverride]]
    ) -> tuple[str, ...]:
        """A team for each rota of a schedule, and the targets that tell them."""
        targets = []
        for n, rota in enumerate(found):
            own = tuple(one for lane, one in overrides if lane == n or lane < 0)
            id_ = self._sketch.team_ids.of((part.text("id"), n), f"{name}-{n + 1}" if n else name)
            whole = replace(rota, overrides=own)
            people = everybody_of(whole)
            self._sketch.put_team(Team(id=id_, name=name if name != id_ else "", members=people, rota=whole))
            targets.append(f"oncall:{id_}")
        if not found:
            what = f"the schedule {name!r} has no turns that could be read"
            self._sketch.left(part, what, "write the rota of a team by hand; steps that tell it were left out")
        return tuple(targets)

    def _turns(self, part: Part, clocks: ZoneInfo) -> Iterator[Shift]:
        """A shift that comes again, as turns of one person each."""
        start, first = moment(part.text("rotation_start", "start"), clocks), moment(part.text("start"), clocks)
        why = self._untold(part, start, first)
        if why:
            self._sketch.left(part, f"the shift {part.text('name')!r}: {why}", "write its layer by hand")
            return
        if start is None or first is None or self._over(part, clocks):
            return
        if part.text("frequency") == "daily" and part.get("by_day"):
            what = f"the shift {part.text('name')!r}: turns of some days of the week"
            self._sketch.left(part.get("by_day"), what, "turns go on by days of the calendar: look at `ingestd oncall`")
        groups = self._groups(part)
        for n, people in enumerate(lanes(groups)):
            found = self._layers(part, people, start, first)
            if found:
                yield Shift(key=f"{part.text('id')}/{n}", layers=found, level=int(part.number("level")))
            else:
                self._sketch.left(
                    part, f"turns of the shift {part.text('name')!r}", "write a layer by hand: turns are days or weeks"
                )
                return

    @staticmethod
    def _untold(part: Part, start: datetime | None, first: datetime | None) -> str:
        """Why a shift can't be turns; "": it can."""
        if start is None or first is None:
            return f"no start: {part.text('start')!r}"
        if part.get("by_month") or part.get("by_monthday") or part.text("frequency") == "monthly":
            return "it comes by months"
        if (
            part.text("type") == "recurrent_event"
            and part.number("interval", otherwise=1.0) > 1
            and part.text("frequency") != "hourly"
        ):
            return f"it comes every {part.number('interval'):.0f} {part.text('frequency')} turns, with nobody between"
        return ""

    def _over(self, part: Part, clocks: ZoneInfo) -> bool:
        """Whether it has ended; an end that is to come is named."""
        until = moment(part.text("until"), clocks)
        if until is None:
            return False
        if until.timestamp() > self._sketch.now:
            what = f"the shift {part.text('name')!r} ends on {until:%Y-%m-%d}"
            self._sketch.left(part.get("until"), what, "take its layer out then")
        return until.timestamp() <= self._sketch.now

    def _groups(self, part: Part) -> list[list[str]]:
        """Who has each turn, from the first turn on."""
        rolling = [[self._person(id_, part) for id_ in one.texts()] for one in part.parts("rolling_users")]
        groups = [group for group in rolling if group] or [[self._person(id_, part) for id_ in part.texts("users")]]
        begin = int(part.number("start_rotation_from_user_index")) % len(groups)
        return [*groups[begin:], *groups[:begin]]

    @staticmethod
    def _layers(part: Part, people: tuple[str, ...], start: datetime, first: datetime) -> tuple[Layer, ...]:
        """Layers of a lane; (): turns that are neither days nor weeks."""
        name, minutes = part.text("name"), round(part.number("duration") / 60)
        interval = max(1, int(part.number("interval", otherwise=1.0)))
        frequency = part.text("frequency") or "weekly"
        days = {"daily": interval, "weekly": 7 * interval}.get(frequency, 0)
        if frequency == "hourly":
            return by_hours(people, interval, start, name)
        if not people or not minutes or not 0 < days <= LONGEST_TURN:
            return ()
        named = [DAYS[day.upper()[:2]] for day in part.texts("by_day") if day.upper()[:2] in DAYS]
        if frequency == "weekly":
            named = named or [first.weekday()]
            begin = start - timedelta(days=(start.weekday() - DAYS.get(part.text("week_start")[:2].upper(), 6)) % 7)
            start = begin if part.get("by_day") else start
        if minutes >= days * DAY and not part.get("by_day"):
            spans: list[Span] = []
        else:
            spans = [(day * DAY + week_minute(first) % DAY, min(minutes, WEEK)) for day in named or range(7)]
        turn = start.replace(hour=first.hour, minute=first.minute)
        return layers(people, every(days), turn, spans, name)

    def _single(self, part: Part, clocks: ZoneInfo) -> Iterator[tuple[int, TurnOverride]]:
        """A shift that comes once: an override of each lane."""
        start = moment(part.text("start"), zone_named(part.text("time_zone")) or clocks)
        people = [self._person(id_, part) for id_ in part.texts("users")] or [
            self._person(id_, part) for one in part.parts("rolling_users")[:1] for id_ in one.texts()
        ]
        if start is None or not people or part.number("duration") < 60:
            self._sketch.left(
                part, f"the shift {part.text('name')!r} names no person or no time", "write it in `overrides`"
            )
            return
        end = start + timedelta(seconds=part.number("duration"))
        if end.timestamp() > self._sketch.now:
            only = len(people) == 1
            yield from ((-1 if only else n, override(who, start, end)) for n, who in enumerate(people))

    # -- chains
    def _chain(self, part: Part) -> None:
        sketch, name = self._sketch, part.text("name")
        mine = [one for one in self._found["escalation_policies"] if one.text("escalation_chain_id") == part.text("id")]
        steps: Steps = []
        for one in sorted(mine, key=lambda step: step.number("position")):
            self._step(one, steps, name)
        spec = steps_of([(tell, wait) for tell, wait in steps if tell or wait])
        if not spec:
            instead = "its routes go to the last resort" if mine else "its routes go to the daily digest"
            sketch.left(part, f"the chain {name!r} tells nobody", instead)
            self._policies[part.text("id")] = sketch.last_resort() if mine else DIGEST
            return
        id_ = sketch.policy_ids.of(part.text("id"), name)
        sketch.policy(PolicySpec(id=id_, steps=spec), f"escalation chain {name}")
        self._policies[part.text("id")] = id_

    def _step(self, one: Part, steps: Steps, name: str) -> None:
        """A step is told, a wait is added to the step before it."""
        kind = one.text("type")
        if kind == "wait":
            seconds = one.number("duration")
            if steps:
                tell, wait = steps[-1]
                steps[-1] = (tell, wait + seconds)
            else:
                self._sketch.left(
                    one,
                    f"{name}: waits {seconds:.0f} seconds first",
                    "the first step is at once; `settle_…` of correlate.yaml waits",
                )
            return
        if one.flag("important"):
            self._sketch.left(
                one.get("important"), f"{name}: important", "contacts are chosen by priority: `for: [P1, P2]`"
            )
        tell = self._tell(one, kind, name)
        if tell:
            steps.append((tell, 0.0))

    def _tell(self, one: Part, kind: str, name: str) -> tuple[str, ...]:
        people = one.texts("persons_to_notify") + one.texts("persons_to_notify_next_each_time")
        if kind == "notify_person_next_each_time":
            self._sketch.left(
                one, f"{name}: the next person each time", "all of them are told; a rota with `every: day` takes turns"
            )
        if kind in ("notify_persons", "notify_person_next_each_time"):
            return tuple(f"person:{self._person(id_, one)}" for id_ in people)
        found: tuple[str, ...] = ()
        if kind == "notify_on_call_from_schedule":
            found = self._targets.get(one.text("notify_on_call_from_schedule"), ())
        elif kind == "notify_team_members":
            team = self._sketch.team_ids.get(one.text("team_to_notify"))
            found = (f"team:{team}",) if team else ()
        if not found:
            self._sketch.left(
                one,
                f"{name}: the step {kind or 'without a type'}",
                LOST.get(kind, "name a person, a team or a rota in `tell`"),
            )
        return found

    # -- routes
    def _integration(self, part: Part) -> None:
        name, kind = part.text("name"), part.text("type")
        source = slug(name) or slug(part.text("id")) or "integration"
        self._sources[part.text("id")] = source
        adapter = ADAPTERS.get(kind, "")
        how = (
            f"`sources: {{{source}: {{adapter: {adapter}, token_file: …}}}}`"
            if adapter
            else f"a source called {source} (`ingestd sources` lists the adapters), or alert mail"
        )
        self._sketch.left(part, f"the integration {name!r} ({kind})", f"{how}, and let the tool send to it")

    def _default(self, part: Part) -> None:
        """The last route of an integration, where no list of routes has it."""
        default = part.get("default_route")
        if default.get("escalation_chain_id") and not any(
            one.text("integration_id") == part.text("id") and one.flag("is_the_last_route")
            for one in self._found["routes"]
        ):
            self._last(default, part.text("id"))

    def _order(self, part: Part) -> tuple[str, bool, float]:
        return part.text("integration_id"), part.flag("is_the_last_route"), part.number("position")

    def _route(self, part: Part) -> None:
        sketch, pattern = self._sketch, part.text("routing_regex")
        if part.flag("is_the_last_route"):
            self._last(part, part.text("integration_id"))
            return
        kind, source = part.text("routing_type") or "regex", self._source(part.text("integration_id"))
        policy = self._policy(part)
        why = (
            f"a route by {kind}"
            if kind != "regex"
            else "a pattern that RE2 does not take"
            if re2_error(pattern)
            else ""
        )
        if why:
            what = f"{why}: {pattern or part.text('labels')!r}"
            sketch.left(part, what, "it stands there as a comment: see docs/rules.md for what routes ask")
            when: dict[str, Any] = {}
        else:
            when = {"source": source} | ({} if pattern in ("", ".*") else {"text": f"~(?-i){pattern}"})
            if "text" in when:
                sketch.left(
                    part.get("routing_regex"), f"{pattern!r} looked at the whole payload", "it looks at summaries here"
                )
        sketch.route(
            f"{source}-{policy}",
            RouteSpec(id="", when=when, policy=policy),
            why or f"route {part.text('id')}",
            off=bool(why),
        )

    def _last(self, part: Part, integration: str) -> None:
        source, policy = self._source(integration), self._policy(part)
        note = f"the last route of {source}"
        self._sketch.route(f"{source}-rest", RouteSpec(id="", when={"source": source}, policy=policy), note)

    def _source(self, integration: str) -> str:
        return self._sources.get(integration) or slug(integration) or "integration"

    def _policy(self, part: Part) -> str:
        chain = part.text("escalation_chain_id")
        if chain and chain not in self._policies:
            self._sketch.left(part, f"the escalation chain {chain} is not in the file", "export escalation_chains, too")
            return self._sketch.last_resort()
        return self._policies.get(chain, DIGEST)
