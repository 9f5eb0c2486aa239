"""The whole story on one screen: what happens to a message, from the inbox to the people.

    message ─ understand ─> events ─ dedup ─> alert ─ correlate ─> incident ─ rank, route ─> timers ─> pages … the end

``step`` decides and mutates nothing: it yields changes, a unit (a timer, a command) or a few (events of one message) at
a time, and expects them to be applied to the world before it goes on. A unit that raises is dropped alone and set
aside (shunted); it still opens an incident. Where each decision is made:

    what it says          understand.py        (sources/<tool>.py for webhooks; for mail decide/normalise.py with
                                                rules/recognise/<tool>.yaml; decide/fallback.py for anything)
    which alert it is     decide/dedup.py      (names: topology.py)
    which incident        decide/correlate.py  (classes: classify.py, evidence: explain.py, silent causes: suspect.py,
                                                lacking links: nearby.py, two monitors: twin.py, people's reports:
                                                report.py, merging: link.py)
    how important         decide/situation.py  (rank.py, route.py)
    who is told           decide/escalate.py   (who that is: oncall.py, what it says: telling.py, how often: budget.py)
    what joined later     decide/joining.py
    who else is hit       decide/affected.py
    what did not arrive   decide/receipts.py   (told once more: again.py)
    what is not told      decide/silence.py    (when: spans.py; what it hid: silenced.py)
    what is missing       decide/heartbeat.py
    when it is over       decide/ending.py
    what people ask       decide/act.py        (merge, split, move: byhand.py)
    whose it is           decide/ownership.py  (what it taught: knowledge.py)
    what went wrong here  decide/mishap.py
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from ingestd.decide import (
    act,
    affected,
    again,
    alerts,
    answered,
    budget,
    correlate,
    dedup,
    ending,
    escalate,
    fallback,
    heartbeat,
    joining,
    mail,
    maintained,
    mishap,
    notice,
    ownership,
    quotes,
    receipts,
    silence,
    silenced,
    situation,
    telling,
)
from ingestd.decide.route import tags
from ingestd.decide.state import State
from ingestd.model import REREAD, Changes, Command, DigestOrder, Entry, Event, Incident, Message, Reading, Receipt
from ingestd.understand import read
from ingestd.world import Draft, World

TOGETHER = 8  # events of one message that are ranked and concluded in one go: its incident changes once, not with each

Unit = Callable[[Draft], None]
Reader = Callable[[World, Message], Reading]


def understand(world: World, message: Message) -> Reading:
    """What a mail or a webhook body says."""
    rules = world.rules
    return read(message, rules.recognisers, rules.names, rules.mappings)


def step(world: World, entry: Entry, at: float, reader: Reader | None = None) -> Iterator[Changes]:
    """Everything one journal entry changes. The caller applies each yielded ``Changes`` before asking for the next."""
    message = entry.message
    if message.kind == "tick":
        yield tick(world, at, message)
        return
    try:
        units, recogniser = _units(world, message, reader or understand)
    except Exception as broken:  # whatever it is: the message is kept, set aside and shown
        yield shunt(world, message, at, broken)
        return
    together = TOGETHER if message.kind in ("mail", "webhook") else 1
    for first in range(0, len(units), together):
        for changes in _decided(world, at, message, units[first : first + together]):
            yield replace(changes, recogniser=recogniser) if recogniser else changes


def _decided(world: World, at: float, message: Message, units: Sequence[Unit]) -> Iterator[Changes]:
    """Units in one go; if any raises, each by itself."""
    try:
        yield decide(world, at, *units)
    except Exception as broken:
        if len(units) == 1:
            yield shunt(world, message, at, broken)
            return
        for unit in units:
            yield from _decided(world, at, message, [unit])


def judge(s: State, message: Message, reading: Reading, event: Event) -> None:
    """One event: the alert it belongs to, and from there the incident."""
    if event.quiet and not event.acknowledged:
        return
    place = dedup.locate(s.rules, event, message.source)
    known = alerts.open_alert(s, place)
    if event.acknowledged:
        act.taken_elsewhere(s, known, event, message.source)
    if event.quiet or (message.old and known is None):
        return
    if event.state == "resolved":
        alerts.over(s, known, place, event, message.source)
    elif known is not None and known.state == "firing":
        alerts.again(s, known, event, message.source)
    elif known is not None and alerts.rejoins(s, known):
        alerts.fires_again(s, known, event, message.source)
    else:
        alert = alerts.new(s, place, event, message, reading)
        correlate.place(s, alert)
        if event.report:
            telling.answer(s, alert)


def timer_message(kind: str, number: int | str) -> Message:
    """The journal's entry for a timer of an "incident", "alert", "heartbeat" or "silence" that goes off."""
    return Message(kind="tick", source="engine", body=f"{kind} {number}".encode())


