"""Short plays of the long drills, in processes of their own: a hostile world for some seconds each."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.drills import crowd
from tests.drills.crowd import Count

DRILLS = Path(__file__).parent / "drills"
LONGEST = 200.0  # seconds


@pytest.mark.parametrize("name", ["disk", "postgres", "clocks", "relays", "clients", "bombs"])
def test_nothing_is_lost_or_said_twice(name: str) -> None:
    command = [sys.executable, str(DRILLS / f"{name}.py"), "--short"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr[-3000:]
    assert "ok after" in ran.stdout


def test_what_is_lost_or_doubled_is_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Count(accepted=2, found=2, lost=0, doubled=0, pages_doubled=0, refused={503: 1}, unclear=0)
    assert good.good and str(good).startswith("accepted 2, found 2, lost 0") and "1 x 503" in str(good)
    nothing = Count(accepted=0, found=0, lost=0, doubled=0, pages_doubled=0, refused={}, unclear=0)
    assert not nothing.good
    monkeypatch.setattr(crowd, "_quietly", lambda: None)
    plays = {"one": lambda _folder, _say: True, "two": lambda _folder, _say: False}
    assert crowd.main("", plays, {}, []) == 1
    assert "two: FAILED" in capsys.readouterr().out
    assert crowd.main("", plays, {}, ["one"]) == 0
    assert crowd.main("", {}, plays, ["--short", "one"]) == 0
