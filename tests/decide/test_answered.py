"""Replies to our letters: who acts by mail, what is kept, what is confirmed."""

import pytest

from ingestd.decide.asked import of_each
from ingestd.model import Answers, Message
from tests.decide.stories import ROW, alert
from tests.night import Night, trading_company

MINUTE = 60.0
LETTER = (
    "From: {sender}\r\nTo: ingestd@x.example\r\nSubject: Re: [P1] sw\r\n{more}"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\r\n"
    "On Mon, 8 Mar 2027 at 10:00, ingestd <ingestd@x.example> wrote:\r\n> resolve\r\n"
)


def paged() -> Night:
    """sw is down; lin, on call for the network, was paged."""
    night = Night(trading_company(topology=ROW))
    night.webhook(0, alert("sw"))
    night.until(2 * MINUTE)
    assert [(who, kind) for _, who, kind in night.told()] == [("lin", "open")]
    return night


def reply(night: Night, at: float, text: str, actor: str = "lin", *, incident: int = 1, more: str = "") -> None:
    body = LETTER.format(sender=f"{actor}@trading.example", text=text, more=more).encode()
    answers = Answers(incident, night.pages[0].notification.id)
    night.message(
        at, Message(kind="mail", source="smtp", body=body, sender="x@y.example", actor=actor, answers=answers)
    )


def confirmed(night: Night) -> list[tuple[str, bool, str]]:
    found = [(p.person, p.notification.facts.verdict) for p in night.pages if p.kind == "confirm"]
    return [(person, verdict.ok, verdict.text) for person, verdict in found if verdict is not None]


def notes(night: Night) -> list[str]:
    return [r.text for s in night.journal for r in s.changes.timeline if r.what == "note"]


def test_one_word_takes_the_incident_and_is_confirmed() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "ack")
    incident = night.incident("sw")
    assert (incident.state, incident.owner) == ("acknowledged", "lin")
    assert confirmed(night) == [("lin", True, "incident 1 is yours")]
    assert len(night.incidents()) == 1
    night.until(20 * MINUTE)
    assert not [kind for _, _, kind in night.told() if kind in ("functional", "hierarchic")]


def test_the_number_of_the_letter_before_a_command_changes_nothing() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "＃1：ack")
    assert night.incident("sw").owner == "lin"
    reply(night, 4 * MINUTE, "#7 resolved")
    assert night.incident("sw").state == "acknowledged"
    assert notes(night) == ["#7 resolved"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#12 ack", [(12, "ack")]),
        ("  #12: fixed: the fan\nand the filter\n\n#13接单", [(12, "fixed: the fan\nand the filter\n"), (13, "接单")]),
        ("＃12，接单", [(12, "接单")]),
        ("#12", [(12, "")]),
        ("ack\n#12 ack", []),
        ("#12.5 is the firmware", []),
        ("", []),
        ("\n".join(f"#{n} ack" for n in range(60)), [(n, "ack") for n in range(50)]),
    ],
)
def test_what_is_said_of_each(text: str, found: list[tuple[int, str]]) -> None:
    assert of_each(text) == found


def test_other_words_are_kept_and_not_confirmed() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "I am out of the office until Monday.")
    reply(night, 4 * MINUTE, "")
    assert night.incident("sw").state == "triggered"
    assert notes(night) == ["I am out of the office until Monday."]
    assert confirmed(night) == []


@pytest.mark.parametrize(
    "more", ["Auto-Submitted: auto-replied\r\n", "X-Autoreply: yes\r\n", "Precedence: auto_reply\r\n"]
)
def test_an_answering_machine_acts_for_nobody(more: str) -> None:
    night = paged()
    reply(night, 3 * MINUTE, "ack", more=more)
    assert night.incident("sw").state == "triggered"
    assert notes(night) == [] and confirmed(night) == []


def test_resolve_keeps_what_fixed_it() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "resolved: port 48 was off")
    assert (night.incidents()[0].state, night.incidents()[0].fixed_by) == ("resolved", "port 48 was off")


def test_assign_and_note_and_priority() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "assign Chen Yu")
    assert night.incident("sw").owner == "chen"
    reply(night, 4 * MINUTE, "assign Nobody At All")
    reply(night, 5 * MINUTE, "note the spare is in locker 7")
    reply(night, 6 * MINUTE, "priority P3 only the lab")
    reply(night, 7 * MINUTE, "priority none")
    assert "the spare is in locker 7" in notes(night)
    assert night.incident("sw").priority == "P3"
    assert [ok for _, ok, _ in confirmed(night)] == [True, False, True, True, False]


def test_a_snooze_pages_its_owner_anew_if_it_still_fires() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "snooze 30m")
    assert night.incident("sw").owner == "lin"
    night.until(33 * MINUTE + 1)
    assert night.told("lin")[-1] == (33 * 60, "lin", "open")
    assert night.pages[-1].notification.facts.news[0].what == "awake"
    assert night.incident("sw").state == "triggered"
    night.until(39 * MINUTE)
    assert night.told()[-1][1:] == ("chen", "functional")


