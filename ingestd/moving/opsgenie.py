"""Opsgenie: answers of its API, or the folder that its configuration backup writes.

Users, teams, schedules with rotations and overrides, escalations, routing rules, integrations' names.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import re2
from msgspec.structs import replace

from ingestd.decide.oncall import Contact, Team
from ingestd.decide.rota import LONGEST_TURN, Layer, TurnOverride, everybody_of
from ingestd.decide.route import PolicySpec, RouteSpec, StepSpec
from ingestd.model import PRIORITIES, Priority
from ingestd.moving.draft import Draft
from ingestd.moving.matching import literal, re2_error
from ingestd.moving.opsgenieexport import KINDS, entries
from ingestd.moving.sketch import DIGEST, MOST_STEPS, Sketch, Steps, steps_of
from ingestd.moving.source import Part, json_parts
from ingestd.moving.turns import (
    DAY,
    Shift,
    Span,
    by_hours,
    every,
    layers,
    moment,
    override,
    rotas,
    zone_named,
)
from ingestd.problem import ConfigError, Problem
from ingestd.yamltypes import Duration

UNITS = {"minutes": 60.0, "hours": 3600.0, "days": 86400.0}
CONTACTS = {"email": "mail", "sms": "phone", "voice": "phone", "phone": "phone"}
PHONE_FORM = "twilio://SID:TOKEN@FROM/{to}, or another service for SMS that Apprise knows"
#: Fields of a routing rule's condition that are facts here.
FIELDS = {"message": "text", "description": "text", "entity": "node"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read(paths: Sequence[Path], now: float) -> Draft:
    """Draft a site from an export; ConfigError: it can't be read."""
    sketch = Sketch("opsgenie", map(str, paths), now)
    found: dict[str, list[tuple[Part, Part | None]]] = {kind: [] for kind in KINDS}
    for answer in json_parts(paths):
        for kind, part, owner in entries(answer, sketch):
            found[kind].append((part, owner))
    if not any(found.values()):
        raise ConfigError(Problem(str(paths[0]), 1, 1, "no users, teams, schedules or escalations in it"))
    _Site(found, sketch).gather()
    return sketch.finish()


