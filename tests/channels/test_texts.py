"""What people read: the first line says what matters, in their language and their time."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ingestd.channels.sample import sample
from ingestd.channels.texts import Texts, language, short
from ingestd.model import Before, Digest, Facts, News, Notice, Notification, NotificationKind, Owed, Reason, Verdict

SHANGHAI = ZoneInfo("Asia/Shanghai")
LINK = "https://ingestd.shop.example/a/abc"
FULL: dict[str, Any] = {
    "number": 7,
    "priority": "P1",
    "title": "sw-core-1 is down",
    "state": "triggered",
    "cause": "sw-core-1",
    "cause_kind": "reported",
    "since": 1_000_000.0,
    "held": 61.0,
    "departments": ("Finance", "Sales"),
    "services": ("mail",),
    "people": 120,
    "alerts": ("sw-core-1 ping", "mail smtp"),
    "unsure": ("web disk",),
    "alert_count": 3,
    "remedy": "spare switch in rack 2",
    "owner": "lin",
    "team": "network",
    "reasons": (
        Reason("correlate", "mail->sw-core-1", "mail: mail -> sw-core-1, down since 21:46:40, hard, explains it"),
    ),
}
KINDS: tuple[NotificationKind, ...] = (
    "open",
    "update",
    "functional",
    "hierarchic",
    "last_resort",
    "end",
    "answer",
    "notice",
    "digest",
)


AT = 1_000_060.0


def text(kind: NotificationKind, name: str = "en", link: str | None = LINK, **facts: Any) -> tuple[str, str]:
    told = Facts(**(FULL | facts))
    page = Notification(id=3, incident=7, person="lin", kind=kind, at=AT, facts=told)
    written = Texts().write(page, name, link, SHANGHAI)
    return written.subject, written.text


def test_an_opening_says_it_all() -> None:
    subject, body = text("open")
    assert subject == "[P1] sw-core-1 is down (#7)"
    assert body.splitlines()[0] == "P1: sw-core-1 is down; hits Finance, Sales (120 people); since 21:46"
    for line in (
        "Cause: sw-core-1 (reported)",
        "Remedy: spare switch in rack 2",
        "Alerts (3):\n- sw-core-1 ping\n- mail smtp\n",
        "Perhaps part of it (if one is not, say so on the page of the link):\n- web disk\n",
        "Held for 61 s",
        "- correlate: mail: mail -> sw-core-1, down since 21:46:40, hard, explains it [mail->sw-core-1]",
        f"To take it: {LINK}",
        "Incident #7",
    ):
        assert line in body


def test_the_same_in_chinese() -> None:
    subject, body = text("open", "zh-CN", departments=("财务部",))
    assert subject == "[P1] sw-core-1 is down (#7)"
    assert body.splitlines()[0] == "P1：sw-core-1 is down；受影响：财务部（120 人）；开始于 21:46"
    for word in ("根因：sw-core-1（已上报）", "处理办法：", "告警（3 条）", "可能相关", "接单：", "故障单 #7"):
        assert word in body


def test_escalations_are_named_as_what_they_are() -> None:
    assert "Functional escalation" in text("functional", step=2, policy="urgent")[0]
    assert "Step 2 of policy urgent." in text("functional", step=2, policy="urgent")[1]
    assert "It is not resolved in time." in text("functional")[1]
    assert "Hierarchic escalation" in text("hierarchic")[0]
    assert "职能升级" in text("functional", "zh_CN")[0]
    assert "层级升级" in text("hierarchic", "zh_CN")[1]


def test_a_last_resort_names_the_line_to_add() -> None:
    _, body = text("last_resort", team="")
    assert "Nobody is responsible for sw-core-1. Add to topology.yaml, at this node:\n    owner: NAME" in body
    assert "没有人负责 sw-core-1" in text("last_resort", "zh_CN", team="")[1]
    assert "Nobody else could be reached" in text("last_resort")[1]


def test_an_update_says_what_is_new() -> None:
    subject, body = text("update", news=(News("cause", "sw-core-1"), News("priority", "P3 -> P1")))
    assert subject == "[P1] Update: cause found: sw-core-1; priority P3 -> P1 (#7)"
    assert "\n\nNew: cause found: sw-core-1; priority P3 -> P1\n\n" in body
    assert "已找到根因：sw-core-1" in text("update", "zh_CN", news=(News("cause", "sw-core-1"),))[0]


@pytest.mark.parametrize(
    ("news", "english", "chinese"),
    [
        (News("suspected", "sw-1"), "suspected cause: sw-1", "疑似根因：sw-1"),
        (News("priority", "P2 -> P1: taxes", "Wu"), "priority P2 -> P1: taxes (Wu)", "优先级 P2 -> P1: taxes（Wu）"),
        (News("taken", who="Lin"), "Lin has taken it", "Lin 已接单"),
        (News("handed_over", "", "Wu"), "Wu hands it over to you", "Wu 转交给您"),
        (News("handed_over", "please", "Wu"), "Wu hands it over to you: please", "Wu 转交给您：please"),
        (News("owner", who="Lin"), "Lin has it now", "现由 Lin 负责"),
        (News("taken_over", "sit down", "Lin"), "Lin has it now instead of you: sit down", "已由 Lin 接管"),
        (News("helps", "disks", "Wu"), "Wu asks you to help with it: disks", "Wu 请您协助：disks"),
        (News("restored", "by-pass", "Lin"), "still to be cured: by-pass (Lin)", "尚待根治：by-pass（Lin）"),
        (News("back_again", "sw-1"), "not restored any more: sw-1 fires again", "恢复失效：sw-1 再次告警"),
        (News("shift_ends", "Chen Yu", "chen"), "or hand it over to Chen Yu (assign chen)", "（回复：转交 chen）"),
        (News("shift_ends"), "nobody is on call after you", "之后无人值班"),
        (News("shift_begins", who="Lin"), "this is open, and Lin has it", "仍由 Lin 负责"),
        (News("open_for", "7"), "still open after 7 days", "7 天后仍未解决"),
        (News("person", "look at it", "Wu"), "Wu: look at it", "Wu：look at it"),
    ],
)
def test_every_kind_of_news_has_its_words(news: News, english: str, chinese: str) -> None:
    assert english in text("open", news=(news,))[1]
    assert chinese in text("open", "zh_CN", news=(news,))[1]


def test_an_end_names_who_was_not_heard() -> None:
    subject, body = text("end", unheard=("hr-server",))
    assert subject == "[P1] Resolved: sw-core-1 is down (#7)"
    assert "Not heard back from: hr-server" in body
    assert LINK not in body
    assert "已解决" in text("end", "zh_CN")[0]


def test_a_caller_gets_an_answer() -> None:
    subject, body = text("answer")
    assert subject == "Your report is incident #7: sw-core-1 is down"
    assert "lin is working on it." in body
    assert "故障单 #7" in text("answer", "zh_CN")[0]


def test_a_silence_says_what_it_hid() -> None:
    over = Notice(
        what="silence_over",
        name="s1",
        text="new disks",
        until=1_000_000.0,
        count=3,
        lines=("#1 a", "#2 b"),
        still=("#2 b",),
    )
    subject, body = text("notice", notice=over)
    assert subject == "Your silence has ended: it hid 3 incidents"
    assert '"new disks" ended at 21:46' in body and "- #1 a\n- #2 b\n- and 1 more" in body
    assert "Still firing, and paged from now on:\n- #2 b" in body and body.endswith("Silence s1\n")
    assert "隐藏了 3 个故障单" in text("notice", "zh_CN", notice=over)[0]
    alone = replace(over, count=1, lines=("#1 a",), still=())
    assert text("notice", notice=alone)[0].endswith("1 incident")
    assert "Nothing of it still fires." in text("notice", notice=alone)[1]
    soon = replace(over, what="silence_ends")
    assert text("notice", notice=soon)[0] == "Your silence ends at 21:46 and 1 of what it hides still fires"
    assert "仍有 1 项" in text("notice", "zh_CN", notice=soon)[0]


def test_a_digest_says_what_was_kept_quiet() -> None:
    day = Digest(
        since=1_000_000.0 - 86400,
        until=1_000_000.0,
        mails=210,
        webhooks=2,
        alerts=40,
        joined=12,
        opened=(("P1", 1), ("P4", 5)),
        pages=6,
        escalations=2,
        at_night=1,
        people=(("wu", 5), ("lin", 3)),
        quiet=("#2 P4 disk full",),
        quiet_count=4,
        notices=9,
        shunted=1,
        forgotten=("s1 (lin: old)",),
    )
    subject, body = text("digest", digest=day)
    assert subject == "Digest: 212 messages, 6 pages, 0 open"
    assert "Paged nobody (4):\n- #2 P4 disk full\n- and 3 more\n" in body and "wu 5, lin 3" in body
    assert "Still open" not in body and "Joined, perhaps" not in body
    subject, body = text("digest", digest=replace(day, observing=True, pages=1))
    assert subject == "Observed: 212 messages would have been 1 page"
    assert "Nobody was paged." in body
    assert text("digest", "zh_CN", digest=day)[0] == "日报：212 条消息，6 次通知，0 个未结故障单"
    assert "原本会产生 6 次通知" in text("digest", "zh_CN", digest=replace(day, observing=True))[0]


@pytest.mark.parametrize("name", ["en", "zh_CN"])
@pytest.mark.parametrize("kind", KINDS)
def test_bare_facts_are_enough(kind: NotificationKind, name: str) -> None:
    bare = Facts(number=1, priority="P4", title="x", state="triggered", notice=Notice(what="silence_over", name="s"))
    bare = replace(bare, digest=Digest(since=0.0, until=1.0))
    page = Notification(id=1, incident=1, person="a", kind=kind, at=0.0, facts=bare)
    written = Texts().write(page, name, None, SHANGHAI)
    subject, body = written.subject, written.text
    assert subject and body
    assert "\n\n\n" not in body
    assert "None" not in subject + body


@pytest.mark.parametrize(
    ("title", "gist"),
    [
        ("sw-1: CRITICAL - 10.20.0.17: Host unreachable, lost 100%", "sw-1: Host unreachable, lost 100%"),
        ("sw-1: WARNING: fan 2 is slow", "sw-1: fan 2 is slow"),
        ("sw-1 is down", "sw-1 is down"),
        ("ola@legal.example: the disk of my tower is broken", "ola@legal.example: the disk of my tower…"),
        ("ola@legal.example: the disk of my towers is broken", "ola@legal.example: the disk of my…"),
        (
            "db-17 replication: the replica is 4000 seconds behind its primary",
            "db-17 replication: the replica is 4000…",
        ),
        ("二层接入交换机: 主机不可达（ICMP 无响应）", "二层接入交换机: 主机不可达…"),
        ("x" * 60, "x" * 39 + "…"),
        ("（" * 30, "（" * 19 + "…"),
    ],
)
def test_a_title_is_cut_to_its_gist(title: str, gist: str) -> None:
    assert short(title) == gist


def test_a_locked_screen_shows_what_is_down_and_who_is_hit() -> None:
    """Of a long title and many departments, the first sixty characters say the most."""
    crowd = ("Finance", "Human resources", "Logistics", "Sales")
    long = "acc-sw-17: CRITICAL - 10.20.0.17: Host unreachable, lost 100% of the packets, PING failed thrice"
    for kind in ("open", "update", "functional", "hierarchic", "last_resort"):
        _, body = text(kind, title=long, cause="acc-sw-17", departments=crowd, people=170)  # type: ignore[arg-type]
        first = body.splitlines()[0]
        assert first[:60].startswith("P1: acc-sw-17: Host unreachable, lost 100%…; hits Finance"), kind
        assert first.endswith("Finance, Human resources +2 (170 people); since 21:46")
        assert f"What: {long}" in body
        _, body = text(kind, "zh_CN", title=long, cause="acc-sw-17", departments=crowd, people=170)  # type: ignore[arg-type]
        assert "；受影响：Finance、Human resources等 4 个部门（170 人）；开始于 21:46" in body.splitlines()[0]


def test_where_nobody_is_known_to_be_hit_the_title_has_more_room() -> None:
    title = "ola@legal.example: the disk of my laptop is broken"
    bare = {"title": title, "cause": None, "departments": (), "services": (), "people": 0}
    assert text("open", **bare)[1].startswith(f"P1: {title}; since 21:46\n")


def test_an_end_says_from_when_to_when() -> None:
    assert text("end")[1].startswith(
        "P1: resolved: sw-core-1 is down; hits Finance, Sales (120 people); from 21:46 to "
    )
    assert "；21:46 至 21:47" in text("end", "zh_CN")[1].splitlines()[0]


def test_what_happened_before_is_told_thrice_at_most() -> None:
    times = tuple(
        Before(number=n, began=AT - 86400 * (n + 1), lasted=2400, name="Lin", fixed=f"fan {n}") for n in range(5)
    )
    said = text("open", before=times)[1]
    assert "The last three times:\n- 1970-01-11" in said and ", 40 min, Lin: fan 0 (#0)\n- 1970-01-10" in said
    assert "fan 3" not in said
    assert "The last time:\n- 1970" in text("open", before=times[:1])[1]
    assert "最近两次：" in text("open", "zh_CN", before=times[:2])[1]
    assert "The last" not in text("open")[1]


@pytest.mark.parametrize(
    ("more", "english", "chinese"),
    [
        (
            {"fixed": "new fan", "worked": 40.0},
            ", 5 min, Lin: new fan, 40 min of work (#3)",
            "，Lin：new fan，用时 40 min",
        ),
        ({"workaround": "by-pass"}, ", Lin, by a workaround: by-pass (#3)", "，Lin，临时措施：by-pass (#3)"),
        ({"by_person": True}, ", Lin did not say what fixed it (#3)", "，Lin 未说明处理办法 (#3)"),
        ({}, ", 5 min, by itself (#3)", "，5 min，自行恢复 (#3)"),
    ],
)
def test_a_time_before_says_what_ended_it(more: dict[str, Any], english: str, chinese: str) -> None:
    time = Before(number=3, began=AT, lasted=300, name="Lin", **more)
    assert english in text("open", before=(time,))[1]
    assert chinese in text("open", "zh_CN", before=(time,))[1]


def test_what_is_restored_says_by_what() -> None:
    assert "by a workaround: by-pass" in text("update", restored_at=AT, workaround="by-pass")[1]
    assert "Restored at" in text("update", restored_at=AT)[1]
    assert "，临时措施：by-pass" in text("update", "zh_CN", restored_at=AT, workaround="by-pass")[1]


def test_who_had_it_is_asked_what_fixed_it() -> None:
    asks = (News("what_fixed"),)
    assert "What fixed it? ingestd incident fixed" in text("end", news=asks)[1]
    assert "是怎么解决的？" in text("end", "zh_CN", news=asks)[1]
    done = {"verdict": Verdict(True, "resolved", 1), "news": asks}
    assert "What fixed it?" in text("confirm", **done)[1]
    assert "是怎么解决的？" in text("confirm", "zh_CN", **done)[1]


def test_a_list_asks_for_each_end_that_was_hers_what_fixed_it() -> None:
    asks = (News("what_fixed"),)
    over = [Owed(incident=n, kind="end", priority="P3", title="disk", news=asks) for n in (11, 12)]
    both, one = {"number": 0, "listed": tuple(over)}, {"number": 0, "listed": tuple(over[:1])}
    assert "You had #11, #12: what fixed each? ingestd incident fixed 11" in text("list", **both)[1]
    assert "You had #11: what fixed it? ingestd incident fixed 11" in text("list", **one)[1]
    assert "#11、#12 由您负责：是怎么解决的？ingestd" in text("list", "zh_CN", **both)[1]


@pytest.mark.parametrize(
    ("name", "each", "one"),
    [
        ("en", "Answer with: #11 fixed: WHAT IT WAS, 40 min (a line for each)\n", "about one: #14 assign NAME\n"),
        ("zh_CN", "请回复：#11 处理：具体措施，40分钟（每个一行）\n", "只针对其中一个：#14 转交 姓名\n"),
    ],
)
def test_a_list_says_how_to_answer_about_one_of_it(name: str, each: str, one: str) -> None:
    asks = (News("what_fixed"),)
    over = tuple(Owed(incident=n, kind="end", priority="P3", title="disk", news=asks) for n in (11, 12))
    page = sample("list", name)
    ends = replace(page, facts=replace(page.facts, listed=over))
    words = Texts().write(ends, name, "https://x/a/1", ZoneInfo("UTC"), answerable=True).text
    assert each in words and "https://x/a/1" not in words, "there is nothing left to take"
    still = replace(page, facts=replace(page.facts, listed=(replace(over[0], incident=14, kind="open", news=()),)))
    assert one in Texts().write(still, name, None, ZoneInfo("UTC"), answerable=True).text


def test_the_path_stands_beneath_the_cause() -> None:
    assert "Cause: sw-core-1 (reported)\nPath: mail -> sw-core-1\nServices:" in text("open")[1]
    chains = tuple(
        Reason("correlate", "adopted", f"x{n}: x{n} -> rack -> sw, down since 10:00:00") for n in (1, 2, 3, 4, 4)
    )
    assert "Path: x2 -> rack -> sw; x3 -> rack -> sw; x4 -> rack -> sw\n" in text("open", reasons=chains)[1]
    assert "路径：x2 -> rack -> sw；x3" in text("open", "zh_CN", reasons=chains)[1]
    assert "Path:" not in text("open", reasons=(Reason("correlate", "opened", "nothing explains it"),))[1]


def test_another_day_is_named_and_the_wall_clock_is_used() -> None:
    assert "since 21:47" in text("open", wall_offset=60.0)[1]
    assert "1970-01-11" in text("open", since=900_000.0)[1]


def test_lengths_of_time_and_subjects() -> None:
    assert "Held for 2 min" in text("open", held=120.0)[1]
    assert "Held for 1 h 5 min" in text("open", held=3900.0)[1]
    assert len(text("open", title="x\ny" * 300)[0]) <= 180


@pytest.mark.parametrize(
    ("name", "folder"), [("zh_CN", "zh_CN"), ("zh-Hans", "zh_CN"), ("en_GB", "en"), ("de", "en"), ("", "en")]
)
def test_languages(name: str, folder: str) -> None:
    assert language(name) == folder
