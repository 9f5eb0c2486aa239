"""The files of a site, read: each as far as it can be, with every problem of the rest.

people.yaml, topology.yaml, heartbeats.yaml and the folder rules/ stand beside ingestd.yaml and are all optional.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import fields, replace
from sqlalchemy.engine import make_url

from ingestd import sources
from ingestd.channels.mail import MailSettings
from ingestd.check.values import file_problems, store_problem
from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.classify import CorrelateRules
from ingestd.decide.heartbeat import HeartbeatFile
from ingestd.decide.normalise import RecogniserFile
from ingestd.decide.oncall import PeopleFile, Team
from ingestd.decide.rank import PriorityRules
from ingestd.decide.rota import Rota
from ingestd.decide.route import EscalationRules
from ingestd.decide.topology import TopologyFile
from ingestd.feeds import FOLDER, Feed, is_url, name_of, url_problem
from ingestd.intake.door import HttpSource, http_source
from ingestd.intake.imapsettings import ImapSettings
from ingestd.overlay import by_id, overlay
from ingestd.redact import redacted
from ingestd.settings import Listen, Settings
from ingestd.sources.mapping import Mapping as SourceMapping
from ingestd.sources.mapping import MappingFile
from ingestd.yamltypes import Document, Place, Problem, Salvaged, contents, reads, said, salvage

T = TypeVar("T", bound=Struct)
H = TypeVar("H", Settings, PeopleFile)  # what has teams
F = TypeVar("F", Rota, CalendarSpec)  # what may have an iCalendar

#: Keys that name a file with a secret in it, and the key that it stands for.
SECRET_FILES: Mapping[str, str] = {
    "token_file": "token",
    "password_file": "password",
    "secret_file": "secret",
    "url_file": "url",
}
#: Keys that name a file or a folder.
PATH_KEYS = frozenset({"path", "certificate", "key", "ca_file", "users_file", "token_file"})
MUST_EXIST = frozenset({"certificate", "key", "ca_file"})


#: How the names begin under which a site's own templates are recorded.
TEMPLATES = "templates/"
LONGEST_TEMPLATE = 65_536  # characters


class Rules(Struct, Generic[T], frozen=True):
    """The shipped rules with the site's over them, and the documents they came from, the site's first."""

    value: T
    documents: tuple[Document[T], ...]


class Parts(Struct, frozen=True):
    """The files of a site."""

    main: Document[Settings]
    people: Document[PeopleFile]
    topology: Document[TopologyFile]
    heartbeats: Document[HeartbeatFile]
    correlate: Rules[CorrelateRules]
    priority: Rules[PriorityRules]
    escalation: Rules[EscalationRules]
    recognisers: tuple[Document[RecogniserFile], ...]  # of the site and shipped, those that count
    mappings: tuple[Document[MappingFile], ...]
    replaced: tuple[Document[RecogniserFile], ...] = ()  # shipped ones that the site has its own of
    icals: Mapping[str, str] = {}  # the iCalendars that calendars and rotas name, by the names of their files
    feeds: tuple[Feed, ...] = ()  # those of them that are fetched; ``ical`` is the name of the copy
    templates: Mapping[str, str] = {}  # the site's own, by their names below their folder


def everybody(parts: Parts) -> PeopleFile:
    """The people and teams of both files."""
    inline, own = parts.main.value, parts.people.value
    return PeopleFile(people=(*inline.people, *own.people), teams=(*inline.teams, *own.teams))


class Files:
    """One reading of a site: what was read, and every problem so far."""

    def __init__(self, home: Path, shipped: Path) -> None:
        self._home, self._shipped = home, shipped
        self.problems: list[Problem] = []
        self.texts: dict[str, str] = {}
        self._feeds: dict[str, tuple[Feed, Problem]] = {}  # by name; the problem: where it stands

    def parts(self, path: Path) -> Parts:
        """Every file; one that can't be read is empty, and not whole."""
        recognisers, replaced = self._recognisers()
        priority = self._rules("priority.yaml", PriorityRules, self._calendars)
        main, people = self.main(path), self._teams(self._beside("people.yaml", PeopleFile))
        feeds = tuple(feed for feed, _ in self._feeds.values())
        return Parts(
            main=main,
            people=people,
            topology=self._beside("topology.yaml", TopologyFile),
            heartbeats=self._beside("heartbeats.yaml", HeartbeatFile),
            correlate=self._rules("correlate.yaml", CorrelateRules),
            priority=priority,
            escalation=self._rules("escalation.yaml", EscalationRules),
            recognisers=recognisers,
            mappings=self._mappings(),
            replaced=replaced,
            icals=self._icals(
                priority.value, (*main.value.teams, *people.value.teams), self._home / main.value.state / FOLDER
            ),
            feeds=feeds,
            templates=self._templates(main.value.texts.templates),
        )

    def main(self, path: Path) -> Document[Settings]:
        """ingestd.yaml."""
        return self._teams(self._read(path, Settings))

    def settings(self, main: Document[Settings]) -> Settings:
        """The settings with absolute paths and with the secrets that stand in files of their own."""
        value = main.value
        state = str(self._home / value.state)
        ready = replace(
            value,
            state=state,
            store=self._store(value.store, Path(state)),
            mail=value.mail and self._mail(main, value.mail),
            maildir=value.maildir and self._filled(main, ("maildir",), value.maildir),
            channels={name: self._filled(main, ("channels", name), way) for name, way in value.channels.items()},
            listen=self._listen(main, value.listen),
            imap=tuple(self._mailbox(main, i, mailbox) for i, mailbox in enumerate(value.imap)),
        )
        if value.texts.templates and not (self._home / value.texts.templates).is_dir():
            words = said("there is no folder {path}", path=value.texts.templates)
            self.problems.append(main.problem(("texts", "templates"), words))
        self.problems += self._unread_feeds()
        lacking = {(one.line, one.column) for one in self.problems if one.file == main.name}
        self.problems += [one for one in file_problems(main, ready) if (one.line, one.column) not in lacking]
        return ready

    def http_sources(self, main: Document[Settings]) -> dict[str, HttpSource]:
        """Every source that has a token."""
        found = {}
        for name, settings in main.value.sources.items():
            try:
                found[name] = http_source(name, settings, self._home, sources.signature(settings.adapter))
            except OSError as error:
                key = "token_file" if str(error.filename).endswith(settings.token_file or "\0") else "secret_file"
                words = said("{path} can't be read: {why}", path=getattr(settings, key), why=error.strerror)
                self.problems.append(main.problem(("sources", name, key), words))
            except ValueError as error:  # UnicodeDecodeError too
                self.problems.append(main.problem(("sources", name), str(error)))
        return found

    # -- reading
    def _read(self, path: Path, kind: type[T]) -> Document[T]:
        document = self._one(path, kind)
        return document if document is not None else Document(str(path), "", kind(), None, whole=False)

    def _one(self, path: Path, kind: type[T]) -> Document[T] | None:
        """Read one file; None if nothing of it is left."""
        found = _shipped(path, _stamp(path), kind) if path.is_relative_to(self._shipped) else salvage(path, kind)
        self.problems += found.problems
        if found.document is not None and not found.problems:
            self.texts[self._short(path)] = redacted(found.document)
        return found.document

    def _beside(self, name: str, kind: type[T]) -> Document[T]:
        """A file beside ingestd.yaml; one that is not there is empty."""
        path = self._home / name
        return self._read(path, kind) if path.exists() or path.is_symlink() else reads("", kind, str(path))

    def _rules(self, name: str, kind: type[T], change: Callable[[Document[T]], Document[T]] | None = None) -> Rules[T]:
        """A shipped rule file, with the site's over it."""
        shipped, own = self._read(self._shipped / name, kind), self._beside(f"rules/{name}", kind)
        own = change(own) if change is not None else own
        return Rules(overlay(shipped.value, own), (own, shipped))

    def _recognisers(self) -> tuple[tuple[Document[RecogniserFile], ...], tuple[Document[RecogniserFile], ...]]:
        """Every recogniser, and those shipped ones whose place the site's take: they have the same id."""
        shipped, own = (
            tuple(d for path in sorted(folder.glob("recognise/*.yaml")) if (d := self._one(path, RecogniserFile)))
            for folder in (self._shipped, self._home / "rules")
        )
        documents = {id(one.value): one for one in (*shipped, *own)}
        counting = tuple(documents[id(one)] for one in by_id(_values(shipped), _values(own)))
        return counting, tuple(one for one in shipped if one.value.id in {other.value.id for other in own})

    def _mappings(self) -> tuple[Document[MappingFile], ...]:
        """The site's own webhook sources; an example that is read otherwise than it says is a problem."""
        found = []
        for path in sorted(self._home.glob("rules/webhooks/*.yaml")):
            document = self._one(path, MappingFile)
            if document is not None:
                found.append(document)
                for index, text in SourceMapping.compile(document.value).mistakes():
                    self.problems.append(document.problem(("examples", index), text))
        return tuple(found)

    def _teams(self, document: Document[H]) -> Document[H]:
        """Rotas whose iCalendar is fetched name its copy."""
        teams = tuple(
            replace(team, rota=self._fed(document, ("teams", i, "rota"), team.rota, f"the rota of {team.id}"))
            if team.rota is not None
            else team
            for i, team in enumerate(document.value.teams)
        )
        return replace(document, value=replace(document.value, teams=teams))

    def _calendars(self, document: Document[PriorityRules]) -> Document[PriorityRules]:
        """Likewise calendars."""
        specs = (
            self._fed(document, ("calendars", i), spec, f"calendar {spec.id}")
            for i, spec in enumerate(document.value.calendars)
        )
        return replace(document, value=replace(document.value, calendars=tuple(specs)))

    def _fed(self, document: Document[Any], place: Place, one: F, title: str) -> F:
        """A rota or a calendar, knowing the name of its copy alone."""
        if not one.ical_file and not is_url(one.ical):
            return one
        key = "ical_file" if one.ical_file else "ical"
        if one.ical_file and one.ical:
            words = said("expected only one of {keys}", keys="ical, ical_file")
            self.problems.append(document.problem((*place, key), words))
        wrong = url_problem(one.ical) if not one.ical_file else None
        if wrong is not None:
            self.problems.append(document.problem((*place, key), wrong))
        name = name_of(one.ical_file or one.ical)
        file = str(self._home / one.ical_file) if one.ical_file else ""
        feed = Feed(name=name, title=title, url="" if file else one.ical, file=file)
        self._feeds.setdefault(name, (feed, document.problem((*place, key), "")))
        return replace(one, ical=name, ical_file="")

    def _unread_feeds(self) -> Iterator[Problem]:
        """Files that should hold the URL of a calendar, and do not."""
        for feed, spot in self._feeds.values():
            try:
                feed.address()
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or str(error)
                if feed.file:
                    yield replace(spot, said=said("{path} can't be read: {why}", path=feed.file, why=why))

    def _icals(self, priority: PriorityRules, teams: tuple[Team, ...], copies: Path) -> dict[str, str]:
        """The iCalendars that calendars and rotas name; what can't be read is a problem, or told by the check.

        Those of rotas may also stand beside people.yaml; of two by one name that in rules/ counts.
        """
        found: dict[str, str] = {}
        rotas = {team.rota.ical for team in teams if team.rota is not None and team.rota.ical}
        named = rotas | {spec.ical for spec in priority.calendars if spec.ical}
        inside = [one for one in sorted(self._home.glob("rules/*.ics")) if one.name in named]
        beside = [one for one in sorted(self._home.glob("*.ics")) if one.name in rotas - {o.name for o in inside}]
        for path in (*inside, *beside):
            text = self._text(path)
            if text is not None:
                found[path.name] = self.texts[self._short(path)] = text
        for name in self._feeds.keys() - found.keys():
            text = self._text(copies / name) if (copies / name).is_file() else None
            if text is not None:
                found[name] = self.texts[f"rules/{name}"] = text
        return found

    def _templates(self, folder: str) -> dict[str, str]:
        """The site's own templates; they are kept under one name, wherever their folder is."""
        found: dict[str, str] = {}
        for path in templates_in(self._home / folder) if folder else ():
            text = self._text(path)
            if text is not None and len(text) > LONGEST_TEMPLATE:
                words = said("expected a template of at most {most} characters", most=LONGEST_TEMPLATE)
                self.problems.append(Problem(str(path), 1, 1, words))
            elif text is not None:
                name = path.relative_to(self._home / folder).as_posix()
                found[name] = self.texts[f"{TEMPLATES}{name}"] = text
        return found

    def _text(self, path: Path) -> str | None:
        """A file that is no YAML; None: it can't be read."""
        raw = contents(path)
        if isinstance(raw, Problem):
            self.problems.append(raw)
            return None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.problems.append(Problem(str(path), 1, 1, said("expected UTF-8")))
            return None

    # -- filling in
    def _listen(self, main: Document[Settings], listen: Listen) -> Listen:
        return Listen(
            smtp=self._filled(main, ("listen", "smtp"), listen.smtp),
            lmtp=listen.lmtp and self._filled(main, ("listen", "lmtp"), listen.lmtp),
            http=self._filled(main, ("listen", "http"), listen.http),
        )

    def _mail(self, main: Document[Settings], mail: MailSettings) -> MailSettings:
        """The relay and those that follow it."""
        relays = (self._filled(main, ("mail", "relays", i), relay) for i, relay in enumerate(mail.relays))
        return replace(self._filled(main, ("mail",), mail), relays=tuple(relays))

    def _mailbox(self, main: Document[Settings], index: int, mailbox: ImapSettings) -> ImapSettings:
        """One mailbox with absolute paths; its secrets are read at each login."""
        oauth2 = mailbox.oauth2 and self._filled(main, ("imap", index, "oauth2"), mailbox.oauth2)
        secret = str(self._home / mailbox.password_file) if mailbox.password_file else ""
        bare = replace(mailbox, oauth2=oauth2, password_file="")
        return replace(self._filled(main, ("imap", index), bare), password_file=secret)

    def _store(self, store: str, state: Path) -> str:
        if not store:
            return f"sqlite:///{state / 'ingestd.db'}"
        if store_problem(store) is not None:
            return ""  # told already
        url = make_url(store)
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
                    words = said("there is no file {path}", path=value)
                    self.problems.append(main.problem((*place, field.encode_name), words))
            elif name in SECRET_FILES and value and hasattr(slice_, SECRET_FILES[name]):
                changed[name] = type(value)(self._home / value)
                changed[SECRET_FILES[name]] = self._secret(main, (*place, field.encode_name), self._home / value)
        return replace(slice_, **changed)

    def _secret(self, main: Document[Settings], place: Place, path: Path) -> str:
        try:
            text = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self.problems.append(main.problem(place, said("{path} can't be read: {why}", path=path, why=why)))
            return ""
        if not text:
            self.problems.append(main.problem(place, said("{path} is empty: expected a secret in it", path=path)))
        return text

    def _short(self, path: Path) -> str:
        if path.is_relative_to(self._shipped):
            return f"shipped/{path.relative_to(self._shipped).as_posix()}"
        return path.relative_to(self._home).as_posix()


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does; zeros if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=512)
def _shipped(path: Path, _stamp: tuple[int, int], kind: type[Any]) -> Salvaged[Any]:
    """A shipped file, which hardly ever changes: read once."""
    return salvage(path, kind)


