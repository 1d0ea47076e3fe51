"""LLaVA-OneVision: a single image is cut into the grid that fits it best; several are not cut."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from crosslight.models.hf.families.base import Family, Parts, Seen
from crosslight.models.hf.families.llava_next import grid_of

if TYPE_CHECKING:
    from PIL.Image import Image

SHRINK_ABOVE = 1.1
"""The model scales the cut image down where it has more patches than this share of its limit."""


class LlavaOneVision(Family):
    """The number of tokens follows the model's own unpadding."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`. (A lone image is always cut: the model counts on it.)"""
        out = self._processor([list(images)], return_tensors="pt")
        sizes = out["image_sizes"]
        runs = [
            (self.image_token,) * self._count(tuple(size.tolist()), alone=len(images) == 1)
            for size in sizes
        ]
        tensors = {
            "pixel_values": out["pixel_values"],
            "image_sizes": sizes,
            "batch_num_images": torch.tensor([len(images)]),
        }
        return Seen(tensors, tuple(runs))

    def _count(self, size: tuple[int, ...], *, alone: bool) -> int:
        """Tokens of an image of (height, width) pixels; every row ends in a newline token."""
        vision = self.config.vision_config
        side = vision.image_size // vision.patch_size
        if not alone:
            return int(side * side + 1)
        height, width = grid_of(self.config, size)
        limit = int(self.config.vision_aspect_ratio.removeprefix("anyres_max_"))
        ratio = math.sqrt(height * width / (limit * side**2))
        if ratio > SHRINK_ABOVE:
            height, width = int(height // ratio), int(width // ratio)
        return int(side * side + height * (width + 1))
