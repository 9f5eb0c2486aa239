"""The shipped tests and the sample site's can fail: without what they are about, each of them does."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from ingestd.trial.moments import Moment
from ingestd.trial.play import play
from ingestd.trial.setting import Settings
from ingestd.trial.spec import MailStep, Step, TestFile
from ingestd.yamltypes import Document, Duration, read
from tests.trial.plays import ROOT

FILES = sorted([*(ROOT / "rules/tests").glob("*.yaml"), *(ROOT / "config/rules/tests").glob("*.yaml")])
SETTINGS = Settings()
NOTHING = Step(at=Moment("0s"), deaf=Duration(0))
TROUBLE = Step(at=Moment("0s"), mail=MailStep(subject="loom-db: disk failure", text="CRITICAL: the array is degraded"))


def spoiled(test: TestFile) -> TestFile:
    """Nothing arrives; where nothing was expected anyway, something does."""
    quiet = test.expect is not None and test.expect.incidents == 0
    kept = tuple(step for step in test.timeline if step.alert is None and step.mail is None)
    return replace(test, timeline=(TROUBLE if quiet else NOTHING, *kept))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_can_fail(path: Path) -> None:
    document = read(path, TestFile)
    setting = SETTINGS.of(document)
    assert not play(document, setting).failed
    changed: Document[TestFile] = replace(document, value=spoiled(document.value))
    assert play(changed, setting).failed


def test_every_name_says_something_of_its_own() -> None:
    names = [read(path, TestFile).value.name for path in FILES]
    assert len(set(names)) == len(names) >= 15
