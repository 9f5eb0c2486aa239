"""What kind of mail it is, judged without knowing any tool: bounce, automatic reply, reply, machine or person.

Sources: RFC 3464 (delivery reports), RFC 3834 (automatic responses), RFC 8098 (read receipts), RFC 5965 (complaints),
and what mail programs and mail servers really write.
"""

import re
from collections.abc import Mapping
from typing import Literal

from ingestd.decide import hosts, quotes, words
from ingestd.decide.mail import Mail
from ingestd.decide.match import compiled

Answer = Literal["bounce", "auto_reply", "reply"]

_AUTO_SUBJECT = re.compile(
    r"(?i)^\s*(?:\[?auto(?:matic|matische|matisch|matisk)?[- ]?(?:reply|response|answer|antwort|antwoord|svar)\b"
    r"|auto(?:reply|response|antwort|svar)\b|auto: "
    r"|automatische (?:antwort|abwesenheits)|abwesenheit|abwesend\b|ich bin (?:derzeit )?abwesend|nicht im (?:büro"
    r"|haus)\b"
    r"|out[- ]of[- ](?:the[- ])?office\b|ooo\b|away from|i am (?:currently )?(?:away|out)|on (?:vacation|leave"
    r"|holiday)\b|vacation\b"
    r"|(?:réponse|reponse) automatique|absence (?:du bureau)?|absent(?:e)? du bureau|message d'absence"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina|ausencia|risposta automatica|fuori (?:sede|ufficio)"
    r"|resposta autom[aá]tica|odpowied[zź] automatyczna|автоответ|автоматический ответ"
    r"|自动(?:回复|回覆|答复|应答)|自動(?:回覆|回复|回復|応答|返信|答覆)|休假|外出|出差|不在(?:办公室|座位)"
    r"|【?自动回复|不在(?:通知|のお知らせ|です|にして)|休暇)"
)
_RE_SUBJECT = re.compile(
    r"(?i)^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|antw|antwort|sv|vs|odp|res|rif|rép|réf|回复|回覆|答复|答覆|返信"
    r"|回信)\s*(?:\[\d+\]|\^?\d+)?\s*[:：]"
)
_FORWARD_SUBJECT = re.compile(r"(?i)^\s*(?:fwd?|wg|tr|rv|enc|i|vl|doorst|转发|轉寄|轉發|転送)\s*(?:\[\d+\])?\s*[:：]")
# Local parts of addresses that programs alone write from, as whole words between separators …
MACHINES = frozenset((
    "nagios", "nagios2", "nagios3", "nagios4", "naemon", "centreon", "icinga", "icinga2", "zabbix", "monit", "munin",
    "netdata", "cron", "anacron", "daemon", "alert", "alerts", "alertmanager", "alarm", "alarms", "smokealert",
    "smokeping", "monitor", "monitoring", "noreply", "donotreply", "notify", "notification", "notifications",
    "notifier", "healthchecks", "fail2ban", "collectd", "logcheck", "logwatch", "mdadm", "smartd", "django", "sentry",
    "grafana", "prometheus", "prtg", "apcupsd", "automation", "bot", "robot", "watchdog", "syslog", "trap", "snmptrap",
    "ilo", "idrac", "bmc", "mailer", "autoreply", "checkmk", "librenms", "observium", "xymon", "hobbit", "uptime",
    "uptimerobot", "pingdom", "jenkins", "gitlab", "bacula", "bareos", "veeam", "vcenter", "esxi", "proxmox", "pve",
    "unattended", "arpwatch", "rkhunter", "elastalert", "wazuh", "ossec", "solarwinds", "mailer-daemon", "supervision",
    "alerte", "alertes", "alarme", "alarmes", "alerta", "alertas", "alarma", "alarmas", "monitoreo", "avisos",
    "notificaciones", "überwachung", "ueberwachung", "stoerung", "kanshi", "jiankong", "gaojing", "baojing",
    "3dm", "3dm2", "acronis", "aide", "airflow", "amanda", "argocd", "arcserve", "backupexec", "backuppc", "borg",
    "borgmatic", "budgets", "builds", "cacti", "circleci", "clamav", "cobian", "commvault", "cpanel", "datadog",
    "directadmin", "duplicati", "duplicity", "fortigate", "freenas", "graylog", "hinemos", "ispconfig", "kibana", "lfd",
    "logstash", "macrium", "mailcow", "megaraid", "mikrotik", "nessus", "newrelic", "nut", "openmanage", "opennms",
    "openvas", "opmanager", "opnsense", "opsgenie", "ossecm", "pagerduty", "pandora", "pfsense", "plesk", "raid",
    "rancher", "restic", "retrospect", "rsnapshot", "samhain", "sensor",
    "sensors", "sensu", "sonicwall", "splunk", "statuspage",
    "supervisord", "synology", "travis", "tripwire", "truenas", "unifi", "unraid", "urbackup", "wordpress", "wsus",
    "zenoss", "zimbra",
    "ansible", "auvik", "azkaban", "backend", "barman", "beszel", "bosun", "cabot", "ceph", "checkmate", "chkrootkit",
    "collector", "coolify", "crashmail", "cronicle", "crowdsec", "denyhosts", "dokploy", "drbd", "errbit", "flapjack",
    "foreman", "frontend", "gatus", "geneos", "gitea", "glpi", "gluster", "gocd", "hawkular", "kapacitor", "keepalived",
    "kestra", "kopia", "kuma", "linstor", "longhorn", "mailcow", "maldet", "monitorix", "mrtg", "nagvis", "navnotify",
    "netxms", "nextcloud", "ntopng", "openhab", "openitcockpit", "ovirt", "oxidized", "patroni", "pgbackrest",
    "phpservermon", "portainer", "puppet", "rancid", "redfish", "resticprofile", "riemann", "rspamd", "rundeck",
    "saltstack", "scheduler", "semaphore", "signoz", "slurm", "snapraid",
    "snmptrapd", "spamassassin", "sshguard", "statping", "suricata", "svc",
    "systemd", "teamcity", "uptimekuma", "urlwatch", "victoriametrics", "virtualmin", "webmin", "wordfence", "worker",
    "xymond", "zabbixalerts",
))  # fmt: skip
# … and such as people use too: they weigh less.
SHARED = frozenset((
    "root", "backup", "backups", "system", "sys", "www", "apache", "nginx", "server", "service", "ups", "switch",
    "router", "firewall", "printer", "scanner", "nas", "storage", "report", "reports", "admin", "administrator",
    "postmaster", "webmaster", "hostmaster", "info", "support", "ops", "operations", "noc", "cloud", "security",
    "update", "updates", "events", "event", "status", "inspect", "inspection", "xunjian", "cert", "certs", "ssl",
))  # fmt: skip
SYSTEM = hosts.ACCOUNTS | {"system", "localuser"}
_MACHINE_MAILERS = compiled(
    r"(?i)monit|mail\.alert|nagios|zabbix|phpmailer|swaks|sendemail|apache commons|javamail|blat|mailx|mutt.*root"
    r"|ssmtp|msmtp|postie"
    r"|python|perl|ruby|nodemailer|swiftmailer|symfony|laravel|powershell|cdo|system\.net\.mail|gomail|curl"
)
_PEOPLES_MAILERS = compiled(
    r"(?i)outlook|thunderbird|apple mail|iphone mail|ipad mail|foxmail|coremail|webmail|roundcube|evolution|kmail"
    r"|lotus notes|notes "
    r"|zimbra|sogo|horde|squirrelmail|mutt|the bat|becky|eudora|qqmail|mailmaster|airmail|sparrow|spark|gmail|yahoo"
    r"|claws|pegasus|wanderlust|sylpheed|postbox|emclient|em client|shuriken|mozilla|alpine|gnus"
)  # fmt: skip
_NO_ANSWER = compiled(
    r"(?im)(?:do not|don't|please do not) (?:reply|respond)|automatically generated|generated automatically"
    r"|auto-generated"
    r"|this is an automat(?:ed|ic)|unsubscribe|you received this (?:e-?mail|message)|自动发送|自動發送|系统自动"
    r"|系統自動|请勿(?:直接)?回复|請勿(?:直接)?回覆|无需回复"
    r"|automatisch (?:generiert|erstellt|erzeugt|versendet)|nicht auf diese (?:e-?mail|nachricht)"
    r"|(?:généré|envoyé) automatiquement|ne pas répondre|generado automáticamente|mensaje automático|no responda"
    r"|自動(?:送信|配信|生成)|返信しないで"
    r"|^traceback \(most recent call last\)"
)
_GREETING = re.compile(
    r"\A\s*(?:hi|hello|hey|dear(?! (?:user|customer|admin|sir|client|subscriber|valued|team member))|good (?:morning"
    r"|afternoon|evening|day)|hallo|guten (?:tag|morgen|abend)|liebe[rs]?"
    r"|sehr geehrte|moin|servus"
    r"|bonjour|bonsoir|salut|cher|chère|hola|buen(?:os|as) (?:d[ií]as|tardes|noches)|estimad[oa]|ciao"
    r"|您好|你好|大家好|各位|尊敬的(?!用户|客户|用戶|管理员)|早上好|下午好|お疲れ様|いつもお世話|お世話になって"
    r"|こんにちは)(?![a-z])",
    re.IGNORECASE,
)
_CLOSING = compiled(
    r"(?im)^[ \t]*(?:(?:best|kind|warm)? ?regards|best|cheers|thanks|thank you|many thanks|sincerely"
    r"|mit freundlichen grüßen|viele grüße|lg|vg|mfg|danke"
    r"|gruß|grüße|cordialement|merci|bien à vous|saludos|gracias|un saludo|谢谢|謝謝|多谢|此致|敬上|祝好"
    r"|よろしくお願い.{0,12}|以上です?)[ \t,.!,。!]*$"
)
_PERSON = re.compile(r"(?:[A-ZÀ-Ý][a-zà-ÿ'’-]+,? ){1,3}[A-ZÀ-Ý][a-zà-ÿ'’.-]+|[\u4e00-\u9fff\u3040-\u30ff]{2,4}")
_OFFICES = compiled(
    r"(?i)alert|alarm|monitor|system|notif|server|service|support|daemon|backup|cron|root|report|admin|team|bot\b"
    r"|no-?reply|status|tool|account"
    r"|security|cloud|watch|check|面板|助手|机器人|运维|脚本|程序|任务|服务器|网关|防火墙|数据中心|告警|报警|监控|系统|通知|服务|平台|管理|運用|監視|管理者"
)
_FIELD = compiled(r"(?m)^[ \t*•>-]{0,10}[\pL\pN_ /().-]{2,40}[ \t]{0,20}[:：=][ \t]{0,20}\S")
_LOG_LINE = compiled(
    r"(?m)^(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\[?\d\d:\d\d:\d\d|[\w./-]+\[\d+\]:"
    r"|[/$#])"
)
# The line beneath the heads of a table that a program printed: "---- ------", "+----+----+"
_RULE = compiled(r"(?m)^[ \t]*(?:-{3,}[ \t]+-{3,}[- \t]*|\+-{3,}\+[-+]*)$")
_TAG = re.compile(
    r"(?i)^\s*(?:\[[^\]]{2,40}\]|【[^】]{2,20}】|\*\*|(?:alert|alerte|fin d'alerte|alerta|alarm|alarme|alarma"
    r"|warning|warnung|critical|error|problem"
    r"|recovery|recovered|resolved|ok|down|up|notice|notification|告警|报警|故障|恢复|预警|通知|障害|復旧"
    r"|警告)\s*[:：|!-])"
)
# What people don't shout at the beginning of a subject.
_LOUD = re.compile(r"\W{0,3}(?:ALERT|RESOLVED|FIRING|CRITICAL|WARNING|PROBLEM|RECOVERY|RECOVERED|OK|ERROR|FAILURE)\b\W")
_MARK = compiled(
    r"(?i)\b(?:alert|alarm|notification|event|job|monitor|sensor|status|severity|host|server|service)s?\b ?[:=(]"
    r"|[:：] ?(?:OK|UP|DOWN)\b"
)
_RECEIPT_SUBJECT = re.compile(
    r"(?i)^\s*(?:read|not read|gelesen|ungelesen gelöscht|lu|non lu|le[íi]do|no le[íi]do|letto|已读|已讀|未读|未讀"
    r"|開封済み|開封通知)\s*[:：]"
)
_TASK = compiled(
    r"(?i)\b(?:job|jobs|report|status|log|backup|output|script|task|cron|summary|scan|sync|upgrade|update|check"
    r"|event|notification)s?\b"
    r"|任务|报告|备份|日志|巡检|通知|bericht|protokoll|sicherung|rapport|sauvegarde|informe|copia de seguridad"
    r"|レポート|バックアップ|relatório|rapporto|отч[её]т|raport"
)
# How people write about themselves and ask; a program's text has none of it.
_PERSONAL = compiled(
    r"(?i)\b(?:i|i'm|i've|my|me|ich|mein(?:e[mnrs]?)?|mir|unser(?:e[mnrs]?)?|bitte|je|mon|ma|mes|nous|notre|svp|yo|mi"
    r"|mis|nosotros|nuestr[oa]s?|por favor|help|can you|could you|thx|thanks|asap"
    r"|we(?:'ve|'re)? (?:need|can(?:'t|not)?|don't|lost|want|get|got|keep|still)|anybody|anyone|somebody|nobody"
    r"|please (?:look|check|help|fix|advise|assist|have|let)|our (?:\w+ )?(?:office|team|department|users?|customers?"
    r"|website|site|network|printer|shop|store|system|agent|gateway|mail|phones?))\b|[?](?:\s|$)|？|\bj'|我|俺|咱|麻烦|麻煩|请问|請問"
    r"|帮忙|幫忙|お願い|私|でしょうか"
)
_WATCHES = compiled(r"(?i)check|watch|monitor|alert|alarm|backup|guard|health|scan|sensor|script")  # in an address
# "BackupExec", "Travis CI", "3DM2": no person is written so; "McDonald" and "LKocher" are.
_BRAND = re.compile(r".*(?:\d|[a-z][A-Z]|[A-Z]{2}(?![a-z]))")
_PARTICLES = re.compile(r"\b(?:Mc|Mac|De|Di|La|Le|Van|O')(?=[A-Z])")
# The small words of sentences.
_SMALL = frozenset((
    "the", "a", "an", "is", "are", "was", "has", "have", "been", "and", "or", "to", "of", "in", "on", "at", "for",
    "with", "since", "not", "but", "when", "after", "this", "that", "it", "my", "i", "we", "our", "nobody", "there",
    "no", "all", "der", "die", "das", "ist", "sind", "und", "nicht", "im", "auf", "seit", "mein", "wir", "kein",
    "keine", "mehr", "le", "la", "les", "est", "sont", "et", "pas", "dans", "depuis", "plus", "je", "nous", "un", "une",
    "de", "du", "el", "los", "las", "es", "está", "y", "en", "desde", "que", "ya", "mi",
))  # fmt: skip
SPOKEN = 3000  # characters of a text in which a person would speak
PROSE = 800  # characters of a text that are looked at for sentences
SENTENCE = 6  # words, at least
SMALL_WORDS = 2  # of a sentence, at least
FORM = 4  # lines of a text of fields, at least
_SQUASHED = re.compile(r"[\W_]+")
# What it weighs that nobody speaks: people do report problems in few words, but neither successes nor tasks.
_NOBODY_SAYS: Mapping[words.Verdict, int] = {"problem": 1, "over": 1, "success": 2, "none": 2}
SHORTEST_BRAND = 4  # letters of a sender's name that may name the tool in the subject
_BULK = frozenset({"bulk", "list", "junk"})
#: What the programs add that send one mail to many; monitoring services do so too.
_MASS = (
    "list-unsubscribe",
    "feedback-id",
    "x-campaign",
    "x-campaignid",
    "x-mailgun-tag",
    "x-mc-user",
    "x-csa-complaints",
)
_LOCAL = re.compile(r"[-._+]")
LONGEST_GREETING = 40  # characters
JUDGED = 20_000  # characters of a text that are looked at
ENOUGH = 2  # what signs must weigh for a program
COLLEAGUE = 3  # so many signs of a program less weighs an address of the site's people


