"""Calendars by URL: whether each can be fetched now, and what is in it."""

import asyncio
from collections.abc import Iterator
from functools import partial
from zoneinfo import ZoneInfo

from ingestd.calendars import NoCalendar, fetched
from ingestd.decide import ical
from ingestd.doctor.case import Case, Finding, Trial, as_said, ok, warn
from ingestd.feeds import Feed
from ingestd.problem import said


def trials(case: Case) -> Iterator[Trial]:
    """One for each calendar."""
    if case.site is None:
        return
    zone = case.site.rulebook.ranker.zone
    for feed in case.site.feeds:
        yield Trial(said("iCalendar of {name}", name=feed.title), partial(_looked_at, feed, zone), "warn")


async def _looked_at(feed: Feed, zone: ZoneInfo) -> Finding:
    """Fetch it and read it; the copy in the state folder is left as it is."""
    try:
        text = await fetched(feed)
    except NoCalendar as error:
        remedy = said("the copy from before stays in force; see `ical` or `ical_file`")
        return warn(said("it can't be fetched: {why}", why=error), remedy)
    found = await asyncio.to_thread(ical.read, text, zone)
    if found.mistakes:
        return warn(as_said(found.mistakes[0]))
    return ok(said("{count} events", count=len(found.events)))
