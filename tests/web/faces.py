"""A web face over rows in memory."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache

import httpx
from msgspec.structs import replace

from ingestd.decide.oncall import People, PeopleFile, Person, Team
from ingestd.decide.queue import worklist
from ingestd.decide.state import Rulebook
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.intake.door import HttpSource
from ingestd.links import Links
from ingestd.model import (
    Alert,
    Command,
    Entry,
    Facts,
    Incident,
    Known,
    Matcher,
    Message,
    Notification,
    Reason,
    Silence,
    TimelineRow,
    Verdict,
)
from ingestd.rehearsal import rehearse
from ingestd.store import Asked, ByHand, Delivery, Failure, LedgerLine, Seen, Shunted, Unpaged, Unrecognised
from ingestd.web import Face, build
from ingestd.web.face import Stuck
from ingestd.world import World as LiveWorld
from tests.night import trading_company

ANN = Person(
    id="ann", name="Ann Lee", mail="ann@x.example", tokens=("sha256:" + hashlib.sha256(b"ann-token").hexdigest(),)
)
WEI = Person(id="wei", name="王伟", mail="wei@x.example", language="zh_CN")
AS_ANN = {"Authorization": "Bearer ann-token"}

INCIDENT = Incident(
    number=7,
    state="triggered",
    title="core-sw is <down>",
    priority="P1",
    cause="core-sw",
    cause_kind="reported",
    began=100.0,
    reasons=(Reason("rank", "matrix", "impact high x urgency high = P1"),),
)
ALERT = Alert(
    id=3,
    fingerprint="core-sw|",
    node="core-sw",
    check=None,
    host="core-sw",
    cls="reachability",
    down=True,
    state="firing",
    severity="critical",
    summary="no answer",
    incident=7,
    certainty="root",
    first_at=100.0,
    last_at=120.0,
    reasons=(Reason("recognise", "nagios4", "host notification"),),
)
PAGE = Notification(
    id=12, incident=7, person="ann", kind="open", at=160.0, facts=Facts(number=7, priority="P1", title="down", state="")
)


@cache
def _rules() -> Rulebook:
    return trading_company()


class Rows:
    """What the store would answer."""

    def __init__(self) -> None:
        self.kept = {7: INCIDENT, 6: replace(INCIDENT, number=6, state="resolved")}
        self.open_alerts: list[Alert] = [ALERT]
        self.parts: tuple[Alert, ...] = (ALERT,)
        self.silenced: dict[str, Silence] = {}
        self.messages: dict[int, Message] = {}
        self.strange: tuple[Unrecognised, ...] = ()
        self.aside: tuple[Shunted, ...] = ()
        self.seen: tuple[Seen, ...] = ()
        self.failed: tuple[Failure, ...] = ()
        self.swallowed: tuple[Unpaged, ...] = ()
        self.decided: tuple[ByHand, ...] = ()
        self.entered: tuple[LedgerLine, ...] = ()
        self.asked: list[Asked] = []
        self.learnt: dict[str, Known] = {}
        self.delivered: tuple[Delivery, ...] = (Delivery(PAGE, "mail", "250 ok", 1, "<12@x>"),)

    async def alert_by(self, fingerprint: str) -> Alert | None:
        return next((a for a in self.open_alerts if a.fingerprint == fingerprint), None)

    async def silences(self, limit: int = 1000) -> tuple[Silence, ...]:
        return tuple(self.silenced.values())

    async def silence(self, name: str) -> Silence | None:
        return self.silenced.get(name)

    async def by_origin(self, origin: str) -> Entry | None:
        return next((Entry(n, m) for n, m in self.messages.items() if m.origin == origin), None)

    async def unrecognised(self, limit: int = 100, before: int = 0) -> tuple[Unrecognised, ...]:
        return tuple(one for one in self.strange if not before or one.id < before)[:limit]

    async def shunted(self, limit: int = 100) -> tuple[Shunted, ...]:
        return self.aside[:limit]

    async def entry(self, number: int) -> Entry | None:
        return Entry(number, self.messages[number]) if number in self.messages else None

    async def incidents(self, state: str | None = None, limit: int = 100, before: int = 0) -> tuple[Incident, ...]:
        wanted = [i for i in self.kept.values() if state is None or (state == "open") == (i.state != "resolved")]
        return tuple(i for i in wanted if not before or i.number < before)[:limit]

    async def incident(self, number: int) -> Incident | None:
        return self.kept.get(number)

    async def alert(self, number: int) -> Alert | None:
        return next((a for a in self.parts if a.id == number), None)

    async def alerts_of(self, number: int) -> tuple[Alert, ...]:
        return self.parts

    async def known(self, name: str) -> Known | None:
        return self.learnt.get(name)

    async def timeline_of(self, number: int) -> tuple[TimelineRow, ...]:
        return (TimelineRow(incident=number, at=100.0, what="opened", text="core-sw is down"),)

    async def hosts(self, limit: int = 500, after: str = "") -> tuple[tuple[Seen, ...], str]:
        left = [one for one in self.seen if one.node > after]
        return tuple(left[:limit]), left[limit - 1].node if len(left) >= limit else ""

    async def failures(self, since: float, before: int = 0, limit: int = 1000) -> tuple[tuple[Failure, ...], int]:
        left = [one for one in self.failed if one.began >= since and (not before or one.incident < before)]
        return tuple(left[:limit]), left[limit - 1].incident if len(left) >= limit else 0

    async def unpaged(self, since: float, before: int = 0, limit: int = 1000) -> tuple[tuple[Unpaged, ...], int]:
        left = [one for one in self.swallowed if one.at >= since and (not before or one.alert < before)]
        return tuple(left[:limit]), left[limit - 1].alert if len(left) > limit else 0

    async def by_hand(self, since: float, limit: int = 1000) -> tuple[ByHand, ...]:
        return tuple(one for one in self.decided if one.at >= since)[:limit]

    async def notification(self, number: int) -> Delivery | None:
        return next((one for one in self.delivered if one.notification.id == number), None)

    async def notifications_of(self, number: int) -> tuple[Delivery, ...]:
        return self.delivered

    async def ledger(self, asked: Asked) -> tuple[tuple[LedgerLine, ...], Asked | None]:
        self.asked.append(asked)
        left = [line for line in self.entered if line.id > asked.pages]
        following = replace(asked, pages=left[asked.limit - 1].id, answers=-1) if len(left) > asked.limit else None
        return tuple(left[: asked.limit]), following


class Engine:
    """Answers commands as told, and remembers them."""

    def __init__(self) -> None:
        self.heard: list[tuple[Command, str]] = []
        self.answer: Callable[[Command], Verdict] = lambda command: Verdict(True, "done", command.incident or 8)

    async def act(self, command: Command, actor: str) -> Verdict:
        self.heard.append((command, actor))
        return self.answer(command)


class World:
    """A face with everything behind it in reach of a test."""

    def __init__(self) -> None:
        self.rows, self.engine = Rows(), Engine()
        self.now = 1000.0
        self.links = Links(b"k" * 32, "https://x.example", max_age=60, now=lambda: self.now)
        self.people: tuple[Person, ...] = (ANN, WEI)
        self.team = People(PeopleFile(people=self.people, teams=(Team(id="network", members=("ann", "wei")),)))
        self.live = LiveWorld(_rules())
        self.ill: tuple[str, ...] = ()
        self.unready: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()
        self.refused: tuple[str, ...] = ()
        self.sources: dict[str, HttpSource] = {}
        self.received: list[Message] = []
        self.stuck: tuple[Stuck, ...] = ()

    async def _firing(self, _wanted: Sequence[Matcher]) -> AsyncIterator[Alert]:
        for one in self.rows.open_alerts:
            yield one

    async def _receive(self, message: Message) -> int:
        self.received.append(message)
        return 100 + len(self.received)

    def face(self) -> Face:
        return Face(
            reads=self.rows,
            firing=self._firing,
            receive=self._receive,
            sources=lambda: self.sources,
            policies=lambda: ("standard", "urgent"),
            clock=lambda: self.now,
            started=900.0,
            act=self.engine.act,
            reload=self._reload,
            people=lambda: self.people,
            worklist=lambda incidents: worklist(
                incidents, Topology(TopologyFile()), self.team, wall=self.now + 5.0, offset=5.0
            ),
            rules=lambda: self.live.rules,
            rehearse=lambda message, reading: rehearse(self.live, message, self.now - 5.0, reading),
            language=lambda: "en",
            links=self.links,
            wall_offset=lambda: 5.0,
            alive=lambda: self.ill,
            ready=self._ready,
            notes=lambda: self.notes,
            metrics=lambda: b"ingestd_up 1\n",
            audit=self._audit,
        )

    async def _reload(self) -> tuple[str, ...]:
        return self.refused

    async def _ready(self) -> tuple[str, ...]:
        return self.unready

    async def _audit(self) -> tuple[Stuck, ...]:
        return self.stuck

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=build(self.face()))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            yield client


Visit = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
