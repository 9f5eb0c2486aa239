"""From bytes to a reading: shipped recognisers, the order of judgement, and the fallback that knows everything."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decide import fallback
from ingestd.decide.mail import read as read_mail
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import Recognisers, fallback_text
from ingestd.decide.reader import host_name
from ingestd.decide.recognise import Example, RecogniserFile
from ingestd.decide.when import BadCondition
from ingestd.model import Ends, Event, Message, Reading
from ingestd.yamltypes import ConfigError, load, loads

RULES = Path(__file__).parents[2] / "rules" / "recognise"
FILES = {path.stem: load(path, RecogniserFile) for path in sorted(RULES.glob("*.yaml"))}
SHIPPED = Recognisers.compile(tuple(FILES.values()))
NAMES = NameFinder(
    [("stock-db", "stock-db"), ("wh-files", "wh-files"), ("edge-sw-03", "edge-sw-03"), ("财务服务器", "finance")]
)


def read(text: str | bytes, recognisers: Recognisers = SHIPPED) -> Reading:
    body = text if isinstance(text, bytes) else text.encode()
    return recognisers.read(Message(kind="mail", source="smtp", body=body), NAMES)


def machine(subject: str, body: str = "", head: str = "") -> Reading:
    return read(f"From: root@mx.trading.example\nSubject: {subject}\n{head}\n{body}")


def person(subject: str, body: str = "") -> Reading:
    return read(f"From: Li Na <li.na@trading.example>\nSubject: {subject}\n\n{body}")


# Shipped recognisers


@pytest.mark.parametrize(
    ("file", "example"),
    [pytest.param(f, e, id=f"{f.id}-{n}") for f in FILES.values() for n, e in enumerate(f.examples, 1)],
)
def test_every_example_of_a_shipped_recogniser(file: RecogniserFile, example: Example):
    reading = read(example.mail)
    assert (reading.recogniser, reading.kind) == (file.id, example.kind)
    assert len(reading.events) == len(example.events)
    for event, expected in zip(reading.events, example.events, strict=True):
        wanted = {
            name: value
            for name in expected.__struct_fields__
            if (value := getattr(expected, name)) is not msgspec.UNSET
        }
        assert {name: getattr(event, name) for name in wanted} == wanted
    assert [reason.stage for reason in reading.reasons] == ["recognise", "fingerprint"]


def test_every_shipped_recogniser_has_examples_of_problem_and_end():
    for file in FILES.values():
        kinds = {example.kind for example in file.examples}
        states = {event.state for example in file.examples for event in example.events}
        assert kinds & {"alert", "other"}
        assert file.ends != "recovery" or {"firing", "resolved"} <= states


def test_a_gb18030_mail_of_zabbix_is_recognised():
    body = "告警主机:wh-files\n告警等级:灾难\n告警信息:机房断电\n事件ID:5"
    head = b"From: zabbix@watch.trading.example\nContent-Type: text/plain; charset=gb2312\nSubject: "
    (event,) = read(head + "故障:机房断电".encode("gb18030") + b"\n\n" + body.encode("gb18030")).events
    assert (event.host, event.check, event.severity, event.identity) == (
        "wh-files",
        "机房断电",
        "critical",
        "zabbix:5:wh-files",
    )


# The language


def one(text: str) -> RecogniserFile:
    return loads(f"id: tool\n{text}", RecogniserFile, "tool.yaml")


TOOL = """
tool: Tool
when:
  - from: '~tool@'
    header: '~(?m)^x-tool: '
take:
  - from: '(?P<host>[a-z-]+)\\.trading'
  - header: '(?m)^x-tool: (?P<check>.+)$'
  - body: 'job (?P<job>\\d+)'
  - subject: '(?P<started_at>\\d{4}\\S+)'
  - body: 'until (?P<ends_at>\\S+)'
