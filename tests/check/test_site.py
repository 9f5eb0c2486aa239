"""What is looked for between the files: names in conditions, people who can't be told, ways out that are one."""

from pathlib import Path

import pytest

from ingestd.config import survey
from tests.broken.cases import SITE

NOW = 1_790_000_000.0


class Desk:
    """A sound site, and edits of it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.files = dict(SITE)

    def edit(self, name: str, old: str, new: str) -> "Desk":
        assert self.files[name].count(old) == 1, (name, old)
        self.files[name] = self.files[name].replace(old, new)
        return self

    def told(self) -> list[str]:
        for name, text in self.files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return [str(one).removeprefix(f"{self.home}/") for one in survey(self.home / "ingestd.yaml", NOW).problems]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_names_are_looked_for_wherever_a_condition_holds_them(desk: Desk) -> None:
    when = (
        "{any: [{team: quai}, {calendar: [night, nite]}], not: {all: [{team: quay}, {team: keys}]}, node: [core, cor]}"
    )
    desk.edit("rules/priority.yaml", "{calendar: night, class: local}", when)
    assert [line.rpartition("unknown ")[2] for line in desk.told()] == [
        "team 'quai': did you mean 'quay'?",
        "calendar 'nite': did you mean 'night'?",
        "team 'keys': known are quay",
        "node 'cor': did you mean 'core'?",
    ]


def test_patterns_globs_and_comparisons_are_no_names(desk: Desk) -> None:
    desk.edit("rules/priority.yaml", "calendar: night", "team: ['~^q', 'qu*', '!= x', '']")
    assert desk.told() == []


def test_names_of_a_file_that_can_not_be_read_are_not_missed(desk: Desk) -> None:
    desk.files["people.yaml"] = "people: [\n"
    desk.files["topology.yaml"] += "  - : x\n"
    assert [line.split(":")[0] for line in desk.told()] == ["people.yaml", "topology.yaml"]


def test_a_name_that_a_mistake_hides_is_not_missed_either(desk: Desk) -> None:
    desk.edit("people.yaml", "{id: jon, mail: jon@harbour.example, manager: ida}", "{id: jon, mail: 7, manager: ida}")
    assert desk.told() == ["people.yaml:3:19: expected text, got a whole number '7': put it in quotes"]


def test_several_mistakes_of_one_rule_and_of_several(desk: Desk) -> None:
    desk.edit("rules/priority.yaml", "{calendar: night, class: local}", "{klass: local, people: many}")
    desk.edit("rules/priority.yaml", 'node: "crane-*"', "text: '~['")
    assert [line.split(": ")[0] for line in desk.told()] == [
        "rules/priority.yaml:4:25",
        "rules/priority.yaml:4:47",
        "rules/priority.yaml:6:35",
    ]


def test_a_rule_that_is_wrong_beyond_its_condition(desk: Desk) -> None:
    desk.files["rules/correlate.yaml"] = "groups:\n- {id: a, same: [floor]}\n- {id: b, same: [site], when: {chek: x}}\n"
    found = desk.told()
    assert found[0].startswith("rules/correlate.yaml:2:3: same: expected check")
    assert found[1].startswith("rules/correlate.yaml:3:32: unknown fact 'chek': did you mean 'check'?")


def test_the_address_of_a_contact(desk: Desk) -> None:
    desk.edit("people.yaml", "mail: kim@harbour.example", "contacts: [{address: kim}]")
    assert desk.told() == ["people.yaml:4:34: expected a mail address, got 'kim'"]


def test_a_rota_of_nobody_and_a_hand_over_at_the_end_of_the_day(desk: Desk) -> None:
    desk.edit("people.yaml", "{people: [jon, kim], every: week,", "{people: [], every: day,")
    desk.edit("people.yaml", '"08:00"', '"24:00"')
    assert [line.partition(": ")[2] for line in desk.told()] == [
        "expected at least one person",
        "expected a time of day such as 06:00, got '24:00'",
    ]


def test_a_policy_whose_owner_team_is_away_for_a_week(desk: Desk) -> None:
    desk.edit("people.yaml", ", mail: jon@harbour.example", "")
    desk.edit(
        "rules/escalation.yaml", '- {id: calm, steps: [{tell: ["oncall:quay"]', "- {id: calm, steps: [{tell: [owner]"
    )
    assert desk.told() == [
        "people.yaml:7:51: jon has no contact: nobody is told in this turn",
        "rules/escalation.yaml:6:21: policy calm reaches nobody for team quay at 2026-09-28 08:00: "
        "only the last resort is told",
    ]


def test_all_channels_of_a_policy_behind_one_switch(desk: Desk) -> None:
    desk.edit("ingestd.yaml", "  sender:", "  depends_on: [core]\n  sender:")
    desk.edit(
        "people.yaml",
        "mail: ida@harbour.example",
        "contacts: [{address: i@x.example}, {channel: maildir, address: i@x}]",
    )
    assert desk.told() == []
    desk.edit("ingestd.yaml", "{path: mails}", "{path: mails, depends_on: [crane-plc]}")
    (line,) = desk.told()
    assert line.endswith("every way out hangs on core: if it fails nobody is told")


def test_a_channel_that_one_of_two_keeps_up_does_not_hang_on_either(desk: Desk) -> None:
    desk.edit(
        "topology.yaml", "depends_on: [core], owner: quay}", "depends_on: [{any_of: [core, spare]}], owner: quay}"
    )
    desk.edit("topology.yaml", "- {id: crane-plc", "- {id: spare, kind: switch}\n- {id: crane-plc")
    desk.edit("ingestd.yaml", "  sender:", "  depends_on: [core]\n  sender:")
    desk.edit("ingestd.yaml", "{path: mails}", "{path: mails, depends_on: [crane-plc]}")
    assert desk.told() == []


def test_days_of_a_calendar(desk: Desk) -> None:
    desk.edit("rules/priority.yaml", 'from: "22:00", to: "06:00"', "days: [0, 31], last_days: 40")
    assert [line.partition(": ")[2] for line in desk.told()] == [
        "expected a day of the month, got 0",
        "expected 1 to 31 days, got 40",
    ]


def test_a_heartbeat_of_a_node_that_is_none(desk: Desk) -> None:
    desk.edit("heartbeats.yaml", "grace: 30m", "node: mars")
    assert desk.told() == ["heartbeats.yaml:2:35: 'mars' is no node of topology.yaml"]