def is_receipt(mail: Mail) -> bool:
    """A read receipt: neither a reply nor a bounce."""
    return mail.report_type == "disposition-notification" or bool(_RECEIPT_SUBJECT.match(mail.subject))


def is_complaint(mail: Mail) -> bool:
    """A provider passes on that somebody called a mail spam (RFC 5965)."""
    return mail.report_type == "feedback-report"


def is_invitation(mail: Mail) -> bool:
    """An entry for a calendar, or the answer to one."""
    return mail.content_type == "text/calendar" or any(
        part.content_type == "text/calendar" and "METHOD:" in part.text[:2000] for part in mail.parts
    )


def is_auto_reply(mail: Mail) -> bool:
    """Written by an answering machine: by its subject, or by its headers where it answers something."""
    answers = bool(mail.in_reply_to or mail.references or _RE_SUBJECT.match(mail.subject))
    return bool(_AUTO_SUBJECT.match(mail.subject)) or (answers and is_marked_auto_reply(mail))


def is_marked_auto_reply(mail: Mail) -> bool:
    """Written by an answering machine, by its headers; some monitoring tools set them too, so recognisers go first."""
    return (
        mail.header("auto-submitted").lower().startswith("auto-replied")
        or any(
            mail.header(name)
            for name in ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply", "x-mail-autoreply")
        )
        or bool(mail.header("x-ms-exchange-inbox-rules-loop"))
        or mail.header("x-autogenerated").lower() == "reply"
        or mail.header("precedence").lower() in ("auto_reply", "auto-reply", "junk")
    )


