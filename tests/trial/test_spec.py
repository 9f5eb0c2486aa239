"""What may stand in a rule test, and where a mistake in it is."""

import pytest

from tests.trial.plays import mistakes

SOME = "timeline: [{at: 0, alert: {host: acc-sw-18}}]\n"


ALL = SOME + "expect: {pages: 1}"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (SOME, "1:1: nothing is expected: a test that can't fail tests nothing"),
        (SOME + "expect: {}", "4:9: 'expect' names nothing: a test that can't fail tests nothing"),
        (SOME + "expect: {told: []}", "4:9: 'told' names nothing: a test that can't fail tests nothing"),
        (SOME + "expect: {incident: {}}", "4:20: 'incident' names nothing: a test that can't fail tests nothing"),
        (SOME + "expect: {incident: {not: []}}", "4:20: 'not' names nothing: a test that can't fail tests nothing"),
        (SOME + "expect: {nobody_told: false}", "4:9: 'nobody_told: false' says too little: write who is told"),
        (SOME + "expect: {pagse: 1}", "4:10: unknown key 'pagse': did you mean 'pages'?"),
        (SOME + "expect: {told: [{who: linn}]}", "4:23: unknown person 'linn': did you mean 'lin'?"),
        (SOME + "expect: {not_told: [linn]}", "4:21: unknown person 'linn': did you mean 'lin'?"),
        (
            SOME + "expect: {escalation: [{who: linn, kind: functional}]}",
            "4:29: unknown person 'linn': did you mean 'lin'?",
        ),
        (SOME + "expect: {incident: {owner: linn}}", "4:28: unknown person 'linn': did you mean 'lin'?"),
        (SOME + "expect: {incident: [{owner: linn}]}", "4:29: unknown person 'linn': did you mean 'lin'?"),
        ("timeline: []\nexpect: {pages: 1}", "1:1: nothing happens: the timeline is empty"),
        ("timeline: [{at: 0, alrt: {host: x}}]\nexpect: {pages: 1}", "3:20: unknown key 'alrt': did you mean 'alert'?"),
        ("timeline: [{at: 0, mail: {subject: x, file: y}}]\nexpect: {pages: 1}", "3:26: expected a file, or a subject"),
        ("timeline: [{at: 0, mail: {subject: x, sender: y}}]\nexpect: {pages: 1}", "3:26: expected a mail address"),
        (
            "timeline: [{at: 0, mail: {subject: 网, charset: latin-1}}]\nexpect: {pages: 1}",
            "3:26: the mail can't be written in charset 'latin-1'",
        ),
        (
            "timeline: [{at: 0, mail: {subject: x, charset: klingon}}]\nexpect: {pages: 1}",
            "3:26: the mail can't be written in charset 'klingon'",
        ),
        ("timeline: [{at: 0, webhook: {source: anything}}]\nexpect: {pages: 1}", "3:29: expected a body or a file"),
        (
            "timeline: [{at: 0, webhook: {source: anythin, body: x}}]\nexpect: {pages: 1}",
            "3:38: unknown source 'anythin': did you mean 'anything'?",
        ),
        ("timeline: [{at: 0, ack: {by: lim}}]\nexpect: {pages: 1}", "3:30: unknown person 'lim': did you mean 'lin'?"),
        (
            "timeline: [{at: 0, assign: {by: lin, person: chenn}}]\nexpect: {pages: 1}",
            "3:46: unknown person 'chenn': did you mean 'chen'?",
        ),
        (
            "timeline: [{at: 0, call: {by: zhaoo, text: x}}]\nexpect: {pages: 1}",
            "3:31: unknown person 'zhaoo': did you mean 'zhao'?",
        ),
        (
            "timeline: [{at: 0, delivery: {mial: fails}}]\nexpect: {pages: 1}",
            "3:37: unknown person or channel 'mial': did you mean 'mail'?",
        ),
        (SOME + "answers: {lim: 5m}\nexpect: {pages: 1}", "4:16: unknown person 'lim': did you mean 'lin'?"),
        (SOME + "delivery: {lin/sms: fails}\nexpect: {pages: 1}", "4:21: unknown person or channel 'lin/sms': did you"),
        (SOME + "until: 401d\nexpect: {pages: 1}", "4:8: expected an end within 400 days of the start"),
        (
            "timeline: [{at: 2027-01-13 09:00, alert: {host: x}}]\nexpect: {pages: 1}",
            "3:17: 2027-01-13 09:00 is before the start of the test",
        ),
        (
            "timeline: [{at: 5m, every: 5m, times: 3, alert: {host: x}}]\nuntil: 14:59\nexpect: {pages: 1}",
            "3:17: this is after the end of the test ('until')",
        ),
        (
            "timeline: [{at: 5m, every: 5m, alert: {host: x}}]\nexpect: {pages: 1}",
            "3:12: expected 'every' and 'times' together, at most 100000 times",
        ),
        (
            "timeline: [{at: 5m}]\nexpect: {pages: 1}",
            "3:12: expected one of alert, mail, webhook, call, ack, resolve, assign, note, priority, merge, silence, delivery, deaf, expect beside 'at', got none",
        ),
        (
            "timeline: [{at: 5m, alert: {host: x}, deaf: 5m}]\nexpect: {pages: 1}",
            "3:12: expected one of alert, mail, webhook, call, ack, resolve, assign, note, priority, merge, silence, delivery, deaf, expect beside 'at', got alert and deaf",
        ),
        (SOME + "site: ../nowhere\nexpect: {pages: 1}", "4:7: there is no ingestd.yaml at "),
        (SOME + "timezone: Mars/Base\nexpect: {pages: 1}", "4:11: unknown time zone 'Mars/Base'"),
        (
            SOME + "rules: {escalation: {policies: [{id: p, steps: [{tell: ['person:li']}]}]}}\nexpect: {pages: 1}",
            "4:57: unknown person 'li': did you mean 'lin'?",
        ),
        (
            SOME + "rules: {escalation: {routes: [{id: p, policy: urgnt}]}}\nexpect: {pages: 1}",
            "4:47: unknown policy 'urgnt': did you mean 'urgent'?",
        ),
        (SOME + "last_resort: ['person:li']\nexpect: {pages: 1}", "4:15: unknown person 'li': did you mean 'lin'?"),
        (
            SOME + "teams: [{id: x, members: [li]}]\nexpect: {pages: 1}",
            "4:27: unknown person 'li': did you mean 'lin'?",
        ),
        ("teams: [{id: t, members: [lin], rota: {people: [lin], start: soon}}]\n" + ALL, "3:62: expected a date"),
        ("topology: {nodes: [{id: a, depends_on: [b]}]}\n" + ALL, "3:41: unknown node 'b'"),
        (
            "maintenance: [{targets: [acc-sw-71], start: 2027-01-13T11:00:00Z, end: 2027-01-13T12:00:00Z}]\n" + ALL,
            "3:26: unknown node 'acc-sw-71': did you mean",
        ),
        ("heartbeats: [{id: x, every: 5m, when: {subjct: x}}]\n" + ALL, "3:40: unknown fact 'subjct': did you mean"),
        (
            "rules: {priority: {urgency: [{id: x, when: {colour: red}, level: high}]}}\n" + ALL,
            "3:45: unknown fact 'colour': known are",
        ),
        ("rules: {priority: {matrix: {high: {high: P1}}}}\n" + ALL, "3:28: impact high needs a priority for"),
        (
            "rules: {correlate: {classes: [{id: x, when: {check: '~('}, class: local}]}}\n" + ALL,
            "3:53: not an RE2 pattern",
        ),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, mistake: str) -> None:
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(mistake)


def test_every_mistake_is_named_at_once() -> None:
    text = (
        "timeline: [{at: 0, ack: {by: lim}}, {at: 1, webhook: {source: nagos, body: {}}}]\nexpect: {told: [{who: li}]}"
    )
    assert [one.partition(" ")[0] for one in mistakes(text)] == ["3:30:", "4:23:", "3:63:"]
