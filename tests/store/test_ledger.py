"""The ledger: pages with what became of them and answers, in the order of time, piece by piece."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy import delete

from ingestd.model import Answers, Message
from ingestd.store import Asked, LedgerLine
from ingestd.store.tables import inbox_body
from tests.desk import Desk, opened


@pytest.fixture
async def desk(store_url: str) -> AsyncIterator[Desk]:
    async with opened(store_url) as made:
        made.start()
        yield made


async def told(desk: Desk, **asked: object) -> list[LedgerLine]:
    """Everything, piece by piece."""
    found: list[LedgerLine] = []
    following: Asked | None = Asked(**asked)  # type: ignore[arg-type]
    while following is not None:
        lines, following = await desk.store.queries.ledger(following)
        found += lines
    return found


def short(lines: list[LedgerLine]) -> list[tuple[str, str, str, str]]:
    return [(one.what, one.person, one.kind, one.by if one.what == "page" else one.outcome) for one in lines]


async def night(desk: Desk) -> None:
    """The switch is down: lin sleeps, chen takes it by the link."""
    await desk.host("acc-sw-17")
    await desk.later(100)
    await desk.later(700)
    await desk.act("chen", "ack", 1, notification=2)
    await desk.quiet()


async def reply(desk: Desk, who: str, text: str, **more: object) -> None:
    body = f"From: x@y.example\r\nSubject: Re: a\r\nIn-Reply-To: <b@c>\r\n\r\n{text}\r\n".encode()
    fields = {"kind": "mail", "source": "smtp", "body": body, "actor": who, "answers": Answers(1, 1)} | more
    await desk.message(Message(**fields))  # type: ignore[arg-type]
    await desk.quiet()


async def test_who_was_told_what_when_by_what_and_who_took_it(desk: Desk) -> None:
    await night(desk)
    lines = await told(desk)
    assert short(lines) == [
        ("page", "lin", "open", ""),
        ("page", "chen", "functional", "link"),
        ("answer", "chen", "ack", "done"),
        ("page", "lin", "update", ""),
    ]
    first, second, answer, _ = lines
    assert (first.priority, first.step, first.channel, first.outcome) == ("P1", 1, "mail", "handed_over")
    assert first.at <= first.settled_at and first.acknowledged_at == 0.0
    assert second.acknowledged_at == answer.at and answer.detail == "incident 1 is yours" and answer.channel == "link"


async def test_the_pieces_are_the_whole_whatever_their_size(desk: Desk) -> None:
    await night(desk)
    await reply(desk, "lin", "note the lamp is off")
    whole = await told(desk)
    assert len(whole) == 6
    for limit in (1, 2, 3, 5):
        assert await told(desk, limit=limit) == whole


async def test_of_one_person_of_one_incident_and_of_a_time(desk: Desk) -> None:
    await night(desk)
    await desk.host("hr-server")
    await desk.later(100)
    whole = await told(desk)
    assert {one.person for one in await told(desk, person="chen")} == {"chen"}
    assert [one.incident for one in await told(desk, incident=1)] == [1] * 4
    late = whole[1].at
    assert await told(desk, since=late) == [one for one in whole if one.at >= late]
    assert await told(desk, until=late) == [one for one in whole if one.at < late]


async def test_answers_by_mail_refusals_and_what_was_sent_back_are_there(desk: Desk) -> None:
    await night(desk)
    await reply(desk, "lin", "ack")
    bounce = (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Delayed Mail (still being retried)\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot yet.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; lin@x.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n--b--\r\n"
    )
    await reply(desk, "lin", "", body=bounce)
    answers = [one for one in await told(desk, incident=1) if one.what == "answer"]
    assert [(one.person, one.kind, one.channel, one.outcome) for one in answers] == [
        ("chen", "ack", "link", "done"),
        ("lin", "reply", "mail", "refused"),
        ("lin", "bounce", "mail", ""),
    ]


async def test_who_was_handed_it_took_it_by_that_and_by_mail_is_said_too(desk: Desk) -> None:
    await desk.host("acc-sw-17")
    await desk.later(100)
    await reply(desk, "lin", "ack")
    await desk.webhook({"host": "inventory-db", "check": "disk", "state": "firing", "summary": "full"})
    await desk.later(100)
    owner = [one for one in await told(desk) if one.kind == "open"][1].person
    await desk.act("wu", "assign", 2, person=owner)
    await desk.quiet()
    pages = [one for one in await told(desk) if one.what == "page" and one.kind == "open"]
    assert [(one.person, one.by) for one in pages] == [("lin", "mail"), (owner, "assigned by wu")]


async def test_of_a_linked_incident_the_survivor_s_acknowledgement_counts(desk: Desk) -> None:
    await desk.host("acc-sw-17")
    await desk.later(100)
    await desk.webhook({"host": "inventory-db", "check": "disk", "state": "firing", "summary": "full"})
    await desk.later(100)
    before = [one for one in await told(desk) if one.kind == "open"]
    assert {one.incident for one in before} == {1, 2}
    await desk.act("wu", "merge", 2, into=1)
    await desk.quiet()
    for one in before:
        await desk.act(one.person, "ack", 1)
    await desk.quiet()
    after = [one for one in await told(desk, incident=1) if one.kind == "open"]
    assert [one.incident for one in after] == [1, 2]
    taken = next(one for one in await told(desk) if one.kind == "ack" and one.outcome == "done")
    assert [one.by for one in after if one.person == taken.person] == ["api"]


async def test_an_answer_whose_text_was_erased_is_still_one(desk: Desk) -> None:
    await night(desk)
    await desk.store._submit(desk.store._job(act=lambda connection, _: connection.execute(delete(inbox_body))))
    answer = next(one for one in await told(desk) if one.what == "answer")
    assert (answer.kind, answer.channel, answer.outcome) == ("command", "", "done")


async def test_what_was_taken_at_its_source_names_the_source(desk: Desk) -> None:
    said = {"type": "PROBLEM", "host_name": "inventory-db", "service_name": "disk", "service_state": "CRITICAL"}
    for kind in ("PROBLEM", "ACKNOWLEDGEMENT"):
        body = msgspec.json.encode(said | {"notification_type": kind, "author": "chen"})
        await desk.message(Message(kind="webhook", source="prod", adapter="icinga", body=body))
        await desk.later(100)
    pages = [one for one in await told(desk) if one.kind == "open"]
    assert [one.by for one in pages if one.person == "chen"] == ["prod"], pages
