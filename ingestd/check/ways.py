"""Whether pages can get out: how many ways there are, and what single node takes all of them away."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ingestd.decide.oncall import People, PeopleFile, Person
from ingestd.decide.route import EscalationRules, PolicySpec
from ingestd.decide.topology import Topology
from ingestd.settings import CHANNELS, Settings, given_ways
from ingestd.yamltypes import Document, Place, Problem, near_to, said


def way_problems(
    main: Document[Settings],
    documents: Sequence[Document[EscalationRules]],
    people: People,
    topology: Topology,
) -> Iterator[Problem]:
    """Nodes that do not exist, too few ways out, and policies that one failure silences."""
    hung = {name: way.depends_on for name, way in given_ways(main.value).items()}
    for name, nodes in hung.items():
        for i, node in enumerate(nodes):
            if topology.nodes and node not in topology.nodes:
                words = said("unknown {kind} {name!r}{hint}", kind=said("node"), name=node, hint=_near(node, topology))
                yield main.problem((*_place(name), "depends_on", i), words)
    fatal = {name: _fatal(nodes, topology) for name, nodes in hung.items()}
    shared = _shared(fatal, fatal)
    if list(hung) == ["mail"]:
        yield main.warning(("mail",), said("mail is the only way out: if it fails nobody is told"))
    elif len(hung) > 1 and shared:
        words = said("every way out hangs on {node}: if it fails nobody is told", node=shared)
        yield main.warning((*_place(next(iter(hung))), "depends_on"), words)
    else:
        for document in documents:
            for i, policy in enumerate(document.value.policies):
                used = _used(policy, people, hung)
                node = _shared(fatal, used) if len(used) > 1 else ""
                if node:
                    words = said("all channels of policy {policy} hang on {node}", policy=policy.id, node=node)
                    yield document.warning(("policies", i), words)


def group_problems(document: Document[Settings] | Document[PeopleFile], settings: Settings) -> Iterator[Problem]:
    """People who are reached by posts to groups only: nobody knows whether they read one."""
    groups = {name for name, way in settings.channels.items() if way.group} - set(CHANNELS)
    for i, person in enumerate(document.value.people):
        used = _channels(person)
        if used and used <= groups:
            names = ", ".join(sorted(used))
            words = said(
                "{person} is reached by groups only ({names}): a post is nobody's receipt",
                person=person.id,
                names=names,
            )
            yield document.warning(("people", i), words)


def _channels(person: Person) -> frozenset[str]:
    return frozenset(way.channel for way in person.ways())


def _place(name: str) -> Place:
    """Where a way out is configured."""
    return (name,) if name in CHANNELS else ("channels", name)


def _near(node: str, topology: Topology) -> object:
    return near_to(node, topology.nodes)


def _fatal(nodes: Iterable[str], topology: Topology) -> frozenset[str]:
    """Every node whose failure alone takes away one of these."""
    known = [node for node in nodes if node in topology.nodes]
    above = {one for node in known for one in (node, *topology.ancestors(node))}
    return frozenset(one for one in above if not topology.reach(one).isdisjoint(known))


def _shared(fatal: Mapping[str, frozenset[str]], names: Iterable[str]) -> str:
    """A node that all of them hang on; "" if there is none."""
    found = [fatal[name] for name in names]
    return min(frozenset.intersection(*found), default="") if found else ""


def _used(policy: PolicySpec, people: People, ways: Mapping[str, object]) -> frozenset[str]:
    """The channels of everybody whom a policy may tell."""
    targets = {target for step in (*policy.steps, *policy.unresolved) for target in step.tell}
    persons = people.persons if targets & {"owner", "manager"} else {p for t in targets for p in people.ever(t)}
    channels = {way.channel for person in persons for way in people.persons[person].ways()}
    return frozenset("maildir" if name == "mail" and "mail" not in ways else name for name in channels) & ways.keys()
