"""The files: what `ingestd check` says of them, and who can read and write them."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from sqlalchemy.engine import make_url

from ingestd.config import Site
from ingestd.doctor.case import Case, Finding, Trial, as_said, aside, at_once, fail, ok, warn
from ingestd.problem import said
from ingestd.redact import redacted
from ingestd.sitefiles import SECRET_FILES

OTHERS = stat.S_IRWXG | stat.S_IRWXO
WORLD = stat.S_IRWXO  # a group of its own may read a secret that another tool keeps
WRITE = stat.S_IWGRP | stat.S_IWOTH


def trials(case: Case) -> Iterator[Trial]:
    """The configuration, and each file that others must not read or write."""
    yield at_once(said("configuration"), _configuration(case))
    yield aside(said("{path}: permissions", path=case.path.name), lambda: _configured(case))
    if case.site is not None:
        owner = _owner(case.site)
        for path in dict.fromkeys(_secrets(case.site.settings)):
            yield aside(said("{path}: permissions", path=path.name), _private(path, WORLD | WRITE))
        for path in _own(case.site):
            yield aside(said("{path}: permissions", path=path.name), _private(path, OTHERS, owner))


def _configuration(case: Case) -> Finding:
    errors, warnings = case.survey.errors, case.survey.warnings
    first = next(iter((*errors, *warnings)), None)
    if first is None:
        return ok(as_said(str(case.path)))
    place, remedy = f"{first.file}:{first.line}:{first.column}", said("`ingestd check` shows all of it")
    if errors:
        words = said("{count} errors, the first: {place}: {first}", count=len(errors), place=place, first=first.said)
        return fail(words, remedy)
    words = said("{count} warnings, the first: {place}: {first}", count=len(warnings), place=place, first=first.said)
    return warn(words, remedy)


def _configured(case: Case) -> Finding:
    mode = case.path.stat().st_mode
    if mode & WRITE:
        words = said("{path} can be written by others ({mode})", path=case.path, mode=_octal(mode))
        return fail(words, said("chmod go-w {path}", path=case.path))
    main = case.survey.parts.main
    if mode & OTHERS and redacted(main) != main.text:
        words = said("{path} has secrets in it and can be read by others ({mode})", path=case.path, mode=_octal(mode))
        return warn(words, said("chmod 600 {path}, or keep the secrets in files of their own", path=case.path))
    return ok(as_said(f"{case.path} ({_octal(mode)})"))


def _private(path: Path, closed: int, owner: int | None = None) -> Callable[[], Finding]:
    def look() -> Finding:
        try:
            found = path.stat()
        except FileNotFoundError:
            return ok(said("{path} is not there yet", path=path))
        if found.st_mode & closed:
            words = said("{path} is open to others ({mode})", path=path, mode=_octal(found.st_mode))
            return fail(words, said("chmod 600 {path}", path=path))
        if owner is not None and found.st_uid != owner:
            words = said(
                "{path} belongs to user {user}, the state folder to {owner}", path=path, user=found.st_uid, owner=owner
            )
            return warn(words, said("chown {owner} {path}", owner=owner, path=path))
        return ok(as_said(f"{path} ({_octal(found.st_mode)})"))

    return look


def _own(site: Site) -> Iterator[Path]:
    """What the daemon writes itself."""
    url = make_url(site.settings.store)
    if url.get_backend_name() == "sqlite":
        yield Path(url.database or "")
    yield site.link_key


def _secrets(settings: object) -> Iterator[Path]:
    """Every file with a secret in it that the settings name."""
    if isinstance(settings, Struct):
        for name in settings.__struct_fields__:
            value = getattr(settings, name)
            if name in SECRET_FILES and isinstance(value, str):
                yield from ([Path(value)] if value else [])
            else:
                yield from _secrets(value)
    elif isinstance(settings, dict | tuple):
        for value in settings.values() if isinstance(settings, dict) else settings:
            yield from _secrets(value)


def _owner(site: Site) -> int | None:
    return site.state.stat().st_uid if site.state.is_dir() else None


def _octal(mode: int) -> str:
    return f"{stat.S_IMODE(mode):04o}"
