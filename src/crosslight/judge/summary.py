"""`run.json` of a judging run, and the folder that it stands in."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from crosslight.judge.counts import Account
from crosslight.judge.job import Job
from crosslight.judge.methods import Plan
from crosslight.judge.prompts import prompt_hashes
from crosslight.models import ModelCard
from crosslight.records import canonical, content_hash
from crosslight.runs import library_versions

PACKAGES = ("numpy", "onnxruntime", "pillow", "pyarrow", "rapidocr", "torch", "transformers")


def describe(
    job: Job,
    plan: Plan,
    account: Account,
    cards: Mapping[str, ModelCard],
    notes: tuple[str, ...],
) -> dict[str, Any]:
    """The part of `run.json` that is the same whenever the same run ends."""
    judged = sum(account.verdicts.values())
    return {
        "kind": "judge",
        "rows": judged,
        "inputs": len(job.targets) + len(job.lost),
        "dropped": sum(account.dropped.values()),
        "failed": sum(account.failed.values()),
        "coverage": round(judged / max(1, judged + sum(account.failed.values())), 6),
        **account.as_json(),
        "lost": {"dropped": dict(account.dropped), "failed": dict(account.failed)},
        "plan": {
            "parts": asdict(plan.parts),
            "overall": plan.overall,
            "rules": [{"id": r.id, "text": r.text, "shape": list(r.shape)} for r in plan.rules],
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
        "models": [card.as_json(role) for role, card in cards.items()],
        "settings": job.config.as_json(),
        "seed": job.config.seed,
        "prompts": prompt_hashes(),
        "data": {
            "inputs_sha256": content_hash(canonical([[t.source, t.photo] for t in job.targets]))
        },
        "versions": library_versions(PACKAGES),
    }
