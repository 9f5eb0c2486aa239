"""The composition root: builds the daemon, starts it, reloads it, stops it. The only owner of a clock."""

import asyncio
import gc
import resource
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
import uvicorn
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from ingestd import __version__, figures
from ingestd.auditor import Auditor
from ingestd.calendars import Calendars
from ingestd.channels.texts import Texts
from ingestd.channelwatch import ChannelWatch
from ingestd.config import Site
from ingestd.deadman import DeadMan
from ingestd.decide.mishap import CONFIGURATION
from ingestd.decide.oncall import Language, Person
from ingestd.decide.queue import Line, worklist
from ingestd.digest import Digests, Plan
from ingestd.doors import Doors
from ingestd.feeds import FOLDER
from ingestd.intake.again import told_apart
from ingestd.intake.httpconnection import Bounds, bounded
from ingestd.intake.imap import ImapIntake
from ingestd.intake.smtp import SmtpIntake
from ingestd.lagwatch import LagWatch
from ingestd.links import Grant, LinkAction, Links, load_key
from ingestd.memory import give_back
from ingestd.model import Command, Entry, Incident, Message, Notification, Stepped, StoreUnavailable, Verdict
from ingestd.notify import Notifier
from ingestd.outbox import Outbox, OutboxSettings
from ingestd.rehearsal import rehearse
from ingestd.replay import Origin
from ingestd.replies import Letters
from ingestd.retention import Retention
from ingestd.settings import HttpSettings
from ingestd.shouting import reached, shouting, shown
from ingestd.sitecache import reload_site, start_site
from ingestd.slices import address, answerable, channels, contacts, lmtp_intake, needs_restart, recorded, sender_domain
from ingestd.standing import Standing
from ingestd.store import Store
from ingestd.telemetry import configure_logging
from ingestd.watch import reload_on_change
from ingestd.web import Face, build, front
from ingestd.web.face import Stuck
from ingestd.worker import Engine, pages
from ingestd.yamltypes import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger("ingestd")

VERDICT_PATIENCE = 10.0  # seconds that a command waits for its verdict
LAG_LIMIT = 60.0  # seconds of pipeline lag after which the daemon is not ready
MARK = 10.0  # seconds between notes that the process listens
GARBAGE = (50_000, 20, 1_000)  # rows are plain trees, freed without the collector: let it walk them seldom
GIL = 0.0005  # seconds after which the writer thread lets the loop in: what a reply waits beside a busy writer
OPEN_FILES = 65_536  # at most asked for
STALL = 30.0  # seconds without a turn of the loop's watch after which it is not alive
STOP_PATIENCE = 20.0  # seconds for the requests under way at a stop


class SystemClock:
    """Time as the machine has it."""

    @staticmethod
    def monotonic() -> float:
        """Seconds that never go back."""
        return time.monotonic()

    @staticmethod
    def wall() -> float:
        """Epoch seconds."""
        return time.time()


def run(path: Path) -> int:
    """Serve a site until told to stop; the exit status. A broken configuration is refused before anything is opened."""
    configure_logging()
    try:
        site = start_site(path)
    except ConfigError as error:
        sys.stderr.write(f"{error}\ningestd does not start on this; mend it, or see it whole with `ingestd check`\n")
        return 1
    for warning in site.warnings:
        log.warning("check", text=warning)
    site.state.mkdir(parents=True, exist_ok=True)
    try:
        sys.setswitchinterval(GIL)
        _open_files()
        gc.set_threshold(*GARBAGE)
        return uvloop.run(Daemon(site).serve())
    except (OSError, SQLAlchemyError, ValueError) as error:
        log.error("can't start", error=str(error))
        return 1


