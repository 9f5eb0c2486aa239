"""One word in a reply does what it says, whatever mail program wrote it: from the bytes, by the token, to the incident."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ingestd.model import Incident
from tests.night import Night, trading_company
from tests.replies.clients import CLIENTS, Client
from tests.replies.post import NightPost
from tests.replies.writing import original

RULES = trading_company()
PAGED = 60.0
ANSWERED = 120.0


def night() -> tuple[Night, NightPost]:
    """The switch is down; Lin Hao was paged."""
    made = Night(RULES)
    made.nagios(0, "acc-sw-17")
    made.until(PAGED)
    return made, NightPost(made)


def notes(night: Night) -> list[str]:
    return [row.text for stepped in night.journal for row in stepped.changes.timeline if row.what == "note"]


def lines(text: str) -> list[str]:
    """Those that say something: HTML has its own idea of empty ones."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def _is_hers(_night: Night, incident: Incident) -> bool:
    return (incident.state, incident.owner) == ("acknowledged", "lin")


def _is_over(text: str) -> Callable[[Night, Incident], bool]:
    return lambda _night, incident: (incident.state, incident.fixed_by) == ("resolved", text)


def _is_chens(_night: Night, incident: Incident) -> bool:
    return incident.owner == "chen"


def _is_noted(text: str) -> Callable[[Night, Incident], bool]:
    return lambda night, _incident: notes(night) == [text]


def _sleeps(night: Night, incident: Incident) -> bool:
    return _is_hers(night, incident) and incident.stale_at == night.begin + ANSWERED + 1800


def _is_mute(_night: Night, incident: Incident) -> bool:
    return incident.muted == ("lin",)


COMMANDS: dict[str, Callable[[Night, Incident], bool]] = {
    "ack": _is_hers,
    "接单": _is_hers,
    "resolved: the fan of the switch was changed": _is_over("the fan of the switch was changed"),
    "已解决：换了交换机的风扇": _is_over("换了交换机的风扇"),
    "assign Chen Yu": _is_chens,
    "转交 Chen Yu": _is_chens,
    "note the spare is in locker 7": _is_noted("the spare is in locker 7"),
    "备注 备件在七号柜": _is_noted("备件在七号柜"),
    "snooze 30m": _sleeps,
    "暂停 30分钟": _sleeps,
    "stop": _is_mute,
    "停止": _is_mute,
}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
def test_every_word_is_read_right(client: Client, language: str) -> None:
    wrong = []
    for words, so in COMMANDS.items():
        made, post = night()
        letter = original(post.letter(made.pages[0].notification, language=language))
        post.arrives(ANSWERED, client(letter, words))
        confirmed = [page.notification.facts.verdict for page in made.pages if page.kind == "confirm"]
        verdict = confirmed[0] if len(confirmed) == 1 else None
        if verdict is None or not verdict.ok or not so(made, made.incidents()[0]):
            wrong.append((words, verdict, notes(made), made.incidents()[0].fixed_by))
    assert wrong == []


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
def test_two_lines_are_kept_whole_and_nothing_else(client: Client) -> None:
    made, post = night()
    letter = original(post.letter(made.pages[0].notification))
    post.arrives(ANSWERED, client(letter, "fixed: the fan was changed\nthe spare comes on Friday"))
    assert lines(made.incidents()[0].fixed_by) == ["the fan was changed", "the spare comes on Friday"]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
def test_what_only_sounds_like_a_word_takes_nothing(client: Client) -> None:
    made, post = night()
    letter = original(post.letter(made.pages[0].notification))
    post.arrives(ANSWERED, client(letter, "I can't take it, I am on a train.\nPlease ask Chen."))
    assert made.incidents()[0].state == "triggered"
    assert lines(notes(made)[0]) == ["I can't take it, I am on a train.", "Please ask Chen."]
    assert [page.kind for page in made.pages] == ["open"]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
def test_nothing_but_the_quote_takes_nothing(client: Client) -> None:
    """The letter itself names the words that can be said."""
    made, post = night()
    letter = original(post.letter(made.pages[0].notification))
    post.arrives(ANSWERED, client(letter, ""))
    assert made.incidents()[0].state == "triggered"
    assert notes(made) == []
    assert len(made.incidents()) == 1


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
def test_a_later_letter_of_the_thread_may_be_answered_just_as_well(client: Client) -> None:
    """An update has no link: its thread has to be enough where the program keeps it."""
    made, post = night()
    made.nagios(70, "sales-mail")
    made.act(80, "wu", "priority", 1, priority="P2", text="sales is out today")
    update = next(page.notification for page in made.pages if page.kind == "update")
    letter = original(post.letter(update))
    first = original(post.letter(made.pages[0].notification))
    raw = client(replace(letter, references=first.message_id), "ack")
    post.arrives(ANSWERED, raw)
    kept = b"References" in raw or b"In-Reply-To" in raw
    assert (made.incidents()[0].owner == "lin") is kept
