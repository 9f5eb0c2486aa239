"""The words by which machines and people say that something is broken, or whole again.

English, Chinese (both scripts), German, French, Spanish and Japanese, and the commonest of Russian, Portuguese,
Italian, Dutch, Polish and Korean. Tables first: to teach the fallback a word, add it here, in small letters. Words in
Latin script count as whole words (``*`` at the end: and whatever goes on from there; in front: whatever goes before,
as German joins words); Chinese and Japanese have no such borders. RE2 searches them, so their number costs nothing.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from ingestd.decide.match import compiled
from ingestd.model import Severity

Verdict = Literal["problem", "over", "success", "none"]

CRITICAL = (
    # English
    "critical", "criticals", "crit", "emergency", "emerg", "fatal", "disaster", "panic", "down", "outage",
    "unreachable", "offline", "disconnected", "power failure", "power fail", "power lost", "on battery",
    "not reachable", "no response",
    # Chinese
    "宕机", "宕機", "当机", "當機", "紧急", "緊急", "灾难", "災難", "致命", "瘫痪", "癱瘓", "中断", "中斷", "不可达",
    "不可達", "离线", "離線", "断网", "斷網", "断电", "斷電", "停电", "停電", "掉线", "掉線", "失联", "失聯", "断开",
    "斷開", "断线", "斷線",
    "不通",
    # German
    "kritisch*", "ausfall", "ausgefallen", "nicht erreichbar", "unerreichbar", "notfall", "stromausfall",
    "keine verbindung",
    "offline gegangen",
    # French
    "critique*", "en panne", "panne", "hors service", "hors ligne", "injoignable", "inaccessible", "coupure",
    "urgence",
    # Spanish
    "crítico", "crítica", "critico", "critica", "caído", "caída", "caido", "caida", "inalcanzable", "sin conexión",
    "sin conexion", "emergencia", "corte de",
    # Japanese
    "危険", "致命的", "停止しました", "ダウン", "接続不可", "到達不能", "応答なし", "応答がありません", "切断",
    "*ausfall", "batteria", "rete assente", "mancanza rete", "inoperable", "not operational",
    # Russian, Portuguese, Italian, Dutch, Polish, Korean
    "критич", "авария", "аварийн", "недоступ", "не отвечает", "fora do ar", "inacessível", "irraggiungibile",
    "non raggiungibile", "onbereikbaar", "awaria", "niedostępn*", "심각", "응답 없음", "연결 끊김",
    "batteriebetrieb", "batterie-betrieb", "auf batterie", "sur batterie", "con batería",
)  # fmt: skip
ERROR = (
    "error", "errors", "err", "fail", "fails", "failed", "failing", "failure", "failures", "fault", "faults",
    "faulted",
    "faulty", "major", "broken", "crashed", "crash", "exception", "traceback", "corrupt", "corrupted", "corruption",
    "refused", "timeout", "timed out", "time out", "does not exist", "not responding", "not running", "notready",
    "not ready", "unavailable",
    "missed", "cannot", "can't", "can not", "could not", "couldn't", "unable", "denied", "aborted", "abort", "killed",
    "segfault", "out of memory", "no space left", "no such file", "no route to host", "not found", "not recovered",
    "not working", "exhausted", "doesn't work", "does not work", "stopped working", "rejected", "lost", "dead",
    "错误", "錯誤", "失败", "失敗", "故障", "异常", "異常", "超时", "逾時", "超時", "不可用", "无法", "無法", "坏了",
    "壞了", "损坏", "損壞", "崩溃", "崩潰", "无响应", "無回應", "没有响应", "連不上", "连不上", "打不开", "打不開",
    "上不了", "不能用", "没有网", "没网", "沒有網", "严重", "嚴重", "出错", "出錯", "丢失", "遺失", "拒绝", "拒絕",
    "退出", "无应答", "未响应",
    "fehler", "fehlgeschlagen", "fehlerhaft", "störung", "stoerung", "defekt*", "gescheitert", "abgebrochen",
    "abgestürzt", "zeitüberschreitung", "nicht verfügbar", "nicht gefunden", "kann nicht", "konnte nicht",
    "verweigert",
    "schwerwiegend*", "läuft nicht", "funktioniert nicht", "geht nicht",
    "erreur", "erreurs", "échec", "echec", "échoué", "échouée", "a échoué", "défaut", "défaillance", "défaillant*",
    "indisponible", "impossible", "refusé", "refusée", "expiration du délai", "introuvable", "ne répond pas",
    "ne fonctionne pas",
    "incident", "grave",
    "fallo", "fallos", "falló", "fallido", "fallida", "fallado", "falla", "fracasó", "error", "errores", "avería",
    "averia", "no disponible", "no responde", "no se puede", "no se pudo", "rechazado", "rechazada",
    "tiempo de espera",
    "no funciona", "エラー", "障害", "失敗", "異常", "故障", "タイムアウト", "利用不可", "利用できません",
    "できません",
    "応答しません", "拒否",
    "重大", "見つかりません",
    "ora-0*", "ora-1*", "ora-2*", "ora-3*", "ora-6*", "failed*",
    "missing", "not received", "was not received", "did not arrive", "not arrived", "exited with", "infected",
    "leak detected", "smoke detected", "漏水", "水浸", "火警",
    "烟雾",
    "劣化",
    "*fehler", "*störung", "*stoerung", "assente", "ausgeblieben", "fehlt", "absent", "manquant", "manquante",
    "ошибк", "сбой", "отказ", "неудач", "не удалось", "falha", "falhas", "falhou", "erro", "erros", "indisponível",
    "não responde", "errore", "errori", "fallito", "guasto", "non risponde", "mislukt", "fout", "storing", "błąd",
    "nie odpowiada", "장애", "오류", "실패",
)  # fmt: skip
WARNING = (
    "warning", "warnings", "warn", "minor", "degraded", "degradation", "degradedarray", "expires", "expire", "expired",
    "expiring",
    "high",
    "low", "slow", "alert", "alerts", "alarm", "alarms", "problem", "problems", "firing", "triggered", "alerting",
    "lower than", "fell below", "is below", "dropped below", "below threshold", "低于", "下降", "跌至", "突增", "飙升",
    "needs attention", "banned", "exceeded", "exceeds", "overheat", "overheated", "over threshold",
    "too high",
    "too low", "suspicious", "malicious", "malware", "virus", "trojan", "ransomware", "intrusion", "blacklisted",
    "no recent backup", "no recent backups", "not been backed up", "to be backed up", "violations",
    "too far behind", "out-of-sync", "out of sync", "not in sync", "overdue", "split brain", "split-brain",
    "average", "full", "reboot required", "outdated", "flapping", "violation", "attack", "attacks", "ddos",
    "brute force",
    "unauthorized", "unauthorised", "angriff", "angriffe", "attaque", "ataque", "攻击", "攻擊", "入侵", "暴力破解",
    "警告", "预警", "預警", "告警", "报警", "報警", "警报", "警報", "过期", "過期", "到期", "过高", "過高", "过低",
    "過低", "不足",
    "问题", "問題", "很慢", "缓慢", "卡顿", "已满", "已滿", "超过", "超過", "超限", "触发", "觸發", "偏高", "警示",
    "warnung", "warnungen", "problem", "probleme", "läuft ab", "abgelaufen", "überschritten", "unterschritten",
    "zu hoch",
    "zu niedrig", "langsam", "beeinträchtigt", "alarm", "voll",
    "avertissement", "avertissements", "alerte", "alertes", "alarme", "problème", "problèmes", "expiré", "expire",
    "dépassé",
    "dépassement", "lent", "lente", "dégradé", "dégradée", "trop élevé", "trop élevée", "saturé", "plein",
    "advertencia", "advertencias", "alerta", "alertas", "alarma", "problema", "problemas", "caduca", "caducado",
    "vence",
    "superado", "excedido", "lento", "lenta", "degradado", "demasiado alto", "demasiado alta", "lleno",
    "ausgelöst", "déclenché", "déclenchée", "disparado", "scattato", "作動しました",
    "*alarm", "*warnung", "out of range", "too hot", "zu heiß", "zu warm", "überhitzt*",
    "предупрежден", "внимание", "проблема", "превышен", "нет свободного места", "atenção", "cheio", "excedeu",
    "attenzione", "avviso", "allarme", "superato", "waarschuwing", "ostrzeżenie", "przekroczon*", "경고", "초과",
    "注意", "アラート", "アラーム", "期限切れ", "超過", "不足", "低下", "しきい値", "閾値", "問題",
)  # fmt: skip
RECOVERY = (
    "recovered", "recovery", "recovers", "resolved", "cleared", "restored", "back to normal", "back up",
    "back online", "upalert", "has returned", "returned from", "gone up", "within range again",
    "returned to normal", "is up again",
    "up again", "reachable again", "available again", "reconnected", "connection established", "all clear",
    "normalised", "normalized", "came back", "is back",
    "恢复", "恢復", "回復", "已解决", "已解決", "解除", "消除", "已修复", "已修復", "重新上线", "已上线", "已关闭",
    "已關閉", "重新连接", "wiederhergestellt", "behoben", "wieder erreichbar", "wieder verfügbar", "wieder online",
    "wieder normal", "wieder da",
    "aufgehoben", "entwarnung", "erholt", "wieder ok",
    "rétabli", "rétablie", "rétablis", "résolu", "résolue", "résolus", "retour à la normale", "de nouveau disponible",
    "de retour", "réparé", "réparée", "fin d'alerte",
    "recuperado", "recuperada", "resuelto", "resuelta", "restablecido", "restablecida", "restaurado", "restaurada",
    "solucionado", "solucionada", "vuelve a la normalidad", "de nuevo disponible", "volvió a",
    "復旧", "回復", "解消", "解決しました", "解決済み", "正常に戻りました", "解除", "復帰",
    "восстановлен", "устранен", "решена", "снова доступ", "resolvido", "resolvida", "restabelecido", "normalizado",
    "voltou a", "voltou ao normal", "ripristinato", "ripristinata", "risolto", "risolta", "rientrato", "hersteld",
    "opgelost", "weer bereikbaar", "przywrócono", "rozwiązano", "복구", "해결",
    "läuft wieder", "wieder in betrieb",
)  # fmt: skip
# Words of a recovery that also stand in texts about problems: they count where no word of a problem does.
CALM = (
    "ok", "oks", "okay", "up", "no longer", "normal", "healthy", "online", "reachable", "clear", "closed", "fixed",
    "正常", "在线", "在線", "erreichbar", "in ordnung", "normale", "en ligne", "en línea", "オンライン",
)  # fmt: skip
# Words of a problem that name a mail of any state: "Alert: job succeeded", "[Alarm] web-4 is UP".
WEAK = (
    "alert", "alerts", "alarm", "alarms", "alerting", "problem", "incident", "alerte", "alertes", "alarme",
    "alerta", "alertas",
    "alarma",
    "告警", "报警", "報警", "警报", "警報", "アラート", "アラーム",
)  # fmt: skip
# A mark before all else, whatever problem it then names: "[RECOVERY] URL is not OK".
ENDED = (
    r"^[^\pL\n]{0,4}[\[【(] ?(?:recovery|recovered|resolved|cleared|恢复|已恢复|恢復|已恢復"
    r"|behoben|résolue?|resuelt[oa]|復旧) ?[\]】)]"
)
CALM_AT_LAST = (
    r"(?:\b(?:is|are|now|status|state)|[:=(>→-]) ?(?:now )?(?:ok|up|normal|online|healthy|正常)\W*$"
    r"|\b(?:connected|reconnected|online)\W*$"
)
SUCCESS = (
    "success", "successful", "successfully", "sucessful", "sucessfully", "succesfully", "succeeded", "succeeds",
    "completed", "finished", "passed", "done", "backed up",
    "up to date", "complete",
    "成功", "完成", "已完成", "完毕", "完畢",
    "erfolgreich*", "abgeschlossen", "beendet", "fertiggestellt",
    "réussi", "réussie", "succès", "terminé", "terminée", "avec succès",
    "éxito", "exitoso", "exitosa", "completado", "completada", "finalizado", "finalizada", "correctamente",
    "完了", "成功しました", "正常終了",
    "успешно", "завершен", "выполнен", "sucesso", "concluído", "concluída", "completato", "riuscito", "geslaagd",
    "voltooid", "zakończono", "pomyślnie", "성공", "완료",
)  # fmt: skip
# What only looks like one of the words above: a recovery that did not happen …
NOT_RECOVERED = (
    "not ok", "not recovered", "not yet recovered", "not resolved", "not yet resolved", "not up", "not restored",
    "failed to recover", "no recovery", "not cleared", "unresolved", "not fixed", "not healthy", "unhealthy",
    "not normal",
    "abnormal", "not complete", "incomplete", "not completed", "not successful", "unsuccessful", "without success",
    "not been successful*", "never been successful*", "not successful*", "no backups of",
    "not online", "not connected", "never connected", "could not be restored", "recovery failed", "not back",
    "未恢复", "未恢復", "没恢复", "没有恢复", "沒有恢復", "尚未恢复", "未解决", "未解決", "没有解决", "沒有解決",
    "不正常", "无法恢复",
    "無法恢復", "恢复失败", "恢復失敗", "未成功", "没有成功", "未完成", "没有完成", "不成功", "未修复", "未解除",
    "nicht mehr erfolgreich*", "noch nie erfolgreich*", "keine neuen backups", "keine aktuellen backups",
    "nicht behoben", "noch nicht behoben", "nicht wiederhergestellt", "nicht erfolgreich", "nicht ok",
    "nicht abgeschlossen",
    "nicht in ordnung", "ohne erfolg", "nicht normal", "nicht erholt",
    "non résolu", "non résolue", "pas résolu", "pas rétabli", "pas encore rétabli", "non rétabli", "non réussi",
    "sans succès",
    "pas terminé", "anormal", "anormale",
    "no resuelto", "no resuelta", "no recuperado", "sin resolver", "sin éxito", "no completado", "no completada",
    "anormal",
    "no se ha recuperado", "no restablecido",
    "未復旧", "復旧していません", "復旧しておりません", "解決していません", "未解決", "正常ではありません",
    "完了していません", "回復していません",
)  # fmt: skip
# … and a problem that there is not.
_NO = "0|no|zero|without|not any|keine|keinen|kein|ohne|aucun|aucune|sans|pas de|pas d'|sin|ningún|ninguna|ningun|cero"
_BAD = (
    "errors?|failures?|failed|fails?|faults?|warnings?|warn|problems?|issues?|alerts?|alarms?|criticals?|crit|exceptions?"
    "|violations?"
    "|lost|rejected|missed|outages?|fehlern?|probleme?|warnungen|warnung|störungen|störung|ausfälle|erreurs?|échecs?"
    "|problèmes?|avertissements?|alertes?|errores|fallos?|problemas?|advertencias?|alertas?|downtime"
)
_KIND = "(?:[a-z]+ )?"  # "no critical errors", "0 new problems"
NOT_BROKEN = (
    rf"\b(?:{_NO})[ -]{_KIND}(?:{_BAD})\b(?:(?:,| and| or| und| oder| et| ni| y| o) (?:(?:{_NO}) )?(?:{_BAD})\b)*"
    rf"|\b(?:{_BAD}) ?(?:[:=]|count[:=]?|found[:=]) ?(?:(?:0|none|nil|keine|aucune?|ninguno)\b|no(?:$|[\n.,;]))"
    r"|\w*(?:fehler|fehlern|alarme?|warnung(?:en)?|störung(?:en)?) ?[:=] ?(?:0|keine?)\b"
    r"|\bexited with (?:(?:exit )?(?:code|status) )?\(?0\)?(?:$|[^\w.])"
    r"|\b(?:infected|infections|threats|viruses|malware|missing)(?: [a-z]+)? ?[:=] ?(?:0|none|no)\b"
    r"|\b(?:0|no) (?:infected|threats|missing)\b"
    r"|\b(?:rapid|disaster|azure site|data|crash|bare[ -]metal|point[ -]in[ -]time) recovery\b"
    r"|\brecovery (?:points?|services?|vault|plan|mode|model|manager|test|drill|media|files?|catalog|job|jobs)\b"
    r"|\bsuccess(?:ful)? (?:rates?|ratio|percentage)\b|(?:成功|完成|达成)率"
    r"|\bfail(?:ed|ure)?[ -]?over\b|\bnon[ -]critical\b|\berror[ -]free\b|\bfehlerfrei\b|\bproblem[ -]?free\b"
    r"|\bno (?:[a-z]+ ){0,4}(?:have |has )?(?:failed|errors?|failures?|problems?)\b|\binactive \(dead\)"
    r"|\bfull[ -](?:\d|(?:back-?ups?|scans?|sync|lists?|logs?|reports?|details?|names?|texts?|paths?|output|health"
    r"|restores?|dumps?|history|messages?|access|control|version|stack|url|story)\b)"
    r"|\b(?:set|sign(?:ed)?|clean(?:ed)?|start(?:ed)?|look(?:ed)?|keep|follow|pick(?:ed)?|mark|build|built|used|speed)"
    r" up\b"
    r"|\bhigh availability\b|\bcorrected errors?\b|\b(?:errors?|problems?) (?:were|was) (?:not )?found: 0\b"
    r"|\bpas d'(?:erreurs?|alertes?|avertissements?)\b|\b(?:not|nicht|non) (?:down|kritisch|critical|failed|expired)\b"
    r"|(?:无|無|没有|沒有|未发现|未發現|未发生|未出现|不存在|无任何|没有任何|沒有任何)(?:错误|錯誤|异常|異常|问题"
    r"|問題|故障|告警|报警|失败|失敗|警告)"
    r"|(?:错误|錯誤|异常|異常|失败|失敗|故障|告警|警告)(?:数|數|次数|个数)? ?[::] ?(?:0|无|無)(?:[^0-9.]|$)|(?:^"
    r"|[^0-9.])0 ?(?:个|個|次|条|條)?(?:错误|錯誤|失败|失敗|异常|異常|故障|告警)"
    r"|(?:エラー|異常|問題|障害|警告|失敗)(?:は|が)?(?:ありません|なし|無し|0件|:0|: 0)"
)
# "故障已恢复", "problem resolved": the word of the problem belongs to its end.
OVER = (
    # "[OK] disk full"
    r"^[\W\d]*(?:p\d\W{1,3})?(?:ok|okay|up|clear|recover|closed|fixed|normal|cleared|正常|恢复|恢復)"
    r"(?: ?[\]】:：|!]| - )"
    r"|\b(?:red|yellow|down|crit(?:ical)?|warn(?:ing)?|error|problem|firing|alarm|failed|unreachable|offline"
    r"|degraded|unhealthy) ?(?:-+>|→|=>) ?"
    r"(?:green|ok|up|online|healthy|normal)\b"
    r"|\b(?:(?:critical|major|minor|warning|high) )?"
    r"(?:problem|alert|alarm|error|leak|issue|incident|outage|failure|warning|critical|major|minor|fault|event|störung"
    r"|fehler|ausfall|problème"
    r"|alerte|panne|erreur|incidencia|alerta|fallo|problema)s? (?:is |are |has been |have been |was |ist |wurde "
    r"|est |a été |ha sido |está )?"
    r"(?:now |wieder )?(?:resolved|cleared|over|recovered|fixed|gone|ended|closed|behoben|beendet|vorbei|résolue?"
    r"|terminée?|resuelt[oa]"
    r"|solucionad[oa])\b"
    r"|(?:故障|告警|报警|報警|预警|預警|警报|警報|异常|異常|问题|問題|中断|中斷|错误|錯誤|断开|离线|離線)(?:已经"
    r"|已經|已|均已|全部|状态|狀態)?(?:恢复|恢復|解除|消除|解决|解決|关闭|關閉)"
    r"|(?:障害|問題|アラート|アラーム|異常|警告|エラー)(?:が|は|から)?(?:復旧|回復|解消|解除|解決)"
)
# "health: GREEN -> RED": colours count as states only where something turned so.
TURNED = r"(?:->|→|=>|\b(?:is|to|now|status|state|health)\b):? ?"
# The levels by their names: what bodies that state none still say in their texts.
NAMED_LEVELS: tuple[tuple[Severity, tuple[str, ...]], ...] = (
    (
        "critical",
        ("critical", "crit", "fatal", "emergency", "disaster", "紧急", "緊急", "灾难", "kritisch", "critique"),
    ),
    ("error", ("major", "严重", "嚴重")),
    ("warning", ("warning", "warn", "minor", "警告", "预警", "warnung", "avertissement", "advertencia")),
)
# What a line may end with when the problem it names is over ("Störung Pumpe 3 behoben") …
OVER_AT_LAST = (
    "recovered", "resolved", "cleared", "restored", "back to normal", "back online", "behoben", "wiederhergestellt",
    "wieder erreichbar", "wieder verfügbar", "wieder online", "aufgehoben", "résolu", "résolue", "résolus", "rétabli",
    "rétablie", "rétablis", "resuelto", "resuelta", "recuperado", "recuperada", "restablecido", "restablecida",
    "solucionado", "solucionada", "已恢复", "已恢復", "已解决", "已解決", "已解除", "已消除", "已修复", "恢复正常",
    "復旧",
    "復旧しました", "解消しました", "解決しました", "回復しました",
)  # fmt: skip
# … unless the line doubts it.
DOUBT = (
    r"\b(?:cannot|can't|could|couldn't|unable|fail(?:ed|s)? to|not|never|nicht|pas|non|no|sin|until|wait)\b"
    r"|无法|無法|未|没|沒|不(?:能|会|會|再|曾|了|是)|ません|ない"
)
# Mail about the monitoring itself rather than about a problem, by its subject.
NOTICES: Mapping[str, tuple[str, ...]] = {
    "acknowledgement": (
        "acknowledged", "acknowledgement", "acknowledgment", "acked", "已确认", "已確認", "确认告警", "已认领",
        "已接单", "已受理", "报警确认", "告警确认", "故障确认", "问题确认", "[确认]", "【确认】", "[確認]", "【確認】",
        "quittiert", "bestätigt", "acquitté", "acquittée", "acquittement", "reconocido",
        "reconocida", "確認済み", "確認しました",
    ),
    "downtime": (
        "downtime started", "downtime start", "downtime ended", "downtime end", "downtimestart", "downtimeend",
        "downtime scheduled", "scheduled downtime", "downtime cancelled", "downtime canceled", "downtimecancelled",
        "downtimeremoved", "planned maintenance", "scheduled maintenance", "maintenance window", "maintenance mode",
        "maintenance scheduled", "maintenance started", "maintenance completed", "maintenance begins",
        "maintenance announcement", "维护窗口", "维护通知", "计划维护", "维护开始", "维护结束", "維護通知",
        "計劃維護",
        "停机维护", "系统维护", "例行维护", "維護時段", "wartungsfenster", "geplante wartung", "wartungsarbeiten",
        "wartung beginnt", "wartung beendet", "wartungsmodus",
        "maintenance planifiée", "maintenance programmée", "fenêtre de maintenance", "mantenimiento programado",
        "ventana de mantenimiento", "mantenimiento planificado", "メンテナンスのお知らせ", "定期メンテナンス",
        "計画停止", "メンテナンス開始",
        "メンテナンス終了", "計画メンテナンス", "plánovaná údržba", "плановые работы", "техническое обслуживание",
        "manutenção programada", "manutenzione programmata", "gepland onderhoud", "maintenance announcement",
        "maintenance notice", "wartungsankündigung", "維護公告", "维护公告", "停机公告",
    ),
    "flapping": (
        "flapping", "flappingstart", "flappingstop", "flappingend", "started flapping", "stopped flapping", "抖动",
        "抖動",
    ),
    "test": (
        "test mail", "test e-mail", "test email", "test message", "test notification", "test alert", "test alarm",
        "testing email", "this is a test", "email test", "e-mail test", "mail test", "smtp test", "emailtest",
        "testmessage", "[test]", "【测试】",
        "test of the", "notification test", "test event", "testing notification", "testing alert",
        "测试邮件", "測試郵件", "测试消息", "测试通知", "测试告警", "測試通知", "邮件测试", "这是一封测试",
        "测试信息",
        "測試信",
        "testnachricht", "testmail", "test-mail", "testalarm", "testbenachrichtigung", "dies ist ein test",
        "message de test", "courriel de test", "notification de test", "ceci est un test", "mail de test",
        "e-mail de test",
        "correo de prueba", "mensaje de prueba", "notificación de prueba", "esto es una prueba", "prueba de correo",
        "テストメール", "テスト通知", "テスト送信", "これはテスト",
    ),
    "report": (
        "daily report", "weekly report", "monthly report", "backup report",
        "hourly report", "status report", "summary report",
        "daily summary",
        "weekly summary", "monthly summary", "daily digest", "weekly digest", "newsletter", "digest", "daily status",
        "nightly report", "inventory report", "usage report", "availability report", "sla report", "report for",
        "日报", "日報", "周报", "週報", "月报", "月報", "巡检报告", "巡檢報告", "巡检结果", "运行报告",
        "统计报告", "简报",
        "每日报告", "每周报告",
        "tagesbericht", "wochenbericht", "monatsbericht", "statusbericht", "täglicher bericht",
        "wöchentlicher bericht",
        "rapport quotidien", "rapport journalier", "rapport hebdomadaire", "rapport mensuel", "rapport d'état",
        "informe diario", "informe semanal", "informe mensual", "resumen diario", "boletín", "boletin",
        "日次レポート", "週次レポート", "月次レポート", "定期報告", "レポート",
    ),
    "info": (
        "service started", "has started", "was started", "has been started", "started on", "startup",
        "started successfully", "system started", "daemon started", "monitoring started", "rebooted by",
        "update available", "updates available", "new update", "new updates", "new update(s)", "package updates",
        "new version available", "password changed",
        "your invoice", "your receipt", "your order", "payment received", "ihre rechnung", "ihre bestellung",
        "votre facture", "su factura", "账单", "账单通知", "电子发票", "ご請求",
        "login from", "new login", "signed in", "welcome to",
        "subscription confirmation", "confirm your", "verify your", "verification code", "security code",
        "login code",
        "one-time password", "one-time code", "bootup complete", "boot complete",
        "已启动", "已啟動", "启动成功", "服务启动", "开机", "登录通知", "登录提醒", "更新可用", "有新版本",
        "欢迎使用",
        "验证码",
        "gestartet", "wurde gestartet", "update verfügbar", "updates verfügbar", "anmeldung von",
        "démarré", "démarrée", "a démarré", "mise à jour disponible", "iniciado", "iniciada", "se ha iniciado",
        "actualización disponible", "起動しました", "開始しました", "ログイン通知", "更新があります",
    ),
}  # fmt: skip
# Advertising: two of these make a mail nobody asked for.
ADVERTISING = (
    "unsubscribe", "any further mail", "further emails", "stop receiving", "wish to receive", "opt out",
    "limited time", "special offer", "free trial", "discount", "% off", "buy now", "click here",
    "act now", "promotion", "webinar", "casino", "lottery", "viagra", "loan", "seo", "backlinks", "guest post",
    "investment opportunity", "代开", "开发票", "增值税发票", "专用发票", "普通发票", "优惠",
    "促销", "加微信",
    "退订", "退訂", "培训课程", "贷款", "贷款额度", "彩票", "代办", "刷单", "兼职", "招聘", "广告",
    "abbestellen", "rabatt", "sonderangebot", "jetzt kaufen", "gewinnspiel", "se désabonner", "désinscrire",
    "promotion",
    "offre spéciale", "darse de baja", "oferta especial", "descuento", "配信停止", "キャンペーン", "お得な",
)  # fmt: skip
# How strangers sell, beside the words above.
SELLING = (
    "sale", "deals", "on sale", "price list", "price drop", "best price", "lowest price", "prices are", "prices down",
    "our catalog", "our catalogue", "free shipping", "coupon", "promo code", "voucher", "back in stock", "out of stock",
    "order now", "shop now", "book a demo", "schedule a call", "quick call", "our solution", "our solutions",
    "our product", "our products", "leading provider", "leading supplier", "we are a manufacturer", "newsletter",
    "register now", "early bird", "black friday", "cyber monday", "brochure", "white paper", "whitepaper",
    "case study", "free quote", "get a quote", "our offer", "downtime costs",
    "报价", "报价单", "供应商", "厂家", "厂家直销", "产品目录", "样品", "特价", "包邮", "折扣", "立减", "满减", "秒杀",
    "降价", "抢购", "新品", "现货", "缺货", "优惠券", "双十一", "双11", "立即购买", "免费试用", "白皮书", "咨询热线",
    "preisliste", "gutschein", "gutscheincode", "versandkostenfrei", "angebot", "angebote", "ausverkauf", "ausverkauft",
    "schlussverkauf", "preise gesenkt", "jetzt bestellen", "jetzt sichern", "katalog", "unsere lösung",
    "unsere lösungen", "unsere produkte", "führender anbieter", "termin vereinbaren", "kostenlos testen",
    "kostenfreies webinar", "prozent sparen", "jetzt anmelden", "wieder lieferbar", "aktionspreis",
    "soldes", "code promo", "livraison gratuite", "ofertas", "rebajas", "envío gratis",
    "セール", "送料無料", "クーポン",
)  # fmt: skip
# What stands beneath every mail to many, that of a monitor too: it sells nothing.
FOOTERS = frozenset((
    "unsubscribe", "any further mail", "further emails", "stop receiving", "wish to receive", "opt out", "click here",
    "退订", "退訂", "abbestellen", "se désabonner", "désinscrire", "darse de baja", "配信停止",
))  # fmt: skip

LONGEST = 16 * 1024  # characters of a text that are judged
LONGEST_KEY = 300
_UNITS = (
    "ms|s|secs?|seconds?|m|min|mins|minutes?|h|hrs?|hours?|d|days?|w|weeks?|b|kb|mb|gb|tb|kib|mib|gib|tib|bytes?|°c|°f|c|v|w|a|rpm|volts?"
    "|watts?|percent|times?|sectors?|packets?|秒|分钟|分|小时|天|次|个|度"
)
NUMERIC_NOISE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[t ]\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?:z|[+-]\d\d:?\d\d)?)?"
    r"|\d{4}年\d{1,2}月\d{1,2}日|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b"
    r"|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? (?=\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}(?:,? \d{4})?\b"
    r"|\b\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?\b|#\d+|\b(?:id|event|ticket|inc)[ :#]*\d+"
    rf"|(?<![\w.-])[-+]?\d+(?:[.,]\d+)?\s*(?:%|(?:{_UNITS})(?![a-z0-9]))|(?<=[=<>])\s*[-+]?\d+(?:\.\d+)?"
    r"|(?<![\w.-])\d+[.,]\d+(?![\w.-])"
)


class Judged(Struct, frozen=True):
    """What a text says about the state of things."""

    verdict: Verdict
    severity: Severity = "unknown"


def _any_of(words: Iterable[str]) -> str:
    """One RE2 pattern for a table."""
    return "|".join(_whole(word) for word in sorted(dict.fromkeys(words), key=len, reverse=True))


def _whole(word: str) -> str:
    """A word as a pattern: with borders where it begins or ends in a plain Latin letter or digit."""
    folded = word.casefold()
    bare = folded.removesuffix("*").removeprefix("*")
    before = (
        ""
        if folded.startswith("*")
        else (
            r"\b"
            if bare[0].isascii() and bare[0].isalnum()
            else r"(?:^|[^\pL])"
            if bare[0].isalpha() and bare[0] < "\u0250"
            else ""
        )
    )
    after = "" if folded.endswith("*") else r"\b" if bare[-1].isascii() and bare[-1].isalnum() else ""
    return before + re.escape(bare) + after


_LEVELS: tuple[tuple[Severity, str], ...] = (
    ("critical", f"{_any_of(CRITICAL)}|{TURNED}red\\b"),
    ("error", _any_of(ERROR)),
    ("warning", f"{_any_of(WARNING)}|{TURNED}yellow\\b"),
)
_CRITICAL, _ERROR, _WARNING = (compiled(pattern) for _, pattern in _LEVELS)
_PROBLEM = compiled("|".join(pattern for _, pattern in _LEVELS))
_RECOVERY = compiled(_any_of(RECOVERY))
_CALM = compiled(_any_of(CALM))
_SUCCESS = compiled(_any_of(SUCCESS))
_WEAK = compiled(_any_of(WEAK))
_ENDED = compiled(ENDED)
_CALM_AT_LAST = compiled(CALM_AT_LAST)
_NOT_RECOVERED = compiled(_any_of(NOT_RECOVERED))
_NOT_BROKEN = compiled(NOT_BROKEN)
_OVER = compiled(OVER)
_OVER_AT_LAST = compiled(rf"(?:{_any_of(OVER_AT_LAST)})\W*$")
_DOUBT = compiled(DOUBT)
# "Weekly ZFS report"
_REPORT = r"\b(?:hourly|nightly|daily|weekly|monthly|yearly) (?:[\w-]+ ){1,2}(?:report|summary|digest|overview)\b"
_NOTICE = {name: compiled(_any_of(table)) for name, table in NOTICES.items()}
_NOTICE["report"] = compiled(f"{_any_of(NOTICES['report'])}|{_REPORT}")
_ANY_NOTICE = compiled(f"{_any_of(word for table in NOTICES.values() for word in table)}|{_REPORT}")
# "Disk usage at 84 %": nobody writes so of what is well.
_FULL = compiled(
    r"(?:\b(?:usage|used|utili[sz]ation|belegt|utilis[ée]e?|occup[ée]e?|uso|usado|ocupado|utilizzo)\b|使用率|占用率|使用量)"
    r"[^%\n]{0,30}\b(?:8\d|9\d|100)(?:[.,]\d+)? ?%"
    r"|\b(?:8\d|9\d|100)(?:[.,]\d+)? ?% (?:used|full|belegt|utilis[ée]e?|occup[ée]e?|usado|ocupado|in use)\b"
)
_ADVERTISING = compiled(_any_of(ADVERTISING))
_FOOTERS = compiled(_any_of(FOOTERS))
_OFFERS = compiled(_any_of(word for word in (*ADVERTISING, *SELLING) if word not in FOOTERS))
_NAMED = tuple((named, compiled(_any_of(table))) for named, table in NAMED_LEVELS)
_FILLERS = (
    "re",
    "fw",
    "fwd",
    "is",
    "are",
    "was",
    "has",
    "been",
    "now",
    "已",
    "了",
    "発生",
    "发生",
    "發生",
    "ist",
    "est",
    "está",
)
_STATES = compiled(
    _any_of(
        (
            *CRITICAL,
            *ERROR,
            *WARNING,
            *RECOVERY,
            *CALM,
            *SUCCESS,
            *NOT_RECOVERED,
            *NOTICES["acknowledgement"],
            *_FILLERS,
        )
    )
)
_SEPARATORS = re.compile(r"[\W_]+")


def _plain(text: str) -> str:
    """As the tables are written: small letters, no underscores, the problems that there are not left out."""
    return _plainly(text[:LONGEST])


@lru_cache(maxsize=32)  # one text is asked several things
def _plainly(text: str) -> str:
    return _NOT_BROKEN.sub(" . ", text.casefold().replace("_", " ").replace("\u2019", "'"))


def judge(text: str) -> Judged:
    """Whether ``text`` tells of a problem (and the worst severity it claims), its end, a success, or nothing.

    In doubt it is no recovery: a lost page is worse than one too many. A word of recovery counts before the first word
    of a problem ("RESOLVED: link down"), together with it ("故障已恢复"), or alone.
    """
    return _judged(_plain(text))


@lru_cache(maxsize=32)
def _judged(plain: str) -> Judged:
    missing = bool(_NOT_RECOVERED.search(plain))
    if _ENDED.search(plain) or (not missing and _over(plain)):
        return Judged("over", "info")
    level = _severity(plain) or ("error" if missing else None)
    if level == "warning" and not _PROBLEM.search(stronger := _WEAK.sub(" . ", plain)):
        if missing:
            return Judged("problem", "error")
        if _CALM_AT_LAST.search(stronger):
            return Judged("over", "info")
        level = None if _SUCCESS.search(stronger) else level
    if level:
        return Judged("problem", level)
    return Judged("success", "info") if _SUCCESS.search(plain) else Judged("none")


def _over(plain: str) -> bool:
    problem = _PROBLEM.search(plain)
    recovery = _RECOVERY.search(plain)
    if not problem:
        return bool(recovery or _OVER.search(plain)) or (bool(_CALM.search(plain)) and not _SUCCESS.search(plain))
    if "\n" not in plain and _OVER_AT_LAST.search(plain) and not _DOUBT.search(plain):
        return True
    starts = [found.start() for found in (_OVER.search(plain), recovery) if found]
    return bool(starts) and min(starts) <= problem.start()


def _severity(plain: str) -> Severity | None:
    if _CRITICAL.search(plain):
        return "critical"
    if _ERROR.search(plain):
        return "error"
    return "warning" if _WARNING.search(plain) else None


def level(text: str) -> Severity | None:
    """The level that ``text`` names as such; None: none, however bad the news."""
    return next((named for named, words in _NAMED if words.search(_plain(text))), None)


def severity(text: str) -> Severity | None:
    """The worst severity that the words of ``text`` claim; None: no word of a problem."""
    plain = _plain(text)
    return _severity(plain) or ("error" if _NOT_RECOVERED.search(plain) else None)


def is_weak(text: str) -> bool:
    """Whether ``text`` tells of nothing, or only that it is an alert."""
    plain = _plain(text)
    told = _PROBLEM.search(plain) and _PROBLEM.search(_WEAK.sub(" . ", plain))
    return not told and not _NOT_RECOVERED.search(plain)


def says_end(text: str) -> bool:
    """Whether ``text`` speaks of an end as such, rather than only of things being well."""
    plain = _plain(text)
    return bool(_RECOVERY.search(plain) or _OVER.search(plain))


def says_full(text: str) -> bool:
    """Whether ``text`` speaks of a use of 80 % or more."""
    return bool(_FULL.search(text[:LONGEST].casefold()))


def says_recovered(text: str) -> bool:
    """Whether ``text`` says that a problem is over."""
    return judge(text).verdict == "over"


def says_success(text: str) -> bool:
    """Whether ``text`` says that something went well which may never have been broken."""
    plain = _plain(text)
    return bool(_SUCCESS.search(plain)) and not _NOT_RECOVERED.search(plain)


def notice(text: str) -> str | None:
    """The kind of notice that ``text`` speaks of; None: of none."""
    plain = text[:LONGEST].casefold().replace("_", " ")
    if not _ANY_NOTICE.search(plain):
        return None
    return next((name for name, pattern in _NOTICE.items() if pattern.search(plain)), None)


def is_advertising(text: str) -> bool:
    """Two different words of advertising in one text."""
    found = {hit.group(0).strip() for hit in _ADVERTISING.finditer(text[:LONGEST].casefold())}
    return len(found) > 1


def has_footer(text: str) -> bool:
    """Whether it says how to get no more of it."""
    return bool(_FOOTERS.search(text[:LONGEST].casefold()))


def offers(text: str) -> int:
    """How many different words of advertising and selling there are in a text; those of footers do not count."""
    return len({hit.group(0).strip() for hit in _OFFERS.finditer(text[:LONGEST].casefold())})


def subject_key(subject: str) -> str:
    """What stays the same between a problem's subject, its repeats and its end: no state words, no values, no times."""
    plain = _STATES.sub(" ", NUMERIC_NOISE.sub(" ", subject[:LONGEST_KEY].casefold().replace("_", " ")))
    return _SEPARATORS.sub(" ", plain).strip()
