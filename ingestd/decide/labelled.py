"""What an unknown tool's "Label: value" lines say: most tools write them, and most call the same things the same.

Tables first: to teach the fallback a label, add it here, in small letters. What a label calls a host is in
``decide/hosts.py``.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ingestd.decide import words
from ingestd.model import Severity

MOST_LINES = 60
LONGEST_LABEL = 40  # characters
LONGEST_VALUE = 200
LONGEST_LINE = 400
DECORATION = " \t*_•·►>-#"
CHECKS = frozenset((
    "service", "service name", "service description", "check", "check name", "monitor", "monitor name", "probe",
    "monitor alert",
    "alarm name", "alert name", "alertname", "alert rule", "rule name", "trigger", "trigger name",
    "problem name", "uptime monitor", "alarmname",
    "job name", "task name", "target name", "policy name",
    "服务", "服务名称", "监控项", "监控指标", "告警名称", "告警规则", "告警类型", "规则名称", "检查项",
    "任务名称", "报警名称",
    "dienst", "prüfung", "nom du problème", "nom du service", "servicio", "nombre del servicio",
    "監視項目", "サービス", "サービス名",
))  # fmt: skip
SEVERITY_LABELS = frozenset((
    "severity", "level", "importance", "alert level", "alarm level", "criticality", "alert severity",
    "级别", "等级", "告警级别", "告警等级", "报警级别", "报警等级", "严重性", "严重程度", "嚴重性", "告警級別",
    "schweregrad", "dringlichkeit", "sévérité", "gravité", "niveau", "severidad", "gravedad", "nivel",
    "重要度", "深刻度", "重大度",
))  # fmt: skip
# Where no other label says how bad it is; it only makes a mail worse.
PRIORITIES = frozenset(("priority", "urgency", "优先级", "緊急度", "priorität", "priorité", "prioridad", "優先度"))
STATES = frozenset((
    "status", "state", "new status", "new state", "current state", "current status", "alert status",
    "alarm status", "newstatevalue", "service state", "host state", "monitor status", "check status",
    "notification type",
    "状态", "告警状态", "报警状态", "當前狀態", "当前状态", "zustand", "statut", "état", "estado", "状態",
    "ステータス",
))  # fmt: skip
SUMMARIES = frozenset((
    "message", "event message", "event description", "description", "output", "additional info", "alert message",
    "info", "reason", "failure reason", "error message", "last message", "newstatereason", "alarm description",
    "alert description",
    "告警内容", "告警详情", "告警信息", "报警内容", "故障描述", "描述", "内容", "详情",
    "meldung", "beschreibung", "nachricht", "fehlermeldung", "détail", "mensaje", "descripción", "descripcion",
    "メッセージ", "内容詳細",
))  # fmt: skip
LEVELS: Mapping[str, Severity] = {
    "critical": "critical", "crit": "critical", "fatal": "critical", "emergency": "critical", "disaster": "critical",
    "紧急": "critical", "緊急": "critical", "致命": "critical", "灾难": "critical", "kritisch": "critical",
    "critique": "critical", "crítico": "critical", "crítica": "critical", "危険": "critical", "致命的": "critical",
    "high": "error", "major": "error", "error": "error", "severe": "error", "严重": "error", "嚴重": "error",
    "重要": "error", "高": "error", "hoch": "error", "schwerwiegend": "error", "fehler": "error", "haut": "error",
    "élevé": "error", "élevée": "error", "majeure": "error", "alta": "error", "alto": "error", "重大": "error",
    "warning": "warning", "warn": "warning", "minor": "warning", "average": "warning", "medium": "warning",
    "moderate": "warning", "警告": "warning", "预警": "warning", "一般": "warning", "次要": "warning",
    "中": "warning",
    "warnung": "warning", "mittel": "warning", "avertissement": "warning", "moyen": "warning",
    "advertencia": "warning", "media": "warning",
}  # fmt: skip

FIRST_LINES = 5  # of a text that may begin with their level
# "Critical: disk 3 failed", "HTTP CRITICAL - no answer" as plug-ins of Nagios print it
_PLUGIN = re.compile(
    r"^\W{0,3}(?:(?:[A-Za-z][\w./-]{0,30} ){0,3}(CRITICAL|WARNING|UNKNOWN)|((?i:critical|crit|fatal|warning|warn)))\b"
    r"\]? ?[:–-] ?\S"
)
_MARK = re.compile(r"[:：|\t]|=(?!=)")
_WORD = re.compile(r"[^\W_]+")


class Labelled(Struct, frozen=True):
    """What the lines say; "" and None: nothing."""

    check: str | None = None
    severity: Severity | None = None
    summary: str = ""
    over: bool = False  # a line of state says that it is over
    at_least: Severity | None = None  # by a line of priority


def read(text: str) -> Labelled:
    """The first line of each kind counts."""
    found: dict[str, str] = {}
    leading, level = _leading(text)
    for label, value in _lines(text):
        for name, table in _TABLES:
            if label in table:
                found.setdefault(name, value)
    return Labelled(
        check=found.get("check"),
        severity=_level(found.get("severity", "")) or level,
        summary=found.get("summary", "") or leading,
        over="state" in found and words.says_recovered(found["state"]),
        at_least=_level(found.get("priority", "")),
    )


_TABLES = (
    ("check", CHECKS),
    ("severity", SEVERITY_LABELS),
    ("state", STATES),
    ("summary", SUMMARIES),
    ("priority", PRIORITIES),
)


def _leading(text: str) -> tuple[str, Severity | None]:
    """The first line that begins with its level, and the level."""
    for line in (whole[:LONGEST_VALUE].strip() for whole in text.split("\n", FIRST_LINES)[:FIRST_LINES]):
        found = _PLUGIN.match(line)
        if found:
            return line, LEVELS.get((found[1] or found[2]).casefold(), "unknown")
    return "", None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in (whole[:LONGEST_LINE].strip() for whole in text.split("\n", MOST_LINES)[:MOST_LINES]):
        mark = _MARK.search(line, 1, LONGEST_LABEL)
        if mark and (value := " ".join(line[mark.end() :].split()).strip("*_| ")):
            yield line[: mark.start()].strip(DECORATION).casefold(), value[:LONGEST_VALUE]


def _level(value: str) -> Severity | None:
    """``Critical``, ``5 - Critical``, ``严重``: the first word that names a level."""
    return next((LEVELS[word] for word in _WORD.findall(value.casefold()) if word in LEVELS), None)
