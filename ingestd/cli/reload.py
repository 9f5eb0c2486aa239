"""``ingestd reload``: have the running daemon take over changed files."""

from ingestd.cli.client import Client
from ingestd.cli.terminal import complain, is_terminal, lines, say
from ingestd.web.api import Ask, Reloaded


def reload(client: Client, *, as_json: bool) -> int:
    """0: they are in force; 1: they were refused, and nothing has changed."""
    found = client.post("/reload", Ask(), Reloaded, allowed=(409,))
    if as_json or not is_terminal():
        lines([found])
        return 0 if found.ok else 1
    for problem in found.problems:
        complain(problem)
    for note in found.notes if found.ok else ():
        complain(f"note: {note}")
    (say if found.ok else complain)("in force" if found.ok else "refused: the rules from before keep running")
    return 0 if found.ok else 1
