"""A recogniser for a group of mails, as YAML for an admin to look through.

Labels are known by their usual names in several languages; of the places in the subject that differ, the values say
what they are: a state, a host, a check. The draft is compiled and tried on the very mails it was drafted from, and says
on top how many it reads and what to look at.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import yaml
from msgspec import Struct

from ingestd.decide import words
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import RecogniserFile, Recognisers
from ingestd.learn.shape import Group, Sample, mask
from ingestd.model import Message, Reading
from ingestd.yamltypes import loads

Role = Literal["host", "check", "state", "severity", "summary", "external_id", "url"]

#: What monitoring tools call their fields.
LABELS: Mapping[Role, str] = {
    "host": "host hostname host_name node server machine device instance target computer system agent endpoint "
    "resource 主机 主机名 主机名称 服务器 设备 设备名称 节点 告警主机 故障主机 实例 机器 ip ip地址 地址 "
    "rechner gerät hôte serveur equipo servidor ホスト ホスト名 サーバー",
    "check": "service check sensor monitor probe trigger alarm alert metric item rule job event 服务 监控项 检查 "
    "告警名称 告警 触发器 指标 规则 任务 事件 dienst sensorname servicio サービス 監視項目",
    "state": "state status result condition 状态 当前状态 告警状态 结果 zustand état estado 状態",
    "severity": "severity priority level urgency criticality 级别 等级 告警级别 严重性 优先级 schweregrad gravité "
    "gravedad severidad 重要度 深刻度",
    "summary": "summary message description details detail info output reason text 描述 详情 内容 告警内容 信息 消息 "
    "meldung beschreibung détails mensaje descripción 内容 メッセージ 説明",
    "external_id": "id event_id eventid alarm_id incident problem_id ticket 编号 事件id 告警id 工单号",
    "url": "url link dashboard 链接 地址链接",
}
ROLES: Mapping[str, Role] = {name.replace("_", " "): role for role, names in LABELS.items() for name in names.split()}
ANYTHING = r".*?"
NO_CASE = "(?i)"  # patterns that take mind case, those of a condition do not
#: What stands in a subject where a word was masked.
PLACES: Mapping[str, str] = {"<number>": r"[\d.,:/+-]*\d\S*?", "<state>": r"\S+?", "<host>": r"[^\s,;()\[\]]+?"}
VARYING = frozenset({ANYTHING, PLACES["<state>"], PLACES["<host>"]})
COMMON = 0.6  # part of the mails in which a label must stand
MOST_EXAMPLES = 3
MOST_LINES = 30  # of an example's body
MOST_WORDS = 200  # in the table of states


class Draft(Struct, frozen=True):
    """A recogniser file as text, and how well it reads its own group."""

    id: str
    text: str
    read: int  # mails of the group that it reads
    mails: int


class _Slot(Struct, frozen=True):
    """A place in the subject that differs, and what stood there."""

    role: str  # a field, or "" for nothing that is worth keeping
    values: tuple[str, ...]


def draft(group: Group, taken: Iterable[str] = ()) -> Draft:
    """A recogniser for a group; its id is none of ``taken``."""
    name = _name(group, set(taken))
    labels = _labels(group)
    if "state" in labels and "severity" not in labels:
        labels["severity"] = labels["state"]  # "CRITICAL" says both
    pattern, slots = _subject(group, labels)
    states = _states(group, labels, slots)
    file: dict[str, Any] = {"id": name, "when": [_when(group, pattern)]}
    if labels:
        file["labels"] = {role: found[0] if len(found) == 1 else list(found) for role, found in labels.items()}
    if any(slot.role for slot in slots):
        file["take"] = [{"subject": pattern}]
    if "(?P<state>" in pattern and "(?P<severity>" not in pattern and "severity" not in labels:
        file["take"].append({"subject": pattern.replace("(?P<state>", "(?P<severity>")})
    file |= {"states": states} if states else {}
    file |= {"severities": found} if (found := _severities(group, labels, slots)) else {}
    file["severity"] = "error"
    file["ends"] = "recovery" if "resolved" in states.values() else "person"
    readings = _read(file, (one.raw for one in group.samples))
    file["examples"] = list(_examples(file, _telling(group.samples, readings)))
    good = sum(reading.recogniser == name for reading in readings)
    text = _notes(group, readings, good, name) + yaml.dump(
        file, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000
    )
    return Draft(name, text, good, len(group.samples))


# -- what stands where
def _labels(group: Group) -> dict[str, tuple[str, ...]]:
    """The labels of each field, in the order of the mail."""
    counted: dict[str, int] = {}
    for one in group.samples:
        for name, _ in one.labels:
            counted[name] = counted.get(name, 0) + 1
    found: dict[str, tuple[str, ...]] = {}
    for name, count in counted.items():
        role = ROLES.get(name.casefold().replace("_", " "))
        if role and count >= COMMON * len(group.samples):
            found[role] = (*found.get(role, ()), name)
    return found


def _subject(group: Group, labels: Mapping[str, Sequence[str]]) -> tuple[str, list[_Slot]]:
    """A pattern for the subjects, with a named group where a field stands, and the places that differ."""
    places = [PLACES.get(word or "", re.escape(word or "")) if word else ANYTHING for word in group.template]
    whole = re.compile(rf"^\s*{_joined(f'({place})' if place in VARYING else place for place in places)}\s*$", re.I)
    rows = [found.groups() for one in group.samples if (found := whole.match(one.mail.subject))]
    columns = [tuple((value or "").strip() for value in column) for column in zip(*rows, strict=True)]
    taken: set[str] = set()
    slots = [_Slot(_role(column, labels, group, taken), column) for column in columns]
    left = iter(slots)
    named = _joined(_place(next(left).role, place) if place in VARYING else place for place in places)
    return rf"{NO_CASE}^\s*{named}\s*$", slots


def _joined(places: Iterable[str]) -> str:
    return r"\s*".join(places)


def _place(role: str, place: str) -> str:
    return f"(?P<{role}>{place})" if role else place


def _is_constant(word: str | None) -> bool:
    return word is not None and word not in PLACES


def _role(column: tuple[str, ...], labels: Mapping[str, Sequence[str]], group: Group, taken: set[str]) -> str:
    """Which field a column of values is, by what they look like."""
    given = [value for value in column if value]
    kinds = {mask(value) if " " not in value else "<text>" for value in given}
    if not given or kinds <= {"<number>"}:
        return ""
    if all(_is_state(value) for value in given):
        role = "severity" if "state" in taken else "state"
    elif "<text>" not in kinds and ("<host>" in kinds or _stands_as_host(given, labels, group)):
        role = "host"
    else:
        role = "summary" if "<text>" in kinds else "check"
    if role in taken:
        return ""
    taken.add(role)
    return role


def _is_state(value: str) -> bool:
    return len(value.split()) <= 3 and (words.severity(value) is not None or words.says_recovered(value))


def _stands_as_host(values: Sequence[str], labels: Mapping[str, Sequence[str]], group: Group) -> bool:
    """Whether these values also stand behind the label of a host."""
    names = labels.get("host", ())
    hosts = {value for one in group.samples for name, value in one.labels if name in names}
    return bool(hosts) and all(value in hosts for value in values)


def _states(group: Group, labels: Mapping[str, Sequence[str]], slots: Sequence[_Slot]) -> dict[str, str]:
    said = _said("state", group, labels, slots)
    return {word: "resolved" if _is_over(word) else "firing" for word in said}


def _severities(group: Group, labels: Mapping[str, Sequence[str]], slots: Sequence[_Slot]) -> dict[str, str]:
    said = [*_said("severity", group, labels, slots), *_said("state", group, labels, slots)]
    return {word: level for word in said if not _is_over(word) and (level := words.severity(word))}


def _is_over(word: str) -> bool:
    return words.says_recovered(word) or words.says_success(word)


def _said(role: str, group: Group, labels: Mapping[str, Sequence[str]], slots: Sequence[_Slot]) -> list[str]:
    """The words that stood for a field, each once."""
    names = labels.get(role, ())
    behind = [value for one in group.samples for name, value in one.labels if name in names]
    between = [value for slot in slots if slot.role == role for value in slot.values if value]
    short = (word for word in (*behind, *between) if len(word) <= 40)
    return list({word.casefold(): word for word in reversed(list(short))}.values())[:MOST_WORDS]


def _when(group: Group, pattern: str) -> dict[str, str]:
    """What tells these mails from others: the sender, and the subject as far as it is the same."""
    locals_ = {one.mail.sender.rpartition("@")[0].casefold() for one in group.samples}
    constants = [word for word in group.template if word and _is_constant(word) and re.search(r"\w{2}", word)]
    found = {"subject": "~" + re.sub(r"\(\?P<\w+>(.*?\?)\)", r"\1", pattern).removeprefix(NO_CASE)} if constants else {}
    if len(locals_) == 1 and "" not in locals_:
        found["from"] = rf"~\b{re.escape(locals_.pop())}@"
    elif not found:
        found["header"] = r"~(?m)^from: "
    if not constants and group.labels:
        found["body"] = rf"~(?m)^[ \t*>]*{re.escape(sorted(group.labels)[0])}[ \t*]*[:：]"
    return found


# -- writing it down
def _name(group: Group, taken: set[str]) -> str:
    local, _, domain = group.samples[0].sender.partition("@")
    words_ = [word for word in group.template if word and _is_constant(word) and re.fullmatch(r"[a-z]{3,20}", word)]
    base = re.sub(r"[^a-z0-9]+", "-", "-".join([local or "mail", *words_[:1]])).strip("-") or "mail"
    names = (base, *(f"{base}-{number}" for number in range(2, 1000)), f"{base}-{domain}")
    return next(name for name in names if name not in taken)


def _read(file: Mapping[str, Any], raws: Iterable[bytes]) -> list[Reading]:
    """What the draft makes of mails."""
    made = loads(yaml.dump(dict(file), Dumper=_Dumper, allow_unicode=True, width=1000), RecogniserFile, "draft")
    recognisers, nobody = Recognisers.compile((made,)), NameFinder(())
    return [recognisers.read(Message(kind="mail", source="learn", body=raw), nobody) for raw in raws]


def _telling(samples: Sequence[Sample], readings: Sequence[Reading]) -> list[Sample]:
    """A problem or two and an end: what shows the tool's language with the fewest mails."""
    found: dict[tuple[str, str], Sample] = {}
    for one, reading in zip(samples, readings, strict=True):
        level = reading.events[0].severity if reading.events else ""
        found.setdefault((reading.kind, level), one)
    return list(found.values())[:MOST_EXAMPLES]


