"""``ingestd topology …``: look at what depends on what, check it, and grow it from what other tools know."""

import os
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.console import Console

from ingestd.cli.client import Client, site_file
from ingestd.cli.terminal import CommandError, complain, is_terminal, lines, say, seconds
from ingestd.decide.oncall import PeopleFile
from ingestd.decide.topology import Topology, TopologyFile
from ingestd.inventory import READERS
from ingestd.inventory.check import Checked, check
from ingestd.inventory.draft import Heard, draft
from ingestd.inventory.found import Inventory, Options, groups_of
from ingestd.inventory.merge import compare, grown
from ingestd.inventory.outages import Failure
from ingestd.inventory.suggest import Hint, snippet, suggest
from ingestd.inventory.views import Around, Breakage, Twig, around, breakage, tree
from ingestd.inventory.writing import comment, value_text, written
from ingestd.settings import Settings
from ingestd.web.api import Failures, Hints, Hosts
from ingestd.yamltypes import ConfigError, Document, did_you_mean, load, read, reads

MOST_FAILURES = 200_000  # that suggestions are made of, the newest
MOST_SURVIVORS = 20  # that a terminal shows
#: What show and impact say, by the reader's language.
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "any of": "any of",
        "or": "or",
        "below": "more below (--depth)",
        "elsewhere": "also under another",
        "circle": "on a circle: its members never explain one another",
        "depends on": "depends on",
        "above": "in the end on",
        "dependents": "depended on by",
        "partners": "stands in with",
        "reach": "takes down",
        "nodes": "nodes",
        "services": "services",
        "departments": "departments",
        "people": "people",
        "survives": "still stands",
        "thanks": "has",
        "nothing": "nothing else",
        "fails": "fails",
        "used by": "used by",
        "more": "more",
        "name": "name",
        "kind": "kind",
        "aliases": "also called",
        "place": "place",
        "owner": "owner",
        "remedy": "remedy",
        "department": "department",
        "class": "class",
    },
    "zh": {
        "any of": "任一",
        "or": "或",
        "below": "更多在下面 (--depth)",
        "elsewhere": "另在别处",
        "circle": "在环上：环上的节点互不解释",
        "depends on": "依赖",
        "above": "最终依赖",
        "dependents": "被依赖",
        "partners": "互为备份",
        "reach": "连带失效",
        "nodes": "个节点",
        "services": "服务",
        "departments": "部门",
        "people": "人",
        "survives": "仍可用",
        "thanks": "靠",
        "nothing": "没有别的",
        "fails": "失效",
        "used by": "使用者",
        "more": "更多",
        "name": "名称",
        "kind": "类型",
        "aliases": "别名",
        "place": "位置",
        "owner": "负责人",
        "remedy": "应急措施",
        "department": "部门",
        "class": "等级",
    },
}


# -- check


def check_file(args: Namespace) -> int:
    """Every error and warning; 1 if there is an error (with --strict, or a warning)."""
    path: Path = args.file or _path(args)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from error
    checked = check(raw, str(path), _teams(path.parent), time.time())
    errors, warnings = checked.count("error"), checked.count("warning")
    if args.json:
        lines(checked.findings)
    else:
        for finding in checked.findings:
            complain(str(finding))
        say(f"{path}: {_size(checked)}, {errors} errors, {warnings} warnings" if errors else _fine(path, checked))
    return 1 if errors or (args.strict and warnings) else 0


def _fine(path: Path, checked: Checked) -> str:
    warnings = checked.count("warning")
    return f"ok: {path}: {_size(checked)}{f', {warnings} warnings' if warnings else ''}"


def _size(checked: Checked) -> str:
    edges = sum(len(group) for node in checked.file.nodes for group in groups_of(node))
    return f"{len(checked.file.nodes)} nodes, {edges} edges, {len(checked.file.departments)} departments"


