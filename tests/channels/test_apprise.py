"""Every other service: what Apprise calls a success is one, and no credential is repeated."""

import logging
from collections.abc import AsyncIterator

import pytest

from ingestd.channels import ChannelError, build, problem
from ingestd.channels.apprise import DEAF, OWN, AppriseSettings, _clean
from tests.channels.receiver import Receiver, letter, receiving


@pytest.fixture
async def far() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


def url(far: Receiver, rest: str = "hook") -> str:
    return f"json://ann:sesame-1234@127.0.0.1:{far.port}/{rest}"


async def test_a_letter_goes_out_with_its_first_line_as_the_title(far: Receiver) -> None:
    sent = await build(AppriseSettings(url=url(far, "hook/{to}"))).send(letter(to="a/b"))
    assert sent.detail == "JSON: taken"
    (got,) = far.got
    assert got.path == "/hook/a%2Fb"
    assert got.json["title"] == letter().title
    assert got.json["message"].splitlines()[0] == "Cause: acc-sw-3 (reported)"


async def test_a_letter_without_a_text_has_its_line_as_the_text(far: Receiver) -> None:
    await build(AppriseSettings(url=url(far))).send(letter(text=""))
    assert far.got[0].json["message"] == letter().title


@pytest.mark.parametrize(("status", "transient"), [(403, False), (404, False), (500, True), (503, True)])
async def test_a_refusal_is_one_in_apprises_words(
    far: Receiver, status: int, transient: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "apprise")
    far.answers = [(status, "no")]
    with pytest.raises(ChannelError) as refused:
        await build(AppriseSettings(url=url(far))).send(letter())
    assert f"error={status}" in str(refused.value) and refused.value.transient is transient
    assert "sesame" not in str(refused.value) + caplog.text


async def test_no_connection_and_no_answer_may_pass(far: Receiver) -> None:
    with pytest.raises(ChannelError) as refused:
        await build(AppriseSettings(url="json://ann:sesame-1234@127.0.0.1:1/hook")).send(letter())
    assert refused.value.transient and "sesame" not in str(refused.value)
    far.silent = True
    with pytest.raises(ChannelError) as slow:
        await build(AppriseSettings(url=url(far, "?rto=0.4"), timeout=0.1)).send(letter())
    assert slow.value.transient and str(slow.value) == "no answer in time"


async def test_a_url_that_is_none_any_more_is_for_good() -> None:
    with pytest.raises(ChannelError) as refused:
        await build(AppriseSettings(url="slack://{to}")).send(letter(to=""))
    assert not refused.value.transient and "does not take" in str(refused.value)


async def test_an_sms_is_the_first_line_and_a_long_text_is_cut(far: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.custom_json import NotifyJSON  # noqa: PLC0415

    monkeypatch.setattr(NotifyJSON, "body_maxlen", 120)
    monkeypatch.setattr(NotifyJSON, "title_maxlen", 0)
    await build(AppriseSettings(url=url(far))).send(letter())
    await build(AppriseSettings(url=url(far))).send(letter(link=""))
    await build(AppriseSettings(url=url(far))).send(letter(link="https://x.example/" + "t" * 100))
    monkeypatch.setattr(NotifyJSON, "body_maxlen", 500)
    await build(AppriseSettings(url=url(far))).send(letter(text="a line\n" * 400))
    short, plain, without, cut = (got.json["message"] for got in far.got)
    assert short == letter().title + "\nhttps://x.example/a/token"
    assert plain == without == letter().title
    assert cut.splitlines()[:2] == [letter().title, "a line"] and "more lines" in cut and len(cut.encode()) <= 500


async def test_a_fault_of_a_service_is_told_without_its_words(
    far: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from apprise.plugins.custom_json import NotifyJSON  # noqa: PLC0415

    def broken(self: NotifyJSON, **_: object) -> bool:
        raise KeyError(self.url())

    monkeypatch.setattr(NotifyJSON, "send", broken)
    with pytest.raises(ChannelError) as refused:
        await build(AppriseSettings(url=url(far))).send(letter())
    assert str(refused.value) == "json: Apprise broke: KeyError" and not refused.value.transient
    assert "sesame" not in caplog.text


@pytest.mark.parametrize("schema", sorted(OWN))
def test_services_with_a_file_of_our_own_are_refused(schema: str) -> None:
    wrong = problem(AppriseSettings(url=f"{schema}://sesame-1234"))
    assert wrong is not None and wrong[0] == "url" and str(wrong[1]).endswith(f"write type: {OWN[schema]}")


@pytest.mark.parametrize("schema", sorted(DEAF))
def test_so_are_others_whose_refusals_apprise_does_not_see(schema: str) -> None:
    wrong = problem(AppriseSettings(url=f"{schema}://sesame-1234", url_file="secrets/x"))
    assert wrong is not None and wrong[0] == "url_file" and "use type: webhook or exec" in str(wrong[1])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "'url' is missing"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=sesame-1234", "write type: wecom"),
        ("syslog://", "tells nobody"),
        ("nonsense://sesame-1234", "does not take this URL"),
        ("sesame-1234", "does not take this URL"),
        ("slack://sesame-1234", "does not take this URL"),
    ],
)
def test_a_url_that_can_not_work_is_told_without_being_repeated(written: str, words: str) -> None:
    wrong = problem(AppriseSettings(url=written))
    assert wrong is not None and words in str(wrong[1]) and "sesame" not in str(wrong[1])


@pytest.mark.parametrize(
    "written",
    [
        "ntfy://harbour-alarms",
        "json://far.example/x/{to}",
        "tgram://123456789:abcdefg_hijklmnop/{to}",
        "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "mmosts://chat.example/3ccdd113474722377935511fc85d3dd4",
    ],
)
def test_a_good_one_is_fine(written: str) -> None:
    assert problem(AppriseSettings(url=written)) is None
    assert problem(AppriseSettings(url_file="secrets/unread")) is None


def test_no_part_of_a_url_is_repeated() -> None:
    assert _clean("no user ann%40x at sesame, slack", "slack://ann%40x:sesame@host") == "no user … at …, slack"
