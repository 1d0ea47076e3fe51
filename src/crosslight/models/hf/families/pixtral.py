"""Mistral3 and Pixtral: native resolution, a token at the end of each row and of the image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosslight.models.hf.families.base import Family, Parts, Seen

if TYPE_CHECKING:
    from PIL.Image import Image

BREAK, END = "[IMG_BREAK]", "[IMG_END]"


class Pixtral(Family):
    """One token for each patch, or for each square of merged ones (Mistral3)."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()
        merged = int(getattr(self.config, "spatial_merge_size", 1))
        self._step = int(self.config.vision_config.patch_size) * merged
        self._break, self._end = self.token(BREAK), self.token(END)

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        step = {"height": self._step, "width": self._step}
        out = self._processor(list(images), return_tensors="pt", patch_size=step)
        sizes = out["image_sizes"]
        runs = tuple(self._run(*(int(edge) // self._step for edge in size)) for size in sizes)
        return Seen({"pixel_values": out["pixel_values"], "image_sizes": sizes}, runs)

    def _run(self, rows: int, cols: int) -> tuple[int, ...]:
        row = (*(self.image_token,) * cols, self._break)
        return (*(row * rows)[:-1], self._end)