def _teams(folder: Path) -> frozenset[str] | None:
    """The teams of the site that the file belongs to; None if there is none, or if it can't be read."""
    try:
        teams = load(folder / "ingestd.yaml", Settings).teams
        beside = folder / "people.yaml"
        teams += load(beside, PeopleFile).teams if beside.exists() else ()
    except ConfigError:
        return None
    return frozenset(team.id for team in teams)


# -- show and impact


def show(args: Namespace) -> int:
    """The whole graph, or one node."""
    topology = Topology(_site(args).value)
    if args.node:
        node = _named(topology, args.node)
        lines([around(topology, node)]) if args.json else _print(_one(around(topology, node), _words()))
    elif args.json:
        lines(topology.nodes.values())
    else:
        twigs = list(tree(topology, args.depth))
        _print(_drawn(twigs, _words()))
    return 0


def impact(args: Namespace) -> int:
    """What breaks if the nodes break."""
    topology = Topology(_site(args).value)
    found = breakage(topology, [_named(topology, name) for name in args.nodes])
    lines([found]) if args.json else _print(_broken(found, _words()))
    return 0


def _named(topology: Topology, name: str) -> str:
    node = name if name in topology.nodes else topology.resolve(name)
    if node is None:
        raise CommandError(f"no node is called {name!r}{did_you_mean(name, tuple(topology.nodes))}")
    return node


def _one(found: Around, words: Mapping[str, str]) -> Iterator[str]:
    spec = found.spec
    place = ", ".join(filter(None, (spec.site, spec.rack)))
    rows = {
        "kind": spec.kind,
        "name": spec.name,
        "class": spec.class_,
        "aliases": ", ".join(filter(None, (spec.fqdn, spec.ip, *spec.aliases))),
        "place": place,
        "department": spec.department,
        "owner": spec.owner,
        "remedy": " ".join(spec.remedy.split()),
        "depends on": ", ".join(_group(group, words) for group in found.groups),
        "above": ", ".join(found.above[len({name for group in found.groups for name in group}) :]),
        "dependents": ", ".join(found.dependents),
        "partners": ", ".join(found.partners),
        "reach": f"{found.reach} {words['nodes']}" if found.reach else "",
        "services": ", ".join(found.services),
        "departments": ", ".join(found.departments),
        "people": str(found.people or ""),
    }
    width = max(cell_len(words[key]) for key, text in rows.items() if text)
    yield spec.id
    for key, text in rows.items():
        if text:
            yield f"  {set_cell_size(words[key], width)}  {text}"
    if found.cyclic:
        yield f"  {words['circle']}"


def _group(group: Sequence[str], words: Mapping[str, str]) -> str:
    return group[0] if len(group) == 1 else f"{words['any of']} ({', '.join(group)})"


def _broken(found: Breakage, words: Mapping[str, str]) -> Iterator[str]:
    yield from _drawn(found.tree, words, fails=True)
    yield ""
    yield f"{words['reach']}: {f'{found.nodes} ' + words['nodes'] if found.nodes else words['nothing']}"
    for service in found.services:
        users = f", {words['used by']} {', '.join(service.departments)}" if service.departments else ""
        yield f"{words['services']}: {service.node}{f' ({service.class_})' if service.class_ else ''}{users}"
    for department in found.departments:
        named = f"{department.id}{f' ({department.name})' if department.name else ''}"
        yield f"{words['departments']}: {named}, {department.people} {words['people']}"
    if found.people:
        yield f"{words['people']}: {found.people}"
    for one in found.survivors[:MOST_SURVIVORS]:
        yield f"{words['survives']}: {one.node} (- {', '.join(one.lost)}; {words['thanks']} {', '.join(one.thanks)})"
    if len(found.survivors) > MOST_SURVIVORS:
        yield f"{words['survives']}: {len(found.survivors) - MOST_SURVIVORS} {words['more']}"