def is_reply(mail: Mail) -> bool:
    """A person's answer by the subject's ``Re:``; a program's only if it names the mail that it answers."""
    answers = bool(mail.in_reply_to or mail.references)
    return bool(_RE_SUBJECT.match(mail.subject)) and (answers or not is_machine(mail))


def is_forward(mail: Mail, *, colleague: bool = False) -> bool:
    """A person passes on what she got: it is her report, whatever it quotes."""
    return bool(_FORWARD_SUBJECT.match(mail.subject)) and not _is_marked_machine(mail, colleague=colleague)


def is_quoting_reply(mail: Mail) -> bool:
    """An answer without ``Re:``: it quotes."""
    return quotes.has_quote(mail.text)


def is_bulk(mail: Mail) -> bool:
    """Sent to many: only its subject is taken at its word."""
    return mail.header("precedence").lower() in _BULK or bool(mail.header("list-id"))


def is_mass(mail: Mail) -> bool:
    """Sent to many, by its headers: a list's, a newsletter's, or a service's to all its customers."""
    return is_bulk(mail) or any(mail.header(name) for name in _MASS)


def is_posted(mail: Mail) -> bool:
    """Sent through a mailing list, which marks what people write there as sent to many."""
    return bool(mail.header("list-id")) or mail.header("precedence").lower() == "list"


