"""What share of the facts in real mails and webhook bodies is read right; needs the case collection.

``INGESTD_CASES`` names its folder: the scorer ``score.py`` stands in it or in ``corpus/`` below it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FLOOR = 98.0
COMMAND = f"{sys.executable} -m ingestd.parse"
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def corpus() -> Path:
    named = os.environ.get("INGESTD_CASES")
    if not named:
        pytest.skip("left out: INGESTD_CASES names no folder of cases")
    found = next((p for p in (Path(named), Path(named) / "corpus") if (p / "score.py").is_file()), None)
    if found is None:
        pytest.skip(f"left out: no score.py in {named} or its corpus/")
    return found.resolve()


def score(corpus: Path, what: str) -> dict[str, float]:
    """Run the scorer on all cases; the share of right facts in percent, by field, source and in all."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, corpus / "score.py", what, "--command", COMMAND, "--json"]
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[0])
    return {name: 100 * share for name, share in found.items()}


@pytest.mark.parametrize("what", ["mail", "webhooks"])
def test_what_share_of_the_facts_is_read_right(corpus: Path, what: str) -> None:
    shares = score(corpus, what)
    assert shares["all all"] >= FLOOR, shares
    assert shares["field state"] == 100.0, shares
