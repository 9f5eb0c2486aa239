"""The world is its rows: rebuilt from them it is the same; its journal stepped again decides the same."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ingestd import pipeline
from ingestd.model import Before, Changes, Known, Matcher, Message, Silence, Snapshot, Weekly
from ingestd.world import World, combine
from tests.night import MORNING, Night, trading_company
from tests.rows import rows

RULES = trading_company(
    heartbeats="""
heartbeats:
  - {id: sync, every: 10m, when: {source: prod, check: odd}}
  - {id: backup, by: "09:10", node: hr-server}
"""
)
HOSTS = (
    "acc-sw-17",
    "acc-sw-18",
    "core-rt-1",
    "core-rt-2",
    "sales-mail",
    "inventory-db",
    "hr-server",
    "mon-1",
    "ghost-9",
)
PEOPLE = ("lin", "chen", "zhao", "wu", "nobody")
ACTIONS = ("ack", "resolve", "assign", "note", "priority", "open", "restore", "fixed", "take", "add", "release")

happening = st.one_of(
    st.tuples(st.just("host"), st.sampled_from(HOSTS), st.sampled_from(("DOWN", "UP", "UNREACHABLE"))),
    st.tuples(
        st.just("check"),
        st.sampled_from(HOSTS),
        st.sampled_from(("firing", "resolved")),
        st.sampled_from(("disk", "http", "odd")),
    ),
    st.tuples(
        st.just("mail"),
        st.sampled_from(("finance", "legal", "elsewhere")),
        st.sampled_from(("no network here", "my disk is broken")),
    ),
    st.tuples(st.just("act"), st.sampled_from(PEOPLE), st.sampled_from(ACTIONS), st.integers(0, 6)),
    st.tuples(st.just("own"), st.sampled_from(("gap", "clock")), st.sampled_from((5.0, -3600.0))),
    st.tuples(st.just("junk"), st.binary(max_size=40)),
    st.tuples(
        st.just("silence"), st.sampled_from(HOSTS), st.sampled_from((0, 300, -300)), st.sampled_from((60, 600, 9000))
    ),
    st.tuples(st.just("expire"), st.sampled_from(HOSTS)),
    st.tuples(st.just("taken"), st.sampled_from(HOSTS), st.sampled_from(("Chen Yu", "somebody"))),
)
histories = st.lists(st.tuples(st.sampled_from((0, 1, 20, 70, 400, 5000)), happening), max_size=25)


def play(history: Sequence[tuple[int, tuple]]) -> Night:  # type: ignore[type-arg]
    night, now = Night(RULES, broken={"chen"}), 0.0
    for wait, what in history:
        now += wait
        match what:
            case ("host", host, state):
                night.nagios(now, host, state)
            case ("check", host, state, check):
                body = {
                    "host": host,
                    "check": check,
                    "state": state,
                    "summary": f"{check} on {host}",
                    "severity": "critical",
                }
                night.webhook(now, body)
            case ("mail", department, text):
                night.mail(now, "help", text, sender=f"someone@{department}.trading.example")
            case ("act", person, action, number):
                night.act(now, person, action, number, person="lin", text="because", priority="P1")
            case ("own", kind, value):
                night.message(now, Message(kind=kind, source="engine", body=repr(value).encode()))
            case ("junk", body):
                night.webhook(now, body)
            case ("silence", host, start, length):
                wall = night.begin + now + night.world.wall_offset + start
                asked = Silence(
                    id=host,
                    matchers=() if start else (Matcher("node", host),),
                    targets=(host,) if start else (),
                    starts_at=wall,
                    ends_at=wall + length,
                    weekly=Weekly(weekdays=(2,), from_minute=540, to_minute=545) if start < 0 else None,
                    until_end_of=0 if length < 9000 else 1,
                    by="",
                )
                night.act(now, "lin", "silence", silence=asked)
            case ("expire", host):
                night.act(now, "lin", "expire", text=host)
            case ("taken", host, who):
                night.nagios(now, host, "DOWN")
                night.mail(
                    now,
                    f"** ACKNOWLEDGEMENT Host Alert: {host} is DOWN **",
                    f"***** Nagios *****\n\nNotification Type: ACKNOWLEDGEMENT\nHost: {host}\nState: DOWN\n"
                    f"Author: {who}\nComment: on it\n\nDate/Time: now\n",
                )
    return night


@given(histories)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rebuilt_from_rows_equals_the_live_world(history: list) -> None:  # type: ignore[type-arg]
    night = play(history)
    assert World(RULES, rows(night.journal, night.world.at)).facts() == night.world.facts()


@given(histories)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_journal_stepped_again_decides_the_same(history: list) -> None:  # type: ignore[type-arg]
    night = play(history)
    again = World(RULES)
    again.at = MORNING
    for stepped in night.journal:
        parts = []
        for changes in pipeline.step(again, stepped.entry, stepped.at):
            again.apply(changes)
            parts.append(changes)
        again.at = stepped.at
        assert combine(parts) == stepped.changes
    assert again.facts() == night.world.facts()


def test_the_oldest_that_is_known_is_forgotten_the_same_way_in_every_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestd.world.KNOWN_KEPT", 3)
    live, kept = World(RULES), {}
    for n in range(40):
        line = Before(number=n + 1, began=0.0, lasted=1.0, merged=(1000 + n,))
        known = Known(id=f"thing {n * 7 % 5}", at=float(n // 9), times=(line,))
        live.apply(Changes(known=(known,)))
        kept[known.id] = known
        again = World(RULES, Snapshot(known=tuple(kept.values())))
        assert again.facts() == live.facts()
        assert len(live.known) <= 3 and len(live.known_of) == 2 * len(live.known)
        assert len(live._oldest) <= 7
    said = replace(known, times=(replace(line, fixed="so"),))
    live.apply(Changes(known=(said,)))
    assert live.known[known.id] is said


@given(histories)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_always_holds(history: list) -> None:  # type: ignore[type-arg]
    night = play(history)
    for stepped in night.journal:
        assert not stepped.changes.shunted or stepped.entry.message.kind in ("webhook", "mail"), stepped.changes.shunted
    for incident in night.incidents():
        told = [t.person for t in incident.told if t.ended]
        assert incident.state == "resolved" or not told
        if incident.state == "triggered" and not incident.suppressed and incident.policy == "urgent":
            assert incident.page_at or incident.step_at, "an urgent incident without a next step"
    ends = [(p.incident, p.person) for p in night.pages if p.kind == "end"]
    assert len(ends) == len(set(ends)), "somebody was told of the end twice"