def tick(world: World, at: float, message: Message) -> Changes:
    """A timer goes off. One that raises is put off, so that it delays nothing else."""
    kind, _, number = message.body.decode().partition(" ")
    try:
        return decide(world, at, lambda s: _due(s, kind, number))
    except Exception as broken:
        why = f"{type(broken).__name__}: {broken}"
        return put_off(world, at, message, why)


def put_off(world: World, at: float, message: Message, why: str) -> Changes:
    """A timer that failed is tried again later; an incident says so."""
    kind, _, number = message.body.decode().partition(" ")
    return decide(world, at, lambda s: _own(s, mishap.put_off(s, kind, number, why)))


def _own(s: State, event: Event) -> None:
    judge(s, mishap.OWN, mishap.READING, event)


def _due(s: State, kind: str, number: str) -> None:
    if kind == "alert":
        ending.unheard(s, s.alert(int(number)))
    elif kind == "heartbeat":
        _heartbeat_due(s, number)
    elif kind == "silence":
        silenced.due(s, number)
    elif kind == "budget":
        budget.send(s, number)
    else:
        ring(s, int(number))


def _heartbeat_due(s: State, name: str) -> None:
    known = s.heartbeat(name)
    if known is None:
        heartbeat.plan(s, name)
    elif known.due_at <= s.at:
        _own(s, heartbeat.missed(s, name))


def ring(s: State, number: int) -> None:
    """The first of an incident's due times that has come is acted on."""
    incident = s.survivor(number)
    if incident.state == "resolved":
        if 0 < incident.again_at <= s.at:
            again.due(s, number)
        elif incident.end_at and incident.end_at <= s.at:
            ending.close(s, number)
        return
    for name, still, act_on in _DUE:
        if 0 < getattr(incident, name) <= s.at and not still(incident):
            act_on(s, number)
            return


def _page(s: State, number: int) -> None:
    if correlate.still_gathering(s, s.survivor(number)):
        return
    if next(s.firing(number), None) is None:
        escalate.put_off(s, number)
    else:
        situation.settle(s, number)  # its cause may have been found just now: the right team is told
        escalate.start(s, number)
        affected.consider(s, number)


def _never(_incident: Incident) -> bool:
    return False


def _hidden(incident: Incident) -> bool:
    return incident.suppressed


def _hidden_or_over(incident: Incident) -> bool:
    return incident.suppressed or bool(incident.end_at)


#: The due times of an incident, in the order in which they go: when they stand still, and what is done.
_DUE: tuple[tuple[str, Callable[[Incident], bool], Callable[[State, int], None]], ...] = (
    ("end_at", _never, ending.finish),
    ("recheck_at", _never, ending.recheck),
    ("silent_until", _never, lambda s, number: s.touch(number)),
    ("page_at", _hidden, _page),
    ("update_at", _hidden, joining.tell),
    ("step_at", _hidden_or_over, escalate.advance),
    ("resolve_at", _hidden_or_over, escalate.overdue),
    ("remind_at", _never, escalate.remind),
    ("stale_at", _hidden_or_over, escalate.awake),
    ("ask_at", _hidden_or_over, ownership.ask),
    ("rank_at", _hidden, situation.reconsider),
    ("again_at", _hidden, again.due),
)


def _units(world: World, message: Message, reader: Reader) -> tuple[list[Unit], str | None]:
    """The units of a message, each of which stands or falls alone; and what recognised it."""
    match message.kind:
        case "mail" | "webhook":
            reading = reader(world, message)
            if message.answers is not None:
                return [_answered(message, reading)], reading.recogniser or reading.kind
            units = list(units_of(world, addressed(world, message), reading)) or [_nothing]
            return units, reading.recogniser or _nobodys(world, message, reading)
        case "command":
            command = msgspec.json.decode(message.body, type=Command)
            return [lambda s: _obey(s, command, message)], None
        case "receipt":
            receipt = msgspec.json.decode(message.body, type=Receipt)
            return [lambda s: receipts.received(s, receipt)], None
        case "refusal":
            return [_event_unit(message, mishap.READING, mishap.refusals(message))], None
        case "trouble":
            return [_event_unit(message, mishap.READING, mishap.trouble(message))], None
        case "start" | "reload":
            return [_configured, *_whose(world)], None
        case "rerank":
            numbers = [i.number for i in world.incidents.values() if not i.merged_into and i.state != "resolved"]
            return [_rank_again(number) for number in numbers], None
        case "digest":
            order = msgspec.json.decode(message.body, type=DigestOrder)
            return [lambda s: notice.digest(s, order)], None
        case "gap":
            return [lambda s: mishap.deaf(s, float(message.body))], None
        case "clock":
            return [lambda s: _clock(s, float(message.body)), *_whose(world)], None
        case _:
            return [_nothing], None