def is_of_house(mail: Mail) -> bool:
    """Written from the domain it is written to, or from one above or below it."""
    domain = _domain(mail.sender)
    own = {_domain(recipient) for recipient in mail.recipients} - {""}
    return bool(domain) and any(
        domain == one or f".{domain}".endswith(f".{one}") or f".{one}".endswith(f".{domain}") for one in own
    )


def tells_like_a_monitor(mail: Mail) -> bool:
    """By the form of its subject, by its address or by lines of fields: whatever else it may sell, it watches."""
    subject = mail.subject
    form = _TAG.match(subject) or _LOUD.match(subject) or _MARK.search(subject)
    watches = _WATCHES.search(_local(mail)) or hosts.is_labelled(mail.text[:JUDGED])
    return bool(form or watches)


def is_greeting(line: str) -> bool:
    """A line that only greets."""
    return len(line) < LONGEST_GREETING and bool(_GREETING.match(line))


def is_machine(mail: Mail, *, colleague: bool = False) -> bool:
    """Written by a program rather than a person: sure signs first, else what many small ones weigh together.

    ``colleague``: it comes from where the site's people write from.
    """
    return _is_marked_machine(mail, colleague=colleague) or _weight(mail) >= ENOUGH + COLLEAGUE * colleague


def _is_marked_machine(mail: Mail, *, colleague: bool = False) -> bool:
    """What no person's mail program writes; of a colleague's mail a mailing list may have written it."""
    return (
        not mail.sender
        or any(word in MACHINES for word in _local_words(mail))
        or mail.header("auto-submitted").lower().startswith("auto-generated")
        or (is_mass(mail) and not (colleague and is_posted(mail)))
        or any(name.startswith("x-cron") for name, _ in mail.headers)
        or bool(_MACHINE_MAILERS.search(_mailer(mail)) and not _PEOPLES_MAILERS.search(_mailer(mail)))
        or _says_machine(mail.text[:JUDGED])
    )


