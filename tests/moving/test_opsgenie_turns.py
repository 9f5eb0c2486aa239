"""Random rotations of Opsgenie: the same people are on call at any hour, through the changes of the clocks."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.decide.oncall import People, PeopleFile
from ingestd.moving import opsgenie
from ingestd.yamltypes import loads
from tests.moving.sites import NOW, file

ZONE = ZoneInfo("Europe/Berlin")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PEOPLE = ("ann", "bob", "cy")

_hour = st.integers(0, 23)
_daily = st.tuples(_hour, _hour).map(
    lambda pair: {
        "type": "time-of-day",
        "restriction": {"startHour": pair[0], "startMin": 0, "endHour": pair[1], "endMin": 0},
    }
)
_weekly = st.lists(st.tuples(st.integers(0, 6), _hour, st.integers(0, 6), _hour), min_size=1, max_size=2).map(
    lambda listed: {
        "type": "weekday-and-time-of-day",
        "restrictions": [
            {"startDay": DAYS[a], "startHour": b, "startMin": 0, "endDay": DAYS[c], "endHour": d, "endMin": 0}
            for a, b, c, d in listed
        ],
    }
)
_rotation = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["daily", "weekly"]),
        "length": st.integers(1, 3),
        "startDate": st.tuples(st.integers(1, 28), _hour).map(lambda at: f"2026-02-{at[0]:02}T{at[1]:02}:00:00+01:00"),
        "participants": st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3),
        "timeRestriction": st.none() | _daily | _weekly,
    }
)


def on_call(rotation: dict[str, Any], at: datetime) -> str | None:
    """Whose turn it is, counted by the clocks on the wall; None: the rotation does not hold."""
    start = datetime.fromisoformat(rotation["startDate"]).replace(tzinfo=None)
    days = rotation["length"] * (7 if rotation["type"] == "weekly" else 1)
    place = (at - start) // timedelta(days=days) % len(rotation["participants"])
    return rotation["participants"][place] if holds(rotation["timeRestriction"], at) else None


def holds(restriction: dict[str, Any] | None, at: datetime) -> bool:
    if restriction is None:
        return True
    hour = at.weekday() * 24 + at.hour
    if "restriction" in restriction:
        one = restriction["restriction"]
        length = (one["endHour"] - one["startHour"]) % 24 or 24
        return (at.hour - one["startHour"]) % 24 < length
    spans = [
        (DAYS.index(one["startDay"]) * 24 + one["startHour"], DAYS.index(one["endDay"]) * 24 + one["endHour"])
        for one in restriction["restrictions"]
    ]
    return any((hour - low) % 168 < ((high - low) % 168 or 168) for low, high in spans)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rotations=st.lists(_rotation, min_size=1, max_size=3),
    hours=st.lists(st.integers(0, 24 * 60), min_size=10, max_size=20),
)
def test_the_same_people_are_on_call(rotations, hours, tmp_path) -> None:
    listed = [
        {**one, "id": f"r{n}", "name": f"r{n}", "participants": [{"type": "user", "username": f"{p}@x.example"} for p in one["participants"]]}
        for n, one in enumerate(rotations)
    ]  # fmt: skip
    path: Path = tmp_path / "export.json"
    path.write_text(
        json.dumps({"schedules": [{"id": "s", "name": "S", "timezone": "Europe/Berlin", "rotations": listed}]})
    )
    draft = opsgenie.read([path], NOW)
    people = People(loads(file(draft, "people.yaml"), PeopleFile, "x"))
    for hour in hours:
        shown = datetime(2026, 3, 1) + timedelta(hours=hour, minutes=30)
        if shown.date().isoformat() == "2026-03-29" and shown.hour in (2, 3):
            continue  # the clocks jump
        wall = shown.replace(tzinfo=ZONE).timestamp()
        found = {one for team in draft.teams for one in people.on_call(team.id, wall)}
        assert found == {who for one in rotations if (who := on_call(one, shown))}
