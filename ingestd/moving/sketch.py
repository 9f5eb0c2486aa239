"""A draft in the making: names become ids, people are met again, and nothing that is left out is forgotten."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ingestd.channels.mail import MailSettings
from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.oncall import Contact, Person, Team
from ingestd.decide.route import PolicySpec, RouteSpec, StepSpec
from ingestd.moving.draft import Draft, DraftChannel, DraftPolicy, DraftRoute, DraftSilence, Left, Secret
from ingestd.moving.source import Part, unknown
from ingestd.yamltypes import Duration

LONGEST_ID = 40
MOST_LEFT = 5000
#: Ids of the shipped rules: a site's rule of the same id would take the place of the shipped one.
SHIPPED_POLICIES = frozenset({"urgent", "soon", "relaxed", "at-once", "digest"})
SHIPPED_ROUTES = frozenset({"urgent", "soon", "unknown-nodes", "relaxed", "colleagues", "the-rest"})
SHIPPED_CALENDARS = frozenset({"always", "working-time", "waking", "month-end"})
TAKEN_CHANNELS = frozenset({"mail", "maildir", "observe"})
#: The shipped policy that tells nobody at once.
DIGEST = "digest"
LAST_RESORT = "last-resort"
LAST_WAIT = 600.0  # seconds after the last step, where the source says nothing
MOST_STEPS = 30
_ODD = re.compile(r"[^a-z0-9._-]+")
_LATIN = re.compile("[a-z]")
_MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")

Steps = list[tuple[tuple[str, ...], float]]  # whom to tell, and how long to wait then


class Ids:
    """Ids made of names, each once; a name that leaves nothing becomes a number: u1, u2."""

    def __init__(self, prefix: str, taken: Iterable[str] = ()) -> None:
        self._prefix, self._taken = prefix, set(taken)
        self._known: dict[object, str] = {}

    def get(self, key: object) -> str:
        """The id that was made for something; "": none."""
        return self._known.get(key, "")

    def of(self, key: object, *names: str) -> str:
        """The id of something, made of the first of its names that leaves letters."""
        found = self._known.get(key)
        if found is None:
            stem = next(filter(None, map(slug, names)), "")
            found = self._known[key] = self._free(stem) if stem else self._numbered()
            self._taken.add(found)
        return found

    def again(self, key: object, found: str) -> None:
        """Another name for something that has an id."""
        self._known.setdefault(key, found)

    def _free(self, stem: str) -> str:
        n, found = 1, stem
        while found in self._taken:
            n += 1
            found = f"{stem}-{n}"
        return found

    def _numbered(self) -> str:
        n = 1
        while f"{self._prefix}{n}" in self._taken:
            n += 1
        return f"{self._prefix}{n}"


def slug(name: str) -> str:
    """Small letters, digits, dots and dashes; "" of a name that has other letters and no Latin one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    found = _ODD.sub("-", plain).strip("-._")[:LONGEST_ID].strip("-._")
    return found if name.isascii() or _LATIN.search(found) else ""


def is_mail(text: str) -> bool:
    """Whether it may be a mail address."""
    return _MAIL.fullmatch(text) is not None


