"""``--send``: a test page through every channel of everybody who would be called now, and who should have got what."""

import asyncio
import time
from collections.abc import Sequence

from msgspec import Struct

from ingestd.doctor.case import Case, Finding, Result
from ingestd.doctor.people import on_call
from ingestd.outbox import Address
from ingestd.problem import said
from ingestd.shouting import in_words
from ingestd.slices import channels, contacts, sender_domain
from ingestd.straight import Handed, Straight

SUBJECT = said("[test] ingestd: a test page, nothing is wrong")
TEXT = said("Somebody ran `ingestd doctor --send`. You are on call, and this channel works. Nothing is to be done.")


class Planned(Struct, frozen=True):
    """One letter to come."""

    person: str
    address: Address


def planned(case: Case) -> tuple[Planned, ...]:
    """Every way to everybody on call and to the last resort; what several share, a group say, has one letter."""
    if case.site is None:
        return ()
    known, found = contacts(case.site), dict[Address, Planned]()
    for person in on_call(case.site, case.now):
        for address in known[person].addresses if person in known else ():
            found.setdefault(address, Planned(person, address))
    return tuple(found.values())


async def send(case: Case, letters: Sequence[Planned]) -> tuple[Result, ...]:
    """Send them all; what each channel said."""
    if case.site is None:
        return ()
    straight = Straight(
        channels(case.site),
        contacts(case.site),
        domain=sender_domain(case.site),
        name="ingestd.test",
        now=time.time,
    )
    handed = await asyncio.gather(*(straight.send(one.person, one.address, _words) for one in letters))
    return tuple(map(_result, handed))


def _words(language: str) -> tuple[str, str]:
    return in_words(SUBJECT, language), in_words(TEXT, language) + "\n"


def _result(one: Handed) -> Result:
    name = said("test page to {person} by {channel}", person=one.person, channel=one.channel)
    if one.ok:
        words = said("{to} should have it: {detail}", to=one.to, detail=one.detail or "ok")
        return Result(name, Finding("ok", words))
    remedy = said("mend the channel, or the address of {person} in people.yaml", person=one.person)
    return Result(name, Finding("fail", said("{to} has nothing: {detail}", to=one.to, detail=one.detail), remedy))
