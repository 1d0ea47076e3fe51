"""Who plays the roles of a build of two photos."""

from crosslight.build.config import BuildConfig
from crosslight.build.roles.banked import Perceiver
from crosslight.build.roles.choose import eyes_of
from crosslight.build.two_photos.banked import BankPairAuthor, BankPairGuard, BankPairResponder
from crosslight.build.two_photos.prompted import (
    PromptedPairAuthor,
    PromptedPairGuard,
    PromptedPairResponder,
)
from crosslight.build.two_photos.protocol import (
    PairAuthor,
    PairGuard,
    PairResponder,
    PairRoles,
)
from crosslight.build.two_photos.read import PAIRS, PairBank
from crosslight.models import Model, NotSupported


def pair_roles(
    author: Model, guard: Model, responder: Model, bank: PairBank, config: BuildConfig
) -> PairRoles:
    """The three roles. Raises `NotSupported` before any call where a model cannot play its role."""
    banked = author.capabilities.scene
    for role, model in (("author", author), ("guard", guard), ("responder", responder)):
        if model.capabilities.scene and not banked:
            raise NotSupported(
                f"'{model.card.spec}' cannot be the {role} of another author's ideas",
                hint="the embedded model knows only what stands in the bank: give it all three "
                "roles (--model), or name a vision-language model for this one",
            )
        if not model.capabilities.images:
            raise NotSupported(
                f"the {role} '{model.card.spec}' does not take images",
                hint="name a vision-language model; `crosslight doctor SPEC` shows what one can do",
            )
    if banked and not len(bank):
        raise NotSupported(
            "this bank has no two-photo patterns",
            hint=f"put some into its folder '{PAIRS}', or name a vision-language model (--model)",
        )
    written: PairAuthor = PromptedPairAuthor(author, config)
    checked: PairGuard = PromptedPairGuard(guard, config)
    answered: PairResponder = PromptedPairResponder(responder, config)
    if banked:
        written = BankPairAuthor(Perceiver(author), bank, config)
    if guard.capabilities.scene:
        checked = BankPairGuard(Perceiver(guard), bank, config)
    if responder.capabilities.scene:
        answered = BankPairResponder(Perceiver(responder), bank, config)
    return PairRoles(written, checked, answered, eyes_of(guard, author))
