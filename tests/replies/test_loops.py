"""Machines that answer every letter, letters that come back, two sites that page each other: it ends, and soon."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.decide.stories import ROW, alert
from tests.night import Night, Page, trading_company
from tests.replies.post import NightPost
from tests.replies.strangers import AWAY, NONE, write
from tests.replies.writing import Original, original

HOURS = 3600.0
Answering = Callable[[bytes, Original], bytes]


def played(answering: Answering | None) -> Counter[str]:
    """A morning in which every letter to Lin Hao is answered a second later; how many of each kind went out."""
    night = Night(trading_company(topology=ROW))
    post = NightPost(night)
    night.webhook(0, alert("sw"))
    answered = 0
    for second in range(60, int(5 * HOURS), 60):
        night.until(second)
        if second == 2 * HOURS:
            night.webhook(second, alert("sw", state="resolved"))
        for page in night.pages[answered:]:
            if answering is not None and page.person == "lin":
                raw = post.letter(page.notification)
                post.arrives(second + 1, answering(raw, original(raw)))
        answered = len(night.pages)
        assert answered < 200, "it does not end"
    assert len(night.world.incidents) <= 1
    return Counter(page.kind for page in night.pages)


def _away(words: str) -> Answering:
    return lambda _raw, letter: write(letter, words)


def _back(raw: bytes, _letter: Original) -> bytes:
    return b"Received: from mx.trading.example by mx.trading.example\r\n" + raw


def _passed_on(mark: str) -> Answering:
    return lambda _raw, letter: write(
        letter,
        f"---------- Forwarded message ---------\nFrom: {letter.sender}\nSubject: {letter.subject}\n\n{letter.text}",
        head=mark,
        subject=f"FW: {letter.subject}",
        refers=NONE,
        quote=False,
    )


@pytest.mark.parametrize("words", AWAY)
def test_who_is_away_costs_no_letter(words: str) -> None:
    assert played(_away(words)) == played(None)


@pytest.mark.parametrize(
    "answering",
    [_back, _passed_on(""), _passed_on("Auto-Submitted: auto-generated\n"), _passed_on("Precedence: bulk\n")],
)
def test_letters_that_come_back_cost_no_letter(answering: Answering) -> None:
    assert played(answering) == played(None)


def test_a_machine_that_says_help_to_everything_falls_silent() -> None:
    more = played(_away("?")) - played(None)
    assert set(more) == {"confirm"} and more["confirm"] <= 30


# -- two sites

HERE = "people: [{id: lin, mail: ingestd@far.example}]\nteams: [{id: network, members: [lin]}]\n"
THERE = "people: [{id: lin, mail: ingestd@trading.example}]\nteams: [{id: network, members: [lin]}]\n"


def test_two_sites_that_page_each_other_stop_and_both_are_told_of_the_end() -> None:
    here = Night(trading_company(topology=ROW, people=HERE, last_resort=("person:lin",)))
    there = Night(trading_company(topology="nodes: []", people=THERE, last_resort=("person:lin",)))
    ways = [(here, NightPost(here), there), (there, _far(there), here)]
    sent = {id(here): 0, id(there): 0}
    here.webhook(0, alert("sw"))
    for second in range(60, int(6 * HOURS), 60):
        if second == 2 * HOURS:
            here.webhook(second, alert("sw", state="resolved"))
        for night, post, other in ways:
            night.until(second)
            fresh: list[Page] = night.pages[sent[id(night)] :]
            sent[id(night)] += len(fresh)
            for page in fresh:
                other.raw(second, post.letter(page.notification), "ingestd@far.example")
    assert [sorted(ids(night)) for night in (here, there)] == [[1], [1]]
    assert [{i.state for i in night.world.incidents.values()} - {"resolved"} for night in (here, there)] == [
        set(),
        set(),
    ]
    assert sum(len(night.pages) for night in (here, there)) < 40


def _far(night: Night) -> NightPost:
    post = NightPost(night)
    post._ours, post._domain = "ingestd <ingestd@far.example>", "far.example"
    return post


def ids(night: Night) -> set[int]:
    """The incidents that there ever were."""
    return {row.incident for stepped in night.journal for row in stepped.changes.timeline}
