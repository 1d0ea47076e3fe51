"""Any safetensors model in process: `hf:REPO_OR_DIR[?revision=..&device=..&dtype=..]`.

What is opened follows from the repository's config: a language model with or without eyes, an
encoder of images and texts (CLIP, SigLIP), or an open-vocabulary detector (OWLv2).
"""

from dataclasses import dataclass
from importlib.util import find_spec

from crosslight.models.errors import Missing
from crosslight.models.hf.spec import HfSpec
from crosslight.models.lane import in_lane
from crosslight.models.protocol import Model


@dataclass(frozen=True, slots=True)
class HfBackend(HfSpec):
    """The spec, and the way to open what it names."""

    async def open(self) -> Model:
        """Fetch what is missing, load, test. Raises Missing, NotSupported, Unreachable."""
        need_torch()
        from crosslight.models.hf.load import load

        return await in_lane(self.device, lambda: load(self))


def need_torch() -> None:
    """Raises Missing, with the remedy, where the extra is not installed."""
    gone = [name for name in ("torch", "transformers") if find_spec(name) is None]
    if gone:
        raise Missing(
            f"{' and '.join(gone)} not installed: hf: models need the extra",
            hint="pip install 'crosslight[hf]'",
        )
