"""Names in one file that another must define: each that leads nowhere is a problem where it is written."""

from collections.abc import Collection, Iterator

from msgspec import Struct

from ingestd.decide.oncall import People, PeopleFile, Person, Rota
from ingestd.decide.route import EscalationRules, StepSpec
from ingestd.decide.topology import TopologyFile
from ingestd.yamltypes import Document, Place, Problem, Said, near_to, said

#: Who may be told without being named: the cause's team, the owner's manager.
ROLES = ("owner", "manager")
#: Channels whose addresses are mail addresses.
MAILS = frozenset({"mail", "maildir"})


class Names(Struct, frozen=True, kw_only=True):
    """What is defined, by kind. None: a file that defines them can't be read, so nobody knows."""

    people: frozenset[str] | None
    teams: frozenset[str] | None
    policies: frozenset[str] | None
    channels: frozenset[str]


def unknown(kind: str, name: str, known: Collection[str]) -> Said:
    """The words for a name that nothing defines."""
    hint = near_to(name, known) or said(": there is no {kind} yet", kind=said(kind))
    return said("unknown {kind} {name!r}{hint}", kind=said(kind), name=name, hint=hint)


def target_error(target: str, names: Names) -> Said | None:
    """What is wrong with a target (``person:ann``, ``oncall:network``, ``owner`` …); None if nothing is."""
    word, colon, name = target.partition(":")
    if colon and word == "person":
        return _lost("person", name, names.people)
    if colon and word in ("team", "oncall"):
        return _lost("team", name, names.teams)
    if target in ROLES or names.people is None or target in names.people:
        return None
    wrong = unknown("target", target, [*names.people, *ROLES])
    return said("{wrong} (or person:, team:, oncall: and a name)", wrong=wrong)


def people_problems(document: Document[PeopleFile], names: Names) -> Iterator[Problem]:
    """Managers, members, rotas, channels, addresses and tokens; the document may be ingestd.yaml with people inline."""
    file = document.value
    for i, person in enumerate(file.people):
        yield from _person(document, ("people", i), person, names)
    for i, team in enumerate(file.teams):
        place: Place = ("teams", i)
        yield from _persons(document, (*place, "members"), team.members, names)
        if team.rota:
            yield from _rota(document, (*place, "rota"), team.rota, names)


def contact_problems(document: Document[TopologyFile], names: Names) -> Iterator[Problem]:
    """Whom a department's notices go to."""
    for i, department in enumerate(document.value.departments):
        wrong = _lost("person", department.contact, names.people) if department.contact else None
        if wrong:
            yield document.problem(("departments", i, "contact"), wrong)


def escalation_problems(document: Document[EscalationRules], names: Names) -> Iterator[Problem]:
    """Who is told, and which policy and team a route names."""
    file = document.value
    for i, policy in enumerate(file.policies):
        for key, steps in (("steps", policy.steps), ("unresolved", policy.unresolved)):
            yield from _steps(document, ("policies", i, key), steps, names)
    for i, route in enumerate(file.routes):
        for key, name, known in (("policy", route.policy, names.policies), ("team", route.team, names.teams)):
            wrong = _lost(key, name, known) if name or key == "policy" else None
            if wrong:
                yield document.problem(("routes", i, key), wrong)


def last_resort_problems(
    people: People, targets: tuple[str, ...], names: Names, *, intact: bool = True
) -> Iterator[tuple[int, Said]]:
    """Which last resorts reach nobody, and why. ``intact``: nothing is lacking in ``people`` that could not be read."""
    for i, target in enumerate(targets):
        wrong = target_error(target, names)
        if wrong:
            yield i, wrong
        elif intact and not any(people.persons[one].ways() for one in people.ever(target)):
            words = "{target} reaches nobody: a last resort needs a person with a mail address or contacts"
            yield i, said(words, target=target)


def reaches(people: People, target: str, wall: float, team: str = "") -> bool:
    """Whether somebody with a way to be told is meant by a target at a moment."""
    return any(people.persons[one].ways() for one in people.resolve(target, wall, owner_team=team))


def _person(document: Document[PeopleFile], place: Place, person: Person, names: Names) -> Iterator[Problem]:
    wrong = _lost("person", person.manager, names.people) if person.manager else None
    if wrong:
        yield document.problem((*place, "manager"), wrong)
    if person.mail and "@" not in person.mail:
        yield document.problem((*place, "mail"), said("expected a mail address, got {got!r}", got=person.mail))
    for j, contact in enumerate(person.contacts):
        at: Place = (*place, "contacts", j)
        if contact.channel not in names.channels:
            yield document.problem((*at, "channel"), unknown("channel", contact.channel, names.channels))
        elif contact.channel in MAILS and "@" not in contact.address:
            yield document.problem((*at, "address"), said("expected a mail address, got {got!r}", got=contact.address))
    for j, token in enumerate(person.tokens):
        if not _is_digest(token):
            text = said("expected sha256: and 64 hexadecimal digits, never the token itself")
            yield document.problem((*place, "tokens", j), text)


def _rota(document: Document[PeopleFile], place: Place, rota: Rota, names: Names) -> Iterator[Problem]:
    yield from _persons(document, (*place, "people"), rota.people, names)
    for i, layer in enumerate(rota.layers):
        yield from _persons(document, (*place, "layers", i, "people"), layer.people, names)
    if rota.holiday is not None:
        yield from _persons(document, (*place, "holiday", "people"), rota.holiday.people, names)
    for i, one in enumerate(rota.overrides):
        wrong = _lost("person", one.person, names.people)
        if wrong:
            yield document.problem((*place, "overrides", i, "person"), wrong)


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
        wrong = _lost("person", person, names.people)
        if wrong:
            yield document.problem((*place, i), wrong)


def _lost(kind: str, name: str, known: Collection[str] | None) -> Said | None:
    return unknown(kind, name, known) if known is not None and name not in known else None


def _is_digest(token: str) -> bool:
    digits = token.removeprefix("sha256:")
    return token.startswith("sha256:") and len(digits) == 64 and not set(digits) - set("0123456789abcdef")
