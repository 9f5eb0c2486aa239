"""Twenty thousand messages: the same to the byte whenever they are replayed, in memory that does not grow with them."""

import hashlib

import msgspec
import pytest

from ingestd.backtest import compare, report
from ingestd.backtest.compare import alone, side_by_side
from ingestd.backtest.tally import Run
from ingestd.decide.state import Rulebook
from ingestd.model import Message, Reading
from ingestd.pipeline import understand
from ingestd.world import World
from tests.benchmarks.replay import stream, topology
from tests.night import MORNING, trading_company

MESSAGES = 20_000
HELD = 300  # rows of a kind: what is open at a time, however many messages there are


def replayed(rules: Rulebook) -> tuple[str, report.Figures]:
    """A digest of every incident as it ended and of the figures."""
    run, seen, most = Run(rules, MORNING, MORNING), hashlib.sha256(), 0
    for case in alone(run, stream("webhook", MESSAGES)):
        seen.update(msgspec.json.encode(case))
        most = max(most, len(run.cases), len(run.trial.world.incidents), len(run.trial.world.alerts))
    assert most <= HELD
    found = report.figures(run)
    seen.update(msgspec.json.encode(found))
    return seen.hexdigest(), found


def test_a_long_period_is_the_same_twice_and_needs_little_memory() -> None:
    rules = trading_company(topology=topology())
    first, second = replayed(rules), replayed(rules)
    assert first == second
    assert first[1].messages == MESSAGES


def test_two_runs_that_read_alike_read_each_mail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Message] = []

    def counted(world: World, message: Message) -> Reading:
        read.append(message)
        return understand(world, message)

    monkeypatch.setattr(compare, "understand", counted)
    rules, others = trading_company(), trading_company(topology="version: 1\n")
    for other, times in ((rules, 1), (others, 0)):  # which read for themselves
        read.clear()
        both = side_by_side(rules, other, MORNING, MORNING)
        both.hear(next(stream("mail", 1)))
        assert len(read) == times
        assert [run.totals.alerts for run in both.runs] == [1, 1]
