"""Names that must lead to addresses: the relays, the public URL, the mailboxes."""

import asyncio
import ipaddress
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from ingestd.config import Site
from ingestd.doctor.case import Case, Finding, Trial, as_said, fail, ok, why
from ingestd.doctor.ways import relays
from ingestd.problem import said

SHOWN = 4  # addresses


def trials(case: Case) -> Iterator[Trial]:
    """One for each name."""
    if case.site is not None:
        for host in dict.fromkeys(_hosts(case.site)):
            if host and not _is_address(host):
                yield Trial(said("name {host}", host=host), partial(_looked_up, host))


def _hosts(site: Site) -> Iterator[str]:
    settings = site.settings
    if settings.mail is not None:
        yield from (relay.host for relay in relays(settings.mail))
    yield urlsplit(settings.public_url).hostname or ""
    yield from (mailbox.host for mailbox in settings.imap)


async def _looked_up(host: str) -> Finding:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        return fail(
            said("{host} is not known: {why}", host=host, why=why(error)),
            said("mend its DNS entry, or /etc/hosts and /etc/resolv.conf of this machine"),
        )
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    return ok(as_said(", ".join(addresses[:SHOWN])))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
