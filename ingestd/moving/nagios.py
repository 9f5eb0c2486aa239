"""Nagios (and Icinga 1, Naemon): contacts, contact groups, time periods, escalations, downtimes.

Whom a host or service tells becomes a route by its name, and a policy: the contacts at once, then those whom its
escalations add, each when its ``first_notification`` is due. Hosts themselves are `ingestd topology import nagios`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ingestd.decide.oncall import Contact, Team
from ingestd.decide.route import PolicySpec, RouteSpec
from ingestd.model import Matcher
from ingestd.moving import nagiosobjects
from ingestd.moving.draft import Draft, DraftSilence
from ingestd.moving.matching import literal
from ingestd.moving.nagiosobjects import Defined, Objects, names
from ingestd.moving.nagiosperiods import Periods
from ingestd.moving.sketch import DIGEST, Sketch, is_mail, steps_of
from ingestd.moving.source import words

INTERVAL = 60.0  # minutes between notifications, Nagios's default
UNIT = 60.0  # seconds of an interval_length
MOST_HOSTS = 200  # that one route names
ANY = "?*"  # any service of a host
SHOWN = {ANY: "services"}
ORDER = {ANY: 1, "": 2}  # what is said of one service comes before what is said of all, and that before the host
CONTACT = words(
    "contact_name alias contactgroups minimum_importance host_notifications_enabled "
    "service_notifications_enabled host_notification_period service_notification_period "
    "host_notification_options service_notification_options host_notification_commands "
    "service_notification_commands email pager can_submit_commands retain_status_information "
    "retain_nonstatus_information name register use"
)
ALL_OPTIONS = {"host": frozenset("dur"), "service": frozenset("wucr")}
PAGER_FORM = "twilio://SID:TOKEN@FROM/{to}, or another service for SMS that Apprise knows"


class Stage(Struct, frozen=True):
    """Contacts who are told from one notification to another; 0: to the end."""

    targets: tuple[str, ...]
    first: int
    last: int


class Plan(Struct, frozen=True):
    """Whom something tells: at once, and by its escalations."""

    targets: tuple[str, ...]
    stages: tuple[Stage, ...]
    interval: float  # minutes
    period: str


def read(paths: Sequence[Path], now: float) -> Draft:
    """Draft a site from object files; ConfigError: they can't be read."""
    sketch = Sketch("nagios", map(str, paths), now)
    _Site(nagiosobjects.read(paths), sketch).gather()
    return sketch.finish()


