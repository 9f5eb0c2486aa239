"""Merge, split, move by hand: it stays, it can be taken back, and nobody is paged anew because of it."""

import pytest

from ingestd.model import Alert, Incident, News
from tests.decide.stories import ROW, alert
from tests.night import Night, trading_company


def two() -> Night:
    """Two incidents, both told: 1 is acc-sw-18's, 2 a disk's."""
    night = Night()
    night.webhook(0, alert("acc-sw-18"))
    night.webhook(1, alert("hr-server", "disk", summary="disk usage 97 %"))
    night.until(100)
    return night


def storm() -> Night:
    """One incident: the switch, three servers, all told."""
    night = Night(trading_company(topology=ROW))
    for second, host in enumerate(("srv-1", "sw", "srv-2", "srv-3")):
        night.webhook(second, alert(host))
    night.webhook(5, alert("srv-2", "ssh", summary="connection refused"))
    night.until(100)
    return night


def found(night: Night) -> list[tuple[int, str, str, int]]:
    return [(i.number, i.state, i.cause or "", i.merged_into) for _, i in sorted(night.world.incidents.items())]


def of(night: Night, host: str) -> Alert:
    return night.alerts(host)[0]


def test_a_merge_keeps_the_number_that_was_named_and_tells_only_who_did_not_know() -> None:
    night = two()
    pages = night.told()
    assert night.act(200, "lin", "merge", 2, into=1).text == "incident 2 continues as 1"
    assert night.world.incidents[2].merged_into == 1
    assert night.world.incidents[1].cause == "acc-sw-18"
    new = night.pages[len(pages) :]
    knew = {p.person for p in night.pages[: len(pages)] if p.incident == 1}
    assert [p.kind for p in new] == ["update"] * len(new)
    assert knew.isdisjoint(p.person for p in new)
    assert {p.notification.facts.news for p in new} <= {(News("merged", "#2", "Lin Hao"),)}


def test_what_was_merged_can_be_split_again_and_is_as_before() -> None:
    night = two()
    before: dict[int, Incident] = dict(night.world.incidents)
    night.act(200, "lin", "merge", 2, into=1)
    told = len(night.pages)
    verdict = night.act(300, "lin", "split", 2)
    assert verdict.ok
    assert verdict.text == "incident 2 is an incident of its own again, and yours"
    for number in (1, 2):
        now, then = night.world.incidents[number], before[number]
        assert (now.cause, now.cause_kind, now.root, now.began, now.title) == (
            then.cause,
            then.cause_kind,
            then.root,
            then.began,
            then.title,
        )
        assert now.merged_into == 0
    assert night.world.incidents[2].owner == "lin"
    night.until(3000)
    assert [p for p in night.pages[told:] if p.incident == 2] == []


def test_an_owner_takes_what_she_owns_along() -> None:
    night = two()
    night.act(150, "chen", "ack", 2)
    night.act(200, "lin", "merge", 2, into=1)
    assert (night.world.incidents[1].state, night.world.incidents[1].owner) == ("acknowledged", "chen")


@pytest.mark.parametrize(
    ("number", "into", "text"),
    [(2, 9, "incident 9 is not open"), (1, 1, "incidents 1 and 1 are one already")],
)
def test_merges_that_make_no_sense_are_refused(number: int, into: int, text: str) -> None:
    night = two()
    verdict = night.act(200, "lin", "merge", number, into=into)
    assert (verdict.ok, verdict.text) == (False, text)


def test_nothing_is_merged_into_what_is_over() -> None:
    night = two()
    night.act(150, "lin", "resolve", 1)
    assert night.act(200, "lin", "merge", 2, into=1).text == "incident 1 is resolved already"


def test_what_is_not_part_of_it_is_an_incident_of_its_own_with_all_of_its_node() -> None:
    night = storm()
    assert [i.cause for i in night.incidents()] == ["sw"]
    verdict = night.act(200, "lin", "split", 1, alert=of(night, "srv-2").id)
    assert verdict.ok
    own = night.world.incidents[verdict.incident]
    assert (own.cause, own.owner, own.state, own.merged_into) == ("srv-2", "lin", "acknowledged", 0)
    assert {night.world.alerts[a.id].incident for a in night.alerts("srv-2")} == {own.number}
    assert of(night, "srv-2").reasons[-1].text == "not part of #1: Lin Hao"


def test_judgement_never_joins_it_again() -> None:
    night = storm()
    verdict = night.act(200, "lin", "split", 1, alert=of(night, "srv-2").id)
    night.webhook(210, alert("srv-4"))
    night.webhook(220, alert("sw"))
    night.webhook(230, alert("srv-2", "http", summary="connection refused"))
    night.until(1000)
    assert night.world.incidents[verdict.incident].merged_into == 0
    assert {night.world.alerts[a.id].incident for a in night.alerts("srv-2")} == {verdict.incident}


def test_an_alert_that_came_with_an_incident_of_its_own_gets_it_back() -> None:
    night = storm()
    root = of(night, "srv-1")
    other = next(i for i in night.world.incidents.values() if i.merged_into)
    split_off = next(a for a in night.world.alerts.values() if a.incident == other.number)
    assert split_off.node == "sw"
    assert not night.act(200, "lin", "split", 1, alert=split_off.id).ok  # the cause itself stays
    assert night.act(210, "lin", "split", root.incident, alert=root.id).incident != other.number


def test_a_linked_incident_is_found_by_one_of_its_alerts() -> None:
    night = two()
    night.act(200, "lin", "merge", 2, into=1)
    verdict = night.act(300, "lin", "split", 1, alert=of(night, "hr-server").id)
    assert (verdict.incident, night.world.incidents[2].merged_into) == (2, 0)


def test_splits_that_make_no_sense_are_refused() -> None:
    night = storm()
    assert "is merged into none; name the alert" in night.act(200, "lin", "split", 1).text
    assert night.act(200, "lin", "split", 1, alert=99).text == "alert a99 is not in incident 1"
    assert "sw is the cause of incident 1" in night.act(200, "lin", "split", 1, alert=of(night, "sw").id).text


def test_an_alert_moves_with_its_node_and_what_is_left_empty_goes_along() -> None:
    night = two()
    assert night.act(200, "lin", "move", 1, alert=of(night, "hr-server").id).text == "hr-server is in incident 1 now"
    assert night.world.incidents[2].merged_into == 1
    assert of(night, "hr-server").certainty == "sure"
    assert night.act(210, "lin", "move", 1, alert=of(night, "hr-server").id).text.endswith("is in incident 1 already")
    assert night.act(220, "lin", "move", 1, alert=77).text == "alert a77 is not open"


def test_a_replay_finds_an_alert_by_its_fingerprint() -> None:
    night = storm()
    verdict = night.act(200, "lin", "split", 1, alert=999, fingerprint=of(night, "srv-2").fingerprint)
    assert night.world.incidents[verdict.incident].cause == "srv-2"


def test_nobody_is_paged_twice_by_a_merge_and_a_split() -> None:
    night = storm()
    told = [(p.person, p.incident) for p in night.pages if p.kind != "end"]
    number = night.act(200, "lin", "split", 1, alert=of(night, "srv-2").id).incident
    night.act(250, "lin", "merge", number, into=1)
    night.act(260, "lin", "split", number)
    night.until(3600)
    new = [(p.person, p.incident) for p in night.pages[len(told) :] if p.kind not in ("end", "update")]
    assert [pair for pair in new if pair[1] == number] == []
