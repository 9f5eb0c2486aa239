"""What a subject or a sentence says is wrong where no label says so: "web-4/HTTP is CRITICAL", "service ftp is down".

Only forms that leave no doubt: what is named behind the word for such a thing, before a state, or alone beside the
host.
"""

import re

from msgspec import Struct

from ingestd.decide import words

LONGEST = 300  # characters of a subject
LONGEST_LINE = 400
MOST_LINES = 12  # of a text
MOST_WORDS = 4  # of a name that stands alone beside its host
LONGEST_NAME = 60

_STATE = (
    r"(?:OK|UP|DOWN|UNREACHABLE|CRITICAL|CRIT|WARNING|WARN|UNKNOWN|PROBLEM|RECOVERY|RECOVERED|RESOLVED|FIRING|ALERT"
    r"|TRIGGERED|ERROR|FAILED|FAILURE|PROBLEMA|PROBLEME|PROBLÈME)"
)
_HOST = r"(?=[A-Za-z0-9._-]{0,62}[0-9.-])[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]"
_CHECK = r"[A-Za-z][\w .:%()@+-]{1,59}"
# "CRITICAL: web-4/HTTP", "** PROBLEM: web-4/HTTP is CRITICAL **"
_SLASHED = (
    re.compile(rf"(?:^|[\s\[(])({_HOST})/({_CHECK}?)(?: (?:is|ist|est|está|esta|é)| ?(?:->|=|:)) ?\W?{_STATE}\b"),
    re.compile(rf"^\W*(?:{_STATE}\W{{1,6}}){{1,3}}({_HOST})/({_CHECK}?)\W*$"),
)
# "HTTP on web-4 is CRITICAL"
_PLACED = re.compile(
    rf"^\W*(?:{_STATE}\W{{1,4}}){{0,2}}({_CHECK}?) (?:on|auf|sur|en|em|su|op|на) ({_HOST})"
    rf" (?:is|ist|est|está|é) (?:now )?\W?{_STATE}\b"
)
_NOUNS = (
    r"[Ss]ervices?|SERVICE|[Dd]aemon|[Pp]rocess|[Uu]nit|[Cc]ontainer|[Dd]ienst|[Pp]rozess|[Ss]ervicio|[Pp]roceso"
    r"|[Ss]erviço|[Pp]rocesso|[Pp]rocessus|[Ss]ervizio|[Сс]ервис|[Сс]лужба|[Пп]роцесс|[Uu]sługa|サービス|プロセス"
)
_BORDER = (
    r"[\"'”’»)\],;:.!]|\W*$|\s+(?:on|at|in|is|has|was|are|does|did|not|no|failed|stopped|died|crashed|down|up|exited)\b"
)
_FOREIGN = (
    r"|\s+(?:auf|ist|läuft|wurde|nicht|antwortet|sur|est|ne|a été|en|está|no|ha|em|não|parou|su|non|è"
    r"|на|не|が|は|の)(?:\s|$)"
)
_NAMED = re.compile(rf"(?:{_NOUNS})\s?[:：]?\s{{0,2}}['\"“‘«「]?([A-Za-z][\w@.+-]{{1,59}}?)(?={_BORDER}{_FOREIGN})")
_HAN_NAMED = re.compile(r"(?:服务|进程|服務|程序)\s?[\"'“「【\[]?([A-Za-z][\w@.+-]{1,59})")
_NAMES_NOUN = re.compile(
    r"\b([A-Za-z][\w@.+-]{1,59}) (?:service|daemon|process) (?:is|has|was|failed|stopped|died|crashed|down|not|on)\b"
)
_UNIT = re.compile(r"(?<![\w/.-])([\w@\\-]{2,60}\.(?:service|timer|mount|socket))\b")
_PATH = re.compile(
    r"(?i)\b(?:partition|file ?system|mount(?: ?point| on| auf)?|volume|disk|disque|disco|laufwerk|platte"
    r"|verzeichnis|partición"
    r"|partição|directory|disk (?:usage|space) (?:of|on|for))\b\W{0,3}(?:of |on |for )?"
    r"['\"]?((?:/[\w.-]+){1,6}|/)(?=['\"]?(?:[\s,:;)]|$))"
    r"|(?:分区|目录|挂载点|磁盘|ディスク)\W{0,3}((?:/[\w.-]+){1,6}|/)(?![\w/])"
)
# "[FAILED] nightly copy web-4"
_TAG = re.compile(r"^\s*(?:[\[【(]([^\[\]【】()]{2,24})[\]】)]\s*[:：-]?\s*){1,2}")
_BETWEEN = re.compile(r"(?i)\s*(?:[-–—@:|]|\b(?:on|at|for|from|auf|von|bei|sur|de|en|em|su)\b)?\s*$")
_NO_NAME = frozenset((
    "service", "services", "is", "was", "has", "are", "on", "at", "in", "not", "no", "the", "a", "an", "of",
    "to", "for", "and", "or", "with",
    "down", "up", "failed", "stopped", "started", "restarted", "running", "check", "checks", "monitor", "monitoring",
    "alert", "alerts", "name", "status", "state", "level", "desk", "notification", "provider", "unavailable", "error",
    "this", "that", "your", "all", "some", "web", "windows", "which", "pack", "tag", "account", "interruption",
    "ist", "auf", "wurde", "nicht", "est", "sur", "ne", "en", "está", "esta", "no", "caído", "caido", "detenido",
    "group",
    "id", "ok", "request", "requests", "poll", "polls", "outage", "degradation", "recovered", "restored", "problem",
    "issue",
    "description", "owner", "team", "exited", "died", "crashed", "terminated", "killed", "fora", "não", "fermo",
))  # fmt: skip


class Pair(Struct, frozen=True):
    """A host and what is wrong with it, as one subject writes both."""

    host: str
    check: str


def pair(subject: str) -> Pair | None:
    """``HOST/CHECK`` or ``CHECK on HOST`` beside a state word; None for any other subject."""
    text = subject[:LONGEST]
    for form in _SLASHED:
        if found := form.search(text):
            return Pair(found[1], found[2].strip())
    placed = _PLACED.search(text)
    return Pair(placed[2], placed[1].strip()) if placed and placed[1].lower() not in _NO_NAME else None


def thing(text: str) -> str | None:
    """A service, a unit of systemd or a file system that the first lines name as such; None if they name none."""
    for line in (whole[:LONGEST_LINE] for whole in text.split("\n", MOST_LINES)[:MOST_LINES]):
        for form in (_UNIT, _NAMED, _HAN_NAMED, _NAMES_NOUN, _PATH):
            names = (str(next(filter(None, hit.groups()))) for hit in form.finditer(line))
            if name := next((one for one in names if one.lower() not in _NO_NAME), None):
                return name
    return None


def beside(subject: str, host: str | None) -> str | None:
    """What stands alone beside the host behind a state in brackets: "[FAILED] nightly copy web-4"."""
    tag = _TAG.match(subject[:LONGEST])
    if not tag or not host or words.judge(tag[0]).verdict == "none":
        return None
    rest = subject[tag.end() : LONGEST].strip()
    if not rest.endswith(host):
        return None
    name = _BETWEEN.sub("", rest[: -len(host)])
    fits = 0 < len(name.split()) <= MOST_WORDS and len(name) <= LONGEST_NAME and ":" not in name
    return name if fits and words.judge(name).verdict == "none" else None
