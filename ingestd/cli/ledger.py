"""``ingestd ledger``: every page with what became of it and every answer, from the running daemon."""

import sys
from argparse import Namespace
from collections.abc import Iterator

from ingestd.cli.client import Client
from ingestd.cli.terminal import is_terminal, lines, say, table
from ingestd.store import LedgerLine
from ingestd.web.ledger import BOM, HEADINGS, Ledger, cells, rows_of


def show(client: Client, args: Namespace) -> int:
    """A table on a terminal, JSON lines in a pipe, or CSV; read a piece at a time."""
    if args.csv:
        sys.stdout.buffer.write(BOM + rows_of([HEADINGS]))
        for piece in _pieces(client, args):
            sys.stdout.buffer.write(rows_of(cells(line, piece.wall_offset, None) for line in piece.lines))
        sys.stdout.buffer.flush()
    elif args.json or not is_terminal():
        for piece in _pieces(client, args):
            lines(piece.lines)
    else:
        _table(_pieces(client, args))
    return 0


def _pieces(client: Client, args: Namespace) -> Iterator[Ledger]:
    given = {name: getattr(args, name) for name in ("since", "until", "person", "incident") if getattr(args, name)}
    after = ""
    while True:
        piece = client.get("/ledger", Ledger, **given, **({"after": after} if after else {}))
        yield piece
        after = piece.next
        if not after:
            return


def _table(pieces: Iterator[Ledger]) -> None:
    """A table for each piece: what is long need not be held as a whole."""
    count = 0
    for piece in pieces:
        table([name.upper() for name in HEADINGS], [_row(line, piece.wall_offset) for line in piece.lines])
        count += len(piece.lines)
    say(f"{count} pages and answers")


def _row(line: LedgerLine, offset: float) -> tuple[str, ...]:
    return cells(line, offset, None)