def _nobodys(world: World, message: Message, reading: Reading) -> str:
    """How a message that no recogniser knows is called: a colleague's, or one that the admin should look at."""
    colleague = reading.kind == "human_report" and world.rules.names.is_colleague(message.sender)
    return "person" if colleague else "none"


def units_of(world: World, message: Message, reading: Reading) -> Iterator[Unit]:
    """What a reading leads to: one unit an event, one a heartbeat that it feeds."""
    if message.origin.startswith(REREAD) and reading.recogniser:
        before = fallback.read_mail(mail.read(message.body), world.rules.names)
        yield lambda s: _read_anew(s, message, before, reading)
    for event in reading.events:
        yield _event_unit(message, reading, event)
    for name in world.rules.heartbeats.fed_by(message, reading, message.sender):
        yield _heard_unit(name)


def addressed(world: World, message: Message) -> Message:
    """A mail to alerts+SOURCE@ is that source's."""
    source = next((tag for tag in tags(message) if tag in world.rules.sources), "")
    return replace(message, source=source) if source else message


def _read_anew(s: State, message: Message, before: Reading, now: Reading) -> None:
    """What was not understood then is understood now: the alert of the first reading is over."""
    for event in before.events:
        known = alerts.open_alert(s, dedup.locate(s.rules, event, message.source))
        if known is not None and known.state == "firing":
            ending.recovered(s, known, f"read anew as mail of {now.recogniser}", proof=False)


def _answered(message: Message, reading: Reading) -> Unit:
    """A reply that is proven to be a person's: she acts, or what she says is kept."""
    letter, said, report = message.answers, reading.reply_text, reading.reports_on
    if letter is not None and reading.kind == "bounce" and report is not None:
        return lambda s: receipts.sent_back(s, letter, message.actor, report)
    if letter is None or not message.actor or reading.kind not in answered.SPOKEN:
        return _nothing  # a machine's, or one of our own letters
    text = quotes.of(mail.read(message.body)) if said is None else said

    def answer(s: Draft) -> None:
        s.verdict = answered.answered(s, letter, message.actor, text)

    return answer


def _heard_unit(name: str) -> Unit:
    def heard(s: Draft) -> None:
        event = heartbeat.feed(s, name)
        if event is not None:
            _own(s, event)

    return heard


def _obey(s: Draft, command: Command, message: Message) -> None:
    s.verdict = act.open_call(s, command, message) if command.action == "open" else act.act(s, command, message.actor)


def _clock(s: Draft, offset: float) -> None:
    _own(s, mishap.clock_jumped(offset - (s.wall - s.at)))
    s.wall_offset = offset
    for one in tuple(s.silences().values()):
        s.put_silence(silenced.rearm(s, one, offset))


def decide(world: World, at: float, *units: Unit) -> Changes:
    """Run units on a draft; rank and route what they touched, and see whether that may end."""
    draft = Draft(world, at)
    for unit in units:
        unit(draft)
    conclude(draft)
    return draft.changes()


def conclude(draft: Draft) -> None:
    """Rank and route what a draft touched, and see whether that may end."""
    for number in draft.touched():
        ownership.fires_anew(draft, number)
        situation.settle(draft, number)
        joining.consider(draft, number)
        affected.consider(draft, number)
        maintained.consider(draft, number)
        silence.consider(draft, number)
        ending.consider(draft, number)
    for number in draft.owned_anew():
        ownership.arrange(draft, number)


def shunt(world: World, message: Message, at: float, broken: Exception) -> Changes:
    """Set a message aside that can't be understood or judged; an incident says so."""
    why = f"{type(broken).__name__}: {broken}"
    changes = decide(world, at, lambda s: judge(s, message, mishap.READING, mishap.unreadable(message, why)))
    return replace(changes, shunted=why)


def _configured(s: Draft) -> None:
    event = mishap.configured(s)
    if event is not None:
        judge(s, replace(mishap.OWN, source=mishap.CONFIGURATION), mishap.READING, event)


def _rank_again(number: int) -> Unit:
    """An incident under rules that were just taken over."""

    def rank(s: Draft) -> None:
        if s.incident(number) is not None and s.survivor(number).state != "resolved":
            s.reloaded = True
            s.touch(number)

    return rank


def _whose(world: World) -> list[Unit]:
    """Shifts and absences of all who have something, under other rules or by another clock."""
    return [_arrange(number) for number in sorted(n for numbers in world.owned.sets.values() for n in numbers)]


def _arrange(number: int) -> Unit:
    return lambda s: ownership.arrange(s, number, anew=True)


def _event_unit(message: Message, reading: Reading, event: Event) -> Unit:
    return lambda s: judge(s, message, reading, event)


def _nothing(s: Draft) -> None:
    """A message that changes nothing is journaled all the same."""
