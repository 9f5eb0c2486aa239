"""Who an incident belongs to: which policy, which team, which deadlines."""

from typing import Any, ClassVar, Literal

from msgspec import Struct

from ingestd.decide.ruleset import RuleSet
from ingestd.decide.vocabulary import INCIDENT, Facts
from ingestd.decide.when import Situation
from ingestd.model import Message, Priority, Reason
from ingestd.yamltypes import Duration

StepKind = Literal["notify", "functional", "hierarchic"]


class StepSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tell these, then wait. *functional* brings in more skill, *hierarchic* more authority."""

    tell: tuple[str, ...]  # person:ann, team:network, oncall:network, owner, manager
    wait: Duration = Duration(600.0)
    kind: StepKind = "notify"


class PolicySpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens until somebody takes it (``steps``), and when it is taken but not over (``unresolved``)."""

    id: str
    steps: tuple[StepSpec, ...]
    resolve_within: dict[Priority, Duration] = {}
    unresolved: tuple[StepSpec, ...] = ()
    insist: bool = True  # False: telling is enough, nobody has to acknowledge
    hours: str = "always"  # a calendar of priority.yaml: outside it the steps wait
    clock: str = "always"  # a calendar: waits and resolve_within run while it holds
    roll: bool = False  # resolve_within that ends on a day off ends on the next working day
    digest: bool = False  # nobody is told at once: it stands in the daily digest
    stale_after: Duration | None = None  # an acknowledgement is over then, if it still fires: its owner is paged anew


class RouteSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``when`` these facts hold, this policy (and team, where the topology names no owner)."""

    FACTS: ClassVar[Facts] = INCIDENT

    id: str
    when: dict[str, Any] = {}
    policy: str
    team: str = ""


class EscalationRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """rules/escalation.yaml."""

    version: int = 1
    policies: tuple[PolicySpec, ...] = ()
    routes: tuple[RouteSpec, ...] = ()
    repeat_last_resort: Duration = Duration(900.0)
    ask_before: Duration = Duration(900.0)  # the end of an owner's shift: she is asked to keep it or to hand it over
    tell_next: tuple[Priority, ...] = ("P1", "P2")  # of which the next shift is told that they are open
    page_gap: Duration = Duration(60.0)  # between two letters to one person, but for P1; what comes between is listed
    pages_an_hour: int = 10  # to one person, but for P1; 0: as many as there are
    remind_after: Duration = Duration(7 * 86400.0)  # alerts that only a person ends


def tags(message: Message) -> tuple[str, ...]:
    """What stands behind the + of the addresses that a mail was sent to: a source's name, or a policy's."""
    found = (recipient.rpartition("@")[0].partition("+")[2] for recipient in message.recipients)
    return tuple(filter(None, found))


class Route(Struct, frozen=True):
    """The chosen policy and team."""

    policy: PolicySpec
    team: str
    reason: Reason


class Router:
    """Routes, compiled; the first that matches counts. ValueError on a bad condition or an unknown policy."""

    def __init__(self, rules: EscalationRules) -> None:
        self.policies = {p.id: p for p in rules.policies}
        for route in rules.routes:
            if route.policy not in self.policies:
                raise ValueError(
                    f"{route.id}: unknown policy {route.policy!r}; known: {', '.join(self.policies) or 'none'}"
                )
        self._routes = RuleSet(rules.routes)
        self.asked = self._routes.asked

    def route(self, situation: Situation, addressed: str = "") -> Route:
        """The policy and team of a situation, or the policy that a mail was addressed to.

        Without any match: nobody's steps, so that the last resort is told.
        """
        if addressed in self.policies:
            why = Reason("route", "address", f"a mail was addressed to policy {addressed}")
            return Route(self.policies[addressed], str(situation.get("team", "")), why)
        team, spec = str(situation.get("team", "")), self._routes.first(situation)
        if spec is None:
            return Route(PolicySpec(id="", steps=()), team, Reason("route", "none", "no route matched: last resort"))
        return Route(self.policies[spec.policy], team or spec.team, Reason("route", spec.id, f"policy {spec.policy}"))
