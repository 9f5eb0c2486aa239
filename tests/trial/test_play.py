"""Rule tests that go as expected, and what is said of those that don't."""

from pathlib import Path

import pytest

from tests.trial.plays import differences, played

SWITCH = "timeline: [{at: 0, alert: {host: acc-sw-18}}]\n"
DISK = "  - {at: 0, alert: {host: hr-server, check: disk, summary: /var is full}}\n"


def test_what_is_as_expected_leaves_nothing_to_say() -> None:
    assert (
        differences(SWITCH + "expect: {incidents: 1, open: 1, pages: 1, told: [{who: lin, at: 01:00}]}\nuntil: 4m")
        == []
    )


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ("{incidents: 2}", "2 incidents | 1: #1 (acc-sw-18, P2, triggered, reported)"),
        ("{open: 0}", "0 open incidents | 1: #1 (acc-sw-18, P2, triggered, reported)"),
        ("{pages: 3}", "3 pages | 1: lin at 01:00 (open, mail)"),
        ("{shunted: 1}", "1 set aside | 0"),
        ("{nobody_told: true}", "nobody told | lin at 01:00 (open, mail)"),
        ("{not_told: [lin, wu]}", "lin not told | lin at 01:00 (open, mail)"),
        ("{told: [{who: wu}]}", "wu told | nothing to this person"),
        ("{told: [{who: lin, at: ..00:30}]}", "lin told at ..00:30 | lin at 01:00 (open, mail)"),
        ("{told: [{who: lin, kind: end, channel: sms}]}", "lin told end by sms | lin at 01:00 (open, mail)"),
        ("{told: [{who: lin, fate: fails}]}", "lin told fails | lin at 01:00 (open, mail)"),
        ("{told: [{who: lin}, {who: lin, at: 01:00}]}", "lin told at 01:00 | lin at 01:00 (open, mail)"),
        ("{escalation: [{who: wu, kind: hierarchic}]}", "wu told hierarchic | nothing to this person"),
        ("{incident: {cause: core-rt-1}}", "an incident (cause core-rt-1) | there is none such: #1 (acc-sw-18, P2"),
        ("{incident: {cause: acc-sw-18, priority: P1}}", "priority P1 | P2"),
        ("{incident: {about: acc-sw-18, hidden: true}}", "hidden true | false"),
        ("{incident: {about: acc-sw-18, owner: lin}}", "owner lin | none"),
        ("{incident: {cause: acc-sw-18, departments: [sales]}}", "departments sales | legal"),
        ("{incident: {about: acc-sw-18, title: disk}}", "title with 'disk' | 'acc-sw-18: host unreachable'"),
        ("{incident: {cause: acc-sw-18, joined: [hr-server]}}", "in it: hr-server | nobody ever heard of 'hr-server'"),
        ("{incident: {cause: acc-sw-18, unsure: [acc-sw-18]}}", "unsure in it: acc-sw-18 | it is in it as root"),
        ("{incident: {cause: acc-sw-18, not: [acc-sw-18]}}", "not in it: acc-sw-18 | it is in #1"),
        ("{incident: {cause: acc-sw-18, not: [acc-sw-81]}}", "not in it: acc-sw-81 | nobody ever heard of 'acc-sw-81': did"),
        ("{incident: {cause: acc-sw-18, because: [taxes]}}", "because of taxes | rules node-check, "),
        ("{incident: {cause: acc-sw-18, opened: 05:00}}", "opened 05:00 | 00:00"),
        ("{incident: {cause: acc-sw-18, ended: ..05:00}}", "ended ..05:00 | not ended by 04:00"),
        ("{incident: {number: 7}}", "an incident (number 7) | there is none such"),
        ("{incident: [{cause: acc-sw-18}, {priority: P2}]}", "an incident (priority P2) | there is none such: no incident"),
    ],
)  # fmt: skip
def test_each_difference_is_said_in_words(expected: str, difference: str) -> None:
    (found,) = differences(f"{SWITCH}expect: {expected}\nuntil: 4m")
    assert found.startswith(difference)


def test_an_escalation_is_the_whole_list() -> None:
    written = f"{SWITCH}until: 20m\nexpect: {{escalation: %s}}"
    first, then = "{who: chen, kind: functional, at: 06:00}", "{who: wu, kind: hierarchic, at: 16:00}"
    assert differences(written % f"[{first}, {then}]") == []
    assert differences(written % f"[{then}, {first}]") == []
    assert differences(written % "[]") == [
        "no escalations | chen at 06:00 (functional, mail), wu at 16:00 (hierarchic, mail)"
    ]
    assert [one.partition(" | ")[0] for one in differences(written % f"[{first}]")] == ["1 escalation"]


