"""The judge's part of `run.json`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from crosslight.judge.counts import Counts
from crosslight.judge.job import JudgeJob
from crosslight.judge.methods import Plan, PlannedRule
from crosslight.judge.prompts import prompt_hashes
from crosslight.judge.step import Target
from crosslight.records import canonical, content_hash


def describe(
    job: JudgeJob, plan: Plan, counts: Counts, targets: Sequence[Target], notes: tuple[str, ...]
) -> dict[str, Any]:
    """What is the same whenever the same run ends."""
    failed = sum(counts.failed.values())
    return {
        "coverage": round(counts.judged / max(1, counts.judged + failed), 6),
        **counts.as_json(),
        "lost": {"dropped": dict(counts.dropped), "failed": dict(counts.failed)},
        "plan": {
            "parts": asdict(plan.parts),
            "overall": plan.overall,
            "rules": [described(rule) for rule in plan.rules],
        },
        "constitution": {
            "title": job.constitution.title,
            "sha256": job.constitution.hash,
            "compiled_sha256": job.compiled.hash,
            "compiled_by": job.compiled.by,
            "allowed": [r.id for r in job.constitution.rules if r.allowed],
            "titles": {r.id: r.title or r.id for r in job.constitution.rules},
        },
        "notes": list(notes),
        "settings": job.config.as_json(),
        "prompts": prompt_hashes(),
        "data": {"inputs_sha256": content_hash(canonical([[t.source, t.photo] for t in targets]))},
    }


def described(rule: PlannedRule) -> dict[str, Any]:
    """What `judge rethreshold` needs of a rule. `ties`: [item, alternative, of item, of
    alternative], counted from 0 over all chains."""
    ties = [[*place, *of] for place, of in rule.ties.items()]
    shape = [list(chain) for chain in rule.shape]
    return {"id": rule.id, "text": rule.text, "shape": shape, **({"ties": ties} if ties else {})}
