"""What share of the facts in real mails and webhook bodies is read right; needs the case collection.

``INGESTD_CASES`` names its folder: the scorer ``score.py`` stands in it or in ``corpus/`` below it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

FLOOR = 95.0
TOOLS = ("nagios4", "icinga2", "zabbix", "alertmanager")
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


def score(corpus: Path, what: str, folder: Path) -> float:
    """Run the scorer on ``folder``; the share of right facts in percent."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, corpus / "score.py", what, folder, "--command", COMMAND, "--json"]
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return 100 * json.loads(ran.stdout.splitlines()[0])["all all"]


def test_mail_of_the_shipped_recognisers(corpus, tmp_path):
    for tool in TOOLS:
        shutil.copytree(corpus / "mail" / tool, tmp_path / tool)
    assert score(corpus, "mail", tmp_path) >= FLOOR


def test_alertmanagers_webhook(corpus, tmp_path):
    shutil.copytree(corpus / "webhooks" / "alertmanager", tmp_path / "alertmanager")
    pairs = yaml.safe_load((corpus / "webhooks" / "PAIRS.yaml").read_text())
    own = {name: [pair for pair in found if _is_own(pair)] for name, found in pairs.items()}
    (tmp_path / "PAIRS.yaml").write_text(yaml.safe_dump(own))
    assert score(corpus, "webhooks", tmp_path) >= FLOOR


def _is_own(pair: dict[str, str] | list[str]) -> bool:
    files = pair.values() if isinstance(pair, dict) else pair
    return all(file.startswith("alertmanager/") for file in files)
