"""A failed test for a reader: two timelines side by side."""

from ingestd.trial import show
from tests.trial.plays import played

MANY = "timeline: [{at: 0, every: 10s, times: 200, alert: {host: [acc-sw-18, mon-1]}}, {at: 30:00, expect: {nobody_told: true}}]\nexpect: {pages: 0}"


def test_a_long_timeline_is_cut_to_what_stands_near_the_first_difference() -> None:
    table = show.rows(played(MANY))
    assert len(table) <= show.MOST_LINES + 2
    assert [row.mark for row in table if row.mark] == [show.MARK, "x"]
    assert table[-1].actual.startswith("… and ")


def test_plain_text_has_two_columns() -> None:
    run = played("timeline: [{at: 0, alert: {host: acc-sw-18}}]\nexpect: {told: [{who: lin}, {who: wu}]}\nuntil: 2m")
    lines = list(show.plain(show.rows(run)))
    assert [" ".join(line.split()) for line in lines] == [
        "expected what happened",
        "00:00 test: acc-sw-18 firing",
        "00:00 #1 opened: acc-sw-18: host unreachable",
        "01:00 lin told #1 told lin (open, mail), P2",
        "> 02:00 wu told -- nothing to this person",
    ]


def test_the_reasons_are_those_of_the_incidents_that_differ() -> None:
    run = played(
        "timeline: [{at: 0, alert: {host: [acc-sw-17, acc-sw-18]}}]\n"
        "expect: {incident: [{cause: acc-sw-18, priority: P4}, {cause: acc-sw-17}]}"
    )
    found = show.reasons(run)
    assert found[0] == "because: #2 fingerprint node-check: acc-sw-18|"
    assert [line for line in found if " rank " in line][
        -1
    ] == "because: #2 rank matrix: impact medium x urgency high = P2"
    assert show.reasons(played("timeline: [{at: 0, alert: {host: mon-1}}]\nexpect: {pages: 7}")) == []
