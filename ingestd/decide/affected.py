"""Departments that a P1 or a major incident hits hear of it through their contact: once at the start, once at the end.

They are told when the first of those who can mend it was. What they get says what does not work for them, and asks for
nothing.
"""

from ingestd.decide import telling
from ingestd.decide.state import State
from ingestd.model import Incident, News


def consider(s: State, number: int) -> None:
    """Tell the contacts of the departments that are hit, and have not been told."""
    incident = s.survivor(number)
    if not _concerns(incident):
        return
    told = {t.person for t in incident.told}
    for person, names in _contacts(s, incident).items():
        if person not in told:
            telling.inform(s, number, person, News("affected", ", ".join(names)))


def _concerns(incident: Incident) -> bool:
    """Whether others than those who work on it are to know."""
    serious = incident.priority == "P1" or incident.major
    over = incident.state == "resolved" or bool(incident.end_at)
    return serious and bool(incident.told_at) and not incident.suppressed and not over


def _contacts(s: State, incident: Incident) -> dict[str, list[str]]:
    """The contacts of the departments that are hit, and the names of these."""
    found: dict[str, list[str]] = {}
    for name in incident.impact.departments:
        department = s.rules.topology.departments[name]
        if department.contact in s.rules.people.persons:
            found.setdefault(department.contact, []).append(department.name or name)
    return found
