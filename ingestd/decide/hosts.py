"""Which host a text is about, where no field of a known tool says so: always a guess.

A name of the topology counts first; then what a label calls a host, an address or full name in the subject, and a name
with a digit in it behind "on", "at", "主机" and their like.
"""

import re

from ingestd.decide.match import NameFinder

LONGEST = 8 * 1024  # characters of a body that are looked at
LONGEST_SUBJECT = 2000
LONGEST_VALUE = 300
DECORATION = " \t*_•·►>-"
# Labels before a host's name, in small letters.
LABELS = frozenset((
    "host", "hostname", "host name", "host/ip", "server", "server name", "servername", "device", "device name",
    "node",
    "machine", "computer", "computer name", "system name", "instance", "source host", "affected host", "target",
    "fqdn",
    "client name", "machine name", "sourceid", "source id", "resource id", "affected resource", "monitored host",
    "hostname/ip", "ファシリティ",
    "ファシリティid",
    "ip", "ip address", "host ip", "host address", "address", "monitor host",
    "主机", "主机名", "主机名称", "主机ip", "主機", "主機名稱", "服务器", "服务器名称", "服务器ip", "伺服器", "设备",
    "设备名称", "设备名", "設備", "設備名稱", "节点", "節點", "告警主机", "故障主机", "报警主机", "主机地址",
    "ip地址",
    "告警ip", "实例", "机器", "rechner", "rechnername", "gerät", "gerätename", "knoten", "hôte", "serveur",
    "nom d'hôte", "équipement", "machine hôte", "equipo", "servidor", "dispositivo", "anfitrión", "nombre del equipo",
    "ホスト", "ホスト名", "サーバ", "サーバー", "サーバ名",
    "サーバー名", "機器", "機器名", "装置名", "対象ホスト",
))  # fmt: skip
# Endings that make a dotted word a file or a version rather than a host.
NO_DOMAINS = frozenset((
    "sh", "py", "pl", "php", "log", "conf", "cfg", "txt", "gz", "tar", "zip", "bak", "sql", "json", "xml", "yml",
    "yaml", "html", "htm", "service", "socket", "timer", "mount", "exe", "dll", "bat", "ps1", "jar", "war", "rpm",
    "deb", "iso", "img", "csv", "pdf", "doc", "docx", "xls", "xlsx", "js", "css", "java", "go", "rs", "md", "vbk",
    "vib", "vmdk", "vhdx", "db", "lock", "pid", "key", "pem",
    "crt",
))  # fmt: skip
# What stands in a host's place where there is none.
NOBODY = frozenset(
    ("unknown", "none", "null", "n/a", "na", "localhost", "host", "server", "all", "any", "nil", "yes", "no", "ok")
)

_LINE = re.compile(r"^[ \t]*([^:：=\t\n]{1,40})[:：=\t](.+)$", re.MULTILINE)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE)
# An address behind one of these is that of somebody else.
_OTHERS = re.compile(r"(?:\b(?:src|source|attacker|banned|blocked|by|peer|client ip)\b:? ?)$", re.IGNORECASE)
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}")
_IP = re.compile(r"(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w-]|\.\d)")
_FQDN = re.compile(
    r"(?<![\w@./-])(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}([A-Za-z]{2,20})(?![\w-]|\.\w|/|@)"
)
_BEHIND = re.compile(
    r"(?:\b(?:on|at|host|server|node|client|machine|computer|vm|from|for|dst|dest|auf|von|bei|sur|en|de|du|equipo|servidor|serveur|rechner)\b|主机|服务器|设备"
    r"|主機|伺服器|ホスト)\s{0,3}"
    r"[:：]?\s{0,3}['\"“「(\[]?(?=[\w-]{0,60}\d)(?=[\w-]{0,60}[A-Za-z])([A-Za-z][A-Za-z0-9-]{1,61}[A-Za-z0-9])(?![\w./@%-])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"[A-Za-z]{2,}[A-Za-z0-9-]*\d")  # what a host's name looks like, rather than "day2" or "P1"


def guess(subject: str, text: str, names: NameFinder) -> str | None:
    """The host that a mail seems to be about: a node's id, or the name as it stands there; None if there is none."""
    subject = subject[:LONGEST_SUBJECT]
    known = names.find(f"{subject}\n{text}")
    if known:
        return known[0]
    return _labelled(subject) or _labelled(text[:LONGEST]) or _addressed(subject) or _behind(subject)


def is_labelled(text: str) -> bool:
    """Whether a line of the text names a host as programs do: label and value."""
    return _labelled(text[:LONGEST]) is not None


def _labelled(text: str) -> str | None:
    """The value of the first line whose label is one of ``LABELS``."""
    for label, after in _LINE.findall(text):
        if label.strip(DECORATION).casefold() in LABELS:
            value = _SCHEME.sub("", after[:LONGEST_VALUE].strip(" \t:：[(\"'<"))
            found = _VALUE.match(value)
            if found and found[0].lower() not in NOBODY and _is_name(found[0], value):
                return str(found[0])
    return None


def _is_name(name: str, value: str) -> bool:
    """A host's name and not the first word of a sentence."""
    rest = value[len(name) :].strip()
    return len(name) > 1 and any(c.isalpha() or c == "." for c in name) and (not rest or not rest[0].isalpha())


def _addressed(text: str) -> str | None:
    name = next((found[0] for found in _FQDN.finditer(text) if found[1].lower() not in NO_DOMAINS), None)
    address = next((found[0] for found in _IP.finditer(text) if not _OTHERS.search(text[: found.start()][-20:])), None)
    return name or address


def _behind(text: str) -> str | None:
    return next((str(found[1]) for found in _BEHIND.finditer(text) if _NUMBERED.match(found[1])), None)
