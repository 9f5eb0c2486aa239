"""Which host a text is about, where no field of a known tool says so: always a guess.

A name of the topology counts first; then what a label calls a host; then what the subject says that the sender's own
host is called, an address, a full name or a URL in the subject, a name behind "on", "server", "主机" and their like,
and a piece of the subject that is nothing but such a name; then the same in the head of the text; and at last the host
from whose system account the mail came.
"""

import re

from ingestd.decide.han import alike, simplified
from ingestd.decide.match import NameFinder

LONGEST = 8 * 1024  # characters of a body that are looked at
LONGEST_HEAD = 1000  # characters of a body in which a host's name needs no label
LONGEST_SUBJECT = 2000
LONGEST_VALUE = 300
DECORATION = " \t*_•·►>-#"
# Labels before a host's name, in small letters.
LABELS = frozenset((
    "host", "hostname", "host name", "host/ip", "server", "server name", "servername", "device", "device name",
    "node",
    "machine", "computer", "computer name", "system name", "instance", "source host", "affected host", "target",
    "fqdn", "system", "managed entity", "website",
    "agent hostname", "beat hostname", "host hostname", "beat name", "kubernetes node name",
    "issued for", "issued to", "common name", "domain name",
    "client name", "machine name", "sourceid", "source id", "resource id", "affected resource", "monitored host",
    "hostname/ip", "ファシリティ", "スコープ",
    "ファシリティid",
    "主机", "主机名", "主机名称", "主機", "主機名稱", "服务器", "服务器名称", "伺服器", "设备", "设备名称", "设备名",
    "設備", "設備名稱", "节点", "節點", "告警主机", "故障主机", "报警主机", "实例", "机器",
    "rechner", "rechnername", "gerät", "gerätename", "knoten", "hôte", "serveur", "nom d'hôte", "équipement",
    "machine hôte", "equipo", "servidor", "dispositivo", "anfitrión", "nombre del equipo",
    "ホスト", "ホスト名", "サーバ", "サーバー", "サーバ名", "サーバー名", "機器", "機器名", "装置名", "対象ホスト",
    "コンピュータ名", "コンピューター名", "ノード", "ノード名", "host affected", "system host name", "bmc hostname",
    "bmc host name",
    "imm name", "array", "array name", "appliance", "sysname", "device hostname", "nas name", "node name",
    "affected node", "affected device", "affected server", "impacted host", "impacted resource", "source node",
    "ci name", "configuration item", "managed object", "monitored object", "access point", "switch",
    "switch name", "router", "firewall", "printer", "ups name", "endpoint", "agent name", "vm", "vm name",
    "monitored system", "affected resources", "affected hosts", "affected devices", "where it happened", "entity",
    "entity name", "monitored resource", "resource name", "object name", "instance name", "vm host", "machine host",
    "域名", "checked url", "monitored url", "target url", "monitor url",
    "告警目标", "告警对象", "监控对象", "监控目标", "报警对象", "资源名称", "实例名称", "告警来源", "告警源",
    "告警设备", "报警设备", "告警机器", "实例信息", "故障实例", "告警实例", "告警节点", "资产名称",
    "故障设备", "设备ip/名称", "所属主机", "主机名/ip", "节点名称", "告警资源", "监控主机", "对象名称", "網元名稱",
    "网元名称", "网元",
    "hostname/adresse", "betroffenes system", "betroffener host", "system-name", "hote", "nom de l'hôte",
    "nom d'hote", "nom du serveur",
    "poste", "nom du poste", "nombre de host", "nombre del host", "nombre del servidor", "nombre del equipo afectado",
    "nome do host", "nome do servidor", "equipamento", "dispositivo afetado", "nome host", "nome ups", "macchina",
    "apparato",
    "узел", "узел сети", "хост", "имя хоста", "сервер", "устройство", "nazwa hosta", "serwer", "urządzenie", "호스트",
    "호스트명", "서버", "서버명", "장비명",
))  # fmt: skip
# Labels before its address: what names the host goes before them.
ADDRESSES = frozenset((
    "ip", "ip address", "host ip", "host address", "address", "monitor host", "hostaddress", "主机ip", "服务器ip",
    "主机地址", "ip地址", "告警ip", "设备ip", "设备地址", "主机ip地址", "ip アドレス", "ipアドレス", "ip-adresse",
    "adresse ip",
    "dirección ip", "dirección", "endereço ip", "indirizzo ip", "ip-адрес", "device ip", "device ip address", "node ip",
    "server ip", "management ip", "source ip address", "ipv4 address",
    "system ip", "gateway", "告警资源ip", "内网ip", "管理ip",
))  # fmt: skip
PLACES = frozenset(("location", "contact", "位置", "standort"))  # beside a "name" it is that of a device
SITES = frozenset(("url", "website", "网址", "site"))  # an address that a monitor asks, if it has no path
# Endings that make a dotted word a file or a version rather than a host.
NO_DOMAINS = frozenset((
    "sh", "py", "pl", "php", "log", "conf", "cfg", "txt", "gz", "tar", "zip", "bak", "sql", "json", "xml", "yml",
    "yaml", "html", "htm", "service", "socket", "timer", "mount", "exe", "dll", "bat", "ps1", "jar", "war", "rpm",
    "deb", "iso", "img", "csv", "pdf", "doc", "docx", "xls", "xlsx", "js", "css", "java", "go", "rs", "md", "vbk",
    "vib", "vmdk", "vhdx", "db", "lock", "pid", "key", "pem",
    "crt",
))  # fmt: skip
# What the labels of a host's name end in, whatever stands before it ("発行元ホスト名").
ENDINGS = (
    "ホスト名", "サーバ名", "サーバー名", "装置名", "主机名", "主机名称", "设备名称", "服务器名称", "伺服器名稱",
    "设备", "主机", "服务器", "节点", "实例", "机器",
)  # fmt: skip
# Labels whose value is a host's name however it is spelt; the others also stand before kinds and sentences.
SPOKEN_LABELS = frozenset((
    "host", "hostname", "host name", "device name", "server name", "node name", "computer name", "monitored host",
    "affected host", "access point", "switch name", "ups name", "设备名称", "设备名", "主机名", "主机名称", "告警主机",
    "故障主机", "报警主机", "服务器名称", "告警设备", "设备", "主机", "主機", "主機名稱", "設備名稱", "ホスト名",
    "機器名", "装置名",
    "サーバ名", "サーバー名", "コンピュータ名", "gerätename", "rechnername", "nom d'hôte", "nom du serveur",
    "nombre del host", "имя хоста", "узел сети",
))  # fmt: skip
# What stands in a host's place where there is none.
NOBODY = frozenset(
    (
        "unknown",
        "none",
        "null",
        "n/a",
        "na",
        "localhost",
        "host",
        "server",
        "all",
        "any",
        "nil",
        "yes",
        "no",
        "ok",
        "default",
    )
)

