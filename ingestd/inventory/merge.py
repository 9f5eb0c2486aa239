"""What was found beside what a site has written: what is new, what could be filled in, and the file with it grown.

The site's file is grown as text: its comments, its order and its words stay. The result is read again; a file that is
written in a way that can't be grown so is refused, never damaged.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace
from yaml import MappingNode, Node, SequenceNode

from ingestd.decide.topology import AnyOf, NodeSpec, Topology, TopologyFile
from ingestd.inventory.found import Found, Inventory, filled
from ingestd.inventory.writing import node_block, pairs_of
from ingestd.yamltypes import ConfigError, Document, Place, Problem, reads

_LINE = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


class Compared(Struct, frozen=True):
    """An inventory beside a site: nodes that the site has not, and what it could take over of those it has."""

    new: Inventory
    richer: tuple[NodeSpec, ...]  # the site's nodes with their empty fields filled
    remarks: tuple[Problem, ...]  # where both say something else


def compare(inventory: Inventory, site: Document[TopologyFile]) -> Compared:
    """What an import adds to a site. Names are the site's where the site knows the node."""
    topology = Topology(site.value)
    same = {found.spec.id: name for found in inventory.nodes if (name := _known(found.spec, topology))}
    new: list[Found] = []
    richer: dict[str, NodeSpec] = {}
    remarks: list[Problem] = []
    places = {spec.id: i for i, spec in reversed(tuple(enumerate(site.value.nodes)))}
    for found in inventory.nodes:
        spec = _renamed(found.spec, same)
        if found.spec.id not in same:
            new.append(Found(spec, found.notes))
            continue
        own = richer.get(spec.id, topology.nodes[spec.id])
        richer[spec.id] = _filled(own, spec, found.spec.id)
        remarks += _differs(own, spec, site, ("nodes", places[own.id]))
    changed = tuple(spec for name, spec in richer.items() if spec != topology.nodes[name])
    departments = tuple(spec for spec in inventory.departments if spec.id not in topology.departments)
    kept = replace(inventory, nodes=tuple(new), departments=departments)
    return Compared(kept, changed, tuple(remarks))


def grown(site: Document[TopologyFile], compared: Compared) -> str:
    """The site's file with the new nodes behind its last and empty fields filled; ConfigError if that can't be done."""
    lines = _split(site.text)
    edits = [*_fills(site, compared.richer, lines), *_addition(site, compared.new.nodes, lines)]
    for edit in sorted(edits, reverse=True):
        _insert(lines, *edit)
    text = "".join(lines)
    by_id = {spec.id: spec for spec in compared.richer}
    wanted = (
        *(by_id.get(spec.id, spec) for spec in site.value.nodes),
        *(one.spec for one in compared.new.nodes),
    )
    if _nodes(text, site.name) != {spec.id: spec for spec in reversed(wanted)}:
        where = "its nodes can't be added to as they are written: write them as a list under nodes:, a line each"
        raise ConfigError(Problem(site.name, 1, 1, f"{where}, or leave out --merge and add them by hand"))
    return text


# -- what is known


def _known(spec: NodeSpec, topology: Topology) -> str | None:
    """The site's node that this is: by any of its names, if they mean one node only."""
    names = filter(None, (spec.id, spec.fqdn, spec.ip, spec.name, *spec.aliases))
    found = dict.fromkeys(name for name in map(topology.resolve, names) if name)
    return next(iter(found)) if len(found) == 1 or spec.id in topology.nodes else topology.resolve(spec.id)


def _renamed(spec: NodeSpec, same: dict[str, str]) -> NodeSpec:
    """The node under the site's names."""
    wanted: list[str | AnyOf] = []
    for one in spec.depends_on:
        group = one.any_of if isinstance(one, AnyOf) else (one,)
        names = tuple(dict.fromkeys(same.get(name, name) for name in group))
        wanted.append(names[0] if len(names) == 1 else AnyOf(names))
    return replace(spec, id=same.get(spec.id, spec.id), depends_on=tuple(dict.fromkeys(wanted)))


