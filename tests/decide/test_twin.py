"""One signal under two names, seen by two monitors."""

import pytest

from tests.decide.stories import alert
from tests.night import Night


def disk(check: str, summary: str = "usage 94 %", host: str = "hr-server", **more: object) -> dict[str, object]:
    return alert(host, check, summary=summary, severity="warning", **more)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("disk", "Free space C:"),
        ("ssl-cert", "Certificate"),
        ("backup", "Nightly Backup"),
        ("磁盘使用率", "disk"),
        ("memory", "RAM"),
    ],
)
def test_two_names_of_one_signal_are_one_incident(one: str, other: str) -> None:
    night = Night()
    night.webhook(0, disk(one), source="prod")
    night.webhook(5, disk(other), source="branch-office")
    assert len(night.incidents()) == 1
    assert night.alerts("hr-server")[1].certainty == "unsure"
    assert night.alerts("hr-server")[1].reasons[-1].text == f"prod has it as {one} on hr-server"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (disk("disk /var"), disk("Free space /home")),
        (disk("disk", "C: is 94 % full"), disk("Volume", "D: is 91 % full")),
        (disk("disk"), disk("memory")),
        (disk("disk", host="inventory-db"), disk("Free space")),
    ],
)
def test_different_disks_signals_or_nodes_are_different_things(
    first: dict[str, object], second: dict[str, object]
) -> None:
    night = Night()
    night.webhook(0, first, source="prod")
    night.webhook(5, second, source="branch-office")
    assert len(night.incidents()) == 2


def test_what_one_monitor_tells_apart_is_apart() -> None:
    night = Night()
    night.webhook(0, disk("disk"), source="prod")
    night.webhook(5, disk("Free space"), source="prod")
    assert len(night.incidents()) == 2


def test_where_two_could_be_meant_none_is() -> None:
    night = Night()
    night.webhook(0, disk("disk"), source="prod")
    night.webhook(1, disk("inodes"), source="prod")
    night.webhook(5, disk("Free space"), source="branch-office")
    assert len(night.incidents()) == 3


def test_a_twin_whose_monitor_ends_nothing_ends_with_the_other() -> None:
    night = Night()
    night.webhook(0, disk("disk"), source="prod")
    night.webhook(5, disk("Free space"), source="branch-office")
    night.webhook(600, disk("disk", state="resolved"), source="prod")
    assert {a.state for a in night.alerts("hr-server")} == {"resolved"}
    night.until(1000)
    assert [i.state for i in night.incidents()] == ["resolved"]


def test_a_twin_whose_monitor_says_when_things_end_is_waited_for() -> None:
    night = Night()
    night.webhook(0, alert("acc-sw-18", state="resolved"), source="branch-office")
    night.webhook(0, disk("disk"), source="prod")
    night.webhook(5, disk("Free space"), source="branch-office")
    night.webhook(600, disk("disk", state="resolved"), source="prod")
    night.until(1000)
    assert [i.state for i in night.incidents()] == ["triggered"]


def test_a_twin_of_something_that_is_over_is_new() -> None:
    night = Night()
    night.webhook(0, disk("disk"), source="prod")
    night.act(10, "lin", "resolve", 1)
    night.webhook(20, disk("Free space"), source="branch-office")
    assert [i.state for i in night.incidents()] == ["resolved", "triggered"]
