"""The promises of a night hold in random ones, and a broken promise is found. `make test` plays a thousand more."""

import pytest

from ingestd.decide import escalate, telling
from ingestd.decide.state import State
from tests.drills.contract import broken, play, rulebook

RULES = rulebook()
NIGHTS = range(1, 41)


def test_the_promises_hold() -> None:
    assert [(seed, line) for seed in NIGHTS for line in broken(play(RULES, seed))] == []


def test_an_end_that_is_not_told_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "end", lambda _s, _number, **_by: None)
    assert any("never of its end" in line for seed in NIGHTS for line in broken(play(RULES, seed)))


def test_a_clock_that_runs_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = escalate.taken

    def taken(s: State, number: int, by: str, *, owner: str) -> None:
        usual(s, number, by, owner=owner)
        s.put_incident(escalate.replace(s.survivor(number), step_at=s.at + 300))

    monkeypatch.setattr(escalate, "taken", taken)
    assert any("although it is taken" in line for seed in NIGHTS for line in broken(play(RULES, seed)))
