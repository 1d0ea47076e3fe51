"""Llama 3.2 Vision: one token an image in the text; its tiles are seen across, by other layers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from crosslight.models.hf.families.base import Family, Parts, Seen

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


class Mllama(Family):
    """Which tokens see which image is an argument over the whole prompt."""

    apart = "it sees images across, not in the text"

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        out = self._processor([list(images)], return_tensors="pt")
        names = ("pixel_values", "aspect_ratio_ids", "aspect_ratio_mask")
        tensors = {name: torch.as_tensor(out[name]) for name in names}
        return Seen(tensors, ((self.image_token,),) * len(images))

    def extras(self, ids: "Tensor", seen: Seen | None, written: int = 0) -> "dict[str, Tensor]":
        """A token sees the image last opened before it; all of those that stand together."""
        if seen is None:
            return {}
        tiles = seen.tensors["aspect_ratio_mask"][0].to(ids.device)
        places = [int(place) for place in (ids[0] == self.image_token).nonzero()[:, 0]]
        mask = ids.new_zeros(1, ids.shape[1], *tiles.shape)
        end = ids.shape[1]
        for at in reversed(range(len(places))):
            following = places[at + 1] if at + 1 < len(places) else ids.shape[1]
            end = end if following == places[at] + 1 else following
            mask[0, places[at] : end, at] = tiles[at]
        return {"cross_attention_mask": mask}
