"""``ingestd forget``: a person's address is taken out of the store, also while the daemon runs."""

import time
from argparse import Namespace
from collections.abc import Callable

from ingestd.cli.client import site_file
from ingestd.cli.stores import in_words
from ingestd.cli.terminal import CommandError, complain, is_conversation, prompt, say
from ingestd.config import load_site
from ingestd.forgetting import TOKEN, Address, named_in
from ingestd.retention import REST
from ingestd.store import engines
from ingestd.store.forgetting import Forgetting, Forgotten

NAMES = {
    "inbox": "envelopes",
    "inbox_body": "receipts, commands, digests",
    "timeline": "lines of history",
    "alert": "alerts",
    "incident": "incidents",
    "notification": "pages",
}
LEFT = {
    **NAMES,
    "inbox_body": "bodies",
    "known": "last times of what happened",
    "silence": "silences",
    "budget": "letters that wait",
    "blob": "configurations of earlier days, which `ingestd replay` needs",
}
YES = frozenset({"y", "yes"})


def run(args: Namespace) -> int:
    """Take an address out of a site's store, and say what was done and what was left."""
    try:
        address = Address(args.address)
    except ValueError as error:
        raise CommandError(str(error), 2) from error
    site = load_site(site_file(args.config))
    if not (args.yes or _agreed(args.address)):
        say("nothing was changed")
        return 1
    with in_words():
        done = _forgotten(site.settings.store, address)
    _show(done)
    for place in named_in(site, address):
        complain(f"{place} still names it: what comes in from now on is kept with it")
    complain("not looked at: logs, backups, the mailboxes and relays of others")
    return 0


def _agreed(address: str) -> bool:
    if not is_conversation():
        raise CommandError("nobody answered: `--yes` erases without asking", 2)
    return prompt(f"Erase {address}, and the bodies of messages that hold it, for good? [y/N] ").casefold() in YES


def _forgotten(store: str, address: Address) -> Forgotten:
    url = engines.existing(engines.parse(store))
    writing, reading = engines.writer(url), engines.reader(url)
    try:
        return Forgetting(writing, reading, address.replaced, address.is_in_body, _rests()).forget()
    finally:
        writing.dispose()
        reading.dispose()


def _rests() -> Callable[[], None]:
    """Rest several times as long as the piece before took: a daemon goes on meanwhile."""
    began = time.monotonic()

    def rest() -> None:
        nonlocal began
        time.sleep(REST * (time.monotonic() - began))
        began = time.monotonic()

    return rest


def _show(done: Forgotten) -> None:
    say(f"{done.erased:>8,} bodies of messages erased")
    for name, count in done.replaced.items():
        say(f"{count:>8,} {NAMES[name]}: {TOKEN} stands there instead")
    for name, count in done.left.items():
        say(f"{count:>8,} {LEFT[name]} left")
    if any(name != "blob" for name in done.left):
        say("what is left is of open incidents or under way: run it again when they are over")
