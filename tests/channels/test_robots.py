"""Robots of group chats: success is code 0 in the body, and their limits are kept by joining what waits."""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ingestd.channels import Channel, ChannelError, ChannelSettings, Letter, build, is_group, problem
from ingestd.channels.dingtalk import DingtalkSettings
from ingestd.channels.feishu import FeishuSettings
from ingestd.channels.robot import Kind, Limits, Mentions, Request, Robot, RobotSettings, Window
from ingestd.channels.wecom import WecomSettings
from tests.channels.receiver import Receiver, letter, receiving


@pytest.fixture
async def far() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def refusal(channel: Channel, one: Letter | None = None) -> ChannelError:
    with pytest.raises(ChannelError) as refused:
        await channel.send(one or letter())
    return refused.value


# -- what each service takes


async def test_wecom_mentions_by_number_and_by_id(far: Receiver) -> None:
    robot = build(WecomSettings(url=far.url))
    sent = await robot.send(letter(to="13800000000, lin.hao"))
    assert sent.detail == "code 0 ok" and is_group(robot)
    (got,) = far.got
    assert got.path == "/robot/send?key=sesame-1234"
    assert got.json["msgtype"] == "text"
    text = got.json["text"]
    assert text["mentioned_mobile_list"] == ["13800000000"] and text["mentioned_list"] == ["lin.hao"]
    first, *rest = text["content"].splitlines()
    assert first == "P1: acc-sw-3 unreachable; hits sales (40 people); since 13:36 (#7)"
    assert rest == ["", "Cause: acc-sw-3 (reported)", "", "Incident #7"]


async def test_who_has_no_address_there_is_not_mentioned_and_all_are_everybody(far: Receiver) -> None:
    await build(WecomSettings(url=far.url)).send(letter(to=""))
    assert set(far.got[0].json["text"]) == {"content"}
    await build(WecomSettings(url=far.url)).send(letter(to="@all"))
    assert far.got[1].json["text"]["mentioned_list"] == ["@all"]


async def test_dingtalk_is_signed_and_mentions_in_the_text_too(far: Receiver) -> None:
    settings = DingtalkSettings(url=far.url, secret="SECfff", keyword="alarm")
    await build(settings).send(letter(to="+86-13800000000 manager42"))
    (got,) = far.got
    query = parse_qs(urlsplit(got.path).query)
    assert query["timestamp"] == ["1000000000"]
    digest = hmac.new(b"SECfff", b"1000000000\nSECfff", hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(digest).decode()]
    assert got.json["at"] == {"atMobiles": ["13800000000"], "atUserIds": ["manager42"], "isAtAll": False}
    content = got.json["text"]["content"]
    assert content.startswith("alarm\nP1: ") and content.endswith("\n@13800000000 @manager42")


async def test_feishu_is_signed_in_the_body_and_alerts_ring_at_nobody(far: Receiver) -> None:
    far.answers = [(200, '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}')]
    text = 'P1: x\n<at user_id="all">everybody</at>\n'
    sent = await build(FeishuSettings(url=far.url, secret="hush")).send(letter(to="ou_1a", title="P1: x", text=text))
    assert sent.detail == "code 0 success"
    body = far.got[0].json
    assert body["timestamp"] == "1000000"
    digest = hmac.new(b"1000000\nhush", b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(digest).decode()
    assert body["content"]["text"] == ('P1: x\n< at user_id="all">everybody< /at>\n<at user_id="ou_1a"></at>')


def test_a_short_number_is_an_id() -> None:
    found = Mentions.of([letter(to="10086"), letter(to="13800000000;13800000000"), letter(to="all")])
    assert found == Mentions(("13800000000",), ("10086",), everybody=True)


# -- what their answers mean


@pytest.mark.parametrize(
    ("kind", "answer", "transient"),
    [
        (WecomSettings, '{"errcode":93000,"errmsg":"invalid webhook url"}', False),
        (WecomSettings, '{"errcode":45009,"errmsg":"api freq out of limit"}', True),
        (WecomSettings, '{"errcode":-1,"errmsg":"system busy"}', True),
        (DingtalkSettings, '{"errcode":310000,"errmsg":"keywords not in content"}', False),
        (DingtalkSettings, '{"status":1111,"punish":"deny","errcode":130101,"errmsg":"send too fast"}', True),
        (DingtalkSettings, '{"errcode":660026,"errmsg":"too fast"}', True),
        (FeishuSettings, '{"code":19021,"data":{},"msg":"sign match fail"}', False),
        (FeishuSettings, '{"code":9499,"msg":"too many request","data":{}}', True),
        (FeishuSettings, '{"code":11232,"msg":"frequency limited"}', True),
        (FeishuSettings, '{"StatusCode":19001,"StatusMessage":"token invalid"}', False),
    ],
)
async def test_http_200_is_no_success(far: Receiver, kind: Any, answer: str, transient: bool) -> None:
    far.answers = [(200, answer)]
    error = await refusal(build(kind(url=far.url)))
    assert error.transient is transient
    assert str(error).startswith("code ") and "sesame" not in str(error)


@pytest.mark.parametrize(
    ("status", "answer", "transient", "words"),
    [
        (200, "<html>log in first</html>", True, "no code in the answer: HTTP 200: <html>log in first"),
        (200, "[]", True, "no code in the answer"),
        (200, '{"errcode": false}', False, "code False"),
        (502, "bad gateway", True, "HTTP 502: bad gateway"),
        (500, '{"errcode": 7}', True, "code 7"),
        (404, "nothing here", False, "HTTP 404: nothing here"),
        (429, "", True, "HTTP 429"),
        (302, "", False, "a redirect is not followed"),
        (400, '{"code":0}', False, "HTTP 400"),
    ],
)
async def test_neither_is_what_is_no_answer_of_the_service(
    far: Receiver, status: int, answer: str, transient: bool, words: str
) -> None:
    far.answers = [(status, answer)]
    error = await refusal(build(WecomSettings(url=far.url)))
    assert words in str(error) and error.transient is transient


async def test_no_answer_and_no_connection_may_pass_and_name_no_url(
    far: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    far.silent = True
    slow = await refusal(build(WecomSettings(url=far.url, timeout=0.05)))
    gone = await refusal(build(WecomSettings(url="http://127.0.0.1:1/send?key=sesame-1234")))
    far.silent = False
    await build(WecomSettings(url=far.url)).send(letter())
    assert slow.transient and str(slow) == "no answer in time"
    assert gone.transient and "sesame" not in str(gone) + caplog.text


async def test_a_robot_can_be_tried_without_a_post(far: Receiver) -> None:
    robot: Any = build(WecomSettings(url=far.url))
    assert await robot.probe() == f"127.0.0.1:{far.port} answers"
    with pytest.raises(ChannelError):
        await build(WecomSettings(url="http://127.0.0.1:1/x")).probe()  # type: ignore[attr-defined]
    assert far.got == []


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (WecomSettings(), "url"),
        (WecomSettings(url="ftp://x.example/"), "url"),
        (WecomSettings(url="https://x.example:99999/"), "url"),
        (WecomSettings(url="nonsense", url_file="secrets/x"), "url_file"),
        (FeishuSettings(url="https://x.example/", proxy="proxy:3128"), "proxy"),
    ],
)
def test_an_address_that_is_none_is_told_at_load(settings: ChannelSettings, key: str) -> None:
    wrong = problem(settings)
    assert wrong is not None and wrong[0] == key and "x.example" not in str(wrong[1])


