"""``ingestd rules``: what differs between this site's rules, those that are shipped, and those that the daemon runs."""

import difflib
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from ingestd.cli.client import site_file
from ingestd.cli.terminal import CommandError, complain, say
from ingestd.config import Survey, survey
from ingestd.overridden import changes, overridden, record, recorded
from ingestd.sitecache import running_texts


def diff(args: Namespace) -> int:
    """What an upgrade changed beneath the site's rules (--shipped), or what a reload would change; 1: something."""
    found = survey(site_file(args.config))
    rows = list(_beneath(found) if args.shipped else _pending(found))
    say("\n".join(rows) if rows else "nothing changed")
    return 1 if rows else 0


def accept(args: Namespace) -> int:
    """The site's rules were looked through: they fit what is shipped now."""
    found = survey(site_file(args.config))
    try:
        record(Path(found.settings.state), found.parts, anew=True)
    except OSError as error:
        raise CommandError(f"{error.filename} can't be written: {error.strerror}") from error
    say(f"recorded: {len(overridden(found.parts))} rules of this site take the place of shipped ones")
    return 0


def _beneath(found: Survey) -> Iterator[str]:
    state = Path(found.settings.state)
    known = recorded(state)
    for one in changes(state, found.parts):
        yield from one.lines()
    for fresh in overridden(found.parts):
        if (fresh.file, fresh.rule) not in known:
            complain(
                f"{fresh.file} {fresh.rule}".strip() + ": not recorded yet; the daemon does at its next start or reload"
            )


def _pending(found: Survey) -> Iterator[str]:
    running = running_texts(Path(found.settings.state))
    if running is None:
        raise CommandError("no daemon has read this site yet: there is nothing to compare with")
    own = Path(found.parts.main.name).name
    now = {name: text for name, text in found.texts if name != own}
    for name in sorted({*running, *now}):
        before, after = running.get(name, "").splitlines(), now.get(name, "").splitlines()
        yield from difflib.unified_diff(before, after, f"{name} (running)", f"{name} (edited)", lineterm="")
