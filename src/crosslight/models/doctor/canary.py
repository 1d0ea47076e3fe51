"""Does a model see at all? Four tiny pictures, asked before money is spent on photos."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from crosslight.models.doctor import pictures
from crosslight.models.errors import ModelError, NotSupported
from crosslight.models.message import user
from crosslight.models.protocol import Model

Eyes = Literal["sees", "blind", "unknown"]


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether a model sees, and by what that is known. `unknown` is neither."""

    eyes: Eyes
    why: str = ""
    hint: str = ""


async def sight_of(model: Model) -> Sight:
    """Ask about the four tiny pictures. A picture about which no answer came leaves it unknown,
    unless the model takes none."""
    if not model.capabilities.images:
        return Sight("blind", "it takes no images")
    asked = await asyncio.gather(
        *(_named_rightly(model, name) for name in pictures.NAMES), return_exceptions=True
    )
    faults = [one for one in asked if isinstance(one, BaseException)]
    for fault in faults:
        if not isinstance(fault, ModelError):
            raise fault
    blind = next((fault for fault in faults if isinstance(fault, NotSupported)), None)
    if blind is not None:
        return Sight("blind", blind.message, blind.hint)
    first = next((fault for fault in faults if isinstance(fault, ModelError)), None)
    if first is not None:
        return Sight("unknown", f"{first.kind}: {first.message}", first.hint)
    right = sum(one is True for one in asked)
    if right == len(pictures.NAMES):
        return Sight("sees")
    return Sight("blind", f"it names {right} of {len(pictures.NAMES)} tiny pictures rightly")


async def _named_rightly(model: Model, name: str) -> bool:
    question = user(pictures.QUESTION, pictures.picture(name))
    choice = await model.choose([question], pictures.NAMES, task="canary")
    return max(choice.probabilities, key=lambda n: choice.probabilities[n]) == name


async def tells_apart(model: Model) -> int:
    """How many of the four tiny pictures the model names rightly. Raises `ModelError`."""
    return sum(await asyncio.gather(*(_named_rightly(model, name) for name in pictures.NAMES)))


async def require_sight(model: Model) -> None:
    """Raise `NotSupported` unless the model tells all four apart."""
    right, all_of_them = await tells_apart(model), len(pictures.NAMES)
    if right < all_of_them:
        raise NotSupported(
            f"'{model.card.spec}' names {right} of {all_of_them} tiny pictures rightly: it does "
            "not see them",
            hint="`crosslight doctor SPEC` shows more; --no-canary goes on all the same",
        )
