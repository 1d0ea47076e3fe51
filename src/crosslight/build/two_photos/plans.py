"""What a build of two photos would ask: the calls of `--dry-run`."""

from functools import partial

from crosslight.build.config import BuildConfig
from crosslight.build.two_photos.choose import pair_roles
from crosslight.build.two_photos.prompted import OTHERS
from crosslight.build.two_photos.read import PairBank
from crosslight.flow import CallPlan, samples_of
from crosslight.models import Model

NOTE = (
    "the upper end: every photo gives as many ideas as --per-photo allows, and all of them pass; "
    "the lower end: no photo is safe by itself; what is no usable photo costs nothing"
)
LONG, SHORT, IDEA = 700, 300, 350
"""Tokens of a question with a long text, of a short one, and of one idea."""


def pair_plans(
    photos: int, config: BuildConfig, bank: PairBank, author: Model, guard: Model, responder: Model
) -> list[CallPlan]:
    """The calls of all steps. Embedded roles ask perception once a photo, whatever the steps."""
    pair_roles(author, guard, responder, bank, config)  # says at once who cannot play
    ideas = photos * config.per_photo if photos > 1 else 0
    plan = partial(CallPlan, least=0, shared=True)
    plans = []
    if guard.capabilities.scene or author.capabilities.scene:
        embedded = guard if guard.capabilities.scene else author
        plans.append(CallPlan("perception", embedded.card, 1, 1))
    if not author.capabilities.scene:
        ask = partial(plan, card=author.card)
        plans += [
            ask("look", most=photos, text_tokens=SHORT, images=1, completion_tokens=80),
            ask(
                "pair",
                most=photos,
                text_tokens=2 * LONG + 40 * OTHERS,
                images=1,
                completion_tokens=IDEA * config.per_photo,
            ),
        ]
    if not guard.capabilities.scene:
        ask = partial(plan, card=guard.card, samples=samples_of(guard))
        plans += [
            CallPlan("photo alone", guard.card, 1, 1, SHORT, 1, samples=samples_of(guard)),
            ask("text alone", most=ideas, text_tokens=SHORT),
            ask("text with one", most=2 * ideas, text_tokens=SHORT, images=1),
            ask("together", most=ideas, text_tokens=SHORT, images=2),
            plan("claim", guard.card, most=ideas, text_tokens=LONG, images=2, completion_tokens=60),
            plan(
                "read answer",
                guard.card,
                most=ideas * config.answer_attempts,
                text_tokens=LONG,
                images=2,
                completion_tokens=160,
            ),
            # What the form leaves open.
            ask(
                "read answer in parts",
                most=3 * ideas * config.answer_attempts,
                text_tokens=LONG,
                images=2,
            ),
        ]
    if not responder.capabilities.scene:
        most = ideas * config.answer_attempts + _kept(config, author) * ideas
        plans.append(
            plan(
                "answers",
                responder.card,
                most=most,
                text_tokens=LONG,
                images=2,
                completion_tokens=500,
            )
        )
    if config.controls:
        plans += _controls(ideas, config, author, guard)
    return plans


def _kept(config: BuildConfig, author: Model) -> int:
    """Controls of an idea that come to a reply: of words, near the risk, of a photo (each that is
    tried may be answered badly)."""
    near = not author.capabilities.scene
    return (1 + near) * config.control_attempts + config.control_photos if config.controls else 0


def _controls(ideas: int, config: BuildConfig, author: Model, guard: Model) -> list[CallPlan]:
    plan = partial(CallPlan, least=0, shared=True, images=2)
    near = not author.capabilities.scene
    tries, photos = ideas * config.control_attempts, ideas * config.control_photos
    texts = tries * (1 + near)
    found = []
    if not author.capabilities.scene:
        found = [
            plan(
                "harmless texts", author.card, most=texts, text_tokens=LONG, completion_tokens=300
            ),
            plan(
                "other photos",
                author.card,
                most=photos,
                text_tokens=SHORT,
                samples=samples_of(author),
            ),
        ]
    if not guard.capabilities.scene:
        found.append(
            plan(
                "controls",
                guard.card,
                most=texts + photos,
                text_tokens=SHORT,
                samples=samples_of(guard),
            )
        )
        found.append(
            plan(
                "read control",
                guard.card,
                most=texts + photos,
                text_tokens=LONG,
                completion_tokens=160,
            )
        )
    return found
