"""The policy for platforms: mapped to hazards that there are, with a compiled form that fits it."""

import re

from crosslight.policy import policy_warnings, read_policy
from crosslight.policy.taxonomy import schemes


def test_every_rule_names_a_hazard_of_ailuminate() -> None:
    constitution, compiled = read_policy("platform_safety")
    assert len(constitution.rules) >= 12
    (hazards,) = [s for s in schemes() if s.id == "ailuminate"]
    named = [re.fullmatch(r"ailuminate: (\w+)", rule.source) for rule in constitution.rules]
    assert all(named)
    used = {hit[1] for hit in named if hit}
    known = {node.id for node, _ in hazards.walk()}
    assert used <= known
    assert {"vcr", "ncr", "cse", "ssh", "iwp", "hte", "prv", "ipv", "sxc"} <= used
    assert policy_warnings(constitution, compiled) == []


def test_every_rule_of_visible_has_examples_of_both_kinds() -> None:
    constitution, _ = read_policy("visible")
    assert len(constitution.rules) >= 20
    assert all(rule.examples.unsafe and rule.examples.safe for rule in constitution.rules)