class _Site:
    """An account."""

    def __init__(self, found: Mapping[str, Sequence[tuple[Part, Part | None]]], sketch: Sketch) -> None:
        self._found, self._sketch = found, sketch
        self._targets: dict[str, tuple[str, ...]] = {}  # id or name of a schedule -> targets
        self._policies: dict[str, str] = {}  # id or name of an escalation -> policy

    def gather(self) -> None:
        """People first, then what names them."""
        for kind, take in (
            ("user", self._user),
            ("team", self._team),
            ("schedule", self._schedule),
            ("escalation", self._escalation),
        ):
            for part, _ in self._found[kind]:
                take(part)
        self._empty_teams()
        for part, owner in self._routing():
            self._route(part, owner)
        for part, _ in self._found["integration"]:
            what = f"the integration {part.text('name')!r} ({part.text('type')})"
            self._sketch.left(part, what, "let its tool send to ingestd: a source in ingestd.yaml, or alert mail")

    # -- people
    def _user(self, part: Part) -> None:
        sketch, mail = self._sketch, part.text("username")
        who = self._person(part)
        zone, locale = part.text("timeZone"), part.text("locale").replace("-", "_")
        if zone and zone_named(zone) is None:
            sketch.left(part.get("timeZone"), f"unknown time zone {zone!r}", "set `timezone` of the person")
            zone = ""
        language = {"zh": "zh_CN", "en": "en"}.get(locale[:2].casefold())
        sketch.put_person(replace(sketch.known(who), timezone=zone, language=language))
        for contact in part.parts("userContacts"):
            self._contact(contact, who, mail)
        if part.flag("blocked"):
            sketch.left(part, f"{mail} is blocked", "take the person out of people.yaml, or leave `tokens` away")

    def _contact(self, part: Part, who: str, mail: str) -> None:
        method, to = part.text("contactMethod", "method").casefold(), part.text("to", "contact")
        channel = CONTACTS.get(method, "")
        if not channel or not to or to == mail:
            if to and not channel:
                self._sketch.left(part, f"a contact by {method or 'nothing'}", "another channel: see ways out")
            return
        if channel == "phone":
            channel = self._sketch.channel("phone", "apprise", PHONE_FORM, part, group=False, note="SMS to {to}")
            to = "+" + "".join(letter for letter in to if letter.isdigit())
        self._sketch.reach(who, Contact(channel=channel, address=to))

    def _person(self, part: Part) -> str:
        """The id of a user as any part names her."""
        name, id_ = part.text("username", "name"), part.text("id")
        known = self._sketch.person_ids.get(id_) if id_ else ""
        if known:
            return known
        key = name.casefold() or id_
        if "@" not in name and not self._sketch.person_ids.get(key):
            self._sketch.left(part, f"the user {name or id_} is not in the export", "export users, too")
        found = self._sketch.person(key, id_, name=part.text("fullName"), mail=name)
        if id_:
            self._sketch.person_ids.again(id_, found)
        return found

    def _team(self, part: Part) -> None:
        """A team; the list of all teams and the answer about one may both be there."""
        name = part.text("name")
        id_ = self._sketch.team_ids.of(name, name)
        known = self._sketch.team(id_)
        members = (self._person(one.get("user")) for one in part.parts("members") if one.get("user"))
        whole = tuple(dict.fromkeys((*(known.members if known else ()), *members)))
        self._sketch.put_team(Team(id=id_, name=name if name != id_ else "", members=whole))
        self._sketch.team_ids.again(part.text("id") or name, id_)

    def _empty_teams(self) -> None:
        for part, _ in self._found["team"]:
            team = self._sketch.team(self._team_named(part))
            if team is not None and not team.members:
                what = f"who is in the team {part.text('name')!r} is not said"
                self._sketch.left(part, what, "export teams/ID, too; or write `members`")

    # -- schedules
    def _schedule(self, part: Part) -> None:
        sketch, name = self._sketch, part.text("name")
        zone = zone_named(part.text("timezone"))
        if zone is None:
            sketch.left(
                part.get("timezone"), f"unknown time zone {part.text('timezone')!r}", "set `timezone` of the rota"
            )
        shifts = [s for one in part.parts("rotations") for s in self._shifts(one, zone or ZoneInfo("UTC"))]
        built = rotas(shifts, str(zone) if zone else "")
        targets: list[str] = []
        owner = sketch.team_ids.get(part.get("ownerTeam").text("id")) or sketch.team_ids.get(
            part.get("ownerTeam").text("name")
        )
        for n, one in enumerate(built):
            overrides = tuple(self._overrides(part, one.keys, zone or ZoneInfo("UTC")))
            rota = replace(one.rota, overrides=overrides)
            team = sketch.team(owner) if owner and not n else None
            if team is not None and team.rota is None:
                sketch.put_team(replace(team, rota=rota))
                targets.append(f"oncall:{team.id}")
                continue
            id_ = sketch.team_ids.of((part.text("id") or name, n), f"{name}-{n + 1}" if n else name)
            people = everybody_of(rota)
            sketch.put_team(Team(id=id_, name=name if name != id_ else "", members=people, rota=rota))
            targets.append(f"oncall:{id_}")
        if not part.flag("enabled", otherwise=True):
            sketch.left(part, f"the schedule {name!r} is switched off", "take its team out of people.yaml")
        for key in filter(None, (part.text("id"), name)):
            self._targets.setdefault(key, tuple(targets))

    def _shifts(self, part: Part, zone: ZoneInfo) -> Iterator[Shift]:
        """A rotation."""
        sketch, name = self._sketch, part.text("name")
        start, end = moment(part.text("startDate"), zone), moment(part.text("endDate"), zone)
        if start is None:
            sketch.left(part, f"the rotation {name!r} has no start", "write its layer by hand")
            return
        if end is not None and end.timestamp() <= sketch.now:
            return
        if end is not None:
            sketch.left(part.get("endDate"), f"the rotation {name!r} ends on {end:%Y-%m-%d}", "take its layer out then")
        if start.timestamp() > sketch.now:
            sketch.left(
                part.get("startDate"),
                f"the rotation {name!r} begins on {start:%Y-%m-%d} only",
                "its layer holds before, too",
            )
        people = tuple(self._participants(part))
        found = self._layers(part, people, start, tuple(self._spans(part)))
        if found:
            yield Shift(key=part.text("id") or name, layers=found)
        else:
            sketch.left(
                part,
                f"the turns of {name!r} ({part.text('length')} {part.text('type')})",
                "write a layer by hand: turns are days or weeks",
            )

    @staticmethod
    def _layers(part: Part, people: tuple[str, ...], start: datetime, spans: tuple[Span, ...]) -> tuple[Layer, ...]:
        """The layers of a rotation; (): its turns are neither days nor weeks, nor parts of a day."""
        name, kind = part.text("name"), part.text("type").casefold()
        length = max(1, int(part.number("length", otherwise=1.0)))
        whole = length // 24 if length % 24 == 0 else 0
        days = {"daily": length, "weekly": 7 * length, "hourly": whole}.get(kind, 0)
        if 0 < days <= LONGEST_TURN and people:
            return layers(people, every(days), start, spans, name)
        return by_hours(people, length, start, name) if kind == "hourly" and not spans else ()

    def _participants(self, part: Part) -> Iterator[str]:
        for one in part.parts("participants"):
            if one.text("type").casefold() == "user" or (not one.text("type") and one.get("username")):
                yield self._person(one)
            else:
                what = f"a turn of {one.text('type') or 'nothing'} {one.text('name', 'id')}".rstrip()
                self._sketch.left(one, what, "turns are people's: name them, or leave the hours to another layer")

    def _spans(self, part: Part) -> Iterator[Span]:
        """The hours of a week at which a rotation holds; none: always."""
        found = part.get("timeRestriction")
        daily = found.get("restriction")
        if daily:
            low, high = _minute(daily, "start"), _minute(daily, "end")
            yield from ((day * DAY + low, (high - low) % DAY or DAY) for day in range(7))
        for one in found.parts("restrictions"):
            days = [one.text(key).casefold() for key in ("startDay", "endDay")]
            if days[0] in DAYS and days[1] in DAYS:
                low = DAYS.index(days[0]) * DAY + _minute(one, "start")
                high = DAYS.index(days[1]) * DAY + _minute(one, "end")
                yield low, (high - low) % (7 * DAY) or 7 * DAY
            else:
                self._sketch.left(one, "hours without a day", "`restrict` of the layer")

    def _overrides(self, schedule: Part, keys: Sequence[str], zone: ZoneInfo) -> Iterator[TurnOverride]:
        names = {schedule.text("id"), schedule.text("name")} - {""}
        for part, owner in self._found["override"]:
            parent = owner or part.get("_parent")
            if not names & {parent.text("id"), parent.text("name")}:
                continue
            start, end = moment(part.text("startDate"), zone), moment(part.text("endDate"), zone)
            only = {one.text("id") for one in part.parts("rotations")} | {
                one.text("name") for one in part.parts("rotations")
            }
            user = part.get("user")
            if start is None or end is None or not user.text("username", "id") or user.text("type") not in ("", "user"):
                self._sketch.left(
                    part, "an override that names no person or no times", "write it in `overrides` by hand"
                )
            elif end.timestamp() > self._sketch.now and (not only - {""} or only & set(keys)):
                yield override(self._person(user), start, end)

    # -- escalations
    def _escalation(self, part: Part) -> None:
        sketch, name = self._sketch, part.text("name")
        rules = sorted(part.parts("rules"), key=_delay)
        acked = [one for one in rules if one.text("condition") != "if-not-closed"]
        closed = [one for one in rules if one.text("condition") == "if-not-closed"]
        if acked and _delay(acked[0]):
            sketch.left(
                acked[0],
                f"{name}: the first step after {_delay(acked[0]) / 60:.0f} minutes",
                "the first step is at once; `settle_…` of correlate.yaml waits",
            )
        steps, repeat = self._steps(acked), part.get("repeat")
        last = repeat.number("waitInterval") * 60 or 600.0
        times = int(repeat.number("count")) if repeat else 0
        whole = [*steps, *(steps * min(times, MOST_STEPS))] if steps and repeat else steps
        spec = steps_of([(tell, wait or last) for tell, wait in whole])
        if repeat and len(whole) > len(spec):
            sketch.left(repeat, f"{name}: {times} repeats", "in the end the last resort is told, again and again")
        if repeat.flag("closeAlertAfterAll"):
            sketch.left(repeat, f"{name}: closes after all repeats", "an incident stays open until it is over")
        within: dict[Priority, Duration] = (
            {one: Duration(_delay(closed[0])) for one in PRIORITIES} if closed and _delay(closed[0]) else {}
        )
        unresolved = steps_of(self._steps(closed)) if within else ()
        if closed and not within:
            spec = steps_of([*self._steps(closed), *self._steps(acked)])
        if not spec:
            sketch.left(part, f"the escalation {name!r} tells nobody", "write its steps: it goes to the last resort")
        id_ = sketch.policy_ids.of(part.text("id") or name, name)
        sketch.policy(
            PolicySpec(id=id_, steps=spec, resolve_within=within, unresolved=unresolved), f"escalation {name}"
        )
        for key in filter(None, (part.text("id"), name)):
            self._policies.setdefault(key, id_)

    def _steps(self, rules: Sequence[Part]) -> Steps:
        waits = [later - delay for delay, later in pairwise(map(_delay, rules))]
        return [(self._tell(one), wait) for one, wait in zip(rules, [*waits, 0.0], strict=False)]

    def _tell(self, rule: Part) -> tuple[str, ...]:
        """Whom a step tells."""
        recipient, how = rule.get("recipient"), rule.text("notifyType").casefold()
        kind, name = recipient.text("type").casefold(), recipient.text("name", "username", "id")
        if how in ("next", "previous", "random", "admins"):
            self._sketch.left(
                rule, f"tells the {how} of {kind} {name}", "whoever is on call is told, or the whole team"
            )
        if kind == "user":
            return (f"person:{self._person(recipient)}",)
        if kind == "schedule":
            found = self._schedule_named(recipient)
            if found:
                return found
        team = self._team_named(recipient) if kind == "team" else ""
        if team:
            return (f"team:{team}" if how in ("all", "users", "admins", "random") else f"oncall:{team}",)
        self._sketch.left(
            rule, f"tells {kind or 'nobody'} {name}".rstrip(), "name a person, a team or a rota in `tell`"
        )
        return ()

    def _schedule_named(self, part: Part) -> tuple[str, ...]:
        return self._targets.get(part.text("id")) or self._targets.get(part.text("name")) or ()

    def _team_named(self, part: Part) -> str:
        ids = self._sketch.team_ids
        return ids.get(part.text("id")) or ids.get(part.text("name"))

    # -- routing rules
    def _routing(self) -> list[tuple[Part, Part | None]]:
        """In their order, the default of each team last."""
        return sorted(self._found["routing"], key=lambda one: (one[0].flag("isDefault"), one[0].number("order")))

    def _route(self, part: Part, owner: Part | None) -> None:
        sketch, name = self._sketch, part.text("name") or "rule"
        team = self._team_named(owner) if owner is not None else self._only_team()
        notify = part.get("notify")
        policy, off = self._notified(notify, name), ""
        when: dict[str, Any] = {"team": team} if team else {}
        if part.get("timeRestriction"):
            off = "it holds at some hours only: ask `time` and `weekday`, or a calendar"
        criteria = part.get("criteria")
        wanted, why = self._criteria(criteria)
        off = off or why or ("" if team else "nobody knows whose rule it is")
        if off:
            sketch.left(
                part,
                f"the routing rule {name!r}: {off}",
                "it stands there as a comment: see docs/rules.md for what routes ask",
            )
        else:
            when |= wanted
        sketch.route(
            f"{team}-{name}" if team else name,
            RouteSpec(id="", when=when, policy=policy, team=team),
            f"routing rule {name}",
            off=bool(off),
        )

    def _only_team(self) -> str:
        """The only team there is: rules that came alone may be anybody's."""
        teams = self._found["team"]
        return self._team_named(teams[0][0]) if len(teams) == 1 else ""

    def _notified(self, notify: Part, name: str) -> str:
        """The policy of what a routing rule notifies."""
        kind = notify.text("type").casefold()
        named = self._policies.get(notify.text("id")) or self._policies.get(notify.text("name"))
        if kind == "escalation" and named:
            return named
        targets = self._schedule_named(notify) if kind == "schedule" else ()
        if targets:
            title = notify.text("name") or name
            id_ = self._sketch.policy_ids.of(targets, title)
            steps = (StepSpec(tell=targets, wait=Duration(600.0)),)
            self._sketch.policy(PolicySpec(id=id_, steps=steps), f"schedule {title}")
            return id_
        if kind == "none":
            return DIGEST
        what = f"notifies {kind or 'nobody'} {notify.text('name', 'id')}".rstrip()
        self._sketch.left(notify, what, "nothing of the kind was found: the last resort is told")
        return self._sketch.last_resort()

    def _criteria(self, criteria: Part) -> tuple[dict[str, Any], str]:
        """What a routing rule asks, and why it can't be asked here."""
        asked: list[dict[str, Any]] = []
        for one in criteria.parts("conditions"):
            found = _condition(one)
            if found is None:
                return {}, f"routes can't ask {one.text('field') or 'this'} {one.text('operation')}".rstrip()
            asked.append(found)
        if not asked:
            return {}, ""
        if criteria.text("type") == "match-any-condition":
            return {"any": asked}, ""
        return {"all": asked} if len(asked) > 1 else asked[0], ""


