"""A whole site: ingestd.yaml, the people, the topology and the rules, read, joined and compiled, or refused as a whole.

``load_site`` does everything that can fail before anything runs: ``ingestd check``, the start and a reload all go
through it. Names that lead nowhere, unknown keys and bad patterns are errors with file:line:column; a duplicate or
circular topology is a warning, because a daemon that does not start pages nobody.

Layout: people.yaml, topology.yaml and the folder rules/ stand beside ingestd.yaml and are all optional. The site's
rules lie over the shipped ones (overlay.py). Relative paths start at ingestd.yaml.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ingestd import sources
from ingestd.decide.classify import Classifier, CorrelateRules
from ingestd.decide.grouping import Grouping
from ingestd.decide.heartbeat import HeartbeatFile, Heartbeats
from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.rank import PriorityRules, Ranker
from ingestd.decide.route import EscalationRules, Router
from ingestd.decide.state import Rulebook
from ingestd.decide.timing import Timing
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.intake.door import HttpSource, http_source
from ingestd.intake.imapsettings import ImapSettings, imap_problem
from ingestd.intake.smtp import smtp_problem
from ingestd.overlay import by_id, overlay
from ingestd.redact import redacted
from ingestd.references import (
    Names,
    escalation_problems,
    last_resort_problem,
    people_problems,
    topology_problems,
)
from ingestd.settings import Listen, Settings, is_zone, settings_problems, ways_out
from ingestd.sources.mapping import Mapping as SourceMapping
from ingestd.sources.mapping import MappingFile
from ingestd.yamltypes import ConfigError, Document, Place, Problem, read, reads

T = TypeVar("T", bound=Struct)
C = TypeVar("C")

_PACKAGE = Path(__file__).parent
#: The rules in the wheel, else those of the checkout.
SHIPPED_RULES = next((p for p in (_PACKAGE / "shipped" / "rules",) if p.is_dir()), _PACKAGE.parent / "rules")
#: Keys that name a file with a secret in it, and the key that it stands for.
SECRET_FILES: Mapping[str, str] = {"token_file": "token", "password_file": "password"}
#: Keys that name a file or a folder.
PATH_KEYS = frozenset({"path", "certificate", "key", "ca_file", "users_file", "token_file"})
MUST_EXIST = frozenset({"certificate", "key", "ca_file"})


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


def load_site(path: Path) -> Site:
    """Read a site; ConfigError names everything that is wrong, file by file."""
    path = path.absolute()
    files = _Files(path.parent, SHIPPED_RULES)
    parts = _parts(files, path)
    everybody = _everybody(parts)
    files.problems += _problems(parts, everybody)
    settings, http_sources = files.settings(parts.main), files.http_sources(parts.main)
    rulebook = _rulebook(files, parts, everybody)
    texts = tuple(sorted(files.texts.items()))
    return Site(
        path=path,
        settings=settings,
        people=everybody,
        topology=parts.topology.value,
        heartbeats=parts.heartbeats.value,
        correlate=parts.correlate.value,
        priority=parts.priority.value,
        escalation=parts.escalation.value,
        recognisers=parts.recognisers,
        rulebook=rulebook,
        http_sources=http_sources,
        warnings=tuple(f"{parts.topology.name}: {warning}" for warning in rulebook.topology.warnings),
        sources=texts,
        digest=hashlib.sha256(repr(texts).encode()).hexdigest(),
    )


def load_rulebook(path: Path, shipped: Path) -> Rulebook:
    """Only how a site judges, over the rules in ``shipped``: for a replay, where secrets and certificates are gone."""
    files = _Files(path.parent, shipped)
    parts = _parts(files, path)
    return _rulebook(files, parts, _everybody(parts))


def _everybody(parts: "_Parts") -> PeopleFile:
    """The people and teams of both files."""
    inline, own = parts.main.value, parts.people.value
    return PeopleFile(people=(*inline.people, *own.people), teams=(*inline.teams, *own.teams))


def _parts(files: "_Files", path: Path) -> "_Parts":
    """Every file, each right in itself."""
    main = files.read(path, Settings)
    people = files.beside("people.yaml", PeopleFile)
    topology = files.beside("topology.yaml", TopologyFile)
    heartbeats = files.beside("heartbeats.yaml", HeartbeatFile)
    correlate = files.rules("correlate.yaml", CorrelateRules)
    priority = files.rules("priority.yaml", PriorityRules)
    escalation = files.rules("escalation.yaml", EscalationRules)
    recognisers, mappings = files.recognisers(), files.mappings()
    if not (main and people and topology and heartbeats and correlate and priority and escalation) or files.problems:
        raise ConfigError(*files.problems)
    return _Parts(main, people, topology, heartbeats, correlate, priority, escalation, recognisers, mappings)


def _problems(parts: "_Parts", everybody: PeopleFile) -> Iterator[Problem]:
    """What is wrong between the files: names that lead nowhere, or to two things."""
    main, settings = parts.main, parts.main.value
    names = Names(
        people=frozenset(person.id for person in everybody.people),
        teams=frozenset(team.id for team in everybody.teams),
        policies=frozenset(policy.id for policy in parts.escalation.value.policies),
        channels=ways_out(settings),
    )
    inline = Document(main.name, main.text, PeopleFile(people=settings.people, teams=settings.teams), main.node)
    yield from settings_problems(main, frozenset(mapping.id for mapping in parts.mappings))
    yield from _twice(inline, parts.people)
    yield from people_problems(inline, names)
    yield from people_problems(parts.people, names)
    yield from topology_problems(parts.topology, names)
    for document in parts.escalation.documents:
        yield from escalation_problems(document, names)
    yield from _last_resort_problems(main, People(everybody), names)


def _rulebook(files: "_Files", parts: "_Parts", everybody: PeopleFile) -> Rulebook:
    """The rules, compiled; ConfigError if they, or anything before, are wrong."""
    settings = parts.main.value
    timezone = settings.timezone if is_zone(settings.timezone) else "UTC"
    ranker = files.compiled(parts.priority, lambda rules: Ranker(rules, timezone))
    heartbeats = files.compiled(
        _Rules(parts.heartbeats.value, (parts.heartbeats,)), lambda found: Heartbeats(found, timezone)
    )
    nowhere = Topology(TopologyFile())
    files.compiled(parts.correlate, lambda rules: (Grouping(rules, Classifier(rules), nowhere), Timing(rules, nowhere)))
    files.compiled(parts.escalation, Router)
    if files.problems or ranker is None:
        raise ConfigError(*files.problems)
    return Rulebook(
        topology=Topology(parts.topology.value),
        recognisers=Recognisers.compile(parts.recognisers),
        correlate=parts.correlate.value,
        ranker=ranker,
        escalation=parts.escalation.value,
        people=People(everybody, timezone),
        last_resort=settings.last_resort,
        heartbeats=heartbeats,
        sources=frozenset(settings.sources),
        mappings={file.id: SourceMapping.compile(file).read for file in parts.mappings},
    )


class _Rules(Struct, Generic[T], frozen=True):
    """The shipped rules with the site's over them, and the documents they came from, the site's first."""

    value: T
    documents: tuple[Document[T], ...]


class _Parts(Struct, frozen=True):
    """The files of a site, read."""

    main: Document[Settings]
    people: Document[PeopleFile]
    topology: Document[TopologyFile]
    heartbeats: Document[HeartbeatFile]
    correlate: _Rules[CorrelateRules]
    priority: _Rules[PriorityRules]
    escalation: _Rules[EscalationRules]
    recognisers: tuple[RecogniserFile, ...]
    mappings: tuple[MappingFile, ...]


class _Files:
    """One reading of a site: what was read, and every problem so far."""

    def __init__(self, home: Path, shipped: Path) -> None:
        self._home, self._shipped = home, shipped
        self.problems: list[Problem] = []
        self.texts: dict[str, str] = {}

    def read(self, path: Path, kind: type[T]) -> Document[T] | None:
        """Read one file. Its problems are kept, so that those of the other files are told as well."""
        try:
            document = read(path, kind)
        except ConfigError as error:
            self.problems += error.problems
            return None
        self.texts[self._short(path)] = redacted(document)
        return document

    def beside(self, name: str, kind: type[T]) -> Document[T] | None:
        """A file beside ingestd.yaml; one that is not there is empty."""
        path = self._home / name
        return self.read(path, kind) if path.exists() else reads("", kind, str(path))

    def rules(self, name: str, kind: type[T]) -> _Rules[T] | None:
        """A shipped rule file, with the site's over it."""
        shipped, own = self.read(self._shipped / name, kind), self.beside(f"rules/{name}", kind)
        if shipped is None or own is None:
            return None
        return _Rules(overlay(shipped.value, own), (own, shipped))

    def recognisers(self) -> tuple[RecogniserFile, ...]:
        """Every recogniser; the site's take the place of shipped ones with the same id."""
        shipped, own = (
            tuple(d.value for path in sorted(folder.glob("recognise/*.yaml")) if (d := self.read(path, RecogniserFile)))
            for folder in (self._shipped, self._home / "rules")
        )
        return by_id(shipped, own)

    def mappings(self) -> tuple[MappingFile, ...]:
        """The site's own webhook sources; an example that is read otherwise than it says is a problem."""
        found = []
        for path in sorted(self._home.glob("rules/webhooks/*.yaml")):
            document = self.read(path, MappingFile)
            if document is not None:
                found.append(document.value)
                for index, text in SourceMapping.compile(document.value).mistakes():
                    self.problems.append(document.problem(("examples", index), text))
        return tuple(found)

    def compiled(self, rules: _Rules[T], make: Callable[[T], C]) -> C | None:
        """What ``make`` builds of the rules; its ValueError begins with the id of the rule that it is about."""
        try:
            return make(rules.value)
        except ValueError as error:
            self.problems.append(_rule_problem(rules, str(error)))
            return None

    def settings(self, main: Document[Settings]) -> Settings:
        """The settings with absolute paths and with the secrets that stand in files of their own."""
        value = main.value
        state = str(self._home / value.state)
        return replace(
            value,
            state=state,
            store=self._store(main, Path(state)),
            mail=value.mail and self._filled(main, ("mail",), value.mail),
            maildir=value.maildir and self._filled(main, ("maildir",), value.maildir),
            listen=self._listen(main, value.listen),
            imap=tuple(self._mailbox(main, i, mailbox) for i, mailbox in enumerate(value.imap)),
        )

    def http_sources(self, main: Document[Settings]) -> dict[str, HttpSource]:
        """Every source that has a token."""
        found = {}
        for name, settings in main.value.sources.items():
            try:
                found[name] = http_source(name, settings, self._home, sources.signature(settings.adapter))
            except ValueError as error:
                self.problems.append(main.problem(("sources", name), str(error)))
            except OSError as error:
                key = "token_file" if str(error.filename).endswith(settings.token_file or "\0") else "secret_file"
                text = f"{getattr(settings, key)} can't be read: {error.strerror}"
                self.problems.append(main.problem(("sources", name, key), text))
        return found

    def _listen(self, main: Document[Settings], listen: Listen) -> Listen:
        smtp = self._filled(main, ("listen", "smtp"), listen.smtp)
        wrong = smtp_problem(smtp)
        if wrong:
            self.problems.append(main.problem(("listen", "smtp", wrong[0]), wrong[1]))
        return Listen(
            smtp=smtp,
            lmtp=listen.lmtp and self._filled(main, ("listen", "lmtp"), listen.lmtp),
            http=self._filled(main, ("listen", "http"), listen.http),
        )

    def _mailbox(self, main: Document[Settings], index: int, mailbox: ImapSettings) -> ImapSettings:
        """One mailbox with absolute paths; its secrets are read at each login."""
        wrong = imap_problem(mailbox)
        if wrong:
            self.problems.append(main.problem(("imap", index, wrong[0]), wrong[1]))
        oauth2 = mailbox.oauth2 and self._filled(main, ("imap", index, "oauth2"), mailbox.oauth2)
        secret = str(self._home / mailbox.password_file) if mailbox.password_file else ""
        bare = replace(mailbox, oauth2=oauth2, password_file="")
        return replace(self._filled(main, ("imap", index), bare), password_file=secret)

    def _store(self, main: Document[Settings], state: Path) -> str:
        if not main.value.store:
            return f"sqlite:///{state / 'ingestd.db'}"
        try:
            url = make_url(main.value.store)
        except ArgumentError:
            text = "expected a URL such as sqlite:////var/lib/ingestd/ingestd.db or postgresql://user@host/name"
            self.problems.append(main.problem(("store",), text))
            return ""
        if url.get_backend_name() == "sqlite" and url.database:
            url = url.set(database=str(self._home / url.database))
        return url.render_as_string(hide_password=False)

    def _filled(self, main: Document[Settings], place: Place, slice_: T) -> T:
        """One slice with its paths made absolute, and each ``x`` read from the file that ``x_file`` names."""
        changed: dict[str, object] = {}
        for field in fields(slice_):
            value, name = getattr(slice_, field.name), field.name
            if name in PATH_KEYS and value and not hasattr(slice_, SECRET_FILES.get(name, "")):
                changed[name] = type(value)(self._home / value)
                if name in MUST_EXIST and not (self._home / value).is_file():
                    self.problems.append(main.problem((*place, field.encode_name), f"there is no file {value}"))
            elif name in SECRET_FILES and value and hasattr(slice_, SECRET_FILES[name]):
                changed[name] = type(value)(self._home / value)
                changed[SECRET_FILES[name]] = self._secret(main, (*place, field.encode_name), self._home / value)
        return replace(slice_, **changed)

    def _secret(self, main: Document[Settings], place: Place, path: Path) -> str:
        try:
            text = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(
                main.problem(place, f"{path} can't be read: {getattr(error, 'strerror', None) or error}")
            )
            return ""
        if not text:
            self.problems.append(main.problem(place, f"{path} is empty: expected a secret in it"))
        return text

    def _short(self, path: Path) -> str:
        if path.is_relative_to(self._shipped):
            return f"shipped/{path.relative_to(self._shipped).as_posix()}"
        return path.relative_to(self._home).as_posix()