# Accounts of a host itself rather than of a person or of a service that watches others.
ACCOUNTS = frozenset((
    "root", "daemon", "nobody", "bin", "sys", "www-data", "apache", "nginx", "httpd", "postgres", "postgresql",
    "mysql", "mariadb", "oracle", "db2", "tomcat", "nut", "ups", "smartd", "mdadm", "watchdog", "pi", "ubuntu",
    "debian", "ec2-user", "centos",
))  # fmt: skip
# What the first part of a sender's domain may be without being a host's own name.
SERVICES = frozenset((
    "mail", "email", "smtp", "imap", "relay", "mailer", "www", "web", "server", "host", "localhost", "alert", "alerts",
    "monitor", "monitoring", "noreply", "notify", "notifications", "corp", "office", "admin", "info", "status", "cloud",
    "app", "api", "support", "news", "blog", "shop", "wiki", "forum", "git", "backup",
    "internal", "intern", "example", "home", "lan", "local", "dev", "prod",
))  # fmt: skip
# Domains that only hosts have: addresses of people do not end in them.
PRIVATE = frozenset(("local", "localdomain", "lan", "home", "internal", "intern", "intranet", "localnet"))

_LINE = re.compile(r"^[ \t]*([^:：=\t\n]{1,40})[:：=\t](.+)$", re.MULTILINE)
_LABELS, _SPOKEN_LABELS, _ADDRESSES = (frozenset(map(alike, table)) for table in (LABELS, SPOKEN_LABELS, ADDRESSES))
_ENDINGS = tuple(map(simplified, ENDINGS))
_SIGNS = re.compile(r"^\W+")
_COMMENT = re.compile(r"\s\([^()]{0,100}\)\s{0,9}$")  # behind an address: the name of an old program's account
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE)
# An address behind one of these is that of somebody else.
_OTHERS = re.compile(r"(?:\b(?:src|source|attacker|banned|blocked|by|peer|client ip)\b:? ?)$", re.IGNORECASE)
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}")
_WITHIN = re.compile(r"^[^<>]{1,100}>(?=.*\w)(?:[^<>]{1,100}>){0,5}")
LONGEST_SPOKEN = 40  # characters of a name of several words
MOST_SPOKEN = 4  # words
_SPOKEN = re.compile(r"[^\W_][\w &/#+.-]*[\w)]")
_ASIDE = re.compile(r"\s{0,3}[(（][^()（）]{0,100}[)）]\s{0,3}$")
_IPV4 = r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)"
_FULL = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,20}(?![\w-]|\.\w)"
_IP = re.compile(rf"(?<![\w.-]){_IPV4}")
_FQDN = re.compile(rf"(?<![\w@./-]){_FULL}(?![/@])")
_WITH_IP = re.compile(
    rf"(?<![\w./-])((?=[A-Za-z0-9-]{{0,60}}[0-9-])[A-Za-z][A-Za-z0-9-]{{1,61}}) \({_IPV4}\)"
)  # "web-4 (192.0.2.4)"
_URL = re.compile(rf"\bhttps?://(?:[\w.%-]{{1,60}}@)?({_FULL}|{_IPV4})", re.IGNORECASE)
# "with the main IP address 192.0.2.4", "内网IP 192.0.2.4"
_OWN_IP = re.compile(rf"(?i)(?<!source )(?<!remote )(?<!client )\b(?:ip(?: address)?|ip地址) ?[:：]?\s?({_IPV4})")
# "Mar  2 09:14:02 web-4 kernel: ...", a line of a log, which says of which host it is
_LOGGED = re.compile(
    r"(?m)^(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20})"
    r" ([\w.-]{2,60}) [\w./%-]{1,60}(?:\[\d{1,9}\])?:\s"
)
_SITE = re.compile(rf"\s*https?://(?:{_FULL}|{_IPV4})(?::\d{{1,5}})?/?\s*")  # the address of a site as a whole
_SHORT = r"[A-Za-z][A-Za-z0-9-]{1,61}[A-Za-z0-9]"
# "web-4" or "srv-sales", rather than "day" or "P1"
_NUMBERED = rf"(?:(?=[A-Za-z-]{{2,60}}\d){_SHORT}|(?:srv|svr|nb|nas|esx|sw|fw|gw)-[A-Za-z0-9-]{{2,40}})"
# "san-ctl-b", rather than an environment
_HYPHENED = (
    r"(?=[A-Za-z0-9]{1,60}-)(?![A-Za-z-]{0,40}(?<![A-Za-z])(?:prod|production|staging|dev|test|live)\b)" + _SHORT
)
_END = r"(?![\w/@%-]|\.\w)"
_QUOTES = r"[:：]?\s{0,3}['\"“「(\[]?"
_BEHIND = re.compile(
    rf"(?:\b(?:on|at|of|from|for|dst|dest|auf|von|bei|sur|en|de|du|für|em|su|на)\b|@ "
    r"|主机|服务器|设备|主機|伺服器|ホスト)"
    rf"\s{{0,3}}{_QUOTES}({_NUMBERED}){_END}"
    r"|\b(?:host|server|node|client|machine|computer|vm|entity|device|instance|appliance|workstation|printer|router"
    r"|switch|ap|access point"
    r"|firewall|equipo|servidor|serveur|système|rechner|gerät|knoten)\b\s{0,3}"
    rf"{_QUOTES}({_NUMBERED}|{_HYPHENED}){_END}"
    rf"|\b(?:on|auf|sur|en|em)\s{{1,3}}({_HYPHENED})"
    r"(?:\W{0,5}$|(?= (?:is|are|has|was|failed|stopped|ist|läuft|wurde|est|a|está|no)\b))",
    re.IGNORECASE,
)
_SPELT = re.compile(r"(?<![\w./-])[A-Za-z0-9-]{1,63}(?![\w-])(?:\.[A-Za-z][A-Za-z0-9-]{0,61}){0,6}")
# "mail.shop.example is down", at the beginning of a line
_SUBJECT_OF = re.compile(
    rf"^\W{{0,3}}(?:https?://)?({_FULL}|{_IPV4})(?::\d{{1,5}})?(?:/\S{{0,200}})? {{1,3}}"
    r"(?:is|are|was|has|went|did|does|not|no|down|failed|ist|wurde|antwortet|est|está)\b",
    re.IGNORECASE | re.MULTILINE,
)
_BROKEN_URL = re.compile(
    rf"^(?:target|url|site|website|endpoint|monitor|your site|your website) https?://({_FULL}|{_IPV4})|\b(?:down|offline|unreachable|failed|failing|error)\b[^\n]{{0,40}}https?://({_FULL}|{_IPV4})"
    rf"|https?://({_FULL}|{_IPV4})[^\n]{{0,200}}\b(?:down|offline|unreachable|failed|failing)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PARTS = re.compile(r"\s[-–—|>]+\s|,")
_PIECES = re.compile(r"\s[-–—|>]+\s|:\s|[\[\]【】|!,（）：，]")
_PIECE = re.compile(rf"['\"“”]?({_NUMBERED})['\"“”]?", re.IGNORECASE)
# "... srv-db3", at the very end
_LAST = re.compile(
    rf"(?<!\bjob)(?<!\bpod)(?<!\brun)(?<!task)(?<!build)\s(?=[A-Za-z0-9]+-)({_NUMBERED})\W{{0,5}}$", re.IGNORECASE
)
# "CRITICAL db-3: lag", "恢复：db-3 主从同步正常": the name at the beginning, behind a state at most
_FIRST = re.compile(
    rf"^\W{{0,4}}(?:(?:[a-z]{{2,12}}|[\u4e00-\u9fff]{{2,4}})[\]】]?[:：]?\s{{0,2}}){{0,2}}\b({_NUMBERED})"
    r"(?:[:：]|\s(?=[\u4e00-\u9fff]))",
    re.IGNORECASE,
)
# What has a digit too and is no host.
_NO_HOST = re.compile(
    r"(?:raid|md|sd[a-z]|nvme|eth|en[sp]|bond|vlan|tty|port|disk|drive|ups|psu|fan|cpu|slot|bay|lun|vol|osd|channel|temp|zone"
    r"|http|ipv|sha|utf|php|python|mysql|windows|win|ubuntu|debian|rhel|centos|office|exchange|sql|log4j|week|day|try|step"
    r"|code|exit|rc|cve|kb|rfc|iso|inc|tkt|tix|ticket|req|case|chg|prb|ritm|bug|issue|jira|job|run|build|rev|full|incr|diff"
    r"|daily|weekly|monthly)-?\d|.*\d{8}|(?:re|auto|non|pre|not|self|read|write|multi|high|low|out|up|host|server|node|instance|device|client)-"
    r"|.*-(?:id|name|type|based|side|only|level|wide|ready|up|down|off|on|in|out)$",
    re.IGNORECASE,
)  # fmt: skip


def guess(subject: str, text: str, names: NameFinder, sender: str = "") -> str | None:
    """The host that a mail seems to be about: a node's id, or the name as it stands there; None if there is none.

    ``sender`` is the From header of a program's mail: display name and address.
    """
    subject = subject[:LONGEST_SUBJECT]
    known = names.find(f"{subject}\n{text}")
    if known:
        return known[0]
    head = text[:LONGEST_HEAD]
    own = _own(sender)
    return (
        labelled(_PARTS.sub("\n", subject))
        or labelled(text[:LONGEST])
        or (_called(subject, own) if own else None)
        or _addressed(subject)
        or _behind(subject)
        or _apart(subject)
        or (_called(head, own) if own else None)
        or _in_prose(head)
        or _home(sender, head)
    )


def is_at_host(domain: str) -> bool:
    """Whether an address's domain is a host's name rather than one that people have mail at; in doubt it is."""
    return "." not in domain or domain.count(".") > 1 or domain.rsplit(".", 1)[-1].lower() in PRIVATE


def is_labelled(text: str) -> bool:
    """Whether a line of the text names a host as programs do: label and value."""
    return labelled(text[:LONGEST]) is not None


def labelled(text: str) -> str | None:
    """The value of the first line whose label is a host's, else of the first whose label is an address's."""
    address = spoken = called = None
    placed = False
    for label, after in _LINE.findall(text):
        plain = spelled(label)
        called = called or (_value(after) if plain == "name" else None)
        placed = placed or plain in PLACES
        if is_label(plain) and (name := _value(after)):
            return name
        if spoken is None and plain in _SPOKEN_LABELS:
            spoken = _spoken(after)
        if address is None and (plain in _ADDRESSES or (plain in SITES and _SITE.fullmatch(after))):
            address = _value(after)
    return spoken or (called if placed else None) or address


def spelled(label: str) -> str:
    """A label as the tables have it: in small letters, ``host.name`` and ``host_name`` as "host name"."""
    plain = label.strip(DECORATION).casefold()
    if plain and not plain[0].isalnum():
        plain = _SIGNS.sub("", plain)  # "📊 *Host*"
    return alike(plain if plain.isalpha() else plain.replace(".", " ").replace("_", " "))


def is_label(plain: str) -> bool:
    """Whether a label is one of a host's name."""
    return plain in _LABELS or plain.endswith(_ENDINGS)


def _spoken(after: str) -> str | None:
    """A name as people give it, of several words or in other letters: "Core Switch B", "会议室打印机"."""
    value = " ".join(_ASIDE.sub("", after[:LONGEST_VALUE]).strip(" \t\"'[]“”").split())
    fits = 1 < len(value) <= LONGEST_SPOKEN and len(value.split()) <= MOST_SPOKEN and _SPOKEN.fullmatch(value)
    return value if fits and value.casefold() not in NOBODY else None


def _value(after: str) -> str | None:
    """The name at the beginning of what stands behind a label."""
    last = _WITHIN.sub("", after[:LONGEST_VALUE])  # "Servers > Databases > db-2"
    value = _SCHEME.sub("", last.strip(" \t:：[(\"'<"))
    found = _VALUE.match(value)
    return found[0] if found and found[0].lower() not in NOBODY and _is_name(found[0], value) else None


def _is_name(name: str, value: str) -> bool:
    """A host's name and not the first word of a sentence."""
    rest = value[len(name) :].strip()
    return len(name) > 1 and any(c.isalpha() or c == "." for c in name) and (not rest or not rest[0].isalpha())


def _own(sender: str) -> str:
    """What the host that a mail is from calls itself; "" if its address tells nothing about it."""
    domain = _COMMENT.sub("", sender).rpartition("@")[2].strip("> ")
    name = domain.split(".", 1)[0]
    return name if len(name) > 2 and is_at_host(domain) and name.lower() not in SERVICES else ""


def _called(text: str, own: str) -> str | None:
    """The sender's host as the text spells it, with or without its domain."""
    start = text.lower().find(own.lower())
    found = _SPELT.match(text, start) if start >= 0 else None
    if not found or len(found[0].split(".", 1)[0]) != len(own):
        return None
    return found[0] if found[0].startswith(own) or not own.isalpha() else None  # "Blog" is a word, blog@blog a host


def _home(sender: str, head: str) -> str | None:
    """The host whose name, or whose account, the mail is from, unless the text names another."""
    named = _addressed(sender.rpartition("<")[0])
    if named:
        return named
    local, _, domain = _COMMENT.sub("", sender).rpartition("<")[2].strip("> ").rpartition("@")
    told = local.lower() in ACCOUNTS and is_at_host(domain) and not domain.lower().startswith("localhost")
    return domain if told and len(domain) > 1 and _VALUE.fullmatch(domain) and not _addressed(head) else None


def _addressed(text: str) -> str | None:
    full = (found[0] for found in _FQDN.finditer(text) if found[0].rpartition(".")[2].lower() not in NO_DOMAINS)
    name = next(full, None) or next((str(found[1]) for found in _URL.finditer(text)), None)
    if not name and (named := _WITH_IP.search(text)) and not _NO_HOST.match(named[1]):
        return str(named[1])
    return name or next(
        (found[0] for found in _IP.finditer(text) if not _OTHERS.search(text[: found.start()][-20:])), None
    )


def _behind(text: str) -> str | None:
    found = (str(hit[1] or hit[2] or hit[3]) for hit in _BEHIND.finditer(text))
    return next((name for name in found if not _NO_HOST.match(name)), None)


def _apart(subject: str) -> str | None:
    """A piece of the subject that is nothing but such a name ("web-4: disk full", "down [web-4]"), or its last word."""
    pieces = [_PIECE.fullmatch(piece.strip()) for piece in _PIECES.split(subject)]
    found = (hit[1] for hit in (*pieces, _FIRST.match(subject), _LAST.search(subject)) if hit)
    return next((name for name in found if not _NO_HOST.match(name)), None)


def _in_prose(head: str) -> str | None:
    """What a sentence of the text says is broken, or where."""
    found = _SUBJECT_OF.search(head) or _BROKEN_URL.search(head)
    name = next((part for part in found.groups() if part), None) if found else None
    if name and name.rpartition(".")[2].lower() not in NO_DOMAINS:
        return name
    named = _behind(head)
    told = None if named else _LOGGED.search(head) or _OWN_IP.search(head)
    return named or (told[1] if told else None)
