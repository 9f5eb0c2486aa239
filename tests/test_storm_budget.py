"""A storm is a handful of letters; `make drill` plays one of 100,000 alerts."""

import pytest

from ingestd.decide import budget, telling
from tests.drills.budget import broken, run


def test_a_storm_keeps_every_promise() -> None:
    result = run(alerts=1500, incidents=30, seed=1)
    assert list(broken(result)) == []
    assert len(result.urgent) == 3 and len(result.others) == 27
    assert result.others[-1] <= 240, "what waits for a list does not wait long"


def test_letters_without_a_bound_and_ends_that_are_lost_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "GAPS", (0.1,) * 10)
    monkeypatch.setattr(telling, "end", lambda _s, _number, **_by: None)
    found = "\n".join(broken(run(alerts=1500, incidents=30, seed=1)))
    assert "letters in ten minutes" in found and "never told of its end" in found