class Sketch:
    """Everything that was found so far."""

    def __init__(self, product: str, sources: Iterable[str], now: float) -> None:
        self.product, self.sources, self.now = product, tuple(sources), now
        self.mail: MailSettings | None = None
        self.timezone = ""
        self.person_ids, self.team_ids = Ids("u"), Ids("team")
        self.policy_ids = Ids("policy", SHIPPED_POLICIES)
        self._route_ids = Ids("route", SHIPPED_ROUTES)
        self.channel_ids, self.calendar_ids = Ids("channel", TAKEN_CHANNELS), Ids("hours", SHIPPED_CALENDARS)
        self._people: dict[str, Person] = {}
        self._teams: dict[str, Team] = {}
        self._policies: dict[str, DraftPolicy] = {}
        self._routes: list[DraftRoute] = []
        self._calendars: dict[str, CalendarSpec] = {}
        self._channels: dict[str, DraftChannel] = {}
        self._silences: dict[DraftSilence, None] = {}
        self._secrets: dict[str, Secret] = {}
        self._left: dict[Left, None] = {}

    # -- what is left out
    def left(self, part: Part, what: str, instead: str) -> None:
        """Something did not carry over; once is enough."""
        if len(self._left) < MOST_LEFT:
            self._left[Left.at(part.spot, what, instead)] = None

    def strange(self, part: Part, known: Iterable[str]) -> None:
        """Name the keys that nobody knows."""
        found = unknown(part, known)
        if found:
            self.left(part, f"not known: {found}", "see what it does there; nothing was drafted from it")

    def secret(self, file: str, form: str, part: Part) -> None:
        """A file that the admin makes: the source's secret is not written anywhere."""
        self._secrets.setdefault(file, Secret(file, form, str(part.spot)))

    # -- people and teams
    def person(self, key: object, *names: str, name: str = "", mail: str = "") -> str:
        """The id of a person, met for the first time or again; what is known of her already stays."""
        local = mail.partition("@")[0]
        found = self.person_ids.of(key, local, *names, name)
        known = self._people.get(found, Person(id=found))
        shown = known.name or (name if name not in (found, mail) else "")
        self._people[found] = replace(known, name=shown, mail=known.mail or (mail if is_mail(mail) else ""))
        return found

    def known(self, person: str) -> Person:
        """A person by id."""
        return self._people[person]

    def put_person(self, person: Person) -> None:
        """More is known of a person."""
        self._people[person.id] = person

    def reach(self, person: str, contact: Contact) -> None:
        """One more way to reach a person, after those that are known."""
        one = self._people[person]
        ways = one.ways()
        if contact not in ways:
            self._people[person] = replace(one, mail="", contacts=(*ways, contact))

    def put_team(self, team: Team) -> None:
        """A team, or more of one that is known."""
        self._teams[team.id] = team

    def team(self, id_: str) -> Team | None:
        """A team by id."""
        return self._teams.get(id_)

    # -- the rest
    def channel(self, name: str, type_: str, form: str, part: Part, *, group: bool = True, note: str = "") -> str:
        """The id of a way out whose URL the admin puts into a file."""
        found = self.channel_ids.of((name, type_), name)
        file = f"secrets/{found}"
        self._channels[found] = DraftChannel(name=found, type=type_, group=group, url_file=file, note=note)
        self.secret(file, form, part)
        return found

    def calendar(self, spec: CalendarSpec) -> None:
        """A named stretch of time."""
        self._calendars[spec.id] = spec

    def policy(self, spec: PolicySpec, note: str = "") -> None:
        """A policy."""
        self._policies.setdefault(spec.id, DraftPolicy(spec, note))

    def last_resort(self) -> str:
        """The policy of what told somebody who could not be carried over: rather the last resort than nobody."""
        id_ = self.policy_ids.of(LAST_RESORT, LAST_RESORT)
        self.policy(PolicySpec(id=id_, steps=()), "whom it told did not carry over: straight to the last resort")
        return id_

    def route(self, name: str, spec: RouteSpec, note: str = "", *, off: bool = False) -> None:
        """The next route; its id is made of a name."""
        found = self._route_ids.of(len(self._routes), name)
        self._routes.append(DraftRoute(replace(spec, id=found), note, off))

    def silence(self, silence: DraftSilence) -> None:
        """A silence."""
        self._silences[silence] = None

    def finish(self) -> Draft:
        """All of it, frozen; members and turns of whom nobody is known are left out."""
        return Draft(
            product=self.product,
            sources=self.sources,
            people=tuple(self._people.values()),
            teams=tuple(self._teams.values()),
            policies=tuple(self._policies.values()),
            routes=tuple(self._routes),
            calendars=tuple(self._calendars.values()),
            channels=tuple(self._channels.values()),
            mail=self.mail,
            timezone=self.timezone,
            silences=tuple(self._silences),
            secrets=tuple(self._secrets.values()),
            left=tuple(self._left),
        )


def steps_of(steps: Steps, last: float = LAST_WAIT) -> tuple[StepSpec, ...]:
    """Steps as a policy has them. What is told without a wait between is one step; a wait is never nothing."""
    return tuple(StepSpec(tell=tell, wait=Duration(wait or last)) for tell, wait in _joined(steps) if tell)[:MOST_STEPS]


def _joined(steps: Steps) -> Iterator[tuple[tuple[str, ...], float]]:
    tell: tuple[str, ...] = ()
    for more, wait in steps:
        tell = tuple(dict.fromkeys((*tell, *more)))
        if wait:
            yield tell, wait
            tell = ()
    if tell:
        yield tell, 0.0
