"""What a person's report may be about: the nodes it names, the services it speaks of, what her department uses."""

from ingestd.decide.state import Rulebook
from ingestd.model import AlertClass, Event

_MOST = 1000  # candidates


def department(rules: Rulebook, sender: str) -> str:
    """Where somebody works: by her address, else as people.yaml has it; "" if nobody knows."""
    person = rules.people.persons.get(rules.people.by_mail(sender))
    return rules.topology.department_of(sender) or (person.department if person else "")


def candidates(rules: Rulebook, event: Event, department: str, cls: AlertClass) -> tuple[str, ...]:
    """Nodes to look for trouble at, nearest to the words first; none if the words are about something local."""
    mentioned = (value for label, value in event.labels if label == "mentions")
    named = tuple(dict.fromkeys([*mentioned, *rules.names.find(event.summary)]))
    if named:
        return named[:_MOST]
    if cls != "reachability" or not department:
        return ()
    topology = rules.topology
    spec = topology.departments.get(department)
    return tuple(dict.fromkeys([*topology.places_of(department), *(spec.uses if spec else ())]))[:_MOST]
