"""``ingestd incident …``: look at incidents and act on them, through the running daemon."""

from argparse import Namespace

from ingestd.cli.client import Client
from ingestd.cli.terminal import (
    CommandError,
    complain,
    is_conversation,
    is_terminal,
    lines,
    local,
    prompt,
    say,
    seconds,
    table,
)
from ingestd.model import Alert, Before, Incident, Verdict
from ingestd.store import Unpaged
from ingestd.web.api import Ask, Joined, Listing, Whole


def show_list(client: Client, args: Namespace) -> int:
    """One line an incident, newest first."""
    listing = client.get("/incidents", Listing, state=args.state, limit=args.limit)
    if not is_terminal() or args.json:
        lines(listing.incidents)
        return 0
    rows = [_row(incident, listing.wall_offset) for incident in listing.incidents]
    table(("NUMBER", "PRIORITY", "STATE", "OWNER", "SINCE", "TITLE"), rows)
    return 0


def show_one(client: Client, args: Namespace) -> int:
    """An incident, its alerts, its history and who was told."""
    whole = client.get(f"/incidents/{args.number}", Whole)
    if not is_terminal() or args.json:
        lines([whole])
        return 0
    say("\n".join(_head(whole)))
    if whole.before:
        table(("BEFORE", "LASTED", "BY", "WHAT FIXED IT", "INCIDENT"), map(_before, whole.before))
        say("")
    offset = whole.wall_offset
    table(("ALERT", "STATE", "CERTAINTY", "COUNT", "LAST", "WHAT"), [_alert(alert, offset) for alert in whole.alerts])
    say("")
    table(
        ("TIME", "WHAT", "BY", "TEXT"),
        [(local(r.at, offset), r.what, r.actor or r.rule, r.text) for r in whole.timeline],
    )
    say("")
    told = [
        (f"n{n.id}", local(n.at, offset), n.person, n.kind, n.state, n.channel, n.detail) for n in whole.notifications
    ]
    table(("PAGE", "TIME", "TOLD", "KIND", "STATE", "CHANNEL", "DETAIL"), told)
    return 0


def show_joined(client: Client, args: Namespace) -> int:
    """What nobody was paged about, by the incident that it belongs to."""
    found, offset = _joined(client, seconds(args.since))
    if not is_terminal() or args.json:
        lines(found)
        return 0
    rows = [
        (f"{one.incident} {one.priority}", one.how, one.certainty, local(one.at, offset), f"a{one.alert}", _about(one))
        for one in sorted(found, key=lambda one: (one.incident, one.at))
    ]
    table(("INCIDENT", "HOW", "CERTAINTY", "SINCE", "ALERT", "WHAT, AND WHY THERE"), rows)
    say(f"{len(found)} alerts of the last {args.since} joined, were hidden or were over before a page of their own")
    return 0


def act(client: Client, args: Namespace) -> int:
    """Any command on one incident. Who ends one is asked what fixed it, if she is there to be asked."""
    text, minutes = getattr(args, "text", ""), getattr(args, "minutes", 0.0)
    if args.action == "resolve" and not text and not args.json and is_conversation():
        text, minutes = _what_fixed(minutes)
    ask = Ask(
        person=getattr(args, "person", ""),
        text=text,
        priority=getattr(args, "priority", None),
        minutes=minutes,
        into=getattr(args, "into", 0),
        alert=getattr(args, "alert", 0),
    )
    return _verdict(client.command(f"/incidents/{args.number}/{args.action}", ask), as_json=args.json)


def _what_fixed(minutes: float) -> tuple[str, float]:
    """What fixed it, and the minutes worked; both may be left out."""
    text = prompt("What fixed it? (Enter: not known) ")
    said = "" if minutes else prompt("Minutes worked? (Enter: none) ")
    try:
        return text, minutes or float(said or 0)
    except ValueError as error:
        raise CommandError(f"minutes: expected a number, got {said!r}") from error


def take_call(client: Client, args: Namespace) -> int:
    """Record what somebody told us; it becomes an incident, or joins one."""
    ask = Ask(person=args.caller, department=args.department, text=args.text, came_by=args.came_by)
    return _verdict(client.command("/incidents", ask), as_json=args.json)


def _joined(client: Client, within: int) -> tuple[list[Unpaged], float]:
    found: list[Unpaged] = []
    before = 0
    while True:
        page = client.get("/joined", Joined, within=within, before=before)
        found += page.alerts
        before = page.next
        if not before:
            return found, page.wall_offset


def _about(one: Unpaged) -> str:
    name = f"{one.node} {one.check}" if one.check else one.node
    return f"{name}: {one.summary} ({one.why})" if one.how in ("joined", "linked") else f"{name}: {one.summary}"


def _verdict(verdict: Verdict, *, as_json: bool) -> int:
    if as_json or not is_terminal():
        lines([verdict])
    elif verdict.ok:
        say(f"{verdict.incident}: {verdict.text}" if verdict.incident else verdict.text)
    else:
        complain(verdict.text)
    return 0 if verdict.ok else 1


def _row(incident: Incident, offset: float) -> tuple[str, ...]:
    state = f"in {incident.merged_into}" if incident.merged_into else incident.state
    state = "restored" if incident.restored_at and state == "acknowledged" else state
    state = f"{state}, hidden" if incident.suppressed and not incident.merged_into else state
    began = local(incident.began, offset)
    return str(incident.number), incident.priority, state, incident.owner, began, incident.title


def _head(whole: Whole) -> list[str]:
    incident, offset = whole.incident, whole.wall_offset
    cause = f"{incident.cause} ({incident.cause_kind})" if incident.cause else "not known"
    reach = ", ".join((*incident.impact.services, *incident.impact.departments)) or "nothing that the topology knows"
    owner, team, policy = incident.owner or "nobody yet", incident.team or "none", incident.policy or "none"
    return [
        f"{incident.number} {incident.priority} {incident.state}: {incident.title}",
        f"cause: {cause}; reaches {incident.impact.nodes} nodes: {reach}",
        f"owner: {owner}; team: {team}; policy: {policy}",
        *([f"helped by: {', '.join(incident.helpers)}"] if incident.helpers else []),
        *_ends(incident, offset),
        f"began {local(incident.began, offset)}; told {local(incident.told_at, offset) or 'nobody'}",
        *(f"why: {reason.stage} {reason.rule}: {reason.text}" for reason in incident.reasons),
        "",
    ]


def _ends(incident: Incident, offset: float) -> list[str]:
    """Restored by what, cured by what, and how long people worked on it."""
    found = []
    if incident.restored_at:
        by = f" by a workaround: {incident.workaround}" if incident.workaround else ""
        found.append(f"restored {local(incident.restored_at, offset)}{by}")
    if incident.resolved_at:
        by = f": {incident.fixed_by}" if incident.fixed_by else ""
        found.append(f"resolved {local(incident.resolved_at, offset)}{by}")
    if incident.worked:
        found.append("worked: " + ", ".join(f"{work.person} {work.minutes:g} min" for work in incident.worked))
    return found


def _before(one: Before) -> tuple[str, ...]:
    by_itself = "" if one.by_person else "by itself"
    fixed = one.fixed or (f"workaround: {one.workaround}" if one.workaround else by_itself)
    return local(one.began, 0.0), f"{one.lasted / 60:.0f} min", one.name, fixed, str(one.number)


def _alert(alert: Alert, offset: float) -> tuple[str, ...]:
    what = f"{alert.node} {alert.check or ''}: {alert.summary}"
    return f"a{alert.id}", alert.state, alert.certainty, str(alert.count), local(alert.last_at, offset), what
