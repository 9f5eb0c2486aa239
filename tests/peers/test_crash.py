"""The drill of crashes, in short: three kills instead of a thousand; and every fault that it counts is found."""

import asyncio
from pathlib import Path

import pytest

from tests.drills.crash import drill
from tests.drills.crashcount import Found, judged
from tests.drills.crashload import Letter, Story

STARTS = (0.0, 10.0)  # two processes
PAGE = Letter("q000001", "open", "<1@x>", 1.0)
END = Letter("q000001", "end", "<2@x>", 2.0)
WHOLE = {"q000001f": 1, "q000001r": 1}
ONE = {"q000001": frozenset({1})}


def test_three_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    assert asyncio.run(drill(tmp_path, 3, 7, said.append)), "\n".join(said)


def told(way: str = "smtp") -> Story:
    """A problem that was sent, paged and ended."""
    story = Story(1, way, "h-001")
    for sent in (story.problem, story.over):
        sent.sendings, sent.accepted = 1, True
    return story


def faults(store: Found, *letters: Letter, way: str = "smtp") -> list[str]:
    """The sorts of faults that are seen."""
    return [sort for sort, some in judged([told(way)], store, letters, STARTS).items() if some]


def test_a_story_that_went_well_has_no_fault() -> None:
    assert faults(Found(WHOLE, ONE), PAGE, END) == []


def test_what_was_in_flight_at_a_kill_may_come_again_under_its_own_name() -> None:
    assert faults(Found(WHOLE, ONE), PAGE, PAGE._replace(at=11.0), END) == []


@pytest.mark.parametrize(
    ("store", "letters", "sort"),
    [
        (Found({"q000001f": 1}, ONE), (PAGE, END), "lost"),
        (Found({**WHOLE, "q000001r": 2}, ONE), (PAGE, END), "kept twice"),
        (Found(WHOLE, {}), (PAGE, END), "incidents doubled"),
        (Found(WHOLE, {"q000001": frozenset({1, 2})}), (PAGE, END), "incidents doubled"),
        (Found(WHOLE, {**ONE, "q000002": frozenset({1})}), (PAGE, END), "incidents doubled"),
        (Found(WHOLE, ONE), (END,), "pages lost"),
        (Found(WHOLE, ONE), (PAGE,), "ends lost"),
        (Found(WHOLE, ONE), (PAGE, PAGE._replace(at=1.5), END), "pages doubled"),
        (Found(WHOLE, ONE), (PAGE, PAGE._replace(id="<3@x>", at=11.0), END), "pages doubled"),
        (Found(WHOLE, ONE), (PAGE, END, END._replace(at=2.5)), "ends doubled"),
        (Found(WHOLE, ONE), (PAGE, END, END._replace(kind="update")), "other letters"),
    ],
)
def test_every_fault_is_found(store: Found, letters: tuple[Letter, ...], sort: str) -> None:
    assert faults(store, *letters) == [sort]


def test_a_webhook_that_was_sent_again_may_be_kept_as_often_as_it_was_sent() -> None:
    assert faults(Found({**WHOLE, "q000001f": 2}, ONE), PAGE, END, way="webhook") == ["kept twice"]
    story = told("webhook")
    story.problem.sendings = 2
    found = judged([story], Found({**WHOLE, "q000001f": 2}, ONE), (PAGE, END), STARTS)
    assert not any(found.values())


def test_what_was_set_aside_is_kept_and_told_of_in_another_way() -> None:
    aside = frozenset({"q000001"})
    assert faults(Found(WHOLE, {}, aside)) == []
    assert faults(Found({"q000001f": 1}, {}, aside)) == ["lost"]
