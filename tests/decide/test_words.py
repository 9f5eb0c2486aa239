"""What words say about the state of things, in six languages."""

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
        ("Server nicht erreichbar", "critical"),
        ("Sicherung fehlgeschlagen", "error"),
        ("keine Fehler gefunden", None),
        ("échec de la sauvegarde", "error"),
        ("aucune erreur", None),
        ("servidor caído", "critical"),
        ("copia sin errores", None),
        ("サーバ障害のお知らせ", "error"),
        ("エラーはありません", None),
        ("伺服器當機", "critical"),
        ("没有恢复", "error"),
        ("disk_full on wh-files", "warning"),
        ("failed: 0, errors: 0", None),
        ("no crane jobs have failed", None),
        ("inactive (dead), status=0", None),
        ("full backup of wh-files", None),
        ("wh-files has not been successfully copied", "error"),
        ("seit neun Tagen nicht mehr erfolgreich gesichert", "error"),
        ("replica is too far behind", "warning"),
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
        "Störung behoben: wh-files",
        "Server wieder erreichbar",
        "Panne résolue",
        "Fin d'alerte : disque plein",
        "Problema resuelto",
        "障害が復旧しました",
        "Alarm: Störung Pumpe 3 behoben",
        "Panne sur le routeur résolue",
        "Caída de la red: restablecida",
        "[OK] disk full on wh-files",
        "[P0][OK][wh-files] disk full",
        "Critical alarm cleared: link down",
        "服务器:wh-files: 内存可用不足10%已恢复!",
        "[RECOVERY] the berth's page is not OK",
        "【恢复】油压异常",
        "Keeper Alert: gate-7 connected",
        "berth-store health changed RED -> GREEN",
        "[CRIT -> OK] belt of crane-3",
        "Water leak cleared in hall 2",
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
        "故障不能恢复",
        "CRITICAL: link up 3 of 4",
        "Database error, not restored",
        "disk full",
        "Störung noch nicht behoben",
        "panne pas encore rétabli",
        "disk error: cannot be restored",
        "outage\nuntil it is restored",
        "no se ha recuperado",
        "まだ復旧していません",
        "connection unexpectedly closed, error 12",
        "Keeper Alert: gate-7 not connected",
        "Recovery: the page is not OK",
        "berth-store health changed GREEN -> RED",
        "the red lamp is lit",
        "",
    ],
)
def test_not_over(text):
    assert not words.says_recovered(text)


def test_success():
    assert words.says_success("Backup completed")
    assert words.says_success("备份成功")
    assert not words.says_success("Backup")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("successful rate of berthing is lower than 80 %", "problem"),
        ("靠泊成功率低于 80%", "problem"),
        ("success rate 99 %", "none"),
        ("Water leak detected in hall 2", "problem"),
        ("Rapid Recovery core: job failed", "problem"),
        ("Recovery point of crane-3 not made", "none"),
        ("Recovery: crane-3", "over"),
        ("report for crane-3: 1 infected file", "problem"),
        ("berth-store is red", "problem"),
        ("the red lamp is lit", "none"),
    ],
)
def test_rates_and_colours(text, verdict):
    assert words.judge(text).verdict == verdict


def test_an_alert_that_is_none():
    assert words.judge("Alert: job succeeded").verdict == "success"
    assert words.judge("[Alarm] web-4 is UP!").verdict == "over"
    assert words.judge("ALERT: load is up to 95").verdict == "problem"
    assert words.judge("ALERT: no space left").severity == "error"


def test_a_success_that_is_none():
    assert not words.says_success("Sicherung nicht erfolgreich")
    assert words.judge("Copia completada sin errores") == words.Judged("success", "info")
    assert words.judge("Meeting at ten") == words.Judged("none")


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("ACKNOWLEDGED: link down", "acknowledgement"),
        ("Geplante Wartung am Freitag", "downtime"),
        ("维护通知", "downtime"),
        ("uplink started flapping", "flapping"),
        ("测试邮件", "test"),
        ("correo de prueba", "test"),
        ("Rapport quotidien", "report"),
        ("日次レポート", "report"),
        ("The service has been started", "info"),
        ("link down", None),
    ],
)
def test_notices(text, notice):
    assert words.notice(text) == notice


@pytest.mark.parametrize(
    ("text", "weak"),
    [
        ("Alert on belt 3", True),
        ("belt 3", True),
        ("Alert: belt 3 failed", False),
        ("[Alert] belt 3 is unhealthy", False),
    ],
)
def test_whether_a_subject_only_says_that_it_is_an_alert(text, weak):
    assert words.is_weak(text) is weak


@pytest.mark.parametrize(
    "text", ["RECOVER: [sw-4] port", "critical resolved on crane-1", "sw-4 returned from DOWN state"]
)
def test_more_ends(text):
    assert words.judge(text).verdict == "over"


def test_an_alert_about_something_unhealthy_is_an_error():
    assert words.judge("[Alert] origin is now Unhealthy") == words.Judged("problem", "error")


def test_advertising_takes_two_words():
    assert words.is_advertising("Special offer, buy now")
    assert words.is_advertising("我公司可代开发票,点数优惠")
    assert not words.is_advertising("The invoice server gives no discount")


def test_the_key_of_a_subject_outlives_states_values_and_times():
    key = words.subject_key("[CRITICAL] wh-files disk /srv 97% full at 2026-03-02 08:14:00")
    assert key == "wh files disk srv at"
    assert words.subject_key("RESOLVED: wh-files disk /srv 41.5 % full at 09:02") == key
    assert words.subject_key("[WARNING] wh-files disk /srv2 full at 09:02") != key
    assert words.subject_key("Disk 2 failed") != words.subject_key("Disk 3 failed")
    assert words.subject_key("Load = 19 on Mon, Mar 2 2026") == words.subject_key("Load = 3 on Tue, Mar 3 2026")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[CRITICAL] wh-files", "critical"),
        ("严重: 磁盘", "error"),
        ("Warning: spool 9 runs low", "warning"),
        ("no critical errors", None),
        ("the export failed", None),
    ],
)
def test_a_level_counts_where_the_text_names_it(text, level):
    assert words.level(text) == level


def test_an_end_is_more_than_being_well():
    assert words.says_end("belt 3 recovered")
    assert not words.says_end("belt 3 is ONLINE")


def test_what_is_set_up_or_backed_up_is_not_up_again():
    assert not words.says_recovered("files to be backed up")
    assert not words.says_recovered("please sign up")
    assert words.judge("Backed up 12 files").verdict == "success"
    assert words.says_recovered("belt -> OK")


@pytest.mark.parametrize(
    ("text", "full"),
    [("Disk usage at 84%", True), ("磁盘使用率 95%", True), ("usage 79%", False), ("84% of all", False)],
)
def test_a_use_of_eighty_percent_or_more(text, full):
    assert words.says_full(text) is full


def test_reports_with_a_name_between():
    assert words.notice("Weekly crane report") == "report"