def _drawn(twigs: Sequence[Twig], words: Mapping[str, str], *, fails: bool = False) -> Iterator[str]:
    """Lines with branches; a branch goes on while a later line has its depth."""
    ends = _ends(twigs)
    open_: list[bool] = []
    for twig, last in zip(twigs, ends, strict=True):
        del open_[max(twig.depth - 1, 0) :]
        bars = "".join("│   " if going else "    " for going in open_)
        branch = ("└── " if last else "├── ") if twig.depth else ""
        if twig.depth:
            open_.append(not last)
        yield f"{bars}{branch}{_label(twig, words, fails=fails and not twig.depth)}"


def _ends(twigs: Sequence[Twig]) -> list[bool]:
    """Whether no sibling follows."""
    seen: list[bool] = []
    found = []
    for twig in reversed(twigs):
        del seen[twig.depth + 1 :]
        seen += [False] * (twig.depth + 1 - len(seen))
        found.append(not seen[twig.depth])
        seen[twig.depth] = True
    return found[::-1]


def _label(twig: Twig, words: Mapping[str, str], *, fails: bool) -> str:
    notes = [twig.kind, twig.class_]
    notes += [f"{words['or']} {', '.join(twig.instead)}"] if twig.instead else []
    notes += [f"+{twig.elsewhere} {words['elsewhere']}"] if twig.elsewhere else []
    notes += [words["fails"]] if fails else []
    more = f"  … {twig.below} {words['below']}" if twig.below else ""
    return f"{twig.node} ({', '.join(filter(None, notes))}){more}"


def _print(rows: Iterable[str]) -> None:
    """On a terminal no line is wider than it; wide letters count twice."""
    width = Console().width if is_terminal() else 0
    for row in rows:
        say(set_cell_size(row, width - 1) + "…" if width and cell_len(row) > width else row)


