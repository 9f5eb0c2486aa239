"""``ingestd init``: a relay and one address become one file that is complete."""

import hashlib
import os
import re
import secrets
from argparse import Namespace
from pathlib import Path

from ingestd.cli.client import TOKEN_BESIDE
from ingestd.cli.terminal import CommandError, say
from ingestd.config import load_site
from ingestd.schema import FOLDER, header

ADDRESS = re.compile(r"[^@\s:'\"]+@[^@\s:'\"]+")
RELAY = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
#: What relays speak on the ports for submission.
TLS = {"587": "starttls", "465": "implicit"}
TEXT = """\
{schema}
# A complete site. People, topology and rules can grow in files beside it.
state: {state}
listen:
  smtp: {{host: 127.0.0.1, port: {smtp}}}  # alert mail comes here
  http: {{host: 127.0.0.1, port: {http}}}  # webhooks, pages, API
mail:
  host: {host}
  port: {port}
  tls: {tls}
  sender: ingestd@{domain}
people:
  - id: {person}
    mail: {address}
    tokens: ["{digest}"]
last_resort: [{person}]
"""
NEXT = """\
Wrote {path} and {token} (your personal token; only its hash is in {path}).
Next:
  ingestd check --config {path}
  ingestd run --config {path}
Then send alert mail to 127.0.0.1:{smtp}; it pages {address} through {relay}.
"""


def init(args: Namespace) -> int:
    """Ask for what is not given, write, check what was written."""
    path: Path = args.config or Path("ingestd.yaml")
    if path.exists() and not args.force:
        raise CommandError(f"{path} is there already: --force writes it anew")
    relay = _asked("Mail relay (host or host:port)", args.relay, RELAY, yes=args.yes)
    address = _asked("Whom to page (mail address)", args.address, ADDRESS, yes=args.yes)
    token = path.parent / TOKEN_BESIDE
    _write(path, token, relay, address, args)
    load_site(path)
    say(NEXT.format(path=path, token=token, smtp=args.smtp_port, address=address, relay=relay).rstrip())
    return 0


def _asked(question: str, given: str | None, shape: re.Pattern[str], *, yes: bool) -> str:
    """The answer, from the flag or from the keyboard; asked again until it has the right shape."""
    answer = given
    while answer is None or not shape.fullmatch(answer):
        if answer is not None:
            problem = f"{question}: {answer!r} is none"
            if given is not None:
                raise CommandError(problem, 2)
            say(problem)
        if yes:
            raise CommandError(f"{question}: give --relay and --address", 2)
        try:
            answer = input(f"{question}: ").strip()
        except EOFError:
            raise CommandError(f"{question}: no answer; give --relay and --address", 2) from None
    return answer


def _write(path: Path, token: Path, relay: str, address: str, args: Namespace) -> None:
    secret = secrets.token_urlsafe(32)
    found = RELAY.fullmatch(relay)
    port = (found["port"] if found else None) or "25"
    person = re.sub(r"[^a-z0-9._-]", "-", address.partition("@")[0].lower()).strip("-._") or "admin"
    text = TEXT.format(
        schema=header("ingestd", FOLDER.as_posix()),
        state=args.state,
        smtp=args.smtp_port,
        http=args.http_port,
        host=found["host"].strip("[]") if found else relay,
        port=port,
        tls=TLS.get(port, "none"),
        domain=address.partition("@")[2],
        person=f'"{person}"' if person[0].isdigit() or person in ("null", "true", "false") else person,
        address=address,
        digest="sha256:" + hashlib.sha256(secret.encode()).hexdigest(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    token.unlink(missing_ok=True)
    handle = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")
    path.write_text(text, "utf-8")
