"""What an export of Grafana OnCall holds: lists under their names, or answers of the API as they came.

Format: https://grafana.com/docs/oncall/latest/oncall-api-reference/
"""

from collections.abc import Iterator, Mapping

from ingestd.moving.sketch import Sketch
from ingestd.moving.source import Part, clean, words

#: Lists, by a key that only their entries have, the strongest first; and the keys that are understood.
KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "users": (
        frozenset({"username", "role"}),
        words(
            "id email slack username name role timezone teams grafana_id is_phone_number_verified avatar avatar_full"
        ),
    ),
    "escalation_policies": (
        frozenset({"escalation_chain_id", "type"}),
        words(
            "id escalation_chain_id position type duration important action_to_trigger group_to_notify "
            "persons_to_notify persons_to_notify_next_each_time notify_on_call_from_schedule "
            "notify_if_time_from notify_if_time_to team_to_notify num_alerts_in_window num_minutes_in_window "
            "severity"
        ),
    ),
    "routes": (
        frozenset({"integration_id", "routing_regex"}),
        words(
            "id integration_id escalation_chain_id routing_type routing_regex position is_the_last_route "
            "slack telegram msteams labels"
        ),
    ),
    "on_call_shifts": (
        frozenset({"start", "duration", "type"}),
        words(
            "id name type team_id schedule time_zone level start rotation_start duration frequency interval "
            "until week_start by_day by_month by_monthday users rolling_users start_rotation_from_user_index "
            "source"
        ),
    ),
    "schedules": (
        frozenset({"type", "on_call_now"}),
        words(
            "id name type team_id time_zone shifts ical_url_primary ical_url_overrides on_call_now slack "
            "enable_web_overrides"
        ),
    ),
    "integrations": (
        frozenset({"type", "link"}),
        words(
            "id name description_short type team_id link inbound_email default_route templates heartbeat "
            "maintenance_mode maintenance_started_at maintenance_end_at labels dynamic_labels"
        ),
    ),
    "teams": (frozenset({"name", "avatar_url"}), frozenset(["id", "grafana_id", "name", "email", "avatar_url"])),
    "escalation_chains": (frozenset({"name", "team_id"}), frozenset(["id", "name", "team_id"])),
}
#: Names of lists.
LISTS: Mapping[str, str] = {**{kind: kind for kind in KINDS}, "shifts": "on_call_shifts"}
#: Lists that say nothing a draft could be made of.
BESIDE: Mapping[str, str] = {
    "personal_notification_rules": "contacts are tried in their order; `for` and `not_between` narrow them",
    "outgoing_webhooks": "a channel of type webhook, or exec, and a person who stands for it",
    "webhooks": "a channel of type webhook, or exec, and a person who stands for it",
    "user_groups": "a team in people.yaml",
    "shift_swaps": "`overrides` of the rota",
    "slack_channels": "a channel of type apprise",
    "organizations": "nothing: a site is one organisation",
}


def entries(answer: Part, sketch: Sketch) -> Iterator[tuple[str, Part]]:
    """Every entry of an answer or a file, with the name of its list; what is none is named."""
    waiting = [(answer, "")]  # the next one last
    while waiting:
        one, kind = waiting.pop()
        holders = [] if kind else [key for key in _holders(one) if key in LISTS or key in BESIDE]
        if isinstance(one.value, list):
            waiting += [(entry, kind) for entry in reversed(one.parts())]
        elif isinstance(one.get("results").value, list):
            waiting.append((one.get("results"), kind))
        elif holders:
            waiting += [(one.get(key), LISTS[key]) for key in reversed(holders) if key in LISTS]
            for key in one.written():
                if key not in LISTS:
                    instead = BESIDE.get(key, "see what it does there; nothing was drafted from it")
                    sketch.left(one.get(key), clean(key.replace("_", " ")), instead)
        elif is_a := kind or _kind(one):
            sketch.strange(one, KINDS[is_a][1])
            yield is_a, one
        elif one:
            sketch.left(one, "nothing that is understood", "users, schedules, shifts and escalation chains are")


def _kind(one: Part) -> str:
    keys = set(one.value) if isinstance(one.value, dict) else set()
    return next((name for name, (marks, _) in KINDS.items() if marks <= keys), "")


def _holders(one: Part) -> list[str]:
    """The keys of what holds lists; nothing for an entry, which has an id."""
    return [] if one.get("id") else [key for key in one.written() if isinstance(one.get(key).value, list | dict)]
