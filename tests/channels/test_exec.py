"""A command of the admin's: real processes, no shell, and none outlives its time."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ingestd.channels import ChannelError, build, problem
from ingestd.channels.exec import ExecSettings
from tests.channels.receiver import MESSAGE_ID, letter


def script(folder: Path, text: str) -> str:
    path = folder / "notify"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def refusal(*argv: str, **more: Any) -> ChannelError:
    with pytest.raises(ChannelError) as refused:
        await build(ExecSettings(argv=argv, **more)).send(letter())
    return refused.value


async def test_each_value_is_one_argument_and_the_text_is_on_standard_input(tmp_path: Path) -> None:
    command = script(tmp_path, 'printf "%s\\n" "$@" >"$0.args"; cat >"$0.text"; env >"$0.env"; echo queued >&2')
    channel = build(ExecSettings(argv=(command, "--to={to}", "{title}", '{"a": 1}', "$(id)")))
    evil = "'; rm -rf / #`reboot`$(reboot)\n*"
    sent = await channel.send(letter(to="; rm -rf ~", title=evil + "\0"))
    assert sent.detail == "queued"
    assert said(command, ".args") == f'--to=; rm -rf ~\n{evil}\n{{"a": 1}}\n$(id)\n'
    assert said(command, ".text") == letter().text
    variables = dict(line.split("=", 1) for line in said(command, ".env").splitlines() if "=" in line)
    assert (variables["INGESTD_INCIDENT"], variables["INGESTD_PRIORITY"]) == ("7", "P1")
    assert variables["INGESTD_DELIVERY"] == "ingestd.7.2.999999@shop.example"
    assert MESSAGE_ID not in str(variables)
    allowed = {"PATH", "LANG", "HOME", "PWD", "OLDPWD", "SHLVL", "_"}
    assert all(name in allowed or name.startswith("INGESTD_") for name in variables)


async def test_what_is_filled_in_is_not_filled_in_again(tmp_path: Path) -> None:
    command = script(tmp_path, 'printf "%s" "$1" >"$0.args"')
    await build(ExecSettings(argv=(command, "{subject}"))).send(letter(subject="{link} {to}"))
    assert said(command, ".args") == "{link} {to}"


@pytest.mark.parametrize(
    ("text", "words", "transient"),
    [
        ("echo first >&2; echo no modem >&2; exit 1", "exit 1: no modem", False),
        ("exit 75", "exit 75", True),
        ("echo busy >&2; exit 75", "exit 75: busy", True),
        ("kill -9 $$", "killed by SIGKILL", False),
    ],
)
async def test_only_exit_0_is_success(tmp_path: Path, text: str, words: str, transient: bool) -> None:
    error = await refusal(script(tmp_path, text))
    assert (str(error), error.transient) == (words, transient)


async def test_what_takes_too_long_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    command = script(tmp_path, 'sleep 600 & echo $! >"$0.pid"; wait')
    began = time.monotonic()
    error = await refusal(command, timeout=0.3)
    assert error.transient and "killed after 0.3 s" in str(error) and time.monotonic() - began < 5
    child = int(said(command, ".pid"))
    for _ in range(100):
        if not _alive(child):
            break
        await asyncio.sleep(0.02)
    assert not _alive(child)


def said(command: str, ending: str) -> str:
    """What the script wrote beside itself; "" if nothing yet."""
    path = Path(command + ending)
    return path.read_text() if path.exists() else ""


def _alive(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


async def test_one_that_is_given_up_is_killed_too(tmp_path: Path) -> None:
    command = script(tmp_path, 'echo $$ >"$0.pid"; exec sleep 600')
    task = asyncio.create_task(build(ExecSettings(argv=(command,))).send(letter()))
    for _ in range(500):
        if said(command, ".pid").strip():
            break
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _alive(int(said(command, ".pid")))


async def test_what_it_leaves_running_holds_up_nothing(tmp_path: Path) -> None:
    command = script(tmp_path, 'sleep 60 & echo $! >"$0.pid"; echo gone >&2')
    began = time.monotonic()
    await build(ExecSettings(argv=(command,))).send(letter())
    assert time.monotonic() - began < 30
    os.kill(int(said(command, ".pid")), 9)


async def test_a_flood_of_words_and_a_text_that_is_not_read_are_borne(tmp_path: Path) -> None:
    command = script(tmp_path, "yes complaint | head -c 3000000 >&2; echo the end >&2; exit 3")
    with pytest.raises(ChannelError) as refused:
        await build(ExecSettings(argv=(command,))).send(letter(text="x" * 1_000_000))
    assert str(refused.value) == "exit 3: the end"


async def test_what_is_not_there_is_for_good(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")
    for command in ("/no/such/command", str(tmp_path / "plain")):
        error = await refusal(command)
        assert not error.transient and str(error).startswith(f"{command}: ")


async def test_a_machine_without_room_for_a_process_may_have_it_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def full(*_: Any, **__: Any) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", full)
    error = await refusal(script(tmp_path, ""))
    assert error.transient and "Resource temporarily unavailable" in str(error)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "expected a command and its arguments, in a list"),
        (("",), "expected a command and its arguments, in a list"),
        (("bin/notify",), "expected an absolute path or a name without '/', got 'bin/notify'"),
        (("no-such-command",), "there is no command no-such-command"),
        (("echo", "{adress}", "{tite}"), "unknown name 'adress' in braces"),
        (("echo", "{tite}"), "unknown name 'tite' in braces: did you mean 'title'?"),
    ],
)
async def test_a_command_that_can_not_work_is_told(argv: tuple[str, ...], words: str) -> None:
    wrong = problem(ExecSettings(argv=argv))
    assert wrong is not None and wrong[0] == "argv" and str(wrong[1]).startswith(words)
    channel: Any = build(ExecSettings(argv=argv))
    with pytest.raises(ChannelError):
        await channel.probe()


async def test_a_good_one_is_fine() -> None:
    assert problem(ExecSettings(argv=("echo", "{to}", '{"a"}'))) is None
    channel: Any = build(ExecSettings(argv=("echo",)))
    assert await channel.probe() == "echo can be run"