def _values(documents: tuple[Document[Any], ...]) -> tuple[Any, ...]:
    return tuple(document.value for document in documents)


BESIDE = ("people.yaml", "topology.yaml", "heartbeats.yaml")
RULES = ("correlate.yaml", "priority.yaml", "escalation.yaml", "recognise/*.yaml", "webhooks/*.yaml", "*.ics")


def every_file(path: Path, shipped: Path) -> tuple[Path, ...]:
    """Every file that a site is read from, in order; ``path`` is its ingestd.yaml."""
    home = path.parent
    rules = (found for folder in (home / "rules", shipped) for name in RULES for found in sorted(folder.glob(name)))
    beside = (*(home / name for name in BESIDE if (home / name).exists()), *sorted(home.glob("*.ics")))
    document = salvage(path, Settings).document
    folder = _texts_folder(path, document)
    state = document.value.state if document is not None else Settings().state
    copies = sorted((home / state / FOLDER).glob("*.ics"))
    return (path, *beside, *rules, *copies, *(templates_in(folder) if folder is not None else ()))


def texts_folder(path: Path) -> Path | None:
    """The folder of a site's own templates; None: it has none, or its file does not say so readably."""
    return _texts_folder(path, salvage(path, Settings).document)


def _texts_folder(path: Path, document: Document[Settings] | None) -> Path | None:
    name = document.value.texts.templates if document is not None else ""
    return path.parent / name if name else None


def templates_in(folder: Path) -> tuple[Path, ...]:
    """The templates in a folder and in those directly below it."""
    return tuple(sorted(one for pattern in ("*.j2", "*/*.j2") for one in folder.glob(pattern)))
