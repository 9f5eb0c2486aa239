"""``ingestd schema``: where the JSON Schemas are, one of them, or all of them written anew."""

from argparse import Namespace
from pathlib import Path

from ingestd.cli.terminal import CommandError, say
from ingestd.schema import FOLDER, KINDS, write_all, written
from ingestd.yamltypes import did_you_mean


def schema(args: Namespace) -> int:
    """Print one, write all, or say where the installed ones are."""
    folder: Path | None = args.write
    if folder is not None:
        try:
            say("\n".join(map(str, write_all(folder))))
        except OSError as error:
            raise CommandError(f"{folder} can't be written to: {error.strerror}") from error
    elif args.name is None:
        say("\n".join(f"{name:12} {FOLDER / name}.json" for name in KINDS))
    elif args.name in KINDS:
        say(written(args.name).rstrip("\n"))
    else:
        raise CommandError(f"there is no schema {args.name!r}{did_you_mean(args.name, tuple(KINDS))}", 2)
    return 0
