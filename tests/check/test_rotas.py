"""Rotas that can be read and hardly mean what they say: gaps, people who can't be called, layers that never hold."""

from pathlib import Path

import pytest

from ingestd.config import load_site, survey
from tests.broken.cases import SITE

NOW = 1_790_000_000.0  # Monday, 21 September 2026, in the afternoon
WEEKEND = 'rota: {people: [jon, kim], every: week, start: "2026-01-05", handover: "08:00"}'


class Desk:
    """The sound site with another rota, and perhaps an iCalendar."""

    def __init__(self, home: Path) -> None:
        self.home, self.files = home, dict(SITE)

    def rota(self, rota: str, **people: str) -> list[str]:
        """What is said of people.yaml. ``people``: what else stands behind somebody's id."""
        text = SITE["people.yaml"].replace(WEEKEND, f"rota: {rota}")
        for who, more in people.items():
            text = text.replace(f"id: {who},", f"id: {who}, {more},")
        return self.told(text)

    def told(self, text: str) -> list[str]:
        for name, content in {**self.files, "people.yaml": text}.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
        found = survey(self.home / "ingestd.yaml", NOW).problems
        return [one.text for one in found if one.file.endswith("people.yaml")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ical(title: str, day: str = "20260924", more: str = "") -> str:
    return (
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:{day}\nSUMMARY:{title}\n{more}END:VEVENT\nEND:VCALENDAR\n"
    )


def test_a_gap_is_told_by_the_clocks_of_the_rota(desk: Desk) -> None:
    week = "restrict: {weekdays: [mon, tue, wed, thu, fri, sat]}, timezone: Asia/Shanghai"
    assert desk.rota(f"{{people: [jon, kim], {week}}}") == [
        "nobody is on call of quay from 2026-09-27 00:00 to 2026-09-28 00:00 and 3 times more"
    ]


def test_a_single_gap(desk: Desk) -> None:
    away = "away: [{from: 2026-10-01, to: 2026-10-03}]"
    assert desk.rota("{people: [jon, kim]}", jon=away, kim=away) == [
        "nobody is on call of quay from 2026-10-01 00:00 to 2026-10-04 00:00"
    ]


def test_a_gap_of_a_team_that_nothing_tells_is_its_own_business(desk: Desk) -> None:
    text = SITE["people.yaml"] + "- {id: office, members: [lea], rota: {people: [kim], restrict: {to: '12:00'}}}\n"
    assert desk.told(text) == []


def test_a_gap_of_the_team_that_is_the_last_resort(desk: Desk) -> None:
    desk.files["ingestd.yaml"] = SITE["ingestd.yaml"].replace('["person:ida"]', '["person:ida", "oncall:office"]')
    text = SITE["people.yaml"] + "- {id: office, members: [lea], rota: {people: [kim], restrict: {to: '12:00'}}}\n"
    assert desk.told(text)[0].startswith("nobody is on call of office from 2026-09-21 16:13 to 2026-09-22 00:00")


def test_a_policy_that_tells_owners_needs_the_turns_of_every_team_that_owns_something(desk: Desk) -> None:
    desk.files["rules/escalation.yaml"] = SITE["rules/escalation.yaml"].replace('"oncall:quay"', "owner")
    assert len(desk.rota("{people: [jon, kim], restrict: {weekdays: [mon]}}")) == 1


def test_who_has_no_contact_or_is_away_for_weeks(desk: Desk) -> None:
    away = "away: [{from: 2026-09-01, to: 2026-12-01}]"
    assert desk.rota("{people: [jon, lea], layers: [{people: [kim]}]}", kim=away) == [
        "layer 1 never holds: the layers after it take all its time",
        "lea has no contact: nobody is told in this turn",
        "kim is away then: the next one is called",
    ]


def test_an_override_of_somebody_who_is_away_then_or_has_no_contact(desk: Desk) -> None:
    overrides = (
        '[{person: kim, from: "2026-09-24 08:00", to: "2026-09-25 08:00"},'
        ' {person: lea, from: "2026-09-26 08:00", to: "2026-09-27 08:00"}]'
    )
    assert desk.rota(
        f"{{people: [jon], overrides: {overrides}}}", kim="away: [{from: 2026-09-24, to: 2026-09-25}]"
    ) == [
        "kim is away then: the next one is called",
        "lea has no contact: nobody is told in this turn",
    ]


def test_overrides_of_one_person_may_meet(desk: Desk) -> None:
    overrides = (
        '[{person: kim, from: "2026-09-24 08:00", to: "2026-09-25 08:00"},'
        ' {person: kim, from: "2026-09-25 07:00", to: "2026-09-26 08:00"},'
        ' {person: jon, from: "2026-09-26 08:00", to: "2026-09-27 08:00"}]'
    )
    assert desk.rota(f"{{people: [jon], overrides: {overrides}}}") == []


def test_layers_that_together_leave_nothing_to_another(desk: Desk) -> None:
    layers = "[{people: [kim], restrict: {to: '12:00'}}, {people: [ida], restrict: {from: '12:00', to: '00:00'}}]"
    assert desk.rota(f"{{people: [jon], layers: {layers}}}") == [
        "layer 1 never holds: the layers after it take all its time"
    ]
    assert desk.rota(f"{{people: [jon], layers: {layers.replace('00:00', '23:59')}}}") == []


def test_a_night_of_sunday_holds_on_monday_too(desk: Desk) -> None:
    rest = "[{people: [kim], restrict: {weekdays: [mon], to: '06:00'}}, {people: [ida], restrict: {weekdays: [sun], from: '22:00', to: '06:00'}}]"
    assert desk.rota(f"{{people: [jon], layers: {rest}}}") == [
        "layer 2 never holds: the layers after it take all its time"
    ]


def test_events_that_name_nobody_and_events_that_are_none(desk: Desk) -> None:
    desk.files["rules/duty.ics"] = ical("Summer party")
    assert desk.rota("{people: [jon], ical: duty.ics}") == ["duty.ics: 'Summer party' names nobody of people.yaml"]
    desk.files["rules/duty.ics"] = ical("Ida Holm", more="RRULE:FREQ=SECONDLY\n")
    (line,) = desk.rota("{people: [jon], ical: duty.ics}")
    assert line.startswith("duty.ics: Ida Holm: ")
    assert desk.rota("{people: [jon], ical: duty.txt}") == ["expected a file rules/*.ics"]


def test_an_icalendar_beside_the_people_is_one_too_and_that_in_rules_counts(desk: Desk) -> None:
    desk.files["duty.ics"] = ical("Ida Holm")
    assert desk.rota("{people: [jon], ical: duty.ics}") == []
    site = load_site(desk.home / "ingestd.yaml")
    midday = 1_790_244_000.0  # 24 September
    assert site.rulebook.people.on_call("quay", midday) == ("ida",)
    assert ("duty.ics", desk.files["duty.ics"]) in site.sources
    desk.files["rules/duty.ics"] = ical("kim")
    assert desk.rota("{people: [jon], ical: duty.ics}") == []
    assert load_site(desk.home / "ingestd.yaml").rulebook.people.on_call("quay", midday) == ("kim",)


def test_a_calendar_of_the_site_as_holidays(desk: Desk) -> None:
    assert desk.rota("{people: [jon], holidays: night, holiday: {people: [kim]}}") == []
    people = load_site(desk.home / "ingestd.yaml").rulebook.people
    assert people.on_call("quay", 1_790_244_000.0) == ("jon",)
    assert people.on_call("quay", 1_790_244_000.0 + 11 * 3600) == ("kim",), "at night"


def test_a_calendar_with_broken_hours_breaks_nothing_else(desk: Desk) -> None:
    desk.files["rules/priority.yaml"] = SITE["rules/priority.yaml"].replace("22:00", "22:70")
    assert desk.rota("{people: [jon], holidays: night, holiday: {people: [kim]}}") == []


def test_two_teams_by_one_name(desk: Desk) -> None:
    text = SITE["people.yaml"] + "- {id: quay, members: [lea], rota: {people: [lea]}}\n"
    assert desk.told(text)[0] == "'quay' is defined twice"


def test_mistakes_of_every_layer_are_told(desk: Desk) -> None:
    layers = "[{people: [], every: x, start: y, handover: z, restrict: {from: a, to: b}}]"
    found = desk.rota(f"{{people: [max], layers: {layers}, holidays: DE, holiday: {{people: [moe]}}}}")
    assert sorted(found) == sorted(
        [
            "unknown person 'max': known are ida, jon, kim, lea",
            "expected at least one person",
            "expected day, week, 3 days or 2 weeks, got 'x'",
            "expected a date such as 2027-01-31, got 'y'",
            *(f"expected a time of day such as 06:00, got '{one}'" for one in "zab"),
            "unknown person 'moe': known are ida, jon, kim, lea",
        ]
    )
