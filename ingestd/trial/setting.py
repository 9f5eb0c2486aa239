"""What a rule test is judged by: a site's configuration, with what the test itself writes instead.

A site is read and compiled once; so is every variation of it that tests write in the same words.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from ingestd import sources
from ingestd.config import SHIPPED_RULES, load_site
from ingestd.decide.classify import CorrelateRules
from ingestd.decide.heartbeat import HeartbeatFile, Heartbeats
from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.decide.oncall import Language, People, PeopleFile
from ingestd.decide.rank import PriorityRules, Ranker
from ingestd.decide.route import EscalationRules
from ingestd.decide.state import Rulebook
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.overlay import overlay
from ingestd.settings import is_zone
from ingestd.trial import own
from ingestd.trial.spec import RulesSpec, TestFile
from ingestd.yamltypes import ConfigError, Document, load

MAIN = "ingestd.yaml"
T = TypeVar("T", bound=Struct)


class Base(Struct, frozen=True, kw_only=True):
    """A site as it is, before a test changes anything."""

    rulebook: Rulebook
    people: PeopleFile
    topology: TopologyFile
    heartbeats: HeartbeatFile
    correlate: CorrelateRules
    priority: PriorityRules
    escalation: EscalationRules
    timezone: str
    language: Language
    adapters: Mapping[str, str]  # by source


class Setting(Struct, frozen=True, kw_only=True):
    """All that a run needs to know."""

    rulebook: Rulebook
    zone: ZoneInfo
    language: Language
    adapters: Mapping[str, str]

    def adapter(self, source: str) -> str:
        """The adapter that reads the bodies of a source."""
        return self.adapters.get(source, source)

    def speaks(self, person: str) -> str:
        """The language in which somebody is told."""
        found = self.rulebook.people.persons.get(person)
        return (found.language if found else None) or self.language

    def known_sources(self) -> tuple[str, ...]:
        """Every name that a webhook step may use."""
        return (*self.adapters, *self.rulebook.mappings, *sources.names())


class Settings:
    """The settings of many tests, each compiled once. ``usual``: ingestd.yaml of the site that is tested, if any."""

    def __init__(self, usual: Path | None = None) -> None:
        self._usual = usual
        self._bases: dict[Path | None, Base | ConfigError] = {}
        self._settings: dict[tuple[Path | None, str], Setting] = {}

    def of(self, document: Document[TestFile]) -> Setting:
        """The setting of one test; ConfigError if its site, or what it writes itself, can't be used."""
        test, path = document.value, self._site(document)
        key = path, repr([getattr(test, name) for name in _OWN])
        if key not in self._settings:
            self._settings[key] = _varied(document, self._base(path))
        return self._settings[key]

    def _site(self, document: Document[TestFile]) -> Path | None:
        folder = Path(document.name).absolute().parent
        if document.value.site:
            named = (folder / document.value.site).resolve()
            named = named / MAIN if named.is_dir() else named
            if not named.is_file():
                raise ConfigError(document.problem(("site",), f"there is no {MAIN} at {named}"))
            return named
        if folder.is_relative_to(SHIPPED_RULES):
            return None
        beside = folder.parent.parent / MAIN
        return beside if (folder.name, folder.parent.name) == ("tests", "rules") and beside.is_file() else self._usual

    def _base(self, path: Path | None) -> Base:
        if path not in self._bases:
            try:
                self._bases[path] = _site_base(path) if path else _shipped_base()
            except ConfigError as error:
                self._bases[path] = error
        base = self._bases[path]
        if isinstance(base, ConfigError):
            raise base
        return base


#: What a test may write instead of its site's.
_OWN = ("timezone", "topology", "maintenance", "people", "teams", "last_resort", "heartbeats", "rules")


def _site_base(path: Path) -> Base:
    site = load_site(path)
    return Base(
        rulebook=site.rulebook,
        people=site.people,
        topology=site.topology,
        heartbeats=site.heartbeats,
        correlate=site.correlate,
        priority=site.priority,
        escalation=site.escalation,
        timezone=site.settings.timezone,
        language=site.settings.language,
        adapters={name: source.adapter for name, source in site.settings.sources.items()},
    )


def _shipped_base() -> Base:
    """The shipped rules, without a site: nobody, and nothing known."""
    correlate = load(SHIPPED_RULES / "correlate.yaml", CorrelateRules)
    priority = load(SHIPPED_RULES / "priority.yaml", PriorityRules)
    escalation = load(SHIPPED_RULES / "escalation.yaml", EscalationRules)
    recognisers = [load(path, RecogniserFile) for path in sorted(SHIPPED_RULES.glob("recognise/*.yaml"))]
    people, topology, heartbeats = PeopleFile(), TopologyFile(), HeartbeatFile()
    return Base(
        rulebook=Rulebook(
            topology=Topology(topology),
            recognisers=Recognisers.compile(recognisers),
            correlate=correlate,
            ranker=Ranker(priority),
            escalation=escalation,
            people=People(people),
            last_resort=(),
        ),
        people=people,
        topology=topology,
        heartbeats=heartbeats,
        correlate=correlate,
        priority=priority,
        escalation=escalation,
        timezone="UTC",
        language="en",
        adapters={},
    )


def _varied(document: Document[TestFile], base: Base) -> Setting:
    """A site with what a test writes instead."""
    test, book = document.value, base.rulebook
    timezone = test.timezone or base.timezone
    if not is_zone(timezone):
        raise ConfigError(document.problem(("timezone",), f"unknown time zone {timezone!r}"))
    if any(getattr(test, name) not in (None, (), "") for name in _OWN):
        book = _compiled(document, base, timezone)
    return Setting(rulebook=book, zone=ZoneInfo(timezone), language=base.language, adapters=base.adapters)


def _compiled(document: Document[TestFile], base: Base, timezone: str) -> Rulebook:
    test = document.value
    people = PeopleFile(
        people=base.people.people if test.people is None else test.people,
        teams=base.people.teams if test.teams is None else test.teams,
    )
    topology = base.topology if test.topology is None else test.topology
    beats = base.heartbeats if test.heartbeats is None else HeartbeatFile(heartbeats=test.heartbeats)
    rules = RulesSpec(
        correlate=_overlaid(document, "correlate", base.correlate),
        priority=_overlaid(document, "priority", base.priority),
        escalation=_overlaid(document, "escalation", base.escalation),
    )
    wrong = tuple(own.problems(document, people, frozenset(node.id for node in topology.nodes), rules, timezone))
    if wrong:
        raise ConfigError(*wrong)
    return Rulebook(
        topology=Topology(replace(topology, maintenance=(*topology.maintenance, *test.maintenance)), timezone),
        recognisers=base.rulebook.recognisers,
        correlate=rules.correlate or base.correlate,
        ranker=Ranker(rules.priority or base.priority, timezone, base.rulebook.ranker.icals),
        escalation=rules.escalation or base.escalation,
        people=People(people, timezone, base.rulebook.people.calendars, base.rulebook.people.icals),
        last_resort=base.rulebook.last_resort if test.last_resort is None else test.last_resort,
        heartbeats=Heartbeats(beats, timezone),
        sources=base.rulebook.sources,
        mappings=base.rulebook.mappings,
        channels=base.rulebook.channels,
    )


def _overlaid(document: Document[TestFile], name: str, shipped: T) -> T:
    """The site's rules with those of the test over them, by id."""
    part: Document[T] | None = own.part(document, name)
    return shipped if part is None else overlay(shipped, part)
