"""Rule tests as text, played against the sample site."""

from pathlib import Path

from ingestd.trial.names import problems
from ingestd.trial.play import Played, play
from ingestd.trial.setting import Settings
from ingestd.trial.spec import TestFile
from ingestd.yamltypes import ConfigError, reads

ROOT = Path(__file__).parent.parent.parent
SETTINGS = Settings(ROOT / "config" / "ingestd.yaml")
HEAD = "name: a test\nstart: 2027-01-13 10:00\n"


def played(text: str, folder: Path = ROOT, *, head: str = HEAD) -> Played:
    """Read, check and play a test that lies in ``folder``; ConfigError if it can't be played."""
    document = reads(head + text, TestFile, str(folder / "a.yaml"))
    setting = SETTINGS.of(document)
    wrong = tuple(problems(document, setting))
    if wrong:
        raise ConfigError(*wrong)
    return play(document, setting)


def differences(text: str, folder: Path = ROOT) -> list[str]:
    """``expected | got`` of everything that is not as expected."""
    return [f"{found.expected} | {found.actual}" for found in played(text, folder).failed]


def mistakes(text: str, *, head: str = HEAD) -> list[str]:
    """``line:column: text`` of everything that is wrong with a test by itself."""
    try:
        played(text, head=head)
    except ConfigError as error:
        return [f"{one.line}:{one.column}: {one.text}" for one in error.problems]
    return []