def _rule_problem(rules: _Rules[T], text: str) -> Problem:
    """Where the rule stands whose id the text begins with; else the top of the site's file, or of the shipped one."""
    name = text.partition(":")[0]
    for document in rules.documents:
        for field in fields(document.value):
            listed = getattr(document.value, field.name)
            for i, rule in enumerate(listed if isinstance(listed, tuple) else ()):
                if getattr(rule, "id", None) == name:
                    return document.problem((field.encode_name, i), text)
    written = next((d for d in rules.documents if d.node is not None), rules.documents[-1])
    return written.problem((name,), text)


def _twice(*documents: Document[PeopleFile]) -> Iterator[Problem]:
    """People and teams whose id was taken before, in this file or in another."""
    taken: set[tuple[str, str]] = set()
    for document in documents:
        people, teams = ([one.id for one in listed] for listed in (document.value.people, document.value.teams))
        for kind, ids in (("people", people), ("teams", teams)):
            for i, name in enumerate(ids):
                if (kind, name) in taken:
                    yield document.problem((kind, i, "id"), f"{name!r} is defined twice")
                taken.add((kind, name))


def _last_resort_problems(main: Document[Settings], people: People, names: Names) -> Iterator[Problem]:
    if not main.value.last_resort:
        yield main.problem(("last_resort",), "expected at least one person: somebody is always told")
    found = last_resort_problem(people, main.value.last_resort, names)
    if found:
        yield main.problem(("last_resort", found[0]), found[1])
