"""Qwen-VL from 2 to 3.5 and GLM-4V, dense and of experts: native resolution, three axes.

An image of h x w tokens takes max(h, w) steps of position, not h * w. So the tokens after it stand
at `index + delta`, on all three axes; plain positions give plausible, wrong answers.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from crosslight.models.hf.families.base import Family, Parts, Seen

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


class QwenVL(Family):
    """One image pad token for each merged patch."""

    axes = 3

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()
        self._merge = int(self.config.vision_config.spatial_merge_size)

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        out = self._processor(list(images), return_tensors="pt")
        grids = out["image_grid_thw"]
        counts = [int(grid.prod()) // self._merge**2 for grid in grids]
        runs = tuple((self.image_token,) * count for count in counts)
        return Seen({"pixel_values": out["pixel_values"], "image_grid_thw": grids}, runs)

    def positions(self, ids: "Tensor", seen: Seen | None) -> tuple["Tensor", int]:
        """By the model's own rule where there are images."""
        if seen is None:
            return torch.arange(len(ids)).expand(3, -1), 0
        where, delta = self.model.model.get_rope_index(
            ids.view(1, -1),
            image_grid_thw=seen.tensors["image_grid_thw"].cpu(),
            **self.extras(ids.view(1, -1), seen),
        )
        return where[:, 0], int(delta)

    def extras(self, ids: "Tensor", seen: Seen | None, written: int = 0) -> "dict[str, Tensor]":
        """Which tokens are of an image."""
        return {"mm_token_type_ids": (ids == self.image_token).int()}
