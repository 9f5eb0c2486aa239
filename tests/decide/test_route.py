"""Which policy and which team; what is wrong in the file is named."""

import pytest

from ingestd.decide.route import EscalationRules, PolicySpec, Router, RouteSpec, StepSpec

CALM = PolicySpec(id="calm", steps=(StepSpec(tell=("owner",)),))
LOUD = PolicySpec(id="loud", steps=(StepSpec(tell=("manager",)),))


def router(*routes: RouteSpec) -> Router:
    return Router(EscalationRules(policies=(CALM, LOUD), routes=routes))


def test_the_first_route_that_matches_counts() -> None:
    found = router(RouteSpec(id="urgent", when={"priority": "P1"}, policy="loud"), RouteSpec(id="rest", policy="calm"))
    assert found.route({"priority": "P1"}).policy is LOUD
    assert found.route({"priority": "P4"}).policy is CALM
    assert found.route({"priority": "P4"}).reason.rule == "rest"


def test_the_topologys_owner_goes_before_the_routes_team() -> None:
    found = router(RouteSpec(id="rest", policy="calm", team="desk"))
    assert found.route({"team": "network"}).team == "network"
    assert found.route({"team": ""}).team == "desk"


def test_without_a_match_there_are_no_steps_and_the_owner_is_kept() -> None:
    found = router(RouteSpec(id="urgent", when={"priority": "P1"}, policy="loud")).route({"team": "network"})
    assert (found.policy.steps, found.team, found.reason.text) == ((), "network", "no route matched: last resort")


def test_an_unknown_policy_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="rest: unknown policy 'clam'; known: calm, loud"):
        router(RouteSpec(id="rest", policy="clam"))
    with pytest.raises(ValueError, match="rest: unknown policy 'calm'; known: none"):
        Router(EscalationRules(routes=(RouteSpec(id="rest", policy="calm"),)))


def test_a_bad_condition_is_named_with_its_route() -> None:
    with pytest.raises(ValueError, match="rest: unknown fact 'colour'"):
        router(RouteSpec(id="rest", when={"colour": "red"}, policy="calm"))
