"""``ingestd import …``: people, teams, policies, routes and silences from what another product knows."""

import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from ingestd.cli.terminal import CommandError, complain, say
from ingestd.moving import alertmanager, nagios, oncall, opsgenie
from ingestd.moving.draft import Draft, File, Left, Secret, files_of

#: Products, and how each is read.
READERS: Mapping[str, Callable[[Namespace, float], Draft]] = {
    "alertmanager": lambda args, now: alertmanager.read(args.files, args.silences, now),
    "opsgenie": lambda args, now: opsgenie.read(args.files, now),
    "oncall": lambda args, now: oncall.read(args.files, now),
    "nagios": lambda args, now: nagios.read(args.files, now),
}


class Imported(Struct, frozen=True, kw_only=True):
    """What ``--json`` prints."""

    product: str
    files: tuple[File, ...]  # with --out: what was written, under the names that it got
    secrets: tuple[Secret, ...]
    left: tuple[Left, ...]


def import_site(args: Namespace) -> int:
    """Draft a site, print it or write it into a folder, and list what did not carry over."""
    draft = READERS[args.product](args, time.time())
    files = files_of(draft)
    if args.out is not None:
        files = _write(args.out, files)
    if args.json:
        found = Imported(product=draft.product, files=files, secrets=draft.secrets, left=draft.left)
        say(msgspec.json.encode(found).decode())
        return 0
    if args.out is None:
        say("\n".join(f"# ----- {file.name}\n{file.text}" for file in files).rstrip("\n"))
    _tell(draft)
    return 0


def _tell(draft: Draft) -> None:
    found = f"{len(draft.people)} people, {len(draft.teams)} teams, {len(draft.policies)} policies"
    complain(f"{found}, {len(draft.routes)} routes, {len(draft.silences)} silences")
    if draft.secrets:
        complain("\nSecrets were not written. Make these files, mode 0600, beside ingestd.yaml:")
    for secret in draft.secrets:
        complain(f"  {secret.file}: {secret.form} ({secret.was})")
    if draft.left:
        complain(f"\nWhat did not carry over ({len(draft.left)}):")
    for left in draft.left:
        complain(f"  {left}")


def _write(folder: Path, files: tuple[File, ...]) -> tuple[File, ...]:
    """Write every file, or none: what is there already stays, and the draft goes beside it."""
    named = [(_free(folder / file.name), file) for file in files]
    for path, file in named:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as out:
                out.write(file.text)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}") from error
        complain(f"written: {path}")
    return tuple(File(path.relative_to(folder).as_posix(), file.text) for path, file in named)


def _free(path: Path) -> Path:
    """The path, or beside a file that is there NAME.draft.yaml; CommandError: both are there."""
    if not path.exists():
        return path
    beside = path.with_suffix(f".draft{path.suffix}")
    if beside.exists():
        raise CommandError(f"{path} and {beside} are there already: name another folder, or move them away")
    return beside
