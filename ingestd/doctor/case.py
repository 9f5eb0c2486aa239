"""What a doctor's look is given, and what it says."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from ingestd.config import Site, Survey
from ingestd.problem import Said, said

Verdict = Literal["ok", "warn", "fail", "skip"]  # skip: it was not looked at, and why


class Case(Struct, frozen=True, kw_only=True):
    """A site as it is to be looked at."""

    survey: Survey
    site: Site | None  # None: its files have errors
    url: str  # where its daemon listens
    token: str = ""  # of who asks; "": she has none
    net: bool = False  # may ask others than those that the site names
    ntp: str = "pool.ntp.org"
    now: float  # wall clock

    @property
    def path(self) -> Path:
        """ingestd.yaml."""
        return self.survey.path


class Finding(Struct, frozen=True):
    """What a look found, and what to do."""

    verdict: Verdict
    words: Said
    remedy: Said | None = None


class Trial(Struct, frozen=True):
    """One look: its name, and what gives its finding."""

    name: Said
    look: Callable[[], Awaitable[Finding]]
    late: Verdict = "fail"  # what it means if it takes too long


class Result(Struct, frozen=True):
    """A trial's name and what it found."""

    name: Said
    found: Finding


def ok(words: Said) -> Finding:
    """All is well."""
    return Finding("ok", words)


def warn(words: Said, remedy: Said | None = None) -> Finding:
    """It works, though hardly as it is meant, or not for long."""
    return Finding("warn", words, remedy)


def fail(words: Said, remedy: Said | None = None) -> Finding:
    """Pages get lost by this, or are late."""
    return Finding("fail", words, remedy)


def skip(words: Said, remedy: Said | None = None) -> Finding:
    """It was not looked at."""
    return Finding("skip", words, remedy)


def at_once(name: Said, finding: Finding) -> Trial:
    """A trial that is known without looking."""

    async def look() -> Finding:
        return finding

    return Trial(name, look)


def aside(name: Said, look: Callable[[], Finding]) -> Trial:
    """A trial that blocks: it looks in a thread."""
    return Trial(name, lambda: asyncio.to_thread(look))


def why(error: BaseException) -> str:
    """What went wrong, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def as_said(text: str) -> Said:
    """Words that come from elsewhere, as they are."""
    return said("{words}", words=text)