states: {fine: resolved}
labels: {state: State, severity: [Level], summary: Text}
defaults: {severity: bad}
severities: {bad: error}
identity: 'tool:{host}:{job}'
"""
MAIL = "From: tool@wh-files.trading.example\nX-Tool: backup\nSubject: at {when}\n\njob 7\nState: {state}\n{more}"


@pytest.mark.parametrize(
    ("ends", "more", "found"),
    [
        ("recovery", "", Ends("recovery")),
        ("person", "", Ends("person")),
        ("{unheard: 2h}", "", Ends("unheard", after=7200.0)),
        ("ends_at", "until 1772410440", Ends("ends_at", at=1772410440.0)),
        ("ends_at", "until tomorrow", Ends("recovery")),
    ],
)
def test_fields_from_every_place_and_how_it_ends(ends, more, found):
    tool = Recognisers.compile([one(f"{TOOL}ends: {ends}")])
    (event,) = read(MAIL.format(when="2026-03-02T08:14:00+08:00", state="odd", more=more), tool).events
    assert (event.host, event.check, event.state, event.severity) == ("wh-files", "backup", "firing", "error")
    assert (event.identity, event.started_at, event.summary) == ("tool:wh-files:7", 1772410440.0, "backup")
    assert event.ends == found


@pytest.mark.parametrize(
    ("when", "started"),
    [("2026-03-02T08:14:00", None), ("2026-99-99T", None), ("2026", None)],
)
def test_a_time_without_a_zone_is_none(when, started):
    tool = Recognisers.compile([one(TOOL)])
    assert read(MAIL.format(when=when, state="fine", more=""), tool).events[0].started_at == started


def test_of_several_identities_the_first_that_can_be_filled_in_counts():
    file = loads(
        "id: watch\nwhen: [{subject: ~watch}]\ntake: [{subject: 'fan (?P<part>\\d)'}, {subject: '(?P<check>.+)'}]\n"
        "identity: ['watch:fan {part}', 'watch:{check}']\n",
        RecogniserFile,
        "watch.yaml",
    )
    tool = Recognisers.compile((file,))
    assert machine_of(tool, "watch: fan 3 broken") == machine_of(tool, "watch: fan 3 turns") == "watch:fan 3"
    assert machine_of(tool, "watch: door") == "watch:watch: door"


def machine_of(tool: Recognisers, subject: str) -> str | None:
    return read(f"From: a@b.example\nSubject: {subject}\n\n", tool).events[0].identity


def test_a_missing_part_of_the_identity_leaves_it_to_node_and_check():
    tool = Recognisers.compile([one(TOOL)])
    reading = read("From: tool@x.trading.example\nX-Tool: t\n\nState: fine", tool)
    assert reading.kind == "recovery"
    assert reading.events[0].identity is None
    assert reading.events[0].severity == "error"


def test_a_label_with_its_value_in_the_next_line():
    tool = Recognisers.compile([one(TOOL)])
    mail = "From: tool@x.trading.example\nX-Tool: t\n\n{}"
    assert read(mail.format("Text:\n\n full of dust \nmore"), tool).events[0].summary == "full of dust"
    assert read(mail.format("**Text**：满了"), tool).events[0].summary == "满了"
    assert read(mail.format("Text:\nState: fine"), tool).events[0].summary == "t"


def test_what_a_mail_lacks_leaves_it_to_the_next():
    needy = one("when: [{body: ~hello}, {body: ~hallo}]\nneeds: [host]\n")
    reading = read("From: root@x\nSubject: disk failure\n\nhello", Recognisers.compile([needy]))
    assert (reading.recogniser, reading.kind) == (None, "alert")


def test_blocks_without_a_match_leave_it_to_the_next():
    tool = one("when: [{body: ~hello}]\nblocks: {start: '(?m)^Begin$'}\n")
    assert read("From: root@x\n\nhello", Recognisers.compile([tool])).recogniser is None
    (first, second) = read("From: root@x\n\nhello\nBegin\na: 1\nBegin\nb", Recognisers.compile([tool])).events
    assert (first.labels, second.labels) == ((("a", "1"),), ())


def test_a_field_that_lists_several_gives_an_event_each():
    tool = one("when: [{subject: ~lost}]\neach: host\ntake: [{subject: 'lost: (?P<host>.+)$'}]")
    mail = "From: root@x\nSubject: lost: {}\n\n"
    events = read(mail.format("edge-sw-03, wh-files"), Recognisers.compile([tool])).events
    assert [event.host for event in events] == ["edge-sw-03", "wh-files"]
    assert event_of(read(mail.format("wh-files"), Recognisers.compile([tool]))).host == "wh-files"


def test_a_problem_without_a_severity_has_the_files_and_its_end_has_none():
    ups = "when: [{subject: ~UPS}]\nseverity: critical\nlabels: {state: Now}\nstates: {on line: resolved}"
    tool = Recognisers.compile([one(ups)])
    assert event_of(read("From: root@x\nSubject: UPS\n\nNow: on battery", tool)).severity == "critical"
    assert event_of(read("From: root@x\nSubject: UPS\n\nNow: On Line", tool)).severity == "info"


def test_the_words_of_the_output_decide_where_the_file_says_so():
    job = one("when: [{subject: '~^job'}]\nby_words: true\nseverity: unknown\ntake: [{body: '(?s)(?P<summary>.+)'}]")
    jobs = Recognisers.compile([job])
    mail = "From: root@x\nSubject: job\n\n{}"
    failed, done = read(mail.format("copy: disk failed"), jobs), read(mail.format("12 files copied successfully"), jobs)
    assert (failed.kind, event_of(failed).severity) == ("alert", "error")
    assert (done.kind, event_of(done).state, event_of(done).quiet) == ("other", "resolved", False)
    assert (read(mail.format("link is up again"), jobs)).kind == "recovery"
    assert (read(mail.format("12 lines"), jobs).kind, event_of(read("From: a@x\nSubject: job\n\n", jobs)).severity) == (
        "alert",
        "unknown",
    )


def test_values_in_other_words_share_an_identity():
    text = "when: [{subject: ~UPS}]\ntake: [{subject: 'UPS (?P<pair>battery|line)'}]\nidentity: 'ups:{pair}'\n"
    tool = Recognisers.compile([one(text + "translate: {pair: {Battery: power, line: power}}")])
    assert event_of(read("From: root@x\nSubject: UPS battery\n\n", tool)).identity == "ups:power"
    assert event_of(read("From: root@x\nSubject: UPS line\n\n", tool)).identity == "ups:power"
    assert event_of(read("From: root@x\nSubject: UPS\n\n", tool)).identity is None


def test_notices_and_what_they_say_of_the_state():
    text = "when: [{subject: ~TOOL}]\ntake: [{subject: 'TOOL (?P<notice>\\w+)'}, {subject: 'by (?P<sender>\\w+)'}]\n"
    tool = Recognisers.compile([one(text + "notices: {ack: acknowledgement, trial: test, note: info}")])
    taken = event_of(read("From: root@x\nSubject: TOOL ack by lin\n\n", tool))
    assert (taken.acknowledged, taken.quiet, taken.sender, taken.state) == (True, True, "lin", "firing")
    trial, note = (event_of(read(f"From: root@x\nSubject: TOOL {word} by lin\n\n", tool)) for word in ("trial", "note"))
    assert (trial.state, trial.acknowledged, trial.sender, trial.quiet) == ("firing", False, "", True)
    assert note.state == "resolved"


def test_label_lines_in_cells_and_lists():
    tool = Recognisers.compile([one("when: [{subject: ~TOOL}]\nlabels: {host: Node, check: Part}")])
    mail = "From: root@x\nSubject: TOOL\n\n- Node\t: web-4\n\tPart:\tfan\n: nothing\n"
    assert (event_of(read(mail, tool)).host, event_of(read(mail, tool)).check) == ("web-4", "fan")


def test_pairs_of_one_line_and_of_many():
    text = "when: [{subject: ~TOOL}]\nseparator: '='\nblocks: {start: '(?m)^Labels:'}\nlabels: {host: node}\nidentity: 't:{labels}'"
    tool = Recognisers.compile([one(text)])
    mail = "From: root@x\nSubject: TOOL\n\nLabels: node=web-4, part=fan\nLabels:\n - node = web-5\n = x\n"
    first, second = read(mail, tool).events
    assert (first.host, first.identity) == ("web-4", "t:node=web-4,part=fan")
    assert (second.host, second.identity) == ("web-5", "t:node=web-5")


def test_a_field_put_together_from_others():
    tool = one("when: [{body: ~Plugin}]\ncompose: {check: '{plugin}-{part}'}\ndefaults: {check: all}\n"
               "take: [{body: 'Plugin: (?P<plugin>\\w+)'}, {body: 'Part: (?P<part>\\w+)'}]")  # fmt: skip
    assert event_of(read("From: root@x\n\nPlugin: df\nPart: root", Recognisers.compile([tool]))).check == "df-root"
    assert event_of(read("From: root@x\n\nPlugin: df", Recognisers.compile([tool]))).check == "all"


def test_alertmanager_under_a_subject_of_the_site():
    body = "<p>[1] Firing</p>Labels<br>alertname = Slow<br>Annotations<br><p>Sent by Alertmanager</p>"
    assert read(f"Subject: Prod!\nContent-Type: text/html\n\n{body}").recogniser == "alertmanager"


def test_the_more_exact_recogniser_goes_first_and_a_site_replaces_by_id():
    vague, exact = one("when: [{body: ~hello}]"), one("when: [{body: ~hello, subject: ~disk}]")
    other = msgspec.structs.replace(exact, id="exact")
    mail = "From: root@x\nSubject: disk\n\nhello"
    assert read(mail, Recognisers.compile([vague, other])).recogniser == "exact"
    replaced = Recognisers.compile([vague, one("when: [{body: ~other}]")])
    assert read(mail, replaced).recogniser is None


def test_a_host_is_guessed_only_where_the_file_says_so():
    guessing = Recognisers.compile([one("when: [{subject: ~disk}]\nguess_host: true")])
    (event,) = read("From: root@x\nSubject: disk\n\nwh-files is full", guessing).events
    assert (event.host, event.guessed) == ("wh-files", True)
    assert read("From: root@x\nSubject: disk\n\nnothing", guessing).events[0].host is None
    given_host = Recognisers.compile([one("when: [{subject: ~disk}]\nguess_host: true\ndefaults: {host: nas}")])
    assert read("From: root@x\nSubject: disk\n\nwh-files", given_host).events[0].host == "nas"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("when: []\n", 1, "at least one alternative"),
        ("when: [{subject: ~x}]\ntake:\n  - {subject: '(?P<host>x)', body: '(?P<host>x)'}\n", 4, "exactly one of"),
        ("when: [{subject: ~x}]\ntake:\n  - {subject: 'no group'}\n", 4, "named group"),
        ("when: [{subject: ~x}]\nstates: {DOWN: broken}\n", 3, "broken"),
        ("when: [{subject: ~x}]\nlabels: {hots: Host}\n", 3, "hots"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(text, line, said):
    with pytest.raises(ConfigError) as error:
        one(text)
    assert said in str(error.value)
    assert error.value.problems[0].line == line


@pytest.mark.parametrize(
    ("when", "place", "said"),
    [
        ("[{subject: ~x}, {subject: '~(oops'}]", (1, "subject"), "not an RE2 pattern"),
        ("[{subject: [~x, '~(oops']}]", (0, "subject", 1), "not an RE2 pattern"),
        ("[{}]", (0,), "at least one of subject, from, header, body"),
        ("[{subjekt: ~x}]", (0, "subjekt"), "did you mean 'subject'"),
    ],
)
def test_a_condition_that_can_not_be_read_is_named_with_its_file_and_place(when, place, said):
    with pytest.raises(BadCondition) as error:
        Recognisers.compile([one(f"when: {when}")])
    assert (error.value.rule, error.value.place) == ("tool", place)
    assert said in str(error.value)


def test_a_condition_may_ask_for_a_whole_text_for_any_of_several_and_for_none():
    tool = Recognisers.compile([one("when: [{subject: 'Disk on *', not: {from: '~nas'}}]")])
    assert read("From: root@x\nSubject: disk ON web-1\n\n", tool).recogniser == "tool"
    assert read("From: root@nas\nSubject: disk on web-1\n\n", tool).recogniser is None
    assert read("From: root@x\nSubject: a disk on web-1\n\n", tool).recogniser is None


def test_a_wrong_id():
    with pytest.raises(ConfigError, match="expected an id"):
        loads("id: Not Good\nwhen: [{subject: ~x}]", RecogniserFile, "x.yaml")


@pytest.mark.parametrize(
    ("text", "host"),
    [("db:9100", "db"), ("[::1]:80", "::1"), ("::1", "::1"), ("http://db:80/x", "db"), (None, None), ("[]", None)],
)
def test_host_names(text, host):
    assert host_name(text) == host


# The order of judgement


def test_an_answer_that_quotes_an_alert_is_an_answer():
    reading = read(
        "From: wang@trading.example\nSubject: Re: ** PROBLEM Host Alert: edge-sw-03 is DOWN **\n"
        "In-Reply-To: <7@ingestd>\n\n"
        "on it\n\nOn Mon, Mar 2, 2026, ingestd wrote:\n> ***** Nagios *****\n> Host: edge-sw-03\n"
    )
    assert (reading.kind, reading.reply_text, reading.in_reply_to) == ("reply", "on it", "<7@ingestd>")
    assert reading.events == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("From: li@x.example\nSubject: Automatic reply: edge-sw-03 is DOWN\n\naway", "auto_reply"),
        ("From: li@x.example\nSubject: x\nAuto-Submitted: auto-replied\n\naway", "auto_reply"),
        ("From: li@x.example\nSubject: x\n\nyes\n\nFrom: a\nSent: b\n\nquote", "reply"),
        ("From: li@x.example\nSubject: x\nIn-Reply-To: <1@x>\nReferences: <1@x>\n\nyes", "reply"),
        ("From: mailer-daemon@x.example\nSubject: Undelivered Mail\n\nno such user", "bounce"),
        ("From: li@x.example\nContent-Type: multipart/report; report-type=disposition-notification\n\nread", "other"),
        (
            "From: li@x.example\nSubject: FW: x\nContent-Type: multipart/report; report-type=feedback-report\n\nx",
            "other",
        ),
    ],
)
def test_kinds(text, kind):
    assert read(text).kind == kind


def test_references_alone_say_what_is_answered():
    assert read("From: li@x.example\nSubject: Re: x\nReferences: <1@x> <2@x>\n\nyes").in_reply_to == "<2@x>"


def test_an_answering_machine_that_quotes_and_a_forwarded_alert():
    head = "From: Li Na <li@x.example>\nSubject: {}\n"
    assert read(head.format("Re: P1") + "Auto-Submitted: auto-replied\n\naway").kind == "auto_reply"
    forwarded = read(
        head.format("Fwd: ** PROBLEM Host Alert: edge-sw-03 is DOWN **")
        + "\nlook\n***** Nagios *****\nHost: edge-sw-03"
    )
    assert (forwarded.kind, event_of(forwarded).report, event_of(forwarded).host) == (
        "human_report",
        True,
        "edge-sw-03",
    )


# The fallback


def event_of(reading: Reading) -> Event:
    (event,) = reading.events
    return event


def test_an_unknown_machine_is_read_by_its_words():
    event = event_of(machine("RAID array on wh-files is degraded"))
    assert (event.state, event.severity, event.host, event.guessed) == ("firing", "warning", "wh-files", True)
    assert event.identity == "root@mx.trading.example|raid array on wh files"
    assert event_of(machine("nightly job", "copy to stock-db failed: timeout")).severity == "error"


def test_what_the_lines_of_an_unknown_machine_say():
    event = event_of(machine("Alert: wh-files", "Service: shares\nSeverity: Critical\nMessage: the disk is gone\n"))
    assert (event.check, event.severity) == ("shares", "critical")
    assert event.summary == "Alert: wh-files: the disk is gone"
    plain = event_of(machine("Alert on wh-files", "since noon\nthe second disk has failed\n"))
    assert (plain.severity, plain.summary) == ("error", "Alert on wh-files: the second disk has failed")


def test_the_json_of_an_unknown_machine():
    event = event_of(
        machine("Message", '{"alarmName": "belts", "severity": "critical", "message": "belt 3 failed"} --')
    )
    assert (event.check, event.severity, event.summary) == ("belts", "critical", "Message: belt 3 failed")
    assert event_of(machine("belt 3 failed", "{see the log}")).summary == "belt 3 failed"


def test_a_line_of_state_ends_what_the_subject_only_names():
    assert machine("Alarm wh-files", "Error 5 in log\nStatus: resolved\n").kind == "recovery"
    assert machine("Alarm: wh-files is down", "Error 5 in log\nStatus: resolved\n").kind == "alert"


def test_its_recovery_shares_the_identity():
    problem, end = machine("[CRITICAL] UPS in hall 2"), machine("[RESOLVED] UPS in hall 2")
    assert (problem.kind, end.kind) == ("alert", "recovery")
    assert event_of(problem).identity == event_of(end).identity


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        (machine("Weekly report", "12 lines"), "resolved"),
        (machine("Weekly report", "one error in line 7", "Precedence: bulk\n"), "resolved"),
        (machine("", ""), "resolved"),
        (read(b""), "resolved"),
    ],
)
def test_without_a_word_of_a_problem_it_is_kept_and_quiet(reading, state):
    assert reading.kind == "other"
    assert event_of(reading).quiet
    assert event_of(reading).state == state
    assert event_of(reading).summary


@pytest.mark.parametrize(
    ("reading", "kind", "state"),
    [
        (machine("Backup completed", "0 errors"), "other", "resolved"),
        (machine("Störung behoben"), "recovery", "resolved"),
        (machine("Sauvegarde échouée"), "alert", "firing"),
        (machine("Daily report: backup failed"), "alert", "firing"),
    ],
)
def test_what_a_success_or_an_end_closes(reading, kind, state):
    event = event_of(reading)
    assert (reading.kind, event.state, event.quiet) == (kind, state, False)


@pytest.mark.parametrize(
    "reading",
    [
        machine("Daily report", "2 errors in line 7"),
        machine("Test mail", "disk failed"),
        machine("Nightly status", "This is a test message: disk failed"),
        machine("Planned maintenance of stock-db", "it will be down"),
        machine("Offer", "special offer, discount, error", "List-Unsubscribe: <x>\n"),
        read("From: li@x.example\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST"),
        read("From: li@x.example\nSubject: buy now\n\nspecial offer, discount"),
    ],
)
def test_notices_and_advertising_open_nothing(reading):
    assert (reading.kind, event_of(reading).quiet) == ("other", True)


def test_a_text_that_only_says_that_all_is_well_ends_nothing():
    calm = machine("Copies of the belts", "belt 1 is ONLINE\nbelt 2 is ONLINE\n")
    assert (calm.kind, event_of(calm).state) == ("other", "resolved")
    assert machine("Copies of the belts", "belt 1 is ONLINE again\nState: OK\n").kind == "recovery"
    assert machine("Copies of the belts", "belt 1: problem resolved\n").kind == "recovery"


def test_a_subject_that_only_states_a_use_is_a_warning():
    event = event_of(machine("Disk usage at 91 % of wh-files", "/dev/sda1 91%"))
    assert (event.state, event.severity) == ("firing", "warning")
    assert machine("Disk usage at 41 % of wh-files", "/dev/sda1 41%").kind == "other"


def test_a_priority_makes_an_alert_worse_and_never_better():
    assert event_of(machine("belt 3: slow", "Priority: Critical\n")).severity == "critical"
    assert event_of(machine("belt 3: down", "Priority: Low\n")).severity == "critical"
    assert event_of(machine("belt 3: down", "Priority: High\n")).severity == "critical"


def test_a_rank_and_a_number_before_the_subject():
    event = event_of(machine("[P0][PROBLEM][belt-3] slow", ""))
    assert (event.state, event.severity) == ("firing", "critical")
    assert event_of(machine("[P0][OK][belt-3] slow", "")).state == "resolved"
    assert event_of(machine("Alert #79685: belt 3 is slow", "")).external_id == "79685"
    assert event_of(machine("Alert #7: belt 3 is slow", "Event ID: 8\n")).external_id == "8"


def test_a_recogniser_reads_the_keys_of_json_as_labels():
    mail = machine(
        "服务器:wh-files发生: 磁盘空间不足故障!",
        '{"告警主机":"wh-files","告警等级":"High","告警信息":"磁盘空间不足","事件ID":"9"}',
    )
    event = event_of(mail)
    assert (mail.recogniser, event.host, event.check, event.external_id) == ("zabbix", "wh-files", "磁盘空间不足", "9")
    assert machine("belt 3", '{"n": 1}').recogniser is None


def test_a_check_in_quotes_and_a_subject_that_says_little():
    event = event_of(machine("Monitor 'till 4' is down", ""))
    assert event.check == "till 4"
    little = event_of(machine("CRITICAL", "CRITICAL\nDear all,\nFailed belts:\nbelt 3 has failed\n"))
    assert little.summary == "CRITICAL: belt 3 has failed"


def test_the_fallback_alone_tells_machines_from_people():
    mail = read_mail(b"From: root@nas\nSubject: disk failed\n\n")
    assert fallback.read_mail(mail, NAMES).kind == "alert"
    assert fallback.read_mail(mail, NAMES, machine=False).kind == "human_report"


def test_a_problem_that_somebody_took():
    event = event_of(machine("[Acknowledged] stock-db is down"))
    assert (event.acknowledged, event.quiet, event.state, event.severity) == (True, True, "firing", "critical")
    assert event.identity == event_of(machine("[Problem] stock-db is down")).identity


def test_a_person_reports():
    reading = person("没有网络", "今天要报税,财务服务器打不开\n谢谢")
    event = event_of(reading)
    assert (reading.kind, event.report, event.severity) == ("human_report", True, "unknown")
    assert (event.sender, event.host, event.guessed) == ("li.na@trading.example", "finance", True)
    assert event.summary == "没有网络: 今天要报税,财务服务器打不开"
    assert event.labels == (("mentions", "finance"),)


def test_a_person_with_all_in_the_subject_and_one_with_nothing():
    assert person("stock-db is down").kind == "human_report"
    assert person("hello").kind == "other"
    assert event_of(person("")).summary == "an empty mail"


@pytest.mark.parametrize(
    ("text", "kind", "summary", "host"),
    [
        ('{"title": "stock-db down", "n": {"a": [1, null, "x"]}}', "alert", "stock-db down", "stock-db"),
        ('{"text": "link restored"}', "recovery", "link restored", None),
        ('{"text": "backup completed"}', "other", "backup completed", None),
        ('{"message": "hello"}', "alert", "hello", None),
        ('{"n": 5, "message": "stock-db down, "quoted" badly"}', "alert", "stock-db down,", "stock-db"),
        ('{"n": 5, "up": false, "x": tru', "alert", "up: false", None),
        ('{"up": false, "ok": "no"}', "alert", "up: False", None),
        ('{"message": "stock-db down", "more": [' + "1e308," * 20_000 + "1]}", "alert", "stock-db down", "stock-db"),
        ("stock-db down " + "x" * 70_000, "alert", f"stock-db down {'x' * 280}", "stock-db"),
        ('{"name": "pump 3", "note": "all is restored"}', "alert", "pump 3", None),
        ("plain words", "alert", "plain words", None),
        ("[" * 400 + "]" * 400, "alert", "a body without a word", None),
        ('["just", "words"]', "alert", "just", None),
        ("", "alert", "a body without a word", None),
    ],
)
def test_a_body_that_no_source_reads(text, kind, summary, host):
    reading = fallback_text(text, "till", NAMES)
    event = event_of(reading)
    assert (reading.kind, event.summary, event.host) == (kind, f"till: {summary}", host)
    assert not event.quiet


PIECES = st.sampled_from(
    ["From: root@x\n", "Subject: ", "\n\n", "[FIRING:1]", "[1] Firing\n", "Labels\n", "a = b\n",
     "Original problem ID: 1\n",
     "** PROBLEM Host Alert: x is DOWN **\n", "Host:", "***** Nagios *****\n", "Re: ", "On a wrote:\n", "> q\n",
     "宕机", ": \n"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(PIECES.map(str.encode), st.binary(max_size=30)), max_size=14).map(b"".join))
def test_no_bytes_raise_and_there_is_always_a_reading(body):
    reading = read(body)
    assert reading.reasons
    assert all(event.summary for event in reading.events)
    assert reading.kind not in ("alert", "recovery", "human_report") or reading.events
    msgspec.json.encode(reading)


@given(st.text(max_size=200))
def test_no_body_raises(text):
    assert fallback_text(text, "till", NAMES).events


def test_a_body_of_labelled_lines_says_what_a_mail_of_them_says():
    text = "Host: crane-9\nCheck: hoist\nState: DOWN\nSeverity: major\nEvent ID: 71\nMessage: the rope is slack\n"
    (event,) = fallback_text(text, "till", NAMES).events
    assert (event.host, event.check, event.severity, event.external_id) == ("crane-9", "hoist", "error", "71")
    assert (event.state, event.summary) == ("firing", "till: the rope is slack")
    (end,) = fallback_text(text.replace("DOWN", "OK"), "till", NAMES).events
    assert (end.state, end.identity) == ("resolved", event.identity)
    (named,) = fallback_text("ALARM\n" + text, "till", NAMES).events
    assert named.summary == event.summary
    assert fallback_text("Hoist 9 is stuck\nState: OK\n", "till", NAMES).events[0].state == "firing"


@pytest.mark.parametrize(
    "text", ['{"alerts": [\n {"labels": }]}', "[\n {", "<?xml version='1.0'?>\n<alert", "<alert>\n<"]
)
def test_the_beginning_of_a_broken_body_names_no_check(text):
    (event,) = fallback_text(text, "till", NAMES).events
    assert event.check is None


def test_a_terse_mail_from_where_colleagues_write_is_a_report() -> None:
    raw = "From: hu@hr.trading.example\nSubject: 人事系统打不开\n\n人事系统从九点起就打不开了，请尽快处理。\n"
    strangers = NameFinder(())
    ours = NameFinder((), ("hr.trading.example", "Wu@trading.example"))
    message = Message(kind="mail", source="smtp", body=raw.encode())
    recognisers = Recognisers.compile(())
    assert recognisers.read(message, strangers).kind == "alert"
    assert recognisers.read(message, ours).kind == "human_report"
    machine = msgspec.structs.replace(message, body=raw.replace("hu@", "nagios@").encode())
    assert recognisers.read(machine, ours).kind == "alert"
    assert ours.is_colleague("wu@TRADING.example") and not ours.is_colleague("li@trading.example")


ABOVE = (
    "From: Shop <shop@far.example>\nSent: March-09-26 4:22 PM\nTo: Lin Hao\nSubject: your order\n\nIt is on its way.\n"
)


@pytest.mark.parametrize(
    ("subject", "words", "kind"),
    [
        ("Test", "Hello", "reply"),
        ("disk full on srv-4", "Hello", "alert"),
        ("Test", "srv-4 is DOWN, disk full", "alert"),
    ],
)
def test_an_answer_above_a_header_is_one_though_a_service_marks_it(subject: str, words: str, kind: str):
    raw = f"From: lin@far.example\nTo: shop@far.example\nSubject: {subject}\nX-Mailgun-Tag: t\n\n{words}\n\n{ABOVE}"
    reading = read(raw)
    assert (reading.kind == "reply") is (kind == "reply")


def test_a_notice_of_work_to_come_or_a_test_is_no_report() -> None:
    assert person("Wartungsarbeiten am 24.11.", "Der Router wird getauscht, kurze Pause.").kind == "other"
    names = NameFinder((), ["harbour.example"])
    said = "Seither geht der Drucker nicht mehr: Fehler."
    body = f"From: Ute Lang <ute@harbour.example>\nSubject: Wartungsarbeiten von gestern\n\n{said}\n"
    assert SHIPPED.read(Message(kind="mail", source="x", body=body.encode()), names).kind == "human_report"


def test_a_text_that_is_all_fields_is_a_machines() -> None:
    said = "Array: fa-1\nComponent: drive 7\nEvent: drive failed\nTime: 09:54\n"
    mail = f"From: Storage Quay <fa-1@harbour.example>\nSubject: [fa-1] Warning: drive 7 failed\n\n{said}"
    assert read(mail).kind == "alert"


def test_host_and_check_of_a_subject_in_the_manner_of_nagios() -> None:
    event = event_of(machine("CRITICAL: pg-prim1/Replication lag", "page it"))
    assert (event.host, event.check) == ("pg-prim1", "Replication lag")


def test_a_use_that_only_the_text_states_is_a_warning() -> None:
    full = machine("Espace disque", "sauv01 : Espace disque occupe a 93% sur /dev/sdb1")
    assert (full.kind, full.events[0].severity) == ("alert", "warning")
    assert machine("Daily report of disks", "disk usage 93%").kind == "other"


@pytest.mark.parametrize(
    ("text", "state", "host", "check", "severity"),
    [
        ("告警触发: 连接数过高\n告警对象: redis-7\n告警级别: P1", "firing", "redis-7", "连接数过高", "critical"),
        ("[RESOLVED] Belt speed\nHost: crane-7", "resolved", "crane-7", "Belt speed", "info"),
        ("[P0] Belt speed\nHost: crane-7", "firing", "crane-7", "Belt speed", "critical"),
        ("Alert\nHost: crane-7\nStatus: recovered", "resolved", "crane-7", "Alert", "info"),
        ("ALERT: service belt on crane-7 is down", "firing", "crane-7", "belt", "unknown"),
        ("ALERT: " + "the belt " * 20, "firing", None, None, "unknown"),
    ],
)
def test_what_the_text_of_a_message_adds_to_its_keys(text, state, host, check, severity) -> None:
    keyed = Event(state="firing", summary="a message", check="a message")
    event = fallback.told(keyed, text, "chat", NAMES)
    assert (event.state, event.host, event.check, event.severity) == (state, host, check, severity)
    assert event.identity.startswith("chat|")


def test_what_the_keys_of_a_message_say_counts_more_than_its_text() -> None:
    keyed = Event(
        state="firing", summary="no answer", host="crane-7", check="ping", severity="warning", external_id="7"
    )
    event = fallback.told(keyed, "Critical\nHost: crane-9\nEvent ID: 9\nMessage: it is mute", "chat", NAMES)
    assert (event.host, event.check, event.severity, event.external_id) == ("crane-7", "ping", "warning", "7")
    assert event.summary == "it is mute"


def test_a_message_whose_keys_give_a_bare_word_is_summed_up_by_its_text() -> None:
    keyed = Event(state="firing", summary="Alarm", check="Alarm")
    event = fallback.told(keyed, "Alarm\nHost: crane-7\nMotor protection failed\n", "chat", NAMES)
    assert event.summary == "Motor protection failed"
    assert fallback.told(keyed, "Alarm\nHost: crane-7\n", "chat", NAMES).summary == "Alarm"
    long = msgspec.structs.replace(keyed, summary="the belt has failed at noon")
    assert fallback.told(long, "Alarm\nMotor protection failed\n", "chat", NAMES).summary == long.summary


def test_a_strangers_invoice_is_no_report_and_a_colleagues_question_about_one_is() -> None:
    assert person("Ihre Rechnung 0812345", "anbei die Rechnung").kind == "other"
    assert person("Ihre Rechnung 0812345", "das Portal meldet einen Fehler").kind == "human_report"


@pytest.mark.parametrize(
    ("subject", "body", "kind"),
    [
        ("Missing backup report: srv-quay", "none was received", "alert"),
        ("Temperaturalarm Halle 2: 31,5 °C", "Wert: 31,5", "alert"),
        ("Container tide on quay-2 exited with code 137", "", "alert"),
        ("Container tide on quay-2", "it exited with code 0 and finished", "other"),
        ("ClamAV scan report", "Infected files: 0", "other"),
        ("Prüfprotokoll", "Lesefehler: 0", "other"),
        ("ОШИБКА копирования", "недостаточно места", "alert"),
        ("[복구] 크레인", "서비스 정상", "recovery"),
        ("UPS sala-ced", "rete assente, funzionamento da batteria", "alert"),
    ],
)
def test_words_of_trouble_and_of_none(subject, body, kind) -> None:
    assert machine(subject, body).kind == kind


def test_a_check_in_quotes_within_the_text() -> None:
    event = event_of(machine("It tripped: error", 'Sensor "Gate 3" tripped'))
    assert event.check == "Gate 3"


def test_what_nobody_says_from_a_host_is_a_machines() -> None:
    said = "The outbound queue on mailgw.harbour.example has 612 messages."
    mail = f"From: Barracuda <esg@mailgw.harbour.example>\nSubject: [mailgw] Warning: queue exceeded 500\n\n{said}\n"
    assert read(mail).kind == "alert"


def test_a_group_that_holds_but_blanks_is_no_value() -> None:
    file = one("when: [{subject: ~^TOOL}]\ntake: [{body: 'check:(?P<check>.*)host:(?P<host>.*)'}]\nends: person")
    (event,) = read("From: t@x.example\nSubject: TOOL\n\ncheck:   host: srv-1\n", Recognisers((file,))).events
    assert (event.check, event.host) == (None, "srv-1")


def test_what_the_keys_left_out_is_filled_by_labels_of_any_language():
    event = Event(state="firing", summary="stuck", host=None, check="stuck")
    said = fallback.filled(event, '{"узел": "crane-9", "심각도": "높음", "text": "stuck"}', NAMES)
    assert (said.host, said.check, said.severity, said.guessed) == ("crane-9", "stuck", "error", True)
    text = '{"サービス": "hoist", "server id": "crane-9"}'
    bare = fallback.filled(msgspec.structs.replace(event, check=None), text, NAMES)
    assert (bare.host, bare.check, bare.severity, bare.guessed) == (None, "hoist", "unknown", False)
    whole = msgspec.structs.replace(event, host="crane-7", severity="info")
    assert fallback.filled(whole, '{"узел": "crane-9"}', NAMES) == whole
    told = fallback.filled(msgspec.structs.replace(event, summary="the belt stands on crane-9"), "{}", NAMES)
    assert (told.host, told.guessed) == ("crane-9", True)
    only = msgspec.structs.replace(event, host="起重机", check=None, summary="起重机")
    assert fallback.filled(only, '{"设备": "起重机", "告警类型": "停机"}', NAMES).summary == "停机"


def test_a_line_of_a_level_makes_an_alert_of_a_machines_mail_without_a_word_of_a_problem():
    found = machine("Belt 4 runs by hand", "Severity: Medium\n")
    assert (found.kind, found.events[0].severity) == ("alert", "warning")
    assert machine("Belt 4 runs by hand", "Severity: Informational\n").kind == "other"


def test_a_success_without_a_state_is_no_problem():
    done = Event(state="firing", summary="copy of crane-3 made, 0 errors", check="Copy finished")
    assert fallback.filled(done, '{"title": "Copy finished"}', NAMES).state == "resolved"
    assert fallback.filled(done, '{"title": "Copy finished", "status": "odd"}', NAMES).state == "firing"
    text = "PROBLEM: crane-3/oil level is WARNING: 2 litres"
    pair = fallback.filled(Event(state="firing", summary=text, check=text), "{}", NAMES)
    assert (pair.host, pair.check) == ("crane-3", "oil level")
    rate = Event(state="firing", summary="success rate 3 %", check="berth_rate_rule")
    assert fallback.filled(rate, '{"rule": "berth_rate_rule"}', NAMES).state == "firing"
    told = fallback.filled(msgspec.structs.replace(rate, summary="low"), '{"details": "Host: crane-3, low"}', NAMES)
    assert told.host == "crane-3"
    failed = msgspec.structs.replace(done, summary="copy of crane-3 failed")
    assert fallback.filled(failed, '{"title": "Copy finished"}', NAMES).state == "firing"


def test_a_message_for_people_is_named_by_its_heading():
    keys = Event(state="firing", summary="cluster: quay-2", check="[RESOLVED:1] Oil pressure")
    event = fallback.told(keys, "[RESOLVED:1] Oil pressure\ncluster: quay-2\n", "till", NAMES)
    assert (event.state, event.check, event.summary) == ("resolved", "Oil pressure", "Oil pressure")
    text = f"The belt of crane-3 stands. Somebody has to look at it{' soon' * 20}\n"
    event = fallback.told(Event(state="firing", summary=text), text, "till", NAMES)
    assert event.check == "The belt of crane-3 stands"
    assert fallback.told(Event(state="firing", summary="a: b"), "", "till", NAMES).summary == "a: b"


def test_a_report_that_all_is_well_is_no_end_of_its_own_but_closes_what_failed():
    found = machine("Backup report of crane-3: all OK", "12 files\n")
    assert (found.kind, found.events[0].state, found.events[0].quiet) == ("other", "resolved", False)


def test_a_text_names_its_host_and_its_check():
    (event,) = fallback_text("CRITICAL crane-3: oil pressure 0 bar\nhttps://watch.example/c3\n", "till", NAMES).events
    assert (event.host, event.check) == ("crane-3", "CRITICAL crane-3: oil pressure 0 bar")
    assert event.url == "https://watch.example/c3"
