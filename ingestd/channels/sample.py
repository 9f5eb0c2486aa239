"""The story that previews and checks tell: a switch fails, three departments feel it, a spare lies ready."""

from collections.abc import Mapping
from typing import Any, get_args

from msgspec.structs import replace

from ingestd.model import (
    Before,
    Digest,
    Facts,
    News,
    Notice,
    Notification,
    NotificationKind,
    Owed,
    Priority,
    Reason,
    Verdict,
)

KINDS: tuple[NotificationKind, ...] = get_args(NotificationKind)
AT = 1_774_918_980.0  # epoch seconds: 31 March 2026, 01:03 UTC
NUMBER = 12
DAY = 86400.0
_BEGAN = AT - 130
_PATH = "erp-db -> sw-floor-2, down since 09:00:50, hard, explains it"
_REASONS = (
    Reason("correlate", "erp-db->sw-floor-2", _PATH),
    Reason("rank", "many-people", "impact high: critical service erp, 3 departments, 140 people"),
    Reason("route", "urgent", "policy urgent, team network"),
)
_LINES = ("#9 P4 printer-3: toner low", "#11 P3 backup-1 backup: took 3 h longer than usual")


def _time(number: int, began: float, lasted: float, name: str = "", **more: Any) -> Before:
    return Before(number=number, began=began, lasted=lasted, who=name, name=name, **more)


_STORY: Mapping[str, Facts] = {
    "en": Facts(
        number=NUMBER,
        priority="P1",
        title="sw-floor-2: CRITICAL - 192.0.2.17: Host unreachable, lost 100%",
        state="triggered",
        cause="sw-floor-2",
        cause_kind="reported",
        since=_BEGAN,
        held=60.0,
        departments=("Accounting", "Sales", "Warehouse"),
        services=("erp", "mail"),
        people=140,
        alerts=(
            "sw-floor-2: CRITICAL - 192.0.2.17: Host unreachable, lost 100%",
            "erp-db: has not answered for one minute (x2)",
            "mail-2 smtp: connection timed out",
        ),
        unsure=("ann@sales.example: I can't open the price list",),
        alert_count=5,
        remedy="A configured spare is in cabinet 3; move the uplinks first. https://wiki.example/sw-floor",
        before=(
            _time(7, _BEGAN - 48 * DAY, 2400, "Lin Hao", fixed="replaced the power supply", worked=40.0),
            _time(3, _BEGAN - 120 * DAY, 1500, "Chen Yu", workaround="by-pass over sw-floor-3"),
            _time(2, _BEGAN - 160 * DAY, 300),
        ),
        owner="Lin Hao",
        team="network",
        step=2,
        policy="urgent",
        reasons=_REASONS,
        unheard=("hr-server",),
    ),
    "zh_CN": Facts(
        number=NUMBER,
        priority="P1",
        title="二层接入交换机: 主机不可达（ICMP 无响应）",
        state="triggered",
        cause="二层接入交换机",
        cause_kind="reported",
        since=_BEGAN,
        held=60.0,
        departments=("财务部", "销售部", "仓储部"),
        services=("ERP", "邮件"),
        people=140,
        alerts=(
            "二层接入交换机: 主机不可达（ICMP 无响应）",
            "erp-db: 一分钟没有应答 (x2)",
            "mail-2 smtp: 连接超时",
        ),
        unsure=("王芳（销售部）: 打不开报价单",),
        alert_count=5,
        remedy="3 号机柜有配置好的备用交换机，先换上联线。https://wiki.example/sw-floor",
        before=(
            _time(7, _BEGAN - 48 * DAY, 2400, "林浩", fixed="更换电源", worked=40.0),
            _time(3, _BEGAN - 120 * DAY, 1500, "陈宇", workaround="经三层交换机绕行"),
            _time(2, _BEGAN - 160 * DAY, 300),
        ),
        owner="林浩",
        team="network",
        step=2,
        policy="urgent",
        reasons=_REASONS,
        unheard=("hr-server",),
    ),
}
#: What each language calls a comment on an incident, and the reason of a silence.
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "en": ("Lin Hao", "it is yours", "new disks"),
    "zh_CN": ("林浩", "已由您接单", "更换硬盘"),
}


def sample(kind: NotificationKind, language: str, priority: Priority = "P1") -> Notification:
    """A notification of a kind, everything in it that a text may say."""
    told = language if language in _STORY else "en"
    facts = replace(_STORY[told], priority=priority)
    who, verdict, why = _WORDS[told]
    if kind in ("open", "last_resort"):
        facts = replace(facts, owner="", unheard=())
    elif kind == "update":
        facts = replace(facts, news=(News("cause", facts.cause or ""), News("taken", who=who)))
    elif kind == "affected":
        facts = replace(facts, news=(News("affected", ", ".join(facts.departments[:2])),))
    elif kind == "end":
        facts = replace(facts, news=(News("what_fixed"),))
    elif kind == "confirm":
        facts = replace(facts, verdict=Verdict(True, verdict, NUMBER))
    elif kind == "notice":
        facts = _about_nothing(notice=_notice(why))
    elif kind == "digest":
        facts = _about_nothing(digest=_digest())
    elif kind == "list":
        facts = replace(_about_nothing(), priority=priority, listed=_lines(facts))
    return Notification(id=31, incident=facts.number, person="lin", kind=kind, at=AT, facts=facts)


def bare(kind: NotificationKind) -> Notification:
    """The least that a notification of a kind knows."""
    facts = Facts(
        number=0 if kind in ("notice", "digest", "list") else 1,
        priority="P4",
        title="x",
        state="triggered",
        verdict=Verdict(False, "?") if kind == "confirm" else None,
        notice=Notice(what="silence_over", name="s") if kind == "notice" else None,
        digest=Digest(since=0.0, until=1.0) if kind == "digest" else None,
        listed=(Owed(incident=1, kind="open", priority="P4", title="x"),) if kind == "list" else (),
    )
    return Notification(id=1, incident=facts.number, person="a", kind=kind, at=AT, facts=facts)


def _lines(facts: Facts) -> tuple[Owed, ...]:
    one = Owed(
        incident=facts.number,
        kind="open",
        priority=facts.priority,
        title=facts.title,
        cause=facts.cause,
        since=facts.since,
        hit=facts.departments,
        people=facts.people,
    )
    cause = replace(one, incident=14, kind="update", priority="P3", hit=(), people=0, news=(News("cause", "ups-2"),))
    over = replace(one, incident=11, kind="end", priority="P3", people=0, news=(News("what_fixed"),))
    return one, cause, over


def _about_nothing(notice: Notice | None = None, digest: Digest | None = None) -> Facts:
    return Facts(number=0, priority="P4", title="", state="", notice=notice, digest=digest)


def _notice(why: str) -> Notice:
    return Notice(what="silence_over", name="s3", text=why, until=AT - 60, count=3, lines=_LINES, still=_LINES[:1])


def _digest() -> Digest:
    return Digest(
        since=AT - 86400,
        until=AT,
        mails=212,
        webhooks=40,
        alerts=31,
        opened=(("P1", 1), ("P4", 5)),
        resolved=5,
        pages=4,
        escalations=1,
        at_night=1,
        people=(("lin", 3), ("wu", 2)),
        open_now=_LINES[:1],
        open_count=1,
        quiet=_LINES,
        quiet_count=4,
        joined=12,
        notices=9,
        unrecognised=("inbox 71: door@lobby.example",),
        unrecognised_count=1,
        shunted=0,
        forgotten=("s1 (lin: old rack)",),
    )
