"""``ingestd preview``: what people would read, from sample facts or those of a stored incident; needs no daemon."""

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from ingestd.channels.sample import KINDS, sample
from ingestd.channels.texts import ABOUT_INCIDENTS, Texts, Written, invites
from ingestd.cli.client import site_file
from ingestd.cli.terminal import CommandError, complain, say
from ingestd.config import survey
from ingestd.model import Notification, NotificationKind
from ingestd.settings import Settings, is_zone
from ingestd.store.engines import parse, reader
from ingestd.store.queries import Queries

ALL = "all"
#: Whom a letter of these kinds asks nothing: it has no link.
LINKLESS = frozenset({"end", "answer", "affected", "confirm", "notice", "digest"})
#: What stands where a real link has a token.
TOKEN = "/a/PREVIEW"  # noqa: S105  (none)
RULE = "-" * 60


class _Site(Struct, frozen=True):
    """What of a site shows in a letter."""

    texts: Texts
    zone: ZoneInfo
    language: str
    url: str  # "": its letters have no links
    invites: bool  # they can be answered
    store: str
    errors: tuple[str, ...]


def preview(args: Namespace) -> int:
    """Print every letter that is asked for, and write their HTML; 1 if something is wrong with the site's files."""
    site = _site(args.config)
    spoken = _spoken(site, args.language or site.language)
    pages = _stored(args, site) if args.incident else _samples(args, spoken)
    letters = [(page, _written(site, page, spoken)) for page in pages]
    say(f"\n{RULE}\n".join(_shown(page, one) for page, one in letters))
    if args.html is not None:
        _write(args.html, letters)
    if missing := site.texts.lacking(spoken):
        complain(f"{spoken} has no template for {', '.join(missing)}: these are told in English")
    for error in site.errors:
        complain(error)
    return 1 if site.errors else 0


def _site(named: Path | None) -> _Site:
    """The site's file; without any, the shipped texts as a new site has them."""
    path = site_file(named)
    if named is None and not path.exists():
        return _Site(Texts(), ZoneInfo("UTC"), "en", "https://ingestd.example", invites=True, store="", errors=())
    found = survey(path)
    settings: Settings = found.settings
    return _Site(
        Texts(found.parts.templates),
        ZoneInfo(settings.timezone if is_zone(settings.timezone) else "UTC"),
        settings.language,
        settings.public_url.rstrip("/"),
        invites=settings.replies.invite,
        store=settings.store,
        errors=tuple(map(str, found.errors)),
    )


def _spoken(site: _Site, name: str) -> str:
    """The folder of a language's templates."""
    found = site.texts.spoken(name)
    if not name.replace("-", "_").lower().startswith(found.partition("_")[0].lower()):
        raise CommandError(f"nobody has words in {name!r}: add a folder {name} to texts.templates", 2)
    return found


def _samples(args: Namespace, spoken: str) -> list[Notification]:
    kinds: Sequence[NotificationKind] = KINDS if args.kind == ALL else (args.kind or "open",)
    return [sample(kind, spoken, args.priority or "P1") for kind in kinds]


def _stored(args: Namespace, site: _Site) -> list[Notification]:
    """What the incident's latest notification knew, as the kinds that are asked for."""
    last = _latest(site.store, args.incident)
    if last is None:
        raise CommandError(f"nobody was told anything about incident {args.incident} yet")
    last = replace(last, facts=replace(last.facts, priority=args.priority or last.facts.priority))
    if not args.kind or args.kind == last.kind:
        return [last]
    kinds = [kind for kind in KINDS if kind in ABOUT_INCIDENTS and args.kind in (kind, ALL)]
    if not kinds:
        raise CommandError(f"a stored incident can't be shown as {args.kind}: leave --incident away", 2)
    return [replace(last, kind=kind) for kind in kinds]


def _latest(store: str, number: int) -> Notification | None:
    """The newest notification about an incident, read beside a running daemon or without one."""
    if not store:
        raise CommandError("where is the store? The site's file does not say: name one with --config")
    url = parse(store)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise CommandError(f"there is no store {url.database} yet")
    engine = reader(url)
    try:
        found = asyncio.run(Queries(engine).notifications_of(number))
    except SQLAlchemyError as error:
        raise CommandError(f"the store {make_url(store)} can't be read: {error}") from error
    finally:
        engine.dispose()
    return found[-1].notification if found else None


def _written(site: _Site, page: Notification, spoken: str) -> Written:
    link = f"{site.url}{TOKEN}" if site.url and page.kind not in LINKLESS else None
    return site.texts.write(page, spoken, link, site.zone, answerable=site.invites and invites(page))


def _shown(page: Notification, one: Written) -> str:
    return f"kind:    {page.kind}\ntitle:   {one.title}\nsubject: {one.subject}\n\n{one.text}"


def _write(file: Path, letters: Sequence[tuple[Notification, Written]]) -> None:
    """The HTML parts; of several kinds each into a file of its own: page.html, page-update.html …"""
    for page, one in letters:
        path = file if len(letters) == 1 else file.with_name(f"{file.stem}-{page.kind}{file.suffix}")
        try:
            path.write_text(one.html, "utf-8")
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}") from error
        complain(f"wrote {path}")