def test_expectations_that_need_the_same_page_share_it_out() -> None:
    text = (
        SWITCH
        + "answers: {chen: 10s}\nuntil: 20m\nexpect: {told: [{who: chen}, {who: lin}, {who: chen, kind: functional}, {who: lin, kind: open}]}"
    )
    assert [one.partition(" | ")[0] for one in differences(text)] == ["chen told functional"]
    both = (
        SWITCH
        + "until: 12h\nexpect: {told: [{who: wu}, {who: wu, kind: hierarchic}, {who: wu}, {who: wu, kind: last_resort, at: 31:00}]}"
    )
    assert differences(both) == []


def test_an_expectation_in_the_timeline_holds_then() -> None:
    text = (
        "timeline:\n  - {at: 0, alert: {host: acc-sw-18}}\n  - {at: 00:59, expect: {nobody_told: true}}\n"
        "  - {at: 01:00, expect: {nobody_told: true}}\n"
    )
    run = played(text)
    assert [(found.place, found.at) for found in run.failed] == [(("timeline", 2, "expect", "nobody_told"), 60.0)]


def test_two_incidents_are_told_apart_by_what_they_hold() -> None:
    text = (
        f"timeline:\n{DISK}  - {{at: 10, alert: {{host: [acc-sw-17, hr-server]}}}}\n"
        "expect:\n  incident:\n    - {joined: [hr-server], priority: P1}\n    - {about: hr-server/disk, cause_kind: local, joined: [hr-server/disk]}\n"
    )
    assert differences(text) == []


def test_people_act_on_the_incident_that_they_name() -> None:
    text = (
        f"timeline:\n{DISK}  - {{at: 0, alert: {{host: acc-sw-18}}}}\n"
        "  - {at: 30, ack: {by: chen, incident: hr-server}}\n"
        "  - {at: 40, note: {by: chen, incident: 1, text: deleting logs}}\n"
        "  - {at: 50, priority: {by: wu, incident: acc-sw-18, priority: P1, text: a visitor}}\n"
        "  - {at: 55, assign: {by: lin, incident: acc-sw-18, person: chen}}\n"
        "  - {at: 60, merge: {by: chen, incident: hr-server, into: acc-sw-18}}\n"
        "  - {at: 70, resolve: {by: chen, text: done}}\n"
        "expect: {incidents: 1, incident: {owner: chen, priority: P1, state: resolved, joined: [hr-server/disk]}}"
    )
    assert differences(text) == []


def test_a_call_that_is_taken_is_an_incident() -> None:
    text = "timeline: [{at: 0, call: {by: zhao, text: my screen is dark, department: legal}}]\nexpect: {incident: {owner: zhao, state: acknowledged}}"
    assert differences(text) == []


@pytest.mark.parametrize(
    ("step", "difference"),
    [
        ("ack: {by: lin, incident: 9}", "ack to be possible | incident 9 is not open"),
        ("ack: {by: lin, incident: hr-server}", "ack to be possible | there is not one open incident about hr-server: none"),
        ("ack: {by: lin, refused: true}", "ack to be possible | incident 1 is yours"),
        ("mail: {file: nowhere.eml}", "mail to be possible | [Errno 2] No such file"),
    ],
)  # fmt: skip
def test_a_step_that_makes_no_sense_is_a_difference(step: str, difference: str) -> None:
    text = f"timeline: [{{at: 0, alert: {{host: acc-sw-18}}}}, {{at: 5, {step}}}]\nexpect: {{incidents: 1}}"
    (found,) = differences(text)
    assert found.startswith(difference)


def test_of_two_open_incidents_one_must_be_named() -> None:
    text = f"timeline:\n{DISK}  - {{at: 0, alert: {{host: acc-sw-18}}}}\n  - {{at: 9, ack: {{by: lin}}}}\nexpect: {{open: 2}}"
    assert differences(text) == ["ack to be possible | there is not one open incident: #1, #2"]


def test_mails_and_bodies_come_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(
        b"From: lan@legal.trading.example\nSubject: no network\n\nNo network in our room.\n"
    )
    (tmp_path / "b.json").write_bytes(b'{"host": "hr-server", "check": "disk", "summary": "disk full"}')
    text = (
        "timeline:\n  - {at: 0, alert: {host: acc-sw-18}}\n  - {at: 30, mail: {file: m.eml}}\n"
        "  - at: 40\n    mail: |\n      From: ping@mon-1.trading.example\n      Subject: hello\n\n      nothing to see\n"
        "  - {at: 50, webhook: {source: anything, file: b.json}}\n"
        "  - {at: 55, webhook: {source: generic, body: {host: hr-server, check: fan, summary: fan failed}}}\n"
        "  - {at: 56, webhook: {source: anything, body: '{oops'}}\n"
        "expect: {incident: [{cause: acc-sw-18, unsure: [lan@legal.trading.example]}, {about: hr-server/disk}, {about: hr-server/fan}]}"
    )
    assert differences(text, tmp_path) == []


