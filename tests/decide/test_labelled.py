"""What the "Label: value" lines of a tool that nobody knows say."""

import pytest

from ingestd.decide import labelled
from ingestd.decide.labelled import Labelled


def test_lines_of_an_unknown_tool():
    text = "Device: quay-sw-4\nService: uplink\nSeverity : Major\nMessage : 3 % of frames are lost\nStatus: DOWN\n"
    assert labelled.read(text) == Labelled("uplink", "error", "3 % of frames are lost")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("告警名称：内存\n告警级别：紧急\n告警详情：内存已满\n", Labelled("内存", "critical", "内存已满")),
        ("Schweregrad: Kritisch\nMeldung: Lüfter steht\n", Labelled(None, "critical", "Lüfter steht")),
        ("Sévérité : Haut\nNom du problème : disque\n", Labelled("disque", "error")),
        ("重要度：危険\nメッセージ：停止\n", Labelled(None, "critical", "停止")),
        ("check_name: disk\nlog.level: ERROR\n", Labelled("disk", "error")),
        ("📊 *Service*: mail\n附加信息:\n\n队列停止\n", Labelled("mail", summary="队列停止")),
        ("Nome problema: disco\nID problema originale: 812\n", Labelled("disco", external_id="812")),
        ("check=disk\nlevel=3 - warning\n", Labelled("disk", "warning")),
        ("Severity\tWarning\n** State ** | Recovered\n", Labelled(None, "warning", over=True)),
        ("Status: not resolved\n", Labelled()),
        ("Severity: Informational\n", Labelled()),
        ("a == b\nno label here\n", Labelled()),
        ("告警內容：油壓過低\n告警等級：嚴重\n", Labelled(None, "error", "油壓過低")),
        ("イベント説明: 油圧低下\n", Labelled(summary="油圧低下")),
        ("Belt severity: none yet\nEvent severity: Minor\n", Labelled(None, "warning")),
        ("Fault description: hot\nMessage: too hot\n", Labelled(summary="too hot")),
        ("Alarm: belt 4 is down\n", Labelled(summary="belt 4 is down")),
        ("Alarm: Critical\n", Labelled()),
    ],
)
def test_labels_in_many_languages(text, found):
    assert labelled.read(text) == found


def test_the_first_of_each_kind_counts_and_only_the_head_is_read():
    assert labelled.read("Service: one\nService: two\n").check == "one"
    assert labelled.read("\n" * labelled.MOST_LINES + "Service: late\n") == Labelled()


def test_a_long_value_is_cut():
    assert len(labelled.read("Message: " + "x" * 5000).summary) == labelled.LONGEST_VALUE


def test_lines_of_any_length_cost_little():
    assert labelled.read(" \t" * 500_000 + "\n" + "a | " * 200_000 + "\nService: one") == Labelled("one")


def test_a_line_may_begin_with_its_level_instead():
    said = labelled.read("Belt check\nBELT CRITICAL - 3 of 9 rollers stand\n")
    assert (said.severity, said.summary) == ("critical", "BELT CRITICAL - 3 of 9 rollers stand")
    assert labelled.read("Warning: roller 3 is hot\n").severity == "warning"
    assert labelled.read("BELT UNKNOWN - no answer\n").severity == "unknown"
    assert labelled.read("Severity: Minor\nMessage: hot\nCritical: no\n") == Labelled(None, "warning", "hot")
    assert labelled.read("the critical path: none\n") == Labelled()


def test_a_priority_only_makes_it_worse():
    assert labelled.read("Priority: High\n") == Labelled(at_least="error")


def test_what_the_sender_calls_it_by():
    assert labelled.read("Alert ID: 4711\n告警编号：A-9\n").external_id == "4711"
    assert labelled.read("Incident: nobody knows\n") == Labelled()


def test_a_label_of_many_meanings_names_a_check_only_by_a_name():
    assert labelled.read("Alert: crane.belt\n").check == "crane.belt"
    assert labelled.read("Rule: Belts of the quay\n").check == "Belts of the quay"
    assert labelled.read("Alarm: the belt has failed\n").check is None
    assert labelled.read("Alarm: Critical\n").check is None
    assert labelled.read("Condition: Belt failed\n").check == "Belt failed"
    assert labelled.read("Alarm: " + "belt " * 20 + "\n").check is None


def test_a_label_in_brackets_has_its_value_in_the_next_line():
    said = labelled.read("[トラップ名]\n電源縮退\n[詳細メッセージ]\n\n電源 2 が止まった\n■対処方法\n交換\n")
    assert (said.check, said.summary) == ("電源縮退", "電源 2 が止まった")


def test_levels_by_their_numbers_and_in_other_languages():
    assert labelled.read("Priorität: P1\n") == Labelled(at_least="critical")
    assert labelled.read("Важность: Высокая\nУзел сети: кран\n").severity == "error"
    assert labelled.read("심각도: 심각\n").severity == "critical"