class _Site:
    """One installation."""

    def __init__(self, objects: Objects, sketch: Sketch) -> None:
        self._objects, self._sketch = objects, sketch
        self._periods = Periods(objects.of["timeperiod"], sketch)
        self._groups: dict[str, str] = {}  # contact group -> team
        self._hosts = {name: one for one in objects.of["host"] for name in names(one.sets.get("host_name", ""))}
        self._members = self._host_groups()
        self._escalations: dict[tuple[str, str], list[Defined]] = {}  # host and service ("": the host)

    def gather(self) -> None:
        """People first, then what names them."""
        for one, why in self._objects.wrong:
            self._sketch.left(one.part("use"), why, "mend it there, and import again")
        for one in self._objects.of["contact"]:
            self._contact(one)
        for one in self._objects.of["contactgroup"]:
            self._group(one)
        self._periods.name_dated()
        for kind in ("hostescalation", "serviceescalation"):
            for one in self._objects.of[kind]:
                self._escalation(one)
        self._routes()
        for one in self._objects.downtimes:
            self._downtime(one)

    # -- people
    def _contact(self, one: Defined) -> None:
        sketch, name = self._sketch, one.sets.get("contact_name", "")
        if not name:
            sketch.left(one.part(), "a contact without contact_name", "give it a name, and import again")
            return
        alias, mail = one.sets.get("alias", ""), one.sets.get("email", "")
        who = sketch.person_ids.of(name, name, alias)
        sketch.person(name, name=alias or name, mail=mail)
        if mail and not is_mail(mail):
            sketch.left(one.part("email"), f"not a mail address: {mail!r}", "write `mail` of the person")
        quiet = self._quiet(one)
        if quiet and is_mail(mail):
            known = sketch.known(who)
            sketch.put_person(replace(known, mail="", contacts=(Contact(address=mail, not_between=quiet),)))
        self._further(one, who)

    def _further(self, one: Defined, who: str) -> None:
        """A pager, other addresses, what a contact does not want to hear of."""
        sketch, pager = self._sketch, one.sets.get("pager", "")
        if pager:
            channel = sketch.channel("pager", "apprise", PAGER_FORM, one.part("pager"), group=False, note="SMS to {to}")
            sketch.reach(who, Contact(channel=channel, address=pager))
        for key, value in one.sets.items():
            if key.startswith("address") and key not in CONTACT and value:
                sketch.left(one.part(key), f"{key} of {who}", "a contact by the channel that it is for")
            elif key.startswith("_"):
                sketch.left(one.part(key), f"the custom variable {key}", "it was not written: it may be a secret")
            elif key not in CONTACT:
                sketch.left(one.part(key), f"not known: {key}", "see what it does there; nothing was drafted from it")
        for kind, every in ALL_OPTIONS.items():
            wanted = {word[0] for word in names(one.sets.get(f"{kind}_notification_options", "").casefold())}
            if wanted and (wanted == {"n"} or not every <= wanted):
                what = f"{who} wants {kind} notifications of {', '.join(sorted(wanted))} only"
                sketch.left(
                    one.part(f"{kind}_notification_options"), what, "contacts `for` priorities; routes ask `severity`"
                )

    def _quiet(self, one: Defined) -> str:
        """The hours at which a contact is not told, if they are the same every day."""
        found = ""
        for kind in ("host", "service"):
            key = f"{kind}_notification_period"
            period = one.sets.get(key, "")
            if not period or self._periods.always(period):
                continue
            hours = self._periods.daily(period)
            if hours is None:
                what = f"{one.sets.get('contact_name')} is told in {period} only"
                self._sketch.left(
                    one.part(key), what, "`not_between` of a contact are hours of every day; days off are `away`"
                )
            elif found in ("", f"{hours[1]}-{hours[0]}"):
                found = f"{hours[1]}-{hours[0]}".replace("24:00-", "00:00-")
        return found

    def _group(self, one: Defined) -> None:
        """A team; groups within it are opened up, and contacts may say themselves that they belong."""
        for name in names(one.sets.get("contactgroup_name", "")):
            members = tuple(dict.fromkeys(filter(None, map(self._known, self._in_group(name)))))
            id_ = self._sketch.team_ids.of(name, name, one.sets.get("alias", ""))
            alias = one.sets.get("alias", "") or name
            self._sketch.put_team(Team(id=id_, name=alias if alias != id_ else "", members=members))
            self._groups[name] = id_

    def _in_group(self, name: str) -> Iterator[str]:
        """The names of the contacts of a group and of those within it."""
        seen, waiting = {name}, [name]
        while waiting:
            group = waiting.pop(0)
            for one in self._objects.of["contactgroup"]:
                if group in names(one.sets.get("contactgroup_name", "")):
                    yield from names(one.sets.get("members", ""))
                    fresh = [g for g in names(one.sets.get("contactgroup_members", "")) if g not in seen]
                    seen.update(fresh)
                    waiting += fresh
            for one in self._objects.of["contact"]:
                if group in names(one.sets.get("contactgroups", "")):
                    yield one.sets.get("contact_name", "")

    def _known(self, contact: str) -> str:
        return self._sketch.person_ids.get(contact)

    def _targets(self, one: Defined) -> tuple[str, ...]:
        """Whom a definition names: its groups, then single contacts."""
        found = [
            f"team:{self._groups[name]}" for name in names(one.sets.get("contact_groups", "")) if name in self._groups
        ]
        found += [f"person:{who}" for name in names(one.sets.get("contacts", "")) if (who := self._known(name))]
        for key, known in (("contact_groups", self._groups), ("contacts", None)):
            for name in names(one.sets.get(key, "")):
                if name not in known if known is not None else not self._known(name):
                    self._sketch.left(one.part(key), f"{name!r} is defined nowhere", "define it, and import again")
        return tuple(dict.fromkeys(found))

    # -- hosts
    def _host_groups(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for one in self._objects.of["hostgroup"]:
            for name in names(one.sets.get("hostgroup_name", "")):
                found.setdefault(name, {}).update(dict.fromkeys(names(one.sets.get("members", ""))))
        for host, one in self._hosts.items():
            for name in names(one.sets.get("hostgroups", "")):
                found.setdefault(name, {})[host] = None
        return {name: tuple(hosts) for name, hosts in found.items()}

    def _hosts_of(self, one: Defined) -> tuple[str, ...]:
        """The hosts that a definition is for; ``*`` is all of them, ``!name`` leaves one out."""
        listed = names(one.sets.get("host_name", ""))
        for group in names(one.sets.get("hostgroup_name", "")):
            listed += ["*"] if group == "*" else self._members.get(group, ())
        chosen = dict.fromkeys(self._hosts) if "*" in listed else {}
        chosen |= dict.fromkeys(name for name in listed if name != "*" and not name.startswith("!"))
        return tuple(name for name in chosen if f"!{name}" not in listed)

    def _escalation(self, one: Defined) -> None:
        services = names(one.sets.get("service_description", "")) if one.type == "serviceescalation" else [""]
        hosts = self._hosts_of(one)
        if not hosts or not services or "*" in services:
            what = f"a {one.type} for {', '.join(services) or 'no service'} on {', '.join(hosts) or 'no host'}"
            self._sketch.left(one.part(), what, "a policy and a route by hand")
            return
        for key in ("escalation_options", "escalation_period"):
            if one.sets.get(key) and not self._periods.always(one.sets[key]):
                self._sketch.left(
                    one.part(key),
                    f"{key} {one.sets[key]}",
                    "routes ask `severity`, `time` and `calendar`: a policy of its own",
                )
        for host in hosts:
            for service in services:
                self._escalations.setdefault((host, service), []).append(one)

    # -- routes and policies
    def _routes(self) -> None:
        """Services that tell others than their host, then hosts: one route for all with the same plan."""
        own: dict[str, Plan] = {host: self._plan(one, (host, "")) for host, one in self._hosts.items()}
        grouped: dict[tuple[str, Plan], dict[str, None]] = {}
        for one in self._objects.of["service"]:
            for service in names(one.sets.get("service_description", "")):
                for host in self._hosts_of(one):
                    plan = self._plan(one, (host, service), own.get(host))
                    if plan.targets and plan != own.get(host):
                        alike = host in own and plan == replace(own[host], stages=())
                        grouped.setdefault((ANY if alike else service, plan), {})[host] = None
        seen = {(service, host) for (service, _), hosts in grouped.items() for host in hosts}
        for host, service in self._escalations:
            if service and (service, host) not in seen and host in own:
                plan = Plan(own[host].targets, self._stages((host, service)), own[host].interval, own[host].period)
                grouped.setdefault((service, plan), {})[host] = None
        for host, plan in own.items():
            if plan.targets or plan.stages:
                grouped.setdefault(("", plan), {})[host] = None
        for (service, plan), named in sorted(grouped.items(), key=lambda pair: ORDER.get(pair[0][0], 0)):
            hosts = list(named)
            for start in range(0, len(hosts), MOST_HOSTS):
                self._route(service, plan, hosts[start : start + MOST_HOSTS])

    def _plan(self, one: Defined, what: tuple[str, str], host: Plan | None = None) -> Plan:
        """What a definition says of notifications; a service that names nobody tells its host's contacts."""
        interval = _number(one.sets.get("notification_interval", ""), host.interval if host else INTERVAL)
        targets = self._targets(one) or (host.targets if host else ())
        off = one.sets.get("notifications_enabled", "1") == "0"
        if off:
            name = " on ".join(filter(None, (what[1], what[0])))
            self._sketch.left(
                one.part("notifications_enabled"),
                f"{name}: notifications are off",
                "a silence, or a route to the policy digest",
            )
        period = one.sets.get("notification_period", "") or (host.period if host else "")
        return Plan(() if off else targets, self._stages(what), interval, period)

    def _stages(self, what: tuple[str, str]) -> tuple[Stage, ...]:
        stages = []
        for one in self._escalations.get(what, ()):
            first, last = (int(_number(one.sets.get(f"{key}_notification", ""), 0)) for key in ("first", "last"))
            stages.append(Stage(self._targets(one), max(1, first), last))
        return tuple(sorted(stages, key=lambda stage: stage.first))

    def _route(self, service: str, plan: Plan, hosts: list[str]) -> None:
        policy = self._policy(plan)
        when: dict[str, Any] = {"node": [literal(host) for host in hosts] if len(hosts) > 1 else literal(hosts[0])}
        if service:
            when["check"] = service if service == ANY else literal(service)
        team = next((target.removeprefix("team:") for target in plan.targets if target.startswith("team:")), "")
        what = f"{SHOWN.get(service, service)} on " if service else ""
        more = f" and {len(hosts) - 3} more" if len(hosts) > 3 else ""
        name = f"{SHOWN.get(service, service)}-{hosts[0]}" if service else hosts[0] if len(hosts) == 1 else policy
        self._sketch.route(
            name, RouteSpec(id="", when=when, policy=policy, team=team), f"{what}{', '.join(hosts[:3])}{more}"
        )

    def _policy(self, plan: Plan) -> str:
        """Who is told when: notification n is due n - 1 intervals after the first."""
        firsts = sorted({1, *(stage.first for stage in plan.stages)})
        told: list[tuple[tuple[str, ...], float]] = []
        for n, first in enumerate(firsts):
            active = [stage for stage in plan.stages if stage.first <= first and not 0 < stage.last < first]
            tell = tuple(dict.fromkeys(t for stage in active for t in stage.targets)) or plan.targets
            until = firsts[n + 1] if n + 1 < len(firsts) else first + 1
            told.append((tell, (until - first) * plan.interval * UNIT))
        steps = steps_of(told)
        if self._periods.never(plan.period):
            return DIGEST
        if not steps:
            return self._sketch.last_resort()
        hours = self._periods.calendar(plan.period) or "always"
        title = "-".join(target.partition(":")[2] for target in plan.targets[:3]) or "escalated"
        title += "-escalated" if len(steps) > 1 else ""
        id_ = self._sketch.policy_ids.of((steps, hours), title)
        self._sketch.policy(
            PolicySpec(id=id_, steps=steps, hours=hours), f"a notification every {plan.interval:.0f} minutes"
        )
        return id_

    # -- downtimes
    def _downtime(self, one: Defined) -> None:
        sets, sketch = one.sets, self._sketch
        start, end = (_number(sets.get(key, ""), 0) for key in ("start_time", "end_time"))
        host, service = sets.get("host_name", ""), sets.get("service_description", "")
        if end <= sketch.now or not host:
            return
        if sets.get("fixed") == "0":
            sketch.left(one.part(), f"a flexible downtime of {host}", "it was drafted from its start to its end")
        by = sets.get("author", "")
        sketch.silence(
            DraftSilence(
                nodes=() if service else (host,),
                matchers=(Matcher("node", host), Matcher("alertname", service)) if service else (),
                start=_time(start) if start > sketch.now else "",
                until=_time(end),
                why=f"{sets.get('comment', '') or 'no reason was given'}{f' (by {by})' if by else ''}",
            )
        )


def _number(text: str, otherwise: float) -> float:
    try:
        found = float(text)
    except ValueError:
        return otherwise
    return found if 0 <= found < 32503680000 else otherwise


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes")
