"""A whole site: ingestd.yaml, the people, the topology and the rules, read, joined and compiled, or refused as a whole.

``survey`` does everything that can fail before anything runs and tells all of it: ``ingestd check``, the start and a
reload go through it. Names that lead nowhere, unknown keys and bad patterns are errors with file:line:column; what
works though hardly as it is meant (a circle in the topology, a rule that never gets its turn) is a warning, because a
daemon that does not start pages nobody.

The site's rules lie over the shipped ones (overlay.py). Relative paths start at ingestd.yaml.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingestd.check.calendars import calendar_problems, deadline_problems, has_hours, hours_problems
from ingestd.check.conditions import (
    Known,
    condition_problems,
    name_problems,
    plain_words,
    rule_problems,
    shadow_problems,
)
from ingestd.check.people import manager_problems, person_problems, reach_problems, used_teams
from ingestd.check.rotas import named_problems, rota_problems, turn_problems, without_broken_rotas
from ingestd.check.templates import language_problems, template_problems
from ingestd.check.values import priority_problems, value_problems
from ingestd.check.ways import group_problems, way_problems
from ingestd.decide import calendar, ical
from ingestd.decide.classify import Classifier, CorrelateRules
from ingestd.decide.grouping import Grouping
from ingestd.decide.heartbeat import HeartbeatFile, Heartbeats
from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.rank import PriorityRules, Ranker
from ingestd.decide.route import EscalationRules
from ingestd.decide.ruleset import RuleSet
from ingestd.decide.state import Rulebook
from ingestd.decide.timing import Timing
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.decide.vocabulary import MAIL
from ingestd.decide.when import BadCondition
from ingestd.feeds import Feed
from ingestd.intake.door import HttpSource
from ingestd.inventory.check import topology_problems
from ingestd.references import (
    Names,
    contact_problems,
    escalation_problems,
    last_resort_problems,
    people_problems,
    target_error,
)
from ingestd.settings import Settings, given_ways, is_zone, settings_problems, ways_out
from ingestd.sitefiles import Files, Parts, everybody
from ingestd.sources.mapping import Mapping as SourceMapping
from ingestd.yamltypes import ConfigError, Document, Problem, said

_PACKAGE = Path(__file__).parent
#: The rules in the wheel, else those of the checkout.
SHIPPED_RULES = next((p for p in (_PACKAGE / "shipped" / "rules",) if p.is_dir()), _PACKAGE.parent / "rules")
#: Facts of which an unknown name can only be a mistake; others may be known to an alert's source alone.
SURE = frozenset({"calendar", "team"})
#: Sources that every site has.
WAYS_IN = frozenset({"smtp", "lmtp", "cli", "web", "engine"})


class Site(Struct, frozen=True, kw_only=True):
    """Everything the daemon runs by. Paths in it are absolute, secrets are filled in."""

    path: Path
    settings: Settings
    people: PeopleFile
    topology: TopologyFile
    heartbeats: HeartbeatFile
    correlate: CorrelateRules
    priority: PriorityRules
    escalation: EscalationRules
    recognisers: tuple[RecogniserFile, ...]
    rulebook: Rulebook
    http_sources: dict[str, HttpSource]  # with their tokens
    templates: Mapping[str, str] = {}  # the site's own, by name
    feeds: tuple[Feed, ...] = ()  # calendars that are fetched
    warnings: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]  # every file as (name, text), without secrets: what a replay needs
    digest: str  # SHA-256 of ``sources``

    @property
    def state(self) -> Path:
        """The folder the daemon writes to."""
        return Path(self.settings.state)

    @property
    def link_key(self) -> Path:
        """The file with the key of signed links."""
        return self.state / "link.key"


class Survey(Struct, frozen=True, kw_only=True):
    """A site as it was found: its parts, and all that is wrong with them, file by file, in the order of the lines."""

    path: Path
    parts: Parts
    settings: Settings  # ready for use, if there are no errors
    http_sources: dict[str, HttpSource]
    texts: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the site from being used."""
        return tuple(one for one in self.problems if one.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What works, though hardly as it is meant."""
        return tuple(one for one in self.problems if one.severity == "warning")


def survey(path: Path, now: float | None = None) -> Survey:
    """Read a site and look it through. ``now``: wall time from which on rotas are looked at."""
    path = path.absolute()
    files = Files(path.parent, SHIPPED_RULES)
    parts = files.parts(path)
    files.problems += between(parts, time.time() if now is None else now)
    settings, http_sources = files.settings(parts.main), files.http_sources(parts.main)
    return Survey(
        path=path,
        parts=parts,
        settings=settings,
        http_sources=http_sources,
        texts=tuple(sorted(files.texts.items())),
        problems=_in_order(files.problems, path),
    )


def load_site(path: Path) -> Site:
    """Read a site; ConfigError names everything that is wrong, file by file."""
    found = survey(path)
    if found.errors:
        raise ConfigError(*found.errors)
    return site_of(found)


def site_of(found: Survey) -> Site:
    """A site without errors, compiled."""
    parts, home = found.parts, found.path.parent
    people = everybody(parts)
    return Site(
        path=found.path,
        settings=found.settings,
        people=people,
        topology=parts.topology.value,
        heartbeats=parts.heartbeats.value,
        correlate=parts.correlate.value,
        priority=parts.priority.value,
        escalation=parts.escalation.value,
        recognisers=tuple(document.value for document in parts.recognisers),
        rulebook=rulebook_of(parts, people),
        http_sources=found.http_sources,
        templates=parts.templates,
        feeds=parts.feeds,
        warnings=tuple(str(one).removeprefix(f"{home}/") for one in found.warnings),
        sources=found.texts,
        digest=hashlib.sha256(repr(found.texts).encode()).hexdigest(),
    )


def load_rulebook(path: Path, shipped: Path) -> Rulebook:
    """Only how a site judges, over the rules in ``shipped``: for a replay, where secrets and certificates are gone."""
    files = Files(path.parent, shipped)
    parts = files.parts(path)
    errors = [*files.problems, *compile_problems(parts)]
    if errors:
        raise ConfigError(*errors)
    return rulebook_of(parts, everybody(parts))


def rulebook_of(parts: Parts, people: PeopleFile) -> Rulebook:
    """The rules, compiled; they must be without errors."""
    settings = parts.main.value
    recognisers = tuple(document.value for document in parts.recognisers)
    mappings = tuple(document.value for document in parts.mappings)
    return Rulebook(
        topology=Topology(parts.topology.value, settings.timezone),
        recognisers=compiled(recognisers),
        correlate=parts.correlate.value,
        ranker=Ranker(parts.priority.value, settings.timezone, parts.icals),
        escalation=parts.escalation.value,
        people=people_of(parts, people),
        last_resort=settings.last_resort,
        heartbeats=Heartbeats(parts.heartbeats.value, settings.timezone),
        sources=frozenset(settings.sources),
        mappings={one.id: SourceMapping.compile(one).read for one in mappings},
        read_by=(recognisers, mappings),
        channels={name: way.depends_on for name, way in given_ways(settings).items() if way.depends_on},
    )


def people_of(parts: Parts, people: PeopleFile) -> People:
    """Who is on call when; what of a calendar can't be read is left out, and told by the check."""
    zone = _zone(parts.main.value)
    named = {team.rota.holidays for team in people.teams if team.rota is not None}
    specs = tuple(spec for spec in parts.priority.value.calendars if spec.id in named and has_hours(spec))
    calendars = calendar.compiled(specs, zone, lambda name: ical.read(parts.icals.get(name, ""), zone).events)
    return People(people, zone.key, calendars, parts.icals)


_LAST: list[tuple[tuple[RecogniserFile, ...], Recognisers]] = []


def compiled(files: tuple[RecogniserFile, ...]) -> Recognisers:
    """The recognisers, compiled; the same again as long as nothing changes, since it takes a while. ValueError: bad."""
    for known, done in tuple(_LAST):
        if known == files:
            return done
    fresh = Recognisers.compile(files)
    _LAST[:] = [(files, fresh)]
    return fresh


# -- what is wrong


def between(parts: Parts, now: float) -> Iterator[Problem]:
    """What is wrong between the files and with their values: all that their types do not say."""
    main, settings = parts.main, parts.main.value
    inline = Document(
        main.name, main.text, PeopleFile(people=settings.people, teams=settings.teams), main.node, whole=main.whole
    )
    file = everybody(parts)
    people = people_of(parts, without_broken_rotas(file))
    names = _names(parts)
    yield from settings_problems(main, frozenset(one.value.id for one in parts.mappings))
    yield from value_problems(main)
    yield from _twice(inline, parts.people)
    for document in (inline, parts.people):
        yield from people_problems(document, names)
        yield from person_problems(document)
        yield from rota_problems(document)
    yield from manager_problems((inline, parts.people))
    yield from topology_problems(parts.topology, names.teams, now)
    yield from contact_problems(parts.topology, names)
    for rules in parts.escalation.documents:
        yield from escalation_problems(rules, names)
    for priorities in parts.priority.documents:
        yield from priority_problems(priorities)
    yield from _calendars(parts, inline, now)
    yield from template_problems(Path(main.name).parent / settings.texts.templates, parts.templates)
    yield from language_problems(main, (inline, parts.people), parts.templates)
    yield from compile_problems(parts)
    yield from _condition_names(parts, names)
    intact = all(one.written is None and one.whole for one in (main, parts.people))
    yield from _last_resort(main, people, names, intact=intact)
    if intact:  # else what is missing may stand in a part that can't be read
        yield from _reached(parts, people, now)
        for document in (inline, parts.people):
            yield from turn_problems(document, people, _used(parts, people), now)


def _calendars(parts: Parts, inline: Document[PeopleFile], now: float) -> Iterator[Problem]:
    """Calendars that can't be read or are out of date, and names of calendars that nothing defines."""
    documents = parts.priority.documents
    yield from calendar_problems(documents, parts.icals, _zone(parts.main.value), now)
    if all(one.whole for one in documents):
        known = frozenset().union(*(one.words("calendars", "*", "id") for one in documents))
        for people in (inline, parts.people):
            yield from named_problems(people, known, parts.icals, _zone(parts.main.value))
        for rules in parts.escalation.documents:
            yield from hours_problems(rules, known)
        yield from deadline_problems(parts.topology, known)


def compile_problems(parts: Parts) -> Iterator[Problem]:
    """Rules that can't be compiled, and those that never get their turn."""
    nowhere = Topology(TopologyFile())
    zone = _zone(parts.main.value).key
    correlate, priority, escalation = parts.correlate, parts.priority, parts.escalation
    yield from _of_rules(correlate.documents, correlate.value, lambda r: _correlation(r, nowhere))
    yield from _of_rules(priority.documents, priority.value, lambda r: Ranker(r, zone))
    yield from _of_rules(escalation.documents, escalation.value, lambda r: RuleSet(r.routes))
    heartbeats = parts.heartbeats
    yield from rule_problems((heartbeats,), heartbeats.value, lambda r: Heartbeats(r, zone))
    yield from _recogniser_problems(parts)


def _of_rules(documents: Sequence[Document[Any]], whole: Any, make: Any) -> Iterator[Problem]:
    if not documents[-1].whole:
        return  # the shipped ones are lost: what a site's rely on is not known
    found = list(rule_problems(documents, whole, make))
    yield from found
    if not found:
        yield from shadow_problems(documents, whole)


def _correlation(rules: CorrelateRules, nowhere: Topology) -> None:
    Grouping(rules, Classifier(rules), nowhere)
    Timing(rules, nowhere)


def _recogniser_problems(parts: Parts) -> Iterator[Problem]:
    """Bad conditions of recognisers; each is looked at alone only if they can't all be compiled."""
    try:
        compiled(tuple(document.value for document in parts.recognisers))
    except ValueError:
        for document in parts.recognisers:
            try:
                Recognisers.compile([document.value])
            except BadCondition:
                for i, when in enumerate(document.value.when):
                    yield from condition_problems(document, ("when", i), when, MAIL)
            except ValueError as error:
                yield document.problem(("when",), plain_words(error))


def _names(parts: Parts) -> Names:
    """What is defined, also by entries that are wrong otherwise."""
    documents = (parts.main, parts.people)
    known = all(one.whole for one in documents)
    policies = all(one.whole for one in parts.escalation.documents)
    return Names(
        people=frozenset().union(*(one.words("people", "*", "id") for one in documents)) if known else None,
        teams=frozenset().union(*(one.words("teams", "*", "id") for one in documents)) if known else None,
        policies=frozenset().union(*(one.words("policies", "*", "id") for one in parts.escalation.documents))
        if policies
        else None,
        channels=ways_out(parts.main),
    )


def _condition_names(parts: Parts, names: Names) -> Iterator[Problem]:
    """Names in the site's own conditions that nothing defines."""
    topology, settings = parts.topology, parts.main.value
    whole = topology.whole
    nodes, departments = topology.words("nodes", "*", "id"), topology.words("departments", "*", "id")
    services = frozenset(node.id for node in topology.value.nodes if node.kind == "service")
    calendars = [one.words("calendars", "*", "id") for one in parts.priority.documents]
    mailboxes = frozenset(mailbox.name for mailbox in settings.imap)
    known = Known(
        names={
            "calendar": frozenset().union(*calendars) if all(d.whole for d in parts.priority.documents) else None,
            "team": names.teams,
            "node": nodes if whole and nodes else None,
            "services": services if whole and services else None,
            "department": departments if whole and departments else None,
            "departments": departments if whole and departments else None,
            "source": frozenset(settings.sources) | mailboxes | WAYS_IN if parts.main.whole else None,
        },
        sure=SURE,
    )
    own = (parts.correlate, parts.priority, parts.escalation)
    for document in (*(rules.documents[0] for rules in own), parts.heartbeats):
        yield from name_problems(document, known)
    for i, beat in enumerate(parts.heartbeats.value.heartbeats):
        if whole and nodes and beat.node and beat.node not in nodes:
            words = said("{name!r} is no node of topology.yaml", name=beat.node)
            yield parts.heartbeats.warning(("heartbeats", i, "node"), words)


def _reached(parts: Parts, people: People, now: float) -> Iterator[Problem]:
    """Whether everybody who is to be told can be."""
    documents = parts.escalation.documents
    teams = _owners(parts, people)
    yield from _counting(parts, reach_problems(documents, people, teams, _zone(parts.main.value), now))
    yield from way_problems(parts.main, documents, people, Topology(parts.topology.value))
    for document in (parts.main, parts.people):
        yield from group_problems(document, parts.main.value)


def _owners(parts: Parts, people: People) -> list[str]:
    """Teams that may own a cause."""
    owners = {node.owner for node in parts.topology.value.nodes if node.owner}
    owners |= {route.team for route in parts.escalation.value.routes if route.team}
    return sorted(owner for owner in owners if owner in people.teams)


def _used(parts: Parts, people: People) -> frozenset[str]:
    """Teams whose turns decide who is told."""
    return used_teams(parts.escalation.value.policies, parts.main.value.last_resort, _owners(parts, people))


def _counting(parts: Parts, problems: Iterator[Problem]) -> Iterator[Problem]:
    """Without what is said of shipped policies: those that a site replaced do not count, others it can't mend."""
    shipped = parts.escalation.documents[-1].name
    yield from (problem for problem in problems if problem.file != shipped)


def _last_resort(main: Document[Settings], people: People, names: Names, *, intact: bool) -> Iterator[Problem]:
    targets = main.value.last_resort
    if not targets and main.whole:
        if not main.writes("last_resort"):
            yield main.problem((), said("{key!r} is missing", key="last_resort"))
        elif main.written is None:
            yield main.problem(("last_resort",), said("expected at least one person: somebody is always told"))
    for i, text in last_resort_problems(people, targets, names, intact=intact):
        yield main.problem(("last_resort", i), text)
    for i, target in enumerate(main.value.digest.to or ()):
        wrong = target_error(target, names)
        if wrong:
            yield main.problem(("digest", "to", i), wrong)


def _twice(*documents: Document[PeopleFile]) -> Iterator[Problem]:
    """People and teams whose id was taken before, in this file or in another."""
    taken: set[tuple[str, str]] = set()
    for document in documents:
        people, teams = ([one.id for one in listed] for listed in (document.value.people, document.value.teams))
        for kind, ids in (("people", people), ("teams", teams)):
            for i, name in enumerate(ids):
                if (kind, name) in taken:
                    yield document.problem((kind, i, "id"), said("{name!r} is defined twice", name=name))
                taken.add((kind, name))


def _zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.timezone if is_zone(settings.timezone) else "UTC")


def _in_order(problems: Sequence[Problem], main: Path) -> tuple[Problem, ...]:
    """Each once; ingestd.yaml first, then file by file, in the order of the lines."""
    once = {(one.file, one.line, one.column, one.text): one for one in problems}
    return tuple(sorted(once.values(), key=lambda one: (one.file != str(main), one.file, one.line, one.column)))
