"""Who plays the roles of a build of two photos."""

from crosslight.build.config import BuildConfig
from crosslight.build.roles.banked import Perceiver
from crosslight.build.roles.choose import eyes_of, require_players
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
    require_players(author, guard, responder)
    banked = author.capabilities.scene
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