def _condition(one: Part) -> dict[str, Any] | None:
    """A condition on one field; None: routes ask no such thing."""
    field, value, how = one.text("field").casefold(), one.text("expectedValue"), one.text("operation").casefold()
    if field == "priority":
        level = "P4" if value == "P5" else value
        found: dict[str, Any] | None = {"priority": level} if how == "equals" and level in PRIORITIES else None
    else:
        fact, wanted = FIELDS.get(field, ""), _wanted(how, value)
        found = {fact: wanted} if fact and wanted else None
    return {"not": found} if found and one.flag("not") else found


def _wanted(how: str, value: str) -> str:
    """What a fact must be; "": it can't be said."""
    if how == "matches":
        return "" if re2_error(value) else f"~(?-i){value}"
    escaped = re2.escape(value)
    patterns = {"contains": f"~(?-i){escaped}", "starts-with": f"~(?-i)^{escaped}", "ends-with": f"~(?-i){escaped}$"}
    return literal(value) if how in ("equals", "equals-ignore-whitespace") else patterns.get(how, "")


def _minute(part: Part, edge: str) -> int:
    return (int(part.number(f"{edge}Hour")) * 60 + int(part.number(f"{edge}Min", f"{edge}Minute"))) % DAY


def _delay(rule: Part) -> float:
    """Seconds after the beginning."""
    delay = rule.get("delay")
    if not isinstance(delay.value, dict):
        return max(0.0, rule.number("delay") * 60)
    return max(0.0, delay.number("timeAmount") * UNITS.get(delay.text("timeUnit").casefold(), 60.0))
