"""``ingestd check``: everything that is wrong with a site, in one go, for a person or for a program."""

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from ingestd.check.chinese import in_chinese
from ingestd.cli.client import site_file
from ingestd.cli.terminal import complain, say
from ingestd.config import Survey, survey
from ingestd.problem import Problem, Severity

Language = Literal["en", "zh_CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh_CN")
WARNING: Mapping[Language, str] = {"en": "warning: ", "zh_CN": "警告："}
FINE: Mapping[Language, str] = {
    "en": "ok: {people} people, {teams} teams, {nodes} nodes, {recognisers} recognisers, {sources} sources",
    "zh_CN": "正常：{people} 个人员，{teams} 个团队，{nodes} 个节点，{recognisers} 个识别规则，{sources} 个来源",
}
WRONG: Mapping[Language, str] = {
    "en": "errors: {errors}, warnings: {warnings}",
    "zh_CN": "错误：{errors}，警告：{warnings}",
}


class Line(Struct, frozen=True):
    """One problem, as ``--json`` prints it."""

    file: str
    line: int
    column: int
    severity: Severity
    text: str
    code: str


def check(args: Namespace) -> int:
    """Tell every problem; 1 if one of them is an error."""
    language = spoken(args.language)
    found = survey(site_file(args.config))
    if args.json:
        say(msgspec.json.encode([_line(one, language) for one in found.problems]).decode())
    else:
        for one in found.problems:
            complain(_worded(one, language))
        say(_summary(found, language))
    return 1 if found.errors else 0


def spoken(named: Language | None, environ: Mapping[str, str] = os.environ) -> Language:
    """The language as named, else Chinese if the environment's is, else English."""
    if named is not None:
        return named
    own = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "zh_CN" if own.casefold().startswith("zh") else "en"


def text_of(problem: Problem, language: Language) -> str:
    """What is wrong, in words."""
    return in_chinese(problem) if language == "zh_CN" else problem.text


def _worded(problem: Problem, language: Language) -> str:
    mark = WARNING[language] if problem.severity == "warning" else ""
    return f"{problem.file}:{problem.line}:{problem.column}: {mark}{text_of(problem, language)}"


def _line(problem: Problem, language: Language) -> Line:
    text = text_of(problem, language)
    return Line(problem.file, problem.line, problem.column, problem.severity, text, problem.code)


def _summary(found: Survey, language: Language) -> str:
    if found.errors:
        return WRONG[language].format(errors=len(found.errors), warnings=len(found.warnings))
    parts = found.parts
    settings, people = parts.main.value, parts.people.value
    return FINE[language].format(
        people=len(settings.people) + len(people.people),
        teams=len(settings.teams) + len(people.teams),
        nodes=len(parts.topology.value.nodes),
        recognisers=len(parts.recognisers),
        sources=len(settings.sources),
    )
