"""Whatever an admin writes into a rule test, she gets a report with positions, soon."""

from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.trial import show
from ingestd.trial.names import problems
from ingestd.trial.play import play
from ingestd.trial.spec import TestFile
from ingestd.yamltypes import ConfigError, reads
from tests.trial.plays import ROOT, SETTINGS

TEXTS = [
    (path, path.read_text("utf-8"))
    for folder in ("rules/tests", "config/rules/tests")
    for path in sorted((ROOT / folder).glob("*.yaml"))
]
ODD = st.sampled_from(
    [
        "",
        "~",
        "-1",
        "1e99",
        "99999999d",
        "null",
        "[]",
        "{}",
        "true",
        "T17:05",
        "2999-12-31 23:59",
        "..",
        "0",
        "'x",
        "~(",
    ]
)
EDITS = st.lists(st.tuples(st.integers(0, 10_000), st.one_of(ODD, st.text(max_size=4))), min_size=1, max_size=3)


def edited(text: str, edits: list[tuple[int, str]]) -> str:
    """Some words replaced by others."""
    words = text.split(" ")
    for place, word in edits:
        old = words[place % len(words)]
        words[place % len(words)] = word + old[len(old.rstrip(",}]\n")) :]
    return " ".join(words)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), EDITS)
def test_nothing_but_a_report_comes_of_it(source: tuple[object, str], edits: list[tuple[int, str]]) -> None:
    path, text = source
    began = process_time()
    try:
        document = reads(edited(text, edits), TestFile, str(path))
        setting = SETTINGS.of(document)
        if not list(problems(document, setting)):
            show.rows(play(document, setting))
    except ConfigError as error:
        assert all(problem.line >= 1 for problem in error.problems)
    assert process_time() - began < 2.0
