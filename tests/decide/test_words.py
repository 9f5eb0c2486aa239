"""What words say about the state of things, in English and Chinese."""

import pytest

from ingestd.decide import words


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Link DOWN on edge-sw-03", "critical"),
        ("web07宕机了", "critical"),
        ("backup failed", "error"),
        ("数据库连接超时", "error"),
        ("certificate expires in 9 days", "warning"),
        ("磁盘空间不足告警", "warning"),
        ("12 files copied, 0 errors", None),
        ("10 errors", "error"),
        ("downtown meeting", None),
        ("没有问题", None),
        ("", None),
    ],
)
def test_severity(text, severity):
    assert words.severity(text) == severity


@pytest.mark.parametrize(
    "text",
    [
        "RESOLVED: link down",
        "Problem resolved on wh-files",
        "故障已恢复: wh-files",
        "告警解除",
        "web07恢复正常",
        "wh-files is UP",
        "状态正常",
    ],
)
def test_over(text):
    assert words.says_recovered(text)


@pytest.mark.parametrize(
    "text",
    [
        "not resolved yet",
        "failed to recover",
        "尚未恢复",
        "CRITICAL: link up 3 of 4",
        "Database error, not restored",
        "disk full",
        "",
    ],
)
def test_not_over(text):
    assert not words.says_recovered(text)


def test_success():
    assert words.says_success("Backup completed")
    assert words.says_success("备份成功")
    assert not words.says_success("Backup")


def test_the_key_of_a_subject_outlives_its_states_and_times():
    key = words.subject_key("[CRITICAL] wh-files disk 97% full at 2026-03-02 08:14:00")
    assert key == "wh files disk full at"
    assert words.subject_key("RESOLVED: wh-files disk 41.5 % full at 09:02") == key
    assert words.subject_key("[WARNING] wh-files disk 2 full at 09:02") != key