def _says_machine(text: str) -> bool:
    """By its own words; what it quotes does not count."""
    return bool(_NO_ANSWER.search(text)) and bool(_NO_ANSWER.search(quotes.new_text(text)))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold().strip(".")


def _local(mail: Mail) -> str:
    return mail.sender.split("@")[0].lower()


def _local_words(mail: Mail) -> list[str]:
    local = _local(mail)
    words_of = _LOCAL.split(re.sub(r"(no|not|do)[-_.]?(?:not[-_.]?)?reply", "noreply", local))
    return [*words_of, *(word.rstrip("0123456789") for word in words_of if word[-1:].isdigit())]  # ups3@, nagios2@


def _is_system(sender: str) -> bool:
    """The system account of a host that has a name: people have accounts of their own."""
    local, _, domain = sender.lower().partition("@")
    return local in SYSTEM and bool(domain) and not domain.startswith("localhost")


def _mailer(mail: Mail) -> str:
    return f"{mail.header('x-mailer')} {mail.header('user-agent')}".strip()


def _is_impersonal(mail: Mail, said: str) -> bool:
    """Nobody speaks in it; where the sender has no name either, only if the address is at a host."""
    spoken = _PERSONAL.search(f"{mail.subject}\n{said}") or _GREETING.match(said) or _CLOSING.search(said)
    return not spoken and bool(mail.sender_name or hosts.is_at_host(mail.sender.rpartition("@")[2]))


