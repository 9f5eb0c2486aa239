"""What an export of Opsgenie holds: lists under their names, answers of the API, files of the configuration backup.

Formats: https://docs.opsgenie.com/docs/api-overview and github.com/opsgenie/opsgenie-configuration-backup.
"""

from collections.abc import Iterator, Mapping

from ingestd.moving.sketch import Sketch
from ingestd.moving.source import Part, clean, words

#: What an entry is, by a key that only it has, the strongest first; and the keys that are understood.
KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "user": (
        frozenset({"username"}),
        words(
            "id username fullName role timeZone locale blocked verified createdAt userContacts tags details "
            "userAddress skypeUsername invitationDisabled links mutedUntil lastLogin"
        ),
    ),
    "schedule": (
        frozenset({"rotations", "timezone"}),
        words("id name description timezone enabled ownerTeam rotations"),
    ),
    "escalation": (
        frozenset({"rules"}),
        words("id name description rules ownerTeam repeat"),
    ),
    "routing": (
        frozenset({"criteria", "notify"}),
        words("id name isDefault order criteria timezone timeRestriction notify"),
    ),
    "override": (
        frozenset({"alias", "startDate"}),
        words("alias user rotations startDate endDate _parent"),
    ),
    "team": (frozenset({"members"}), frozenset(["id", "name", "description", "members", "links"])),
    "integration": (
        frozenset({"type"}),
        words("id name type enabled teamId ownerTeam version _readOnly"),
    ),
}
#: Names of lists whose entries need not be guessed.
LISTS: Mapping[str, str] = {
    "users": "user",
    "schedules": "schedule",
    "escalations": "escalation",
    "teams": "team",
    "integrations": "integration",
    "routingRules": "routing",
    "teamRoutingRules": "routing",
    "overrides": "override",
    "scheduleOverrideList": "override",
}
#: What stands beside an entry in the files of the configuration backup.
BESIDE = {
    "notificationRuleList": "a user's notification rules",
    "teamRoles": "roles of a team",
}
INSTEAD = "contacts in people.yaml: `for` priorities, `not_between` hours; else see what it does there"
#: A team in the list of all teams, which does not say who is in it.
BARE_TEAM = frozenset({"id", "name", "description"})


def entries(answer: Part, sketch: Sketch) -> Iterator[tuple[str, Part, Part | None]]:
    """Every entry of an answer or a file, with its kind and what it belongs to; what is none is named."""
    waiting: list[tuple[Part, str, Part | None]] = [(answer, "", None)]  # the next one last
    while waiting:
        one, kind, owner = waiting.pop()
        if isinstance(one.value, list):
            waiting += [(entry, kind, owner) for entry in reversed(one.parts())]
        elif one.get("data") and not kind:
            waiting.append((one.get("data"), "", None))
        elif not kind and (inner := _inside(one, sketch)):
            waiting += reversed(inner)
        elif is_a := kind or _kind(one):
            sketch.strange(one, KINDS[is_a][1])
            yield is_a, one, owner
        elif one:
            sketch.left(one, "nothing that is understood", "users, teams, schedules and escalations are")


def _inside(one: Part, sketch: Sketch) -> list[tuple[Part, str, Part | None]]:
    """What stands in one of the backup's files, or in an object of lists; nothing for an entry."""
    whole = next((key for key in ("user", "team", "schedule") if isinstance(one.get(key).value, dict)), "")
    listed = [key for key in one.written() if isinstance(one.get(key).value, list)]
    named = [key for key in listed if key in LISTS]
    if _kind(one) or not (whole or named):
        return []
    for key in listed:
        if key not in LISTS:
            sketch.left(one.get(key), BESIDE.get(key, f"not known: {clean(key)}"), INSTEAD)
    mine = one.get(whole) if whole else None
    return [*([(mine, whole, None)] if mine else []), *((one.get(key), LISTS[key], mine) for key in named)]


def _kind(part: Part) -> str:
    keys = set(part.value) if isinstance(part.value, dict) else set()
    return next((kind for kind, (marks, _) in KINDS.items() if marks <= keys), "team" if keys >= BARE_TEAM else "")
