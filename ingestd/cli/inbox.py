"""What nothing understood: list it, learn recognisers from it, read it again by today's rules."""

import mailbox
import re
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from ingestd import learn
from ingestd.cli.client import Client
from ingestd.cli.terminal import CommandError, complain, is_terminal, lines, local, say, table
from ingestd.config import SHIPPED_RULES, load_site
from ingestd.decide.match import NameFinder
from ingestd.decide.normalise import Recognisers
from ingestd.model import Message
from ingestd.web.api import Again, Inbox, Kept, Reread

PAGE = 500  # messages asked for at a time
# Kinds of mail that a recogniser may be for. A program that nobody knows may look like a person.
LEARNT = frozenset({"alert", "recovery", "other", "human_report"})
NO_MAIL = "no mail that a recogniser could be for"


def show_list(client: Client, args: Namespace) -> int:
    """One line a message, newest first."""
    found = client.get("/inbox", Inbox, what=args.what, limit=args.limit).messages
    if args.json or not is_terminal():
        lines(found)
        return 0
    rows = [
        (str(one.id), local(one.received, 0.0), one.source, one.sender, str(one.incident or ""), one.error)
        for one in found
    ]
    table(("ID", "RECEIVED", "SOURCE", "SENDER", "INCIDENT", "WHY"), rows)
    return 0


def show_one(client: Client, args: Namespace) -> int:
    """A message as it came."""
    say(client.raw(f"/inbox/{args.id}").decode("utf-8", "surrogateescape"))
    return 0


def reread(client: Client, args: Namespace) -> int:
    """Put messages into the inbox again."""
    what = "shunted" if args.shunted else "unrecognised"
    ids = sorted(args.ids or (one.id for one in _all(client, what)))  # an end is read after its beginning
    count = gone = 0
    for start in range(0, len(ids), PAGE):
        answer = client.post("/inbox/reread", Again(ids=tuple(ids[start : start + PAGE])), Reread)
        count, gone = count + len(answer.read), gone + len(answer.gone)
    say(f"{count} messages are read again" + (f"; of {gone} the text is gone" if gone else ""))
    return 0


def learn_from(raws: Iterator[bytes], args: Namespace) -> int:
    """Group mails that nothing recognises, and write a recogniser for each group."""
    site = load_site(args.config) if args.config else None
    recognisers = site.rulebook.recognisers if site else _shipped()
    names = site.rulebook.names if site else NameFinder(())
    strange = (raw for raw in raws if _is_strange(recognisers, names, raw))
    groups = [one for one in learn.group(map(learn.sample, strange)) if len(one.samples) >= args.least]
    if not groups:
        raise CommandError(f"{NO_MAIL}, or fewer than {args.least} of a shape")
    taken = {path.stem for path in (*_existing(args.out), *(SHIPPED_RULES / "recognise").glob("*.yaml"))}
    for one in groups:
        made = learn.draft(one, taken)
        taken.add(made.id)
        _write(made, args.out)
    return 0


def from_daemon(client: Client) -> Iterator[bytes]:
    """The mails that the running daemon did not understand."""
    for one in _all(client, "unrecognised"):
        if one.kind == "mail":
            yield client.raw(f"/inbox/{one.id}")


def from_paths(paths: list[Path]) -> Iterator[bytes]:
    """The mails in files, mailbox files and folders; CommandError if one can't be read."""
    for path in paths:
        try:
            yield from _mails(path)
        except (OSError, mailbox.Error) as error:
            raise CommandError(f"{path} can't be read: {error}") from error


def _mails(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        yield from (file.read_bytes() for file in files)
        return
    content = path.read_bytes()
    if not content.startswith(b"From "):
        yield content
        return
    yield from (mail.partition(b"\n")[2] for mail in re.split(rb"(?:\A|\n)(?=From )", content) if mail.strip())


def _all(client: Client, what: str) -> Iterator[Kept]:
    before = 0
    while True:
        found = client.get("/inbox", Inbox, what=what, limit=PAGE, before=before).messages
        yield from found
        if len(found) < PAGE or what == "shunted":
            return
        before = found[-1].id


def _shipped() -> Recognisers:
    from ingestd.parse import load_recognisers  # noqa: PLC0415  (only where no site is named)

    return load_recognisers(SHIPPED_RULES)


def _is_strange(recognisers: Recognisers, names: NameFinder, raw: bytes) -> bool:
    reading = recognisers.read(Message(kind="mail", source="learn", body=raw), names)
    return reading.recogniser is None and reading.kind in LEARNT


def _existing(out: Path | None) -> Iterator[Path]:
    return out.glob("*.yaml") if out else iter(())


def _write(made: learn.Draft, out: Path | None) -> None:
    if out is None:
        say(made.text)
        return
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{made.id}.yaml"
    path.write_text(made.text, "utf-8")
    complain(f"{path}: drafted from {made.mails} mails, reads {made.read} of them")