def test_a_snooze_of_what_is_over_by_then_pages_nobody() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "snooze 8m")
    night.webhook(9 * MINUTE, alert("sw", state="resolved"))
    night.until(60 * MINUTE)
    assert [kind for _, _, kind in night.told("lin")] == ["open", "confirm", "end"]


def test_a_snooze_may_be_refused_and_made_longer() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "snooze soon")
    assert night.incident("sw").state == "triggered"
    reply(night, 4 * MINUTE, "snooze 10m")
    reply(night, 5 * MINUTE, "snooze 1h")
    reply(night, 6 * MINUTE, "snooze 1h", actor="chen")
    assert [ok for _, ok, _ in confirmed(night)] == [False, True, True, False]
    night.until(60 * MINUTE)
    assert night.incident("sw").state == "acknowledged"


def test_who_asks_for_no_more_hears_of_the_end_all_the_same() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "stop")
    night.act(4 * MINUTE, "chen", "ack", 1)
    night.webhook(9 * MINUTE, alert("sw", state="resolved"))
    night.until(30 * MINUTE)
    assert [kind for _, _, kind in night.told("lin")] == ["open", "confirm", "end"]


def test_not_the_same_is_an_incident_of_its_own() -> None:
    night = paged()
    night.mail(3 * MINUTE, "srv-1 is gone", "I cannot reach srv-1", sender="zhao.min@trading.example")
    assert len(night.incidents()) == 1
    reply(night, 4 * MINUTE, "还是不行", actor="zhao")
    assert len(night.incidents()) == 2
    reply(night, 5 * MINUTE, "not the same", actor="chen")
    assert [(who, ok) for who, ok, _ in confirmed(night)] == [("zhao", True), ("chen", False)]


def test_help_says_what_there_is() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "?")
    assert "snooze 30m" in confirmed(night)[0][2]


def test_what_is_long_over_is_not_acted_on() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "ack", incident=99)
    assert confirmed(night) == [] and len(night.incidents()) == 1


def test_two_machines_do_not_talk_for_ever() -> None:
    night = paged()
    for n in range(50):
        reply(night, (3 + n) * MINUTE, "?")
    assert len(confirmed(night)) == 30


BOUNCE = (
    "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt could not be delivered.\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n--b--\r\n"
)
TWO_WAYS = """
people:
  - id: lin
    manager: wu
    contacts: [{address: lin@old.example}, {address: lin@new.example}]
  - {id: chen, mail: chen@trading.example}
  - {id: wu, mail: wu@trading.example}
teams:
  - {id: network, members: [lin]}
  - {id: systems, members: [chen]}
"""


def bounce(night: Night, at: float, to: str, page: int = 0, *, action: str = "failed", status: str = "5.1.1") -> None:
    letter = night.pages[page].notification
    raw = BOUNCE.format(to=to, action=action, status=status).encode()
    answers = Answers(letter.incident, letter.id)
    night.message(at, Message(kind="mail", source="smtp", body=raw, actor=letter.person, answers=answers))


def test_a_letter_that_comes_back_goes_to_her_other_address_and_then_to_the_next_person() -> None:
    night = Night(trading_company(topology=ROW, people=TWO_WAYS))
    night.webhook(0, alert("sw"))
    night.until(2 * MINUTE)
    bounce(night, 2 * MINUTE, "lin@OLD.example")
    again = night.pages[-1]
    assert (again.person, again.kind, again.notification.without) == ("lin", "open", ("lin@old.example",))
    bounce(night, 3 * MINUTE, "lin@new.example", page=1)
    assert night.told()[-1] == (180, "chen", "functional")
    bounce(night, 4 * MINUTE, "lin@new.example", page=1)  # said twice, acted on once
    assert len(night.told()) == 3


def test_a_delay_is_noted_and_changes_nothing() -> None:
    night = paged()
    bounce(night, 2 * MINUTE, "lin.hao@trading.example", action="delayed", status="4.4.1")
    assert len(night.told()) == 1
    assert any(r.what == "delayed" for s in night.journal for r in s.changes.timeline)


def test_what_comes_back_after_the_end_is_kept_and_nothing_more() -> None:
    night = paged()
    night.act(3 * MINUTE, "lin", "resolve", 1)
    count = len(night.told())
    bounce(night, 4 * MINUTE, "lin.hao@trading.example")
    night.until(3 * 3600)
    bounce(night, 3 * 3600, "lin.hao@trading.example")  # closed by now
    assert len(night.told()) == count


def test_a_snooze_of_somebody_who_has_left_goes_on_with_the_next_step() -> None:
    night = paged()
    reply(night, 3 * MINUTE, "snooze 30m")
    night.world.reload(
        trading_company(topology=ROW, people=TWO_WAYS.replace("id: lin", "id: lena").replace("[lin]", "[lena]"))
    )
    night.until(34 * MINUTE)
    assert night.told()[-1][1:] == ("chen", "functional")