def test_a_good_one_is_fine() -> None:
    assert problem(WecomSettings(url="https://x.example/send?key=1")) is None
    assert problem(WecomSettings(url_file="secrets/unread")) is None


# -- few posts a minute


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asleep = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await self.gate.wait()
        self.now += seconds


def robot(far: Receiver, clock: Clock, limits: Limits, size: int = 2048) -> Robot:
    def request(settings: RobotSettings, text: str, whom: Mentions, now: float) -> Request:
        return Request(settings.url, {"text": text, "phones": list(whom.phones)})

    settings = WecomSettings(url=far.url)
    return Robot(settings, Kind(limits, size, frozenset(), request), Window(limits, lambda: clock.now, clock.sleep))


async def test_a_window_is_never_exceeded_and_nobody_waits_long() -> None:
    clock, limits, taken = Clock(), Limits(posts=18), []
    window = Window(limits, lambda: clock.now, clock.sleep)
    for _ in range(60):
        asked = clock.now
        await window.turn()
        taken.append(clock.now)
        assert clock.now - asked <= 7
    assert max(sum(at <= one < at + 60 for one in taken) for at in taken) <= 18
    assert taken[8] == 0 and taken[-1] > 2 * 60


async def test_a_gap_between_posts_is_kept() -> None:
    clock = Clock()
    window = Window(Limits(posts=90, gap=0.25), lambda: clock.now, clock.sleep)
    for _ in range(3):
        await window.turn()
    assert clock.now == 0.5


async def test_what_waits_is_joined_and_gets_the_outcome_of_its_post(far: Receiver) -> None:
    clock = Clock()
    one = robot(far, clock, Limits(posts=2))
    await one.send(letter())
    clock.gate.clear()
    waiting = [
        asyncio.create_task(one.send(letter(title=f"P2: disk of srv-{n} (#{n})", text="", to=f"1380000000{n}")))
        for n in range(3)
    ]
    same = asyncio.create_task(one.send(letter(title="P2: disk of srv-2 (#2)", text="", to="13900000000")))
    await clock.asleep.wait()
    waiting[0].cancel()  # given up: it is not posted
    far.answers = [(200, '{"errcode": 93000, "errmsg": "gone"}')]
    clock.gate.set()
    found = await asyncio.gather(*waiting[1:], same, return_exceptions=True)
    assert [str(error) for error in found] == ["code 93000: gone"] * 3
    assert len(far.got) == 2
    assert far.got[1].json == {
        "text": "P2: disk of srv-1 (#1)\n\nP2: disk of srv-2 (#2)",
        "phones": ["13800000001", "13800000002", "13900000000"],
    }


async def test_a_fault_of_ours_breaks_one_post_only(far: Receiver) -> None:
    def broken(_s: RobotSettings, text: str, _whom: Mentions, _now: float) -> Request:
        raise RuntimeError(text)

    kind = Kind(Limits(posts=100), 100, frozenset(), broken)
    one = Robot(WecomSettings(url=far.url), kind, Window(kind.limits))
    with pytest.raises(RuntimeError):
        await one.send(letter())
    with pytest.raises(RuntimeError):
        await one.send(letter())


async def test_two_channels_to_one_robot_share_its_window(far: Receiver) -> None:
    one, other = build(WecomSettings(url=far.url)), build(WecomSettings(url=far.url, group=False))
    assert one._window is other._window  # type: ignore[attr-defined]
    assert is_group(one) and not is_group(other)
