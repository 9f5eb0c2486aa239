"""How far an incident reaches, how hard it looks, and who is free to work on it."""

from ingestd.decide.state import State
from ingestd.decide.topology import NodeSpec, Topology
from ingestd.model import URGENT, Impact, Incident

#: What one person works with.
PERSONAL = frozenset({"pc", "laptop", "desktop", "notebook", "workstation", "thin-client", "phone"})
#: What a few people share.
SHARED = frozenset({"printer", "meeting-room", "scanner", "terminal", "copier", "projector"})
MOST_PEOPLE, EVERYBODY = 0.5, 0.9  # of all
FEW = 10  # people


def scope(topology: Topology, impact: Impact, spec: NodeSpec | None) -> str:
    """One of ``vocabulary.SCOPES``."""
    count = len(impact.departments)
    if count >= 2:
        share = impact.people / topology.everybody if topology.everybody else count / len(topology.departments)
        return "everybody" if share >= EVERYBODY else "site" if share >= MOST_PEOPLE else "departments"
    kind = spec.kind if spec else ""
    if kind in PERSONAL and impact.nodes <= 1:
        return "person"
    if kind in SHARED or (kind in PERSONAL and impact.nodes <= FEW):
        return "team"
    if count == 1:
        return "team" if impact.people <= FEW else "department"
    return "team" if impact.services else "person"


def difficulty(incident: Incident, spec: NodeSpec | None) -> str:
    """One of ``vocabulary.DIFFICULTIES``: easy with a remedy at hand, hard as long as nobody knows why."""
    if spec is not None and spec.remedy:
        return "easy"
    if incident.cause_kind in ("", "inferred") or incident.reopened > 1:
        return "hard"
    return "normal"


def people_free(s: State, team: str) -> float:
    """How many of those on call of a team have taken nothing urgent."""
    return float(sum(not busy(s, person) for person in s.rules.people.on_call(team, s.wall)))


def busy(s: State, person: str) -> bool:
    """Whether a person has taken something urgent."""
    return any(s.numbered(n).priority in URGENT for n in s.owned(person))