class Daemon:
    """Everything that runs, wired."""

    def __init__(self, site: Site) -> None:
        self.site = site
        settings = site.settings
        self.clock = SystemClock()
        self.notifier = Notifier()
        self.figures = figures.Figures()
        self.standing = Standing()
        with self.notifier.at_work("opening the store"):
            self.store = Store.open(settings.store)
        self.engine = Engine(site.rulebook, self.store, self.clock, self._committed)
        self.store.on_received = self._received
        self.store.on_commit = self.figures.committed
        key, age = load_key(site.link_key), float(settings.link_age)
        self.links = Links(key, settings.public_url, max_age=age)
        self.letters = Letters(key, self.links, max_age=age, now=self.clock.wall)
        self.channel_watch = ChannelWatch(
            self._trouble, self._nodes_of, self.clock.monotonic, count=self.figures.channel
        )
        self.lag_watch = LagWatch(self._trouble, lambda: self.engine.lag, lambda: self.engine.queued)
        self.outbox = Outbox(
            self.store,
            channels(site),
            contacts(site),
            self.engine.feed,
            self.engine.now,
            settings=OutboxSettings(domain=sender_domain(site)),
            timezone=site.rulebook.ranker.zone,
            link=self._link,
            name=self.letters.message_id,
            observing=settings.mode == "observe",
            answerable=answerable(site),
            texts=Texts(site.templates).ready(),
            observe=self._delivered,
            tried=self.channel_watch.tried,
        )
        self.auditor = Auditor(
            self.store.queries,
            lambda: self.engine,
            self.clock,
            reached=lambda wall: reached(self.site, self.outbox, wall),
            trouble=self._trouble,
            shout=shouting(lambda: self.site, self.outbox, self.clock.wall),
            counted=self.figures.audited,
        )
        self.calendars = Calendars(
            lambda: self.site.feeds, lambda: self.site.state / FOLDER, self.reload, self._trouble, self.clock.wall
        )
        self.digests = Digests(
            self.store.queries,
            self.receive,
            self._plan,
            self.clock.wall,
            lambda: self.engine.world.wall_offset,
        )
        self.retention = Retention(
            self.store, lambda: self.site.settings.retention, self.clock.wall, self.figures.erased
        )
        self.smtp = SmtpIntake(settings.listen.smtp, self.receive, self.clock.wall, self.figures.refused)
        self.lmtp = lmtp_intake(settings, self.receive, self.clock.wall, self.figures.refused)
        self.mailboxes = tuple(
            ImapIntake(
                mailbox,
                self.receive,
                self.clock.wall,
                self.store.queries.last_origin,
                trouble=self._trouble,
                count_refused=self.figures.refused,
            )
            for mailbox in settings.imap
        )
        self._telling: set[asyncio.Task[None]] = set()
        self.doors = Doors(
            site.http_sources,
            self.receive,
            self.clock.wall,
            settings=settings.webhooks,
            count_refused=self.figures.refused,
            heartbeats=lambda: self.site.rulebook.heartbeats.names,
            mappings=lambda: self.site.rulebook.mappings,
        )
        self._started = self.clock.wall()
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._notes: tuple[str, ...] = ()  # what the last reload left to say
        self._turned = self.clock.monotonic()
        self._marking: asyncio.Task[None] | None = None

    # -- life
    async def serve(self) -> int:
        """Start, run until stopped, stop in order: listeners, engine, outbox, store. 1: the engine broke down."""
        loop = asyncio.get_running_loop()
        http_socket = listener(self.site.settings.listen.http)
        digest = await self.store.put_blob(recorded(self.site))
        with self.notifier.at_work("reading what is open"):
            self.engine.start(origin(digest))
        self.standing.load(self.engine.world.alerts.values())
        self.channel_watch.use(self.outbox.channels, self._firing())
        self.lag_watch.use(self._firing())
        engine = loop.create_task(self.engine.run())
        engine.add_done_callback(lambda _: self._stopping.set())
        http = self._http()
        web: asyncio.Task[None] | None = None
        watch = loop.create_task(self._watch())
        digests, calendars = loop.create_task(self.digests.run()), loop.create_task(self.calendars.run())
        dead_man = loop.create_task(DeadMan(lambda: self.site.settings.dead_man, self._ready).run())
        watches = (self.auditor.run(), self.channel_watch.run(), self.lag_watch.run(), self.retention.run())
        looking = tuple(map(loop.create_task, watches))
        watching = loop.create_task(reload_on_change(self.site.path, self.reload)) if self.site.settings.watch else None
        try:
            self._listen_to_signals(loop)
            self.figures.started(clean=not self.store.unclean)
            await self.outbox.start()
            for intake in self._intakes():
                await intake.start()
            web = loop.create_task(http.serve([http_socket]))  # last: who is told that we are ready finds all open
            await self._listening(http, web)
            self._say_ready()
            await self._stopping.wait()
        finally:
            self.notifier.stopping()
            for task in (digests, calendars, dead_man, watching, *looking):
                if task is not None:
                    task.cancel()
            await asyncio.gather(*(intake.stop() for intake in self._intakes()))
            http.should_exit = True
            if web is not None:
                await asyncio.wait([web], timeout=STOP_PATIENCE)
            http_socket.close()
            self.engine.stop()
            await asyncio.wait([engine])
            await self.outbox.stop()
            watch.cancel()
            await asyncio.wait(
                [loop.create_task(self._mark_alive())], timeout=1.0
            )  # a store that fails must not hold us
            broken = engine.exception()
            await self.store.close(clean=broken is None)
            log.info("stopped")
        if broken is not None:
            log.error("the engine broke down", exc_info=broken)
        return 0 if broken is None else 1

    def _intakes(self) -> "tuple[SmtpIntake | ImapIntake, ...]":
        """Every way in but HTTP."""
        return (self.smtp, *((self.lmtp,) if self.lmtp is not None else ()), *self.mailboxes)

    async def reload(self) -> tuple[str, ...]:
        """Take over changed files, all or none: what can fail is done before anything running is touched.

        What is wrong with them; empty: they are in force.
        """
        async with self._reloading:
            self.notifier.reloading()
            try:
                site = await reload_site(self.site.path, self.site.state)
                ways = channels(site)
                digest = await self.store.put_blob(recorded(site))
            except (ConfigError, ValueError, OSError, StoreUnavailable) as error:
                refused = tuple(str(error).splitlines())
                self._notes = (f"the last reload was refused: {error}",)
                self._trouble(CONFIGURATION, str(error))
                self.figures.reloaded("refused", self.clock.wall())
                log.error("reload refused; the rules from before keep running", error=str(error))
            else:
                refused = ()
                self.engine.note(Message(kind="reload", source="engine", body=origin(digest)), site.rulebook)
                self.engine.note(Message(kind="rerank", source="engine"))
                self.doors.replace(site.http_sources)
                self.outbox.channels, self.outbox.contacts = ways, contacts(site)
                self.channel_watch.use(ways)
                self.outbox.observing = site.settings.mode == "observe"
                self.outbox.answerable = answerable(site)
                self.outbox.texts = Texts(site.templates)
                self._notes = needs_restart(self.site, site)
                self.site = site
                self.calendars.wake()
                self.figures.reloaded("ok", self.clock.wall())
                give_back()
                log.info("reloaded", digest=site.digest, warnings=[*site.warnings, *self._notes])
            self.notifier.ready()
        return refused

    # -- what the parts are given
    async def receive(self, message: Message) -> int:
        """Commit a message and count it: the one door in."""
        site = self.site
        proven = self.letters.proven(message, site.rulebook.people, site.settings.replies)
        number = await self.store.receive(told_apart(proven))
        self.figures.accepted(message)
        return number

    async def act(self, command: Command, actor: str) -> Verdict:
        """A person's command: kept, stepped, answered. TimeoutError: kept, but its verdict is late."""
        body = msgspec.json.encode(command)
        message = Message(kind="command", source="web", body=body, received=self.clock.wall(), actor=actor)
        return await self.engine.verdict(await self.receive(message), VERDICT_PATIENCE)

    def _received(self, entries: Sequence[Entry]) -> None:
        """Committed entries go to the engine when their senders have been answered.

        If stepping one kills the process, its sender must not send it again: each copy would have deaths of its own.
        """
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self.engine.feed_all, entries)  # who awaits the commit has the turn between

    def _committed(self, batch: Sequence[Stepped]) -> None:
        self.outbox.offer(pages(batch))
        self.standing.committed(batch)
        self.figures.stepped(batch)

    def _trouble(self, source: str, text: str) -> None:
        """A mailbox can't be read, a reload was refused, or ("") all is well again: an event like any other."""
        task = asyncio.get_running_loop().create_task(self._keep_trouble(source, text))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _keep_trouble(self, source: str, text: str) -> None:
        message = Message(kind="trouble", source=source, body=text.encode(), received=self.clock.wall())
        while not self._stopping.is_set():
            try:
                await self.receive(message)
            except StoreUnavailable as error:
                await asyncio.sleep(error.retry_after)
            else:
                return

    def _nodes_of(self, incident: int) -> frozenset[str]:
        """What the alerts of an incident are about."""
        world = self.engine.world
        return frozenset(world.alerts[number].node for number in world.members.get(incident))

    def _firing(self) -> frozenset[str]:
        """What any alert that fires is about."""
        return frozenset(alert.node for alert in self.engine.world.alerts.values() if alert.state == "firing")

    def _plan(self) -> Plan:
        settings = self.site.settings
        to = settings.last_resort if settings.digest.to is None else settings.digest.to
        return Plan(settings.digest.at, to, self.site.rulebook.ranker.zone, observing=settings.mode == "observe")

    def _link(self, notification: Notification, group: bool) -> str | None:
        """What a person acts by; in a group it asks who acts."""
        if notification.kind in ("end", "answer", "affected", "confirm", "notice", "digest"):
            return None
        if group and not notification.incident:
            return None
        action: LinkAction = "ask" if group else "ack"
        return self.links.make(Grant(notification.person, notification.incident, notification.id, action))

    def _delivered(self, channel: str, outcome: str, notification: Notification) -> None:
        self.figures.page(channel, outcome, notification, self.engine.now())

    # -- the web
    def _worklist(self, incidents: tuple[Incident, ...]) -> tuple[Line, ...]:
        rules = self.site.rulebook
        offset = self.engine.world.wall_offset
        return worklist(incidents, rules.topology, rules.people, wall=self.clock.wall(), offset=offset)

    def _http(self) -> "Quiet":
        face = Face(
            reads=self.store.queries,
            firing=self.standing.find,
            receive=self.receive,
            sources=lambda: self.site.http_sources,
            policies=lambda: tuple(policy.id for policy in self.site.escalation.policies),
            clock=self.clock.wall,
            started=self._started,
            act=self.act,
            reload=self.reload,
            people=self._people,
            worklist=self._worklist,
            rules=lambda: self.site.rulebook,
            rehearse=lambda message, reading: rehearse(self.engine.world, message, self.engine.now(), reading),
            language=self._language,
            links=self.links,
            wall_offset=lambda: self.engine.world.wall_offset,
            alive=self._alive,
            ready=self._ready,
            notes=lambda: self._notes,
            metrics=self._metrics,
            audit=self._audit,
        )
        http = self.site.settings.listen.http
        config = uvicorn.Config(
            front(self.doors, build(face)),
            host=http.host,
            port=http.port,
            http=bounded(Bounds(http.max_connections, http.connections_per_peer), self.figures.refused, self.doors),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=int(STOP_PATIENCE),
            ssl_certfile=http.certificate or None,
            ssl_keyfile=http.key or None,
        )
        return Quiet(config)

    @staticmethod
    async def _listening(http: "Quiet", web: "asyncio.Task[None]") -> None:
        while not http.started:
            if web.done():
                raise OSError("the web face does not start")
            await asyncio.sleep(0.01)

    def _people(self) -> tuple[Person, ...]:
        return self.site.people.people

    def _language(self) -> Language:
        return self.site.settings.language

    def _alive(self) -> tuple[str, ...]:
        silent = self.clock.monotonic() - self._turned
        return (f"the loop has not turned for {silent:.0f} s",) if silent > STALL else ()

    async def _ready(self) -> tuple[str, ...]:
        reasons = [] if await self.store.queries.ready() else ["the store does not answer"]
        if self.engine.lag > LAG_LIMIT:
            reasons.append(f"the pipeline is {self.engine.lag:.0f} s behind")
        if self._stopping.is_set():
            reasons.append("stopping")
        return (*reasons, *self.auditor.reasons())

    async def _audit(self) -> tuple[Stuck, ...]:
        return shown(await self.auditor.look())

    def _metrics(self) -> bytes:
        self.figures.mailboxes(mailbox.state for mailbox in self.mailboxes)
        return self.figures.scrape(self.engine, self.store, self.outbox)

    # -- around it
    def _listen_to_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        reloads: set[asyncio.Task[tuple[str, ...]]] = set()

        def reload() -> None:
            task = loop.create_task(self.reload())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, reload)

    async def _watch(self) -> None:
        """Once a second: show that the loop turns, to systemd too."""
        told = marked = 0.0
        while True:
            self._turned = self.clock.monotonic()
            if self._turned - marked >= MARK and (self._marking is None or self._marking.done()):
                marked = self._turned
                self._marking = asyncio.get_running_loop().create_task(self._mark_alive())
            if self.notifier.watchdog_every and self._turned - told >= self.notifier.watchdog_every:
                told = self._turned
                self.notifier.watchdog()
            await asyncio.sleep(1.0)

    async def _mark_alive(self) -> None:
        with suppress(StoreUnavailable):  # stopping
            await self.store.alive(self.engine.now())

    def _say_ready(self) -> None:
        give_back()
        http = self.site.settings.listen.http
        smtp = ", ".join(f"{host}:{port}" for host, port in self.smtp.addresses)
        log.info("ready", mail=smtp, web=address(http), version=__version__, digest=self.site.digest)
        self.notifier.ready()


class Quiet(uvicorn.Server):
    """uvicorn without its own handling of signals: the daemon stops it."""

    @contextmanager
    def capture_signals(self) -> "Iterator[None]":
        """Leave the signals to the daemon."""
        yield


def _open_files() -> None:
    """Have as many as we may: 1024, the usual start, is fewer than the connections that there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, OPEN_FILES)), hard))


def listener(http: HttpSettings) -> socket.socket:
    """The web's socket; OSError: the address can't be had. (uvicorn itself would end the process.)"""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    return socket.create_server((http.host, http.port), family=family)


def origin(digest: str) -> bytes:
    """What a start or a reload says of the rules and the code it brings."""
    return msgspec.json.encode(Origin(configuration=digest, version=__version__))
