"""Files on a shelf, and what a reader makes of them."""

from pathlib import Path

import pytest

from ingestd.decide.topology import AnyOf, Topology, TopologyFile
from ingestd.inventory import READERS
from ingestd.inventory.found import Inventory, Options
from ingestd.inventory.writing import written
from ingestd.yamltypes import ConfigError, loads


class Shelf:
    """A folder with files of one format."""

    def __init__(self, home: Path, format_: str) -> None:
        self.home, self.format = home, format_

    def put(self, name: str, text: str | bytes) -> "Shelf":
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def read(self, *names: str, roots: tuple[str, ...] = (), site: Topology | None = None) -> Inventory:
        """What is found; it must come back from its YAML as it was."""
        paths = [self.home / name for name in names] or [self.home]
        found = READERS[self.format](paths, Options(roots, site))
        again = loads(written(found, ("a head",)), TopologyFile, "again.yaml")
        assert {node.id: node for node in again.nodes} == {one.spec.id: one.spec for one in found.nodes}
        assert again.departments == found.departments
        return found

    def refused(self, *names: str, roots: tuple[str, ...] = ()) -> list[str]:
        """The problems of files that can't be read."""
        with pytest.raises(ConfigError) as caught:
            self.read(*names, roots=roots)
        return [str(problem).removeprefix(f"{self.home}/") for problem in caught.value.problems]


def edges(found: Inventory) -> dict[str, list[str]]:
    """Node -> what it depends on, ``a|b`` for a group."""
    return {
        one.spec.id: ["|".join(d.any_of) if isinstance(d, AnyOf) else d for d in one.spec.depends_on]
        for one in found.nodes
        if one.spec.depends_on
    }


def kinds(found: Inventory) -> dict[str, str]:
    return {one.spec.id: one.spec.kind for one in found.nodes}


def remarks(found: Inventory, shelf: Shelf) -> list[str]:
    return [f"{Path(r.file).name}:{r.line}: {r.text}" for r in found.remarks]


def notes(found: Inventory, node: str) -> str:
    return "; ".join(next(one.notes for one in found.nodes if one.spec.id == node))
