"""``ingestd replay``: a period of the inbox, or a mailbox, through the pipeline by today's rules, and by others."""

import contextlib
import itertools
import shutil
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from sqlalchemy.exc import SQLAlchemyError

from ingestd.backtest import report
from ingestd.backtest.compare import HORIZON, alone, side_by_side
from ingestd.backtest.mailboxes import Mailbox, MailboxError
from ingestd.backtest.report import Report
from ingestd.backtest.stream import Heard, from_store
from ingestd.backtest.tally import Run
from ingestd.cli.client import site_file
from ingestd.cli.terminal import CommandError, complain, is_terminal, lines, say, seconds, table
from ingestd.config import SHIPPED_RULES, load_rulebook, load_site
from ingestd.decide.state import Rulebook
from ingestd.store import reading
from ingestd.yamltypes import ConfigError

WARM_UP = 86400.0  # seconds before the period for which messages are stepped but not counted
BESIDE = ("people.yaml", "topology.yaml", "heartbeats.yaml")
EVERY = 500  # messages between two looks of the progress
#: A site for who has none yet: one person, who is told of everything.
NEWCOMER = "maildir: {path: mails}\npeople: [{id: you, mail: you@localhost}]\nlast_resort: [you]\n"


class Period(Struct):
    """What is replayed: the stream, and from when on (wall) it counts; that is known with its first message."""

    stream: Iterator[Heard]
    newest: Callable[[], float]
    span: float

    def since(self) -> float:
        """Counted from the newest message, so that the same input gives the same figures whenever it is replayed."""
        return self.newest() - self.span


def replay(args: Namespace) -> int:
    """Run the period once, or twice if there are other rules; print what it came to."""
    with tempfile.TemporaryDirectory(prefix="ingestd-replay-") as folder, contextlib.ExitStack() as stack:
        rules = _today(args, Path(folder))
        others = _others(args, Path(folder))
        period = _period(args, stack)
        found = _run(rules, others, period, quiet=args.json or not sys.stderr.isatty())
    if args.json or not is_terminal():
        lines([found])
    else:
        _show(found, rules, args)
    return 0


def _run(rules: Rulebook, others: Rulebook | None, period: Period, *, quiet: bool) -> Report:
    stream = _Watched(period.stream, quiet=quiet)
    first = next(stream, None)
    if first is None:
        raise CommandError("nothing arrived in that time")
    offset, since = first.message.received - first.at, period.since()
    begin = first.at, first.at + offset, since - offset
    everything = itertools.chain([first], stream)
    if others is None:
        run = Run(rules, *begin)
        for _ in alone(run, everything):
            pass
        return Report(since=since, until=stream.last, before=report.figures(run))
    compared = side_by_side(rules, others, *begin)
    for heard in everything:
        compared.hear(heard)
    for run in compared.runs:
        run.finish(HORIZON)
    before, after = (report.figures(run) for run in compared.runs)
    compared.finish()
    return report.of_two(compared, before, after, since, stream.last)


class _Watched:
    """A stream with a progress line; remembers when its last message came."""

    def __init__(self, stream: Iterable[Heard], *, quiet: bool) -> None:
        self.last = 0.0
        self._stream, self._count = iter(stream), 0
        columns = SpinnerColumn(), TextColumn("{task.completed} messages"), TextColumn("{task.fields[at]}")
        self._progress = Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True)
        self._task = self._progress.add_task("", total=None, at="")
        self._progress.start()

    def __iter__(self) -> "_Watched":
        return self

    def __next__(self) -> Heard:
        try:
            heard = next(self._stream)
        except BaseException:
            self._progress.stop()
            raise
        self.last = heard.message.received or self.last
        self._count += 1
        if self._count % EVERY == 0:
            day = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.last))
            self._progress.update(self._task, completed=self._count, at=day)
        return heard


# -- what is replayed
def _period(args: Namespace, stack: contextlib.ExitStack) -> Period:
    span = seconds(args.since)
    if args.source:
        found = Mailbox(args.source, span + WARM_UP, _password(args))
        return Period(_mails(found), lambda: found.newest, span)
    url = load_site(_site(args)).settings.store
    try:
        journal = stack.enter_context(reading.opened(url))
        newest = journal.newest()
        stream = from_store(journal, journal.at_wall(newest - span - WARM_UP))
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise CommandError(f"the store can't be read: {error}") from error
    return Period(stream, lambda: newest, span)


def _mails(found: Mailbox) -> Iterator[Heard]:
    try:
        yield from found
    except MailboxError as error:
        raise CommandError(str(error)) from error
    if found.undated:
        complain(f"{found.undated} mails say not when they came and were left out")


def _site(args: Namespace) -> Path:
    """The site's file. ``--config`` may name a folder: that is the site to compare with."""
    return site_file(None if args.config is not None and args.config.is_dir() else args.config)


def _password(args: Namespace) -> str:
    try:
        return args.password_file.read_text("utf-8").strip() if args.password_file else ""
    except OSError as error:
        raise CommandError(f"{args.password_file} can't be read: {error.strerror}") from error


# -- by which rules
def _today(args: Namespace, folder: Path) -> Rulebook:
    """The site's rules; without a site (a mailbox, tried out) the shipped ones."""
    path = _site(args)
    if args.source and args.config is None and not path.exists():
        complain("no site here: by the shipped rules, without a topology, one person told of everything")
        path = folder / "newcomer" / "ingestd.yaml"
        path.parent.mkdir()
        path.write_text(NEWCOMER, "utf-8")
    return load_site(path).rulebook


def _others(args: Namespace, folder: Path) -> Rulebook | None:
    """The rules to compare with: another site, or this one with other rules."""
    if args.config is not None and args.config.is_dir():
        return load_site(args.config / "ingestd.yaml").rulebook
    if not args.rules:
        return None
    if not args.rules.is_dir():
        raise CommandError(f"{args.rules} is no folder")
    return _with_rules(_site(args).absolute(), args.rules.absolute(), folder / "other")


def _with_rules(main: Path, rules: Path, folder: Path) -> Rulebook:
    """The site as it is, with the rules of another folder."""
    folder.mkdir()
    if main.exists():
        shutil.copy(main, folder / "ingestd.yaml")
    else:
        (folder / "ingestd.yaml").write_text(NEWCOMER, "utf-8")
    for name in BESIDE:
        if (main.parent / name).exists():
            shutil.copy(main.parent / name, folder / name)
    (folder / "rules").symlink_to(rules, target_is_directory=True)
    try:
        return load_rulebook(folder / "ingestd.yaml", SHIPPED_RULES)
    except ConfigError as error:
        text = str(error).replace(f"{folder}/rules", str(rules)).replace(str(folder), str(main.parent))
        raise CommandError(text) from error


# -- what it came to
def _show(found: Report, rules: Rulebook, args: Namespace) -> None:
    zone = rules.ranker.zone
    if found.after is None:
        table(("", "BY TODAY'S RULES"), report.totals(found))
        return
    table(("", "TODAY", "WITH THE OTHERS", ""), report.totals(found))
    say("")
    if not found.differences:
        say(f"{found.same} incidents, and none would have been another")
        return
    shown = report.changes(found, zone)
    table(("SINCE", "WHAT", "TODAY", "WITH THE OTHERS"), shown[: args.limit])
    left = len(shown) + found.more - len(shown[: args.limit])
    say(f"{found.same} as before" + (f"; {left} more differences (--limit, --json)" if left else ""))