def _is_from_a_host(mail: Mail, said: str) -> bool:
    """Nobody speaks, and the address is at a host: people have mail at a domain."""
    return hosts.is_at_host(mail.sender.rpartition("@")[2]) and _is_impersonal(mail, said)


def _tells(said: str) -> bool:
    """Whether somebody tells something in a sentence, as neither fields nor lines of a log do."""
    lines = (line.split() for line in said[:PROSE].split("\n") if ": " not in line and "=" not in line)
    return any(len(line) >= SENTENCE and sum(word.lower() in _SMALL for word in line) >= SMALL_WORDS for line in lines)


def _is_form(text: str) -> bool:
    """Nearly all of it is fields: people add some below, but write in sentences."""
    lines = [line for line in text[:PROSE].split("\n") if line.strip()]
    return len(lines) >= FORM and sum(map(bool, map(_FIELD.search, lines))) * 4 >= len(lines) * 3


def _is_tool(name: str) -> bool:
    """A display name that is nothing but a tool's: "Ceph"."""
    words_of = _LOCAL.split(name.casefold().replace(" ", "-"))
    return all(word in MACHINES for word in words_of)


def _names_itself(mail: Mail) -> bool:
    """The subject names the sender: tools do ("UrBackup: ..."), people sign below."""
    subject = _SQUASHED.sub("", mail.subject.casefold())
    names = (mail.sender_name, mail.sender.partition("@")[0])
    squashed = (_SQUASHED.sub("", name.casefold()) for name in names)
    return any(len(name) >= SHORTEST_BRAND and name in subject for name in squashed)


def _weight(mail: Mail) -> int:
    """Signs of a program, less signs of a person."""
    text = mail.text[:JUDGED]
    said = quotes.new_text(text[:SPOKEN])
    shared = any(word in SHARED for word in _local_words(mail))
    subject = mail.subject
    verdict = words.judge(subject).verdict
    told = verdict != "none"
    is_office = bool(_OFFICES.search(mail.sender_name) or _WATCHES.search(mail.sender.partition("@")[0]))
    is_person = bool(_PERSON.fullmatch(mail.sender_name) and not _OFFICES.search(mail.sender_name))
    machine = (
        shared,
        _is_system(mail.sender),
        (shared and told) * 2,
        shared and bool(_TASK.search(subject) or words.notice(subject)),
        bool(_TAG.match(subject)),
        bool(_LOUD.match(subject)),
        bool(_MARK.search(subject)),
        not mail.sender_name and told,
        not text.strip() and told,
        sum(1 for _ in zip(_FIELD.finditer(text), range(3), strict=False)) == 3,
        _is_form(text) * 2,
        bool(_LOG_LINE.search(text)),
        bool(_RULE.search(text)) * 2,
        hosts.is_labelled(text),
        shared and words.judge(text).verdict != "none",
        mail.header("return-path").strip() == "<>",
        "from userid" in mail.header("received") and not mail.header("x-mailer"),
        bool(mail.header("x-auto-response-suppress")),
        bool(mail.header("list-unsubscribe")),
        not is_person and _is_impersonal(mail, said) and _NOBODY_SAYS[verdict] * (told or bool(_TASK.search(subject))),
        not is_person and told and _is_from_a_host(mail, said),
        not is_person and is_office,
        not is_person and _names_itself(mail),
        not is_person and bool(_BRAND.match(_PARTICLES.sub("", mail.sender_name))),
        _is_tool(mail.sender_name) * 2,
        mail.content_type == "text/html",
    )
    person = (
        bool(_PEOPLES_MAILERS.search(_mailer(mail))) * 3,
        bool(_GREETING.match(text)),
        bool(_CLOSING.search(text)),
        is_person,
        not shared and not is_office and _tells(said),
    )
    return sum(machine) - sum(person)
