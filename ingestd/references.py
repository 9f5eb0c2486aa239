"""Names in one file that another must define: each that leads nowhere is a problem where it is written."""

from collections.abc import Collection, Iterator

from msgspec import Struct

from ingestd.decide.oncall import People, PeopleFile
from ingestd.decide.route import EscalationRules, StepSpec
from ingestd.decide.topology import AnyOf, TopologyFile
from ingestd.yamltypes import Document, Place, Problem, did_you_mean

#: Who may be told without being named: the cause's team, the owner's manager.
ROLES = ("owner", "manager")


class Names(Struct, frozen=True, kw_only=True):
    """What is defined, by kind."""

    people: frozenset[str]
    teams: frozenset[str]
    policies: frozenset[str]
    channels: frozenset[str]


def unknown(kind: str, name: str, known: Collection[str]) -> str:
    """The words for a name that nothing defines."""
    return f"unknown {kind} {name!r}{did_you_mean(name, tuple(known)) or f': there is no {kind} yet'}"


def target_error(target: str, names: Names) -> str:
    """What is wrong with a target (``person:ann``, ``oncall:network``, ``owner`` …); "" if nothing is."""
    word, colon, name = target.partition(":")
    if colon and word == "person":
        return "" if name in names.people else unknown("person", name, names.people)
    if colon and word in ("team", "oncall"):
        return "" if name in names.teams else unknown("team", name, names.teams)
    if target in ROLES or target in names.people:
        return ""
    return unknown("target", target, [*names.people, *ROLES]) + " (or person:, team:, oncall: and a name)"


def people_problems(document: Document[PeopleFile], names: Names) -> Iterator[Problem]:
    """Managers, members, rotas, channels and tokens; the document may be ingestd.yaml with people inline."""
    file = document.value
    for i, person in enumerate(file.people):
        place: Place = ("people", i)
        if person.manager and person.manager not in names.people:
            yield document.problem((*place, "manager"), unknown("person", person.manager, names.people))
        for j, contact in enumerate(person.contacts):
            if contact.channel not in names.channels:
                text = unknown("channel", contact.channel, names.channels)
                yield document.problem((*place, "contacts", j, "channel"), text)
        for j, token in enumerate(person.tokens):
            if not _is_digest(token):
                text = "expected sha256: and 64 hexadecimal digits, never the token itself"
                yield document.problem((*place, "tokens", j), text)
    for i, team in enumerate(file.teams):
        place = ("teams", i)
        yield from _persons(document, (*place, "members"), team.members, names)
        if team.rota:
            yield from _persons(document, (*place, "rota", "people"), team.rota.people, names)


def topology_problems(document: Document[TopologyFile], names: Names) -> Iterator[Problem]:
    """Dependencies, departments, owners, services in use, maintenance targets."""
    file = document.value
    nodes, departments = {n.id for n in file.nodes}, {d.id for d in file.departments}
    for i, node in enumerate(file.nodes):
        for j, wanted in enumerate(node.depends_on):
            place: Place = ("nodes", i, "depends_on", j)
            group = wanted.any_of if isinstance(wanted, AnyOf) else (wanted,)
            for k, name in enumerate(group):
                if name not in nodes:
                    spot = (*place, "any_of", k) if isinstance(wanted, AnyOf) else place
                    yield document.problem(spot, unknown("node", name, nodes))
        if node.department and departments and node.department not in departments:
            yield document.problem(("nodes", i, "department"), unknown("department", node.department, departments))
        if node.owner and node.owner not in names.teams:
            yield document.problem(("nodes", i, "owner"), unknown("team", node.owner, names.teams))
    for i, department in enumerate(file.departments):
        for j, name in enumerate(department.uses):
            if name not in nodes:
                yield document.problem(("departments", i, "uses", j), unknown("service", name, nodes))
    for i, window in enumerate(file.maintenance):
        for j, name in enumerate(window.targets):
            if name not in nodes:
                yield document.problem(("maintenance", i, "targets", j), unknown("node", name, nodes))


def escalation_problems(document: Document[EscalationRules], names: Names) -> Iterator[Problem]:
    """Who is told, and which policy and team a route names."""
    file = document.value
    for i, policy in enumerate(file.policies):
        for key, steps in (("steps", policy.steps), ("unresolved", policy.unresolved)):
            yield from _steps(document, ("policies", i, key), steps, names)
    for i, route in enumerate(file.routes):
        if route.policy not in names.policies:
            yield document.problem(("routes", i, "policy"), unknown("policy", route.policy, names.policies))
        if route.team and route.team not in names.teams:
            yield document.problem(("routes", i, "team"), unknown("team", route.team, names.teams))


def last_resort_problem(people: People, targets: tuple[str, ...], names: Names) -> tuple[int, str] | None:
    """Which last resort reaches nobody, and why; None if every one reaches somebody."""
    for i, target in enumerate(targets):
        wrong = target_error(target, names)
        if wrong:
            return i, wrong
        reached = [people.persons[person] for person in people.resolve(target, 0.0)]
        if not any(person.ways() for person in reached):
            return i, f"{target} reaches nobody: a last resort needs a person with a mail address or contacts"
    return None


def _steps(
    document: Document[EscalationRules], place: Place, steps: tuple[StepSpec, ...], names: Names
) -> Iterator[Problem]:
    for j, step in enumerate(steps):
        for k, target in enumerate(step.tell):
            wrong = target_error(target, names)
            if wrong:
                yield document.problem((*place, j, "tell", k), wrong)


def _persons(document: Document[PeopleFile], place: Place, persons: tuple[str, ...], names: Names) -> Iterator[Problem]:
    for i, person in enumerate(persons):
        if person not in names.people:
            yield document.problem((*place, i), unknown("person", person, names.people))


def _is_digest(token: str) -> bool:
    digits = token.removeprefix("sha256:")
    return token.startswith("sha256:") and len(digits) == 64 and not set(digits) - set("0123456789abcdef")
