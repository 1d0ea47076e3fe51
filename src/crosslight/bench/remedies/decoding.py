"""Remedies in the decoding: the logits of two streams, which only the `hf` backend can give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crosslight.bench.prompts import render
from crosslight.models import Backend, Model, NotSupported

HINT = "open the model with hf:REPO_OR_DIR; light, safety and defence work with any model"


@dataclass(frozen=True, slots=True)
class RemediedBackend:
    """A backend whose model decodes under a remedy. Its card, and so every key, says so."""

    backend: Backend
    make: Callable[..., Any]
    settings: tuple[tuple[str, float], ...]

    @property
    def spec(self) -> str:
        """Apart from the plain model's, so that a session opens both."""
        return f"{self.backend.spec}#{self.make.__name__}"

    async def open(self) -> Model:
        """Raises `NotSupported` for a model whose decoding is out of reach, before any call."""
        if not self.backend.spec.startswith("hf:"):
            raise NotSupported(
                f"the remedy {self.make.__name__} needs the logits of every step, which "
                f"{self.backend.spec} does not give",
                hint=HINT,
            )
        from crosslight.models import with_remedy

        model = await self.backend.open()
        try:
            return with_remedy(model, self.make(**dict(self.settings)))
        except NotSupported:
            await model.aclose()
            raise


def vcd(alpha: float, beta: float, step: float) -> Any:
    """The backend's own description of visual contrastive decoding."""
    from crosslight.models import Vcd

    return Vcd(alpha=alpha, beta=beta, step=int(step))


def coca(alpha: float) -> Any:
    """The backend's own description of constitutional calibration, with our principle."""
    from crosslight.models import Coca

    return Coca(principle=render("coca_principle"), alpha=alpha)
