"""A site's own templates: whether they can be read, and what they make of sample facts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from traceback import walk_tb
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError
from msgspec import Struct

from ingestd.channels import texts
from ingestd.channels.sample import KINDS, bare, sample
from ingestd.channels.sandbox import OWN, Bounded
from ingestd.decide.oncall import PeopleFile
from ingestd.model import Facts, Notification
from ingestd.problem import Refused
from ingestd.settings import Settings
from ingestd.yamltypes import Document, Problem, Said, near_to, said

LINK = "https://ingestd.example/a/x"
UTC = ZoneInfo("UTC")
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_NO_FIELD = re.compile(r"'ingestd\.model\.(\w+) object' has no attribute '(\w+)'")
_TAG = re.compile(r"\{[{%#]")


class _Look(Struct, frozen=True):
    """A site's templates under test."""

    folder: Path
    own: Mapping[str, str]
    environment: Bounded

    def at(self, name: str, line: int, words: Said, sought: str = "") -> Problem:
        """A problem at a word of a line, else at the line's first tag, else at its first sign."""
        lines = self.own[name].split("\n")
        written = lines[line - 1] if 0 < line <= len(lines) else ""
        found = (re.search(re.escape(sought), written) if sought else None) or _TAG.search(written)
        return Problem(str(self.folder / name), line, found.start() + 1 if found else 1, words)


def template_problems(folder: Path, own: Mapping[str, str]) -> Iterator[Problem]:
    """Every template that can't be read or that breaks on sample facts; those that nothing uses."""
    if not own:
        return
    look = _Look(folder, own, texts.bounded(own))
    unread = [problem for name in own for problem in _unread(look, name)]
    yield from unread
    if not unread:
        yield from _unused(look)
        yield from _once(_trials(look))


def language_problems(
    main: Document[Settings], documents: Sequence[Document[PeopleFile]], own: Mapping[str, str]
) -> Iterator[Problem]:
    """Languages that nobody has words in; what the words of an added one lack."""
    known = sorted({*texts.LANGUAGES.values(), *texts.added(own)})
    if main.value.language not in known:
        yield main.problem(("language",), _no_language(main.value.language, known))
    for document in documents:
        for i, person in enumerate(document.value.people):
            if person.language is not None and person.language not in known:
                yield document.problem(("people", i, "language"), _no_language(person.language, known))
    folder = Path(main.name).parent / main.value.texts.templates
    for spoken in sorted(texts.added(own)):
        if missing := texts.lacking(own, spoken):
            words = said("no template for {kinds}: these are told in English", kinds=", ".join(missing))
            yield Problem(str(folder / spoken), 1, 1, words, "warning")


def _no_language(name: str, known: Sequence[str]) -> Said:
    languages = ", ".join(known)
    return said(
        "unknown language {name!r}: expected {languages}, or one that texts.templates has a folder for",
        name=name,
        languages=languages,
    )


def _unread(look: _Look, name: str) -> Iterator[Problem]:
    try:
        look.environment.compile(look.own[name], name)
    except TemplateSyntaxError as error:
        yield look.at(name, error.lineno, said("can't be read as a template: {why}", why=_why(error)))
    except Exception as error:  # what Python says of what was compiled: nested too deeply, mostly
        yield look.at(name, 1, said("can't be read as a template: {why}", why=_why(error)))


def _unused(look: _Look) -> Iterator[Problem]:
    used = frozenset().union(*(texts.uses(name, text) for name, text in look.own.items()))
    known = texts.may_be_named(look.own)
    for name in sorted(look.own.keys() - known - used):
        hint = near_to(name, known)
        words = said("no shipped template has this name, and none of yours uses it{hint}", hint=hint)
        yield Problem(str(look.folder / name), 1, 1, words, "warning")


def _trials(look: _Look) -> Iterator[Problem]:
    """What goes wrong with sample facts in whatever the site's templates take part in."""
    touched = texts.touched(look.own)
    for spoken in sorted({*texts.LANGUAGES.values(), *texts.added(look.own)}):
        for kind in KINDS:
            for page, link in ((sample(kind, spoken), LINK), (bare(kind), None)):
                values = texts.values_of(page, link, UTC, answerable=link is not None)
                if (name := f"{spoken}/{kind}.txt.j2") in touched:
                    yield from _tried(look, name, page, values)
                if texts.HTML in touched:
                    subject, text = texts.render(page, spoken, link, UTC)
                    yield from _tried(
                        look, texts.HTML, page, values | texts.html_values(page, spoken, subject, text, link)
                    )


def _tried(look: _Look, name: str, page: Notification, values: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        texts.made(name, look.environment.rendered(name, values))
    except Exception as error:  # whatever a template may raise
        where, line = _where(error, look.own, name)
        words, sought = _words(error, page, values)
        yield look.at(where, line, words, sought)


def _where(error: Exception, own: Mapping[str, str], name: str) -> tuple[str, int]:
    """The line of a site's template that failed: the last in the traceback; else its beginning."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    mine = [(file.removeprefix(OWN), line) for file, line in frames if file.startswith(OWN)]
    return mine[-1] if mine else (name if name in own else min(own), 1)


def _words(error: Exception, page: Notification, given: Mapping[str, Any]) -> tuple[Said, str]:
    """What is wrong, and the word that stands for it in the template."""
    text = str(error)
    if isinstance(error, TemplateNotFound):
        hint = near_to(text, [*texts.names(), *(f"shipped/{name}" for name in texts.names())])
        return said("there is no template {name!r}{hint}", name=text, hint=hint), text
    if isinstance(error, UndefinedError) and (found := _UNDEFINED.fullmatch(text)):
        return _unknown("variable", found[1], given)
    if isinstance(error, UndefinedError) and (found := _NO_FIELD.fullmatch(text)):
        fields = Facts.__struct_fields__ if found[1] == "Facts" else ()
        return _unknown("field", found[2], dict.fromkeys(fields))
    return said("the template breaks on {kind}: {why}", kind=page.kind, why=_why(error)), ""


def _unknown(kind: str, name: str, known: Mapping[str, Any]) -> tuple[Said, str]:
    return said("unknown {kind} {name!r}{hint}", kind=said(kind), name=name, hint=near_to(name, known.keys())), name


def _why(error: Exception) -> Said | str:
    if isinstance(error, Refused):
        return error.said
    return str(error).partition("\n")[0][:200] or type(error).__name__


def _once(problems: Iterator[Problem]) -> Iterator[Problem]:
    """One for each place: what breaks on one sample breaks on the others too."""
    told: set[tuple[str, int, int]] = set()
    for problem in problems:
        place = problem.file, problem.line, problem.column
        if place not in told:
            told.add(place)
            yield problem
