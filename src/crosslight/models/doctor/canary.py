"""Does a model see at all? Four tiny pictures, asked before money is spent on photos."""

import asyncio

from crosslight.models.doctor import pictures
from crosslight.models.errors import NotSupported
from crosslight.models.message import user
from crosslight.models.protocol import Model


async def tells_apart(model: Model) -> int:
    """How many of the four tiny pictures the model names rightly. Raises `ModelError`."""

    async def seen(name: str) -> bool:
        question = user(pictures.QUESTION, pictures.picture(name))
        choice = await model.choose([question], pictures.NAMES, task="canary")
        return max(choice.probabilities, key=lambda n: choice.probabilities[n]) == name

    return sum(await asyncio.gather(*map(seen, pictures.NAMES)))


async def require_sight(model: Model) -> None:
    """Raise `NotSupported` unless the model tells all four apart."""
    right, all_of_them = await tells_apart(model), len(pictures.NAMES)
    if right < all_of_them:
        raise NotSupported(
            f"'{model.card.spec}' names {right} of {all_of_them} tiny pictures rightly: it does "
            "not see them",
            hint="`crosslight doctor SPEC` shows more; --no-canary goes on all the same",
        )
