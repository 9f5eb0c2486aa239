"""Two runs over the same messages: what is the same, and what became something else."""

from collections.abc import Iterable

import msgspec
import pytest

from ingestd.backtest import compare, report
from ingestd.backtest.compare import Comparison, Difference, alone
from ingestd.backtest.stream import Heard
from ingestd.backtest.tally import Run
from ingestd.decide.state import Rulebook
from ingestd.demo import script
from ingestd.model import Command, Message
from tests.decide.stories import ROW, alert
from tests.night import MORNING, trading_company

LOOSE = ROW.replace("depends_on: [sw], ", "")
OTHER_TEAM = ROW.replace("depends_on: [sw], owner: systems", "depends_on: [sw], owner: network")
DAY = 86400.0


def webhook(at: float, host: str, **more: object) -> Heard:
    body = msgspec.json.encode(alert(host, **more))  # type: ignore[arg-type]
    return Heard(MORNING + at, Message(kind="webhook", source="prod", adapter="generic", body=body))


def mail(at: float, host: str) -> Heard:
    return Heard(MORNING + at, Message(kind="mail", source="smtp", body=script.nagios(host, "10.0.0.1")))


def run(rules: Rulebook, counted_from: float = 0.0) -> Run:
    return Run(rules, MORNING, MORNING, counted_from)


def compared(before: str, after: str, messages: Iterable[Heard]) -> tuple[Comparison, report.Report]:
    runs = [run(trading_company(topology=text)) for text in (before, after)]
    both = Comparison(*runs)
    for heard in messages:
        both.hear(heard)
    both.finish()
    figures = [report.figures(one) for one in runs]
    return both, report.of_two(both, *figures, MORNING, MORNING + DAY)


OUTAGE = [webhook(0, "sw"), webhook(5, "srv-1"), webhook(10, "srv-2")]
END = [webhook(600 + n, host, state="resolved") for n, host in enumerate(("sw", "srv-1", "srv-2"))]


def test_the_same_rules_make_the_same_of_it() -> None:
    both, found = compared(ROW, ROW, [*OUTAGE, *END])
    assert (both.same, found.differences, found.before) == (1, (), found.after)
    assert found.before.incidents == {"P1": 0, "P2": 1, "P3": 0, "P4": 0} or sum(found.before.incidents.values()) == 1


def test_what_is_over_and_was_compared_is_forgotten() -> None:
    both = Comparison(run(trading_company(topology=ROW)), run(trading_company(topology=LOOSE)))
    for heard in (*OUTAGE, *END, webhook(3 * DAY, "srv-5")):
        both.hear(heard)
    assert [len(one.cases) for one in both.runs] == [1, 1]  # the last one is still open
    assert len(both.differences) == 1


def test_what_was_several_is_one_with_the_links() -> None:
    _, found = compared(LOOSE, ROW, [*OUTAGE, *END])
    (one,) = found.differences
    assert one.what() == "joined"
    assert (len(one.before), len(one.after), one.after[0].cause) == (3, 1, "sw")
    assert found.after is not None and found.before.pages > found.after.pages
    _, back = compared(ROW, LOOSE, OUTAGE)  # still open at the end
    assert [one.what() for one in back.differences] == ["parted"]


def test_who_is_paged_is_a_difference_and_the_rest_is_the_same() -> None:
    both, found = compared(ROW, OTHER_TEAM, [webhook(0, "srv-1"), webhook(5000, "sw")])
    (one,) = found.differences
    assert one.what() == "pages" and both.same == 1
    assert (one.before[0].pages[0].person, one.after[0].pages[0].person) == ("chen", "lin")


def test_a_priority_that_rises_or_falls() -> None:
    critical = (
        ROW
        + "  - {id: shop, kind: service, class: critical, depends_on: [srv-1]}\n"
        + "departments:\n  - {id: sales, people: 80, uses: [shop]}\n"
    )
    _, found = compared(ROW, critical, [webhook(0, "srv-1")])
    assert [one.what() for one in found.differences] == ["priority up"]
    _, found = compared(critical, ROW, [webhook(0, "srv-1")])
    assert [one.what() for one in found.differences] == ["priority down"]


def test_a_cause_that_is_another() -> None:
    twice = ROW.replace("{id: sw, kind: switch, owner: network}", "{id: sw-x, kind: switch, owner: network}")
    twice = twice.replace("[sw]", "[sw-x]")
    gone = [webhook(n, f"srv-{n}") for n in range(1, 6)]
    _, found = compared(ROW, twice, gone)
    assert [one.what() for one in found.differences] == ["cause"]


def test_what_opens_nothing_under_the_other_rules() -> None:
    window = ROW + "maintenance:\n  - {targets: [srv-1], start: 0, end: 4000000000}\n"
    _, found = compared(ROW, window, [webhook(0, "srv-1")])
    assert [one.what() for one in found.differences] in (["pages"], ["priority down"])
    only = Difference(before=(), after=found.differences[0].after)
    assert (only.what(), Difference(before=only.after, after=()).what()) == ("only after", "only before")


def test_differences_beyond_a_measure_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "MOST", 1)
    both, found = compared(ROW, OTHER_TEAM, [webhook(3000 * n, f"srv-{n}") for n in (1, 2, 3)])
    assert (len(found.differences), both.more, found.more) == (1, 2, 2)


def test_warming_up_is_not_counted() -> None:
    one = run(trading_company(topology=ROW), MORNING + 1000)
    for _ in alone(one, [webhook(0, "srv-1"), mail(2000, "srv-2"), webhook(3000, "srv-2", state="resolved")]):
        pass
    found = report.figures(one)
    assert (found.messages, found.alerts, found.unrecognised) == (2, 1, 0)
    assert found.pages == 1


def test_an_answer_finds_its_incident_by_an_alert() -> None:
    ack = Message(
        kind="command", source="web", actor="chen", body=msgspec.json.encode(Command(action="ack", incident=77))
    )
    call = Message(
        kind="command", source="web", actor="chen", body=msgspec.json.encode(Command(action="open", text="no mail"))
    )
    one = run(trading_company(topology=ROW))
    about = ("strange", "srv-1|")
    stream = [
        webhook(0, "srv-1"),
        Heard(MORNING + 100, ack, about),
        Heard(MORNING + 110, ack, ("strange",)),
        Heard(MORNING + 120, call),
        Heard(MORNING + 130, call, about),
    ]
    cases = list(alone(one, stream))
    assert report.figures(one).lost_commands == 1
    assert "last_resort" not in {call.kind for call in cases[0].calls}  # it was taken
    assert len(cases) == 2
