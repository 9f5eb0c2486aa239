"""A command of the admin's: arguments filled in one by one, never a shell; the text on its standard input.

Exit 0 is success, 75 (EX_TEMPFAIL) may pass, anything else is for good; the last line on standard error is the detail.
"""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from ingestd.channels import Channel, ChannelError, ChannelSettings, Letter, Sent, Wrong, delivery
from ingestd.problem import said
from ingestd.yamltypes import Duration, near_to

TEMPORARY = 75  # EX_TEMPFAIL of sysexits.h
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT: Mapping[str, str] = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/nonexistent"}
KEPT = 4096  # bytes of standard error
LONGEST = 8192  # characters of an argument and of a variable
LINGER = 0.5  # seconds for standard error, once the command itself has ended
#: What may stand in an argument between braces, and in the environment as INGESTD_…
VALUES: Mapping[str, Callable[[Letter], object]] = {
    "to": lambda one: one.to,
    "person": lambda one: one.person,
    "kind": lambda one: one.kind,
    "incident": lambda one: one.incident,
    "notification": lambda one: one.notification,
    "priority": lambda one: one.facts.priority if one.facts else "",
    "title": lambda one: one.title or one.subject,
    "subject": lambda one: one.subject,
    "language": lambda one: one.language,
    "link": lambda one: one.link,
    "delivery": delivery,
}
_HOLE = re.compile(r"\{([A-Za-z_]+)\}")


class ExecSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="exec"):
    """A command of the admin's, run once a notification."""

    argv: tuple[str, ...]  # the command and its arguments; {to}, {title}, {priority} … are filled in
    timeout: Duration = Duration(30)  # then it is killed, with all that it started


class Exec:
    """Runs the command."""

    def __init__(self, settings: ExecSettings) -> None:
        self.group = settings.group
        self._settings = settings

    async def send(self, letter: Letter) -> Sent:
        """Run the command with a letter; ChannelError: it did not end with 0."""
        values = {name: _safe(str(of(letter))) for name, of in VALUES.items()}
        argv = [_HOLE.sub(lambda hole: values.get(hole[1], hole[0]), part) for part in self._settings.argv]
        variables = {f"INGESTD_{name.upper()}": value for name, value in values.items()}
        async with _last_words() as words:
            command = await _started(argv, variables, letter.text, words.end)
            words.release()
            try:
                async with asyncio.timeout(float(self._settings.timeout)):
                    status = await command.wait()
            except TimeoutError as error:
                late = f"killed after {float(self._settings.timeout):g} s without an end"
                raise ChannelError(late, transient=True) from error
            finally:
                if command.returncode is None:
                    await _kill(command)
            return _judged(status, await words.last())

    async def probe(self) -> str:
        """Whether the command is there."""
        wrong = problem(self._settings)
        if wrong is not None:
            raise ChannelError(str(wrong[1]), transient=False)
        return f"{self._settings.argv[0]} can be run"


async def _started(argv: list[str], variables: Mapping[str, str], text: str, stderr: int) -> asyncio.subprocess.Process:
    """The command, running. The text is a nameless file: a command that does not read it can't block anybody."""
    try:
        with TemporaryFile() as stdin:
            stdin.write(text.encode("utf-8", "replace"))
            stdin.seek(0)
            return await asyncio.create_subprocess_exec(
                *argv,
                stdin=stdin,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=stderr,
                env={**ENVIRONMENT, **variables},
                cwd="/",
                start_new_session=True,  # a process group of its own, so that all of it can be killed
            )
    except (FileNotFoundError, PermissionError, ValueError) as error:
        raise ChannelError(f"{argv[0]}: {_why(error)}", transient=False) from error
    except OSError as error:  # too many processes, no memory, no room on the disk
        raise ChannelError(f"{argv[0]}: {_why(error)}", transient=True) from error


class _LastWords(asyncio.Protocol):
    """Reads standard error, and keeps the last of it.

    By a pipe of its own: what a command leaves running may hold it open, and waiting for a command must not wait for
    that.
    """

    def __init__(self, end: int) -> None:
        self.end = end  # of the pipe, for the command
        self._kept = b""
        self._over = asyncio.Event()

    def release(self) -> None:
        """The command has its end of the pipe."""
        if self.end >= 0:
            os.close(self.end)
            self.end = -1

    async def last(self) -> str:
        """The last line."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), LINGER)
        lines = self._kept.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def data_received(self, data: bytes) -> None:
        """Keep the last of it."""
        self._kept = (self._kept + data)[-KEPT:]

    def eof_received(self) -> None:
        """That was all."""
        self._over.set()


@asynccontextmanager
async def _last_words() -> AsyncIterator[_LastWords]:
    read, write = os.pipe()
    words = _LastWords(write)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: words, os.fdopen(read, "rb", 0))
    try:
        yield words
    finally:
        words.release()
        transport.close()


async def _kill(command: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(command.pid, signal.SIGKILL)
    await command.wait()


def _judged(status: int, words: str) -> Sent:
    if status == 0:
        return Sent(words or "exit 0")
    ended = f"exit {status}" if status > 0 else f"killed by {signal.Signals(-status).name}"
    raise ChannelError(f"{ended}{': ' if words else ''}{words}", transient=status == TEMPORARY)


def _safe(value: str) -> str:
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST]


def _why(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def problem(settings: ExecSettings) -> Wrong:
    """What is wrong with the command: there is none, it is nowhere, or a name in braces is unknown."""
    if not settings.argv or not settings.argv[0]:
        return "argv", said("expected a command and its arguments, in a list")
    command = settings.argv[0]
    if "/" in command and not Path(command).is_absolute():
        return "argv", said("expected an absolute path or a name without '/', got {got!r}", got=command)
    if shutil.which(command, path=PATH) is None:
        return "argv", said("there is no command {name}", name=command)
    for name in (name for part in settings.argv for name in _HOLE.findall(part)):
        if name not in VALUES:
            return "argv", said("unknown name {name!r} in braces{hint}", name=name, hint=near_to(name, VALUES))
    return None


SETTINGS = ExecSettings


def build(settings: ExecSettings) -> Channel:
    """A command by its settings."""
    return Exec(settings)
