"""LLaVA-NeXT (1.6): the grid that fits the image best, and once more the whole as a square."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from crosslight.models.hf.families.base import Family, Parts, Seen

if TYPE_CHECKING:
    from PIL.Image import Image

WITH_CLASS_TOKEN = ("clip_vision_model", "clip")


class LlavaNext(Family):
    """Every row of the grid ends in a newline token. Each image is cut, also among several."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        out = self._processor([list(images)], return_tensors="pt")
        sizes = out["image_sizes"]
        runs = [(self.image_token,) * self._count(tuple(size.tolist())) for size in sizes]
        return Seen({"pixel_values": out["pixel_values"], "image_sizes": sizes}, tuple(runs))

    def _count(self, size: tuple[int, ...]) -> int:
        vision = self.config.vision_config
        side = vision.image_size // vision.patch_size
        whole = side * side + (vision.model_type in WITH_CLASS_TOKEN)
        whole -= self.config.vision_feature_select_strategy == "default"
        height, width = grid_of(self.config, size)
        return int(whole + height * (width + 1))


def grid_of(config: Any, size: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of patches that the model keeps of an image of (height, width) pixels."""
    from transformers.models.llava_next.modeling_llava_next import (
        get_anyres_image_grid_shape,
        unpad_image,
    )

    vision = config.vision_config
    side = vision.image_size // vision.patch_size
    rows, cols = get_anyres_image_grid_shape(size, config.image_grid_pinpoints, vision.image_size)
    height, width = unpad_image(torch.empty(1, rows * side, cols * side), size).shape[1:]
    return int(height), int(width)
