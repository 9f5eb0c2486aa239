"""``ingestd doctor``: whether a page would get out, one line a look, with what to do under it."""

import asyncio
import time
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct
from rich.cells import cell_len

from ingestd.cli.check import Language, spoken
from ingestd.cli.client import find_token, find_url, site_file
from ingestd.cli.terminal import CommandError, is_terminal, say
from ingestd.config import site_of, survey
from ingestd.doctor import Case, Result, Verdict, examine
from ingestd.doctor.letters import Planned, planned, send
from ingestd.problem import Said, said
from ingestd.shouting import in_words

MARKS: Mapping[Language, Mapping[Verdict, str]] = {
    "en": {"ok": "ok", "warn": "warn", "fail": "fail", "skip": "-"},
    "zh_CN": {"ok": "正常", "warn": "警告", "fail": "失败", "skip": "-"},
}
COLOURS: Mapping[Verdict, str] = {"ok": "32", "warn": "33", "fail": "31", "skip": "2"}
WIDTH = 4  # columns of the longest mark
NAME = 28  # columns of a name, if it has no more
YES = frozenset({"y", "yes", "j", "ja", "是", "好"})


class Line(Struct, frozen=True, kw_only=True):
    """One look, as ``--json`` prints it."""

    check: str  # in English, whatever the language
    verdict: Verdict
    text: str
    remedy: str = ""


def doctor(args: Namespace) -> int:
    """Look at everything, send if asked to; 1 if anything failed."""
    language, case = spoken(args.language), _case(args)
    with asyncio.Runner() as runner:
        results = runner.run(examine(case))
        _show(results, language, as_json=args.json)
        if args.send and case.site is not None:
            letters = planned(case)
            if _agreed(letters, language, args):
                sent = runner.run(send(case, letters))
                _show(sent, language, as_json=args.json)
                results += sent
    failed = sum(one.found.verdict == "fail" for one in results)
    if not args.json:
        doubtful = sum(one.found.verdict == "warn" for one in results)
        say(in_words(said("{fail} failed, {warn} warnings", fail=failed, warn=doubtful), language))
    return 1 if failed else 0


def _case(args: Namespace) -> Case:
    found = survey(site_file(args.config))
    try:
        url = find_url(args.url, found.path)
    except CommandError:  # the files say so themselves
        url = ""
    try:
        token = find_token(args.token_file, found.path)
    except CommandError:
        token = ""
    return Case(
        survey=found,
        site=None if found.errors else site_of(found),
        url=url,
        token=token,
        net=args.net,
        ntp=args.ntp,
        now=time.time(),
    )


def _agreed(letters: Sequence[Planned], language: Language, args: Namespace) -> bool:
    """Whether the people in the list may be disturbed."""
    if args.yes:
        return True
    unasked = CommandError(in_words(said("nobody answered: `--yes` sends without asking"), language), 2)
    if args.json:  # the question would stand among the lines
        raise unasked
    for one in letters:
        say(f"  {one.person}: {one.address.channel} {one.address.to}")
    try:
        answer = input(in_words(said("Send {count} test pages now? [y/N] ", count=len(letters)), language))
    except EOFError:
        raise unasked from None
    return answer.strip().casefold() in YES


def _show(results: Iterable[Result], language: Language, *, as_json: bool) -> None:
    for one in results:
        if as_json:
            say(msgspec.json.encode(_line(one, language)).decode())
        else:
            say(_shown(one, language))


def _line(one: Result, language: Language) -> Line:
    found = one.found
    remedy = in_words(found.remedy, language) if found.remedy and found.verdict != "ok" else ""
    return Line(check=str(one.name), verdict=found.verdict, text=in_words(found.words, language), remedy=remedy)


def _shown(one: Result, language: Language) -> str:
    found = one.found
    mark = _padded(MARKS[language][found.verdict], WIDTH)
    mark = f"\x1b[{COLOURS[found.verdict]}m{mark}\x1b[0m" if is_terminal() else mark
    text = _one_line(in_words(found.words, language))
    first = f"{mark}  {_padded(_one_line(in_words(one.name, language)), NAME)}  {text}"
    remedy = _remedy(found.remedy, language)
    return f"{first}\n{remedy}" if remedy else first


def _remedy(remedy: Said | None, language: Language) -> str:
    return f"{'':{WIDTH}}  -> {_one_line(in_words(remedy, language))}" if remedy is not None else ""


def _one_line(text: str) -> str:
    """What comes from elsewhere must not steer the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cell_len(text))