def _filled(own: NodeSpec, more: NodeSpec, called: str) -> NodeSpec:
    """The site's node with what it does not say; a name that only the other tool uses becomes an alias."""
    spellings = {name.casefold() for name in (own.id, own.name, own.fqdn, own.ip, *own.aliases)}
    spec = filled(own, replace(more, aliases=(), kind=own.kind))
    has = spellings | {spec.name.casefold(), spec.fqdn.casefold()}
    return spec if called.casefold() in has else replace(spec, aliases=(*own.aliases, called))


def _differs(own: NodeSpec, more: NodeSpec, site: Document[TopologyFile], place: Place) -> Iterator[Problem]:
    if more.ip and own.ip and more.ip != own.ip:
        yield site.problem((*place, "ip"), f"{own.id}: the import says {more.ip}, the file {own.ip}: it stays")
    if more.depends_on and own.depends_on and set(more.depends_on) != set(own.depends_on):
        said = dict(pairs_of(more))["depends_on"]
        yield site.problem((*place, "depends_on"), f"{own.id}: the import says {said}: the file's stays")


# -- the text

Edit = tuple[int, int, str, int]  # line and column from 0, what to insert there, how much to take out


def _addition(site: Document[TopologyFile], new: Sequence[Found], lines: Sequence[str]) -> Iterator[Edit]:
    nodes = _nodes_of(site.node)
    if not new:
        return
    if nodes is None:
        yield len(lines), 0, "\n".join(["nodes:", *node_block(new, "  ")]) + "\n", 0
    elif nodes.flow_style and not nodes.value:
        start, end = nodes.start_mark, nodes.end_mark
        cut = end.column - start.column if end.line == start.line else 0
        yield start.line, start.column, "\n" + "\n".join(node_block(new, "  ")), cut
    elif not nodes.flow_style:
        block = node_block(new, " " * nodes.start_mark.column)
        yield _behind(nodes.value[-1], lines), 0, "\n".join(block) + "\n", 0


def _fills(site: Document[TopologyFile], richer: Sequence[NodeSpec], lines: Sequence[str]) -> Iterator[Edit]:
    """The missing keys, behind the last key of their node."""
    nodes = _nodes_of(site.node)
    by_id = {spec.id: spec for spec in richer}
    for own, node in zip(site.value.nodes, nodes.value if nodes is not None else (), strict=False):
        spec = by_id.pop(own.id, None)
        if spec is None or not isinstance(node, MappingNode):
            continue
        before, after = dict(pairs_of(own)), dict(pairs_of(spec))
        extra = [f"{key}: {value}" for key, value in after.items() if key not in before]
        if node.flow_style:
            yield node.end_mark.line, node.end_mark.column - 1, "".join(f", {text}" for text in extra), 0
        else:
            indent = " " * node.start_mark.column
            yield _behind(node, lines), 0, "".join(f"{indent}{text}\n" for text in extra), 0


def _nodes_of(root: Node | None) -> SequenceNode | None:
    pairs = root.value if isinstance(root, MappingNode) else []
    return next((value for key, value in pairs if key.value == "nodes"), None)


def _behind(node: Node, lines: Sequence[str]) -> int:
    """The line behind its last word; blocks claim the blank lines behind them as well."""
    while isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    line = node.end_mark.line + (node.end_mark.column > 0)
    while line > 0 and line <= len(lines) and not lines[line - 1].strip():
        line -= 1
    return line


def _split(text: str) -> list[str]:
    """Lines as YAML counts them, with their ends."""
    starts = [0, *(found.end() for found in _LINE.finditer(text))]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True) if a < b]


def _insert(lines: list[str], line: int, column: int, text: str, cut: int) -> None:
    if line < len(lines):
        lines[line] = lines[line][:column] + text + lines[line][column + cut :]
        return
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines.append(text)


def _nodes(text: str, name: str) -> dict[str, NodeSpec]:
    """The nodes of a text; of two with one id the first counts, as always."""
    try:
        return {spec.id: spec for spec in reversed(reads(text, TopologyFile, name).value.nodes)}
    except ConfigError:
        return {}
