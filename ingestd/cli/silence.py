"""``ingestd silence …``: hide what is known for a while, and look at what is hidden."""

import re
from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ingestd.cli.client import Client, site_file
from ingestd.cli.terminal import CommandError, complain, is_terminal, lines, say, seconds, table
from ingestd.decide.vocabulary import WEEKDAYS
from ingestd.model import Matcher, Weekly
from ingestd.settings import Settings
from ingestd.web.api import Ask
from ingestd.web.silences import AskedSilence, Made, ShownSilence, Silences
from ingestd.yamltypes import Clock, load

LONG = timedelta(days=365)  # for which a weekly silence goes on unless it is said
_MATCHER = re.compile(r"([A-Za-z_][\w.]*)\s*(=~|!~|!=|=)\s*(.*)", re.DOTALL)
_WEEKLY = re.compile(r"(\S+)\s+(\d{1,2}:\d\d)-(\d{1,2}:\d\d)")


def show_list(client: Client, args: Namespace) -> int:
    """Silences that go on or are to come; with ``--all`` those that ended, too."""
    found = client.get("/silences", Silences, state="all" if args.all else "current").silences
    if not is_terminal() or args.json:
        lines(found)
        return 0
    table(("ID", "STATE", "UNTIL", "BY", "HID", "WHAT", "WHY"), map(_row, found))
    for one in found:
        if one.forgotten:
            name = one.silence.id
            complain(f"{name} goes on and has hidden nothing for a week: is `ingestd silence end {name}` due?")
    return 0


def add(client: Client, args: Namespace) -> int:
    """Hide what meets every matcher, or nodes with all that depends on them."""
    zone = _zone(args.config)
    start = _moment(args.start, zone) if args.start else None
    made = client.post("/silences", _asked(args, start, zone), Made, allowed=(409,))
    if args.json or not is_terminal():
        lines([made])
        return 0 if made.ok else 1
    if not made.ok:
        complain(made.text)
        return 1
    say(f"{made.id}: hides {len(made.hides)} incidents now")
    for incident in made.hides:
        say(f"  {incident.number} {incident.priority} {incident.title}")
    return 0


def end(client: Client, args: Namespace) -> int:
    """It ends now."""
    made = client.post(f"/silences/{args.id}/end", Ask(), Made, allowed=(409,))
    if args.json or not is_terminal():
        lines([made])
    else:
        (say if made.ok else complain)(made.text)
    return 0 if made.ok else 1


def _asked(args: Namespace, start: datetime | None, zone: ZoneInfo) -> AskedSilence:
    weekly = _weekly(args.weekly, str(zone)) if args.weekly else None
    begins = start or datetime.now(zone)
    if args.until:
        ends = _moment(args.until, zone)
    elif args.length:
        ends = begins + timedelta(seconds=seconds(args.length))
    elif weekly or args.incident:
        ends = begins + LONG
    else:
        raise CommandError("until when? Say --for 2h, --until 18:00, --with INCIDENT or --weekly", 2)
    return AskedSilence(
        matchers=tuple(map(_matcher, args.matchers)),
        targets=tuple(args.node),
        starts_at=start,
        ends_at=ends,
        weekly=weekly,
        until_end_of=args.incident,
        comment=args.why,
    )


def _matcher(text: str) -> Matcher:
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise CommandError(f"{text!r}: expected label=value, label!=value, label=~pattern or label!~pattern", 2)
    return Matcher(found[1], found[3].strip('"'), "~" in found[2], not found[2].startswith("!"))


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """``18:00`` (the next one), ``2027-01-31 18:00`` or ``2027-01-31T18:00+08:00``; the site's clocks count."""
    now = datetime.now(zone)
    try:
        if re.fullmatch(r"\d{1,2}:\d\d", text):
            minutes = Clock.from_yaml(text)
            today = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=minutes)
            return today if today > now else today + timedelta(days=1)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r}: expected a time such as 18:00 or 2027-01-31T18:00", 2) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _weekly(text: str, zone: str) -> Weekly:
    """``sat,sun 22:00-04:00``."""
    found = _WEEKLY.fullmatch(text.strip())
    days = found[1].lower().split(",") if found else []
    if found is None or any(day not in WEEKDAYS for day in days):
        raise CommandError(f"{text!r}: expected days and hours such as 'sat,sun 22:00-04:00'", 2)
    try:
        start, stop = Clock.from_yaml(found[2]), Clock.from_yaml(found[3])
    except ValueError as error:
        raise CommandError(f"{text!r}: {error}", 2) from error
    weekdays = tuple(sorted({WEEKDAYS.index(day) for day in days if day in WEEKDAYS}))
    return Weekly(weekdays=weekdays, from_minute=int(start), to_minute=int(stop), zone=zone)


def _zone(config: Path | None) -> ZoneInfo:
    """The site's zone."""
    return ZoneInfo(load(site_file(config), Settings).timezone)


def _row(shown: ShownSilence) -> tuple[str, ...]:
    one = shown.silence
    until = datetime.fromtimestamp(one.ends_at).astimezone().strftime("%Y-%m-%d %H:%M")
    if one.until_end_of:
        until = f"the end of {one.until_end_of}"
    what = [f"{m.name}{'' if m.equal else '!'}{'=~' if m.regex else '='}{m.value}" for m in one.matchers]
    what = [text.replace("!=~", "!~") for text in what]
    nodes = [f"{node} and what depends on it" for node in one.targets]
    if one.weekly:
        days = ",".join(WEEKDAYS[day] for day in one.weekly.weekdays)
        nodes.append(f"{days} {_hour(one.weekly.from_minute)}-{_hour(one.weekly.to_minute)}")
    state = f"{shown.state}, forgotten" if shown.forgotten else shown.state
    return one.id, state, until, one.by, str(one.hid_count), ", ".join([*nodes, *what]), one.comment


def _hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