def _examples(file: Mapping[str, Any], samples: Sequence[Sample]) -> Iterator[dict[str, Any]]:
    """The mails in short, with what the draft reads in them."""
    texts = [_clean(_short(one)) for one in samples]
    for text, reading in zip(texts, _read(file, (text.encode() for text in texts)), strict=True):
        events = [
            {"state": event.state, "host": event.host, "check": event.check, "severity": event.severity}
            for event in reading.events
        ]
        if reading.recogniser:
            yield {"mail": text, "kind": reading.kind, "events": events}


def _short(one: Sample) -> str:
    head = [f"From: {one.mail.sender}", f"Subject: {' '.join(one.mail.subject.split())}"]
    head += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", ""]
    body = [line.rstrip() for line in one.mail.text.strip().split("\n")[:MOST_LINES]]
    return "\n".join([*head, *body]) + "\n"


def _clean(text: str) -> str:
    """Without what YAML can't write as it is."""
    return "".join(c for c in text if c == "\n" or c.isprintable())


def _notes(group: Group, readings: Sequence[Reading], good: int, name: str) -> str:
    events = [event for reading in readings if reading.recogniser == name for event in reading.events[:1]]
    lines = [f"Drafted from {len(group.samples)} mails; it reads {good} of them. Look it through before it is used."]
    without = {
        "a host": sum(event.host is None for event in events),
        "a check": sum(event.check is None for event in events),
    }
    lines += [f"To look at: {count} mails without {what}." for what, count in without.items() if count]
    if not any(event.state == "resolved" for event in events):
        lines.append("To look at: no mail says that it is over; how do these alerts end?")
    return "".join(f"# {line}\n" for line in lines)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are."""

    def ignore_aliases(self, _: Any) -> bool:
        """Each value is written out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    clean = _clean(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", clean, style="|" if "\n" in clean else None)


_Dumper.add_representer(str, _text)
