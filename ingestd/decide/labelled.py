"""What an unknown tool's "Label: value" lines say: most tools write them, and most call the same things the same.

Tables first: to teach the fallback a label, add it here, in small letters. What a label calls a host is in
``decide/hosts.py``.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ingestd.decide import hosts, words
from ingestd.decide.han import alike
from ingestd.model import Severity

MOST_LINES = 60
LONGEST_LABEL = 40  # characters
LONGEST_VALUE = 200
LONGEST_LINE = 400
CHECKS = frozenset((
    "service", "service name", "service description", "check", "check name", "monitor", "monitor name", "probe",
    "monitor alert",
    "alarm name", "alert name", "alertname", "alert rule", "rule name", "trigger", "trigger name",
    "problem name", "uptime monitor", "alarmname",
    "job name", "task name", "target name", "policy name",
    "服务", "服务名称", "监控项", "监控指标", "告警名称", "告警规则", "告警类型", "规则名称", "检查项",
    "任务名称", "报警名称",
    "dienst", "prüfung", "nom du problème", "nom du service", "servicio", "nombre del servicio",
    "障害名", "監視項目", "監視項目id", "監視項目名", "サービス", "サービス名", "トラップ名", "アラーム名",
    "アラート名",
    "component", "rule", "alert", "alarm", "sensor", "sensor name", "sensor id", "test name", "unit", "event type",
    "common event id", "metric", "metric name", "condition", "backup job", "backup set", "plan", "plan name",
    "传感器", "感應器", "alerte", "alerta", "scheduled job", "threat name", "detection name",
    "事件类型", "事件名称", "告警策略", "告警策略名", "告警策略名称", "策略名称", "告警项", "告警标题", "监控项目",
    "监控项名称", "报警规则", "报警类型", "告警指标", "指标名称", "问题名称", "故障名称", "故障类型", "备份任务",
    "名称", "監控項目", "告警名稱", "事件類型", "服務", "服務名稱",
    "problemname", "alarmname", "prüfpunkt", "sensorname", "regel", "auftrag", "sicherungsauftrag",
    "nom de l'alerte", "vérification", "sonde", "nombre del problema", "comprobación", "problema",
    "nome do problema", "serviço", "nome do serviço", "servizio", "nome problema", "имя проблемы", "проблема",
    "сервис", "служба", "проверка", "триггер", "nazwa problemu", "usługa", "문제 이름", "경보 이름",
    "서비스", "서비스명", "항목", "경고명",
))  # fmt: skip
SEVERITY_LABELS = frozenset((
    "severity", "level", "log level", "importance", "alert level", "alarm level", "criticality", "alert severity",
    "级别", "等级", "告警级别", "告警等级", "报警级别", "报警等级", "严重性", "严重程度", "嚴重性", "告警級別",
    "schweregrad", "dringlichkeit", "sévérité", "gravité", "niveau", "severidad", "gravedad", "nivel",
    "重要度", "深刻度", "重大度", "event severity", "event level", "alarm severity",
    "告警严重性", "事件级别", "事件等级", "问题级别", "触发级别", "级别状态", "severidade", "gravità", "livello",
    "важность", "уровень", "серьезность", "ernst", "priorytet", "ważność", "심각도", "등급", "alarmstufe", "stufe",
    "priorität der meldung", "criticité", "criticidad",
))  # fmt: skip
# Where no other label says how bad it is; it only makes a mail worse.
PRIORITIES = frozenset(("priority", "urgency", "优先级", "緊急度", "priorität", "priorité", "prioridad", "優先度"))
STATES = frozenset((
    "status", "state", "new status", "new state", "current state", "current status", "alert status",
    "alarm status", "alarm state", "alert state", "problem state", "newstatevalue", "service state", "host state",
    "monitor status", "check status",
    "notification type",
    "状态", "告警状态", "报警状态", "當前狀態", "当前状态", "zustand", "statut", "état", "estado", "状態",
    "ステータス", "恢复状态", "问题状态", "事件状态", "stato", "статус", "состояние", "stan", "상태", "event state",
    "meldungsstatus", "alarmstatus", "type de notification", "tipo de notificación", "tipo de notificação",
))  # fmt: skip
SUMMARIES = frozenset((
    "message", "event message", "event description", "description", "output", "additional info", "alert message",
    "info", "reason", "failure reason", "error message", "last message", "newstatereason", "alarm description",
    "alert description",
    "告警内容", "告警详情", "告警信息", "报警内容", "故障描述", "描述", "内容", "详情",
    "meldung", "beschreibung", "nachricht", "fehlermeldung", "détail", "mensaje", "descripción", "descripcion",
    "メッセージ", "内容詳細", "詳細メッセージ", "詳細", "alert text", "alert details",
    "event text", "ereignis", "événement", "evento", "附加信息", "附加資訊", "additional information", "失败原因",
    "错误信息",
    "ausgabe", "sortie", "salida", "uscita", "saída", "出力", "最后消息", "最新消息", "消息", "状态信息",
    "plugin output", "plug-in output", "check output", "service output", "host output", "cause", "probable cause",
    "problem", "problem description", "details", "detail", "content", "error", "fehler", "fehlertext", "ursache",
    "grund", "erreur", "cause de l'alerte", "raison", "causa", "motivo", "información adicional",
    "informacion adicional",
    "information supplémentaire", "info supplémentaire", "infos supplémentaires", "mensagem", "descrição", "erro",
    "messaggio", "descrizione", "errore", "сообщение", "описание", "ошибка", "причина", "bericht", "omschrijving",
    "komunikat", "opis", "메시지", "내용", "설명", "告警描述", "报警描述", "事件内容", "事件描述", "通知内容",
    "报警详情", "what happened",
    "问题详情", "故障详情", "故障原因", "原因", "具体信息", "描述信息", "訊息", "描述資訊", "詳情", "內容",
))  # fmt: skip
# What the sender calls this problem by, a number as a rule.
IDS = frozenset((
    "event id", "alert id", "alarm id", "problem id", "incident id", "incident number", "incident",
    "original problem id",
    "original event id", "alert number", "alarm number", "fault id", "issue id", "eventid", "alertid", "alarmid",
    "事件id", "告警id", "报警id", "告警编号", "报警编号", "告警流水号", "流水号", "问题id", "原始问题id",
    "事件编号", "故障id",
    "ursprüngliche problem-id", "problem-id", "alarm-id", "ereignis-id", "alarmnummer", "störungsnummer",
    "id du problème", "id du problème d'origine", "id de l'alerte", "id del problema", "id de alerta",
    "id original del problema", "id problema originale", "id problema", "id do problema original", "障害id",
    "원래 문제 id", "문제 id",
    "问题 id", "id original do problema", "id do problema", "id исходной проблемы", "id проблемы", "インシデントid",
    "アラートid",
    "イベントid",
))  # fmt: skip
# What the labels of each kind end in, whatever stands before it; they count where no label of the tables does.
ENDINGS = (
    ("summary", (" description", " message", " details", "描述", "内容", "详情", "说明", "説明", "詳細", "メッセージ",
                 "beschreibung", "meldung", "event")),
    ("severity", (" severity", "级别", "等级", "严重性", "严重程度", "重要度", "深刻度", "schweregrad")),
    ("check", ("告警名称", "规则名称", "策略名称", "监控项", "告警类型", "告警规则", "任务名称")),
    ("id", ("告警编号", "告警id", "事件id", "流水号")),
)  # fmt: skip
# Labels of many meanings: only what looks like a name behind them is that of a check.
TELLING = frozenset(("alert", "alarm", "alerte", "alerta", "problema", "проблема", "event type", "事件类型"))
VAGUE = frozenset((
    "alert", "alarm", "alerte", "alerta", "rule", "condition", "problema", "проблема", "event type", "事件类型",
    "名称", "plan", "component",
    "unit", "metric", "regel",
))  # fmt: skip
LONGEST_VAGUE = 60  # characters
LEVELS: Mapping[str, Severity] = {
    "critical": "critical", "crit": "critical", "fatal": "critical", "emergency": "critical", "disaster": "critical",
    "紧急": "critical", "緊急": "critical", "致命": "critical", "灾难": "critical", "kritisch": "critical",
    "critique": "critical", "crítico": "critical", "crítica": "critical", "危険": "critical", "致命的": "critical",
    "high": "error", "major": "error", "error": "error", "severe": "error", "严重": "error", "嚴重": "error",
    "重要": "error", "高": "error", "hoch": "error", "schwerwiegend": "error", "fehler": "error", "haut": "error",
    "élevé": "error", "élevée": "error", "majeure": "error", "alta": "error", "alto": "error", "重大": "error",
    "критическая": "critical", "критический": "critical", "чрезвычайная": "critical", "심각": "critical",
    "재해": "critical", "높음": "error", "보통": "warning", "중간": "warning",
    "высокая": "error", "высокий": "error", "средняя": "warning", "предупреждение": "warning", "경고": "warning",
    "p0": "critical", "p1": "critical", "p2": "error", "p3": "warning", "p4": "info", "p5": "info", "sev1": "critical",
    "sev2": "error", "sev3": "warning", "sev4": "info",
    "critico": "critical", "kritiek": "critical", "krytyczny": "critical", "wysoki": "error",
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
_HEADING = re.compile(r"(?:[\[【■●◆]\s?)([^\[\]【】:：=]{2,30})[\]】]?")
_ALONE = re.compile(r"([^:：=|\t]{2,40})[:：]")  # "Additional Info:", its value in the next line
_MARK = re.compile(r"[:：|\t]|=(?!=)")
_WORD = re.compile(r"[^\W_]+")
_ID = re.compile(r"[#\"'(\[]{0,2}(?=[\w:./-]{0,99}\d)([\w:./-]{1,100})(?=[\"'),\].;]{0,2}(?:\s|$))")


class Labelled(Struct, frozen=True):
    """What the lines say; "" and None: nothing."""

    check: str | None = None
    severity: Severity | None = None
    summary: str = ""
    over: bool = False  # a line of state says that it is over
    at_least: Severity | None = None  # by a line of priority
    external_id: str | None = None


def read(text: str) -> Labelled:
    """The first line of each kind counts."""
    found: dict[str, str] = {}
    late: dict[str, str] = {}
    leading, level = _leading(text)
    for label, value in _lines(text):
        if label in _VAGUE and not _is_name(label, value):
            if " " in value:
                late.setdefault("summary", value)
            continue
        for name, table in _TABLES:
            if label in table:
                found.setdefault(name, value)
        for name, ends in _ENDINGS:
            if label.endswith(ends) and (name != "severity" or _level(value)):
                late.setdefault(name, value)
    found = {**late, **found}
    return Labelled(
        check=found.get("check"),
        severity=_level(found.get("severity", "")) or level,
        summary=found.get("summary", "") or leading,
        over="state" in found and words.says_recovered(found["state"]),
        at_least=_level(found.get("priority", "")),
        external_id=_id(found.get("id", "")),
    )


def is_line(line: str) -> bool:
    """Whether a line is a label that is known here, or a host's, and its value."""
    return any(hosts.is_label(label) or any(label in table for _, table in _TABLES) for label, _ in _lines(line))


