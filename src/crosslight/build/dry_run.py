"""`--dry-run`: how many photos there are, and what a build of them would ask."""

from contextlib import AsyncExitStack

from crosslight.build.bank import read_bank
from crosslight.build.config import BuildConfig
from crosslight.build.job import ROLES, BuildJob
from crosslight.build.roles import roles_for
from crosslight.flow import CallPlan, Estimate, estimate_calls
from crosslight.models import ModelCard, parse


async def estimate_build(job: BuildJob) -> Estimate:
    """Count the inputs and estimate the calls. Opens the models, asks them nothing.

    Raises what the build itself would raise before its first call.
    """
    inputs = sum(1 for _ in job.entries())
    async with AsyncExitStack() as stack:
        models = []
        for role in ROLES:
            model = await parse(job.models[role]).open()
            stack.push_async_callback(model.aclose)
            models.append(model)
        author, guard, responder = models
        roles_for(author, guard, responder, read_bank(job.bank), job.config)
        plans = call_plans(job.config, author.card, guard.card, responder.card)
        return estimate_calls(inputs, plans)


KEPT = 0.5
"""Share of imagined triplets that pass the cross-check: a guess, and rather high."""

IMAGE = 1_000  # tokens of a view, see flow.estimate
PROMPT = 250  # tokens of a question of ours


def call_plans(
    config: BuildConfig, author: ModelCard, guard: ModelCard, responder: ModelCard
) -> list[CallPlan]:
    """Calls a photo, by step. An upper estimate: nothing is taken from the store.

    Embedded roles ask perception once a photo, whatever the steps.
    """
    if author.spec.startswith("embedded"):
        plans = [CallPlan("perception", author, 1, 0, 0)]
        if guard.spec == author.spec:
            return plans
        # Perception counts once; the other roles are asked as below, save the author's own steps.
        return plans + _asked(config, guard, responder)
    k, kept = config.per_photo, config.per_photo * KEPT
    augmented = kept * (1 + config.other_photos)
    return [
        CallPlan("imagine", author, 1, IMAGE + 3 * PROMPT, 250 * k),
        CallPlan("augment", author, kept, IMAGE + PROMPT, 100 * config.rewordings),
        CallPlan("harmless_text", author, augmented, IMAGE + PROMPT, 40),
        *_asked(config, guard, responder),
    ]


def _asked(config: BuildConfig, guard: ModelCard, responder: ModelCard) -> list[CallPlan]:
    k, kept = config.per_photo, config.per_photo * KEPT
    checked = k + kept * (config.rewordings + config.other_photos)
    rows = checked * KEPT
    plans = [
        CallPlan("photo_alone", guard, 1, IMAGE + PROMPT, 1),
        CallPlan("text_alone", guard, checked, PROMPT, 1),
        CallPlan("text_elsewhere", guard, checked * config.unrelated, IMAGE + PROMPT, 1),
        CallPlan("together", guard, checked, IMAGE + PROMPT, 1),
        CallPlan("answer", responder, rows * 1.3, IMAGE + PROMPT, 150),
        CallPlan("read answer", guard, rows * 1.3 * 3, IMAGE + 2 * PROMPT, 1),
    ]
    if config.controls:
        plans += [
            CallPlan("check controls", guard, rows * 2, IMAGE + PROMPT, 1),
            CallPlan("help", responder, rows * 2, IMAGE + PROMPT, 80),
        ]
    return plans
