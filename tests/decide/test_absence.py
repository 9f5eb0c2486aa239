"""What answering machines say, told apart from what people say about their absence, and others'."""

import pytest

from ingestd.decide import absence
from ingestd.decide.asked import asked


@pytest.mark.parametrize(
    "line",
    [
        "I am currently out of the office with no access to mail",
        "I'm on annual leave until 7 January",
        "Thank you for your e-mail. We will answer within two days",
        "Your request has been received and given the number 4711",
        "We have received your message",
        "This is an automated response",
        "自动回复：邮件已收到",
        "我正在休假，下周一回来",
        "我已收到您的来信",
        "您的邮件我已收到",
        "Ich bin bis Freitag im Urlaub",
        "Vielen Dank für Ihre Anfrage",
        "Je suis en congés jusqu'au 5",
        "Estoy fuera de la oficina",
    ],
)
def test_a_machine_speaks(line: str) -> None:
    assert absence.is_spoken(line)
    assert asked(f"Note: {line}") is None


@pytest.mark.parametrize(
    "line", ["ack", "assign Chen Yu", "note Chen Yu is on vacation until Monday", "resolved: the office has power again",
             "已解决：机房恢复供电", "转交 陈宇", "I'll take it", "snooze 30m", "备注 备件已收到"],
)  # fmt: skip
def test_a_person_speaks(line: str) -> None:
    assert not absence.is_spoken(line)


def test_only_the_line_of_the_command_counts() -> None:
    found = asked("assign Chen Yu\nI am on leave from tomorrow")
    assert found is not None and found.action == "assign"


def test_a_long_line_is_looked_at_in_part() -> None:
    assert not absence.is_spoken("x" * 1000 + " automatic reply")