def test_a_mail_is_written_in_the_charset_that_is_asked_for() -> None:
    text = (
        "timeline:\n  - {at: 0, alert: {host: acc-sw-17}}\n"
        "  - {at: 9, mail: {sender: 李雷 <lei@finance.trading.example>, subject: 断网, text: 财务部没有网了, charset: gb18030}}\n"
        "expect: {incident: {cause: acc-sw-17, unsure: [lei@finance.trading.example]}}"
    )
    assert differences(text) == []


def test_deliveries_may_change_on_the_way() -> None:
    text = (
        "timeline:\n  - {at: 0, alert: {host: acc-sw-18}}\n  - {at: 90, delivery: {chen: fails}}\nuntil: 7m\n"
        "expect: {told: [{who: lin, at: 60}, {who: chen, at: 06:00, fate: fails}, {who: wu, at: 06:00, kind: hierarchic}]}"
    )
    assert differences(text) == []


def test_what_is_silenced_pages_nobody() -> None:
    text = (
        "timeline:\n  - {at: 0, silence: {by: chen, match: {node: mon-1}, lasts: 2h}}\n"
        "  - {at: 60, alert: {host: mon-1}}\n"
        "expect: {nobody_told: true, incident: {cause: mon-1, hidden: true}}\nuntil: 40m"
    )
    assert differences(text) == []


def test_a_node_is_silenced_with_all_that_depends_on_it() -> None:
    text = (
        "timeline:\n  - {at: 0, silence: {by: chen, nodes: [acc-sw-18], lasts: 2h}}\n"
        "  - {at: 60, alert: {host: mon-1}}\nexpect: {not_told: [chen], incident: {cause: mon-1, hidden: true}}\nuntil: 40m"
    )
    assert differences(text) == []


def test_what_repeats_is_over_when_it_falls_silent_but_not_because_nobody_listened() -> None:
    text = (
        "timeline:\n  - {at: 60, every: 60s, times: 5, alert: {host: mon-1, ends_after: 5m}}\n"
        "  - {at: 301, deaf: 10m}\n"
        "expect: {incident: {cause: mon-1, ended: 25:00}}\nuntil: 40m"
    )
    assert differences(text) == []


def test_a_test_may_bring_its_own_world() -> None:
    text = (
        "timezone: Europe/Paris\n"
        "topology: {nodes: [{id: oven, kind: server, owner: bakers}]}\n"
        "people: [{id: luc, mail: luc@bakery.example}, {id: eve, mail: eve@bakery.example, language: zh_CN}]\n"
        "teams: [{id: bakers, members: [luc]}]\n"
        "last_resort: ['person:eve']\n"
        "heartbeats: [{id: nightly, every: 10m, grace: 1m, node: oven}]\n"
        "maintenance: [{targets: [oven], start: 2027-01-13T11:00:00+01:00, end: 2027-01-13T12:00:00+01:00}]\n"
        "rules: {escalation: {routes: [{id: the-rest, policy: relaxed}]}, correlate: {times: {settle_symptom: 5s}}}\n"
        "timeline: [{at: 0, alert: {host: oven}}, {at: T11:01, alert: {host: oven, check: gas, summary: gas out}}]\n"
        "until: 1:10:00\n"
        "expect: {incident: {cause: oven, told: [{who: luc, at: 5}, {who: eve, text: oven}]}}"
    )
    assert differences(text) == []


def test_the_run_goes_on_until_all_that_is_named_is_over() -> None:
    assert played(SWITCH + "expect: {pages: 1}").end == 600
    assert played(SWITCH + "expect: {told: [{who: lin, at: 01:00..50:00}]}").end == 3600
    assert played(SWITCH + "expect: {incident: {cause: acc-sw-18, opened: 00:00.., ended: ..2:00:00}}").end == 7800
    assert played(SWITCH + "expect: {escalation: [{who: wu, kind: hierarchic, at: 30:00..}]}").end == 2400


def test_a_test_may_be_about_another_site() -> None:
    text = "site: rules/tests/company\ntimeline: [{at: 0, alert: {host: door-panel}}]\nexpect: {told: [{who: dora, at: 01:00}]}"
    assert differences(text) == []


def test_what_a_page_says_is_shown_when_it_lacks_a_word() -> None:
    (found,) = differences(SWITCH + "until: 4m\nexpect: {told: [{who: lin, text: spare tyre}]}")
    assert found.startswith("lin told with spare tyre | lin at 01:00 (open, mail); the last says: [P2]")
    assert "NC-SPARE-2" in found
