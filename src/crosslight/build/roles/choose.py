"""Which implementation plays a role: the bank for the embedded model, prompts for any other."""

from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.build.roles.author import PromptedAuthor
from crosslight.build.roles.banked import BankAuthor, BankGuard, BankResponder, Perceiver
from crosslight.build.roles.guard import PromptedGuard
from crosslight.build.roles.prompted import PromptedResponder
from crosslight.build.roles.protocol import Author, Eyes, Guard, Responder, Roles
from crosslight.models import Model, NotSupported


def eyes_of(*models: Model) -> Eyes | None:
    """The first of them that is perception: each looks at every photo that is safe anyway."""
    return next((Perceiver(model) for model in models if model.capabilities.scene), None)


def require_players(author: Model, guard: Model, responder: Model) -> None:
    """Of a build of one photo or of two. Raises `NotSupported` where a model cannot play its
    role."""
    for role, model in (("author", author), ("guard", guard), ("responder", responder)):
        if model.capabilities.scene and not author.capabilities.scene:
            raise NotSupported(
                f"'{model.card.spec}' cannot be the {role} of another author's ideas",
                hint="the embedded model knows only what stands in the bank: give it all "
                "three roles (--model), or name a vision-language model for this one",
            )
        if not model.capabilities.images:
            raise NotSupported(
                f"the {role} '{model.card.spec}' does not take images",
                hint="name a vision-language model; `crosslight doctor SPEC` shows what one can do",
            )


def roles_for(
    author: Model, guard: Model, responder: Model, bank: Bank, config: BuildConfig
) -> Roles:
    """The three roles. Raises `NotSupported` before any call where a model cannot play its role."""
    require_players(author, guard, responder)
    written: Author = PromptedAuthor(author, bank, config)
    checked: Guard = PromptedGuard(guard, config)
    answered: Responder = PromptedResponder(responder, config)
    if author.capabilities.scene:
        written = BankAuthor(Perceiver(author), bank, config)
    if guard.capabilities.scene:
        checked = BankGuard(Perceiver(guard), bank, config)
    if responder.capabilities.scene:
        answered = BankResponder(Perceiver(responder), bank, config)
    return Roles(written, checked, answered, eyes_of(guard, author))