_TABLES = tuple(
    (name, frozenset(map(alike, table)))
    for name, table in (
        ("check", CHECKS),
        ("severity", SEVERITY_LABELS),
        ("state", STATES),
        ("summary", SUMMARIES),
        ("priority", PRIORITIES),
        ("id", IDS),
    )
)
_VAGUE, _TELLING = (frozenset(map(alike, table)) for table in (VAGUE, TELLING))
_ENDINGS = tuple((name, tuple(map(alike, ends))) for name, ends in ENDINGS)
_LEVELS = {alike(word): level for word, level in LEVELS.items()}


def _leading(text: str) -> tuple[str, Severity | None]:
    """The first line that begins with its level, and the level."""
    for line in (whole[:LONGEST_VALUE].strip() for whole in text.split("\n", FIRST_LINES)[:FIRST_LINES]):
        found = _PLUGIN.match(line)
        if found:
            return line, LEVELS.get((found[1] or found[2]).casefold(), "unknown")
    return "", None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Labels and values; one alone, ``[Message]`` or ``Message:``, has its value in the next line."""
    heading = ""
    for line in (whole[:LONGEST_LINE].strip() for whole in text.split("\n", MOST_LINES)[:MOST_LINES]):
        alone = _HEADING.fullmatch(line) or _ALONE.fullmatch(line)
        if heading and line and not alone:
            yield heading, line[:LONGEST_VALUE]
        heading = hosts.spelled(alone[1]) if alone else heading if not line else ""
        mark = _MARK.search(line, 1, LONGEST_LABEL)
        if mark and (value := " ".join(line[mark.end() :].split()).strip('*_|" ')):
            yield hosts.spelled(line[: mark.start()]), value[:LONGEST_VALUE]


def _is_name(label: str, value: str) -> bool:
    """One word that is no level, or some; where the label stands before sentences too, some that tell of nothing."""
    if " " not in value:
        return value.casefold() not in LEVELS
    return len(value) <= LONGEST_VAGUE and (label not in _TELLING or words.judge(value).verdict == "none")


def _id(value: str) -> str | None:
    """An id with a digit in it; a word is none."""
    found = _ID.match(value)
    return found[1] if found else None


def _level(value: str) -> Severity | None:
    """``Critical``, ``5 - Critical``, ``严重``: the first word that names a level."""
    words_of = _WORD.findall(alike(value.casefold()))
    return next((_LEVELS[word] for word in words_of if word in _LEVELS), None)