def _words(environ: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    language = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return WORDS["zh" if language.casefold().startswith("zh") else "en"]


# -- draft and import


class _Out(Struct, frozen=True):
    """Where the answer goes, and over what."""

    path: Path | None
    onto: Path | None
    merge: bool
    force: bool


def import_files(args: Namespace) -> int:
    """What another tool's files say, as YAML."""
    out = _Out(args.out, args.onto or (_path(args) if args.merge else None), args.merge, args.force)
    _guard(out)
    site = _document(out.onto) if out.onto else None
    options = Options(tuple(args.root), Topology(site.value) if site else None)
    found = READERS[args.format](args.files, options)
    for remark in found.remarks:
        complain(f"{remark.file}:{remark.line}: {remark.text}")
    names = ", ".join(map(str, args.files))
    _deliver(found, site, out, (f"From {args.format}: {names}.",))
    return 0


def draft_nodes(client: Client, args: Namespace) -> int:
    """The hosts that alerts spoke of and the topology does not know."""
    site = _site(args, empty=True)
    out = _Out(args.out, Path(site.name) if args.merge else None, args.merge, args.force)
    _guard(out)
    drafted = draft(_heard(client), Topology(site.value))
    if args.json:
        lines(found.spec for found in drafted.inventory.nodes)
        return 0
    for name in drafted.guessed:
        complain(f"{name}: only guessed from free text, left out")
    if not drafted.inventory.nodes:
        complain("nothing new: the topology knows every host of the alerts that were looked at")
        return 0
    head = ("Hosts of alerts that the topology does not know.", "Next: say in depends_on what each hangs on.")
    _deliver(drafted.inventory, site if args.merge else None, out, head)
    return 0


def _heard(client: Client) -> Iterator[Heard]:
    """Every host that alerts spoke of."""
    after = ""
    while True:
        page = client.get("/hosts", Hosts, after=after)
        yield from (msgspec.convert(seen, Heard, from_attributes=True) for seen in page.hosts)
        if not page.next:
            return
        after = page.next


def _deliver(found: Inventory, site: Document[TopologyFile] | None, out: _Out, head: Sequence[str]) -> None:
    if site is None:
        _write(out, written(found, (*head, _said(found))))
        return
    compared = compare(found, site)
    for remark in compared.remarks:
        complain(str(remark))
    if out.merge:
        _write(out, grown(site, compared))
        complain(f"{len(compared.new.nodes)} nodes are new, {len(compared.richer)} are filled in")
        return
    by_id = {spec.id: spec for spec in site.value.nodes}
    text = written(compared.new, (*head, _said(compared.new)))
    for spec in compared.richer:
        own = by_id[spec.id]
        keys = [f.name for f in msgspec.structs.fields(spec) if getattr(spec, f.name) != getattr(own, f.name)]
        more = ", ".join(f"{key}: {value_text(getattr(spec, key))}" for key in keys)
        text += comment(f"{spec.id} is there already; it could take over {more} (--merge does that)") + "\n"
    _write(out, text)


def _said(found: Inventory) -> str:
    edges = sum(len(group) for one in found.nodes for group in groups_of(one.spec))
    return f"{len(found.nodes)} nodes, {edges} edges. Look it through before you use it: `ingestd topology check FILE`."


def _guard(out: _Out) -> None:
    """Nobody's file is written over by accident: only with --force, or grown from itself."""
    grows = out.merge and out.path is not None and out.onto is not None and out.path.absolute() == out.onto.absolute()
    if out.path is not None and out.path.exists() and not (out.force or grows):
        raise CommandError(f"{out.path} is there already: name another file, grow it with --merge, or use --force")


def _write(out: _Out, text: str) -> None:
    if out.path is None:
        say(text.rstrip("\n"))
        return
    beside = out.path.with_name(f".{out.path.name}.new")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(out.path)
    except OSError as error:
        raise CommandError(f"{out.path} can't be written: {error.strerror}") from error
    complain(f"written: {out.path}")


# -- suggest


class _Past(Struct, frozen=True):
    """Failures, and now, by the wall clock."""

    failures: tuple[Failure, ...]
    at: float


def suggest_links(client: Client, args: Namespace) -> int:
    """What fails together although the topology does not say why, as YAML to look through; nothing is written."""
    topology = Topology(_site(args, empty=True).value)
    within = seconds(args.since)
    past = _past(client, within)
    hints = [
        Hint(one.incident, one.node, one.what, one.text) for one in client.get("/hints", Hints, within=within).hints
    ]
    found = suggest(past.failures, hints, topology, at=past.at, least=args.least, zone=None)
    if args.json:
        lines(found)
        return 0
    looked = f"{len(past.failures)} failures of the last {args.since} were looked at"
    if not found:
        complain(f"nothing to suggest: {looked}")
        return 0
    head = (f"Suggested: {looked}.", "Guesses from what failed together: take over what you know to be true.")
    say("\n".join((*map(comment, head), snippet(found, topology))).rstrip("\n"))
    return 0


def _past(client: Client, within: int) -> _Past:
    before, found = 0, list[Failure]()
    while True:
        page = client.get("/failures", Failures, within=within, before=before)
        offset, before = page.wall_offset, page.next
        found += [
            Failure(one.node, one.host, one.began + offset, one.until + offset if one.until else 0.0)
            for one in page.failures
        ]
        if not before or len(found) >= MOST_FAILURES:
            return _Past(tuple(found), page.at + offset)


# -- the site's file


def _path(args: Namespace) -> Path:
    return site_file(args.config).parent / "topology.yaml"


def _site(args: Namespace, *, empty: bool = False) -> Document[TopologyFile]:
    path = getattr(args, "file", None) or _path(args)
    if not path.exists() and not empty:
        raise CommandError(f"{path} is not there: `ingestd topology draft` or `import` make a first one")
    return _document(path)


def _document(path: Path) -> Document[TopologyFile]:
    """The file with its positions; one that is not there is empty."""
    return read(path, TopologyFile) if path.exists() else reads("", TopologyFile, str(path))
