"""Object files of Nagios as a site: who was notified there, and when, is told here."""

from pathlib import Path

import pytest

from ingestd.decide.calendar import CalendarSpec
from ingestd.decide.oncall import Contact
from ingestd.moving import nagios
from ingestd.moving.draft import Draft
from ingestd.yamltypes import ConfigError
from tests.moving.sites import NOW, command, file, left, read


def sample() -> Draft:
    return read("nagios", "objects.cfg", "status.dat")


def drafted(tmp_path: Path, text: str, name: str = "x.cfg") -> Draft:
    (tmp_path / name).write_text(text, "utf-8")
    return nagios.read([tmp_path / name], NOW)


def steps(draft: Draft, route: str) -> list[tuple[tuple[str, ...], int]]:
    policy = next(one.spec.policy for one in draft.routes if one.spec.id == route)
    return [
        (step.tell, round(step.wait / 60)) for one in draft.policies if one.spec.id == policy for step in one.spec.steps
    ]


def test_contacts_are_people() -> None:
    brewer, kettle, nobody = sample().people
    assert (brewer.name, brewer.contacts[1]) == ("Elin Malt", Contact(channel="pager", address="+46700000001"))
    assert kettle.contacts == (Contact(address="kettle@brew.example", not_between="22:00-07:00"),)
    assert (nobody.id, nobody.name, nobody.ways()) == ("u1", "值班员", ())


def test_contact_groups_are_teams_with_the_groups_within() -> None:
    assert [(team.id, team.members) for team in sample().teams] == [
        ("brewers", ("brewer", "kettle")),
        ("cellar", ("kettle",)),
    ]


def test_a_time_period_is_a_calendar() -> None:
    assert sample().calendars == (
        CalendarSpec(id="officehours", weekdays=("mon", "tue", "wed", "thu", "fri"), from_="08:00", to="16:30"),
    )
    for word in ("december 25", "2027-01-01 / 7", "exclude stocktaking", "lunch: other hours on other days"):
        assert left(sample(), word), word


def test_notification_three_is_due_after_two_intervals() -> None:
    assert steps(sample(), "brewers-escalated") == [
        (("team:brewers",), 60),
        (("person:brewer",), 30),
        (("person:brewer", "team:cellar"), 30),
    ]


def test_services_come_before_hosts_and_ping_is_any_service() -> None:
    draft = sample()
    assert [one.spec.id for one in draft.routes] == [
        "temperature-kettle-1", "line-speed-bottling", "services-kettle-1", "brewers-escalated", "bottling", "cafe", "attic",
    ]  # fmt: skip
    services = next(one.spec for one in draft.routes if one.spec.id == "services-kettle-1")
    assert services.when == {"node": ["kettle-1", "kettle-2"], "check": "?*"}
    assert steps(draft, "services-kettle-1") == [(("team:brewers",), 30)]  # escalations of hosts are not theirs
    assert steps(draft, "line-speed-bottling") == [(("person:u1",), 30), (("team:brewers",), 30)]


def test_a_period_of_no_hours_tells_nobody() -> None:
    policies = {one.spec.id: one.spec.policy for one in sample().routes}
    assert policies["attic"] == "digest"
    assert "museum" not in policies


def test_what_stays_behind_is_named_with_its_line() -> None:
    draft = sample()
    for word in ("template 'nowhere'", "_SECRET", "address1", "shoe_size", "'/dev/null'", "c, r only", "'ghost'", "escalation_period",
                 "a serviceescalation for *", "museum: notifications are off", "flexible downtime", "officehours only"):  # fmt: skip
        assert left(draft, word), word
    assert any(":11:1: contact brewer" in one for one in left(draft, "_SECRET"))
    assert all(one.line for one in draft.left)


def test_downtimes_are_commands() -> None:
    host, service = [line for line in file(sample(), "silences.sh").splitlines() if line.startswith("ingestd")]
    assert (command(host).node, command(host).why) == (["kettle-1"], "new burner; `touch x` (by elin)")
    assert command(host).until == "2099-01-01T00:00+00:00"
    assert command(service).matchers == ["node=bottling", "alertname=line speed"]
    assert command(service).start == "2098-12-31T21:33+00:00"


def test_templates_that_go_round_are_named(tmp_path: Path) -> None:
    text = "define contact {\nname a\nuse b\nregister 0\n}\ndefine contact {\nname b\nuse a\nregister 0\n}\ndefine contact {\nuse a\n}\n"
    found = drafted(tmp_path, text)
    assert left(found, "uses itself")
    assert left(found, "a contact without contact_name")


def test_templates_of_templates_are_opened_once(tmp_path: Path) -> None:
    text = "".join(f"define contact {{\nname t{n}\nregister 0\nuse t{n + 1},t{n + 1}\n}}\n" for n in range(45))
    found = drafted(tmp_path, text + "define contact {\ncontact_name x\nuse t0\nemail x@x.example\n}\n")
    assert found.people[0].mail == "x@x.example"


def test_periods_that_begin_and_end_otherwise(tmp_path: Path) -> None:
    text = (
        "define contact {\ncontact_name a\nemail a@x.example\nhost_notification_period early\nservice_notification_period late\n}\n"
        "define timeperiod {\ntimeperiod_name early\n" + "".join(f"{day} 00:00-20:00\n" for day in DAYS) + "}\n"
        "define timeperiod {\ntimeperiod_name late\n" + "".join(f"{day} 10:00-24:00\n" for day in DAYS) + "}\n"
    )
    assert drafted(tmp_path, text).people[0].contacts[0].not_between == "20:00-00:00"


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("define contact {\ncontact_name x\n", ":1:1: define contact: no } up to the end of the file"),
        ("\ndefine contact {\ndefine contact {\n}\n", ":2:1: define contact: no } before the next define in line 3"),
        ("hello\n", ":1:1: no `define contact`"),
    ],
)
def test_broken_files_are_named_by_line(text, why, tmp_path) -> None:
    with pytest.raises(ConfigError) as caught:
        drafted(tmp_path, text)
    assert f"x.cfg{why}" in str(caught.value)


def test_a_site_of_many_hosts_is_drafted_at_once(tmp_path: Path) -> None:
    hosts = "".join(f"define host {{\nhost_name h{n}\ncontact_groups g\n}}\n" for n in range(3000))
    group = "define contactgroup {\ncontactgroup_name g\nmembers a\n}\ndefine contact {\ncontact_name a\nemail a@x.example\n}\n"
    found = drafted(tmp_path, hosts + group)
    assert len(found.routes) == 15
    assert found.routes[0].note == "h0, h1, h2 and 197 more"
