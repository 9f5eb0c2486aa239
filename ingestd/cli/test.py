"""``ingestd test``: rule tests as files, played against the site's rules (and the shipped ones against themselves)."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter

from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestd.cli.terminal import CommandError, complain, is_terminal, lines, say
from ingestd.config import SHIPPED_RULES
from ingestd.trial import show
from ingestd.trial.expect import Finding
from ingestd.trial.names import problems
from ingestd.trial.play import Played, play
from ingestd.trial.setting import Settings
from ingestd.trial.spec import TestFile
from ingestd.yamltypes import ConfigError, Document, read

TESTS = Path("rules", "tests")


class Failure(Struct, frozen=True):
    """One expectation that was not met, and where it is written."""

    file: str
    line: int
    column: int
    expected: str
    actual: str
    incident: int = 0  # that it is about; 0: all

    def __str__(self) -> str:
        about = f"incident #{self.incident}: " if self.incident else ""
        return f"{self.file}:{self.line}:{self.column}: {about}expected {self.expected}, got {self.actual}"


class Result(Struct, frozen=True, kw_only=True):
    """How one test went; ``broken``: why it could not be played."""

    __test__ = False  # for pytest, which collects by name

    file: str
    name: str
    passed: bool
    failures: tuple[Failure, ...] = ()
    broken: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    timeline: tuple[show.Row, ...] = ()


def test(site: Path, paths: Iterable[Path], wanted: str, *, as_json: bool) -> int:
    """Play every test whose name or file holds ``wanted``; 1 if one fails or can't be read."""
    began = perf_counter()
    settings = Settings(site if site.is_file() else None)
    found = list(_files(site, list(paths)))
    results = [result for path in found if (result := _result(path, settings, wanted)) is not None]
    if not results:
        raise CommandError(f"no test {f'called {wanted!r} ' if wanted else ''}in {_names(found) or 'rules/tests'}", 2)
    if as_json:
        lines(results)
    else:
        _tell_all(results)
    failed = sum(not result.passed for result in results)
    counts = f"{len(results) - failed} passed" + (f", {failed} failed" if failed else "")
    (complain if as_json else say)(f"{counts} in {perf_counter() - began:.1f} s")
    return 1 if failed else 0


test.__test__ = False  # type: ignore[attr-defined]  # pytest collects by name


def _files(site: Path, paths: list[Path]) -> Iterator[Path]:
    """The test files that are meant: as named, else the site's own and the shipped ones."""
    for path in paths or [site.parent / TESTS, SHIPPED_RULES / "tests"]:
        if path.is_dir():
            yield from sorted(path.glob("*.yaml"))
        elif paths:
            yield path


def _names(found: list[Path]) -> str:
    return ", ".join(map(str, found[:3]))


def _result(path: Path, settings: Settings, wanted: str) -> Result | None:
    """Play one file; None if it is not wanted. A file that can't be read is a failed test."""
    name = path.stem
    try:
        document = read(path, TestFile)
        name = document.value.name
        if not _is_wanted(path, name, wanted):
            return None
        setting = settings.of(document)
        wrong = tuple(problems(document, setting))
        if wrong:
            raise ConfigError(*wrong)
        return _judged(document, play(document, setting))
    except ConfigError as error:
        broken = tuple(map(str, error.problems))
        return (
            Result(file=str(path), name=name, passed=False, broken=broken) if _is_wanted(path, name, wanted) else None
        )


def _is_wanted(path: Path, name: str, wanted: str) -> bool:
    return wanted.casefold() in f"{path.name} {name}".casefold()


def _judged(document: Document[TestFile], played: Played) -> Result:
    test = document.value
    if not played.failed:
        return Result(file=document.name, name=test.name, passed=True)
    return Result(
        file=document.name,
        name=test.name,
        passed=False,
        failures=tuple(_failure(document, found) for found in played.failed),
        because=tuple(show.reasons(played)),
        timeline=tuple(show.rows(played)),
    )


def _failure(document: Document[TestFile], found: Finding) -> Failure:
    spot = document.problem(found.place, "")
    return Failure(document.name, spot.line, spot.column, found.expected, found.actual, found.incident)


# -- for people


def _tell_all(results: list[Result]) -> None:
    """Every failure; what is wrong with a site is said once, although each of its tests fails of it."""
    said: set[str] = set()
    for result in results:
        if not result.passed:
            _tell(result, [line for line in result.broken if line not in said])
            said.update(result.broken)


def _tell(result: Result, broken: list[str]) -> None:
    say(f"FAILED {result.name} ({result.file})")
    for line in (*broken, *map(str, result.failures)):
        say(f"  {line}")
    if result.timeline:
        (_drawn if is_terminal() else _plain)(result)
    for line in result.because:
        say(f"  {line}")
    say("")


def _plain(result: Result) -> None:
    for line in show.plain(list(result.timeline)):
        say(line)


def _drawn(result: Result) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "", "expected", "what happened"):
        table.add_column(heading)
    for row in result.timeline:
        style = "bold red" if row.mark == show.MARK else "red" if row.mark else ""
        table.add_row(*map(escape, (row.mark, row.at, row.expected, row.actual)), style=style)
    Console(file=sys.stdout).print(table)
